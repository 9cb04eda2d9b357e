"""Busy times from people's own calendars: added by an address or a file, read by workers, gone at once when removed.

A calendar is due at an instant; a worker takes it with a lease, reads it and stores bare stretches of time in place of
the old ones. Killing a worker loses nothing: the lease runs out and another reads it again.
"""

import datetime as dt
import logging
import os
import secrets
import socket
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from institutions.actions.journal import record
from institutions.actions.work import wake
from institutions.calendar_words import problem_words
from institutions.errors import Refused
from institutions.interop.calendars_in import Busy, CalendarError, busy_in
from institutions.interop.fetch import MOST_BYTES, FetchError, Way, fetch, read_address
from institutions.models import BusyCalendar, BusyTime, User

logger = logging.getLogger(__name__)

MOST_CALENDARS = 5
HORIZON = dt.timedelta(days=400)
LEASE = dt.timedelta(minutes=3)
EVERY = dt.timedelta(hours=6)
LONGEST_SWEEP = 300.0
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=15), dt.timedelta(days=1)
# So often it is unfolded anew, though its server says that nothing has changed: the horizon has moved on.
UNFOLD_EVERY = dt.timedelta(days=7)
READ_AGAIN_AFTER = dt.timedelta(minutes=1)
# Trying again can mend these; others are the owner's to mend, and are tried once a day.
PASSING = ("no_answer", "slow", "cut_off", "status", "failed", "unknown_host")


