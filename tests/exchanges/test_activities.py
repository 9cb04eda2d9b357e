"""Sessions and tasks: settling, series over clock changes, moving, cancelling, the way in, reminders."""

import datetime as dt

import icalendar
import pytest
import time_machine
from django.utils import timezone

from exchanges.actions import activities, board, runs
from exchanges.actions.carry_out import carry_out_due_runs
from exchanges.enums import ActivityKind, ActivityStatus, ExchangeStatus
from exchanges.models import Activity
from institutions.errors import Refused
from institutions.models import JournalEntry, Notice
from tests.factories.activity import ActivityFactory, session_at
from tests.factories.exchange import exchange_of
from tests.factories.group import group_of, placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

LINK = "https://meet.example.org/secret-room"


@pytest.fixture
def autumn(pune, lisbon):
    """It is September 2026; the exchange runs over the end of summer time, on the clock of Lisbon."""
    with time_machine.travel(dt.datetime(2026, 9, 20, 12, tzinfo=dt.UTC), tick=False):
        yield exchange_of(
            lisbon,
            pune,
            status=ExchangeStatus.RUNNING,
            starts=dt.date(2026, 10, 5),
            ends=dt.date(2026, 11, 20),
            covered=False,
        )


@pytest.fixture
def running(pune, lisbon, emil, farah):
    """An exchange that runs, with Emil in group 1 and Farah in group 2."""
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.RUNNING, starts=dt.date.today() - dt.timedelta(days=7))
    group_of(exchange, [placed(exchange, lisbon, emil), pune])
    group_of(exchange, [lisbon, placed(exchange, pune, farah)])
    return exchange


def plan(actor, exchange, **kwargs):
    values = {"kind": ActivityKind.SESSION, "title": "Kick-off", "wall_time": dt.time(10), "join_url": LINK}
    return activities.plan_activities(actor=actor, exchange=exchange, **(values | kwargs))


# Wall time -----------------------------------------------------------------------------------------------------------


def test_a_weekly_series_keeps_the_wall_time_over_the_clock_change(autumn, bruno):
    made = plan(bruno, autumn, wall_date=dt.date(2026, 10, 13), weeks=4)
    assert [each.starts_at.isoformat() for each in made] == [
        "2026-10-13T09:00:00+00:00",
        "2026-10-20T09:00:00+00:00",
        "2026-10-27T10:00:00+00:00",  # winter time since 25 October
        "2026-11-03T10:00:00+00:00",
    ]
    assert {each.wall_time for each in made} == {dt.time(10)}
    assert len({each.pk for each in made}) == 4
    assert all(each.tzdata for each in made)


def test_each_side_sees_the_series_move_on_its_own_clock(autumn, bruno, farah, pune, sign_in):
    placed(autumn, pune, farah)
    plan(bruno, autumn, wall_date=dt.date(2026, 10, 13), weeks=4)
    page = sign_in(farah).get(f"/exchanges/{autumn.pk}/sessions/").content.decode()
    assert "14:30" in page
    assert "15:30" in page
    assert "From 27 October" in page
    assert "clocks change" in page


def test_new_york_and_lisbon_change_a_week_apart(lisbon, pune, bruno):
    with time_machine.travel(dt.datetime(2027, 1, 20, 12, tzinfo=dt.UTC), tick=False):
        exchange = exchange_of(
            lisbon,
            pune,
            status=ExchangeStatus.RUNNING,
            zone="America/New_York",
            starts=dt.date(2027, 3, 1),
            ends=dt.date(2027, 4, 10),
            covered=False,
        )
        made = plan(bruno, exchange, wall_date=dt.date(2027, 3, 9), wall_time=dt.time(9), weeks=4)
    lisbon_clock = [each.starts_at.astimezone(lisbon.tz).time() for each in made]
    assert lisbon_clock == [dt.time(14), dt.time(13), dt.time(13), dt.time(14)]


def test_a_time_that_does_not_exist_is_refused_with_the_two_nearest(lisbon, pune, bruno, sign_in):
    with time_machine.travel(dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC), tick=False):
        exchange = exchange_of(
            lisbon,
            pune,
            status=ExchangeStatus.RUNNING,
            starts=dt.date(2026, 3, 1),
            ends=dt.date(2026, 5, 1),
            covered=False,
        )
        data = {
            "title": "Early bird",
            "wall_date": "2026-03-29",
            "wall_time": "01:30",
            "minutes": "60",
            "weeks": "1",
            "join_url": LINK,
            "description": "",
        }
        response = sign_in(bruno).post(f"/exchanges/{exchange.pk}/sessions/new/", data)
        page = response.content.decode()
        assert response.status_code == 200
        assert "does not exist" in page
        assert "00:30 and 02:00" in page
        assert 'value="Early bird"' in page
        # In a series, one such week is enough.
        with pytest.raises(Refused, match="29 March 2026"):
            plan(bruno, exchange, wall_date=dt.date(2026, 3, 22), wall_time=dt.time(1, 30), weeks=2)
    assert not Activity.objects.exists()


