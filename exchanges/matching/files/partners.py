"""Partners from a file: offers in, the best partners of each and pairings for all out, with reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from exchanges.matching import partners
from exchanges.matching.files import check
from exchanges.matching.files.check import Id, Record, show
from exchanges.matching.files.groups import plain
from exchanges.matching.partners import Feature, Gate, InstitutionFacts, OfferFacts, Pool, Weights
from institutions.hours import OFFICE, WEEKDAYS

FORMAT = """\
partners: offers are ranked for each other and paired
  {"offers": [{"id", "institution", "country", "zone", "first": date, "last": date,
               "hours": [{"weekday": 0-6, "from": "HH:MM", "to": "HH:MM"}], "languages": {tag: level},
               "region"?, "kind"?, "format"?, "mode"?, "isced"?: "0521", "level"?: 1-8 (EQF), "weeks"?,
               "session_minutes"? (60), "places_own"?, "places_partner"?, "partners_wanted"? (1),
               "wanted_regions"?: [names], "wanted_countries"?, "wanted_kinds"?, "wanted_modes"?,
               "holidays"?: [{"first": date, "last": date}], "text"?}],
   "institutions"?: [{"id", "country", "zone", "region"?, "kind"?, "languages"?, "isced"?: [codes], "levels"?: [1-8],
               "formats"?: [names], "hours"? (Monday to Friday 09:00 to 17:00), "holidays"?, "text"?}],
   "top"?: 20, "top_institutions"?: n, "weights"?: {feature or setting: number}, "for"?: [offer ids],
   "only"?: "matches" or "pairings", "apart"?: [[offer id, offer id]]}
gives
  {"matches": [{"offer", "candidates": [{"candidate", "kind": "offer" or "institution", "score", "forward", "backward",
                "weeks", "starts", "shared": [{"weekday", "time", "zone"}],
                "reasons": [{"feature", "share", "weight", "facts"}]}]}],
   "pairings": [{"first", "second", "score"}], "figures": {...}}
Hours as for groups. Wishes that are left out mean that anything goes; regions, kinds, formats and modes are whatever
names the file uses. institutions are candidates that have no offer. Pairings give each offer at most partners_wanted
partners, all offers at once. Features: topic, hours, weeks, language, size, level, format; settings: min_starts,
min_weeks, plenty_starts, cefr_slack. With for, only these offers are ranked, and nothing is paired; with
top_institutions, institutions are ranked apart from offers, so many of them. only leaves the other answer empty; the
two offers of each entry of apart are not paired. The seed changes nothing here."""

_ISCED = re.compile(r"\d{2,4}", re.ASCII)


def run(top: Record, *, seed: int, explain: bool) -> dict[str, Any]:
    asked = read(top)
    offers, institutions, weights, count = asked.offers, asked.institutions, asked.weights, asked.top
    pools = [(Pool([*offers, *institutions]), count)]
    if asked.top_institutions is not None:
        pools = [(Pool(offers), count), (Pool(institutions), asked.top_institutions)]
    matches = []
    for offer in offers if asked.wants_matches else ():
        if asked.ranked and offer.id not in asked.ranked:
            continue
        ranked = [match for pool, most in pools for match in partners.rank(offer, pool, weights=weights, top=most)]
        entry: dict[str, Any] = {"offer": offer.id, "candidates": [_match(match, explain) for match in ranked]}
        if explain:
            misses = partners.near_misses(offer, pools[0][0], weights=weights)
            entry["near_misses"] = [_near_miss(miss) for miss in misses]
        matches.append(entry)
    paired = offers if asked.wants_pairings else []
    plan = partners.propose_pairings(paired, weights=weights, top=count, apart=asked.apart)
    return {
        "matches": matches,
        "pairings": [{"first": p.first, "second": p.second, "score": p.score} for p in plan.pairings],
        "figures": {
            **plan.figures,
            "institutions": len(institutions),
            "total": plan.total,
            "bound": plan.bound,
            "unmatched": sum(not entry["candidates"] for entry in matches),
            "weights": {field.name: getattr(weights, field.name) for field in fields(weights)},
            "seed": seed,
        },
    }


def _match(match: partners.Match, explain: bool) -> dict[str, Any]:
    return {
        "candidate": match.candidate,
        "kind": match.kind,
        "score": match.score,
        "forward": match.forward,
        "backward": match.backward,
        "weeks": match.weeks,
        "starts": match.starts,
        "shared": [{"weekday": s.weekday, "time": s.time.strftime("%H:%M"), "zone": s.zone} for s in match.shared],
        "reasons": [
            {
                "feature": feature.name,
                "share": feature.share,
                "weight": round(feature.weight, 6),
                "facts": dict(feature.facts),
            }
            | ({"text": feature_sentence(feature)} if explain else {})
            for feature in match.features
        ],
    }


def _near_miss(miss: partners.NearMiss) -> dict[str, Any]:
    return {
        "candidate": miss.candidate,
        "kind": miss.kind,
        "score": miss.score,
        "gates": [{"gate": g.name, "facts": dict(g.facts), "text": gate_sentence(g)} for g in miss.gates],
        "fix": {"fix": miss.fix.name, "facts": dict(miss.fix.facts), "text": fix_sentence(miss.fix)}
        if miss.fix
        else None,
    }


def outcome(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What two answers are compared by."""
    return [
        {"offer": match["offer"], "kind": each["kind"], "candidate": each["candidate"], "score": each["score"]}
        for match in answer["matches"]
        for each in match["candidates"]
    ] + answer["pairings"]


