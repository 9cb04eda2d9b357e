"""Who took part, and taking certificates back."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from exchanges.actions.recognition import Participation
from exchanges.forms.fields import LineField

MOST_REASON = 300


class CompleteForm(forms.Form):
    """A tick for each who took part, preset by the rule, and a reason where it is not what the rule says."""

    def __init__(self, *args, participation: Sequence[Participation], **kwargs):
        super().__init__(*args, **kwargs)
        self.participation = participation
        for each in participation:
            pk, name = each.enrolment.pk, each.enrolment.learner.name
            self.fields[f"took_part_{pk}"] = forms.BooleanField(
                label=_("%(name)s took part") % {"name": name}, required=False, initial=each.took_part
            )
            self.fields[f"reason_{pk}"] = LineField(
                label=_("Reason, %(name)s") % {"name": name}, required=False, max_length=MOST_REASON
            )

    @property
    def rows(self):
        return [
            {
                "participation": each,
                "took_part": self[f"took_part_{each.enrolment.pk}"],
                "reason": self[f"reason_{each.enrolment.pk}"],
            }
            for each in self.participation
        ]

    @property
    def decisions(self) -> dict[int, tuple[bool, str]]:
        return {
            each.enrolment.pk: (
                self.cleaned_data[f"took_part_{each.enrolment.pk}"],
                self.cleaned_data[f"reason_{each.enrolment.pk}"],
            )
            for each in self.participation
        }


class RevokeForm(forms.Form):
    reason = LineField(
        label=_("Why"), max_length=MOST_REASON, help_text=_("Everybody who looks the certificate up will read it.")
    )


class LateForm(forms.Form):
    reason = LineField(label=_("Why"), max_length=MOST_REASON, help_text=_("It is kept in the journal."))


class CodeForm(forms.Form):
    """The code as it stands on paper; spaces and hyphens don't matter."""

    code = forms.CharField(
        label=_("Code of the certificate"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Type the code that stands on the certificate.")},
    )
