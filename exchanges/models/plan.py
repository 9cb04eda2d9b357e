"""Plans of a series: what a coordinator asked hours for, and the proposals that a worker found."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exchanges.models.exchange import Exchange
from exchanges.models.run import Run


class SessionPlanQuerySet(models.QuerySet):
    def waiting(self):
        """Those that no worker has finished yet."""
        return self.filter(proposals__isnull=True)

    def coordinated_by(self, user):
        return self.filter(exchange__in=Exchange.objects.coordinated_by(user))


class SessionPlan(models.Model):
    """A question, "which hours for so many weeks?", with its answer: three proposals as plain JSON."""

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="plans")
    group = models.ForeignKey("exchanges.Group", models.CASCADE, null=True, blank=True, related_name="+")
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="plans")
    title = models.CharField(_("title"), max_length=140)
    first = models.DateField(_("first week begins"))
    weeks = models.PositiveSmallIntegerField(_("weeks"))
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    proposals = models.JSONField(null=True, help_text=_("With what each costs whom in which week."))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    taken_at = models.DateTimeField(null=True, help_text=_("When a series was made of it."))

    objects = SessionPlanQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(weeks__gte=1, minutes__gte=1), name="plan_has_a_length")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("plan_detail", args=[self.pk])

    @property
    def last_week_begins(self) -> dt.date:
        return self.first + dt.timedelta(weeks=self.weeks - 1)
