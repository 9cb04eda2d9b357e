"""Calendar feeds: making, renewing and ending their addresses, and what stands in them."""

import datetime as dt

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from exchanges.enums import ActivityStatus
from exchanges.models import Activity, CalendarFeed, Enrolment, Exchange
from exchanges.models.feed import new_nonce
from institutions.actions.journal import record
from institutions.models import User

PAST = dt.timedelta(days=90)  # older sessions leave the feed, and so the calendars that follow it
MOST = 500
READ_NOTED_EVERY = dt.timedelta(hours=1)

_signer = signing.Signer(sep=".", salt="exchanges.calendar_feed")


@transaction.atomic
def make_feed(*, actor: User, exchange: Exchange | None = None) -> CalendarFeed:
    """An address for all of one's sessions, or for those of one exchange; asking again gives the same."""
    feed, made = CalendarFeed.objects.get_or_create(owner=actor, exchange=exchange)
    if made:
        record(actor=actor, verb="calendar_feed.make", subject=feed)
    return feed


@transaction.atomic
def renew_feed(*, actor: User, feed: CalendarFeed) -> CalendarFeed:
    """A new address; the one before stops working at once."""
    feed.nonce, feed.made_at, feed.read_at = new_nonce(), timezone.now(), None
    feed.save(update_fields=["nonce", "made_at", "read_at"])
    record(actor=actor, verb="calendar_feed.renew", subject=feed)
    return feed


@transaction.atomic
def end_feed(*, actor: User, feed: CalendarFeed) -> None:
    """The address stops working at once; calendars that follow it show nothing new."""
    record(actor=actor, verb="calendar_feed.end", subject=feed)
    feed.delete()


def address_of(feed: CalendarFeed) -> str:
    """The whole address, as a calendar program takes it."""
    return settings.SITE_URL + reverse("feed_ics", args=[_signer.sign_object([feed.pk, feed.nonce])])


def feed_of(signed: str) -> CalendarFeed | None:
    """The feed that a signed address opens; None if it is forged, renewed, ended, or of somebody no longer active."""
    try:
        pk, nonce = _signer.unsign_object(signed)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    feeds = CalendarFeed.objects.filter(owner__is_active=True).select_related("owner", "exchange")
    return feeds.filter(pk=pk, nonce=nonce).first()


def note_reading(feed: CalendarFeed) -> None:
    """Keep when the feed was last read, so that its owner sees whether it is in use; to the hour is enough."""
    now = timezone.now()
    if feed.read_at is None or now - feed.read_at > READ_NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(read_at=now)


def entries_of(feed: CalendarFeed, now: dt.datetime) -> QuerySet[Activity]:
    """What is settled, and what was cancelled, from 90 days ago on: the whole exchange's and one's own group's.

    Whoever coordinates the exchange of a feed sees all its groups in it. The feed of everything leaves other people's
    groups out: it is a person's own calendar.
    """
    found = Activity.objects.visible_to(feed.owner).filter(starts_at__gt=now - PAST)
    found = found.exclude(status=ActivityStatus.PROPOSED)
    if feed.exchange is not None:
        found = found.filter(exchange=feed.exchange)
    else:
        seats = Enrolment.objects.placed().filter(learner=feed.owner, group__isnull=False)
        found = found.filter(Q(group__isnull=True) | Q(group__in=seats.values("group")))
    return found.select_related("exchange", "group").order_by("starts_at", "pk")[:MOST]
