"""Rank partner offers for an offer, say why, and propose pairings for all offers at once.

The score of a pair is the harmonic mean of two directed scores (how well they suit us, how well we suit them), each a
weighted sum of features (`Weights`), and 0 if a gate fails on either side:

- language: a language of both whose minimum levels differ by at most `cefr_slack` steps (the joint minimum is the
  higher);
- hours: at least `min_starts` half-hour UTC starts in **every** common week at which a live session (the longer of
  the two lengths) fits the weekly hours of both, clock changes counted;
- weeks: at least `min_weeks` common weeks, or fewer where the format or the offer itself is shorter. A week is
  common if on at least three of its weekdays (Monday to Friday) both periods run and neither side has a holiday;
- region, kind, mode: each side's wishes, where it has any. Countries and regions wanted are read together.

An institution without an offer is judged by its typical hours and what is known of it; what is not known counts as
half.
"""

from __future__ import annotations

import copy
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from exchanges.matching import CEFR_NAMES, cefr
from institutions import hours as clock
from institutions.hours import OFFICE, SharedStart, WeekHours

Id = int | str

# Shorter than the general minimum of common weeks, by nature of the format.
FORMAT_MIN_WEEKS = {"seminar": 1, "bip": 1, "staff": 1, "dialogue": 3}
UNKNOWN = 0.5
_DAYS_OF_A_WEEK = 3
_LONGEST_WEEKS = 110


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What ranking knows of an offer. Empty wishes (`wanted_*`) mean anything goes; regions are whatever codes are
    used.

    `languages` are the languages the exchange may run in with the minimum CEFR level; `places_partner` is per
    partner.
    """

    id: Id
    institution: Id
    country: str
    zone: str
    first: date
    last: date
    hours: WeekHours
    region: str = ""
    kind: str = ""
    format: str = ""
    mode: str = ""
    isced: str = ""
    level: int | None = None
    languages: Mapping[str, str] = field(default_factory=dict)
    weeks: int | None = None
    session_minutes: int = 60
    places_own: int | None = None
    places_partner: int | None = None
    partners_wanted: int = 1
    wanted_regions: frozenset[str] = frozenset()
    wanted_countries: frozenset[str] = frozenset()
    wanted_kinds: frozenset[str] = frozenset()
    wanted_modes: frozenset[str] = frozenset()
    holidays: tuple[tuple[date, date], ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class InstitutionFacts:
    """What ranking knows of an institution that has no open offer.

    `languages` are the levels its people can be counted on.
    """

    id: Id
    country: str
    zone: str
    region: str = ""
    kind: str = ""
    languages: Mapping[str, str] = field(default_factory=dict)
    isced: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    formats: tuple[str, ...] = ()
    hours: WeekHours = OFFICE
    holidays: tuple[tuple[date, date], ...] = ()
    text: str = ""


Candidate = OfferFacts | InstitutionFacts


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each feature counts (any scale, they are normalised), and the settings of the gates."""

    topic: float = 0.30
    hours: float = 0.20
    weeks: float = 0.15
    language: float = 0.10
    size: float = 0.10
    level: float = 0.10
    format: float = 0.05
    min_starts: int = 2
    min_weeks: int = 4
    plenty_starts: int = 20
    cefr_slack: int = 1

    def shares(self) -> dict[str, float]:
        """The features' weights, summing to 1; raises ValueError if they cannot."""
        values = {name: float(getattr(self, name)) for name in FEATURES}
        total = sum(values.values())
        if min(values.values()) < 0 or not total > 0 or math.isinf(total):
            raise ValueError("weights must be zero or more, and not all zero")
        return {name: value / total for name, value in values.items()}


FEATURES = ("topic", "hours", "weeks", "language", "size", "level", "format")
GATES = ("language", "hours", "weeks", "region", "kind", "mode")
DEFAULT_WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: share 0..1 (mean of both directions), weight (they sum to 1), and the facts for the words."""

    name: str
    share: float
    weight: float
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that failed, or a fix for one, with its facts. `side` in the facts: whose wish ("own" or "theirs")."""

    name: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate that passes every gate.

    `starts` is the fewest shared starts in any common week, `weeks` the number of common weeks, `epochs` the number
    of runs of weeks with the same clocks on both sides, `shared` weekly wall times in the offer's zone that hold in
    every week from the first to the last common one (at most 12).
    """

    candidate: Id
    kind: str
    score: float
    forward: float
    backward: float
    features: tuple[Feature, ...]
    starts: int
    weeks: int
    epochs: int
    shared: tuple[SharedStart, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A candidate that fails one or two gates; `score` is what it would score without them.

    `fix` mends the first of them that has a fix.
    """

    candidate: Id
    kind: str
    gates: tuple[Gate, ...]
    fix: Gate | None
    score: float