def write(facts: OfferFacts | InstitutionFacts) -> dict[str, Any]:
    """An offer or institution as the file has it. What is not known is left out."""
    values = {field.name: _plain(getattr(facts, field.name)) for field in fields(facts)}
    values["hours"] = check.written_hours(facts.hours)
    values["holidays"] = [{"first": first.isoformat(), "last": last.isoformat()} for first, last in facts.holidays]
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


# Reading -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What a file asks for: `ranked` holds the offers to rank, all of them where it is empty."""

    offers: list[OfferFacts]
    institutions: list[InstitutionFacts]
    weights: Weights
    top: int
    top_institutions: int | None
    ranked: frozenset[Id]
    only: str
    apart: list[tuple[Id, Id]]

    @property
    def wants_matches(self) -> bool:
        return self.only != "pairings"

    @property
    def wants_pairings(self) -> bool:
        return self.only != "matches" and not self.ranked


def read(top: Record) -> Asked:
    """Raises WrongFile with all problems."""
    offers: list[OfferFacts] = []
    places: list[tuple[str, Id | None]] = []
    for record in top.records("offers"):
        n = record.id()
        places.append((record.where, n))
        offers.append(_offer(record, 0 if n is None else n))
    known = check.note_repeated(top.found, places)
    institutions: list[InstitutionFacts] = []
    homes: list[tuple[str, Id | None]] = []
    for record in top.records("institutions", needed=False):
        n = record.id()
        homes.append((record.where, n))
        institutions.append(_institution(record, 0 if n is None else n))
    check.note_repeated(top.found, homes)
    count = top.number("top", 1, 1000, default=20)
    apart = top.maybe("top_institutions", 1, 1000)
    weights = _weights(top)
    ranked = top.ids("for")
    check.note_unknown(top.found, "for", ranked, known, "offer")
    only = top.read("only", _only, "", needed=False)
    kept_apart = _apart(top, known)
    top.done()
    top.found.settle()
    return Asked(offers, institutions, weights, count, apart, frozenset(ranked), only, kept_apart)


def _only(value: Any) -> str:
    if value not in ("matches", "pairings"):
        raise ValueError(f'must be "matches" or "pairings", not {show(value)}')
    return str(value)


def _apart(top: Record, known: Mapping[str, Id]) -> list[tuple[Id, Id]]:
    pairs: list[tuple[Id, Id]] = []
    for where, item in top.items("apart", needed=False):
        if not isinstance(item, list) or len(item) != 2:
            top.found.wrong(where, f"must be a list of two offer ids, not {show(item)}")
            continue
        ids: list[Id] = []
        for one in item:
            try:
                ids.append(check.identity(one))
            except ValueError as error:
                top.found.wrong(where, str(error))
        check.note_unknown(top.found, where, ids, known, "offer")
        if len(ids) == 2:
            pairs.append((ids[0], ids[1]))
    return pairs


def _offer(record: Record, n: Id) -> OfferFacts:
    first, last = record.day("first"), record.day("last")
    if {"first", "last"} <= record.value.keys() and last < first:
        record.wrong("last", f"{last} is before first, {first}")
    return OfferFacts(
        id=n,
        institution=record.code("institution"),
        country=record.code("country"),
        zone=record.zone(),
        first=first,
        last=last,
        hours=record.hours(),
        region=record.text("region"),
        kind=record.text("kind"),
        format=record.text("format"),
        mode=record.text("mode"),
        isced=record.read("isced", _isced, "", needed=False),
        level=record.maybe("level", 1, 8),
        languages=record.languages(),
        weeks=record.maybe("weeks", 1, 110),
        session_minutes=record.number("session_minutes", 1, 720, default=60),
        places_own=record.maybe("places_own", 0),
        places_partner=record.maybe("places_partner", 0),
        partners_wanted=record.number("partners_wanted", 0, 1000, default=1),
        wanted_regions=frozenset(record.texts("wanted_regions")),
        wanted_countries=frozenset(record.texts("wanted_countries")),
        wanted_kinds=frozenset(record.texts("wanted_kinds")),
        wanted_modes=frozenset(record.texts("wanted_modes")),
        holidays=_holidays(record),
        text=record.text("text"),
    )


def _institution(record: Record, n: Id) -> InstitutionFacts:
    given = "hours" in record.value
    return InstitutionFacts(
        id=n,
        country=record.code("country"),
        zone=record.zone(),
        region=record.text("region"),
        kind=record.text("kind"),
        languages=record.languages(needed=False),
        isced=record.texts("isced", _isced),
        levels=tuple(levels) if (levels := _levels(record)) else (),
        formats=record.texts("formats"),
        hours=record.hours() if given else OFFICE,
        holidays=_holidays(record),
        text=record.text("text"),
    )


