"""The journal of one object as the sentences of its history."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from institutions import isced, places
from institutions.enums import Kind
from institutions.models import JournalEntry

SENTENCES = {
    "institution.register": gettext_lazy("registered the institution"),
    "institution.register_again": gettext_lazy("corrected it and handed it in again"),
    "institution.edit": gettext_lazy("changed its facts"),
    "institution.approve": gettext_lazy("verified it"),
    "institution.decline": gettext_lazy("declined it"),
    "institution.suspend": gettext_lazy("suspended it"),
    "institution.restore": gettext_lazy("restored it"),
    "institution.verify_domains": gettext_lazy("settled its e-mail domains"),
    "partnership.draft": gettext_lazy("drafted it"),
    "partnership.edit": gettext_lazy("changed the text"),
    "partnership.start_signing": gettext_lazy("started the signing"),
    "partnership.sign": gettext_lazy("signed"),
    "partnership.reopen": gettext_lazy("took it back to the draft"),
    "partnership.submit": gettext_lazy("put the last signature; it went to the platform admins"),
    "partnership.approve": gettext_lazy("gave the final approval"),
    "partnership.send_back": gettext_lazy("sent it back with comments"),
    "partnership.decline": gettext_lazy("declined it"),
    "partnership.suspend": gettext_lazy("suspended it"),
    "partnership.resume": gettext_lazy("put it back into force"),
    "partnership.end": gettext_lazy("ended it"),
    "partnership.expire": gettext_lazy("Its validity ended"),
    "partnership.remind_of_end": gettext_lazy("The parties were reminded that it ends soon"),
}
PARTS = {
    "name": gettext_lazy("name"),
    "kind": gettext_lazy("kind"),
    "country": gettext_lazy("country"),
    "city": gettext_lazy("city"),
    "zone": gettext_lazy("time zone"),
    "website": gettext_lazy("website"),
    "description": gettext_lazy("what partners should know"),
    "languages": gettext_lazy("languages of teaching"),
    "schac": gettext_lazy("SCHAC code"),
    "erasmus_code": gettext_lazy("Erasmus code"),
    "pic": gettext_lazy("PIC"),
    "ror": gettext_lazy("ROR id"),
    "domains": gettext_lazy("e-mail domains"),
    "title": gettext_lazy("title"),
    "institutions": gettext_lazy("institutions"),
    "fields": gettext_lazy("fields of study"),
    "valid_from": gettext_lazy("valid from"),
    "valid_until": gettext_lazy("valid until"),
    "places": gettext_lazy("places per year"),
    "recognition_terms": gettext_lazy("recognition terms"),
}


def history_of(entries: Iterable[JournalEntry]) -> list[dict[str, Any]]:
    """Entries as `includes/history.html` takes them."""
    return [{"actor": entry.actor, "at": entry.at, "text": _text(entry), "note": entry.note} for entry in entries]


def _text(entry: JournalEntry) -> str:
    text = str(SENTENCES.get(entry.verb, entry.verb))
    if entry.verb == "partnership.sign":
        text = _("signed for %s") % entry.data.get("name", "")
    changes = entry.data.get("changes")
    if changes:
        return f"{text}: {', '.join(str(PARTS.get(part, part)) for part in changes)}"
    return text


def changes_in_words(changes: dict[str, list[Any]]) -> list[dict[str, str]]:
    """{part: [before, after]} as rows of label, before and after."""
    return [
        {"label": str(PARTS.get(part, part)), "before": _value(part, before), "after": _value(part, after)}
        for part, (before, after) in changes.items()
    ]


def _value(part: str, value: Any) -> str:
    if not value:
        return _("nothing")
    if part == "fields":
        return ", ".join(isced.name(code) for code in value)
    if part == "languages":
        return ", ".join(places.language_name(tag) for tag in value)
    if part == "country":
        return places.name(value)
    if part in ("valid_from", "valid_until"):
        return date_format(dt.date.fromisoformat(value), _("j M Y"))
    if part == "kind":
        return str(Kind(value).label)
    if part == "places":
        return "; ".join(_("%(a)s to %(b)s: %(n)s") % {"a": a, "b": b, "n": n} for a, b, n in value)
    return ", ".join(value) if isinstance(value, list) else str(value)
