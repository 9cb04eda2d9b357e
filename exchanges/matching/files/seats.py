"""Places from a file: learners and exchanges in, placements and the unplaced out, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from exchanges.matching import Reason, seats
from exchanges.matching.files import check
from exchanges.matching.files.check import Findings, Id, Record, show, whole

FORMAT = """\
seats: learners' ranked choices become places
  {"learners": [{"id", "institution", "country", "preferences": [exchange ids, best first],
                 "reserved": [names]?}],
   "exchanges": [{"id", "capacity", "minimum"?,
                  "quotas": {"institution": {code: n}, "country": {code: n}}?, "reserves": {name: n}?,
                  "priority": [learner ids, highest first]?}],
   "reciprocity": {"tolerance": n}?, "hosts": {exchange id: institution}?}
gives
  {"placements": [{"learner", "exchange", "rank", "reason"}], "unplaced": [{"learner", "reason"}], "figures": {...}}
Learners who are not in an exchange's priority come after those who are, in the order of a draw by the seed. Reserves
are soft, quotas are hard; an institution is in one country. A minimum that is missed is told in
figures.below_minimum and closes nothing; figures.closings then says what would: the exchange furthest below its minimum
is closed and places are given again, until none is below, each with how many learners fare worse and get no place.
Reasons name each missed choice with the limit that was full, its places, what decided (decided_by), the learner's
position among those waiting under that limit, and what would have been enough: one_more place under each of these
limits, or the first place in the priority; both only where it's certain.
With reciprocity, places are given so that every institution hosts as many learners as it sends, give or take the
tolerance: first as many places as possible, then the fewest steps down the learners' lists, then priority and draw.
Every exchange then needs its host, and reserves cannot be kept. figures.reciprocity says what that gives up
(blocking: pairs of a learner and an exchange that would both rather have it otherwise) and gains, beside the
allocation without it."""


def run(top: Record, *, seed: int, explain: bool) -> dict[str, Any]:
    learners, exchanges, hosts, tolerance = read(top)
    more: dict[str, Any] = {}
    if tolerance is None:
        allocation = seats.allocate(learners, exchanges, seed=seed)
        if allocation.figures["below_minimum"]:
            more["closings"] = seats.closings(learners, exchanges, seed=seed)
    else:
        allocation = seats.balance(learners, exchanges, hosts=hosts, tolerance=tolerance, seed=seed)
    reason = partial(check.reason, words=sentence if explain else None)
    return {
        "placements": [
            {"learner": p.learner, "exchange": p.exchange, "rank": p.rank, "reason": reason(p.reason)}
            for p in allocation.placements
        ],
        "unplaced": [{"learner": n.learner, "reason": reason(n.reason)} for n in allocation.unplaced],
        "figures": {**allocation.figures, **more},
    }


def outcome(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What two answers are compared by."""
    return [{"learner": each["learner"], "exchange": each["exchange"]} for each in answer["placements"]]


def read(top: Record) -> tuple[list[seats.Learner], list[seats.Seats], dict[Id, str], int | None]:
    """Learners, exchanges, hosts and the tolerance of reciprocity; raises WrongFile with all problems."""
    found = top.found
    learners: list[seats.Learner] = []
    people: list[tuple[str, Id | None]] = []
    wishes: list[tuple[str, tuple[Id, ...]]] = []
    for record in top.records("learners"):
        n = record.id()
        people.append((record.where, n))
        preferences = record.ids("preferences", needed=True)
        wishes.append((record.at("preferences"), preferences))
        institution, country = record.code("institution"), record.code("country")
        reserved = frozenset(record.texts("reserved"))
        learners.append(seats.Learner(0 if n is None else n, institution, country, preferences, reserved))
    exchanges: list[seats.Seats] = []
    rooms: list[tuple[str, Id | None]] = []
    queues: list[tuple[str, tuple[Id, ...]]] = []
    for record in top.records("exchanges"):
        n = record.id()
        rooms.append((record.where, n))
        capacity, minimum = record.number("capacity", 0), record.number("minimum", 0, default=0)
        quotas = record.record("quotas")
        by_institution: dict[Id, int] = dict(quotas.mapping("institution", whole).items()) if quotas else {}
        by_country = quotas.mapping("country", whole) if quotas else {}
        if quotas:
            quotas.done()
        reserves = record.mapping("reserves", whole)
        priority = record.ids("priority")
        queues.append((record.at("priority"), priority))
        exchanges.append(
            seats.Seats(0 if n is None else n, capacity, minimum, by_institution, by_country, reserves, priority)
        )
    known_learners, known_exchanges = check.note_repeated(found, people), check.note_repeated(found, rooms)
    for where, named in wishes:
        check.note_unknown(found, where, named, known_exchanges, "exchange")
    for where, named in queues:
        check.note_unknown(found, where, named, known_learners, "learner")
    _note_countries(found, learners, people)
    hosts, tolerance = _reciprocity(top, exchanges, rooms, known_exchanges)
    top.done()
    found.settle()
    return learners, exchanges, hosts, tolerance


