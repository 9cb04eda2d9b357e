"""An intake in columns: what the engine reads, and the queues that it makes of it.

Learners, institutions, countries, exchanges and marks are numbers from 0, given by whoever calls; nothing else about
them is known here. Places (of capacities, quotas, reserves) are counts of learners, 0 or more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchanges.matching.compiled import compiled

Array = NDArray[Any]
MARKS = 64


def _no_rows() -> Array:
    return np.empty((0, 3), dtype=np.int32)


def _no_list() -> Array:
    return np.empty((0, 2), dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """n learners, e exchanges, m choices of all learners together. Any integer dtype will do; int32 is fastest.

    institution, country  (n,)     codes of each learner's; an institution is in one country
    start                 (n + 1,) choices of learner l are `start[l]:start[l + 1]` of `choices`, start[n] == m
    choices               (m,)     exchanges in the order of preference, none of them twice for a learner
    draw                  (n,)     place in the draw, smaller goes first, all different (see `draw`)
    marks                 (n,)     bit b is set: the learner has mark b (of 64 at most), which reserves look for
    capacity, minimum     (e,)
    institution_quotas    (?, 3)   rows (exchange, institution, places); where there is no row there is no quota
    country_quotas        (?, 3)   rows (exchange, country, places)
    reserves              (?, 3)   rows (exchange, mark, places); at an exchange the lowest mark is served first
    priority              (?, 2)   rows (exchange, learner); those of an exchange in its order, the highest first
    """

    institution: Array
    country: Array
    start: Array
    choices: Array
    draw: Array
    capacity: Array
    marks: Array | None = None
    minimum: Array | None = None
    institution_quotas: Array = field(default_factory=_no_rows)
    country_quotas: Array = field(default_factory=_no_rows)
    reserves: Array = field(default_factory=_no_rows)
    priority: Array = field(default_factory=_no_list)

    @property
    def learners(self) -> int:
        return len(self.institution)

    @property
    def exchanges(self) -> int:
        return len(self.capacity)


class Queues(NamedTuple):
    """The columns by exchange: who asks for each, in its order.

    A claim is a choice's place in these queues: a smaller claim of the same exchange goes first. A limit is a row of
    `places`: those of institutions, then those of countries; -1 is none.
    """

    start: Array  # (n + 1,) as in the columns
    exchange: Array  # (m,) of each choice
    claim: Array  # (m,) of each choice
    queue: Array  # (e + 1,) claims of exchange x are queue[x]:queue[x + 1]
    who: Array  # (m,) learner of each claim
    choice: Array  # (m,) of each claim
    listed: Array  # (m,) whether the claim is by the exchange's priority list
    institution_limit: Array  # (m,)
    country_limit: Array  # (m,)
    places: Array  # (limits,)
    marks: Array  # (n,)
    capacity: Array  # (e,)
    minimum: Array  # (e,)
    reserve: Array  # (e + 1,) reserves of exchange x are reserve[x]:reserve[x + 1]
    reserve_bit: Array
    reserve_places: Array
    crossed: Array  # (e,) whether the exchange has both quotas and reserves


def by_exchange(rows: Array, exchanges: int) -> tuple[Array, Array]:
    """Rows in the order of their exchange, otherwise as they were, and where each exchange's begin (e + 1,)."""
    begin = np.zeros(exchanges + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows[:, 0], minlength=exchanges), out=begin[1:])
    return np.ascontiguousarray(rows[np.argsort(rows[:, 0], kind="stable")]), begin


