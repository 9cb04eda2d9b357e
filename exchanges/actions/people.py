"""What groups and hours are made from: the facts of the learners who hold a place."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from exchanges.matching.groups import Person
from exchanges.models import Enrolment, Exchange
from institutions.enums import Cefr
from institutions.hours import WeekHours
from institutions.models import LearnerProfile, User

NOTICE_DAYS = 2  # people need a day's warning: the first session is not proposed before the day after tomorrow


@dataclass(frozen=True)
class Participant:
    """A learner with a place, and what the engines know of her (`person.id` is the enrolment's)."""

    enrolment: Enrolment
    person: Person

    @property
    def learner(self) -> User:
        return self.enrolment.learner


def participants_of(exchange: Exchange) -> list[Participant]:
    """Everybody with a place, in the order in which places were taken."""
    placed = exchange.enrolments.placed().select_related(
        "learner__learner_profile", "part__institution", "group", "exchange"
    )
    spoken = {exchange.language: _least_level(exchange)}
    return [Participant(enrolment, _person(enrolment, spoken)) for enrolment in placed.order_by("number")]


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


def _person(enrolment: Enrolment, spoken: dict[str, str]) -> Person:
    learner, institution = enrolment.learner, enrolment.part.institution
    profile: LearnerProfile | None = getattr(learner, "learner_profile", None)
    hours: WeekHours | None = profile.hours if profile else None  # type: ignore[assignment]  # the field is a text
    return Person(
        id=enrolment.pk,
        institution=institution.pk,
        country=institution.country,
        zone=learner.zone,
        hours=hours or _waking_hours(learner),
        # Who states no language has joined an exchange that is held in one.
        languages=(profile.languages if profile else None) or spoken,
    )


def _waking_hours(learner: User) -> WeekHours:
    return WeekHours.daily(f"{learner.day_start:%H:%M}", f"{learner.day_end:%H:%M}")


def _least_level(exchange: Exchange) -> str:
    """What the offer asks for in the exchange's working language."""
    asked = {language.tag: language.cefr for language in exchange.offer.languages.all()}
    return asked.get(exchange.language, Cefr.B2)
