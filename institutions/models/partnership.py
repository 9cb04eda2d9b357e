"""Agreements between two or more institutions to exchange learners."""

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from institutions.enums import PartnershipStatus, Role
from institutions.models.institution import Institution


class PartnershipQuerySet(models.QuerySet):
    def waiting_for_approval(self):
        return self.filter(status=PartnershipStatus.SUBMITTED)

    def in_force(self, first, last=None):
        """Active, and valid on every day from `first` to `last` (dates)."""
        return self.filter(
            status=PartnershipStatus.ACTIVE, valid_from__lte=first, valid_until__gte=last if last else first
        )

    def covering(self, institutions):
        """Those to which all of the institutions (ids) are parties."""
        wanted = set(institutions)
        return self.annotate(covered=Count("parties", filter=Q(parties__institution__in=wanted), distinct=True)).filter(
            covered=len(wanted)
        )

    def visible_to(self, user):
        """All of them for platform admins; for coordinators and admins, those their institutions are parties to."""
        if not user.is_authenticated:
            return self.none()
        if user.is_platform_admin:
            return self
        return self.of(Institution.objects.of(user, Role.COORDINATOR, Role.ADMIN).values("pk"))

    def of(self, institutions):
        return self.filter(pk__in=PartnershipParty.objects.filter(institution__in=institutions).values("partnership"))


class Partnership(models.Model):
    title = models.CharField(_("title"), max_length=200)
    status = models.CharField(_("status"), max_length=10, choices=PartnershipStatus, default=PartnershipStatus.DRAFT)
    fields = models.JSONField(
        _("fields of study"), default=list, blank=True, help_text=_("ISCED-F codes; none means every field")
    )
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    recognition_terms = models.TextField(_("recognition terms"), max_length=8000, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    institutions = models.ManyToManyField(Institution, through="PartnershipParty", related_name="partnerships")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)

    objects = PartnershipQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="partnership_dates_in_order"),
        ]
        indexes = [
            models.Index(fields=["status", "valid_until"], name="partnership_status_until"),
            models.Index(fields=["status", "submitted_at"], name="partnership_status_submitted"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("partnership_detail", args=[self.pk])

    @property
    def is_network(self) -> bool:
        return len(self.parties.all()) > 2


class PartnershipParty(models.Model):
    """One institution's side of a partnership, with its signature on one version of the text."""

    partnership = models.ForeignKey(Partnership, models.CASCADE, related_name="parties")
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="partnership_parties")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    signed_version = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "institution"], name="party_once"),
        ]

    def __str__(self) -> str:
        return f"{self.institution} in {self.partnership}"


class PartnershipPlaces(models.Model):
    """How many learners one institution may send to another in a year."""

    partnership = models.ForeignKey(Partnership, models.CASCADE, related_name="places")
    sending = models.ForeignKey(Institution, models.PROTECT, related_name="+")
    receiving = models.ForeignKey(Institution, models.PROTECT, related_name="+")
    per_year = models.PositiveIntegerField(_("places per year"))

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "sending", "receiving"], name="places_once_per_direction"),
            models.CheckConstraint(condition=~Q(sending=F("receiving")), name="places_between_two"),
        ]

    def __str__(self) -> str:
        return f"{self.sending} -> {self.receiving}: {self.per_year}"
