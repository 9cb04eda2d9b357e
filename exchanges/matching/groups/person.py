"""Who is to be placed, and what holds for all groups of an exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from exchanges.matching import cefr
from institutions import hours as clock
from institutions.hours import HUMANE, WeekHours

Id = int | str

MIN_STARTS = 2


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be placed; `hours` are the humane hours in their own zone, `skill` any number that compares.

    `marks` are kinds of people that they are of, `not_alone` those of which they don't want to be a group's only one
    (which are theirs too). Marks count for the search alone: no reason ever names one, or whose it is.
    """

    id: Id
    institution: Id
    country: str
    zone: str
    hours: WeekHours = HUMANE
    languages: Mapping[str, str] = field(default_factory=dict)
    skill: float | None = None
    together: tuple[Id, ...] = ()
    apart: tuple[Id, ...] = ()
    marks: frozenset[str] = frozenset()
    not_alone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all groups of an exchange.

    Sizes, the period (weeks count from `first`), the session's length.
    """

    size_min: int
    size_max: int
    first: date
    weeks: int
    minutes: int
    min_level: str = "A1"

    def __post_init__(self) -> None:
        if not 2 <= self.size_min <= self.size_max:
            raise ValueError("groups have at least two people, and the largest is not smaller than the smallest")
        if self.weeks < 1:
            raise ValueError("there is at least one week")
        clock.check_minutes(self.minutes)
        cefr(self.min_level)

    @property
    def last(self) -> date:
        return self.first + timedelta(days=7 * self.weeks - 1)


def id_key(value: Id) -> tuple[int, int, str]:
    """Numbers before texts, each in its own order."""
    return (0, value, "") if isinstance(value, int) else (1, 0, value)
