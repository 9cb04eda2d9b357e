"""Why somebody has no group, and the smallest change that would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from typing import Any

from exchanges.matching import Reason
from exchanges.matching.groups.case import WEEK_MASK, Case
from exchanges.matching.groups.describe import language_name
from exchanges.matching.groups.person import MIN_STARTS
from exchanges.matching.groups.plan import Unplaced
from exchanges.matching.slots import burden
from institutions import hours as clock
from institutions.hours import WeekHours


def why(case: Case, groups: list[list[int]], left: list[int], n: int) -> Unplaced:
    """The first of these that is true.

    Own hours, language, too few people, wishes apart, full groups, shared hours.
    """
    person, terms = case.people[n], case.terms
    facts: dict[str, Any]
    own = case.fewest(case.bits[n])
    targets = [*groups, *_possible_partners(case, left, n)]
    if own < MIN_STARTS:
        facts = {"starts": own, "need": MIN_STARTS, "minutes": terms.minutes, "half_hours": len(person.hours)}
        return Unplaced(person.id, Reason("own_hours", facts), _add_hours(case, targets, n))
    if not case.languages[n]:
        code = "low_language" if person.languages else "no_language"
        facts = {"languages": dict(sorted(person.languages.items())), "min_level": terms.min_level}
        return Unplaced(person.id, Reason(code, facts), _add_language(case, targets, n))
    if len(case.people) < terms.size_min:
        facts = {"people": len(case.people), "need": terms.size_min}
        missing = terms.size_min - len(case.people)
        return Unplaced(person.id, Reason("too_few_people", facts), Reason("more_people", {"people": missing}))
    others = [m for m in range(len(case.people)) if m != n]
    if not any(case.languages[n] & case.languages[m] for m in others):
        facts = {"languages": dict(sorted(person.languages.items()))}
        return Unplaced(person.id, Reason("language_alone", facts), _add_language(case, targets, n))
    wished = [group for group in groups if _size_fits(case, group) and _fits_but_apart(case, group, n)]
    if wished:
        clash = [case.people[m].id for m in wished[0] if case.apart[n] >> m & 1]
        reason = Reason("apart", {"apart": sorted(case.people[m].id for m in others if case.apart[n] >> m & 1)})
        return Unplaced(person.id, reason, Reason("drop_apart", {"with": clash}))
    full = [group for group in groups if len(group) == terms.size_max and case.fits([*group, n])]
    if full:
        facts = {"people": len(case.people), "min": terms.size_min, "max": terms.size_max, "groups": len(groups)}
        return Unplaced(person.id, Reason("groups_full", facts), Reason("larger_groups", {"max": terms.size_max + 1}))
    sharing = sum(
        case.fewest(case.bits[n] & case.bits[m]) >= MIN_STARTS and bool(case.languages[n] & case.languages[m])
        for m in others
    )
    facts = {"share_with": sharing, "need": terms.size_min - 1, "others": len(others), "minutes": terms.minutes}
    change = _add_hours(case, targets, n) or _add_language(case, targets, n) or _smaller_groups(case, left, n)
    return Unplaced(person.id, Reason("few_shared_hours", facts), change)


def _size_fits(case: Case, group: Sequence[int]) -> bool:
    return case.terms.size_min <= len(group) + 1 <= case.terms.size_max


def _fits_but_apart(case: Case, group: Sequence[int], n: int) -> bool:
    found = case.facts([*group, n])
    return found.starts >= MIN_STARTS and bool(found.spoken) and not found.apart


def _possible_partners(case: Case, left: list[int], n: int) -> list[list[int]]:
    """Unplaced people who would be a group if this person joined them."""
    found: list[int] = []
    for m in left:
        if m != n and len(found) < case.terms.size_min - 1 and case.languages[m] and case.fits([*found, m]):
            found.append(m)
    return [found] if len(found) == case.terms.size_min - 1 else []


def _smaller_groups(case: Case, left: list[int], n: int) -> Reason | None:
    """Whether one person less in a group would make one of this person and others without a group (checked)."""
    least = case.terms.size_min - 1
    found = [n]
    for m in left:
        if m != n and len(found) < least and case.fits([*found, m]):
            found.append(m)
    return Reason("smaller_groups", {"min": least}) if 2 <= least == len(found) else None


def _add_hours(case: Case, targets: list[list[int]], n: int) -> Reason | None:
    """The fewest half-hours that this person would have to add to fit one of the groups with room (checked)."""
    person, terms = case.people[n], case.terms
    best: tuple[tuple[Any, ...], Reason] | None = None
    for group in targets:
        if not _size_fits(case, group):
            continue
        spoken = case.languages[n]
        for m in group:
            spoken &= case.languages[m]
        if not spoken or any(case.apart[n] >> m & 1 for m in group):
            continue
        members = [(WeekHours(WEEK_MASK), person.zone), *((case.people[m].hours, case.people[m].zone) for m in group)]
        free = {
            s.slot for s in clock.shared_starts(members, terms.first, terms.last, terms.minutes, governing=person.zone)
        }
        length = MIN_STARTS - 1 + -(-terms.minutes // 30)
        for slot in sorted(free):
            if not all(slot + k in free for k in range(MIN_STARTS)):
                continue
            span = WeekHours.from_slots((slot + k) % clock.SLOTS for k in range(length))
            missing = span - person.hours
            cost = sum(burden(time(s % 48 // 2, s % 2 * 30)) for s in missing)
            key = (cost >= 4 * len(missing), len(missing), cost, slot)
            if best is not None and key >= best[0]:
                continue
            helped = replace(person, hours=person.hours | span)
            if Case([helped, *(case.people[m] for m in group)], terms).fits(range(len(group) + 1)):
                ranges = [[r.weekday, r.start_text, r.end_text] for r in missing.ranges()]
                best = (key, Reason("add_hours", {"ranges": ranges, "group": [case.people[m].id for m in group]}))
    return best[1] if best else None


def _add_language(case: Case, targets: list[list[int]], n: int) -> Reason | None:
    """The lowest level of a language that would let this person join one of the groups with room (checked)."""
    for group in targets:
        if not _size_fits(case, group):
            continue
        spoken, bits = -1, case.bits[n]
        for m in group:
            spoken &= case.languages[m]
            bits &= case.bits[m]
        if (
            not spoken
            or not case.spoken
            or case.fewest(bits) < MIN_STARTS
            or any(case.apart[n] >> m & 1 for m in group)
        ):
            continue
        language, _ = language_name(case, spoken)
        facts = {"language": language, "level": case.terms.min_level, "group": [case.people[m].id for m in group]}
        return Reason("add_language", facts)
    return None
