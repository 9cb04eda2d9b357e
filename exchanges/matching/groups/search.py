"""Hardest first, then seeded annealing, then the worst groups again and again; small cases exactly.

How much is tried depends on the number of people alone, never on the clock: the same seed gives the same groups.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exchanges.matching.groups.arrays import data_of
from exchanges.matching.groups.case import Case
from exchanges.matching.groups.loops import BROKEN, Data, anneal, build, judge_all, raise_worst
from exchanges.matching.groups.person import MIN_STARTS, id_key
from exchanges.matching.groups.place import place_all

# Up to so many people, several searches with each possible number of groups; above, one with some of them.
FEW = 60
# Up to so many units, what is found is compared with every other way.
PROVEN = 28
TURNS = 64
REPAIRS = 3
# Places on the bench beyond those that it starts with: rows are as wide as the bench.
BENCH_ROOM = 32

Value = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Groups and who is left, as numbers of people; how they were found, and how far it is proven to be the best."""

    groups: list[list[int]]
    left: list[int]
    method: str = "annealing"
    proven: str = ""


def solve(case: Case, seed: int) -> tuple[Found, int]:
    """The best groups found for a case, and how many wishes to be together could not be kept."""
    units, dropped = units_of(case)
    everyone = list(range(len(case.people)))
    alone = data_of(case, [(n,) for n in everyone])
    able = able_of(case, alone)
    if len(able) < case.terms.size_min:
        return Found([], everyone), dropped
    active = [kept for unit in units if (kept := tuple(n for n in unit if n in able))]
    data = alone if len(active) == len(everyone) else data_of(case, active)
    search = _Search(case, active, data, random.Random(f"groups/{seed}"))  # noqa: S311  a search, not a secret
    groups, left = search.best()
    hopeless = [n for n in everyone if n not in able]
    found = Found(groups, left)
    if len(active) <= PROVEN:
        found = _exactly(case, active, data, found)
    # Who is left may still fit where wishes to be together are given up.
    groups, left = place_all(case, found.groups, found.left)
    return Found(groups, sorted([*left, *hopeless]), found.method, found.proven), dropped


def _exactly(case: Case, units: Sequence[Sequence[int]], data: Data, found: Found) -> Found:
    unit_of = {n: u for u, unit in enumerate(units) for n in unit}
    start = [sorted({unit_of[n] for n in group}) for group in found.groups]
    whole = [sum(len(units[u]) for u in group) for group in start]
    if whole != [len(group) for group in found.groups]:
        return found  # people of one unit were placed apart, to place more of them
    # Imported on use: many people never need it.
    from exchanges.matching.groups.exact import partition

    answer = partition(data, start)
    if answer is None:
        return found
    groups = [[n for u in group for n in units[u]] for group in answer.groups]
    placed = {n for group in groups for n in group}
    return Found(groups, [n for unit in units for n in unit if n not in placed], "exact", answer.proven)


