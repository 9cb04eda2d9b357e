"""Preparing intakes, opening and closing them, publishing their result, ending them, calling them off.

Whoever changes the state of an intake holds the lock on its row; its exchanges are locked after it.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exchanges.actions import intake_news as news
from exchanges.actions.catalogue import mark_changed
from exchanges.actions.confidences import forget_marks
from exchanges.actions.intake_checks import missing_before_opening
from exchanges.actions.runs import cancel_runs, request_seats_run
from exchanges.actions.waiting import deadline, lock_intake
from exchanges.enums import ExchangeStatus, IntakeStatus, PlacementStatus
from exchanges.models import Exchange, Intake, IntakeExchange, Run
from institutions.actions.journal import record
from institutions.enums import PartnershipStatus, Role
from institutions.errors import Refused
from institutions.models import Institution, Membership, Partnership

EDITABLE = (IntakeStatus.DRAFT, IntakeStatus.OPEN, IntakeStatus.CLOSED, IntakeStatus.REVIEW)
REMIND_AHEAD = timedelta(days=3)
LONGEST = timedelta(days=3 * 366)
ALWAYS = ("title", "summary", "confirm_days")  # what may change as long as nothing is published
WHILE_OPEN = (*ALWAYS, "closes")  # what may change while learners choose


def may_manage(user, intake: Intake) -> bool:
    """Platform admins, and the coordinators of the institution that runs it."""
    if not (user.is_authenticated and user.is_active):
        return False
    if user.is_platform_admin:
        return True
    mine = Membership.objects.active().of(user, Role.COORDINATOR)
    return intake.institution_id is not None and mine.filter(institution=intake.institution_id).exists()


def create_intake(
    *, actor, institution: Institution | None, partnership: Partnership | None, details: Mapping[str, Any]
) -> Intake:
    """Prepare an intake for the institution that runs it, or for the platform (platform admins only).

    `details` are title, summary, zone, opens, closes, max_choices, confirm_days and tolerance. A partnership makes the
    exchanges of its parties eligible.
    """
    with transaction.atomic():
        intake = Intake(institution=institution, partnership=partnership, created_by=actor, **details)
        must_manage(actor, intake)
        _check(intake)
        intake.save()
        record(actor=actor, verb="intake.create", subject=intake, institution=institution)
    return intake


def edit_intake(*, actor, intake: Intake, changes: Mapping[str, Any]) -> Intake:
    """Change what the state still allows: all of a draft; of an open one its texts, its end and the days to confirm."""
    with transaction.atomic():
        intake = lock_intake(intake.pk)
        must_manage(actor, intake)
        if intake.status not in EDITABLE:
            raise Refused(_("This intake can't be changed any more."))
        changed = {name: value for name, value in changes.items() if getattr(intake, name) != value}
        allowed = {IntakeStatus.DRAFT: None, IntakeStatus.OPEN: WHILE_OPEN}.get(IntakeStatus(intake.status), ALWAYS)
        if allowed is not None and (late := [name for name in changed if name not in allowed]):
            raise Refused(_("Learners rely on this: it can't be changed once the intake has opened."), late[0])
        before = {name: str(getattr(intake, name)) for name in changed}
        for name, value in changed.items():
            setattr(intake, name, value)
        _check(intake)
        if intake.status == IntakeStatus.OPEN and intake.closes <= timezone.now():
            raise Refused(_("It is open: let it close at a time to come."), "closes")
        if "closes" in changed:
            intake.closing_reminded_at = None
        intake.save()
        if changed:
            record(
                actor=actor,
                verb="intake.edit",
                subject=intake,
                institution=intake.institution,
                changes={name: [before[name], str(value)] for name, value in changed.items()},
            )
    return intake


def open_intake(*, actor, intake: Intake) -> Intake:
    """Let learners choose from now on; direct enrolment in the exchanges rests until the intake is done.

    Draws the seed of the lottery. `actor` is None when the window opens by itself. Refused with all that is missing.
    """
    with transaction.atomic():
        intake = lock_intake(intake.pk)
        _move(actor, intake, IntakeStatus.OPEN)
        exchanges = list(
            Exchange.objects.select_for_update(of=("self",), no_key=True).filter(entries__intake=intake).order_by("pk")
        )
        if missing := missing_before_opening(intake):
            raise Refused(" ".join(missing))
        now = timezone.now()
        intake.seed = secrets.randbits(31) if intake.seed is None else intake.seed
        intake.opened_at = intake.opened_at or now
        if intake.opens is None or intake.opens > now:
            intake.opens = now
        intake.save(update_fields=["status", "seed", "opened_at", "opens"])
        intake.entries.update(active=True)
        _begin_enrolment(actor, intake, exchanges, now)
        record(actor=actor, verb="intake.open", subject=intake, institution=intake.institution)
        news.announce(news.OPENED, intake)
        news.tell_coordinators("intake_opened_staff", intake, key=now.isoformat(), closes=news.instant(intake.closes))
        mark_changed([exchange.offer_id for exchange in exchanges])
    return intake


def close_intake(*, actor, intake: Intake) -> Intake:
    """No more choosing; a worker gives the places. `actor` is None when the window ends by itself."""
    with transaction.atomic():
        intake = lock_intake(intake.pk)
        _move(actor, intake, IntakeStatus.CLOSED)
        now = timezone.now()
        if intake.closes > now:
            intake.closes = max(now, (intake.opens or now) + timedelta(seconds=1))
        intake.news = ""
        intake.save(update_fields=["status", "closes", "news"])
        record(
            actor=actor,
            verb="intake.close",
            subject=intake,
            institution=intake.institution,
            lists=intake.choice_lists.submitted().count(),
        )
        request_seats_run(actor=actor, intake=intake)
    return intake


def reopen_intake(*, actor, intake: Intake, closes: datetime) -> Intake:
    """Let learners choose once more, as long as no result is under review; what was submitted stays."""
    with transaction.atomic():
        intake = lock_intake(intake.pk)
        _move(actor, intake, IntakeStatus.OPEN)
        if closes <= timezone.now():
            raise Refused(_("Let it close at a time to come."), "closes")
        cancel_runs(intake=intake)
        intake.closes, intake.closing_reminded_at = closes, None
        _check(intake)
        intake.save(update_fields=["status", "closes", "closing_reminded_at"])
        record(actor=actor, verb="intake.reopen", subject=intake, institution=intake.institution)
        news.announce(news.OPENED, intake)
    return intake


def request_run(*, actor, intake: Intake, balanced: bool | None = None) -> Run:
    """Have the places given again, by the balance or without it where that is said."""
    with transaction.atomic():
        intake = lock_intake(intake.pk)
        must_manage(actor, intake)
        _must_be_under_review(intake)
        if balanced is not None and balanced != intake.balanced:
            if balanced and intake.tolerance is None:
                raise Refused(_("Set a tolerance before places can be given by the balance."), "tolerance")
            if balanced and any(entry.reserves for entry in intake.entries.all()):
                raise Refused(_("Places can't be given by the balance while places are reserved."))
            intake.balanced = balanced
            intake.save(update_fields=["balanced"])
            record(
                actor=actor,
                verb="intake.balance" if balanced else "intake.unbalance",
                subject=intake,
                institution=intake.institution,
            )
        return request_seats_run(actor=actor, intake=intake)


def give_again_from(*, actor, run: Run) -> Run:
    """Have the places of the run's intake given again, as it is now."""
    assert run.intake is not None
    return request_run(actor=actor, intake=run.intake)


