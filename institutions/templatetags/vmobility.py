"""Tags and filters of every page: time in the reader's zone, states, icons, the ribbon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import lucide
import nh3
from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BaseForm, BaseFormSet
from django.forms.utils import ErrorList
from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markdown_it import MarkdownIt

from institutions import places
from institutions import ribbon as ribbons
from institutions.hours import WeekHours, Zone, get_zone

register = template.Library()

UTC = get_zone("UTC")
SOON = dt.timedelta(hours=24)


# --- Time ---


def viewer_zone(context: Context) -> ZoneInfo:
    """The zone in which this page shows its times; mails have no request and say `zone` instead."""
    zone = getattr(context.get("request"), "zone", None) or context.get("zone")
    return get_zone(zone or timezone.get_current_timezone_name())


@register.filter
def zone_name(zone: Zone) -> str:
    """The city of a zone: {{ institution.zone|zone_name }}."""
    return places.zone_city(zone) if zone else ""


@register.filter
def place_name(place: ribbons.Place) -> str:
    """What a ribbon's row is called: its own name, or the city of its zone."""
    return place.label or places.zone_city(place.zone)


@register.filter
def day_text(day: dt.date) -> str:
    """ "Tue 24 Nov", with the year where it could be mistaken."""
    # Translators: a date without and with its year, in Django's date format letters
    return date_format(day, _("D j M") if _near(day) else _("D j M Y"))


def _near(day: dt.date) -> bool:
    return abs((day - timezone.localdate()).days) < 300


def _instant(instant: dt.datetime, zone: Zone, text: str, *, css: str = "") -> SafeString:
    utc = instant.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}"{}>{} <span class="at-zone">{}</span></time>',
        utc.isoformat(timespec="minutes"),
        _("%(time)s UTC") % {"time": f"{day_text(utc.date())}, {utc:%H:%M}"},
        mark_safe(f' class="{css}"') if css else "",
        text,
        places.zone_city(zone),
    )


@register.simple_tag(takes_context=True)
def when(context: Context, instant: dt.datetime | None, zone: Zone | None = None) -> str:
    """An instant with its day, time and zone: "Tue 24 Nov, 14:05 Lisbon"."""
    if instant is None:
        return ""
    at = get_zone(zone) if zone else viewer_zone(context)
    local = instant.astimezone(at)
    return _instant(instant, at, f"{day_text(local.date())}, {local:%H:%M}")


@register.simple_tag(takes_context=True)
def clock(context: Context, instant: dt.datetime | None, zone: Zone | None = None) -> str:
    """Only the time of day of an instant, with its zone: "14:05 Lisbon"."""
    if instant is None:
        return ""
    at = get_zone(zone) if zone else viewer_zone(context)
    return _instant(instant, at, f"{instant.astimezone(at):%H:%M}")


@register.simple_tag(takes_context=True)
def both(context: Context, instant: dt.datetime | None, zone: Zone) -> str:
    """An instant for the reader and for the other side; a day that differs is said."""
    if instant is None:
        return ""
    mine, theirs = viewer_zone(context), get_zone(zone)
    first = when(context, instant)
    here, there = instant.astimezone(mine), instant.astimezone(theirs)
    if mine.key == theirs.key:
        return first
    text = f"{there:%H:%M}" if here.date() == there.date() else f"{date_format(there, 'D')} {there:%H:%M}"
    return format_html('{}<span class="other-side"> ({})</span>', first, _instant(instant, theirs, text))


@register.simple_tag(takes_context=True)
def when_text(context: Context, instant: dt.datetime | str | None, zone: Zone | None = None) -> str:
    """An instant in a notice, in the recipient's zone or the one given: "Tue 24 Nov, 14:05 (Europe/Lisbon)".

    Notices keep instants as ISO 8601 texts in UTC.
    """
    if not instant:
        return ""
    if isinstance(instant, str):
        instant = dt.datetime.fromisoformat(instant)
    recipient = context.get("recipient")
    at = get_zone(zone or (recipient.zone if recipient else viewer_zone(context)))
    local = instant.astimezone(at)
    return f"{day_text(local.date())}, {local:%H:%M} ({at.key})"


@register.simple_tag
def local_date(day: dt.date | None) -> str:
    """A date that has no zone: "Tue 24 Nov"."""
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), day_text(day)) if day else ""


