"""The best groups for a few people, proven.

Every group that keeps the rules is listed; the aim is gone through in its order, each stage with what the stages
before have reached: most people placed, fewest groups that break a rule, the best worst score (by a search for a choice
of better groups that deals everybody out), the best mean (for each number of groups a set-partitioning programme,
solved by HiGHS). It starts from a known plan, so most stages only have to prove that nothing is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_matrix

from exchanges.matching.groups.loops import Data, choose, enumerate_groups

MOST_GROUPS = 400_000
MOST_COLUMNS = 10_000
SECONDS = 20.0

MOST_STATES = 2_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """Groups of units, and the last stage of the aim that is proven: "unplaced", "broken", "worst" or "mean"."""

    groups: list[list[int]]
    proven: str


class _GaveUpError(Exception):
    pass


def partition(data: Data, start: Sequence[Sequence[int]], seconds: float = SECONDS) -> Answer | None:
    """The best groups; None where there are too many possible groups, or time ran out before anything was proven.

    `start` is a plan of groups that break no rule (but those kept where the numbers allow). A stage that time did not
    suffice for leaves what was known before it, so that the answer never depends on how far a stage got.
    """
    groups = enumerate_groups(data._replace(size_min=1), data.size_min, MOST_GROUPS)
    return _Stages(data, groups, start, monotonic() + seconds).run() if len(groups[0]) else None


class _Stages:
    def __init__(
        self, data: Data, groups: tuple[np.ndarray, ...], start: Sequence[Sequence[int]], until: float
    ) -> None:
        self.data, self.until = data, until
        self.masks, flaws, scores = groups
        self.flawed, self.scores = flaws > 0, np.round(scores, 12)
        self.sizes = np.zeros(len(self.masks), dtype=np.int64)
        for u, size in enumerate(data.sizes):
            self.sizes += size * ((self.masks >> u) & 1)
        self.total = int(data.sizes.sum())
        self.by_mask = {int(mask): n for n, mask in enumerate(self.masks)}
        self.chosen = [self.by_mask[sum(1 << u for u in group)] for group in start]
        self.proven = ""

    def run(self) -> Answer | None:
        try:
            for stage in (self.unplaced, self.broken, self.worst, self.mean):
                stage()
                self.proven = stage.__name__
        except _GaveUpError:
            if not self.proven:
                return None
        groups = [[u for u in range(len(self.data.sizes)) if int(self.masks[n]) >> u & 1] for n in self.chosen]
        return Answer(groups, self.proven)

    def placed(self) -> int:
        return int(self.sizes[self.chosen].sum())

    def flaws(self) -> int:
        return int(self.flawed[self.chosen].sum())

    def floor(self) -> float:
        return float(self.scores[self.chosen].min(initial=1.0))

    def unplaced(self) -> None:
        """Most people placed."""
        covered = int(np.bitwise_or.reduce(self.masks))
        hopeless = sum(int(self.data.sizes[u]) for u in range(len(self.data.sizes)) if not covered >> u & 1)
        every = np.arange(len(self.masks))
        while self.total - self.placed() > hopeless:
            better = self.choose(every, out=self.total - self.placed() - 1, flaws=len(self.data.sizes))
            if better is None:
                return
            self.chosen = better

    def broken(self) -> None:
        """Fewest groups that break a rule, with as many people placed."""
        every = np.arange(len(self.masks))
        while self.flaws():
            better = self.choose(every, out=self.total - self.placed(), flaws=self.flaws() - 1)
            if better is None:
                return
            self.chosen = better

    def worst(self) -> None:
        """The best worst score: a choice among better groups alone, until there is none."""
        placed, flaws = self.placed(), self.flaws()
        levels = np.unique(self.scores)
        low = int(np.searchsorted(levels, self.floor(), side="right"))
        high = int(np.searchsorted(levels, self.ceiling(), side="right"))
        step = 1
        while low < high:
            # Just above what is known first: mostly there is nothing, and few groups to look at.
            at = min(low + step - 1, (low + high) // 2)
            kept = np.flatnonzero(self.scores >= levels[at])
            better = self.choose(kept, out=self.total - placed, flaws=flaws)
            if better is None:
                high = at
            else:
                self.chosen = better
                low = int(np.searchsorted(levels, self.floor(), side="right"))
                step *= 4

    def choose(self, columns: np.ndarray, *, out: int, flaws: int) -> list[int] | None:
        """Some of the groups that leave at most `out` people out and break a rule in at most `flaws` of them."""
        units = len(self.data.sizes)
        # Whoever has the fewest groups is settled first.
        holders = np.array([((self.masks[columns] >> u) & 1).sum() for u in range(units)])
        order = np.lexsort((np.arange(units), holders))
        masks = np.zeros(len(columns), dtype=np.int64)
        lowest = np.full(len(columns), units)
        for place in reversed(range(units)):
            has = (self.masks[columns] >> order[place]) & 1 > 0
            masks[has] |= 1 << place
            lowest[has] = place
        by_lowest = np.lexsort((-self.scores[columns], lowest))
        first = np.searchsorted(lowest[by_lowest], np.arange(units + 1))
        possible = np.zeros(self.total + 1, dtype=np.bool_)
        for number in range(self.total // self.data.size_min + 1):
            possible[number * self.data.size_min : number * self.data.size_max + 1] = True
        found, chosen = choose(
            masks[by_lowest],
            self.flawed[columns][by_lowest].astype(np.int64),
            first,
            self.data.sizes[order],
            possible,
            (out, min(flaws, units)),
            MOST_STATES,
        )
        if found < 0:
            raise _GaveUpError
        return [int(columns[by_lowest[n]]) for n in chosen if n >= 0] if found else None

    def ceiling(self) -> float:
        """No plan that places everybody has a better worst score: the least of everybody's best groups."""
        if self.placed() < self.total:
            return float(self.scores.max())
        best = [self.scores[(self.masks >> u) & 1 > 0].max() for u in range(len(self.data.sizes))]
        return float(min(best))

    def mean(self) -> None:
        """The best mean, with the worst no lower: for each number of groups, the best sum."""
        placed, flaws, floor = self.placed(), self.flaws(), self.floor()
        kept = np.flatnonzero(self.scores >= floor)
        for number in range(-(-placed // self.data.size_max), placed // self.data.size_min + 1):
            mean = float(self.scores[self.chosen].mean())
            rows = [
                (self.sizes[kept], placed, placed),
                (self.flawed[kept], 0, flaws),
                (np.ones(len(kept)), number, number),
                (self.scores[kept], number * mean + 1e-7, np.inf),
            ]
            self.chosen = self.best_sum(kept, rows) or self.chosen

    def best_sum(self, columns: np.ndarray, rows: Sequence[tuple[np.ndarray, float, float]]) -> list[int] | None:
        """The choice of groups with the best sum of scores; None where the rows (values, from, to) allow none.

        Units that are alike in everything are counted, not told apart, and so are the groups that they make.
        """
        kinds = _kinds_of(self.data)
        held = np.zeros((len(columns), max(kinds) + 1), dtype=np.int64)
        for u, kind in enumerate(kinds):
            held[:, kind] += (self.masks[columns] >> u) & 1
        held, kept = np.unique(held, axis=0, return_index=True)
        there = np.bincount(kinds)
        everybody = self.placed() == self.total
        constraints = [LinearConstraint(csc_matrix(held.T), there if everybody else -np.inf, there)]
        for values, low, high in rows:
            constraints.append(LinearConstraint(np.asarray(values, dtype=float)[kept][None, :], low, high))
        seconds = self.until - monotonic()
        if seconds <= 0 or len(kept) > MOST_COLUMNS:
            raise _GaveUpError
        result = milp(
            -self.scores[columns][kept],
            integrality=np.ones(len(kept)),
            bounds=Bounds(0, np.where(held, there // np.maximum(held, 1), self.total).min(axis=1)),
            constraints=constraints,
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )
        if result.status == 1:
            raise _GaveUpError
        if result.x is None:
            return None
        left = {kind: [u for u, other in enumerate(kinds) if other == kind] for kind in set(kinds)}
        chosen = []
        for at, times in enumerate(np.rint(result.x).astype(int)):
            for _ in range(times):
                units = [left[kind].pop() for kind, many in enumerate(held[at]) for _ in range(many)]
                chosen.append(self.by_mask[sum(1 << u for u in units)])
        return chosen


def _kinds_of(data: Data) -> list[int]:
    """For each unit a number that it shares with those that are alike in everything that a rule or the score sees."""
    seen: dict[object, int] = {}
    found = []
    for u, people in enumerate(data.people):
        n = int(people[0])
        alike: object = u
        if data.sizes[u] == 1 and not data.picky[u]:
            facts = (data.starts[u], data.spoken[u], data.kinds[n], data.marks[n], data.minds[n], data.skills[n])
            alike = tuple(fact.tobytes() for fact in facts)
        found.append(seen.setdefault(alike, len(seen)))
    return found
