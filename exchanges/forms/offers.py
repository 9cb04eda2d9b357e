"""The steps of the offer editor, each a form that asks for what the offer's format needs."""

import re
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.crypto import get_random_string
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from exchanges.actions.offer_checks import problems_of, weeks_between
from exchanges.actions.offers import Page, languages_of
from exchanges.enums import Bandwidth, Context, Format, Mode, ResourceKind
from exchanges.formats import PHYSICAL_FIELDS, STEPS, rules_of
from exchanges.models import Offer
from institutions import codes, isced, places
from institutions.enums import Cefr, Kind
from institutions.forms.fields import CodeField, DayField, LineField, ListField, TextField
from institutions.forms.hours import WEEKDAYS_ROW, HoursField
from institutions.forms.rules import by_rule
from institutions.forms.zones import ZoneField
from institutions.models import Institution

LANGUAGE_ROWS = 4
RESOURCE_ROWS = 5
RESOURCE_PARTS = ("kind", "title", "url", "licence")
MOST_PLACES = 10_000
TOKEN = re.compile(r"[A-Za-z0-9]{1,40}")


class NewOfferForm(forms.Form):
    institution = forms.ModelChoiceField(
        Institution.objects.none(), label=_("Institution"), widget=forms.RadioSelect, empty_label=None
    )
    format = forms.ChoiceField(label=_("Format"), choices=Format, widget=forms.RadioSelect)

    use_required_attribute = False

    def __init__(self, *args, institutions: Sequence[Institution], **kwargs):
        super().__init__(*args, **kwargs)
        self.institutions = institutions
        self.fields["institution"].queryset = Institution.objects.filter(pk__in=[one.pk for one in institutions])
        self.fields["format"].choices = [(value, f"{label}: {rules_of(value).hint}") for value, label in Format.choices]
        if len(institutions) == 1:
            del self.fields["institution"]

    @property
    def chosen(self) -> Institution:
        return self.cleaned_data.get("institution") or self.institutions[0]


class CountriesField(ListField):
    """Countries by name (in the reader's language or in English) or by ISO code."""

    widget = forms.TextInput

    def one(self, text: str) -> str:
        name = by_rule(codes.clean_text, text, multiline=False).casefold()
        with override("en"):
            english = places.countries()
        known = {label.casefold(): code for code, label in (*english, *places.countries())}
        if name in known:
            return known[name]
        if name.upper() in codes.countries():
            return name.upper()
        raise ValidationError(gettext("“%(value)s” is not a country we know."), params={"value": text[:60]})

    def words(self, value: list[str]) -> str:
        return ", ".join(places.name(code) for code in value)


class StepForm(forms.Form):
    """One step: its fields begin with the offer's values; `again` begins with what was typed and isn't saved yet."""

    step: ClassVar[str]
    use_required_attribute = False
    languages: list[tuple[str, str]] | None = None
    resources: list[dict[str, str]] | None = None

    def __init__(self, data: Any = None, *, offer: Offer):
        super().__init__(data)
        self.offer = offer
        self.rules = rules_of(offer.format)
        for name in STEPS[self.step]:
            if name in self.fields:
                if not self.rules.asks(name):
                    del self.fields[name]
                    continue
                self.fields[name].required = self.rules.requires(name)
                self.fields[name].initial = getattr(offer, name)
        self.prepare()

    def prepare(self) -> None:
        """What a step does with its fields before anything is shown."""

    @classmethod
    def again(cls, offer: Offer, typed: Mapping[str, Sequence[str]]) -> "StepForm":
        """The form as it was typed, without complaints about what is not finished."""
        form = cls(MultiValueDict({name: list(values) for name, values in typed.items()}), offer=offer)
        form._errors, form.cleaned_data = ErrorDict(), {}
        return form

    @property
    def columns(self) -> list[str]:
        return [name for name in STEPS[self.step] if name in self.fields]

    @property
    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.columns}

    def typed(self) -> dict[str, list[str]]:
        """What was sent for the fields of this step, as it came."""
        names = {*self.fields, *(f"hours_{row}" for row in (*range(7), WEEKDAYS_ROW) if "hours" in self.fields)}
        return {name: self.data.getlist(name) for name in self.data if name in names}

    def clean(self):
        cleaned = super().clean()
        draft = copy(self.offer)
        for name in self.columns:
            if name in cleaned:
                setattr(draft, name, cleaned[name])
        self.settle(draft)
        languages = languages_of(self.offer) if self.languages is None else self.languages
        for name, text in problems_of(draft, languages=languages).items():
            field = self.field_of(name)
            unset = name == "hours" and not draft.hours  # the step "how" may make up for it
            if field in self.fields and field not in self.errors and not unset:
                self.add_error(field, text)
        return cleaned

    def settle(self, draft: Offer) -> None:
        """What follows from several fields, before the rules are looked at."""

    def field_of(self, name: str) -> str:
        """The form's field that shows what is wrong with a part of the offer."""
        return name


