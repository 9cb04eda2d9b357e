"""A live series' hour: humane for all where possible, otherwise the least burden, and who bears it in which week.

A series keeps its wall time in a governing zone; everybody else's local time follows from it week by week, clock
changes counted. What a session costs somebody in a week is the `burden` of the local hour (0 between 09:00 and
18:00, rising to 10 at night; the worst half-hour that the session touches), plus `OUTSIDE` if it does not lie
wholly in the person's own weekly hours (08:00 to 21:00 where none are given).

Order of proposals: nobody outside their hours in any week; then fewest sessions at somebody's night; then the least
total cost; then the least for whoever bears most; then the earlier in the week.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from institutions import hours as clock
from institutions.hours import HUMANE, WeekHours

Id = int | str
Member = tuple[Id, str, WeekHours | None]

OUTSIDE = 3
NIGHT = 7

# From each local hour on, until the next line: the burden of a half-hour of a session.
BURDEN_FROM = (
    (time(0), 10),
    (time(5), 7),
    (time(6), 4),
    (time(7), 2),
    (time(8), 1),
    (time(9), 0),
    (time(18), 1),
    (time(20), 2),
    (time(21), 4),
    (time(22), 7),
    (time(23), 10),
)

# Two proposals differ if they lie on different weekdays or at least this far apart.
APART = 90


def burden(at: time) -> int:
    """What a half-hour at this local time costs: 0 in the day, small at its edges, 10 at night."""
    return next(cost for start, cost in reversed(BURDEN_FROM) if at >= start)


_BY_HALF_HOUR = np.array([burden(time(n // 2, n % 2 * 30)) for n in range(48)], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class ZoneWeek:
    """What one zone sees in one week.

    Local start and end, the hour's burden, minutes moved since the session before.
    """

    zone: str
    start: datetime
    end: datetime
    burden: int
    shift: int


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One week's session; `outside` are the members whose own hours do not hold it."""

    week: int
    utc: datetime
    zones: tuple[ZoneWeek, ...]
    outside: tuple[Id, ...]


@dataclass(frozen=True, slots=True)
class SlotProposal:
    """A weekly wall time in the governing zone with what it costs.

    `burdens` is each member's cost over all weeks, `total` their sum, `worst` the largest, `outside` the members
    who are outside their hours in some week. `fairness` is the mean cost by the largest: 1 when all bear the same,
    near 0 when one bears it all. `skipped` are dates on which the wall time does not exist. `humane`: nobody is
    ever outside.
    """

    weekday: int
    time: time
    zone: str
    minutes: int
    occurrences: tuple[Occurrence, ...]
    skipped: tuple[date, ...]
    burdens: Mapping[Id, int]
    total: int
    worst: int
    outside: tuple[Id, ...]
    fairness: float
    humane: bool


@dataclass(frozen=True, slots=True)
class Rotation:
    """Weekly wall times (weekday, time) taken in turn, week by week, and what each member bears over all weeks."""

    slots: tuple[tuple[int, time], ...]
    zone: str
    burdens: Mapping[Id, int]
    total: int
    worst: int
    fairness: float


@dataclass(frozen=True, slots=True)
class Split:
    """Two parallel series; `attend` says which of the two (0 or 1) suits each member better."""

    slots: tuple[tuple[int, time], tuple[int, time]]
    zone: str
    attend: Mapping[Id, int]
    burdens: Mapping[Id, int]
    total: int
    worst: int
    outside: tuple[Id, ...]


def fairness_of(burdens: Sequence[int]) -> float:
    """The mean by the largest; 1 when nobody bears anything."""
    worst = max(burdens, default=0)
    return round(sum(burdens) / len(burdens) / worst, 4) if worst else 1.0


