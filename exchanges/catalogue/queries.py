"""What a visitor asked of the catalogue, its address, and the answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import time
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import numpy as np
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from exchanges import search
from exchanges.catalogue.facets import BY_NAME, FACETS, Facet
from exchanges.catalogue.picture import Catalogue, Picture, as_flags, count
from exchanges.models import CatalogueState
from institutions.hours import HUMANE_END, HUMANE_START

SORTS = {
    "match": _("Best match"),
    "starts": _("Starts soonest"),
    "newest": _("Newest"),
    "ends": _("Ends soonest"),
}
MOST_VALUES = 40  # of one facet, that an address may name


@dataclass(frozen=True)
class Viewer:
    """Whose hours "hours that suit me" means."""

    zone: str = "UTC"
    day_start: time = HUMANE_START
    day_end: time = HUMANE_END

    @classmethod
    def of(cls, user, zone: ZoneInfo) -> "Viewer":
        return cls(zone.key, user.day_start, user.day_end) if user.is_authenticated else cls(zone.key)


def usual_sort(text: str) -> str:
    """The order in which things come unless another is asked for."""
    return "match" if text else "starts"


@dataclass(frozen=True)
class Asked:
    """A search with its filters. What makes no sense in an address is left out, so every address has an answer."""

    text: str = ""
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()
    suits: bool = False
    sort: str = "starts"

    @classmethod
    def of(cls, params: QueryDict) -> "Asked":
        text = " ".join(params.get("q", "")[:200].replace("\0", " ").split())
        chosen = [(f.name, tuple(dict.fromkeys(v for v in params.getlist(f.name) if v))[:MOST_VALUES]) for f in FACETS]
        sort = params.get("sort", "")
        if sort not in SORTS or (sort == "match" and not text):
            sort = usual_sort(text)
        return cls(text, tuple((name, values) for name, values in chosen if values), params.get("suits") == "1", sort)

    @cached_property
    def words(self) -> list[str]:
        return search.asked(self.text)

    def values(self, name: str) -> tuple[str, ...]:
        return dict(self.chosen).get(name, ())

    @property
    def filtered(self) -> bool:
        return bool(self.text or self.chosen or self.suits)

    @property
    def sorts(self) -> list[tuple[str, object, bool]]:
        """(value, words, whether it is the one) to choose from; the usual one has no value, so that typing words
        into the search turns it into the best match."""
        usual = usual_sort(self.text)
        offered = [name for name in SORTS if name != "match" or self.text]
        return [("" if name == usual else name, SORTS[name], name == self.sort) for name in offered]

    def without(self, name: str, value: str | None = None) -> "Asked":
        """The same, but for one filter ("q", "suits" or a facet) or one of its values."""
        if name == "q":
            return replace(self, text="", sort="starts" if self.sort == "match" else self.sort)
        if name == "suits":
            return replace(self, suits=False)
        kept = [(n, tuple(v for v in values if n != name or (value and v != value))) for n, values in self.chosen]
        return replace(self, chosen=tuple((n, values) for n, values in kept if values))

    @property
    def address(self) -> str:
        """The query of the address, always spelled the same way."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [(name, value) for name, values in self.chosen for value in values]
        pairs += [("suits", "1")] if self.suits else []
        if self.sort != usual_sort(self.text):
            pairs.append(("sort", self.sort))
        return "?" + urlencode(pairs)


class Option(NamedTuple):
    name: str
    value: str
    label: str
    count: int
    chosen: bool
    inside: bool = False  # a narrower value, under the wider one before it


@dataclass(frozen=True)
class Shelf:
    """A facet as it is shown: its options at once, and more behind a disclosure."""

    name: str
    title: object
    options: list[Option]
    more: list[Option]

    @property
    def chosen(self) -> int:
        return sum(option.chosen for option in (*self.options, *self.more))

    @property
    def more_open(self) -> bool:
        return any(option.chosen for option in self.more)


@lru_cache(maxsize=20_000)
def _label(name: str, value: str, language: str) -> str:
    return BY_NAME[name].label(value)


def label(name: str, value: str) -> str:
    """A facet value's words in the reader's language."""
    return _label(name, value, get_language() or "en")


def _narrowest(values: Sequence[str]) -> list[str]:
    """Without the fields inside which a narrower one is chosen: "07" with "0732" means "0732".

    Only values of fields begin with one another.
    """
    return [value for value in values if not any(other != value and other.startswith(value) for other in values)]


