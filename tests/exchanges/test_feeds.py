"""Calendar feeds and invitations: who reads what, until when, and what a mail offers to a calendar."""

import datetime as dt
import email.policy

import icalendar
import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from exchanges.actions import activities, board, enrolments, feeds, time_rules
from exchanges.actions.exchanges import cancel_exchange
from exchanges.enums import ActivityKind, ActivityStatus, ExchangeStatus
from exchanges.models import Activity, CalendarFeed
from institutions.actions.outbox import send_due_notices
from institutions.models import JournalEntry
from tests.factories.activity import session_at
from tests.factories.exchange import exchange_of
from tests.factories.group import group_of, placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

LINK = "https://meet.example.org/secret-room"


@pytest.fixture
def running(pune, lisbon, emil, farah):
    """Emil in group 1, Farah in group 2, a session of each and one for everybody."""
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.RUNNING, starts=dt.date.today() - dt.timedelta(days=7))
    one = group_of(exchange, [placed(exchange, lisbon, emil), pune])
    two = group_of(exchange, [lisbon, placed(exchange, pune, farah)])
    soon = timezone.now().replace(microsecond=0) + dt.timedelta(days=2)
    session_at(exchange, soon, title="Of one", group=one, join_url=LINK)
    session_at(exchange, soon, title="Of two", group=two)
    session_at(exchange, soon + dt.timedelta(days=1), title="Of all")
    session_at(exchange, soon + dt.timedelta(days=2), title="Perhaps", status=ActivityStatus.PROPOSED)
    session_at(exchange, soon + dt.timedelta(days=3), title="Essay", kind=ActivityKind.TASK)
    return exchange


def path_of(feed: CalendarFeed) -> str:
    return "/" + feeds.address_of(feed).split("/", 3)[3]


def read(client, feed: CalendarFeed) -> icalendar.Calendar:
    answer = client.get(path_of(feed))
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    assert b"secret-room" not in answer.content
    return icalendar.Calendar.from_ical(answer.content)


def titles(calendar: icalendar.Calendar) -> set[str]:
    return {str(event["SUMMARY"]).split(" · ")[0] for event in calendar.walk("VEVENT")}


# Feeds ---------------------------------------------------------------------------------------------------------------


def test_a_person_makes_an_address_and_a_calendar_reads_it_without_signing_in(running, emil, sign_in, client):
    page = sign_in(emil).post("/settings/calendar/", follow=True).content.decode()
    feed = CalendarFeed.objects.get(owner=emil)
    assert feeds.address_of(feed) in page
    assert titles(read(client, feed)) == {"Of one", "Of all", "Due: Essay"}
    assert JournalEntry.objects.filter(verb="calendar_feed.make", actor=emil).exists()
    assert "last read it" in sign_in(emil).get("/settings/calendar/").content.decode()
    sign_in(emil).post("/settings/calendar/")
    assert CalendarFeed.objects.filter(owner=emil).count() == 1


def test_one_exchange_alone_and_all_its_groups_for_who_coordinates_it(
    running, emil, bruno, lisbon, pune, sign_in, client
):
    other = exchange_of(lisbon, pune, status=ExchangeStatus.RUNNING)
    placed(other, lisbon, emil)
    session_at(other, timezone.now() + dt.timedelta(days=4), title="Elsewhere")
    for person in (emil, bruno):
        answer = sign_in(person).post(f"/exchanges/{running.pk}/calendar/")
        assert answer.status_code == 302
    assert titles(read(client, emil.calendar_feeds.get())) == {"Of one", "Of all", "Due: Essay"}
    assert titles(read(client, bruno.calendar_feeds.get())) == {"Of one", "Of two", "Of all", "Due: Essay"}
    # Her own calendar isn't filled with the groups of other people.
    assert titles(read(client, feeds.make_feed(actor=bruno))) == {"Of all", "Due: Essay", "Elsewhere"}


@pytest.mark.parametrize("stranger", ["chie", "dina", "root", "ines"])
def test_a_stranger_gets_no_address_for_an_exchange(running, stranger, request, sign_in):
    person = request.getfixturevalue(stranger)
    assert sign_in(person).post(f"/exchanges/{running.pk}/calendar/").status_code == 404
    assert not CalendarFeed.objects.exists()


