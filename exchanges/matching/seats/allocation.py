"""The same engine on dataclasses: learners and exchanges in, placements with reasons out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from exchanges.matching import Reason
from exchanges.matching.seats.columns import MARKS, Array, Columns
from exchanges.matching.seats.lottery import Id, draw
from exchanges.matching.seats.places import Places, allocate_columns, counted, reasons


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody who asks for a place: exchanges in the order of preference, and the marks that reserves look for."""

    id: Id
    institution: Id
    country: str
    preferences: tuple[Id, ...]
    reserved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seats:
    """One exchange's places. Quotas are hard and nested (institution, country, capacity); reserves are soft."""

    id: Id
    capacity: int
    minimum: int = 0
    institution_quotas: Mapping[Id, int] = field(default_factory=dict)
    country_quotas: Mapping[str, int] = field(default_factory=dict)
    reserves: Mapping[str, int] = field(default_factory=dict)
    priority: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """A learner's place; `rank` 1 is the first choice."""

    learner: Id
    exchange: Id
    rank: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class NoPlace:
    learner: Id
    reason: Reason


@dataclass(frozen=True, slots=True)
class Allocation:
    """Who goes where, and why: the reasons are those of `reasons`."""

    placements: tuple[Placement, ...]
    unplaced: tuple[NoPlace, ...]
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Learners and exchanges as columns, each in the order of their ids, and what the codes stand for."""

    columns: Columns
    learners: list[Learner]
    exchanges: list[Seats]
    institutions: list[Id]

    @property
    def names(self) -> list[Id]:
        return [seats.id for seats in self.exchanges]


def problems(learners: Sequence[Learner], exchanges: Sequence[Seats]) -> list[str]:
    """All that is wrong with the input, each in a sentence."""
    found: list[str] = []
    known = Counter(exchange.id for exchange in exchanges)
    found += [f"exchange {n!r} is there {count} times" for n, count in known.items() if count > 1]
    people = Counter(learner.id for learner in learners)
    found += [f"learner {n!r} is there {count} times" for n, count in people.items() if count > 1]
    for learner in learners:
        found += [f"learner {learner.id!r}: unknown exchange {n!r}" for n in learner.preferences if n not in known]
        if len(set(learner.preferences)) < len(learner.preferences):
            found.append(f"learner {learner.id!r}: the same exchange is named twice")
    homes: dict[Id, set[str]] = {}
    for learner in learners:
        homes.setdefault(learner.institution, set()).add(learner.country)
    split = [n for n, countries in homes.items() if len(countries) > 1]
    found += [f"institution {n!r} is in more than one country" for n in split]
    for exchange in exchanges:
        numbers = [
            ("capacity", exchange.capacity),
            ("minimum", exchange.minimum),
            *(
                (f"{name} of {key!r}", value)
                for name, group in (
                    ("institution quota", exchange.institution_quotas),
                    ("country quota", exchange.country_quotas),
                    ("reserve", exchange.reserves),
                )
                for key, value in group.items()
            ),
        ]
        found += [f"exchange {exchange.id!r}: {name} is negative" for name, value in numbers if value < 0]
        unknown = [n for n in exchange.priority if n not in people]
        found += [f"exchange {exchange.id!r}: unknown learner {n!r} in its priority" for n in unknown]
        if len(set(exchange.priority)) < len(exchange.priority):
            found.append(f"exchange {exchange.id!r}: the same learner has two priorities")
    names = {name for exchange in exchanges for name in exchange.reserves}
    if len(names) > MARKS:
        found.append(f"there are reserves by {len(names)} names, and at most {MARKS} can be told apart")
    return found


_MOST = 10**9  # places that are told apart; more than there are people


def id_key(value: Id) -> tuple[int, int, str]:
    """Ids in an order of their own: numbers, then texts."""
    return (0, value, "") if isinstance(value, int) else (1, 0, value)


def tables(learners: Sequence[Learner], exchanges: Sequence[Seats], *, seed: int) -> Tables:
    """The columns of learners and exchanges in which there are no `problems`."""
    people = sorted(learners, key=lambda learner: id_key(learner.id))
    rooms = sorted(exchanges, key=lambda seats: id_key(seats.id))
    at = {seats.id: x for x, seats in enumerate(rooms)}
    place = {learner.id: n for n, learner in enumerate(people)}
    institutions: dict[Id, int] = {}
    countries: dict[str, int] = {}
    institution = [institutions.setdefault(learner.institution, len(institutions)) for learner in people]
    country = [countries.setdefault(learner.country, len(countries)) for learner in people]
    # Reserves are served in the order of their names.
    bits = {name: bit for bit, name in enumerate(sorted({name for seats in rooms for name in seats.reserves}))}
    start = np.zeros(len(people) + 1, np.int64)
    np.cumsum([len(learner.preferences) for learner in people], out=start[1:])
    columns = Columns(
        institution=_numbers(institution),
        country=_numbers(country),
        start=start,
        choices=_numbers([at[n] for n in chain.from_iterable(learner.preferences for learner in people)]),
        draw=draw(seed, [learner.id for learner in people]),
        marks=np.array(
            [sum(1 << bits[name] for name in learner.reserved if name in bits) for learner in people], np.uint64
        ),
        capacity=_numbers([min(seats.capacity, _MOST) for seats in rooms]),
        minimum=_numbers([min(seats.minimum, _MOST) for seats in rooms]),
        institution_quotas=_rows(
            (x, institutions[n], min(places, _MOST))
            for x, seats in enumerate(rooms)
            for n, places in seats.institution_quotas.items()
            if n in institutions
        ),
        country_quotas=_rows(
            (x, countries[n], min(places, _MOST))
            for x, seats in enumerate(rooms)
            for n, places in seats.country_quotas.items()
            if n in countries
        ),
        reserves=_rows(
            (x, bits[name], min(places, _MOST))
            for x, seats in enumerate(rooms)
            for name, places in seats.reserves.items()
        ),
        priority=_numbers([(x, place[n]) for x, seats in enumerate(rooms) for n in seats.priority]).reshape(-1, 2),
    )
    return Tables(columns, people, rooms, list(institutions))


def _numbers(values: list[Any]) -> Array:
    return np.array(values, dtype=np.int32)


def _rows(rows: Any) -> Array:
    return _numbers(list(rows)).reshape(-1, 3)


def allocate(
    learners: Sequence[Learner], exchanges: Sequence[Seats], *, seed: int = 0, closed: Collection[Id] = ()
) -> Allocation:
    """Places for learners. `closed` exchanges take nobody (what if one that misses its minimum were closed?).

    The order of the input changes nothing. Raises ValueError with all `problems` of the input.
    """
    wrong = problems(learners, exchanges)
    if wrong:
        raise ValueError("; ".join(wrong))
    given = tables(learners, exchanges, seed=seed)
    shut = np.array([n in set(closed) for n in given.names], dtype=np.bool_)
    places = allocate_columns(given.columns, closed=shut)
    return told(given, places, {"seed": seed, "proposals": places.proposals, "blocking": places.blocking})


def told(given: Tables, places: Places, figures: Mapping[str, Any]) -> Allocation:
    """The result in words of the input: ids, reasons and figures."""
    names = given.names
    placements: list[Placement] = []
    unplaced: list[NoPlace] = []
    exchange, rank = places.exchange.tolist(), places.rank.tolist()
    for n, why in enumerate(reasons(places, names)):
        learner = given.learners[n].id
        if rank[n]:
            placements.append(Placement(learner, names[exchange[n]], rank[n], why))
        else:
            unplaced.append(NoPlace(learner, why))
    return Allocation(tuple(placements), tuple(unplaced), {**counted(places, names), **figures})
