"""Reading calendars of others: what is busy, what is a period, and what no calendar may do to us."""

import datetime as dt
import time

import pytest

from institutions.interop import calendars_in
from institutions.interop.calendars_in import MOST_EVENTS, CalendarError, busy_in, periods_in

FIRST, LAST = dt.date(2026, 10, 19), dt.date(2026, 11, 1)  # Lisbon's clock goes back on 25 October


def event(*lines: str, uid: str = "a") -> str:
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT")) + "\r\n"


def calendar(*parts: str) -> bytes:
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + "".join(parts) + "END:VCALENDAR\r\n").encode()


def busy(*parts: str, zone: str = "Europe/Lisbon", **kwargs) -> list[str]:
    found = busy_in(calendar(*parts), zone=zone, first=FIRST, last=LAST, **kwargs)
    return [f"{start:%d %H:%M}-{end:%d %H:%M}" for start, end in found.stretches]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART:20261020T090000Z", "DTEND:20261020T100000Z"], ["20 09:00-20 10:00"]),
        (["DTSTART:20261020T090000", "DTEND:20261020T100000"], ["20 08:00-20 09:00"]),  # no zone: the owner's
        (["DTSTART;TZID=Asia/Kathmandu:20261020T090000", "DURATION:PT45M"], ["20 03:15-20 04:00"]),
        (["DTSTART;TZID=India Standard Time:20261020T090000", "DURATION:PT1H"], ["20 03:30-20 04:30"]),
        (  # the wall clock stays over the change
            ["DTSTART;TZID=Europe/Lisbon:20261013T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY"],
            ["20 08:00-20 09:00", "27 09:00-27 10:00"],
        ),
        (
            ["DTSTART:20261020T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4", "EXDATE:20261021T090000Z"],
            ["20 09:00-20 10:00", "22 09:00-22 10:00", "23 09:00-23 10:00"],
        ),
        (["DTSTART;VALUE=DATE:20261025"], ["24 23:00-26 00:00"]),  # 25 hours
        (["DTSTART;VALUE=DATE:20261024", "DTEND;VALUE=DATE:20261026"], ["23 23:00-26 00:00"]),
        (["DTSTART:00010101T000000", "DTEND:99991231T235959"], ["18 23:00-02 00:00"]),  # as much as was asked for
        (["DTSTART:20261020T090000Z", "DTEND:20261020T100000Z", "TRANSP:TRANSPARENT"], []),
        (["DTSTART:20261020T090000Z", "DTEND:20261020T100000Z", "STATUS:CANCELLED"], []),
        (["DTSTART:20261020T090000Z", "DTEND:20261020T100000Z", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"], []),
        (["DTSTART:20261020T090000Z"], []),  # an instant takes no time
        (["DTSTART:20261020T090000Z", "DTEND:20261020T080000Z"], []),
        (["DTSTART:20251020T090000Z", "DTEND:20251020T100000Z"], []),
        (["DTSTART:nonsense", "DTEND:20261020T100000Z"], []),
        (["SUMMARY:no dates"], []),
        (["DTSTART:20261020T090000Z", "DURATION:PT1H", "RRULE:FREQ=FOO"], []),
        (["DTSTART:20261020T090000Z", "DTEND;VALUE=DATE:20261021"], []),
    ],
)  # fmt: skip
def test_when_somebody_is_busy(lines, expected):
    assert busy(event(*lines)) == expected


def test_one_occurrence_moved_and_stretches_joined():
    series = event("DTSTART;TZID=Europe/Lisbon:20261020T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2")
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Lisbon:20261021T090000",
        "DTSTART;TZID=Europe/Lisbon:20261021T150000",
        "DURATION:PT1H",
    )
    other = event("DTSTART:20261021T143000Z", "DTEND:20261021T160000Z", uid="b")
    assert busy(series, moved, other) == ["20 08:00-20 09:00", "21 14:00-21 16:00"]


def test_our_own_sessions_make_nobody_busy():
    ours = event("DTSTART:20261020T090000Z", "DURATION:PT1H", uid="activity-7@vmobility.example")
    assert busy(ours) == ["20 09:00-20 10:00"]
    assert busy(ours, own_host="vmobility.example") == []


def test_free_busy_lists_of_outlook():
    listed = (
        "BEGIN:VFREEBUSY\r\nUID:x\r\nDTSTAMP:20260101T000000Z\r\n"
        "FREEBUSY;FBTYPE=BUSY:20261020T090000Z/PT1H,20261021T090000Z/20261021T100000Z\r\n"
        "FREEBUSY;FBTYPE=FREE:20261022T090000Z/PT1H\r\nEND:VFREEBUSY\r\n"
    )
    assert busy(listed) == ["20 09:00-20 10:00", "21 09:00-21 10:00"]


