"""What groups and hours are made from: the facts of the learners who hold a place."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone

from exchanges.enums import TieKind
from exchanges.matching.groups import Person
from exchanges.models import Confidence, Enrolment, Exchange, Wish
from institutions.actions.availability import away_of, days_without_teaching
from institutions.away import EVER, Away, merged, stretches_of_days, usual_hours
from institutions.enums import Cefr
from institutions.hours import WeekHours
from institutions.models import Institution, LearnerProfile, User

NOTICE_DAYS = 2  # people need a day's warning: the first session is not proposed before the day after tomorrow


@dataclass(frozen=True)
class Participant:
    """A learner with a place, and what the engines know of her (`person.id` is the enrolment's).

    `person.hours` are her usual hours: weekly hours that are free in most weeks of the exchange. For an actual week
    there are `hours`, the weekly ones as they stand, and `away`, when she is away or busy or her institution does not
    teach. None of them reaches beyond `limit`, outside of which nothing is ever proposed.
    """

    enrolment: Enrolment
    person: Person
    hours: WeekHours
    limit: WeekHours
    away: Away

    @property
    def learner(self) -> User:
        return self.enrolment.learner

    @property
    def shown(self) -> Person:
        """The person without what she said in confidence: whatever people see is worked out from this."""
        return replace(self.person, marks=frozenset(), not_alone=frozenset())


@dataclass
class Bonds:
    """With whom somebody shall be, and with whom not: the enrolments' keys."""

    together: set[int] = field(default_factory=set)
    apart: set[int] = field(default_factory=set)


def participants_of(exchange: Exchange) -> list[Participant]:
    """Everybody with a place, in the order in which places were taken."""
    placed = list(
        exchange.enrolments.placed()
        .select_related("learner__learner_profile", "part__institution", "group", "exchange", "confidence")
        .order_by("number")
    )
    bonds = bonds_of(exchange, placed)
    spoken = {exchange.language: _least_level(exchange)}
    away = away_of([each.learner for each in placed], exchange.starts, exchange.ends)
    closed = _closed({each.part.institution for each in placed}, exchange)
    return [
        _participant(
            each,
            spoken,
            bonds[each.pk],
            own=away.get(each.learner_id, ()),
            closed=closed.get(each.part.institution_id, ()),
        )
        for each in placed
    ]


def bonds_of(exchange: Exchange, placed: Iterable[Enrolment]) -> dict[int, Bonds]:
    """For each of the enrolments: the coordinators' ties, and wishes that both have. A tie goes before a wish."""
    by_email = {each.learner.email.lower(): each.pk for each in placed}
    found = {pk: Bonds() for pk in by_email.values()}
    ties = exchange.ties.filter(first__in=found, second__in=found) if found else exchange.ties.none()
    for kind, first, second in ties.values_list("kind", "first", "second"):
        for one, other in ((first, second), (second, first)):
            (found[one].together if kind == TieKind.TOGETHER else found[one].apart).add(other)
    wished = set()
    for pk, email in Wish.objects.filter(enrolment__exchange=exchange).values_list("enrolment", "email"):
        if pk in found and email in by_email:
            wished.add((pk, by_email[email]))
    for one, other in wished:
        if (other, one) in wished and other not in found[one].apart:
            found[one].together.add(other)
    return found


def terms_of(exchange: Exchange) -> dict[str, Any]:
    """What the engines are told of the exchange: sizes, the weeks that are still to come, the length of a session."""
    today = timezone.localdate(timezone=exchange.tz)
    first = max(exchange.starts, today + dt.timedelta(days=NOTICE_DAYS))
    if first > exchange.ends:
        first = exchange.starts
    return {
        "size_min": exchange.group_size_min,
        "size_max": exchange.group_size_max,
        "first": first,
        "weeks": (exchange.ends - first).days // 7 + 1,
        "minutes": exchange.session_minutes,
    }


def _participant(enrolment: Enrolment, spoken: dict[str, str], bonds: Bonds, *, own: Away, closed: Away) -> Participant:
    learner, institution = enrolment.learner, enrolment.part.institution
    first, last = enrolment.exchange.starts, enrolment.exchange.ends
    profile: LearnerProfile | None = getattr(learner, "learner_profile", None)
    stated: WeekHours | None = profile.hours if profile else None  # type: ignore[assignment]  # the field is a text
    limit = learner.limit_hours
    hours = (stated or learner.humane_hours) & limit
    away = merged([*own, *closed])
    if not usual_hours(hours, learner.zone, away, first, last, often=EVER):
        away = own  # what is held in an institution's holidays from beginning to end is held there on purpose
    # A week without teaching is skipped: it is no reason against a weekday.
    usual = usual_hours(hours, learner.zone, own, first, last)
    told: Confidence | None = getattr(enrolment, "confidence", None)
    person = Person(
        id=enrolment.pk,
        institution=institution.pk,
        country=institution.country,
        zone=learner.zone,
        hours=usual,
        # Who states no language has joined an exchange that is held in one.
        languages=(profile.languages if profile else None) or spoken,
        together=tuple(sorted(bonds.together)),
        apart=tuple(sorted(bonds.apart)),
        marks=frozenset(told.traits if told else ()),
        not_alone=frozenset(told.not_alone if told else ()),
    )
    return Participant(enrolment, person, hours, limit, away)


def _closed(institutions: Iterable[Institution], exchange: Exchange) -> dict[int, Away]:
    """By institution's key, its holidays and exam periods within the exchange as instants."""
    zones = {institution.pk: institution.zone for institution in institutions}
    return {
        pk: merged(stretch for day, end in days for stretch in stretches_of_days(zones[pk], day, end))
        for pk, days in days_without_teaching(zones, exchange.starts, exchange.ends).items()
    }


def _least_level(exchange: Exchange) -> str:
    """What the offer asks for in the exchange's working language."""
    asked = {language.tag: language.cefr for language in exchange.offer.languages.all()}
    return asked.get(exchange.language, Cefr.B2)
