"""Learners' choices in an intake: the draft, and what is submitted.

All of it can be changed until the intake closes; what was submitted last counts.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchanges.actions.confidences import forget_marks
from exchanges.enums import IntakeStatus
from exchanges.models import Choice, ChoiceList, Enrolment, Intake, IntakeExchange
from institutions.actions.journal import record
from institutions.enums import Role
from institutions.errors import Refused
from institutions.models import Institution, Membership


def institutions_of(user, intake: Intake) -> list[Institution]:
    """The institutions from which the person may take part: she is their learner, and they are in its exchanges."""
    mine = Membership.objects.active().of(user, Role.LEARNER).values("institution")
    found = Institution.objects.filter(pk__in=mine, exchange_parts__exchange__entries__intake=intake)
    return list(found.distinct().order_by("name", "pk"))


def open_entries(intake: Intake, institution: Institution | None):
    """The exchanges that a learner of the institution can choose: it has places in them, and they are not closed."""
    return (
        intake.entries.filter(closed=False, exchange__parts__institution=institution, exchange__parts__places__gt=0)
        .select_related("exchange__offer__institution")
        .prefetch_related("exchange__parts__institution")
    )


def save_draft(*, actor, intake: Intake, entries: Sequence[int], institution: Institution | None = None) -> ChoiceList:
    """Keep a working copy of the choices (ids of the intake's exchanges, best first). What was submitted stays."""
    with transaction.atomic():
        choices = my_list(actor, intake, institution)
        _check(choices, entries)
        choices.draft = list(entries)
        choices.save(update_fields=["draft", "institution", "updated_at"])
    return choices


def submit(*, actor, intake: Intake, entries: Sequence[int], institution: Institution | None = None) -> ChoiceList:
    """Ask for places, best first, instead of what was submitted before. Submitting the same twice changes nothing."""
    with transaction.atomic():
        choices = my_list(actor, intake, institution)
        found = _check(choices, entries)
        if not entries:
            raise Refused(_("Choose at least one exchange."), "choices")
        held = Enrolment.objects.current().filter(learner=actor, exchange__in=[each.exchange_id for each in found])
        if (enrolment := held.select_related("exchange").first()) is not None:
            raise Refused(_("You have a place in “%s” already; take it off your list.") % enrolment.exchange, "choices")
        before = list(choices.choices.order_by("rank").values_list("entry", flat=True))
        first = choices.submitted_at is None
        choices.draft = None
        choices.submitted_at = timezone.now()
        choices.save(update_fields=["draft", "institution", "submitted_at", "updated_at"])
        if before == list(entries) and not first:
            return choices
        choices.choices.all().delete()
        Choice.objects.bulk_create(
            Choice(choice_list=choices, entry_id=entry, rank=rank) for rank, entry in enumerate(entries, start=1)
        )
        record(
            actor=actor,
            verb="choice.submit" if first else "choice.change",
            subject=choices,
            institution=choices.institution,
            choices=[str(each) for each in found],
        )
    return choices


def withdraw_choices(*, actor, intake: Intake) -> None:
    """Take part no more: the choices, the draft and all marks are deleted. Refused once the intake is closed."""
    with transaction.atomic():
        intake = _must_be_open(intake)
        choices = ChoiceList.objects.filter(intake=intake, learner=actor).select_related("institution").first()
        if choices is None:
            return
        record(actor=actor, verb="choice.withdraw", subject=choices, institution=choices.institution)
        forget_marks(intake, choices)
        choices.delete()


def my_list(actor, intake: Intake, institution: Institution | None) -> ChoiceList:
    """The learner's list, locked, or a new one that is not saved yet; of an open intake."""
    intake = _must_be_open(intake)
    mine = ChoiceList.objects.select_for_update(of=("self",), no_key=True).filter(intake=intake, learner=actor)
    choices = mine.select_related("institution").first()
    allowed = institutions_of(actor, intake)
    if not allowed:
        raise Refused(_("Only learners of the participating institutions can choose."))
    if institution is None and choices is not None and choices.institution in allowed:
        institution = choices.institution
    if institution is None and len(allowed) > 1:
        raise Refused(_("Choose the institution from which you take part."), "institution")
    institution = institution or allowed[0]
    if institution not in allowed:
        raise Refused(_("You are no learner of this institution."), "institution")
    if choices is None:
        choices, _made = ChoiceList.objects.get_or_create(
            intake=intake, learner=actor, defaults={"institution": institution}
        )
    choices.institution, choices.intake = institution, intake
    return choices


def _check(choices: ChoiceList, entries: Sequence[int]) -> list[IntakeExchange]:
    intake = choices.intake
    if len(set(entries)) < len(entries):
        raise Refused(_("The same exchange is on your list twice."), "choices")
    if len(entries) > intake.max_choices:
        raise Refused(
            ngettext("You can name %d exchange.", "You can name up to %d exchanges.", intake.max_choices)
            % intake.max_choices,
            "choices",
        )
    known = {entry.pk: entry for entry in open_entries(intake, choices.institution).filter(pk__in=entries)}
    if len(known) < len(entries):
        raise Refused(_("One of these exchanges can't be chosen from your institution."), "choices")
    return [known[entry] for entry in entries]


def _must_be_open(intake: Intake) -> Intake:
    """The intake, locked against closing while the choice is written."""
    intake = Intake.objects.select_for_update(of=("self",), no_key=True).get(pk=intake.pk)
    if intake.status == IntakeStatus.DRAFT:
        raise Refused(_("This intake has not opened yet."))
    if intake.status != IntakeStatus.OPEN or intake.closes <= timezone.now():
        raise Refused(_("This intake is closed; choices can't be changed any more."))
    return intake
