"""Who has no group: whatever is said to help does help, when it is carried out."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.matching.groups import Person, form_groups, place_late, regroup
from institutions.hours import OFFICE, WeekHours
from tests.pure.test_groups import TERMS, make_people


def carried_out(plan, unplaced, people, terms):
    """The plan after the change: for hours, languages and wishes nobody else moves."""
    person = next(p for p in people if p.id == unplaced.id)
    facts, change = unplaced.change.facts, unplaced.change.code
    if change == "larger_groups":
        return place_late(plan, person, people, **{**terms, "size_max": facts["max"]})
    if change == "smaller_groups":
        return regroup(plan, people, **{**terms, "size_min": facts["min"]})
    if change == "more_people":
        twins = [replace(person, id=f"{person.id}+{n}") for n in range(facts["people"])]
        return form_groups([*people, *twins], **terms)
    if change == "add_hours":
        more = WeekHours.from_ranges(tuple(span) for span in facts["ranges"])
        helped = replace(person, hours=person.hours | more)
    elif change == "add_language":
        helped = replace(person, languages={**person.languages, facts["language"]: facts["level"]})
    else:
        assert change == "drop_apart"
        people = [replace(p, apart=tuple(n for n in p.apart if n != person.id)) for p in people]
        helped = replace(person, apart=tuple(n for n in person.apart if n not in facts["with"]))
    placed = {n for group in plan.groups for n in group.members}
    if not set(facts.get("group", facts.get("with"))) & placed:
        # The group would be made of people who have none either.
        return form_groups([helped, *(p for p in people if p.id in facts["group"])], **terms)
    return place_late(plan, helped, people, **terms)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 11), st.sampled_from([(3, 5), (3, 3), (4, 4), (2, 3)]))
def test_what_is_said_to_help_does_help(seed, count, sizes):
    rng = random.Random(seed)
    terms = {**TERMS, "size_min": sizes[0], "size_max": sizes[1]}
    people = make_people(rng, count, spread=4, width=9)
    ids = [p.id for p in people]
    people = [replace(p, apart=tuple({rng.choice(ids)} - {p.id})) if rng.random() < 0.2 else p for p in people]
    people = [replace(p, languages={}) if rng.random() < 0.05 else p for p in people]
    plan = form_groups(people, seed=seed, **terms)
    for unplaced in plan.unplaced:
        if unplaced.change is not None and unplaced.reason.code != "too_few_people":
            after = carried_out(plan, unplaced, people, terms)
            if (
                unplaced.change.code == "smaller_groups"
            ):  # it helps some of them; who they are, all of the search decides
                assert len(after.unplaced) < len(plan.unplaced), unplaced
            else:
                assert unplaced.id in {n for group in after.groups for n in group.members}, unplaced


@pytest.mark.parametrize("count", [1, 2])
def test_so_many_more_people_make_a_group(count):
    people = [Person(n, n, "IN", "Asia/Kolkata", OFFICE, {"en": "B2"}) for n in range(count)]
    plan = form_groups(people, **TERMS)
    after = carried_out(plan, plan.unplaced[0], people, TERMS)
    assert plan.unplaced[0].change.code == "more_people" and not after.unplaced


def test_smaller_groups_are_named_where_they_would_do():
    """Three evening people fit each other, and a group takes four."""
    people = [Person(n, n % 2, "IN", "Asia/Kolkata", WeekHours.daily("09:00", "12:00"), {"en": "B2"}) for n in range(4)]
    night = WeekHours.daily("00:00", "02:00")
    people += [Person(n, n % 2, "PT", "Europe/Lisbon", night, {"en": "B2"}, apart=(0,)) for n in range(4, 7)]
    terms = {**TERMS, "size_min": 4, "size_max": 4}
    plan = form_groups(people, **terms)
    assert [u.id for u in plan.unplaced] == [4, 5, 6]
    assert {(u.change.code, u.change.facts["min"]) for u in plan.unplaced} == {("smaller_groups", 3)}
    assert not carried_out(plan, plan.unplaced[0], people, terms).unplaced
