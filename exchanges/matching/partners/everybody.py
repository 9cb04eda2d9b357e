"""Everybody ranked for everybody: each offer's best others, all at once, and again when an offer comes.

Gives exactly what `rank` gives for each offer among all others, in a small part of the time. Needs numba, which takes a
moment to load: import it where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from exchanges.matching.partners import loops
from exchanges.matching.partners.columns import DoesNotFitError, Ledger
from exchanges.matching.partners.facts import Id, OfferFacts, id_key
from exchanges.matching.partners.weights import DEFAULT_WEIGHTS, FEATURES, SCALE, Weights


class Everybody:
    """The offers, and the best `top` partners of each."""

    def __init__(self, offers: Sequence[OfferFacts], *, weights: Weights = DEFAULT_WEIGHTS, top: int = 20) -> None:
        """Raises ValueError if two offers have the same id, if nothing counts, or if `top` is no count."""
        if top < 1:
            raise ValueError("ask for at least one partner")
        self.weights, self.top = weights, top
        self._share = np.array([weights.shares()[name] for name in FEATURES])
        # Ordered by field, so that partners that suit meet early (see `best_of_all`).
        self._make(sorted(offers, key=lambda offer: (offer.isced, id_key(offer.id))))

    def _make(self, offers: list[OfferFacts]) -> None:
        self.offers = offers
        self._row = {offer.id: row for row, offer in enumerate(offers)}
        if len(self._row) != len(offers):
            raise ValueError("two offers have the same id")
        self._ledger = Ledger(offers, self.weights) if offers else None
        room = self._ledger.room if self._ledger else 0
        self._keys = np.full((room, self.top), -1, dtype=np.int64)
        self._rows = np.full((room, self.top), -1, dtype=np.int32)
        self._meet(0)

    def _meet(self, begin: int) -> None:
        """Rank the rows from `begin` on for all others, and for each other."""
        if self._ledger is None:
            return
        loops.best_of_all(
            self._ledger.columns,
            len(self.offers),
            self._share,
            self.weights.min_starts,
            self.weights.plenty_starts,
            self._ledger.stems,
            begin,
            self._keys,
            self._rows,
        )

    def add(self, offer: OfferFacts) -> None:
        """A further offer: it is ranked, and takes its place among the best of others. Raises ValueError as above."""
        if offer.id in self._row:
            raise ValueError("two offers have the same id")
        try:
            if self._ledger is None:
                raise DoesNotFitError("there are no columns yet")
            self._ledger.extend([offer])
        except DoesNotFitError:
            self._make([*self.offers, offer])
            return
        self._row[offer.id] = len(self.offers)
        self.offers.append(offer)
        self._meet(len(self.offers) - 1)

    def best(self, offer: Id) -> list[tuple[Id, float]]:
        """The best partners of an offer with their scores, as `rank` orders them. Raises KeyError."""
        return [(self.offers[other].id, score) for other, score in self._best(self._row[offer])]

    def pairs(self) -> Iterator[tuple[Id, Id, float]]:
        """Each two of which one is among the best of the other, once."""
        for row in range(len(self.offers)):
            for other, score in self._best(row):
                if row < other or row not in self._rows[other]:
                    yield self.offers[row].id, self.offers[other].id, score

    def _best(self, row: int) -> list[tuple[int, float]]:
        found = zip(self._rows[row].tolist(), self._keys[row].tolist(), strict=True)
        return [(other, round(key / SCALE, 6)) for other, key in found if other >= 0]
