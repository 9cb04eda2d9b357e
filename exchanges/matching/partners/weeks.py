"""Weeks and hours of an offer on the calendar: its Mondays, holidays, clock changes and the starts in one week."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from exchanges.matching.partners.facts import OfferFacts
from exchanges.matching.partners.weights import FORMAT_MIN_WEEKS, Weights
from institutions import hours as clock

DAYS_OF_A_WEEK = 3


LONGEST_WEEKS = 110


def mondays_of(offer: OfferFacts) -> list[date]:
    """The Mondays of the weeks that the offer's period touches (at most about two years of them)."""
    monday = clock.monday_of(offer.first)
    found: list[date] = []
    while monday <= offer.last and len(found) < LONGEST_WEEKS:
        found.append(monday)
        monday += timedelta(days=7)
    return found


def last_day(offer: OfferFacts) -> date:
    """The last day that counts: of a period that never ends, the weeks above."""
    return min(offer.last, clock.monday_of(offer.first) + timedelta(days=7 * LONGEST_WEEKS - 1))


def weeks_needed(offer: OfferFacts, weights: Weights) -> int:
    """The fewest common weeks that this offer can do with."""
    needs = [weights.min_weeks, FORMAT_MIN_WEEKS.get(offer.format, weights.min_weeks)]
    if offer.weeks:
        needs.append(offer.weeks)
    return max(1, min(needs))


def outside(holidays: Iterable[tuple[date, date]], days: np.ndarray) -> np.ndarray:
    free = np.ones(days.shape, dtype=bool)
    for first, last in holidays:
        free &= (days < first.toordinal()) | (days > last.toordinal())
    return free


def epoch_runs(zones: Iterable[str], mondays: Sequence[date]) -> Iterator[tuple[clock.Epoch, slice]]:
    """Runs of weeks with the same clocks, with their place in `mondays`."""
    if not mondays:
        return
    at = 0
    for epoch in clock.epochs(zones, mondays[0], mondays[-1]):
        yield epoch, slice(at, at + epoch.weeks)
        at += epoch.weeks


def packed_starts(flags: np.ndarray, zone: str, monday: date, minutes: int) -> np.ndarray:
    """uint64[rows, 6] of the UTC half-hours of the week from `monday` at which a session fits; bool[rows, 336] in."""
    need = -(-clock.check_minutes(minutes) // 15)
    free = clock.free_quarters(flags, zone, clock.day_minute(monday), clock.QUARTERS + need)
    fits = clock.fits_from(free, minutes)[:, : clock.QUARTERS : 2]
    octets = np.zeros((len(flags), 48), dtype=np.uint8)
    octets[:, :42] = np.packbits(fits, axis=1)
    return octets.view(np.uint64)
