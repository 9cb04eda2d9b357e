"""Exceptions to weekly hours: stretches of time in which somebody is away or busy, and what they leave of the hours.

PURE: no Django. `institutions.hours` knows the weekly hours; here they meet what is different in an actual week.

Rules
- A **stretch** is a pair of instants in UTC, end exclusive. Where it comes from (dates away, an institution's holiday,
  somebody's own calendar) no longer shows.
- Dates away are days on the person's own clock, whole or some hours of each. On a day with a clock change the stretch
  is as long as that day: an hour that happens twice is taken twice, one that is skipped moves to the next that exists.
- A half-hour or a session is free only if no minute of it is taken.
- A weekly meeting need not fail for one week's absence. The **usual hours** of a period are those half-hours that are
  free in at least `OFTEN` (three quarters) of its weeks: they are what groups and weekly series are made from. Who
  cannot come in which week follows from the stretches themselves (`is_free`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from institutions import hours as clock
from institutions.hours import NonexistentTime, WeekHours, Zone, get_zone, resolve_wall

OFTEN = 0.75
EVER = 0.001  # in any week at all

Stretch = tuple[datetime, datetime]
Away = tuple[Stretch, ...]

_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


def stretches_of_days(
    zone: Zone, first: date, last: date, starts: time | None = None, ends: time | None = None
) -> list[Stretch]:
    """Days on a zone's clock, first to last inclusive, as UTC: one stretch, or with hours one for each day."""
    if last < first:
        raise ValueError("the last day is before the first")
    if starts is None or ends is None:
        return [(_begin(first, time(), zone), _begin(last + timedelta(days=1), time(), zone))]
    found = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        stretch = _begin(day, starts, zone), _finish(day, ends, zone)
        if stretch[0] < stretch[1]:  # all of it may be skipped by a clock change
            found.append(stretch)
    return found


def _begin(day: date, at: time, zone: Zone) -> datetime:
    """The first instant at which the clock shows that time or, where it skips it, the next one."""
    try:
        return resolve_wall(day, at, zone, fold=0)
    except NonexistentTime as gap:
        return resolve_wall(gap.nearest[1].date(), gap.nearest[1].time(), zone, fold=0)


def _finish(day: date, at: time, zone: Zone) -> datetime:
    """The last instant at which the clock shows that time."""
    try:
        return resolve_wall(day, at, zone, fold=1)
    except NonexistentTime as gap:
        return resolve_wall(gap.nearest[1].date(), gap.nearest[1].time(), zone, fold=0)


def merged(stretches: Iterable[Stretch]) -> Away:
    """In order of time, overlapping and touching ones joined."""
    found: list[list[datetime]] = []
    for start, end in sorted((start.astimezone(UTC), end.astimezone(UTC)) for start, end in stretches):
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        elif start < end:
            found.append([start, end])
    return tuple((start, end) for start, end in found)


def _minutes(away: Sequence[Stretch]) -> tuple[np.ndarray, np.ndarray]:
    """Starts rounded down and ends rounded up to minutes of the axis of `institutions.hours`."""
    starts = [(start - _EPOCH) // _MINUTE for start, _ in away]
    ends = [-((_EPOCH - end) // _MINUTE) for _, end in away]
    return np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)


def taken(away: Away, begins: np.ndarray, minutes: int) -> np.ndarray:
    """Whether any part of [begin, begin + minutes) is taken, for axis minutes `begins`; `away` must be merged."""
    if not away:
        return np.zeros(len(begins), dtype=bool)
    starts, ends = _minutes(away)
    # The first stretch that ends after the beginning is the only one that can reach into it first.
    index = np.searchsorted(ends, begins, side="right")
    reach = np.append(starts, np.iinfo(np.int64).max)[index]
    result: np.ndarray = reach < begins + minutes
    return result


def is_free(hours: WeekHours, zone: Zone, away: Away, start: datetime, minutes: int) -> bool:
    """Whether every minute of a session lies in the local hours and none is taken."""
    end = start + timedelta(minutes=minutes)
    if any(begin < end and start < finish for begin, finish in away):
        return False
    first = (start - _EPOCH) // _MINUTE // 15 * 15
    count = -(-((end - _EPOCH) // _MINUTE - first) // 15)
    return bool(clock.free_quarters(clock.hours_array(hours), zone, first, count).all())


def how_many_away(people: Iterable[Away], starts: Sequence[datetime], minutes: int) -> list[int]:
    """For each session of a series, how many people are away or busy in some minute of it."""
    begins = np.array([(start - _EPOCH) // _MINUTE for start in starts], dtype=np.int64)
    counts = np.zeros(len(starts), dtype=np.int64)
    for away in people:
        counts += taken(away, begins, minutes)
    return counts.tolist()


@lru_cache(maxsize=1024)
def _half_hours(zone: ZoneInfo, first: date, days: int) -> np.ndarray:
    """The axis minutes of the local half-hours of so many days from `first`; -1 for those that do not exist."""
    walls = clock.day_minute(first) + 30 * np.arange(48 * days, dtype=np.int64)
    utc = clock.walls_to_utc(zone, walls)
    utc.setflags(write=False)
    return utc


def hours_of_week(hours: WeekHours, zone: Zone, away: Away, monday: date) -> WeekHours:
    """The local half-hours of the week from `monday` that are left: existing, in the hours, and not taken."""
    utc = _half_hours(get_zone(zone), monday, 7)
    left = clock.hours_array(hours) & (utc >= 0) & ~taken(away, utc, 30)
    return WeekHours.from_array(left)


def usual_hours(
    hours: WeekHours, zone: Zone, away: Away, first: date, last: date, *, often: float = OFTEN
) -> WeekHours:
    """The hours that are left in at least the share `often` of the weeks from first to last (local dates).

    A half-hour whose weekday does not occur in the period stays as it is.
    """
    if not away or not hours or last < first:
        return hours
    days = (last - first).days + 1
    utc = _half_hours(get_zone(zone), first, days)
    slots = (first.weekday() * 48 + np.arange(48 * days)) % clock.SLOTS
    exists = utc >= 0
    occurs = np.bincount(slots[exists], minlength=clock.SLOTS)
    free = np.bincount(slots[exists & ~taken(away, utc, 30)], minlength=clock.SLOTS)
    return WeekHours.from_array(clock.hours_array(hours) & ((free >= often * occurs) | (occurs == 0)))


def heat_of_week(members: Iterable[tuple[WeekHours, Zone, Away]], zone: Zone, monday: date) -> list[int | None]:
    """How many members are free in each of the viewer's 336 local half-hours of the week from `monday`.

    None where the viewer's clock skips a half-hour.
    """
    utc = _half_hours(get_zone(zone), monday, 7)
    start = clock.day_minute(monday) - clock.BEFORE
    count = (clock.BEFORE + clock.WEEK + clock.AFTER) // 15
    index = np.clip((utc - start) // 15, 0, count - 3)
    counts = np.zeros(clock.SLOTS, dtype=np.int64)
    for hours, where, away in members:
        free = clock.fits_from(clock.free_quarters(clock.hours_array(hours), where, start, count), 30)
        counts += free[index] & ~taken(away, utc, 30)
    return [int(n) if at >= 0 else None for n, at in zip(counts, utc, strict=True)]
