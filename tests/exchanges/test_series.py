"""Series over clock changes: each zone's own time per date, rotations, and changes of one, the following or all."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine

from exchanges.actions import activities
from exchanges.actions.exchanges import cancel_exchange
from exchanges.actions.series import plan_series
from exchanges.enums import ActivityKind, ActivityStatus, ExchangeStatus, Scope
from exchanges.models import Activity, Series
from institutions.errors import Refused
from institutions.models import Notice
from tests.factories.exchange import exchange_of
from tests.factories.group import placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

LINK = "https://meet.example.org/secret-room"
TUESDAY = (1, dt.time(10), None)
THURSDAY = (3, dt.time(20), None)


@pytest.fixture
def autumn(pune, lisbon):
    """It is September 2026; the exchange runs over the end of summer time, on the clock of Lisbon."""
    with time_machine.travel(dt.datetime(2026, 9, 20, 12, tzinfo=dt.UTC), tick=False):
        yield exchange_of(
            lisbon,
            pune,
            status=ExchangeStatus.RUNNING,
            starts=dt.date(2026, 10, 5),
            ends=dt.date(2026, 11, 29),
            covered=False,
        )


def series_of(actor, exchange, *, weeks=6, turns=(TUESDAY,), first=dt.date(2026, 10, 5), **kwargs) -> list[Activity]:
    return plan_series(
        actor=actor, exchange=exchange, title="Talk", first=first, weeks=weeks, turns=turns, join_url=LINK, **kwargs
    )


def values_of(activity: Activity, **changes) -> dict:
    names = ("title", "description", "minutes", "join_url", "wall_date", "wall_time", "fold")
    return {name: getattr(activity, name) for name in names} | changes


def says_truly(series: Series) -> bool:
    """Whether each session that wasn't moved by itself is where the series says."""
    rows = list(series.activities.filter(alone=False))
    return all((each.wall_date, each.wall_time) == series.wall_of(each.week)[:2] for each in rows)


# What each zone sees: (governing zone, first date, wall time, {zone: local times of three weeks}).
CLOCKS = [
    (
        "Europe/Lisbon",
        dt.date(2026, 10, 20),
        dt.time(8),
        {
            "Asia/Kolkata": ["12:30", "13:30", "13:30"],
            "Pacific/Auckland": ["20:00", "21:00", "21:00"],
            "America/Sao_Paulo": ["04:00", "05:00", "05:00"],
            "Asia/Kathmandu": ["12:45", "13:45", "13:45"],
        },
    ),
    # Cairo's clocks go back on 30 October, Lord Howe's went forward by half an hour on 4 October.
    (
        "Africa/Cairo",
        dt.date(2026, 10, 28),
        dt.time(14),
        {"Europe/Lisbon": ["11:00", "12:00", "12:00"], "Australia/Lord_Howe": ["22:00", "23:00", "23:00"]},
    ),
    # Morocco gave up its summer time on 20 September 2026.
    (
        "Africa/Casablanca",
        dt.date(2026, 9, 15),
        dt.time(12),
        {"Europe/Lisbon": ["12:00", "13:00", "13:00"], "Pacific/Kiritimati": ["01:00", "02:00", "02:00"]},
    ),
    # One date west of the line, another east of it.
    (
        "Pacific/Apia",
        dt.date(2027, 4, 6),
        dt.time(9),
        {"Pacific/Pago_Pago": ["09:00", "09:00", "09:00"], "Pacific/Auckland": ["08:00", "08:00", "08:00"]},
    ),
]


