"""Split people into mixed groups that share hours and a language; say who cannot be placed, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from exchanges.matching import Reason
from institutions.hours import HUMANE, WeekHours

Id = int | str


@dataclass(frozen=True, slots=True)
class Person:
    id: Id
    institution: Id
    country: str
    zone: str
    hours: WeekHours = HUMANE
    languages: Mapping[str, str] = field(default_factory=dict)
    skill: float | None = None
    together: tuple[Id, ...] = ()
    apart: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupSlot:
    """One shared live start in one week, and each member's local date and time."""

    week: int
    utc: datetime
    local: Mapping[Id, datetime]


@dataclass(frozen=True, slots=True)
class Series:
    """A weekly wall time in a governing zone that suits the group in every week."""

    zone: str
    weekday: int
    time: str


@dataclass(frozen=True, slots=True)
class Group:
    members: tuple[Id, ...]
    score: float
    broken: tuple[Reason, ...]
    reasons: tuple[Reason, ...]
    language: str | None
    language_level: str | None
    starts: int
    series: tuple[Series, ...]
    slots: tuple[GroupSlot, ...]
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Unplaced:
    id: Id
    reason: Reason
    change: Reason | None


@dataclass(frozen=True, slots=True)
class GroupPlan:
    groups: tuple[Group, ...]
    unplaced: tuple[Unplaced, ...]
    figures: Mapping[str, Any]


def form_groups(
    people: Sequence[Person],
    *,
    size_min: int,
    size_max: int,
    first: date,
    weeks: int,
    minutes: int,
    seed: int = 0,
    locked: Iterable[Sequence[Id]] = (),
) -> GroupPlan:
    raise NotImplementedError


def describe_group(
    people: Sequence[Person], *, size_min: int, size_max: int, first: date, weeks: int, minutes: int
) -> Group:
    raise NotImplementedError
