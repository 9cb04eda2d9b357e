"""Polls: the times to choose from, and votes on them."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exchanges.actions.polls import FEWEST_OPTIONS, MOST_OPTIONS
from exchanges.enums import Answer
from exchanges.forms.activities import LONGEST_MINUTES, JoinLinkField
from exchanges.forms.fields import LineField, TextField, date_field, time_field
from exchanges.models import Exchange, Group, PollOption
from institutions.hours import AmbiguousTime, local, resolve_wall

ROWS_AT_FIRST = 3


class PollForm(forms.Form):
    """What is asked, and two to ten times on the governing clock; empty lines are left out of account."""

    title = LineField(label=_("Title"), max_length=140)
    group = forms.ModelChoiceField(
        Group.objects.none(), label=_("For"), required=False, empty_label=_("Everybody in the exchange")
    )
    minutes = forms.IntegerField(label=_("Minutes"), min_value=15, max_value=LONGEST_MINUTES)
    closes_date = date_field(label=_("Voting ends on"))
    closes_time = time_field(label=_("At"))
    description = TextField(label=_("What it is about"), max_length=4000, required=False)

    def __init__(self, *args, exchange: Exchange, group: Group | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.zone, self.own_group = exchange.zone, group
        fields: dict[str, Any] = self.fields
        fields["group"].queryset = exchange.groups.confirmed()
        if group is not None or not fields["group"].queryset.exists():
            del fields["group"]
        fields["closes_time"].help_text = _("On the clock of %(zone)s, as all times here.") % {"zone": self.zone}
        for n in range(1, MOST_OPTIONS + 1):
            fields[f"day{n}"] = date_field(label=_("Date %(n)s") % {"n": n}, required=n <= FEWEST_OPTIONS)
            fields[f"time{n}"] = time_field(label=_("Time %(n)s") % {"n": n}, required=n <= FEWEST_OPTIONS)
            fields[f"fold{n}"] = forms.TypedChoiceField(
                label=_("Which of the two, %(n)s") % {"n": n},
                required=False,
                coerce=int,
                empty_value=None,
                widget=forms.RadioSelect,
                choices=[("0", _("The first")), ("1", _("The second"))],
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for n in range(FEWEST_OPTIONS + 1, MOST_OPTIONS + 1):
            day, at = cleaned.get(f"day{n}"), cleaned.get(f"time{n}")
            if (day is None) != (at is None) and not self.errors.keys() & {f"day{n}", f"time{n}"}:
                self.add_error(f"time{n}" if at is None else f"day{n}", _("Give both a date and a time, or neither."))
        return cleaned

    @property
    def shown(self) -> int:
        """How many lines there are: those in use and an empty one, at least three."""
        used = [n for n in range(1, MOST_OPTIONS + 1) if self._typed(f"day{n}") or self._typed(f"time{n}")]
        more = 1 if self.data.get("more") else 0
        return min(MOST_OPTIONS, max(ROWS_AT_FIRST, *used, 0) + more)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "day": self[f"day{n}"],
                "time": self[f"time{n}"],
                "fold": self[f"fold{n}"] if self._asks_which(n) else None,
            }
            for n in range(1, self.shown + 1)
        ]

    def _typed(self, name: str) -> Any:
        return self.data.get(name) if self.is_bound else self.get_initial_for_field(self.fields[name], name)

    def _asks_which(self, n: int) -> bool:
        """Whether the time in this line happens twice; then both are named by their offsets."""
        cleaned = getattr(self, "cleaned_data", {})
        day, at = cleaned.get(f"day{n}"), cleaned.get(f"time{n}")
        if not isinstance(day, dt.date) or not isinstance(at, dt.time):
            return False
        try:
            resolve_wall(day, at, self.zone)
        except AmbiguousTime as twice:
            words = (_("The first, at UTC%(offset)s"), _("The second, at UTC%(offset)s"))
            self.fields[f"fold{n}"].choices = [  # type: ignore[attr-defined]
                (str(which), words[which] % {"offset": f"{local(instant, self.zone):%z}"})
                for which, instant in enumerate(twice.both)
            ]
            return True
        except (ValueError, OverflowError):
            return False
        return False

    @property
    def filled(self) -> list[int]:
        """The numbers of the lines that hold a time."""
        return [n for n in range(1, MOST_OPTIONS + 1) if self.cleaned_data.get(f"day{n}")]

    @property
    def values(self) -> dict[str, Any]:
        """What the action takes."""
        data = self.cleaned_data
        return {
            "title": data["title"],
            "group": self.own_group or data.get("group"),
            "minutes": data["minutes"],
            "description": data["description"],
            "closes": (data["closes_date"], data["closes_time"]),
            "options": [(data[f"day{n}"], data[f"time{n}"], data[f"fold{n}"]) for n in self.filled],
        }

    def refuse(self, refusal) -> None:
        """Show a refusal at its line."""
        field = refusal.field or ""
        for kind, target in (("option", "time"), ("fold", "fold")):
            number = field.removeprefix(kind)
            if field.startswith(kind) and number.isdigit() and int(number) <= len(self.filled):
                field = f"{target}{self.filled[int(number) - 1]}"
        if field in ("wall_time", "wall_date"):
            field = "closes_time"
        self.add_error(field if field in self.fields else None, str(refusal))


class VoteForm(forms.Form):
    """Yes, if need be, or no to each of the times."""

    def __init__(self, *args, options: list[PollOption], mine: dict[int, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.options = options
        for option in options:
            self.fields[f"option{option.pk}"] = forms.ChoiceField(
                label=str(option), choices=Answer.choices, initial=mine.get(option.pk), widget=forms.RadioSelect
            )

    def answer_to(self, option: PollOption):
        return self[f"option{option.pk}"]

    @property
    def answers(self) -> dict[int, str]:
        return {option.pk: self.cleaned_data[f"option{option.pk}"] for option in self.options}


class DecideForm(forms.Form):
    option = forms.ModelChoiceField(
        PollOption.objects.none(), label=_("Time"), widget=forms.RadioSelect, empty_label=None
    )
    join_url = JoinLinkField()

    def __init__(self, *args, options, labels: dict[int, str], **kwargs):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["option"]
        field.queryset = options
        field.label_from_instance = lambda option: labels[option.pk]


class CancelPollForm(forms.Form):
    reason = TextField(label=_("Why"), max_length=2000, help_text=_("Everyone whom it is for will read it."))