@transaction.atomic
def add(*, actor: User, name: str, url: str = "", content: bytes | None = None) -> BusyCalendar:
    """Have one's busy times read from an address (again and again) or from a file (once)."""
    User.objects.select_for_update().get(pk=actor.pk)  # two at once must not pass the limit
    mine = BusyCalendar.objects.filter(user=actor)
    if mine.count() >= MOST_CALENDARS:
        raise Refused(_("You have %(most)s calendars here already. Remove one first.") % {"most": MOST_CALENDARS})
    if bool(url) == (content is not None):
        raise Refused(_("Give an address or a file, one of the two."))
    if url:
        try:
            url = read_address(url).url
        except FetchError as error:
            raise Refused(problem_words(error.code, error.facts), "url") from error
        if mine.filter(url=url).exists():
            raise Refused(_("This calendar is here already."), "url")
    elif content is not None and len(content) > MOST_BYTES:
        raise Refused(problem_words("size", {"most": MOST_BYTES // 1_000_000}), "file")
    calendar = BusyCalendar.objects.create(user=actor, name=name, url=url, content=content, due_at=timezone.now())
    # What the calendar is called concerns nobody who reads the journal.
    record(actor=actor, verb="user.add_busy_calendar", subject=actor, source="address" if url else "file")
    wake("institutions.read_busy_calendars", calendar.pk)
    return calendar


@transaction.atomic
def remove(*, actor: User, calendar: BusyCalendar) -> None:
    """Delete the calendar and all that was read from it, at once."""
    record(actor=actor, verb="user.remove_busy_calendar", subject=actor)
    calendar.delete()


@transaction.atomic
def read_again(*, actor: User, calendar: BusyCalendar) -> None:
    """Have a calendar at an address read now; one that was just tried waits a minute."""
    if not calendar.url:
        raise Refused(_("A file is read once. Upload it again."))
    due = timezone.now()
    if calendar.tried_at:
        due = max(due, calendar.tried_at + READ_AGAIN_AFTER)
    BusyCalendar.objects.filter(pk=calendar.pk, user=actor).update(due_at=due)
    wake("institutions.read_busy_calendars", calendar.pk)


# The worker's part ---------------------------------------------------------------------------------------------------


def read_due(*, pk: int | None = None, now: dt.datetime | None = None, way: Way | None = None) -> int:
    """Read the calendar that was just added, or every one that is due; answers how many. `way` is for tests.

    After `LONGEST_SWEEP` seconds the rest is left to the next sweep, so that no worker is stopped in the middle.
    """
    count, until = 0, time.monotonic() + LONGEST_SWEEP
    while time.monotonic() < until and (calendar := claim(now or timezone.now(), pk=pk)):
        _read(calendar, way)
        count += 1
    return count


def claim(now: dt.datetime, *, pk: int | None = None) -> BusyCalendar | None:
    """Take one due calendar for this worker; two workers never take the same one."""
    due = BusyCalendar.objects.due(now)
    if pk is not None:
        due = due.filter(pk=pk)
    token = f"{socket.gethostname()[:50]}:{os.getpid()}:{secrets.token_hex(4)}"
    for found in list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:20]):
        if BusyCalendar.objects.due(now).filter(pk=found).update(lease_until=now + LEASE, claimed_by=token):
            return BusyCalendar.objects.select_related("user").filter(pk=found).first()
    return None


def _read(calendar: BusyCalendar, way: Way | None) -> None:
    today = timezone.localdate(timezone=calendar.user.tz)
    try:
        fresh = _fetched(calendar, today, way)
        if fresh is None:
            _settle(calendar, problem="", due_at=timezone.now() + EVERY, attempts=0, read_at=timezone.now())
            return
        content, marks = fresh
        busy = busy_in(
            content, zone=calendar.user.zone, first=today - dt.timedelta(days=1), last=today + HORIZON,
            own_host=settings.SITE_HOST,
        )  # fmt: skip
        _store(calendar, busy, marks, today + HORIZON)
    except (FetchError, CalendarError) as error:
        _failed(calendar, error.code, error.facts)
    except Exception as error:
        # Without the traceback's text: it may quote the address or the calendar.
        logger.error("Busy calendar %s could not be read: %s", calendar.pk, type(error).__name__)
        _failed(calendar, "failed", {})


def _fetched(calendar: BusyCalendar, today: dt.date, way: Way | None) -> tuple[bytes, dict[str, str]] | None:
    """The calendar's content and by what to ask for changes; None where nothing has changed."""
    if not calendar.url:
        return bytes(calendar.content or b""), {}
    fresh = calendar.covers_until is not None and calendar.covers_until > today + HORIZON - UNFOLD_EVERY
    marks = {"etag": calendar.etag, "last_modified": calendar.last_modified} if fresh else {}
    got = fetch(calendar.url, agent=f"vmobility (+{settings.SITE_URL})", way=way, **marks)
    if got.content is None:
        return None
    return got.content, {"etag": got.etag, "last_modified": got.last_modified}


def _store(calendar: BusyCalendar, busy: Busy, marks: dict[str, str], covers_until: dt.date) -> None:
    with transaction.atomic():
        if not _held(calendar).select_for_update().exists():
            return  # removed, or another worker has it: whatever was read is thrown away
        BusyTime.objects.filter(calendar=calendar).delete()
        BusyTime.objects.bulk_create(
            (BusyTime(calendar=calendar, starts_at=start, ends_at=end) for start, end in busy.stretches),
            batch_size=1000,
        )
        now = timezone.now()
        _settle(
            calendar, problem="", due_at=now + EVERY if calendar.url else None, attempts=0, read_at=now,
            events=busy.events, covers_until=covers_until, content=None, etag=marks.get("etag", ""),
            last_modified=marks.get("last_modified", ""),
        )  # fmt: skip


def _failed(calendar: BusyCalendar, code: str, facts: dict[str, object]) -> None:
    """Note why, and when to try again: soon and then ever later, or once a day where that mends nothing."""
    attempts = min(calendar.attempts + 1, 100)
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 10)) if code in PASSING else LONGEST_WAIT
    again = bool(calendar.url) or (code == "failed" and attempts < 3)
    _settle(
        calendar, problem=code, problem_facts=facts, due_at=timezone.now() + wait if again else None,
        attempts=attempts, **({} if again else {"content": None}),
    )  # fmt: skip


def _settle(calendar: BusyCalendar, *, problem: str, problem_facts: dict | None = None, **fields) -> None:
    """Write the outcome and give the calendar back, unless another worker has taken it over after our lease."""
    _held(calendar).update(
        problem=problem, problem_facts=problem_facts or {}, tried_at=timezone.now(), lease_until=None, claimed_by="",
        **fields,
    )  # fmt: skip


def _held(calendar: BusyCalendar):
    return BusyCalendar.objects.filter(pk=calendar.pk, claimed_by=calendar.claimed_by, lease_until__isnull=False)


def host_of(calendar: BusyCalendar) -> str:
    """What may be shown of an address that can hold a secret: its server."""
    return urlsplit(calendar.url).hostname or ""
