"""Reading JSON from outside: every problem is noted with its place in the file, and all are told at once."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from exchanges.matching import CEFR, Reason
from institutions.hours import UnknownZone, WeekHours, get_zone, parse_clock

Id = int | str
_Value = TypeVar("_Value")

_MISSING = object()
_TAG = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Beyond these no clock change is known, and calendars end.
_YEARS = (1970, 2200)


class WrongFile(ValueError):  # noqa: N818  a word of the domain
    """The file cannot be used.

    `problems` holds all that is wrong with it, each in a sentence, `notes` what was left out of account.
    """

    def __init__(self, problems: Iterable[str], notes: Iterable[str] = ()) -> None:
        self.problems, self.notes = list(problems), list(notes)
        super().__init__("; ".join(self.problems))


@dataclass
class Findings:
    """What is wrong with a file, and what was left out of account."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def wrong(self, where: str, what: str) -> None:
        self.problems.append(f"{where}: {what}" if where else what)

    def settle(self) -> None:
        """Raises WrongFile if anything is wrong."""
        if self.problems:
            raise WrongFile(self.problems, self.notes)


def parse(raw: bytes) -> Any:
    """The JSON value of UTF-8 bytes; raises WrongFile for anything else, repeated keys included."""
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key, member in pairs:
            if key in value:
                repeated.append(f"the key {show(key)} is there twice in one object")
            value[key] = member
        return value

    def constant(name: str) -> Any:
        raise ValueError(f"{name} is not a JSON number")

    try:
        value = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=members, parse_constant=constant)
    except UnicodeDecodeError as error:
        raise WrongFile([f"The file is not UTF-8: {error.reason} at byte {error.start}"]) from error
    except (ValueError, RecursionError) as error:
        raise WrongFile([f"The file is not JSON: {error}"]) from error
    if repeated:
        raise WrongFile(sorted(set(repeated)))
    return value


def show(value: Any) -> str:
    """A value as it may stand in a sentence: JSON, not too long, safe to print."""
    text = json.dumps(value, ensure_ascii=not (isinstance(value, str) and value.isprintable()))
    return text if len(text) <= 60 else f"{text[:56]} ..."


def name_of(value: Any) -> str:
    """The JSON type, in words."""
    if value is None:
        return "null"
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "an object",
    }
    return names[type(value)]


