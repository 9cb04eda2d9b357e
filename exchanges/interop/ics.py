"""Sessions and tasks as iCalendar (RFC 5545), and as invitations (RFC 5546): files, feeds, parts of mails.

Each is one event in UTC. Calendars show it in their owner's own zone, by their own rules, and agree to the minute; a
recurring event would have to bring its zone's rules along, and calendars differ in how they read those. The agreed wall
time stands in the text. A UID is stable over every change, and SEQUENCE counts up with each, so that calendars move the
entry and don't add another.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress

from exchanges.enums import ActivityStatus
from exchanges.models import Activity
from institutions.models import User

READ_AGAIN = timedelta(hours=1)  # how often a calendar program should look at a feed


def uid_of(activity: Activity) -> str:
    return f"activity-{activity.pk}@{settings.SITE_HOST}"


def session_file(activity: Activity, *, now: datetime) -> bytes:
    """One session to put into a calendar by hand; one that was cancelled takes itself out again."""
    calendar = _calendar("CANCEL" if activity.status == ActivityStatus.CANCELLED else "PUBLISH")
    calendar.add_component(_event(activity, now))
    return calendar.to_ical()


def feed_file(name: str, activities: Iterable[Activity], *, now: datetime) -> bytes:
    """All that a calendar program follows. What was cancelled stays in, marked, for nobody to wonder where it went."""
    calendar = _calendar("PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for activity in activities:
        calendar.add_component(_event(activity, now))
    return calendar.to_ical()


def invitation(activity: Activity, recipient: User, *, now: datetime, cancelled: bool = False) -> bytes:
    """What a mail program offers to put into, move in, or take out of the recipient's calendar.

    The organiser is the platform, which reads no answers: taking part is settled in the exchange. `cancelled`: for this
    recipient, as when a learner leaves; a session that was cancelled is so for everybody.
    """
    over = cancelled or activity.status == ActivityStatus.CANCELLED
    calendar = _calendar("CANCEL" if over else "REQUEST")
    event = _event(activity, now)
    if over:
        event["status"] = "CANCELLED"
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    event.add("organizer", _person(name, address))
    attendee = _person(recipient.name, recipient.email)
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = "NEEDS-ACTION"
    attendee.params["RSVP"] = "FALSE"
    event.add("attendee", attendee)
    calendar.add_component(event)
    return calendar.to_ical()


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//vmobility//sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def _event(activity: Activity, now: datetime) -> Event:
    """The links in it lead here, where we check who asks and when; the meeting's own address is in no calendar."""
    event = Event()
    event.add("uid", uid_of(activity))
    event.add("sequence", activity.sequence)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", activity.starts_at.astimezone(UTC))
    page = settings.SITE_URL + reverse("exchange_sessions", args=[activity.exchange_id])
    title = _line(f"{activity.title} · {activity.exchange.title}")
    if activity.is_session:
        event.add("dtend", activity.ends_at.astimezone(UTC))
        event.add("summary", title)
        join = settings.SITE_URL + reverse("activity_join", args=[activity.pk])
        event.add("location", join)
    else:
        join = page
        event.add("summary", _("Due: %(task)s") % {"task": title})
        event.add("transp", "TRANSPARENT")
    wall = activity.starts_at.astimezone(activity.tz)
    agreed = _("Agreed: %(time)s, %(zone)s") % {"time": f"{wall:%Y-%m-%d %H:%M}", "zone": activity.zone}
    group = str(activity.group) if activity.group else ""
    text = [agreed, group, *map(_line, activity.description.split("\n")), join]
    event.add("description", "\n".join(line for line in text if line))
    event.add("url", page)
    event.add("status", "CANCELLED" if activity.status == ActivityStatus.CANCELLED else "CONFIRMED")
    return event


def _person(name: str, address: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    if name := _line(name).replace('"', "'"):
        person.params["CN"] = name
    return person


def _line(text: str) -> str:
    """On one line and without control characters, which some readers take for the end of a property."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
