"""Everything about one offer and a pool of candidates: gates, features and score, one entry for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from exchanges.matching.partners.facts import OfferFacts, Wishes
from exchanges.matching.partners.features import (
    SharedLanguage,
    closeness,
    format_share,
    kind_suits,
    level_share,
    mode_suits,
    place_suits,
    shared_language,
    size_share,
    spoken_levels,
)
from exchanges.matching.partners.pool import Pool
from exchanges.matching.partners.weeks import (
    DAYS_OF_A_WEEK,
    epoch_runs,
    mondays_of,
    outside,
    packed_starts,
    weeks_needed,
)
from exchanges.matching.partners.weights import FEATURES, SCALE, UNKNOWN, Weights
from institutions import hours as clock


@dataclass(slots=True)
class Table:
    """Everything about an offer and a pool, one entry per candidate."""

    gates: dict[str, np.ndarray]
    forward: dict[str, np.ndarray]
    backward: dict[str, np.ndarray]
    starts: np.ndarray
    weeks: np.ndarray
    common: np.ndarray
    need: np.ndarray
    other: np.ndarray
    ahead: np.ndarray
    back: np.ndarray
    score: np.ndarray
    mondays: list[date]


def cheap_gates(offer: OfferFacts, pool: Pool, weights: Weights) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The gates that need no calendar, each (passes) per candidate; and whether it is another institution's at all."""
    code = pool.languages.codes
    passing = np.array([found.passes for found in _spoken(offer, pool, weights)], dtype=bool)

    def suits(rule: Callable[[Wishes], bool]) -> np.ndarray:
        return np.array([wishes is None or rule(wishes) for wishes in pool.wishes.values], dtype=bool)[
            pool.wishes.codes
        ]

    gates = {
        "language": passing[code],
        "region": pool.place.passes(lambda v: place_suits(offer, *v))
        & suits(lambda w: place_suits(w, offer.country, offer.region)),
        "kind": pool.kind.passes(lambda v: kind_suits(offer, v)) & suits(lambda w: kind_suits(w, offer.kind)),
        "mode": pool.mode.passes(lambda v: mode_suits(offer, v)) & suits(lambda w: mode_suits(w, offer.mode)),
    }
    same = np.fromiter((a == offer.id and b for a, b in zip(pool.ids, pool.demanding, strict=True)), bool, pool.size)
    return gates, (pool.institutions != str(offer.institution)) & ~same


def _spoken(offer: OfferFacts, pool: Pool, weights: Weights) -> list[SharedLanguage]:
    own = spoken_levels(offer.languages)
    return [
        shared_language(own, dict(levels), demanding=demanding, slack=weights.cefr_slack)
        for demanding, levels in pool.languages.values
    ]


