"""The choice rule, and deferred acceptance under it, on the queues that `columns` makes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchanges.matching.compiled import compiled
from exchanges.matching.seats.columns import Queues

Array = NDArray[Any]

# Moves per choice before claims are taken in random order instead of the exchange's, and before it's given up.
_CALM, _MOVES = 2, 8


class Held(NamedTuple):
    """Who has a place: by learner, and by exchange in its order."""

    chosen: Array  # (n,) the choice that a learner has, or -1
    seat: Array  # (e + 1,) exchange x holds claims[seat[x]:seat[x] + inside[x]]
    claims: Array
    inside: Array  # (e,)


def nobody(q: Queues) -> Held:
    """All places free."""
    seat = np.zeros(len(q.queue), np.int64)
    np.cumsum(np.minimum(q.capacity, np.diff(q.queue)), out=seat[1:])
    chosen = np.full(len(q.start) - 1, -1, np.int64)
    return Held(chosen, seat, np.empty(seat[-1], np.int32), np.zeros(len(q.capacity), np.int32))


def seated(q: Queues, chosen: Array) -> Held:
    """The same from each learner's choice alone."""
    held = nobody(q)
    held.chosen[:] = chosen
    for p in np.sort(q.claim[chosen[chosen >= 0]]):
        x = q.exchange[q.choice[p]]
        held.claims[held.seat[x] + held.inside[x]] = p
        held.inside[x] += 1
    return held


def give_places(q: Queues, closed: Array) -> tuple[Held, int]:
    """Learner-proposing deferred acceptance, and how many proposals that took; `closed` (e,) exchanges take nobody."""
    held = nobody(q)
    proposals = _propose(q, held, closed)
    if (q.crossed & ~closed).any():
        proposals += _settle(q, held, closed)
    return held, proposals


@compiled
def choose(q, x, capacity, reserves, claims, count, taken, last, used):  # type: ignore[no-untyped-def]
    """The choice rule of exchange x with that many places, on its first `count` claims, which are in its order.

    With `reserves` 0 as if it had none. Says in `taken` who is chosen (1 by a reserve, 2 by the order, 0 not), and in
    `last` (reserves,) whose claim was the last that filled each reserve, or -1 where it wasn't filled. `used` (limits,)
    is all zero before and after.
    """
    who, marks, places = q.who, q.marks, q.places
    by_institution, by_country = q.institution_limit, q.country_limit
    left = capacity
    for i in range(count):
        taken[i] = 0
    # Each reserve in turn, then everybody.
    begin = q.reserve[x] if reserves else q.reserve[x + 1]
    for r in range(begin, q.reserve[x + 1] + 1):
        for_all = r == q.reserve[x + 1]
        here = left if for_all else q.reserve_places[r]
        bit = np.uint64(0) if for_all else q.reserve_bit[r]
        if not for_all:
            last[r] = -1
        for i in range(count):
            if here == 0 or left == 0:
                break
            if taken[i] or not (for_all or marks[who[claims[i]]] & bit):
                continue
            a, b = by_institution[claims[i]], by_country[claims[i]]
            if (a >= 0 and used[a] >= places[a]) or (b >= 0 and used[b] >= places[b]):
                continue
            taken[i] = 2 if for_all else 1
            here -= 1
            left -= 1
            if here == 0 and not for_all:
                last[r] = claims[i]
            if a >= 0:
                used[a] += 1
            if b >= 0:
                used[b] += 1
    for i in range(count):
        if taken[i]:
            a, b = by_institution[claims[i]], by_country[claims[i]]
            if a >= 0:
                used[a] = 0
            if b >= 0:
                used[b] = 0