def _sound(text: str) -> bool:
    """Whether the text can be written as UTF-8: JSON's escapes can spell halves of characters."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


class Record:
    """One object of the file. Each method reads one key.

    What is missing or wrong is noted, and a stand-in of the right type is returned, so that reading goes on.
    """

    def __init__(self, value: Any, where: str, found: Findings) -> None:
        self.where, self.found = where, found
        self.asked: list[str] = []
        self.whole = isinstance(value, dict)
        if not self.whole:
            found.wrong(where or "The file", f"must be an object, not {name_of(value)}")
        self.value: dict[str, Any] = value if isinstance(value, dict) else {}

    def at(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def wrong(self, key: str, what: str) -> None:
        self.found.wrong(self.at(key), what)

    def done(self) -> None:
        """Note the keys that nobody asked for."""
        for key in self.value:
            if key not in self.asked:
                near = difflib.get_close_matches(key, [k for k in self.asked if k not in self.value], 1)
                hint = f" (meant as {show(near[0])}?)" if near else ""
                place = f"{self.where}: " if self.where else ""
                self.found.notes.append(f"{place}the key {show(key)} is not known and was left out of account{hint}")

    def take(self, key: str, *, needed: bool) -> Any:
        self.asked.append(key)
        value = self.value.get(key, _MISSING)
        if value is _MISSING and needed and self.whole:
            self.found.wrong(self.where, f"{show(key)} is missing")
        return _MISSING if value is None and not needed else value

    def read(self, key: str, rule: Callable[[Any], _Value], default: _Value, *, needed: bool) -> _Value:
        """The key's value by a rule that raises ValueError; the default where it is missing or wrong."""
        value = self.take(key, needed=needed)
        if value is _MISSING:
            return default
        try:
            return rule(value)
        except ValueError as error:
            self.wrong(key, str(error))
            return default

    def id(self, key: str = "id") -> Id | None:
        return self.read(key, identity, None, needed=True)

    def code(self, key: str) -> str:
        """A name such as an institution's: like an id, and always read as text."""
        return self.read(key, lambda value: str(identity(value)), "", needed=True)

    def text(self, key: str, *, needed: bool = False) -> str:
        return self.read(key, text, "", needed=needed)

    def number(self, key: str, least: int, most: int = 10**9, *, default: int | None = None) -> int:
        """A whole number; needed unless there is a default."""
        return self.read(
            key,
            lambda value: whole(value, least, most),
            least if default is None else default,
            needed=default is None,
        )

    def maybe(self, key: str, least: int, most: int = 10**9) -> int | None:
        return self.read(key, lambda value: whole(value, least, most), None, needed=False)

    def day(self, key: str) -> date:
        return self.read(key, day, date(2000, 1, 3), needed=True)

    def zone(self, key: str = "zone") -> str:
        return self.read(key, zone, "UTC", needed=True)

    def items(self, key: str, *, needed: bool = True) -> list[tuple[str, Any]]:
        """Place and value of each item of a list."""
        value = self.take(key, needed=needed)
        if value is _MISSING:
            return []
        if not isinstance(value, list):
            self.wrong(key, f"must be a list, not {name_of(value)}")
            return []
        return [(f"{self.at(key)}[{n}]", item) for n, item in enumerate(value)]

    def records(self, key: str, *, needed: bool = True) -> Iterator[Record]:
        """Each item of a list of objects; keys that are not asked for are noted when the next is asked for."""
        for where, item in self.items(key, needed=needed):
            record = Record(item, where, self.found)
            yield record
            record.done()

    def record(self, key: str, *, needed: bool = False) -> Record | None:
        value = self.take(key, needed=needed)
        return None if value is _MISSING else Record(value, self.at(key), self.found)

    def ids(self, key: str, *, needed: bool = False) -> tuple[Id, ...]:
        """A list of ids, none of them twice."""
        found: dict[Id, None] = {}
        for where, item in self.items(key, needed=needed):
            try:
                value = identity(item)
            except ValueError as error:
                self.found.wrong(where, str(error))
                continue
            if value in found:
                self.found.wrong(where, f"{show(value)} is there twice")
            found[value] = None
        return tuple(found)

    def texts(self, key: str, rule: Callable[[Any], str] | None = None) -> tuple[str, ...]:
        found: list[str] = []
        for where, item in self.items(key, needed=False):
            try:
                found.append((rule or text)(item))
            except ValueError as error:
                self.found.wrong(where, str(error))
        return tuple(found)

    def mapping(
        self, key: str, rule: Callable[[Any], _Value], *, needed: bool = False, keys: re.Pattern[str] | None = None
    ) -> dict[str, _Value]:
        """An object whose keys are data."""
        record = self.record(key, needed=needed)
        found: dict[str, _Value] = {}
        for name, value in (record.value if record else {}).items():
            assert record is not None
            try:
                text(name)
                if keys and not keys.fullmatch(name):
                    raise ValueError("is not a language tag such as en or pt-BR")
                found[name] = rule(value)
            except ValueError as error:
                record.wrong(name if _sound(name) else "?", str(error))
        return found

    def languages(self, *, needed: bool = True) -> dict[str, str]:
        return self.mapping("languages", level, needed=needed, keys=_TAG)

    def hours(self) -> WeekHours:
        """Weekly hours local to the zone of whoever has them."""
        ranges: list[tuple[int, str, str]] = []
        for span in self.records("hours"):
            problems = len(self.found.problems)
            weekday = span.number("weekday", 0, 6)
            start = span.read("from", lambda value: _clock(value, end=False), "00:00", needed=True)
            end = span.read("to", lambda value: _clock(value, end=True), "24:00", needed=True)
            if len(self.found.problems) > problems or not span.whole:
                continue
            try:
                WeekHours.from_ranges([(weekday, start, end)])
                ranges.append((weekday, start, end))
            except ValueError as error:
                self.found.wrong(span.where, str(error))
        return WeekHours.from_ranges(ranges)