def test_a_time_that_happens_twice_is_asked_for(autumn, bruno, sign_in):
    data = {
        "title": "Night owls",
        "wall_date": "2026-10-25",
        "wall_time": "01:30",
        "minutes": "60",
        "weeks": "1",
        "join_url": LINK,
        "description": "",
    }
    browser = sign_in(bruno)
    address = f"/exchanges/{autumn.pk}/sessions/new/"
    page = browser.post(address, data).content.decode()
    assert "happens twice" in page
    assert "The first, at UTC+0100" in page
    assert "The second, at UTC+0000" in page
    assert browser.post(address, data | {"fold": "1"}).status_code == 302
    assert Activity.objects.get().starts_at == dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)


# Planning ------------------------------------------------------------------------------------------------------------


def test_confirming_the_proposed_session_tells_everybody_and_lets_the_exchange_run(
    lisbon, pune, bruno, asha, emil, sign_in
):
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.GROUPING, group_size_min=2, group_size_max=4)
    placed(exchange, lisbon, emil)
    for _ in range(3):
        placed(exchange, pune)
    run = runs.request_group_run(actor=None, exchange=exchange)
    carry_out_due_runs(worker="test", run_id=run.pk)
    board.confirm_groups(actor=bruno, exchange=exchange)
    session = exchange.activities.get()
    browser = sign_in(bruno)
    page = browser.get(f"/activities/{session.pk}/edit/?slot=1").content.decode()
    assert page.count("Take this hour") == 2
    second = session.proposal["slots"][1]
    assert f'value="{second["date"]}"' in page
    assert f'value="{second["time"]}"' in page
    data = {
        "title": "Kick-off",
        "wall_date": second["date"],
        "wall_time": second["time"],
        "minutes": "90",
        "weeks": "3",
        "join_url": LINK,
        "description": "Bring a map.",
    }
    priced = browser.post(f"/activities/{session.pk}/edit/", data | {"price": "1"}).content.decode()
    assert "What this hour costs" in priced
    assert browser.post(f"/activities/{session.pk}/edit/", data).status_code == 302
    exchange.refresh_from_db()
    assert exchange.status == ExchangeStatus.RUNNING
    made = list(exchange.activities.all())
    assert [each.status for each in made] == [ActivityStatus.CONFIRMED] * 3
    assert {each.wall_time for each in made} == {dt.time.fromisoformat(second["time"])}
    notice = Notice.objects.get(recipient=emil, kind="session_planned", channel="inbox")
    assert len(notice.context["all_starts"]) == 3
    assert "meet.example.org" not in str(notice.context)
    assert Notice.objects.filter(recipient=asha, kind="session_planned").exists()
    assert JournalEntry.objects.about(exchange).filter(verb="exchange.start").count() == 1


def test_who_settles_late_gets_the_same_hour_in_the_week_that_comes(lisbon, pune, bruno, sign_in):
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.GROUPING, group_size_min=2, group_size_max=4)
    for each in (lisbon, pune):
        placed(exchange, each)
    run = runs.request_group_run(actor=None, exchange=exchange)
    carry_out_due_runs(worker="test", run_id=run.pk)
    session = exchange.activities.get()
    with time_machine.travel(session.starts_at + dt.timedelta(days=8), tick=False):
        page = sign_in(bruno).get(f"/activities/{session.pk}/edit/").content.decode()
        assert f'value="{session.wall_date + dt.timedelta(weeks=2)}"' in page
        assert activities.confirm_best(actor=bruno, exchange=exchange) == 1
    session.refresh_from_db()
    assert session.starts_at.astimezone(session.tz).time() == session.wall_time
    assert session.status == ActivityStatus.CONFIRMED


def test_a_session_of_a_group_concerns_nobody_else(running, bruno, emil, farah):
    group = running.groups.get(number=1)
    plan(bruno, running, wall_date=running.ends, group=group)
    assert Notice.objects.filter(recipient=emil, kind="session_planned").exists()
    assert not Notice.objects.filter(recipient=farah, kind="session_planned").exists()


