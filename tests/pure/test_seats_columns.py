"""Places in columns: the same as on dataclasses, whatever the codes are; what is no intake is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.matching.seats import (
    Columns,
    Seats,
    allocate,
    allocate_columns,
    close_and_rerun,
    close_in_order,
    compare,
    draw,
    lottery,
    queue_up,
    reason,
    reasons,
)
from exchanges.matching.seats.allocation import tables
from tests.benchmarks.matching.seats import make_columns
from tests.benchmarks.matching.seats_check import Intake
from tests.pure.test_seats import crowd, make

BY_CODE = {
    "institution_quotas": "institutions",
    "country_quotas": "countries",
    "priority": "learners",
}


def relabelled(columns, rng):
    """The same intake with other numbers for everything but marks, rows in another order."""
    to = {
        "learners": rng.permutation(columns.learners),
        "exchanges": rng.permutation(columns.exchanges),
        "institutions": rng.permutation(10),
        "countries": rng.permutation(10),
    }
    lists = np.split(columns.choices, columns.start[1:-1])
    order = np.argsort(to["learners"])
    new = replace(
        columns,
        institution=to["institutions"][columns.institution][order],
        country=to["countries"][columns.country][order],
        start=np.concatenate([[0], np.cumsum(np.diff(columns.start)[order])]),
        choices=np.concatenate([to["exchanges"][lists[n]] for n in order]),
        draw=columns.draw[order] * 3 - 5,
        marks=columns.marks[order],
        capacity=columns.capacity[np.argsort(to["exchanges"])],
        minimum=columns.minimum[np.argsort(to["exchanges"])],
    )
    for name in ("institution_quotas", "country_quotas", "reserves", "priority"):
        rows = getattr(columns, name).copy()
        rows[:, 0] = to["exchanges"][rows[:, 0]]
        if name in BY_CODE:
            rows[:, 1] = to[BY_CODE[name]][rows[:, 1]]
        if name != "priority":  # where the order counts
            rng.shuffle(rows)
        new = replace(new, **{name: rows})
    return new, to


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 14), st.integers(1, 5), st.booleans(), st.booleans())
def test_codes_change_nothing(seed, learners, exchanges, quotas, reserves):
    people, rooms = make(seed, learners, exchanges, quotas=quotas, reserves=reserves)
    given = tables(people, rooms, seed=seed)
    places = allocate_columns(given.columns)
    other, to = relabelled(given.columns, np.random.default_rng(seed))
    again = allocate_columns(other)
    assert again.rank[to["learners"]].tolist() == places.rank.tolist()
    names = np.argsort(to["exchanges"]).tolist()
    told = list(reasons(again, names))
    if not (quotas and reserves):
        assert [told[n] for n in to["learners"]] == list(reasons(places, given.names))
    assert [reason(again, n, names) for n in range(learners)] == told


def test_the_draw_is_the_order_of_the_published_numbers():
    people = [f"p{n}" for n in range(50)] + list(range(50))
    places = draw(7, people)
    assert sorted(people, key=lambda n: lottery(7, n)) == [people[at] for at in np.argsort(places)]
    assert sorted(places) == list(range(100))
    assert draw(1, []).tolist() == []


def columns(**changes):
    """Two learners of two institutions, two exchanges."""
    fine = {
        "institution": np.array([0, 1]),
        "country": np.array([0, 0]),
        "start": np.array([0, 2, 3]),
        "choices": np.array([0, 1, 0]),
        "draw": np.array([1, 0]),
        "capacity": np.array([1, 1]),
    }
    return Columns(**(fine | changes))


def test_columns_of_any_whole_numbers():
    for dtype in (np.int16, np.int64, np.uint32):
        places = allocate_columns(columns(choices=np.array([0, 1, 0], dtype), capacity=np.array([1, 1], dtype)))
        assert places.exchange.tolist() == [1, 0] and places.rank.tolist() == [2, 1]
        assert (places.placed, places.by_rank(), places.blocking) == (2, {1: 1, 2: 1}, 0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"choices": np.array([0, 2, 0])}, "choices: not all of them are known"),
        ({"choices": np.array([0, -1, 0])}, "choices: not all of them are known"),
        ({"choices": np.array([0, 0, 0])}, "twice"),
        ({"choices": np.array([0.0, 1.0, 0.0])}, "not a column of whole numbers"),
        ({"capacity": np.array([1, -1])}, "capacity: not all are 0 or more"),
        ({"minimum": np.array([1, -1])}, "minimum: not all are 0 or more"),
        ({"institution": np.array([0])}, "not equally long"),
        ({"start": np.array([0, 2, 4])}, "start does not divide"),
        ({"start": np.array([0, 5, 3])}, "start does not divide"),
        ({"country": np.array([0, 1]), "institution": np.array([3, 3])}, "more than one country"),
        ({"draw": np.array([1, 1])}, "same place in the draw"),
        ({"reserves": np.array([[0, 64, 1]])}, "the codes of reserves: not all of them are known"),
        ({"reserves": np.array([[0, 1, -1]])}, "the places of reserves"),
        ({"institution_quotas": np.array([[2, 0, 1]])}, "the exchanges of institution_quotas"),
        ({"country_quotas": np.array([[1, 0]])}, "not a table of 3 columns"),
        ({"priority": np.array([[0, 2]])}, "the codes of priority: not all of them are known"),
        ({"priority": np.array([[0, 1], [0, 1]])}, "twice in a priority list"),
    ],
)
def test_what_is_no_intake_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        queue_up(columns(**changes))


def test_nobody_in_columns():
    nothing = np.empty(0, np.int32)
    places = allocate_columns(Columns(nothing, nothing, np.zeros(1, np.int64), nothing, nothing, nothing))
    assert places.placed == 0 and list(reasons(places, [])) == []
    with pytest.raises(ValueError, match="closed is not as long"):
        allocate_columns(columns(), closed=np.zeros(3, np.bool_))


@pytest.mark.parametrize("reserves", [False, True])
def test_no_claim_is_passed_over_among_many(reserves):
    """Counted by the checker of the benchmark, which knows nothing of the engine."""
    intake = make_columns(600, 30, reserves=reserves)
    given = allocate_columns(intake).exchange.tolist()
    assert Intake(intake, given).blocking() == (0, 0)
    away = [-1 if x == 0 else x for x in given]
    assert Intake(intake, away).blocking()[0] > 0


# --- Closing ---


def intake(people, rooms):
    return queue_up(tables(people, rooms, seed=0).columns)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 14), st.integers(1, 5))
def test_closing_in_order_leaves_nothing_below_its_minimum(seed, learners, exchanges):
    people, rooms = make(seed, learners, exchanges, reserves=False)
    rooms = [replace(room, minimum=(seed + room.id) % 5) for room in rooms]
    q = intake(people, rooms)
    steps, places = close_in_order(q)
    assert not places.short.any()
    assert np.flatnonzero(places.closed).tolist() == sorted(step.exchange for step in steps)
    names = [room.id for room in rooms]
    same = allocate(people, rooms, closed={names[step.exchange] for step in steps})
    assert same.figures["below_minimum"] == {} and same.figures["placed"] == places.placed
    for step in steps:
        assert step.taken < step.minimum and step.change.better == step.change.gained == 0


def test_the_one_that_is_furthest_from_its_minimum_is_closed_first_and_may_save_another():
    people = [*crowd(2, wish=("a", "b")), *(replace(p, id=p.id + 10) for p in crowd(2, wish=("b",)))]
    people = [replace(p, institution=f"i{p.id}", country="PT") for p in people]
    q = intake(people, [Seats("a", 9, minimum=5), Seats("b", 9, minimum=3)])
    before = allocate_columns(q)
    assert before.short.tolist() == [True, True]
    steps, places = close_in_order(q)
    (step,) = steps
    assert (step.exchange, step.taken, step.minimum, step.change.worse, step.change.lost) == (0, 2, 5, 2, 0)
    assert places.taken.tolist() == [0, 4]
    after = close_and_rerun(before, np.array([1]))
    assert compare(before, after).lost == 2 and after.closed.tolist() == [False, True]
