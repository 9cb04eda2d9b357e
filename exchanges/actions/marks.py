"""Marks for reserved places: sensitive, told by the learner with consent, and gone when it is withdrawn."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.choices import my_list
from exchanges.enums import Mark, RunKind
from exchanges.models import ChoiceList, Intake, ReserveMark, Run
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
        choices.marks.exclude(mark__in=wanted).delete()
        known = set(choices.marks.values_list("mark", flat=True))
        now = timezone.now()
        ReserveMark.objects.bulk_create(
            ReserveMark(choice_list=choices, mark=mark, consented_at=now) for mark in sorted(wanted - known)
        )
    return choices


def withdraw_consent(*, actor, intake: Intake) -> None:
    """Delete the marks, whatever the state of the intake, and from what its runs were given. A result stays."""
    with transaction.atomic():
        choices = ChoiceList.objects.filter(intake=intake, learner=actor).first()
        if choices is not None and choices.marks.exists():
            forget_marks(intake, choices)


def forget_marks(intake: Intake, choice_list: ChoiceList | None = None) -> None:
    """Delete the marks of one list, or of all, also from what the intake's runs were given.

    A run from which marks were taken can't be repeated exactly any more; its snapshot says so.
    """
    marks = ReserveMark.objects.filter(choice_list__intake=intake)
    if choice_list is not None:
        marks = marks.filter(choice_list=choice_list)
    marks.delete()
    for run in Run.objects.filter(kind=RunKind.SEATS, intake=intake).only("pk", "snapshot"):
        forgotten = 0
        for each in run.snapshot.get("file", {}).get("learners", ()):
            if choice_list is None or each["id"] == choice_list.pk:
                forgotten += each.pop("reserved", None) is not None
        if forgotten:
            run.snapshot["forgotten"] = run.snapshot.get("forgotten", 0) + forgotten
            Run.objects.filter(pk=run.pk).update(snapshot=run.snapshot)
