"""Writing to everyone in an exchange, an institution or the platform."""

from django import forms
from django.utils.translation import gettext_lazy as _

from exchanges.forms.fields import LineField, TextField
from exchanges.models import Exchange
from institutions.models import Institution

EVERYBODY = "everybody"


class AnnouncementForm(forms.Form):
    audience = forms.ChoiceField(label=_("To"))
    title = LineField(label=_("Title"), max_length=140)
    text = TextField(
        label=_("Text"),
        max_length=4000,
        help_text=_("It reaches people in the app and by mail as they chose, in their waking hours."),
    )

    def __init__(self, *args, exchanges: list[Exchange], institutions: list[Institution], everybody: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.found: dict[str, dict] = {f"exchange:{each.pk}": {"exchange": each} for each in exchanges}
        self.found |= {f"institution:{each.slug}": {"institution": each} for each in institutions}
        groups: list = [
            (_("Learners of an exchange"), [(f"exchange:{each.pk}", str(each)) for each in exchanges]),
            (_("Members of an institution"), [(f"institution:{each.slug}", str(each)) for each in institutions]),
        ]
        if everybody:
            self.found[EVERYBODY] = {}
            groups.append((_("The platform"), [(EVERYBODY, _("Everybody"))]))
        self.fields["audience"].choices = [(name, choices) for name, choices in groups if choices]

    def target(self) -> dict:
        """Whom it is for, as the action takes it."""
        return self.found[self.cleaned_data["audience"]]
