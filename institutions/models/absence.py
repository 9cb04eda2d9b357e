"""Exceptions to somebody's weekly hours: dates away, holidays, exam weeks."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from institutions.enums import AbsenceKind


class AbsenceQuerySet(models.QuerySet):
    def touching(self, first, last):
        """Those with a day in first..last."""
        return self.filter(first__lte=last, last__gte=first)


class Absence(models.Model):
    """Dates on the person's own clock, first to last inclusive; with hours, only these hours of each day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="absences")
    kind = models.CharField(_("kind"), max_length=10, choices=AbsenceKind, default=AbsenceKind.AWAY)
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    starts = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("until"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["first", "last", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="absence_days_in_order"),
            models.CheckConstraint(
                condition=Q(starts__isnull=True, ends__isnull=True)
                | Q(starts__isnull=False, ends__isnull=False, starts__lt=F("ends")),
                name="absence_hours_in_order",
            ),
        ]
        indexes = [models.Index(fields=["user", "last"], name="absence_of_user")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.first} to {self.last}"