def close_entry(*, actor, entry: IntakeExchange, closed: bool = True) -> Run:
    """Take an exchange out before the result is published, or back in, and have the places given again."""
    with transaction.atomic():
        intake = lock_intake(entry.intake_id)
        must_manage(actor, intake)
        _must_be_under_review(intake)
        if IntakeExchange.objects.filter(pk=entry.pk, closed=not closed).update(closed=closed):
            record(
                actor=actor,
                verb="intake.close_exchange" if closed else "intake.reopen_exchange",
                subject=intake,
                institution=intake.institution,
                exchange=str(entry.exchange),
            )
        return request_seats_run(actor=actor, intake=intake)


def publish(*, actor, intake: Intake, run: Run | None = None) -> Intake:
    """Let learners see their results and confirm their places.

    `run` is the result that was looked at: refused where a later one has replaced it, where one is under way, or where
    the exchanges have fewer places left than were given.
    """
    with transaction.atomic():
        intake = lock_intake(intake.pk)
        _move(actor, intake, IntakeStatus.PUBLISHED)
        at_work = intake.runs.at_work().filter(repeats__isnull=True)
        last = intake.last_run
        if at_work.exists() or last is None or (run is not None and run.pk != last.pk):
            raise Refused(_("The places are being given again, or were since you looked. Review the result first."))
        _must_have_places(intake)
        now = timezone.now()
        intake.published_at, intake.confirm_by = now, deadline(intake, now)
        intake.save(update_fields=["status", "published_at", "confirm_by"])
        intake.placements.filter(status=PlacementStatus.OFFERED).update(confirm_by=intake.confirm_by)
        placed, waiting = intake.placements.holding().count(), intake.placements.waiting().count()
        record(
            actor=actor,
            verb="intake.publish",
            subject=intake,
            institution=intake.institution,
            run=last.pk,
            placed=placed,
            waiting=waiting,
        )
        news.announce(news.RESULT, intake)
        news.tell_coordinators("intake_published", intake, placed=placed, waiting=waiting)
    return intake