def test_a_new_address_ends_the_one_before_and_ending_it_ends_all(running, emil, chie, sign_in, client):
    feed = feeds.make_feed(actor=emil)
    old = path_of(feed)
    for action in ("renew", "end"):
        assert sign_in(chie).post(f"/calendar/{feed.pk}/{action}/").status_code == 404
        assert sign_in(emil).get(f"/calendar/{feed.pk}/{action}/").status_code == 200  # asks first
    assert client.get(old).status_code == 200
    sign_in(emil).post(f"/calendar/{feed.pk}/renew/")
    feed.refresh_from_db()
    assert client.get(old).status_code == 404
    assert client.get(path_of(feed)).status_code == 200
    sign_in(emil).post(f"/calendar/{feed.pk}/end/")
    assert client.get(path_of(feed)).status_code == 404


def test_a_forged_address_and_one_of_somebody_who_is_gone_open_nothing(running, emil, farah, client):
    feed, other = feeds.make_feed(actor=emil), feeds.make_feed(actor=farah)
    path = path_of(feed)
    body, signature = path.removesuffix(".ics").rsplit(".", 1)
    for forged in (
        f"{body}.{path_of(other).removesuffix('.ics').rsplit('.', 1)[1]}.ics",
        f"{body}.{signature[:-1]}{'A' if signature[-1] != 'A' else 'B'}.ics",
        f"{body}.ics",
        "/calendar/x.ics",
    ):
        assert client.get(forged).status_code == 404
    emil.is_active = False
    emil.save()
    assert client.get(path).status_code == 404


def test_who_gives_the_place_up_follows_nothing_any_more(running, emil, client):
    feed = feeds.make_feed(actor=emil)
    enrolments.withdraw(actor=emil, enrolment=running.enrolments.get(learner=emil))
    assert titles(read(client, feed)) == set()


def test_what_is_cancelled_stays_marked_and_what_is_long_past_leaves(running, emil, bruno, client):
    feed = feeds.make_feed(actor=emil)
    session = running.activities.get(title="Of one")
    activities.cancel_activity(actor=bruno, activity=session, reason="The lab is closed.")
    event = next(e for e in read(client, feed).walk("VEVENT") if "Of one" in e["SUMMARY"])
    assert event["STATUS"] == "CANCELLED"
    assert event["SEQUENCE"] == 1
    with time_machine.travel(timezone.now() + dt.timedelta(days=100)):
        assert titles(read(client, feed)) == set()


def test_texts_are_in_the_owners_language(running, emil, client):
    emil.language = "pt"
    emil.save()
    event = next(e for e in read(client, feeds.make_feed(actor=emil)).walk("VEVENT") if "Of one" in e["SUMMARY"])
    assert "Grupo 1" in event["DESCRIPTION"]


def test_a_task_is_an_instant_that_keeps_nobody_busy(running, emil, client):
    event = next(e for e in read(client, feeds.make_feed(actor=emil)).walk("VEVENT") if "Essay" in e["SUMMARY"])
    assert event["DTSTART"].dt == running.activities.get(title="Essay").starts_at
    assert "DTEND" not in event
    assert event["TRANSP"] == "TRANSPARENT"


def test_a_feed_of_thirty_takes_the_queries_of_one_of_three(running, emil, client, django_assert_num_queries):
    path = path_of(feeds.make_feed(actor=emil))
    client.get(path)  # notes that it was read
    with django_assert_num_queries(2):
        client.get(path)
    for n in range(30):
        session_at(running, timezone.now() + dt.timedelta(days=3, hours=n), group=running.groups.first())
    with django_assert_num_queries(2):
        client.get(path)


# Invitations ---------------------------------------------------------------------------------------------------------


def calendars(message: mail.EmailMessage) -> list[icalendar.Calendar]:
    """What stands in the mail's calendar parts, as a mail program reads it."""
    parsed = email.message_from_bytes(message.message().as_bytes(), policy=email.policy.default)
    parts = [part for part in parsed.walk() if part.get_content_type() == "text/calendar"]
    for part in parts:
        found = icalendar.Calendar.from_ical(part.get_content())
        assert part.get_param("method") == found["METHOD"]
    return [icalendar.Calendar.from_ical(part.get_content()) for part in parts]


def mails_to(person, kind_of_subject: str = "") -> list[mail.EmailMessage]:
    send_due_notices(now=timezone.now() + dt.timedelta(days=1))
    found = [message for message in mail.outbox if message.to == [person.email] and kind_of_subject in message.subject]
    mail.outbox.clear()
    return found


