"""Words of pairings that are stored as codes."""

from django import template

from exchanges.enums import DeclineReason

register = template.Library()


@register.filter
def reason_name(code: str) -> str:
    """Why a proposal was declined, in the reader's language; notices keep the code only."""
    return str(DeclineReason(code).label) if code in DeclineReason.values else code
