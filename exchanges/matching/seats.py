"""Learners' ranked choices become places: deferred acceptance under quotas, reserved places and priorities.

Learners propose in the order of their choices; each exchange keeps, of all who ask, those that its choice rule
picks, and turns the others away, who then ask their next choice. The choice rule of an exchange:

1. order: the exchange's `priority` list first, then everybody else by a lottery that depends only on the seed and the
   learner's id (one number per learner, the same at every exchange, so it can be published);
2. each reserve, by name: its places go to the first in order who have that mark, as far as quotas allow;
3. the other places, those of reserves that nobody needed included, go to the first in order, whoever they are;
4. nobody gets a place beyond a quota: of an institution, of a country, of the exchange (each within the next).

Without reserves, or without quotas, this rule is substitutable: the result is stable (nobody would rather be at an
exchange that would rather have them), best for the learners among all stable ones, and nobody gains by naming other
choices. Where reserves and quotas cross, stability cannot be promised by theory, so it is checked: whoever still
has a claim asks again, until nobody has; `figures["blocking"]` says how many claims are left (0 unless there are no
stable places to be found).

Where institutions insist on hosting as many learners as they send, `balance` allocates by that instead: a circulation
between institutions, not stable, and it says what it costs.
"""

from __future__ import annotations

import hashlib
from bisect import insort
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from exchanges.matching import Reason

Id = int | str
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody who asks for a place: exchanges in the order of preference, and the marks that reserves look for."""

    id: Id
    institution: Id
    country: str
    preferences: tuple[Id, ...]
    reserved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seats:
    """One exchange's places. Quotas are hard and nested (institution, country, capacity); reserves are soft."""

    id: Id
    capacity: int
    minimum: int = 0
    institution_quotas: Mapping[Id, int] = field(default_factory=dict)
    country_quotas: Mapping[str, int] = field(default_factory=dict)
    reserves: Mapping[str, int] = field(default_factory=dict)
    priority: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """A learner's place; `rank` 1 is the first choice."""

    learner: Id
    exchange: Id
    rank: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class NoPlace:
    learner: Id
    reason: Reason


@dataclass(frozen=True, slots=True)
class Allocation:
    """Who goes where, and why.

    Reasons: "first_choice"; "placed" with the choices that were missed; "no_place" with the same; "no_choices". A
    missed choice is {"exchange", "limit", "places", "decided_by", "position"}: the limit that was full (capacity,
    institution_quota or country_quota) with its places; what put the last one who got in before this learner (priority,
    lottery, reserve; "limit" if there are no such places at all); and the learner's own position in the queue of those
    under that limit who would rather be there. With `balance` limit and decided_by are also "balance": the learner had
    a claim that the balance between institutions did not allow, "places" is then the tolerance.
    """

    placements: tuple[Placement, ...]
    unplaced: tuple[NoPlace, ...]
    figures: Mapping[str, Any]


def lottery(seed: int, learner: Id) -> str:
    """The learner's published number.

    Smaller goes first. Depends on the seed and the id, not on who else takes part.
    """
    return hashlib.sha256(f"{seed}/{learner}".encode()).hexdigest()


def problems(learners: Sequence[Learner], exchanges: Sequence[Seats]) -> list[str]:
    """All that is wrong with the input, each in a sentence."""
    found: list[str] = []
    known = Counter(exchange.id for exchange in exchanges)
    found += [f"exchange {n!r} is there {count} times" for n, count in known.items() if count > 1]
    people = Counter(learner.id for learner in learners)
    found += [f"learner {n!r} is there {count} times" for n, count in people.items() if count > 1]
    for learner in learners:
        found += [f"learner {learner.id!r}: unknown exchange {n!r}" for n in learner.preferences if n not in known]
        if len(set(learner.preferences)) < len(learner.preferences):
            found.append(f"learner {learner.id!r}: the same exchange is named twice")
    homes: dict[Id, set[str]] = {}
    for learner in learners:
        homes.setdefault(learner.institution, set()).add(learner.country)
    split = [n for n, countries in homes.items() if len(countries) > 1]
    found += [f"institution {n!r} is in more than one country" for n in split]
    for exchange in exchanges:
        numbers = [
            ("capacity", exchange.capacity),
            ("minimum", exchange.minimum),
            *(
                (f"{name} of {key!r}", value)
                for name, group in (
                    ("institution quota", exchange.institution_quotas),
                    ("country quota", exchange.country_quotas),
                    ("reserve", exchange.reserves),
                )
                for key, value in group.items()
            ),
        ]
        found += [f"exchange {exchange.id!r}: {name} is negative" for name, value in numbers if value < 0]
        unknown = [n for n in exchange.priority if n not in people]
        found += [f"exchange {exchange.id!r}: unknown learner {n!r} in its priority" for n in unknown]
        if len(set(exchange.priority)) < len(exchange.priority):
            found.append(f"exchange {exchange.id!r}: the same learner has two priorities")
    return found