# --- One pair, feature by feature: plain rules, each used for every distinct value ---


def primary(tag: str) -> str:
    """The language of a BCP 47 tag: "pt-BR" is "pt"."""
    return tag.replace("_", "-").split("-")[0].lower()


def _levels(languages: Mapping[str, str]) -> dict[str, int]:
    return {primary(tag): cefr(level) for tag, level in sorted(languages.items())}


def _margin_share(margin: int) -> float:
    if margin >= 1:
        return 1.0
    return {0: 0.8, -1: 0.4}.get(margin, 0.0)


@dataclass(frozen=True, slots=True)
class _Language:
    passes: bool
    forward: float
    backward: float
    tag: str | None = None
    own: int = 0
    theirs: int = 0


def _language(own: dict[str, int], theirs: dict[str, int], *, demanding: bool, slack: int) -> _Language:
    """The best shared language. An institution (not demanding) has no minimum, and may be unknown."""
    if not demanding and not theirs:
        return _Language(True, UNKNOWN, UNKNOWN)
    options = []
    for tag in sorted(own.keys() & theirs.keys()):
        forward = theirs[tag] - own[tag]
        backward = own[tag] - theirs[tag] if demanding else 0
        found = _Language(
            min(forward, backward) >= -slack,
            _margin_share(forward),
            _margin_share(backward),
            tag,
            own[tag],
            theirs[tag],
        )
        options.append((not found.passes, -(found.forward + found.backward), tag, found))
    return min(options)[3] if options else _Language(False, 0.0, 0.0)


def closeness(own: str, theirs: str) -> float:
    """Of two ISCED-F codes: 1 the same detailed field, 0.8 the same narrow, 0.6 the same broad, otherwise 0."""
    return {2: 0.6, 3: 0.8, 4: 1.0}.get(_common_digits(own, theirs), 0.0)


def _common_digits(own: str, theirs: str) -> int:
    count = 0
    for a, b in zip(own, theirs, strict=False):
        if a != b:
            break
        count += 1
    return count if count >= 2 else 0


def _size_share(wanted: int | None, brings: int | None) -> float:
    if wanted is None or brings is None:
        return UNKNOWN
    if not wanted or not brings:
        return 0.0
    return min(wanted, brings) / max(wanted, brings)


def _level_share(own: int | None, theirs: Sequence[int]) -> float:
    if own is None or not theirs:
        return UNKNOWN
    return {0: 1.0, 1: 0.6, 2: 0.2}.get(min(abs(own - level) for level in theirs), 0.0)


def _format_share(own: str, theirs: Sequence[str]) -> float:
    if not own or not theirs:
        return UNKNOWN
    return float(own in theirs)


def _place_suits(offer: OfferFacts, country: str, region: str) -> bool:
    if not offer.wanted_countries and not offer.wanted_regions:
        return True
    return country in offer.wanted_countries or region in offer.wanted_regions


def _kind_suits(offer: OfferFacts, kind: str) -> bool:
    return not offer.wanted_kinds or kind in offer.wanted_kinds


def _mode_suits(offer: OfferFacts, mode: str | None) -> bool:
    return not offer.wanted_modes or mode is None or mode in offer.wanted_modes


def weeks_needed(offer: OfferFacts, weights: Weights) -> int:
    """The fewest common weeks that this offer can do with."""
    needs = [weights.min_weeks, FORMAT_MIN_WEEKS.get(offer.format, weights.min_weeks)]
    if offer.weeks:
        needs.append(offer.weeks)
    return max(1, min(needs))


