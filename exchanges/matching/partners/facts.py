"""What ranking knows of an offer, and of an institution without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from institutions.hours import OFFICE, WeekHours

Id = int | str


class Wishes(NamedTuple):
    """What an offer asks of its partners; empty means anything."""

    wanted_countries: frozenset[str]
    wanted_regions: frozenset[str]
    wanted_kinds: frozenset[str]
    wanted_modes: frozenset[str]


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

    @property
    def wishes(self) -> Wishes:
        return Wishes(self.wanted_countries, self.wanted_regions, self.wanted_kinds, self.wanted_modes)


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


def codes_of(candidate: Candidate) -> tuple[str, ...]:
    if isinstance(candidate, OfferFacts):
        return (candidate.isced,) if candidate.isced else ()
    return tuple(sorted(candidate.isced))


def levels_of(candidate: Candidate) -> tuple[int, ...]:
    if isinstance(candidate, OfferFacts):
        return () if candidate.level is None else (candidate.level,)
    return tuple(sorted(candidate.levels))


def formats_of(candidate: Candidate) -> tuple[str, ...]:
    if isinstance(candidate, OfferFacts):
        return (candidate.format,) if candidate.format else ()
    return tuple(sorted(candidate.formats))


def kind_of(candidate: Candidate) -> str:
    return "offer" if isinstance(candidate, OfferFacts) else "institution"


def id_key(value: Id) -> tuple[int, int, str]:
    return (0, value, "") if isinstance(value, int) else (1, 0, value)
