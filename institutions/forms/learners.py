"""What groups and places need to know of a person."""

from django import forms
from django.utils.translation import gettext_lazy as _

from institutions import codes
from institutions.enums import Cefr
from institutions.forms.hours import HoursField
from institutions.forms.rules import by_rule
from institutions.models import LearnerProfile

LANGUAGE_ROWS = 4


class LearnerProfileForm(forms.ModelForm):
    hours = HoursField(
        label=_("Hours you can meet live"),
        required=False,
        help_text=_("In your own time zone. Groups are formed from people whose hours overlap."),
    )

    class Meta:
        model = LearnerProfile
        fields = ["hours", "field", "level", "esi"]

    def __init__(self, *args, field_choices=(), language_choices=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["field"] = forms.ChoiceField(
            label=_("Field of study"), required=False, choices=[("", _("Not said")), *field_choices]
        )
        self.fields["level"] = forms.TypedChoiceField(
            label=_("Level of study (EQF)"),
            required=False,
            coerce=int,
            empty_value=None,
            choices=[("", _("Not said")), *((n, str(n)) for n in range(1, 9))],
            help_text=_("5 is a short cycle, 6 a bachelor's, 7 a master's, 8 a doctorate; VET is mostly 3 to 5."),
        )
        self.fields["esi"].help_text = _(
            "From your student card, if you have one: urn:schac:personalUniqueCode:int:esi:…"
        )
        known = list((self.instance.languages or {}).items())
        for number in range(LANGUAGE_ROWS):
            tag, cefr = known[number] if number < len(known) else ("", "")
            self.fields[f"language_{number}"] = forms.ChoiceField(
                label=_("Language %(number)s") % {"number": number + 1},
                required=False,
                initial=tag,
                choices=[("", _("None")), *language_choices],
            )
            self.fields[f"cefr_{number}"] = forms.ChoiceField(
                label=_("Your level in language %(number)s") % {"number": number + 1},
                required=False,
                initial=cefr,
                choices=[("", _("Not said")), *Cefr.choices],
            )

    @property
    def language_rows(self):
        return [(self[f"language_{number}"], self[f"cefr_{number}"]) for number in range(LANGUAGE_ROWS)]

    def clean_esi(self):
        value = self.cleaned_data["esi"].strip()
        return by_rule(codes.esi, value) if value else ""

    def clean(self):
        cleaned = super().clean()
        languages: dict[str, str] = {}
        for number in range(LANGUAGE_ROWS):
            tag, cefr = cleaned.get(f"language_{number}"), cleaned.get(f"cefr_{number}")
            if not tag:
                continue
            if not cefr:
                self.add_error(f"cefr_{number}", _("Say how well you know it."))
            elif tag in languages:
                self.add_error(f"language_{number}", _("You named this language already."))
            else:
                languages[tag] = cefr
        cleaned["languages"] = languages
        return cleaned

    def _post_clean(self):
        """The action writes; the form leaves the profile as it is."""
