"""Filters of the list of runs."""

from django import forms
from django.utils.translation import gettext_lazy as _

from exchanges.enums import RunKind, RunStatus

MOST = 2**63 - 1


class RunFilterForm(forms.Form):
    """What makes no sense is left out of the filter, and said at its field."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *RunKind.choices])
    status = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *RunStatus.choices])
    offer = forms.IntegerField(required=False, min_value=1, max_value=MOST, widget=forms.HiddenInput)
    exchange = forms.IntegerField(required=False, min_value=1, max_value=MOST, widget=forms.HiddenInput)
    intake = forms.IntegerField(required=False, min_value=1, max_value=MOST, widget=forms.HiddenInput)

    def filtered(self, runs):
        self.is_valid()
        return runs.filter(**{name: value for name, value in self.cleaned_data.items() if value})

    def is_filtered(self) -> bool:
        return any(self.cleaned_data.values())
