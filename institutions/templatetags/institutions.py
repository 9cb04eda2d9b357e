"""Words of this app that are stored as codes."""

import datetime as dt

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from institutions.enums import Role

register = template.Library()


@register.filter
def role_name(role: str) -> str:
    """A role in the reader's language: {{ membership.role|role_name }}; notices keep the code only."""
    return str(Role(role).label) if role in Role.values else role


@register.filter
def iso_day(text: str) -> str:
    """A date that a notice keeps as its ISO text: "1 March 2027"."""
    return date_format(dt.date.fromisoformat(text), _("j F Y"))
