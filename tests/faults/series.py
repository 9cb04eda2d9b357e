"""A series of Lisbon, Pune, Auckland and São Paulo over the end of Lisbon's summer time.

Everybody is reminded at the right local hour while workers are killed. The workers and beats live in October 2026, from
the instant that each step names. `python -m tests.faults.series [--small]` plays it on a stage of its own.
"""

import argparse
import datetime as dt
import json
import shutil
from collections import Counter
from typing import Any

import time_machine

from tests.faults.stage import Stage, wait_until

PLACES = [("PT", "Europe/Lisbon"), ("IN", "Asia/Kolkata"), ("NZ", "Pacific/Auckland"), ("BR", "America/Sao_Paulo")]
FIRST = dt.date(2026, 9, 23)
WEEKDAY, AT, WEEKS = 2, dt.time(20), 6

# Wednesday 20:00 in Lisbon, before and after 25 October, as it must stand in each learner's mail.
SHOWN = {
    4: {
        "Europe/Lisbon": "Wed 21 Oct, 20:00",
        "Asia/Kolkata": "Thu 22 Oct, 00:30",
        "Pacific/Auckland": "Thu 22 Oct, 08:00",
        "America/Sao_Paulo": "Wed 21 Oct, 16:00",
    },
    5: {
        "Europe/Lisbon": "Wed 28 Oct, 20:00",
        "Asia/Kolkata": "Thu 29 Oct, 01:30",
        "Pacific/Auckland": "Thu 29 Oct, 09:00",
        "America/Sao_Paulo": "Wed 28 Oct, 17:00",
    },
}
# A day before, Pune sleeps; that mail waits for its morning.
DAY_MAIL_AT = {
    4: {"Asia/Kolkata": dt.datetime(2026, 10, 21, 2, 30, tzinfo=dt.UTC)},
    5: {"Asia/Kolkata": dt.datetime(2026, 10, 28, 2, 30, tzinfo=dt.UTC)},
}
KILLED_AT = (0, 3, 5, 7, 8)  # of the ten points, those that a single mail passes


def remind_over_a_clock_change(stage: Stage, *, weeks: tuple[int, ...], seconds: float) -> dict[str, Any]:
    """Play a day of each of these weeks (4 lies before the change, 5 after it) in three steps, with kills in two."""
    with time_machine.travel(dt.datetime(2026, 9, 15, 12, tzinfo=dt.UTC), tick=True):
        learners, sessions = _planned()
    kills = 0
    for week in weeks:
        starts_at = sessions[week].starts_at
        for ahead, kill in (
            (dt.timedelta(hours=24), True),
            (dt.timedelta(hours=14), False),
            (dt.timedelta(hours=1), True),
        ):
            kills += _live_at(stage, starts_at - ahead + dt.timedelta(minutes=1), kill=kill, seconds=seconds)
    reminders = _check(learners, [sessions[week] for week in weeks], stage.taken())
    return {"kills": kills, "reminders": reminders, "zones": len(PLACES)}


def _planned():
    from exchanges.actions.series import plan_series
    from exchanges.enums import ExchangeStatus
    from institutions.enums import Role
    from tests.factories.exchange import ExchangeFactory
    from tests.factories.group import placed
    from tests.factories.institution import InstitutionFactory
    from tests.factories.membership import MembershipFactory
    from tests.factories.user import UserFactory

    sides = [InstitutionFactory(country=country, zone=zone) for country, zone in PLACES]
    exchange = ExchangeFactory(
        host=sides[0], institutions=sides, status=ExchangeStatus.RUNNING, zone="Europe/Lisbon", starts=FIRST,
        ends=dt.date(2026, 11, 6),
    )  # fmt: skip
    learners = [UserFactory(zone=zone) for _country, zone in PLACES]
    for side, learner in zip(sides, learners, strict=True):
        placed(exchange, side, learner)
    coordinator = UserFactory(zone="Europe/Lisbon")
    MembershipFactory(user=coordinator, institution=sides[0], role=Role.COORDINATOR)
    sessions = plan_series(
        actor=coordinator, exchange=exchange, title="Water in four cities", first=FIRST, weeks=WEEKS,
        turns=[(WEEKDAY, AT, None)],
    )  # fmt: skip
    return learners, sessions


