"""Deleting what learners said in confidence, wherever it was kept."""

from collections.abc import Iterable

from exchanges.actions.runs import CONFIDENTIAL
from exchanges.enums import RunKind
from exchanges.models import Confidence, Exchange, Run


def forget_all(exchange: Exchange) -> None:
    """The exchange is over, and nobody needs it any more."""
    forget(exchange, Confidence.objects.filter(enrolment__exchange=exchange).values_list("enrolment", flat=True))


def forget(exchange: Exchange, enrolments: Iterable[int]) -> None:
    """Of these enrolments, also from what past runs were given."""
    ids = set(enrolments)
    if not ids or not Confidence.objects.filter(enrolment__in=ids).delete()[0]:
        return
    kinds = (RunKind.GROUPS, RunKind.LATE, RunKind.REGROUP)
    for run in Run.objects.filter(exchange=exchange, kind__in=kinds).only("snapshot"):
        for person in run.snapshot.get("file", {}).get("people", []):
            if person["id"] in ids:
                for name in CONFIDENTIAL:
                    person.pop(name, None)
        run.save(update_fields=["snapshot"])