@pytest.mark.parametrize(("governing", "first", "at", "seen"), CLOCKS, ids=[row[0] for row in CLOCKS])
def test_the_governing_clock_is_kept_and_everybody_elses_follows(lisbon, pune, bruno, governing, first, at, seen):
    with time_machine.travel(dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC), tick=False):
        exchange = exchange_of(
            lisbon,
            pune,
            status=ExchangeStatus.RUNNING,
            zone=governing,
            starts=first,
            ends=first + dt.timedelta(weeks=6),
            covered=False,
        )
        made = series_of(bruno, exchange, first=first, weeks=3, turns=[(first.weekday(), at, None)])
    assert {each.starts_at.astimezone(ZoneInfo(governing)).time() for each in made} == {at}
    for zone, texts in seen.items():
        assert [f"{each.starts_at.astimezone(ZoneInfo(zone)):%H:%M}" for each in made] == texts
    assert says_truly(made[0].series)


def test_a_rotation_takes_its_turns_week_by_week(autumn, bruno):
    made = series_of(bruno, autumn, turns=[TUESDAY, THURSDAY], weeks=5)
    assert [(each.wall_date.isoformat(), each.wall_time.hour, each.turn) for each in made] == [
        ("2026-10-06", 10, 0),
        ("2026-10-15", 20, 1),
        ("2026-10-20", 10, 0),
        ("2026-10-29", 20, 1),
        ("2026-11-03", 10, 0),
    ]
    assert [each.starts_at.hour for each in made] == [9, 19, 9, 20, 10]
    assert says_truly(made[0].series)


def test_this_and_the_following_move_and_the_earlier_stay(autumn, bruno, emil, lisbon):
    placed(autumn, lisbon, emil)
    made = series_of(bruno, autumn)
    uids = [each.pk for each in made]
    moved = values_of(made[2], wall_date=made[2].wall_date + dt.timedelta(days=1), wall_time=dt.time(11))
    activities.edit_activity(actor=bruno, activity=made[2], values=moved, scope=Scope.FOLLOWING)
    rows = list(autumn.activities.order_by("starts_at"))
    assert [each.pk for each in rows] == uids  # the entries in calendars move, no others come
    assert [(each.wall_date.day, each.wall_time.hour, each.sequence) for each in rows] == [
        (6, 10, 0),
        (13, 10, 0),
        (21, 11, 1),
        (28, 11, 1),
        (4, 11, 1),
        (11, 11, 1),
    ]
    assert [each.starts_at.hour for each in rows] == [9, 9, 10, 11, 11, 11]
    early, late = Series.objects.order_by("first")
    assert (early.weeks, late.weeks) == (2, 4)
    assert (early.sequence, late.sequence) == (1, 1)
    assert says_truly(early)
    assert says_truly(late)
    told = Notice.objects.get(recipient=emil, channel="inbox", kind="session_changed")
    assert len(told.context["all_starts"]) == 4


def test_all_to_come_change_their_words_and_keep_their_hours(autumn, bruno):
    made = series_of(bruno, autumn)
    with time_machine.travel(made[1].starts_at + dt.timedelta(hours=2), tick=False):
        Activity.objects.filter(pk=made[3].pk).update(title="Guests")
        activity = Activity.objects.get(pk=made[4].pk)
        values = values_of(activity, minutes=90)
        activities.edit_activity(actor=bruno, activity=activity, values=values, scope=Scope.ALL)
    rows = list(autumn.activities.order_by("starts_at"))
    assert [each.minutes for each in rows] == [60, 60, 90, 90, 90, 90]
    assert [each.starts_at for each in rows] == [each.starts_at for each in made]
    assert [each.title for each in rows] == ["Talk"] * 3 + ["Guests"] + ["Talk"] * 2
    assert [each.sequence for each in rows] == [0, 0, 1, 1, 1, 1]


def test_what_was_moved_by_itself_stays_where_it_was_put(autumn, bruno):
    made = series_of(bruno, autumn)
    alone = values_of(made[3], wall_date=made[3].wall_date + dt.timedelta(days=2))
    activities.edit_activity(actor=bruno, activity=made[3], values=alone)
    activities.edit_activity(
        actor=bruno, activity=made[0], values=values_of(made[0], wall_time=dt.time(9)), scope=Scope.ALL
    )
    rows = list(autumn.activities.order_by("week"))
    assert [each.wall_time.hour for each in rows] == [9, 9, 9, 10, 9, 9]
    assert [each.alone for each in rows] == [False, False, False, True, False, False]
    assert Series.objects.count() == 1
    assert says_truly(rows[0].series)


