"""Intakes: what they are, which exchanges they have, and the rules for the places of each."""

import datetime as dt
import re

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from exchanges.enums import IntakeStatus
from exchanges.forms.fields import LineField, TextField, date_field, instant_of, time_field
from exchanges.models import Intake, IntakeExchange
from exchanges.models.intake import MOST_CHOICES
from institutions import places as world
from institutions.forms.zones import ZoneField
from institutions.models import Institution, Partnership

PLAIN = ("title", "summary", "zone", "max_choices", "confirm_days", "tolerance")
MOST = 100_000
LINES = 3


def _places(**kwargs) -> forms.IntegerField:
    return forms.IntegerField(
        validators=[MinValueValidator(0), MaxValueValidator(MOST)], widget=forms.NumberInput(attrs={"min": 0}), **kwargs
    )


class WindowForm(forms.Form):
    """A window typed on the clock of the governing zone."""

    def clean(self):
        cleaned = super().clean()
        zone = cleaned.get("zone") or self.zone
        for name in ("opens", "closes"):
            if f"{name}_on" in self.fields:
                cleaned[name] = self._instant(name, zone)
        return cleaned

    def _instant(self, name: str, zone: str) -> dt.datetime | None:
        day, at = self.cleaned_data.get(f"{name}_on"), self.cleaned_data.get(f"{name}_at")
        if day is None and at is None:
            return None
        if day is None or at is None:
            missing = f"{name}_on" if day is None else f"{name}_at"
            if missing not in self.errors:
                self.add_error(missing, _("Give both the date and the time."))
            return None
        try:
            return instant_of(day, at, zone)
        except ValidationError as error:
            self.add_error(f"{name}_on" if error.code == "date" else f"{name}_at", error)
            return None

    def show(self, name: str, instant: dt.datetime | None, zone: dt.tzinfo) -> None:
        if instant is not None:
            wall = instant.astimezone(zone)
            self.fields[f"{name}_on"].initial, self.fields[f"{name}_at"].initial = wall.date(), wall.time()


class IntakeForm(WindowForm):
    title = LineField(label=_("Title"), max_length=140, help_text=_("Such as “Spring 2027, virtual course places”."))
    summary = TextField(label=_("What learners should know"), max_length=2000, required=False)
    institution = forms.ModelChoiceField(
        Institution.objects.none(), label=_("Run by"), help_text=_("Its coordinators review and publish the result.")
    )
    partnership = forms.ModelChoiceField(
        Partnership.objects.none(),
        label=_("For the partnership or network"),
        required=False,
        empty_label=_("None: exchanges that we coordinate"),
        help_text=_("Exchanges among its parties can be in the intake."),
    )
    zone = ZoneField(
        label=_("Governing time zone"), help_text=_("The window and the deadlines keep this zone's clock.")
    )
    opens_on = date_field(
        label=_("Opens on"), required=False, help_text=_("Empty: you open it by hand when all is ready.")
    )
    opens_at = time_field(label=_("At"), required=False)
    closes_on = date_field(label=_("Closes on"))
    closes_at = time_field(label=_("At"))
    max_choices = forms.IntegerField(label=_("Choices per learner"), min_value=1, max_value=MOST_CHOICES, initial=5)
    confirm_days = forms.IntegerField(
        label=_("Days to confirm a place"),
        min_value=1,
        max_value=60,
        initial=7,
        help_text=_("After that it goes to the next on the waiting list."),
    )
    tolerance = forms.IntegerField(
        label=_("Balance: tolerance"),
        required=False,
        min_value=0,
        max_value=10_000,
        help_text=_(
            "By how many the learners that an institution hosts and sends may differ. You then see the balanced result "
            "beside the ordinary one and decide. Empty: no balance."
        ),
    )

    def __init__(self, *args, owners, platform: bool, intake: Intake | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.intake = intake
        self.zone = intake.zone if intake else "UTC"
        if intake is None:
            self.fields["institution"].queryset = owners
            if platform:
                self.fields["institution"].required = False
                self.fields["institution"].empty_label = _("The platform")
            elif owners.count() == 1:
                self.fields["institution"].initial = owners.first()
            parties = Partnership.objects.filter(status="active")
            self.fields["partnership"].queryset = parties if platform else parties.of(owners.values("pk"))
            return
        del self.fields["institution"], self.fields["partnership"]
        for name in PLAIN:
            self.fields[name].initial = getattr(intake, name)
        self.show("opens", intake.opens, intake.tz)
        self.show("closes", intake.closes, intake.tz)
        if intake.status != IntakeStatus.DRAFT:
            for name in ("zone", "opens_on", "opens_at", "max_choices", "tolerance"):
                del self.fields[name]
            if intake.status != IntakeStatus.OPEN:
                del self.fields["closes_on"], self.fields["closes_at"]

    @property
    def details(self) -> dict:
        names = [*PLAIN, "opens", "closes"]
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


class ReopenForm(WindowForm):
    closes_on = date_field(label=_("Closes on"))
    closes_at = time_field(label=_("At"))

    def __init__(self, *args, intake: Intake, **kwargs):
        super().__init__(*args, **kwargs)
        self.zone = intake.zone
        self.fields["closes_at"].help_text = intake.zone


class ExchangesForm(forms.Form):
    """The exchanges of a page of the picker that are ticked; those that are listed say which boxes were there."""

    exchanges = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.CheckboxSelectMultiple)
    listed = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, *args, known, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["exchanges"].choices = self.fields["listed"].choices = [(pk, str(pk)) for pk in known]


