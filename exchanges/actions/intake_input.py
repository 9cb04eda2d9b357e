"""What the engine of places is given of an intake: lists and entries by their keys, never names.

It is read in few queries, as columns for the engine and as a file as `manage.py match seats` takes it, by which a run
can be explained and repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exchanges.enums import ExchangeRole, ExchangeStatus
from exchanges.matching.seats import Columns, draw, lottery
from exchanges.models import Choice, ChoiceList, Intake, IntakeExchange, PriorityLine, ReserveMark
from exchanges.models.columns import number_columns
from institutions.models import Institution


@dataclass(frozen=True, eq=False)
class IntakeInput:
    """Learners are places in `lists` (keys of their lists), exchanges are places in `entries`, hosts are codes."""

    file: dict[str, Any]
    columns: Columns
    lists: list[int]
    entries: list[int]
    institutions: list[str]
    countries: list[str]
    hosts: Any

    @property
    def can_balance(self) -> bool:
        """A circulation keeps no reserves."""
        return not self.columns.reserves[:, 2].any()


def intake_input(intake: Intake) -> IntakeInput:
    """An exchange that was closed, or can take nobody any more, has no places."""
    assert intake.seed is not None
    submitted = ChoiceList.objects.submitted().filter(intake=intake).order_by("pk")
    lists, home, people = number_columns(submitted, "pk", "institution", "learner")
    chosen = Choice.objects.filter(choice_list__intake=intake, choice_list__submitted_at__isnull=False).order_by()
    asking, wish, rank = number_columns(chosen, "choice_list", "entry", "rank")
    in_order = np.lexsort((rank, asking))
    learner, wish = np.searchsorted(lists, asking[in_order]), wish[in_order]
    start = np.zeros(len(lists) + 1, np.int64)
    np.cumsum(np.bincount(learner, minlength=len(lists)), out=start[1:])
    marks: dict[int, list[str]] = {}
    said = ReserveMark.objects.filter(choice_list__intake=intake).order_by("choice_list", "mark")
    for number, mark in said.values_list("choice_list", "mark"):
        marks.setdefault(number, []).append(mark)
    numbers = lists.tolist()
    priority = _priorities(intake, dict(zip(people.tolist(), numbers, strict=True)))
    entries = intake.entries.select_related("exchange").prefetch_related("exchange__parts", "quotas").order_by("pk")
    rooms, hosts = [], {}
    for entry in entries:
        rooms.append(_room(entry, priority.get(entry.pk, [])))
        parts = entry.exchange.parts.all()
        host = next((part for part in parts if part.role == ExchangeRole.COORDINATING), parts[0])
        hosts[str(entry.pk)] = str(host.institution_id)
    file: dict[str, Any] = {
        "learners": _people(numbers, home.tolist(), start.tolist(), wish.tolist(), marks),
        "exchanges": rooms,
        "hosts": hosts,
    }
    if intake.balanced and intake.tolerance is not None:
        file["reciprocity"] = {"tolerance": intake.tolerance}
    return _in_columns(file, (lists, home, start, wish), marks, intake.seed)


def _people(
    numbers: list[int], home: list[int], start: list[int], wish: list[int], marks: dict[int, list[str]]
) -> list[dict[str, Any]]:
    countries = dict(Institution.objects.filter(pk__in=set(home)).values_list("pk", "country"))
    names = {institution: str(institution) for institution in countries}
    people: list[dict[str, Any]] = [
        {
            "id": number,
            "institution": names[institution],
            "country": countries[institution],
            "preferences": wish[start[n] : start[n + 1]],
        }
        for n, (number, institution) in enumerate(zip(numbers, home, strict=True))
    ]
    for person in people if marks else ():
        if person["id"] in marks:
            person["reserved"] = marks[person["id"]]
    return people


def _room(entry: IntakeExchange, priority: list[int]) -> dict[str, Any]:
    parts = entry.exchange.parts.all()
    open_ = not entry.closed and entry.exchange.status in (ExchangeStatus.PLANNED, ExchangeStatus.ENROLLING)
    by_institution = {part.institution_id: part.free for part in parts}
    free = sum(by_institution.values())
    by_country = {}
    for quota in entry.quotas.all():
        if quota.institution_id is None:
            by_country[quota.country] = quota.places
        elif quota.institution_id in by_institution:
            by_institution[quota.institution_id] = min(by_institution[quota.institution_id], quota.places)
    return {
        "id": entry.pk,
        "capacity": (free if entry.capacity is None else min(free, entry.capacity)) if open_ else 0,
        "minimum": entry.minimum if open_ else 0,
        "quotas": {"institution": {str(pk): places for pk, places in by_institution.items()}, "country": by_country},
        "reserves": entry.reserves,
        "priority": priority,
    }


def _priorities(intake: Intake, number_of: dict[int, int]) -> dict[int, list[int]]:
    """Learners (by list) who come first in each entry: line by line, within a line by the lottery."""
    assert intake.seed is not None
    found: dict[int, dict[int, tuple[int, str]]] = {}
    rows = PriorityLine.learners.through.objects.filter(priorityline__entry__intake=intake)
    for entry, line, learner in rows.values_list("priorityline__entry", "priorityline__number", "user"):
        if (number := number_of.get(learner)) is not None:
            place = (line, lottery(intake.seed, number))
            known = found.setdefault(entry, {})
            known[number] = min(place, known.get(number, place))
    return {entry: sorted(places, key=lambda number: places[number]) for entry, places in found.items()}


def _in_columns(
    file: dict[str, Any], read: tuple[Any, Any, Any, Any], marks: dict[int, list[str]], seed: int
) -> IntakeInput:
    """What was read of lists and choices, and the file's exchanges, with codes for names."""
    lists, home, start, wish = read
    rooms = file["exchanges"]
    entries = np.array([room["id"] for room in rooms], np.int64)
    # Institutions: those of learners and those that exchanges name.
    institutions = {str(pk): code for code, pk in enumerate(np.unique(home).tolist())}
    for name in (*file["hosts"].values(), *(name for room in rooms for name in room["quotas"]["institution"])):
        institutions.setdefault(name, len(institutions))
    countries: dict[str, int] = {}
    land = np.zeros(len(institutions), np.int32)
    for person in file["learners"]:
        land[institutions[person["institution"]]] = countries.setdefault(person["country"], len(countries))
    institution = np.searchsorted(np.unique(home), home).astype(np.int32)
    place = {number: n for n, number in enumerate(lists.tolist())} if any(room["priority"] for room in rooms) else {}
    bits = {name: bit for bit, name in enumerate(sorted({name for room in rooms for name in room["reserves"]}))}
    marked = np.zeros(len(lists), np.uint64)
    for number, names in marks.items():
        at = int(np.searchsorted(lists, number))
        if at < len(lists) and lists[at] == number:
            marked[at] = sum(1 << bits[name] for name in names if name in bits)
    columns = Columns(
        institution=institution,
        country=land[institution],
        start=start,
        choices=np.searchsorted(entries, wish).astype(np.int32),
        draw=draw(seed, lists.tolist()),
        marks=marked,
        capacity=np.array([room["capacity"] for room in rooms], np.int32),
        minimum=np.array([room["minimum"] for room in rooms], np.int32),
        institution_quotas=_table(
            (x, institutions[name], places)
            for x, room in enumerate(rooms)
            for name, places in room["quotas"]["institution"].items()
        ),
        country_quotas=_table(
            (x, countries[name], places)
            for x, room in enumerate(rooms)
            for name, places in room["quotas"]["country"].items()
            if name in countries
        ),
        reserves=_table(
            (x, bits[name], places) for x, room in enumerate(rooms) for name, places in room["reserves"].items()
        ),
        priority=_table(((x, place[n]) for x, room in enumerate(rooms) for n in room["priority"]), width=2),
    )
    codes: Sequence[int] = [institutions[file["hosts"][str(entry)]] for entry in entries.tolist()]
    return IntakeInput(
        file=file,
        columns=columns,
        lists=lists.tolist(),
        entries=entries.tolist(),
        institutions=list(institutions),
        countries=list(countries),
        hosts=np.array(codes, np.int64),
    )


def _table(rows: Any, width: int = 3) -> Any:
    return np.array(list(rows), np.int32).reshape(-1, width)
