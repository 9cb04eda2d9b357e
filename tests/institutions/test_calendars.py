"""An institution's academic calendar: by hand, and from a file that is looked at first."""

import datetime as dt

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from institutions.actions import calendars
from institutions.errors import Refused
from institutions.forms.calendars import MOST_KILOBYTES
from institutions.models import CalendarPeriod, JournalEntry
from tests.institutions.test_calendars_in import calendar, event

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

TERM = {"kind": "term", "name": "Winter term", "first": "2026-12-07", "last": "2027-03-19"}


def url(name: str, *args) -> str:
    return reverse(name, args=["lisbon", *args])


def period(institution, name="Carnival", kind="holiday", first=dt.date(2027, 2, 8), days=3, **kwargs) -> CalendarPeriod:
    last = first + dt.timedelta(days=days - 1)
    return CalendarPeriod.objects.create(
        institution=institution, name=name, kind=kind, first=first, last=last, **kwargs
    )


def days(institution) -> list[tuple[str, str, str, str]]:
    return [(p.name, p.kind, str(p.first), str(p.last)) for p in institution.periods.all()]


def test_periods_are_added_changed_removed_and_put_back(sign_in, bruno, ines, lisbon, client):
    brunos = sign_in(bruno)
    assert brunos.post(url("period_new"), TERM)["Location"] == url("calendar_detail")
    assert brunos.post(url("period_new"), {**TERM, "another": "1", "name": "Labs"})["Location"] == url("period_new")
    assert "already" in str(brunos.post(url("period_new"), TERM).context["form"].errors["name"])
    made = lisbon.periods.get(name="Winter term")
    ines_ = sign_in(ines)
    assert ines_.post(url("period_edit", made.pk), {**TERM, "last": "2027-03-12"}).status_code == 302
    assert ("Winter term", "term", "2026-12-07", "2027-03-12") in days(lisbon)
    ines_.post(url("period_remove", made.pk))
    assert [name for name, *_ in days(lisbon)] == ["Labs"]
    assert "Put it back" in ines_.get(url("calendar_detail")).content.decode()
    assert "Put it back" not in brunos.get(url("calendar_detail")).content.decode()
    ines_.post(url("period_put_back"))
    assert ("Winter term", "term", "2026-12-07", "2027-03-12") in days(lisbon)
    verbs = JournalEntry.objects.filter(institution=lisbon, verb__startswith="calendar").order_by("pk")
    assert [each.verb for each in verbs] == [
        "calendar.add", "calendar.add", "calendar.change", "calendar.remove", "calendar.add",
    ]  # fmt: skip
    page = client.get(url("calendar_detail")).content.decode()  # everybody may see it
    assert "Winter term" in page
    assert "Remove" not in page


@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": ""}, "name"), ({"name": "x" * 121}, "name"), ({"kind": "party"}, "kind"), ({"first": "x"}, "first"),
     ({"last": "2026-12-01"}, "last"), ({"last": "2029-12-01"}, "last")],
)  # fmt: skip
def test_what_is_no_period_is_said_at_the_field(sign_in, bruno, lisbon, change, field):
    answer = sign_in(bruno).post(url("period_new"), {**TERM, **change})
    assert answer.context["form"].errors[field]
    assert not lisbon.periods.exists()


def test_periods_of_another_institution_are_not_found_here(sign_in, bruno, pune):
    theirs = period(pune)
    assert sign_in(bruno).get(url("period_edit", theirs.pk)).status_code == 404
    assert sign_in(bruno).get(reverse("period_new", args=["pune"])).status_code == 404


@pytest.mark.parametrize("count", [1, 29])
def test_the_list_takes_the_same_queries(client, lisbon, count, django_assert_num_queries):
    for number in range(count):
        period(lisbon, name=f"Day {number}")
    with django_assert_num_queries(4):
        client.get(url("calendar_detail"))


def test_the_calendar_is_not_endless(bruno, lisbon, monkeypatch):
    monkeypatch.setattr(calendars, "MOST_PERIODS", 1)
    facts = {"kind": "term", "first": dt.date(2027, 1, 1), "last": dt.date(2027, 1, 2)}
    calendars.add(actor=bruno, institution=lisbon, name="A", **facts)
    with pytest.raises(Refused):
        calendars.add(actor=bruno, institution=lisbon, name="B", **facts)


# From a file ---------------------------------------------------------------------------------------------------------

FILE = calendar(
    event("DTSTART;VALUE=DATE:20261207", "DTEND;VALUE=DATE:20270320", "SUMMARY:Winter term", uid="term"),
    event("DTSTART;VALUE=DATE:20270208", "DTEND;VALUE=DATE:20270211", "SUMMARY:Carnival", uid="carnival"),
    event("DTSTART;VALUE=DATE:20270322", "DTEND;VALUE=DATE:20270327", "SUMMARY:Época de exames / Exams", uid="exams"),
    event("DTSTART;VALUE=DATE:20270425", "RRULE:FREQ=YEARLY", "SUMMARY:Freedom Day", uid="freedom"),
    event("DTSTART:20261208T090000", "DTEND:20261208T100000", "SUMMARY:Opening lecture", uid="lecture"),
    event("DTSTART;VALUE=DATE:20261208", uid="nameless"),
)


