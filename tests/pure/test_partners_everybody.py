"""Everybody ranked for everybody at once, against one at a time and against the slow, plain rules."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.matching.partners import DEFAULT_WEIGHTS, OfferFacts, Pool, Weights, near_misses, propose_pairings, rank
from exchanges.matching.partners.everybody import Everybody
from institutions.hours import WeekHours
from tests.pure.test_partners import COUNTRY, REGION, best_total, make_offer, plain_pair


def crowd(seed: int, count: int) -> list[OfferFacts]:
    """Offers that often fit: like those of the other tests, half of them with few wishes and usual hours."""
    rng = random.Random(seed)
    offers = []
    for number in range(count):
        offer = make_offer(rng, number)
        if rng.random() < 0.6:
            offer = replace(
                offer,
                institution=f"i{number // 2}",
                hours=WeekHours.daily("07:00", rng.choice(["17:00", "20:00", "22:30"]), range(rng.randint(3, 6))),
                languages={"en": rng.choice(["B1", "B2"])},
                last=offer.first + timedelta(days=rng.choice([60, 100, 150])),
                wanted_regions=frozenset(),
                wanted_countries=frozenset(),
                mode=rng.choice(["virtual", ""]),
            )
        offers.append(offer)
    rng.shuffle(offers)
    return offers


def one_at_a_time(offers, weights=DEFAULT_WEIGHTS, top=20):
    pool = Pool(offers)
    return {
        offer.id: [(match.candidate, match.score) for match in rank(offer, pool, weights=weights, top=top)]
        for offer in offers
    }


def all_at_once(everybody):
    return {offer.id: everybody.best(offer.id) for offer in everybody.offers}


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([Weights(), Weights(hours=2, min_starts=4, min_weeks=2, cefr_slack=2)]))
def test_everybody_at_once_is_what_each_gets_alone(seed, weights):
    offers = crowd(seed, 30)
    assert all_at_once(Everybody(offers, weights=weights, top=5)) == one_at_a_time(offers, weights, top=5)


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10_000))
def test_everybody_by_the_slow_way(seed):
    """The oracle knows nothing of columns, epochs or bits: it goes through the calendar minute by minute."""
    offers = crowd(seed, 7)
    found = all_at_once(Everybody(offers, top=50))
    for own in offers:
        slow = {}
        for theirs in offers:
            gates, score, *_ = plain_pair(own, theirs, Weights())
            if theirs.institution != own.institution and all(gates.values()):
                slow[theirs.id] = score
        assert dict(found[own.id]) == pytest.approx(slow, abs=1e-6)


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 10_000))
def test_one_by_one_is_all_at_once(seed):
    """Whatever an offer that comes later brings: new zones, fields, languages, wishes, lengths and weeks."""
    offers = crowd(seed, 12)
    late = [
        replace(offers[0], id=900, institution="late", zone="Pacific/Chatham", languages={"en": "B2", "mi": "C1"}),
        replace(
            offers[1],
            id=901,
            institution="later",
            session_minutes=45,
            isced="0731",
            wanted_kinds=frozenset({"hei", "x"}),
        ),
        replace(offers[2], id=902, institution="latest", first=date(2029, 3, 5), last=date(2029, 6, 1), text="A word"),
    ]
    everybody = Everybody([], top=4)
    for offer in [*offers, *late]:
        everybody.add(offer)
    assert all_at_once(everybody) == one_at_a_time([*offers, *late], top=4)
    with pytest.raises(ValueError):
        everybody.add(late[0])


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_neither_order_nor_the_names_of_countries_change_anything(seed, rng):
    offers = crowd(seed, 30)
    found, plan = all_at_once(Everybody(offers, top=6)), propose_pairings(offers, top=6)
    shuffled = list(offers)
    rng.shuffle(shuffled)
    assert all_at_once(Everybody(shuffled, top=6)) == found
    assert propose_pairings(shuffled, top=6) == plan == propose_pairings(offers, top=6)
    names = {name: f"land {n}" for n, name in enumerate(rng.sample(sorted({*COUNTRY.values()}), len(COUNTRY)))}
    parts = {name: f"part {n}" for n, name in enumerate(rng.sample(sorted({*REGION.values()}), 5))}
    renamed = [
        replace(
            offer,
            country=names[offer.country],
            region=parts[offer.region],
            wanted_countries=frozenset(names[one] for one in offer.wanted_countries),
            wanted_regions=frozenset(parts[one] for one in offer.wanted_regions),
        )
        for offer in offers
    ]
    assert all_at_once(Everybody(renamed, top=6)) == found
    assert propose_pairings(renamed, top=6) == plan
    for one, other in zip(offers[:2], renamed[:2], strict=True):
        before, after = near_misses(one, offers, top=2), near_misses(other, renamed, top=2)
        assert [miss.candidate for miss in before] == [miss.candidate for miss in after]


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000))
def test_pairings_against_every_possible_plan(seed):
    """Scores by the slow rules, and the best plan by trying all."""
    rng = random.Random(seed)
    offers = [replace(offer, partners_wanted=rng.randint(0, 2)) for offer in crowd(seed, 6)]
    edges = {}
    for a, own in enumerate(offers):
        for b, theirs in enumerate(offers[:a]):
            gates, score, *_ = plain_pair(own, theirs, Weights())
            if own.institution != theirs.institution and all(gates.values()):
                edges[b, a] = score
    room = [offer.partners_wanted for offer in offers]
    best, plan = best_total(list(edges.items()), room), propose_pairings(offers)
    assert plan.total <= best + 1e-5 and best <= plan.bound + 1e-5
    assert plan.total >= 0.9 * best - 1e-9


def test_equal_scores_are_ordered_by_id_and_texts_stand_after_numbers():
    offers = [replace(crowd(1, 1)[0], id=n, institution=f"i{n}", holidays=()) for n in (30, 4, "x", "b", 9)]
    offers = [
        replace(
            offer, wanted_regions=frozenset(), wanted_countries=frozenset(), hours=WeekHours.daily("07:00", "22:00")
        )
        for offer in offers
    ]
    found = all_at_once(Everybody(offers))
    assert [other for other, _ in found[9]] == [4, 30, "b", "x"]
    assert found == one_at_a_time(offers)
    assert all_at_once(Everybody([])) == {}
    with pytest.raises(ValueError):
        Everybody([offers[0], offers[0]])
