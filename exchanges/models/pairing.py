"""Proposals from one institution to another, and what both sides have accepted."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exchanges.enums import DeclineReason, PairingStatus
from institutions.enums import Role
from institutions.models import Institution, Membership


class PairingQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(status=PairingStatus.PROPOSED)

    def of(self, institutions):
        """Those in which one of the institutions is on either side."""
        return self.filter(Q(offer__institution__in=institutions) | Q(partner_institution__in=institutions))

    def to(self, institutions):
        return self.filter(partner_institution__in=institutions)

    def visible_to(self, user):
        """Those of the institutions that the person coordinates, on either side."""
        return self.of(Membership.objects.active().of(user, Role.COORDINATOR).values("institution"))

    def current(self):
        """Open or accepted: those that stand in the way of another proposal."""
        return self.filter(status__in=(PairingStatus.PROPOSED, PairingStatus.ACCEPTED))

    def overdue(self, now):
        """Without a reply although the deadline has passed."""
        return self.waiting().filter(reply_by__lte=now)

    def with_sides(self):
        """With all that a row of a list shows."""
        return self.select_related("offer__institution", "partner_institution", "partner_offer", "exchange")


class Pairing(models.Model):
    """An invitation to join an offer, with a reply deadline."""

    offer = models.ForeignKey("exchanges.Offer", models.PROTECT, related_name="pairings")
    partner_institution = models.ForeignKey(Institution, models.PROTECT, related_name="pairings")
    partner_offer = models.ForeignKey("exchanges.Offer", models.SET_NULL, null=True, related_name="partner_pairings")
    exchange = models.ForeignKey("exchanges.Exchange", models.SET_NULL, null=True, related_name="pairings")
    status = models.CharField(_("status"), max_length=10, choices=PairingStatus, default=PairingStatus.PROPOSED)
    message = models.TextField(_("message"), max_length=4000)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    reply_by = models.DateTimeField(_("reply by"), help_text=_("The instant after which it lapses."))
    reply_zone = models.CharField(max_length=64, help_text=_("The zone in which the deadline was set."))
    reminded_at = models.DateTimeField(null=True)
    replied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    replied_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(_("why not"), max_length=12, choices=DeclineReason, blank=True)
    reply_note = models.TextField(_("message"), max_length=2000, blank=True)

    objects = PairingQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "partner_institution"],
                condition=Q(status__in=["proposed", "accepted"]),
                name="pairing_once",
            ),
        ]
        indexes = [
            models.Index(fields=["reply_by"], condition=Q(status="proposed"), name="pairing_waiting"),
            models.Index(fields=["partner_institution", "status"], name="pairing_partner_status"),
        ]

    def __str__(self) -> str:
        return f"{self.offer} + {self.partner_institution}"

    def get_absolute_url(self) -> str:
        return reverse("pairing_detail", args=[self.pk])

    @property
    def institutions(self) -> tuple[Institution, Institution]:
        """The proposing side and the invited one."""
        return self.offer.institution, self.partner_institution

    @property
    def reply_tz(self) -> ZoneInfo:
        return ZoneInfo(self.reply_zone)
