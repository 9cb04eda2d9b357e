"""Hours for live sessions: proposing them, and saying what an hour costs whom.

A slot is kept as plain JSON (in `Activity.proposal`), so that it can be read years later without the engine.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

from exchanges.actions.people import Participant
from exchanges.matching.slots import SlotProposal, cost_of, propose_slots
from exchanges.models import Exchange
from institutions.away import how_many_away
from institutions.hours import local

Slot = dict[str, Any]
PROPOSALS = 3


def propose(people: Sequence[Participant], exchange: Exchange, terms: dict[str, Any]) -> list[Slot]:
    """The three best weekly hours for these people, on the clock of the governing zone."""
    found = propose_slots(_members(people), governing=exchange.zone, count=PROPOSALS, **_period(terms))
    return [as_json(proposal, people) for proposal in found if proposal.occurrences]


def cost_by_hand(
    people: Sequence[Participant], exchange: Exchange, terms: dict[str, Any], *, day: dt.date, at: dt.time, minutes: int
) -> Slot | None:
    """What an hour that somebody typed costs, weekly from that day to the exchange's end; None out of reach."""
    period: dict[str, Any] = {"first": day, "weeks": max(1, (exchange.ends - day).days // 7 + 1), "minutes": minutes}
    if not people or not exchange.starts <= day <= exchange.ends:
        return None
    proposal = cost_of(_members(people), weekday=day.weekday(), at=at, governing=exchange.zone, **period)
    return as_json(proposal, people) if proposal.occurrences else None


def coming_start(slot: Slot, now: dt.datetime) -> dt.datetime:
    """The first start of a slot that is still to come; its very first where all have passed."""
    starts = [dt.datetime.fromisoformat(text) for text in slot["starts"]]
    return next((start for start in starts if start > now), starts[0])


def wall_of(slot: Slot, now: dt.datetime) -> dict[str, Any]:
    """The coming start as wall time, the way activities take it."""
    wall = local(coming_start(slot, now), slot["zone"])
    return {"wall_date": wall.date(), "wall_time": wall.time().replace(fold=0), "fold": wall.fold}


def as_json(proposal: SlotProposal, people: Sequence[Participant]) -> Slot:
    """A proposal as it is kept: the wall time, every start, and per zone how many people and what it costs them.

    `burden` of a zone is that of its worst week (0 in the day to 10 at night), `outside` counts those who are outside
    their own hours in some week. `away` names the starts at which some can't come for other reasons (dates away, busy
    times, days without teaching), with how many they are.
    """
    starts = [occurrence.utc for occurrence in proposal.occurrences]
    wall = local(starts[0], proposal.zone)
    living = Counter(participant.person.zone for participant in people)
    away = Counter(participant.person.zone for participant in people if participant.person.id in set(proposal.outside))
    burdens = {
        zone: max(
            (seen.burden for occurrence in proposal.occurrences for seen in occurrence.zones if seen.zone == zone),
            default=0,
        )
        for zone in living
    }
    return {
        "weekday": proposal.weekday,
        "time": f"{proposal.time:%H:%M}",
        "zone": proposal.zone,
        "date": wall.date().isoformat(),
        "fold": 0,
        "minutes": proposal.minutes,
        "starts": [start.isoformat() for start in starts],
        "total": proposal.total,
        "worst": proposal.worst,
        "fairness": proposal.fairness,
        "humane": proposal.humane,
        "people": len(people),
        "zones": [
            {"zone": zone, "people": count, "burden": burdens[zone], "outside": away[zone]}
            for zone, count in sorted(living.items(), key=lambda item: (-item[1], item[0]))
        ],
        "away": [
            [start.isoformat(), count]
            for start, count in zip(
                starts, how_many_away([each.away for each in people], starts, proposal.minutes), strict=True
            )
            if count
        ],
    }


def _members(people: Sequence[Participant]):
    return [(each.person.id, each.person.zone, each.person.hours) for each in people]


def _period(terms: dict[str, Any]) -> dict[str, Any]:
    return {name: terms[name] for name in ("first", "weeks", "minutes")}
