"""Places in columns: the allocation of an intake, with the facts behind each learner's reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exchanges.matching import Reason
from exchanges.matching.seats.columns import Columns, Queues, queue_up
from exchanges.matching.seats.rule import Held, give_places
from exchanges.matching.seats.why import DECIDED, LIMITS, Facts, explain

Id = int | str
Array = NDArray[Any]
_LIMIT_BITS = ((1, "capacity"), (2, "institution_quota"), (4, "country_quota"))
_ONE_MORE = [[name for bit, name in _LIMIT_BITS if bits & bit] for bits in range(8)]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """What an allocation of `Columns` gives, in the same order: n learners, e exchanges, m choices.

    exchange  (n,) int32   the exchange where the learner has a place, or -1
    rank      (n,) int32   which choice that is, from 1; 0 for no place
    taken     (e,) int32   places that are taken
    short     (e,) bool    fewer than the minimum are taken, and the exchange isn't closed
    closed    (e,) bool    as it was asked for
    facts                  of each choice (m,), see `Facts`; None if they weren't asked for
    blocking               pairs of a learner and an exchange that would both rather be together; None like the facts
    proposals              steps that the algorithm took
    """

    queues: Queues
    held: Held
    exchange: Array
    rank: Array
    taken: Array
    short: Array
    closed: Array
    facts: Facts | None
    blocking: int | None
    proposals: int

    @property
    def placed(self) -> int:
        return int(np.count_nonzero(self.rank))

    def by_rank(self) -> dict[int, int]:
        """How many got their first choice (1), their second (2) and so on."""
        counts = np.bincount(self.rank)
        return {rank: int(count) for rank, count in enumerate(counts) if rank and count}


def allocate_columns(columns: Columns | Queues, *, closed: Array | None = None, explained: bool = True) -> Places:
    """Places for the learners of an intake, by the rule in this package's docstring.

    `closed` (e,) says which exchanges take nobody. The queues that `queue_up` makes of the columns do as well and save
    making them again. With `explained` the result has the facts for `reasons`, and the blocking pairs are counted. Same
    columns, same result; the order of learners and exchanges changes nothing, the draw alone breaks ties.

    Raises ValueError for columns that are no intake.
    """
    q = columns if isinstance(columns, Queues) else queue_up(columns)
    shut = np.zeros(len(q.capacity), np.bool_) if closed is None else np.ascontiguousarray(closed, dtype=np.bool_)
    if shut.shape != q.capacity.shape:
        raise ValueError("closed is not as long as there are exchanges")
    held, proposals = give_places(q, shut)
    facts, blocking = explain(q, held, shut) if explained else (None, None)
    return result(q, held, shut, facts, blocking, proposals)


def result(q: Queues, held: Held, closed: Array, facts: Facts | None, blocking: int | None, proposals: int) -> Places:
    """The same as columns by learner and by exchange."""
    has = held.chosen >= 0
    exchange = np.full(len(has), -1, np.int32)
    exchange[has] = q.exchange[held.chosen[has]]
    rank = np.where(has, held.chosen - q.start[:-1] + 1, 0).astype(np.int32)
    return Places(
        queues=q,
        held=held,
        exchange=exchange,
        rank=rank,
        taken=held.inside,
        short=(held.inside < q.minimum) & ~closed,
        closed=closed,
        facts=facts,
        blocking=blocking,
        proposals=proposals,
    )


def counted(places: Places, names: Sequence[Id]) -> dict[str, Any]:
    """The figures of an allocation, exchanges by name: those that are closed are left out."""
    taken, capacity, minimum = (
        column.tolist() for column in (places.taken, places.queues.capacity, places.queues.minimum)
    )
    there = np.flatnonzero(~places.closed).tolist()
    return {
        "learners": len(places.rank),
        "placed": places.placed,
        "unplaced": len(places.rank) - places.placed,
        "places": sum(capacity[x] for x in there),
        "by_rank": places.by_rank(),
        "taken": {names[x]: taken[x] for x in there},
        "below_minimum": {names[x]: taken[x] for x in there if taken[x] < minimum[x]},
    }


def reason(places: Places, learner: int, exchanges: Sequence[Id]) -> Reason:
    """Why that learner has this place, or none; `exchanges` are the ids to name exchanges by."""
    return next(reasons(places, exchanges, [learner]))


def reasons(places: Places, exchanges: Sequence[Id], learners: Iterable[int] | None = None) -> Iterator[Reason]:
    """The reasons of all learners, in order (or of some). They name nobody but the learner.

    Codes: "first_choice"; "placed" with facts rank, choices (how many there are) and missed; "no_place" with choices
    and missed; "no_choices". A missed choice is {"exchange", "limit", "places", "decided_by", "position", "one_more",
    "first", "smallest"}:

    - limit, places: the narrowest limit that was full (capacity, institution_quota, country_quota) and its places;
    - decided_by: priority or lottery (by this order those who got in go before the learner; priority if the last of
      them is in the exchange's priority list), reserve (by the order alone the learner would have been in, but for
      reserved places), limit (there are no such places at all);
    - position: the learner's own, from 1, among those under that limit who would rather be there;
    - one_more: limits under which one more place each would have been enough for the learner, [] if none is known;
    - first: whether the first place in the exchange's priority list would have been enough;
    - smallest: whether the smallest number in the draw would have been enough.

    At an exchange that was closed limit and decided_by are "closed". With `balance` they can be "balance": the learner
    had a claim that the balance between institutions did not allow, places is then its tolerance. "unsettled" is a
    claim that no allocation could satisfy together with all others, where reserves and quotas cross.
    """
    q, facts = places.queues, places.facts
    if facts is None:
        raise ValueError("the allocation was asked for without its facts")
    whole = learners is None
    # As lists they are read many times faster, but making lists of everything for one learner is not worth it.
    start, rank, asked, limit, decided, count, position, more, first, smallest = (
        column.tolist() if whole else column for column in (q.start, places.rank, q.exchange, *facts)
    )
    for n in range(len(rank)) if learners is None else learners:
        begin, end, got = int(start[n]), int(start[n + 1]), int(rank[n])
        if got == 1:
            yield Reason("first_choice")
        elif begin == end:
            yield Reason("no_choices")
        else:
            missed = [
                {
                    "exchange": exchanges[asked[c]],
                    "limit": LIMITS[limit[c]],
                    "places": int(count[c]),
                    "decided_by": DECIDED[decided[c]],
                    "position": int(position[c]),
                    "one_more": list(_ONE_MORE[more[c]]),
                    "first": bool(first[c]),
                    "smallest": bool(smallest[c]),
                }
                for c in range(begin, begin + got - 1 if got else end)
            ]
            if got:
                yield Reason("placed", {"rank": got, "choices": end - begin, "missed": missed})
            else:
                yield Reason("no_place", {"choices": end - begin, "missed": missed})
