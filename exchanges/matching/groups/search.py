"""Hardest first, then seeded annealing on swaps and moves, then swaps of the worst group with every other."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from exchanges.matching.groups.case import Case
from exchanges.matching.groups.person import MIN_STARTS, id_key
from exchanges.matching.groups.place import place_all

# Costs in the search, from better to worse: a group of one institution, somebody left out, a group that breaks a rule.
UNMIXED = 4.0
BENCH = 6.0
BROKEN = 10.0


class Search:
    """Groups of units under improvement: a unit is a tuple of people who stay together, a group a list of units.

    The last of `groups` is the bench, for those who are better left out for now.
    """

    def __init__(self, case: Case, units: list[tuple[int, ...]], compatible: list[int], rng: random.Random) -> None:
        self.case, self.units, self.compatible, self.rng = case, units, compatible, rng
        self.masks = [sum(1 << n for n in unit) for unit in units]
        # With whom all of a unit may be.
        self.friends = []
        for unit in units:
            friends = -1
            for n in unit:
                friends &= self.compatible[n]
            self.friends.append(friends)
        self.groups: list[list[int]] = []
        self.final: list[list[int]] = []
        self.costs: list[float] = []
        self.cache: dict[tuple[int, ...], tuple[float, bool, float]] = {}

    def members(self, group: Sequence[int]) -> list[int]:
        return [n for unit in group for n in self.units[unit]]

    def judge(self, group: Sequence[int]) -> tuple[float, bool, float]:
        """(cost, keeps the rules, score).

        The cost grows with what is broken, then with how far the score is from 1.
        """
        key = tuple(sorted(group))
        found = self.cache.get(key)
        if found is None:
            if len(self.cache) > 400_000:
                self.cache.clear()
            found = self.cache[key] = self._judge(key)
        return found

    def _judge(self, group: Sequence[int]) -> tuple[float, bool, float]:
        case = self.case
        members = self.members(group)
        if not members:
            return 0.0, True, 1.0
        facts = case.facts(members)
        starts, spoken = facts.starts, facts.spoken
        fine = starts >= MIN_STARTS and spoken != 0 and facts.apart
        cost = 0.0
        if not fine:
            mask = 0
            for n in members:
                mask |= 1 << n
            clashes = sum((mask & ~self.compatible[n]).bit_count() for n in members)
            cost += BROKEN + clashes + (MIN_STARTS - starts if starts < MIN_STARTS else 0)
        cost += UNMIXED * case.flaws(facts)
        score = case.score(members, starts, spoken)
        missing = 1.0 - score
        size = len(members)
        if size < case.terms.size_min:
            # It will be dissolved, and is a little better than the bench as it may yet grow.
            cost += (BENCH - 0.5) * size
        return cost + missing + 8.0 * missing**4, fine, score

    def build(self, count: int) -> None:
        """Hardest first: the unit with the fewest friends opens a group and takes the hardest that fit it best."""
        case, size_max = self.case, self.case.terms.size_max
        left = sorted(range(len(self.units)), key=lambda u: (self.friends[u].bit_count(), u))
        total = len(case.people)
        self.groups = []
        for number in range(count):
            remaining = sum(len(self.units[u]) for u in left)
            groups_left = count - number
            aim = min(size_max, -(-remaining // groups_left))
            if not left:
                break
            group = [left.pop(0)]
            size = len(self.units[group[0]])
            while size < aim and left:
                best: tuple[float, int, int] | None = None
                friends = -1
                for u in group:
                    friends &= self.friends[u]
                tried = 0
                for place, u in enumerate(left):
                    if size + len(self.units[u]) > size_max or self.masks[u] & ~friends:
                        continue
                    cost = self._judge([*group, u])[0] + 0.5 * place / total
                    found = (cost, place, u)
                    best = found if best is None else min(best, found)
                    tried += 1
                    if tried == 60:
                        break
                if best is None:
                    break
                group.append(left.pop(best[1]))
                size += len(self.units[best[2]])
            self.groups.append(group)
        bench: list[int] = []
        for u in left:
            rooms = [g for g in range(len(self.groups)) if self.size(g) + len(self.units[u]) <= size_max]
            more = [(self._judge([*self.groups[g], u])[0] - self.judge(self.groups[g])[0], g) for g in rooms]
            if more and min(more)[0] < BENCH * len(self.units[u]):
                self.groups[min(more)[1]].append(u)
            else:
                bench.append(u)
        self.groups.append(bench)
        self.costs = [self.weigh(g, group) for g, group in enumerate(self.groups)]

    def weigh(self, g: int, group: Sequence[int]) -> float:
        """The cost of a group in that place; on the bench each person costs the same."""
        if g == len(self.groups) - 1:
            return BENCH * sum(len(self.units[u]) for u in group)
        return self.judge(group)[0]

    def size(self, g: int) -> int:
        return sum(len(self.units[u]) for u in self.groups[g])

    def anneal(self, rounds: int) -> None:
        """Swaps and moves between two groups, one of them often among the costliest."""
        rng, groups, costs = self.rng, self.groups, self.costs
        if len(groups) < 2:
            return
        size_max, size_min = self.case.terms.size_max, self.case.terms.size_min
        hot, cold = 0.4, 0.004
        count = len(groups)
        bench = count - 1
        bad: list[int] = []
        best_total, best = sum(costs), [list(group) for group in groups]
        total = best_total
        for step in range(rounds):
            if step % (4 * count) == 0:
                bad = sorted(range(count), key=lambda g: (-costs[g], g))[: max(1, count // 8)]
            heat = hot * (cold / hot) ** (step / rounds)
            a = bad[int(rng.random() * len(bad))] if rng.random() < 0.5 else int(rng.random() * count)
            b = int(rng.random() * count)
            if a == b or not groups[a]:
                continue
            u = groups[a][int(rng.random() * len(groups[a]))]
            # One place more than there are units: that one means a move, not a swap.
            pick = int(rng.random() * (len(groups[b]) + 1))
            v = groups[b][pick] if pick < len(groups[b]) else -1
            after_b = [w for w in groups[b] if w != v]
            if b != bench and costs[b] < UNMIXED and any(self.masks[w] & ~self.friends[u] for w in after_b):
                continue
            after_a = [w for w in groups[a] if w != u]
            if v >= 0:
                after_a.append(v)
            after_b.append(u)
            if b != bench and sum(len(self.units[w]) for w in after_b) > size_max:
                continue
            if a != bench:
                size = sum(len(self.units[w]) for w in after_a)
                if size > size_max or (size < size_min and costs[a] < UNMIXED):
                    continue
            cost_a, cost_b = self.weigh(a, after_a), self.weigh(b, after_b)
            change = cost_a + cost_b - costs[a] - costs[b]
            if change <= 0 or rng.random() < math.exp(-change / heat):
                groups[a], groups[b] = after_a, after_b
                costs[a], costs[b] = cost_a, cost_b
                total += change
                if total < best_total - 1e-9 and step > rounds // 2:
                    best_total, best = total, [list(group) for group in groups]
        if best_total < total - 1e-9:
            self.groups = best
            self.costs = [self.weigh(g, group) for g, group in enumerate(best)]

    def polish(self, rounds: int) -> None:
        """Raise the worst group by the best swap or move with any other, as long as that lifts the worse of the two."""
        case, groups, costs = self.case, self.groups, self.costs
        bench = len(groups) - 1
        stuck: set[int] = set()
        for _ in range(rounds):
            open_groups = [g for g in range(bench) if groups[g] and g not in stuck]
            if not open_groups:
                return
            a = max(open_groups, key=lambda g: (costs[g], -g))
            best: tuple[float, float, int, list[int], list[int]] | None = None
            for b in range(len(groups)):
                if b == a or (b != bench and costs[b] >= costs[a]):
                    continue
                for u in groups[a]:
                    for v in groups[b] if b == bench else [*groups[b], -1]:
                        rest = [w for w in groups[b] if w != v]
                        if b == bench:
                            if len(self.units[u]) != len(self.units[v]):
                                continue
                        elif any(self.masks[w] & ~self.friends[u] for w in rest):
                            continue
                        after_a = [w for w in groups[a] if w != u] + ([v] if v >= 0 else [])
                        after_b = [*rest, u]
                        size_a = sum(len(self.units[w]) for w in after_a)
                        size_b = sum(len(self.units[w]) for w in after_b)
                        if b != bench and size_b > case.terms.size_max:
                            continue
                        if not case.terms.size_min <= size_a <= case.terms.size_max:
                            continue
                        cost_a = self.judge(after_a)[0]
                        if cost_a >= costs[a] - 1e-9:
                            continue
                        cost_b = 0.0 if b == bench else self.judge(after_b)[0]
                        worse = max(cost_a, cost_b)
                        if worse < costs[a] - 1e-9:
                            found = (worse, cost_a + cost_b, b, after_a, after_b)
                            best = found if best is None or found[:3] < best[:3] else best
            if best is None:
                stuck.add(a)
                if len(stuck) > 3:
                    return
                continue
            stuck.clear()
            _, _, b, groups[a], groups[b] = best
            costs[a], costs[b] = self.weigh(a, groups[a]), self.weigh(b, groups[b])

    def finish(self) -> list[int]:
        """Dissolve what breaks a rule, place its people where they fit; returns the people who are left."""
        case = self.case
        kept: list[list[int]] = []
        pool: list[int] = []
        for g, group in enumerate(self.groups):
            members = self.members(group)
            if g < len(self.groups) - 1 and members and case.valid(members):
                kept.append(members)
                continue
            rest = self._largest_valid(members)
            if rest:
                kept.append(rest)
            pool += [n for n in members if n not in rest]
        self.final, left = place_all(case, kept, pool)
        return left

    def _largest_valid(self, members: list[int]) -> list[int]:
        """The members left after taking out as few as possible (one or two) so that the rest is a group."""
        if len(members) <= self.case.terms.size_min:
            return []
        options = [[m for m in members if m != n] for n in members]
        good = [rest for rest in options if self.case.valid(rest)]
        if not good and len(members) > self.case.terms.size_min + 1:
            good = [
                [m for m in rest if m != n]
                for rest in options
                for n in rest
                if self.case.valid([m for m in rest if m != n])
            ]
        return max(good, key=lambda rest: (*self.case.rank(rest), rest), default=[])


def units_of(case: Case) -> tuple[list[tuple[int, ...]], int]:
    """People who wish to stay together as one unit, where all of them fit in one group.

    And how many wishes were left.
    """
    parent = list(range(len(case.people)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    dropped = 0
    for n, person in enumerate(case.people):
        for other in sorted(person.together, key=id_key):
            m = case.index.get(other)
            if m is None or m == n or root(n) == root(m):
                continue
            joined = [k for k in range(len(parent)) if root(k) in (root(n), root(m))]
            if len(joined) <= case.terms.size_max and case.fits(joined):
                parent[root(m)] = root(n)
            else:
                dropped += 1
    found: dict[int, list[int]] = {}
    for n in range(len(parent)):
        found.setdefault(root(n), []).append(n)
    return sorted(tuple(unit) for unit in found.values()), dropped
