"""Calendar feeds: private addresses from which a person's calendar program reads her sessions."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from exchanges.models.exchange import Exchange


def new_nonce() -> str:
    return secrets.token_urlsafe(18)


class CalendarFeedQuerySet(models.QuerySet):
    def of(self, user):
        """One's own, the one for everything first."""
        return self.filter(owner=user).select_related("exchange").order_by("exchange__starts", "pk")


class CalendarFeed(models.Model):
    """An address that works for whoever knows it, until its owner makes a new one or ends it.

    The address is signed and holds the `nonce`; what is kept here doesn't open it without the platform's secret key.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feeds")
    exchange = models.ForeignKey(Exchange, models.CASCADE, null=True, related_name="+")
    nonce = models.CharField(max_length=24, default=new_nonce)
    made_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(exchange__isnull=True), name="calendar_feed_of_everything_once"
            ),
            models.UniqueConstraint(fields=["owner", "exchange"], name="calendar_feed_of_exchange_once"),
        ]

    def __str__(self) -> str:
        return self.exchange.title if self.exchange else _("All my sessions")
