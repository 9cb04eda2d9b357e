"""Giving an intake's places: reading what the engine needs in few queries, storing what it found, what-if, comparing.

The engine is given lists and entries by their keys, never names. Everything it is given is a file as
`manage.py match seats` takes it, so a run can be repeated.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from exchanges.actions import runs
from exchanges.actions.intake_news import tell_managers
from exchanges.enums import ExchangeRole, ExchangeStatus, IntakeStatus, PlacementStatus
from exchanges.matching.seats import Allocation, Learner, Seats, allocate, balance, lottery
from exchanges.models import Choice, ChoiceList, Intake, IntakeExchange, Placement, PriorityLine, ReserveMark, Run
from institutions.actions.journal import record
from institutions.models import Institution

WHAT_IFS = 20  # exchanges below their minimum for which closing is worked out in advance
CHUNK = 2000


def carry_out_seats_run(run: Run) -> None:
    """Give the places of a closed intake, and work out what closing each exchange below its minimum would change.

    With a tolerance, the balanced allocation is worked out as well, for comparison, or as the result where the intake
    says so. The result replaces an earlier one that is still under review.
    """
    intake = Intake.objects.get(pk=run.intake_id)
    if intake.status not in (IntakeStatus.CLOSED, IntakeStatus.REVIEW):
        with runs.finishing(run, figures={"skipped": intake.status}):
            return
    assert intake.seed is not None
    Run.objects.filter(pk=run.pk).update(seed=intake.seed)
    file = match_file(intake)
    runs.begin(run, file=file)
    learners, seats = engine_input(file)
    hosts: dict[int | str, int | str] = {int(entry): host for entry, host in file["hosts"].items()}
    runs.report(run, percent=30)
    free = allocate(learners, seats, seed=intake.seed)
    balanced = None
    if intake.tolerance is not None and can_balance(seats):
        runs.report(run, percent=45)
        balanced = balance(learners, seats, hosts=hosts, tolerance=intake.tolerance, seed=intake.seed)
    runs.report(run, percent=60)
    chosen = balanced if intake.balanced and balanced is not None else free
    figures = {
        **_plain(chosen),
        "balanced": chosen is balanced,
        "learners": len(learners),
        "use": _use(learners, seats, chosen),
        "what_if": {} if chosen is balanced else _what_ifs(learners, seats, chosen, intake.seed),
        "compare": None if balanced is None else {"free": _plain(free), "balanced": _plain(balanced)},
    }
    runs.report(run, percent=80)
    outcome = [{"learner": each.learner, "exchange": each.exchange} for each in chosen.placements]
    with runs.finishing(run, figures=figures, outcome=outcome):
        intake = Intake.objects.select_for_update(of=("self",), no_key=True).get(pk=intake.pk)
        if intake.status not in (IntakeStatus.CLOSED, IntakeStatus.REVIEW):
            raise runs.LostRunError(f"intake {intake.pk} is {intake.status} now")
        store(run, intake, learners, chosen)
        if intake.status == IntakeStatus.CLOSED:
            intake.status = IntakeStatus.REVIEW
            intake.save(update_fields=["status"])
        record(
            actor=None,
            verb="intake.allocate",
            subject=intake,
            institution=intake.institution,
            run=run.pk,
            placed=len(chosen.placements),
            unplaced=len(chosen.unplaced),
        )
        tell_managers("intake_to_review", intake, key=str(run.pk), placed=len(chosen.placements))


# What the engine is given --------------------------------------------------------------------------------------------


def match_file(intake: Intake) -> dict[str, Any]:
    """The intake as `manage.py match seats` takes it; a learner's id is the key of her list, an exchange's its entry's.

    An exchange that was closed, or can take nobody any more, has no places.
    """
    countries = dict(
        Institution.objects.filter(pk__in=intake.choice_lists.values("institution")).values_list("pk", "country")
    )
    preferences: dict[int, list[int]] = {}
    choices = Choice.objects.filter(choice_list__intake=intake, choice_list__submitted_at__isnull=False)
    for number, choice in choices.order_by("choice_list", "rank").values_list("choice_list", "entry"):
        preferences.setdefault(number, []).append(choice)
    marks: dict[int, list[str]] = {}
    held = ReserveMark.objects.filter(choice_list__intake=intake).order_by("choice_list", "mark")
    for number, mark in held.values_list("choice_list", "mark"):
        marks.setdefault(number, []).append(mark)
    lists = ChoiceList.objects.submitted().filter(intake=intake).order_by("pk")
    people, number_of = [], {}
    for number, institution, learner in lists.values_list("pk", "institution", "learner"):
        number_of[learner] = number
        person = {
            "id": number,
            "institution": str(institution),
            "country": countries[institution],
            "preferences": preferences.get(number, []),
        }
        people.append(person | ({"reserved": marks[number]} if number in marks else {}))
    priority = _priorities(intake, number_of)
    entries = intake.entries.select_related("exchange").prefetch_related("exchange__parts", "quotas").order_by("pk")
    file: dict[str, Any] = {"learners": people, "exchanges": [], "hosts": {}}
    if intake.balanced and intake.tolerance is not None:
        file["reciprocity"] = {"tolerance": intake.tolerance}
    for entry in entries:
        file["exchanges"].append(_room(entry, priority.get(entry.pk, [])))
        parts = entry.exchange.parts.all()
        host = next((part for part in parts if part.role == ExchangeRole.COORDINATING), parts[0])
        file["hosts"][str(entry.pk)] = str(host.institution_id)
    return file


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


def _priorities(intake: Intake, number_of: Mapping[int, int]) -> dict[int, list[int]]:
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


def engine_input(file: Mapping[str, Any]) -> tuple[list[Learner], list[Seats]]:
    """The engine's rows of what `match_file` answers (known to be in order, so it is not checked again)."""
    learners = [
        Learner(
            each["id"],
            each["institution"],
            each["country"],
            tuple(each["preferences"]),
            frozenset(each.get("reserved", ())),
        )
        for each in file["learners"]
    ]
    seats = [
        Seats(
            each["id"],
            each["capacity"],
            each["minimum"],
            each["quotas"]["institution"],
            each["quotas"]["country"],
            each["reserves"],
            tuple(each["priority"]),
        )
        for each in file["exchanges"]
    ]
    return learners, seats


