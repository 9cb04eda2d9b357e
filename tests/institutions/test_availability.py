"""Dates away, limits, moving to another zone, and busy times from people's own calendars."""

import datetime as dt

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from institutions import manners
from institutions.actions import absences, busy, learners
from institutions.errors import Refused
from institutions.hours import WeekHours
from institutions.interop.fetch import MOST_BYTES, Way
from institutions.models import Absence, BusyCalendar, BusyTime, JournalEntry, LearnerProfile
from tests.institutions.test_calendars_in import calendar, event
from tests.institutions.test_fetch import HERE, Handler, serve

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

DAYS = {"kind": "exams", "first": "2027-01-11", "last": "2027-01-22"}


@pytest.fixture
def emils(sign_in, emil):
    return sign_in(emil)


# Dates away ----------------------------------------------------------------------------------------------------------


def test_dates_are_added_changed_removed_and_put_back(emils, emil):
    page = reverse("absence_list")
    assert emils.post(page, DAYS).status_code == 302
    absence = emil.absences.get()
    assert (absence.kind, absence.first, absence.last, absence.starts) == (
        "exams", dt.date(2027, 1, 11), dt.date(2027, 1, 22), None,
    )  # fmt: skip
    assert "these dates are here already" in emils.post(page, DAYS).content.decode().lower()
    edit = reverse("absence_edit", args=[absence.pk])
    assert 'value="2027-01-22"' in emils.get(edit).content.decode()
    assert emils.post(edit, {**DAYS, "starts": "09:00", "ends": "13:30"}).status_code == 302
    absence.refresh_from_db()
    assert (absence.starts, absence.ends) == (dt.time(9), dt.time(13, 30))
    emils.post(reverse("absence_remove", args=[absence.pk]))
    assert not emil.absences.exists()
    assert "Put it back" in emils.get(page).content.decode()
    emils.post(reverse("absence_put_back"))
    assert (emil.absences.get().ends, emil.absences.get().kind) == (dt.time(13, 30), "exams")
    emils.post(reverse("absence_put_back"))
    assert emil.absences.count() == 1
    # Why somebody is away is in no journal.
    assert not JournalEntry.objects.exclude(subject_type="institutions.user").exists()
    assert all(not entry.data and "exam" not in entry.subject_name.lower() for entry in JournalEntry.objects.all())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first": ""}, "first"), ({"first": "2027-02-30"}, "first"), ({"last": "2027-01-10"}, "last"),
        ({"last": "2029-01-10"}, "last"), ({"starts": "09:00"}, "ends"), ({"ends": "09:00"}, "starts"),
        ({"starts": "13:00", "ends": "09:00"}, "ends"), ({"starts": "25:00", "ends": "26:00"}, "starts"),
        ({"kind": "party"}, "kind"), ({"first": "9999-12-31"}, "first"),
    ],
)  # fmt: skip
def test_bad_dates_are_said_at_the_field_and_kept(emils, emil, change, field):
    answer = emils.post(reverse("absence_list"), {**DAYS, **change})
    assert answer.status_code == 200
    assert answer.context["form"].errors[field]
    assert not emil.absences.exists()


def test_one_day_needs_no_last_one_and_there_is_an_end_to_them(emils, emil, monkeypatch):
    emils.post(reverse("absence_list"), {"kind": "away", "first": "2027-01-11"})
    assert emil.absences.get().last == dt.date(2027, 1, 11)
    monkeypatch.setattr(absences, "MOST_ABSENCES", 1)
    with pytest.raises(Refused):
        absences.add(
            actor=emil, kind="away", first=dt.date(2027, 2, 1), last=dt.date(2027, 2, 1), starts=None, ends=None
        )


