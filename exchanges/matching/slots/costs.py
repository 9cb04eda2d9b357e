"""What every half-hour of the governing week costs everybody, in every week: the table that all proposals come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

import numpy as np

from exchanges.matching.slots.burden import BY_HALF_HOUR, NIGHT, OUTSIDE
from institutions import hours as clock
from institutions.hours import HUMANE, WeekHours

Id = int | str
Member = tuple[Id, str, WeekHours | None]


def hours_of(hours: WeekHours | None) -> WeekHours:
    """A person's weekly hours; humane ones where she has given none."""
    return HUMANE if hours is None else hours


def wall_of_slot(slot: int) -> tuple[int, time]:
    return slot // 48, time(slot % 48 // 2, slot % 2 * 30)


class Costs:
    """burden, outside and cost[slot, kind, week] for the distinct (zone, hours) among the members.

    Slots are half-hours by the governing clock, Monday 00:00 is 0. Week n is the seven days from `first` + 7 n. A slot
    `exists` if its wall time does in every week, and none of its dates is after `last`.
    """

    def __init__(
        self,
        members: Sequence[Member],
        *,
        first: date,
        weeks: int,
        minutes: int,
        governing: str,
        last: date | None = None,
    ) -> None:
        clock.check_minutes(minutes)
        if weeks < 1:
            raise ValueError("a series has at least one week")
        tz = clock.get_zone(governing)
        self.members = members
        self.terms: dict[str, Any] = {"first": first, "weeks": weeks, "minutes": minutes, "governing": tz.key}
        kinds: dict[tuple[str, WeekHours], int] = {}
        self.kind_of = [kinds.setdefault((zone, hours_of(hours)), len(kinds)) for _, zone, hours in members]
        self.ids = [member for member, _, _ in members]
        self.counts = np.bincount(self.kind_of, minlength=len(kinds))
        self.burden = np.zeros((clock.SLOTS, len(kinds), weeks), dtype=np.int64)
        self.outside = np.zeros((clock.SLOTS, len(kinds), weeks), dtype=bool)
        self.exists = np.ones(clock.SLOTS, dtype=bool)
        living: dict[str, tuple[list[int], list[np.ndarray]]] = {}
        for (zone, hours), kind in kinds.items():
            numbers, flags = living.setdefault(zone, ([], []))
            numbers.append(kind)
            flags.append(clock.hours_array(hours))
        need = -(-minutes // 15)
        count = (clock.BEFORE + clock.WEEK + clock.AFTER) // 15
        for week in range(weeks):
            begins = first + timedelta(days=7 * week)
            begin = clock.day_minute(begins)
            slots = (begin // 30 + np.arange(clock.SLOTS)) % clock.SLOTS
            utc = clock.walls_to_utc(tz, begin + 30 * np.arange(clock.SLOTS, dtype=np.int64))
            self.exists[slots[utc < 0]] = False
            if last is not None and begins + timedelta(days=6) > last:
                self.exists[slots[max(0, ((last - begins).days + 1) * 48) :]] = False
            start = begin - clock.BEFORE
            index = np.where(utc < 0, 0, (utc - start) // 15)
            quarters = start + 15 * np.arange(count, dtype=np.int64)
            for zone, (numbers, flags) in living.items():
                free = clock.free_quarters(np.array(flags), zone, start, count)
                fits = clock.fits_from(free, minutes)
                wall = quarters + clock.offsets_at(clock.get_zone(zone), quarters)
                touched = np.lib.stride_tricks.sliding_window_view(BY_HALF_HOUR[wall % clock.DAY // 30], need).max(
                    axis=1
                )
                at = np.ix_(slots, np.array(numbers))
                self.burden[:, :, week][at] = touched[index][:, None]
                self.outside[:, :, week][at] = ~fits[:, index].T
        self.cost = self.burden + OUTSIDE * self.outside

    def order(self) -> list[int]:
        """The slots that exist in every week, best first."""
        away = (self.outside.any(axis=2) * self.counts).sum(axis=1)
        nights = ((self.burden >= NIGHT).sum(axis=2) * self.counts).sum(axis=1)
        by_kind = self.cost.sum(axis=2)
        total = (by_kind * self.counts).sum(axis=1)
        worst = by_kind.max(axis=1, initial=0)
        keys = np.lexsort((np.arange(clock.SLOTS), worst, total, nights, away > 0))
        return [int(slot) for slot in keys if self.exists[slot]]

    def distinct(self) -> np.ndarray:
        """The slots of `order` without those that cost everybody the same as an earlier one in every week."""
        seen: dict[bytes, int] = {}
        for slot in self.order():
            seen.setdefault(self.cost[slot].tobytes(), slot)
        return np.array(list(seen.values()), dtype=np.int64)

    def shared_out(self, by_kind: np.ndarray) -> dict[Id, int]:
        """Per member, from numbers per kind."""
        return {member: int(by_kind[kind]) for member, kind in zip(self.ids, self.kind_of, strict=True)}