def upload(browser, content: bytes = FILE):
    return browser.post(url("calendar_import"), {"file": SimpleUploadedFile("ulisboa.ics", content)})


def ticked(answer) -> dict[str, str]:
    """What the preview's form sends as it stands."""
    form = answer.context["form"]
    sent = {}
    for number in range(form.count):
        if form[f"take_{number}"].value():
            sent[f"take_{number}"] = "on"
        sent[f"kind_{number}"] = str(form[f"kind_{number}"].value())
    return sent


@time_machine.travel(dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC), tick=False)
def test_a_file_is_looked_at_before_anything_is_saved(sign_in, bruno, lisbon):
    brunos = sign_in(bruno)
    assert upload(brunos)["Location"] == url("calendar_preview")
    answer = brunos.get(url("calendar_preview"))
    page = answer.content.decode()
    assert "1 event has hours within a day" in page
    assert "1 event has no name." in page
    assert not lisbon.periods.exists()
    rows = answer.context["rows"]
    assert [(row["proposed"].found.name, row["proposed"].kind.value) for row in rows] == [
        ("Winter term", "term"), ("Carnival", "holiday"), ("Época de exames / Exams", "exams"),
        ("Freedom Day", "holiday"), ("Freedom Day", "holiday"), ("Freedom Day", "holiday"),
    ]  # fmt: skip
    sent = {name: value for name, value in ticked(answer).items() if name != "take_5"}
    sent["kind_3"] = "exams"
    assert brunos.post(url("calendar_preview"), sent)["Location"] == url("calendar_detail")
    assert days(lisbon) == [
        ("Winter term", "term", "2026-12-07", "2027-03-19"),
        ("Carnival", "holiday", "2027-02-08", "2027-02-10"),
        ("Época de exames / Exams", "exams", "2027-03-22", "2027-03-26"),
        ("Freedom Day", "exams", "2027-04-25", "2027-04-25"),
        ("Freedom Day", "holiday", "2028-04-25", "2028-04-25"),
    ]
    assert brunos.get(url("calendar_preview"))["Location"] == url("calendar_import")  # used up
    assert JournalEntry.objects.get(verb="calendar.take_over").data == {"new": 5, "moved": 0}


@time_machine.travel(dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC), tick=False)
def test_names_with_characters_that_no_database_takes(sign_in, bruno, lisbon):
    brunos = sign_in(bruno)
    upload(brunos, calendar(event("DTSTART;VALUE=DATE:20261208", "SUMMARY:Free\0dom\x07 Day", uid="f\0r")))
    brunos.post(url("calendar_preview"), ticked(brunos.get(url("calendar_preview"))))
    assert lisbon.periods.get().name == "Free dom Day"


@time_machine.travel(dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC), tick=False)
def test_the_same_file_again_changes_nothing_and_a_new_one_moves_what_it_moved(sign_in, bruno, lisbon):
    brunos = sign_in(bruno)
    upload(brunos)
    brunos.post(url("calendar_preview"), ticked(brunos.get(url("calendar_preview"))))
    before = days(lisbon)
    upload(brunos)
    answer = brunos.get(url("calendar_preview"))
    assert answer.content.decode().count("here already") == 6
    assert "take_0" not in ticked(answer)
    everything = {f"take_{number}": "on" for number in range(6)} | ticked(answer)
    brunos.post(url("calendar_preview"), everything)
    assert days(lisbon) == before
    upload(brunos, FILE.replace(b"20270208", b"20270215").replace(b"20270211", b"20270218"))
    answer = brunos.get(url("calendar_preview"))
    assert "other days" in answer.content.decode()
    brunos.post(url("calendar_preview"), ticked(answer))
    assert ("Carnival", "holiday", "2027-02-15", "2027-02-17") in days(lisbon)
    assert len(days(lisbon)) == len(before)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a calendar file"),
        (b"<html>", "web page"),
        (calendar(event("DTSTART:20260101T000000Z", "RRULE:FREQ=SECONDLY")), "repeats by the hour"),
        (calendar(event("DTSTART:20261208T090000", "DTEND:20261208T100000", "SUMMARY:Lecture")), "has hours within"),
        (b"x" * (MOST_KILOBYTES * 1000 + 1), "larger than"),
        (calendar(*[event(f"DTSTART;VALUE=DATE:2027{m:02d}{d:02d}", f"SUMMARY:{d} {m}", uid=f"{d} {m}")
                    for m in range(1, 9) for d in range(1, 28)]), "more than 200 periods"),
    ],
    ids=range(6),
)  # fmt: skip
def test_files_that_are_no_academic_calendar(sign_in, bruno, lisbon, content, said):
    answer = upload(sign_in(bruno), content)
    assert answer.status_code == 200
    assert said in str(answer.context["form"].errors["file"])
    assert not lisbon.periods.exists()


@time_machine.travel(dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC), tick=False)
def test_nothing_ticked_and_kinds_that_do_not_exist(sign_in, bruno, lisbon, pune):
    brunos = sign_in(bruno)
    upload(brunos)
    assert brunos.post(url("calendar_preview"), {}).context["form"].errors
    answer = brunos.post(url("calendar_preview"), {"take_0": "on", "kind_0": "party"})
    assert answer.context["form"].errors["kind_0"]
    assert not lisbon.periods.exists()
