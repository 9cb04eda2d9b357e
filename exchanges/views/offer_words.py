"""An offer's fields and their values in words: for the history, and for two versions side by side."""

import datetime as dt
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from exchanges.enums import Bandwidth, Context, Format, Mode
from exchanges.forms.offers import StepForm
from exchanges.models import Offer
from institutions import isced, places
from institutions.enums import Kind
from institutions.forms.hours import Entered, day_name
from institutions.hours import WeekHours

_ENUMS: dict[str, Any] = {"format": Format, "context": Context, "mode": Mode, "bandwidth": Bandwidth}
_DAYS = ("starts", "ends", "physical_starts", "physical_ends", "reply_by")


def label_of(field: str) -> str:
    """A field's name for readers."""
    if field == "languages":
        return _("Languages")
    if field == "resources":
        return _("Open resources")
    names = {one.name: one for one in Offer._meta.get_fields() if hasattr(one, "verbose_name")}
    return capfirst(str(names[field].verbose_name)) if field in names else ""


def changes_in_words(changes: dict[str, list]) -> list[dict[str, str]]:
    """What a revision changed: the field, before and after."""
    return [
        {"label": label_of(field), "before": value_in_words(field, before), "after": value_in_words(field, after)}
        for field, (before, after) in changes.items()
    ]


def value_in_words(field: str, value: Any) -> str:
    """A stored value (as `actions.offers.content_of` keeps it) for readers."""
    if value is True or value is False:
        return _("yes") if value else _("no")
    if value in (None, "", []):
        return ""
    if field in _ENUMS:
        return str(_ENUMS[field](value).label) if value in _ENUMS[field].values else str(value)
    if field in _DAYS:
        return _day(value)
    return _OTHERS.get(field, _plain)(value)


def _plain(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _day(text: str) -> str:
    try:
        return date_format(dt.date.fromisoformat(str(text)), _("j F Y"))
    except ValueError:
        return str(text)


def _hours(value: str) -> str:
    hours = WeekHours.from_hex(value)
    days: dict[int, list[str]] = {}
    for span in hours.ranges():
        days.setdefault(span.weekday, []).append(f"{span.start_text}-{span.end_text}")
    return "\n".join(f"{day_name(day)} {', '.join(spans)}" for day, spans in days.items())


def _languages(rows: list[str]) -> str:
    pairs = [row.rsplit(" ", 1) for row in rows]
    return ", ".join(f"{places.language_name(tag)} {cefr}" for tag, cefr in pairs)


def _resources(rows: list[dict[str, str]]) -> str:
    return "\n".join(f"{row['title']} ({row['licence']}) {row['url']}" for row in rows)


_OTHERS = {
    "resources": _resources,
    "hours": _hours,
    "languages": _languages,
    "field": lambda code: f"{isced.name(code)} ({code})",
    "wanted_countries": lambda codes: ", ".join(map(places.name, codes)),
    "wanted_regions": lambda codes: ", ".join(map(places.name, codes)),
    "wanted_kinds": lambda kinds: ", ".join(str(Kind(kind).label) for kind in kinds if kind in Kind.values),
}


def typed_in_words(offer: Offer, form: StepForm) -> list[dict[str, str]]:
    """Where what was typed in a step differs from what is stored for it: the field, the stored text, the typed text.

    Stored is what a colleague or another tab typed last, in the columns or not yet.
    """
    stored = stored_form(offer, form)
    rows = []
    for name in form.fields:
        before, after = _shown(stored[name]), _shown(form[name])
        if before != after:
            rows.append({"label": str(form[name].label), "before": before, "after": after})
    return rows


def stored_form(offer: Offer, form: StepForm) -> StepForm:
    typed = offer.draft.get(form.step, {}).get("typed")
    return type(form)(offer=offer) if typed is None else type(form).again(offer, typed)


def _shown(bound) -> str:
    """A field's content as its reader sees it."""
    value = bound.value()
    if isinstance(value, Entered | WeekHours):
        try:
            value = bound.field.to_python(value)
        except ValueError:
            return _("hours")
        return _hours(value.to_hex())
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices = {str(key): str(label) for key, label in _flat(getattr(bound.field, "choices", ()))}
    values = value if isinstance(value, list | tuple) else [value]
    return ", ".join(choices.get(str(one), str(one)) for one in values if one not in (None, ""))


def _flat(choices):
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label
