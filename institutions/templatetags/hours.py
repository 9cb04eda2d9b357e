"""Times of day and weekly hours in the reader's manner."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils.translation import gettext as _

from institutions import manners
from institutions import ribbon as ribbons
from institutions.hours import WeekHours
from institutions.templatetags.vmobility import weekdays_text

register = template.Library()


@register.filter
def day_time(at: dt.time | None) -> str:
    """A time of day: "14:30", or "2:30 p.m." for those who write it so."""
    return manners.time_text(at) if at is not None else ""


@register.filter
def week_words(hours: WeekHours) -> str:
    """Weekly local hours in words: "Mon to Thu 13:30 to 17:00; Fri 9:00 to 12:00"."""
    lines = ribbons.week_lines(quarter for slot in hours for quarter in (2 * slot, 2 * slot + 1))
    texts = [
        _("%(days)s %(start)s to %(end)s")
        % {
            "days": weekdays_text(line.days),
            "start": manners.minute_text(line.start),
            "end": manners.minute_text(line.end),
        }
        for line in lines
    ]
    return "; ".join(texts)
