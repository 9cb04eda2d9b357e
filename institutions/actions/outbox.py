"""Sending what is due. Workers claim notices by compare-and-set with a lease; killing one loses nothing.

A mail goes out at least once: a worker killed between the mail server's yes and our own note sends it again after the
lease, under the same Message-ID.
"""

import datetime as dt
import logging
import os
import secrets
import smtplib
import socket
from collections.abc import Iterable

from django.core.mail import get_connection
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from institutions.actions.journal import record
from institutions.enums import NoticeStatus
from institutions.errors import Refused
from institutions.interop.mail import render
from institutions.models import Notice

logger = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=2)
LONGEST_SEND = dt.timedelta(seconds=30)  # several times settings.EMAIL_TIMEOUT
BATCH = 50
TRIES = 6
FIRST_WAIT = dt.timedelta(minutes=1)  # doubles with every try: 1, 2, 4, 8, 16 minutes


def send_due_notices(*, now: dt.datetime | None = None) -> int:
    """Send every mail whose time has come; answer how many this call handed over."""
    sent = 0
    connection = get_connection()
    try:
        while batch := claim(now or timezone.now()):
            sent += send_claimed(batch, connection)
    finally:
        connection.close()
    return sent


def claim(now: dt.datetime, limit: int = BATCH) -> list[Notice]:
    """Take up to `limit` due mails for this worker; two workers never take the same one."""
    worker = f"{socket.gethostname()[:50]}:{os.getpid()}:{secrets.token_hex(4)}"
    mine = []
    for pk in list(Notice.objects.due(now).order_by("due_at").values_list("pk", flat=True)[:limit]):
        taken = Notice.objects.due(now).filter(pk=pk)
        if taken.update(status=NoticeStatus.SENDING, lease_until=now + LEASE, claimed_by=worker):
            mine.append(pk)
    return list(Notice.objects.filter(pk__in=mine).select_related("recipient").order_by("due_at"))


def send_claimed(batch: Iterable[Notice], connection=None) -> int:
    """Send what this worker has claimed; answer how many mails were handed over.

    When a slow mail server uses a lease up, it is renewed, or the mail is left to the worker that has it by now.
    """
    return sum(_send(notice, connection) for notice in batch if _is_ours(notice))


def _is_ours(notice: Notice) -> bool:
    now = timezone.now()
    if notice.lease_until and now + LONGEST_SEND < notice.lease_until:
        return True
    held = Notice.objects.filter(pk=notice.pk, status=NoticeStatus.SENDING, claimed_by=notice.claimed_by)
    return bool(held.update(lease_until=now + LEASE))


def _send(notice: Notice, connection) -> bool:
    if not notice.recipient.is_active:
        _note(notice, NoticeStatus.CANCELLED)
        return False
    try:
        mail = render(notice)
        mail.connection = connection
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code = max(code for code, _ in error.recipients.values())
        _refused(notice, code, "the mail server refused the address")
    except smtplib.SMTPResponseException as error:
        _refused(notice, error.smtp_code, "the mail server refused the mail")
    except (OSError, smtplib.SMTPException) as error:
        _try_later(notice, type(error).__name__)
    except Exception as error:
        # One notice whose text cannot be made must not hold up the others.
        logger.exception("Notice %s (%s) could not be written", notice.pk, notice.kind)
        _try_later(notice, f"{type(error).__name__}: {error}")
    else:
        _note(notice, NoticeStatus.SENT, sent_at=timezone.now(), last_error="")
        return True
    return False


def _refused(notice: Notice, code: int, why: str) -> None:
    if code >= 500:
        _note(notice, NoticeStatus.BOUNCED, last_error=f"{code}: {why}")
    else:
        _try_later(notice, f"{code}: {why}")


def _try_later(notice: Notice, error: str) -> None:
    tries = notice.attempts + 1
    if tries >= TRIES:
        _note(notice, NoticeStatus.DEAD, attempts=tries, last_error=error[:300])
    else:
        due = timezone.now() + FIRST_WAIT * 2 ** (tries - 1)
        _note(notice, NoticeStatus.QUEUED, attempts=tries, due_at=due, last_error=error[:300])


def _note(notice: Notice, status: NoticeStatus, **fields) -> None:
    """Write the outcome, unless another worker has taken the notice over after our lease."""
    Notice.objects.filter(pk=notice.pk, status=NoticeStatus.SENDING, claimed_by=notice.claimed_by).update(
        status=status, lease_until=None, **fields
    )


@transaction.atomic
def send_again(*, actor, notice: Notice) -> None:
    """Queue a bounced or given-up mail once more."""
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if not NoticeStatus(notice.status).may_become(NoticeStatus.QUEUED):
        raise Refused(_("Only a mail that bounced or was given up can be sent again."))
    notice.status, notice.attempts, notice.due_at = NoticeStatus.QUEUED, 0, timezone.now()
    notice.save(update_fields=["status", "attempts", "due_at"])
    record(actor=actor, verb="notice.send_again", subject=notice)
