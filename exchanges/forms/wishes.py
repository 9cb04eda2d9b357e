"""Whom a learner would like to be with, what she says in confidence, and coordinators' ties."""

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from exchanges.enums import TieKind, Trait
from exchanges.forms.fields import TextField
from exchanges.models import Enrolment
from exchanges.models.wish import MOST_WISHES
from institutions.forms.fields import ListField


class EmailsField(ListField):
    """E-mail addresses, one on each line."""

    def one(self, text: str) -> str:
        validate_email(text)
        if len(text) > 254:
            raise ValidationError(_("This address is too long."))
        return text.lower()


class WishForm(forms.Form):
    emails = EmailsField(
        label=_("I would like to be in a group with"),
        most=MOST_WISHES,
        required=False,
        help_text=_("Up to three e-mail addresses, one on each line: those with which they sign in here."),
    )
    not_alone = forms.MultipleChoiceField(
        label=_("In my group I don’t want to be the only one who is"),
        choices=Trait.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    traits = forms.MultipleChoiceField(
        label=_("It doesn’t matter to me, but I am also"),
        choices=Trait.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("So that others, to whom it matters, are not the only one."),
    )
    consent = forms.BooleanField(
        label=_("I agree that what I ticked is used to form the groups, and for nothing else"), required=False
    )


class TieForm(forms.Form):
    """`people` are those of the exchange."""

    kind = forms.ChoiceField(
        label=_("Keep them"), choices=TieKind.choices, widget=forms.RadioSelect, initial=TieKind.APART
    )
    first = forms.TypedChoiceField(label=_("One person"), coerce=int)
    second = forms.TypedChoiceField(label=_("The other person"), coerce=int)
    reason = TextField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only the coordinators of your institution read it."),
    )

    def __init__(self, *args, people: Sequence[Enrolment], **kwargs):
        super().__init__(*args, **kwargs)
        choices = [(each.pk, f"{each.learner.name} · {each.part.institution}") for each in people]
        for name in ("first", "second"):
            self.fields[name].choices = [("", _("Choose")), *choices]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("first") and cleaned.get("first") == cleaned.get("second"):
            self.add_error("second", _("Choose two different people."))
        return cleaned
