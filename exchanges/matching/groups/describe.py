"""A group as it stands: its score, the rules it breaks, its hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from exchanges.matching import CEFR_NAMES, Reason
from exchanges.matching.groups.case import Case, Facts
from exchanges.matching.groups.person import MIN_STARTS, Person, Terms
from exchanges.matching.groups.plan import Group, GroupSlot, Series
from exchanges.matching.slots import burden
from institutions import hours as clock


def describe_group(
    people: Sequence[Person],
    *,
    size_min: int,
    size_max: int,
    first: date,
    weeks: int,
    minutes: int,
    everyone: Sequence[Person] = (),
    min_level: str = "A1",
) -> Group:
    """Any group as it stands, for the board: score, broken rules, slots.

    `everyone` in the exchange gives the mean skill that the group is measured by, and whether mixing is possible.
    """
    case = Case(people, Terms(size_min, size_max, first, weeks, minutes, min_level), everyone)
    return describe_in(case, range(len(people)))


def describe_in(case: Case, members: Sequence[int]) -> Group:
    """Some of a case as a group, with its hours."""
    found = stand_of(case, members)
    if not found.starts:
        return found
    series, slots = live_times([case.people[n] for n in members], case.terms)
    return replace(found, series=series, slots=slots)


def stand_of(case: Case, members: Sequence[int]) -> Group:
    """Some of a case as a group: score, broken rules and reasons, without its hours (`series`, `slots`)."""
    terms = case.terms
    size = {"size": len(members), "min": terms.size_min, "max": terms.size_max}
    if not members:
        return Group((), 0.0, {}, (Reason("size", size),), (), None, None, 0, (), ())
    people = [case.people[n] for n in members]
    facts = case.facts(members)
    shares = case.shares(members, facts.starts, facts.spoken)
    broken: list[Reason] = []
    if not terms.size_min <= len(members) <= terms.size_max:
        broken.append(Reason("size", size))
    if facts.starts < MIN_STARTS:
        hours: dict[str, Any] = {"starts": facts.starts, "need": MIN_STARTS, "minutes": terms.minutes}
        helpers = _who_blocks(case, members, lambda rest: rest.starts >= MIN_STARTS)
        broken.append(Reason("starts", {**hours, **helpers}))
    if not facts.spoken:
        broken.append(Reason("language", _who_blocks(case, members, lambda rest: bool(rest.spoken))))
    if not facts.apart:
        both = [(n, m) for n in members for m in members if n < m and case.apart[n] >> m & 1]
        pairs = [[case.people[n].id, case.people[m].id] for n, m in both]
        broken.append(Reason("apart", {"pairs": pairs}))
    if case.mixable and not facts.mixed:
        broken.append(Reason("one_institution", {"institution": people[0].institution}))
    if not facts.company:
        # Neither of what kind nor who: that is between them and the search.
        broken.append(Reason("alone", {}))
    language, level = language_name(case, facts.spoken)
    reasons = [Reason("starts", {"starts": facts.starts, "weeks": terms.weeks})]
    if language:
        reasons.append(Reason("language", {"language": language, "level": level}))
    institutions, countries = ({p.institution for p in people}, {p.country for p in people})
    reasons.append(Reason("mix", {"institutions": len(institutions), "countries": len(countries)}))
    ids = {person.id for person in people}
    pairs_kept = sum(other in ids for person in people for other in person.together)
    if pairs_kept:
        reasons.append(Reason("together", {"wishes": pairs_kept}))
    if "skill" in shares:
        reasons.append(Reason("skill", {"share": round(shares["skill"], 2)}))
    return Group(
        tuple(person.id for person in people),
        round(case.score(members, facts.starts, facts.spoken), 6),
        {name: round(share, 4) for name, share in shares.items()},
        tuple(broken),
        tuple(reasons),
        language,
        level,
        facts.starts,
        (),
        (),
    )


def _who_blocks(case: Case, members: Sequence[int], fine: Callable[[Facts], bool]) -> dict[str, Any]:
    """The members of whom any one would have to leave to mend the rule."""
    if len(members) < 2:
        return {"without": []}
    return {"without": [case.people[n].id for n in members if fine(case.facts([m for m in members if m != n]))]}


def language_name(case: Case, spoken: int) -> tuple[str | None, str | None]:
    level = case.level_of(spoken)
    if not level or not case.spoken:
        return None, None
    at = spoken >> ((level - 1) * len(case.tags))
    return case.tags[(at & -at).bit_length() - 1], CEFR_NAMES[level]


def live_times(people: Sequence[Person], terms: Terms) -> tuple[tuple[Series, ...], tuple[GroupSlot, ...]]:
    """Weekly wall times that hold in every week, and two starts in each week (those of the series where there are)."""
    members = [(person.hours, person.zone) for person in people]
    by_zone = Counter(person.zone for person in people)
    found: list[clock.SharedStart] = []
    for zone in sorted(by_zone, key=lambda z: (-by_zone[z], z)):
        found = clock.shared_starts(members, terms.first, terms.last, terms.minutes, governing=zone)
        if found:
            break
    chosen = _least_burden([start.utc for start in found], people, terms.minutes, 6)
    by_instant = {start.utc: start for start in found}
    best = [by_instant[utc] for utc in chosen]
    series = tuple(Series(s.zone, s.weekday, s.time.strftime("%H:%M")) for s in best)
    weekly = [list(clock.occurrences(s.slot, s.zone, terms.first, terms.last)) for s in best[:MIN_STARTS]]
    slots: list[GroupSlot] = []
    own = None if len(weekly) == MIN_STARTS else clock.weekly_starts(members, terms.first, terms.weeks, terms.minutes)
    for week in range(terms.weeks):
        if own is None:
            instants = sorted(times[week] for times in weekly)
        else:
            instants = sorted(_least_burden(own[week].starts, people, terms.minutes, MIN_STARTS))
        for utc in instants:
            slots.append(GroupSlot(week, utc, {p.id: clock.local(utc, p.zone) for p in people}))
    return series, tuple(slots)


def _least_burden(instants: Sequence[datetime], people: Sequence[Person], minutes: int, limit: int) -> list[datetime]:
    """The instants that cost the people least: on different days where possible, else so that no two overlap."""
    zones = Counter(person.zone for person in people)

    def cost(utc: datetime) -> tuple[int, datetime]:
        ends = utc + timedelta(minutes=max(0, minutes - 15))
        return (
            sum(
                count * max(burden(clock.local(utc, zone).time()), burden(clock.local(ends, zone).time()))
                for zone, count in zones.items()
            ),
            utc,
        )

    ordered = sorted(instants, key=cost)
    length = timedelta(minutes=minutes)
    chosen: list[datetime] = []
    for suits in (
        lambda utc, other: utc.date() != other.date(),
        lambda utc, other: abs(utc - other) >= length,
        lambda utc, other: utc != other,
    ):
        for utc in ordered:
            if len(chosen) < limit and all(suits(utc, other) for other in chosen):
                chosen.append(utc)
    return chosen