# An applicant at an exchange: (not in the priority list, place in it, lottery number, place among the learners).
_Claim = tuple[bool, int, str, int]


class _Exchange:
    """One exchange while it is being filled: who is held, in order, and how many of each kind."""

    def __init__(self, seats: Seats, learners: Sequence[Learner], numbers: Sequence[str]) -> None:
        self.seats, self.learners, self.numbers = seats, learners, numbers
        self.order = {learner: place for place, learner in enumerate(seats.priority)}
        self.reserves = sorted((name, count) for name, count in seats.reserves.items() if count > 0)
        self.held: list[_Claim] = []

    def claim(self, n: int) -> _Claim:
        place = self.order.get(self.learners[n].id)
        return (place is None, place or 0, self.numbers[n], n)

    def limits(self, n: int) -> list[tuple[str, Id, int]]:
        """The limits that a learner counts under, from the narrowest: (kind, whose, places)."""
        learner, seats = self.learners[n], self.seats
        found: list[tuple[str, Id, int]] = []
        if learner.institution in seats.institution_quotas:
            quota = seats.institution_quotas[learner.institution]
            found.append(("institution_quota", learner.institution, quota))
        if learner.country in seats.country_quotas:
            found.append(("country_quota", learner.country, seats.country_quotas[learner.country]))
        found.append(("capacity", "", seats.capacity))
        return found

    def under(self, n: int, kind: str, whose: Id) -> bool:
        """Whether that learner counts under that limit."""
        if kind == "institution_quota":
            return self.learners[n].institution == whose
        return kind == "capacity" or self.learners[n].country == whose

    def offer(self, n: int) -> list[int]:
        """Somebody asks for a place; returns who is turned away."""
        claim = self.claim(n)
        if self.reserves:
            before = [*self.held, claim]
            self.held = self.choose(before)
            kept = set(self.held)
            return [other[3] for other in before if other not in kept]
        # Without reserves it is enough to look at the narrowest limit that is passed: its last in order must go.
        insort(self.held, claim)
        for kind, whose, places in self.limits(n):
            count = sum(self.under(other[3], kind, whose) for other in self.held)
            if count > places:
                last = next(other for other in reversed(self.held) if self.under(other[3], kind, whose))
                self.held.remove(last)
                return [last[3]]
        return []

    def choose(self, claims: Iterable[_Claim], *, reserving: bool = True) -> list[_Claim]:
        """The choice rule, on any set of applicants; what it would be without reserves."""
        ordered = sorted(claims)
        counts: Counter[tuple[str, Id]] = Counter()
        chosen: set[_Claim] = set()

        def take(claim: _Claim) -> bool:
            limits = self.limits(claim[3])
            if any(counts[kind, whose] >= places for kind, whose, places in limits):
                return False
            for kind, whose, _ in limits:
                counts[kind, whose] += 1
            chosen.add(claim)
            return True

        for name, places in self.reserves if reserving else ():
            left = places
            for claim in ordered:
                if left and claim not in chosen and name in self.learners[claim[3]].reserved and take(claim):
                    left -= 1
        for claim in ordered:
            if claim not in chosen:
                take(claim)
        return sorted(chosen)


def allocate(
    learners: Sequence[Learner], exchanges: Sequence[Seats], *, seed: int = 0, closed: Collection[Id] = ()
) -> Allocation:
    """Places for learners. `closed` exchanges take nobody (what if one that misses its minimum were closed?).

    The order of the input changes nothing. Raises ValueError with all `problems` of the input.
    """
    wrong = problems(learners, exchanges)
    if wrong:
        raise ValueError("; ".join(wrong))
    people = sorted(learners, key=lambda learner: _id_key(learner.id))
    numbers = [lottery(seed, learner.id) for learner in people]
    rooms = {seats.id: _Exchange(seats, people, numbers) for seats in exchanges if seats.id not in set(closed)}
    choices = [[n for n in learner.preferences if n in rooms] for learner in people]
    proposals = _propose(people, rooms, choices, range(len(people)), [0] * len(people))
    home = _home(rooms)
    blocking = _claims(people, rooms, choices, home) if _crossed(rooms.values()) else []
    for _ in range(_ROUNDS):
        if not blocking:
            break
        n, at = blocking[0]
        if n in home:
            rooms[home[n]].held.remove(rooms[home[n]].claim(n))
        proposals += _propose(people, rooms, choices, [n], [at if m == n else 0 for m in range(len(people))])
        home = _home(rooms)
        blocking = _claims(people, rooms, choices, home)
    return _explain(people, rooms, choices, home, {"seed": seed, "proposals": proposals, "blocking": len(blocking)})


