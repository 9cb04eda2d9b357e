"""Groups from a file: people and the terms in, groups with their live times and the unplaced out, with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC
from functools import partial
from typing import Any

from exchanges.matching import Reason, groups
from exchanges.matching.files import check
from exchanges.matching.files.check import Id, Record, show
from institutions.hours import WEEKDAYS

FORMAT = """\
groups: people become groups that share hours and a language
  {"people": [{"id", "institution", "country", "zone",
               "hours": [{"weekday": 0-6, "from": "HH:MM", "to": "HH:MM"}], "languages": {tag: level},
               "skill"?: number, "together"?: [ids], "apart"?: [ids], "marks"?: [names], "not_alone"?: [names]}],
   "start": date, "weeks": n, "session_minutes": n, "group_size": {"min": n, "max": n}, "locked"?: [[ids]],
   "standing"?: [[ids]], "only"?: [ids]}
gives
  {"groups": [{"members", "language", "slots": [{"week", "weekday", "utc"}], "local_times": {id: [times]},
               "weekly": [{"weekday", "time", "zone"}], "score", "reasons"}],
   "unplaced": [{"id", "reason", "change"}], "figures": {...}}
Weekday 0 is Monday. Hours are local to the person's zone; "to" may be "24:00", and a "to" before "from" runs past
midnight. Nobody is put at an hour that they did not give: without hours there is no group. Week 0 is the seven days
from "start". slots are two shared starts in each week (weekday and utc in UTC), local_times the same in each member's
own time; weekly are wall times that suit all in every week, where there are any. change is the smallest change
found that would give somebody a group, or null. locked groups stay as they are, and nobody joins them. marks are kinds
of people that somebody is of, not_alone those of which they don't want to be a group's only one. With standing, these
groups are changed with as few moves as possible; with only, just these people are placed in them."""


def run(top: Record, *, seed: int, explain: bool) -> dict[str, Any]:
    plan = _plan(read(top), seed)
    reason = partial(check.reason, words=sentence if explain else None)
    return {
        "groups": [
            {
                "members": list(group.members),
                "language": group.language,
                "language_level": group.language_level,
                "slots": [
                    {
                        "week": slot.week,
                        "weekday": slot.utc.astimezone(UTC).weekday(),
                        "utc": slot.utc.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
                    }
                    for slot in group.slots
                ],
                "local_times": {
                    n: [slot.local[n].isoformat(timespec="minutes") for slot in group.slots] for n in group.members
                },
                "weekly": [{"weekday": s.weekday, "time": s.time, "zone": s.zone} for s in group.series],
                "score": group.score,
                "shares": dict(group.shares),
                "reasons": [reason(r) for r in group.reasons],
                "broken": [reason(r) for r in group.broken],
            }
            for group in plan.groups
        ],
        "unplaced": [
            {"id": n.id, "reason": reason(n.reason), "change": reason(n.change) if n.change else None}
            for n in plan.unplaced
        ],
        "figures": dict(plan.figures),
    }


def _plan(asked: Asked, seed: int) -> groups.GroupPlan:
    people, terms = asked.people, asked.terms
    told: dict[str, Any] = {field.name: getattr(terms, field.name) for field in fields(terms)}
    if asked.standing is None:
        return groups.form_groups(people, **told, seed=seed, locked=asked.locked)
    judged = groups.judge([*asked.locked, *asked.standing], people, terms).groups
    standing = [replace(group, locked=place < len(asked.locked)) for place, group in enumerate(judged)]
    return groups.regroup(groups.GroupPlan(tuple(standing), (), {}), people, **told, only=asked.only, seed=seed)


def outcome_of(plan: groups.GroupPlan) -> list[dict[str, Any]]:
    """What two plans are compared by; the same as of the answer that a plan becomes."""
    return [
        {"members": sorted(map(str, group.members)), "language": group.language, "score": group.score}
        for group in plan.groups
    ] + [{"unplaced": str(each.id), "reason": each.reason.code} for each in plan.unplaced]


def outcome(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What two answers are compared by."""
    return [
        {"members": sorted(map(str, group["members"])), "language": group["language"], "score": group["score"]}
        for group in answer["groups"]
    ] + [{"unplaced": str(each["id"]), "reason": each["reason"]["code"]} for each in answer["unplaced"]]


