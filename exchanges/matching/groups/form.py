"""Everybody in a group or among the unplaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from exchanges.matching.groups.case import Case
from exchanges.matching.groups.describe import describe_in
from exchanges.matching.groups.person import Id, Person, Terms
from exchanges.matching.groups.plan import GroupPlan
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
    # Imported on use: it brings a compiler, which whoever only judges groups can do without.
    from exchanges.matching.groups.search import solve

    found, dropped = solve(case, seed)
    return make_plan(
        case=case,
        groups=found.groups,
        left=found.left,
        fixed=fixed,
        everyone=people,
        figures={"together_dropped": dropped, "method": found.method, "proven": found.proven, "seed": seed},
    )


def make_plan(
    *,
    case: Case,
    groups: list[list[int]],
    left: list[int],
    fixed: Sequence[Sequence[Id]],
    everyone: Sequence[Person],
    figures: dict[str, Any],
    was: Mapping[tuple[int, ...], int] | None = None,
) -> GroupPlan:
    by_id = {person.id: person for person in everyone}
    locked = Case([by_id[n] for group in fixed for n in group], case.terms, everyone)
    described = [
        replace(describe_in(locked, sorted(locked.index[n] for n in group)), locked=True) for group in fixed if group
    ]
    for group in sorted(sorted(group) for group in groups):
        found = describe_in(case, group)
        described.append(replace(found, was=was.get(tuple(group))) if was else found)
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
