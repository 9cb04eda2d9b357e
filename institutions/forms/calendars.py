"""An institution's academic calendar: one period, a file, and what to take over from it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from institutions.enums import PeriodKind
from institutions.forms.fields import DayField, LineField
from institutions.interop.calendars_in import NAME_LENGTH

MOST_KILOBYTES = 500


class PeriodForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=PeriodKind)
    name = LineField(label=_("Name"), max_length=NAME_LENGTH, help_text=_("Like Winter term, Carnival, Resit exams."))
    first = DayField(label=_("First day"))
    last = DayField(label=_("Last day"), required=False, help_text=_("Leave it out for a single day."))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and not last and "last" not in self.errors:
            cleaned["last"] = last = first
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        return cleaned


class CalendarFileForm(forms.Form):
    file = forms.FileField(
        label=_("Calendar file"),
        allow_empty_file=True,
        help_text=_("An .ics file of at most %(most)s kB. You see what is in it before anything is saved.")
        % {"most": MOST_KILOBYTES},
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MOST_KILOBYTES * 1000:
            raise ValidationError(_("The file is larger than %(most)s kB."), params={"most": MOST_KILOBYTES})
        return file


class TakeOverForm(forms.Form):
    """One box and one kind for each period of a file; `chosen` are the numbers of those ticked with their kinds."""

    def __init__(self, *args, kinds: list[str], ticked: list[bool], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for number, (kind, tick) in enumerate(zip(kinds, ticked, strict=True)):
            self.fields[f"take_{number}"] = forms.BooleanField(required=False, initial=tick)
            self.fields[f"kind_{number}"] = forms.ChoiceField(choices=PeriodKind, initial=kind)
        self.count = len(kinds)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.chosen = [
            (number, cleaned[f"kind_{number}"])
            for number in range(self.count)
            if cleaned.get(f"take_{number}") and f"kind_{number}" in cleaned
        ]
        if not self.errors and not self.chosen:
            raise ValidationError(_("Tick at least one period to take over."))
        return cleaned