def write(
    people: Sequence[groups.Person],
    terms: groups.Terms,
    locked: Iterable[Sequence[Id]] = (),
    *,
    standing: Iterable[Sequence[Id]] | None = None,
    only: Sequence[Id] | None = None,
) -> dict[str, Any]:
    """The file that gives the engine these people and terms."""
    change: dict[str, Any] = {}
    if standing is not None:
        change["standing"] = [list(group) for group in standing]
    if only is not None:
        change["only"] = list(only)
    return {
        **change,
        "start": terms.first.isoformat(),
        "weeks": terms.weeks,
        "session_minutes": terms.minutes,
        "group_size": {"min": terms.size_min, "max": terms.size_max},
        "locked": [list(group) for group in locked],
        "people": [_written(person) for person in people],
    }


def _written(person: groups.Person) -> dict[str, Any]:
    wishes = {
        "together": list(person.together),
        "apart": list(person.apart),
        "marks": sorted(person.marks),
        "not_alone": sorted(person.not_alone),
    }
    return {
        "id": person.id,
        "institution": person.institution,
        "country": person.country,
        "zone": person.zone,
        "hours": check.written_hours(person.hours),
        "languages": dict(person.languages),
        **({} if person.skill is None else {"skill": person.skill}),
        **{key: ids for key, ids in wishes.items() if ids},
    }


@dataclass(frozen=True)
class Asked:
    """`standing` holds the groups to change with as few moves as possible; None: everybody is grouped afresh."""

    people: list[groups.Person]
    terms: groups.Terms
    locked: list[tuple[Id, ...]]
    standing: list[tuple[Id, ...]] | None
    only: tuple[Id, ...] | None


def read(top: Record) -> Asked:
    """Raises WrongFile with all problems."""
    found = top.found
    people: list[groups.Person] = []
    places: list[tuple[str, Id | None]] = []
    for record in top.records("people"):
        n = record.id()
        places.append((record.where, n))
        people.append(
            groups.Person(
                0 if n is None else n,
                record.code("institution"),
                record.code("country"),
                record.zone(),
                record.hours(),
                record.languages(),
                record.read("skill", check.measure, None, needed=False),
                record.ids("together"),
                record.ids("apart"),
                frozenset(record.texts("marks")),
                frozenset(record.texts("not_alone")),
            )
        )
    _note_wishes(top, people, places)
    first = top.day("start")
    weeks, minutes = top.number("weeks", 1, 110), top.number("session_minutes", 1, 720)
    size_min, size_max = 2, 2
    size = top.record("group_size", needed=True)
    if size:
        size_min, size_max = size.number("min", 2), size.number("max", 2)
        if {"min", "max"} <= size.value.keys() and size_max < size_min:
            size.wrong("max", f"{size_max} is smaller than min, {size_min}")
        size.done()
    known = {n for _, n in places if n is not None}
    seen: set[Id] = set()
    locked = _read_groups(top, "locked", known, seen)
    standing = _read_groups(top, "standing", known, seen) if "standing" in top.value else None
    only = top.ids("only") if "only" in top.value else None
    check.note_unknown(found, "only", only or (), {str(n): n for n in known}, "person")
    top.done()
    found.settle()
    return Asked(people, groups.Terms(size_min, size_max, first, weeks, minutes), locked, standing, only)


