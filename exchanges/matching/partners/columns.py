"""Offers as columns for the compiled loops: small codes, bit sets of weeks, and the starts of every week as bits.

What two offers have to do with each other is looked up by their codes (languages, fields, wishes), or worked out from
bit sets: the weeks that both are open, and the 336 half-hour starts that both have in a week. Weeks in which a zone's
clock shows the same offset have the same starts, so starts are kept once per **state** of a zone's clock (an offset, or
one week with a clock change), and each pair of zones knows which weeks have which two states.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from exchanges.matching.partners import loops
from exchanges.matching.partners.facts import Id, OfferFacts, id_key
from exchanges.matching.partners.features import closeness, kind_suits, mode_suits, place_suits, spoken_levels
from exchanges.matching.partners.topics import weights_of
from exchanges.matching.partners.weeks import last_day, mondays_of, weeks_needed
from exchanges.matching.partners.weights import Weights
from institutions import hours as clock

SPARE = 64
TAIL = 48  # quarters after a week in which a session that began in it may run on


class Columns(NamedTuple):
    """All rows' values, with spare rows at the end. `n` rows are in use.

    Codes: institution, order (of ids), wish and profile (into `suits`), language set (into `spoken`), field (into
    `closeness`), format and level (-1 unknown), own and partner places (-1 unknown), session (into the lengths that
    occur), hours (into `starts_at`), zone (into `pair_at`).
    Weeks: bit sets over the common timeline of weeks that are open on five and on at least three of five days, `days`
    the open days themselves, and each row's first and last word of bits.
    Words: of row r at `word_at[r]` to `word_at[r + 1]`, each an id and its share of the text's length.
    """

    institution: np.ndarray
    order: np.ndarray
    wish: np.ndarray
    profile: np.ndarray
    language: np.ndarray
    field: np.ndarray
    format: np.ndarray
    level: np.ndarray
    own: np.ndarray
    partner: np.ndarray
    session: np.ndarray
    hours: np.ndarray
    zone: np.ndarray
    span: np.ndarray
    need: np.ndarray
    known_text: np.ndarray
    first_word: np.ndarray
    last_word: np.ndarray
    full: np.ndarray
    most: np.ndarray
    days: np.ndarray
    word_at: np.ndarray
    word: np.ndarray
    word_share: np.ndarray
    suits: np.ndarray
    spoken: np.ndarray
    closeness: np.ndarray
    starts: np.ndarray
    starts_at: np.ndarray
    pair_at: np.ndarray
    pair_states: np.ndarray
    pair_weeks: np.ndarray


class Codes:
    """Values by number, in the order in which they came."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}

    def __call__(self, value: Hashable) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    def __len__(self) -> int:
        return len(self.numbers)

    def values(self) -> list[Any]:
        return list(self.numbers)


class DoesNotFitError(Exception):
    """An offer that the columns have no room for: outside their weeks, or with a session length that is new."""


