"""Groups: against PyPI team-formation on planted instances, against the proven optimum, and from 1,000 to 3,000 people.

Both sides are judged by `judge`, which neither of them searches with. Of ours everything counts, from people to a plan
with hours and reasons; of the peer the model and the search.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from statistics import median
from typing import Any

from exchanges.matching.groups import Person, Terms, form_groups, judge
from institutions.hours import WeekHours
from tests.benchmarks.matching.alone import alone
from tests.benchmarks.matching.groups_peers import PACKAGES, TEAM, make_planted
from tests.benchmarks.matching.peers import environment
from tests.benchmarks.matching.table import Goal, Row, exponent

HERE = "tests.benchmarks.matching.groups"
PEER = "tests.benchmarks.matching.groups_peers"
LIMIT = 60.0  # seconds for the peer's search, as its own service gives it; building its model comes on top
PATIENCE = 900.0  # seconds after which it is stopped altogether

PLANTED = {"size_min": TEAM, "size_max": TEAM, "first": date(2026, 6, 1), "weeks": 4, "minutes": 30}
# Eight weeks over the clock changes of autumn, on both sides of the ocean.
WORLD = {"size_min": 4, "size_max": 6, "first": date(2026, 10, 5), "weeks": 8, "minutes": 60}
PLACES = [
    ("Asia/Kolkata", "IN"),
    ("Europe/Lisbon", "PT"),
    ("Africa/Cairo", "EG"),
    ("Asia/Tokyo", "JP"),
    ("Europe/Berlin", "DE"),
    ("America/New_York", "US"),
    ("America/Sao_Paulo", "BR"),
    ("Africa/Nairobi", "KE"),
    ("Asia/Kathmandu", "NP"),
    ("Europe/Warsaw", "PL"),
    ("Australia/Sydney", "AU"),
    ("Europe/Athens", "GR"),
]


def make_world(count: int, seed: int) -> list[Person]:
    """People of 24 institutions in twelve zones: mornings, evenings or whole days on three to seven days, one or two
    languages, a skill.
    """
    draw = random.Random(f"world {seed}")
    people = []
    for n in range(count):
        institution = draw.randrange(24)
        zone, country = PLACES[institution % 12]
        slots: set[int] = set()
        kind = draw.random()
        for day in draw.sample(range(7), draw.choice([3, 4, 5, 5, 6, 7])):
            if kind < 0.35:
                start, end = draw.randint(16, 20), draw.randint(30, 36)
            elif kind < 0.7:
                start, end = draw.randint(24, 30), draw.randint(38, 42)
            else:
                start, end = draw.randint(16, 19), draw.randint(39, 42)
            slots |= {day * 48 + at for at in range(start, end)}
        languages = {"en": draw.choice(["B1", "B2", "B2", "C1"])} if draw.random() < 0.9 else {}
        if not languages or draw.random() < 0.3:
            languages[draw.choice(["pt", "es", "fr", "de"])] = draw.choice(["B2", "C1", "native"])
        hours = WeekHours.from_slots(slots)
        people.append(Person(n, f"i{institution}", country, zone, hours, languages, round(draw.gauss(0, 1), 3)))
    return people


def _planted(count: int) -> list[Person]:
    return [
        Person(
            each["id"],
            each["institution"],
            each["institution"],
            "UTC",
            WeekHours.from_slots(each["hours"]),
            dict.fromkeys(each["languages"], "B2"),
        )
        for each in make_planted(count)
    ]


def _warm() -> None:
    """Compiled loops are there before the clock runs: a worker keeps them from one run to the next."""
    form_groups(make_world(61, 1), **WORLD)


def planted(count: int) -> dict[str, Any]:
    _warm()
    people = _planted(count)
    start = time.perf_counter()
    plan = form_groups(people, **PLANTED)
    spent = time.perf_counter() - start
    return {"seconds": spent, "groups": [list(group.members) for group in plan.groups]}


def world(count: int, seeds: list[int]) -> dict[str, Any]:
    _warm()
    times, worst, broken = [], [], 0
    for seed in seeds:
        people = make_world(count, seed)
        start = time.perf_counter()
        plan = form_groups(people, **WORLD)
        times.append(time.perf_counter() - start)
        worst.append(plan.figures["worst"])
        broken += plan.figures["broken"] + plan.figures["unplaced"]
    return {"seconds": median(times), "worst": worst, "broken": broken}


def proven(seeds: list[int]) -> dict[str, Any]:
    """What the annealing alone reaches of the proven best worst score, where it places as many."""
    from exchanges.matching.groups import search

    _warm()
    shares, times, exact_times, placed = [], [], [], 0
    proof = search.PROVEN
    for seed in seeds:
        people = make_world(24 + seed % 5, 100 + seed)
        search.PROVEN = 0
        start = time.perf_counter()
        quick = form_groups(people, **WORLD)
        middle = time.perf_counter()
        search.PROVEN = proof
        best = form_groups(people, **WORLD)
        times.append(middle - start)
        exact_times.append(time.perf_counter() - middle)
        if best.figures["proven"] not in ("worst", "mean"):
            continue
        keys = ("unplaced", "broken")
        placed += all(quick.figures[key] == best.figures[key] for key in keys)
        shares.append(quick.figures["worst"] / best.figures["worst"])
    return {"shares": shares, "placed": placed, "seconds": median(times), "exact": median(exact_times)}


def rows(quick: bool) -> Iterator[Row]:
    yield _against_peer(60, 10.0 if quick else LIMIT)
    seeds = list(range(4 if quick else 20))
    found = alone(f"{HERE}:proven", seeds=seeds).value
    least = min(found["shares"])
    yield Row(
        f"groups: 24 to 28 people, {len(seeds)} seeds, annealing alone",
        ours=found["seconds"],
        peer=found["exact"],
        peer_name="with the proof",
        bound=f"worst score {least:.1%} of the optimum or better; as many placed in {found['placed']} of "
        f"{len(found['shares'])} proven",
        goals=[Goal("worst score at least 0.97 of the optimum", least >= 0.97 and found["placed"] == len(seeds))],
    )
    sizes = (300, 900) if quick else (1_000, 3_000)
    small, large = (alone(f"{HERE}:world", count=size, seeds=[1, 2, 3]) for size in sizes)
    for size, answer in zip(sizes, (small, large), strict=True):
        last = answer is large
        goals = [Goal("nobody left, no rule broken", answer.value["broken"] == 0)]
        if last:
            times = answer.value["seconds"] / small.value["seconds"]
            goals.append(Goal(f"{times:.1f} times the time for a third, at most 3", times <= 3))
            goals.append(Goal("worst score no lower", min(answer.value["worst"]) >= min(small.value["worst"])))
        yield Row(
            f"groups: {size:,} people, 24 institutions, 12 zones, 8 weeks over clock changes, median of 3",
            ours=answer.value["seconds"],
            bound="worst scores " + ", ".join(f"{worst:.2f}" for worst in answer.value["worst"]),
            memory=answer.memory,
            exponent=exponent(sizes, [small.value["seconds"], large.value["seconds"]]) if last else None,
            goals=goals,
        )
    if not quick:
        yield _against_peer(300, LIMIT)


def _against_peer(count: int, limit: float) -> Row:
    ours = alone(f"{HERE}:planted", count=count)
    people, terms = _planted(count), Terms(**PLANTED)
    python = environment("team-formation", *PACKAGES)
    try:
        peer = alone(f"{PEER}:with_team_formation", python=python, timeout=PATIENCE, count=count, limit=limit)
    except subprocess.TimeoutExpired:
        peer = None
    mine = judge(ours.value["groups"], people, terms)
    missing = count - sum(map(len, ours.value["groups"]))
    told = f"ours: {mine.broken} groups broken, {missing} left, worst {mine.worst:.2f}"
    if peer is not None and peer.value["groups"]:
        theirs = judge(peer.value["groups"], people, terms)
        told += f"; theirs: {theirs.broken} of {len(theirs.groups)} broken, worst {theirs.worst:.2f}"
    elif peer is not None:
        told += "; theirs: no answer"
    spent = peer.value["seconds"] if peer else PATIENCE
    how = f"{PACKAGES[0]}, search limited to {limit:.0f} s" + ("" if peer else ", stopped without an answer")
    goals = [Goal("no group broken, nobody left", mine.broken == 0 and missing == 0)]
    if count >= 300:
        goals.append(Goal("at most 1/100 of the time", ours.value["seconds"] <= spent / 100))
        if peer is not None:
            goals.append(Goal(f"at most 1/10 of its {peer.memory:.0f} MB", ours.memory <= peer.memory / 10))
    return Row(
        f"groups: {count} people in planted fives",
        ours=ours.value["seconds"],
        peer=spent,
        peer_name=how,
        bound=told,
        memory=ours.memory,
        goals=goals,
    )
