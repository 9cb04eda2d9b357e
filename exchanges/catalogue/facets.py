"""What the catalogue can be filtered by. A facet reads its values from an offer's row and has words for each value."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exchanges.enums import Format, Mode
from institutions import isced, places


class Row(NamedTuple):
    """What the picture reads of an offer (or of the exchange made of it: then with the exchange's dates)."""

    id: int
    format: str
    mode: str
    field: str
    level: int | None
    country: str
    ects: Decimal | None
    starts: date
    ends: date
    newest: object
    zone: str
    hours: object
    session_minutes: int
    institution: int
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Facet:
    """`values`: of one row. `label`: of a value. `order`: None sorts by count, otherwise the key that sorts values."""

    name: str
    title: object
    values: Callable[[Row], Iterable[str]]
    label: Callable[[str], str]
    order: Callable[[str], object] | None = None
    at_once: int = 8


# EQF levels by what most countries put there; the number is what counts.
_LEVELS = {
    "3": _("EQF 3, vocational"),
    "4": _("EQF 4, vocational or upper secondary"),
    "5": _("EQF 5, short cycle"),
    "6": _("EQF 6, bachelor"),
    "7": _("EQF 7, master"),
    "8": _("EQF 8, doctorate"),
}


def level_label(value: str) -> str:
    return str(_LEVELS.get(value) or gettext("EQF %(level)s") % {"level": value})


_CREDITS = {
    "none": _("Without credits"),
    "small": _("Up to 2.5 ECTS"),
    "medium": _("3 to 5 ECTS"),
    "large": _("More than 5 ECTS"),
}


def credit_range(ects: Decimal | None) -> str:
    if not ects:
        return "none"
    if ects < 3:
        return "small"
    return "medium" if ects <= 5 else "large"


def term_of(day: date) -> str:
    """Half a year by its first month: "2026-08" for August to December, "2027-01" for January to July.

    Months and not "autumn": it is spring then for a third of the platform's countries.
    """
    return f"{day.year}-08" if day.month >= 8 else f"{day.year}-01"


def term_label(value: str) -> str:
    year, first = int(value[:4]), int(value[5:])
    last = 12 if first == 8 else 7
    return gettext("%(first)s to %(last)s %(year)s") % {
        "first": date_format(date(year, first, 1), "F"),
        "last": date_format(date(year, last, 1), "F"),
        "year": year,
    }


def _field_values(row: Row) -> Iterable[str]:
    return (*isced.parents(row.field), row.field) if row.field else ()


_FORMATS, _MODES = list(Format.values), list(Mode.values)

FACETS = (
    Facet("format", _("Format"), lambda row: (row.format,), lambda v: str(Format(v).label), _FORMATS.index),
    Facet("field", _("Field"), _field_values, isced.name, str),
    Facet("level", _("Level"), lambda row: (str(row.level),) if row.level else (), level_label, str),
    Facet("language", _("Language"), lambda row: row.languages, places.language_name),
    Facet("mode", _("Mode"), lambda row: (row.mode,), lambda v: str(Mode(v).label), _MODES.index),
    Facet("country", _("Country"), lambda row: (row.country,), places.name),
    Facet("term", _("Starts in"), lambda row: (term_of(row.starts),), term_label, str),
    Facet(
        "credits", _("Credits"), lambda row: (credit_range(row.ects),), lambda v: str(_CREDITS[v]), list(_CREDITS).index
    ),
)
BY_NAME = {facet.name: facet for facet in FACETS}
