"""The map of shared hours: numbers that are true, in the viewer's zone and week, for those whom it concerns."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from exchanges.enums import ExchangeStatus
from institutions.hours import WeekHours
from institutions.models import Absence, CalendarPeriod, LearnerProfile
from tests.factories.exchange import ExchangeFactory
from tests.factories.group import group_of, placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

WEEK = "2027-03-15"  # Lisbon is at UTC, Pune at UTC+5:30


@pytest.fixture
def exchange(lisbon, pune):
    return ExchangeFactory(
        host=lisbon, institutions=[lisbon, pune], status=ExchangeStatus.RUNNING, starts=dt.date(2027, 3, 1),
        ends=dt.date(2027, 4, 25),
    )  # fmt: skip


@pytest.fixture
def group(exchange, lisbon, pune, emil, farah):
    """Emil is there from 10 to 12 in Lisbon, Farah from 15:30 to 18:30 in Pune, which is 10 to 13 in Lisbon."""
    for person, start, end in [(emil, "10:00", "12:00"), (farah, "15:30", "18:30")]:
        LearnerProfile.objects.create(user=person, hours=WeekHours.from_ranges([(1, start, end)]))
    return group_of(exchange, [placed(exchange, lisbon, emil), placed(exchange, pune, farah)])


def cells(page: str) -> dict[str, str]:
    """Numbers by the words of their cell's title."""
    return dict(re.findall(r'<td class="\w+" title="([^":]+ [\d:]+): ([^"]+)"', page))


def test_a_group_sees_its_hours_in_numbers_and_in_words(sign_in, emil, farah, bruno, chie, group, exchange):
    page = sign_in(emil).get(reverse("group_hours", args=[group.pk]), {"week": WEEK}).content.decode()
    found = cells(page)
    assert found["Tuesday 10:00"] == found["Tuesday 11:30"] == "2 of 2"
    assert found["Tuesday 12:30"] == "1 of 2"
    assert found["Monday 10:00"] == "0 of 2"
    assert "Tuesday 13:00" not in found  # no empty rows
    assert "<b>All 2 can:</b> Tue 10:00 to 12:00" in page
    assert "Tue 12:00 to 13:00" in page
    assert "Farah" not in page
    page = sign_in(farah).get(reverse("group_hours", args=[group.pk]), {"week": WEEK}).content.decode()
    assert "Tue 3:30 p.m. to 5:30 p.m." in page
    assert page.index('title="Sunday"') < page.index('title="Monday"')  # weeks begin on Sunday in India
    page = sign_in(bruno).get(reverse("exchange_hours", args=[exchange.pk]), {"week": WEEK, "group": "1"})
    assert cells(page.content.decode())["Tuesday 10:00"] == "2 of 2"
    assert sign_in(chie).get(reverse("group_hours", args=[group.pk])).status_code == 404
    assert sign_in(emil).get(reverse("exchange_hours", args=[exchange.pk])).status_code == 404


def test_the_actual_week_counts_with_its_clock_change_absences_and_closed_days(sign_in, emil, farah, pune, group):
    url, emils = reverse("group_hours", args=[group.pk]), sign_in(emil)
    # After 28 March Lisbon is at UTC+1: Farah's hours are 11 to 14 there.
    page = emils.get(url, {"week": "2027-03-28"}).content.decode()
    assert "Clocks change on" in page
    page = emils.get(url, {"week": "2027-03-30"}).content.decode()
    assert "Tue 11:00 to 12:00" in page
    Absence.objects.create(
        user=farah, first=dt.date(2027, 3, 16), last=dt.date(2027, 3, 16), starts=dt.time(15), ends=dt.time(16)
    )
    page = emils.get(url, {"week": WEEK}).content.decode()
    assert cells(page)["Tuesday 10:00"] == "1 of 2"
    assert "<b>All 2 can:</b> Tue 10:30 to 12:00" in page
    Absence.objects.create(user=emil, first=dt.date(2027, 3, 15), last=dt.date(2027, 3, 17))
    CalendarPeriod.objects.create(
        institution=pune, kind="exams", name="Mid-term exams", first=dt.date(2027, 3, 15), last=dt.date(2027, 3, 19)
    )
    page = emils.get(url, {"week": WEEK}).content.decode()
    assert "Nobody is free in this week" in page
    assert "Mid-term exams" in page
    assert "in this week" in page


def test_weeks_stay_within_the_exchange(sign_in, emil, group):
    url, emils = reverse("group_hours", args=[group.pk]), sign_in(emil)
    for asked in ("0001-01-01", "9999-12-31", "x", "2027-13-01", ""):
        assert emils.get(url, {"week": asked}).status_code == 200
    early = emils.get(url, {"week": "2020-01-01"}).content.decode()
    assert "Week before" not in early
    assert "week=2027-03-07" in early  # weeks begin on Sunday in Portugal
    assert "Week after" not in emils.get(url, {"week": "2030-01-01"}).content.decode()


def test_nobody_yet(sign_in, bruno, exchange):
    page = sign_in(bruno).get(reverse("exchange_hours", args=[exchange.pk])).content.decode()
    assert "Nobody has a place yet" in page


@pytest.mark.parametrize("count", [1, 15])
def test_as_many_queries_for_few_as_for_many(sign_in, bruno, exchange, lisbon, pune, count, django_assert_num_queries):
    for _ in range(count):
        group_of(exchange, [lisbon, pune])
    CalendarPeriod.objects.bulk_create(
        CalendarPeriod(institution=pune, kind="exams", name=str(n), first=exchange.starts, last=exchange.starts)
        for n in range(count)
    )
    brunos = sign_in(bruno)
    with django_assert_num_queries(17):
        brunos.get(reverse("exchange_hours", args=[exchange.pk]), {"week": WEEK})
