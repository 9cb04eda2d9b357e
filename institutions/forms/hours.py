"""Weekly hours in a form: a grid of half-hours, or typed per day; the value is a `WeekHours`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from institutions import manners
from institutions.hours import SLOTS, WeekHours
from institutions.ribbon import Sky

WEEKDAYS_ROW = "week"  # typed hours for Monday to Friday at once
STRETCH = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2}))?\s*(?:-|–|to|a|à|bis)\s*(\d{1,2})(?:[:.h](\d{2}))?", re.IGNORECASE | re.ASCII
)
MONDAY = dt.date(2024, 1, 1)


@dataclass
class Entered:
    """What a form sent: ticked half-hours as they came, and typed hours by row ("0" to "6" and "week")."""

    ticked: list[str] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)


def day_name(weekday: int, letters: str = "l") -> str:
    """A weekday's name in the active language; `letters` in Django's date format."""
    return date_format(MONDAY + dt.timedelta(days=weekday), letters)


def parse_stretches(text: str) -> list[tuple[str, str]]:
    """ "9:00-12:00, 14-17:30" as [("9:00", "12:00"), ("14:00", "17:30")]; raises ValueError."""
    found = []
    for part in re.split(r"[,;]", text):
        if not part.strip():
            continue
        match = STRETCH.fullmatch(part.strip())
        if match is None:
            raise ValueError(part.strip())
        start, start_minute, end, end_minute = match.groups()
        found.append((f"{start}:{start_minute or '00'}", f"{end}:{end_minute or '00'}"))
    return found


class HoursWidget(forms.Widget):
    """Seven days by 48 half-hours as check boxes, with a typed alternative that needs no grid and no script."""

    template_name = "django/forms/widgets/hours.html"
    use_fieldset = True
    day = (8, 21)  # the full hours that "fill the day" ticks

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Entered | None:
        ticked = data.getlist(name) if hasattr(data, "getlist") else list(data.get(name) or [])
        rows = [*map(str, range(7)), WEEKDAYS_ROW]
        typed = {row: text for row in rows if (text := str(data.get(f"{name}_{row}", "")).strip())}
        return Entered(ticked, typed)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False  # boxes that nobody ticked send nothing

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        if isinstance(value, Entered):
            ticked = {int(slot) for slot in value.ticked if slot.isascii() and slot.isdigit() and len(slot) < 4}
            typed = value.typed
        else:
            ticked, typed = set(value or ()), {}
        days = [(weekday, day_name(weekday, "D"), day_name(weekday)) for weekday in manners.current().weekdays]
        rows = []
        for half in range(48):
            stretch = {"start": manners.minute_text(half * 30), "end": manners.minute_text(half * 30 + 30)}
            cells = []
            for weekday, _short, long in days:
                slot = weekday * 48 + half
                # Translators: what a box of the grid says; ticking it makes it true
                label = gettext("%(day)s %(start)s to %(end)s, free") % {"day": long, **stretch}
                cells.append((slot, label, slot in ticked))
            tone = Sky.at(dt.time(half // 2, half % 2 * 30)).tone
            rows.append({"clock": manners.hour_text(half // 2), "hour": half % 2 == 0, "tone": tone, "cells": cells})
        first, last = self.day
        identity = context["widget"]["attrs"].get("id", f"id_{name}")
        context["widget"].update(
            days=days,
            order=",".join(str(weekday) for weekday, _short, _long in days),
            rows=rows,
            fill=f"{first * 2},{last * 2}",
            fill_words={"start": manners.hour_text(first), "end": manners.minute_text(last * 60)},
            identity=identity,
            total=len(ticked) / 2,
            typed_open=bool(typed),
            typed=[
                {"row": row, "label": label, "value": typed.get(row, ""), "id": f"{identity}_{row}"}
                for row, label in [
                    (WEEKDAYS_ROW, _("Monday to Friday")),
                    *((str(weekday), long) for weekday, _short, long in days),
                ]
            ],
        )
        return context

    def id_for_label(self, id_: str) -> str:
        return ""


class HoursField(forms.Field):
    """Weekly hours; hours typed for a day take the place of those ticked for it."""

    widget = HoursWidget
    default_error_messages = {
        "required": _("Choose at least one half-hour."),
        "invalid": _("Choose half-hours from the grid."),
        "typed": _("%(day)s: write the hours like 9:00-12:00, 14:00-17:30, not “%(text)s”."),
    }
    empty_values = [None, ""]

    def to_python(self, value: Any) -> WeekHours:
        if value in (None, ""):
            return WeekHours()
        if isinstance(value, WeekHours):
            return value
        if not isinstance(value, Entered):
            return WeekHours.from_slots(value)
        return self._ticked(value.ticked, value.typed) | self._typed(value.typed)

    def _ticked(self, ticked: Iterable[str], typed: dict[str, str]) -> WeekHours:
        replaced = {int(row) for row in typed if row != WEEKDAYS_ROW}
        if WEEKDAYS_ROW in typed:
            replaced |= set(range(5))
        slots = []
        for text in ticked:
            if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) < SLOTS):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            if int(text) // 48 not in replaced:
                slots.append(int(text))
        return WeekHours.from_slots(slots)

    def _typed(self, typed: dict[str, str]) -> WeekHours:
        ranges = []
        for row, text in typed.items():
            if row == WEEKDAYS_ROW:
                # A day's own line says more than the line for all of them.
                days, label = [day for day in range(5) if str(day) not in typed], str(_("Monday to Friday"))
            else:
                days, label = [int(row)], day_name(int(row))
            try:
                stretches = parse_stretches(text)
                WeekHours.from_ranges((0, start, end) for start, end in stretches)
            except ValueError as error:
                raise ValidationError(
                    self.error_messages["typed"], code="typed", params={"day": label, "text": text[:60]}
                ) from error
            ranges += [(day, start, end) for day in days for start, end in stretches]
        return WeekHours.from_ranges(ranges)

    def validate(self, value: WeekHours) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != self.to_python(initial)
        except ValidationError:
            return True
