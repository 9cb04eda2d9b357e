"""An institution's academic calendar: its terms, holidays and exam periods."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from institutions.enums import PeriodKind
from institutions.models.institution import Institution


class PeriodQuerySet(models.QuerySet):
    def touching(self, first, last):
        """Those with a day in first..last."""
        return self.filter(first__lte=last, last__gte=first)

    def without_teaching(self):
        """Holidays and exam periods: days on which nothing is taught."""
        return self.filter(kind__in=PeriodKind.without_teaching())


class CalendarPeriod(models.Model):
    """Days of the institution, first to last inclusive. `uid` is what the file it came from calls it."""

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="periods")
    kind = models.CharField(_("kind"), max_length=10, choices=PeriodKind)
    name = models.CharField(_("name"), max_length=120)
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    uid = models.CharField(max_length=255, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        ordering = ["first", "last", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="period_days_in_order"),
            models.UniqueConstraint(fields=["institution", "kind", "name", "first", "last"], name="period_once"),
        ]
        indexes = [models.Index(fields=["institution", "last"], name="period_of_institution")]

    def __str__(self) -> str:
        return self.name
