"""Every IANA zone over every clock change from 2026 to 2030, against the C library's reading of the same files.

The C library shares no code with ours or with Python's zoneinfo: what both say is what the zone's rules say.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from itertools import pairwise
from zoneinfo import available_timezones

import numpy as np
import pytest

from institutions import hours as clock
from institutions.away import hours_of_week, stretches_of_days
from institutions.hours import AmbiguousTime, NonexistentTime, WeekHours

FIRST, LAST = date(2026, 1, 1), date(2030, 12, 31)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TO_AXIS = (EPOCH - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(minutes=1)


@pytest.fixture
def use_zone() -> Iterator[Callable[[str], None]]:
    """`use_zone("Europe/Lisbon")`: from then on `time.localtime` reads this file of the tzdata package."""
    before, folder = os.environ.get("TZ"), resources.files("tzdata") / "zoneinfo"

    def use(name: str) -> None:
        os.environ["TZ"] = f":{folder.joinpath(*name.split('/'))}"
        time.tzset()

    yield use
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


def seconds(day: date) -> int:
    return int((datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH).total_seconds())


def wall(stamp: int) -> datetime:
    shown = time.localtime(stamp)
    return datetime(*shown[:5])


def by_file() -> list[str]:
    """One name of each file: other names of the same bytes mean the same to every reader."""
    folder = resources.files("tzdata") / "zoneinfo"
    names = {folder.joinpath(*name.split("/")).read_bytes(): name for name in sorted(available_timezones())}
    assert len(available_timezones()) > 590
    return sorted(names.values())


def test_no_wall_time_is_wrong_in_any_zone_over_any_clock_change(use_zone):
    names = by_file()
    hours = WeekHours.from_slots(random.Random(7).sample(range(336), 150))
    midnights = range(seconds(FIRST), seconds(LAST) + 86400, 86400)
    axis = np.array(midnights, dtype=np.int64) // 60 + TO_AXIS
    wrong: list[str] = []
    changes = walls = 0
    seen: set[tuple[object, ...]] = set()
    for name in names:
        use_zone(name)
        zone = clock.get_zone(name)
        # Each day's offset: no change of clocks is missed.
        theirs = [time.localtime(stamp).tm_gmtoff // 60 for stamp in midnights]
        if theirs != clock.offsets_at(zone, axis).tolist():
            wrong.append(f"{name}: offsets by day")
        found = clock.clock_changes(name, FIRST, LAST)
        jumps = sum(a != b for a, b in pairwise(theirs))
        if jumps != len(found):
            wrong.append(f"{name}: {jumps} jumps, {len(found)} changes")
        # Zones that keep the same clock in these years are looked at closely once.
        same = (theirs[0], *((change.instant, change.after) for change in found))
        if same in seen:
            continue
        seen.add(same)
        changes += len(found)
        for change in found:
            stamp = int((change.instant - EPOCH).total_seconds())
            sides = [time.localtime(at).tm_gmtoff // 60 for at in (stamp - 60, stamp)]
            if sides != [change.before, change.after]:
                wrong.append(f"{name}: {change}")
            walls += 48
            wrong += walls_of_the_day(name, change.day)
            wrong += week_of(name, clock.monday_of(change.day), hours)
    assert wrong == []
    assert len(names) > 300
    assert changes > 250
    assert walls > 12_000


def walls_of_the_day(name: str, day: date) -> list[str]:
    """Every half-hour of the wall clock: the instants that show it, none, one or two; and the day's length."""
    noon = seconds(day) + 43200
    shown: dict[datetime, list[datetime]] = {}
    for stamp in range(noon - 40 * 3600, noon + 40 * 3600, 900):
        shown.setdefault(wall(stamp), []).append(EPOCH + timedelta(seconds=stamp))
    wrong = []
    for half in range(48):
        at = datetime(day.year, day.month, day.day, half // 2, half % 2 * 30)
        expected = shown.get(at, [])
        try:
            got = [clock.resolve_wall(day, at.time(), name)]
        except NonexistentTime as gap:
            got = []
            if not all(clock.resolve_wall(near.date(), near.time(), name, fold=0) for near in gap.nearest):
                wrong.append(f"{name}: {gap.nearest} don't exist either")
        except AmbiguousTime as twice:
            got = list(twice.both)
        if got != expected:
            wrong.append(f"{name} {at}: {got} not {expected}")
    own = [instant for at, instants in shown.items() if at.date() == day for instant in instants]
    ((begin, end),) = stretches_of_days(name, day, day)
    if own and (begin, end) != (min(own), max(own) + timedelta(minutes=15)):
        wrong.append(f"{name} {day}: from {begin} to {end}")
    return wrong


def week_of(name: str, monday: date, hours: WeekHours) -> list[str]:
    """Weekly hours in the week of the change: quarter by quarter in UTC, and back on the wall clock."""
    start = seconds(monday) - 86400
    count = 9 * 96
    free = clock.free_quarters(clock.hours_array(hours), name, start // 60 + TO_AXIS, count)
    by_wall: dict[datetime, bool] = {}
    for n in range(count):
        at = wall(start + n * 900)
        expected = at.weekday() * 48 + at.hour * 2 + at.minute // 30 in hours
        if bool(free[n]) != expected:
            return [f"{name}, week of {monday}: quarter {n}"]
        by_wall.setdefault(at, expected)
    left = hours_of_week(hours, name, (), monday)
    first = datetime(monday.year, monday.month, monday.day)
    for slot in range(336):
        if (slot in left) != by_wall.get(first + timedelta(minutes=30 * slot), False):
            return [f"{name}, week of {monday}: half-hour {slot}"]
    return []