def _note_countries(
    found: Findings, learners: Sequence[seats.Learner], places: Sequence[tuple[str, Id | None]]
) -> None:
    """An institution is in one country, or quotas would not be nested."""
    home: dict[Id, tuple[str, str]] = {}
    for learner, (where, _) in zip(learners, places, strict=True):
        if not learner.institution or not learner.country:
            continue
        country, first = home.setdefault(learner.institution, (learner.country, where))
        if country != learner.country:
            found.wrong(
                f"{where}.country",
                f"institution {show(learner.institution)} is in {show(country)} at {first}, "
                f"and here in {show(learner.country)}",
            )


def _reciprocity(
    top: Record, exchanges: Sequence[seats.Seats], places: Sequence[tuple[str, Id | None]], known: Mapping[str, Id]
) -> tuple[dict[Id, str], int | None]:
    named = top.mapping("hosts", lambda value: str(check.identity(value)))
    for key in named:
        if key not in known:
            top.wrong("hosts", f"unknown exchange {show(key)}")
    hosts = {known[key]: host for key, host in named.items() if key in known}
    record = top.record("reciprocity")
    if record is None:
        return hosts, None
    tolerance = record.number("tolerance", 0)
    record.done()
    for spelling, n in known.items():
        if spelling not in named:
            top.wrong("hosts", f"reciprocity needs the host of exchange {show(n)}")
    for exchange, (where, _) in zip(exchanges, places, strict=True):
        if any(exchange.reserves.values()):
            top.found.wrong(f"{where}.reserves", "reserves cannot be kept together with reciprocity")
    return hosts, tolerance


# In words ------------------------------------------------------------------------------------------------------------

_LIMITS = {
    "capacity": "its {places} places were taken",
    "institution_quota": "its {places} places for the learner's institution were taken",
    "country_quota": "its {places} places for the learner's country were taken",
    "balance": "the balance between institutions (within {places}) left no room, though the learner had a claim",
    "closed": "it is closed",
    "unsettled": "there are claims that its reserved places and quotas cannot all satisfy, this one among them",
}
_DECIDED = {
    "priority": ", by those ahead on its priority list",
    "lottery": ", by those ahead in the order of priority and draw",
    "reserve": ", some of them as reserved places",
}
_WHOSE = {
    "capacity": "in all",
    "institution_quota": "for the learner's institution",
    "country_quota": "for the learner's country",
}


def sentence(reason: Reason) -> str:
    """Why somebody has this place, or none."""
    if reason.code == "first_choice":
        return "The first choice."
    if reason.code == "no_choices":
        return "No choices were named."
    facts = reason.facts
    missed = [_missed(n, miss) for n, miss in enumerate(facts["missed"], 1)]
    if reason.code == "placed":
        return " ".join([f"Choice {facts['rank']} of {facts['choices']}.", *missed])
    return " ".join([f"No place at any of {facts['choices']} choices.", *missed])


def _missed(n: int, facts: Mapping[str, Any]) -> str:
    start = f"Choice {n} ({facts['exchange']}): "
    if facts["limit"] in ("balance", "closed", "unsettled"):
        return f"{start}{_LIMITS[facts['limit']].format(**facts)}."
    if facts["decided_by"] == "limit":
        whose = "" if facts["limit"] == "capacity" else f" {_WHOSE[facts['limit']]}"
        why = f"it has no places{whose}"
    else:
        why = (
            f"{_LIMITS[facts['limit']].format(**facts)}{_DECIDED[facts['decided_by']]}; "
            f"number {facts['position']} of those who would rather be there"
        )
    return f"{start}{why}.{_enough(facts)}"


def _enough(facts: Mapping[str, Any]) -> str:
    """What would have been enough, as far as it's known."""
    ways = []
    if facts["one_more"]:
        ways.append("one more place " + " and one more ".join(_WHOSE[limit] for limit in facts["one_more"]))
    if facts["first"]:
        ways.append("the first place in its priority")
    text = ", or ".join(ways)
    return f" {text[0].upper()}{text[1:]} would have been enough." if text else ""
