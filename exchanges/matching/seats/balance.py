"""Reciprocity: every institution hosts as many learners as it sends, give or take a tolerance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exchanges.matching.seats.allocation import Allocation, Learner, Seats, id_key, problems, tables, told
from exchanges.matching.seats.columns import Array, Columns, Queues, queue_up
from exchanges.matching.seats.lottery import Id
from exchanges.matching.seats.places import Places, allocate_columns, result
from exchanges.matching.seats.rule import seated
from exchanges.matching.seats.why import explain

# The solver multiplies costs by the number of nodes, in 64 bits.
_MOST_COST = 1 << 60


@dataclass(frozen=True, slots=True, eq=False)
class Balanced:
    """Balanced places beside what the rule alone gives (`without`).

    What it gives up: `places.blocking` pairs of a learner and an exchange that would both rather be together (the rule
    alone leaves none). What it gains, or doesn't: places that are taken, and the imbalance, which is learners hosted
    minus learners sent by institution code.
    """

    places: Places
    without: Places
    tolerance: int
    imbalance: Array
    imbalance_without: Array
    cost: int


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The circulation: arcs as columns; the last ones are the choices that can be had, in the order of `asked`."""

    tail: Array
    head: Array
    capacity: Array
    cost: Array
    nodes: int
    asked: Array


def balance_columns(
    columns: Columns | Queues,
    institution: Array,
    hosts: Array,
    *,
    tolerance: int,
    closed: Array | None = None,
    without: Places | None = None,
) -> Balanced:
    """Places such that every institution hosts as many learners as it sends, give or take `tolerance`.

    Of all such allocations within the quotas one with the most places, then the fewest steps down the learners' lists,
    then the least sum of places in the exchanges' queues (priority, then draw). It is a circulation: from an
    institution through its learners and the exchanges to the hosts and on, with at most `tolerance` made up at each
    institution. Nobody's priority is binding here, and the result is not stable.

    `without` saves making the allocation by the rule again, for comparison, where it's there with the same `closed`.
    `institution` (n,) are the learners' institutions again, `hosts` (e,) the exchanges', by the same codes. Raises
    ValueError for columns that are no intake, a negative tolerance, or reserves, which a circulation cannot keep.
    """
    q = columns if isinstance(columns, Queues) else queue_up(columns)
    if tolerance < 0:
        raise ValueError("the tolerance is negative")
    if q.reserve_places.any():
        raise ValueError("there are reserves")
    institution, hosts = np.asarray(institution, np.int64), np.asarray(hosts, np.int64)
    if len(institution) != len(q.start) - 1 or len(hosts) != len(q.capacity) or (hosts < 0).any():
        raise ValueError("not every learner has an institution, or not every exchange a host")
    shut = np.zeros(len(q.capacity), np.bool_) if closed is None else np.ascontiguousarray(closed, dtype=np.bool_)
    chosen, cost = solved(q, network(q, institution, hosts, tolerance, shut))
    held = seated(q, chosen)
    facts, blocking = explain(q, held, shut, tolerance=tolerance)
    places = result(q, held, shut, facts, blocking, 0)
    without = without or allocate_columns(q, closed=shut)
    return Balanced(
        places,
        without,
        tolerance,
        _imbalance(places, institution, hosts),
        _imbalance(without, institution, hosts),
        cost,
    )


def _imbalance(places: Places, institution: Array, hosts: Array) -> Array:
    """Learners hosted minus learners sent, by institution code."""
    size = int(max(institution.max(initial=-1), hosts.max(initial=-1))) + 1
    placed = places.exchange >= 0
    hosted = np.bincount(hosts[places.exchange[placed]], minlength=size)
    return hosted - np.bincount(institution[placed], minlength=size)


def network(q: Queues, institution: Array, hosts: Array, tolerance: int, closed: Array) -> Network:
    """The circulation of an intake. Nodes: institutions, a hub, exchanges, quotas, learners."""
    learners, exchanges, limits = len(institution), len(hosts), len(q.places)
    institutions = int(max(institution.max(initial=-1), hosts.max(initial=-1))) + 1
    hub, rooms = institutions, institutions + 1
    quotas, people = rooms + exchanges, rooms + exchanges + limits
    nodes = people + learners
    # A learner goes in by the narrowest limit at the exchange, on to the wider ones and to the exchange itself.
    by_institution, by_country = q.institution_limit[q.claim], q.country_limit[q.claim]
    room = rooms + q.exchange.astype(np.int64)
    wider = np.where(by_country >= 0, quotas + by_country, room)
    entry = np.where(by_institution >= 0, quotas + by_institution, wider)
    after = np.full(limits, -1, np.int64)
    after[by_country[by_country >= 0]] = room[by_country >= 0]
    after[by_institution[by_institution >= 0]] = wider[by_institution >= 0]
    used = np.flatnonzero(after >= 0)
    asked = np.flatnonzero(~closed[q.exchange])
    everybody, at = np.arange(learners), np.arange(institutions)
    spare = np.full(institutions, min(tolerance, learners))
    parts = [
        (at, np.full(institutions, hub), spare),
        (np.full(institutions, hub), at, spare),
        (rooms + np.arange(exchanges), hosts, np.minimum(q.capacity, learners)),
        (quotas + used, after[used], np.minimum(q.places[used], learners)),
        (institution, people + everybody, np.ones(learners, np.int64)),
    ]
    who = q.who[q.claim[asked]].astype(np.int64)
    tail, head, capacity = (np.concatenate([part[n] for part in parts]).astype(np.int64) for n in range(3))
    cost = _costs(q, asked, who, nodes)
    return Network(
        tail=np.concatenate([tail, people + who]),
        head=np.concatenate([head, entry[asked]]),
        capacity=np.concatenate([capacity, np.ones(len(asked), np.int64)]),
        cost=np.concatenate([np.zeros(len(tail), np.int64), cost]),
        nodes=nodes,
        asked=asked,
    )