def finish_intake(*, actor, intake: Intake) -> Intake:
    """End an intake in which nobody has a place to confirm any more; who still waits is told that no place came.

    Marks are deleted. The exchanges take direct enrolments again, as far as their own windows allow.
    """
    with transaction.atomic():
        intake = lock_intake(intake.pk)
        _move(actor, intake, IntakeStatus.DONE)
        if intake.placements.filter(status=PlacementStatus.OFFERED).exists():
            raise Refused(_("Some places wait to be confirmed. It can end when their deadlines have passed."))
        intake.save(update_fields=["status"])
        _release(intake)
        waiting = intake.placements.waiting()
        ended = waiting.count()
        waiting.update(status=PlacementStatus.NO_PLACE, decided_at=timezone.now())
        record(actor=actor, verb="intake.finish", subject=intake, institution=intake.institution, without_place=ended)
        if ended:
            news.announce(news.ENDED, intake)
    return intake


def cancel_intake(*, actor, intake: Intake, reason: str) -> Intake:
    """Call it off before the result is published, and tell everybody who chose why."""
    if not reason.strip():
        raise Refused(_("Say why; everybody who chose will read it."), "reason")
    with transaction.atomic():
        intake = lock_intake(intake.pk)
        _move(actor, intake, IntakeStatus.CANCELLED)
        cancel_runs(intake=intake)
        intake.cancel_reason = reason.strip()
        intake.save(update_fields=["status", "cancel_reason"])
        _release(intake)
        intake.placements.all().delete()
        record(actor=actor, verb="intake.cancel", subject=intake, institution=intake.institution, note=reason)
        news.announce(news.CANCELLED, intake)
        if intake.opened_at is not None:
            news.tell_coordinators("intake_cancelled", intake, reason=intake.cancel_reason)
    return intake


def sweep_intakes(*, now: datetime | None = None, limit: int = 100) -> None:
    """Open and close by each intake's window, remind of what closes soon, end what has nothing left to give."""
    now = now or timezone.now()
    due = Intake.objects.filter(status=IntakeStatus.DRAFT, opens__lte=now, closes__gt=now)
    for intake in due.order_by("opens")[:limit]:
        try:
            open_intake(actor=None, intake=intake)
        except Refused as refusal:
            news.tell_managers("intake_not_opened", intake, key=news.instant(intake.opens), reason=str(refusal))
    for intake in Intake.objects.filter(status=IntakeStatus.OPEN, closes__lte=now).order_by("closes")[:limit]:
        try:
            close_intake(actor=None, intake=intake)
        except Refused:
            continue  # somebody closed or cancelled it meanwhile
    _remind_of_closing(now, limit)
    _finish_begun(now, limit)