class Ledger:
    """Keeps the columns of at least one offer and their vocabulary, and takes further offers."""

    def __init__(self, offers: Sequence[OfferFacts], weights: Weights) -> None:
        self.weights = weights
        self.n = 0
        self.room = len(offers) + max(SPARE, len(offers) // 8)
        self._codes = {name: Codes() for name in ("institution", "wish", "profile", "language", "field", "format")}
        self._stems, self._zones, self._hours = Codes(), Codes(), Codes()
        self.first = min(clock.monday_of(offer.first) for offer in offers)
        self.words = -(-((max(map(last_day, offers)) - self.first).days // 7 + 1) // 64)
        self.quarters = sorted({-(-offer.session_minutes // 15) for offer in offers})
        self._whole: dict[str, np.ndarray] = {
            name: np.zeros(self.room, dtype=np.int32)
            for name in (
                *("institution", "wish", "profile", "language", "field", "format", "level"),
                *("session", "hours", "zone", "span", "need", "first_word", "last_word"),
            )
        }
        self._whole["own"] = np.zeros(self.room)
        self._whole["partner"] = np.zeros(self.room)
        self._whole["order"] = np.zeros(self.room, dtype=np.int64)
        self._ids: list[Id] = []
        self._whole["known_text"] = np.zeros(self.room, dtype=np.bool_)
        self._whole["full"] = np.zeros((self.room, self.words), dtype=np.uint64)
        self._whole["most"] = np.zeros((self.room, self.words), dtype=np.uint64)
        self._whole["days"] = np.zeros((self.room, self.words * 64), dtype=np.uint8)
        self._whole["word_at"] = np.zeros(self.room + 1, dtype=np.int64)
        self._whole["word"] = np.zeros(0, dtype=np.int32)
        self._whole["word_share"] = np.zeros(0, dtype=np.float64)
        self._whole["suits"] = np.zeros((0, 0), dtype=np.bool_)
        self._whole["spoken"] = np.zeros((0, 0), dtype=np.uint8)
        self._whole["closeness"] = np.zeros((0, 0), dtype=np.float64)
        self._whole["starts"] = np.zeros((0, len(self.quarters), 6), dtype=np.uint64)
        self._whole["starts_at"] = np.zeros((0, 0), dtype=np.int32)
        self._states: list[np.ndarray] = []  # of each zone, the state of each week
        self._maps: list[list[np.ndarray]] = []  # of each zone and state, the local half-hour of each quarter
        self._starts_used = 0
        self.extend(offers)

    @property
    def columns(self) -> Columns:
        return Columns(**self._whole)

    @property
    def stems(self) -> int:
        return len(self._stems)

    def extend(self, offers: Sequence[OfferFacts]) -> None:
        """Take further offers. Raises DoesNotFitError, and takes none, where one of them needs other columns."""
        end = self.first + timedelta(days=7 * 64 * self.words)
        for offer in offers:
            known = -(-clock.check_minutes(offer.session_minutes) // 15) in self.quarters
            if not known or clock.monday_of(offer.first) < self.first or last_day(offer) >= end:
                raise DoesNotFitError(str(offer.id))
        if self.n + len(offers) > self.room:
            raise DoesNotFitError("no spare rows")
        begin, self.n = self.n, self.n + len(offers)
        self._take_order(offers, begin)
        self._take_codes(offers, begin)
        self._take_words(offers, begin)
        self._take_weeks(offers, begin)
        self._take_starts(offers, begin)
        self._look_up()

    def _take_order(self, offers: Sequence[OfferFacts], begin: int) -> None:
        """The ids' order: whole numbers stand for themselves, as long as there are no others."""
        self._ids += [offer.id for offer in offers]
        if all(isinstance(one, int) and abs(one) < 2**62 for one in self._ids):
            self._whole["order"][begin : self.n] = self._ids[begin:]
            return
        for place, row in enumerate(sorted(range(self.n), key=lambda row: id_key(self._ids[row]))):
            self._whole["order"][row] = place

    def _take_codes(self, offers: Sequence[OfferFacts], begin: int) -> None:
        code, whole, quarters = self._codes, self._whole, {q: n for n, q in enumerate(self.quarters)}
        for row, offer in enumerate(offers, start=begin):
            whole["institution"][row] = code["institution"](str(offer.institution))
            whole["wish"][row] = code["wish"](offer.wishes)
            whole["profile"][row] = code["profile"]((offer.country, offer.region, offer.kind, offer.mode))
            whole["language"][row] = code["language"](tuple(sorted(spoken_levels(offer.languages).items())))
            whole["field"][row] = code["field"](offer.isced)
            whole["format"][row] = code["format"](offer.format) if offer.format else -1
            whole["level"][row] = -1 if offer.level is None else offer.level
            whole["own"][row] = -1 if offer.places_own is None else offer.places_own
            whole["partner"][row] = -1 if offer.places_partner is None else offer.places_partner
            whole["session"][row] = quarters[-(-offer.session_minutes // 15)]
            whole["span"][row] = offer.weeks or len(mondays_of(offer))
            whole["need"][row] = weeks_needed(offer, self.weights)
            whole["known_text"][row] = bool(offer.text.strip())

    def _take_words(self, offers: Sequence[OfferFacts], begin: int) -> None:
        ids: list[int] = []
        shares: list[float] = []
        ends, numbers = self._whole["word_at"], self._stems.numbers
        for row, offer in enumerate(offers, start=begin):
            words = weights_of(offer.text)
            # Summed as `pool` sums it, and taken in the order in which it takes them: the same bits.
            norm = math.sqrt(sum(weight * weight for weight in words.values()))
            stems = sorted(words)
            ids += [numbers.setdefault(stem, len(numbers)) for stem in stems]
            shares += [words[stem] / norm for stem in stems]
            ends[row + 1] = ends[begin] + len(ids)
        used = int(self._whole["word_at"][begin])
        self._append("word", used, np.array(ids, dtype=np.int32))
        self._append("word_share", used, np.array(shares, dtype=np.float64))

    def _append(self, name: str, used: int, values: np.ndarray) -> None:
        """Put rows after those that are used, with room for more."""
        whole = self._whole[name]
        if used + len(values) > len(whole):
            bigger = np.zeros((used + len(values) + max(4096, used // 8), *whole.shape[1:]), dtype=whole.dtype)
            bigger[:used] = whole[:used]
            self._whole[name] = whole = bigger
        whole[used : used + len(values)] = values

    def _take_weeks(self, offers: Sequence[OfferFacts], begin: int) -> None:
        spans = [(offer.first.toordinal(), last_day(offer).toordinal()) for offer in offers]
        holidays = [(a.toordinal(), b.toordinal()) for offer in offers for a, b in offer.holidays]
        counts = np.cumsum([0, *(len(offer.holidays) for offer in offers)])
        whole, rows = self._whole, slice(begin, self.n)
        loops.open_weeks(
            np.array(spans, dtype=np.int64).reshape(-1, 2),
            np.array(holidays, dtype=np.int64).reshape(-1, 2),
            counts.astype(np.int64),
            self.first.toordinal(),
            whole["days"][rows],
            whole["full"][rows],
            whole["most"][rows],
            whole["first_word"][rows],
            whole["last_word"][rows],
        )

    def _take_starts(self, offers: Sequence[OfferFacts], begin: int) -> None:
        zones_before, hours_before = len(self._zones), len(self._hours)
        fresh: list[OfferFacts] = []
        for row, offer in enumerate(offers, start=begin):
            zone = self._zones(offer.zone)
            number = self._hours((offer.hours, zone))
            self._whole["zone"][row], self._whole["hours"][row] = zone, number
            if number == hours_before + len(fresh):
                fresh.append(offer)
        for name in self._zones.values()[zones_before:]:
            self._take_zone(name)
        width = max((len(maps) for maps in self._maps), default=0)
        old = self._whole["starts_at"]
        if len(self._zones) > zones_before:
            self._look_up_pairs()
        if width > old.shape[1] or len(self._hours) > len(old):
            bigger = np.full((len(self._hours) + max(SPARE, len(self._hours) // 8), width), -1, dtype=np.int32)
            bigger[: len(old), : old.shape[1]] = old
            self._whole["starts_at"] = bigger
        needed = np.zeros((len(self._hours), max(1, width)), dtype=np.bool_)
        most, states = self._whole["most"], np.array(self._states).reshape(-1, self.words * 64)
        rows = slice(begin, self.n)
        loops.mark_needed(
            most[rows], self._whole["hours"][rows], self._whole["zone"][rows], states, self._whole["starts_at"], needed
        )
        where = np.argwhere(needed).astype(np.int32)
        if not len(where):
            return
        pairs: list[Any] = self._hours.values()
        offset = np.cumsum([0, *(len(maps) for maps in self._maps)])
        maps = np.array([one for maps in self._maps for one in maps], dtype=np.int16)
        numbers, place = np.unique(where[:, 0], return_inverse=True)
        octets = b"".join(pairs[number][0].bits.to_bytes(clock.SLOTS // 8, "little") for number in numbers)
        flags = np.unpackbits(np.frombuffer(octets, np.uint8).reshape(-1, clock.SLOTS // 8), axis=1, bitorder="little")
        zone_of = np.array([pairs[number][1] for number in numbers])
        starts = np.zeros((len(where), len(self.quarters), 6), dtype=np.uint64)
        quarters = np.array(self.quarters, dtype=np.int64)
        loops.pack_starts(flags, place.ravel(), maps, offset[zone_of[place.ravel()]] + where[:, 1], quarters, starts)
        self._append("starts", self._starts_used, starts)
        at = np.arange(self._starts_used, self._starts_used + len(where))
        self._whole["starts_at"][where[:, 0], where[:, 1]] = at
        self._starts_used += len(where)

    def _take_zone(self, name: str) -> None:
        """The zone's states over the timeline, and what its clock shows in each."""
        weeks, zone = self.words * 64, clock.get_zone(name)
        start, span = clock.day_minute(self.first), 15 * np.arange(clock.QUARTERS + TAIL, dtype=np.int64)
        last = self.first + timedelta(days=7 * weeks + 1)
        changes = clock.clock_changes(zone, self.first - timedelta(days=1), last)
        instants = [clock.day_minute(c.instant.date()) + c.instant.hour * 60 + c.instant.minute for c in changes]
        states, maps, numbers = np.zeros(weeks, dtype=np.int32), list[np.ndarray](), dict[Hashable, int]()
        for week in range(weeks):
            begin = start + week * clock.WEEK
            inside = bisect_right(instants, begin), bisect_left(instants, begin + 15 * len(span))
            # A week without a change is known by its offset, one with a change by where it lies in the week.
            key: Hashable = (_offset(zone, changes, inside[0], begin),)
            if inside[0] < inside[1]:
                key = (key, *((instants[n] - begin, changes[n].after) for n in range(*inside)))
            if key not in numbers:
                numbers[key] = len(maps)
                wall = begin + span + clock.offsets_at(zone, begin + span)
                maps.append((wall // 30 % clock.SLOTS).astype(np.int16))
            states[week] = numbers[key]
        self._states.append(states)
        self._maps.append(maps)

    def _look_up_pairs(self) -> None:
        """For each two zones, the pairs of states and the weeks of each."""
        states = np.array(self._states, dtype=np.int32)
        pair_at, pair_states, pair_weeks = loops.pairs_of_states(states, self.words)
        self._whole |= {"pair_at": pair_at, "pair_states": pair_states, "pair_weeks": pair_weeks}

    def _look_up(self) -> None:
        """The tables between codes, where a code has come since."""
        wishes, profiles = self._codes["wish"], self._codes["profile"]
        if self._whole["suits"].shape != (len(wishes), len(profiles)):
            self._whole["suits"] = _suits(self._whole["suits"], wishes.values(), profiles.values())
        languages = self._codes["language"]
        if len(self._whole["spoken"]) != len(languages):
            self._whole["spoken"] = _spoken(languages.values(), self.weights.cefr_slack)
        fields = self._codes["field"]
        if len(self._whole["closeness"]) != len(fields):
            self._whole["closeness"] = _closeness(self._whole["closeness"], fields.values())


def _offset(zone: ZoneInfo, changes: Sequence[clock.ClockChange], before: int, minute: int) -> int:
    """The zone's offset at a minute before which so many of the changes lie."""
    if before:
        return changes[before - 1].after
    return changes[0].before if changes else int(clock.offsets_at(zone, np.array([minute]))[0])


def _suits(old: np.ndarray, wishes: list[Any], profiles: list[Any]) -> np.ndarray:
    """Does what each wish asks for suit each profile (country, region, kind, mode)."""
    table = np.zeros((len(wishes), len(profiles)), dtype=np.bool_)
    before, known = old.shape
    table[:before, :known] = old
    places, kinds, modes = Codes(), Codes(), Codes()
    codes = np.array([(places((c, r)), kinds(k), modes(m)) for c, r, k, m in profiles], dtype=np.int64).reshape(-1, 3)
    for number, wish in enumerate(wishes):
        fresh = slice(known if number < before else 0, None)
        if not len(codes[fresh]):
            continue
        place = np.array([place_suits(wish, *value) for value in places.values()])
        kind = np.array([kind_suits(wish, value) for value in kinds.values()])
        mode = np.array([mode_suits(wish, value) for value in modes.values()])
        part = codes[fresh]
        table[number, fresh] = place[part[:, 0]] & kind[part[:, 1]] & mode[part[:, 2]]
    return table


def _spoken(sets: list[Any], slack: int) -> np.ndarray:
    tags = {tag: n for n, tag in enumerate(sorted({tag for spoken in sets for tag, _ in spoken}))}
    ends = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    flat = [(tags[tag], level) for spoken in sets for tag, level in spoken]
    return loops.spoken_table(ends, np.array(flat, dtype=np.int64).reshape(-1, 2), slack)


def _closeness(old: np.ndarray, fields: list[str]) -> np.ndarray:
    """Of each two fields; -1 where one is not known."""
    table, before = np.full((len(fields), len(fields)), -1.0), len(old)
    table[:before, :before] = old
    for one in range(len(fields)):
        for two in range(max(one, before), len(fields)):
            if fields[one] and fields[two]:
                table[one, two] = table[two, one] = closeness(fields[one], fields[two])
    return table