def _levels(record: Record) -> list[int]:
    found = []
    for where, item in record.items("levels", needed=False):
        try:
            found.append(check.whole(item, 1, 8))
        except ValueError as error:
            record.found.wrong(where, str(error))
    return found


def _isced(value: Any) -> str:
    if not isinstance(value, str) or not _ISCED.fullmatch(value):
        raise ValueError(f"{show(value)} is not an ISCED-F code: a text of two to four digits")
    return value


def _holidays(record: Record) -> tuple[tuple[date, date], ...]:
    found = []
    for span in record.records("holidays", needed=False):
        first, last = span.day("first"), span.day("last")
        if {"first", "last"} <= span.value.keys() and last < first:
            span.wrong("last", f"{last} is before first, {first}")
        found.append((first, last))
    return tuple(found)


def _weights(top: Record) -> Weights:
    record = top.record("weights")
    if record is None:
        return Weights()
    given: dict[str, Any] = {}
    for name in partners.FEATURES:
        given[name] = record.read(name, check.share, getattr(Weights(), name), needed=False)
    for name, most in (("min_starts", 336), ("min_weeks", 110), ("plenty_starts", 336), ("cefr_slack", 6)):
        given[name] = record.number(name, 0, most, default=getattr(Weights(), name))
    record.done()
    weights = replace(Weights(), **given)
    if not any(given[name] for name in partners.FEATURES):
        top.wrong("weights", "at least one feature must count")
    return weights


# In words ------------------------------------------------------------------------------------------------------------


def feature_sentence(feature: Feature) -> str:
    return f"{_FEATURES[feature.name](feature.facts)} ({feature.share:.0%})."


def _topic(facts: Mapping[str, Any]) -> str:
    known = facts["own"] and facts["theirs"]
    shared = f"the field {facts['field']} in common" if facts["field"] else "no field in common"
    parts = [shared if known else "the field is not known on both sides"]
    parts += [f"words in common: {', '.join(facts['words'])}"] if facts["words"] else []
    return f"Topic: {'; '.join(parts)}"


_FEATURES = {
    "topic": _topic,
    "hours": lambda f: f"Hours: {f['starts']} or more shared starts for {f['minutes']} minutes in every common week",
    "weeks": lambda f: f"Weeks: {f['weeks']} in common, {f['first']} to {f['last']}",
    "language": lambda f: (
        f"Language: {f['language']}, ours {f['own']}, theirs {f['theirs']}" if f["known"] else "Language: not known"
    ),
    "size": lambda f: (
        f"Size: we want {f['wanted']} and they bring {f['brings']}, they want {f['they_want']} and we bring {f['own']}"
        if f["known"]
        else "Size: not all known"
    ),
    "level": lambda f: f"Level: ours {f['own']}, theirs {f['theirs']}" if f["known"] else "Level: not all known",
    "format": lambda f: (
        f"Format: ours {f['own']}, theirs {f['theirs']}" if f["own"] and f["theirs"] else "Format: not both known"
    ),
}


def gate_sentence(gate: Gate) -> str:
    """Why a candidate did not come into question."""
    facts = gate.facts
    if gate.name == "language":
        if facts["shared"]:
            return f"The levels of {facts['shared']} are too far apart."
        return f"No shared language: ours {plain(facts['own'])}, theirs {plain(facts['theirs'])}."
    if gate.name == "hours":
        text = (
            f"{facts['starts']} shared starts for {facts['minutes']} minutes in some week; {facts['need']} are needed"
        )
        return (
            f"{text}, which the clock change in {facts['zone']} on {facts['change']} undoes."
            if "change" in facts
            else f"{text}."
        )
    if gate.name == "weeks":
        return f"{facts['weeks']} common weeks; {facts['need']} are needed."
    whose = "our" if facts["side"] == "own" else "their"
    value = facts["value"] or "not stated"
    return f"Against {whose} wish on {gate.name}: {value}, and wanted is {plain(facts['wanted'])}."


def fix_sentence(fix: Gate) -> str:
    facts = {name: plain(value) for name, value in fix.facts.items()}
    if fix.name == "move_hours":
        way = "later" if fix.facts["minutes"] > 0 else "earlier"
        day = "all our hours" if fix.facts["weekday"] is None else f"our {WEEKDAYS[fix.facts['weekday']]} hours"
        return f"Moving {day} {abs(fix.facts['minutes'])} minutes {way} gives {facts['starts']} starts."
    side = "us" if fix.facts.get("side") == "own" else "them"
    return _FIXES[fix.name].format_map(facts | {"who": side})


_FIXES = {
    "set_level": "It would do with {language} at {level} for {who}.",
    "add_language": "It would do with {language} at {level} for {who}.",
    "shift_weeks": "Starting on {first} ({weeks} weeks moved) would do.",
    "add_hours": "Being free on {ranges} as well gives {starts} starts.",
    "add_wish": "It would do if {value} were welcome to {who}.",
}