@register.simple_tag
def date_range(first: dt.date | None, last: dt.date | None) -> str:
    """ "12 Oct to 27 Nov"; with the year where it could be mistaken, once if that is enough."""
    if not first or not last:
        return local_date(first or last)
    day, full = _("j M"), _("j M Y")
    near = _near(first) and _near(last)
    begin = date_format(first, day if near or first.year == last.year else full)
    end = date_format(last, day if near else full)
    return format_html(
        '<span><time class="nowrap" datetime="{}">{}</time> {} <time class="nowrap" datetime="{}">{}</time></span>',
        first.isoformat(), begin, _("to"), last.isoformat(), end,
    )  # fmt: skip


def _span(seconds: float) -> str:
    """A length of time in one or two units."""
    minutes = int(abs(seconds)) // 60
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days >= 2:
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    hours += days * 24
    if hours:
        return (_("%(h)s h %(m)s min") if rest else _("%(h)s h")) % {"h": hours, "m": rest}
    return _("%(m)s min") % {"m": rest}


@register.simple_tag
def relative(instant: dt.datetime | None) -> str:
    """How far away an instant is: "in 3 h 55 min", "2 days ago", "now"."""
    if instant is None:
        return ""
    seconds = (instant - timezone.now()).total_seconds()
    if abs(seconds) < 60:
        return _("now")
    return (_("in %(span)s") if seconds > 0 else _("%(span)s ago")) % {"span": _span(seconds)}


@register.simple_tag
def countdown(instant: dt.datetime | None) -> str:
    """How far away an instant is, kept up to date by the page's script."""
    if instant is None:
        return ""
    return format_html(
        '<time class="countdown" datetime="{}" data-countdown data-in="{}" data-ago="{}" data-now="{}" data-days="{}"'
        ' data-hours="{}" data-minutes="{}">{}</time>',
        instant.astimezone(UTC).isoformat(timespec="seconds"),
        _("in %(span)s"), _("%(span)s ago"), _("now"), _("%(n)s days"), _("%(h)s h %(m)s min"), _("%(m)s min"),
        relative(instant),
    )  # fmt: skip


@register.filter
def is_soon(instant: dt.datetime | None) -> bool:
    """Whether an instant is within a day from now, or over."""
    return bool(instant and instant - timezone.now() < SOON)


@register.simple_tag(takes_context=True)
def zone_clock(context: Context) -> str:
    """The reader's zone and what its clock shows: "Lisbon 14:05"."""
    zone = viewer_zone(context)
    now = timezone.now().astimezone(zone)
    return format_html(
        '<span class="zone-word">{}</span> <b data-clock="{}">{}</b>',
        places.zone_city(zone),
        zone.key,
        f"{now:%H:%M}",
    )


# --- The ribbon ---


@register.filter("sky_word")
def _sky_word(sky: ribbons.Sky) -> str:
    """Night, early, day or late: what an hour is like to people."""
    return {
        ribbons.Sky.NIGHT: _("night"),
        ribbons.Sky.EARLY: _("early"),
        ribbons.Sky.DAY: _("day"),
        ribbons.Sky.LATE: _("late"),
    }[sky]


def _hardship(mark: ribbons.Mark) -> str:
    """What a pill says beside its time: nothing by day."""
    if mark.worst is ribbons.Sky.DAY:
        return ""
    if mark.worst is ribbons.Sky.NIGHT and not mark.whole:
        return _("part night")
    return _sky_word(mark.worst) if mark.whole or not mark.window else ""


def _end(mark: ribbons.Mark) -> str:
    end = mark.local_end
    return "24:00" if end.hour == end.minute == 0 else f"{end:%H:%M}"


def pill_text(mark: ribbons.Mark) -> str:
    """The label on a mark: the local time, the day where it is not the reader's, and a word if it is not by day."""
    start = f"{mark.local_start:%H:%M}"
    if mark.window:
        start = f"{start}–{_end(mark)}"
        if translation.get_language_bidi():
            start = f"\u2066{start}\u2069"  # else a right-to-left page turns the range round
    day = date_format(mark.local_start, "D") if mark.day_shift and not mark.window else ""
    return " ".join(part for part in (day, start, _hardship(mark)) if part)