# Words that every offer has, and that therefore say nothing; the rest are compared as they are.
_STOP = frozenset(
    re.findall(
        r"\w+",
        """
        about academic activities activity after all also and any are both can collaborate collaboration
        collaborative com compare course courses cross cultural culture das del der des die different digital
        dos each ects education educational een ein else est exchange exchanges experience for from group
        groups have her his how ing intercultural international into its joint language las learn learner
        learners learning les level live local los materials meet mixed mobility module more not offer online
        open our out outcome outcomes own para participant participants partner partners place places por
        practice program programme project projects que session sessions share shared skill skills some
        student students studies study task tasks teach teacher teachers teaching team teams than that the
        their them they this through together topic topics two und une universities university use using
        virtual week weekly weeks what when which who will with work working world you your
        """,
    )
)


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def words_of(text: str) -> dict[str, tuple[float, str]]:
    """The telling words of a text.

    Stem -> (weight, the word as first written in lower case). Weight 1 + ln(count).
    """
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for word in re.findall(r"[^\W\d_]{3,}", text.lower()):
        plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
        stem = _stem(plain)
        if plain in _STOP or stem in _STOP:
            continue
        counts[stem] += 1
        written.setdefault(stem, word)
    return {stem: (1 + math.log(count), written[stem]) for stem, count in counts.items()}


# --- The candidates as arrays ---


class _Coded:
    """A column by its distinct values, so that a rule runs once per value."""

    def __init__(self, values: Iterable[Hashable]) -> None:
        index: dict[Hashable, int] = {}
        self.codes = np.array([index.setdefault(value, len(index)) for value in values], dtype=np.int64)
        self.values: list[Any] = list(index)

    def take(self, rows: np.ndarray) -> _Coded:
        part = copy.copy(self)
        part.codes = self.codes[rows]
        return part

    def map(self, rule: Callable[[Any], float]) -> np.ndarray:
        return np.array([rule(value) for value in self.values], dtype=float)[self.codes]

    def passes(self, rule: Callable[[Any], bool]) -> np.ndarray:
        return np.array([rule(value) for value in self.values], dtype=bool)[self.codes]


_ALWAYS = (date(2, 1, 1).toordinal(), date(9998, 12, 31).toordinal())


class Pool:
    """Candidates prepared for ranking; make it once to rank many offers against the same candidates."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = list(candidates)
        offers = [c if isinstance(c, OfferFacts) else None for c in self.candidates]
        self.size = self.whole = len(self.candidates)
        self.ids = [c.id for c in self.candidates]
        self.demanding = np.array([o is not None for o in offers], dtype=bool)
        self.institutions = np.array(
            [str(o.institution if o else c.id) for o, c in zip(offers, self.candidates, strict=True)]
        )
        self.first = np.array([o.first.toordinal() if o else _ALWAYS[0] for o in offers], dtype=np.int64)
        self.last = np.array([o.last.toordinal() if o else _ALWAYS[1] for o in offers], dtype=np.int64)
        self.holidays = _Coded(c.holidays for c in self.candidates)
        self.place = _Coded((c.country, c.region) for c in self.candidates)
        self.kind = _Coded(c.kind for c in self.candidates)
        self.mode = _Coded(o.mode if o else None for o in offers)
        self.isced = _Coded(_codes_of(c) for c in self.candidates)
        self.level = _Coded(_levels_of(c) for c in self.candidates)
        self.format = _Coded(_formats_of(c) for c in self.candidates)
        self.size_of = _Coded((o.places_own, o.places_partner) if o else (None, None) for o in offers)
        self.languages = _Coded(
            (isinstance(c, OfferFacts), tuple(sorted(_levels(c.languages).items()))) for c in self.candidates
        )
        self.wishes = _Coded(
            (o.wanted_countries, o.wanted_regions, o.wanted_kinds, o.wanted_modes) if o else None for o in offers
        )
        self.weeks = _Coded((o.weeks, o.format) if o else None for o in offers)
        self.span = np.array([(o.weeks or len(mondays_of(o))) if o else 0 for o in offers], dtype=np.int64)
        self.known_text = np.array([bool(c.text.strip()) for c in self.candidates], dtype=bool)
        self.session = np.array([o.session_minutes if o else 0 for o in offers], dtype=np.int64)
        self.zone = _Coded(c.zone for c in self.candidates)
        self.flags = _Coded(c.hours for c in self.candidates)
        self._hours = np.array([hours.array() for hours in self.flags.values], dtype=bool).reshape(-1, clock.SLOTS)
        self._hours_in = [np.unique(self.flags.codes[self.zone.codes == z]) for z in range(len(self.zone.values))]
        self._starts: dict[tuple[Any, ...], np.ndarray] = {}
        self._index_words()

    def _index_words(self) -> None:
        """An inverted index: for each word the candidates that have it, with its share of the text's length."""
        postings: dict[str, tuple[list[int], list[float]]] = {}
        for row, candidate in enumerate(self.candidates):
            words = words_of(candidate.text)
            norm = math.sqrt(sum(weight * weight for weight, _ in words.values()))
            for stem, (weight, _) in words.items():
                rows, values = postings.setdefault(stem, ([], []))
                rows.append(row)
                values.append(weight / norm)
        self._words = {
            stem: (np.array(rows, dtype=np.int64), np.array(values)) for stem, (rows, values) in postings.items()
        }
        self._row = np.arange(self.size)

    def text_closeness(self, text: str) -> np.ndarray:
        """Cosine of word weights with every candidate's text."""
        words = words_of(text)
        norm = math.sqrt(sum(weight * weight for weight, _ in words.values())) or 1.0
        result = np.zeros(self.whole)
        for stem in sorted(words):
            if stem in self._words:
                rows, values = self._words[stem]
                result[rows] += values * (words[stem][0] / norm)
        return result[self._row]

    def subset(self, rows: np.ndarray) -> Pool:
        """The same pool with only these candidates; what is cached stays shared."""
        part = copy.copy(self)
        part.size = len(rows)
        for name, value in vars(self).items():
            if isinstance(value, _Coded):
                setattr(part, name, value.take(rows))
            elif isinstance(value, np.ndarray) and name not in ("_hours",):
                setattr(part, name, value[rows])
        part.candidates = [self.candidates[row] for row in rows]
        part.ids = [self.ids[row] for row in rows]
        return part

    def open_days(self, mondays: np.ndarray) -> np.ndarray:
        """bool[n, weeks, 5]: does each candidate's period run, outside its holidays, on each weekday."""
        days = mondays[:, None] + np.arange(5)
        result: np.ndarray = (days >= self.first[:, None, None]) & (days <= self.last[:, None, None])
        free = np.array([_outside(holidays, days) for holidays in self.holidays.values]).reshape(-1, *days.shape)
        if not free.all():
            result &= free[self.holidays.codes]
        return result

    def starts(self, monday: date, offsets: Mapping[str, int | None], minutes: int, rows: np.ndarray) -> np.ndarray:
        """uint64[len(rows), 6]: the UTC half-hour starts of a session in that week, packed."""
        result = np.zeros((len(rows), 6), dtype=np.uint64)
        zones, flags = self.zone.codes[rows], self.flags.codes[rows]
        for zone in np.unique(zones):
            name = self.zone.values[zone]
            key = (name, minutes, monday if offsets[name] is None else offsets[name])
            if key not in self._starts:
                distinct = self._hours_in[zone]
                table = np.zeros((len(self._hours), 6), dtype=np.uint64)
                table[distinct] = packed_starts(self._hours[distinct], name, monday, minutes)
                self._starts[key] = table
            here = zones == zone
            result[here] = self._starts[key][flags[here]]
        return result


