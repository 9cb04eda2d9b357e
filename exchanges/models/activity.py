"""Collaborative activities: live sessions and tasks, and who attended."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchanges.enums import ActivityKind, ActivityStatus, ExchangeStatus, GroupStatus, Presence
from exchanges.models.enrolment import Enrolment
from exchanges.models.exchange import Exchange
from exchanges.models.series import Series


class ActivityQuerySet(models.QuerySet):
    def sessions(self):
        return self.filter(kind=ActivityKind.SESSION)

    def confirmed(self):
        return self.filter(status__in=(ActivityStatus.CONFIRMED, ActivityStatus.HELD))

    def for_group(self, group):
        """The whole exchange's activities and the group's own."""
        return self.filter(Q(group__isnull=True) | Q(group=group))

    def coordinated_by(self, user):
        return self.filter(exchange__in=Exchange.objects.coordinated_by(user))

    def visible_to(self, user):
        """All of the exchanges one coordinates; what is settled for everybody or for one's own group elsewhere."""
        if not user.is_authenticated:
            return self.none()
        mine = Enrolment.objects.placed().filter(learner=user)
        settled = ~Q(status=ActivityStatus.PROPOSED)
        everybody = Q(group__isnull=True, exchange__in=mine.values("exchange")) & ~Q(
            series__in=Series.objects.filter(elsewhere__in=mine)
        )
        own_group = Q(group__in=mine.filter(group__isnull=False).values("group"), group__status=GroupStatus.CONFIRMED)
        return self.filter(Q(exchange__in=Exchange.objects.coordinated_by(user)) | (settled & (everybody | own_group)))

    def awaiting_attendance(self, now: dt.datetime):
        """Sessions that have begun and for which nobody has noted who was there."""
        return self.sessions().filter(
            status=ActivityStatus.CONFIRMED, starts_at__lte=now, exchange__status=ExchangeStatus.RUNNING
        )

    def coming(self, now: dt.datetime):
        """Settled, and not begun."""
        return self.filter(status=ActivityStatus.CONFIRMED, starts_at__gt=now)

    def coming_for(self, enrolment: Enrolment, now: dt.datetime):
        """The sessions to come that a place brings with it: the whole exchange's and the group's."""
        mine = self.sessions().coming(now).filter(exchange=enrolment.exchange_id)
        elsewhere = Series.objects.filter(elsewhere=enrolment)
        return mine.for_group(enrolment.group_id).exclude(series__in=elsewhere)

    def derived_before(self, version: str, now: dt.datetime):
        """To come, and derived with older time zone data than this version."""
        open_states = (ActivityStatus.PROPOSED, ActivityStatus.CONFIRMED)
        return self.filter(status__in=open_states, starts_at__gt=now, tzdata__lt=version)

    def with_people(self):
        """With the exchange and the group they are for."""
        return self.select_related("exchange", "group", "series")


class Activity(models.Model):
    """A step of the programme, agreed as wall time in a governing zone; `starts_at` is derived from it.

    A session lasts `minutes`; a task is due at `starts_at`.
    """

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="activities")
    group = models.ForeignKey("exchanges.Group", models.CASCADE, null=True, blank=True, related_name="activities")
    kind = models.CharField(_("kind"), max_length=8, choices=ActivityKind, default=ActivityKind.SESSION)
    status = models.CharField(_("status"), max_length=10, choices=ActivityStatus, default=ActivityStatus.PROPOSED)
    title = models.CharField(_("title"), max_length=140)
    description = models.TextField(_("description"), max_length=4000, blank=True)
    wall_date = models.DateField(_("date"))
    wall_time = models.TimeField(_("time"))
    zone = models.CharField(_("governing time zone"), max_length=64)
    fold = models.PositiveSmallIntegerField(default=0)
    starts_at = models.DateTimeField(_("starts at"))
    tzdata = models.CharField(max_length=16, help_text=_("The time zone data that starts_at was derived with."))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    join_url = models.URLField(_("join link"), max_length=500, blank=True)
    proposal = models.JSONField(default=dict, help_text=_("The slots that were proposed, with what each costs."))
    moved_from = models.DateTimeField(
        null=True, help_text=_("Where new time zone rules moved it from, until its people are told.")
    )
    sequence = models.PositiveIntegerField(default=0)
    series = models.ForeignKey(Series, models.SET_NULL, null=True, related_name="activities")
    week = models.PositiveSmallIntegerField(null=True, help_text=_("Of its series, from 0."))
    alone = models.BooleanField(default=False, help_text=_("Moved by itself: the series no longer says when it is."))
    day_reminded_at = models.DateTimeField(null=True)
    hour_reminded_at = models.DateTimeField(null=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        verbose_name_plural = "activities"
        constraints = [
            models.CheckConstraint(condition=Q(fold__in=(0, 1)), name="activity_fold_is_0_or_1"),
            models.CheckConstraint(
                condition=Q(series__isnull=True) | Q(week__isnull=False), name="activity_of_a_series_has_its_week"
            ),
        ]
        indexes = [
            models.Index(fields=["exchange", "starts_at"], name="activity_exchange_starts"),
            models.Index(fields=["status", "starts_at"], name="activity_status_starts"),
            models.Index(fields=["exchange"], condition=Q(moved_from__isnull=False), name="activity_moved_untold"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def is_session(self) -> bool:
        return self.kind == ActivityKind.SESSION

    @property
    def turn(self) -> int | None:
        """Which of its series' wall times it keeps; None for what is no part of a series or was moved by itself."""
        if self.series is None or self.week is None or self.alone:
            return None
        return self.week % len(self.series.slots)

    @property
    def ends_at(self) -> dt.datetime:
        """When a session is over; a task has only the instant at which it is due."""
        return self.starts_at + dt.timedelta(minutes=self.minutes) if self.is_session else self.starts_at

    @property
    def opens_at(self) -> dt.datetime:
        """From when on the join link is given."""
        return self.starts_at - dt.timedelta(minutes=settings.JOIN_OPENS_MINUTES)

    def is_open(self, now: dt.datetime) -> bool:
        """Whether people may join at this instant."""
        return self.status in (ActivityStatus.CONFIRMED, ActivityStatus.HELD) and self.opens_at <= now < self.ends_at

    def members(self):
        """The enrolments of those whom it is for."""
        placed = Enrolment.objects.placed().filter(exchange=self.exchange_id)
        if self.group_id:
            return placed.filter(group=self.group_id)
        return placed.exclude(pk__in=self.series.elsewhere.values("pk")) if self.series else placed


class AttendanceQuerySet(models.QuerySet):
    def held(self):
        """Of sessions that were held."""
        return self.filter(activity__kind=ActivityKind.SESSION, activity__status=ActivityStatus.HELD)


class Attendance(models.Model):
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="attendances")
    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="attendances")
    presence = models.CharField(_("presence"), max_length=8, choices=Presence)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    noted_at = models.DateTimeField(auto_now=True)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["activity", "enrolment"], name="attendance_once")]

    def __str__(self) -> str:
        return f"{self.enrolment}: {self.presence}"
