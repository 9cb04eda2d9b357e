"""Rank partner offers for an offer, say why, and propose pairings for all offers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from institutions.hours import OFFICE, SharedStart, WeekHours

Id = int | str


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What ranking knows of an offer. Empty wishes (`wanted_*`) mean anything goes."""

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
    """What ranking knows of an institution that has no open offer."""

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


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each feature counts (any scale: they are normalised), and the gates' settings."""

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
    cefr_slack: int = 0


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature's share 0..1, its weight in the score (weights sum to 1) and the facts for the words."""

    name: str
    share: float
    weight: float
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that failed, and the facts."""

    name: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    candidate: Id
    kind: str  # "offer" or "institution"
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
    candidate: Id
    kind: str
    gates: tuple[Gate, ...]
    fix: Gate | None
    score: float


DEFAULT_WEIGHTS = Weights()


def rank(
    offer: OfferFacts,
    candidates: Sequence[OfferFacts | InstitutionFacts],
    *,
    weights: Weights = DEFAULT_WEIGHTS,
    top: int = 20,
) -> list[Match]:
    raise NotImplementedError


def near_misses(
    offer: OfferFacts,
    candidates: Sequence[OfferFacts | InstitutionFacts],
    *,
    weights: Weights = DEFAULT_WEIGHTS,
    top: int = 5,
) -> list[NearMiss]:
    raise NotImplementedError