def _codes_of(candidate: Candidate) -> tuple[str, ...]:
    if isinstance(candidate, OfferFacts):
        return (candidate.isced,) if candidate.isced else ()
    return tuple(sorted(candidate.isced))


def _levels_of(candidate: Candidate) -> tuple[int, ...]:
    if isinstance(candidate, OfferFacts):
        return () if candidate.level is None else (candidate.level,)
    return tuple(sorted(candidate.levels))


def _formats_of(candidate: Candidate) -> tuple[str, ...]:
    if isinstance(candidate, OfferFacts):
        return (candidate.format,) if candidate.format else ()
    return tuple(sorted(candidate.formats))


def _outside(holidays: Iterable[tuple[date, date]], days: np.ndarray) -> np.ndarray:
    free = np.ones(days.shape, dtype=bool)
    for first, last in holidays:
        free &= (days < first.toordinal()) | (days > last.toordinal())
    return free


def packed_starts(flags: np.ndarray, zone: str, monday: date, minutes: int) -> np.ndarray:
    """uint64[rows, 6] of the UTC half-hours of the week from `monday` at which a session fits; bool[rows, 336] in."""
    need = -(-clock.check_minutes(minutes) // 15)
    free = clock.free_quarters(flags, zone, clock.day_minute(monday), clock.QUARTERS + need)
    fits = clock.fits_from(free, minutes)[:, : clock.QUARTERS : 2]
    octets = np.zeros((len(flags), 48), dtype=np.uint8)
    octets[:, :42] = np.packbits(fits, axis=1)
    return octets.view(np.uint64)


def mondays_of(offer: OfferFacts) -> list[date]:
    """The Mondays of the weeks that the offer's period touches (at most about two years of them)."""
    monday = clock.monday_of(offer.first)
    found: list[date] = []
    while monday <= offer.last and len(found) < _LONGEST_WEEKS:
        found.append(monday)
        monday += timedelta(days=7)
    return found


@dataclass(slots=True)
class _Table:
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


def _cheap_gates(offer: OfferFacts, pool: Pool, weights: Weights) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The gates that need no calendar, each (passes) per candidate; and whether it is another institution's at all."""
    code = pool.languages.codes
    passing = np.array([found.passes for found in _spoken(offer, pool, weights)], dtype=bool)
    their_wishes = [None if wishes is None else replace(offer, **wishes) for wishes in map(_wishes, pool.wishes.values)]

    def suits(rule: Callable[[OfferFacts], bool]) -> np.ndarray:
        return np.array([w is None or rule(w) for w in their_wishes], dtype=bool)[pool.wishes.codes]

    gates = {
        "language": passing[code],
        "region": pool.place.passes(lambda v: _place_suits(offer, *v))
        & suits(lambda w: _place_suits(w, offer.country, offer.region)),
        "kind": pool.kind.passes(lambda v: _kind_suits(offer, v)) & suits(lambda w: _kind_suits(w, offer.kind)),
        "mode": pool.mode.passes(lambda v: _mode_suits(offer, v)) & suits(lambda w: _mode_suits(w, offer.mode or None)),
    }
    same = np.fromiter((a == offer.id and b for a, b in zip(pool.ids, pool.demanding, strict=True)), bool, pool.size)
    return gates, (pool.institutions != str(offer.institution)) & ~same


def _wishes(value: tuple[frozenset[str], ...] | None) -> dict[str, Any] | None:
    names = ("wanted_countries", "wanted_regions", "wanted_kinds", "wanted_modes")
    return None if value is None else dict(zip(names, value, strict=True))


def _spoken(offer: OfferFacts, pool: Pool, weights: Weights) -> list[_Language]:
    own = _levels(offer.languages)
    return [
        _language(own, dict(levels), demanding=demanding, slack=weights.cefr_slack)
        for demanding, levels in pool.languages.values
    ]


def _evaluate(offer: OfferFacts, pool: Pool, weights: Weights) -> _Table:
    spoken, code = _spoken(offer, pool, weights), pool.languages.codes
    cheap, other = _cheap_gates(offer, pool, weights)
    mondays = mondays_of(offer)
    numbers = np.array([monday.toordinal() for monday in mondays], dtype=np.int64)
    days = numbers[:, None] + np.arange(5)
    own_days = (days >= offer.first.toordinal()) & (days <= offer.last.toordinal()) & _outside(offer.holidays, days)
    common = (pool.open_days(numbers) & own_days).sum(axis=2) >= _DAYS_OF_A_WEEK
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
    level = pool.level.map(lambda v: _level_share(offer.level, v))
    form = pool.format.map(lambda v: _format_share(offer.format, v))
    forward = {
        "topic": topic,
        "hours": hours,
        "weeks": np.minimum(1.0, weeks / own_span),
        "language": np.array([found.forward for found in spoken])[code] if spoken else np.zeros(0),
        "size": pool.size_of.map(lambda v: _size_share(offer.places_partner, v[0])),
        "level": level,
        "format": form,
    }
    backward = {
        **forward,
        "weeks": np.minimum(1.0, weeks / their_span) if pool.size else np.zeros(0),
        "language": np.array([found.backward for found in spoken])[code] if spoken else np.zeros(0),
        "size": pool.size_of.map(lambda v: _size_share(v[1], offer.places_own)),
    }
    share = weights.shares()
    ahead = sum((share[name] * forward[name] for name in FEATURES), np.zeros(pool.size))
    back = sum((share[name] * backward[name] for name in FEATURES), np.zeros(pool.size))
    total = ahead + back
    score = np.divide(2 * ahead * back, total, out=np.zeros(pool.size), where=total > 0)
    return _Table(gates, forward, backward, starts, weeks, common, need, other, ahead, back, score, mondays)


def _passing(offer: OfferFacts, pool: Pool, weights: Weights) -> tuple[Pool, _Table, np.ndarray]:
    """What passes every gate, as (pool, table, rows of both); the calendar is only worked out where it can matter."""
    cheap, other = _cheap_gates(offer, pool, weights)
    overlap = (pool.first <= offer.last.toordinal()) & (pool.last >= offer.first.toordinal())
    pool = pool.subset(np.flatnonzero(np.logical_and.reduce([*cheap.values(), other, overlap])))
    table = _evaluate(offer, pool, weights)
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


def _runs(zones: Iterable[str], mondays: Sequence[date]) -> Iterator[tuple[clock.Epoch, slice]]:
    """Runs of weeks with the same clocks, with their place in `mondays`."""
    if not mondays:
        return
    at = 0
    for epoch in clock.epochs(zones, mondays[0], mondays[-1]):
        yield epoch, slice(at, at + epoch.weeks)
        at += epoch.weeks


def _fewest_starts(offer: OfferFacts, pool: Pool, mondays: Sequence[date], common: np.ndarray) -> np.ndarray:
    """The fewest shared starts in any common week; 0 where there is no common week."""
    fewest = np.full(pool.size, clock.SLOTS + 1, dtype=np.int64)
    own = offer.hours.array()[None, :]
    lengths = np.maximum(pool.session, offer.session_minutes)
    for epoch, weeks in _runs([*pool.zone.values, offer.zone], mondays):
        concerned = common[:, weeks].any(axis=1)
        for minutes in np.unique(lengths[concerned]):
            rows = np.flatnonzero(concerned & (lengths == minutes))
            ours = packed_starts(own, offer.zone, epoch.first, int(minutes))
            theirs = pool.starts(epoch.first, epoch.offsets, int(minutes), rows)
            fewest[rows] = np.minimum(fewest[rows], np.bitwise_count(ours & theirs).sum(axis=1, dtype=np.int64))
    fewest[fewest > clock.SLOTS] = 0
    return fewest


# --- Ranking ---


def rank(
    offer: OfferFacts,
    candidates: Sequence[Candidate] | Pool,
    *,
    weights: Weights = DEFAULT_WEIGHTS,
    top: int = 20,
) -> list[Match]:
    """The best candidates that pass every gate, best first; equal scores by id. Never the offer's own institution."""
    whole = candidates if isinstance(candidates, Pool) else Pool(candidates)
    pool, table, passing = _passing(offer, whole, weights)
    order = _best(pool, passing, table.score, top)
    return [_match(offer, pool, table, weights, row) for row in order]


def _best(pool: Pool, rows: np.ndarray, score: np.ndarray, top: int) -> list[int]:
    rounded = np.round(score[rows], 9)
    if len(rows) > top > 0:
        # Everything at least as good as the last that fits, so that ties are broken by id and not by position.
        rows = rows[rounded >= np.partition(rounded, len(rows) - top)[len(rows) - top]]
    return sorted((int(r) for r in rows), key=lambda r: (-round(float(score[r]), 9), *_id_key(pool.ids[r])))[:top]


def _id_key(value: Id) -> tuple[int, int, str]:
    return (0, value, "") if isinstance(value, int) else (1, 0, value)


def _kind_of(candidate: Candidate) -> str:
    return "offer" if isinstance(candidate, OfferFacts) else "institution"


def _common_range(table: _Table, row: int) -> tuple[date, date]:
    weeks = np.flatnonzero(table.common[row])
    return table.mondays[int(weeks[0])], table.mondays[int(weeks[-1])] + timedelta(days=6)


def _match(offer: OfferFacts, pool: Pool, table: _Table, weights: Weights, row: int) -> Match:
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
        _kind_of(candidate),
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
    table: _Table,
    weights: Weights,
    row: int,
    minutes: int,
    shared: Sequence[SharedStart],
) -> dict[str, dict[str, Any]]:
    """The facts behind each feature, as plain values."""
    own_words, their_words = words_of(offer.text), words_of(candidate.text)
    both = sorted(own_words.keys() & their_words.keys(), key=lambda s: (-own_words[s][0] * their_words[s][0], s))
    codes = sorted(_codes_of(candidate), key=lambda code: (-_common_digits(offer.isced, code), code))
    digits = _common_digits(offer.isced, codes[0]) if codes else 0
    spoken = _language(
        _levels(offer.languages),
        _levels(candidate.languages),
        demanding=isinstance(candidate, OfferFacts),
        slack=weights.cefr_slack,
    )
    levels = sorted(_levels_of(candidate), key=lambda level: (abs(level - (offer.level or level)), level))
    formats = _formats_of(candidate)
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


