"""Reading calendars of others (RFC 5545): when somebody is busy, and an institution's terms and holidays.

Nothing of them is trusted: not that they are calendars, nor their size, nor what their rules of repetition unfold to.

Limits
- `MOST_EVENTS` events; repetition by the hour or faster is refused, as are more than `MOST_IN_A_DAY` times a day, rules
  that do not advance, and what repeats though one occurrence lasts longer than `LONGEST_REPEATED`.
- What a calendar says of time zones holds for itself alone, and repeats by the year.
- Only what touches the asked dates is unfolded, at most `MOST_OCCURRENCES` and for at most `MOST_SECONDS`.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import prod
from typing import Any

import recurring_ical_events
from icalendar import Calendar, Component, vRecur
from icalendar.timezone import tzp

from institutions.away import Away, Stretch, merged, stretches_of_days
from institutions.hours import get_zone

MOST_EVENTS = 5000
MOST_OCCURRENCES = 20_000
MOST_IN_A_DAY = 24
MOST_SECONDS = 30.0
EARLIEST = 1970
LONGEST_REPEATED = timedelta(days=366)

_FOLD = re.compile(rb"[\r\n]+[ \t]")
_parsing = threading.Lock()
_TOO_OFTEN = re.compile(rb"FREQ\s*=\s*(?:SECONDLY|MINUTELY|HOURLY)", re.IGNORECASE)


class CalendarError(Exception):
    """Why a calendar can't be read: a `code` (see `institutions.calendar_words`) and the facts of its sentence."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass(frozen=True)
class Busy:
    """Bare stretches of time, and how many occurrences they come from."""

    stretches: Away
    events: int


def read_calendar(content: bytes) -> Calendar:
    """The calendar in a file; several in one are joined. Raises CalendarError."""
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    if re.match(rb"<(!doctype|html)", text, re.IGNORECASE):
        raise CalendarError("web_page")
    if not re.match(rb"BEGIN:VCALENDAR\s", text, re.IGNORECASE):
        raise CalendarError("no_calendar")
    if _TOO_OFTEN.search(_FOLD.sub(b"", text)):
        raise CalendarError("too_often")
    if len(re.findall(rb"^BEGIN:(?:VEVENT|VFREEBUSY)", text, re.IGNORECASE | re.MULTILINE)) > MOST_EVENTS:
        raise CalendarError("too_many_events", most=MOST_EVENTS)
    try:
        with _parsing:
            # The parser keeps zones that calendars define for the whole process: the next calendar with a zone of the
            # same name, which programs give to all of theirs, would be read by the clock of a stranger.
            tzp.use_default()
            found = Calendar.from_ical(text.decode("utf-8", "replace"), multiple=True)
    except Exception as error:  # the parser raises whatever the file provokes
        raise CalendarError("no_calendar") from error
    if not found:
        raise CalendarError("no_calendar")
    whole = found[0]
    for other in found[1:]:
        whole.subcomponents.extend(other.subcomponents)
    for part in (*whole.walk("STANDARD"), *whole.walk("DAYLIGHT")):
        rules = _rules_of(part)
        if not all(isinstance(rule, vRecur) and _advances(rule) and rule.get("FREQ") == ["YEARLY"] for rule in rules):
            raise CalendarError("too_often")
    return whole


def _rules_of(component: Component) -> list[Any]:
    rules = component.get("RRULE", [])
    return rules if isinstance(rules, list) else [rules]


def _advances(rule: Any) -> bool:
    """Whether a rule of repetition gets on: one with an interval of 0 never does."""
    return all(int(step) > 0 for step in rule.get("INTERVAL", ()))


