"""A live series' hour: humane for all where possible, otherwise the least burden, and who bears it in which week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from institutions.hours import WeekHours

Id = int | str
Member = tuple[Id, str, WeekHours | None]


@dataclass(frozen=True, slots=True)
class ZoneWeek:
    """What one zone sees in one week: local start and end, burden of the hour, minutes moved since the week before."""

    zone: str
    start: datetime
    end: datetime
    burden: int
    shift: int


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One week's session."""

    week: int
    utc: datetime
    zones: tuple[ZoneWeek, ...]
    outside: tuple[Id, ...]


@dataclass(frozen=True, slots=True)
class SlotProposal:
    """A weekly wall time in the governing zone with what it costs."""

    weekday: int
    time: time
    zone: str
    minutes: int
    occurrences: tuple[Occurrence, ...]
    skipped: tuple[date, ...]
    burdens: Mapping[Id, int]
    total: int
    worst: int
    outside: tuple[Id, ...]
    fairness: float
    humane: bool


def propose_slots(
    members: Sequence[Member], *, first: date, weeks: int, minutes: int, governing: str, count: int = 3
) -> list[SlotProposal]:
    raise NotImplementedError


def cost_of(
    members: Sequence[Member],
    *,
    weekday: int,
    at: time,
    first: date,
    weeks: int,
    minutes: int,
    governing: str,
) -> SlotProposal:
    raise NotImplementedError
