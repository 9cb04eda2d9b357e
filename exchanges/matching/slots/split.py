"""Two parallel series for when no single one is humane: everybody goes to the one that costs them less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

import numpy as np

from exchanges.matching.slots.costs import Costs, Id, Member, wall_of_slot


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


def propose_split(
    members: Sequence[Member], *, first: date, weeks: int, minutes: int, governing: str, last: date | None = None
) -> Split | None:
    """Fewest people outside their hours, then the least total cost. None where no time exists in every week."""
    if not members:
        return None
    return best_split(Costs(members, first=first, weeks=weeks, minutes=minutes, governing=governing, last=last))


def best_split(costs: Costs) -> Split | None:
    slots = np.array(costs.order(), dtype=np.int64)
    if not len(slots):
        return None
    total: np.ndarray = costs.cost[slots].sum(axis=2)
    away = np.asarray(costs.outside[slots].any(axis=2))
    # What a series costs a kind: being outside weighs more than any cost.
    both = total + away * (int(total.max()) + 1)
    best: tuple[int, int, int, int] | None = None
    for a in range(len(slots)):
        first_better = both[a] <= both
        cost = np.where(first_better, total[a], total) @ costs.counts
        outside = np.where(first_better, away[a], away) @ costs.counts
        b = int(np.lexsort((slots, cost, outside))[0])
        found = (int(outside[b]), int(cost[b]), int(slots[a]), int(slots[b]))
        best = found if best is None else min(best, found)
    assert best is not None
    a, b = (int(np.flatnonzero(slots == slot)[0]) for slot in best[2:])
    second = both[b] < both[a]
    burdens = costs.shared_out(np.where(second, total[b], total[a]))
    left = costs.shared_out(np.where(second, away[b], away[a]))
    return Split(
        (wall_of_slot(best[2]), wall_of_slot(best[3])),
        costs.terms["governing"],
        costs.shared_out(second),
        burdens,
        sum(burdens.values()),
        max(burdens.values()),
        tuple(member for member in costs.ids if left[member]),
    )
