"""Celery tasks: explicit names, ids only, tolerant of missing rows, each delegating to an action."""

from celery import shared_task

from institutions.actions import outbox


@shared_task(name="institutions.send_due_notices")
def send_due_notices() -> None:
    """Send the mails whose time has come."""
    outbox.send_due_notices()