class Answer(Sequence):
    """What a catalogue holds for a question: how many, which ids in which order, and the counts of every facet.

    The counts of a facet are of everything that its other filters let through, so they say what choosing a value
    would give.
    """

    def __init__(self, catalogue: Catalogue, asked: Asked, viewer: Viewer) -> None:
        self.asked, self.viewer = asked, viewer
        state = CatalogueState.read()
        self.picture: Picture = catalogue.at(state)
        self.visible = self.picture.visible(state.suspended)
        self._sets = {name: self.picture.matrices[name].any_of(_narrowest(values)) for name, values in asked.chosen}
        self._titled = None
        if asked.text:
            nothing = np.zeros_like(self.visible)
            found, self._titled = self.picture.with_words(asked.words) if asked.words else (nothing, nothing)
            self._sets["q"] = found
        if asked.suits:
            self._sets["suits"] = self._suiting
        self.mask = self._all_but(None)
        self.total = count(self.mask)

    def _all_but(self, name: str | None) -> np.ndarray:
        mask = self.visible
        for other, found in self._sets.items():
            if other != name:
                mask = mask & found
        return mask

    @cached_property
    def _suiting(self) -> np.ndarray:
        return self.picture.suiting(self.viewer.zone, self.viewer.day_start, self.viewer.day_end)

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, at):
        """Ids, in order: of a place, or of a slice from front to back."""
        last = at.stop if isinstance(at, slice) else at + 1
        return self._ordered(self.total if last is None else last)[at].tolist()

    def _ordered(self, needed: int) -> np.ndarray:
        """The first ids, in order: at least so many, or all there are."""
        sort = self.asked.sort
        if sort != "match" or self._titled is None:
            return self._sorted(self.mask, sort, needed)
        titled = self._sorted(self.mask & self._titled, "starts", needed)
        if len(titled) >= needed:
            return titled
        return np.concatenate([titled, self._sorted(self.mask & ~self._titled, "starts", needed - len(titled))])

    def _sorted(self, mask: np.ndarray, sort: str, needed: int) -> np.ndarray:
        order, flags = self.picture.order(sort), as_flags(mask)
        looked = 4096
        while True:
            start = order[:looked]
            found = start[flags[start]]
            if len(found) >= needed or looked >= len(order):
                return self.picture.ids[found]
            looked *= 8

    def counts(self, name: str, values: Iterable[str] | None = None) -> dict[str, int]:
        mask = self._all_but(name) if name in self._sets else self.mask
        return self.picture.matrices[name].counts(mask, values)

    @cached_property
    def suiting(self) -> int:
        """How many suit the viewer's hours."""
        return count(self._all_but("suits") & self._suiting)

    @cached_property
    def shelves(self) -> list[Shelf]:
        return [self._field_shelf(f) if f.name == "field" else self._shelf(f) for f in FACETS]

    def _shelf(self, facet: Facet) -> Shelf:
        counts, chosen = self.counts(facet.name), self.asked.values(facet.name)
        known = self.picture.matrices[facet.name].rows
        values = set(counts) | {value for value in chosen if value in known}
        if facet.order:
            ordered = sorted(values, key=facet.order)
        else:
            ordered = sorted(values, key=lambda v: (-counts.get(v, 0), v))
        options = [
            Option(facet.name, value, label(facet.name, value), counts.get(value, 0), value in chosen)
            for value in ordered
        ]
        few = len(options) <= facet.at_once + 2
        at_once = len(options) if few else facet.at_once
        return Shelf(facet.name, facet.title, options[:at_once], options[at_once:])

    def _field_shelf(self, facet: Facet) -> Shelf:
        """Broad fields; a chosen one is followed by the narrower ones inside it."""
        chosen = self.asked.values(facet.name)
        opened = {value[:2] for value in chosen}
        known = self.picture.matrices[facet.name].rows
        wanted = [v for v in known if len(v) == 2 or (v[:2] in opened and (len(v) == 4 or v in chosen))]
        counts = self.counts(facet.name, wanted)
        shown = sorted(v for v in wanted if v in counts or v in chosen)
        options = [
            Option(facet.name, v, label(facet.name, v), counts.get(v, 0), v in chosen, inside=len(v) > 2) for v in shown
        ]
        return Shelf(facet.name, facet.title, options, [])

    @cached_property
    def chips(self) -> list[tuple[str, str]]:
        """(words, the address without it) of every filter in force."""
        asked = self.asked
        chips = [(f"“{asked.text}”", asked.without("q").address)] if asked.text else []
        for name, values in asked.chosen:
            known = self.picture.matrices[name].rows
            chips += [
                (label(name, value) if value in known else value, asked.without(name, value).address)
                for value in values
            ]
        if asked.suits:
            chips.append((str(_("Within my day")), asked.without("suits").address))
        return chips

    @cached_property
    def way_out(self) -> tuple[str, str, int] | None:
        """When nothing is found: the one filter without which most would be (its words, the address, how many)."""
        names = {"q": _("the words you typed"), "suits": _("the hours that suit you")}
        best = max(((count(self._all_but(name)), name) for name in self._sets), default=(0, ""))
        if not best[0]:
            return None
        name = best[1]
        title = names.get(name) or _("the filter “%(facet)s”") % {"facet": BY_NAME[name].title}
        return str(title), self.asked.without(name).address, best[0]
