"""What if exchanges that miss their minimum were closed: the allocation is made again without them, in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exchanges.matching.seats.allocation import Learner, Seats, tables
from exchanges.matching.seats.columns import Array, Columns, Queues, queue_up
from exchanges.matching.seats.places import Places, allocate_columns


@dataclass(frozen=True, slots=True)
class Change:
    """What an allocation changes for learners, compared with another of the same intake: how many of them.

    better and worse count by rank, those who get a place (gained) and who lose it (lost) included.
    """

    better: int
    worse: int
    gained: int
    lost: int


@dataclass(frozen=True, slots=True)
class Closing:
    """One step: the exchange that was closed, what it had and would have needed, and what its closing changed."""

    exchange: int
    taken: int
    minimum: int
    change: Change


def compare(before: Places, after: Places) -> Change:
    has, had = after.rank > 0, before.rank > 0
    gained, lost = has & ~had, had & ~has
    both = has & had
    return Change(
        better=int(np.count_nonzero(gained | (both & (after.rank < before.rank)))),
        worse=int(np.count_nonzero(lost | (both & (after.rank > before.rank)))),
        gained=int(np.count_nonzero(gained)),
        lost=int(np.count_nonzero(lost)),
    )


def close_and_rerun(before: Places, exchanges: Array, *, explained: bool = True) -> Places:
    """The allocation without these exchanges (indices) and without those that are closed already.

    For places by the rule; those by a balance are `balance_columns` with `closed`.
    """
    closed = before.closed.copy()
    closed[exchanges] = True
    return allocate_columns(before.queues, closed=closed, explained=explained)


def close_in_order(
    columns: Columns | Queues, *, closed: Array | None = None, run: Callable[[Array], Places] | None = None
) -> tuple[list[Closing], Places]:
    """Close one exchange after the other until none misses its minimum, and the allocation that is left.

    Each time it's the one that is furthest from its minimum by share (the first of them), and the allocation is made
    again before the next, since those who wanted that exchange may fill another. `run` makes the allocation from what
    is closed; without it the rule does.
    """
    q = columns if isinstance(columns, Queues) else queue_up(columns)
    shut = np.zeros(len(q.capacity), np.bool_) if closed is None else np.array(closed, np.bool_)
    allocate = run or (lambda now: allocate_columns(q, closed=now, explained=False))
    places = allocate(shut)
    steps: list[Closing] = []
    while places.short.any():
        share = np.where(places.short, places.taken / np.maximum(q.minimum, 1), np.inf)
        x = int(np.argmin(share))
        shut = shut.copy()
        shut[x] = True
        after = allocate(shut)
        steps.append(Closing(x, int(places.taken[x]), int(q.minimum[x]), compare(places, after)))
        places = after
    return steps, places


def closings(learners: Sequence[Learner], exchanges: Sequence[Seats], *, seed: int) -> list[dict[str, Any]]:
    """`close_in_order` on dataclasses, in plain values. There must be no `problems`."""
    given = tables(learners, exchanges, seed=seed)
    names = given.names
    steps, _ = close_in_order(given.columns)
    return [
        {
            "exchange": names[step.exchange],
            "taken": step.taken,
            "minimum": step.minimum,
            "worse": step.change.worse,
            "lost": step.change.lost,
        }
        for step in steps
    ]