def _costs(q: Queues, asked: Array, who: Array, nodes: int) -> Array:
    """One cost for three aims: the sum of a lower one over everybody stays below one unit of the next."""
    if not len(asked):
        return np.empty(0, np.int64)
    everybody = len(q.start) - 1
    rank = asked - q.start[who]
    place = q.claim[asked].astype(np.int64) - q.queue[q.exchange[asked]]
    ranks, most = int(rank.max()) + 1, int(place.max()) + 1
    fine = max(1, min(most, _MOST_COST // (everybody * everybody * ranks * nodes)))
    step = 1 + fine * everybody
    unit = step * ranks * everybody
    tie = place if fine == most else place * fine // most
    return rank * step + tie - unit


def solved(q: Queues, net: Network) -> tuple[Array, int]:
    """Each learner's choice (or -1) in the cheapest circulation, and its cost."""
    from ortools.graph.python import min_cost_flow

    chosen = np.full(len(q.start) - 1, -1, np.int64)
    if not len(net.asked):
        return chosen, 0
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        net.tail.astype(np.int32), net.head.astype(np.int32), net.capacity, net.cost
    )
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("the circulation was not solved")
    taken = net.asked[flow.flows(arcs[len(arcs) - len(net.asked) :]) > 0]
    chosen[q.who[q.claim[taken]]] = taken
    return chosen, int(flow.optimal_cost())


def balance(
    learners: Sequence[Learner],
    exchanges: Sequence[Seats],
    *,
    hosts: Mapping[Id, Id],
    tolerance: int,
    seed: int = 0,
    closed: Collection[Id] = (),
) -> Allocation:
    """The same on dataclasses. `figures["reciprocity"]` sets places and imbalance beside those of `allocate`.

    Raises ValueError with all `problems`, an exchange without a host, or reserves, which a circulation cannot keep.
    """
    wrong = problems(learners, exchanges)
    wrong += [f"exchange {seats.id!r} has no host" for seats in exchanges if seats.id not in hosts]
    wrong += [f"exchange {seats.id!r} has reserves" for seats in exchanges if any(seats.reserves.values())]
    wrong += ["the tolerance is negative"] if tolerance < 0 else []
    if wrong:
        raise ValueError("; ".join(wrong))
    given = tables(learners, exchanges, seed=seed)
    # Hosts named for exchanges that are not there are institutions all the same.
    codes = {n: code for code, n in enumerate(dict.fromkeys([*given.institutions, *hosts.values()]))}
    found = balance_columns(
        given.columns,
        given.columns.institution,
        np.array([codes[hosts[n]] for n in given.names], np.int64),
        tolerance=tolerance,
        closed=np.array([n in set(closed) for n in given.names], np.bool_),
    )
    figures = {"seed": seed, "cost": found.cost, "blocking": found.places.blocking}
    return told(given, found.places, figures | {"reciprocity": reciprocity(found, codes)})


def reciprocity(found: Balanced, codes: Mapping[Id, int]) -> dict[str, Any]:
    """What a balance gains and gives up beside the rule alone; `codes` of the institutions by name."""
    return {
        "tolerance": found.tolerance,
        **_in_words(found.imbalance, codes),
        "without": {
            "placed": found.without.placed,
            "by_rank": found.without.by_rank(),
            "blocking": found.without.blocking,
            **_in_words(found.imbalance_without, codes),
        },
    }


def _in_words(imbalance: Array, codes: Mapping[Id, int]) -> dict[str, Any]:
    net = {n: int(imbalance[code]) if code < len(imbalance) else 0 for n, code in codes.items()}
    return {
        "imbalance": {n: net[n] for n in sorted(net, key=id_key)},
        "largest_imbalance": max(map(abs, net.values()), default=0),
    }