def test_the_database_holds_the_order(emil):
    day = dt.date(2027, 1, 1)
    for facts in ({"last": dt.date(2026, 12, 31)}, {"last": day, "starts": dt.time(9)},
                  {"last": day, "starts": dt.time(9), "ends": dt.time(9)}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Absence.objects.create(user=emil, first=day, **facts)


def test_what_is_over_is_on_a_page_of_its_own(emils, emil):
    Absence.objects.create(user=emil, kind="holiday", first=dt.date(2020, 1, 1), last=dt.date(2020, 1, 3))
    page = emils.get(reverse("absence_list")).content.decode()
    assert "2020" not in page
    assert "What is over" in page
    assert "2020" in emils.get(reverse("absence_list") + "?past").content.decode()


# The day, its limit and its manners ----------------------------------------------------------------------------------

SETTINGS = {"name": "Emil", "language": "en", "zone": "Europe/Lisbon", "day_start": "09:00", "day_end": "20:00",
            "limit_start": "07:00", "limit_end": "22:00", "clock_style": "12", "week_start": "6"}  # fmt: skip


def test_the_day_and_its_limit_are_settings(emils, emil):
    assert emils.post(reverse("settings_profile"), SETTINGS).status_code == 302
    emil.refresh_from_db()
    assert emil.humane_hours == WeekHours.daily("09:00", "20:00")
    assert emil.limit_hours == WeekHours.daily("07:00", "22:00")
    emils.post(reverse("settings_profile"), {**SETTINGS, "limit_start": "", "limit_end": ""})
    emil.refresh_from_db()
    assert len(emil.limit_hours) == 336
    night = {"day_start": "20:00", "day_end": "04:00", "limit_start": "18:00", "limit_end": "06:00"}
    assert emils.post(reverse("settings_profile"), {**SETTINGS, **night}).status_code == 302
    emil.refresh_from_db()
    assert emil.humane_hours == WeekHours.daily("20:00", "04:00")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"day_end": "09:00"}, "day_end"),
        ({"limit_start": ""}, "limit_start"),
        ({"limit_end": ""}, "limit_end"),
        ({"limit_start": "10:00"}, "limit_start"),
        ({"limit_end": "07:00"}, "limit_end"),
        ({"clock_style": "13"}, "clock_style"),
        ({"week_start": "9"}, "week_start"),
    ],
)
def test_limits_that_hold_no_day(emils, emil, change, field):
    answer = emils.post(reverse("settings_profile"), {**SETTINGS, **change})
    assert answer.context["form"].errors[field]


def test_the_grid_is_in_the_persons_manner(emils, emil):
    page = emils.get(reverse("settings_hours")).content.decode()
    assert 'aria-label="Tuesday 14:30 to 15:00, free"' in page
    emil.clock_style, emil.week_start = "12", "5"
    emil.save()
    page = emils.get(reverse("settings_hours")).content.decode()
    assert 'aria-label="Tuesday 2:30 p.m. to 3:00 p.m., free"' in page
    assert 'data-order="5,6,0,1,2,3,4"' in page
    assert page.index('title="Saturday"') < page.index('title="Monday"')


@pytest.mark.parametrize(
    ("zone", "twelve", "first"),
    [("Asia/Kolkata", True, 6), ("Africa/Cairo", True, 5), ("Europe/Berlin", False, 0), ("America/New_York", True, 6),
     ("Asia/Tokyo", False, 6), ("UTC", False, 0), ("Antarctica/Troll", False, 0)],
)  # fmt: skip
def test_countries_have_their_customs(zone, twelve, first):
    found = manners.manners_of(zone)
    assert (found.twelve, found.first_weekday) == (twelve, first)
    assert manners.manners_of(zone, "24", "5") == manners.Manners(False, 5)


def test_hours_beyond_the_limit_are_said(emils, emil):
    LearnerProfile.objects.create(
        user=emil, hours=WeekHours.from_ranges([(0, "05:00", "07:00"), (1, "09:00", "10:00")])
    )
    page = emils.get(reverse("settings_hours")).content.decode()
    assert "are never proposed: Mon 05:00 to 06:00." in page
    emil.limit_start = emil.limit_end = None
    emil.save()
    assert "are never proposed" not in emils.get(reverse("settings_hours")).content.decode()


# Moving --------------------------------------------------------------------------------------------------------------

WINTER = time_machine.travel(dt.datetime(2026, 12, 2, 12, tzinfo=dt.UTC), tick=False)


