"""The rules of `institutions.codes` as form validation."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from institutions.codes import BadCode


def by_rule(rule: Callable[..., str], value: str, **options) -> str:
    """The value in its canonical form, or a ValidationError with the rule's sentence in the reader's language."""
    try:
        return rule(value, **options)
    except BadCode as bad:
        raise ValidationError(gettext(bad.message), params=bad.params) from bad
