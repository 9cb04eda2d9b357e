"""Polls: fixed dates and times to choose from for a single meeting, voted on by those whom it is for."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exchanges.enums import Answer, GroupStatus, PollStatus
from exchanges.models.activity import Activity
from exchanges.models.enrolment import Enrolment
from exchanges.models.exchange import Exchange


class PollQuerySet(models.QuerySet):
    def open(self):
        return self.filter(status=PollStatus.OPEN)

    def visible_to(self, user):
        """All of the exchanges one coordinates; those for everybody and for one's own group elsewhere."""
        if not user.is_authenticated:
            return self.none()
        mine = Enrolment.objects.placed().filter(learner=user)
        everybody = Q(group__isnull=True, exchange__in=mine.values("exchange"))
        own_group = Q(group__in=mine.filter(group__isnull=False).values("group"), group__status=GroupStatus.CONFIRMED)
        return self.filter(Q(exchange__in=Exchange.objects.coordinated_by(user)) | everybody | own_group)

    def without_vote_of(self, user):
        return self.exclude(options__votes__voter=user)

    def for_list(self):
        return self.select_related("exchange", "group", "created_by", "activity")


class Poll(models.Model):
    """Which of the options suits most: open until `closes_at`, then decided into a session, or called off."""

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="polls")
    group = models.ForeignKey("exchanges.Group", models.CASCADE, null=True, blank=True, related_name="polls")
    title = models.CharField(_("title"), max_length=140)
    description = models.TextField(_("description"), max_length=4000, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    zone = models.CharField(_("governing time zone"), max_length=64)
    closes_at = models.DateTimeField(_("voting ends"))
    status = models.CharField(_("status"), max_length=10, choices=PollStatus, default=PollStatus.OPEN)
    activity = models.ForeignKey(Activity, models.SET_NULL, null=True, related_name="polls")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closing_told_at = models.DateTimeField(null=True)
    closed_told_at = models.DateTimeField(null=True)

    objects = PollQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["closes_at"], condition=Q(status="open"), name="poll_open_closes")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("poll_detail", args=[self.pk])

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def takes_votes(self, now: dt.datetime) -> bool:
        return self.status == PollStatus.OPEN and now < self.closes_at


class PollOption(models.Model):
    """A wall time in the poll's zone; `starts_at` is derived from it."""

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="options")
    wall_date = models.DateField(_("date"))
    wall_time = models.TimeField(_("time"))
    fold = models.PositiveSmallIntegerField(default=0)
    starts_at = models.DateTimeField(_("starts at"))
    tzdata = models.CharField(max_length=16)

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["poll", "starts_at"], name="poll_option_once"),
            models.CheckConstraint(condition=Q(fold__in=(0, 1)), name="poll_option_fold_is_0_or_1"),
        ]

    def __str__(self) -> str:
        return f"{self.wall_date} {self.wall_time:%H:%M}"


class PollVote(models.Model):
    option = models.ForeignKey(PollOption, models.CASCADE, related_name="votes")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="poll_votes")
    answer = models.CharField(max_length=5, choices=Answer)
    voted_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["option", "voter"], name="poll_vote_once")]

    def __str__(self) -> str:
        return f"{self.option}: {self.answer}"