@WINTER
def test_moving_asks_what_stays_and_shows_both(emils, emil):
    LearnerProfile.objects.create(
        user=emil, hours=WeekHours.from_ranges([(0, "09:00", "10:00"), (6, "20:00", "24:00")])
    )
    answer = emils.post(reverse("settings_profile"), {**SETTINGS, "zone": "Asia/Kathmandu", "clock_style": "24"})
    emil.refresh_from_db()
    assert (emil.zone, emil.day_start) == ("Europe/Lisbon", dt.time(9))  # all but the zone is saved
    page = emils.get(answer["Location"]).content.decode()
    assert "Mon 09:00 to 10:00; Sun 20:00 to 24:00" in page
    # 5 h 45 min later: a half-hour that lies across two on the new clock is left out.
    assert "Mon 02:00 to 05:30, 15:00 to 15:30" in page or "Mon 02:00 to 05:30; Mon 15:00 to 15:30" in page
    assert "14:45 to 01:45" in page
    emils.post(reverse("settings_move"), {"zone": "Asia/Kathmandu", "keep": "instants"})
    emil.refresh_from_db()
    assert emil.zone == "Asia/Kathmandu"
    assert (emil.day_start, emil.day_end, emil.limit_start) == (dt.time(14, 45), dt.time(1, 45), dt.time(12, 45))
    assert emil.learner_profile.hours == WeekHours.from_ranges([(0, "02:00", "05:30"), (0, "15:00", "15:30")])


@WINTER
@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("Pacific/Honolulu", "Pacific/Kiritimati", [(1, "09:00", "11:00")]),  # a day later: the date line
        ("Pacific/Kiritimati", "Pacific/Honolulu", [(6, "09:00", "11:00")]),
        ("Europe/Lisbon", "Asia/Kolkata", [(0, "14:30", "16:30")]),
        ("Asia/Kolkata", "Pacific/Chatham", [(0, "17:30", "19:00")]),  # 8 h 15 min: a half-hour is left out
        ("Europe/Lisbon", "Australia/Lord_Howe", [(0, "20:00", "22:00")]),
    ],
)
def test_instants_over_the_date_line_and_half_hours(emil, old, new, kept):
    emil.zone = old
    emil.save()
    LearnerProfile.objects.create(user=emil, hours=WeekHours.from_ranges([(0, "09:00", "11:00")]))
    assert learners.kept_local(emil).hours == WeekHours.from_ranges([(0, "09:00", "11:00")])
    assert learners.kept_instants(emil, new).hours == WeekHours.from_ranges(kept)
    learners.move_to(actor=emil, zone=new, keep_instants=False)
    emil.learner_profile.refresh_from_db()
    assert emil.learner_profile.hours == WeekHours.from_ranges([(0, "09:00", "11:00")])


def test_the_top_bars_form_asks_too_but_only_those_who_have_hours(emils, emil):
    chosen = {"zone": "Asia/Tokyo", "next": "/desk/"}
    assert emils.post(reverse("zone_choose"), chosen)["Location"] == "/desk/"
    emil.refresh_from_db()
    assert emil.zone == "Asia/Tokyo"
    LearnerProfile.objects.create(user=emil, hours=WeekHours.daily("09:00", "10:00"))
    answer = emils.post(reverse("zone_choose"), {**chosen, "zone": "Asia/Kolkata"})
    assert answer["Location"] == "/settings/zone/?zone=Asia%2FKolkata&next=%2Fdesk%2F"
    answer = emils.post(reverse("settings_move"), {"zone": "Asia/Kolkata", "keep": "local", "next": "/desk/"})
    assert answer["Location"] == "/desk/"
    emil.refresh_from_db()
    assert emil.zone == "Asia/Kolkata"
    answer = emils.post(reverse("settings_move"), {"zone": "UTC", "keep": "local", "next": "https://evil.example/"})
    assert answer["Location"] == "/settings/"


@pytest.mark.parametrize("sent", [{}, {"zone": "Mars/Olympus", "keep": "local"}, {"zone": "\0", "keep": "local"}])
def test_moving_nowhere(emils, emil, sent):
    assert emils.post(reverse("settings_move"), sent)["Location"] == "/settings/"
    for target in ("desk", "https://evil.example/", "//evil.example/", "0001-01-01"):
        assert emils.post(reverse("zone_choose"), {"zone": "UTC", "next": target})["Location"] == "/"
    answer = emils.post(reverse("settings_move"), {"zone": "Asia/Tokyo", "keep": "both"})
    assert answer.context["form"].errors["keep"]


# Busy times ----------------------------------------------------------------------------------------------------------