# --- Pairings for all ---


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two offers that would go together."""

    first: Id
    second: Id
    score: float


@dataclass(frozen=True, slots=True)
class PairingPlan:
    """Pairings of the greatest total score found; `bound` is what no plan over the same pairs can exceed."""

    pairings: tuple[Pairing, ...]
    total: float
    bound: float
    figures: Mapping[str, Any]


def propose_pairings(
    offers: Sequence[OfferFacts],
    *,
    weights: Weights = DEFAULT_WEIGHTS,
    top: int = 20,
    most: int | None = None,
) -> PairingPlan:
    """Pairings for all offers at once: each takes at most `partners_wanted` (and at most `most`), the total is large.

    Only pairs that are among the best `top` of one of the two are considered.
    """
    offers = sorted(offers, key=lambda offer: _id_key(offer.id))
    pool = Pool(offers)
    row_of = {offer.id: row for row, offer in enumerate(offers)}
    if len(row_of) != len(offers):
        raise ValueError("two offers have the same id")
    edges: dict[tuple[int, int], float] = {}
    for row, offer in enumerate(offers):
        part, table, passing = _passing(offer, pool, weights)
        for at in _best(part, passing, table.score, top):
            other = row_of[part.ids[at]]
            edges.setdefault((min(row, other), max(row, other)), round(float(table.score[at]), 6))
    room = [max(0, min(offer.partners_wanted, most if most is not None else offer.partners_wanted)) for offer in offers]
    chosen, bound = pair_up(edges, room)
    return PairingPlan(
        tuple(Pairing(offers[a].id, offers[b].id, edges[a, b]) for a, b in chosen),
        round(sum(edges[pair] for pair in chosen), 6),
        bound,
        {"offers": len(offers), "pairs": len(edges), "pairings": len(chosen)},
    )


def pair_up(edges: Mapping[tuple[int, int], float], room: Sequence[int]) -> tuple[list[tuple[int, int]], float]:
    """Edges of large total weight with at most `room[n]` at each n, and an upper bound of that total.

    The bound is the linear relaxation, solved as a flow between two copies of every offer, which is half-integral: an
    edge taken in both directions is taken, one taken in one direction is half taken. Halves are rounded by weight, then
    exchanges of one edge for those in its way are made as long as they gain.
    """
    if not edges:
        return [], 0.0
    ordered = sorted(edges, key=lambda pair: (-edges[pair], pair))
    taken = _half_integral(ordered, edges, room)
    bound = sum(edges[pair] * share for pair, share in taken.items()) / 2
    partners: list[set[int]] = [set() for _ in room]

    def weight(a: int, b: int) -> float:
        return edges[min(a, b), max(a, b)]

    def take(pair: tuple[int, int]) -> bool:
        a, b = pair
        if b in partners[a] or len(partners[a]) >= room[a] or len(partners[b]) >= room[b]:
            return False
        partners[a].add(b)
        partners[b].add(a)
        return True

    for share in (2, 1, 0):
        for pair in ordered:
            if taken.get(pair, 0) == share:
                take(pair)
    around: list[list[int]] = [[] for _ in room]
    for a, b in ordered:
        around[a].append(b)
        around[b].append(a)
    for _ in range(50):
        gained = False
        for a, b in ordered:
            if b in partners[a] or not room[a] or not room[b]:
                continue
            rivals = [
                (n, min((weight(n, m), m) for m in partners[n])[1]) for n in (a, b) if len(partners[n]) >= room[n]
            ]
            loss = sum(weight(n, m) for n, m in rivals)
            # Who loses a partner may take the best that is free.
            spare = {m: _best_free(m, around, partners, room, {a, b}) for _, m in rivals}
            back = sum(weight(m, free) for m, free in spare.items() if free is not None)
            if len({free for free in spare.values() if free is not None}) < sum(f is not None for f in spare.values()):
                back = max(weight(m, free) for m, free in spare.items() if free is not None)
            if edges[a, b] + back <= loss + 1e-9:
                continue
            for n, m in rivals:
                partners[n].discard(m)
                partners[m].discard(n)
            take((a, b))
            for m, free in spare.items():
                if free is not None:
                    take((min(m, free), max(m, free)))
            gained = True
        for pair in ordered:
            gained |= take(pair)
        if not gained:
            break
    return [(a, b) for a, b in sorted(edges) if b in partners[a]], round(bound, 6)


def _best_free(
    n: int, around: Sequence[Sequence[int]], partners: Sequence[set[int]], room: Sequence[int], busy: set[int]
) -> int | None:
    return next((m for m in around[n] if m not in busy and m not in partners[n] and len(partners[m]) < room[m]), None)


def _half_integral(
    ordered: Sequence[tuple[int, int]], edges: Mapping[tuple[int, int], float], room: Sequence[int]
) -> dict[tuple[int, int], int]:
    """How often (0, 1 or 2 halves) the linear relaxation takes each edge."""
    from ortools.graph.python import min_cost_flow

    count = len(room)
    source, sink = 2 * count, 2 * count + 1
    ends = np.array(ordered, dtype=np.int32)
    cost = -np.round(np.array([edges[pair] for pair in ordered]) * 1_000_000).astype(np.int64)
    capacity = np.array(room, dtype=np.int64)
    offers = np.arange(count, dtype=np.int32)
    flow = min_cost_flow.SimpleMinCostFlow()
    tails: list[Any] = [ends[:, 0], ends[:, 1], np.full(count, source, dtype=np.int32), offers + count, [source]]
    heads: list[Any] = [ends[:, 1] + count, ends[:, 0] + count, offers, np.full(count, sink, dtype=np.int32), [sink]]
    total = int(capacity.sum())
    caps: list[Any] = [np.ones(2 * len(ordered), dtype=np.int64), capacity, capacity, [total]]
    costs = [cost, cost, np.zeros(2 * count + 1, dtype=np.int64)]
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(tails).astype(np.int32),
        np.concatenate(heads).astype(np.int32),
        np.concatenate(caps).astype(np.int64),
        np.concatenate(costs),
    )
    flow.set_nodes_supplies(np.array([source, sink], dtype=np.int32), np.array([total, -total], dtype=np.int64))
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the flow was not solved ({status})")
    flows = flow.flows(arcs[: 2 * len(ordered)])
    return {pair: int(flows[n] + flows[n + len(ordered)]) for n, pair in enumerate(ordered)}


# --- Near misses ---


def near_misses(
    offer: OfferFacts,
    candidates: Sequence[Candidate] | Pool,
    *,
    weights: Weights = DEFAULT_WEIGHTS,
    top: int = 5,
) -> list[NearMiss]:
    """Candidates that fail only one or two gates: fewest failed first, then by what they would score without them."""
    pool = candidates if isinstance(candidates, Pool) else Pool(candidates)
    table = _evaluate(offer, pool, weights)
    failed = sum((~table.gates[name]).astype(int) for name in GATES)
    found: list[NearMiss] = []
    for count in (1, 2):
        rows = np.flatnonzero((failed == count) & table.other)
        for row in _best(pool, rows, table.score, top - len(found)):
            found.append(_near_miss(offer, pool, table, weights, row))
        if len(found) >= top:
            break
    return found


def _near_miss(offer: OfferFacts, pool: Pool, table: _Table, weights: Weights, row: int) -> NearMiss:
    candidate = pool.candidates[row]
    gates: list[Gate] = []
    fix: Gate | None = None
    for name in GATES:
        if table.gates[name][row]:
            continue
        gate, mend = _FAILURES[name](offer, candidate, table, weights, row)
        fix = fix or mend
        gates.append(gate)
    return NearMiss(candidate.id, _kind_of(candidate), tuple(gates), fix, round(float(table.score[row]), 6))


def _language_failed(
    offer: OfferFacts, candidate: Candidate, table: _Table, weights: Weights, row: int
) -> tuple[Gate, Gate | None]:
    own, theirs = _levels(offer.languages), _levels(candidate.languages)
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
    offer: OfferFacts, candidate: Candidate, table: _Table, weights: Weights, row: int
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
        if shift and int(_common_weeks(moved, alone)[0]) >= need:
            return gate, Gate("shift_weeks", {"weeks": shift, "first": moved.first.isoformat()})
    return gate, None


def _common_weeks(offer: OfferFacts, pool: Pool) -> np.ndarray:
    numbers = np.array([monday.toordinal() for monday in mondays_of(offer)], dtype=np.int64)
    days = numbers[:, None] + np.arange(5)
    own = (days >= offer.first.toordinal()) & (days <= offer.last.toordinal()) & _outside(offer.holidays, days)
    result: np.ndarray = ((pool.open_days(numbers) & own).sum(axis=2) >= _DAYS_OF_A_WEEK).sum(axis=1)
    return result


def _hours_failed(
    offer: OfferFacts, candidate: Candidate, table: _Table, weights: Weights, row: int
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
        offer: OfferFacts, candidate: Candidate, table: _Table, weights: Weights, row: int
    ) -> tuple[Gate, Gate | None]:
        ours = {
            "region": _place_suits(offer, candidate.country, candidate.region),
            "kind": _kind_suits(offer, candidate.kind),
            "mode": _mode_suits(offer, candidate.mode if isinstance(candidate, OfferFacts) else None),
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