def _id_key(value: Id) -> tuple[int, int, str]:
    return (0, value, "") if isinstance(value, int) else (1, 0, value)


def _propose(
    people: Sequence[Learner],
    rooms: Mapping[Id, _Exchange],
    choices: Sequence[Sequence[Id]],
    start: Iterable[int],
    following: list[int],
) -> int:
    """Let those who have no place ask, choice by choice from `following`, until all have one or no choice left."""
    free = list(start)[::-1]
    count = 0
    while free:
        n = free.pop()
        if following[n] >= len(choices[n]):
            continue
        room = rooms[choices[n][following[n]]]
        following[n] += 1
        count += 1
        free += room.offer(n)
    return count


def _home(rooms: Mapping[Id, _Exchange]) -> dict[int, Id]:
    return {claim[3]: exchange for exchange, room in rooms.items() for claim in room.held}


def _crossed(rooms: Iterable[_Exchange]) -> bool:
    return any(room.reserves and (room.seats.institution_quotas or room.seats.country_quotas) for room in rooms)


def _claims(
    people: Sequence[Learner], rooms: Mapping[Id, _Exchange], choices: Sequence[Sequence[Id]], home: Mapping[int, Id]
) -> list[tuple[int, int]]:
    """Learners who would rather be at an exchange that would choose them, with the place of that choice."""
    found: list[tuple[int, int]] = []
    for n in range(len(people)):
        for at, exchange in enumerate(choices[n]):
            if home.get(n) == exchange:
                break
            room = rooms[exchange]
            claim = room.claim(n)
            if claim in room.choose([*room.held, claim]):
                found.append((n, at))
                break
    return found


# --- Reciprocity ---


def balance(
    learners: Sequence[Learner],
    exchanges: Sequence[Seats],
    *,
    hosts: Mapping[Id, Id],
    tolerance: int,
    seed: int = 0,
) -> Allocation:
    """Places such that every institution hosts as many learners as it sends, give or take `tolerance`.

    Of all such allocations within the quotas one with the most places, then the fewest steps down the learners' lists,
    then the least sum of places in the exchanges' orders (priority, then lottery). It is a circulation: from an
    institution through its learners and the exchanges to the hosts and on, with at most `tolerance` made up at each
    institution. Nobody's priority is binding here, and the result is not stable: `figures["blocking"]` counts the pairs
    of a learner and an exchange that would both rather be together, and `figures["reciprocity"]` sets places and
    imbalance (hosted minus sent) beside those of `allocate`.

    Raises ValueError with all `problems`, an exchange without a host, or reserves, which a circulation cannot keep.
    """
    wrong = problems(learners, exchanges)
    wrong += [f"exchange {seats.id!r} has no host" for seats in exchanges if seats.id not in hosts]
    wrong += [f"exchange {seats.id!r} has reserves" for seats in exchanges if any(seats.reserves.values())]
    wrong += ["the tolerance is negative"] if tolerance < 0 else []
    if wrong:
        raise ValueError("; ".join(wrong))
    people = sorted(learners, key=lambda learner: _id_key(learner.id))
    numbers = [lottery(seed, learner.id) for learner in people]
    rooms = {
        seats.id: _Exchange(seats, people, numbers) for seats in sorted(exchanges, key=lambda seats: _id_key(seats.id))
    }
    home, cost = _circulate(people, numbers, rooms, hosts, tolerance)
    for n, exchange in home.items():
        insort(rooms[exchange].held, rooms[exchange].claim(n))
    blocking = 0
    for n, learner in enumerate(people):
        better = learner.preferences[: learner.preferences.index(home[n])] if n in home else learner.preferences
        blocking += sum(_would_take(rooms[exchange], n) for exchange in better)
    free = allocate(learners, exchanges, seed=seed)
    places = {placement.learner: placement.exchange for placement in free.placements}
    ours = _imbalance(people, hosts, {people[n].id: exchange for n, exchange in home.items()})
    theirs = _imbalance(people, hosts, places)
    reciprocity = {
        "tolerance": tolerance,
        "imbalance": ours,
        "largest_imbalance": max(map(abs, ours.values()), default=0),
        "without": {
            "placed": free.figures["placed"],
            "by_rank": free.figures["by_rank"],
            "blocking": free.figures["blocking"],
            "imbalance": theirs,
            "largest_imbalance": max(map(abs, theirs.values()), default=0),
        },
    }
    figures = {"seed": seed, "cost": cost, "blocking": blocking, "reciprocity": reciprocity}
    return _explain(people, rooms, [learner.preferences for learner in people], home, figures, tolerance=tolerance)