@compiled
def _sort(values, count):  # type: ignore[no-untyped-def]
    """In place, by Shell's method: mostly few values, or many that are nearly in order."""
    gap = 1
    while gap * 9 // 4 < count:
        gap = gap * 9 // 4 + 1
    while gap > 0:
        for i in range(gap, count):
            value, j = values[i], i
            while j >= gap and values[j - gap] > value:
                values[j] = values[j - gap]
                j -= gap
            values[j] = value
        gap = max(1, gap * 4 // 9) if gap > 1 else 0


@compiled
def _longest(q):  # type: ignore[no-untyped-def]
    longest = 0
    for x in range(len(q.capacity)):
        longest = max(longest, q.queue[x + 1] - q.queue[x])
    return longest + 1


@compiled
def _propose(q, held, closed):  # type: ignore[no-untyped-def]
    """Everybody asks down the list. An exchange decides on all who have asked since it last did at once.

    That changes nothing in the result where the rule is substitutable, and saves time.
    """
    who, choice, claim, exchange, start, capacity = q.who, q.choice, q.claim, q.exchange, q.start, q.capacity
    held_claims, chosen, seats, held_inside = held.claims, held.chosen, held.seat, held.inside
    exchanges, learners = len(capacity), len(start) - 1
    longest = _longest(q)
    pending, claims = np.empty(longest, np.int32), np.empty(longest, np.int32)
    taken, used = np.zeros(longest, np.int8), np.zeros(len(q.places), np.int32)
    last = np.empty(len(q.reserve_bit), np.int32)
    following = start[:-1].copy()
    first, link = np.full(exchanges, -1, np.int32), np.empty(len(who), np.int32)
    ring, waits, begin, waiting = np.empty(exchanges, np.int64), np.zeros(exchanges, np.bool_), 0, 0
    proposals = 0
    asking, asks = np.empty(longest, np.int32), 0
    at = 0
    while True:
        if asks > 0:
            asks -= 1
            learner = asking[asks]
        elif at < learners:
            learner = at
            at += 1
        elif waiting > 0:
            x = ring[begin]
            begin, waiting = (begin + 1) % exchanges, waiting - 1
            waits[x] = False
            count, p = 0, first[x]
            while p >= 0:
                pending[count] = p
                count += 1
                p = link[p]
            first[x] = -1
            _sort(pending, count)
            seat, inside = seats[x], held_inside[x]
            i, j = inside - 1, count - 1
            total = inside + count
            for k in range(total - 1, -1, -1):
                if j < 0 or (i >= 0 and held_claims[seat + i] > pending[j]):
                    claims[k] = held_claims[seat + i]
                    i -= 1
                else:
                    claims[k] = pending[j]
                    j -= 1
            choose(q, x, np.int64(capacity[x]), np.int64(1), claims, total, taken, last, used)
            kept = 0
            for k in range(total):
                p = np.int64(claims[k])
                if taken[k]:
                    held_claims[seat + kept] = p
                    kept += 1
                    chosen[who[p]] = choice[p]
                else:
                    chosen[who[p]] = -1
                    asking[asks] = who[p]
                    asks += 1
            held_inside[x] = kept
            continue
        else:
            break
        c = following[learner]
        while c < start[learner + 1] and closed[exchange[c]]:
            c += 1
        following[learner] = c + 1
        if c >= start[learner + 1]:
            continue
        proposals += 1
        x = exchange[c]
        link[claim[c]] = first[x]
        first[x] = claim[c]
        if not waits[x]:
            waits[x] = True
            ring[(begin + waiting) % exchanges] = x
            waiting += 1
    return proposals


@compiled
def insert(q, held, x, p, claims):  # type: ignore[no-untyped-def]
    """Those whom an exchange holds and one more, in its order; returns where that one stands."""
    seat, inside = held.seat[x], held.inside[x]
    k = inside
    while k > 0 and held.claims[seat + k - 1] > p:
        claims[k] = held.claims[seat + k - 1]
        k -= 1
    for i in range(k):
        claims[i] = held.claims[seat + i]
    claims[k] = p
    return k


@compiled
def would_take(q, held, x, p, claims, taken, last, used):  # type: ignore[no-untyped-def]
    """Whether the exchange would choose that claim, were it one of those it holds."""
    k = insert(q, held, x, p, claims)
    choose(q, x, np.int64(q.capacity[x]), np.int64(1), claims, held.inside[x] + 1, taken, last, used)
    return taken[k] > 0


@compiled
def tally(p, limits, by_order, inside, worst):  # type: ignore[no-untyped-def]
    """Count a claim under its limits, and note it as the last that came in there by the order, if it did."""
    for limit in limits:
        if limit >= 0:
            inside[limit] += 1
            if by_order:
                worst[limit] = max(worst[limit], p)


@compiled
def narrowest(limits, places, inside, full):  # type: ignore[no-untyped-def]
    """The narrowest limit of a claim that is full: 1 capacity, 2 of the institution, 3 of the country; 0 where none is.

    And its row, or -1. `limits` are the rows of the institution and the country; `full` says that the exchange is.
    """
    i, c = limits
    if i >= 0 and inside[i] >= places[i]:
        return 2, i
    if c >= 0 and inside[c] >= places[c]:
        return 3, c
    return (1 if full else 0), -1


@compiled
def no_hope(p, marks, reserves, kind, worst, last):  # type: ignore[no-untyped-def]
    """Whether a claim is turned away for certain: all under a limit that is full go before it, by reserve or by order.

    `worst` is the last of those by order, `last` as `choose` tells it of those whom the exchange holds. They are chosen
    with this claim exactly as they are without it. `reserves` are where the exchange's begin and end, their bits and
    places.
    """
    if kind == 0 or p < worst:
        return False
    begin, end, bits, places = reserves
    for r in range(begin, end):
        if places[r] > 0 and marks & bits[r] and not 0 <= last[r] < p:
            return False
    return True


@compiled
def _leave(q, held, learner):  # type: ignore[no-untyped-def]
    c = held.chosen[learner]
    if c < 0:
        return -1
    x, p = q.exchange[c], q.claim[c]
    seat, moved = held.seat[x], False
    for i in range(held.inside[x]):
        moved = moved or held.claims[seat + i] == p
        if moved and i + 1 < held.inside[x]:
            held.claims[seat + i] = held.claims[seat + i + 1]
    held.inside[x] -= 1
    held.chosen[learner] = -1
    return x


@compiled
def _settle(q, held, closed):  # type: ignore[no-untyped-def]
    """Where reserves and quotas cross, whoever still has a claim asks again, until nobody has one.

    Each exchange hears its claims in its order; if that goes in circles, in random order; and as there may be no stable
    places at all, it's given up in the end. Returns how many moves that took.
    """
    who, choice, places, marks, chosen = q.who, q.choice, q.places, q.marks, held.chosen
    by_institution, by_country, bits, reserve_places = (
        q.institution_limit,
        q.country_limit,
        q.reserve_bit,
        q.reserve_places,
    )
    exchanges = len(q.capacity)
    longest = _longest(q)
    claims, taken, used = np.empty(longest, np.int32), np.zeros(longest, np.int8), np.zeros(len(q.places), np.int32)
    last, scrap = np.empty(len(q.reserve_bit), np.int32), np.empty(len(q.reserve_bit), np.int32)
    inside, worst = np.zeros(len(q.places), np.int32), np.full(len(q.places), -1, np.int32)
    ring, waits, begin, waiting = np.empty(exchanges, np.int64), np.zeros(exchanges, np.bool_), 0, 0
    for x in range(exchanges):
        if q.crossed[x] and not closed[x]:
            ring[waiting] = x
            waits[x] = True
            waiting += 1
    moves, chance = 0, np.uint64(88172645463325252)
    calm, most = _CALM * len(q.who), _MOVES * len(q.who)
    while waiting > 0 and moves < most:
        x = ring[begin]
        begin, waiting = (begin + 1) % exchanges, waiting - 1
        waits[x] = False
        length = q.queue[x + 1] - q.queue[x]
        turn = 0
        if moves > calm:  # xorshift
            chance ^= chance << np.uint64(13)
            chance ^= chance >> np.uint64(7)
            chance ^= chance << np.uint64(17)
            turn = int(chance >> np.uint64(33)) % max(1, length)
        count, seat = held.inside[x], held.seat[x]
        for k in range(count):
            claims[k] = held.claims[seat + k]
        choose(q, x, np.int64(q.capacity[x]), np.int64(1), claims, np.int64(count), taken, last, used)
        end = -1
        for k in range(count):
            limits = (by_institution[claims[k]], by_country[claims[k]])
            tally(np.int64(claims[k]), limits, taken[k] == 2, inside, worst)
            if taken[k] == 2:
                end = claims[k]
        full, reserves = count >= q.capacity[x], (q.reserve[x], q.reserve[x + 1], bits, reserve_places)
        found = -1
        for i in range(length):
            p = q.queue[x] + (turn + i) % length
            if 0 <= chosen[who[p]] <= choice[p]:
                continue
            kind, row = narrowest((by_institution[p], by_country[p]), places, inside, full)
            sure = no_hope(p, marks[who[p]], reserves, kind, worst[row] if row >= 0 else end, last)
            if not sure and would_take(q, held, x, p, claims, taken, scrap, used):
                found = p
                break
        for k in range(count):
            for row in (q.institution_limit[held.claims[seat + k]], q.country_limit[held.claims[seat + k]]):
                if row >= 0:
                    inside[row], worst[row] = 0, -1
        if found >= 0:
            p = found
            # `claims` and `taken` are the exchange's decision with this claim among its own.
            total = held.inside[x] + 1
            moves += 1
            learner = np.int64(q.who[p])
            left = _leave(q, held, learner)
            kept = 0
            for k in range(total):
                other = claims[k]
                if taken[k]:
                    held.claims[held.seat[x] + kept] = other
                    kept += 1
                    held.chosen[q.who[other]] = q.choice[other]
            held.inside[x] = kept
            for k in range(total + 1):
                # Who lost the place may ask anywhere; who moved has left a place behind.
                if k < total and taken[k]:
                    continue
                loser = q.who[claims[k]] if k < total else learner
                if k < total:
                    held.chosen[loser] = -1
                for c in range(q.start[loser], q.start[loser + 1]):
                    y = q.exchange[c]
                    if (k < total or y in (left, x)) and not closed[y] and not waits[y]:
                        waits[y] = True
                        ring[(begin + waiting) % exchanges] = y
                        waiting += 1
    return moves
