"""Settling sessions and tasks: what, when on the governing clock, for whom, and where one joins."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchanges.actions.series import MOST_WEEKS
from exchanges.actions.wall_times import AmbiguousWallTime, NonexistentWallTime
from exchanges.enums import ActivityKind, ActivityStatus, Scope
from exchanges.forms.fields import LineField, TextField, date_field, time_field
from exchanges.models import Activity, Exchange, Group
from institutions import codes
from institutions.forms.rules import by_rule
from institutions.hours import AmbiguousTime, local, resolve_wall

LONGEST_MINUTES = 480


class JoinLinkField(forms.CharField):
    """An https address, or none yet: what people click must not be readable on the way."""

    def __init__(self, **kwargs):
        super().__init__(
            label=_("Join link"),
            max_length=500,
            required=False,
            help_text=_(
                "Starts with https://. Shown to nobody: those whom it is for are led to it shortly before the start."
            ),
            **kwargs,
        )

    def to_python(self, value):
        value = super().to_python(value)
        if not value:
            return value
        link = by_rule(codes.web_address, value)
        if not link.startswith("https://"):
            raise ValidationError(_("A join link starts with https://."), code="not_https")
        return link


def scope_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("What to change"), choices=Scope.choices, initial=Scope.ONE, widget=forms.RadioSelect
    )


def has_company(activity: Activity | None) -> bool:
    """Whether it is one of several sessions of a series that are still to come."""
    if activity is None or activity.series_id is None or activity.status != ActivityStatus.CONFIRMED:
        return False
    others = Activity.objects.filter(series=activity.series_id).exclude(pk=activity.pk)
    return others.coming(timezone.now()).exists()


class WhichOfTwo:
    """For forms with a wall time: of two equal ones ask which, and of one that doesn't exist offer the nearest."""

    zone: str
    nearest: tuple[dt.datetime, dt.datetime] | tuple[()] = ()

    def refuse(self, refusal) -> None:
        """Show a refusal at its field."""
        if isinstance(refusal, AmbiguousWallTime):
            self._name_both(refusal.both)
        if isinstance(refusal, NonexistentWallTime):
            self.nearest = refusal.nearest
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))  # type: ignore[attr-defined]

    def _name_both(self, both: tuple[dt.datetime, dt.datetime]) -> None:
        words = (_("The first, at UTC%(offset)s"), _("The second, at UTC%(offset)s"))
        self.fields["fold"].choices = [  # type: ignore[attr-defined]
            (str(n), words[n] % {"offset": f"{local(instant, self.zone):%z}"}) for n, instant in enumerate(both)
        ]


class ActivityForm(WhichOfTwo, forms.Form):
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
    join_url = JoinLinkField()
    description = TextField(label=_("What happens"), max_length=4000, required=False)
    scope = scope_field()

    def __init__(self, *args, exchange: Exchange, kind: str, activity: Activity | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.zone = activity.zone if activity else exchange.zone
        self.prices = kind == ActivityKind.SESSION
        fields = self.fields
        if kind == ActivityKind.TASK:
            del fields["minutes"], fields["join_url"]
            fields["wall_date"].label, fields["wall_time"].label = _("Due on"), _("At")
        fields["wall_time"].help_text = _("On the clock of %(zone)s.") % {"zone": self.zone}
        fields["group"].queryset = exchange.groups.confirmed()
        if activity is not None or not fields["group"].queryset.exists():
            del fields["group"]
        if activity is not None and activity.status != ActivityStatus.PROPOSED:
            del fields["weeks"]
        fields["fold"].choices = [("0", _("The first")), ("1", _("The second"))]
        if not has_company(activity):
            del fields["scope"]
        if self.is_bound and self.data.get("nearest"):
            self._take_nearest()

    def _take_nearest(self) -> None:
        """One of the two nearest times was pressed: it takes the place of what was typed."""
        try:
            wall = dt.datetime.fromisoformat(self.data["nearest"])
        except ValueError:
            return
        self.data = self.data.copy()
        self.data["wall_date"], self.data["wall_time"] = f"{wall:%Y-%m-%d}", f"{wall:%H:%M}"

    @property
    def chosen_scope(self) -> Scope:
        return Scope(self.cleaned_data.get("scope") or Scope.ONE)

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

    def _typed(self, name: str):
        if self.is_bound:
            return getattr(self, "cleaned_data", {}).get(name)
        return self.get_initial_for_field(self.fields[name], name)


class CancelActivityForm(forms.Form):
    scope = scope_field()
    reason = TextField(
        label=_("Why"), max_length=2000, help_text=_("Everyone whom it is for will read it."), required=False
    )

    def __init__(self, *args, activity: Activity, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["scope"].label = _("What to cancel")
        if not has_company(activity):
            del self.fields["scope"]

    @property
    def chosen_scope(self) -> Scope:
        return Scope(self.cleaned_data.get("scope") or Scope.ONE)
