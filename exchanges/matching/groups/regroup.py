"""Later changes: late joiners, drop-out, with as few moves as possible."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from exchanges.matching.groups.case import Case
from exchanges.matching.groups.form import make_plan
from exchanges.matching.groups.person import Id, Person, Terms
from exchanges.matching.groups.place import insert, place_all
from exchanges.matching.groups.plan import GroupPlan


def place_late(
    plan: GroupPlan,
    person: Person,
    people: Sequence[Person],
    *,
    size_min: int,
    size_max: int,
    first: date,
    weeks: int,
    minutes: int,
    min_level: str = "A1",
) -> GroupPlan:
    """The plan with a late joiner in the group where they fit best.

    Nobody else moves. `people` are those in the plan.
    """
    return regroup(
        plan,
        [*(p for p in people if p.id != person.id), person],
        size_min=size_min,
        size_max=size_max,
        first=first,
        weeks=weeks,
        minutes=minutes,
        min_level=min_level,
        only=(person.id,),
    )


def regroup(
    plan: GroupPlan,
    people: Sequence[Person],
    *,
    size_min: int,
    size_max: int,
    first: date,
    weeks: int,
    minutes: int,
    min_level: str = "A1",
    only: Sequence[Id] | None = None,
) -> GroupPlan:
    """The plan for the people who are there now, with as few moves as possible.

    Who is gone leaves; groups that still keep the rules stay as they are; people of groups that no longer do, people
    who were unplaced and people who are new are placed where they fit. With `only`, just these are placed.
    """
    terms = Terms(size_min, size_max, first, weeks, minutes, min_level)
    here = {person.id for person in people}
    fixed = [tuple(n for n in group.members if n in here) for group in plan.groups if group.locked]
    frozen = {n for group in fixed for n in group}
    case = Case([p for p in people if p.id not in frozen], terms, people)
    kept: list[list[int]] = []
    small: list[list[int]] = []
    for group in plan.groups:
        members = [case.index[n] for n in group.members if n in case.index]
        if members and not group.locked:
            (kept if only is not None or case.valid(members) else small).append(members)
    placed = {n for group in kept for n in group}
    pool = [n for n in range(len(case.people)) if n not in placed]
    if only is not None:
        newcomers = [case.index[n] for n in only if n in case.index and case.index[n] not in placed]
        left = [n for n in newcomers if not insert(case, kept, n)]
        left += [n for n in pool if n not in newcomers]
    else:
        kept, pool = _mend(case, kept, small, pool)
        kept, left = place_all(case, kept, pool)
    before = {n: group.members for group in plan.groups for n in group.members}
    now = {case.people[n].id: {case.people[m].id for m in group} for group in kept for n in group}
    moved = sum(
        1
        for n, group in now.items()
        if n in before and not set(before[n]) & (group - {n}) and len(set(before[n]) & here) > 1
    )
    return make_plan(case=case, groups=kept, left=sorted(left), fixed=fixed, everyone=people, figures={"moved": moved})


def _mend(
    case: Case, kept: list[list[int]], small: list[list[int]], pool: list[int]
) -> tuple[list[list[int]], list[int]]:
    """Complete groups that have become too small, from the pool or by one person that another group can spare."""
    loose = set(pool)
    for members in sorted(small, key=lambda group: (-len(group), group)):
        group = list(members)
        homeless = sorted(loose - {n for other in small for n in other})
        spare = [n for other in kept for n in sorted(other) if case.valid([m for m in other if m != n])]
        for n in [*homeless, *spare]:
            if len(group) >= case.terms.size_min:
                break
            home = next((other for other in kept if n in other), None)
            if home is not None and not case.valid([m for m in home if m != n]):
                continue
            if case.fits([*group, n]):
                group.append(n)
                if home is not None:
                    home.remove(n)
        if case.valid(group):
            kept.append(group)
            loose -= set(group)
    return kept, sorted(loose - {n for group in kept for n in group})
