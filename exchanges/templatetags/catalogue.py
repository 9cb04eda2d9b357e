"""The catalogue's pieces that are written a hundred times on a page, so they are written by hand."""

from collections.abc import Iterable
from functools import lru_cache

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from exchanges.catalogue.queries import Option

register = template.Library()


@lru_cache(maxsize=20_000)
def _frame(name: str, value: str, label: str, inside: bool) -> tuple[str, str]:
    """A check box up to where its state is said, and from there up to its count."""
    css = "option inside" if inside else "option"
    key = escape(f"f-{name}-{value}")
    return (
        f'<label class="{css}"><input type="checkbox" id="{key}" name="{name}" value="{escape(value)}"',
        f'><span>{escape(label)}</span><span class="n">',
    )


@register.simple_tag
def facet_options(options: Iterable[Option]) -> SafeString:
    """Check boxes of a facet, each with its count."""
    parts = []
    for option in options:
        start, middle = _frame(option.name, option.value, option.label, option.inside)
        parts += [start, " checked" if option.chosen else "", middle, str(option.count), "</span></label>"]
    return mark_safe("".join(parts))