class WhatForm(StepForm):
    step = "what"
    title = LineField(
        label=_("Title"), max_length=140, help_text=_("What you would call it in a course list; at most 140 letters.")
    )
    summary = LineField(
        label=_("Summary"), max_length=280, help_text=_("One or two sentences, shown in the list; at most 280 letters.")
    )
    description = TextField(
        label=_("Description"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("Markdown: **bold**, *italic*, a list with - before each line, [a link](https://…), ## a heading."),
    )
    outcomes = TextField(
        label=_("Learning outcomes"),
        max_length=4000,
        help_text=_("One on each line: what learners will be able to do."),
    )
    context = forms.ChoiceField(label=_("Context"), choices=[("", _("Choose")), *Context.choices])
    field = forms.ChoiceField(label=_("Field of study"), help_text=_("ISCED-F 2013"))
    level = forms.TypedChoiceField(
        label=_("EQF level"),
        coerce=int,
        empty_value=None,
        choices=[
            ("", _("Choose")),
            *((level, str(level)) for level in (1, 2, 3)),
            (4, _("4 (end of upper secondary or vocational school)")),
            (5, _("5 (short cycle)")),
            (6, _("6 (bachelor)")),
            (7, _("7 (master)")),
            (8, _("8 (doctorate)")),
        ],
    )

    def prepare(self) -> None:
        self.fields["field"].choices = [("", gettext("Choose")), *isced.grouped_choices()]


def _hours(**kwargs) -> forms.DecimalField:
    return forms.DecimalField(
        min_value=0, max_value=5000, decimal_places=1, widget=forms.NumberInput(attrs={"step": "0.5"}), **kwargs
    )


class WhenForm(StepForm):
    step = "when"
    starts = DayField(label=_("Starts"))
    ends = DayField(label=_("Ends"))
    weeks = forms.IntegerField(
        label=_("Weeks of work"), min_value=1, max_value=60, help_text=_("Empty: counted from the dates.")
    )
    zone = ZoneField(label=_("Time zone of the hours"), help_text=_("The hours below are on this clock."))
    hours = HoursField(
        label=_("Hours in which you can meet live"),
        help_text=_(
            "A usual week; partners find you by the hours you share. Needed unless it can be followed without the "
            "live sessions."
        ),
    )
    session_minutes = forms.IntegerField(label=_("Minutes of a live session"), min_value=15, max_value=480)
    live_hours = _hours(label=_("Live hours in all"))
    independent_hours = _hours(label=_("Hours of independent work"))
    ects = forms.DecimalField(
        label=_("ECTS credits"),
        min_value=0,
        max_value=60,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"step": "0.5"}),
        help_text=_("One credit stands for 25 to 30 hours of work, live and independent."),
    )

    def prepare(self) -> None:
        self.fields["weeks"].required = False
        self.fields["zone"].widget.attrs.pop("data-zone-guess", None)  # the institution's zone stands there already

    def settle(self, draft: Offer) -> None:
        """Weeks that were left empty are counted from the dates."""
        if "weeks" in self.errors or self.cleaned_data.get("weeks"):
            return
        if draft.starts and draft.ends and draft.starts <= draft.ends:
            weeks = min(weeks_between(draft.starts, draft.ends), self.rules.weeks.most)
            self.cleaned_data["weeks"] = draft.weeks = weeks


def _places(**kwargs) -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=MOST_PLACES, **kwargs)


class WhoForm(StepForm):
    step = "who"
    own_places = _places(label=_("Places for your own learners"))
    partner_places = _places(label=_("Places for each partner's learners"))
    group_size_min = forms.IntegerField(label=_("Smallest group"), min_value=2, max_value=100)
    group_size_max = forms.IntegerField(label=_("Largest group"), min_value=2, max_value=100)
    partners_wanted = forms.IntegerField(label=_("Partners wanted"), min_value=1, max_value=20)
    wanted_countries = CountriesField(
        most=40, label=_("From these countries"), help_text=_("Names with commas between them. Empty: from anywhere.")
    )
    wanted_regions = forms.MultipleChoiceField(label=_("From these regions"), widget=forms.CheckboxSelectMultiple)
    wanted_subregions = forms.MultipleChoiceField(
        label=_("From parts of them"), widget=forms.CheckboxSelectMultiple, required=False
    )
    wanted_kinds = forms.MultipleChoiceField(
        label=_("Kinds of institution"),
        choices=Kind,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: any kind."),
    )

    def prepare(self) -> None:
        for name, continents in (("wanted_regions", True), ("wanted_subregions", False)):
            listed = [region for region in places.regions() if (region[0] in places.CONTINENTS) is continents]
            self.fields[name].choices = listed
            self.fields[name].initial = [code for code in self.offer.wanted_regions if code in dict(listed)]
        self._prepare_languages()

    def _prepare_languages(self) -> None:
        stored = languages_of(self.offer)
        known = dict(places.languages())
        for tag in (*(tag for tag, _cefr in stored), *self.offer.institution.languages):
            known.setdefault(tag, places.language_name(tag))
        for row in range(LANGUAGE_ROWS):
            tag, cefr = stored[row] if row < len(stored) else ("", Cefr.B2)
            self.fields[f"language_{row}"] = forms.ChoiceField(
                label=gettext("Language %(n)s") % {"n": row + 1},
                choices=[("", gettext("Choose")), *known.items()],
                initial=tag,
                required=row < self.rules.least_languages,
            )
            self.fields[f"cefr_{row}"] = forms.ChoiceField(
                label=gettext("At least"), choices=Cefr, initial=cefr, required=row == 0
            )

    @property
    def language_rows(self) -> list[tuple]:
        return [(self[f"language_{row}"], self[f"cefr_{row}"]) for row in range(LANGUAGE_ROWS)]

    def settle(self, draft: Offer) -> None:
        chosen = self.cleaned_data
        chosen["wanted_regions"] = [*chosen.get("wanted_regions", ()), *chosen.get("wanted_subregions", ())]
        found: dict[str, str] = {}
        for row in range(LANGUAGE_ROWS):
            tag = chosen.get(f"language_{row}")
            if tag in found:
                self.add_error(f"language_{row}", gettext("This language is named twice."))
            elif tag:
                found[tag] = chosen.get(f"cefr_{row}") or Cefr.B2
        self.languages = list(found.items())

    def field_of(self, name: str) -> str:
        return f"language_{min(len(self.languages or ()), LANGUAGE_ROWS - 1)}" if name == "languages" else name