class _Costs:
    """cost[slot, kind, week] for the distinct (zone, hours) among the members.

    Slots by the governing clock, Monday 0.
    """

    def __init__(self, members: Sequence[Member], *, first: date, weeks: int, minutes: int, governing: str) -> None:
        clock.check_minutes(minutes)
        if weeks < 1:
            raise ValueError("a series has at least one week")
        tz = clock.get_zone(governing)
        kinds: dict[tuple[str, WeekHours], int] = {}
        self.kind_of = [kinds.setdefault((zone, _hours(hours)), len(kinds)) for _, zone, hours in members]
        self.ids = [member for member, _, _ in members]
        self.zone = tz.key
        self.counts = np.bincount(self.kind_of, minlength=len(kinds))
        self.burden = np.zeros((clock.SLOTS, len(kinds), weeks), dtype=np.int64)
        self.outside = np.zeros((clock.SLOTS, len(kinds), weeks), dtype=bool)
        self.exists = np.ones(clock.SLOTS, dtype=bool)
        need = -(-minutes // 15)
        for week in range(weeks):
            begin = clock.day_minute(first + timedelta(days=7 * week))
            slots = (begin // 30 + np.arange(clock.SLOTS)) % clock.SLOTS
            utc = clock.walls_to_utc(tz, begin + 30 * np.arange(clock.SLOTS, dtype=np.int64))
            self.exists[slots[utc < 0]] = False
            start = begin - clock.BEFORE
            count = (clock.BEFORE + clock.WEEK + clock.AFTER) // 15
            index = np.where(utc < 0, 0, (utc - start) // 15)
            for (zone, hours), kind in kinds.items():
                fits = clock.fits_from(clock.free_quarters(clock.hours_array(hours), zone, start, count), minutes)
                quarters = start + 15 * np.arange(count, dtype=np.int64)
                wall = quarters + clock.offsets_at(clock.get_zone(zone), quarters)
                by_quarter = _BY_HALF_HOUR[wall % clock.DAY // 30]
                touched = np.lib.stride_tricks.sliding_window_view(by_quarter, need).max(axis=1)
                self.burden[slots, kind, week] = touched[index]
                self.outside[slots, kind, week] = ~fits[index]
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
        """Per member, from costs per kind."""
        return {member: int(by_kind[kind]) for member, kind in zip(self.ids, self.kind_of, strict=True)}


def _hours(hours: WeekHours | None) -> WeekHours:
    return HUMANE if hours is None else hours


def _wall(slot: int) -> tuple[int, time]:
    return slot // 48, time(slot % 48 // 2, slot % 2 * 30)


def propose_slots(
    members: Sequence[Member], *, first: date, weeks: int, minutes: int, governing: str, count: int = 3
) -> list[SlotProposal]:
    """The best weekly wall times in the governing zone, best first; each on another day or at least 90 minutes apart.

    Week n is the seven days from `first` + 7 n; a wall time that does not exist in some week is not proposed.
    """
    if not members:
        return []
    costs = _Costs(members, first=first, weeks=weeks, minutes=minutes, governing=governing)
    chosen: list[int] = []
    for slot in costs.order():
        if len(chosen) == count:
            break
        if all(slot // 48 != other // 48 or abs(slot - other) * 30 >= APART for other in chosen):
            chosen.append(slot)
    return [
        cost_of(
            members,
            weekday=_wall(slot)[0],
            at=_wall(slot)[1],
            first=first,
            weeks=weeks,
            minutes=minutes,
            governing=governing,
        )
        for slot in chosen
    ]


def cost_of(
    members: Sequence[Member],
    *,
    weekday: int,
    at: time,
    first: date,
    weeks: int,
    minutes: int,
    governing: str,
) -> SlotProposal:
    """What a weekly wall time costs.

    Any time of day, not only half-hours. Of an hour that happens twice, the first.
    """
    clock.check_minutes(minutes)
    if not 0 <= weekday <= 6:
        raise ValueError(f"{weekday!r} is not a weekday (0 Monday to 6 Sunday)")
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    zones = sorted({zone for _, zone, _ in members} | {clock.get_zone(governing).key})
    burdens = {member: 0 for member, _, _ in members}
    occurrences: list[Occurrence] = []
    skipped: list[date] = []
    for week in range(weeks):
        date_of = day + timedelta(days=7 * week)
        try:
            utc = clock.resolve_wall(date_of, at, governing, fold=0)
        except clock.NonexistentTime:
            skipped.append(date_of)
            continue
        before = {seen.zone: seen.start for seen in occurrences[-1].zones} if occurrences else {}
        seen = tuple(_seen(zone, utc, minutes, before.get(zone)) for zone in zones)
        cost = {item.zone: item.burden for item in seen}
        fits = {(zone, _hours(hours)) for _, zone, hours in members}
        fits = {(zone, hours) for zone, hours in fits if _holds(hours, zone, utc, minutes)}
        outside = tuple(member for member, zone, hours in members if (zone, _hours(hours)) not in fits)
        for member, zone, hours in members:
            burdens[member] += cost[zone] + (0 if (zone, _hours(hours)) in fits else OUTSIDE)
        occurrences.append(Occurrence(week, utc, seen, outside))
    away = {member for occurrence in occurrences for member in occurrence.outside}
    values = list(burdens.values())
    return SlotProposal(
        weekday,
        at,
        clock.get_zone(governing).key,
        minutes,
        tuple(occurrences),
        tuple(skipped),
        burdens,
        sum(values),
        max(values, default=0),
        tuple(member for member in burdens if member in away),
        fairness_of(values),
        not away,
    )


def _seen(zone: str, utc: datetime, minutes: int, before: datetime | None) -> ZoneWeek:
    start, end = clock.local(utc, zone), clock.local(utc + timedelta(minutes=minutes), zone)
    touched = [
        burden(clock.local(utc + timedelta(minutes=n), zone).time()) for n in [*range(0, minutes, 15), minutes - 1]
    ]
    shift = 0
    if before is not None:
        expected = before.replace(tzinfo=None) + timedelta(days=7)
        shift = round((start.replace(tzinfo=None) - expected).total_seconds() / 60)
    return ZoneWeek(zone, start, end, max(touched), shift)


def _holds(hours: WeekHours, zone: str, utc: datetime, minutes: int) -> bool:
    """Whether every minute of the session lies in the local hours."""
    for minute in [*range(0, minutes, 15), minutes - 1]:
        at = clock.local(utc + timedelta(minutes=minute), zone)
        if at.weekday() * 48 + at.hour * 2 + at.minute // 30 not in hours:
            return False
    return True


def propose_rotation(
    members: Sequence[Member], *, first: date, weeks: int, minutes: int, governing: str, of: int = 2
) -> Rotation | None:
    """Two or three wall times taken in turn, so that whoever bears most over all weeks bears as little as possible.

    Searched exhaustively over times that differ in cost (three: the 96 best of them). None where no time exists in
    every week.
    """
    if not members:
        return None
    if of not in (2, 3):
        raise ValueError("a rotation has two or three slots")
    costs = _Costs(members, first=first, weeks=weeks, minutes=minutes, governing=governing)
    slots = costs.distinct()[: None if of == 2 else 96]
    if not len(slots):
        return None
    turns = [costs.cost[slots][:, :, turn::of].sum(axis=2) for turn in range(of)]
    best: tuple[int, int, tuple[int, ...]] | None = None
    for a in range(len(slots)):
        # Sums for slot a in the first turn with every choice of the others: [others..., kind].
        sums = turns[0][a] + turns[1]
        if of == 3:
            sums = sums[:, None, :] + turns[2][None, :, :]
        worst, total = sums.max(axis=-1), (sums * costs.counts).sum(axis=-1)
        at = int(np.lexsort((total.ravel(), worst.ravel()))[0])
        others = [int(n) for n in np.unravel_index(at, worst.shape)]
        found = (int(worst.flat[at]), int(total.flat[at]), tuple(int(slots[n]) for n in (a, *others)))
        best = found if best is None else min(best, found)
    assert best is not None
    by_kind = sum(costs.cost[slot][:, turn::of].sum(axis=1) for turn, slot in enumerate(best[2]))
    burdens = costs.shared_out(np.asarray(by_kind))
    return Rotation(
        tuple(_wall(slot) for slot in best[2]),
        costs.zone,
        burdens,
        sum(burdens.values()),
        max(burdens.values()),
        fairness_of(list(burdens.values())),
    )


def propose_split(members: Sequence[Member], *, first: date, weeks: int, minutes: int, governing: str) -> Split | None:
    """Two parallel series for when no single one is humane: everybody goes to the one that costs them less.

    Fewest people outside their hours, then the least total cost. None where no time exists in every week.
    """
    if not members:
        return None
    costs = _Costs(members, first=first, weeks=weeks, minutes=minutes, governing=governing)
    slots = np.array(costs.order(), dtype=np.int64)
    if not len(slots):
        return None
    total: np.ndarray = costs.cost[slots].sum(axis=2)
    away = np.asarray(costs.outside[slots].any(axis=2))
    best: tuple[int, int, int, int] | None = None
    for a in range(len(slots)):
        first_better = (away[a] < away) | ((away[a] == away) & (total[a] <= total))
        cost = (np.where(first_better, total[a], total) * costs.counts).sum(axis=1)
        outside = (np.where(first_better, away[a], away) * costs.counts).sum(axis=1)
        b = int(np.lexsort((slots, cost, outside))[0])
        found = (int(outside[b]), int(cost[b]), int(slots[a]), int(slots[b]))
        best = found if best is None else min(best, found)
    assert best is not None
    a, b = (int(np.flatnonzero(slots == slot)[0]) for slot in best[2:])
    second = np.logical_or(away[b] < away[a], (away[b] == away[a]) & (total[b] < total[a]))
    burdens = costs.shared_out(np.where(second, total[b], total[a]))
    left = costs.shared_out(np.where(second, away[b], away[a]))
    return Split(
        (_wall(best[2]), _wall(best[3])),
        costs.zone,
        costs.shared_out(second),
        burdens,
        sum(burdens.values()),
        max(burdens.values()),
        tuple(member for member in costs.ids if left[member]),
    )
