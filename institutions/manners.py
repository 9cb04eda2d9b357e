"""How a reader writes times of day and with which day her weeks begin: her own choice, or her country's custom (CLDR).

The country is that of her time zone, since languages alone don't tell: English is read in Lisbon and in Pune. What
holds for the page that is being made is `current()`; the middleware sets it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from institutions import codes

DAY = 1440


@dataclass(frozen=True)
class Manners:
    """Whether clocks have twelve hours, and the first weekday (0 is Monday)."""

    twelve: bool = False
    first_weekday: int = 0

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The days of a week in the reader's order."""
        return tuple((self.first_weekday + n) % 7 for n in range(7))


PLAIN = Manners()


@cache
def _country_of(zone: str) -> str:
    return next((country for country, zones in codes.zones_of_countries().items() if zone in zones), "")


@cache
def manners_of(zone: str, clock_style: str = "", week_start: str = "") -> Manners:
    """By the person's choices (`ClockStyle`, `WeekStart`), else by her zone's country, else 24 hours and Monday."""
    custom = PLAIN
    if country := _country_of(zone):
        tag = get_global("likely_subtags").get(f"und_{country}", f"en_{country}")
        try:
            locale = Locale.parse(tag)
        except (UnknownLocaleError, ValueError):
            locale = Locale("en", "GB")
        pattern = locale.time_formats["short"].pattern
        custom = Manners("h" in pattern or "K" in pattern, locale.first_week_day)
    return Manners(
        clock_style == "12" if clock_style else custom.twelve,
        int(week_start) if week_start else custom.first_weekday,
    )


_current: ContextVar[Manners] = ContextVar("manners", default=PLAIN)


def current() -> Manners:
    return _current.get()


@contextmanager
def override(manners: Manners) -> Iterator[None]:
    token = _current.set(manners)
    try:
        yield
    finally:
        _current.reset(token)


def minute_text(minute: int) -> str:
    """A time of day as the reader writes it, from minutes after midnight: "14:30" or "2:30 p.m."; 1440 is "24:00"."""
    if not current().twelve:
        return f"{minute // 60:02d}:{minute % 60:02d}"
    if minute % DAY == 0:
        return str(_("midnight"))
    return time_format(dt.time(minute % DAY // 60, minute % 60), "g:i a")


def hour_text(hour: int) -> str:
    """A full hour as the head of a row: "14:00" or "2 p.m."."""
    return time_format(dt.time(hour), "g a") if current().twelve else f"{hour:02d}:00"


def time_text(at: dt.time | dt.datetime) -> str:
    return minute_text(at.hour * 60 + at.minute)
