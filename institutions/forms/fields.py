"""Fields that several forms share: clean text, codes, lists of domains and languages."""

import datetime as dt
import re
from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import override

from institutions import codes, places
from institutions.errors import Refused
from institutions.forms.rules import by_rule


class LineField(forms.CharField):
    """One line of text, without control characters."""

    multiline = False

    def to_python(self, value):
        value = super().to_python(value)
        return by_rule(codes.clean_text, value, multiline=self.multiline) if value else value


class TextField(LineField):
    """Several lines of text, without control characters."""

    multiline = True
    widget = forms.Textarea(attrs={"rows": 4})


class CodeField(forms.CharField):
    """A code of `institutions.codes`, in its canonical spelling."""

    def __init__(self, *, rule: Callable[[str], str], **kwargs):
        super().__init__(**kwargs)
        self.rule = rule

    def to_python(self, value):
        value = super().to_python(value)
        return by_rule(self.rule, value) if value else value


class ListField(forms.CharField):
    """Several values in one field, apart by commas or line ends; the value is a list without repetitions."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, *, most: int, **kwargs):
        super().__init__(max_length=4000, **kwargs)
        self.most = most

    def one(self, text: str) -> str:
        raise NotImplementedError

    def words(self, value: list[str]) -> str:
        return "\n".join(value)

    def prepare_value(self, value):
        return self.words(value) if isinstance(value, list) else value

    def clean(self, value):
        typed = super().clean(value)
        found = list(dict.fromkeys(self.one(part.strip()) for part in re.split(r"[,;\n]", typed) if part.strip()))
        if self.required and not found:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(found) > self.most:
            raise ValidationError(_("Write at most %(most)d."), params={"most": self.most})
        return found

    def has_changed(self, initial, data):
        return super().has_changed(self.prepare_value(initial), data)


class DomainsField(ListField):
    """E-mail domains, one on each line."""

    def one(self, text: str) -> str:
        return by_rule(codes.email_domain, text)


class LanguagesField(ListField):
    """Languages by name (in the reader's language or in English) or by BCP 47 tag."""

    widget = forms.TextInput

    def one(self, text: str) -> str:
        name = by_rule(codes.clean_text, text, multiline=False).casefold()
        known = {label.casefold(): tag for tag, label in self._names()}
        if name in known:
            return known[name]
        try:
            return codes.language(text)
        except codes.BadCode as bad:
            raise ValidationError(
                _("“%(value)s” is not a language we know. Write its name, or a tag like pt-BR."),
                params={"value": text},
            ) from bad

    def words(self, value: list[str]) -> str:
        return ", ".join(places.language_name(tag) for tag in value)

    def _names(self) -> list[tuple[str, str]]:
        with override("en"):
            english = places.languages()
        return [*english, *places.languages()]


class DayField(forms.DateField):
    """A date of this century: others are slips of the hand, and some of them overflow what can be computed with."""

    def __init__(self, **kwargs):
        super().__init__(
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            validators=[MinValueValidator(dt.date(2000, 1, 1)), MaxValueValidator(dt.date(2099, 12, 31))],
            **kwargs,
        )


def add_refusal(form: forms.Form, refused: Refused) -> None:
    """Show what an action refused at its field, or above the form where the field is not in it."""
    form.add_error(refused.field if refused.field in form.fields else None, str(refused))
