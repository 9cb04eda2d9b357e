"""Deleting what learners said in confidence, wherever it was kept.

Runs keep what their engines were given. Whoever gives it to one reads it and keeps it with the lock on the intake or
the exchange, and whoever deletes it holds that lock too: nothing is kept that was deleted while it was read.
"""

from collections.abc import Iterable

from exchanges.actions.runs import CONFIDENTIAL
from exchanges.enums import RunKind
from exchanges.models import ChoiceList, Confidence, Exchange, Intake, ReserveMark, Run


def forget_all(exchange: Exchange) -> None:
    """The exchange is over, and nobody needs it any more."""
    Confidence.objects.filter(enrolment__exchange=exchange).delete()
    _forget_in_runs(exchange, None)


def forget(exchange: Exchange, enrolments: Iterable[int]) -> None:
    """Of these enrolments, also from what past runs were given."""
    ids = set(enrolments)
    if ids and Confidence.objects.filter(enrolment__in=ids).delete()[0]:
        _forget_in_runs(exchange, ids)


def _forget_in_runs(exchange: Exchange, ids: set[int] | None) -> None:
    kinds = (RunKind.GROUPS, RunKind.LATE, RunKind.REGROUP)
    for run in Run.objects.filter(exchange=exchange, kind__in=kinds).only("snapshot"):
        for person in run.snapshot.get("file", {}).get("people", []):
            if ids is None or person["id"] in ids:
                for name in CONFIDENTIAL:
                    person.pop(name, None)
        run.save(update_fields=["snapshot"])


def forget_marks(intake: Intake, choice_list: ChoiceList | None = None) -> None:
    """Delete the marks of one list, or of all, also from what the intake's runs were given."""
    marks = ReserveMark.objects.filter(choice_list__intake=intake)
    if choice_list is not None:
        marks = marks.filter(choice_list=choice_list)
    marks.delete()
    forget_marks_in_runs(intake, choice_list)


def forget_marks_in_runs(intake: Intake, choice_list: ChoiceList | None = None) -> None:
    """A run from which marks were taken can't be repeated exactly any more; its snapshot says so."""
    for run in Run.objects.filter(kind=RunKind.SEATS, intake=intake).only("pk", "snapshot"):
        forgotten = 0
        for each in run.snapshot.get("file", {}).get("learners", ()):
            if choice_list is None or each["id"] == choice_list.pk:
                forgotten += each.pop("reserved", None) is not None
        if forgotten:
            run.snapshot["forgotten"] = run.snapshot.get("forgotten", 0) + forgotten
            Run.objects.filter(pk=run.pk).update(snapshot=run.snapshot)
