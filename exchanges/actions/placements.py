"""What learners do with their result: confirm the place, decline it, leave the waiting list; and what the clock does.

A place that gets free goes to the next on the waiting list in the same transaction.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.enrolments import lock_exchange, place_learner
from exchanges.actions.intake_news import tell_of_placement
from exchanges.actions.runs import request_seats_run
from exchanges.actions.waiting import cascade, lock_intake
from exchanges.enums import ExchangeStatus, IntakeStatus, PlacementStatus
from exchanges.models import Enrolment, Intake, Placement
from institutions.actions.journal import record
from institutions.errors import Refused

REMIND_AHEAD = timedelta(days=2)


def confirm(*, actor, placement: Placement) -> Enrolment:
    """Take the place that was offered: it becomes the learner's enrolment. Confirming twice gives the same place."""
    with transaction.atomic():
        placement = _own(actor, placement)
        _must_be_published(placement.intake)
        if placement.status == PlacementStatus.CONFIRMED:
            assert placement.entry is not None
            return Enrolment.objects.get(exchange=placement.entry.exchange_id, learner=actor)
        _must_be_offered(placement)
        assert placement.entry is not None
        exchange = lock_exchange(placement.entry.exchange_id)
        if exchange.status != ExchangeStatus.ENROLLING:
            raise Refused(
                _("This place can't be confirmed: the exchange is %s.") % exchange.get_status_display().lower()
            )
        enrolment = place_learner(
            exchange=exchange, learner=placement.choice_list.learner, institution=placement.choice_list.institution
        )
        _settle(placement, PlacementStatus.CONFIRMED)
        record(
            actor=actor,
            verb="placement.confirm",
            subject=placement,
            institution=placement.choice_list.institution,
            enrolment=enrolment.pk,
        )
    return enrolment


def decline(*, actor, placement: Placement) -> Placement:
    """Give up the place that was offered, or one's position on the waiting list. Declining twice changes nothing."""
    with transaction.atomic():
        placement = _own(actor, placement)
        _must_be_published(placement.intake)
        if placement.status == PlacementStatus.DECLINED:
            return placement
        if not PlacementStatus(placement.status).may_become(PlacementStatus.DECLINED):
            raise Refused(_("There is nothing to decline: %s.") % placement.get_status_display().lower())
        held = placement.status == PlacementStatus.OFFERED
        _settle(placement, PlacementStatus.DECLINED)
        record(
            actor=actor,
            verb="placement.decline",
            subject=placement,
            institution=placement.choice_list.institution,
            held=held,
        )
        if held:
            cascade(placement.intake)
    return placement


def lapse_overdue(*, now: datetime | None = None, limit: int = 1000) -> int:
    """End the offers whose deadline has passed, and offer the places to the next; answers how many lapsed."""
    now = now or timezone.now()
    lapsed = 0
    due = Placement.objects.overdue(now).order_by("confirm_by", "pk")
    for pk in list(dict.fromkeys(due.values_list("intake", flat=True)[:limit])):
        with transaction.atomic():
            intake = lock_intake(pk)
            over = intake.placements.overdue(now).select_related("choice_list__learner", "choice_list__institution")
            for placement in over.select_related("entry__exchange")[:limit]:
                placement.intake = intake
                _settle(placement, PlacementStatus.LAPSED)
                record(
                    actor=None,
                    verb="placement.lapse",
                    subject=placement,
                    institution=placement.choice_list.institution,
                )
                tell_of_placement("placement_lapsed", placement)
                lapsed += 1
            cascade(intake)
    return lapsed


def remind_of_confirming(*, now: datetime | None = None, limit: int = 1000) -> int:
    """Remind once of places whose deadline is within two days (within a third of the time, where that is shorter)."""
    now = now or timezone.now()
    soon = Placement.objects.published().filter(
        status=PlacementStatus.OFFERED, reminded_at__isnull=True, confirm_by__gt=now, confirm_by__lte=now + REMIND_AHEAD
    )
    reminded = 0
    for placement in soon.select_related("choice_list__learner", "entry__exchange", "intake")[:limit]:
        assert placement.confirm_by is not None
        if placement.confirm_by - now > timedelta(days=placement.intake.confirm_days) / 3:
            continue
        with transaction.atomic():
            mine = Placement.objects.filter(pk=placement.pk, status=PlacementStatus.OFFERED, reminded_at__isnull=True)
            if mine.update(reminded_at=now):
                tell_of_placement("placement_reminder", placement)
                reminded += 1
    return reminded


def release_exchange(intake: Intake, exchange_pk: int) -> None:
    """The exchange is called off: nobody is placed there any more, and whom it was offered to waits again.

    Call it inside the transaction that holds the lock on the intake.
    """
    entry = intake.entries.select_related("exchange").get(exchange=exchange_pk)
    entry.closed = True
    entry.save(update_fields=["closed"])
    if intake.status in (IntakeStatus.CLOSED, IntakeStatus.REVIEW):
        request_seats_run(actor=None, intake=intake)
    if intake.status != IntakeStatus.PUBLISHED:
        return
    offered = intake.placements.filter(entry=entry, status=PlacementStatus.OFFERED)
    for placement in offered.select_related("choice_list__learner", "choice_list__institution", "entry__exchange"):
        placement.intake = intake
        tell_of_placement("placement_gone", placement)
        placement.entry = placement.rank = placement.confirm_by = None
        placement.reason = {"code": "cancelled", "facts": {"exchange": entry.pk}}
        placement.status = PlacementStatus.WAITING
        placement.save(update_fields=["entry", "rank", "confirm_by", "reason", "status"])
        record(actor=None, verb="placement.release", subject=placement, institution=placement.choice_list.institution)
    cascade(intake)


def _own(actor, placement: Placement) -> Placement:
    intake = lock_intake(placement.intake_id)
    placement = Placement.objects.select_related(
        "choice_list__learner", "choice_list__institution", "entry__exchange"
    ).get(pk=placement.pk)
    placement.intake = intake
    if placement.choice_list.learner_id != actor.pk:
        raise Refused(_("Only the learner can decide on this place."))
    return placement


def _must_be_published(intake: Intake) -> None:
    if intake.status != IntakeStatus.PUBLISHED:
        raise Refused(_("There is nothing to decide: the intake is %s.") % intake.get_status_display().lower())


def _must_be_offered(placement: Placement) -> None:
    if placement.status == PlacementStatus.LAPSED:
        raise Refused(_("The deadline has passed, and the place has gone to the next."))
    if placement.status != PlacementStatus.OFFERED:
        raise Refused(_("There is no place to confirm: %s.") % placement.get_status_display().lower())
    if placement.confirm_by is None or placement.confirm_by <= timezone.now():
        raise Refused(_("The deadline has passed, and the place goes to the next."))


def _settle(placement: Placement, status: PlacementStatus) -> None:
    assert PlacementStatus(placement.status).may_become(status)
    placement.status, placement.decided_at = status, timezone.now()
    placement.save(update_fields=["status", "decided_at"])