def test_several_calendars_in_one_file_and_a_mark_at_its_head():
    both = calendar(event("DTSTART:20261020T090000Z", "DURATION:PT1H")) + calendar(
        event("DTSTART:20261021T090000Z", "DURATION:PT1H", uid="b")
    )
    found = busy_in(b"\xef\xbb\xbf\r\n" + both, zone="UTC", first=FIRST, last=LAST)
    assert (len(found.stretches), found.events) == (2, 2)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_calendar"),
        (b"\x00\xff\xfe" * 100, "no_calendar"),
        (b"  <!DOCTYPE html><html>", "web_page"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "no_calendar"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "no_calendar"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 3000, "no_calendar"),
        (calendar(event("DTSTART:20260101T000000Z", "RRULE:FREQ=SECONDLY")), "too_often"),
        (calendar(event("DTSTART:20260101T000000Z", "RRULE:FR\r\n EQ=MINUTELY")), "too_often"),
        (
            calendar(
                "BEGIN:VTIMEZONE\r\nTZID:Bomb\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nRRULE:FREQ=SECONDLY\r\n"
                "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
                event("DTSTART;TZID=Bomb:20261020T090000", "DURATION:PT1H"),
            ),
            "too_often",
        ),
        (
            calendar(event("DTSTART:20260101T000000Z", "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5")),
            "too_often",
        ),
        (calendar(event("DTSTART:00020101T000000Z", "RRULE:FREQ=DAILY")), "too_often"),
        (calendar(event("DTSTART:20260101T000000Z", "RRULE:FREQ=SECO\r\n\tNDLY")), "too_often"),
        (calendar(event("DTSTART:20260101T000000Z", "RRULE:FREQ=DAILY;INTERVAL=0")), "too_often"),
        (calendar(event("DTSTART:20260101T000000Z", "DURATION:P20000D", "RRULE:FREQ=DAILY")), "too_often"),
        (
            calendar(
                "BEGIN:VTIMEZONE\r\nTZID:Bomb\r\n",
                *(
                    f"BEGIN:{kind}\r\nDTSTART:19700101T000000\r\nRRULE:FREQ=YEARLY;INTERVAL=0\r\n"
                    f"TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nEND:{kind}\r\n"
                    for kind in ("STANDARD", "DAYLIGHT")
                ),
                "END:VTIMEZONE\r\n",
                event("DTSTART;TZID=Bomb:20261020T090000", "DURATION:PT1H"),
            ),
            "too_often",
        ),
        (calendar(*["BEGIN:VEVENT\r\nEND:VEVENT\r\n"] * (MOST_EVENTS + 1)), "too_many_events"),
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_not_read(content, code):
    begun = time.monotonic()
    with pytest.raises(CalendarError) as error:
        busy_in(content, zone="UTC", first=FIRST, last=LAST)
    assert error.value.code == code
    assert time.monotonic() - begun < 10


def test_zones_of_one_calendar_do_not_reach_into_another():
    for offset, expected in (("+0100", "20 08:00-20 09:00"), ("+0500", "20 04:00-20 05:00")):
        zone = (
            "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
            f"TZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        )
        assert busy(zone, event("DTSTART;TZID=Customized Time Zone:20261020T090000", "DURATION:PT1H")) == [expected]


def test_many_series_end_at_a_number_or_at_a_time(monkeypatch):
    daily = [event("DTSTART:20260101T000000Z", "DURATION:PT1M", "RRULE:FREQ=DAILY", uid=str(n)) for n in range(9)]
    monkeypatch.setattr(calendars_in, "MOST_OCCURRENCES", 40)
    with pytest.raises(CalendarError) as error:
        busy_in(calendar(*daily), zone="UTC", first=FIRST, last=LAST)
    assert (error.value.code, error.value.facts) == ("too_many_events", {"most": 40})
    monkeypatch.setattr(calendars_in, "MOST_SECONDS", -1)
    with pytest.raises(CalendarError) as error:
        busy_in(calendar(*daily), zone="UTC", first=FIRST, last=LAST)
    assert error.value.code == "too_complex"


def test_periods_are_whole_days_with_a_name_once_and_every_problem_is_counted():
    found = periods_in(
        calendar(
            event("DTSTART;VALUE=DATE:20261024", "DTEND;VALUE=DATE:20261027", "SUMMARY:Autumn\t break", uid="1"),
            event("DTSTART;VALUE=DATE:20261024", "DTEND;VALUE=DATE:20261027", "SUMMARY:Autumn break", uid="2"),
            event("DTSTART;VALUE=DATE:20261101", "SUMMARY:All Saints' Day"),
            event("DTSTART:20261019T000000", "DTEND:20261024T000000", "SUMMARY:Exams"),
            event(
                "DTSTART;TZID=Europe/Lisbon:20261020T080000", "DTEND;TZID=Europe/Lisbon:20261022T180000", "SUMMARY:Fair"
            ),
            event("DTSTART:20261020T090000", "DTEND:20261020T100000", "SUMMARY:Lecture"),
            event("DTSTART;VALUE=DATE:20261020", "SUMMARY:  "),
            event("SUMMARY:No dates"),
            event("DTSTART;VALUE=DATE:20300101", "SUMMARY:Far away"),
            event("DTSTART;VALUE=DATE:20261024", "SUMMARY:Off", "STATUS:CANCELLED"),
        ),
        zone="Europe/Lisbon",
        first=FIRST,
        last=LAST,
    )
    assert [(each.name, each.first.day, each.last.day) for each in found.periods] == [
        ("Exams", 19, 23),
        ("Fair", 20, 22),
        ("Autumn break", 24, 26),
        ("All Saints' Day", 1, 1),
    ]
    assert found.problems == {"hours": 1, "no_name": 1, "no_dates": 1, "out_of_reach": 1, "cancelled": 1}
