"""The time ribbon: one row per place, the viewer's day across, the local sky in each row, the hours in question drawn
through all of them.

PURE: no Django; words come from the caller. Two steps: facts (`for_slots`, `for_week`) and geometry (`layout`).

Rules
- The axis is one day of the viewer, from local midnight to the next. It is real time: on a day with a clock change it
  is 23 or 25 hours long, and the hour marks stand where the viewer's clock shows them.
- The sky of a place is read from its own clock: **night** 22:00 to 06:00, **early** 06:00 to 08:00, **day** 08:00 to
  19:00, **late** 19:00 to 22:00. Early and late are drawn alike, as the edge of the day.
- The sky is sampled every quarter of an hour of real time: every zone in use differs from UTC by whole quarters, so
  this is exact, also where a zone changes its clocks, and needs no arithmetic on wall times.
- Positions are fractions of the axis, 0 to 1. Geometry is in fractions across and em down: a ribbon stretches to any
  width while its text keeps its size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from institutions.hours import WeekHours, Zone, clock_changes, get_zone, monday_of

NIGHT_ENDS, DAY_STARTS, DAY_ENDS, NIGHT_STARTS = 6, 8, 19, 22
STEP = timedelta(minutes=15)


class Sky(StrEnum):
    """What the sky is like at a local hour."""

    NIGHT = "night"
    EARLY = "early"
    DAY = "day"
    LATE = "late"

    @property
    def tone(self) -> str:
        """The one of three tones in which it is drawn: "night", "edge" or "day"."""
        return "edge" if self in (Sky.EARLY, Sky.LATE) else str(self)

    @classmethod
    def at(cls, local: datetime | time) -> Sky:
        """The sky at a local wall time."""
        if local.hour < NIGHT_ENDS or local.hour >= NIGHT_STARTS:
            return cls.NIGHT
        if local.hour < DAY_STARTS:
            return cls.EARLY
        return cls.DAY if local.hour < DAY_ENDS else cls.LATE


_HARDSHIP = (Sky.DAY, Sky.LATE, Sky.EARLY, Sky.NIGHT)


# --- What goes in ---


def zone_name(zone: Zone) -> str:
    """The city of a zone, for people: "Asia/Kolkata" is "Kolkata"."""
    key = zone if isinstance(zone, str) else zone.key
    return key.rpartition("/")[2].replace("_", " ")


@dataclass(frozen=True)
class Place:
    """Where somebody takes part: a name to show and a zone (an IANA name or a ZoneInfo)."""

    zone: Zone
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or zone_name(self.zone)

    @property
    def tz(self) -> ZoneInfo:
        return get_zone(self.zone)


@dataclass(frozen=True)
class Slot:
    """A live session: an aware start and its length in minutes."""

    start: datetime
    minutes: int

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


# --- What comes out: facts ---


@dataclass(frozen=True)
class Span:
    """A stretch of one sky along the axis."""

    start: float
    end: float
    sky: Sky


@dataclass(frozen=True)
class Mark:
    """Hours drawn through a row, as that row's clock shows them.

    `sky` is the sky at the start, `worst` the hardest in it, `whole` whether it stays the same; `day_shift` counts the
    days by which the local date is ahead of the viewer's (negative: behind). `window`: hours on offer, not one session.
    """

    start: float
    end: float
    local_start: datetime
    local_end: datetime
    sky: Sky
    worst: Sky
    whole: bool
    day_shift: int
    window: bool = False


@dataclass(frozen=True)
class Row:
    """One place: its sky along the viewer's day, the marks, and where its own date changes."""

    place: Place
    offset: timedelta
    is_viewer: bool
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    midnights: tuple[tuple[float, date], ...]
    week: tuple[WeekLine, ...] = ()

    @property
    def offset_text(self) -> str:
        """Such as "UTC+5:45"."""
        minutes = int(self.offset.total_seconds() // 60)
        sign, minutes = ("+" if minutes >= 0 else "−"), abs(minutes)
        return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02d}" if minutes % 60 else "")


@dataclass(frozen=True)
class Tick:
    """A full hour on the viewer's clock."""

    at: float
    hour: int


@dataclass(frozen=True)
class WeekLine:
    """The same local hours on one or more weekdays (0 is Monday); an end of 24:00 is minute 1440."""

    days: tuple[int, ...]
    start: int
    end: int

    @property
    def times(self) -> tuple[str, str]:
        return _clock(self.start), _clock(self.end)


