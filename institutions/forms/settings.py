"""What people say of themselves when they sign up and later."""

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from institutions.codes import clean_text
from institutions.forms.availability import ClockField
from institutions.forms.rules import by_rule
from institutions.forms.zones import ZoneField
from institutions.models import User


class SignupForm(forms.Form):
    """Asked beside the address and the password (allauth calls `signup` once the account exists)."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        help_text=_("As it should stand on a certificate."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    zone = ZoneField(label=_("Your time zone"), help_text=_("Every time on these pages is shown in it."))

    field_order = ["name", "email", "password1", "zone"]

    def clean_name(self):
        return clean_name(self.cleaned_data["name"])

    def signup(self, request, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.zone = self.cleaned_data["zone"]
        user.language = request.LANGUAGE_CODE
        user.save(update_fields=["name", "zone", "language"])


class SettingsForm(forms.ModelForm):
    zone = ZoneField(
        label=_("Your time zone"), help_text=_("If you have given hours, we ask what becomes of them when it changes.")
    )
    day_start = ClockField(
        label=_("Day starts at"),
        help_text=_("No mail before this hour of yours, unless it cannot wait; and no session, if you state no hours."),
    )
    day_end = ClockField(label=_("Day ends at"), help_text=_("It may be past midnight: 20:00 to 04:00."))
    limit_start = ClockField(
        label=_("Never before"),
        required=False,
        help_text=_("No session is ever proposed to you outside of these, whatever else you say. Empty: no limit."),
    )
    limit_end = ClockField(label=_("Never after"), required=False)

    class Meta:
        model = User
        fields = ["name", "language", "zone", "day_start", "day_end", "limit_start", "limit_end", "clock_style"]
        fields += ["week_start"]

    def clean_name(self):
        return clean_name(self.cleaned_data["name"])

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("day_start"), cleaned.get("day_end")
        if start and start == end:
            self.add_error("day_end", _("The day must end at another time than it starts."))
        elif start and end and not {"limit_start", "limit_end"} & set(self.errors):
            self._check_limit(start, end, cleaned.get("limit_start"), cleaned.get("limit_end"))
        return cleaned

    def _check_limit(
        self, start: dt.time, end: dt.time, never_before: dt.time | None, never_after: dt.time | None
    ) -> None:
        if (never_before is None) != (never_after is None):
            missing = "limit_start" if never_before is None else "limit_end"
            self.add_error(missing, _("Give both limits, or neither."))
        elif never_before is not None and never_before == never_after:
            self.add_error("limit_end", _("Nothing would be left of the day."))
        elif never_before is not None and never_after is not None:
            person = User(day_start=start, day_end=end, limit_start=never_before, limit_end=never_after)
            if person.humane_hours - person.limit_hours:
                self.add_error(
                    "limit_start", _("Your day reaches beyond these limits. Widen them, or shorten the day.")
                )

    def _post_clean(self):
        """The action writes; the form leaves the signed-in person's object as it is."""


class MoveForm(forms.Form):
    """What stays when the zone changes."""

    LOCAL, INSTANTS = "local", "instants"

    zone = ZoneField(label=_("Your time zone"), widget=forms.HiddenInput)
    keep = forms.ChoiceField(
        label=_("What stays"),
        choices=[(LOCAL, _("My hours on my own clock")), (INSTANTS, _("The moments at which I can"))],
        widget=forms.RadioSelect,
    )


def clean_name(name: str) -> str:
    """One line without control characters."""
    return by_rule(clean_text, " ".join(name.split()), multiline=False)
