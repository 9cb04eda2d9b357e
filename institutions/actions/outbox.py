"""Sending what is due. Workers claim mails in batches with a lease; killing one loses nothing.

A mail goes out at least once: a worker killed between the mail server's yes and our own note, which is written after
each mail, sends that one again after the lease, under the same Message-ID.
"""

import datetime as dt
import logging
import os
import random
import secrets
import smtplib
import socket
import time
from collections.abc import Sequence

from django.core.mail import get_connection
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from institutions.actions.journal import record
from institutions.actions.preferences import switched_off
from institutions.actions.work import wake
from institutions.enums import NoticeStatus
from institutions.errors import Refused
from institutions.interop.mail import render
from institutions.models import Notice, NoticeAttempt, User
from institutions.notice_kinds import KINDS

logger = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=2)
LONGEST_SEND = dt.timedelta(seconds=30)  # several times settings.EMAIL_TIMEOUT
LONGEST_RUN = 300.0  # seconds after which a worker takes a breath, well within a task's time limit
BATCH = 100
TRIES = 8
FIRST_WAIT = dt.timedelta(minutes=1)  # doubles with every try: 1, 2, 4, 8, 16, 32 minutes, then an hour
LONGEST_WAIT = dt.timedelta(hours=1)
JITTER = 0.2  # a wait is up to a fifth longer or shorter, so that what failed together doesn't come back together
CLOSING = 421  # the server's code for "I hang up now"


def send_due_notices(*, now: dt.datetime | None = None) -> int:
    """Send every mail whose time has come; answer how many this call handed over."""
    take_over_abandoned(now or timezone.now())
    release_strays(now or timezone.now())
    sent, end = 0, time.monotonic() + LONGEST_RUN
    connection = get_connection()
    while batch := claim(now or timezone.now()):
        try:
            sent += send_claimed(batch, connection)
        except UnreachableError:
            break  # the sweeps try again
        finally:
            connection.close()
        if time.monotonic() > end:
            wake("institutions.send_due_notices")
            break
    return sent


class UnreachableError(Exception):
    """The mail server takes no connection."""


def claim(now: dt.datetime, limit: int = BATCH) -> list[Notice]:
    """Take up to `limit` due mails for this worker; two workers never take the same one."""
    worker = f"{socket.gethostname()[:50]}:{os.getpid()}:{secrets.token_hex(4)}"
    with transaction.atomic():
        due = Notice.objects.due(now).select_related("recipient")
        batch = list(due.select_for_update(of=("self",), skip_locked=True)[:limit])
        held = {"status": NoticeStatus.SENDING, "lease_until": now + LEASE, "claimed_by": worker}
        Notice.objects.filter(pk__in=[notice.pk for notice in batch]).update(**held)
    for notice in batch:
        notice.status, notice.lease_until, notice.claimed_by = held.values()
    return batch


def take_over_abandoned(now: dt.datetime) -> int:
    """Queue the mails of workers that died once more."""
    return Notice.objects.abandoned(now).update(status=NoticeStatus.QUEUED, lease_until=None)


def release_strays(now: dt.datetime) -> int:
    """Mails that came too late into their digest go by themselves."""
    return Notice.objects.stray().update(status=NoticeStatus.QUEUED, due_at=now, digest=None)


def send_claimed(batch: Sequence[Notice], connection=None) -> int:
    """Send what this worker has claimed, over one connection; answer how many mails were handed over.

    When a slow mail server uses a lease up, it is renewed, or the mail is left to the worker that has it by now.
    Raises UnreachableError when the server takes no connection; what is left of the batch is tried later.
    """
    connection = connection or get_connection()
    off = switched_off({notice.recipient_id for notice in batch})
    sent = 0
    for number, notice in enumerate(batch):
        if not _is_ours(notice):
            continue
        if not notice.recipient.is_active or _is_off(notice, off):
            _note(notice, NoticeStatus.CANCELLED)
            continue
        try:
            connection.open()
        except (OSError, smtplib.SMTPException) as error:
            logger.warning("The mail server takes no connection: %s", error)
            for each in batch[number:]:
                _try_later(each, f"no connection: {type(error).__name__}")
            raise UnreachableError from error
        sent += _send(notice, connection)
    return sent


def _is_ours(notice: Notice) -> bool:
    now = timezone.now()
    if notice.lease_until and now + LONGEST_SEND < notice.lease_until:
        return True
    held = Notice.objects.filter(pk=notice.pk, status=NoticeStatus.SENDING, claimed_by=notice.claimed_by)
    return bool(held.update(lease_until=now + LEASE))


