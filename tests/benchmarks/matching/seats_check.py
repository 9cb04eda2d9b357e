"""Claims that an allocation has passed over, counted without the engine: written from the rule's words alone.

Only the columns are read, as dictionaries and lists, and the exchange that each learner was given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any


class Room:
    """An exchange's rules and whom it was given."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.institution: dict[int, int] = {}
        self.country: dict[int, int] = {}
        self.reserves: list[tuple[int, int]] = []
        self.line: dict[int, int] = {}
        self.people: list[int] = []


class Intake:
    """The columns of an intake as plain values, and who went where (-1 is nowhere)."""

    def __init__(self, columns: Any, exchange: Sequence[int]) -> None:
        self.institution, self.country = columns.institution.tolist(), columns.country.tolist()
        self.draw = columns.draw.tolist()
        self.marks = [0] * len(self.draw) if columns.marks is None else columns.marks.tolist()
        start, choices = columns.start.tolist(), columns.choices.tolist()
        self.wishes = [choices[a:b] for a, b in pairwise(start)]
        self.rooms = [Room(places) for places in columns.capacity.tolist()]
        for x, code, places in columns.institution_quotas.tolist():
            self.rooms[x].institution[code] = places
        for x, code, places in columns.country_quotas.tolist():
            self.rooms[x].country[code] = places
        for x, mark, places in columns.reserves.tolist():
            self.rooms[x].reserves.append((mark, places))
        for x, learner in columns.priority.tolist():
            self.rooms[x].line.setdefault(learner, len(self.rooms[x].line))
        self.given = list(exchange)
        for learner, x in enumerate(self.given):
            if x >= 0:
                self.rooms[x].people.append(learner)

    def order(self, room: Room, learner: int) -> tuple[int, int]:
        return (0, room.line[learner]) if learner in room.line else (1, self.draw[learner])

    def chosen(self, room: Room, people: Iterable[int]) -> set[int]:
        """The rule: reserved places first, then everybody in order, nobody beyond a quota."""
        ordered = sorted(people, key=lambda learner: self.order(room, learner))
        of_institution: defaultdict[int, int] = defaultdict(int)
        of_country: defaultdict[int, int] = defaultdict(int)
        inside: set[int] = set()

        def let_in(learner: int) -> bool:
            home, land = self.institution[learner], self.country[learner]
            if len(inside) >= room.capacity:
                return False
            if of_institution[home] >= room.institution.get(home, len(self.draw)):
                return False
            if of_country[land] >= room.country.get(land, len(self.draw)):
                return False
            of_institution[home] += 1
            of_country[land] += 1
            inside.add(learner)
            return True

        for mark, places in sorted(room.reserves):
            left = places
            for learner in ordered:
                if left and learner not in inside and self.marks[learner] >> mark & 1:
                    left -= let_in(learner)
        for learner in ordered:
            if learner not in inside:
                let_in(learner)
        return inside

    def blocking(self) -> tuple[int, int]:
        """Pairs of a learner and an exchange that would both rather be together, and exchanges that break a rule."""
        wrong = sum(self.chosen(room, room.people) != set(room.people) for room in self.rooms)
        pairs = 0
        for learner, wishes in enumerate(self.wishes):
            for x in wishes:
                if self.given[learner] == x:
                    break
                room = self.rooms[x]
                if not self._hopeless(room, learner):
                    pairs += learner in self.chosen(room, [*room.people, learner])
        return pairs, wrong

    def _hopeless(self, room: Room, learner: int) -> bool:
        """A short cut where there are no reserves: the exchange is full of people who all come before this one."""
        if room.reserves or len(room.people) < room.capacity:
            return False
        mine = self.order(room, learner)
        return all(self.order(room, other) < mine for other in room.people)
