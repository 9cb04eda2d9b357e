"""Intakes: `intake_of(exchange, institution=lisbon)` is open; `chosen(intake, learner, exchange, ...)` submits."""

import datetime as dt

from django.utils import timezone

from exchanges.actions import carry_out, choices
from exchanges.actions import intakes as actions
from exchanges.enums import IntakeStatus
from exchanges.models import ChoiceList, Intake, IntakeExchange
from tests.factories.user import UserFactory


def intake_of(*exchanges, status=IntakeStatus.OPEN, institution=None, **kwargs) -> Intake:
    """An intake of these exchanges, opened the way it opens by itself, unless a draft is wanted."""
    now = timezone.now()
    intake = Intake.objects.create(
        title=kwargs.pop("title", "Spring term"),
        institution=institution,
        zone=kwargs.pop("zone", "Europe/Lisbon"),
        closes=kwargs.pop("closes", now + dt.timedelta(days=5)),
        created_by=kwargs.pop("created_by", None) or UserFactory(),
        **kwargs,
    )
    for exchange in exchanges:
        IntakeExchange.objects.create(intake=intake, exchange=exchange)
    if status == IntakeStatus.OPEN:
        intake = actions.open_intake(actor=None, intake=intake)
    return intake


def chosen(intake: Intake, learner, *exchanges) -> ChoiceList:
    """The learner's list, submitted."""
    entry_of = dict(intake.entries.values_list("exchange", "pk"))
    return choices.submit(actor=learner, intake=intake, entries=[entry_of[exchange.pk] for exchange in exchanges])


def allocated(intake: Intake) -> Intake:
    """Closed, with the places given by a worker."""
    actions.close_intake(actor=None, intake=intake)
    assert carry_out.carry_out_due_runs(worker="test") == 1
    intake.refresh_from_db()
    return intake


def published(intake: Intake) -> Intake:
    return actions.publish(actor=UserFactory(is_platform_admin=True), intake=allocated(intake))
