"""Proposing a pairing, and answering one."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchanges.actions.pairings import USUAL
from exchanges.enums import DeclineReason
from exchanges.forms.fields import TextField, date_field, instant_of, time_field
from exchanges.models import Offer


class ProposalForm(forms.Form):
    """`offers` are the ones that the person may propose; the deadline is typed on the clock of `zone`."""

    offer = forms.ModelChoiceField(Offer.objects.none(), label=_("Your offer"), empty_label=None)
    message = TextField(
        label=_("Message"),
        max_length=4000,
        help_text=_("Say who you are and why this would suit both of you. Their coordinators read it first."),
    )
    reply_on = date_field(label=_("Reply by"))
    reply_at = time_field(label=_("At"))

    def __init__(self, *args, offers, zone: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["offer"].queryset = offers
        usual = timezone.now().astimezone(timezone.get_current_timezone()) + USUAL
        self.fields["reply_on"].initial = usual.date()
        self.fields["reply_at"].initial = dt.time(18, 0)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("reply_on") and cleaned.get("reply_at"):
            try:
                cleaned["reply_by"] = instant_of(cleaned["reply_on"], cleaned["reply_at"], self.zone)
            except ValidationError as error:
                self.add_error("reply_on" if error.code == "date" else "reply_at", error)
        return cleaned


class AcceptForm(forms.Form):
    partner_offer = forms.ModelChoiceField(
        Offer.objects.none(),
        label=_("An offer of yours that goes into it"),
        required=False,
        empty_label=_("None"),
        help_text=_("If you name one, its dates and languages are taken into account."),
    )
    note = TextField(label=_("Message to them"), required=False, max_length=2000)

    def __init__(self, *args, offers, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["partner_offer"].queryset = offers


class DeclineForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why not"), choices=DeclineReason, widget=forms.RadioSelect)
    note = TextField(
        label=_("Message to them"), required=False, max_length=2000, help_text=_("A word helps them look elsewhere.")
    )


class NoteForm(forms.Form):
    note = TextField(label=_("Message to them"), required=False, max_length=2000)