def test_moving_counts_the_sequence_up_and_tells_the_old_and_the_new_time(running, bruno, emil):
    session = ActivityFactory(exchange=running, wall_date=running.ends)
    values = {
        "title": session.title,
        "description": "",
        "minutes": 60,
        "join_url": LINK,
        "wall_date": running.ends,
        "wall_time": dt.time(11),
        "fold": None,
    }
    moved = activities.edit_activity(actor=bruno, activity=session, values=values)
    assert moved.sequence == 1
    assert moved.starts_at == session.starts_at + dt.timedelta(hours=1)
    notice = Notice.objects.get(recipient=emil, kind="session_changed", channel="inbox")
    assert notice.context["moved"] is True
    assert notice.context["was"] == session.starts_at.isoformat()
    entry = JournalEntry.objects.about(session).get()
    assert entry.verb == "activity.move"
    assert "meet.example.org" not in str(entry.data)
    again = activities.edit_activity(actor=bruno, activity=session, values=values)
    assert again.sequence == 1


def test_cancelling_needs_a_reason_and_tells_it(running, bruno, emil):
    session = ActivityFactory(exchange=running, wall_date=running.ends)
    with pytest.raises(Refused):
        activities.cancel_activity(actor=bruno, activity=session, reason="")
    activities.cancel_activity(actor=bruno, activity=session, reason="The lab is closed.")
    session.refresh_from_db()
    assert (session.status, session.sequence) == (ActivityStatus.CANCELLED, 1)
    assert Notice.objects.get(recipient=emil, kind="session_cancelled", channel="inbox").context["reason"]


def test_who_would_hear_of_it_too_late_is_told_at_once(running, bruno, emil, farah):
    now = timezone.now().replace(hour=22, minute=0) + dt.timedelta(days=1)
    with time_machine.travel(now, tick=False):
        session = session_at(running, now + dt.timedelta(hours=9))  # 07:00 UTC: 12:30 in Pune, 07:00 or 08:00 in Lisbon
        activities.cancel_activity(actor=bruno, activity=session, reason="The lab is closed.")
    mail = Notice.objects.get(recipient=emil, kind="session_cancelled", channel="email")
    assert mail.urgent  # his day begins at 8, too late for it
    assert mail.due_at == now


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 141),
        ("title", "nul\0"),
        ("wall_date", "2026-13-45"),
        ("wall_date", "0001-01-01"),
        ("wall_date", "9999-12-31"),
        ("wall_date", ""),
        ("wall_time", "25:00"),
        ("wall_time", ""),
        ("minutes", "0"),
        ("minutes", "100000"),
        ("weeks", "0"),
        ("weeks", "99999999999999999999"),
        ("join_url", "http://meet.example.org/room"),
        ("join_url", "javascript:alert(1)"),
        ("join_url", "https://localhost/"),
        ("group", "999999"),
        ("group", "x"),
        ("fold", "7"),
        ("description", "x\0y"),
    ],
)
@pytest.mark.parametrize("price", [False, True])
def test_bad_input_is_answered_at_the_field_and_writes_nothing(running, bruno, sign_in, field, value, price):
    data = {
        "title": "<b>Kick-off</b>",
        "wall_date": running.ends.isoformat(),
        "wall_time": "10:00",
        "minutes": "60",
        "weeks": "1",
        "join_url": LINK,
        "description": "",
    }
    data |= {field: value} | ({"price": "1"} if price else {})
    response = sign_in(bruno).post(f"/exchanges/{running.pk}/sessions/new/", data)
    page = response.content.decode()
    assert response.status_code == 200
    assert "error-summary" in page
    assert "<b>Kick-off" not in page
    assert not Activity.objects.exists()


def test_a_series_ends_with_the_exchange(running, bruno):
    with pytest.raises(Refused) as refusal:
        plan(bruno, running, wall_date=running.ends, weeks=2)
    assert refusal.value.field == "weeks"


def test_what_has_passed_cannot_be_planned(running, bruno):
    with pytest.raises(Refused):
        plan(bruno, running, wall_date=running.starts)


def test_outsiders_cannot_plan(running, chie, emil, ines):
    session = ActivityFactory(exchange=running, wall_date=running.ends)
    for other in (chie, emil, ines):
        with pytest.raises(Refused):
            plan(other, running, wall_date=running.ends)
        with pytest.raises(Refused):
            activities.cancel_activity(actor=other, activity=session, reason="No.")
        with pytest.raises(Refused):
            activities.edit_activity(actor=other, activity=session, values={})


