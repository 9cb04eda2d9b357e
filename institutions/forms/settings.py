"""What people say of themselves when they sign up and later."""

from django import forms
from django.utils.translation import gettext_lazy as _

from institutions.codes import clean_text
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
    zone = ZoneField(label=_("Your time zone"), help_text=_("Your weekly hours stay what they are on your own clock."))

    class Meta:
        model = User
        fields = ["name", "language", "zone", "day_start", "day_end"]
        widgets = {
            "day_start": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "day_end": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }
        help_texts = {
            "day_start": _("No mail before this hour of yours, unless it cannot wait."),
            "day_end": _("No mail after it."),
        }

    def clean_name(self):
        return clean_name(self.cleaned_data["name"])

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("day_start"), cleaned.get("day_end")
        if start and end and start >= end:
            self.add_error("day_end", _("The day must end after it starts."))
        return cleaned

    def _post_clean(self):
        """The action writes; the form leaves the signed-in person's object as it is."""


def clean_name(name: str) -> str:
    """One line without control characters."""
    return by_rule(clean_text, " ".join(name.split()), multiline=False)
