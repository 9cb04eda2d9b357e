"""Celery tasks: explicit names, ids only, tolerant of missing rows, each delegating to an action."""

from celery import shared_task

from institutions.actions import busy, outbox, partnerships


@shared_task(name="institutions.send_due_notices")
def send_due_notices() -> None:
    """Send the mails whose time has come."""
    outbox.send_due_notices()


@shared_task(name="institutions.expire_partnerships")
def expire_partnerships() -> None:
    """End the partnerships whose validity is over, and remind of those that end soon."""
    partnerships.expire_due()


@shared_task(name="institutions.read_busy_calendars")
def read_busy_calendars(pk: int | None = None) -> None:
    """Read the calendar that was just added, or every one that is due."""
    busy.read_due(pk=pk)