def _read_groups(top: Record, key: str, known: set[Id], seen: set[Id]) -> list[tuple[Id, ...]]:
    """Lists of ids, nobody in two of them."""
    groups_found: list[tuple[Id, ...]] = []
    for where, item in top.items(key, needed=False):
        if not isinstance(item, list):
            top.found.wrong(where, f"must be a list, not {check.name_of(item)}")
            continue
        members: list[Id] = []
        for number, value in enumerate(item):
            try:
                member = check.identity(value)
            except ValueError as error:
                top.found.wrong(f"{where}[{number}]", str(error))
                continue
            if member in seen:
                top.found.wrong(f"{where}[{number}]", f"{show(member)} is in a group already")
            seen.add(member)
            members.append(member)
        check.note_unknown(top.found, where, members, {str(n): n for n in known}, "person")
        groups_found.append(tuple(members))
    return groups_found


def _note_wishes(top: Record, people: Sequence[groups.Person], places: Sequence[tuple[str, Id | None]]) -> None:
    known = check.note_repeated(top.found, places)
    for person, (where, n) in zip(people, places, strict=True):
        for key, named in (("together", person.together), ("apart", person.apart)):
            check.note_unknown(top.found, f"{where}.{key}", named, known, "person")
            if n is not None and n in named:
                top.found.wrong(f"{where}.{key}", f"{show(n)} is the person's own id")
        for both in sorted(set(person.together) & set(person.apart), key=groups.id_key):
            top.found.wrong(where, f"{show(both)} is in together and in apart")


# In words ------------------------------------------------------------------------------------------------------------


def sentence(reason: Reason) -> str:
    """A group's strength or broken rule, why somebody has no group, or what would help."""
    facts = {name: plain(value) for name, value in reason.facts.items()}
    if reason.code in ("starts", "language") and "without" in reason.facts:
        start = (
            f"They share no start for {facts['minutes']} minutes {facts['need']} times in every week."
            if reason.code == "starts"
            else "They share no language."
        )
        return f"{start} It would do without any one of: {facts['without']}." if reason.facts["without"] else start
    return _WORDS[reason.code].format_map(facts)


def plain(value: Any) -> str:
    """A fact as it stands in a sentence."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in value.items()) or "nothing"
    if isinstance(value, list | tuple):
        return ", ".join(_span(item) if isinstance(item, list | tuple) else str(item) for item in value)
    return str(value)


def _span(item: Sequence[Any]) -> str:
    if len(item) == 3:
        return f"{WEEKDAYS[item[0]]} {item[1]} to {item[2]}"
    return " and ".join(map(str, item))


_WORDS = {
    # A group
    "starts": "Shared starts in every one of {weeks} weeks: {starts} or more.",
    "language": "Shared language: {language}, all at {level} or better.",
    "mix": "Institutions: {institutions}; countries: {countries}.",
    "together": "Wishes to be together that were kept: {wishes}.",
    "skill": "Nearness to everyone's mean skill, from 0 to 1: {share}.",
    "size": "The group has {size} people.",
    "apart": "Kept apart from: {apart}.",
    "one_institution": "All are of {institution}.",
    "alone": "Somebody would be the only one of a kind, and said that it matters.",
    # Nobody's group
    "own_hours": "Their own hours hold {starts} starts for {minutes} minutes in some week; {need} are needed.",
    "no_language": "They have stated no language.",
    "low_language": "They speak {languages}, and {min_level} is needed.",
    "language_alone": "Nobody else speaks their languages ({languages}).",
    "too_few_people": "There are {people} people, and a group needs {need}.",
    "groups_full": "The groups that would suit them are full ({max} people).",
    "few_shared_hours": "They share enough hours and a language with {share_with} of {others} others, "
    "and found no group; it takes {need} who fit each other too.",
    # What would help
    "add_hours": "It would do if they were also free on {ranges} (their time), with {group}.",
    "add_language": "It would do if they spoke {language} at {level}, with {group}.",
    "more_people": "It would do with so many more people: {people}.",
    "drop_apart": "It would do if they could be with {with}.",
    "smaller_groups": "It would do with groups of {min}.",
    "larger_groups": "It would do with groups of up to {max}.",
}
