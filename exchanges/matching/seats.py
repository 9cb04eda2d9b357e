"""Learners' ranked choices become places: deferred acceptance under quotas, reserved places and priorities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exchanges.matching import Reason

Id = int | str


@dataclass(frozen=True, slots=True)
class Learner:
    id: Id
    institution: Id
    country: str
    preferences: tuple[Id, ...]
    reserved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seats:
    """One exchange's places: quotas are nested (institution within country within capacity), reserves are soft."""

    id: Id
    capacity: int
    minimum: int = 0
    institution_quotas: Mapping[Id, int] = field(default_factory=dict)
    country_quotas: Mapping[str, int] = field(default_factory=dict)
    reserves: Mapping[str, int] = field(default_factory=dict)
    priority: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    learner: Id
    exchange: Id
    rank: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class NoPlace:
    learner: Id
    reason: Reason


@dataclass(frozen=True, slots=True)
class Allocation:
    placements: tuple[Placement, ...]
    unplaced: tuple[NoPlace, ...]
    figures: Mapping[str, Any]


def allocate(learners: Sequence[Learner], exchanges: Sequence[Seats], *, seed: int = 0) -> Allocation:
    raise NotImplementedError
