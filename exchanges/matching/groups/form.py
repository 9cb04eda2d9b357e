"""Everybody in a group or among the unplaced: the best of a few searches."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from exchanges.matching.groups.case import Case
from exchanges.matching.groups.describe import describe_case
from exchanges.matching.groups.person import MIN_STARTS, Id, Person, Terms
from exchanges.matching.groups.place import place_all
from exchanges.matching.groups.plan import GroupPlan
from exchanges.matching.groups.search import Search, units_of
from exchanges.matching.groups.why import why
from institutions import hours as clock


def form_groups(
    people: Sequence[Person],
    *,
    size_min: int,
    size_max: int,
    first: date,
    weeks: int,
    minutes: int,
    seed: int = 0,
    locked: Iterable[Sequence[Id]] = (),
    min_level: str = "A1",
) -> GroupPlan:
    """Everybody in a group or among the unplaced with a reason. Week n is the seven days from `first` + 7 n.

    `locked` groups stay exactly as they are, whatever they break, and nobody joins them. Raises ValueError for
    terms that make no sense, unknown or repeated ids.
    """
    terms = Terms(size_min, size_max, first, weeks, minutes, min_level)
    fixed = [tuple(group) for group in locked]
    by_id = {person.id: person for person in people}
    taken = [n for group in fixed for n in group]
    if len(set(taken)) != len(taken) or not set(taken) <= by_id.keys():
        raise ValueError("locked groups name people once, and only people who are there")
    free = [person for person in people if person.id not in set(taken)]
    case = Case(free, terms, people)
    units, dropped = units_of(case)
    groups: list[list[int]] = []
    left: list[int] = list(range(len(case.people)))
    if len(case.people) >= size_min:
        groups, left = solve(case, units, seed)
    return make_plan(
        case=case,
        groups=groups,
        left=left,
        fixed=fixed,
        everyone=people,
        figures={"together_dropped": dropped, "seed": seed},
    )


def solve(case: Case, units: list[tuple[int, ...]], seed: int) -> tuple[list[list[int]], list[int]]:
    """The best of a few searches; small cases are tried more often and with other numbers of groups."""
    terms = case.terms
    compatible = case.compatible()
    able = _able(case, compatible)
    count = len(able)
    if count < terms.size_min:
        return [], list(range(len(case.people)))
    active = [kept for unit in units if (kept := tuple(n for n in unit if n in able))]
    low, high = -(-count // terms.size_max), max(1, count // terms.size_min)
    middle = max(low, round(count / ((terms.size_min + terms.size_max) / 2)))
    numbers = [middle]
    if count <= 40:
        numbers = sorted(range(1 if count <= 12 else low, max(low, high) + 1), key=lambda g: (abs(g - middle), g))[:6]
    best: tuple[Any, list[list[int]], list[int]] | None = None
    for number in numbers:
        for attempt in range(4 if count <= 16 else 2 if count <= 60 else 1):
            rng = random.Random(f"{seed}/{number}/{attempt}")  # noqa: S311  a search, not a secret
            search = Search(case, active, compatible, rng)
            search.build(number)
            search.anneal(min(900_000, max(3_000, 900 * count)))
            search.polish(30 if count > 100 else 100)
            left = search.finish()
            found = (_value(case, search.final, left), search.final, left)
            best = found if best is None or found[0] > best[0] else best
    assert best is not None
    hopeless = set(range(len(case.people))) - able
    groups, left = place_all(case, best[1], best[2])
    return groups, sorted([*left, *hopeless])


def _able(case: Case, compatible: list[int]) -> set[int]:
    """Those who could be in some group: enough hours, a language, and enough others who go with them."""
    able = {n for n in range(len(case.people)) if case.fewest(case.bits[n]) >= MIN_STARTS and case.languages[n]}
    while True:
        mask = sum(1 << n for n in able)
        lonely = {n for n in able if (compatible[n] & mask).bit_count() < case.terms.size_min}
        if not lonely:
            return able
        able -= lonely


def _value(case: Case, groups: list[list[int]], left: list[int]) -> tuple[float, ...]:
    """The aim as a tuple to be made as large as possible."""
    ranks = [case.rank(group) for group in groups]
    scores = [score for _, score in ranks]
    flawed = sum(flaws < 0 for flaws, _ in ranks)
    return (-len(left), -flawed, round(min(scores, default=0.0), 9), sum(scores) / len(scores) if scores else 0.0)


def make_plan(
    *,
    case: Case,
    groups: list[list[int]],
    left: list[int],
    fixed: Sequence[Sequence[Id]],
    everyone: Sequence[Person],
    figures: dict[str, Any],
) -> GroupPlan:
    by_id = {person.id: person for person in everyone}
    described = [
        replace(describe_case(Case([by_id[n] for n in group], case.terms, everyone)), locked=True)
        for group in fixed
        if group
    ]
    for group in sorted(sorted(group) for group in groups):
        described.append(describe_case(Case([case.people[n] for n in group], case.terms, everyone)))
    unplaced = tuple(why(case, groups, left, n) for n in left)
    scores = [group.score for group in described]
    return GroupPlan(
        tuple(described),
        unplaced,
        {
            "people": len(everyone),
            "groups": len(described),
            "unplaced": len(unplaced),
            "broken": sum(bool(g.broken) for g in described),
            "one_institution": sum(any(r.code == "one_institution" for r in g.broken) for g in described),
            "alone": sum(any(r.code == "alone" for r in g.broken) for g in described),
            "worst": min(scores, default=None),
            "mean": round(sum(scores) / len(scores), 6) if scores else None,
            "week_patterns": len(case.patterns),
            "tzdata": clock.tzdata_version(),
            **figures,
        },
    )
