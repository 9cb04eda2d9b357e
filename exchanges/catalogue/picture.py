"""The bits of one catalogue, and keeping them true.

Each offer has a **position**; each facet has a matrix of bits with a row per value and a column per position, stored
as 64-bit words. A set of offers is one such row of words ("mask"). Pictures are immutable: a change makes a new one.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from functools import cached_property
from threading import Lock

import numpy as np
from django.db.models import QuerySet

from exchanges.catalogue.facets import FACETS, Row
from exchanges.catalogue.weeks import same_week
from exchanges.models import CatalogueState, Offer, OfferLanguage
from exchanges.models.catalogue import Reading
from institutions.hours import WeekHours, monday_of, utc_starts

WORD = 64
MANY = 5000  # as many changes at once are quicker read as a whole
MOST_WORDS = 1000  # whose sets a picture remembers: 25 MB with 100,000 offers

# Beside the facets, three that only "hours that suit me" uses: the UTC half-hours of the first week at which a live
# session can start, that week's Monday, and the length of a session.
_STARTS, _WEEK, _MINUTES = "starts", "week", "minutes"


_VALUES: dict[str, Callable[[Row], Iterable[Hashable]]] = {
    **{facet.name: facet.values for facet in FACETS},
    _WEEK: lambda row: (monday_of(row.starts),),
    _MINUTES: lambda row: (row.session_minutes,),
}


def _bits_of(rows: list[Row]) -> Iterator[tuple[str, Hashable, list[int]]]:
    """(facet, value, the numbers of the rows that have it)."""
    for name, values_of in _VALUES.items():
        having = defaultdict(list)
        for n, row in enumerate(rows):
            for value in values_of(row):
                having[value].append(n)
        yield from ((name, value, numbers) for value, numbers in having.items())
    alike = defaultdict(list)
    for n, row in enumerate(rows):
        alike[row.hours, *same_week(row.zone, monday_of(row.starts)), row.session_minutes].append(n)
    starting = defaultdict(list)
    for week, numbers in alike.items():
        for slot in utc_starts(*week):
            starting[slot].extend(numbers)
    yield from ((_STARTS, slot, numbers) for slot, numbers in starting.items())


@dataclass(frozen=True)
class Matrix:
    """One facet's bits: `rows` finds the row of a value in `words`."""

    rows: dict
    words: np.ndarray  # uint64[values, positions / 64]

    @classmethod
    def of(cls, lines: dict[Hashable, np.ndarray]) -> "Matrix":
        kept = {value: words for value, words in lines.items() if words.any()}
        return cls({value: row for row, value in enumerate(kept)}, np.array(list(kept.values()), np.uint64))

    def counts(self, mask: np.ndarray, values: Iterable | None = None) -> dict:
        """How many of a set have each value (all, or some of them); values that none has are left out."""
        asked = list(self.rows if values is None else (value for value in values if value in self.rows))
        if not asked:
            return {}
        words = self.words if values is None else self.words[[self.rows[value] for value in asked]]
        found = np.bitwise_count(words & mask).sum(axis=1, dtype=np.int64).tolist()
        return {value: n for value, n in zip(asked, found, strict=True) if n}

    def any_of(self, values: Iterable) -> np.ndarray:
        """The set of those that have one of the values."""
        rows = [self.rows[value] for value in values if value in self.rows]
        return np.bitwise_or.reduce(self.words[rows], axis=0) if rows else np.uint64(0)


def count(mask: np.ndarray) -> int:
    return int(np.bitwise_count(mask).sum(dtype=np.int64))


def as_flags(mask: np.ndarray) -> np.ndarray:
    """bool per position."""
    return np.unpackbits(mask.view(np.uint8)).view(bool)


def as_mask(flags: np.ndarray) -> np.ndarray:
    return np.packbits(flags).view(np.uint64)


