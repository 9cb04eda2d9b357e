"""Institutions that take part, and the e-mail domains they own."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from institutions.enums import InstitutionStatus, Kind, MembershipStatus, Role


class InstitutionQuerySet(models.QuerySet):
    def verified(self):
        return self.filter(status=InstitutionStatus.VERIFIED)

    def pending(self):
        return self.filter(status=InstitutionStatus.PENDING)

    def matching(self, text: str):
        """Those whose name or city has every word of the text."""
        found = self
        for word in text.split()[:8]:
            found = found.filter(Q(name__icontains=word) | Q(city__icontains=word))
        return found

    def of(self, user, *roles: Role):
        """Those in which the person holds one of the roles (any role, if none is named)."""
        from institutions.models.membership import Membership

        return self.filter(pk__in=Membership.objects.active().of(user, *roles).values("institution"))

    def visible_to(self, user):
        """Verified ones for everybody; others for who registered them, their members and platform admins."""
        from institutions.models.membership import Membership

        if not user.is_authenticated:
            return self.verified()
        if user.is_platform_admin:
            return self
        member = Membership.objects.of(user).filter(status=MembershipStatus.ACTIVE).values("institution")
        return self.filter(Q(status=InstitutionStatus.VERIFIED) | Q(created_by_id=user.pk) | Q(pk__in=member))


class Institution(models.Model):
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("address on this site"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    country = models.CharField(_("country"), max_length=2, help_text=_("ISO 3166 code"))
    city = models.CharField(_("city"), max_length=100)
    zone = models.CharField(_("time zone"), max_length=64)
    website = models.URLField(_("website"))
    description = models.TextField(_("what partners should know"), blank=True, max_length=4000)
    languages = models.JSONField(_("languages of teaching"), default=list, blank=True, help_text=_("BCP 47 tags"))
    schac = models.CharField(_("SCHAC code"), max_length=120, blank=True)
    erasmus_code = models.CharField(_("Erasmus code"), max_length=20, blank=True)
    pic = models.CharField(_("PIC"), max_length=9, blank=True)
    ror = models.CharField(_("ROR id"), max_length=40, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=InstitutionStatus, default=InstitutionStatus.PENDING)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["schac"], condition=~Q(schac=""), name="institution_schac_once"),
            models.UniqueConstraint(
                fields=["erasmus_code"], condition=~Q(erasmus_code=""), name="institution_erasmus_once"
            ),
            models.UniqueConstraint(fields=["pic"], condition=~Q(pic=""), name="institution_pic_once"),
            models.UniqueConstraint(fields=["ror"], condition=~Q(ror=""), name="institution_ror_once"),
        ]
        indexes = [
            models.Index(fields=["status", "name"], name="institution_status_name"),
            models.Index(fields=["country"], name="institution_country"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("institution_detail", args=[self.slug])

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class InstitutionDomain(models.Model):
    """An e-mail domain of an institution. It speeds up a request to join once verified; it gives no role by itself."""

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="domains")
    domain = models.CharField(_("e-mail domain"), max_length=253)
    verified = models.BooleanField(_("verified"), default=False)

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "domain"], name="domain_once_per_institution"),
            models.UniqueConstraint(fields=["domain"], condition=Q(verified=True), name="domain_verified_once"),
        ]

    def __str__(self) -> str:
        return self.domain
