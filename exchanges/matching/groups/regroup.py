"""Later changes: late joiners, and drop-out, with as few moves as possible.

A group that loses people stays itself: whoever is in another group than before has moved. The aim, in this order:
fewest people without a group, fewest groups that break a rule, fewest moves, the best worst score, the best mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from exchanges.matching.groups.case import Case
from exchanges.matching.groups.form import make_plan
from exchanges.matching.groups.person import Id, Person, Terms
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

    With those whom they wish to be with where that breaks no rule. Nobody else moves. `people` are those in the plan.
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
    seed: int = 0,
) -> GroupPlan:
    """The plan for the people who are there now, with as few moves as possible.

    Who is gone leaves; people who were unplaced or are new are placed; others move only where it takes that to place
    somebody or to keep a rule. Locked groups stay as they are. With `only`, just these are placed and nobody moves.
    `was` of each group says which group of the plan before it carries on; `moved` in the figures counts the moves.
    """
    terms = Terms(size_min, size_max, first, weeks, minutes, min_level)
    here = {person.id for person in people}
    fixed = [tuple(n for n in group.members if n in here) for group in plan.groups if group.locked]
    frozen = {n for group in fixed for n in group}
    case = Case([p for p in people if p.id not in frozen], terms, people)
    before: list[list[int]] = []
    places: list[int] = []
    for place, group in enumerate(plan.groups):
        members = [case.index[n] for n in group.members if n in case.index]
        if members and not group.locked:
            before.append(members)
            places.append(place)
    if only is not None:
        after = [list(group) for group in before]
        left = [n for n in range(len(case.people)) if not any(n in group for group in before)]
        for n in [case.index[n] for n in only if n in case.index]:
            if n in left and _join(case, after, n):
                left.remove(n)
    else:
        # Imported on use: it brings a compiler.
        from exchanges.matching.groups.mend import mend

        after, left = mend(case, before, seed)
    home = {n: g for g, group in enumerate(before) for n in group}
    moved = sum(home.get(n, g) != g for g, group in enumerate(after) for n in group)
    was = {tuple(sorted(group)): places[g] for g, group in enumerate(after) if g < len(places)}
    return make_plan(
        case=case,
        groups=[group for group in after if group],
        left=sorted(left),
        fixed=fixed,
        everyone=people,
        figures={"moved": moved},
        was=was,
    )


def _join(case: Case, groups: list[list[int]], n: int) -> bool:
    """Put somebody into the group where they fit best; False where none has room for them."""
    fits = [
        (_wished(case, group, n), case.rank([*group, n]), -g)
        for g, group in enumerate(groups)
        if case.valid([*group, n])
    ]
    if not fits:
        return False
    groups[-max(fits)[2]].append(n)
    return True


def _wished(case: Case, group: Sequence[int], n: int) -> int:
    """How many of a group they wish to be with, or wish to be with them."""
    person = case.people[n]
    return sum(case.people[m].id in person.together or person.id in case.people[m].together for m in group)