def busy_in(content: bytes, *, zone: str, first: date, last: date, own_host: str = "") -> Busy:
    """When the calendar's owner is busy from first to last; days and times without a zone are on the clock of `zone`.

    Free (transparent) and cancelled events don't count, nor do events that came from us (`own_host`): who has put
    our sessions into her calendar is not busy because of them. Raises CalendarError.
    """
    calendar = read_calendar(content)
    begin, end = stretches_of_days(zone, first, last)[0]
    events = [each for each in calendar.walk("VEVENT") if not _is_ours(each, own_host)]
    found: list[Stretch] = []
    for event in _unfolded(events, begin, end):
        if _is_busy(event) and (stretch := _stretch_of(event, zone)):
            found.append(stretch)
    for each in calendar.walk("VFREEBUSY"):
        found += _published(each, zone)
    inside = [(max(start, begin), min(finish, end)) for start, finish in found if start < end and finish > begin]
    return Busy(merged(inside), len(inside))


def _is_ours(event: Component, own_host: str) -> bool:
    return bool(own_host) and str(event.get("UID", "")).endswith(f"@{own_host}")


def _is_busy(event: Component) -> bool:
    marks = {str(event.get(name, "")).upper() for name in ("TRANSP", "STATUS", "X-MICROSOFT-CDO-BUSYSTATUS")}
    return not marks & {"TRANSPARENT", "CANCELLED", "FREE"}


def _stretch_of(event: Component, zone: str) -> Stretch | None:
    start, end = _bounds(event)
    if start is None or end is None:
        return None
    try:
        if not isinstance(start, datetime):
            days = (end - start).days if not isinstance(end, datetime) else 1
            return stretches_of_days(zone, start, start + timedelta(days=max(days, 1) - 1))[0]
        if not isinstance(end, datetime):
            return None
        stretch = _instant(start, zone), _instant(end, zone)
    except (ValueError, OverflowError):
        return None  # beyond the years that can be computed with
    return stretch if stretch[0] < stretch[1] else None


def _bounds(event: Component) -> tuple[Any, Any]:
    """DTSTART, and DTEND or what DURATION makes of it; a date without either is one day. None where it has no sense."""
    try:
        start = event.decoded("DTSTART")
        if "DTEND" in event:
            end = event.decoded("DTEND")
        elif "DURATION" in event:
            end = start + event.decoded("DURATION")
        else:
            end = start if isinstance(start, datetime) else start + timedelta(days=1)
    except Exception:  # values that the parser could not read raise whatever they like when they are used
        return None, None
    both = isinstance(start, date) and isinstance(end, date)
    return (start, end) if both else (None, None)


def _instant(at: datetime, zone: str) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=get_zone(zone))).astimezone(UTC)


def _published(component: Any, zone: str) -> Iterator[Stretch]:
    """The busy periods of a VFREEBUSY, as Outlook and others publish them."""
    listed = component.get("FREEBUSY", [])
    for each in listed if isinstance(listed, list) else [listed]:
        period = getattr(each, "dt", None)
        if not isinstance(period, tuple) or str(each.params.get("FBTYPE", "BUSY")).upper() == "FREE":
            continue
        start, end = period
        try:
            stretch = _instant(start, zone), _instant(start + end if isinstance(end, timedelta) else end, zone)
        except (ValueError, OverflowError):
            continue
        if stretch[0] < stretch[1]:
            yield stretch


def _unfolded(events: Iterable[Component], begin: datetime, end: datetime) -> Iterator[Component]:
    """Every occurrence that touches [begin, end), series by series, within the limits."""
    series: dict[str, list[Component]] = {}
    for number, event in enumerate(events):
        series.setdefault(str(event.get("UID") or f"-{number}"), []).append(event)
    until, count = time.monotonic() + MOST_SECONDS, 0
    for members in series.values():
        if time.monotonic() > until:
            raise CalendarError("too_complex")
        for occurrence in _occurrences(members, begin, end):
            count += 1
            if count > MOST_OCCURRENCES:
                raise CalendarError("too_many_events", most=MOST_OCCURRENCES)
            yield occurrence


