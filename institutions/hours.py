"""Weekly local hours, and what they mean in UTC in every actual week.

PURE: no Django. Everything that has an hour in it goes through here.

Lattices and rules
- People give their hours as local **half-hours** of a week: 336 slots, Monday 00:00 is slot 0, Sunday 23:30 is slot
  335.
- Zones such as Asia/Kathmandu (+5:45) or Pacific/Chatham (+12:45) do not fall on UTC half-hours, so all arithmetic in
  UTC is done on **quarter-hours** (672 a week). A longer stretch (a UTC half-hour, a session) counts only if every
  quarter-hour of it is covered by the person's local hours at that very instant.
- Somebody is free at an instant if the local half-hour that their clock shows at that instant is one of theirs. In
  a week with a clock change this is decided instant by instant: an hour that does not exist is never free, an hour
  that happens twice is free twice.
- Starts that are fixed in a **governing zone** lie on that zone's wall-clock half-hours; an ambiguous wall time
  means its first occurrence, one that does not exist in some week cannot be a start of a weekly series.
- A wall time is resolved with the tzdata package (`tzdata_version()`), never with the system's copy.

Instants inside this module are whole minutes on an axis that starts at 0001-01-01 00:00 UTC, a Monday, so that
`minute % 10080` is the minute of the UTC week.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import tzdata

# The system's zone files were seen to differ from the package's; the package is pinned, so it alone is read.
zoneinfo.reset_tzpath(to=[])

SLOTS = 336
QUARTERS = 672
DAY = 1440
WEEK = 10080
EMPTY_HEX = "0" * 84
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

HUMANE_START = time(8)
HUMANE_END = time(21)

# A week "around" a Monday: governing-zone weeks begin up to 14 h before Monday 00:00 UTC and end up to 12 h after
# the next, and a session that starts in the last of these minutes still has to end.
BEFORE = 14 * 60
AFTER = 24 * 60
_LONGEST = 12 * 60

Zone = str | zoneinfo.ZoneInfo


class UnknownZone(ValueError):  # noqa: N818  a word of the domain
    """The name is not an IANA zone of the tzdata package."""


class NonexistentTime(ValueError):  # noqa: N818
    """The wall time is skipped by a clock change.

    `nearest` holds the two closest half-hours that exist, as wall times.
    """

    def __init__(self, wall: datetime, zone: str, nearest: tuple[datetime, datetime]) -> None:
        self.wall, self.zone, self.nearest = wall, zone, nearest
        super().__init__(f"{wall:%Y-%m-%d %H:%M} does not exist in {zone}; {nearest[0]} and {nearest[1]} are nearest")


class AmbiguousTime(ValueError):  # noqa: N818
    """The wall time happens twice; `both` holds the two instants in UTC, the earlier (fold=0) first."""

    def __init__(self, wall: datetime, zone: str, both: tuple[datetime, datetime]) -> None:
        self.wall, self.zone, self.both = wall, zone, both
        super().__init__(f"{wall:%Y-%m-%d %H:%M} happens twice in {zone}")


def tzdata_version() -> str:
    """The IANA release that every conversion uses, such as "2026a"."""
    return tzdata.IANA_VERSION


@lru_cache(maxsize=1024)
def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, TypeError) as error:
        raise UnknownZone(f"{name!r} is not a time zone") from error


def get_zone(zone: Zone) -> zoneinfo.ZoneInfo:
    """The zone object for an IANA name; raises `UnknownZone`."""
    return zone if isinstance(zone, zoneinfo.ZoneInfo) else _zone(zone)


# --- Weekly hours ---


class Range(NamedTuple):
    """A stretch within one local day.

    Weekday 0 (Monday) to 6, start and end in minutes; end is at most 1440 (24:00).
    """

    weekday: int
    start: int
    end: int

    @property
    def start_text(self) -> str:
        return f"{self.start // 60:02d}:{self.start % 60:02d}"

    @property
    def end_text(self) -> str:
        return f"{self.end // 60:02d}:{self.end % 60:02d}"


def parse_clock(text: str, *, end: bool = False) -> int:
    """Minutes after midnight of "HH:MM"; "24:00" only as an end. Raises ValueError."""
    hour, colon, minute = text.partition(":")
    if not (colon and hour.isascii() and minute.isascii() and hour.isdigit() and minute.isdigit()):
        raise ValueError(f"{text!r} is not a time HH:MM")
    if len(hour) > 2 or len(minute) != 2:
        raise ValueError(f"{text!r} is not a time HH:MM")
    value = int(hour) * 60 + int(minute)
    if int(minute) > 59 or value > DAY or (value == DAY and not end):
        raise ValueError(f"{text!r} is not a time of day")
    return value


class WeekHours:
    """An immutable set of the 336 local half-hours of a week."""

    __slots__ = ("_bits",)
    _bits: int

    def __init__(self, bits: int = 0) -> None:
        if not 0 <= bits < 1 << SLOTS:
            raise ValueError("a week has 336 half-hours")
        object.__setattr__(self, "_bits", bits)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("WeekHours cannot be changed")

    def __reduce__(self) -> tuple[object, ...]:
        return (WeekHours, (self._bits,))

    @classmethod
    def from_slots(cls, slots: Iterable[int]) -> WeekHours:
        """From half-hour numbers 0 to 335; raises ValueError outside."""
        bits = 0
        for slot in slots:
            if not 0 <= slot < SLOTS:
                raise ValueError(f"{slot} is not a half-hour of the week (0 to 335)")
            bits |= 1 << int(slot)
        return cls(bits)

    @classmethod
    def from_ranges(cls, ranges: Iterable[tuple[int, str, str]]) -> WeekHours:
        """From (weekday 0-6, "HH:MM", "HH:MM").

        The end may be "24:00". An end before the start runs past midnight into the next day (Sunday into Monday);
        an end equal to the start is refused, as it could mean nothing or a whole day. Times between half-hours
        shrink the range to the half-hours that it covers wholly, so nobody is booked in minutes they did not offer.
        """
        bits = 0
        for weekday, start_text, end_text in ranges:
            if not (isinstance(weekday, int) and 0 <= weekday <= 6):
                raise ValueError(f"{weekday!r} is not a weekday (0 Monday to 6 Sunday)")
            start, end = parse_clock(start_text), parse_clock(end_text, end=True)
            if end == start:
                raise ValueError(f"from {start_text} to {end_text} is empty")
            if end < start:
                end += DAY
            for slot in range(-(-start // 30), end // 30):
                bits |= 1 << (weekday * 48 + slot) % SLOTS
        return cls(bits)

    @classmethod
    def from_hex(cls, text: str) -> WeekHours:
        """From the database form: 84 hex digits, Monday 00:00 is the highest bit of the first digit."""
        if len(text) != 84 or not all(digit in _HEX_DIGITS for digit in text):
            raise ValueError("weekly hours are 84 hex digits")
        return cls(int(f"{int(text, 16):0336b}"[::-1], 2))

    @classmethod
    def from_array(cls, flags: Sequence[bool] | np.ndarray) -> WeekHours:
        """From 336 flags, Monday 00:00 first."""
        if len(flags) != SLOTS:
            raise ValueError("a week has 336 half-hours")
        return cls.from_slots(np.flatnonzero(np.asarray(flags)).tolist())

    @classmethod
    def daily(cls, start: str, end: str, weekdays: Iterable[int] = range(7)) -> WeekHours:
        """The same hours on several days: `daily("08:00", "21:00")`. Equal times mean all day, as in `waking`."""
        if parse_clock(start) == parse_clock(end, end=True):
            return cls.from_ranges((weekday, "00:00", "24:00") for weekday in weekdays)
        return cls.from_ranges((weekday, start, end) for weekday in weekdays)

    def to_hex(self) -> str:
        return f"{int(f'{self._bits:0336b}'[::-1], 2):084x}"

    @property
    def bits(self) -> int:
        """The set as an integer: bit n is slot n."""
        return self._bits

    def slots(self) -> tuple[int, ...]:
        return tuple(self)

    def ranges(self) -> list[Range]:
        """Merged stretches in week order, cut at midnight."""
        found: list[Range] = []
        for slot in self:
            weekday, start = slot // 48, slot % 48 * 30
            if found and found[-1].weekday == weekday and found[-1].end == start:
                found[-1] = Range(weekday, found[-1].start, start + 30)
            else:
                found.append(Range(weekday, start, start + 30))
        return found

    def array(self) -> np.ndarray:
        """numpy bool[336]."""
        return hours_array(self).copy()

    def day(self, weekday: int) -> tuple[bool, ...]:
        """The 48 half-hours of one day, for a grid's row."""
        return tuple(bool(self._bits >> (weekday * 48 + i) & 1) for i in range(48))

    def __iter__(self) -> Iterator[int]:
        bits = self._bits
        while bits:
            low = bits & -bits
            yield low.bit_length() - 1
            bits ^= low

    def __or__(self, other: WeekHours) -> WeekHours:
        return WeekHours(self._bits | other._bits)

    def __and__(self, other: WeekHours) -> WeekHours:
        return WeekHours(self._bits & other._bits)

    def __sub__(self, other: WeekHours) -> WeekHours:
        return WeekHours(self._bits & ~other._bits)

    def __len__(self) -> int:
        return self._bits.bit_count()

    def __contains__(self, slot: object) -> bool:
        return isinstance(slot, (int, np.integer)) and 0 <= int(slot) < SLOTS and bool(self._bits >> int(slot) & 1)

    def __bool__(self) -> bool:
        return self._bits != 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WeekHours) and self._bits == other._bits

    def __hash__(self) -> int:
        return hash((WeekHours, self._bits))

    def __repr__(self) -> str:
        days = ", ".join(f"{WEEKDAYS[r.weekday][:3]} {r.start_text}-{r.end_text}" for r in self.ranges())
        return f"WeekHours({days})"