@dataclass(frozen=True)
class Picture:
    """What is in a catalogue as of `number`. `ids` holds 0 at positions that nobody has."""

    number: int
    ids: np.ndarray
    institutions: np.ndarray
    dates: dict[str, np.ndarray]
    matrices: dict[str, Matrix]
    _suits: dict = field(default_factory=dict)
    _hidden: dict = field(default_factory=dict)
    _words: dict = field(default_factory=dict)

    @classmethod
    def of(cls, rows: list[Row], number: int) -> "Picture":
        width = max(len(rows), 1)
        empty = cls(
            number,
            np.zeros(0, np.int64),
            np.zeros(0, np.int64),
            {sort: np.zeros(0, np.int64) for sort in ("starts", "ends", "newest")},
            {name: Matrix.of({}) for name in (*_VALUES, _STARTS)},
        )
        return empty._widened(width)._with(rows, range(len(rows)))

    def changed(self, rows: list[Row], gone: Iterable[int], number: int) -> "Picture":
        """With some offers added or corrected and some gone."""
        positions = dict(zip(self.ids[self.sorted_positions].tolist(), self.sorted_positions.tolist(), strict=True))
        free = iter(np.flatnonzero(self.ids == 0).tolist())
        left = [positions[pk] for pk in gone if pk in positions]
        new = [row for row in rows if row.id not in positions]
        picture = self
        if len(new) > len(self.ids) - len(positions):
            picture = self._widened(len(positions) + len(new))
            free = iter(np.flatnonzero(picture.ids == 0).tolist())
        taken = [positions[row.id] if row.id in positions else next(free) for row in rows]
        return replace(picture, number=number)._with(rows, taken, cleared=left)

    def _widened(self, width: int) -> "Picture":
        """With room for so many and an eighth more."""
        more = -(-(width + width // 8) // WORD) * WORD - len(self.ids)

        def pad(array: np.ndarray, by: int) -> np.ndarray:
            return np.concatenate([array, np.zeros((*array.shape[:-1], by), array.dtype)], axis=-1)

        return Picture(
            self.number,
            pad(self.ids, more),
            pad(self.institutions, more),
            {sort: pad(values, more) for sort, values in self.dates.items()},
            {name: Matrix(m.rows, pad(m.words, more // WORD)) if m.rows else m for name, m in self.matrices.items()},
        )

    def _with(self, rows: list[Row], positions: Iterable[int], cleared: Iterable[int] = ()) -> "Picture":
        """A copy in which each row stands at its position and the cleared positions are empty."""
        positions, cleared = list(positions), list(cleared)
        ids, institutions = self.ids.copy(), self.institutions.copy()
        dates = {sort: values.copy() for sort, values in self.dates.items()}
        ids[cleared] = 0
        ids[positions] = [row.id for row in rows]
        institutions[positions] = [row.institution for row in rows]
        dates["starts"][positions] = [row.starts.toordinal() for row in rows]
        dates["ends"][positions] = [row.ends.toordinal() for row in rows]
        dates["newest"][positions] = [-int(row.newest.timestamp() * 1000) for row in rows]

        touched = np.zeros(len(ids), bool)
        touched[positions + cleared] = True
        keep = ~as_mask(touched)
        lines = {
            name: {value: matrix.words[row] & keep for value, row in matrix.rows.items()}
            for name, matrix in self.matrices.items()
        }
        at = np.array(positions, np.int64)
        for name, value, numbers in _bits_of(rows):
            flags = np.zeros(len(ids), bool)
            flags[at[numbers]] = True
            added = as_mask(flags)
            before = lines[name].get(value)
            lines[name][value] = added if before is None else before | added
        return Picture(self.number, ids, institutions, dates, {name: Matrix.of(lines[name]) for name in lines})

    @cached_property
    def everything(self) -> np.ndarray:
        return as_mask(self.ids != 0)

    @cached_property
    def sorted_positions(self) -> np.ndarray:
        """Positions in use, by id."""
        used = np.flatnonzero(self.ids)
        return used[np.argsort(self.ids[used])]

    @cached_property
    def sorted_ids(self) -> np.ndarray:
        return self.ids[self.sorted_positions]

    def order(self, sort: str) -> np.ndarray:
        """All positions in the order of a sort; of two alike, the one that was made first."""
        return self._orders[sort]

    @cached_property
    def _orders(self) -> dict[str, np.ndarray]:
        orders = {sort: np.lexsort((self.ids, values)) for sort, values in self.dates.items() if sort != "newest"}
        orders["newest"] = np.lexsort((-self.ids, self.dates["newest"]))
        return orders

    def holding(self, ids: np.ndarray) -> np.ndarray:
        """The set of those with these ids; ids that are not in the catalogue are left out."""
        flags = np.zeros(len(self.ids), bool)
        if len(ids) and len(self.sorted_ids):
            at = np.searchsorted(self.sorted_ids, ids)
            at[at == len(self.sorted_ids)] = 0
            flags[self.sorted_positions[at[self.sorted_ids[at] == ids]]] = True
        return as_mask(flags)

    def with_words(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The sets of those whose text, and whose title, has every word; the last may be the beginning of one.

        The database answers once for each word; the picture remembers the word's sets.
        """
        wanted = [(word, word is words[-1]) for word in words]
        sets = {key: self._words.get(key) for key in wanted}
        missing = [key for key in sets if sets[key] is None]
        if missing:
            found = Offer.objects.ids_of_each(missing)
            for key, (anywhere, in_title) in zip(missing, found, strict=True):
                sets[key] = (self.holding(anywhere), self.holding(in_title))
            if len(self._words) > MOST_WORDS:
                self._words.clear()
            self._words.update((key, sets[key]) for key in missing)
        text, title = (np.bitwise_and.reduce(kind) for kind in zip(*sets.values(), strict=True))
        return text, title

    def visible(self, hidden: frozenset[int]) -> np.ndarray:
        """Everything but what the hidden institutions offer."""
        if not hidden:
            return self.everything
        if hidden not in self._hidden:
            self._hidden.clear()
            self._hidden[hidden] = self.everything & ~as_mask(np.isin(self.institutions, list(hidden)))
        return self._hidden[hidden]

    def suiting(self, zone: str, day_start: time, day_end: time) -> np.ndarray:
        """The set of those with a live session that lies, in the week of the first day, within somebody's day."""
        key = (zone, day_start, day_end)
        if key not in self._suits:
            if len(self._suits) > 500:
                self._suits.clear()
            self._suits[key] = self._suiting(*key)
        return self._suits[key]

    def _suiting(self, zone: str, day_start: time, day_end: time) -> np.ndarray:
        mine = WeekHours.daily(day_start.strftime("%H:%M"), day_end.strftime("%H:%M"))
        weeks, starts, minutes = self.matrices[_WEEK], self.matrices[_STARTS], self.matrices[_MINUTES]
        suits = np.zeros_like(self.everything)
        for length in minutes.rows:
            alike: dict[WeekHours, list[date]] = {}
            for monday in weeks.rows:
                alike.setdefault(utc_starts(mine, zone, monday, length), []).append(monday)
            for slots, mondays in alike.items():
                suits |= minutes.any_of([length]) & weeks.any_of(mondays) & starts.any_of(slots)
        return suits


class Catalogue:
    """One catalogue's picture in this process.

    `visible` narrows offers to those that are in it; `path` leads from the offer to what holds the dates.
    """

    def __init__(self, visible, path: str = "", newest: str = "published_at") -> None:
        self.visible = visible
        self.columns = [
            *("pk", "format", "mode", "field", "level", "country", "ects"),
            *(f"{path}starts", f"{path}ends", newest),
            *("zone", "hours", "session_minutes", "institution_id"),
        ]
        self.picture: Picture | None = None
        self.lock = Lock()

    def at(self, state: Reading) -> Picture:
        """The picture of this state: made from the last one by as many changes as there were since."""
        picture = self.picture
        if picture and picture.number == state.number:
            return picture
        with self.lock:
            # Another thread may have been here since the state was read; seen again, it never goes back behind the
            # picture unless the database was restored.
            state, picture = CatalogueState.read(), self.picture
            if picture is None or not state.rebuilt <= picture.number <= state.number:
                picture = self._anew(state.number)
            elif picture.number < state.number:
                picture = self._corrected(picture, state.number)
            self.picture = picture
        return picture

    def _anew(self, number: int) -> Picture:
        return Picture.of(self._rows(self.visible(Offer.objects.all())), number)

    def _corrected(self, picture: Picture, number: int) -> Picture:
        changed = Offer.objects.filter(catalogued__gt=picture.number)
        ids = list(changed.values_list("pk", flat=True)[: MANY + 1])
        if len(ids) > MANY:
            return self._anew(number)
        rows = self._rows(self.visible(Offer.objects.filter(pk__in=ids)))
        return picture.changed(rows, set(ids) - {row.id for row in rows}, number)

    def _rows(self, offers: QuerySet) -> list[Row]:
        spoken: dict[int, list[str]] = {}
        for offer, tag in OfferLanguage.objects.filter(offer__in=offers.order_by()).values_list("offer", "tag"):
            spoken.setdefault(offer, []).append(tag)
        return [
            Row(*values, languages=tuple(spoken.get(values[0], ())))
            for values in offers.order_by("pk").values_list(*self.columns)
        ]


OFFERS = Catalogue(lambda offers: offers.published())
EXCHANGES = Catalogue(lambda offers: offers.with_open_exchange(), "exchange__", "exchange__created_at")