NOW = dt.datetime(2026, 10, 18, 12, tzinfo=dt.UTC)
LECTURES = calendar(
    event("DTSTART;TZID=Europe/Lisbon:20261019T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:Secret"),
    event("DTSTART;VALUE=DATE:20261022", "SUMMARY:Secret", uid="b"),
)


class CalendarServer(Handler):
    body = LECTURES

    def answer_ok(self, rest):
        if self.headers.get("If-None-Match") == '"7"':
            self.send(304, b"")
        else:
            self.send(body=type(self).body, ETag='"7"')


@pytest.fixture(scope="module")
def running():
    yield from serve(handler=CalendarServer)


@pytest.fixture
def link(running):
    running.asked.clear()
    return f"http://calendar.example:{running.server_port}/ok?secret=token"


WAY = Way(allowed=lambda address: address == HERE, look_up=lambda host, port: ["127.0.0.1"], seconds=10)


def times(user) -> list[str]:
    rows = BusyTime.objects.filter(calendar__user=user).values_list("starts_at", "ends_at")
    return [f"{start:%m-%d %H:%M}-{end:%m-%d %H:%M}" for start, end in rows]


@time_machine.travel(NOW, tick=False)
def test_an_address_is_read_by_a_worker_kept_bare_and_shown_to_nobody(emils, emil, sign_in, root, bruno, running, link):
    page = reverse("busy_calendars")
    assert emils.post(page, {"url": link, "name": "Timetable"}).status_code == 302
    found = BusyCalendar.objects.get()
    assert "being read" in emils.get(page).content.decode()
    assert busy.read_due(way=WAY) == 1
    assert times(emil) == [
        "10-19 08:00-10-19 09:00", "10-21 23:00-10-22 23:00", "10-26 09:00-10-26 10:00", "11-02 09:00-11-02 10:00",
    ]  # fmt: skip
    found.refresh_from_db()
    assert (found.events, found.problem, found.attempts, found.read_at) == (4, "", 0, NOW)
    assert found.covers_until == NOW.date() + busy.HORIZON
    assert found.due_at == NOW + busy.EVERY
    shown = emils.get(page).content.decode()
    assert "4 busy times" in shown
    assert "calendar.example" in shown
    assert "secret=token" not in shown
    for name in ("busy_remove", "busy_read"):
        for person in (root, bruno):
            assert sign_in(person).post(reverse(name, args=[found.pk])).status_code == 404
    assert not JournalEntry.objects.filter(data__icontains="calendar.example").exists()
    assert "Timetable" not in " ".join(JournalEntry.objects.values_list("subject_name", flat=True))
    assert running.asked[0][1]["User-Agent"].startswith("vmobility (+")


def test_it_is_read_again_and_only_unfolded_when_needed(emil, running, link):
    with time_machine.travel(NOW, tick=False) as clock:
        busy.add(actor=emil, name="", url=link)
        assert busy.read_due(way=WAY) == 1
        assert busy.read_due(way=WAY) == 0
        clock.move_to(NOW + busy.EVERY)
        BusyTime.objects.all().delete()  # were it unfolded again, they would be back
        assert busy.read_due(way=WAY) == 1
        assert "If-None-Match" in running.asked[-1][1]
        assert (times(emil), BusyCalendar.objects.get().read_at) == ([], NOW + busy.EVERY)
        clock.move_to(NOW + dt.timedelta(days=8))
        busy.read_due(way=WAY)
        assert "If-None-Match" not in running.asked[-1][1]
        assert len(times(emil)) == 2  # what is over is gone
        busy.read_again(actor=emil, calendar=BusyCalendar.objects.get())
        assert busy.read_due(way=WAY) == 0  # at most once a minute
        clock.shift(dt.timedelta(minutes=1))
        assert busy.read_due(way=WAY) == 1


def test_a_sweep_leaves_the_rest_to_the_next_one(emil, farah, monkeypatch, link):
    for person in (emil, farah):
        busy.add(actor=person, name="", url=link)
    monkeypatch.setattr(busy, "LONGEST_SWEEP", 0)
    assert busy.read_due(way=WAY) == 0
    monkeypatch.undo()
    assert busy.read_due(way=WAY) == 2