def test_in_a_rotation_the_other_turns_keep_their_hours(autumn, bruno):
    made = series_of(bruno, autumn, turns=[TUESDAY, THURSDAY])
    values = values_of(made[3], wall_time=dt.time(19))
    activities.edit_activity(actor=bruno, activity=made[3], values=values, scope=Scope.FOLLOWING)
    rows = list(autumn.activities.order_by("starts_at"))
    assert [each.wall_time.hour for each in rows] == [10, 20, 10, 19, 10, 19]
    assert all(says_truly(series) for series in Series.objects.all())
    again = Activity.objects.get(pk=made[3].pk)
    with pytest.raises(Refused) as refusal:
        values = values_of(again, wall_date=again.wall_date + dt.timedelta(days=7))
        activities.edit_activity(actor=bruno, activity=again, values=values, scope=Scope.ALL)
    assert refusal.value.field == "wall_date"


def test_a_move_that_one_week_refuses_moves_nothing(lisbon, pune, bruno):
    with time_machine.travel(dt.datetime(2027, 2, 1, 12, tzinfo=dt.UTC), tick=False):
        exchange = exchange_of(
            lisbon,
            pune,
            status=ExchangeStatus.RUNNING,
            starts=dt.date(2027, 3, 1),
            ends=dt.date(2027, 5, 1),
            covered=False,
        )
        made = series_of(bruno, exchange, first=dt.date(2027, 3, 7), weeks=5, turns=[(6, dt.time(10), None)])
        with pytest.raises(activities.NonexistentWallTime) as refusal:
            activities.edit_activity(
                actor=bruno, activity=made[1], values=values_of(made[1], wall_time=dt.time(1, 30)), scope=Scope.ALL
            )
    assert [f"{wall:%d %H:%M}" for wall in refusal.value.nearest] == ["28 00:30", "28 02:00"]
    assert set(exchange.activities.values_list("wall_time", "sequence")) == {(dt.time(10), 0)}
    assert Series.objects.get().sequence == 0


@pytest.mark.parametrize(("scope", "left"), [(Scope.ONE, 5), (Scope.FOLLOWING, 2), (Scope.ALL, 1)])
def test_cancelling_one_the_following_or_all_to_come(autumn, bruno, emil, lisbon, scope, left):
    placed(autumn, lisbon, emil)
    made = series_of(bruno, autumn)
    with time_machine.travel(made[0].starts_at + dt.timedelta(hours=2), tick=False):
        activities.cancel_activity(actor=bruno, activity=made[2], reason="The lab is closed.", scope=scope)
    rows = list(autumn.activities.order_by("starts_at"))
    assert sum(each.status == ActivityStatus.CONFIRMED for each in rows) == left
    assert all(each.sequence == (each.status == ActivityStatus.CANCELLED) for each in rows)
    told = Notice.objects.get(recipient=emil, channel="inbox", kind="session_cancelled")
    assert told.context["reason"] == "The lab is closed."


def test_who_goes_to_the_parallel_series_has_no_part_in_this_one(autumn, bruno, emil, farah, lisbon, pune):
    his, hers = placed(autumn, lisbon, emil), placed(autumn, pune, farah)
    made = series_of(bruno, autumn, elsewhere=[hers])
    assert list(made[0].members()) == [his]
    assert Notice.objects.filter(recipient=emil, kind="session_planned").exists()
    assert not Notice.objects.filter(recipient=farah, kind="session_planned").exists()
    assert Activity.objects.visible_to(emil).count() == 6
    assert not Activity.objects.visible_to(farah).exists()
    # Who joins later is in neither half yet, and sees both.
    dina = placed(autumn, pune)
    assert Activity.objects.visible_to(dina.learner).count() == 6


