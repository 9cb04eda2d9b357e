"""The candidates as arrays."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from exchanges.matching.partners.facts import Candidate, OfferFacts, codes_of, formats_of, levels_of
from exchanges.matching.partners.features import spoken_levels
from exchanges.matching.partners.topics import weights_of
from exchanges.matching.partners.weeks import last_day, mondays_of, outside, packed_starts
from institutions import hours as clock


class Coded:
    """A column by its distinct values, so that a rule runs once per value."""

    def __init__(self, values: Iterable[Hashable]) -> None:
        index: dict[Hashable, int] = {}
        self.codes = np.array([index.setdefault(value, len(index)) for value in values], dtype=np.int64)
        self.values: list[Any] = list(index)

    def take(self, rows: np.ndarray) -> Coded:
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
        self.last = np.array([last_day(o).toordinal() if o else _ALWAYS[1] for o in offers], dtype=np.int64)
        self.holidays = Coded(c.holidays for c in self.candidates)
        self.place = Coded((c.country, c.region) for c in self.candidates)
        self.kind = Coded(c.kind for c in self.candidates)
        self.mode = Coded(o.mode if o else "" for o in offers)
        self.isced = Coded(codes_of(c) for c in self.candidates)
        self.level = Coded(levels_of(c) for c in self.candidates)
        self.format = Coded(formats_of(c) for c in self.candidates)
        self.size_of = Coded((o.places_own, o.places_partner) if o else (None, None) for o in offers)
        self.languages = Coded(
            (isinstance(c, OfferFacts), tuple(sorted(spoken_levels(c.languages).items()))) for c in self.candidates
        )
        self.wishes = Coded(o.wishes if o else None for o in offers)
        self.weeks = Coded((o.weeks, o.format) if o else None for o in offers)
        self.span = np.array([(o.weeks or len(mondays_of(o))) if o else 0 for o in offers], dtype=np.int64)
        self.known_text = np.array([bool(c.text.strip()) for c in self.candidates], dtype=bool)
        self.session = np.array([o.session_minutes if o else 0 for o in offers], dtype=np.int64)
        self.zone = Coded(c.zone for c in self.candidates)
        self.flags = Coded(c.hours for c in self.candidates)
        self._hours = np.array([hours.array() for hours in self.flags.values], dtype=bool).reshape(-1, clock.SLOTS)
        self._hours_in = [np.unique(self.flags.codes[self.zone.codes == z]) for z in range(len(self.zone.values))]
        self._starts: dict[tuple[Any, ...], np.ndarray] = {}
        self._index_words()

    def _index_words(self) -> None:
        """An inverted index: for each word the candidates that have it, with its share of the text's length."""
        postings: dict[str, tuple[list[int], list[float]]] = {}
        for row, candidate in enumerate(self.candidates):
            words = weights_of(candidate.text)
            norm = math.sqrt(sum(weight * weight for weight in words.values()))
            for stem, weight in words.items():
                rows, values = postings.setdefault(stem, ([], []))
                rows.append(row)
                values.append(weight / norm)
        self._words = {
            stem: (np.array(rows, dtype=np.int64), np.array(values)) for stem, (rows, values) in postings.items()
        }
        self._row = np.arange(self.size)

    def text_closeness(self, text: str) -> np.ndarray:
        """Cosine of word weights with every candidate's text."""
        words = weights_of(text)
        norm = math.sqrt(sum(weight * weight for weight in words.values())) or 1.0
        result = np.zeros(self.whole)
        for stem in sorted(words):
            if stem in self._words:
                rows, values = self._words[stem]
                result[rows] += values * (words[stem] / norm)
        return result[self._row]

    def subset(self, rows: np.ndarray) -> Pool:
        """The same pool with only these candidates; what is cached stays shared."""
        part = copy.copy(self)
        part.size = len(rows)
        for name, value in vars(self).items():
            if isinstance(value, Coded):
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
        free = np.array([outside(holidays, days) for holidays in self.holidays.values]).reshape(-1, *days.shape)
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
