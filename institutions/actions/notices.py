"""Queueing notices. A notice is a row per recipient, channel and cause; workers send what is due."""

from django.utils import timezone

from institutions.actions.work import wake
from institutions.enums import Channel, NoticeStatus
from institutions.hours import next_waking
from institutions.models import Notice, User


def notify(*, recipients, kind: str, key: str, url: str = "", urgent: bool = False, **context) -> None:
    """Tell people of one cause, in the app at once and by mail at their own waking hours.

    Call it inside the transaction that makes the change. `kind` names the texts in templates/email/
    (`<kind>_subject.txt` and `<kind>.txt`); `key` names the cause: a person is told of it once, however often
    this is called. `context` must be JSON-serialisable; an instant goes in as its ISO 8601 text in UTC.
    Urgent notices don't wait for the morning.
    """
    now = timezone.now()
    rows = []
    for user in recipients:
        due = now if urgent else next_waking(now, user.tz, user.day_start, user.day_end)
        common = {"recipient": user, "kind": kind, "key": key, "context": context, "url": url, "urgent": urgent}
        rows.append(Notice(channel=Channel.INBOX, status=NoticeStatus.SENT, due_at=now, sent_at=now, **common))
        rows.append(Notice(channel=Channel.EMAIL, due_at=due, **common))
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    if rows:
        wake("institutions.send_due_notices")


def coordinators_of(institutions) -> list[User]:
    """The coordinators in force of the institutions, each once."""
    return _holders(institutions, "coordinator")


def admins_of(institutions) -> list[User]:
    """The institution admins in force of the institutions, each once."""
    return _holders(institutions, "admin")


def platform_admins() -> list[User]:
    return list(User.objects.filter(is_platform_admin=True, is_active=True))


def _holders(institutions, role: str) -> list[User]:
    return list(
        User.objects.filter(
            is_active=True,
            memberships__institution__in=institutions,
            memberships__role=role,
            memberships__status="active",
        ).distinct()
    )
