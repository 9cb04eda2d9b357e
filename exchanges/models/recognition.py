"""What a learner takes home."""

import secrets

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exchanges.models.enrolment import Enrolment


def new_code() -> str:
    """A code nobody can guess, short enough to type from paper (80 bits)."""
    return secrets.token_hex(10)


class CertificateQuerySet(models.QuerySet):
    def of(self, user):
        return self.filter(enrolment__learner=user)

    def for_list(self):
        return self.select_related("enrolment__learner", "enrolment__part__institution", "enrolment__exchange")


class Certificate(models.Model):
    """A certificate of participation. `facts` is what it said on the day it was issued."""

    enrolment = models.OneToOneField(Enrolment, models.PROTECT, related_name="certificate")
    code = models.CharField(max_length=20, unique=True, default=new_code)
    facts = models.JSONField(default=dict)
    issued_at = models.DateTimeField(auto_now_add=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at", "-pk"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("certificate_verify", args=[self.code])

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None
