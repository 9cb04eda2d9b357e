"""Learners' ranked choices, and the marks for reserved places."""

from django import forms
from django.utils.translation import gettext_lazy as _

from exchanges.enums import Mark
from exchanges.models import Intake
from institutions.models import Institution


class ChoicesForm(forms.Form):
    """The ranked list: ids of the intake's exchanges, best first; what cannot be chosen is for the action to say."""

    institution = forms.ModelChoiceField(
        Institution.objects.none(), label=_("You take part from"), required=False, empty_label=None
    )
    choice = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, *args, intake: Intake, institutions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = [(pk, str(pk)) for pk in intake.entries.values_list("pk", flat=True)]
        self.fields["institution"].queryset = Institution.objects.filter(pk__in=[each.pk for each in institutions])
        if len(institutions) < 2:
            del self.fields["institution"]


class MarksForm(forms.Form):
    marks = forms.MultipleChoiceField(
        label=_("What is true of you"), choices=Mark.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    consent = forms.BooleanField(
        label=_("I agree that this is used for giving the reserved places of this intake, and for nothing else."),
        required=False,
    )