def can_balance(seats: Sequence[Seats]) -> bool:
    """A circulation keeps no reserves."""
    return not any(places for each in seats for places in each.reserves.values())


# What it found -------------------------------------------------------------------------------------------------------


def store(run: Run, intake: Intake, learners: Sequence[Learner], allocation: Allocation) -> None:
    """Replace the intake's placements. Call it with the intake locked, in the transaction that ends the run."""
    assert intake.seed is not None
    Placement.objects.filter(intake=intake).delete()
    seed = intake.seed
    common = {"intake_id": intake.pk, "run_id": run.pk}
    rows = [
        Placement(
            **common,
            choice_list_id=found.learner,
            entry_id=found.exchange,
            rank=found.rank,
            status=PlacementStatus.OFFERED,
            reason={"code": found.reason.code, "facts": dict(found.reason.facts)},
            lottery=lottery(seed, found.learner),
        )
        for found in allocation.placements
    ]
    rows += [
        Placement(
            **common,
            choice_list_id=missed.learner,
            status=PlacementStatus.WAITING,
            reason={"code": missed.reason.code, "facts": dict(missed.reason.facts)},
            lottery=lottery(seed, missed.learner),
        )
        for missed in allocation.unplaced
    ]
    for at in range(0, len(rows), CHUNK):
        Placement.objects.bulk_create(rows[at : at + CHUNK])


def _plain(allocation: Allocation) -> dict[str, Any]:
    """The figures with keys as JSON has them."""

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): plain(each) for key, each in value.items()}
        return value

    return plain(dict(allocation.figures))


def _use(learners: Sequence[Learner], seats: Sequence[Seats], allocation: Allocation) -> dict[str, Any]:
    """For each entry: places taken and asked for (first choices, any choice), and of each quota the taken places."""
    of = {learner.id: learner for learner in learners}
    use: dict[Any, dict[str, Any]] = {
        each.id: {
            "capacity": each.capacity,
            "minimum": each.minimum,
            "taken": 0,
            "first": 0,
            "asked": 0,
            "institution": {key: [0, places] for key, places in each.institution_quotas.items()},
            "country": {key: [0, places] for key, places in each.country_quotas.items()},
        }
        for each in seats
    }
    for learner in learners:
        for rank, entry in enumerate(learner.preferences):
            use[entry]["asked"] += 1
            use[entry]["first"] += rank == 0
    for found in allocation.placements:
        room, learner = use[found.exchange], of[found.learner]
        room["taken"] += 1
        for kind, key in (("institution", learner.institution), ("country", learner.country)):
            if key in room[kind]:
                room[kind][key][0] += 1
    return {str(entry): room for entry, room in use.items()}


def _what_ifs(
    learners: Sequence[Learner], seats: Sequence[Seats], allocation: Allocation, seed: int
) -> dict[str, dict[str, int]]:
    """What closing each entry below its minimum would change: who was placed there, and how many of them elsewhere."""
    short = list(allocation.figures["below_minimum"])[:WHAT_IFS]
    found = {}
    for entry in short:
        there = {each.learner for each in allocation.placements if each.exchange == entry}
        other = allocate(learners, seats, seed=seed, closed=[entry])
        found[str(entry)] = {
            "there": len(there),
            "elsewhere": sum(each.learner in there for each in other.placements),
            "placed": len(other.placements),
            "first": other.figures["by_rank"].get(1, 0),
        }
    return found
