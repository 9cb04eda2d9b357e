"""The best candidates for an offer, each with the facts behind its features."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from exchanges.matching import CEFR_NAMES
from exchanges.matching.partners.facts import Candidate, OfferFacts, codes_of, formats_of, id_key, kind_of, levels_of
from exchanges.matching.partners.features import common_digits, shared_language, spoken_levels
from exchanges.matching.partners.pool import Pool
from exchanges.matching.partners.results import Feature, Match
from exchanges.matching.partners.table import Table, evaluate_passing
from exchanges.matching.partners.topics import words_of
from exchanges.matching.partners.weights import DEFAULT_WEIGHTS, FEATURES, Weights
from institutions import hours as clock
from institutions.hours import SharedStart


def rank(
    offer: OfferFacts,
    candidates: Sequence[Candidate] | Pool,
    *,
    weights: Weights = DEFAULT_WEIGHTS,
    top: int = 20,
) -> list[Match]:
    """The best candidates that pass every gate, best first; equal scores by id. Never the offer's own institution."""
    whole = candidates if isinstance(candidates, Pool) else Pool(candidates)
    pool, table, passing = evaluate_passing(offer, whole, weights)
    order = best_rows(pool, passing, table.score, top)
    return [match_of(offer, pool, table, weights, row) for row in order]


def best_rows(pool: Pool, rows: np.ndarray, score: np.ndarray, top: int) -> list[int]:
    scores = score[rows]
    if len(rows) > top > 0:
        # Everything at least as good as the last that fits, so that ties are broken by id and not by position.
        rows = rows[scores >= np.partition(scores, len(rows) - top)[len(rows) - top]]
    return sorted((int(r) for r in rows), key=lambda r: (-float(score[r]), *id_key(pool.ids[r])))[:top]


def _common_range(table: Table, row: int) -> tuple[date, date]:
    weeks = np.flatnonzero(table.common[row])
    return table.mondays[int(weeks[0])], table.mondays[int(weeks[-1])] + timedelta(days=6)


def match_of(offer: OfferFacts, pool: Pool, table: Table, weights: Weights, row: int) -> Match:
    candidate = pool.candidates[row]
    minutes = max(offer.session_minutes, int(pool.session[row]))
    first, last = _common_range(table, row)
    members = [(offer.hours, offer.zone), (candidate.hours, candidate.zone)]
    shared = clock.shared_starts(members, first, last, minutes, governing=offer.zone)
    share = weights.shares()
    facts = _facts(
        offer=offer, candidate=candidate, table=table, weights=weights, row=row, minutes=minutes, shared=shared
    )
    features = tuple(
        Feature(
            name, round(float(table.forward[name][row] + table.backward[name][row]) / 2, 4), share[name], facts[name]
        )
        for name in FEATURES
    )
    return Match(
        candidate.id,
        kind_of(candidate),
        round(float(table.score[row]), 6),
        round(float(table.ahead[row]), 6),
        round(float(table.back[row]), 6),
        features,
        int(table.starts[row]),
        int(table.weeks[row]),
        len(clock.epochs([offer.zone, candidate.zone], first, last)),
        tuple(_spread(shared, 12)),
    )


def _spread(shared: Sequence[SharedStart], limit: int) -> list[SharedStart]:
    """At most `limit` of them, taken day by day so that every weekday that has one is shown."""
    if len(shared) <= limit:
        return list(shared)
    by_day: dict[int, list[SharedStart]] = {}
    for start in shared:
        by_day.setdefault(start.weekday, []).append(start)
    chosen: list[SharedStart] = []
    turn = 0
    while len(chosen) < limit:
        chosen += [starts[turn] for starts in by_day.values() if turn < len(starts)][: limit - len(chosen)]
        turn += 1
    return sorted(chosen, key=lambda start: start.slot)


def _facts(
    *,
    offer: OfferFacts,
    candidate: Candidate,
    table: Table,
    weights: Weights,
    row: int,
    minutes: int,
    shared: Sequence[SharedStart],
) -> dict[str, dict[str, Any]]:
    """The facts behind each feature, as plain values."""
    own_words, their_words = words_of(offer.text), words_of(candidate.text)
    both = sorted(own_words.keys() & their_words.keys(), key=lambda s: (-own_words[s][0] * their_words[s][0], s))
    codes = sorted(codes_of(candidate), key=lambda code: (-common_digits(offer.isced, code), code))
    digits = common_digits(offer.isced, codes[0]) if codes else 0
    spoken = shared_language(
        spoken_levels(offer.languages),
        spoken_levels(candidate.languages),
        demanding=isinstance(candidate, OfferFacts),
        slack=weights.cefr_slack,
    )
    levels = sorted(levels_of(candidate), key=lambda level: (abs(level - (offer.level or level)), level))
    formats = formats_of(candidate)
    theirs = candidate if isinstance(candidate, OfferFacts) else None
    return {
        "topic": {
            "field": offer.isced[: min(digits, 4)] if digits else None,
            "own": offer.isced or None,
            "theirs": codes[0] if codes else None,
            "words": [own_words[stem][1] for stem in both[:5]],
        },
        "hours": {
            "starts": int(table.starts[row]),
            "minutes": minutes,
            "series": len(shared),
            "weekdays": sorted({start.weekday for start in shared}),
            "assumed": theirs is None,
        },
        "weeks": {
            "weeks": int(table.weeks[row]),
            "wanted": offer.weeks,
            "first": _common_range(table, row)[0].isoformat(),
            "last": _common_range(table, row)[1].isoformat(),
            "assumed": theirs is None,
        },
        "language": {
            "language": spoken.tag,
            "own": CEFR_NAMES.get(spoken.own),
            "theirs": CEFR_NAMES.get(spoken.theirs),
            "level": CEFR_NAMES.get(max(spoken.own, spoken.theirs) if theirs else spoken.own),
            "known": spoken.tag is not None,
        },
        "size": {
            "wanted": offer.places_partner,
            "brings": theirs.places_own if theirs else None,
            "own": offer.places_own,
            "they_want": theirs.places_partner if theirs else None,
            "known": theirs is not None
            and None not in (offer.places_partner, theirs.places_own, offer.places_own, theirs.places_partner),
        },
        "level": {
            "own": offer.level,
            "theirs": levels[0] if levels else None,
            "known": offer.level is not None and bool(levels),
        },
        "format": {
            "own": offer.format or None,
            "theirs": offer.format if offer.format in formats else (formats[0] if formats else None),
            "same": bool(offer.format) and offer.format in formats,
        },
    }