class RulesForm(forms.Form):
    """Minimum, quotas, reserves and priority lines of one exchange."""

    capacity = _places(
        label=_("Places at most"), required=False, help_text=_("Empty: as many as its institutions have together.")
    )
    minimum = _places(
        label=_("Minimum"), initial=0, help_text=_("With fewer learners you are asked whether to take it out.")
    )
    never_abroad = _places(label=_("Never been abroad for studies or training"), initial=0)
    fewer_opportunities = _places(label=_("Fewer opportunities"), initial=0)
    countries = forms.CharField(
        label=_("Limits by country"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One on each line: country and places, such as “Portugal 10”."),
    )

    def __init__(self, *args, entry: IntakeExchange, **kwargs):
        super().__init__(*args, **kwargs)
        self.entry = entry
        self.parts = list(entry.exchange.parts.select_related("institution"))
        quotas = list(entry.quotas.all())
        for name in ("capacity", "minimum", "never_abroad", "fewer_opportunities"):
            self.fields[name].initial = getattr(entry, name)
        own = {quota.institution_id: quota.places for quota in quotas if quota.institution_id}
        for part in self.parts:
            self.fields[f"quota_{part.institution_id}"] = _places(
                label=part.institution.name,
                required=False,
                initial=own.get(part.institution_id),
                help_text=_("Empty: its %(places)d free places.") % {"places": part.free},
            )
        self.fields["countries"].initial = "\n".join(
            f"{world.name(quota.country)} {quota.places}" for quota in quotas if quota.country
        )
        lines = list(entry.priority_lines.prefetch_related("learners"))
        for number in range(1, max(LINES, len(lines)) + 1):
            line = lines[number - 1] if number <= len(lines) else None
            self.fields[f"label_{number}"] = LineField(
                label=_("Line %(number)d: why they come first") % {"number": number},
                max_length=140,
                required=False,
                initial=line.label if line else "",
            )
            self.fields[f"addresses_{number}"] = forms.CharField(
                label=_("Line %(number)d: e-mail addresses") % {"number": number},
                required=False,
                max_length=40_000,
                widget=forms.Textarea(attrs={"rows": 3}),
                initial="\n".join(learner.email for learner in line.learners.all()) if line else "",
            )
        self.lines = max(LINES, len(lines))
        if entry.intake.status != IntakeStatus.DRAFT:
            for name in ("capacity", "never_abroad", "fewer_opportunities", "countries"):
                del self.fields[name]
            for part in self.parts:
                del self.fields[f"quota_{part.institution_id}"]

    @property
    def quota_fields(self):
        return [
            self[f"quota_{part.institution_id}"] for part in self.parts if f"quota_{part.institution_id}" in self.fields
        ]

    @property
    def line_fields(self):
        return [(self[f"label_{number}"], self[f"addresses_{number}"]) for number in range(1, self.lines + 1)]

    def clean_countries(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for line in self.cleaned_data["countries"].splitlines():
            if not line.strip():
                continue
            match = re.fullmatch(r"\s*(.+?)[\s:,]+(\d{1,6})\s*", line)
            code = _country(match.group(1)) if match else None
            if match is None or code is None:
                raise ValidationError(
                    _("“%(line)s” is no country with a number. Write it like “Portugal 10”."),
                    params={"line": line.strip()[:60]},
                )
            if code in found:
                raise ValidationError(_("%(country)s is there twice."), params={"country": match.group(1)})
            found[code] = int(match.group(2))
        return found

    @property
    def rules(self) -> dict:
        """As `set_rules` takes them."""
        cleaned = self.cleaned_data
        names = ("capacity", "minimum", "never_abroad", "fewer_opportunities")
        lines = []
        for number in range(1, self.lines + 1):
            label, addresses = cleaned.get(f"label_{number}", ""), cleaned.get(f"addresses_{number}", "")
            if label or addresses.strip():
                lines.append((label, re.split(r"[\s,;]+", addresses.strip()) if addresses.strip() else []))
        return {
            "limits": {name: cleaned.get(name) for name in names},
            "institutions": {part.institution_id: cleaned.get(f"quota_{part.institution_id}") for part in self.parts},
            "countries": cleaned.get("countries") or {},
            "lines": lines,
        }


def _country(text: str) -> str | None:
    """By its code, or its name in the reader's language or in English."""
    wanted = text.strip().casefold()
    with override("en"):
        english = world.countries()
    return next(
        (code for code, name in [*world.countries(), *english] if wanted in (code.casefold(), name.casefold())), None
    )


class ReasonForm(forms.Form):
    reason = TextField(label=_("Why"), max_length=2000, help_text=_("Everybody who chose will read it."))
