"""The text of a partnership. Parties are found by a search that also works without JavaScript."""

from itertools import permutations

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from institutions import isced
from institutions.actions.partnerships import MAX_PARTIES, MAX_PLACES
from institutions.enums import PartnershipStatus, Role
from institutions.forms.fields import DayField, LineField, TextField
from institutions.models import Institution, Partnership

FOUND = 12  # institutions that a search offers


def _places(**kwargs) -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=MAX_PLACES, **kwargs)


class PartiesField(forms.ModelMultipleChoiceField):
    """Institutions by their number. A number that no database holds is one that doesn't exist."""

    def clean(self, value):
        for number in value or []:
            if not is_number(number):
                raise forms.ValidationError(self.error_messages["invalid_pk_value"], params={"pk": number})
        return super().clean(value)


def is_number(text) -> bool:
    text = str(text)
    return text.isascii() and text.isdigit() and len(text) < 19


class PartnershipForm(forms.Form):
    """`cleaned_data["places"]` is {(sending id, receiving id): per year} for all directions.

    Directions between parties that were there when the page was drawn have a field of their own; for parties ticked
    since, `places_each` counts.
    """

    title = LineField(label=_("Title"), max_length=200, help_text=_("By which the parties know it."))
    find = LineField(
        label=_("Find institutions"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"autocomplete": "off"}),
    )
    institutions = PartiesField(
        label=_("Institutions"), queryset=Institution.objects.verified(), widget=forms.CheckboxSelectMultiple
    )
    valid_from = DayField(label=_("Valid from"))
    valid_until = DayField(label=_("Valid until"))
    fields_of_study = forms.MultipleChoiceField(
        label=_("Fields of study"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means every field."),
    )
    places_each = _places(
        label=_("Places per year in each direction"),
        required=False,
        initial=5,
        help_text=_("How many learners one institution may send to another. Each direction can be changed below."),
    )
    recognition_terms = TextField(
        label=_("Recognition terms"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("What learners take away and who recognises it: credits, grading, documents, deadlines."),
    )
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.own = list(Institution.objects.of(user, Role.COORDINATOR, Role.ADMIN))
        chosen = self._chosen()
        ids = {institution.pk for institution in chosen}
        offered = [*chosen, *(own for own in self.own if own.pk not in ids)]
        found = [one for one in found_institutions(self["find"].value()) if one not in offered]
        self.fields["institutions"].widget.choices = [(one.pk, label_of(one)) for one in [*offered, *found]]
        self.fields["institutions"].error_messages["invalid_choice"] = _("Choose institutions from the list.")
        broad = list(isced.choices(2))
        more = [code for code in self["fields_of_study"].value() or [] if isced.is_field(code) and len(code) > 2]
        self.fields["fields_of_study"].choices = [*broad, *((code, f"{code} {isced.name(code)}") for code in more)]
        self.directions = []
        for sending, receiving in permutations(chosen[:MAX_PARTIES], 2):
            name = f"places_{sending.pk}_{receiving.pk}"
            words = {"sending": sending, "receiving": receiving}
            self.fields[name] = _places(
                label=_("%(sending)s sends to %(receiving)s") % words,
                required=False,
                initial=self.fields["places_each"].initial,
            )
            self.directions.append(name)

    def _chosen(self) -> list[Institution]:
        """The institutions ticked so far, in the order of the list."""
        typed = self["institutions"].value() or []
        ids = [int(value) for value in typed if is_number(value)][: MAX_PARTIES * 2]
        return list(Institution.objects.verified().filter(pk__in=ids))

    def direction_fields(self):
        return [self[name] for name in self.directions]

    @staticmethod
    def typed(data, user) -> "PartnershipForm":
        """What was typed so far, without judging it: for the search button."""
        initial = {name: data.get(name) for name in data if name != "csrfmiddlewaretoken"}
        for name in ("institutions", "fields_of_study"):
            initial[name] = data.getlist(name)
        return PartnershipForm(initial=initial, user=user)

    @staticmethod
    def text_of(partnership: Partnership) -> dict:
        """What an edit, or a copy, starts from."""
        places = {f"places_{row.sending_id}_{row.receiving_id}": row.per_year for row in partnership.places.all()}
        return {
            "title": partnership.title,
            "institutions": [party.institution_id for party in partnership.parties.all()],
            "fields_of_study": partnership.fields,
            "valid_from": partnership.valid_from,
            "valid_until": partnership.valid_until,
            "recognition_terms": partnership.recognition_terms,
            "version": partnership.version,
            **places,
        }

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("valid_from"), cleaned.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _now("It has to end after it starts."))
        parties = list(cleaned.get("institutions") or [])
        if "institutions" in cleaned and len(parties) < 2:
            self.add_error("institutions", _now("A partnership has at least two institutions."))
        each = cleaned.get("places_each") or 0
        cleaned["places"] = {}
        if len(parties) <= MAX_PARTIES:
            for sending, receiving in permutations(parties, 2):
                said = cleaned.get(f"places_{sending.pk}_{receiving.pk}")
                cleaned["places"][sending.pk, receiving.pk] = each if said is None else said
        return cleaned

    def text(self) -> dict:
        """What the actions take."""
        names = ("title", "institutions", "valid_from", "valid_until", "places", "recognition_terms")
        text = {name: self.cleaned_data[name] for name in names}
        return {**text, "fields": self.cleaned_data["fields_of_study"]}

    def add_refusal(self, refused) -> None:
        name = {"fields": "fields_of_study", "places": "places_each"}.get(refused.field, refused.field)
        self.add_error(name if name in self.fields else None, str(refused))


def found_institutions(text: str | None) -> list[Institution]:
    """What a search for parties offers; nothing for nothing."""
    text = (text or "").replace("\0", "").strip()
    return list(Institution.objects.verified().matching(text)[:FOUND]) if text else []


def label_of(institution: Institution) -> str:
    return f"{institution.name} ({institution.city})"


class PartnershipSearchForm(forms.Form):
    """Filter one's partnerships. What makes no sense is left out, so that a shared address never fails."""

    q = forms.CharField(label=_("Title or institution"), required=False, max_length=100, widget=forms.SearchInput)
    status = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Any state")), *PartnershipStatus.choices]
    )

    def found(self, partnerships):
        self.is_valid()
        if status := self.cleaned_data.get("status"):
            partnerships = partnerships.filter(status=status)
        for word in self.cleaned_data.get("q", "").split()[:8]:
            named = Institution.objects.filter(name__icontains=word)
            partnerships = partnerships.filter(
                Q(title__icontains=word) | Q(pk__in=Partnership.objects.of(named).values("pk"))
            )
        return partnerships
