"""Moving people between groups."""

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from exchanges.actions.board import NEW
from exchanges.models import Group

NONE = "none"
MOST_DIGITS = 18


class NumbersField(forms.MultipleChoiceField):
    """Ids of rows, as many as were ticked; whether they may be touched is the action's to say."""

    widget = forms.CheckboxSelectMultiple

    def validate(self, value):
        if self.required and not value:
            raise ValidationError(_("Tick at least one person."), code="required")

    def to_python(self, value):
        ids = super().to_python(value)
        if not all(text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS for text in ids):
            raise ValidationError(_("Tick people of this page."), code="invalid")
        return [int(text) for text in ids]


class MoveForm(forms.Form):
    enrolments = NumbersField(label=_("People"))
    to = forms.ChoiceField(label=_("Move the ticked to"))

    def __init__(self, *args, groups: Sequence[Group], **kwargs):
        super().__init__(*args, **kwargs)
        listed = [(str(group.number), str(group)) for group in groups]
        self.fields["to"].choices = [("", _("Choose")), *listed, (NEW, _("A new group")), (NONE, _("No group"))]

    def clean_to(self) -> int | str | None:
        to = self.cleaned_data["to"]
        return None if to == NONE else to if to == NEW else int(to)