def test_calling_the_exchange_off_takes_the_entries_out_of_calendars(autumn, bruno):
    made = series_of(bruno, autumn)
    task = activities.plan_activities(
        actor=bruno, exchange=autumn, kind=ActivityKind.TASK, title="Essay", wall_date=dt.date(2026, 10, 9),
        wall_time=dt.time(20),
    )  # fmt: skip
    cancel_exchange(actor=bruno, exchange=autumn, reason="Nobody came.")
    rows = Activity.objects.filter(pk__in=[each.pk for each in made + task])
    assert set(rows.values_list("status", "sequence")) == {("cancelled", 1)}
    assert Series.objects.get().sequence == 1


def test_nonsense_is_refused(autumn, bruno, emil):
    for wrong in ({"weeks": 0}, {"weeks": 61}, {"turns": []}, {"turns": [TUESDAY] * 4}, {"weeks": 9}):
        with pytest.raises(Refused):
            series_of(bruno, autumn, **wrong)
    with pytest.raises(Refused):
        series_of(emil, autumn)
    assert not Activity.objects.exists()
    assert not Series.objects.exists()


# API -----------------------------------------------------------------------------------------------------------------


def test_programs_plan_move_and_cancel_by_the_same_rules(autumn, bruno, emil, lisbon, sign_in):
    placed(autumn, lisbon, emil)
    client = sign_in(bruno)

    def sent(method, path, **data):
        answer = getattr(client, method)(f"/api/v1/activities/{path}", data, content_type="application/json")
        return answer.status_code, answer.json()

    asked = {"exchange": autumn.pk, "title": "Talk", "wall_date": "2026-10-05", "wall_time": "10:00", "weeks": 4}
    turns = [{"weekday": 1, "time": "10:00"}, {"weekday": 3, "time": "20:00"}]
    code, made = sent("post", "", **asked, turns=turns)
    assert code == 201
    starts = [dt.datetime.fromisoformat(each["starts_at"]).astimezone(dt.UTC) for each in made]
    assert [f"{start:%d %H:%M}" for start in starts] == ["06 09:00", "15 19:00", "20 09:00", "29 20:00"]
    assert len(made[0]["series"]["turns"]) == 2
    code, problem = sent("post", "", **(asked | {"wall_date": "2026-10-25", "wall_time": "01:30", "weeks": 1}))
    assert code == 400
    assert problem["both"] == ["2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00"]
    assert "fold" in problem["errors"]
    third = made[2]["id"]
    code, changed = sent("patch", f"{third}/", wall_time="11:00", scope="following")
    assert (code, changed["wall_time"], changed["sequence"]) == (200, "11:00", 1)
    assert [each.wall_time.hour for each in autumn.activities.all()] == [10, 20, 11, 20]
    code, _ = sent("post", f"{third}/cancel/", reason="Exams.", scope="all")
    assert code == 200
    assert autumn.activities.filter(status=ActivityStatus.CANCELLED).count() == 2
    mine = sign_in(emil).get(f"/api/v1/activities/?exchange={autumn.pk}&starts_from=2026-10-20T00:00Z").json()
    assert mine["count"] == 2
    assert "secret-room" not in str(mine)


def test_a_time_that_does_not_exist_comes_with_the_nearest(lisbon, pune, bruno, sign_in):
    with time_machine.travel(dt.datetime(2027, 2, 1, 12, tzinfo=dt.UTC), tick=False):
        exchange = exchange_of(
            lisbon, pune, status=ExchangeStatus.RUNNING, starts=dt.date(2027, 3, 1), ends=dt.date(2027, 5, 1),
            covered=False,
        )  # fmt: skip
        data = {"exchange": exchange.pk, "title": "Talk", "wall_date": "2027-03-28", "wall_time": "01:30"}
        answer = sign_in(bruno).post("/api/v1/activities/", data, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["nearest"] == ["2027-03-28T00:30", "2027-03-28T02:00"]