def _imbalance(people: Sequence[Learner], hosts: Mapping[Id, Id], places: Mapping[Id, Id]) -> dict[Id, int]:
    """Learners hosted minus learners sent, by institution."""
    count: Counter[Id] = Counter(dict.fromkeys(hosts.values(), 0))
    count.update(dict.fromkeys((learner.institution for learner in people), 0))
    for learner in people:
        if learner.id in places:
            count[hosts[places[learner.id]]] += 1
            count[learner.institution] -= 1
    return {institution: count[institution] for institution in sorted(count, key=_id_key)}


def _would_take(room: _Exchange, n: int) -> bool:
    """Whether an exchange without reserves would choose somebody whom it does not hold."""
    claim = room.claim(n)
    for kind, whose, places in room.limits(n):
        inside = [other for other in room.held if room.under(other[3], kind, whose)]
        if len(inside) >= places:
            # Under the narrowest full limit it is one or the other; who goes makes room under the wider ones too.
            return bool(inside) and claim < inside[-1]
    return True


# The solver multiplies costs by the number of nodes, in 64 bits.
_MOST_COST = 1 << 60


def _circulate(
    people: Sequence[Learner],
    numbers: Sequence[str],
    rooms: Mapping[Id, _Exchange],
    hosts: Mapping[Id, Id],
    tolerance: int,
) -> tuple[dict[int, Id], int]:
    """Who goes where, and the circulation's cost."""
    from ortools.graph.python import min_cost_flow

    nodes: dict[tuple[Any, ...], int] = {}
    arcs: list[tuple[int, int, int, int]] = []
    everybody = len(people)

    def node(*name: Any) -> int:
        return nodes.setdefault(name, len(nodes))

    for institution in sorted({*hosts.values(), *(learner.institution for learner in people)}, key=_id_key):
        at, hub = node("institution", institution), node("hub")
        spare = min(tolerance, everybody)
        arcs += [(at, hub, spare, 0), (hub, at, spare, 0)]
    for exchange, room in rooms.items():
        arcs.append((node("capacity", exchange, ""), node("institution", hosts[exchange]), room.seats.capacity, 0))
    asked: list[tuple[int, Id, int, int, int]] = []
    order = {n: place for place, n in enumerate(sorted(range(everybody), key=lambda n: (numbers[n], n)))}
    built: set[int] = set()
    for n, learner in enumerate(people):
        arcs.append((node("institution", learner.institution), node("learner", n), 1, 0))
        for rank, exchange in enumerate(learner.preferences):
            room = rooms[exchange]
            # Through the learner's limits there, from the narrowest to the capacity, each with its places.
            steps = [(node(kind, exchange, whose), places) for kind, whose, places in room.limits(n)]
            for (tail, places), (head, _) in pairwise(steps):
                if tail not in built:
                    built.add(tail)
                    arcs.append((tail, head, places, 0))
            place = room.order.get(learner.id, len(room.order) + order[n])
            asked.append((n, exchange, steps[0][0], rank, place))
    if not asked:
        return {}, 0
    # One cost for three aims: the sum of a lower one over everybody stays below one unit of the next.
    ranks = 1 + max(rank for *_, rank, _ in asked)
    places_most = 1 + max(place for *_, place in asked)
    step = 1 + max(1, min(places_most, _MOST_COST // (everybody * everybody * ranks * len(nodes)))) * everybody
    unit = step * ranks * everybody
    fine = (step - 1) // everybody
    for n, _, entry, rank, place in asked:
        tie = place * fine // places_most if fine < places_most else place
        arcs.append((node("learner", n), entry, 1, rank * step + tie - unit))
    flow = min_cost_flow.SimpleMinCostFlow()
    for tail, head, capacity, cost in arcs:
        flow.add_arc_with_capacity_and_unit_cost(tail, head, min(capacity, everybody), cost)
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("the circulation was not solved")
    first = len(arcs) - len(asked)
    home = {n: exchange for at, (n, exchange, *_) in enumerate(asked) if flow.flow(first + at)}
    return home, flow.optimal_cost()


# --- Why ---


def _explain(
    people: Sequence[Learner],
    rooms: Mapping[Id, _Exchange],
    choices: Sequence[Sequence[Id]],
    home: Mapping[int, Id],
    figures: dict[str, Any],
    *,
    tolerance: int | None = None,
) -> Allocation:
    # Who would rather be at an exchange than where they are, in its order.
    waiting: dict[Id, list[_Claim]] = {exchange: [] for exchange in rooms}
    for n in range(len(people)):
        for exchange in choices[n]:
            if home.get(n) == exchange:
                break
            waiting[exchange].append(rooms[exchange].claim(n))
    for queue in waiting.values():
        queue.sort()
    queues = _queues(rooms, waiting)
    without = {
        exchange: _without_reserves(room, waiting[exchange]) for exchange, room in rooms.items() if room.reserves
    }
    placements: list[Placement] = []
    unplaced: list[NoPlace] = []
    ranks: Counter[int] = Counter()
    for n, learner in enumerate(people):
        missed: list[dict[str, Any]] = []
        for exchange in choices[n]:
            if home.get(n) == exchange:
                break
            room = rooms[exchange]
            if tolerance is not None and _would_take(room, n):
                position = queues[exchange, "capacity", ""][n]
                facts = {"limit": "balance", "places": tolerance, "decided_by": "balance", "position": position}
                missed.append({"exchange": exchange, **facts})
            else:
                missed.append(_missed(room, n, queues, without))
        if n in home:
            rank = learner.preferences.index(home[n]) + 1
            ranks[rank] += 1
            facts = {"rank": rank, "choices": len(learner.preferences), "missed": missed}
            code = "first_choice" if rank == 1 else "placed"
            placements.append(Placement(learner.id, home[n], rank, Reason(code, {} if rank == 1 else facts)))
        elif learner.preferences:
            facts = {"choices": len(learner.preferences), "missed": missed}
            unplaced.append(NoPlace(learner.id, Reason("no_place", facts)))
        else:
            unplaced.append(NoPlace(learner.id, Reason("no_choices")))
    short = {exchange: len(room.held) for exchange, room in rooms.items() if len(room.held) < room.seats.minimum}
    return Allocation(
        tuple(placements),
        tuple(unplaced),
        {
            "learners": len(people),
            "placed": len(placements),
            "unplaced": len(unplaced),
            "places": sum(room.seats.capacity for room in rooms.values()),
            "by_rank": {rank: ranks[rank] for rank in sorted(ranks)},
            "taken": {exchange: len(room.held) for exchange, room in rooms.items()},
            "below_minimum": short,
            **figures,
        },
    )


_Queues = dict[tuple[Id, str, Id], dict[int, int]]


def _queues(rooms: Mapping[Id, _Exchange], waiting: Mapping[Id, Sequence[_Claim]]) -> _Queues:
    """Each waiting learner's position under each limit, from 1."""
    found: _Queues = {}
    for exchange, queue in waiting.items():
        for claim in queue:
            for kind, whose, _ in rooms[exchange].limits(claim[3]):
                line = found.setdefault((exchange, kind, whose), {})
                line[claim[3]] = len(line) + 1
    return found


def _without_reserves(room: _Exchange, waiting: Sequence[_Claim]) -> set[int]:
    """Who of those waiting would be chosen if the exchange had no reserves."""
    return {claim[3] for claim in room.choose([*room.held, *waiting], reserving=False)}


def _missed(room: _Exchange, n: int, queues: _Queues, without: Mapping[Id, set[int]]) -> dict[str, Any]:
    """Why a choice was missed: the narrowest limit that is full, and what decided under it."""
    limits = room.limits(n)
    for kind, whose, places in limits:
        inside = [claim for claim in room.held if room.under(claim[3], kind, whose)]
        if len(inside) >= places:
            break
    if not inside:
        decided = "limit"
    elif room.reserves and n in without[room.seats.id]:
        decided = "reserve"
    else:
        # The last one in was in the priority list, or had the better number.
        decided = "lottery" if max(inside)[0] else "priority"
    return {
        "exchange": room.seats.id,
        "limit": kind,
        "places": places,
        "decided_by": decided,
        "position": queues[room.seats.id, kind, whose][n],
    }
