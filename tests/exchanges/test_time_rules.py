"""New time zone rules: instants follow, agreed wall times stay, calendars and people are told; with real zone files."""

import datetime as dt
import os
import subprocess
import sys
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection

from exchanges.actions import activities, time_rules
from exchanges.actions.polls import open_poll
from exchanges.actions.series import plan_series
from exchanges.enums import ExchangeStatus
from exchanges.models import Activity, Series
from institutions.interop.mail import body_of
from institutions.models import JournalEntry, Notice
from tests import tzif
from tests.conftest import ROOT
from tests.factories.activity import ActivityFactory
from tests.factories.exchange import exchange_of
from tests.factories.group import placed
from vmobility.checks import sessions_follow_tzdata

NEWER = "2099z"


@pytest.fixture
def autumn(lisbon, pune, bruno, farah):
    """A series of six weeks over the end of summer time in Lisbon, planned in September 2026; Farah takes part."""
    with time_machine.travel(dt.datetime(2026, 9, 20, 12, tzinfo=dt.UTC), tick=False):
        exchange = exchange_of(
            lisbon,
            pune,
            status=ExchangeStatus.RUNNING,
            starts=dt.date(2026, 10, 5),
            ends=dt.date(2026, 11, 29),
            covered=False,
        )
        placed(exchange, pune, farah)
        plan_series(
            actor=bruno,
            exchange=exchange,
            title="Talk",
            first=dt.date(2026, 10, 5),
            weeks=6,
            turns=[(1, dt.time(10), None)],
        )
        Notice.objects.all().delete()
        yield exchange


def hours_of(exchange):
    return [each.starts_at.hour for each in exchange.activities.order_by("week")]


@pytest.mark.django_db
@pytest.mark.embedded
def test_a_dry_run_lists_and_apply_moves(autumn, farah, tmp_path):
    assert hours_of(autumn) == [9, 9, 9, 10, 10, 10]
    with tzif.in_force(tmp_path, NEWER, tzif.ALWAYS_SUMMER_IN_LISBON):
        out = StringIO()
        call_command("follow_tzdata", stdout=out)
        lines = out.getvalue().splitlines()
        assert len(lines) == 4
        assert lines[0].endswith("2026-10-27 10:00 Europe/Lisbon  2026-10-27 10:00 -> 2026-10-27 09:00 UTC")
        assert lines[3] == (
            f"tzdata {NEWER}: 6 sessions were derived with older rules, "
            "3 of them would move; --apply moves them (Europe/Lisbon 3)."
        )
        assert hours_of(autumn) == [9, 9, 9, 10, 10, 10]
        (warning,) = sessions_follow_tzdata(None, databases=["default"])
        assert warning.id == "vmobility.W003"
        call_command("follow_tzdata", apply=True, stdout=StringIO())
        assert sessions_follow_tzdata(None, databases=["default"]) == []
        rows = list(autumn.activities.order_by("week"))
        assert hours_of(autumn) == [9] * 6
        assert {each.wall_time for each in rows} == {dt.time(10)}
        assert [each.sequence for each in rows] == [0, 0, 0, 1, 1, 1]
        assert {each.tzdata for each in rows} == {NEWER}
        assert Series.objects.get().sequence == 1
        entry = JournalEntry.objects.get(verb="activity.follow_tzdata")
        assert (entry.actor, entry.subject_id, len(entry.data["activities"])) == (None, autumn.pk, 3)
        # Its people are told once, for the whole series, on their own clock.
        assert time_rules.tell_moved() == 1
        assert time_rules.tell_moved() == 0
        mail = body_of(Notice.objects.get(recipient=farah, channel="email"))
        assert "keeps the agreed time, 10:00 (Europe/Lisbon)" in mail
        assert "It was: Tue 27 Oct, 15:30 (Asia/Kolkata). It is now: Tue 27 Oct, 14:30 (Asia/Kolkata)." in mail
        assert mail.count(", 14:30 (Asia/Kolkata)") == 4
        # Nothing is left to do, and nothing is done twice.
        assert time_rules.follow(apply=True).looked_at == 0
        assert Activity.objects.filter(moved_from__isnull=False).count() == 0


