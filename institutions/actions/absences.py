"""Dates on which somebody is away, on her own clock."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from institutions.actions.journal import record
from institutions.errors import Refused
from institutions.models import Absence, User

MOST_ABSENCES = 200
LONGEST = dt.timedelta(days=366)
FACTS = ("kind", "first", "last", "starts", "ends")


@transaction.atomic
def add(*, actor: User, **facts: Any) -> Absence:
    """Say that one is away (`FACTS`); the same twice is refused."""
    User.objects.select_for_update().get(pk=actor.pk)  # two at once must not pass the limit
    mine = Absence.objects.filter(user=actor)
    if mine.count() >= MOST_ABSENCES:
        raise Refused(_("You have %(most)s dates here already. Remove some that are over.") % {"most": MOST_ABSENCES})
    _check(mine, facts)
    absence = Absence.objects.create(user=actor, **facts)
    # Why and when somebody is away concerns nobody who reads the journal.
    record(actor=actor, verb="user.add_absence", subject=actor)
    return absence


@transaction.atomic
def change(*, actor: User, absence: Absence, **facts: Any) -> Absence:
    _check(Absence.objects.filter(user=actor).exclude(pk=absence.pk), facts)
    for name, value in facts.items():
        setattr(absence, name, value)
    absence.save(update_fields=list(facts))
    record(actor=actor, verb="user.change_absence", subject=actor)
    return absence


@transaction.atomic
def remove(*, actor: User, absence: Absence) -> dict[str, Any]:
    """Remove it; answers its facts, with which `add` puts it back."""
    facts = {name: getattr(absence, name) for name in FACTS}
    absence.delete()
    record(actor=actor, verb="user.remove_absence", subject=actor)
    return facts


def _check(others, facts: dict[str, Any]) -> None:
    if facts["last"] < facts["first"]:
        raise Refused(_("The last day is before the first."), "last")
    if facts["last"] - facts["first"] > LONGEST:
        raise Refused(_("Write at most a year at a time."), "last")
    if others.filter(**facts).exists():
        raise Refused(_("These dates are here already."), "first")
