"""A proposal for a series as the planner shows it: on the ribbon in every clock state, and who pays what each week."""

import datetime as dt
from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchanges.models import Exchange
from exchanges.views.slots import MOST_ROWS, cost_words
from institutions import places, ribbon
from institutions.hours import local

MOST_BEARERS = 6


def plan_card(
    request: HttpRequest, exchange: Exchange, proposal: dict[str, Any], number: int | None = None
) -> dict[str, Any]:
    viewer = request.zone  # type: ignore[attr-defined]
    cities = {part.institution.zone: part.institution.city for part in exchange.parts.all()}
    return {
        "number": number,
        "proposal": proposal,
        "name": kind_words(proposal),
        "fair": round(proposal["fairness"] * 100),
        "fair_words": fairness_words(proposal),
        "share": proposal["total"] / max(1, proposal["people"]),
        "parts": [_part(part, viewer, cities, n) for n, part in enumerate(proposal["parts"])],
        "bearers": [
            row | {"name": _city(row["zone"], cities)} for row in proposal["bearers"][:MOST_BEARERS] if row["burden"]
        ],
        "more_bearers": sum(row["people"] for row in proposal["bearers"][MOST_BEARERS:] if row["burden"]),
        "free": sum(row["people"] for row in proposal["bearers"] if not row["burden"]),
    }


def kind_words(proposal: dict[str, Any]) -> str:
    if proposal["kind"] == "split":
        return _("Two parallel sessions")
    turns = len(proposal["parts"][0]["slots"])
    if turns > 1:
        return ngettext("%s hour in turn", "%s hours in turn", turns) % turns
    return _("The same hour every week")


def fairness_words(proposal: dict[str, Any]) -> str:
    if not proposal["worst"]:
        return _("nobody bears anything")
    if proposal["worst"] <= max(len(part["starts"]) for part in proposal["parts"]):
        return _("light for everybody")  # no worse than the edge of the day
    if proposal["fairness"] >= 0.8:
        return _("shared fairly")
    return _("shared unevenly") if proposal["fairness"] >= 0.5 else _("borne by a few")


def turn_lines(proposal: dict[str, Any]) -> list[str]:
    """ "Tuesdays at 10:00", for each wall time, on the governing clock."""
    return [_turn_line(slot) for part in proposal["parts"] for slot in part["slots"]]


def _turn_line(slot: dict[str, Any]) -> str:
    return _("%(day)s, %(time)s") % {"day": WEEKDAYS[slot["weekday"]], "time": slot["time"]}


def _city(zone: str, cities: dict[str, str]) -> str:
    return cities.get(zone) or places.zone_city(zone)


def _part(part: dict[str, Any], viewer, cities: dict[str, str], number: int) -> dict[str, Any]:
    starts = [dt.datetime.fromisoformat(text) for text in part["starts"]]
    rows = [ribbon.Place(row["zone"], cities.get(row["zone"], "")) for row in part["zones"][:MOST_ROWS]]
    seen = [ribbon.Place(viewer), *rows]
    turns = []
    for turn, slot in enumerate(part["slots"]):
        mine = [start for start, which in zip(starts, part["turns"], strict=True) if which == turn]
        if mine:
            states = clock_states(mine, [place.tz for place in seen])
            drawn = [
                {
                    "first": state[0],
                    "weeks": len(state),
                    "ribbon": ribbon.for_slots(seen[0], rows, [ribbon.Slot(state[0], part["minutes"])]),
                }
                for state in states
            ]
            turns.append(
                {
                    "line": _turn_line(slot),
                    "first": drawn[0],
                    "later": drawn[1:],
                    "notes": ribbon.clock_notes(seen, mine),
                }
            )
    return {
        "letter": chr(ord("A") + number),
        "part": part,
        "turns": turns,
        "zones": [row | {"name": _city(row["zone"], cities)} for row in part["zones"]],
        "weeks": [_week(part, n, start) for n, start in enumerate(starts)],
    }


def clock_states(starts: list[dt.datetime], zones: list) -> list[list[dt.datetime]]:
    """The starts in runs that look the same on all clocks."""
    return [list(run) for _walls, run in groupby(starts, key=lambda start: [local(start, tz).time() for tz in zones])]


def _week(part: dict[str, Any], n: int, start: dt.datetime) -> dict[str, Any]:
    day = local(start, part["zone"]).date()
    cells = []
    for row in part["zones"]:
        at = local(start, row["zone"])
        burden = row["burdens"][n]
        cells.append(
            {
                "time": f"{at:%H:%M}" if at.date() == day else f"{date_format(at, 'D')} {at:%H:%M}",
                "burden": burden,
                "words": cost_words({"burden": burden}),
                "tone": "good" if not burden else "warn" if burden <= 4 else "bad",
                "outside": row["outside"][n],
            }
        )
    return {"start": start, "cells": cells}
