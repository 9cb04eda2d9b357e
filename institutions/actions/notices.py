"""Queueing notices. A notice is a row per recipient, channel and cause; workers send what is due."""

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone

from institutions.actions.preferences import choices_of
from institutions.actions.work import wake
from institutions.enums import Channel, Delivery, MembershipStatus, NoticeStatus, Role
from institutions.hours import next_local, next_waking
from institutions.models import Membership, Notice, User
from institutions.notice_kinds import KINDS

HEARD_BEFORE = dt.timedelta(hours=3)  # who would hear of something later than this before it happens is told at once
BATCH = 500


def notify(
    *,
    recipients: Iterable[User],
    kind: str,
    key: str,
    url: str = "",
    urgent: bool = False,
    before: dt.datetime | None = None,
    **context,
) -> None:
    """Tell people of one cause, in the app at once and by mail as they chose: at their own waking hours or in a digest.

    Call it inside the transaction that makes the change. `kind` is one of `notice_kinds.KINDS`; `key` names the
    cause: a person is told of it once, however often this is called. `context` must be JSON-serialisable; an instant
    goes in as its ISO 8601 text in UTC. Urgent notices wait for nothing. `before` is when what they tell of happens:
    whoever would hear of it less than three hours before that does not wait either.
    """
    known = KINDS[kind]
    people = list({user.pk: user for user in recipients}.values())
    chosen = choices_of(people, known.group)
    now = timezone.now()
    times = _Times(now, urgent=urgent or known.urgent, before=before)
    common = {"kind": kind, "key": key, "context": context, "url": url}
    rows: list[Notice] = []
    gathered: list[tuple[Notice, Delivery]] = []
    for user in people:
        choice = chosen.get(user.pk)
        inbox, delivery = (choice.inbox, Delivery(choice.email)) if choice else (True, Delivery.AT_ONCE)
        if inbox or known.always:
            rows.append(
                Notice(
                    recipient=user, channel=Channel.INBOX, status=NoticeStatus.SENT, due_at=now, sent_at=now, **common
                )
            )
        if delivery == Delivery.OFF and not known.always:
            continue
        due, how, passes = times.of(user, Delivery.AT_ONCE if known.always else delivery)
        mail = Notice(recipient=user, channel=Channel.EMAIL, due_at=due, urgent=passes, **common)
        rows.append(mail)
        if how in Delivery.digests():
            gathered.append((mail, how))
    _gather(gathered)
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    if any(row.channel == Channel.EMAIL and row.due_at == now for row in rows):
        wake("institutions.send_due_notices")


class _Times:
    """When each person hears of one cause; people of the same zone and hours are worked out once."""

    def __init__(self, now: dt.datetime, *, urgent: bool, before: dt.datetime | None) -> None:
        self.now, self.urgent = now, urgent
        self.latest = before - HEARD_BEFORE if before is not None and before > now else None
        self.known: dict[tuple, tuple[dt.datetime, Delivery, bool]] = {}

    def of(self, user: User, delivery: Delivery) -> tuple[dt.datetime, Delivery, bool]:
        """The instant, the digest it goes into, if it does, and whether it passes what others wait for."""
        key = (delivery, user.zone, user.day_start, user.day_end, user.digest_at, user.digest_day)
        if key not in self.known:
            self.known[key] = self._worked_out(user, delivery)
        return self.known[key]

    def _worked_out(self, user: User, delivery: Delivery) -> tuple[dt.datetime, Delivery, bool]:
        if self.urgent:
            return self.now, Delivery.AT_ONCE, True
        if delivery in Delivery.digests():
            day = user.digest_day if delivery == Delivery.WEEKLY else None
            digest = next_local(self.now, user.tz, user.digest_at, day)
            if self.latest is None or digest <= self.latest:
                return digest, delivery, False
        waking = next_waking(self.now, user.tz, user.day_start, user.day_end)
        late = self.latest is not None and waking > self.latest
        return self.now if late else waking, Delivery.AT_ONCE, late


def _gather(mails: list[tuple[Notice, Delivery]]) -> None:
    """Put mails into the next digest of their recipients, which is a mail of its own that waits for its hour."""
    if not mails:
        return
    digests = [
        Notice(
            recipient=mail.recipient,
            kind="digest",
            channel=Channel.EMAIL,
            key=f"digest:{how}:{mail.due_at.isoformat()}",
            url="/inbox/",
            context={"period": str(how)},
            due_at=mail.due_at,
        )
        for mail, how in mails
    ]
    Notice.objects.bulk_create(digests, ignore_conflicts=True, batch_size=BATCH)
    found: dict[tuple[int, str], int] = {}
    for start in range(0, len(digests), BATCH):
        some = digests[start : start + BATCH]
        rows = Notice.objects.mails().filter(
            recipient__in=[each.recipient_id for each in some], key__in={each.key for each in some}
        )
        found |= {(recipient, key): pk for pk, recipient, key in rows.values_list("pk", "recipient_id", "key")}
    for (mail, _how), digest in zip(mails, digests, strict=True):
        mail.status = NoticeStatus.GATHERED
        mail.digest_id = found[digest.recipient_id, digest.key]


def read(*, actor: User, notice: Notice) -> None:
    """Mark a notice of one's own as read; reading twice changes nothing."""
    Notice.objects.inbox(actor).unread().filter(pk=notice.pk).update(read_at=timezone.now())


def unread(*, actor: User, notice: Notice) -> None:
    """Mark a notice of one's own as not read yet."""
    Notice.objects.inbox(actor).filter(pk=notice.pk).update(read_at=None)


def read_all(*, actor: User, kinds: Iterable[str] | None = None) -> int:
    """Mark the whole inbox, or what it holds of some kinds, as read; answer how many notices that were."""
    found = Notice.objects.inbox(actor).unread()
    if kinds is not None:
        found = found.filter(kind__in=list(kinds))
    return found.update(read_at=timezone.now())


def coordinators_of(institutions) -> list[User]:
    """The coordinators in force of the institutions, each once."""
    return _holders(institutions, Role.COORDINATOR)


def admins_of(institutions) -> list[User]:
    """The institution admins in force of the institutions, each once."""
    return _holders(institutions, Role.ADMIN)


def platform_admins() -> list[User]:
    return list(User.objects.filter(is_platform_admin=True, is_active=True))


def _holders(institutions, role: Role) -> list[User]:
    roles = Membership.objects.filter(institution__in=institutions, role=role, status=MembershipStatus.ACTIVE)
    # Not by way of a join: it would have to be made distinct over all that a person is.
    return list(User.objects.filter(is_active=True, pk__in=roles.values("user")))