class _Search:
    def __init__(self, case: Case, units: Sequence[Sequence[int]], data: Data, rng: random.Random) -> None:
        self.case, self.units, self.data, self.rng = case, units, data, rng
        degree = np.bitwise_count(data.friends).sum(axis=1)
        self.order = np.lexsort((np.arange(len(units)), degree)).astype(np.int64)
        self.home = np.full(len(units), -1, dtype=np.int64)
        self.count = int(data.sizes.sum())

    def best(self) -> tuple[list[list[int]], list[int]]:
        """By people left, groups that break a rule, worst score, mean score."""
        count, terms = self.count, self.case.terms
        low, high = -(-count // terms.size_max), max(1, count // terms.size_min)
        numbers = list(range(low, max(low, high) + 1))
        if count <= FEW:
            # Where no number of groups deals everybody out, fewer groups may be the answer.
            fewer = range(1, low) if count < terms.size_min * low else ()
            tried = [self.try_rows(rows, 800 * count) for rows in [*_spread(numbers, 10), *fewer] for _ in range(2)]
            tried.sort(key=lambda state: self.value(*state), reverse=True)
            tried = tried[: 1 if count <= PROVEN else 2]
        else:
            tried = [self.try_rows(rows, 350_000 + 200 * count) for rows in _spread(numbers, 4)]
            tried.sort(key=lambda state: self.value(*state), reverse=True)
            tried = tried[:2]
        if self.value(*tried[0])[:2] < (0.0, 0.0):
            tried = [self.repair(*tried[0])]
        finished = [self.focus(*state) for state in tried]
        answers = [self.finish(*state) for state in finished]
        return max(answers, key=lambda answer: _value(self.case, *answer))

    def seed(self) -> int:
        return self.rng.getrandbits(40)

    def value(self, seats: np.ndarray, counts: np.ndarray) -> Value:
        hard, score = judge_all(self.data, seats, counts)
        used = counts[:-1] > 0
        out = int(self.data.sizes[seats[-1, : counts[-1]]].sum())
        people = [int(self.data.sizes[seats[g, : counts[g]]].sum()) for g in np.flatnonzero(hard >= BROKEN)]
        scores = score[used]
        return (
            -float(out + sum(people)),
            -float((hard[used] > 0).sum()),
            round(float(scores.min()), 9) if len(scores) else 0.0,
            float(scores.mean()) if len(scores) else 0.0,
        )

    def try_rows(self, rows: int, rounds: int) -> tuple[np.ndarray, np.ndarray]:
        look = max(40, min(200, 60_000 // self.count))
        seats, counts = build(self.data, self.order, rows, look)
        seats = seats[:, : max(self.data.size_max, int(counts[-1]) + BENCH_ROOM)].copy()
        anneal(self.data, seats, counts, rounds, 0.4, 0.004, (1.0, 0.0, 0.0, 0.0), self.home, 0, self.seed())
        raise_worst(self.data, seats, counts, 20)
        return seats, counts

    def repair(self, seats: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Long and hot, where somebody is left or a rule is broken: a few attempts that comfort plays no part in."""
        best = self.value(seats, counts)
        for _ in range(REPAIRS):
            trial = (seats.copy(), counts.copy())
            rounds = min(4_000_000, 10_000 * self.count)
            anneal(self.data, *trial, rounds, 2.0, 0.05, (1.0, 0.0, 0.0, 0.0), self.home, 0, self.seed())
            anneal(self.data, *trial, rounds // 8, 0.1, 0.004, (1.0, 0.0, 0.0, 0.0), self.home, 0, self.seed())
            raise_worst(self.data, *trial, 20)
            if self.value(*trial) > best:
                best, (seats, counts) = self.value(*trial), trial
            if best[:2] == (0.0, 0.0):
                break
        return seats, counts

    def focus(self, seats: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Anneal around the worst groups again and again while that helps, then everywhere without lowering the worst.

        Bold and timid, wide and narrow attempts in turn; only what helps is kept.
        """
        best = self.value(seats, counts)
        rounds = min(600 * self.count, 48_000 + 12 * self.count)
        for turn in range(TURNS if self.count > PROVEN else TURNS // 4):
            trial = (seats.copy(), counts.copy())
            aim = (1.0, best[2] + 0.1, 3.0, 0.0)
            heat, width = (0.02, 0.05, 0.1, 0.2)[turn % 4], (8, 3, 1)[turn % 3]
            anneal(self.data, *trial, rounds, heat, 0.002, aim, self.home, width, self.seed())
            raise_worst(self.data, *trial, 8)
            value = self.value(*trial)
            if value > best:
                best, (seats, counts) = value, trial
        trial = (seats.copy(), counts.copy())
        aim = (1.0, best[2], 100.0, 0.0)
        anneal(self.data, *trial, 100_000 + 200 * self.count, 0.02, 0.001, aim, self.home, 0, self.seed())
        return trial if self.value(*trial) > best else (seats, counts)

    def finish(self, seats: np.ndarray, counts: np.ndarray) -> tuple[list[list[int]], list[int]]:
        """Dissolve what breaks a rule that no plan breaks, place its people where they fit."""
        kept: list[list[int]] = []
        pool: list[int] = []
        for g, count in enumerate(counts):
            members = [n for u in seats[g, :count] for n in self.units[u]]
            if g < len(counts) - 1 and members and self.case.valid(members):
                kept.append(members)
                continue
            rest = _largest_valid(self.case, members) if g < len(counts) - 1 else []
            if rest:
                kept.append(rest)
            pool += [n for n in members if n not in rest]
        return place_all(self.case, kept, pool)


def _spread(numbers: list[int], most: int) -> list[int]:
    """At most so many of the numbers, the ends among them."""
    if len(numbers) <= most:
        return numbers
    return sorted({numbers[round(k * (len(numbers) - 1) / (most - 1))] for k in range(most)})


def _largest_valid(case: Case, members: list[int]) -> list[int]:
    """The members left after taking out as few as possible (one or two) so that the rest is a group."""
    if not case.terms.size_min < len(members) <= case.terms.size_max + 2:
        return []
    options = [[m for m in members if m != n] for n in members]
    good = [rest for rest in options if case.valid(rest)]
    if not good and len(members) > case.terms.size_min + 1:
        good = [
            [m for m in rest if m != n] for rest in options for n in rest if case.valid([m for m in rest if m != n])
        ]
    return max(good, key=lambda rest: (*case.rank(rest), rest), default=[])


def able_of(case: Case, alone: Data) -> set[int]:
    """Those who could be in some group: enough hours, a language, and enough others who go with them.

    `alone` holds everybody as a unit of their own.
    """
    friends = alone.friends
    fine = [case.fewest(case.bits[n]) >= MIN_STARTS and bool(case.languages[n]) for n in range(len(case.people))]
    able = np.array(fine, dtype=np.bool_)
    while True:
        mask = np.packbits(np.pad(able, (0, 64 * friends.shape[1] - len(able))), bitorder="little").view(np.uint64)
        lonely = able & (np.bitwise_count(friends & mask).sum(axis=1) < case.terms.size_min)
        if not lonely.any():
            return {int(n) for n in np.flatnonzero(able)}
        able &= ~lonely


def units_of(case: Case) -> tuple[list[tuple[int, ...]], int]:
    """People who wish to stay together as one unit, where all of them fit in one group.

    And how many wishes were left.
    """
    parent = list(range(len(case.people)))
    found: dict[int, list[int]] = {n: [n] for n in parent}
    dropped = 0
    for n, person in enumerate(case.people):
        for other in sorted(person.together, key=id_key):
            m = case.index.get(other)
            if m is None or parent[n] == parent[m]:
                continue
            joined = [*found[parent[n]], *found[parent[m]]]
            if len(joined) <= case.terms.size_max and case.fits(joined):
                gone = found.pop(parent[m])
                found[parent[n]] = joined
                for k in gone:
                    parent[k] = parent[n]
            else:
                dropped += 1
    return sorted(tuple(sorted(unit)) for unit in found.values()), dropped


def _value(case: Case, groups: list[list[int]], left: list[int]) -> Value:
    """The aim as a tuple to be made as large as possible."""
    ranks = [case.rank(group) for group in groups]
    scores = [score for _, score in ranks]
    flawed = sum(flaws < 0 for flaws, _ in ranks)
    return (-len(left), -flawed, round(min(scores, default=0.0), 9), sum(scores) / len(scores) if scores else 0.0)
