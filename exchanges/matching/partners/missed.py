"""Candidates that fail one or two gates: which, and the nearest fix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from exchanges.matching import CEFR_NAMES
from exchanges.matching.partners.facts import Candidate, OfferFacts, kind_of
from exchanges.matching.partners.features import kind_suits, mode_suits, place_suits, spoken_levels
from exchanges.matching.partners.pool import Pool
from exchanges.matching.partners.ranking import best_rows
from exchanges.matching.partners.results import Gate, NearMiss
from exchanges.matching.partners.table import Table, evaluate
from exchanges.matching.partners.weeks import DAYS_OF_A_WEEK, mondays_of, outside
from exchanges.matching.partners.weights import DEFAULT_WEIGHTS, GATES, Weights
from institutions import hours as clock
from institutions.hours import WeekHours


def near_misses(
    offer: OfferFacts,
    candidates: Sequence[Candidate] | Pool,
    *,
    weights: Weights = DEFAULT_WEIGHTS,
    top: int = 5,
) -> list[NearMiss]:
    """Candidates that fail only one or two gates: fewest failed first, then by what they would score without them."""
    pool = candidates if isinstance(candidates, Pool) else Pool(candidates)
    table = evaluate(offer, pool, weights)
    failed = sum((~table.gates[name]).astype(int) for name in GATES)
    found: list[NearMiss] = []
    for count in (1, 2):
        rows = np.flatnonzero((failed == count) & table.other)
        for row in best_rows(pool, rows, table.score, top - len(found)):
            found.append(_near_miss(offer, pool, table, weights, row))
        if len(found) >= top:
            break
    return found


def _near_miss(offer: OfferFacts, pool: Pool, table: Table, weights: Weights, row: int) -> NearMiss:
    candidate = pool.candidates[row]
    gates: list[Gate] = []
    fix: Gate | None = None
    for name in GATES:
        if table.gates[name][row]:
            continue
        gate, mend = _FAILURES[name](offer, candidate, table, weights, row)
        fix = fix or mend
        gates.append(gate)
    return NearMiss(candidate.id, kind_of(candidate), tuple(gates), fix, round(float(table.score[row]), 6))


def _language_failed(
    offer: OfferFacts, candidate: Candidate, table: Table, weights: Weights, row: int
) -> tuple[Gate, Gate | None]:
    own, theirs = spoken_levels(offer.languages), spoken_levels(candidate.languages)
    both = sorted(own.keys() & theirs.keys(), key=lambda tag: (abs(own[tag] - theirs[tag]), tag))
    facts = {"own": dict(sorted(offer.languages.items())), "theirs": dict(sorted(candidate.languages.items()))}
    if both:
        tag = both[0]
        side = "own" if own[tag] < theirs[tag] or not isinstance(candidate, OfferFacts) else "theirs"
        target = max(own[tag], theirs[tag]) - weights.cefr_slack
        if not isinstance(candidate, OfferFacts):
            target = theirs[tag] + weights.cefr_slack
        gate = Gate("language", {**facts, "shared": tag})
        return gate, Gate("set_level", {"language": tag, "level": CEFR_NAMES[max(1, target)], "side": side})
    gate = Gate("language", {**facts, "shared": None})
    if not theirs:
        return gate, None
    tag = min(theirs, key=lambda t: (theirs[t], t))
    return gate, Gate("add_language", {"language": tag, "level": CEFR_NAMES[theirs[tag]], "side": "own"})


def _weeks_failed(
    offer: OfferFacts, candidate: Candidate, table: Table, weights: Weights, row: int
) -> tuple[Gate, Gate | None]:
    need = int(table.need[row])
    gate = Gate("weeks", {"weeks": int(table.weeks[row]), "need": need})
    alone = Pool([candidate])
    for shift in sorted(range(-26, 27), key=lambda n: (abs(n), -n)):
        days = timedelta(days=7 * shift)
        try:
            moved = replace(offer, first=offer.first + days, last=offer.last + days)
        except OverflowError:
            continue
        if not shift or int(_common_weeks(moved, alone)[0]) < need:
            continue
        # Where there was no common week, nothing was known of the hours: the weeks that this gives must have some.
        if table.weeks[row] or evaluate(moved, alone, weights).gates["hours"][0]:
            return gate, Gate("shift_weeks", {"weeks": shift, "first": moved.first.isoformat()})
    return gate, None


def _common_weeks(offer: OfferFacts, pool: Pool) -> np.ndarray:
    numbers = np.array([monday.toordinal() for monday in mondays_of(offer)], dtype=np.int64)
    days = numbers[:, None] + np.arange(5)
    own = (days >= offer.first.toordinal()) & (days <= offer.last.toordinal()) & outside(offer.holidays, days)
    result: np.ndarray = ((pool.open_days(numbers) & own).sum(axis=2) >= DAYS_OF_A_WEEK).sum(axis=1)
    return result


def _hours_failed(
    offer: OfferFacts, candidate: Candidate, table: Table, weights: Weights, row: int
) -> tuple[Gate, Gate | None]:
    minutes = max(offer.session_minutes, candidate.session_minutes if isinstance(candidate, OfferFacts) else 0)
    weeks = [monday for monday, here in zip(table.mondays, table.common[row], strict=True) if here]
    if not weeks:
        return Gate("hours", {"starts": 0, "need": weights.min_starts, "minutes": minutes, "weeks": 0}), None
    # One week of each run of weeks with the same clocks stands for the run.
    by_clock: dict[Any, date] = {}
    for monday in weeks:
        epoch = clock.epochs([offer.zone, candidate.zone], monday, monday)[0]
        key = monday if None in epoch.offsets.values() else tuple(epoch.offsets.values())
        by_clock.setdefault(key, monday)
    samples = sorted(by_clock.values())

    def fewest(own: WeekHours) -> int:
        return min(
            len(
                clock.utc_starts(own, offer.zone, monday, minutes)
                & clock.utc_starts(candidate.hours, candidate.zone, monday, minutes)
            )
            for monday in samples
        )

    each = {
        monday: len(
            clock.weekly_starts([(offer.hours, offer.zone), (candidate.hours, candidate.zone)], monday, 1, minutes)[
                0
            ].starts
        )
        for monday in samples
    }
    short = min(monday for monday, starts in each.items() if starts < weights.min_starts)
    facts: dict[str, Any] = {
        "starts": min(each.values()),
        "most": max(each.values()),
        "need": weights.min_starts,
        "minutes": minutes,
        "week": short.isoformat(),
    }
    if each[samples[0]] >= weights.min_starts:
        changes = [
            (change.day, zone)
            for zone in {offer.zone, candidate.zone}
            for change in clock.clock_changes(zone, samples[0], short + timedelta(days=6))
        ]
        if changes:
            day, zone = max(changes)
            facts |= {"change": day.isoformat(), "zone": zone}
    return Gate("hours", facts), _nearest_hours(
        offer=offer, candidate=candidate, weights=weights, minutes=minutes, weeks=weeks, fewest=fewest
    )


def _nearest_hours(
    *,
    offer: OfferFacts,
    candidate: Candidate,
    weights: Weights,
    minutes: int,
    weeks: Sequence[date],
    fewest: Callable[[WeekHours], int],
) -> Gate | None:
    """The smallest change of the own hours that opens the gate: a day moved, all moved, a day longer, or new hours."""
    slots = offer.hours.slots()
    days = sorted({slot // 48 for slot in slots})
    for distance in range(1, 9):
        for step in (distance, -distance):
            for day in [*days, None]:
                moved = WeekHours.from_slots(
                    (slot + step) % clock.SLOTS if day is None or slot // 48 == day else slot for slot in slots
                )
                starts = fewest(moved)
                if starts >= weights.min_starts:
                    return Gate("move_hours", {"weekday": day, "minutes": 30 * step, "starts": starts})
        for day in days:
            inside = [slot for slot in slots if slot // 48 == day]
            for begin in (inside[-1] + 1, inside[0] - distance):
                added = WeekHours.from_slots(n for n in range(begin, begin + distance) if n // 48 == day)
                starts = fewest(offer.hours | added)
                if starts >= weights.min_starts:
                    return _added(added - offer.hours, starts)
    partner_free = clock.shared_starts(
        [(WeekHours.daily("07:00", "22:00"), offer.zone), (candidate.hours, candidate.zone)],
        weeks[0],
        weeks[-1] + timedelta(days=6),
        minutes,
        governing=offer.zone,
    )
    free = {start.slot for start in partner_free}
    runs = [slot for slot in sorted(free) if all(slot + n in free for n in range(weights.min_starts))]
    length = weights.min_starts - 1 + -(-minutes // 30)
    for slot in sorted(runs, key=lambda s: (abs(s % 48 - 26), s)):
        added = WeekHours.from_slots((slot + n) % clock.SLOTS for n in range(length))
        starts = fewest(offer.hours | added)
        if starts >= weights.min_starts:
            return _added(added, starts)
    return None


def _added(hours: WeekHours, starts: int) -> Gate:
    spans = [[span.weekday, span.start_text, span.end_text] for span in hours.ranges()]
    return Gate("add_hours", {"ranges": spans, "starts": starts})


def _wish_failed(name: str) -> Callable[..., tuple[Gate, Gate | None]]:
    def failed(
        offer: OfferFacts, candidate: Candidate, table: Table, weights: Weights, row: int
    ) -> tuple[Gate, Gate | None]:
        ours = {
            "region": place_suits(offer, candidate.country, candidate.region),
            "kind": kind_suits(offer, candidate.kind),
            "mode": mode_suits(offer, candidate.mode if isinstance(candidate, OfferFacts) else ""),
        }[name]
        side, wisher, wished = ("theirs", candidate, offer) if ours else ("own", offer, candidate)
        value = wished.country if name == "region" else getattr(wished, name)
        wanted = (
            sorted(wisher.wanted_countries | wisher.wanted_regions)  # type: ignore[union-attr]
            if name == "region"
            else sorted(getattr(wisher, f"wanted_{name}s"))
        )
        facts = {"side": side, "value": value, "wanted": wanted}
        return Gate(name, facts), Gate("add_wish", {"wish": name, "value": value, "side": side})

    return failed


_FAILURES: dict[str, Callable[..., tuple[Gate, Gate | None]]] = {
    "language": _language_failed,
    "hours": _hours_failed,
    "weeks": _weeks_failed,
    "region": _wish_failed("region"),
    "kind": _wish_failed("kind"),
    "mode": _wish_failed("mode"),
}
