"""An institution's academic calendar: entered by hand, or taken over from a file after a look at what is in it."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from institutions.actions.journal import record
from institutions.enums import PeriodKind, Role
from institutions.errors import Refused
from institutions.interop.calendars_in import FoundPeriod
from institutions.models import CalendarPeriod, Institution, Membership, User

MOST_PERIODS = 500
LONGEST = dt.timedelta(days=400)
FACTS = ("kind", "name", "first", "last")

# Words by which calendars name their exams and terms, in the languages of the sample world's institutions.
_EXAMS = re.compile(r"exam|prüfung|klausur|avalia|tentamen|zkouš|sessione|esami|试|考", re.IGNORECASE)
_TERM = re.compile(
    r"term\b|semest|trimest|quarter|period of (lect|teach)|lectures|classes|aulas|clases|vorlesung|cours\b", re.I
)
_HOLIDAY = re.compile(
    r"holiday|break|vacat|recess|closed|day off|férias|feriado|ferie|urlaub|vacanc|pausa", re.IGNORECASE
)
TERM_FROM = dt.timedelta(days=28)  # what has no telling name and is so long is a term


def may_edit(user: User, institution: Institution) -> bool:
    """Coordinators and admins keep the calendar."""
    roles = Membership.objects.active().of(user, Role.COORDINATOR, Role.ADMIN)
    return user.is_authenticated and roles.filter(institution=institution).exists()


def kind_of(name: str, first: dt.date, last: dt.date) -> PeriodKind:
    """A guess at what a period is, for the preview."""
    if _EXAMS.search(name):
        return PeriodKind.EXAMS
    if _HOLIDAY.search(name):
        return PeriodKind.HOLIDAY
    if _TERM.search(name) or last - first >= TERM_FROM:
        return PeriodKind.TERM
    return PeriodKind.HOLIDAY


@transaction.atomic
def add(*, actor: User, institution: Institution, **facts: Any) -> CalendarPeriod:
    """Put a period (`FACTS`) on the calendar; the same twice is refused."""
    institution = Institution.objects.select_for_update().get(pk=institution.pk)
    if institution.periods.count() >= MOST_PERIODS:
        raise Refused(
            _("The calendar has %(most)s entries already. Remove what is long over.") % {"most": MOST_PERIODS}
        )
    _check(institution, facts)
    period = CalendarPeriod.objects.create(institution=institution, created_by=actor, **facts)
    record(actor=actor, verb="calendar.add", subject=period, institution=institution)
    return period


@transaction.atomic
def change(*, actor: User, period: CalendarPeriod, **facts: Any) -> CalendarPeriod:
    period = CalendarPeriod.objects.select_for_update(of=("self",)).select_related("institution").get(pk=period.pk)
    _check(period.institution, facts, but=period)
    changes = {
        name: [str(getattr(period, name)), str(value)]
        for name, value in facts.items()
        if getattr(period, name) != value
    }
    for name, value in facts.items():
        setattr(period, name, value)
    if changes:
        period.save(update_fields=list(facts))
        record(actor=actor, verb="calendar.change", subject=period, institution=period.institution, changes=changes)
    return period


@transaction.atomic
def remove(*, actor: User, period: CalendarPeriod) -> dict[str, Any]:
    """Take it off the calendar; answers its facts, with which `add` puts it back."""
    facts = {name: getattr(period, name) for name in FACTS}
    record(actor=actor, verb="calendar.remove", subject=period, institution=period.institution)
    period.delete()
    return facts


def _check(institution: Institution, facts: dict[str, Any], *, but: CalendarPeriod | None = None) -> None:
    if facts["last"] < facts["first"]:
        raise Refused(_("The last day is before the first."), "last")
    if facts["last"] - facts["first"] > LONGEST:
        raise Refused(_("A period lasts at most %(days)s days.") % {"days": LONGEST.days}, "last")
    same = institution.periods.filter(**facts)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise Refused(_("This is on the calendar already."), "name")


# From a file ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposed:
    """A period of a file against the calendar: new, here already (`same`), or here on other days (`moves`)."""

    found: FoundPeriod
    kind: PeriodKind
    same: bool = False
    moves: CalendarPeriod | None = None


def compare(institution: Institution, found: Iterable[FoundPeriod]) -> list[Proposed]:
    """What taking the periods over would do; one query.

    Here already is what has the same name and days. An event of a file that was taken over before is known by its uid,
    where the calendar and the file have one of it each.
    """
    listed, periods = list(institution.periods.all()), list(found)
    here = {(each.name, each.first, each.last) for each in listed}
    by_uid: dict[str, list[CalendarPeriod]] = {}
    for each in listed:
        by_uid.setdefault(each.uid, []).append(each)
    uids = Counter(each.uid for each in periods)
    proposed = []
    for period in periods:
        known = by_uid.get(period.uid, []) if period.uid and uids[period.uid] == 1 else []
        same = (period.name, period.first, period.last) in here
        moves = known[0] if len(known) == 1 and not same else None
        kind = PeriodKind(moves.kind) if moves else kind_of(period.name, period.first, period.last)
        proposed.append(Proposed(period, kind, same, moves))
    return proposed


@transaction.atomic
def take_over(
    *, actor: User, institution: Institution, found: Iterable[FoundPeriod], kinds: Mapping[FoundPeriod, str]
) -> tuple[int, int]:
    """Put those of the found periods that have a kind on the calendar; answers how many are new and how many moved.

    What is there already stays as it is, so that the same file twice is as good as once.
    """
    institution = Institution.objects.select_for_update().get(pk=institution.pk)
    new, moved = [], 0
    for each in compare(institution, found):
        period = each.found
        if each.same or period not in kinds or period.last - period.first > LONGEST:
            continue
        facts = {"kind": kinds[period], "name": period.name, "first": period.first, "last": period.last}
        if each.moves:
            for name, value in facts.items():
                setattr(each.moves, name, value)
            each.moves.save(update_fields=list(facts))
            moved += 1
        else:
            new.append(CalendarPeriod(institution=institution, uid=period.uid, created_by=actor, **facts))
    if institution.periods.count() + len(new) > MOST_PERIODS:
        raise Refused(_("The calendar would have more than %(most)s entries. Choose fewer.") % {"most": MOST_PERIODS})
    CalendarPeriod.objects.bulk_create(new)
    if new or moved:
        record(actor=actor, verb="calendar.take_over", subject=institution, institution=institution, new=len(new),
               moved=moved)  # fmt: skip
    return len(new), moved