def weekdays_text(days: Iterable[int]) -> str:
    """ "Mon to Thu, Sat": weekdays with runs of three or more drawn together."""
    monday = dt.date(2024, 1, 1)
    names = [date_format(monday + dt.timedelta(days=n), "D") for n in range(7)]
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts: list[str] = []
    for run in runs:
        if len(run) > 2:
            parts.append(_("%(first)s to %(last)s") % {"first": names[run[0]], "last": names[run[-1]]})
        else:
            parts += [names[day] for day in run]
    return ", ".join(parts)


def week_text(lines: Iterable[ribbons.WeekLine]) -> str:
    """ "Mon to Thu 13:30 to 17:00; Fri 09:00 to 12:00"."""
    texts = [
        _("%(days)s %(start)s to %(end)s")
        % {"days": weekdays_text(line.days), "start": line.times[0], "end": line.times[1]}
        for line in lines
    ]
    return "; ".join(texts)


def _mark_text(mark: ribbons.Mark) -> str:
    word = _hardship(mark) or _sky_word(mark.worst)
    return _("%(day)s, %(start)s to %(end)s (%(sky)s)") % {
        "day": day_text(mark.local_start.date()), "start": f"{mark.local_start:%H:%M}", "end": _end(mark), "sky": word,
    }  # fmt: skip


@register.inclusion_tag("includes/ribbon.html", takes_context=True)
def ribbon(
    context: Context,
    ribbon: ribbons.Ribbon,
    *,
    title: str = "",
    notes: Iterable[ribbons.ClockNote] = (),
    bare: bool = False,
    key: bool = True,
) -> dict[str, Any]:
    """Draw a ribbon made by institutions.ribbon.for_slots or for_week; `notes` from institutions.ribbon.clock_notes."""
    mirrored = translation.get_language_bidi()
    rows = [
        {
            "row": row,
            "wide": ribbons.layout(row, pill_text, mirrored=mirrored),
            "narrow": ribbons.layout(row, pill_text, narrow=True, mirrored=mirrored),
            "texts": [week_text(row.week)] if row.week else [_mark_text(mark) for mark in row.marks],
        }
        for row in ribbon.rows
    ]
    ticks = [
        {
            "x": ribbons.box(tick.at, tick.at, mirrored=mirrored).x,
            "text": f"{tick.hour:02d}:00",
            "anchor": "start" if tick.at == 0 else "end" if tick.at == 1 else "middle",
            "narrow": tick.hour % 6 == 0,
        }
        for tick in ribbon.ticks
        if tick.hour % 3 == 0
    ]
    return {
        "ribbon": ribbon, "rows": rows, "ticks": ticks, "title": title, "notes": list(notes), "bare": bare,
        "key": key, "zone": viewer_zone(context), "request": context.get("request"),
    }  # fmt: skip


@lru_cache(maxsize=8192)
def _mini(hours: WeekHours, zone: ZoneInfo, viewer: ZoneInfo, on: dt.date, language: str) -> str:
    """`language` is what the label is written in: part of the cache's key only."""
    mirrored = translation.get_language_bidi()
    cells = ribbons.week_cells(hours, zone, viewer, ribbons.monday_of(on))
    live = ribbons.windows(cells)
    parts = []
    for span in ribbons.sky_of_day(on, viewer, viewer):
        shape = ribbons.box(span.start, span.end, mirrored=mirrored)
        parts.append(f'<rect class="sky-{span.sky.tone}" x="{shape.x}" width="{shape.width}" height="100%"/>')
    for start, end in live:
        shape = ribbons.box(start / 1440, end / 1440, mirrored=mirrored)
        parts.append(f'<rect class="live" x="{shape.x}" y="15%" width="{shape.width}" height="70%" rx="3"/>')
    label = _("Live hours on the clock in %(city)s: %(hours)s") % {
        "city": places.zone_city(viewer), "hours": week_text(ribbons.week_lines(cells)) or _("none"),
    }  # fmt: skip
    return format_html('<svg class="mini" role="img" aria-label="{}">{}</svg>', label, mark_safe("".join(parts)))


@register.simple_tag(takes_context=True)
def mini_ribbon(context: Context, hours: WeekHours, zone: Zone, on: dt.date | None = None) -> str:
    """One bar: the reader's day with the live hours of a week drawn in. `on`: a day of that week, by default today."""
    viewer = viewer_zone(context)
    day = on or timezone.localdate(timezone=viewer)
    return _mini(hours, get_zone(zone), viewer, day, translation.get_language() or "")