def _is_off(notice: Notice, off: set[tuple[int, str]]) -> bool:
    """Whether the recipient switched such mails off after this one was queued."""
    kind = KINDS.get(notice.kind)
    return kind is not None and not kind.always and (notice.recipient_id, str(kind.group)) in off


def _send(notice: Notice, connection) -> bool:
    try:
        parts = _sealed(notice) if notice.kind == "digest" else []
        if notice.kind == "digest" and not parts:
            _note(notice, NoticeStatus.CANCELLED)
            return False
        mail = render(notice, parts)
        mail.connection = connection
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = max(error.recipients.values(), key=lambda answer: answer[0])
        _refused(notice, code, said, connection)
    except smtplib.SMTPSenderRefused as error:
        # That is about us, and no fault of the address.
        _try_later(notice, _words(notice, error.smtp_code, error.smtp_error))
        connection.close()
    except smtplib.SMTPResponseException as error:
        _refused(notice, error.smtp_code, error.smtp_error, connection)
    except (OSError, smtplib.SMTPException) as error:
        _try_later(notice, f"the connection broke: {type(error).__name__}")
        connection.close()
    except Exception as error:
        # One notice whose text cannot be made must not hold up the others.
        logger.exception("Notice %s (%s) could not be written", notice.pk, notice.kind)
        _try_later(notice, f"{type(error).__name__}: {error}")
    else:
        Notice.objects.note_sent(notice.pk, notice.claimed_by, timezone.now())
        return True
    return False


def _sealed(digest: Notice) -> list[Notice]:
    """What a digest tells: all that was gathered when it was first tried, so that every try is the same mail."""
    parts = Notice.objects.filter(digest=digest)
    if not parts.filter(status=NoticeStatus.MERGED).exists():
        parts.filter(status=NoticeStatus.GATHERED).update(status=NoticeStatus.MERGED)
    found = list(parts.filter(status=NoticeStatus.MERGED).order_by("created_at", "pk"))
    off = switched_off([digest.recipient_id])
    told = [part for part in found if not _is_off(part, off)]
    for part in told:
        part.recipient = digest.recipient
    return told


def _refused(notice: Notice, code: int, said: bytes | str, connection) -> None:
    words = _words(notice, code, said)
    if code >= 500:
        _failed(notice, NoticeStatus.BOUNCED, words)
    else:
        _try_later(notice, words)
    if code == CLOSING:
        connection.close()


def _words(notice: Notice, code: int, said: bytes | str) -> str:
    """What the server said, without the address."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    text = " ".join(text.replace(notice.recipient.email, "…").split())
    return f"{code}: {''.join(letter for letter in text if letter.isprintable())}"


def _try_later(notice: Notice, error: str) -> None:
    tries = notice.attempts + 1
    if tries >= TRIES:
        _failed(notice, NoticeStatus.DEAD, error, attempts=tries)
    else:
        wait = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
        _failed(notice, NoticeStatus.QUEUED, error, attempts=tries, due_at=timezone.now() + wait)


@transaction.atomic
def _failed(notice: Notice, status: NoticeStatus, error: str, **fields) -> None:
    error = error[:300]
    if _note(notice, status, last_error=error, **fields):
        NoticeAttempt.objects.create(notice=notice, at=timezone.now(), outcome=status, error=error)


def _note(notice: Notice, status: NoticeStatus, **fields) -> bool:
    """Write the outcome, unless another worker has taken the notice over after our lease."""
    held = Notice.objects.filter(pk=notice.pk, status=NoticeStatus.SENDING, claimed_by=notice.claimed_by)
    return bool(held.update(status=status, lease_until=None, **fields))


# Sending again -------------------------------------------------------------------------------------------------------


@transaction.atomic
def send_again(*, actor: User, notice: Notice) -> None:
    """Queue a bounced or given-up mail once more."""
    notice = Notice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    if not NoticeStatus(notice.status).may_become(NoticeStatus.QUEUED) or notice.status == NoticeStatus.GATHERED:
        raise Refused(_("Only a mail that bounced or was given up can be sent again."))
    notice.status, notice.attempts, notice.due_at = NoticeStatus.QUEUED, 0, timezone.now()
    notice.save(update_fields=["status", "attempts", "due_at"])
    record(actor=actor, verb="notice.send_again", subject=notice)
    wake("institutions.send_due_notices")


@transaction.atomic
def send_all_again(*, actor: User, found) -> int:
    """Queue all lost mails of a selection once more; answers how many."""
    count = found.order_by().update(status=NoticeStatus.QUEUED, attempts=0, due_at=timezone.now())
    if count:
        record(actor=actor, verb="notice.send_all_again", subject=actor, count=count)
        wake("institutions.send_due_notices")
    return count
