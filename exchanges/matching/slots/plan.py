"""The three proposals that a coordinator compares: single wall times, a rotation, or two parallel series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from exchanges.matching.slots.costs import Costs, Id, Member
from exchanges.matching.slots.proposals import SlotProposal, best_slots, fairness_of, weigh
from exchanges.matching.slots.rotation import best_rotation
from exchanges.matching.slots.split import best_split

SINGLE, ROTATION, SPLIT = "single", "rotation", "split"


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to hold a series: one part, or two parallel ones of a split, and what it costs in all.

    `attend` says to which part each member goes; nobody is named for a single part.
    """

    kind: str
    parts: tuple[SlotProposal, ...]
    attend: Mapping[Id, int]
    burdens: Mapping[Id, int]
    total: int
    worst: int
    fairness: float
    outside: tuple[Id, ...]

    @property
    def humane(self) -> bool:
        return not self.outside


def propose_plans(
    members: Sequence[Member],
    *,
    first: date,
    weeks: int,
    minutes: int,
    governing: str,
    last: date | None = None,
    count: int = 3,
) -> list[Plan]:
    """The best single wall time first; then a rotation if whoever bears most bears less by it, and a split if no
    single wall time is humane and fewer people are outside their hours by it; then further single ones.
    """
    if not members:
        return []
    costs = Costs(members, first=first, weeks=weeks, minutes=minutes, governing=governing, last=last)
    singles = [_one(SINGLE, proposal) for proposal in best_slots(costs, count)]
    if not singles:
        return []
    best, *others = singles
    plans = [best]
    rotation = _rotation(costs) if best.worst and weeks > 1 else None
    if rotation is not None and rotation.worst < best.worst:
        plans.append(rotation)
    split = None if best.humane else _split(costs)
    if split is not None and len(split.outside) < len(best.outside):
        plans.append(split)
    return [*plans, *others][:count]


def weigh_series(
    members: Sequence[Member],
    *,
    slots: Sequence[tuple[int, time]],
    first: date,
    weeks: int,
    minutes: int,
    governing: str,
    folds: Sequence[int] = (),
) -> Plan:
    """What a series that somebody sets by hand costs."""
    found = weigh(members, slots=slots, first=first, weeks=weeks, minutes=minutes, governing=governing, folds=folds)
    return _one(ROTATION if len(slots) > 1 else SINGLE, found)


def _one(kind: str, part: SlotProposal) -> Plan:
    return Plan(kind, (part,), {}, part.burdens, part.total, part.worst, part.fairness, part.outside)


def _rotation(costs: Costs) -> Plan | None:
    """Of two wall times; of three where that is easier still on whoever bears most."""
    found = [best_rotation(costs, of) for of in (2, 3) if of <= costs.terms["weeks"]]
    there = [each for each in found if each is not None and len(set(each.slots)) > 1]
    best = min(there, key=lambda each: (each.worst, len(each.slots)), default=None)
    return _one(ROTATION, best) if best else None


def _split(costs: Costs) -> Plan | None:
    found = best_split(costs)
    if found is None or len(set(found.attend.values())) < 2:
        return None
    halves = [[each for each in costs.members if found.attend[each[0]] == number] for number in (0, 1)]
    parts = tuple(weigh(half, slots=(slot,), **costs.terms) for half, slot in zip(halves, found.slots, strict=True))
    values = list(found.burdens.values())
    return Plan(SPLIT, parts, found.attend, found.burdens, found.total, found.worst, fairness_of(values), found.outside)
