"""Slots as the planner shows them: on the ribbon, with what each costs whom."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.slots import coming_start
from exchanges.models import Exchange
from institutions import places, ribbon

MOST_ROWS = 8


def slot_card(request: HttpRequest, exchange: Exchange, slot: dict[str, Any], number: int | None = None) -> dict:
    """A slot with its ribbon, the clock changes in its series and a line for each zone."""
    zone = request.zone  # type: ignore[attr-defined]
    starts = [dt.datetime.fromisoformat(text) for text in slot["starts"]]
    coming = coming_start(slot, timezone.now())
    cities = {part.institution.zone: part.institution.city for part in exchange.parts.all()}
    rows = [ribbon.Place(row["zone"], cities.get(row["zone"], "")) for row in slot["zones"][:MOST_ROWS]]
    return {
        "slot": slot,
        "number": number,
        "starts_at": coming,
        "ribbon": ribbon.for_slots(ribbon.Place(zone), rows, [ribbon.Slot(coming, slot["minutes"])]),
        "notes": ribbon.clock_notes([ribbon.Place(zone), *rows], starts),
        "zones": [
            row | {"name": cities.get(row["zone"]) or places.zone_city(row["zone"]), "words": cost_words(row)}
            for row in slot["zones"]
        ],
        "away": [(dt.datetime.fromisoformat(start), count) for start, count in slot.get("away", [])][:MOST_ROWS],
        "fair": round(slot["fairness"] * 100),
    }


def cost_words(row: dict[str, Any]) -> str:
    """What an hour is for people, in words: the burden of the worst week."""
    if row["burden"] == 0:
        return _("in the day")
    if row["burden"] <= 2:
        return _("at the edge of the day")
    return _("early or late") if row["burden"] <= 4 else _("at night")