@pytest.mark.parametrize("page", ["edit", "cancel", "attendance"])
def test_planning_pages_are_for_the_coordinators(running, page, asha, chie, emil, root, ines, sign_in):
    starts = timezone.now() + dt.timedelta(hours=-1 if page == "attendance" else 30)
    session = session_at(running, starts)
    address = f"/activities/{session.pk}/{page}/"
    assert sign_in(asha).get(address).status_code == 200
    for other in (chie, emil, root, ines):
        assert sign_in(other).get(address).status_code == 404


# The way in ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def session(running):
    """Group 1 (Emil's) meets at this instant."""
    return session_at(running, timezone.now() + dt.timedelta(days=2), group=running.groups.get(number=1), join_url=LINK)


@pytest.mark.parametrize(
    ("minutes", "opens"),
    [(-60 * 24, False), (-16, False), (-15, True), (-1, True), (0, True), (59, True), (60, False), (600, False)],
)
def test_the_door_is_open_from_15_minutes_before_the_start_to_the_end(session, emil, sign_in, minutes, opens):
    with time_machine.travel(session.starts_at + dt.timedelta(minutes=minutes), tick=False):
        browser = sign_in(emil)
        response = browser.get(f"/activities/{session.pk}/join/")
        pages = "".join(
            browser.get(address).content.decode()
            for address in (
                "/desk/",
                f"/exchanges/{session.exchange_id}/",
                f"/exchanges/{session.exchange_id}/sessions/",
            )
        )
    if opens:
        assert response.status_code == 302
        assert response["Location"] == LINK
        assert response["Referrer-Policy"] == "no-referrer"
    else:
        assert response.status_code == 200
        assert "secret-room" not in response.content.decode()
    assert "secret-room" not in pages  # not even when it is open


@pytest.mark.parametrize("address", ["join/", None])
def test_the_door_and_the_calendar_are_for_members_and_coordinators(
    session, address, emil, farah, dina, chie, root, ines, asha, sign_in, client
):
    address = f"/activities/{session.pk}/join/" if address else f"/activities/{session.pk}.ics"
    with time_machine.travel(session.starts_at, tick=False):
        for insider in (emil, asha):
            assert sign_in(insider).get(address).status_code in (200, 302)
        # Farah takes part, in another group.
        for outsider in (farah, dina, chie, root, ines):
            response = sign_in(outsider).get(address)
            assert response.status_code == 404
            assert "secret-room" not in response.content.decode()
        assert client.get(address).status_code == 302
        assert "secret-room" not in client.get(address)["Location"]


def test_who_withdrew_or_waits_finds_no_door(session, running, emil, sign_in):
    enrolment = running.enrolments.get(learner=emil)
    for status in ("withdrawn", "waiting"):
        enrolment.status = status
        enrolment.save()
        assert sign_in(emil).get(f"/activities/{session.pk}/join/").status_code == 404


def test_a_proposed_session_is_nobodys_yet(running, emil, sign_in):
    session = ActivityFactory(exchange=running, status=ActivityStatus.PROPOSED, wall_date=running.ends)
    assert sign_in(emil).get(f"/activities/{session.pk}/join/").status_code == 404
    assert sign_in(emil).get(f"/activities/{session.pk}.ics").status_code == 404


def test_the_calendar_has_one_event_in_utc_that_leads_here_first(session, emil, sign_in):
    Activity.objects.filter(pk=session.pk).update(
        title="Water\r\nATTENDEE:mailto:evil@example.org; a, b\\c", sequence=3
    )
    response = sign_in(emil).get(f"/activities/{session.pk}.ics")
    assert response["Content-Type"].startswith("text/calendar")
    assert b"secret-room" not in response.content
    calendar = icalendar.Calendar.from_ical(response.content)
    (event,) = calendar.walk("VEVENT")
    assert event["DTSTART"].dt == session.starts_at.replace(microsecond=0)
    assert event["DTEND"].dt == session.starts_at.replace(microsecond=0) + dt.timedelta(minutes=60)
    assert event["UID"].startswith(f"activity-{session.pk}@")
    assert event["SEQUENCE"] == 3
    assert "ATTENDEE" not in event
    assert not any(line.startswith(b"ATTENDEE") for line in response.content.splitlines())
    assert f"/activities/{session.pk}/join/" in event["DESCRIPTION"]


def test_learners_see_their_own_programme(running, session, emil, farah, sign_in):
    whole = session_at(running, timezone.now() + dt.timedelta(days=3), title="All together")
    mine = sign_in(emil).get(f"/exchanges/{running.pk}/sessions/").content.decode()
    other = sign_in(farah).get(f"/exchanges/{running.pk}/sessions/").content.decode()
    assert session.title in mine
    assert whole.title in mine
    assert session.title not in other
    assert whole.title in other


