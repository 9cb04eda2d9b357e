"""The board's questions: any groups as they stand, and what moving somebody would do."""

import random
from dataclasses import replace
from datetime import date

import pytest

from exchanges.matching.groups import Person, Terms, all_moves, describe_group, form_groups, judge, moves
from institutions.hours import OFFICE
from tests.pure.test_groups import TERMS, make_people

ALL = Terms(**TERMS)


def dealt(seed, count=24, groups=6):
    """People, and groups as they come, one of them empty and the last two people in none."""
    rng = random.Random(seed)
    people = make_people(rng, count, spread=3, width=16)
    people = [replace(p, apart=(people[0].id,)) if rng.random() < 0.1 and p.id else p for p in people]
    marked = [rng.random() < 0.3 for _ in people]
    people = [
        replace(p, marks=frozenset({"m"}), not_alone=frozenset({"m"} if rng.random() < 0.5 else ())) if yes else p
        for p, yes in zip(people, marked, strict=True)
    ]
    return people, [*([p.id for p in people[g:-2:groups]] for g in range(groups)), []]


@pytest.mark.parametrize("seed", range(3))
def test_judging_agrees_with_describing_each_group(seed):
    people, groups = dealt(seed)
    found = judge(groups, people, ALL)
    by_id = {p.id: p for p in people}
    for members, group in zip(groups, found.groups, strict=True):
        alone = describe_group([by_id[n] for n in members], everyone=people, **TERMS)
        assert group == replace(alone, series=(), slots=())
    filled = [group for group in found.groups if group.members]
    assert found.broken == sum(bool(group.broken) for group in filled) > 0
    assert found.worst == min(group.score for group in filled)
    assert found.mean == pytest.approx(sum(group.score for group in filled) / len(filled), abs=1e-6)


@pytest.mark.parametrize("seed", range(2))
def test_every_move_comes_to_pass_as_foretold(seed):
    people, groups = dealt(seed)
    before = judge(groups, people, ALL)
    foretold = all_moves(groups, people, ALL)
    for who in [0, 7, people[-1].id]:
        home = next((g for g, group in enumerate(groups) if who in group), None)
        found = moves(who, groups, people, ALL)
        assert found == foretold[who]
        assert [move.to for move in found] == [g for g in [*range(len(groups)), None] if g != home]
        for move in found:
            after_groups = [[n for n in group if n != who] for group in groups]
            if move.to is not None:
                after_groups[move.to].append(who)
            after = judge(after_groups, people, ALL)
            touched = {home, move.to} - {None}
            codes = [
                {(g, reason.code) for g in touched if j.groups[g].members for reason in j.groups[g].broken}
                for j in (before, after)
            ]
            assert set(move.breaks) == {code for _, code in codes[1] - codes[0]}
            assert set(move.mends) == {code for _, code in codes[0] - codes[1]}
            assert move.score == (None if move.to is None else after.groups[move.to].score)
            aims = [(-j.broken, j.worst, j.mean) for j in (before, after)]
            assert move.gain == (aims[1] > aims[0]) - (aims[1] < aims[0])


def test_strangers_and_doubles_are_refused():
    people, groups = dealt(0)
    for wrong in ([[0, 1], [1]], [["nobody"]]):
        with pytest.raises(ValueError):
            judge(wrong, people, ALL)
    with pytest.raises(ValueError):
        moves("nobody", groups, people, ALL)


# --- The only one of a kind ---


def of_a_kind(marked, minding, count=8):
    return [
        Person(
            f"p{n}",
            n % 2,
            "IN",
            "Asia/Kolkata",
            OFFICE,
            {"en": "B2"},
            marks=frozenset({"first in family"} if n in marked else ()),
            not_alone=frozenset({"first in family"} if n in minding else ()),
        )
        for n in range(count)
    ]


PAIRS = {"size_min": 4, "size_max": 4, "first": date(2026, 10, 12), "weeks": 2, "minutes": 60}


@pytest.mark.parametrize(
    ("marked", "minding", "alone"),
    [
        ((0, 1), (0, 1), 0),  # both mind: together
        ((0, 1), (0,), 0),  # one minds, and needs the other
        ((0, 1, 2), (0, 1, 2), 0),
        ((0,), (0,), 1),  # nobody could keep her company, and she is placed all the same
        ((0, 1), (), 0),  # nobody minds
    ],
)
def test_nobody_is_the_only_one_of_a_kind_where_they_mind(marked, minding, alone):
    people = of_a_kind(marked, minding)
    plan = form_groups(people, **PAIRS)
    assert not plan.unplaced and plan.figures["alone"] == alone
    for group in plan.groups:
        here = {int(n[1:]) for n in group.members} & set(marked)
        broken = [reason for reason in group.broken if reason.code == "alone"]
        assert bool(broken) == (len(here) == 1 and here <= set(minding))


def test_no_reason_tells_of_a_mark():
    people = of_a_kind({0, 3, 4}, {0, 3})
    groups = [[f"p{n}" for n in range(3)], [f"p{n}" for n in range(3, 8)]]
    found = judge(groups, people, Terms(**PAIRS))
    alone = [reason for group in found.groups for reason in group.broken if reason.code == "alone"]
    assert [reason.facts for reason in alone] == [{}]
    assert "family" not in repr((found, all_moves(groups, people, Terms(**PAIRS)), form_groups(people, **PAIRS)))