def test_problems_are_told_in_words_and_tried_again_ever_later(emils, emil, link):
    with time_machine.travel(NOW, tick=False) as clock:
        busy.add(actor=emil, name="Mine", url=link)
        busy.read_due(way=WAY)
        before = times(emil)
        nobody = Way(allowed=WAY.allowed, look_up=lambda host, port: [])
        waits = []
        for _ in range(12):
            clock.move_to(BusyCalendar.objects.get().due_at)
            busy.read_due(way=nobody)
            found = BusyCalendar.objects.get()
            waits.append(found.due_at - found.tried_at)
        assert waits[:3] == [busy.FIRST_WAIT, 2 * busy.FIRST_WAIT, 4 * busy.FIRST_WAIT]
        assert waits[-1] == busy.LONGEST_WAIT
        assert times(emil) == before  # what was known stays in use
        page = emils.get(reverse("busy_calendars")).content.decode()
        assert "There is no server called calendar.example." in page
        assert "That is some time ago." in page
        # Without the tests' permission this machine is not reached.
        BusyCalendar.objects.update(due_at=dt.datetime.now(dt.UTC))
        BusyCalendar.objects.update(url=link.replace("calendar.example", "127.0.0.1"))
        busy.read_due()
        assert BusyCalendar.objects.get().problem == "private"


@time_machine.travel(NOW, tick=False)
def test_a_file_is_read_once_and_not_kept(emils, emil):
    page = reverse("busy_calendars")
    emils.post(page, {"file": SimpleUploadedFile("lectures.ics", LECTURES)})
    assert busy.read_due() == 1
    found = BusyCalendar.objects.get()
    assert (found.name, found.content, found.due_at, found.events) == ("lectures.ics", None, None, 4)
    emils.post(page, {"file": SimpleUploadedFile("page.ics", b"<html>")})
    busy.read_due()
    failed = BusyCalendar.objects.get(problem="web_page")
    assert (failed.content, failed.due_at) == (None, None)
    assert "This is a web page and not a calendar." in emils.get(page).content.decode()
    with pytest.raises(Refused):
        busy.read_again(actor=emil, calendar=found)


def test_what_cannot_be_added(emils, emil, monkeypatch):
    page = reverse("busy_calendars")
    monkeypatch.setattr(busy, "MOST_CALENDARS", 1)
    for sent, field in [
        ({}, "url"),
        ({"url": "ftp://a.example/x"}, "url"),
        ({"url": "https://me:word@a.example/x"}, "url"),
        ({"url": "https://a.example/x", "file": SimpleUploadedFile("a.ics", b"x")}, "url"),
        ({"file": SimpleUploadedFile("a.ics", b"x" * (MOST_BYTES + 1))}, "file"),
        ({"url": "https://a.example/" + "x" * 3000}, "url"),
    ]:
        assert emils.post(page, sent).context["form"].errors[field], sent
    assert emils.post(page, {"url": "webcal://a.example/x"}).status_code == 302
    assert BusyCalendar.objects.get().url == "https://a.example/x"
    assert "already" in str(emils.post(page, {"url": "https://b.example/x"}).context["form"].errors)
    with pytest.raises(Refused, match="Remove one"):
        busy.add(actor=emil, name="", url="https://a.example/y")


@time_machine.travel(NOW, tick=False)
def test_removing_deletes_all_at_once_even_while_it_is_being_read(emils, emil, link):
    busy.add(actor=emil, name="", url=link)
    busy.read_due(way=WAY)
    BusyCalendar.objects.update(due_at=NOW)
    held = busy.claim(NOW)
    assert busy.claim(NOW) is None  # two workers never read the same one
    assert emils.post(reverse("busy_remove", args=[held.pk])).status_code == 302
    busy._read(held, WAY)
    assert (BusyCalendar.objects.count(), BusyTime.objects.count()) == (0, 0)


def test_a_worker_that_died_is_succeeded_and_its_late_result_thrown_away(emil, link):
    with time_machine.travel(NOW, tick=False) as clock:
        busy.add(actor=emil, name="", url=link)
        dead = busy.claim(NOW)
        clock.shift(busy.LEASE + dt.timedelta(seconds=1))
        assert busy.read_due(way=WAY) == 1
        BusyTime.objects.all().delete()
        busy._read(dead, WAY)
        assert times(emil) == []
