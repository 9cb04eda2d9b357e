"""Giving an intake's places: the run, what it says about each exchange, what-if, and the results as rows."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from django.db import transaction

from exchanges.actions import runs
from exchanges.actions.intake_input import IntakeInput, intake_input
from exchanges.actions.intake_news import tell_managers
from exchanges.actions.waiting import lock_intake
from exchanges.enums import IntakeStatus, PlacementStatus
from exchanges.matching.seats import (
    Balanced,
    Places,
    allocate_columns,
    balance_columns,
    close_and_rerun,
    counted,
    lottery,
    queue_up,
    reasons,
    reciprocity,
)
from exchanges.models import Intake, Placement, Run
from institutions.actions.journal import record

WHAT_IFS = 20  # exchanges below their minimum for which closing is worked out in advance


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
    with transaction.atomic():
        given = intake_input(lock_intake(intake.pk))  # whoever takes marks back meanwhile finds what is kept of them
        runs.begin(run, file=given.file)
    runs.report(run, percent=30)
    free = allocate_columns(queue_up(given.columns))
    balanced = None
    if intake.tolerance is not None and given.can_balance:
        runs.report(run, percent=45)
        balanced = balance_columns(
            free.queues, given.columns.institution, given.hosts, tolerance=intake.tolerance, without=free
        )
    runs.report(run, percent=60)
    chosen = balanced.places if intake.balanced and balanced is not None else free
    plain_free = {**_plain(counted(free, given.entries)), "seed": intake.seed, "blocking": free.blocking}
    plain_balanced = None if balanced is None else _plain_balanced(given, balanced, intake.seed)
    figures = {
        **(plain_free if chosen is free or plain_balanced is None else plain_balanced),
        "balanced": chosen is not free,
        "use": _use(given, chosen),
        "what_if": _what_ifs(given, chosen) if chosen is free else {},
        "compare": None if balanced is None else {"free": plain_free, "balanced": plain_balanced},
    }
    runs.report(run, percent=80)
    outcome = [
        {"learner": given.lists[n], "exchange": given.entries[x]}
        for n, x in enumerate(chosen.exchange.tolist())
        if x >= 0
    ]
    with runs.finishing(run, figures=figures, outcome=outcome):
        intake = Intake.objects.select_for_update(of=("self",), no_key=True).get(pk=intake.pk)
        if intake.status not in (IntakeStatus.CLOSED, IntakeStatus.REVIEW):
            raise runs.LostRunError(f"intake {intake.pk} is {intake.status} now")
        assert intake.seed is not None
        Placement.objects.filter(intake=intake).delete()
        Placement.objects.store(intake.pk, run.pk, _rows(given, chosen, intake.seed))
        if intake.status == IntakeStatus.CLOSED:
            intake.status = IntakeStatus.REVIEW
            intake.save(update_fields=["status"])
        record(
            actor=None,
            verb="intake.allocate",
            subject=intake,
            institution=intake.institution,
            run=run.pk,
            placed=chosen.placed,
            unplaced=len(given.lists) - chosen.placed,
        )
        tell_managers("intake_to_review", intake, key=str(run.pk), placed=chosen.placed)


def _rows(given: IntakeInput, places: Places, seed: int) -> Iterator[tuple[Any, ...]]:
    """What `PlacementQuerySet.store` takes of each learner."""
    first = json.dumps({"code": "first_choice", "facts": {}})
    given_to = zip(given.lists, places.exchange.tolist(), places.rank.tolist(), strict=True)
    for (number, x, rank), why in zip(given_to, reasons(places, given.entries), strict=True):
        reason = first if rank == 1 else json.dumps({"code": why.code, "facts": why.facts})
        if rank:
            yield number, given.entries[x], rank, PlacementStatus.OFFERED.value, reason, lottery(seed, number)
        else:
            yield number, None, None, PlacementStatus.WAITING.value, reason, lottery(seed, number)


def _plain(figures: Mapping[Any, Any]) -> dict[str, Any]:
    """The figures with keys as JSON has them."""
    return {str(key): _plain(each) if isinstance(each, Mapping) else each for key, each in figures.items()}


def _plain_balanced(given: IntakeInput, found: Balanced, seed: int) -> dict[str, Any]:
    codes: dict[int | str, int] = {name: code for code, name in enumerate(given.institutions)}
    figures = counted(found.places, given.entries) | {"reciprocity": reciprocity(found, codes)}
    return {**_plain(figures), "seed": seed, "cost": found.cost, "blocking": found.places.blocking}


def _use(given: IntakeInput, places: Places) -> dict[str, Any]:
    """For each entry: places taken and asked for (first choices, any choice), and of each quota the taken places."""
    columns, q = given.columns, places.queues
    begins = q.start[:-1][np.diff(q.start) > 0]
    counts = (
        q.capacity,
        q.minimum,
        places.taken,
        np.bincount(q.exchange[begins], minlength=columns.exchanges),
        np.bincount(q.exchange, minlength=columns.exchanges),
    )
    names = ("capacity", "minimum", "taken", "first", "asked")
    use: list[dict[str, Any]] = [
        dict(zip(names, row, strict=True)) for row in zip(*(each.tolist() for each in counts), strict=True)
    ]
    has = places.exchange >= 0
    for kind, home, quotas, names_of in (
        ("institution", columns.institution, columns.institution_quotas, given.institutions),
        ("country", columns.country, columns.country_quotas, given.countries),
    ):
        inside = Counter(zip(places.exchange[has].tolist(), home[has].tolist(), strict=True))
        for room, known in zip(use, given.file["exchanges"], strict=True):
            room[kind] = {name: [0, most] for name, most in known["quotas"][kind].items()}
        for x, code, _ in quotas.tolist():
            use[x][kind][names_of[code]][0] = inside[x, code]
    return {str(entry): room for entry, room in zip(given.entries, use, strict=True)}


def _what_ifs(given: IntakeInput, places: Places) -> dict[str, dict[str, int]]:
    """What closing each entry below its minimum would change: who was placed there, and how many of them elsewhere."""
    found = {}
    for x in np.flatnonzero(places.short)[:WHAT_IFS].tolist():
        there = places.exchange == x
        other = close_and_rerun(places, np.array([x]), explained=False)
        found[str(given.entries[x])] = {
            "there": int(np.count_nonzero(there)),
            "elsewhere": int(np.count_nonzero(other.rank[there])),
            "placed": other.placed,
            "first": int(np.count_nonzero(other.rank == 1)),
        }
    return found
