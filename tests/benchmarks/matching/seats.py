"""Places: the rule against two libraries, growth to a million learners, the balance against its linear programme.

The intakes are skewed as real ones are: a few exchanges that many want, a priority list that one choice in five is on,
eight institutions and ten countries with a quota at each exchange, nine places for ten learners.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from exchanges.matching.seats import (
    Columns,
    Places,
    Queues,
    allocate_columns,
    balance_columns,
    close_and_rerun,
    close_in_order,
    draw,
    queue_up,
)
from exchanges.matching.seats.balance import Network, network, solved
from tests.benchmarks.matching.alone import alone
from tests.benchmarks.matching.peers import environment
from tests.benchmarks.matching.seats_check import Intake
from tests.benchmarks.matching.seats_peers import PACKAGES, make_residents
from tests.benchmarks.matching.table import Goal, Row, exponent
from tests.benchmarks.web import database

HERE = "tests.benchmarks.matching.seats"
DATABASE = "tests.benchmarks.matching.seats_database"
PEERS = "tests.benchmarks.matching.seats_peers"
COUNTRIES = 40


def make_columns(
    learners: int, exchanges: int, *, seed: int = 1, reserves: bool = False, quotas: bool = True
) -> Columns:
    rng = np.random.default_rng(seed)
    institutions = max(20, learners // 250)
    institution = rng.integers(0, institutions, learners, dtype=np.int32)
    wanted = rng.pareto(2, exchanges) + 1
    asked = rng.choice(exchanges, size=(learners, 8), p=wanted / wanted.sum())
    lists = [list(dict.fromkeys(row))[:5] for row in asked.tolist()]
    start = np.zeros(learners + 1, np.int64)
    np.cumsum([len(each) for each in lists], out=start[1:])
    choices = np.fromiter(chain.from_iterable(lists), np.int32, int(start[-1]))
    places = int(learners * 0.9 / exchanges)
    rooms = np.arange(exchanges)
    some = rng.permuted(np.tile(np.arange(min(institutions, 200)), (exchanges, 1)), axis=1)[:, :8]
    lands = np.tile(np.arange(0, COUNTRIES, 4), exchanges)
    listed = rng.random(len(choices)) < 0.2
    priority = np.stack([choices[listed], np.repeat(np.arange(learners), np.diff(start))[listed]], axis=1)
    rng.shuffle(priority)
    none = np.empty((0, 3), np.int32)
    return Columns(
        institution=institution,
        country=institution % COUNTRIES,
        start=start,
        choices=choices,
        draw=rng.permutation(learners),
        marks=rng.integers(0, 4, learners).astype(np.uint64),
        capacity=np.full(exchanges, places, np.int32),
        minimum=np.full(exchanges, places // 2, np.int32),
        institution_quotas=_rows(np.repeat(rooms, some.shape[1]), some.ravel(), 2),
        country_quotas=_rows(np.repeat(rooms, 10), lands, max(2, places // 3)),
        reserves=_rows(np.repeat(rooms, 2), np.tile([0, 1], exchanges), 2) if reserves else none,
        priority=priority,
    )


def _rows(rooms: Any, codes: Any, places: int) -> Any:
    return np.stack([rooms, codes, np.full(len(rooms), places)], axis=1).astype(np.int32)


def best(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    """The shortest of some turns, and what the last one answered."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        found = work()
        spent.append(time.perf_counter() - start)
    return min(spent), found


# Hospitals and residents ---------------------------------------------------------------------------------------------


def residents(count: int) -> dict[str, Any]:
    """From the lists as the libraries get them to who goes where, with the facts of every reason."""
    asked, known, places = make_residents(count)

    def work() -> tuple[list[str], list[str], Places]:
        person, room = list(asked), list(known)
        of_person, of_room = {n: i for i, n in enumerate(person)}, {n: i for i, n in enumerate(room)}
        start = np.zeros(len(person) + 1, np.int64)
        np.cumsum([len(wishes) for wishes in asked.values()], out=start[1:])
        choices = np.array([of_room[n] for wishes in asked.values() for n in wishes], np.int32)
        listed = np.array([of_person[n] for line in known.values() for n in line], np.int32)
        rooms = np.repeat(np.arange(len(room), dtype=np.int32), [len(line) for line in known.values()])
        nobody = np.zeros(len(person), np.int32)
        columns = Columns(
            institution=nobody,
            country=nobody,
            start=start,
            choices=choices,
            draw=draw(0, person),
            capacity=np.array([places[n] for n in room], np.int32),
            priority=np.stack([rooms, listed], axis=1),
        )
        return person, room, allocate_columns(columns)

    work()
    spent, (person, room, found) = best(work, 5)
    pairs = sorted((person[n], room[x]) for n, x in enumerate(found.exchange.tolist()) if x >= 0)
    return {"seconds": spent, "pairs": pairs}