def _live_at(stage: Stage, instant: dt.datetime, *, kill: bool, seconds: float) -> int:
    """Let worker and beats live from that instant on until nothing that is due waits; answers how often they died."""
    from tests.faults.points import NAMES, POINTS

    planned = [stage.plan / NAMES[POINTS[n]] for n in KILLED_AT] if kill else []
    for folder in planned:
        folder.mkdir()
        (folder / "0").touch()
    stage.clock = instant
    stage.start_worker(share=1.0)
    stage.start_beats()
    try:
        wait_until(f"what is due at {instant} is sent", lambda: _is_done(instant), seconds)
    finally:
        for name in ("worker", "beat-1", "beat-2"):
            stage.stop(name)
        stage.clock = None
    died = sum(not (folder / "0").exists() for folder in planned)
    if kill:
        assert died >= 3, f"only {died} workers died at {instant}"
    shutil.rmtree(stage.plan)
    stage.plan.mkdir()
    return died


def _is_done(instant: dt.datetime) -> bool:
    """Everything that the sweep must find by then was reminded of, and every mail due by then is on its way."""
    from exchanges.models import Activity
    from institutions.models import Notice

    coming = Activity.objects.filter(title="Water in four cities", starts_at__gt=instant)
    day = coming.filter(starts_at__lte=instant + dt.timedelta(hours=24), starts_at__gt=instant + dt.timedelta(hours=1))
    hour = coming.filter(starts_at__lte=instant + dt.timedelta(hours=1))
    if day.filter(day_reminded_at=None).exists() or hour.filter(hour_reminded_at=None).exists():
        return False
    waiting = Notice.objects.mails().filter(kind="session_reminder", status__in=("queued", "sending"))
    return not waiting.filter(due_at__lte=instant + dt.timedelta(minutes=10)).exists()


def _check(learners, sessions, taken: Counter[str]) -> int:
    """Two reminders for each learner and session, each sent, in waking hours or within the last, with her own time."""
    from institutions.hours import waking
    from institutions.interop.mail import message_id, render
    from institutions.models import Notice

    mails = Notice.objects.mails().filter(kind="session_reminder", recipient__in=learners).select_related("recipient")
    count = 0
    for session in sessions:
        for each in learners:
            mine = [
                mail for mail in mails
                if mail.recipient_id == each.pk and f":{session.pk}:" in mail.key
            ]  # fmt: skip
            by_kind = {mail.key.split(":")[2]: mail for mail in mine}
            assert sorted(by_kind) == ["day", "hour"], [mail.key for mail in mine]
            for mail in mine:
                assert mail.status == "sent", f"{mail.key} to {each.zone} is {mail.status}"
                assert 1 <= taken[message_id(mail)] <= 3, f"{mail.key} came {taken[message_id(mail)]} times"
                shown = f"{SHOWN[session.week][each.zone]} ({each.zone})"
                assert shown in render(mail).body, f"not {shown}: {render(mail).body}"
                count += 1
            day = by_kind["day"]
            assert waking(day.due_at, each.zone, each.day_start, each.day_end), f"{each.zone} is woken at {day.due_at}"
            if expected := DAY_MAIL_AT[session.week].get(each.zone):
                assert day.due_at == expected
            assert by_kind["hour"].due_at >= session.starts_at - dt.timedelta(hours=1)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.series")
    parser.add_argument("--small", action="store_true", help="only the week after the change")
    weeks = (5,) if parser.parse_args().small else (4, 5)
    with Stage() as stage:
        stage.start_sink()
        try:
            print(json.dumps(remind_over_a_clock_change(stage, weeks=weeks, seconds=120)))
        except BaseException as error:
            for part in ("worker", "beat-1", "sink"):
                error.add_note(f"--- {part}\n{stage.log_of(part)}")
            raise


if __name__ == "__main__":
    main()