@pytest.mark.django_db
@pytest.mark.embedded
def test_options_of_open_polls_keep_their_wall_time(autumn, bruno, tmp_path):
    times = [(dt.date(2026, 10, 13), dt.time(10), None), (dt.date(2026, 11, 3), dt.time(10), None)]
    closes = (dt.date(2026, 10, 1), dt.time(20))
    poll = open_poll(actor=bruno, exchange=autumn, title="Museum", options=times, closes=closes)
    with tzif.in_force(tmp_path, NEWER, tzif.ALWAYS_SUMMER_IN_LISBON):
        time_rules.follow(apply=False)
        assert [option.starts_at.hour for option in poll.options.all()] == [9, 10]
        time_rules.follow(apply=True)
        assert [option.starts_at.hour for option in poll.options.all()] == [9, 9]


@pytest.mark.django_db
@pytest.mark.embedded
def test_what_a_newer_release_derived_is_left_alone(autumn, tmp_path):
    with tzif.in_force(tmp_path, NEWER, tzif.ALWAYS_SUMMER_IN_LISBON):
        time_rules.follow(apply=True)
    assert time_rules.follow(apply=True).looked_at == 0  # by a worker that has the older rules still
    assert hours_of(autumn) == [9] * 6


@pytest.mark.django_db
@pytest.mark.embedded
def test_skipped_and_repeated_times_past_and_cancelled_ones(autumn, bruno, tmp_path):
    """By rules under which Lisbon's clocks skip 09:30 to 11:30 on 4 November 2026."""
    rows = {
        "skipped": ActivityFactory(exchange=autumn, wall_date=dt.date(2026, 11, 4)),
        "second": ActivityFactory(exchange=autumn, wall_date=dt.date(2026, 10, 25), wall_time=dt.time(1, 30), fold=1),
        "past": ActivityFactory(exchange=autumn, wall_date=dt.date(2026, 9, 1)),
        "odd": ActivityFactory(exchange=autumn, wall_date=dt.date(2026, 11, 6), wall_time=dt.time(10, 0, 30)),
        "cancelled": ActivityFactory(exchange=autumn, wall_date=dt.date(2026, 11, 10)),
    }
    activities.cancel_activity(actor=bruno, activity=rows["cancelled"], reason="The lab is closed.")
    # Winter time until the 308th day, then two hours more.
    with tzif.in_force(tmp_path, NEWER, {"Europe/Lisbon": "<+00>0<+02>-2,J308/9:30,J309/11:30"}):
        found = time_rules.follow(apply=True)
        assert not any(each.wall.pk in (rows["past"].pk, rows["cancelled"].pk) for each in found.differences)
        assert [each.wall.pk for each in found.differences if not each.exists] == [rows["skipped"].pk]
        for row in rows.values():
            row.refresh_from_db()
        assert rows["skipped"].starts_at == dt.datetime(2026, 11, 4, 10, tzinfo=dt.UTC)
        assert rows["second"].starts_at == dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)
        assert rows["odd"].starts_at == dt.datetime(2026, 11, 6, 10, 0, 30, tzinfo=dt.UTC)
        assert rows["past"].tzdata != NEWER
        assert rows["cancelled"].sequence == 1


@pytest.mark.django_db(transaction=True)
def test_another_package_in_another_process(autumn, tmp_path):
    """The real thing: the command in a process that finds another release of the package."""
    folder = tzif.package(tmp_path, NEWER, tzif.ALWAYS_SUMMER_IN_LISBON)
    Activity.objects.update(starts_at=dt.datetime(2090, 10, 31, 10, tzinfo=dt.UTC), wall_date=dt.date(2090, 10, 31))
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "VMOBILITY_TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    command = [sys.executable, "manage.py", "follow_tzdata", "--apply"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert f"tzdata {NEWER}: 6 sessions" in done.stdout
    assert hours_of(autumn) == [9] * 6