@register.simple_tag(takes_context=True)
def live_words(context: Context, hours: WeekHours, zone: Zone, on: dt.date | None = None) -> str:
    """The live hours on the reader's clock, all weekdays together: "13:30 to 17:00 Lisbon"."""
    viewer = viewer_zone(context)
    day = on or timezone.localdate(timezone=viewer)
    live = ribbons.windows(ribbons.week_cells(hours, get_zone(zone), viewer, ribbons.monday_of(day)))
    if not live:
        return _("no live hours")
    if len(live) > 1 and live[0][0] == 0 and live[-1][1] == 1440:
        # Hours that run through midnight are one stretch to people.
        live = [*live[1:-1], (live[-1][0], live[0][1])]
    clocks = [ribbons.WeekLine((), start, end).times for start, end in live]
    shown = ", ".join(_("%(start)s to %(end)s") % {"start": start, "end": end} for start, end in clocks[:2])
    if len(clocks) > 2:
        shown += ", …"
    return f"{shown} {places.zone_city(viewer)}"


# --- Text ---


class _Markdown:
    """Markdown of strangers: no raw HTML, no pictures, headings below the page's own, links that vouch for nothing."""

    TAGS = {
        *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
        *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
    }

    def __init__(self) -> None:
        self.parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
        self.parser.disable("image")

    def render(self, text: str) -> str:
        tokens = self.parser.parse(text)
        for token in tokens:
            if token.type in ("heading_open", "heading_close"):
                token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        html = self.parser.renderer.render(tokens, self.parser.options, {})
        return nh3.clean(
            html, tags=self.TAGS, attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
            url_schemes={"http", "https", "mailto"}, link_rel="nofollow noopener noreferrer",
        )  # fmt: skip


_markdown = _Markdown()


@register.filter
def markdown(text: str | None) -> str:
    """Markdown as sanitised HTML, in a .prose block."""
    return mark_safe(f'<div class="prose">{_markdown.render(text)}</div>') if text else ""


@register.filter
def country_name(code: str | None) -> str:
    """A country's name in the reader's language."""
    return places.country_name(code) if code else ""


@register.filter
def language_name(tag: str | None) -> str:
    """A language's name in the reader's language."""
    return places.language_name(tag) if tag else ""


@register.filter
def person_name(user: Any) -> str:
    """A person's name for the page: "Bruno Matos", or the address where there is none."""
    return (getattr(user, "name", "") or "").strip() or str(user)


@register.filter
def initials(user: Any) -> str:
    """One or two letters for a person."""
    words = person_name(user).replace("@", " ").split()
    letters = [word[0] for word in (words[:1] + words[1:][-1:]) if word]
    return "".join(letters).upper()


# --- Pieces ---


@lru_cache(maxsize=512)
def _icon(name: str, size: int) -> str:
    return lucide._render_icon(name, size, **{"class": "icon", "aria-hidden": "true", "focusable": "false"})


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "") -> str:
    """A lucide icon, decorative unless it has a label."""
    drawing = mark_safe(_icon(str(name), size))
    if not label:
        return drawing
    return format_html('{}<span class="visually-hidden">{}</span>', drawing, label)


# A state's tone, and a shape for each tone: nothing is told by colour alone.
TONES = {
    "good": "active verified published open enrolling confirmed placed accepted running approved sent present attended "
    "signed completed issued finished done",
    "wait": "pending requested signing submitted proposed invited queued sending waiting waitlisted scheduled grouping "
    "claimed partial offered review",
    "warn": "returned suspended lapsed expiring late excused bounced",
    "bad": "declined failed dead cancelled refused revoked absent no_place",
    "quiet": "draft expired ended closed withdrawn superseded planned held archived left unknown",
}
TONE_OF = {word: tone for tone, words in TONES.items() for word in words.split()}
SHAPE_OF = {
    "good": "circle-check",
    "wait": "hourglass",
    "warn": "triangle-alert",
    "bad": "circle-x",
    "quiet": "circle-dashed",
}


@register.simple_tag
def state_tag(value: Any, label: str = "", tone: str = "") -> str:
    """A state as a word with a shape: {% state_tag offer.status offer.get_status_display %}."""
    tone = tone or TONE_OF.get(str(value), "quiet")
    text = label or getattr(value, "label", "") or str(value)
    return format_html('<span class="tag {}">{}{}</span>', tone, icon(SHAPE_OF.get(tone, "circle-dashed"), 15), text)