# Rules: the value, or ValueError with a sentence that says what it must be --------------------------------------------


def identity(value: Any) -> Id:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"must be a whole number or a text, not {name_of(value)}")
    return text(value, empty=False) if isinstance(value, str) else value


def text(value: Any, *, empty: bool = True) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a text, not {name_of(value)}")
    if not value and not empty:
        raise ValueError("must not be empty")
    if not _sound(value):
        raise ValueError("holds half a character, which cannot be written")
    return value


def whole(value: Any, least: int = 0, most: int = 10**9) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number, not {show(value) if isinstance(value, float) else name_of(value)}")
    if value < 0 <= least:
        raise ValueError(f"{show(value)} is negative" if not least else f"must be {least} or more, not {show(value)}")
    if not least <= value <= most:
        limits = f"from {least} to {most}" if value > most else f"{least} or more"
        raise ValueError(f"must be {limits}, not {show(value)}")
    return value


def measure(value: Any) -> float:
    """Any number that compares."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, not {name_of(value)}")
    if not -1e15 < value < 1e15:
        raise ValueError(f"{show(value)} is too large")
    return float(value)


def share(value: Any) -> float:
    number = measure(value)
    if number < 0:
        raise ValueError(f"{show(value)} is negative")
    return number


def day(value: Any) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError(f"must be a date YYYY-MM-DD, not {show(value)}")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{show(value)} is not a day of the calendar") from None
    if not _YEARS[0] <= found.year < _YEARS[1]:
        raise ValueError(f"{show(value)} is too far away (years {_YEARS[0]} to {_YEARS[1] - 1})")
    return found


def zone(value: Any) -> str:
    name = text(value)
    try:
        get_zone(name)
    except UnknownZone:
        raise ValueError(f"{show(name)} is not a time zone (an IANA name such as Europe/Lisbon)") from None
    return name


def level(value: Any) -> str:
    if not isinstance(value, str) or value not in CEFR:
        raise ValueError(f"{show(value)} is not a CEFR level ({', '.join(CEFR)})")
    return value


def _clock(value: Any, *, end: bool) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a time HH:MM, not {name_of(value)}")
    try:
        parse_clock(value, end=end)
    except ValueError:
        last = "00:00 to 24:00" if end else "00:00 to 23:59"
        raise ValueError(f"{show(value)} is not a time HH:MM from {last}") from None
    return value


def written_hours(hours: WeekHours) -> list[dict[str, Any]]:
    """Weekly hours as `Record.hours` reads them."""
    return [{"weekday": r.weekday, "from": r.start_text, "to": r.end_text} for r in hours.ranges()]


# Ids among themselves ------------------------------------------------------------------------------------------------


def note_repeated(found: Findings, places: Iterable[tuple[str, Id | None]]) -> dict[str, Id]:
    """Note ids that are there twice, also as number and as text (the answer could not tell them apart).

    Returns all ids by their spelling.
    """
    first: dict[str, str] = {}
    known: dict[str, Id] = {}
    for where, value in places:
        if value is None:
            continue
        spelling = str(value)
        if spelling in known:
            found.wrong(f"{where}.id", f"{show(value)} is also the id of {first[spelling]}")
        else:
            first[spelling], known[spelling] = where, value
    return known


def note_unknown(found: Findings, where: str, named: Iterable[Id], known: Mapping[str, Id], what: str) -> None:
    """Note ids that name nobody; says so where only the type differs."""
    for value in named:
        other = known.get(str(value))
        if other != value:
            hint = f" (meant as {show(other)}?)" if other is not None else ""
            found.wrong(where, f"unknown {what} {show(value)}{hint}")


def reason(given: Reason, words: Callable[[Reason], str] | None) -> dict[str, Any]:
    """A reason as plain values, with its sentence where that is wanted."""
    plain: dict[str, Any] = {"code": given.code, "facts": dict(given.facts)}
    return plain | {"text": words(given)} if words else plain
