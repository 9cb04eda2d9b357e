"""Regrouping: as few moves as can be, by trying every partition; and what carries on as what."""

import random
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from exchanges.matching.groups import Person, Terms, form_groups, judge, place_late, regroup
from institutions.hours import OFFICE
from tests.pure.test_groups import TERMS, make_people, partitions

TINY = {**TERMS, "size_min": 2, "size_max": 4}


def fewest_moves(groups, before):
    """How many have to change groups, whichever group carries on as which."""
    if not groups or not before:
        return 0
    overlap = np.array([[len(set(group) & old) for old in before] for group in groups])
    stayed = overlap[linear_sum_assignment(-overlap)].sum()
    return sum(any(n in old for old in before) for group in groups for n in group) - stayed


def aim(groups, out, moved, people):
    found = judge(groups, people, Terms(**TINY))
    if any(reason.code not in ("one_institution", "alone") for group in found.groups for reason in group.broken):
        return None
    return (-len(out), -found.broken, -moved, found.worst or 0, found.mean or 0)


@pytest.mark.parametrize("seed", range(8))
def test_small_drop_outs_are_mended_as_well_as_can_be(seed):
    rng = random.Random(seed)
    people = make_people(rng, rng.randint(6, 8), spread=3, width=10)
    plan = form_groups(people, seed=seed, **TINY)
    gone = set(rng.sample([p.id for p in people], rng.randint(1, 2)))
    rest = [p for p in people if p.id not in gone]
    before = [set(group.members) - gone for group in plan.groups]
    best = None
    for groups, out in partitions([p.id for p in rest], 2, 4):
        if all(len(group) >= 2 for group in groups) and (best is None or -len(out) >= best[0]):
            found = aim(groups, out, fewest_moves(groups, before), rest)
            best = found if found is not None and (best is None or found > best) else best
    after = regroup(plan, rest, **TINY)
    groups = [group.members for group in after.groups]
    assert after.figures["moved"] == fewest_moves(groups, before)
    assert aim(groups, after.unplaced, after.figures["moved"], rest)[:4] == pytest.approx(best[:4])


def test_a_mended_group_carries_on_as_itself():
    people = [Person(n, n % 2, "IN", "Asia/Kolkata", OFFICE, {"en": "B2"}) for n in range(24)]
    terms = {**TERMS, "size_min": 4, "size_max": 6}
    plan = form_groups(people, locked=[(0, 1, 2, 3)], **terms)
    gone = {plan.groups[1].members[0], plan.groups[2].members[0]}
    after = regroup(plan, [p for p in people if p.id not in gone], **terms)
    assert not after.unplaced and after.groups[0].members == (0, 1, 2, 3)
    moved = 0
    for group in after.groups[1:]:
        old = set(plan.groups[group.was].members)
        moved += len(set(group.members) - old)
    assert len({group.was for group in after.groups[1:]}) == len(after.groups) - 1
    # Groups of three, three and three of four: one of three is given up, as nobody can be spared elsewhere.
    assert moved == after.figures["moved"] == 3


def test_nothing_moves_where_nothing_is_wrong():
    people = make_people(random.Random(3), 30, spread=3, width=16)
    plan = form_groups(people, **TERMS)
    placed = [p for p in people if p.id not in {u.id for u in plan.unplaced}]
    after = regroup(plan, placed, **TERMS)
    assert [g.members for g in after.groups] == [g.members for g in plan.groups]
    assert [g.was for g in after.groups] == list(range(len(plan.groups))) and after.figures["moved"] == 0


def test_a_late_joiner_goes_to_whom_they_wish_to_be_with():
    people = [Person(n, n % 2, "IN", "Asia/Kolkata", OFFICE, {"en": "B2"}) for n in range(16)]
    plan = form_groups(people, **TERMS)
    for friend in (0, 5, 9):
        late = Person("late", 1, "IN", "Asia/Kolkata", OFFICE, {"en": "A2"}, together=(friend,))
        after = place_late(plan, late, people, **TERMS)
        assert {"late", friend} <= set(next(group.members for group in after.groups if "late" in group.members))
        assert after.figures["moved"] == 0
    shy = replace(people[9], together=("late",))
    after = place_late(plan, replace(late, together=()), [*people[:9], shy, *people[10:]], **TERMS)
    assert {"late", 9} <= set(next(group.members for group in after.groups if "late" in group.members))
