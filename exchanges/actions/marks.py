"""Marks for reserved places: sensitive, told by the learner with consent, and gone when it is withdrawn."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.choices import my_list
from exchanges.actions.confidences import forget_marks, forget_marks_in_runs
from exchanges.actions.waiting import lock_intake
from exchanges.enums import Mark
from exchanges.models import ChoiceList, Intake, ReserveMark
from institutions.errors import Refused


def set_marks(*, actor, intake: Intake, marks: Iterable[str], consent: bool) -> ChoiceList:
    """Say for which reserved places one is meant. Without consent no mark is kept; the time of the consent is."""
    wanted = {Mark(mark).value for mark in marks}
    if wanted and not consent:
        raise Refused(
            _("Without your consent we can't use this. Tick the consent, or leave the marks empty."), "consent"
        )
    with transaction.atomic():
        choices = my_list(actor, intake, None)
        if choices.marks.exclude(mark__in=wanted).delete()[0]:
            forget_marks_in_runs(intake, choices)  # there are some where the intake was opened again
        known = set(choices.marks.values_list("mark", flat=True))
        now = timezone.now()
        ReserveMark.objects.bulk_create(
            ReserveMark(choice_list=choices, mark=mark, consented_at=now) for mark in sorted(wanted - known)
        )
    return choices


def withdraw_consent(*, actor, intake: Intake) -> None:
    """Delete the marks, whatever the state of the intake, and from what its runs were given. A result stays."""
    with transaction.atomic():
        intake = lock_intake(intake.pk)
        choices = ChoiceList.objects.filter(intake=intake, learner=actor).first()
        if choices is not None and choices.marks.exists():
            forget_marks(intake, choices)