# Growth --------------------------------------------------------------------------------------------------------------


def allocated(learners: int, exchanges: int, reserves: bool, check: bool) -> dict[str, Any]:
    allocate_columns(make_columns(200, 10, reserves=reserves))
    columns = make_columns(learners, exchanges, reserves=reserves)
    spent, found = best(lambda: allocate_columns(columns), 3)
    pairs, wrong = Intake(columns, found.exchange.tolist()).blocking() if check else (0, 0)
    return {"seconds": spent, "blocking": pairs, "wrong": wrong, "placed": found.placed}


def closed(learners: int, exchanges: int) -> dict[str, Any]:
    """What if one exchange were closed, the allocation being there; and all that miss their minimum, one by one."""
    columns = make_columns(learners, exchanges)
    q = queue_up(replace(columns, minimum=columns.capacity * 9 // 10))
    before = allocate_columns(q)
    worst = np.array([np.argmin(before.taken)])
    one, _ = best(lambda: close_and_rerun(before, worst), 5)
    all_of_them, (steps, _) = best(lambda: close_in_order(q), 1)
    return {"one": one, "all": all_of_them, "steps": len(steps)}


# The balance ---------------------------------------------------------------------------------------------------------


def make_circulation(learners: int, exchanges: int) -> tuple[Columns, Any]:
    rng = np.random.default_rng(3)
    columns = make_columns(learners, exchanges)
    return columns, rng.integers(0, int(columns.institution.max()) + 1, exchanges)


def coarse(net: Network, q: Queues) -> Any:
    """The costs of the first two aims alone, most places and then fewest steps down the lists, small enough for HiGHS.

    With the third, the order in the queues, costs differ by a factor of a hundred thousand million, which is beyond the
    tolerance of a solver that works with fractions.
    """
    learners = len(q.start) - 1
    rank = net.asked - q.start[q.who[q.claim[net.asked]]]
    return np.concatenate([np.zeros(len(net.tail) - len(rank), np.int64), rank - int(rank.max() + 1) * learners])


def balanced(learners: int, exchanges: int, tolerance: int) -> dict[str, Any]:
    balance_columns(*_small(), tolerance=1)
    columns, hosts = make_circulation(learners, exchanges)
    q = queue_up(columns)
    shut = np.zeros(exchanges, np.bool_)

    def work() -> tuple[Network, Any]:
        net = network(q, columns.institution, hosts, tolerance, shut)
        return net, solved(q, net)[0]

    spent, (net, chosen) = best(work, 3)
    told = balance_columns(q, columns.institution, hosts, tolerance=tolerance)
    return {
        "seconds": spent,
        "cost": int(coarse(net, q)[-len(net.asked) :][np.isin(net.asked, chosen)].sum()),
        "placed": told.places.placed,
        "blocking": told.places.blocking,
        "placed_without": told.without.placed,
        "most": int(np.abs(told.imbalance).max()),
        "most_without": int(np.abs(told.imbalance_without).max()),
    }


def _small() -> tuple[Columns, Any, Any]:
    columns, hosts = make_circulation(200, 10)
    return columns, columns.institution, hosts


def by_linear_programme(learners: int, exchanges: int, tolerance: int) -> dict[str, Any]:
    """The same circulation as a linear programme, by HiGHS, with `coarse` costs; its answer is whole numbers."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    columns, hosts = make_circulation(learners, exchanges)
    q = queue_up(columns)
    net = network(q, columns.institution, hosts, tolerance, np.zeros(exchanges, np.bool_))
    cost = coarse(net, q)
    arcs = np.arange(len(net.tail))
    start = time.perf_counter()
    rows, signs = np.concatenate([net.tail, net.head]), np.repeat([1.0, -1.0], len(arcs))
    conserved = csr_matrix((signs, (rows, np.tile(arcs, 2))), shape=(net.nodes, len(arcs)))
    found = linprog(
        cost,
        A_eq=conserved,
        b_eq=np.zeros(net.nodes),
        bounds=np.stack([np.zeros(len(arcs)), net.capacity], axis=1),
        method="highs",
    )
    spent = time.perf_counter() - start
    flow = np.rint(found.x).astype(np.int64)
    assert np.abs(found.x - flow).max() < 1e-6
    return {"seconds": spent, "cost": int((flow * cost).sum())}


def rows(quick: bool) -> Iterator[Row]:
    yield from _against_libraries(quick)
    yield from _from_the_database(quick)
    yield from _growth(quick)
    learners, exchanges = (500, 25) if quick else (10_000, 500)
    what_if = alone(f"{HERE}:closed", learners=learners, exchanges=exchanges)
    yield Row(
        f"what if an exchange were closed, {learners:,} learners",
        ours=what_if.value["one"],
        bound=f"{what_if.value['steps']} closed one after the other in {what_if.value['all']:.2f} s",
        memory=what_if.memory,
        goals=[Goal("milliseconds", what_if.value["one"] < 0.1)],
    )
    ours = alone(f"{HERE}:balanced", learners=learners, exchanges=exchanges, tolerance=2)
    peer = alone(f"{HERE}:by_linear_programme", learners=learners, exchanges=exchanges, tolerance=2)
    value = ours.value
    yield Row(
        f"balance within 2, {learners:,} learners, {exchanges:,} exchanges",
        ours=value["seconds"],
        peer=peer.value["seconds"],
        peer_name="HiGHS, the same as a linear programme",
        bound=f"imbalance {value['most']} for {value['most_without']}, places {value['placed']:,} for "
        f"{value['placed_without']:,}, {value['blocking']:,} blocking pairs",
        memory=ours.memory,
        goals=[
            Goal("equal cost", value["cost"] == peer.value["cost"]),
            Goal("in at most its time", value["seconds"] <= peer.value["seconds"]),
        ],
    )


def _from_the_database(quick: bool) -> Iterator[Row]:
    learners, exchanges = (500, 25) if quick else (100_000, 5_000)
    mine = {
        "DJANGO_SETTINGS_MODULE": "vmobility.settings",
        "DEBUG": "0",
        "SECRET_KEY": "only-for-benchmarks-" + "b" * 40,
        "SITE_URL": "http://localhost",
    }
    before = dict(os.environ)
    with database(os.environ["DATABASE_URL"]) as url:
        os.environ.update(mine, DATABASE_URL=url)
        try:
            intake = alone(f"{DATABASE}:fill", learners=learners, exchanges=exchanges).value
            peer = alone(f"{DATABASE}:reading_and_writing", intake=intake).value
            ours = alone(f"{DATABASE}:carried_out", intake=intake)
        finally:
            os.environ.clear()
            os.environ.update(before)
    value = ours.value
    yield Row(
        f"{learners:,} learners, {exchanges:,} exchanges, from the database and back",
        ours=value["seconds"],
        peer=peer["seconds"],
        peer_name="the same rows read by values_list, as many results with reasons written by bulk_create",
        bound=f"{value['placed']:,} placed, the algorithm {value['algorithm']:.2f} s",
        memory=ours.memory,
        goals=[
            Goal("at most 3 times", value["seconds"] <= 3 * peer["seconds"]),
            Goal("the algorithm at most a tenth", value["algorithm"] * 10 <= value["seconds"]),
            Goal("a reason for everybody", value["told"] == value["rows"] == learners),
        ],
    )


def _against_libraries(quick: bool) -> Iterator[Row]:
    count = 300 if quick else 10_000
    python = environment("seats", *PACKAGES)
    ours = alone(f"{HERE}:residents", count=count)
    peers = {name: alone(f"{PEERS}:with_{name}", python=python, count=count).value for name in ("matching", "algmatch")}
    name = min(peers, key=lambda each: peers[each]["seconds"])
    yield Row(
        f"hospitals and residents, {count:,} residents",
        ours=ours.value["seconds"],
        peer=peers[name]["seconds"],
        peer_name=f"PyPI {name}, the faster of matching and algmatch",
        memory=ours.memory,
        goals=[
            Goal("1/100", ours.value["seconds"] * 100 <= peers[name]["seconds"]),
            Goal("the same pairs", all(peer["pairs"] == ours.value["pairs"] for peer in peers.values())),
        ],
    )


def _growth(quick: bool) -> Iterator[Row]:
    sizes = (1_000, 2_000) if quick else (10_000, 100_000, 1_000_000)
    for reserves in (False, True):
        spent: list[float] = []
        for size in sizes:
            found = alone(f"{HERE}:allocated", learners=size, exchanges=size // 20, reserves=reserves, check=True)
            spent.append(found.value["seconds"])
            goals = [Goal("0 blocking pairs, no rule broken", found.value["blocking"] == found.value["wrong"] == 0)]
            grown = exponent(sizes, spent) if size == sizes[-1] else None
            if grown is not None:
                goals.append(Goal("exponent at most 1.6", grown <= 1.6))
            yield Row(
                f"{size:,} learners, {size // 20:,} exchanges, quotas{' and reserves' if reserves else ''}",
                ours=spent[-1],
                bound=f"{found.value['placed']:,} placed",
                memory=found.memory,
                exponent=grown,
                goals=goals,
            )