ALL_WEEK = WeekHours((1 << SLOTS) - 1)
HUMANE = WeekHours.daily("08:00", "21:00")
OFFICE = WeekHours.daily("09:00", "17:00", range(5))


@lru_cache(maxsize=65536)
def hours_array(hours: WeekHours) -> np.ndarray:
    flags = np.zeros(SLOTS, dtype=bool)
    flags[list(hours)] = True
    flags.setflags(write=False)
    return flags


# --- Zones: offsets and changes ---


def day_minute(day: date) -> int:
    """The axis minute of 00:00 UTC on that date."""
    return (day.toordinal() - 1) * DAY


def _minute_of(instant: datetime) -> int:
    instant = instant.astimezone(UTC)
    return day_minute(instant.date()) + instant.hour * 60 + instant.minute


def instant_at(minute: int) -> datetime:
    """The UTC datetime of an axis minute."""
    return datetime(1, 1, 1, tzinfo=UTC) + timedelta(minutes=int(minute))


def _offset_at(zone: zoneinfo.ZoneInfo, minute: int) -> int:
    return int(instant_at(minute).astimezone(zone).utcoffset().total_seconds() // 60)  # type: ignore[union-attr]


@lru_cache(maxsize=16384)
def _year_changes(zone: zoneinfo.ZoneInfo, year: int) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The offset (minutes) at the start of a UTC year and its changes as (axis minute, offset from then on).

    Looks at every day and halves the days that differ; two changes on one day that cancel out do not occur.
    """
    if not 1 < year < 9999:
        raise ValueError(f"the year {year} is out of reach")
    first, last = day_minute(date(year, 1, 1)), day_minute(date(year + 1, 1, 1))
    start = before = _offset_at(zone, first)
    changes = []
    day, at = timedelta(days=1), instant_at(first)
    shown = at.astimezone(zone).utcoffset()
    for morning in range(first, last, DAY):
        at += day
        offset = at.astimezone(zone).utcoffset()
        if offset != shown:
            shown, after = offset, _offset_at(zone, morning + DAY)
            low, high = morning, morning + DAY
            while high - low > 1:
                middle = (low + high) // 2
                if _offset_at(zone, middle) == before:
                    low = middle
                else:
                    high = middle
            # A change at the very start of next year belongs to next year.
            if high < last:
                changes.append((high, after))
            before = after
    return start, tuple(changes)


def _steps(zone: zoneinfo.ZoneInfo, start: int, end: int) -> tuple[int, list[tuple[int, int]]]:
    """The offset at axis minute `start` and the later changes before `end`, as (minute, offset from then on)."""
    offset, later = 0, list[tuple[int, int]]()
    for year in range(instant_at(start).year, instant_at(end).year + 1):
        at_new_year, changes = _year_changes(zone, year)
        if year == instant_at(start).year:
            offset = at_new_year
        elif (at_new_year != (later[-1][1] if later else offset)) and start < day_minute(date(year, 1, 1)) < end:
            later.append((day_minute(date(year, 1, 1)), at_new_year))
        for minute, after in changes:
            if minute <= start:
                offset = after
            elif minute < end:
                later.append((minute, after))
    return offset, later


def offsets_at(zone: zoneinfo.ZoneInfo, minutes: np.ndarray) -> np.ndarray:
    """UTC offsets in minutes at ascending axis minutes."""
    if not len(minutes):
        return np.zeros(0, dtype=np.int64)
    offset, later = _steps(zone, int(minutes[0]), int(minutes[-1]) + 1)
    result = np.full(len(minutes), offset, dtype=np.int64)
    for minute, after in later:
        result[np.searchsorted(minutes, minute) :] = after
    return result


class ClockChange(NamedTuple):
    """A change of a zone's offset.

    The local date on which it happens (by the new clock), the instant, minutes before, after.
    """

    day: date
    instant: datetime
    before: int
    after: int

    @property
    def shift(self) -> int:
        """Minutes by which clocks jump forward (negative: back)."""
        return self.after - self.before


def clock_changes(zone: Zone, first: date, last: date) -> list[ClockChange]:
    """The clock changes whose local date lies in first..last."""
    tz = get_zone(zone)
    offset, later = _steps(tz, day_minute(first) - 2 * DAY, day_minute(last) + 3 * DAY)
    found = []
    for minute, after in later:
        instant = instant_at(minute)
        day = instant.astimezone(tz).date()
        if first <= day <= last:
            found.append(ClockChange(day, instant, offset, after))
        offset = after
    return found


def local(instant: datetime, zone: Zone) -> datetime:
    """The instant as that zone's clock shows it; the instant must be aware."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return instant.astimezone(get_zone(zone))


def resolve_wall(day: date, at: time, zone: Zone, fold: int | None = None) -> datetime:
    """The UTC instant of a wall time.

    Raises `NonexistentTime` when a clock change skips it, and `AmbiguousTime` when it happens twice and `fold` (0 the
    first, 1 the second) does not say which.
    """
    tz = get_zone(zone)
    wall = datetime.combine(day, at.replace(tzinfo=None, fold=0))
    if not 1 < wall.year < 9999:
        raise ValueError(f"the year {wall.year} is out of reach")
    readings = []
    for choice in (0, 1):
        instant = wall.replace(tzinfo=tz, fold=choice).astimezone(UTC)
        if instant.astimezone(tz).replace(tzinfo=None, fold=0) == wall and instant not in readings:
            readings.append(instant)
    if not readings:
        raise NonexistentTime(wall, tz.key, _around_gap(wall, tz))
    if len(readings) == 2:
        if fold is None:
            raise AmbiguousTime(wall, tz.key, (min(readings), max(readings)))
        return max(readings) if fold else min(readings)
    return readings[0]


def _around_gap(wall: datetime, tz: zoneinfo.ZoneInfo) -> tuple[datetime, datetime]:
    middle = _minute_of(wall.replace(tzinfo=UTC))
    before, later = _steps(tz, middle - 3 * DAY, middle + 3 * DAY)
    for minute, after in later:
        opens, closes = minute + before, minute + after
        if opens <= middle < closes:
            earlier = (opens - 1) // 30 * 30
            return (
                instant_at(earlier).replace(tzinfo=None),
                instant_at(-(-closes // 30) * 30).replace(tzinfo=None),
            )
        before = after
    raise AssertionError(f"no gap around {wall} in {tz.key}")


def walls_to_utc(zone: zoneinfo.ZoneInfo, walls: np.ndarray) -> np.ndarray:
    """Axis minutes (UTC) of ascending wall-clock minutes; the first of two, and -1 for those that do not exist."""
    low, high = int(walls[0]) - BEFORE - DAY, int(walls[-1]) + BEFORE + DAY
    offset, later = _steps(zone, low, high)
    result = np.full(len(walls), -1, dtype=np.int64)
    spans = [(low, offset), *later]
    ends = [minute for minute, _ in later] + [high]
    for (begin, value), end in zip(spans, ends, strict=True):
        utc = walls - value
        fits = (result < 0) & (utc >= begin) & (utc < end)
        result[fits] = utc[fits]
    return result


# --- Hours in UTC ---


def free_quarters(flags: np.ndarray, zone: Zone, start: int, count: int) -> np.ndarray:
    """Is each quarter-hour from axis minute `start` inside the local hours: bool[..., count] for bool[..., 336].

    All zones have had offsets of whole quarter-hours since 1980, so a quarter lies in one local half-hour.
    """
    minutes = start + 15 * np.arange(count, dtype=np.int64)
    wall = minutes + offsets_at(get_zone(zone), minutes)
    free: np.ndarray = flags[..., wall // 30 % SLOTS]
    return free


def fits_from(free: np.ndarray, minutes: int) -> np.ndarray:
    """Does a session of that length fit when it starts with each quarter: as many starts as the last axis allows."""
    need = -(-minutes // 15)
    fits, have = free, 1
    while have < need:
        step = min(have, need - have)
        fits = fits[..., : fits.shape[-1] - step] & fits[..., step:]
        have += step
    return fits


def check_minutes(minutes: int) -> int:
    """A live session lasts 1 minute to 12 hours; raises ValueError."""
    if not 1 <= minutes <= _LONGEST:
        raise ValueError("a live session lasts from 1 minute to 12 hours")
    return minutes


@lru_cache(maxsize=65536)
def utc_starts(hours: WeekHours, zone: Zone, day: date, minutes: int = 30) -> WeekHours:
    """The UTC half-hours, in the seven days from `day` 00:00 UTC, at which a session of that length fits the local
    hours.

    Slot 0 is Monday 00:00 UTC whatever weekday `day` is. A session that begins in these seven days may end after
    them.
    """
    begin = day_minute(day)
    need = -(-check_minutes(minutes) // 15)
    fits = fits_from(free_quarters(hours_array(hours), zone, begin, QUARTERS + need), minutes)[:QUARTERS:2]
    return WeekHours.from_array(np.roll(fits, begin // 30 % SLOTS))


def to_utc(hours: WeekHours, zone: Zone, monday: date) -> WeekHours:
    """The UTC half-hours of the week from `monday` that the local hours cover wholly, clock changes counted."""
    return utc_starts(hours, zone, monday, 30)


def from_utc(hours: WeekHours, zone: Zone, monday: date) -> WeekHours:
    """The local half-hours that lie wholly in the given UTC half-hours, by the offset at `monday` 00:00 UTC."""
    return _shift(hours, _offset_at(get_zone(zone), day_minute(monday)))


def move(hours: WeekHours, old: Zone, new: Zone, monday: date) -> WeekHours:
    """The hours in a new zone that keep the instants of the old one (as of `monday`).

    Keeping local hours needs no call.
    """
    at = day_minute(monday)
    return _shift(hours, _offset_at(get_zone(new), at) - _offset_at(get_zone(old), at))


def _shift(hours: WeekHours, minutes: int) -> WeekHours:
    quarters = np.roll(np.repeat(hours_array(hours), 2), minutes // 15)
    return WeekHours.from_array(quarters[::2] & quarters[1::2])


# --- Weeks ---


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


class Epoch(NamedTuple):
    """Weeks that look alike.

    The first and last Monday, and each zone's offset in minutes (None: it changes in this week).
    """

    first: date
    last: date
    offsets: dict[str, int | None]

    @property
    def weeks(self) -> int:
        return (self.last - self.first).days // 7 + 1


def epochs(zones: Iterable[Zone], first: date, last: date, *, begin: int = 0) -> list[Epoch]:
    """The weeks that touch first..last, as maximal runs in which no zone's offset changes; a week with a change
    stands alone.

    A week counts as changed if a change falls between 14 h before its Monday 00:00 UTC and 24 h after its end, which
    covers local weeks of every zone and sessions that run on. `begin` other than 0 makes weeks begin on that weekday.
    """
    if last < first:
        return []
    tzs = sorted({tz.key: tz for tz in map(get_zone, zones)}.items())
    day = first - timedelta(days=(first.weekday() - begin) % 7)
    found: list[Epoch] = []
    while day <= last:
        start, end = day_minute(day) - BEFORE, day_minute(day) + WEEK + AFTER
        offsets: dict[str, int | None] = {}
        for key, tz in tzs:
            offset, later = _steps(tz, start, end)
            offsets[key] = None if later else offset
        same = found and None not in offsets.values() and found[-1].offsets == offsets
        if same:
            found[-1] = Epoch(found[-1].first, day, offsets)
        else:
            found.append(Epoch(day, day, offsets))
        day += timedelta(days=7)
    return found


@dataclass(frozen=True, slots=True)
class SharedStart:
    """A weekly wall time in the governing zone that suits everyone in every week; `utc` is its first instant."""

    slot: int
    zone: str
    utc: datetime

    @property
    def weekday(self) -> int:
        return self.slot // 48

    @property
    def time(self) -> time:
        return time(self.slot % 48 // 2, self.slot % 2 * 30)


Member = tuple[WeekHours, Zone]


def shared_starts(
    members: Sequence[Member], first: date, last: date, minutes: int, *, governing: Zone | None = None
) -> list[SharedStart]:
    """Weekly starts, fixed on the governing zone's wall clock, that fit everyone's hours each time from first to
    last.

    The governing zone defaults to the first member's. A start counts if every occurrence whose governing local date
    lies in first..last exists on that clock and lies, for its whole length, in the hours of each member. Weekdays
    that do not occur in the period are not offered. In week order.
    """
    if not members or last < first:
        return []
    check_minutes(minutes)
    tz = get_zone(members[0][1] if governing is None else governing)
    people = {(hours, get_zone(zone).key) for hours, zone in members}
    fine = np.ones(SLOTS, dtype=bool)
    occurs = np.zeros(7, dtype=bool)
    count = (BEFORE + WEEK + AFTER) // 15
    for epoch in epochs([tz, *(zone for _, zone in people)], first, last):
        mondays = [epoch.first + timedelta(days=7 * week) for week in range(epoch.weeks)]
        touched = np.array(
            [any(first <= day + timedelta(days=weekday) <= last for day in mondays) for weekday in range(7)]
        )
        start = day_minute(epoch.first) - BEFORE
        free = np.ones(count, dtype=bool)
        for hours, zone in people:
            free &= free_quarters(hours_array(hours), zone, start, count)
        fits = fits_from(free, minutes)
        utc = walls_to_utc(tz, day_minute(epoch.first) + 30 * np.arange(SLOTS, dtype=np.int64))
        index = np.clip((utc - start) // 15, 0, len(fits) - 1)
        fine &= ((utc >= 0) & fits[index]) | ~np.repeat(touched, 48)
        occurs |= touched
    fine &= np.repeat(occurs, 48)
    return [
        SharedStart(int(slot), tz.key, next(occurrences(int(slot), tz, first, last))) for slot in np.flatnonzero(fine)
    ]


def occurrences(slot: int, zone: Zone, first: date, last: date) -> Iterator[datetime]:
    """The UTC instants of a weekly wall time (half-hour of the governing week) with a local date in first..last.

    Weeks in which that wall time does not exist are left out; of two, the first is meant.
    """
    weekday, at = slot // 48, time(slot % 48 // 2, slot % 2 * 30)
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    while day <= last:
        try:
            yield resolve_wall(day, at, zone, fold=0)
        except NonexistentTime:
            pass
        day += timedelta(days=7)


class WeekStarts(NamedTuple):
    """One week's shared starts: the date on which the week begins, and the instants in UTC."""

    day: date
    starts: tuple[datetime, ...]


def weekly_starts(members: Sequence[Member], first: date, weeks: int, minutes: int) -> list[WeekStarts]:
    """Each week's own shared starts on UTC half-hours, for series that may move from week to week.

    Week n is the seven days from `first` + 7 n, 00:00 UTC; a start belongs to the week in which it begins.
    """
    result = []
    for week in range(weeks):
        day = first + timedelta(days=7 * week)
        shared = ALL_WEEK if members else WeekHours()
        for hours, zone in members:
            shared &= utc_starts(hours, get_zone(zone).key, day, minutes)
        result.append(WeekStarts(day, tuple(slot_instant(slot, day) for slot in _from_day(shared, day))))
    return result


def slot_instant(slot: int, day: date) -> datetime:
    """The instant of a UTC half-hour slot (Monday 00:00 = 0) in the seven days from `day`."""
    begin = day_minute(day)
    return instant_at(begin + (slot * 30 - begin) % WEEK)


def _from_day(hours: WeekHours, day: date) -> list[int]:
    return sorted(hours, key=lambda slot: (slot - day.weekday() * 48) % SLOTS)


# --- Waking hours ---


def waking(instant: datetime, zone: Zone, day_start: time = HUMANE_START, day_end: time = HUMANE_END) -> bool:
    """Whether the local clock shows a time in [day_start, day_end).

    An end at or before the start runs past midnight (20:00 to 04:00 for those who work at night); equal means always.
    An end of 00:00 therefore means midnight.
    """
    at = local(instant, zone).time()
    if day_start < day_end:
        return day_start <= at < day_end
    return at >= day_start or at < day_end


def next_waking(instant: datetime, zone: Zone, day_start: time = HUMANE_START, day_end: time = HUMANE_END) -> datetime:
    """The first instant, not before the given one, in waking hours (UTC).

    Where a clock change skips the day's start, its end.
    """
    if waking(instant, zone, day_start, day_end):
        return instant.astimezone(UTC)
    tz = get_zone(zone)
    day = local(instant, tz).date()
    for ahead in range(4):
        try:
            start = resolve_wall(day + timedelta(days=ahead), day_start, tz, fold=0)
        except NonexistentTime as gap:
            start = resolve_wall(gap.nearest[1].date(), gap.nearest[1].time(), tz, fold=0)
            starts = [start]
        else:
            # When the clock goes back over the day's start, the day can begin twice.
            starts = [start, resolve_wall(day + timedelta(days=ahead), day_start, tz, fold=1)]
        for start in starts:
            if start >= instant and waking(start, tz, day_start, day_end):
                return start
    raise AssertionError("every day has a morning")


def next_local(instant: datetime, zone: Zone, at: time, weekday: int | None = None) -> datetime:
    """The first instant after the given one at which the local clock shows `at`, on `weekday` (Monday 0) if given.

    Where a clock change skips that time, the end of the gap; of two, the first.
    """
    tz = get_zone(zone)
    day = local(instant, tz).date()
    for ahead in range(9):
        on = day + timedelta(days=ahead)
        if weekday is not None and on.weekday() != weekday:
            continue
        try:
            found = resolve_wall(on, at, tz, fold=0)
        except NonexistentTime as gap:
            later = gap.nearest[1]
            found = resolve_wall(later.date(), later.time(), tz, fold=0)
        if found > instant:
            return found
    raise AssertionError("every week has each of its days")
