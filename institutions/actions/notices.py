"""Queueing notices. A notice is a row per recipient, channel and cause; workers send what is due."""

from django.utils import timezone

from institutions.actions.work import wake
from institutions.enums import Channel, MembershipStatus, NoticeStatus, Role
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


def read(*, actor: User, notice: Notice) -> None:
    """Mark a notice of one's own as read; reading twice changes nothing."""
    Notice.objects.inbox(actor).unread().filter(pk=notice.pk).update(read_at=timezone.now())


def read_all(*, actor: User) -> int:
    """Mark the whole inbox as read; answer how many notices that were."""
    return Notice.objects.inbox(actor).unread().update(read_at=timezone.now())


def coordinators_of(institutions) -> list[User]:
    """The coordinators in force of the institutions, each once."""
    return _holders(institutions, Role.COORDINATOR)


def admins_of(institutions) -> list[User]:
    """The institution admins in force of the institutions, each once."""
    return _holders(institutions, Role.ADMIN)


def platform_admins() -> list[User]:
    return list(User.objects.filter(is_platform_admin=True, is_active=True))


def _holders(institutions, role: Role) -> list[User]:
    return list(
        User.objects.filter(
            is_active=True,
            memberships__institution__in=institutions,
            memberships__role=role,
            memberships__status=MembershipStatus.ACTIVE,
        ).distinct()
    )