def evaluate(offer: OfferFacts, pool: Pool, weights: Weights) -> Table:
    spoken, code = _spoken(offer, pool, weights), pool.languages.codes
    cheap, other = cheap_gates(offer, pool, weights)
    mondays = mondays_of(offer)
    numbers = np.array([monday.toordinal() for monday in mondays], dtype=np.int64)
    days = numbers[:, None] + np.arange(5)
    own_days = (days >= offer.first.toordinal()) & (days <= offer.last.toordinal()) & outside(offer.holidays, days)
    common = (pool.open_days(numbers) & own_days).sum(axis=2) >= DAYS_OF_A_WEEK
    weeks = common.sum(axis=1)
    starts = _fewest_starts(offer, pool, mondays, common)

    own_need = weeks_needed(offer, weights)
    need = pool.weeks.map(
        lambda v: max(own_need, weeks_needed(replace(offer, weeks=v[0], format=v[1]), weights)) if v else own_need
    )
    own_span = offer.weeks or len(mondays)
    their_span = np.where(pool.span > 0, pool.span, own_span)

    gates = {**cheap, "hours": starts >= weights.min_starts, "weeks": weeks >= need}

    topic = _topic(offer, pool)
    hours = np.minimum(1.0, starts / max(1, weights.plenty_starts))
    level = pool.level.map(lambda v: level_share(offer.level, v))
    form = pool.format.map(lambda v: format_share(offer.format, v))
    forward = {
        "topic": topic,
        "hours": hours,
        "weeks": np.minimum(1.0, weeks / own_span),
        "language": np.array([found.forward for found in spoken])[code] if spoken else np.zeros(0),
        "size": pool.size_of.map(lambda v: size_share(offer.places_partner, v[0])),
        "level": level,
        "format": form,
    }
    backward = {
        **forward,
        "weeks": np.minimum(1.0, weeks / their_span) if pool.size else np.zeros(0),
        "language": np.array([found.backward for found in spoken])[code] if spoken else np.zeros(0),
        "size": pool.size_of.map(lambda v: size_share(v[1], offer.places_own)),
    }
    share = weights.shares()
    ahead = sum((share[name] * forward[name] for name in FEATURES), np.zeros(pool.size))
    back = sum((share[name] * backward[name] for name in FEATURES), np.zeros(pool.size))
    total = ahead + back
    score = np.divide(2 * ahead * back, total, out=np.zeros(pool.size), where=total > 0)
    score = np.rint(score * SCALE) / SCALE
    return Table(gates, forward, backward, starts, weeks, common, need, other, ahead, back, score, mondays)


def evaluate_passing(offer: OfferFacts, pool: Pool, weights: Weights) -> tuple[Pool, Table, np.ndarray]:
    """What passes every gate, as (pool, table, rows of both); the calendar is only worked out where it can matter."""
    cheap, other = cheap_gates(offer, pool, weights)
    overlap = (pool.first <= offer.last.toordinal()) & (pool.last >= offer.first.toordinal())
    pool = pool.subset(np.flatnonzero(np.logical_and.reduce([*cheap.values(), other, overlap])))
    table = evaluate(offer, pool, weights)
    return pool, table, np.flatnonzero(np.logical_and.reduce([*table.gates.values(), table.other]))


def _topic(offer: OfferFacts, pool: Pool) -> np.ndarray:
    """0.65 field and 0.35 words where both are known on both sides, otherwise what is known, otherwise half."""
    field_known = pool.isced.passes(lambda v: bool(v and offer.isced))
    fields_close = pool.isced.map(lambda v: max((closeness(offer.isced, code) for code in v), default=0.0))
    text_known = pool.known_text & bool(offer.text.strip())
    # Cosines of short texts are small: 0.5 is as close as two different offers come.
    words = np.minimum(1.0, 2 * pool.text_closeness(offer.text))
    both = 0.65 * fields_close + 0.35 * words
    result: np.ndarray = np.where(
        field_known & text_known, both, np.where(field_known, fields_close, np.where(text_known, words, UNKNOWN))
    )
    return result


def _fewest_starts(offer: OfferFacts, pool: Pool, mondays: Sequence[date], common: np.ndarray) -> np.ndarray:
    """The fewest shared starts in any common week; 0 where there is no common week."""
    fewest = np.full(pool.size, clock.SLOTS + 1, dtype=np.int64)
    own = offer.hours.array()[None, :]
    lengths = np.maximum(pool.session, offer.session_minutes)
    for epoch, weeks in epoch_runs([*pool.zone.values, offer.zone], mondays):
        concerned = common[:, weeks].any(axis=1)
        for minutes in np.unique(lengths[concerned]):
            rows = np.flatnonzero(concerned & (lengths == minutes))
            ours = packed_starts(own, offer.zone, epoch.first, int(minutes))
            theirs = pool.starts(epoch.first, epoch.offsets, int(minutes), rows)
            fewest[rows] = np.minimum(fewest[rows], np.bitwise_count(ours & theirs).sum(axis=1, dtype=np.int64))
    fewest[fewest > clock.SLOTS] = 0
    return fewest
