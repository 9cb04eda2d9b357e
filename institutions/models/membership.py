"""A person's role in an institution. One person may hold several roles in several institutions."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from institutions.enums import InstitutionStatus, MembershipStatus, Role
from institutions.models.institution import Institution


class MembershipQuerySet(models.QuerySet):
    def active(self):
        """Roles in force: admitted, and in an institution that is verified."""
        return self.filter(status=MembershipStatus.ACTIVE, institution__status=InstitutionStatus.VERIFIED)

    def requested(self):
        return self.filter(status=MembershipStatus.REQUESTED)

    def of(self, user, *roles: Role):
        found = self.filter(user_id=user.pk)
        return found.filter(role__in=roles) if roles else found


class Membership(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role)
    status = models.CharField(_("status"), max_length=10, choices=MembershipStatus, default=MembershipStatus.REQUESTED)
    message = models.TextField(_("message"), blank=True, max_length=1000)
    on_verified_domain = models.BooleanField(_("address on a verified domain"), default=False)
    requested_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["-on_verified_domain", "requested_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "institution", "role"],
                condition=Q(status__in=["requested", "active"]),
                name="membership_once",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "status", "role"], name="membership_institution_status"),
            models.Index(fields=["user", "status"], name="membership_user_status"),
        ]

    def __str__(self) -> str:
        return f"{self.user} / {self.institution} / {self.role}"
