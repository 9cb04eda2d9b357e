"""Two or three wall times in turn, so that no one bears more than has to be.

The choice is the best there is by (what whoever bears most bears, total): in each turn only wall times that no other
one undercuts for everybody are looked at, and combinations that cannot win are cut off by bounds. `WORK` ends the
search of three turns among very different people; the best found until then is answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from exchanges.matching.slots.costs import Costs, Member, wall_of_slot
from exchanges.matching.slots.proposals import SlotProposal, weigh

WORK = 150_000_000  # sums looked at: about half a second
CHUNK = 4_000_000  # sums held at a time


def propose_rotation(
    members: Sequence[Member],
    *,
    first: date,
    weeks: int,
    minutes: int,
    governing: str,
    of: int = 2,
    last: date | None = None,
) -> SlotProposal | None:
    """The best rotation of two or three wall times; None where no time exists in every week."""
    if not members:
        return None
    if of not in (2, 3):
        raise ValueError("a rotation has two or three slots")
    return best_rotation(Costs(members, first=first, weeks=weeks, minutes=minutes, governing=governing, last=last), of)


def best_rotation(costs: Costs, of: int) -> SlotProposal | None:
    slots = costs.distinct()
    if not len(slots):
        return None
    turns = []
    for turn in range(of):
        table = costs.cost[slots][:, :, turn::of].sum(axis=2)
        keep = _undominated(table)
        turns.append(_Turn(slots[keep], table[keep].astype(np.int16), table[keep] @ costs.counts))
    chosen = _search(turns)
    walls = tuple(wall_of_slot(int(turn.slots[at])) for turn, at in zip(turns, chosen, strict=True))
    return weigh(costs.members, slots=walls, **costs.terms)


class _Turn:
    """The wall times to choose from in one turn: their slots, cost[slot, kind] and total[slot]."""

    def __init__(self, slots: np.ndarray, cost: np.ndarray, total: np.ndarray) -> None:
        self.slots, self.cost, self.total = slots, cost, total


def _undominated(table: np.ndarray) -> np.ndarray:
    """The rows that no other row undercuts or equals in every column (of equal rows the first)."""
    keep: list[int] = []
    small = table.astype(np.int16)
    for row in np.argsort(table.sum(axis=1), kind="stable"):
        if not keep or not (small[keep] <= small[row]).all(axis=1).any():
            keep.append(int(row))
    return np.array(sorted(keep), dtype=np.int64)


def _search(turns: list[_Turn]) -> list[int]:
    """One row of each turn, so that (largest sum of any kind, total, rows) is least."""
    best = _start(turns)
    least = [turn.cost.min(axis=0) for turn in turns]
    cheapest = [int(turn.total.min()) for turn in turns]
    first, *others = turns
    rest, rest_total = sum(least[1:]), sum(cheapest[1:])
    bounds = (first.cost + rest).max(axis=1)
    work = 0
    for a in np.lexsort((first.total, bounds)):
        if (int(bounds[a]), int(first.total[a]) + rest_total) > best[:2]:
            if bounds[a] > best[0]:
                break
            continue
        if len(turns) == 2:
            best = min(best, _complete((int(a),), first.cost[a], int(first.total[a]), others[0]))
            continue
        middle = others[0]
        sums, totals = first.cost[a] + middle.cost, int(first.total[a]) + middle.total
        low = (sums + least[2]).max(axis=1)
        hopeful = np.flatnonzero((low < best[0]) | ((low == best[0]) & (totals + cheapest[2] <= best[1])))
        work += len(hopeful) * others[1].cost.size
        if work > WORK:
            break
        step = max(1, CHUNK // others[1].cost.size)
        for at in range(0, len(hopeful), step):
            some = hopeful[at : at + step]
            worst = (sums[some][:, None, :] + others[1].cost[None, :, :]).max(axis=2)
            total = totals[some][:, None] + others[1].total[None, :]
            flat = int(np.lexsort((total.ravel(), worst.ravel()))[0])
            b, c = np.unravel_index(flat, worst.shape)
            best = min(best, (int(worst.flat[flat]), int(total.flat[flat]), (int(a), int(some[b]), int(c))))
    return list(best[2])


Found = tuple[int, int, tuple[int, ...]]


def _complete(rows: tuple[int, ...], cost: np.ndarray, total: int, turn: _Turn) -> Found:
    """The best row of the last turn beside those that are chosen."""
    worst, totals = (cost + turn.cost).max(axis=1), total + turn.total
    at = int(np.lexsort((totals, worst))[0])
    return int(worst[at]), int(totals[at]), (*rows, at)


def _start(turns: list[_Turn]) -> Found:
    """A good choice to begin with: from each of the ten cheapest, turn after turn is improved until none is."""
    found = []
    for row in np.argsort(turns[0].total, kind="stable")[:10]:
        rows = [int(row), *(int(np.argmin(turn.total)) for turn in turns[1:])]
        best: Found | None = None
        while True:
            for number in reversed(range(len(turns))):
                others = [n for n in range(len(turns)) if n != number]
                cost = sum(turns[n].cost[rows[n]] for n in others)
                total = sum(int(turns[n].total[rows[n]]) for n in others)
                worst, totals, (at,) = _complete((), np.asarray(cost), total, turns[number])
                rows[number] = at
            now = (worst, totals, tuple(rows))
            if best is not None and now[:2] >= best[:2]:
                break
            best = now
        found.append(best)
    return min(found)
