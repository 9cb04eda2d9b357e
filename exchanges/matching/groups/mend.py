"""A plan made whole after people left or came: annealing from how it stands, at a price for each move."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from exchanges.matching.groups.arrays import data_of
from exchanges.matching.groups.case import Case
from exchanges.matching.groups.loops import BROKEN, anneal, judge_all
from exchanges.matching.groups.person import id_key
from exchanges.matching.groups.place import place_all
from exchanges.matching.groups.search import BENCH_ROOM, able_of

# A move costs less than any rule, and more than what it could do for the scores of two groups.
MOVE = 0.1
SCORE = 0.005


def mend(case: Case, before: Sequence[Sequence[int]], seed: int) -> tuple[list[list[int]], list[int]]:
    """Groups in the order of `before`, then new ones (some may be empty now), and who is left."""
    mender = _Mender(case, before, random.Random(f"mend/{seed}"))  # noqa: S311  a search, not a secret
    return mender.best()


class _Mender:
    def __init__(self, case: Case, before: Sequence[Sequence[int]], rng: random.Random) -> None:
        self.case, self.before, self.rng = case, before, rng
        able = able_of(case, data_of(case, [(n,) for n in range(len(case.people))]))
        self.home = {n: g for g, group in enumerate(before) for n in group}
        self.units = _units(case, self.home, able)
        self.data = data_of(case, self.units)
        terms = case.terms
        fits = [case.valid(group) for group in before]
        loose = sum(n not in self.home for n in able)
        loose += sum(len(group) for group, fine in zip(before, fits, strict=True) if not fine)
        self.settled = loose == 0 and not any(case.flaws(case.facts(group)) for group in before)
        self.rows = len(before) + (loose + terms.size_max) // terms.size_min

    def best(self) -> tuple[list[list[int]], list[int]]:
        """The best of several attempts, each at several heats."""
        everyone = range(len(self.case.people))
        if self.settled:
            return [list(group) for group in self.before], [n for n in everyone if n not in self.home]
        if not self.units:
            return [], list(everyone)
        completed = self.complete()
        attempts = 24 if len(self.units) <= 60 else 4
        answers = [
            self.attempt(completed if n % 2 == 0 else self.home, (0.02, 0.05, 0.1, 0.3)[n // 2 % 4])
            for n in range(attempts)
        ]
        return max(answers, key=self.value)

    def complete(self) -> dict[int, int]:
        """Where everybody is when groups that are too small have been filled, each by whom it is best off with: from
        the people without a group, or by somebody whom another group can spare.
        """
        case, terms = self.case, self.case.terms
        rows = [list(group) for group in self.before]
        loose = [unit for unit in self.units if unit[0] not in self.home]
        hurt = [g for g, group in enumerate(rows) if len(group) < terms.size_min and case.fits(group)]
        for g in sorted(hurt, key=lambda g: (-len(rows[g]), g)):
            while 0 < len(rows[g]) < terms.size_min:
                options = [(0, unit) for unit in loose]
                for h, other in enumerate(rows):
                    if h != g and len(other) > terms.size_min:
                        options += [(-1, (n,)) for n in other if case.valid([m for m in other if m != n])]
                fits = [
                    (-case.flaws(case.facts(group)), moves, case.rank(group), unit)
                    for moves, unit in options
                    if len(group := [*rows[g], *unit]) <= terms.size_max and case.fits(group)
                ]
                if not fits:
                    break
                moves, unit = max(fits)[1], max(fits)[3]
                for other in rows:
                    other[:] = [n for n in other if n not in unit]
                rows[g] += unit
                if not moves:
                    loose.remove(unit)
        return {n: g for g, group in enumerate(rows) for n in group}

    def attempt(self, start: dict[int, int], heat: float) -> tuple[list[list[int]], list[int]]:
        rows, count = self.rows, len(self.units)
        counts = np.bincount([start.get(unit[0], rows) for unit in self.units], minlength=rows + 1)
        width = max(self.data.size_max, int(counts.max()), int(counts[-1]) + BENCH_ROOM)
        seats = np.full((rows + 1, width), -1, dtype=np.int64)
        counts = np.zeros(rows + 1, dtype=np.int64)
        home = np.full(count, -1, dtype=np.int64)
        for u, unit in enumerate(self.units):
            home[u] = self.home.get(unit[0], -1)
            row = start.get(unit[0], -1)
            seats[row, counts[row]] = u
            counts[row] += 1
        rounds, aim = max(4_000, 400 * count), (SCORE, 0.0, 0.0, MOVE)
        anneal(self.data, seats, counts, rounds, heat, 0.001, aim, home, 0, self.rng.getrandbits(40))
        hard, _ = judge_all(self.data, seats, counts)
        groups = [
            [n for u in seats[g, : counts[g]] for n in self.units[u]] if hard[g] < BROKEN else [] for g in range(rows)
        ]
        # Too small a group costs less than a broken one in the search, and is none either.
        groups = [group if len(group) >= self.case.terms.size_min else [] for group in groups]
        placed = {n for group in groups for n in group}
        left = [n for unit in self.units for n in unit if n not in placed]
        if left:
            groups = self.place(groups, left)
            placed = {n for group in groups for n in group}
        return groups, [n for n in range(len(self.case.people)) if n not in placed]

    def place(self, groups: list[list[int]], left: list[int]) -> list[list[int]]:
        """Who is left is placed by simple means, new groups at the end."""
        full = [g for g, group in enumerate(groups) if group]
        after, _ = place_all(self.case, [groups[g] for g in full], left)
        placed: list[list[int]] = [[] for _ in groups]
        for g, group in zip(full, after, strict=False):
            placed[g] = group
        for group in after[len(full) :]:
            # A group that had fallen apart comes back as the one that most of its people were of.
            homes = [self.home[n] for n in group if n in self.home and not placed[self.home[n]]]
            if homes:
                placed[max(set(homes), key=lambda g: (homes.count(g), -g))] = group
            else:
                placed.append(group)
        return placed

    def value(self, answer: tuple[list[list[int]], list[int]]) -> tuple[float, ...]:
        groups, left = answer
        ranks = [self.case.rank(group) for group in groups if group]
        scores = [score for _, score in ranks]
        moves = sum(self.home.get(n, g) != g for g, group in enumerate(groups) for n in group)
        return (
            -len(left),
            -sum(flaws < 0 for flaws, _ in ranks),
            -moves,
            round(min(scores, default=0.0), 9),
            sum(scores) / len(scores) if scores else 0.0,
        )


def _units(case: Case, home: dict[int, int], able: set[int]) -> list[tuple[int, ...]]:
    """One person each, but for those who wish to be together and are."""
    found: dict[int, list[int]] = {n: [n] for n in sorted(able)}
    for n in sorted(able):
        for other in sorted(case.people[n].together, key=id_key):
            m = case.index.get(other)
            if m is None or m not in able or n not in home or home[n] != home.get(m) or found[n] is found[m]:
                continue
            joined = sorted([*found[n], *found[m]])
            if len(joined) <= case.terms.size_max and case.fits(joined):
                for k in joined:
                    found[k] = joined
    return sorted({tuple(unit) for unit in found.values()})