def test_strangers_see_no_programme(running, session, dina, chie, sign_in, client):
    for stranger in (dina, chie):
        assert sign_in(stranger).get(f"/exchanges/{running.pk}/sessions/").status_code == 404
    assert client.get(f"/exchanges/{running.pk}/sessions/").status_code == 302


def test_the_exchange_page_shows_the_next_session_with_the_group(running, session, emil, farah, sign_in):
    page = sign_in(emil).get(f"/exchanges/{running.pk}/").content.decode()
    mate = session.group.members.exclude(learner=emil).select_related("learner").get().learner
    assert session.title in page
    assert mate.name in page
    assert mate.email not in page
    assert session.title not in sign_in(farah).get(f"/exchanges/{running.pk}/").content.decode()


# Reminders -----------------------------------------------------------------------------------------------------------


def reminders(user):
    return Notice.objects.filter(recipient=user, kind="session_reminder", channel="email").order_by("pk")


def test_reminders_go_out_a_day_and_an_hour_before_once_each(session, emil, farah):
    day, hour = session.starts_at - dt.timedelta(hours=24), session.starts_at - dt.timedelta(hours=1)
    activities.remind_due(now=day - dt.timedelta(minutes=5))
    assert not reminders(emil).exists()
    for _ in range(2):
        activities.remind_due(now=day)
        activities.remind_due(now=day + dt.timedelta(minutes=5))
    assert [notice.urgent for notice in reminders(emil)] == [False]
    for _ in range(2):
        activities.remind_due(now=hour)
    assert [notice.urgent for notice in reminders(emil)] == [False, True]
    assert not reminders(farah).exists()


def test_a_session_that_moved_is_reminded_of_again(session, emil, bruno):
    activities.remind_due(now=session.starts_at - dt.timedelta(hours=24))
    values = {
        "title": session.title,
        "description": "",
        "minutes": 60,
        "join_url": LINK,
        "wall_date": session.wall_date + dt.timedelta(days=1),
        "wall_time": session.wall_time,
        "fold": None,
    }
    moved = activities.edit_activity(actor=bruno, activity=session, values=values)
    activities.remind_due(now=moved.starts_at - dt.timedelta(hours=23))
    assert reminders(emil).count() == 2


def test_nobody_is_reminded_of_what_is_cancelled(session, emil, bruno):
    activities.cancel_activity(actor=bruno, activity=session, reason="The lab is closed.")
    activities.remind_due(now=session.starts_at - dt.timedelta(minutes=30))
    assert not reminders(emil).exists()


def test_mails_say_both_clocks_where_they_differ(session, emil, farah, running):
    from institutions.interop.mail import body_of

    session_at(running, timezone.now() + dt.timedelta(hours=20), zone="Europe/Lisbon")
    activities.remind_due()
    theirs, his = (body_of(reminders(user).get()) for user in (farah, emil))
    assert "(Asia/Kolkata)" in theirs
    assert "(Europe/Lisbon)" in theirs
    assert "(Asia/Kolkata)" not in his


@pytest.mark.parametrize("kind", ["session", "task"])
def test_every_notice_of_the_programme_can_be_written(running, bruno, emil, kind):
    from institutions.interop.mail import render

    (made, *_) = plan(bruno, running, kind=kind, wall_date=running.ends - dt.timedelta(weeks=1), weeks=2)
    values = {
        "title": made.title,
        "description": "New",
        "minutes": 60,
        "join_url": LINK,
        "wall_date": made.wall_date,
        "wall_time": dt.time(12),
        "fold": None,
    }
    activities.edit_activity(actor=bruno, activity=made, values=values)
    activities.edit_activity(actor=bruno, activity=made, values=values | {"title": "Other"})
    made.refresh_from_db()
    activities.remind_due(now=made.starts_at - dt.timedelta(hours=20))
    activities.cancel_activity(actor=bruno, activity=made, reason="Why not.")
    mails = [render(notice) for notice in Notice.objects.filter(recipient=emil, channel="email")]
    assert len(mails) == 5
    for mail in mails:
        assert mail.subject.strip()
        assert "secret-room" not in mail.body


# Query counts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 30])
def test_the_programme_asks_the_database_as_often_for_thirty_sessions_as_for_one(
    running, emil, bruno, sign_in, count, django_assert_num_queries
):
    for n in range(count):
        session_at(running, timezone.now() + dt.timedelta(hours=30 + n), group=running.groups.get(number=1))
    for user, queries in ((emil, 11), (bruno, 10)):
        browser = sign_in(user)
        browser.get(f"/exchanges/{running.pk}/sessions/")
        with django_assert_num_queries(queries):
            browser.get(f"/exchanges/{running.pk}/sessions/")
