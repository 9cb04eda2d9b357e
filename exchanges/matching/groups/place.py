"""Put people into groups that stand, with as few moves as possible."""

from __future__ import annotations

from collections import Counter

from exchanges.matching.groups.case import Case


def place_all(case: Case, groups: list[list[int]], pool: list[int]) -> tuple[list[list[int]], list[int]]:
    """Place people into groups with as few moves as possible; returns the groups and who is left.

    Each is put where it fits best; else makes room by moving one person on; else the pool forms groups of its own,
    with people whom their groups can spare.
    """
    groups = [list(group) for group in groups]
    left = sorted(set(pool))
    changed = True
    while changed and left:
        changed = False
        for n in list(left):
            if insert(case, groups, n) or _insert_by_moving(case, groups, n):
                left.remove(n)
                changed = True
        new = _new_group(case, groups, left)
        if new:
            left = [n for n in left if n not in new]
            for group in groups:
                group[:] = [n for n in group if n not in new]
            groups.append(sorted(new))
            changed = True
    return groups, left


def insert(case: Case, groups: list[list[int]], n: int) -> bool:
    fits = [(case.rank([*group, n]), -g) for g, group in enumerate(groups) if case.valid([*group, n])]
    if not fits:
        return False
    groups[-max(fits)[1]].append(n)
    return True


def _insert_by_moving(case: Case, groups: list[list[int]], n: int) -> bool:
    """Take somebody's place who fits elsewhere."""
    for group in groups:
        for out in sorted(group):
            swapped = [m for m in group if m != out] + [n]
            if case.valid(swapped):
                others = [other for other in groups if other is not group]
                if insert(case, others, out):
                    group[:] = swapped
                    return True
    return False


def _new_group(case: Case, groups: list[list[int]], left: list[int]) -> list[int]:
    """A new group around people of the pool, completed from groups that stay whole without the one they give."""
    spare = [n for group in groups for n in sorted(group) if case.valid([m for m in group if m != n])]
    origin = {n: g for g, group in enumerate(groups) for n in group}
    for start in left:
        new = [start]
        given: Counter[int] = Counter()
        for n in [*(m for m in left if m != start), *spare]:
            if len(new) >= case.terms.size_min:
                break
            if n in origin:
                group = groups[origin[n]]
                if given[origin[n]] or not case.valid([m for m in group if m != n]):
                    continue
            if case.fits([*new, n]):
                new.append(n)
                if n in origin:
                    given[origin[n]] += 1
        if case.valid(new):
            return new
    return []
