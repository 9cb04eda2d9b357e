"""A certificate of participation as a PDF, typeset by typst with packaged fonts."""

import datetime as dt
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import qrcode
import typst
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from qrcode.image.svg import SvgPathImage

from exchanges.enums import Format
from institutions import places

SHEET = Path(__file__).with_name("certificate.typ")
FONTS = ("fontpkg_figtree", "fontpkg_noto_sans", "fontpkg_noto_sans_devanagari", "fontpkg_noto_sans_arabic")
MOST_OUTCOMES = 6
MOST_CHARACTERS = 200
SKIES = (0, 4, 18)


@cache
def font_folders() -> list[str]:
    found = [find_spec(package) for package in FONTS]
    return [str(Path(spec.origin).parent / "files") for spec in found if spec and spec.origin]


def certificate_pdf(facts: dict[str, Any], *, code: str, verify_url: str, issued_at: dt.datetime) -> bytes:
    """The PDF in the active language. The same facts give the same bytes."""
    data = words_of(facts) | {
        "lang": (get_language() or "en").split("-")[0],
        "code": " ".join(code[n : n + 4] for n in range(0, len(code), 4)),
        "code-label": _("Code:"),
        "check": _("Anyone can check this certificate:"),
        "url": verify_url,
        "qr": qr_svg(verify_url),
        "issued": _("Issued on %s. Facts as they were on that day.") % _day(issued_at.date()),
        "shifts": SKIES[: max(2, min(3, len(facts["institutions"])))],
    }
    made = typst.compile(
        str(SHEET),
        format="pdf",
        font_paths=font_folders(),
        sys_inputs={"data": json.dumps(data)},
        timestamp=int(issued_at.timestamp()),
    )
    assert isinstance(made, bytes)
    return made


def words_of(facts: dict[str, Any]) -> dict[str, Any]:
    """The certificate's texts. Certificates of earlier days may lack some of the facts."""
    starts, ends = (dt.date.fromisoformat(facts[name]) for name in ("starts", "ends"))
    return {
        "title": _("Certificate of participation"),
        "learner": facts["learner"],
        "of": _("of %s") % facts["institution"],
        "took-part": _("took part in"),
        "exchange": facts["exchange"],
        "when": _("%(first)s to %(last)s") % {"first": _day(starts), "last": _day(ends)},
        "format": format_name(facts),
        "facts": [[label, text] for label, text in lines_of(facts)],
        "outcomes-label": _("What the programme teaches"),
        "outcomes": [line[:MOST_CHARACTERS] for line in facts.get("outcomes", [])[:MOST_OUTCOMES]],
        "credits": credits_of(facts),
    }


def lines_of(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Label and text of each fact that is known."""
    lines = [(_("Held by"), ", ".join(facts["institutions"]))]
    if facts.get("sessions_held"):
        text = _("%(attended)s of %(held)s, %(hours)s hours") % {
            "attended": facts["sessions_attended"],
            "held": facts["sessions_held"],
            "hours": f"{facts['hours_attended']:g}",
        }
        lines.append((_("Live sessions attended"), text))
    work = []
    if facts.get("live_hours"):
        work.append(_("%s hours live") % f"{facts['live_hours']:g}")
    if facts.get("independent_hours"):
        work.append(_("%s hours of independent work") % f"{facts['independent_hours']:g}")
    if work:
        lines.append((_("Programme"), ", ".join(work)))
    if facts.get("language"):
        lines.append((_("Working language"), places.language_name(facts["language"])))
    return lines


def format_name(facts: dict[str, Any]) -> str:
    return str(Format(facts["format"]).label) if facts.get("format") in Format.values else ""


def credits_of(facts: dict[str, Any]) -> str:
    """Who grades, where anybody does. A certificate of participation itself awards nothing."""
    path = facts.get("credits")
    if path == "home":
        return _(
            "This certificate awards no credits. Work in this exchange is graded, and credited where that applies, by"
            " the learner's home institution."
        )
    if path == "host":
        return _(
            "This certificate awards no credits. Credits, where they apply, are awarded by %s and shown in its own"
            " transcript of records."
        ) % facts.get("host", "")
    return _("This certificate awards no credits.")


def qr_svg(text: str) -> str:
    """A QR code as SVG."""
    return qrcode.make(text, image_factory=SvgPathImage, border=0).to_string().decode()


def _day(day: dt.date) -> str:
    return date_format(day, _("j F Y"))
