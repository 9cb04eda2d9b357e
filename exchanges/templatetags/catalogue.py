"""The catalogue's pieces that stand twenty or a hundred times on a page: written by hand, and not by template.

What many cards share (a language and its level, a pair of dates, a week of hours) is put into words once.
"""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from exchanges.catalogue.cards import Card
from exchanges.catalogue.queries import Option
from exchanges.catalogue.weeks import same_week
from exchanges.enums import Format, Mode
from institutions import places
from institutions.enums import Cefr
from institutions.hours import WeekHours, monday_of
from institutions.templatetags import vmobility

register = template.Library()


# Facets --------------------------------------------------------------------------------------------------------------


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


# Cards ---------------------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def catalogue_card(context: Context, card: Card) -> SafeString:
    """An offer or an exchange as the catalogue shows it; times are on the viewer's clock."""
    return catalogue_cards(context, [card])


@register.simple_tag(takes_context=True)
def catalogue_cards(context: Context, cards: Iterable[Card]) -> SafeString:
    """All cards of a page."""
    viewer, language, today = vmobility.viewer_zone(context), get_language() or "", timezone.localdate()
    return mark_safe("".join(_card(card, viewer, language, today) for card in cards))


def _card(card: Card, viewer: ZoneInfo, language: str, today: dt.date) -> str:
    tags = [_spoken(tag, cefr, language) for tag, cefr in card.languages]
    if card.ects:
        tags.append(f'<span class="tag">{number_format(card.ects.normalize())} ECTS</span>')
    if card.mode != Mode.VIRTUAL:
        tags.append(_tag(Mode, card.mode, language))
    who = ", ".join(card.institutions) + (f", {_country(card.country, language)}" if card.country else "")
    note = _wanted(card.wanted, language) if card.wanted else ""
    if card.closes:
        until = escape(_("Join until"))
        note = f"{until} {vmobility.when(Context({'zone': viewer}), card.closes)}"
    ribbon, live = _hours(card.hours, *same_week(card.zone, monday_of(card.starts), viewer.key), viewer, language)
    return (
        f'<article class="card link"><div class="row spread">{_tag(Format, card.format, language, css="tag brand")}'
        f"<small>{_dates(card.starts, card.ends, today, language)}</small></div>"
        f'<h3><a href="{card.url}">{escape(card.title)}</a></h3><p class="quiet">{escape(who)}</p>'
        f'<div class="tag-list">{"".join(tags)}</div><div class="foot">{ribbon}<div class="mini-caption">'
        f"<span>{live}</span><span>{note}</span></div></div></article>"
    )


@lru_cache(maxsize=200)
def _tag(kind, value: str, language: str, css: str = "tag") -> str:
    return f'<span class="{css}">{escape(kind(value).label)}</span>' if value else ""


@lru_cache(maxsize=5000)
def _spoken(tag: str, cefr: str, language: str) -> str:
    return f'<span class="tag">{escape(places.language_name(tag))} {escape(Cefr(cefr).label)}</span>'


@lru_cache(maxsize=2000)
def _country(code: str, language: str) -> str:
    return places.country_name(code)


@lru_cache(maxsize=200)
def _wanted(count: int, language: str) -> str:
    return escape(ngettext("%(n)s partner wanted", "%(n)s partners wanted", count) % {"n": count})


@lru_cache(maxsize=20_000)
def _dates(first: dt.date, last: dt.date, today: dt.date, language: str) -> str:
    return vmobility.date_range(first, last)


@lru_cache(maxsize=20_000)
def _hours(hours: WeekHours, zone: str, monday: dt.date, viewer: ZoneInfo, language: str) -> tuple[str, str]:
    """The ribbon and the words of a week's hours on a viewer's clock."""
    if not hours:
        return "", escape(_("No live hours"))
    context = Context({"zone": viewer})
    words = vmobility.live_words(context, hours, zone, monday)
    return vmobility.mini_ribbon(context, hours, zone, monday), escape(_("Live %(hours)s") % {"hours": words})
