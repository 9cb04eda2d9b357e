"""The facts of an institution, finding one, and a platform admin's decision."""

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from institutions import codes, places
from institutions.enums import InstitutionStatus, Kind
from institutions.forms.fields import CodeField, DomainsField, LanguagesField, LineField, TextField
from institutions.forms.rules import by_rule
from institutions.forms.zones import ZoneField
from institutions.models import Institution


class InstitutionForm(forms.Form):
    """All that is known of an institution; `facts()` and `cleaned_data["domains"]` are what the actions take."""

    name = LineField(label=_("Name"), max_length=200, help_text=_("In full, as partners know it."))
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("Choose one")), *Kind.choices])
    country = forms.ChoiceField(
        label=_("Country"),
        widget=forms.Select(
            attrs={"hx-get": reverse_lazy("institution_zone"), "hx-target": "#zone-field", "hx-swap": "outerHTML"}
        ),
    )
    city = LineField(label=_("City"), max_length=100)
    zone = ZoneField(
        label=_("Time zone"), required=False, help_text=_("Taken from the country where that has only one.")
    )
    website = CodeField(
        label=_("Website"),
        max_length=200,
        rule=codes.web_address,
        widget=forms.URLInput(attrs={"type": "text", "inputmode": "url"}),
    )
    domains = DomainsField(
        label=_("E-mail domains"),
        required=False,
        most=20,
        help_text=_("What comes after the @ in your institution's addresses, one on each line, like uni.example."),
    )
    languages = LanguagesField(
        label=_("Languages of teaching"),
        most=20,
        help_text=_("By name, with commas between, like Portuguese, English."),
    )
    description = TextField(
        label=_("What partners should know"), required=False, max_length=4000, help_text=_("Markdown works.")
    )
    schac = CodeField(
        label=_("SCHAC code"), required=False, max_length=120, rule=codes.schac, help_text=_("Like uni.example.")
    )
    erasmus_code = LineField(label=_("Erasmus code"), required=False, max_length=20, help_text=_("Like D BERLIN13."))
    pic = CodeField(
        label=_("PIC"),
        required=False,
        max_length=20,
        rule=codes.pic,
        help_text=_("Nine digits, from the Funding and tenders portal."),
    )
    ror = CodeField(
        label=_("ROR id"), required=False, max_length=60, rule=codes.ror, help_text=_("Like https://ror.org/013meh722.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("Choose one")), *places.countries()]
        zone = self.fields["zone"]
        del zone.widget.attrs["data-zone-guess"]  # the country decides, not the browser
        own = places.zones_of(self["country"].value() or "")
        in_country = [(_("In this country"), [(name, name) for name in own])] if own else []
        zone.choices = [("", _("From the country")), *in_country, *zone.choices]

    @staticmethod
    def facts_of(institution: Institution) -> dict:
        """What an edit starts from."""
        names = [name for name in InstitutionForm.base_fields if name != "domains"]
        facts = {name: getattr(institution, name) for name in names}
        return {**facts, "domains": [row.domain for row in institution.domains.all()]}

    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "domains"}

    def clean(self):
        cleaned = super().clean()
        country = cleaned.get("country")
        if country:
            self._clean_zone(country)
            self._clean_erasmus_code(country)
        return cleaned

    def _clean_zone(self, country: str) -> None:
        own = places.zones_of(country)
        chosen = self.cleaned_data.get("zone")
        if chosen:
            zone = codes.time_zone(chosen)
            if own and zone not in own:
                self.add_error("zone", gettext("This is not a time zone of the country. There: %s.") % ", ".join(own))
        elif chosen == "" and len(own) == 1:
            zone = own[0]
        elif chosen == "":
            zone = ""
            self.add_error("zone", gettext("The country has more than one time zone: choose yours."))
        else:
            return
        self.cleaned_data["zone"] = zone

    def _clean_erasmus_code(self, country: str) -> None:
        if typed := self.cleaned_data.get("erasmus_code"):
            try:
                self.cleaned_data["erasmus_code"] = by_rule(codes.erasmus_code, typed, country=country)
            except forms.ValidationError as error:
                self.add_error("erasmus_code", error)


class InstitutionSearchForm(forms.Form):
    """Find institutions. What makes no sense is left out, so that a shared address never fails."""

    q = forms.CharField(label=_("Name or city"), required=False, max_length=100, widget=forms.SearchInput)
    country = forms.ChoiceField(label=_("Country"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("Any kind")), *Kind.choices])

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("Any country")), *places.countries()]
        if user.is_authenticated and user.is_platform_admin:
            self.fields["status"] = forms.ChoiceField(
                label=_("State"), required=False, choices=[("", _("Verified")), *InstitutionStatus.choices]
            )

    def found(self):
        self.is_valid()
        found = Institution.objects.filter(status=self.cleaned_data.get("status") or InstitutionStatus.VERIFIED)
        if text := self.cleaned_data.get("q"):
            found = found.matching(text)
        for name in ("country", "kind"):
            if value := self.cleaned_data.get(name):
                found = found.filter(**{name: value})
        return found


class DecisionForm(forms.Form):
    """A decision with a note; whether the note is needed the action says."""

    note = TextField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class VettingForm(DecisionForm):
    """The decision on an institution: the domains left unticked are taken off its list."""

    domains = forms.MultipleChoiceField(
        label=_("E-mail domains to accept"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, institution: Institution, **kwargs):
        super().__init__(*args, **kwargs)
        waiting = [row.domain for row in institution.domains.all() if not row.verified]
        self.fields["domains"].choices = [(domain, domain) for domain in waiting]
        self.fields["domains"].initial = waiting
        if not waiting:
            del self.fields["domains"]
