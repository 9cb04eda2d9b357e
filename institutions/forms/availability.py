"""Dates away, and calendars from which busy times are read."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from institutions.enums import AbsenceKind
from institutions.forms.fields import DayField, LineField
from institutions.interop.fetch import LONGEST_ADDRESS, MOST_BYTES


class ClockField(forms.TimeField):
    """A time of day, to the minute."""

    def __init__(self, **kwargs):
        super().__init__(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **kwargs)

    def to_python(self, value):
        found = super().to_python(value)
        return found.replace(second=0, microsecond=0) if found else found


class AbsenceForm(forms.Form):
    """`cleaned_data` is what the actions take."""

    kind = forms.ChoiceField(label=_("What it is"), choices=AbsenceKind, initial=AbsenceKind.AWAY)
    first = DayField(label=_("First day"))
    last = DayField(label=_("Last day"), required=False, help_text=_("Leave it out for a single day."))
    starts = ClockField(label=_("From"), required=False, help_text=_("Only if you are free in the rest of each day."))
    ends = ClockField(label=_("Until"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and not last and "last" not in self.errors:
            cleaned["last"] = last = first
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if "starts" not in self.errors and "ends" not in self.errors:
            if (starts is None) != (ends is None):
                self.add_error("ends" if ends is None else "starts", _("Give both hours, or neither."))
            elif starts is not None and ends is not None and starts >= ends:
                self.add_error("ends", _("The end must come after the start; use two entries over midnight."))
        return cleaned


class BusyCalendarForm(forms.Form):
    """An address or a file; the name is for its owner alone."""

    url = forms.CharField(
        label=_("Address of your calendar"),
        required=False,
        max_length=LONGEST_ADDRESS,
        help_text=_("The private or secret link in iCal format, which your calendar shows in its settings."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        allow_empty_file=True,
        help_text=_("An .ics file of at most %(most)s MB. It is read once and not kept.")
        % {"most": MOST_BYTES // 1_000_000},
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
    )
    name = LineField(label=_("What you call it"), required=False, max_length=80)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        url, file = cleaned.get("url"), cleaned.get("file")
        if "url" not in self.errors and "file" not in self.errors and bool(url) == bool(file):
            self.add_error("url", _("Give an address or a file, one of the two."))
        return cleaned

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and file.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than %(most)s MB."), params={"most": MOST_BYTES // 1_000_000})
        return file

    def facts(self) -> dict[str, Any]:
        """What the action takes."""
        url, file = self.cleaned_data["url"], self.cleaned_data["file"]
        name = self.cleaned_data["name"] or (file.name[:80] if file else "")
        return {"name": name, "url": url or "", "content": file.read() if file else None}


def as_text(facts: dict[str, Any]) -> dict[str, str]:
    """Facts of an absence as a form sends them, for keeping in a session."""
    return {
        name: "" if value is None else value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
        for name, value in facts.items()
    }
