"""What comes out: groups with their hours and reasons, and those without a group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exchanges.matching import Reason
from exchanges.matching.groups.person import Id


@dataclass(frozen=True, slots=True)
class GroupSlot:
    """One shared live start in one week (0 is the first), and each member's local date and time."""

    week: int
    utc: datetime
    local: Mapping[Id, datetime]


@dataclass(frozen=True, slots=True)
class Series:
    """A weekly wall time "HH:MM" in a governing zone that suits the whole group in every week."""

    zone: str
    weekday: int
    time: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group as it stands: `broken` holds the rules it breaks, `starts` its fewest shared starts in any week.

    `was` is the place, in the plan before, of the group that it carries on (`regroup`).

    `series` are up to six weekly wall times that hold in every week (least burden first), `slots` two starts in
    each week.
    """

    members: tuple[Id, ...]
    score: float
    shares: Mapping[str, float]
    broken: tuple[Reason, ...]
    reasons: tuple[Reason, ...]
    language: str | None
    language_level: str | None
    starts: int
    series: tuple[Series, ...]
    slots: tuple[GroupSlot, ...]
    locked: bool = False
    was: int | None = None


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Somebody without a group: why, and the smallest change found that would give them one (None: none found)."""

    id: Id
    reason: Reason
    change: Reason | None


@dataclass(frozen=True, slots=True)
class GroupPlan:
    groups: tuple[Group, ...]
    unplaced: tuple[Unplaced, ...]
    figures: Mapping[str, Any]