@dataclass(frozen=True)
class Ribbon:
    """Everything that a ribbon says, before anybody draws it."""

    day: date
    viewer: Place
    minutes: int
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    weekly: bool = False


@dataclass(frozen=True)
class ClockNote:
    """From `start` on, a session that was at `before` on this place's clock is at `after`."""

    place: Place
    start: datetime
    before: time
    after: time


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _axis(day: date, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """The viewer's day in UTC; a midnight that the clock skips is the moment of the change."""
    start, end = (datetime.combine(day + timedelta(days=n), time(), tz).astimezone(UTC) for n in (0, 1))
    return start, end


@lru_cache(maxsize=8192)
def sky_of_day(day: date, viewer: ZoneInfo, zone: ZoneInfo) -> tuple[Span, ...]:
    """The sky in `zone` along the day of `viewer`."""
    start, end = _axis(day, viewer)
    count = (end - start) // STEP
    spans: list[Span] = []
    for n in range(count):
        sky = Sky.at((start + n * STEP).astimezone(zone))
        if spans and spans[-1].sky is sky:
            spans[-1] = Span(spans[-1].start, (n + 1) / count, sky)
        else:
            spans.append(Span(n / count, (n + 1) / count, sky))
    return tuple(spans)


def _midnights(day: date, viewer: ZoneInfo, zone: ZoneInfo) -> tuple[tuple[float, date], ...]:
    start, end = _axis(day, viewer)
    count = (end - start) // STEP
    dates = [(start + n * STEP).astimezone(zone).date() for n in range(count)]
    return tuple((n / count, dates[n]) for n in range(1, count) if dates[n] != dates[n - 1])


def _ticks(day: date, viewer: ZoneInfo) -> tuple[Tick, ...]:
    start, end = _axis(day, viewer)
    count = (end - start) // STEP
    ticks = []
    for n in range(count):
        local = (start + n * STEP).astimezone(viewer)
        if local.minute == 0:
            ticks.append(Tick(n / count, local.hour))
    return (*ticks, Tick(1.0, 24))


def _mark(start: datetime, end: datetime, axis: tuple[datetime, datetime], viewer: ZoneInfo, zone: ZoneInfo) -> Mark:
    length = axis[1] - axis[0]
    local_start, local_end = start.astimezone(zone), end.astimezone(zone)
    steps = max(1, -((start - end) // STEP))
    skies = [Sky.at((start + n * STEP).astimezone(zone)) for n in range(steps)]
    return Mark(
        start=max(0.0, (start - axis[0]) / length),
        end=min(1.0, (end - axis[0]) / length),
        local_start=local_start,
        local_end=local_end,
        sky=skies[0],
        worst=max(skies, key=_HARDSHIP.index),
        whole=len(set(skies)) == 1,
        day_shift=(local_start.date() - start.astimezone(viewer).date()).days,
    )


def _rows(
    day: date, viewer: Place, places: Iterable[Place], stretches: Sequence[tuple[datetime, datetime]], window: bool
) -> list[Row]:
    axis = _axis(day, viewer.tz)
    seen = [viewer]
    for place in places:
        # A place on the viewer's own clock and of the viewer's own name would say the same twice.
        if place not in seen and not (place.tz.key == viewer.tz.key and place.name == viewer.name):
            seen.append(place)
    reference = stretches[0][0] if stretches else axis[0] + (axis[1] - axis[0]) / 2
    rows = []
    for place in seen:
        marks = [_mark(start, end, axis, viewer.tz, place.tz) for start, end in stretches]
        if window:
            marks = [replace(mark, window=True) for mark in marks]
        rows.append(
            Row(
                place=place,
                offset=reference.astimezone(place.tz).utcoffset() or timedelta(),
                is_viewer=place is viewer,
                spans=sky_of_day(day, viewer.tz, place.tz),
                marks=tuple(marks),
                midnights=_midnights(day, viewer.tz, place.tz),
            )
        )
    return rows


def for_slots(viewer: Place, places: Iterable[Place], slots: Iterable[Slot], day: date | None = None) -> Ribbon:
    """A ribbon of sessions on one day of the viewer (by default the day on which the first one starts).

    Sessions that don't touch that day are left out.
    """
    slots = sorted(slots, key=lambda slot: slot.start)
    if day is None:
        day = (slots[0].start if slots else datetime.now(UTC)).astimezone(viewer.tz).date()
    axis = _axis(day, viewer.tz)
    inside = [(slot.start, slot.end) for slot in slots if slot.start < axis[1] and slot.end > axis[0]]
    return Ribbon(
        day=day,
        viewer=viewer,
        minutes=(axis[1] - axis[0]) // timedelta(minutes=1),
        ticks=_ticks(day, viewer.tz),
        rows=tuple(_rows(day, viewer, places, inside, window=False)),
    )


@lru_cache(maxsize=16384)
def week_cells(hours: WeekHours, zone: ZoneInfo, seen_from: ZoneInfo, monday: date) -> frozenset[int]:
    """The quarter-hours of a week (Monday 00:00 = 0, up to 671) that `hours` in `zone` fill on another zone's clock,
    in the week that begins on `monday`."""
    if not any(clock_changes(tz, monday - timedelta(days=2), monday + timedelta(days=9)) for tz in (zone, seen_from)):
        noon = datetime.combine(monday, time(12), zone)
        shift = (noon.astimezone(seen_from).utcoffset() - noon.utcoffset()) // STEP  # type: ignore[operator]
        return frozenset((2 * slot + half + shift) % 672 for slot in hours for half in (0, 1))
    cells = set()
    for slot in hours:
        wall = datetime.combine(monday + timedelta(days=slot // 48), time(slot % 48 // 2, slot % 2 * 30), zone)
        instant = wall.astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
            continue  # a clock change skips this half-hour
        for quarter in (instant, instant + STEP):
            local = quarter.astimezone(seen_from)
            cells.add(local.weekday() * 96 + local.hour * 4 + local.minute // 15)
    return frozenset(cells)


def week_lines(cells: Iterable[int]) -> tuple[WeekLine, ...]:
    """Quarter-hours of a week as stretches, days with the same stretch together, ordered by first day and hour."""
    stretches: dict[tuple[int, int], list[int]] = {}
    start = previous = None
    for cell in [*sorted(cells), None]:
        if start is None:
            start = previous = cell
        elif cell is not None and cell == previous + 1 and cell % 96:  # type: ignore[operator]
            previous = cell
        else:
            key = (start % 96 * 15, (previous % 96 + 1) * 15)  # type: ignore[operator]
            stretches.setdefault(key, []).append(start // 96)
            start = previous = cell
    lines = [WeekLine(tuple(days), *key) for key, days in stretches.items()]
    return tuple(sorted(lines, key=lambda line: (line.days[0], line.start)))


def windows(cells: Iterable[int]) -> list[tuple[int, int]]:
    """The hours of the day, in minutes, at which any day of the week has one of these quarter-hours."""
    found: list[tuple[int, int]] = []
    for quarter in sorted({cell % 96 for cell in cells}):
        if found and found[-1][1] == quarter * 15:
            found[-1] = (found[-1][0], quarter * 15 + 15)
        else:
            found.append((quarter * 15, quarter * 15 + 15))
    return found


def for_week(viewer: Place, places: Iterable[Place], hours: WeekHours, zone: Zone, on: date) -> Ribbon:
    """A ribbon of weekly hours, given in `zone`, in the week of `on`: on the viewer's clock, all weekdays laid over
    each other. What holds on which weekday is in each row's `week`."""
    tz, monday = get_zone(zone), monday_of(on)
    axis = _axis(on, viewer.tz)
    stretches = []
    for start, end in windows(week_cells(hours, tz, viewer.tz, monday)):
        begin = datetime.combine(on, time(start // 60, start % 60), viewer.tz).astimezone(UTC)
        stretches.append((begin, min(begin + timedelta(minutes=end - start), axis[1])))
    rows = _rows(on, viewer, places, stretches, window=True)
    return Ribbon(
        day=on,
        viewer=viewer,
        minutes=(axis[1] - axis[0]) // timedelta(minutes=1),
        ticks=_ticks(on, viewer.tz),
        rows=tuple(replace(row, week=week_lines(week_cells(hours, tz, row.place.tz, monday))) for row in rows),
        weekly=True,
    )


def clock_notes(places: Iterable[Place], starts: Iterable[datetime]) -> list[ClockNote]:
    """Where a weekly series moves on somebody's clock: per place, each start whose wall time differs from the one
    before it. In order of time."""
    starts = sorted(starts)
    notes = []
    for place in places:
        walls = [start.astimezone(place.tz) for start in starts]
        for before, after in pairwise(walls):
            if before.time() != after.time():
                notes.append(ClockNote(place, after, before.time(), after.time()))
    return sorted(notes, key=lambda note: note.start)


# --- Geometry ---

# Narrowest width of a row's bar, in em of the ribbon's text: what pills must fit into. The style sheet switches from
# wide to narrow before a wide bar gets narrower, and lets a narrow one scroll below its own.
WIDE_EM, NARROW_EM = 36.0, 18.0
PILL_EM, LANE_EM, BAR_PAD_EM = 1.75, 2.05, 0.3
_CHAR_EM, _PILL_PAD_EM, _GAP_EM = 0.6, 1.3, 0.4


@dataclass(frozen=True)
class Box:
    """A rectangle: per cent across, as text that no locale rewrites."""

    x: str
    width: str
    tone: str = ""


@dataclass(frozen=True)
class Pill:
    """A label on a mark: its middle in per cent, everything else in em."""

    x: str
    y: str
    left: str
    width: str
    baseline: str
    tone: str
    text: str


@dataclass(frozen=True)
class RowDrawing:
    height: str
    bar_y: str
    bar_height: str
    sky: tuple[Box, ...]
    marks: tuple[Box, ...]
    edges: tuple[str, ...]
    midnights: tuple[tuple[str, date], ...]
    pills: tuple[Pill, ...]


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _percent(fraction: float) -> str:
    return _number(fraction * 100) + "%"


def _em(value: float) -> str:
    return _number(value) + "em"


def box(start: float, end: float, tone: str = "", *, mirrored: bool = False) -> Box:
    """From `start` to `end` of the axis; mirrored for right-to-left pages, where the day begins at the right."""
    return Box(_percent(1 - end if mirrored else start), _percent(end - start), tone)


def layout(row: Row, text_of: Callable[[Mark], str], *, narrow: bool = False, mirrored: bool = False) -> RowDrawing:
    """Where everything of a row goes. Pills stand on their marks, inside the bar, and never on each other: one that
    would touch its neighbour moves a lane down."""
    least = NARROW_EM if narrow else WIDE_EM
    lanes: list[float] = []  # where the last pill of each lane ends
    placed: list[tuple[Mark, str, float, float, int]] = []
    for mark in row.marks:
        text = text_of(mark)
        share = (len(text) * _CHAR_EM + _PILL_PAD_EM) / least
        middle = min(max((mark.start + mark.end) / 2, share / 2), max(1 - share / 2, share / 2))
        lane = next((n for n, end in enumerate(lanes) if end + _GAP_EM / least <= middle - share / 2), len(lanes))
        if lane == len(lanes):
            lanes.append(0.0)
        lanes[lane] = middle + share / 2
        placed.append((mark, text, middle, share * least, lane))
    bar_height = max(1, len(lanes)) * LANE_EM + BAR_PAD_EM
    margin = 0.2 if narrow else 0.45
    pills = tuple(
        Pill(
            x=_percent(1 - middle if mirrored else middle),
            y=_em(margin + BAR_PAD_EM + lane * LANE_EM),
            left=_em(-width / 2),
            width=_em(width),
            baseline=_em(PILL_EM / 2 + 0.35),
            tone=mark.sky.tone,
            text=text,
        )
        for mark, text, middle, width, lane in placed
    )
    edges = [point for mark in row.marks for point in (mark.start, mark.end)]
    return RowDrawing(
        height=_em(bar_height + 2 * margin),
        bar_y=_em(margin),
        bar_height=_em(bar_height),
        sky=tuple(box(span.start, span.end, span.sky.tone, mirrored=mirrored) for span in row.spans),
        marks=tuple(box(mark.start, mark.end, mirrored=mirrored) for mark in row.marks),
        edges=tuple(_percent(1 - point if mirrored else point) for point in edges),
        midnights=tuple((_percent(1 - at if mirrored else at), day) for at, day in row.midnights),
        pills=pills,
    )
