"""What must change nothing, and what must hold at every clock: order, names, seeds; changes of clocks, odd offsets, the
date line; the compiled score and the plain one.
"""

import random
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.matching.groups import form_groups
from exchanges.matching.groups.arrays import data_of
from exchanges.matching.groups.case import Case
from exchanges.matching.groups.loops import BROKEN, judge
from exchanges.matching.groups.person import MIN_STARTS, Terms
from institutions.hours import WeekHours
from tests.pure.test_groups import TERMS, check, make_people

FAR = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe"]
FAR += ["America/Los_Angeles", "Europe/Lisbon", "Africa/Casablanca"]


def marked(rng, people):
    kinds = [frozenset({"m"} if rng.random() < 0.4 else ()) for _ in people]
    return [
        replace(p, marks=kind, not_alone=kind if rng.random() < 0.5 else frozenset())
        for p, kind in zip(people, kinds, strict=True)
    ]


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 36), st.randoms(use_true_random=False))
def test_order_and_names_change_nothing_and_a_seed_gives_one_answer(seed, count, shuffle):
    people = marked(random.Random(seed), make_people(random.Random(seed), count, spread=4, width=14))
    plan = form_groups(people, seed=seed, **TERMS)
    mixed = list(people)
    shuffle.shuffle(mixed)
    assert form_groups(mixed, seed=seed, **TERMS) == plan
    names = {p.institution for p in people} | {p.country for p in people}
    new = shuffle.sample(sorted(f"z{n}" for n in range(len(names))), len(names))
    other = dict(zip(sorted(names), new, strict=True))
    renamed = [replace(p, institution=other[p.institution], country=other[p.country]) for p in people]
    there = form_groups(renamed, seed=seed, **TERMS)
    assert [group.members for group in there.groups] == [group.members for group in plan.groups]
    assert there.unplaced == plan.unplaced


@settings(max_examples=6, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([date(2026, 3, 5), date(2026, 3, 26), date(2026, 9, 24), date(2026, 10, 22), date(2026, 12, 28)]),
    st.sampled_from([30, 45, 60, 90]),
)
def test_every_start_lies_in_everybodys_hours_at_every_clock(seed, first, minutes):
    """`check` walks every half-hour of every week with the zones' own clocks."""
    rng = random.Random(seed)
    people = []
    for person in make_people(rng, 6, spread=1):
        start = rng.randrange(0, 20)
        slots = [day * 48 + at for day in range(7) for at in range(start, start + 28)]
        languages = {"en": rng.choice(["B1", "C1"])}
        people.append(replace(person, zone=rng.choice(FAR), hours=WeekHours.from_slots(slots), languages=languages))
    terms = {"size_min": 2, "size_max": 3, "first": first, "weeks": 3, "minutes": minutes}
    plan = form_groups(people, seed=seed, **terms)
    check(plan, people, terms)
    assert plan.groups


@pytest.mark.parametrize("seed", range(4))
def test_the_compiled_score_is_the_plain_one(seed):
    rng = random.Random(seed)
    people = marked(rng, make_people(rng, 30, spread=6))
    people = [replace(p, apart=(rng.randrange(30),)) if rng.random() < 0.1 else p for p in people]
    case = Case(people, Terms(**TERMS))
    data = data_of(case, [(n,) for n in range(30)])
    room = np.empty(9, dtype=np.int64)
    seen = set()
    for _ in range(400):
        group = sorted(rng.sample(range(30), rng.randint(3, 5)))
        facts = case.facts(group)
        hard, score = judge(data, np.array(group), len(group), room)
        fine = facts.starts >= MIN_STARTS and bool(facts.spoken) and facts.apart
        assert score == pytest.approx(case.score(group, facts.starts, facts.spoken), abs=1e-12)
        assert (hard < BROKEN) == fine
        if fine:
            assert hard == 4.0 * case.flaws(facts)
        seen.add((fine, case.flaws(facts)))
    assert len(seen) >= 3