class HowForm(StepForm):
    step = "how"
    mode = forms.ChoiceField(label=_("Mode"), choices=Mode, widget=forms.RadioSelect)
    physical_place = LineField(label=_("Place"), max_length=200)
    physical_starts = DayField(label=_("From"))
    physical_ends = DayField(label=_("To"))
    bandwidth = forms.ChoiceField(label=_("Internet line that is needed"), choices=Bandwidth, widget=forms.RadioSelect)
    captions = forms.BooleanField(label=_("Live sessions have captions"))
    asynchronous = forms.BooleanField(label=_("It can be followed without the live sessions"))
    access_notes = LineField(
        label=_("Other access needs that you meet"),
        max_length=500,
        help_text=_("Sign language, reading aids, breaks …"),
    )
    reply_by = DayField(
        label=_("Partners reply by"),
        help_text=_("The offer expires at the end of that day. Empty: when the exchange would start."),
    )

    def prepare(self) -> None:
        rows = list(self.offer.resources.all())
        licences = {code: gettext(text) for code, text in codes.LICENCES.items()}
        for row in rows:
            licences.setdefault(row.licence, row.licence)
        for n in range(RESOURCE_ROWS):
            fields = {
                "title": LineField(label=gettext("Title"), max_length=200, required=False),
                "url": CodeField(rule=codes.web_address, label=gettext("Link"), max_length=500, required=False),
                "kind": forms.ChoiceField(label=gettext("Kind"), choices=ResourceKind, required=False),
                "licence": forms.ChoiceField(
                    label=gettext("Licence"), choices=[("", gettext("Choose")), *licences.items()], required=False
                ),
            }
            for part, field in fields.items():
                field.initial = getattr(rows[n], part) if n < len(rows) else None
                self.fields[f"resource_{n}_{part}"] = field

    @property
    def resource_rows(self) -> list[dict]:
        """The rows in use and an empty one are open; the others are folded."""
        rows = [{part: self[f"resource_{n}_{part}"] for part in RESOURCE_PARTS} for n in range(RESOURCE_ROWS)]
        used = max((n for n, row in enumerate(rows) if row["title"].value() or row["url"].value()), default=-1)
        return [{**row, "open": n <= used + 1} for n, row in enumerate(rows)]

    @property
    def shows_physical_part(self) -> bool:
        if "mode" not in self.fields or self["mode"].value() in Mode.with_physical_part():
            return True
        return any(self[name].value() or self[name].errors for name in PHYSICAL_FIELDS)

    def settle(self, draft: Offer) -> None:
        self.resources = []
        for n in range(RESOURCE_ROWS):
            values = {part: self.cleaned_data.get(f"resource_{n}_{part}") or "" for part in RESOURCE_PARTS}
            wrong = [part for part in RESOURCE_PARTS if f"resource_{n}_{part}" in self.errors]
            if not (values["title"] or values["url"] or wrong):
                continue
            for part in ("title", "url", "licence"):
                if not values[part] and part not in wrong:
                    self.add_error(f"resource_{n}_{part}", gettext("A resource needs its title, link and licence."))
            self.resources.append({**values, "kind": values["kind"] or ResourceKind.OER})


FORMS: dict[str, type[StepForm]] = {form.step: form for form in (WhatForm, WhenForm, WhoForm, HowForm)}


class CloseForm(forms.Form):
    reason = TextField(
        label=_("Why"), required=False, max_length=2000, help_text=_("Those you have invited will read it.")
    )


def page_of(data: Mapping[str, str], step: str) -> Page:
    """Which page sent a form: the revision that it was opened with, and its tab."""
    revision, tab = data.get("revision", ""), data.get("tab", "")
    number = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0
    return Page(step, number, tab if TOKEN.fullmatch(tab) else get_random_string(12))
