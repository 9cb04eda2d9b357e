"""A person who signs in. Roles are held in institutions (see `membership.py`); only the platform admin's is here."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from institutions.enums import ClockStyle, WeekStart
from institutions.hours import ALL_WEEK, WeekHours


class UserManager(BaseUserManager["User"]):
    def create_user(self, email, password=None, **fields):
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_platform_admin=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, help_text=_("As it should stand on a certificate."))
    language = models.CharField(_("language"), max_length=12, default="en", choices=settings.LANGUAGES)
    zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", help_text=_("An IANA name, such as Europe/Lisbon.")
    )
    day_start = models.TimeField(_("day starts at"), default=dt.time(8, 0))
    day_end = models.TimeField(_("day ends at"), default=dt.time(21, 0))
    limit_start = models.TimeField(_("never before"), null=True, blank=True, default=dt.time(6, 0))
    limit_end = models.TimeField(_("never after"), null=True, blank=True, default=dt.time(23, 0))
    clock_style = models.CharField(
        _("times of day"), max_length=2, blank=True, choices=ClockStyle, default=ClockStyle.AUTO
    )
    week_start = models.CharField(
        _("weeks begin on"), max_length=1, blank=True, choices=WeekStart, default=WeekStart.AUTO
    )
    digest_at = models.TimeField(_("digests come at"), default=dt.time(8, 0))
    digest_day = models.PositiveSmallIntegerField(
        _("the weekly one on"), default=0, help_text=_("Monday is 0, Sunday 6.")
    )
    is_platform_admin = models.BooleanField(_("platform admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined at"), default=timezone.now)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_ci"),
            # A day may run past midnight, for those who work at night.
            models.CheckConstraint(condition=~models.Q(day_start=models.F("day_end")), name="user_day_is_not_empty"),
            models.CheckConstraint(
                condition=models.Q(limit_start__isnull=True, limit_end__isnull=True)
                | models.Q(limit_start__isnull=False, limit_end__isnull=False)
                & ~models.Q(limit_start=models.F("limit_end")),
                name="user_limit_is_a_span",
            ),
            models.CheckConstraint(condition=models.Q(digest_day__lt=7), name="user_digest_day_in_week"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def humane_hours(self) -> WeekHours:
        """The hours at which a session is fine unless the person says otherwise: by default 08:00 to 21:00."""
        return WeekHours.daily(f"{self.day_start:%H:%M}", f"{self.day_end:%H:%M}")

    @property
    def limit_hours(self) -> WeekHours:
        """The hours outside of which nothing is ever proposed; without a limit, all."""
        if self.limit_start is None or self.limit_end is None:
            return ALL_WEEK
        return WeekHours.daily(f"{self.limit_start:%H:%M}", f"{self.limit_end:%H:%M}")

    @property
    def is_staff(self) -> bool:
        return self.is_platform_admin

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email
