"""What groups and hours are made from: stated hours, limits, exceptions of people and of their institutions."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges.actions.people import participants_of
from exchanges.actions.slots import propose
from exchanges.actions.suggestions import facts_of_institutions, facts_of_offers
from exchanges.models import Offer
from institutions.hours import WeekHours
from institutions.models import Absence, BusyCalendar, BusyTime, CalendarPeriod, LearnerProfile
from tests.factories.exchange import exchange_of
from tests.factories.group import placed
from tests.factories.offers import OfferFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def exchange(pune, lisbon):
    made = exchange_of(lisbon, pune)
    made.starts, made.ends = (
        dt.date(2027, 3, 1),
        dt.date(2027, 4, 25),
    )  # eight weeks; Lisbon's clock changes on 28 March
    made.save()
    return made


def only(exchange):
    (found,) = participants_of(exchange)
    return found


def test_who_states_no_hours_has_her_own_day_within_her_limit(exchange, lisbon, emil):
    placed(exchange, lisbon, emil)
    assert only(exchange).person.hours == WeekHours.daily("08:00", "21:00")
    emil.day_start, emil.day_end = dt.time(5), dt.time(23, 59)
    emil.save()
    assert only(exchange).person.hours == WeekHours.daily("06:00", "23:00")
    emil.day_start, emil.day_end, emil.limit_start, emil.limit_end = dt.time(20), dt.time(4), None, None
    emil.save()
    assert only(exchange).person.hours == WeekHours.daily("20:00", "04:00")


def test_stated_hours_never_reach_beyond_the_limit(exchange, lisbon, emil):
    placed(exchange, lisbon, emil)
    LearnerProfile.objects.create(user=emil, hours=WeekHours.daily("04:00", "10:00"))
    found = only(exchange)
    assert found.person.hours == found.hours == WeekHours.daily("06:00", "10:00")
    assert found.limit == WeekHours.daily("06:00", "23:00")


def test_what_is_taken_often_is_not_usual_and_what_is_taken_once_is(exchange, lisbon, emil):
    placed(exchange, lisbon, emil)
    Absence.objects.create(user=emil, first=dt.date(2027, 3, 8), last=dt.date(2027, 3, 14))
    calendar = BusyCalendar.objects.create(user=emil, name="Lectures")
    for week in range(4):  # Mondays 09:00 to 11:00 UTC, the last of them at 10:00 to 12:00 in Lisbon
        at = dt.datetime(2027, 3, 8, 9, tzinfo=dt.UTC) + dt.timedelta(weeks=week)
        BusyTime.objects.create(calendar=calendar, starts_at=at, ends_at=at + dt.timedelta(hours=2))
    found = only(exchange)
    humane = WeekHours.daily("08:00", "21:00")
    assert found.hours == humane
    assert humane - found.person.hours == WeekHours.from_ranges([(0, "09:00", "11:00")])
    assert found.away[0] == (dt.datetime(2027, 3, 8, tzinfo=dt.UTC), dt.datetime(2027, 3, 15, tzinfo=dt.UTC))
    assert found.away[-1][1] == dt.datetime(2027, 3, 29, 11, tzinfo=dt.UTC)


def test_nothing_is_planned_in_the_institutions_holidays_unless_all_of_it_is(exchange, lisbon, pune, emil, farah):
    placed(exchange, lisbon, emil)
    placed(exchange, pune, farah)
    CalendarPeriod.objects.create(
        institution=pune, kind="holiday", name="Holi", first=dt.date(2027, 3, 22), last=dt.date(2027, 3, 22)
    )
    CalendarPeriod.objects.create(
        institution=pune, kind="term", name="Even term", first=dt.date(2027, 1, 4), last=dt.date(2027, 5, 8)
    )
    theirs, hers = participants_of(exchange)
    assert theirs.away == ()
    assert hers.away == (
        (dt.datetime(2027, 3, 21, 18, 30, tzinfo=dt.UTC), dt.datetime(2027, 3, 22, 18, 30, tzinfo=dt.UTC)),
    )
    CalendarPeriod.objects.create(
        institution=pune, kind="exams", name="All", first=dt.date(2027, 2, 1), last=dt.date(2027, 5, 30)
    )
    _, hers = participants_of(exchange)
    assert hers.away == ()
    assert hers.person.hours == WeekHours.daily("08:00", "21:00")


def test_a_proposed_hour_says_on_which_dates_somebody_is_away(exchange, lisbon, pune, emil, farah):
    placed(exchange, lisbon, emil)
    placed(exchange, pune, farah)
    Absence.objects.create(user=emil, first=dt.date(2027, 3, 8), last=dt.date(2027, 3, 14))
    CalendarPeriod.objects.create(
        institution=pune, kind="holiday", name="Closed", first=dt.date(2027, 3, 8), last=dt.date(2027, 3, 21)
    )
    terms = {"first": exchange.starts, "weeks": 8, "minutes": 60}
    slot = propose(participants_of(exchange), exchange, terms)[0]
    assert slot["humane"]
    assert [count for _start, count in slot["away"]] == [2, 1]
    assert [start for start, _count in slot["away"]] == slot["starts"][1:3]


def test_as_many_queries_for_one_as_for_many(exchange, lisbon, pune, emil):
    placed(exchange, lisbon, emil)
    with CaptureQueriesContext(connection) as few:
        participants_of(exchange)
    for institution in (lisbon, pune) * 4:
        learner = placed(exchange, institution).learner
        Absence.objects.create(user=learner, first=exchange.starts, last=exchange.starts)
        calendar = BusyCalendar.objects.create(user=learner, name="Mine")
        at = dt.datetime(2027, 3, 8, 9, tzinfo=dt.UTC)
        BusyTime.objects.create(calendar=calendar, starts_at=at, ends_at=at + dt.timedelta(hours=2))
    with CaptureQueriesContext(connection) as many:
        assert len(participants_of(exchange)) == 9
    assert len(few) == len(many) == 7


def test_ranking_is_told_of_both_sides_holidays(lisbon, pune, tokyo, asha, chie):
    offer, theirs = OfferFactory(institution=lisbon), OfferFactory(institution=pune)
    days = offer.starts + dt.timedelta(days=3), offer.starts + dt.timedelta(days=9)
    for institution in (lisbon, pune, tokyo):
        CalendarPeriod.objects.create(institution=institution, kind="exams", name="Exams", first=days[0], last=days[1])
        past = offer.starts - dt.timedelta(days=90)
        CalendarPeriod.objects.create(institution=institution, kind="holiday", name="Past", first=past, last=past)
        CalendarPeriod.objects.create(
            institution=institution, kind="term", name="Term", first=offer.starts, last=offer.ends
        )
    facts = facts_of_offers(Offer.objects.filter(pk__in=[offer.pk, theirs.pk]))
    assert [each.holidays for each in facts] == [(days,), (days,)]
    (tokyos,) = facts_of_institutions(offer)
    assert tokyos.holidays == (days,)
