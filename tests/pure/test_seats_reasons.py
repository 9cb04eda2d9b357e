"""What a learner is told would have been enough is enough: the allocation is made again with that change alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.matching.seats import Learner, Seats, allocate, allocate_columns
from exchanges.matching.seats.allocation import tables
from tests.pure.test_seats import crowd, make

RULES = [(True, False), (False, True), (True, True), (False, False)]


def told(result):
    """Each learner's missed choices and rank (None for no place)."""
    for placement in result.placements:
        yield placement.learner, placement.rank, placement.reason.facts.get("missed", [])
    for none in result.unplaced:
        yield none.learner, None, none.reason.facts.get("missed", [])


def changed(room, person, *, one_more=(), first=False):
    """The exchange with one more place under these limits of the person, or with the person first in its priority."""
    more = {"capacity": room.capacity + 1} if "capacity" in one_more else {}
    if "institution_quota" in one_more:
        quotas = dict(room.institution_quotas)
        more["institution_quotas"] = quotas | {person.institution: quotas[person.institution] + 1}
    if "country_quota" in one_more:
        more["country_quotas"] = room.country_quotas | {person.country: room.country_quotas[person.country] + 1}
    if first:
        more["priority"] = (person.id, *(n for n in room.priority if n != person.id))
    return replace(room, **more)


def rank_of(result, learner):
    return next((p.rank for p in result.placements if p.learner == learner), None)


def check_promises(people, rooms, seed):
    """Whatever is said to be enough is; returns how often something was said."""
    by_id, said = {p.id: p for p in people}, Counter()
    for learner, _, missed in told(allocate(people, rooms, seed=seed)):
        for choice, miss in enumerate(missed, 1):
            promises = [{"one_more": miss["one_more"]}] if miss["one_more"] else []
            promises += [{"first": True}] if miss["first"] else []
            for promise in promises:
                again = [changed(r, by_id[learner], **promise) if r.id == miss["exchange"] else r for r in rooms]
                result = allocate(people, again, seed=seed)
                got = rank_of(result, learner)
                assert (got is not None and got <= choice) or result.figures["blocking"], (learner, miss, promise)
                said[next(iter(promise))] += 1
    return said


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 4), st.sampled_from(RULES))
def test_what_is_said_to_be_enough_is_enough(seed, learners, exchanges, rules):
    people, rooms = make(seed, learners, exchanges, quotas=rules[0], reserves=rules[1])
    check_promises(people, rooms, seed)


def test_it_is_said_to_somebody():
    for quotas, reserves in RULES:
        said = Counter()
        for seed in range(20):
            said += check_promises(*make(seed, 10, 3, quotas=quotas, reserves=reserves), seed)
        assert said["one_more"] > 5 and said["first"] > 5


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 4))
def test_who_is_next_in_line_is_told_that_one_more_place_is_enough(seed, learners, exchanges):
    for _, _, missed in told(allocate(*make(seed, learners, exchanges, quotas=False, reserves=False), seed=seed)):
        for miss in missed:
            assert miss["one_more"] == (["capacity"] if miss["position"] == 1 else [])


def test_one_more_place_names_every_limit_that_stands_in_the_way():
    people = [Learner(n, f"i{n % 2}", "PT" if n % 2 else "IN", ("a",)) for n in range(4)]
    room = Seats("a", 1, institution_quotas={"i0": 1, "i1": 1}, country_quotas={"IN": 1}, priority=(0, 1, 2, 3))
    missed = {learner: miss[0] for learner, rank, miss in told(allocate(people, [room])) if not rank}
    # 1 needs a place in all; 2 is of the institution and country that have theirs; 3 comes after 1 for the same.
    assert {n: miss["one_more"] for n, miss in missed.items()} == {
        1: ["capacity"],
        2: [],
        3: [],
    }
    roomy = replace(room, capacity=2)
    missed = {learner: miss[0] for learner, rank, miss in told(allocate(people, [roomy])) if not rank}
    assert {n: miss["one_more"] for n, miss in missed.items()} == {
        2: ["capacity", "institution_quota", "country_quota"],
        3: ["capacity", "institution_quota"],
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 4), st.sampled_from(RULES))
def test_where_the_smallest_number_is_said_to_be_enough_it_is(seed, learners, exchanges, rules):
    check_numbers(seed, learners, exchanges, rules)


def check_numbers(seed, learners, exchanges, rules):
    """Draw again for each learner who is told so; returns how often that was."""
    people, rooms = make(seed, learners, exchanges, quotas=rules[0], reserves=rules[1])
    rooms = [replace(room, priority=room.priority[:2]) for room in rooms]
    given = tables(people, rooms, seed=seed)
    columns, said = given.columns, 0
    facts = allocate_columns(columns).facts
    for choice in facts.smallest.nonzero()[0]:
        learner = int((columns.start <= choice).sum()) - 1
        numbers = columns.draw.copy()
        numbers[learner] = -1
        again = allocate_columns(replace(columns, draw=numbers))
        assert 0 < again.rank[learner] <= choice - columns.start[learner] + 1 or again.blocking
        said += 1
    return said


def test_the_smallest_number_is_said_to_be_enough_to_somebody():
    assert all(sum(check_numbers(seed, 12, 3, rules) for seed in range(12)) > 5 for rules in RULES)


def test_a_closed_exchange_is_told_as_closed():
    result = allocate(crowd(1, wish=("a", "b")), [Seats("a", 3), Seats("b", 3)], closed={"a"})
    (placement,) = result.placements
    (miss,) = placement.reason.facts["missed"]
    assert (placement.rank, miss["limit"], miss["decided_by"], miss["one_more"]) == (2, "closed", "closed", [])


def test_the_first_place_in_the_priority_is_no_promise_where_reserves_may_take_everything():
    marked = replace(crowd(1)[0], id=9, reserved=frozenset({"first time"}))
    room = Seats("a", 1, reserves={"first time": 1})
    (none,) = allocate([*crowd(1), marked], [room]).unplaced
    (miss,) = none.reason.facts["missed"]
    assert (none.learner, miss["first"], miss["one_more"]) == (0, False, ["capacity"])
