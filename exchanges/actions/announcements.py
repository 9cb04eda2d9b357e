"""Telling everyone in an exchange, an institution or the platform, in chunks that a worker can stop and go on with.

A chunk's notices and the mark of how far it got are written in one transaction, so a worker that dies loses nothing
and tells nobody twice; the notices' unique key would see to that too.
"""

import datetime as dt
import secrets
import socket

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.enums import AnnouncementStatus
from exchanges.models import Announcement, Exchange
from institutions.actions.journal import record
from institutions.actions.notices import notify
from institutions.actions.work import wake
from institutions.enums import NoticeStatus, Role
from institutions.errors import Refused
from institutions.models import Institution, Membership, Notice, User

LEASE = dt.timedelta(minutes=1)
CHUNK = 1000


def audiences_of(user: User) -> tuple[list[Exchange], list[Institution], bool]:
    """Whom a person may write to: exchanges, institutions, and whether the whole platform."""
    exchanges = list(Exchange.objects.coordinated_by(user).order_by("-starts", "pk")[:200])
    sides = Institution.objects.of(user, Role.COORDINATOR, Role.ADMIN).order_by("name", "pk")
    return exchanges, list(sides), user.is_platform_admin


def announce(
    *, actor: User, title: str, text: str, exchange: Exchange | None = None, institution: Institution | None = None
) -> Announcement:
    """Put an announcement on its way to the learners of an exchange, the members of an institution, or everybody."""
    _check_may(actor, exchange, institution)
    with transaction.atomic():
        made = Announcement(author=actor, exchange=exchange, institution=institution, title=title, text=text)
        made.total = made.people().count()
        if not made.total:
            raise Refused(_("There is nobody yet whom this would reach."))
        made.save()
        record(actor=actor, verb="announcement.make", subject=made, institution=institution, total=made.total)
        wake("exchanges.tell_announcements")
    return made


def _check_may(actor: User, exchange: Exchange | None, institution: Institution | None) -> None:
    if exchange is not None:
        allowed = Exchange.objects.coordinated_by(actor).filter(pk=exchange.pk).exists()
    elif institution is not None:
        roles = Membership.objects.active().of(actor, Role.COORDINATOR, Role.ADMIN)
        allowed = roles.filter(institution=institution).exists()
    else:
        allowed = actor.is_platform_admin
    if not allowed:
        raise Refused(_("You can only write to exchanges and institutions that you coordinate."))


@transaction.atomic
def cancel(*, actor: User, announcement: Announcement) -> Announcement:
    """Stop it: nobody else is told, and mails that still wait are not sent. Whoever has read it has read it."""
    announcement = Announcement.objects.select_for_update().get(pk=announcement.pk)
    if announcement.status == AnnouncementStatus.CANCELLED:
        return announcement
    if not AnnouncementStatus(announcement.status).may_become(AnnouncementStatus.CANCELLED):
        raise Refused(_("Everybody has been told already."))
    announcement.status, announcement.finished_at = AnnouncementStatus.CANCELLED, timezone.now()
    announcement.lease_until = None
    announcement.save(update_fields=["status", "finished_at", "lease_until"])
    waiting = Notice.objects.mails().filter(status__in=(NoticeStatus.QUEUED, NoticeStatus.GATHERED))
    waiting.filter(key=announcement.key).update(status=NoticeStatus.CANCELLED)
    record(actor=actor, verb="announcement.cancel", subject=announcement, told=announcement.told)
    return announcement


def tell_due(*, now: dt.datetime | None = None) -> int:
    """Carry every announcement that is due to its end; answers how many people were told."""
    told = 0
    while announcement := claim(now or timezone.now()):
        while count := tell_chunk(announcement):
            told += count
    return told


def claim(now: dt.datetime) -> Announcement | None:
    """Take the announcement that has waited longest; two workers never have the same one."""
    token = f"{socket.gethostname()[:50]}:{secrets.token_hex(8)}"
    with transaction.atomic():
        found = Announcement.objects.due(now).order_by("created_at", "pk")
        announcement = found.select_for_update(skip_locked=True).first()
        if announcement is None:
            return None
        announcement.status, announcement.claimed_by = AnnouncementStatus.SENDING, token
        announcement.lease_until = now + LEASE
        announcement.save(update_fields=["status", "claimed_by", "lease_until"])
    return announcement


def tell_chunk(mine: Announcement) -> int:
    """Tell the next people; 0 at the end, or when it was cancelled or another worker has it by now."""
    with transaction.atomic():
        held = Announcement.objects.filter(claimed_by=mine.claimed_by, status=AnnouncementStatus.SENDING)
        announcement = held.select_for_update(of=("self",)).for_list().filter(pk=mine.pk).first()
        if announcement is None:
            return 0
        people = list(announcement.people().filter(pk__gt=announcement.last)[:CHUNK])
        if people:
            notify(
                recipients=people,
                kind="announcement",
                key=announcement.key,
                url=announcement.exchange.get_absolute_url() if announcement.exchange else "",
                title=announcement.title,
                text=announcement.text,
                author=announcement.author.get_full_name() if announcement.author else "vmobility",
                audience=announcement.audience,
            )
            announcement.last = people[-1].pk
            announcement.told += len(people)
            announcement.lease_until = timezone.now() + LEASE
        else:
            announcement.status, announcement.finished_at = AnnouncementStatus.SENT, timezone.now()
            announcement.lease_until = None
        announcement.save(update_fields=["last", "told", "lease_until", "status", "finished_at"])
    return len(people)