def _remind_of_closing(now: datetime, limit: int) -> None:
    """Once, three days before (in the last third of a shorter window)."""
    soon = Intake.objects.filter(status=IntakeStatus.OPEN, closes__gt=now, closes__lte=now + REMIND_AHEAD)
    soon = soon.filter(closing_reminded_at__isnull=True, news="")
    for pk in list(soon.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            intake = lock_intake(pk)
            if intake.status != IntakeStatus.OPEN or intake.closing_reminded_at or intake.news:
                continue
            if intake.closes - now > (intake.closes - (intake.opens or now)) / 3:
                continue
            intake.closing_reminded_at = now
            intake.save(update_fields=["closing_reminded_at"])
            news.announce(news.CLOSES_SOON, intake)


def _finish_begun(now: datetime, limit: int) -> None:
    """Once all its exchanges have begun, or nobody waits and nothing is left to confirm, an intake is done."""
    offered = Intake.objects.filter(placements__status=PlacementStatus.OFFERED)
    waiting = Intake.objects.filter(
        placements__status=PlacementStatus.WAITING, entries__exchange__starts__gt=now.date()
    )
    over = Intake.objects.filter(status=IntakeStatus.PUBLISHED, confirm_by__lte=now, news="")
    for intake in over.exclude(pk__in=offered.values("pk")).exclude(pk__in=waiting.values("pk"))[:limit]:
        try:
            finish_intake(actor=None, intake=intake)
        except Refused:
            continue


# The parts of the above ----------------------------------------------------------------------------------------------


def must_manage(actor, intake: Intake) -> None:
    if not may_manage(actor, intake):
        raise Refused(_("Only the institution that runs the intake, or a platform admin, can do this."))


def _check(intake: Intake) -> None:
    if not intake.title.strip():
        raise Refused(_("Give it a title by which learners know it."), "title")
    if intake.opens is not None and intake.closes <= intake.opens:
        raise Refused(_("It has to close after it opens."), "closes")
    if intake.closes - timezone.now() > LONGEST:
        raise Refused(_("Let it close within three years."), "closes")
    partnership = intake.partnership
    if partnership is not None and intake.status == IntakeStatus.DRAFT:
        if partnership.status != PartnershipStatus.ACTIVE:
            raise Refused(_("This partnership is not in force."), "partnership")
        parties = partnership.parties.all()
        if intake.institution_id and not any(party.institution_id == intake.institution_id for party in parties):
            raise Refused(_("The institution that runs the intake is no party to this partnership."), "partnership")
    if intake.balanced and intake.tolerance is None:
        raise Refused(_("Places are given by the balance; keep a tolerance."), "tolerance")


WRONG_STATE = gettext_lazy("This isn't possible: the intake is “%s”.")


def _move(actor, intake: Intake, status: IntakeStatus) -> None:
    if actor is not None:
        must_manage(actor, intake)
    if not IntakeStatus(intake.status).may_become(status):
        raise Refused(WRONG_STATE % intake.get_status_display())
    intake.status = status


def _must_be_under_review(intake: Intake) -> None:
    if intake.status not in (IntakeStatus.CLOSED, IntakeStatus.REVIEW):
        raise Refused(WRONG_STATE % intake.get_status_display())


def _begin_enrolment(actor, intake: Intake, exchanges: list[Exchange], now: datetime) -> None:
    """The exchanges are public from now on. Where their own window would end before the intake, it is moved."""
    least = intake.closes + timedelta(days=intake.confirm_days)
    for exchange in exchanges:
        begun = exchange.status == ExchangeStatus.ENROLLING
        if exchange.enrol_opens is None or exchange.enrol_opens > now:
            exchange.enrol_opens = now
        if exchange.enrol_closes is None or exchange.enrol_closes < least:
            exchange.enrol_closes = least
        exchange.status = ExchangeStatus.ENROLLING
        exchange.save(update_fields=["status", "enrol_opens", "enrol_closes"])
        if not begun:
            cancel_runs(exchange=exchange)
            record(
                actor=actor,
                verb="exchange.open_enrolment",
                subject=exchange,
                institution=intake.institution,
                intake=str(intake),
            )


def _release(intake: Intake) -> None:
    """Direct enrolment goes on in its exchanges, and the marks have done their work."""
    intake.entries.update(active=False)
    forget_marks(intake)
    mark_changed(Exchange.objects.filter(entries__intake=intake).values_list("offer", flat=True))


def _must_have_places(intake: Intake) -> None:
    """Whoever coordinates an exchange may have taken places away since they were given."""
    if intake.placements.holding().filter(entry__closed=True).exists():
        raise Refused(_("An exchange was called off since the places were given. Have them given again."))
    given = intake.placements.holding().order_by().values_list("entry", "choice_list__institution")
    needed = {(entry, institution): count for entry, institution, count in given.annotate(count=Count("pk"))}
    for entry in intake.entries.filter(pk__in={entry for entry, _institution in needed}).prefetch_related(
        "exchange__parts__institution"
    ):
        for part in entry.exchange.parts.all():
            if (count := needed.get((entry.pk, part.institution_id), 0)) > part.free:
                raise Refused(
                    ngettext(
                        "“%(exchange)s” has only %(free)d place of %(institution)s left. Have the places given again.",
                        "“%(exchange)s” has only %(free)d places of %(institution)s left. Have the places given again.",
                        part.free,
                    )
                    % {"exchange": entry.exchange, "free": part.free, "institution": part.institution, "count": count}
                )