def plan(bruno, exchange, **kwargs) -> list[Activity]:
    values = {"kind": ActivityKind.SESSION, "title": "Kick-off", "wall_time": dt.time(15), "join_url": LINK}
    day = dt.date.today() + dt.timedelta(days=5)
    return activities.plan_activities(actor=bruno, exchange=exchange, wall_date=day, **(values | kwargs))


def test_a_session_comes_as_an_invitation_moves_as_one_and_ends_as_one(running, bruno, emil):
    (session,) = plan(bruno, running)
    (message,) = mails_to(emil)
    alternative, file = calendars(message)
    assert alternative["METHOD"] == file["METHOD"] == "REQUEST"
    (event,) = alternative.walk("VEVENT")
    assert event["DTSTART"].dt == session.starts_at
    assert event["SEQUENCE"] == 0
    assert event["ATTENDEE"] == f"mailto:{emil.email}"
    assert "no-reply@" in event["ORGANIZER"]

    values = {"title": "Kick-off", "description": "", "minutes": 60, "join_url": LINK, "fold": None}
    values |= {"wall_date": session.wall_date, "wall_time": dt.time(16)}
    activities.edit_activity(actor=bruno, activity=session, values=values)
    (message,) = mails_to(emil)
    (moved,) = calendars(message)[0].walk("VEVENT")
    assert moved["UID"] == event["UID"]
    assert moved["SEQUENCE"] == 1
    assert moved["DTSTART"].dt == event["DTSTART"].dt + dt.timedelta(hours=1)

    activities.cancel_activity(actor=bruno, activity=session, reason="Nobody can come.")
    (message,) = mails_to(emil)
    over = calendars(message)[0]
    assert over["METHOD"] == "CANCEL"
    (event,) = over.walk("VEVENT")
    assert event["UID"] == moved["UID"]
    assert event["SEQUENCE"] == 2
    assert event["STATUS"] == "CANCELLED"


def test_a_series_brings_a_file_for_each_session_and_no_form_for_one_of_them(running, bruno, emil):
    made = plan(bruno, running, weeks=3)
    (message,) = mails_to(emil)
    found = calendars(message)
    starts = [event["DTSTART"].dt for calendar in found for event in calendar.walk("VEVENT")]
    assert starts == [session.starts_at for session in made]
    assert len({str(event["UID"]) for calendar in found for event in calendar.walk("VEVENT")}) == 3


def test_who_leaves_and_whose_exchange_ends_is_told_so_for_the_calendar(running, bruno, emil, farah):
    enrolments.withdraw(actor=emil, enrolment=running.enrolments.get(learner=emil))
    (message,) = mails_to(emil)
    left = calendars(message)
    assert {calendar["METHOD"] for calendar in left} == {"CANCEL"}
    assert set().union(*map(titles, left)) == {"Of one", "Of all"}
    cancel_exchange(actor=bruno, exchange=running, reason="The partner withdrew.")
    (message,) = mails_to(farah)
    ended = calendars(message)
    assert {calendar["METHOD"] for calendar in ended} == {"CANCEL"}
    assert set().union(*map(titles, ended)) == {"Of two", "Of all"}
    assert all(event["SEQUENCE"] == 1 for calendar in ended for event in calendar.walk("VEVENT"))


def test_who_changes_groups_leaves_the_sessions_of_one_for_those_of_the_other(running, bruno, emil):
    board.move(actor=bruno, exchange=running, enrolments=[running.enrolments.get(learner=emil).pk], to=2)
    (message,) = mails_to(emil)
    methods = {str(calendar["METHOD"]): titles(calendar) for calendar in calendars(message)}
    assert methods == {"REQUEST": {"Of two"}, "CANCEL": {"Of one"}}


def test_new_time_zone_rules_move_the_entry_in_the_calendar(running, emil):
    session = running.activities.get(title="Of one")
    Activity.objects.filter(pk=session.pk).update(
        starts_at=session.starts_at + dt.timedelta(hours=1), moved_from=session.starts_at, sequence=1
    )
    time_rules.tell_moved()
    (message,) = mails_to(emil)
    (event,) = calendars(message)[0].walk("VEVENT")
    assert event["DTSTART"].dt == session.starts_at + dt.timedelta(hours=1)
    assert event["SEQUENCE"] == 1
