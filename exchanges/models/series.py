"""Live series: a weekly wall time in a governing zone, or two or three taken in turn; its sessions are activities."""

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchanges.models.enrolment import Enrolment
from exchanges.models.exchange import Exchange

MOST_TURNS = 3


class Turn(NamedTuple):
    """A weekly wall time: weekday 0 (Monday) to 6, and which of two is meant where the clock shows it twice."""

    weekday: int
    time: dt.time
    fold: int = 0


class Series(models.Model):
    """What was agreed: week n is the seven days from `first` + 7 n, and in it the turn n modulo their number is held.

    The sessions are the `activities` with their `week`; one that was moved by itself (`alone`) departs from the rule.
    """

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="series")
    group = models.ForeignKey("exchanges.Group", models.CASCADE, null=True, blank=True, related_name="series")
    title = models.CharField(_("title"), max_length=140)
    zone = models.CharField(_("governing time zone"), max_length=64)
    first = models.DateField(_("first week begins"))
    weeks = models.PositiveSmallIntegerField(_("weeks"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    slots = models.JSONField(default=list, help_text=_("Wall times in turn: weekday, time and fold of each."))
    elsewhere = models.ManyToManyField(
        Enrolment, blank=True, related_name="+", help_text=_("Learners who go to the parallel series instead.")
    )
    sequence = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["first", "pk"]
        verbose_name_plural = "series"
        constraints = [models.CheckConstraint(condition=Q(weeks__gte=1), name="series_has_a_week")]

    def __str__(self) -> str:
        return self.title

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def turns(self) -> list[Turn]:
        return [Turn(slot["weekday"], dt.time.fromisoformat(slot["time"]), slot["fold"]) for slot in self.slots]

    @turns.setter
    def turns(self, turns: list[Turn]) -> None:
        self.slots = [{"weekday": turn.weekday, "time": f"{turn.time:%H:%M}", "fold": turn.fold} for turn in turns]

    @property
    def rotates(self) -> bool:
        return len(self.slots) > 1

    def wall_of(self, week: int) -> tuple[dt.date, dt.time, int]:
        """Date, time and fold of a week's session on the governing clock."""
        turn = self.turns[week % len(self.slots)]
        begins = self.first + dt.timedelta(weeks=week)
        return begins + dt.timedelta(days=(turn.weekday - begins.weekday()) % 7), turn.time, turn.fold