@register.filter
def percent(value: int) -> float:
    """Of a hundred, as a share of one."""
    return value / 100


@register.simple_tag
def bar(share: float) -> str:
    """A share from 0 to 1 as a bar; the words beside it say what it means."""
    value = min(1.0, max(0.0, float(share or 0)))
    width = ribbons.box(0, max(value, 0.02)).width
    return format_html(
        '<svg class="meter" aria-hidden="true" focusable="false"><rect class="track" y=".5" width="100%" height="7"'
        ' rx="3.5"/><rect class="value" width="{}" height="8" rx="4"/></svg>',
        width,
    )


_remembered: dict[tuple[str, ...], SafeString] = {}
_REMEMBERED_MOST = 1000


class RememberNode(Node):
    """Rendered once for each name, language and arguments, then kept by this process: for what is the same on every
    page. Nothing inside may depend on anything else."""

    def __init__(self, nodelist: NodeList, arguments: list[FilterExpression]) -> None:
        self.nodelist, self.arguments = nodelist, arguments

    def render(self, context: Context) -> SafeString:
        key = (translation.get_language() or "", *(str(argument.resolve(context)) for argument in self.arguments))
        if key not in _remembered or settings.DEBUG:
            if len(_remembered) >= _REMEMBERED_MOST:
                _remembered.clear()
            _remembered[key] = self.nodelist.render(context)
        return _remembered[key]


@register.tag
def remember(parser: Parser, token: Token) -> RememberNode:
    """{% remember "footer" MAILBOX %}...{% endremember %}: see RememberNode."""
    arguments = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endremember",))
    parser.delete_first_token()
    return RememberNode(nodelist, arguments)


@register.simple_tag
@lru_cache(maxsize=512)
def nav_url(name: str, *args: Any) -> str:
    """The address of a named page, "" where it does not exist."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def nav_link(context: Context, name: str, label: str) -> str:
    """An entry of a menu, marked while one is on that page or below it; `nav_active` in the context overrides."""
    url = nav_url(name)
    if not url:
        return ""
    path = getattr(context.get("request"), "path", "")
    active = context.get("nav_active")
    current = ""
    if path == url:
        current = "page"
    elif active == name or (not active and path.startswith(url)):
        current = "true"
    mark = format_html(' aria-current="{}"', current) if current else ""
    return format_html('<a href="{}"{}>{}</a>', url, mark, label)


@register.inclusion_tag("includes/copy.html")
def copy_link(text: str, label: str = "") -> dict[str, str]:
    """A link to read, select or copy."""
    return {"text": text, "label": label}


@register.filter
def page_numbers(page: Page) -> Iterator[int]:
    """Page numbers around the current one; 0 stands for a gap."""
    last = 0
    for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1):
        last = number if isinstance(number, int) else 0
        yield last


@register.simple_tag
def error_items(form: Any = None, forms: Iterable[Any] | None = None) -> list[dict[str, str]]:
    """All errors of a form, formset or several forms, each with the id of the field it belongs to."""
    items: list[dict[str, str]] = []
    queue = list(forms) if forms else [form] if form else []
    for entry in queue:
        if isinstance(entry, BaseFormSet):
            queue += entry.forms
            items += [{"anchor": "", "text": str(text)} for text in entry.non_form_errors()] if entry.is_bound else []
        elif isinstance(entry, BaseForm) and entry.is_bound:
            for name, errors in entry.errors.items():
                items += [{"anchor": _anchor(entry, name), "text": text} for text in _said(entry, name, errors)]
    return items


def _anchor(form: BaseForm, name: str) -> str:
    if name not in form.fields:
        return ""
    field = form[name]
    return field.id_for_label or f"{field.auto_id}_group"


def _said(form: BaseForm, name: str, errors: ErrorList) -> list[str]:
    """Errors with the field's label in front, so that each can be understood away from its field."""
    label = form[name].label if name in form.fields else ""
    return [f"{label}: {text}" if label else str(text) for text in errors]


@register.filter
def is_check(field: Any) -> bool:
    """Whether a bound field is a single check box, whose label stands after it."""
    return field.widget_type == "checkbox"