def queue_up(columns: Columns) -> Queues:
    """Raises ValueError for columns that are no intake: wrong shapes, unknown codes, negative places, repeats."""
    learners, exchanges = columns.learners, columns.exchanges
    institution, country = _column("institution", columns.institution), _column("country", columns.country)
    start, choices = np.ascontiguousarray(columns.start, dtype=np.int64), _column("choices", columns.choices)
    capacity, marks = _column("capacity", columns.capacity), _marks(columns.marks, learners)
    minimum = np.zeros(exchanges, np.int32) if columns.minimum is None else _column("minimum", columns.minimum)
    lengths = [len(institution), len(country), len(columns.draw), len(marks), len(start) - 1, len(minimum)]
    if lengths != [learners] * 5 + [exchanges]:
        raise ValueError("the columns are not equally long")
    if start[0] != 0 or start[-1] != len(choices) or (np.diff(start) < 0).any():
        raise ValueError("start does not divide the choices among the learners")
    _within("institution", institution, None)
    _within("country", country, None)
    _within("choices", choices, exchanges)
    _within("capacity", capacity, None)
    _within("minimum", minimum, None)
    institutions = int(institution.max(initial=-1)) + 1
    home = np.full(institutions, -1, np.int32)
    home[institution] = country
    if (home[institution] != country).any():
        raise ValueError("an institution is in more than one country")
    order = np.argsort(columns.draw, kind="stable")
    if learners > 1 and (np.diff(np.asarray(columns.draw)[order]) == 0).any():
        raise ValueError("two learners have the same place in the draw")
    tables = [
        _table(name, rows, exchanges, most)
        for name, rows, most in (
            ("institution_quotas", columns.institution_quotas, None),
            ("country_quotas", columns.country_quotas, None),
            ("reserves", columns.reserves, MARKS),
            ("priority", columns.priority, learners),
        )
    ]
    for name, rows in zip(("institution_quotas", "country_quotas", "reserves"), tables, strict=False):
        _within(f"the places of {name}", rows[:, 2], None)
    (by_institution, of_institutions), (by_country, of_countries), (listed, of_lists) = (
        by_exchange(rows, exchanges) for rows in (tables[0], tables[1], tables[3])
    )
    reserves, of_reserves = by_exchange(tables[2][np.argsort(tables[2][:, 1], kind="stable")], exchanges)
    queue = np.zeros(exchanges + 1, dtype=np.int64)
    np.cumsum(np.bincount(choices, minlength=exchanges), out=queue[1:])
    total = len(choices)
    who, choice, claim = (np.empty(total, np.int32) for _ in range(3))
    if not _fill(start, choices, order, queue, who, choice, listed, of_lists, first := np.zeros(total, np.bool_)):
        raise ValueError("a learner chose the same exchange twice, or is twice in a priority list")
    claim[choice] = np.arange(total, dtype=np.int32)
    limits = [
        _limits(
            queue, who, code, rows, begin, np.full(int(max(code.max(initial=-1), rows[:, 1].max(initial=-1))) + 1, -1)
        )
        for code, rows, begin in ((institution, by_institution, of_institutions), (country, by_country, of_countries))
    ]
    limits[1][limits[1] >= 0] += len(by_institution)
    quotas = np.diff(of_institutions) + np.diff(of_countries)
    served = np.zeros(exchanges, np.int64)
    np.add.at(served, reserves[:, 0], reserves[:, 2])
    return Queues(
        start=start,
        exchange=choices,
        claim=claim,
        queue=queue,
        who=who,
        choice=choice,
        listed=first,
        institution_limit=limits[0],
        country_limit=limits[1],
        places=np.concatenate([by_institution[:, 2], by_country[:, 2]]),
        marks=marks,
        capacity=capacity,
        minimum=minimum,
        reserve=of_reserves,
        reserve_bit=np.left_shift(np.uint64(1), reserves[:, 1].astype(np.uint64)),
        reserve_places=np.ascontiguousarray(reserves[:, 2]),
        crossed=(quotas > 0) & (served > 0),
    )


def _column(name: str, values: Array) -> Array:
    found = np.asarray(values)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise ValueError(f"{name} is not a column of whole numbers")
    return np.ascontiguousarray(found, dtype=np.int32)


def _marks(values: Array | None, learners: int) -> Array:
    return np.zeros(learners, np.uint64) if values is None else np.ascontiguousarray(values, dtype=np.uint64)


def _table(name: str, values: Array, exchanges: int, most: int | None) -> Array:
    rows = np.ascontiguousarray(values, dtype=np.int32)
    if rows.ndim != 2 or rows.shape[1] != (2 if name == "priority" else 3):
        raise ValueError(f"{name} is not a table of {2 if name == 'priority' else 3} columns")
    _within(f"the exchanges of {name}", rows[:, 0], exchanges)
    _within(f"the codes of {name}", rows[:, 1], most)
    return rows


def _within(name: str, values: Array, most: int | None) -> None:
    if values.size and (values.min() < 0 or (most is not None and values.max() >= most)):
        raise ValueError(f"{name}: " + ("not all of them are known" if most is not None else "not all are 0 or more"))


@compiled
def _fill(start, exchange, order, queue, who, choice, listed, of_lists, first):  # type: ignore[no-untyped-def]
    """Fill the queues: the priority list first, then the others by the draw. False where something is there twice."""
    exchanges = len(queue) - 1
    fill = queue[:-1].copy()
    seen = np.full(exchanges, -1, np.int32)
    for at in range(len(order)):
        learner = order[at]
        for c in range(start[learner], start[learner + 1]):
            x = exchange[c]
            if seen[x] == learner:
                return False
            seen[x] = learner
            who[fill[x]], choice[fill[x]] = learner, c
            fill[x] += 1
    asks = np.full(len(order), -1, np.int64)
    longest = 0
    for x in range(exchanges):
        longest = max(longest, queue[x + 1] - queue[x])
    people, chosen = np.empty(longest, np.int32), np.empty(longest, np.int32)
    ahead = np.full(len(order), -1, np.int32)
    for x in range(exchanges):
        if of_lists[x] == of_lists[x + 1]:
            continue
        begin, end = queue[x], queue[x + 1]
        for p in range(begin, end):
            asks[who[p]] = p
        front = 0
        for row in range(of_lists[x], of_lists[x + 1]):
            learner = listed[row, 1]
            if ahead[learner] == x:
                return False
            ahead[learner] = x
            if asks[learner] >= 0:
                people[front], chosen[front] = learner, choice[asks[learner]]
                front += 1
        back = front
        for p in range(begin, end):
            asks[who[p]] = -1
            if ahead[who[p]] != x:
                people[back], chosen[back] = who[p], choice[p]
                back += 1
        for i in range(back):
            who[begin + i], choice[begin + i], first[begin + i] = people[i], chosen[i], i < front
    return True


@compiled
def _limits(queue, who, code, rows, begin, row_of):  # type: ignore[no-untyped-def]
    """The row of the quota that each claim counts under, or -1."""
    found = np.full(len(who), -1, np.int32)
    for x in range(len(queue) - 1):
        if begin[x] == begin[x + 1]:
            continue
        for row in range(begin[x], begin[x + 1]):
            row_of[rows[row, 1]] = row
        for p in range(queue[x], queue[x + 1]):
            found[p] = row_of[code[who[p]]]
        for row in range(begin[x], begin[x + 1]):
            row_of[rows[row, 1]] = -1
    return found
