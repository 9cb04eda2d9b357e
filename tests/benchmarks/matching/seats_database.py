"""Places from the database and back: an intake of 100,000 learners, and what reading and writing alone would take.

Each function runs in a process of its own, on the database that DATABASE_URL names.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import subprocess
import sys
import time
from typing import Any

PLACES = 0.9  # for each learner
PARTS, CHOICES = 8, 5  # institutions of an exchange, choices of a learner


def _django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmobility.settings")
    django.setup()


def fill(learners: int, exchanges: int) -> int:
    """Learners of institutions that take part in some exchanges each; they choose among those. Answers the intake."""
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True, stdout=sys.stderr)
    _django()
    from django.db import connection, transaction
    from django.utils import timezone

    from exchanges.enums import ExchangeRole, ExchangeStatus, IntakeStatus
    from exchanges.models import Choice, ChoiceList, Exchange, ExchangeInstitution, Intake, IntakeExchange, Offer
    from institutions.models import Institution, User
    from tests.factories.offers import OfferFactory

    draw = random.Random(1)
    now = timezone.now()
    countries = ("PT", "ES", "FR", "DE", "IT", "PL", "GR", "FI", "EG", "KE", "IN", "JP")
    with transaction.atomic():
        institutions = Institution.objects.bulk_create(
            Institution(
                name=f"University {n}",
                slug=f"university-{n}",
                kind="hei",
                country=countries[n % len(countries)],
                city="Porto",
                zone="Europe/Lisbon",
                website="https://www.example.org",
                status="verified",
            )
            for n in range(max(PARTS + 2, learners // 250))
        )
        model = OfferFactory(institution=institutions[0])
        copied = {
            field.attname: getattr(model, field.attname)
            for field in Offer._meta.concrete_fields
            if not field.primary_key and not field.generated
        }
        offers = Offer.objects.bulk_create(Offer(**copied) for _ in range(exchanges))
        rooms = Exchange.objects.bulk_create(
            Exchange(
                offer=offer,
                title=f"Exchange {n}",
                status=ExchangeStatus.PLANNED,
                zone="Europe/Lisbon",
                starts=dt.date(2027, 2, 1),
                ends=dt.date(2027, 5, 1),
            )
            for n, offer in enumerate(offers)
        )
        places = learners * PLACES / exchanges / PARTS
        offered: dict[int, list[int]] = {each.pk: [] for each in institutions}
        parts = []
        intake = Intake.objects.create(
            title="Spring term",
            zone="Europe/Lisbon",
            status=IntakeStatus.CLOSED,
            opens=now - dt.timedelta(days=9),
            closes=now - dt.timedelta(days=1),
            seed=7,
        )
        entries = IntakeExchange.objects.bulk_create(
            IntakeExchange(intake=intake, exchange=room, minimum=5) for room in rooms
        )
        for number, (room, entry) in enumerate(zip(rooms, entries, strict=True)):
            for k in range(PARTS):
                institution = institutions[(number + k * (len(institutions) // PARTS)) % len(institutions)]
                offered[institution.pk].append(entry.pk)
                role = ExchangeRole.PARTNER if k else ExchangeRole.COORDINATING
                seats = int(places) + (draw.random() < places % 1)
                parts.append(ExchangeInstitution(exchange=room, institution=institution, role=role, places=seats))
        ExchangeInstitution.objects.bulk_create(parts, batch_size=5000)
        people = User.objects.bulk_create(
            (User(email=f"learner-{n}@example.org", name=f"Learner {n}", password="!") for n in range(learners)),
            batch_size=5000,
        )
        lists = ChoiceList.objects.bulk_create(
            (
                ChoiceList(
                    intake=intake, learner=person, institution=institutions[n % len(institutions)], submitted_at=now
                )
                for n, person in enumerate(people)
            ),
            batch_size=5000,
        )
        Choice.objects.bulk_create(
            (
                Choice(choice_list=each, entry_id=entry, rank=rank)
                for each in lists
                for rank, entry in enumerate(
                    draw.sample(offered[each.institution_id], min(CHOICES, len(offered[each.institution_id]))), 1
                )
            ),
            batch_size=5000,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return intake.pk


def reading_and_writing(intake: int) -> dict[str, Any]:
    """All rows that the allocation needs, by values_list, and as many results with a reason each, by bulk_create."""
    _django()
    from django.db import transaction

    from exchanges.enums import PlacementStatus
    from exchanges.matching.seats import lottery
    from exchanges.models import (
        Choice,
        ChoiceList,
        ExchangeInstitution,
        IntakeExchange,
        IntakeQuota,
        Placement,
        PriorityLine,
        ReserveMark,
    )

    begin = time.perf_counter()
    lists = list(ChoiceList.objects.filter(intake=intake).values_list("pk", "institution", "learner"))
    choices = list(
        Choice.objects.filter(choice_list__intake=intake)
        .order_by("choice_list", "rank")
        .values_list("choice_list", "entry", "rank")
    )
    list(ReserveMark.objects.filter(choice_list__intake=intake).values_list("choice_list", "mark"))
    list(PriorityLine.learners.through.objects.filter(priorityline__entry__intake=intake).values_list("user"))
    list(IntakeQuota.objects.filter(entry__intake=intake).values_list())
    list(IntakeExchange.objects.filter(intake=intake).values_list())
    list(ExchangeInstitution.objects.filter(exchange__entries__intake=intake).values_list())
    read = time.perf_counter() - begin
    missed = {"limit": "institution_quota", "places": 2, "decided_by": "lottery", "position": 14}
    missed |= {"exchange": choices[0][1], "one_more": [], "first": True}
    reason = {"code": "placed", "facts": {"rank": 2, "choices": 5, "missed": [missed]}}
    numbers = [lottery(7, number) for number, *_ in lists]
    begin = time.perf_counter()
    with transaction.atomic():
        Placement.objects.bulk_create(
            (
                Placement(
                    intake_id=intake,
                    choice_list_id=each[0],
                    entry_id=choices[0][1],
                    rank=2,
                    status=PlacementStatus.OFFERED,
                    reason=reason,
                    lottery=number,
                )
                for each, number in zip(lists, numbers, strict=True)
            ),
            batch_size=2000,
        )
    write = time.perf_counter() - begin
    Placement.objects.filter(intake=intake).delete()
    return {"seconds": read + write, "read": read, "write": write}


def carried_out(intake: int) -> dict[str, Any]:
    """The run as a worker carries it out: from its claim to its end; and the algorithm's part of that."""
    _django()
    from exchanges.actions import carry_out, runs, seats
    from exchanges.matching import seats as engine
    from exchanges.models import Intake, Placement
    from tests.benchmarks.matching.seats import make_columns

    engine.allocate_columns(make_columns(200, 10))
    run = runs.request_seats_run(actor=None, intake=Intake.objects.get(pk=intake))
    spent = {"algorithm": 0.0}
    allocate = seats.allocate_columns

    def timed(*args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        found = allocate(*args, **options)
        spent["algorithm"] = max(spent["algorithm"], time.perf_counter() - start)
        return found

    seats.allocate_columns = timed  # type: ignore[assignment]
    begin = time.perf_counter()
    finished = carry_out.carry_out_due_runs(worker="bench", run_id=run.pk)
    whole = time.perf_counter() - begin
    assert finished == 1
    rows = Placement.objects.filter(intake=intake)
    told = rows.exclude(reason={}).count()
    return {"seconds": whole, **spent, "rows": rows.count(), "told": told, "placed": rows.holding().count()}
