"""Weekly wall times with what they cost whom, week by week; and the best single ones.

Order of proposals: nobody outside their hours in any week; then fewest sessions at somebody's night; then the least
total cost; then the least for whoever bears most; then the earlier in the week.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from exchanges.matching.slots.burden import OUTSIDE, burden
from exchanges.matching.slots.costs import Costs, Id, Member, hours_of, wall_of_slot
from institutions import hours as clock

# Two proposals differ if they lie on different weekdays or at least this far apart.
APART = 90

Wall = tuple[int, time]


@dataclass(frozen=True, slots=True)
class ZoneWeek:
    """What one zone sees in one week.

    Local start and end, the hour's burden, minutes moved since the same turn before.
    """

    zone: str
    start: datetime
    end: datetime
    burden: int
    shift: int


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One week's session, by which turn; `outside` are the members whose own hours do not hold it."""

    week: int
    turn: int
    utc: datetime
    zones: tuple[ZoneWeek, ...]
    outside: tuple[Id, ...]


@dataclass(frozen=True, slots=True)
class SlotProposal:
    """Weekly wall times in the governing zone, taken in turn, with what they cost.

    `weekly` is each member's cost in each occurrence, `burdens` their sums, `total` the sum of all, `worst` the
    largest, `outside` the members who are outside their hours in some week. `fairness` is the mean cost by the
    largest: 1 when all bear the same, near 0 when one bears it all. `skipped` are dates on which the wall time does
    not exist. `humane`: nobody is ever outside.
    """

    slots: tuple[Wall, ...]
    zone: str
    minutes: int
    occurrences: tuple[Occurrence, ...]
    skipped: tuple[date, ...]
    weekly: Mapping[Id, tuple[int, ...]]
    burdens: Mapping[Id, int]
    total: int
    worst: int
    outside: tuple[Id, ...]
    fairness: float
    humane: bool

    @property
    def weekday(self) -> int:
        """Of the first turn."""
        return self.slots[0][0]

    @property
    def time(self) -> time:
        """Of the first turn."""
        return self.slots[0][1]


def fairness_of(burdens: Sequence[int]) -> float:
    """The mean by the largest; 1 when nobody bears anything."""
    worst = max(burdens, default=0)
    return round(sum(burdens) / len(burdens) / worst, 4) if worst else 1.0


def propose_slots(
    members: Sequence[Member],
    *,
    first: date,
    weeks: int,
    minutes: int,
    governing: str,
    count: int = 3,
    last: date | None = None,
) -> list[SlotProposal]:
    """The best weekly wall times in the governing zone, best first; each on another day or at least 90 minutes apart.

    A wall time that does not exist in some week, or has a date after `last`, is not proposed.
    """
    if not members:
        return []
    costs = Costs(members, first=first, weeks=weeks, minutes=minutes, governing=governing, last=last)
    return best_slots(costs, count)


def best_slots(costs: Costs, count: int) -> list[SlotProposal]:
    chosen: list[int] = []
    for slot in costs.order():
        if len(chosen) == count:
            break
        if all(slot // 48 != other // 48 or abs(slot - other) * 30 >= APART for other in chosen):
            chosen.append(slot)
    return [weigh(costs.members, slots=(wall_of_slot(slot),), **costs.terms) for slot in chosen]


def cost_of(
    members: Sequence[Member], *, weekday: int, at: time, first: date, weeks: int, minutes: int, governing: str
) -> SlotProposal:
    """What one weekly wall time costs; see `weigh`."""
    return weigh(members, slots=((weekday, at),), first=first, weeks=weeks, minutes=minutes, governing=governing)


def weigh(
    members: Sequence[Member],
    *,
    slots: Sequence[Wall],
    first: date,
    weeks: int,
    minutes: int,
    governing: str,
    folds: Sequence[int] = (),
) -> SlotProposal:
    """What these wall times cost, taken in turn: any times of day, not only half-hours.

    Of an hour that happens twice the first is meant, unless `folds` says otherwise for the turn.
    """
    clock.check_minutes(minutes)
    if not slots or not all(0 <= weekday <= 6 for weekday, _ in slots):
        raise ValueError(f"{slots!r} are not weekdays (0 Monday to 6 Sunday) with times")
    zones = sorted({zone for _, zone, _ in members} | {clock.get_zone(governing).key})
    kinds = [(zone, hours_of(hours)) for _, zone, hours in members]
    weekly: dict[Id, list[int]] = {member: [] for member, _, _ in members}
    occurrences: list[Occurrence] = []
    skipped: list[date] = []
    before: dict[tuple[int, str], tuple[int, datetime]] = {}
    for week in range(weeks):
        turn = week % len(slots)
        weekday, at = slots[turn]
        begins = first + timedelta(days=7 * week)
        day = begins + timedelta(days=(weekday - begins.weekday()) % 7)
        try:
            utc = clock.resolve_wall(day, at, governing, fold=folds[turn] if folds else 0)
        except clock.NonexistentTime:
            skipped.append(day)
            continue
        seen, masks = [], {}
        for zone in zones:
            item, masks[zone] = _seen(zone, utc, minutes, week, before.get((turn, zone)))
            before[turn, zone] = (week, item.start)
            seen.append(item)
        cost = {item.zone: item.burden for item in seen}
        fits = {kind: masks[kind[0]] & kind[1].bits == masks[kind[0]] for kind in set(kinds)}
        for (member, _, _), kind in zip(members, kinds, strict=True):
            weekly[member].append(cost[kind[0]] + (0 if fits[kind] else OUTSIDE))
        outside = tuple(member for (member, _, _), kind in zip(members, kinds, strict=True) if not fits[kind])
        occurrences.append(Occurrence(week, turn, utc, tuple(seen), outside))
    away = {member for occurrence in occurrences for member in occurrence.outside}
    burdens = {member: sum(costs) for member, costs in weekly.items()}
    values = list(burdens.values())
    return SlotProposal(
        tuple(slots),
        clock.get_zone(governing).key,
        minutes,
        tuple(occurrences),
        tuple(skipped),
        {member: tuple(costs) for member, costs in weekly.items()},
        burdens,
        sum(values),
        max(values, default=0),
        tuple(member for member in burdens if member in away),
        fairness_of(values),
        not away,
    )


def _seen(
    zone: str, utc: datetime, minutes: int, week: int, before: tuple[int, datetime] | None
) -> tuple[ZoneWeek, int]:
    """What the zone sees, and the half-hours of its week that the session touches, as bits."""
    start, end = clock.local(utc, zone), clock.local(utc + timedelta(minutes=minutes), zone)
    worst = bits = 0
    # Clocks change on quarter-hours, so one look at each quarter that is touched will do.
    for minute in {*range(0, minutes, 15), minutes - 1}:
        at = clock.local(utc + timedelta(minutes=minute), zone)
        worst = max(worst, burden(at.time()))
        bits |= 1 << (at.weekday() * 48 + at.hour * 2 + at.minute // 30)
    shift = 0
    if before is not None:
        expected = before[1].replace(tzinfo=None) + timedelta(days=7 * (week - before[0]))
        shift = round((start.replace(tzinfo=None) - expected).total_seconds() / 60)
    return ZoneWeek(zone, start, end, worst, shift), bits
