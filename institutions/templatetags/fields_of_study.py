"""Template filters for the words of the exchanges app."""

from django import template

from institutions import isced

register = template.Library()


@register.filter
def field_name(code: str) -> str:
    """An ISCED-F code's name in the reader's language: {{ offer.field|field_name }}."""
    return isced.name(code or "")
