"""The coordinators' settings of an exchange."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from exchanges.forms.fields import LineField, TextField, date_field, instant_of, time_field
from exchanges.models import Exchange
from institutions import places as world
from institutions.models import Institution

PLAIN = (
    *("title", "summary", "starts", "ends", "zone", "language"),
    *("group_size_min", "group_size_max", "session_minutes"),
)
MOST_PLACES = 10_000


class ExchangeForm(forms.Form):
    """What the coordinators settle. The enrolment window is typed on the clock of the governing zone."""

    title = LineField(label=_("Title"), max_length=140)
    summary = LineField(label=_("Summary"), max_length=280, required=False)
    starts = date_field(label=_("Starts"))
    ends = date_field(label=_("Ends"))
    zone = forms.ChoiceField(label=_("Governing time zone"), help_text=_("Sessions keep this zone's clock."))
    opens_on = date_field(
        label=_("Enrolment opens on"), required=False, help_text=_("Empty: you open it by hand when all is ready.")
    )
    opens_at = time_field(label=_("At"), required=False)
    closes_on = date_field(label=_("Enrolment closes on"), required=False)
    closes_at = time_field(label=_("At"), required=False)
    group_size_min = forms.IntegerField(label=_("Smallest group"), min_value=2, max_value=100)
    group_size_max = forms.IntegerField(label=_("Largest group"), min_value=2, max_value=100)
    session_minutes = forms.IntegerField(label=_("Minutes of a live session"), min_value=15, max_value=480)
    language = forms.ChoiceField(label=_("Working language"))

    def __init__(self, *args, exchange: Exchange, **kwargs):
        super().__init__(*args, **kwargs)
        self.exchange = exchange
        self.parts = list(exchange.parts.all())
        zones = dict.fromkeys([exchange.zone, *(part.institution.zone for part in self.parts)])
        self.fields["zone"].choices = [(zone, zone) for zone in zones]
        tags = dict.fromkeys([exchange.language, *(language.tag for language in exchange.offer.languages.all())])
        self.fields["language"].choices = [(tag, world.language_name(tag)) for tag in tags]
        for name in PLAIN:
            self.fields[name].initial = getattr(exchange, name)
        for name, instant in (("opens", exchange.enrol_opens), ("closes", exchange.enrol_closes)):
            if instant is not None:
                wall = instant.astimezone(exchange.tz)
                self.fields[f"{name}_on"].initial, self.fields[f"{name}_at"].initial = wall.date(), wall.time()
        for part in self.parts:
            self.fields[f"places_{part.institution_id}"] = forms.IntegerField(
                label=part.institution.name,
                initial=part.places,
                validators=[MinValueValidator(0), MaxValueValidator(MOST_PLACES)],
                help_text=_("%(held)s held") % {"held": part.held} if part.held else "",
                widget=forms.NumberInput(attrs={"min": part.held}),
            )

    @property
    def place_fields(self):
        return [self[f"places_{part.institution_id}"] for part in self.parts]

    @property
    def places(self) -> dict[int, int]:
        return {part.institution_id: self.cleaned_data[f"places_{part.institution_id}"] for part in self.parts}

    @property
    def changes(self) -> dict:
        return {name: self.cleaned_data[name] for name in (*PLAIN, "enrol_opens", "enrol_closes")}

    def clean(self):
        cleaned = super().clean()
        zone = cleaned.get("zone") or self.exchange.zone
        for name in ("opens", "closes"):
            cleaned[f"enrol_{name}"] = self._instant(name, zone)
        if cleaned.get("starts") and cleaned.get("ends") and cleaned["ends"] < cleaned["starts"]:
            self.add_error("ends", _("It can't end before it starts."))
        return cleaned

    def _instant(self, name: str, zone: str):
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


class CancelForm(forms.Form):
    reason = TextField(label=_("Why"), max_length=2000, help_text=_("Everyone who takes part will read it."))


class JoinForm(forms.Form):
    """From which institution: asked only of those who are learners of several that take part."""

    institution = forms.ModelChoiceField(
        Institution.objects.none(), label=_("You take part from"), widget=forms.RadioSelect, empty_label=None
    )

    def __init__(self, *args, parts, **kwargs):
        super().__init__(*args, **kwargs)
        institutions = Institution.objects.filter(pk__in=[part.institution_id for part in parts])
        self.fields["institution"].queryset = institutions
        if len(parts) == 1:
            del self.fields["institution"]
