"""Settling sessions and tasks: what, when on the governing clock, for whom, and where one joins."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from exchanges.actions.activities import MOST_WEEKS, AmbiguousWallTime
from exchanges.enums import ActivityKind
from exchanges.forms.fields import LineField, TextField, date_field, time_field
from exchanges.models import Activity, Exchange, Group
from institutions import codes
from institutions.forms.rules import by_rule
from institutions.hours import AmbiguousTime, local, resolve_wall

LONGEST_MINUTES = 480


class JoinLinkField(forms.CharField):
    """An https address: what people click must not be readable on the way."""

    def to_python(self, value):
        value = super().to_python(value)
        if not value:
            return value
        link = by_rule(codes.web_address, value)
        if not link.startswith("https://"):
            raise ValidationError(_("A join link starts with https://."), code="not_https")
        return link


class ActivityForm(forms.Form):
    """A session or a task; which of two equal wall times is meant is asked only where a clock goes back."""

    title = LineField(label=_("Title"), max_length=140)
    group = forms.ModelChoiceField(
        Group.objects.none(), label=_("For"), required=False, empty_label=_("Everybody in the exchange")
    )
    wall_date = date_field(label=_("Date"))
    wall_time = time_field(label=_("Time"))
    fold = forms.TypedChoiceField(
        label=_("Which of the two"), required=False, coerce=int, empty_value=None, widget=forms.RadioSelect, choices=()
    )
    minutes = forms.IntegerField(label=_("Minutes"), min_value=15, max_value=LONGEST_MINUTES)
    weeks = forms.IntegerField(
        label=_("Weeks in a row"),
        min_value=1,
        max_value=MOST_WEEKS,
        initial=1,
        help_text=_("1 for a single one. A weekly series keeps the time on the governing clock."),
    )
    join_url = JoinLinkField(
        label=_("Join link"),
        max_length=500,
        required=False,
        help_text=_(
            "Starts with https://. Shown to nobody: those whom it is for are led to it shortly before the start."
        ),
    )
    description = TextField(label=_("What happens"), max_length=4000, required=False)

    def __init__(self, *args, exchange: Exchange, kind: str, activity: Activity | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.zone = activity.zone if activity else exchange.zone
        fields = self.fields
        if kind == ActivityKind.TASK:
            del fields["minutes"], fields["join_url"]
            fields["wall_date"].label, fields["wall_time"].label = _("Due on"), _("At")
        fields["wall_time"].help_text = _("On the clock of %(zone)s.") % {"zone": self.zone}
        fields["group"].queryset = exchange.groups.confirmed()
        if activity is not None or not fields["group"].queryset.exists():
            del fields["group"]
        if activity is not None and activity.status != "proposed":
            del fields["weeks"]
        fields["fold"].choices = [("0", _("The first")), ("1", _("The second"))]

    @property
    def values(self) -> dict[str, Any]:
        """What the actions take; a task has no length and no link."""
        names = ("title", "description", "wall_date", "wall_time", "fold")
        values = {name: self.cleaned_data[name] for name in names}
        values["minutes"] = self.cleaned_data.get("minutes") or 60
        values["join_url"] = self.cleaned_data.get("join_url") or ""
        return values

    @property
    def asks_which(self) -> bool:
        """Whether the time that is typed happens twice."""
        day, at = self._typed("wall_date"), self._typed("wall_time")
        if not isinstance(day, dt.date) or not isinstance(at, dt.time):
            return False
        try:
            resolve_wall(day, at, self.zone)
        except AmbiguousTime as twice:
            self._name_both(twice.both)
            return True
        except (ValueError, OverflowError):
            return False
        return False

    def refuse(self, refusal) -> None:
        """Show a refusal at its field; of two equal wall times, ask which."""
        if isinstance(refusal, AmbiguousWallTime):
            self._name_both(refusal.both)
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))

    def _typed(self, name: str):
        if self.is_bound:
            return getattr(self, "cleaned_data", {}).get(name)
        return self.get_initial_for_field(self.fields[name], name)

    def _name_both(self, both: tuple[dt.datetime, dt.datetime]) -> None:
        words = (_("The first, at UTC%(offset)s"), _("The second, at UTC%(offset)s"))
        self.fields["fold"].choices = [
            (str(n), words[n] % {"offset": f"{local(instant, self.zone):%z}"}) for n, instant in enumerate(both)
        ]


class CancelActivityForm(forms.Form):
    reason = TextField(
        label=_("Why"), max_length=2000, help_text=_("Everyone whom it is for will read it."), required=False
    )
