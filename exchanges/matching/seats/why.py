"""Why a choice was missed: the limit that was full, what decided under it, and what would have been enough."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchanges.matching.compiled import compiled
from exchanges.matching.seats.columns import Queues
from exchanges.matching.seats.rule import Held, choose, give_places, narrowest, no_hope, tally, would_take

Array = NDArray[Any]

LIMITS = ("", "capacity", "institution_quota", "country_quota", "balance", "closed", "unsettled")
DECIDED = ("", "priority", "lottery", "reserve", "limit", "balance", "closed", "unsettled")
_CAPACITY, _BALANCE, _CLOSED, _UNSETTLED = 1, 4, 5, 6
# Choices that are gone through at most to try out what would have been enough: some seconds.
_MOST_TRIED = 30_000_000
_PRIORITY, _LOTTERY, _RESERVE, _LIMIT, _BALANCED, _SHUT, _OPEN = range(1, 8)


class Facts(NamedTuple):
    """Of each choice (m,); all 0 where it wasn't missed: where it is what the learner got, or comes after that.

    limit, decided_by  uint8, codes: places in LIMITS and in DECIDED
    places             int32, of the limit (of the balance: the tolerance)
    position           int32, from 1, in the queue of those under that limit who would rather be there
    one_more           uint8, bits 1 capacity, 2 institution quota, 4 country quota: one more place under each of these
                       would have been enough; 0 says that nothing of the kind is known
    first              bool: the first place in the exchange's priority list would have been enough
    smallest           bool: the smallest number in the draw would have been enough

    Enough means that the allocation with nothing else changed gives the learner that choice or a better one.
    """

    limit: Array
    decided_by: Array
    places: Array
    position: Array
    one_more: Array
    first: Array
    smallest: Array


def explain(q: Queues, held: Held, closed: Array, *, tolerance: int = -1) -> tuple[Facts, int]:
    """The facts, and the number of pairs of a learner and an exchange that would both rather be together.

    A tolerance of 0 or more says that a balance with that tolerance, not the rule, gave the places.
    """
    m = len(q.who)
    facts = Facts(
        np.zeros(m, np.uint8),
        np.zeros(m, np.uint8),
        np.zeros(m, np.int32),
        np.zeros(m, np.int32),
        np.zeros(m, np.uint8),
        np.zeros(m, np.bool_),
        np.zeros(m, np.bool_),
    )
    blocking = int(_explain(q, held, closed, tolerance, facts))
    if tolerance < 0 and (q.crossed & ~closed).any():
        _try_out(q, closed, facts)
    return facts, blocking


def _try_out(q: Queues, closed: Array, facts: Facts) -> None:
    """Keep of `one_more` what is true when it's tried.

    It's a theorem where the rule is substitutable: nobody loses by more places, and whoever comes first of those who
    could have the new one gets it or something better. Where reserves and quotas cross there is no such theorem.
    """
    hopes = np.flatnonzero(facts.one_more)
    if len(hopes) * len(q.who) > _MOST_TRIED:
        facts.one_more[:] = 0
        return
    for c in hopes:
        p, bits = q.claim[c], facts.one_more[c]
        capacity, places = q.capacity.copy(), q.places.copy()
        if bits & 1:
            capacity[q.exchange[c]] += 1
        if bits & 2:
            places[q.institution_limit[p]] += 1
        if bits & 4:
            places[q.country_limit[p]] += 1
        held, _ = give_places(q._replace(capacity=capacity, places=places), closed)
        if not 0 <= held.chosen[q.who[p]] <= c:
            facts.one_more[c] = 0


@compiled
def _is_enough(capacity, limits, places, ahead, marks, reserves):  # type: ignore[no-untyped-def]
    """Whether somebody gets in for certain who stands first in the order, or first after those ahead under each limit.

    `capacity` is what those ahead leave of it, `marks` those that bring a reserved place before anybody else. Others'
    reserved places are counted as if all went to those under the learner's own limits.
    """
    least = np.int64(capacity)
    for limit in limits:
        if limit >= 0:
            least = min(least, np.int64(places[limit] - ahead[limit]))
    begin, end, bits, reserved = reserves
    for r in range(begin, end):
        if least > 0 and reserved[r] > 0 and marks & bits[r]:
            return True
        least -= reserved[r]
    return least > 0


@compiled
def _explain(q, held, closed, tolerance, facts):  # type: ignore[no-untyped-def]
    queue, who, choice, places, listed, marks = q.queue, q.who, q.choice, q.places, q.listed, q.marks
    by_institution, by_country, chosen = q.institution_limit, q.country_limit, held.chosen
    limit, decided_by, least, position, one_more, first, smallest = facts
    limits, longest = len(places), 1
    for x in range(len(q.capacity)):
        longest = max(longest, queue[x + 1] - queue[x] + 1)
    zero = np.zeros(limits, np.int32)
    # Under each limit: how many are in and the last of them; the same if there were no reserves; who waits.
    used, worst = np.zeros(limits, np.int32), np.full(limits, -1, np.int32)
    plain_used, plain_worst = np.zeros(limits, np.int32), np.full(limits, -1, np.int32)
    waits, seen = np.zeros(limits, np.int32), np.zeros(limits, np.uint8)
    ahead, none = (
        np.zeros(limits, np.int32),
        np.zeros(limits, np.int32),
    )  # of the priority list, whether they wait or not
    claims, scratch = np.empty(longest, np.int32), np.empty(longest, np.int32)
    inside, plain = np.zeros(longest, np.bool_), np.zeros(longest, np.int8)
    more, taken = np.zeros(longest, np.int8), np.zeros(longest, np.int8)
    ends = np.empty(len(q.reserve_bit), np.int32)
    scrap = np.empty(len(q.reserve_bit), np.int32)
    blocking = 0
    for x in range(len(q.capacity)):
        reserved = False
        for r in range(q.reserve[x], q.reserve[x + 1]):
            reserved = reserved or q.reserve_places[r] > 0
        listed_here = queue[x]
        while listed_here < queue[x + 1] and listed[listed_here]:
            for row in (by_institution[listed_here], by_country[listed_here]):
                if row >= 0:
                    ahead[row] += 1
            listed_here += 1
        total: Any = np.int64(0)
        inside_worst: Any = np.int64(-1)
        for p in range(queue[x], queue[x + 1]):
            has = chosen[who[p]] == choice[p]
            if not has and 0 <= chosen[who[p]] < choice[p]:
                continue
            claims[total], inside[total] = p, has
            total += 1
            if has:
                tally(p, (by_institution[p], by_country[p]), True, used, worst)
                inside_worst = p
        count, plain_count, plain_last = held.inside[x], held.inside[x], inside_worst
        certain = True
        if reserved and not closed[x]:
            choose(q, x, np.int64(q.capacity[x]), np.int64(1), claims, total, taken, scrap, zero)
            choose(q, x, np.int64(q.capacity[x]), np.int64(0), claims, total, plain, scrap, zero)
            choose(q, x, np.int64(q.capacity[x]) + 1, np.int64(1), claims, total, more, scrap, zero)
            plain_count, plain_last = 0, -1
            for k in range(total):
                certain = certain and (taken[k] > 0) == inside[k]
                if plain[k]:
                    tally(
                        np.int64(claims[k]),
                        (by_institution[claims[k]], by_country[claims[k]]),
                        True,
                        plain_used,
                        plain_worst,
                    )
                    plain_count, plain_last = plain_count + 1, claims[k]
            if q.crossed[x] or not certain:
                for k in range(count):
                    scratch[k] = held.claims[held.seat[x] + k]
                choose(q, x, np.int64(q.capacity[x]), np.int64(1), scratch, np.int64(count), taken, ends, zero)
                # Of those who are in, only who came in by the order can lose the place to somebody before them.
                inside_worst = np.int64(-1)
                for by_order in (0, 2):
                    for k in range(count):
                        if by_order == 0 or taken[k] == by_order:
                            end = -1 if by_order == 0 else scratch[k]
                            inside_worst = max(inside_worst, np.int64(end))
                            for row in (by_institution[scratch[k]], by_country[scratch[k]]):
                                if row >= 0:
                                    worst[row] = end
        waiting, seen_capacity, full = 0, False, count >= q.capacity[x]
        reserves = (q.reserve[x], q.reserve[x + 1], q.reserve_bit, q.reserve_places)
        for k in range(total):
            if inside[k]:
                continue
            p = int(claims[k])
            i, c, at = by_institution[p], by_country[p], choice[p]
            waiting += 1
            if i >= 0:
                waits[i] += 1
            if c >= 0:
                waits[c] += 1
            if closed[x]:
                limit[at], decided_by[at] = _CLOSED, _SHUT
                continue
            kind, row = narrowest((i, c), places, used, full)
            last = worst[row] if row >= 0 else inside_worst
            if not reserved:
                claim = kind == 0 or p < last
            elif certain and not q.crossed[x]:
                claim = False
            else:
                claim = not no_hope(p, marks[who[p]], reserves, kind, last, ends) and would_take(
                    q, held, x, p, scratch, taken, scrap, zero
                )
            if claim:
                blocking += 1
                limit[at] = _UNSETTLED if tolerance < 0 else _BALANCE
                decided_by[at] = _OPEN if tolerance < 0 else _BALANCED
                least[at] = max(0, tolerance)
                position[at] = waiting
                continue
            limit[at] = max(kind, _CAPACITY)
            least[at] = places[row] if row >= 0 else q.capacity[x]
            position[at] = waits[row] if row >= 0 else waiting
            if least[at] == 0:
                decided_by[at] = _LIMIT
            elif reserved and plain[k]:
                decided_by[at] = _RESERVE
            else:
                if reserved:
                    _, row = narrowest((i, c), places, plain_used, plain_count >= q.capacity[x])
                    last = plain_worst[row] if row >= 0 else plain_last
                decided_by[at] = _PRIORITY if listed[last] else _LOTTERY
            if tolerance >= 0:
                continue
            first[at] = _is_enough(q.capacity[x], (i, c), places, none, marks[who[p]], reserves)
            if not listed[p]:
                room = q.capacity[x] - (listed_here - queue[x])
                smallest[at] = _is_enough(room, (i, c), places, ahead, np.uint64(0), reserves)
            if reserved and not q.crossed[x]:
                one_more[at] = 1 if more[k] else 0
                continue
            # All limits that are full; nobody else who waits may need no more than these, or they would go first.
            short = 1 if full else 0
            if i >= 0 and used[i] >= places[i]:
                short |= 2
            if c >= 0 and used[c] >= places[c]:
                short |= 4
            free = True
            for some in range(1, 8):
                if some & short == some:
                    if some & 2:
                        free = free and not (seen[i] >> some) & 1
                    elif some & 4:
                        free = free and not (seen[c] >> some) & 1
                    else:
                        free = free and not seen_capacity
            one_more[at] = short if free else 0
            if short & 2:
                seen[i] |= np.uint8(1 << short)
            elif short & 4:
                seen[c] |= np.uint8(1 << short)
            else:
                seen_capacity = True
        for p in range(queue[x], listed_here):
            for row in (by_institution[p], by_country[p]):
                if row >= 0:
                    ahead[row] = 0
        for k in range(total):
            for row in (by_institution[claims[k]], by_country[claims[k]]):
                if row >= 0:
                    used[row] = plain_used[row] = waits[row] = seen[row] = 0
                    worst[row] = plain_worst[row] = -1
    return blocking
