"""Busy times from somebody's own calendar: bare stretches of time, without titles, used for availability only."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class BusyCalendarQuerySet(models.QuerySet):
    def due(self, now):
        """Those to read now that no worker holds."""
        return self.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now), due_at__lte=now)


class BusyCalendar(models.Model):
    """A calendar at an address, read again and again, or a file, read once; shown to nobody but its owner.

    `url` can hold a secret: it is never shown whole, nor written to the journal or a log. `content` is the file as it
    came, until a worker has read it. `due_at` is when to read next; None: never again.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="busy_calendars")
    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("address"), max_length=2000, blank=True)
    content = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text=_("Failures since it was last read."))
    read_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=30, blank=True)
    problem_facts = models.JSONField(default=dict)
    events = models.PositiveIntegerField(default=0)
    covers_until = models.DateField(null=True)
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)

    objects = BusyCalendarQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["due_at"], name="busy_calendar_due")]

    def __str__(self) -> str:
        return self.name


class BusyTime(models.Model):
    calendar = models.ForeignKey(BusyCalendar, models.CASCADE, related_name="times")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at"]
        constraints = [models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="busy_time_in_order")]
        indexes = [models.Index(fields=["calendar", "ends_at"], name="busy_time_of_calendar")]

    def __str__(self) -> str:
        return f"{self.starts_at} to {self.ends_at}"
