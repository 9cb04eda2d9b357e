"""Places: no blocking pair, quotas kept, nothing gained by misreporting, best for learners, true reasons."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.matching.seats import Learner, Seats, allocate, lottery, problems

COUNTRY = {"i0": "PT", "i1": "PT", "i2": "IN", "i3": "EG"}


def make(seed, learners, exchanges, *, quotas=True, reserves=True):
    rng = random.Random(seed)
    people = []
    for n in range(learners):
        home = rng.choice(sorted(COUNTRY))
        wishes = tuple(rng.sample(range(exchanges), rng.randint(0, exchanges)))
        marks = frozenset(name for name in ("first time", "fewer chances") if rng.random() < 0.3)
        people.append(Learner(n, home, COUNTRY[home], wishes, marks))
    rooms = [
        Seats(
            n,
            rng.randint(0, 4),
            institution_quotas={home: rng.randint(0, 2) for home in COUNTRY if rng.random() < 0.5} if quotas else {},
            country_quotas={land: rng.randint(0, 3) for land in ("PT", "IN") if rng.random() < 0.5} if quotas else {},
            reserves={name: rng.randint(0, 2) for name in ("first time", "fewer chances")} if reserves else {},
            priority=tuple(rng.sample(range(learners), rng.randint(0, learners))),
        )
        for n in range(exchanges)
    ]
    return people, rooms


# --- An independent checker ---


def in_order(room, people, seed):
    listed = {n: place for place, n in enumerate(room.priority)}
    return sorted(people, key=lambda p: (p.id not in listed, listed.get(p.id, 0), lottery(seed, p.id)))


def choice(room, people, seed):
    """The documented rule, written out: reserves first, then everybody, never beyond a quota."""
    chosen = []

    def may(person):
        return (
            len(chosen) < room.capacity
            and sum(p.institution == person.institution for p in chosen)
            < room.institution_quotas.get(person.institution, 10**9)
            and sum(p.country == person.country for p in chosen) < room.country_quotas.get(person.country, 10**9)
        )

    ordered = in_order(room, people, seed)
    for name in sorted(room.reserves):
        left = room.reserves[name]
        for person in ordered:
            if left and person not in chosen and name in person.reserved and may(person):
                chosen.append(person)
                left -= 1
    for person in ordered:
        if person not in chosen and may(person):
            chosen.append(person)
    return {p.id for p in chosen}


def blocking(people, rooms, places, seed):
    found = []
    for person in people:
        for exchange in person.preferences:
            if places.get(person.id) == exchange:
                break
            room = next(r for r in rooms if r.id == exchange)
            inside = [p for p in people if places.get(p.id) == exchange]
            if person.id in choice(room, [*inside, person], seed):
                found.append((person.id, exchange))
    return found


def places_of(result):
    return {p.learner: p.exchange for p in result.placements}


def check(people, rooms, result, seed):
    places = places_of(result)
    assert sorted([*places, *(u.learner for u in result.unplaced)]) == sorted(p.id for p in people)
    for placement in result.placements:
        person = next(p for p in people if p.id == placement.learner)
        assert person.preferences[placement.rank - 1] == placement.exchange
    for room in rooms:
        inside = [p for p in people if places.get(p.id) == room.id]
        assert choice(room, inside, seed) == {p.id for p in inside}
    assert len(blocking(people, rooms, places, seed)) == 0 or result.figures["blocking"] > 0


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 14), st.integers(1, 5), st.sampled_from([(True, False), (False, True)]))
def test_nobody_has_a_claim_that_was_passed_over(seed, learners, exchanges, rules):
    people, rooms = make(seed, learners, exchanges, quotas=rules[0], reserves=rules[1])
    result = allocate(people, rooms, seed=seed)
    check(people, rooms, result, seed)
    assert result.figures["blocking"] == 0
    assert blocking(people, rooms, places_of(result), seed) == []


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 14), st.integers(1, 5))
def test_crossed_reserves_and_quotas_keep_every_rule_and_say_if_a_claim_is_left(seed, learners, exchanges):
    people, rooms = make(seed, learners, exchanges)
    result = allocate(people, rooms, seed=seed)
    check(people, rooms, result, seed)
    assert result.figures["blocking"] == len(blocking(people, rooms, places_of(result), seed))


@pytest.mark.parametrize(("seed", "quotas"), [(seed, quotas) for seed in range(12) for quotas in (True, False)])
def test_the_result_is_the_best_stable_one_for_every_learner(seed, quotas):
    people, rooms = make(seed, 5, 3, quotas=quotas, reserves=not quotas)
    mine = places_of(allocate(people, rooms, seed=seed))
    for combination in itertools.product(*((*p.preferences, None) for p in people)):
        places = {p.id: e for p, e in zip(people, combination, strict=True) if e is not None}
        keeps = all(
            choice(r, inside, seed) == {p.id for p in inside}
            for r in rooms
            for inside in [[p for p in people if places.get(p.id) == r.id]]
        )
        if not keeps or blocking(people, rooms, places, seed):
            continue
        for person in people:
            order = [*person.preferences, None]
            assert order.index(mine.get(person.id)) <= order.index(places.get(person.id))


@pytest.mark.parametrize(("seed", "quotas"), [(seed, quotas) for seed in range(8) for quotas in (True, False)])
def test_nobody_gains_by_naming_other_choices(seed, quotas):
    people, rooms = make(seed, 6, 3, quotas=quotas, reserves=not quotas)
    honest = places_of(allocate(people, rooms, seed=seed))
    lies = [wish for count in range(4) for wish in itertools.permutations(range(3), count)]
    for n, person in enumerate(people):
        order = [*person.preferences, None]
        for lie in lies:
            changed = [*people[:n], replace(person, preferences=lie), *people[n + 1 :]]
            got = places_of(allocate(changed, rooms, seed=seed)).get(person.id)
            if got in order:
                assert order.index(honest.get(person.id)) <= order.index(got)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_order_of_input_and_names_of_countries_change_nothing(seed, rng):
    people, rooms = make(seed, 12, 4)
    result = allocate(people, rooms, seed=seed)
    mixed, swapped = list(people), list(rooms)
    rng.shuffle(mixed)
    rng.shuffle(swapped)
    again = allocate(mixed, swapped, seed=seed)
    assert (again.placements, again.unplaced) == (result.placements, result.unplaced)
    renamed = [replace(p, country=f"x{p.country}") for p in people]
    lands = [replace(r, country_quotas={f"x{k}": v for k, v in r.country_quotas.items()}) for r in rooms]
    assert allocate(renamed, lands, seed=seed).placements == result.placements


def crowd(count, *, wish=("a",), **changes):
    return [Learner(n, f"i{n}", f"c{n}", tuple(wish), **changes) for n in range(count)]


def test_priority_goes_before_the_lottery_and_the_lottery_depends_on_the_seed():
    people = crowd(30)
    result = allocate(people, [Seats("a", 3, priority=(7, 9))], seed=1)
    assert {7, 9} < set(places_of(result)) and len(places_of(result)) == 3
    winners = {min(set(places_of(allocate(people, [Seats("a", 1)], seed=s)))) for s in range(30)}
    assert len(winners) > 5
    first = min(people, key=lambda p: lottery(4, p.id))
    assert places_of(allocate(people, [Seats("a", 1)], seed=4)) == {first.id: "a"}


def test_reserved_places_are_soft():
    marked = [replace(p, reserved=frozenset({"first time"})) if p.id in (3, 4, 5) else p for p in crowd(12)]
    room = Seats("a", 4, reserves={"first time": 2}, priority=tuple(range(12)))
    assert set(places_of(allocate(marked, [room]))) == {0, 1, 3, 4}
    assert set(places_of(allocate(crowd(12), [room]))) == {0, 1, 2, 3}


def test_quotas_are_nested():
    people = [Learner(n, f"i{n % 4}", COUNTRY[f"i{n % 4}"], ("a",)) for n in range(16)]
    room = Seats("a", 6, institution_quotas={"i0": 1}, country_quotas={"PT": 3, "IN": 0}, priority=tuple(range(16)))
    # i0 and i1 are in PT (3, of which i0 one), i2 in IN (none), i3 takes the rest.
    assert sorted(places_of(allocate(people, [room]))) == [0, 1, 3, 5, 7, 11]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_what_a_learner_is_told_is_true(seed, quotas):
    people, rooms = make(seed, 12, 3, quotas=quotas, reserves=not quotas)
    result = allocate(people, rooms, seed=seed)
    places = places_of(result)
    by_id = {p.id: p for p in people}
    by_room = {r.id: r for r in rooms}
    told = [(p.learner, p.exchange, p.reason) for p in result.placements]
    told += [(u.learner, None, u.reason) for u in result.unplaced]
    for n, exchange, reason in told:
        person = by_id[n]
        if not person.preferences:
            assert reason.code == "no_choices"
            continue
        before = (
            person.preferences[: person.preferences.index(exchange)] if exchange is not None else person.preferences
        )
        missed = reason.facts.get("missed", [])
        assert [m["exchange"] for m in missed] == list(before)
        for miss in missed:
            room = by_room[miss["exchange"]]
            same = {
                "capacity": lambda p: True,
                "institution_quota": lambda p, person=person: p.institution == person.institution,
                "country_quota": lambda p, person=person: p.country == person.country,
            }[miss["limit"]]
            limit = {
                "capacity": room.capacity,
                "institution_quota": room.institution_quotas.get(person.institution),
                "country_quota": room.country_quotas.get(person.country),
            }[miss["limit"]]
            inside = [p for p in people if places.get(p.id) == room.id and same(p)]
            assert len(inside) == limit == miss["places"]
            ordered = in_order(room, people, seed)
            queue = [
                p
                for p in ordered
                if same(p)
                and room.id in p.preferences
                and places.get(p.id) != room.id
                and (p.id not in places or p.preferences.index(room.id) < p.preferences.index(places[p.id]))
            ]
            assert queue.index(person) + 1 == miss["position"]
            if miss["decided_by"] == "limit":
                assert limit == 0
            elif miss["decided_by"] == "reserve":
                waiting = [*(p for p in people if places.get(p.id) == room.id), *queue]
                assert n in choice(replace(room, reserves={}), waiting, seed)
            elif quotas:
                # Everybody under that limit who got in goes before this learner, by list or by lottery.
                assert all(ordered.index(p) < ordered.index(person) for p in inside)
                last = max(inside, key=ordered.index)
                assert (last.id in room.priority) == (miss["decided_by"] == "priority")


def test_an_exchange_below_its_minimum_is_reported_and_can_be_closed():
    people = [*crowd(5, wish=("a", "b")), *(replace(p, id=p.id + 10) for p in crowd(2, wish=("b", "a")))]
    rooms = [Seats("a", 6, minimum=3), Seats("b", 5, minimum=4)]
    result = allocate(people, rooms)
    assert result.figures["below_minimum"] == {"b": 2}
    again = allocate(people, rooms, closed={"b"})
    assert again.figures["below_minimum"] == {} and again.figures["taken"] == {"a": 6}
    assert {p.rank for p in again.placements if p.learner >= 10} == {2}


def test_all_that_is_wrong_is_said_at_once():
    people = [Learner(1, "i", "PT", ("a", "a", "z")), Learner(1, "i", "IN", ())]
    rooms = [Seats("a", -1, institution_quotas={"i": -2}, reserves={"x": -1}, priority=(1, 1, 5)), Seats("a", 1)]
    found = problems(people, rooms)
    assert len(found) == 10
    with pytest.raises(ValueError, match="unknown exchange 'z'"):
        allocate(people, rooms)


def test_nobody_and_nothing():
    assert allocate([], []).placements == ()
    assert allocate(crowd(2), [Seats("a", 0)]).unplaced[0].reason.facts["missed"][0]["decided_by"] == "limit"