def _occurrences(members: list[Component], begin: datetime, end: datetime) -> list[Component]:
    if not any(name in each for each in members for name in ("RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")):
        return members
    whole = Calendar()
    whole.subcomponents = list(members)
    try:
        if not all(_is_bounded(each) for each in members):
            raise CalendarError("too_often")
        # A day more on both sides: days and times without a zone are compared as if in UTC.
        day = timedelta(days=1)
        return list(recurring_ical_events.of(whole, skip_bad_series=True).between(begin - day, end + day))
    except CalendarError:
        raise
    except Exception:
        return []  # one series that nobody can make sense of doesn't hide the others


def _is_bounded(event: Component) -> bool:
    """Whether a series is one that people make: not many times a day, not from before there were such calendars."""
    rules = _rules_of(event)
    for rule in rules:
        if not _advances(rule):
            return False
        in_a_day = prod(max(1, len(rule.get(name, []))) for name in ("BYHOUR", "BYMINUTE", "BYSECOND"))
        if in_a_day > MOST_IN_A_DAY or any(len(values) > 366 for values in rule.values() if isinstance(values, list)):
            return False
    start, end = _bounds(event)
    if not rules or start is None or end is None:
        return True
    return start.year >= EARLIEST and end - start <= LONGEST_REPEATED


# An institution's calendar ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FoundPeriod:
    """Days with a name, first to last inclusive; `uid` is the file's own name for the event."""

    name: str
    first: date
    last: date
    uid: str


@dataclass(frozen=True)
class FoundPeriods:
    """What a file holds, in order of time, and what of it can't be taken over, by reason with how often."""

    periods: tuple[FoundPeriod, ...]
    problems: Counter[str]


MOST_PERIODS = 200
NAME_LENGTH = 120


def periods_in(content: bytes, *, zone: str, first: date, last: date) -> FoundPeriods:
    """The days that a calendar names, from first to last: whole days, and events of several days. Raises CalendarError.

    What has hours within a day (a lecture, a deadline at noon) is no period and is counted as a problem.
    """
    calendar = read_calendar(content)
    begin, end = stretches_of_days(zone, first, last)[0]
    found: dict[tuple[str, date, date], FoundPeriod] = {}
    problems: Counter[str] = Counter()
    for event in _unfolded(calendar.walk("VEVENT"), begin, end):
        name = _line(event.get("SUMMARY", ""))
        start, finish = _bounds(event)
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            problems["cancelled"] += 1
        elif start is None or finish is None:
            problems["no_dates"] += 1
        elif not name:
            problems["no_name"] += 1
        else:
            try:
                days = _days_of(start, finish, zone)
            except (ValueError, OverflowError):
                days = None
            if days is None:
                problems["hours"] += 1
            elif days[1] < days[0]:
                problems["ends_before_start"] += 1
            elif days[1] < first or days[0] > last:
                problems["out_of_reach"] += 1
            else:
                name = name[:NAME_LENGTH]
                found[name, *days] = FoundPeriod(name, *days, _line(event.get("UID", ""))[:255])
    if len(found) > MOST_PERIODS:
        raise CalendarError("too_many_periods", most=MOST_PERIODS)
    listed = sorted(found.values(), key=lambda each: (each.first, each.last, each.name))
    return FoundPeriods(tuple(listed), problems)


def _line(text: Any) -> str:
    """On one line, without control characters: not every database takes them."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in str(text)).split())


def _days_of(start: Any, finish: Any, zone: str) -> tuple[date, date] | None:
    """First and last day; of instants only those that run from midnight to midnight, or over three days and more."""
    if not isinstance(start, datetime):
        last = finish if not isinstance(finish, datetime) else finish.date()
        return start, last - timedelta(days=1) if last > start else last
    if not isinstance(finish, datetime):
        return None
    tz = get_zone(zone)
    begin, end = (each if each.tzinfo is None else each.astimezone(tz).replace(tzinfo=None) for each in (start, finish))
    last = (end - timedelta(minutes=1)).date()
    whole = begin.time() == datetime.min.time() and end.hour == end.minute == 0
    return (begin.date(), last) if (whole and end > begin) or (last - begin.date()).days >= 2 else None
