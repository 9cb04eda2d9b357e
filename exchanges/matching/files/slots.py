"""Session hours from a file: people and the terms in, the three proposals with what each costs whom out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from exchanges.matching.files import check
from exchanges.matching.files.check import Id, Record
from exchanges.matching.slots import Member, Plan, propose_plans
from institutions.hours import HUMANE, WeekHours

FORMAT = """\
slots: a weekly hour for a live series, or two or three in turn, or two parallel series
  {"people": [{"id", "zone", "hours"?: [{"weekday": 0-6, "from": "HH:MM", "to": "HH:MM"}]}],
   "start": date, "weeks": n, "session_minutes": n, "zone": the governing zone, "last"?: date}
gives
  {"proposals": [{"kind": "single", "rotation" or "split", "total", "worst", "fairness", "humane",
                  "outside": [ids], "burdens": {id: n},
                  "parts": [{"slots": [{"weekday", "time"}], "people": [ids], "starts": [instants],
                             "weekly": {id: [burden in each week]}}]}], "figures": {...}}
Weekday 0 is Monday. Without hours somebody is taken to be there from 08:00 to 21:00. Week n is the seven days from
"start" + 7 n; no session is after "last". What an hour costs is 0 from 09:00 to 18:00 and rises to 10 at night, with 3
more outside somebody's own hours; what somebody bears is the sum over all weeks."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The period (weeks count from `first`), the session's length, the governing zone, and the last possible date."""

    first: date
    weeks: int
    minutes: int
    governing: str
    last: date | None = None


def run(top: Record, *, seed: int, explain: bool) -> dict[str, Any]:
    people, terms = read(top)
    plans = propose_plans(
        people,
        first=terms.first,
        weeks=terms.weeks,
        minutes=terms.minutes,
        governing=terms.governing,
        last=terms.last,
    )
    return {
        "proposals": [_plain(plan) for plan in plans],
        "figures": {"people": len(people), "weeks": terms.weeks, "proposals": len(plans)},
    }


def _plain(plan: Plan) -> dict[str, Any]:
    return {
        "kind": plan.kind,
        "total": plan.total,
        "worst": plan.worst,
        "fairness": plan.fairness,
        "humane": plan.humane,
        "outside": list(plan.outside),
        "burdens": {str(n): burden for n, burden in plan.burdens.items()},
        "parts": [
            {
                "slots": [{"weekday": weekday, "time": f"{at:%H:%M}"} for weekday, at in part.slots],
                "people": list(part.burdens),
                "starts": [f"{each.utc:%Y-%m-%dT%H:%MZ}" for each in part.occurrences],
                "weekly": {str(n): list(costs) for n, costs in part.weekly.items()},
            }
            for part in plan.parts
        ],
    }


def outcome(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What two answers are compared by."""
    return [
        {"kind": each["kind"], "total": each["total"], "slots": [part["slots"] for part in each["parts"]]}
        for each in answer["proposals"]
    ]


def write(people: Sequence[Member], terms: Terms) -> dict[str, Any]:
    """The file that gives the engine these people and terms."""
    return {
        "start": terms.first.isoformat(),
        "weeks": terms.weeks,
        "session_minutes": terms.minutes,
        "zone": terms.governing,
        "last": terms.last.isoformat() if terms.last else None,
        "people": [
            {"id": n, "zone": zone, "hours": check.written_hours(HUMANE if hours is None else hours)}
            for n, zone, hours in people
        ],
    }


def read(top: Record) -> tuple[list[Member], Terms]:
    """The people and the terms; raises WrongFile with all problems."""
    people: list[tuple[Id, str, WeekHours | None]] = []
    places: list[tuple[str, Id | None]] = []
    for record in top.records("people"):
        n = record.id()
        places.append((record.where, n))
        given = record.value.get("hours") is not None
        people.append((0 if n is None else n, record.zone(), record.hours() if given else None))
        if not given:
            record.asked.append("hours")
    check.note_repeated(top.found, places)
    terms = Terms(
        top.day("start"),
        top.number("weeks", 1, 110),
        top.number("session_minutes", 1, 720),
        top.zone(),
        top.read("last", check.day, None, needed=False),
    )
    top.done()
    top.found.settle()
    return people, terms
