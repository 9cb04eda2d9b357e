"""A live session as an iCalendar file (RFC 5545)."""

from datetime import UTC, datetime

from icalendar import Calendar, Event

from exchanges.enums import ActivityStatus
from exchanges.models import Activity


def uid_of(activity: Activity, host: str) -> str:
    """Stable over every change of the session, so that calendars move the entry and don't add another."""
    return f"activity-{activity.pk}@{host}"


def session_calendar(activity: Activity, *, host: str, page_url: str, join_url: str, now: datetime) -> bytes:
    """One event in UTC, which every calendar shows in its owner's own zone; the agreed wall time is in its text.

    `join_url` is the address at which we check who asks and when, never the meeting's own.
    """
    wall = activity.starts_at.astimezone(activity.tz)
    event = Event()
    event.add("uid", uid_of(activity, host))
    event.add("sequence", activity.sequence)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", activity.starts_at.astimezone(UTC))
    event.add("dtend", activity.ends_at.astimezone(UTC))
    event.add("summary", f"{activity.title} · {activity.exchange.title}")
    lines = [f"{wall:%Y-%m-%d %H:%M} {activity.zone}", activity.description, join_url]
    event.add("description", "\n".join(line for line in lines if line))
    event.add("url", page_url)
    event.add("status", "CANCELLED" if activity.status == ActivityStatus.CANCELLED else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//vmobility//sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if activity.status == ActivityStatus.CANCELLED else "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()
