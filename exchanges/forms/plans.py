"""Planning a series: what is asked for, hours set by hand, and what is said when one is taken."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from exchanges.actions.series import MOST_WEEKS
from exchanges.forms.activities import LONGEST_MINUTES, JoinLinkField, WhichOfTwo
from exchanges.forms.fields import LineField, TextField, date_field, time_field
from exchanges.models import Exchange, Group
from exchanges.models.series import MOST_TURNS


class PlanForm(forms.Form):
    title = LineField(label=_("Title"), max_length=140)
    group = forms.ModelChoiceField(
        Group.objects.none(), label=_("For"), required=False, empty_label=_("Everybody in the exchange")
    )
    first = date_field(
        label=_("First week begins"), help_text=_("A week is seven days from this day on; any weekday may be proposed.")
    )
    weeks = forms.IntegerField(label=_("Weeks"), min_value=1, max_value=MOST_WEEKS)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=15, max_value=LONGEST_MINUTES)

    def __init__(self, *args, exchange: Exchange, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = exchange.groups.confirmed()  # type: ignore[attr-defined]
        if not self.fields["group"].queryset.exists():  # type: ignore[attr-defined]
            del self.fields["group"]


class HandForm(forms.Form):
    """One to three weekly wall times; a line of which only one half is filled in is asked about."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_TURNS + 1):
            first = number == 1
            self.fields[f"day{number}"] = forms.TypedChoiceField(
                label=_("Weekday") if first else _("Weekday, turn %(n)s") % {"n": number},
                choices=[("", "–"), *WEEKDAYS.items()],
                coerce=int,
                empty_value=None,
                required=first,
            )
            self.fields[f"time{number}"] = time_field(
                label=_("Time") if first else _("Time, turn %(n)s") % {"n": number}, required=first
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for number in range(2, MOST_TURNS + 1):
            day, at = cleaned.get(f"day{number}"), cleaned.get(f"time{number}")
            if (day is None) != (at is None) and not self.errors.keys() & {f"day{number}", f"time{number}"}:
                self.add_error(
                    f"time{number}" if at is None else f"day{number}", _("Give both a weekday and a time, or neither.")
                )
        return cleaned

    @property
    def rows(self) -> list[tuple]:
        return [(self[f"day{number}"], self[f"time{number}"]) for number in range(1, MOST_TURNS + 1)]

    @property
    def turns(self) -> list[tuple[int, dt.time]]:
        found = [
            (self.cleaned_data[f"day{number}"], self.cleaned_data[f"time{number}"])
            for number in range(1, MOST_TURNS + 1)
        ]
        return [(day, at) for day, at in found if day is not None and at is not None]


class TakeForm(WhichOfTwo, forms.Form):
    """What the sessions are called, and where one joins; which of two equal times is asked where a week has both."""

    title = LineField(label=_("Title"), max_length=140)
    fold = forms.TypedChoiceField(
        label=_("Which of the two"), required=False, coerce=int, empty_value=None, widget=forms.RadioSelect, choices=()
    )
    join_url = JoinLinkField()
    description = TextField(label=_("What happens"), max_length=4000, required=False)

    def __init__(self, *args, zone: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["fold"].choices = [("0", _("The first")), ("1", _("The second"))]  # type: ignore[attr-defined]

    @property
    def asks_which(self) -> bool:
        return "fold" in self.errors or (self.is_bound and self.data.get("fold") in ("0", "1"))
