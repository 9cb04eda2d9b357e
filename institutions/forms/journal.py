"""Filters of the journal."""

import datetime as dt

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from institutions.forms.fields import DayField


class JournalFilterForm(forms.Form):
    """What makes no sense is left out of the filter, and said at its field."""

    verb = forms.CharField(
        label=_("What"), required=False, max_length=60, widget=forms.TextInput(attrs={"placeholder": "offer.publish"})
    )
    actor = forms.CharField(
        label=_("Who"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"placeholder": _("Name or e-mail")}),
    )
    institution = forms.CharField(label=_("Institution"), required=False, max_length=100)
    subject = forms.CharField(
        label=_("About"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": _("Name, or offer 12")}),
    )
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)

    def clean(self):
        cleaned = super().clean()
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _now("It has to be on or after the first day."))
        return cleaned

    def is_filtered(self) -> bool:
        return any(self.cleaned_data.values())

    def filtered(self, entries):
        self.is_valid()
        said = self.cleaned_data
        if verb := said.get("verb"):
            entries = entries.filter(verb=verb) if "." in verb else entries.filter(verb__startswith=f"{verb}.")
        if actor := said.get("actor"):
            entries = entries.filter(Q(actor__name__icontains=actor) | Q(actor__email__icontains=actor))
        if institution := said.get("institution"):
            entries = entries.filter(institution__name__icontains=institution)
        if subject := said.get("subject"):
            entries = entries.filter(_about(subject))
        if since := said.get("since"):
            entries = entries.filter(at__gte=_midnight(since))
        if until := said.get("until"):
            entries = entries.filter(at__lt=_midnight(until) + dt.timedelta(days=1))
        return entries


def _about(text: str) -> Q:
    noun, _space, number = text.partition(" ")
    if number.isascii() and number.isdigit() and len(number) < 19:
        return Q(subject_type__endswith=f".{noun.lower()}", subject_id=int(number))
    return Q(subject_name__icontains=text)


def _midnight(day: dt.date) -> dt.datetime:
    """The start of a day in the reader's zone."""
    return dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_current_timezone())
