"""Split people into mixed groups that share hours and a language; say who cannot be placed, and why.

Rules that no group of a plan breaks: its size; at least two shared live starts (UTC half-hours at which a session
fits everyone's own hours) in every actual week; a language that all have at `min_level` or better; nobody with
someone they are kept apart from. A group has people of at least two institutions where the numbers allow it for all
groups, and as many groups as possible have where they do not. Wishes to stay together are kept where those people
fit together.

Aim, in this order: fewest people without a group, fewest groups of one institution, the best worst score, the best
mean.

The score of a group is a weighted mean of shares 0..1: hours 0.4 (its fewest starts in a week, ten or more are
plenty), mix 0.25 (how evenly institutions and countries are mixed), language 0.2 (the level of the weakest
speaker), skill 0.15 (how near the group's mean skill is to everyone's; left out where unknown).

Method: people kept together form units; the hardest to place are grouped first with the hardest that still fit; then
seeded annealing on swaps and moves, then swaps of the worst group with every other. The same seed gives the same
plan, whatever the order of the input.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from exchanges.matching import CEFR_NAMES, Reason, cefr
from exchanges.matching.slots import burden
from institutions import hours as clock
from institutions.hours import HUMANE, WeekHours

Id = int | str

MIN_STARTS = 2
PLENTY_STARTS = 10
WEIGHTS = {"hours": 0.4, "mix": 0.25, "language": 0.2, "skill": 0.15}

# Costs in the search, from better to worse: a group of one institution, somebody left out, a group that breaks a rule.
UNMIXED = 4.0
BENCH = 6.0
BROKEN = 10.0

_WEEK_MASK = (1 << clock.SLOTS) - 1


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be placed; `hours` are the humane hours in their own zone, `skill` any number that compares."""

    id: Id
    institution: Id
    country: str
    zone: str
    hours: WeekHours = HUMANE
    languages: Mapping[str, str] = field(default_factory=dict)
    skill: float | None = None
    together: tuple[Id, ...] = ()
    apart: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupSlot:
    """One shared live start in one week (0 is the first), and each member's local date and time."""

    week: int
    utc: datetime
    local: Mapping[Id, datetime]


@dataclass(frozen=True, slots=True)
class Series:
    """A weekly wall time "HH:MM" in a governing zone that suits the whole group in every week."""

    zone: str
    weekday: int
    time: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group as it stands: `broken` holds the rules it breaks, `starts` its fewest shared starts in any week.

    `series` are up to six weekly wall times that hold in every week (least burden first), `slots` two starts in
    each week.
    """

    members: tuple[Id, ...]
    score: float
    shares: Mapping[str, float]
    broken: tuple[Reason, ...]
    reasons: tuple[Reason, ...]
    language: str | None
    language_level: str | None
    starts: int
    series: tuple[Series, ...]
    slots: tuple[GroupSlot, ...]
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Somebody without a group: why, and the smallest change found that would give them one (None: none found)."""

    id: Id
    reason: Reason
    change: Reason | None


@dataclass(frozen=True, slots=True)
class GroupPlan:
    groups: tuple[Group, ...]
    unplaced: tuple[Unplaced, ...]
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all groups of an exchange.

    Sizes, the period (weeks count from `first`), the session's length.
    """

    size_min: int
    size_max: int
    first: date
    weeks: int
    minutes: int
    min_level: str = "A1"

    def __post_init__(self) -> None:
        if not 2 <= self.size_min <= self.size_max:
            raise ValueError("groups have at least two people, and the largest is not smaller than the smallest")
        if self.weeks < 1:
            raise ValueError("there is at least one week")
        clock.check_minutes(self.minutes)
        cefr(self.min_level)

    @property
    def last(self) -> date:
        return self.first + timedelta(days=7 * self.weeks - 1)


class _Case:
    """People as numbers.

    Bit sets over (week pattern, UTC half-hour) and (level, language), in the order of their ids.
    """

    def __init__(self, people: Sequence[Person], terms: Terms, everyone: Sequence[Person] = ()) -> None:
        self.people = sorted(people, key=lambda p: id_key(p.id))
        self.terms = terms
        self.index = {person.id: n for n, person in enumerate(self.people)}
        if len(self.index) != len(self.people):
            raise ValueError("two people have the same id")
        crowd = sorted(everyone, key=lambda p: id_key(p.id)) if everyone else self.people
        zones = {p.zone for p in self.people}
        begin = terms.first.weekday()
        self.patterns = clock.epochs(zones, terms.first, terms.last, begin=begin) if zones else []
        self.bits = [self._starts(person) for person in self.people]
        tags = sorted({_primary(tag) for p in crowd for tag in p.languages})
        self.tags = tags or [""]
        # Where nobody's languages are known, language is not a rule.
        self.spoken = bool(tags)
        lowest = cefr(terms.min_level)
        self.languages = [self._language_bits(p, lowest) if tags else 1 for p in self.people]
        self.institutions = [str(p.institution) for p in self.people]
        self.countries = [p.country for p in self.people]
        self.like = [_alike(self.institutions), _alike(self.countries)]
        self.mixable = len({str(p.institution) for p in crowd}) > 1
        self.skills = [None if p.skill is None else float(p.skill) for p in self.people]
        skills = [float(p.skill) for p in crowd if p.skill is not None]
        self.skill_mean = sum(skills) / len(skills) if skills else None
        spread = math.sqrt(sum((s - sum(skills) / len(skills)) ** 2 for s in skills) / len(skills)) if skills else 0.0
        self.skill_spread = spread or 1.0
        self.apart = [0] * len(self.people)
        for n, person in enumerate(self.people):
            for other in person.apart:
                m = self.index.get(other)
                if m is not None and m != n:
                    self.apart[n] |= 1 << m
                    self.apart[m] |= 1 << n

    def _starts(self, person: Person) -> int:
        bits = 0
        for n, pattern in enumerate(self.patterns):
            starts = clock.utc_starts(person.hours, person.zone, pattern.first, self.terms.minutes)
            bits |= starts.bits << (clock.SLOTS * n)
        return bits

    def _language_bits(self, person: Person, lowest: int) -> int:
        """Level by level: a bit for each language that the person has at that level or better."""
        bits = 0
        for tag, name in person.languages.items():
            at = self.tags.index(_primary(tag))
            for level in range(lowest, cefr(name) + 1):
                bits |= 1 << ((level - 1) * len(self.tags) + at)
        return bits

    def fewest(self, bits: int) -> int:
        """The fewest starts in any week."""
        fewest = (bits & _WEEK_MASK).bit_count()
        for _ in range(len(self.patterns) - 1):
            bits >>= clock.SLOTS
            fewest = min(fewest, (bits & _WEEK_MASK).bit_count())
        return fewest

    def compatible(self) -> list[int]:
        """For each person, a bit set of those with whom they break no rule as a pair (themselves included)."""
        count = len(self.people)
        fine = np.ones((count, count), dtype=bool)
        for n in range(len(self.patterns)):
            table = np.array(
                [_unpack((bits >> (clock.SLOTS * n)) & _WEEK_MASK) for bits in self.bits], dtype=np.float32
            )
            fine &= table @ table.T >= MIN_STARTS
        distinct = sorted(set(self.languages))
        speak = np.array([[bool(a & b) for b in distinct] for a in distinct], dtype=bool)
        codes = np.array([distinct.index(bits) for bits in self.languages], dtype=np.int64)
        fine &= speak[np.ix_(codes, codes)]
        np.fill_diagonal(fine, True)
        octets = np.packbits(fine, axis=1, bitorder="little")
        return [int.from_bytes(row.tobytes(), "little") & ~self.apart[n] for n, row in enumerate(octets)]

    def facts(self, members: Sequence[int]) -> tuple[int, int, bool, bool]:
        """(fewest starts, language bits, mixed, kept apart as wished) of a group."""
        bits, spoken, mask, apart = self.bits[members[0]], self.languages[members[0]], 0, 0
        for n in members:
            bits &= self.bits[n]
            spoken &= self.languages[n]
            mask |= 1 << n
            apart |= self.apart[n]
        mixed = bool(mask & ~self.like[0][members[0]])
        return self.fewest(bits), spoken, mixed, not mask & apart

    def level_of(self, spoken: int) -> int:
        """The best level of a language that all have; 0 where there is none."""
        return (spoken.bit_length() - 1) // len(self.tags) + 1 if spoken else 0

    def shares(self, members: Sequence[int], starts: int, spoken: int) -> dict[str, float]:
        found = {
            "hours": min(1.0, starts / PLENTY_STARTS),
            "mix": 0.7 * self._evenness(0, members) + 0.3 * self._evenness(1, members),
        }
        if self.spoken:
            found["language"] = min(1.0, self.level_of(spoken) / 5)
        if self.skill_mean is not None:
            known = [skill for n in members if (skill := self.skills[n]) is not None]
            if known:
                distance = abs(sum(known) / len(known) - self.skill_mean) / self.skill_spread
                found["skill"] = max(0.0, 1.0 - distance)
        return found

    def _evenness(self, kind: int, members: Sequence[int]) -> float:
        """1 when two kinds are halves or there are more, 0 when there is one: twice Simpson's index, at most 1."""
        mask, like = 0, self.like[kind]
        for n in members:
            mask |= 1 << n
        same = 0
        for n in members:
            same += (mask & like[n]).bit_count()
        return min(1.0, 2.0 * (1.0 - same / len(members) ** 2))

    def score(self, members: Sequence[int], starts: int, spoken: int) -> float:
        shares = self.shares(members, starts, spoken)
        total = sum(WEIGHTS[name] for name in shares)
        return sum(WEIGHTS[name] * share for name, share in shares.items()) / total

    def valid(self, members: Sequence[int]) -> bool:
        """Keeps every rule that a plan never breaks, size included."""
        if not self.terms.size_min <= len(members) <= self.terms.size_max:
            return False
        return self.fits(members)

    def fits(self, members: Sequence[int]) -> bool:
        starts, spoken, _, apart = self.facts(members)
        return starts >= MIN_STARTS and bool(spoken) and apart

    def rank(self, members: Sequence[int]) -> tuple[bool, float]:
        """For comparing valid groups: (mixed or cannot be, score)."""
        starts, spoken, mixed, _ = self.facts(members)
        return mixed or not self.mixable, self.score(members, starts, spoken)


def _alike(kinds: Sequence[str]) -> list[int]:
    """For each person, a bit set of those of the same kind."""
    sets: dict[str, int] = {}
    for n, kind in enumerate(kinds):
        sets[kind] = sets.get(kind, 0) | 1 << n
    return [sets[kind] for kind in kinds]


def id_key(value: Id) -> tuple[int, int, str]:
    """Numbers before texts, each in its own order."""
    return (0, value, "") if isinstance(value, int) else (1, 0, value)


def _primary(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()


def _unpack(bits: int) -> np.ndarray:
    octets = np.frombuffer(bits.to_bytes(42, "little"), dtype=np.uint8)
    return np.unpackbits(octets, bitorder="little")


# --- Search ---


class _Search:
    """Groups of units under improvement: a unit is a tuple of people who stay together, a group a list of units.

    The last of `groups` is the bench, for those who are better left out for now.
    """

    def __init__(self, case: _Case, units: list[tuple[int, ...]], compatible: list[int], rng: random.Random) -> None:
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
        starts, spoken, mixed, apart = case.facts(members)
        fine = starts >= MIN_STARTS and spoken != 0 and apart
        cost = 0.0
        if not fine:
            mask = 0
            for n in members:
                mask |= 1 << n
            clashes = sum((mask & ~self.compatible[n]).bit_count() for n in members)
            cost += BROKEN + clashes + (MIN_STARTS - starts if starts < MIN_STARTS else 0)
        if case.mixable and not mixed:
            cost += UNMIXED
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


def place_all(case: _Case, groups: list[list[int]], pool: list[int]) -> tuple[list[list[int]], list[int]]:
    """Place people into groups with as few moves as possible; returns the groups and who is left.

    Each is put where it fits best; else makes room by moving one person on; else the pool forms groups of its own,
    with people whom their groups can spare.
    """
    groups = [list(group) for group in groups]
    left = sorted(set(pool))
    changed = True
    while changed and left:
        changed = False
        for n in list(left):
            if _insert(case, groups, n) or _insert_by_moving(case, groups, n):
                left.remove(n)
                changed = True
        new = _new_group(case, groups, left)
        if new:
            left = [n for n in left if n not in new]
            for group in groups:
                group[:] = [n for n in group if n not in new]
            groups.append(sorted(new))
            changed = True
    return groups, left


def _insert(case: _Case, groups: list[list[int]], n: int) -> bool:
    fits = [(case.rank([*group, n]), -g) for g, group in enumerate(groups) if case.valid([*group, n])]
    if not fits:
        return False
    groups[-max(fits)[1]].append(n)
    return True


def _insert_by_moving(case: _Case, groups: list[list[int]], n: int) -> bool:
    """Take somebody's place who fits elsewhere."""
    for group in groups:
        for out in sorted(group):
            swapped = [m for m in group if m != out] + [n]
            if case.valid(swapped):
                others = [other for other in groups if other is not group]
                if _insert(case, others, out):
                    group[:] = swapped
                    return True
    return False


def _new_group(case: _Case, groups: list[list[int]], left: list[int]) -> list[int]:
    """A new group around people of the pool, completed from groups that stay whole without the one they give."""
    spare = [n for group in groups for n in sorted(group) if case.valid([m for m in group if m != n])]
    origin = {n: g for g, group in enumerate(groups) for n in group}
    for start in left:
        new = [start]
        given: Counter[int] = Counter()
        for n in [*(m for m in left if m != start), *spare]:
            if len(new) >= case.terms.size_min:
                break
            if n in origin:
                group = groups[origin[n]]
                if given[origin[n]] or not case.valid([m for m in group if m != n]):
                    continue
            if case.fits([*new, n]):
                new.append(n)
                if n in origin:
                    given[origin[n]] += 1
        if case.valid(new):
            return new
    return []


def _units(case: _Case) -> tuple[list[tuple[int, ...]], int]:
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


def form_groups(
    people: Sequence[Person],
    *,
    size_min: int,
    size_max: int,
    first: date,
    weeks: int,
    minutes: int,
    seed: int = 0,
    locked: Iterable[Sequence[Id]] = (),
    min_level: str = "A1",
) -> GroupPlan:
    """Everybody in a group or among the unplaced with a reason. Week n is the seven days from `first` + 7 n.

    `locked` groups stay exactly as they are, whatever they break, and nobody joins them. Raises ValueError for
    terms that make no sense, unknown or repeated ids.
    """
    terms = Terms(size_min, size_max, first, weeks, minutes, min_level)
    fixed = [tuple(group) for group in locked]
    by_id = {person.id: person for person in people}
    taken = [n for group in fixed for n in group]
    if len(set(taken)) != len(taken) or not set(taken) <= by_id.keys():
        raise ValueError("locked groups name people once, and only people who are there")
    free = [person for person in people if person.id not in set(taken)]
    case = _Case(free, terms, people)
    units, dropped = _units(case)
    groups: list[list[int]] = []
    left: list[int] = list(range(len(case.people)))
    if len(case.people) >= size_min:
        groups, left = _solve(case, units, seed)
    return _plan(
        case=case,
        groups=groups,
        left=left,
        fixed=fixed,
        everyone=people,
        figures={"together_dropped": dropped, "seed": seed},
    )


def _solve(case: _Case, units: list[tuple[int, ...]], seed: int) -> tuple[list[list[int]], list[int]]:
    """The best of a few searches; small cases are tried more often and with other numbers of groups."""
    terms = case.terms
    compatible = case.compatible()
    able = _able(case, compatible)
    count = len(able)
    if count < terms.size_min:
        return [], list(range(len(case.people)))
    active = [kept for unit in units if (kept := tuple(n for n in unit if n in able))]
    low, high = -(-count // terms.size_max), max(1, count // terms.size_min)
    middle = max(low, round(count / ((terms.size_min + terms.size_max) / 2)))
    numbers = [middle]
    if count <= 40:
        numbers = sorted(range(1 if count <= 12 else low, max(low, high) + 1), key=lambda g: (abs(g - middle), g))[:6]
    best: tuple[Any, list[list[int]], list[int]] | None = None
    for number in numbers:
        for attempt in range(4 if count <= 16 else 2 if count <= 60 else 1):
            rng = random.Random(f"{seed}/{number}/{attempt}")  # noqa: S311  a search, not a secret
            search = _Search(case, active, compatible, rng)
            search.build(number)
            search.anneal(min(900_000, max(3_000, 900 * count)))
            search.polish(30 if count > 100 else 100)
            left = search.finish()
            found = (_value(case, search.final, left), search.final, left)
            best = found if best is None or found[0] > best[0] else best
    assert best is not None
    hopeless = set(range(len(case.people))) - able
    groups, left = place_all(case, best[1], best[2])
    return groups, sorted([*left, *hopeless])


def _able(case: _Case, compatible: list[int]) -> set[int]:
    """Those who could be in some group: enough hours, a language, and enough others who go with them."""
    able = {n for n in range(len(case.people)) if case.fewest(case.bits[n]) >= MIN_STARTS and case.languages[n]}
    while True:
        mask = sum(1 << n for n in able)
        lonely = {n for n in able if (compatible[n] & mask).bit_count() < case.terms.size_min}
        if not lonely:
            return able
        able -= lonely


def _value(case: _Case, groups: list[list[int]], left: list[int]) -> tuple[float, ...]:
    """The aim as a tuple to be made as large as possible."""
    ranks = [case.rank(group) for group in groups]
    scores = [score for _, score in ranks]
    unmixed = sum(not mixed for mixed, _ in ranks)
    return (-len(left), -unmixed, round(min(scores, default=0.0), 9), sum(scores) / len(scores) if scores else 0.0)


def _plan(
    *,
    case: _Case,
    groups: list[list[int]],
    left: list[int],
    fixed: Sequence[Sequence[Id]],
    everyone: Sequence[Person],
    figures: dict[str, Any],
) -> GroupPlan:
    by_id = {person.id: person for person in everyone}
    described = [
        replace(_describe(_Case([by_id[n] for n in group], case.terms, everyone)), locked=True)
        for group in fixed
        if group
    ]
    for group in sorted(sorted(group) for group in groups):
        described.append(_describe(_Case([case.people[n] for n in group], case.terms, everyone)))
    unplaced = tuple(_why(case, groups, left, n) for n in left)
    scores = [group.score for group in described]
    return GroupPlan(
        tuple(described),
        unplaced,
        {
            "people": len(everyone),
            "groups": len(described),
            "unplaced": len(unplaced),
            "one_institution": sum(any(r.code == "one_institution" for r in g.broken) for g in described),
            "worst": min(scores, default=None),
            "mean": round(sum(scores) / len(scores), 6) if scores else None,
            "week_patterns": len(case.patterns),
            "tzdata": clock.tzdata_version(),
            **figures,
        },
    )


# --- Describing ---


def describe_group(
    people: Sequence[Person],
    *,
    size_min: int,
    size_max: int,
    first: date,
    weeks: int,
    minutes: int,
    everyone: Sequence[Person] = (),
    min_level: str = "A1",
) -> Group:
    """Any group as it stands, for the board: score, broken rules, slots.

    `everyone` in the exchange gives the mean skill that the group is measured by, and whether mixing is possible.
    """
    return _describe(_Case(people, Terms(size_min, size_max, first, weeks, minutes, min_level), everyone))


def _describe(case: _Case) -> Group:
    terms, people = case.terms, case.people
    if not people:
        return Group((), 0.0, {}, (Reason("size", {"size": 0, "min": terms.size_min}),), (), None, None, 0, (), ())
    members = range(len(people))
    starts, spoken, mixed, apart = case.facts(members)
    shares = case.shares(members, starts, spoken)
    broken: list[Reason] = []
    if not terms.size_min <= len(people) <= terms.size_max:
        broken.append(Reason("size", {"size": len(people), "min": terms.size_min, "max": terms.size_max}))
    if starts < MIN_STARTS:
        facts: dict[str, Any] = {"starts": starts, "need": MIN_STARTS, "minutes": terms.minutes}
        helper = _who_blocks(case, lambda rest: case.facts(rest)[0] >= MIN_STARTS)
        broken.append(Reason("starts", facts | helper))
    if not spoken:
        broken.append(Reason("language", _who_blocks(case, lambda rest: bool(case.facts(rest)[1]))))
    if not apart:
        pairs = [[people[n].id, people[m].id] for n in members for m in members if n < m and case.apart[n] >> m & 1]
        broken.append(Reason("apart", {"pairs": pairs}))
    if case.mixable and not mixed:
        broken.append(Reason("one_institution", {"institution": people[0].institution}))
    language, level = _language_name(case, spoken)
    series, slots = _live_times(case) if starts else ((), ())
    reasons = [Reason("starts", {"starts": starts, "weeks": terms.weeks, "series": len(series)})]
    if language:
        reasons.append(Reason("language", {"language": language, "level": level}))
    reasons.append(Reason("mix", {"institutions": len(set(case.institutions)), "countries": len(set(case.countries))}))
    ids = {person.id for person in people}
    pairs_kept = sum(other in ids for person in people for other in person.together)
    if pairs_kept:
        reasons.append(Reason("together", {"wishes": pairs_kept}))
    if "skill" in shares:
        reasons.append(Reason("skill", {"share": round(shares["skill"], 2)}))
    return Group(
        tuple(person.id for person in people),
        round(case.score(members, starts, spoken), 6),
        {name: round(share, 4) for name, share in shares.items()},
        tuple(broken),
        tuple(reasons),
        language,
        level,
        starts,
        series,
        slots,
    )


def _who_blocks(case: _Case, fine: Any) -> dict[str, Any]:
    """The members of whom any one would have to leave to mend the rule."""
    members = range(len(case.people))
    if len(members) < 2:
        return {"without": []}
    return {"without": [case.people[n].id for n in members if fine([m for m in members if m != n])]}


def _language_name(case: _Case, spoken: int) -> tuple[str | None, str | None]:
    level = case.level_of(spoken)
    if not level or not case.spoken:
        return None, None
    at = spoken >> ((level - 1) * len(case.tags))
    return case.tags[(at & -at).bit_length() - 1], CEFR_NAMES[level]


def _live_times(case: _Case) -> tuple[tuple[Series, ...], tuple[GroupSlot, ...]]:
    """Weekly wall times that hold in every week, and two starts in each week (those of the series where there are)."""
    terms, people = case.terms, case.people
    members = [(person.hours, person.zone) for person in people]
    by_zone = Counter(person.zone for person in people)
    found: list[clock.SharedStart] = []
    for zone in sorted(by_zone, key=lambda z: (-by_zone[z], z)):
        found = clock.shared_starts(members, terms.first, terms.last, terms.minutes, governing=zone)
        if found:
            break
    chosen = _least_burden([start.utc for start in found], people, terms.minutes, 6)
    by_instant = {start.utc: start for start in found}
    best = [by_instant[utc] for utc in chosen]
    series = tuple(Series(s.zone, s.weekday, s.time.strftime("%H:%M")) for s in best)
    weekly = [list(clock.occurrences(s.slot, s.zone, terms.first, terms.last)) for s in best[:MIN_STARTS]]
    slots: list[GroupSlot] = []
    own = None if len(weekly) == MIN_STARTS else clock.weekly_starts(members, terms.first, terms.weeks, terms.minutes)
    for week in range(terms.weeks):
        if own is None:
            instants = sorted(times[week] for times in weekly)
        else:
            instants = sorted(_least_burden(own[week].starts, people, terms.minutes, MIN_STARTS))
        for utc in instants:
            slots.append(GroupSlot(week, utc, {p.id: clock.local(utc, p.zone) for p in people}))
    return series, tuple(slots)


def _least_burden(instants: Sequence[datetime], people: Sequence[Person], minutes: int, limit: int) -> list[datetime]:
    """The instants that cost the people least, on different days as far as possible."""
    zones = Counter(person.zone for person in people)

    def cost(utc: datetime) -> tuple[int, datetime]:
        ends = utc + timedelta(minutes=max(0, minutes - 15))
        return (
            sum(
                count * max(burden(clock.local(utc, zone).time()), burden(clock.local(ends, zone).time()))
                for zone, count in zones.items()
            ),
            utc,
        )

    ordered = sorted(instants, key=cost)
    chosen: list[datetime] = []
    days: set[date] = set()
    for utc in ordered:
        if utc.date() not in days and len(chosen) < limit:
            chosen.append(utc)
            days.add(utc.date())
    chosen += [utc for utc in ordered if utc not in set(chosen)][: limit - len(chosen)]
    return chosen


# --- Why somebody has no group ---


def _why(case: _Case, groups: list[list[int]], left: list[int], n: int) -> Unplaced:
    """The first of these that is true.

    Own hours, language, too few people, wishes apart, full groups, shared hours.
    """
    person, terms = case.people[n], case.terms
    facts: dict[str, Any]
    own = case.fewest(case.bits[n])
    targets = [*groups, *_possible_partners(case, left, n)]
    if own < MIN_STARTS:
        facts = {"starts": own, "need": MIN_STARTS, "minutes": terms.minutes, "half_hours": len(person.hours)}
        return Unplaced(person.id, Reason("own_hours", facts), _add_hours(case, targets, n))
    if not case.languages[n]:
        code = "low_language" if person.languages else "no_language"
        facts = {"languages": dict(sorted(person.languages.items())), "min_level": terms.min_level}
        return Unplaced(person.id, Reason(code, facts), _add_language(case, targets, n))
    if len(case.people) < terms.size_min:
        facts = {"people": len(case.people), "need": terms.size_min}
        missing = terms.size_min - len(case.people)
        return Unplaced(person.id, Reason("too_few_people", facts), Reason("more_people", {"people": missing}))
    others = [m for m in range(len(case.people)) if m != n]
    if not any(case.languages[n] & case.languages[m] for m in others):
        facts = {"languages": dict(sorted(person.languages.items()))}
        return Unplaced(person.id, Reason("language_alone", facts), _add_language(case, targets, n))
    wished = [group for group in groups if _size_fits(case, group) and _fits_but_apart(case, group, n)]
    if wished:
        clash = [case.people[m].id for m in wished[0] if case.apart[n] >> m & 1]
        reason = Reason("apart", {"apart": sorted(case.people[m].id for m in others if case.apart[n] >> m & 1)})
        return Unplaced(person.id, reason, Reason("drop_apart", {"with": clash}))
    full = [group for group in groups if len(group) == terms.size_max and case.fits([*group, n])]
    if full:
        facts = {"people": len(case.people), "min": terms.size_min, "max": terms.size_max, "groups": len(groups)}
        return Unplaced(person.id, Reason("groups_full", facts), Reason("larger_groups", {"max": terms.size_max + 1}))
    sharing = sum(
        case.fewest(case.bits[n] & case.bits[m]) >= MIN_STARTS and bool(case.languages[n] & case.languages[m])
        for m in others
    )
    facts = {"share_with": sharing, "need": terms.size_min - 1, "others": len(others), "minutes": terms.minutes}
    change = _add_hours(case, targets, n) or _add_language(case, targets, n)
    return Unplaced(person.id, Reason("few_shared_hours", facts), change)


def _size_fits(case: _Case, group: Sequence[int]) -> bool:
    return case.terms.size_min <= len(group) + 1 <= case.terms.size_max


def _fits_but_apart(case: _Case, group: Sequence[int], n: int) -> bool:
    starts, spoken, _, apart = case.facts([*group, n])
    return starts >= MIN_STARTS and bool(spoken) and not apart


def _possible_partners(case: _Case, left: list[int], n: int) -> list[list[int]]:
    """Unplaced people who would be a group if this person joined them."""
    found: list[int] = []
    for m in left:
        if m != n and len(found) < case.terms.size_min - 1 and case.languages[m] and case.fits([*found, m]):
            found.append(m)
    return [found] if len(found) == case.terms.size_min - 1 else []


def _add_hours(case: _Case, targets: list[list[int]], n: int) -> Reason | None:
    """The fewest half-hours that this person would have to add to fit one of the groups with room (checked)."""
    person, terms = case.people[n], case.terms
    best: tuple[tuple[Any, ...], Reason] | None = None
    for group in targets:
        if not _size_fits(case, group):
            continue
        spoken = case.languages[n]
        for m in group:
            spoken &= case.languages[m]
        if not spoken or any(case.apart[n] >> m & 1 for m in group):
            continue
        members = [(WeekHours(_WEEK_MASK), person.zone), *((case.people[m].hours, case.people[m].zone) for m in group)]
        free = {
            s.slot for s in clock.shared_starts(members, terms.first, terms.last, terms.minutes, governing=person.zone)
        }
        length = MIN_STARTS - 1 + -(-terms.minutes // 30)
        for slot in sorted(free):
            if not all(slot + k in free for k in range(MIN_STARTS)):
                continue
            span = WeekHours.from_slots((slot + k) % clock.SLOTS for k in range(length))
            missing = span - person.hours
            cost = sum(burden(time(s % 48 // 2, s % 2 * 30)) for s in missing)
            key = (cost >= 4 * len(missing), len(missing), cost, slot)
            if best is not None and key >= best[0]:
                continue
            helped = replace(person, hours=person.hours | span)
            if _Case([helped, *(case.people[m] for m in group)], terms).fits(range(len(group) + 1)):
                ranges = [[r.weekday, r.start_text, r.end_text] for r in missing.ranges()]
                best = (key, Reason("add_hours", {"ranges": ranges, "group": [case.people[m].id for m in group]}))
    return best[1] if best else None


def _add_language(case: _Case, targets: list[list[int]], n: int) -> Reason | None:
    """The lowest level of a language that would let this person join one of the groups with room (checked)."""
    case.people[n]
    for group in targets:
        if not _size_fits(case, group):
            continue
        spoken, bits = -1, case.bits[n]
        for m in group:
            spoken &= case.languages[m]
            bits &= case.bits[m]
        if (
            not spoken
            or not case.spoken
            or case.fewest(bits) < MIN_STARTS
            or any(case.apart[n] >> m & 1 for m in group)
        ):
            continue
        language, _ = _language_name(case, spoken)
        facts = {"language": language, "level": case.terms.min_level, "group": [case.people[m].id for m in group]}
        return Reason("add_language", facts)
    return None


# --- Later changes ---


def place_late(
    plan: GroupPlan,
    person: Person,
    people: Sequence[Person],
    *,
    size_min: int,
    size_max: int,
    first: date,
    weeks: int,
    minutes: int,
    min_level: str = "A1",
) -> GroupPlan:
    """The plan with a late joiner in the group where they fit best.

    Nobody else moves. `people` are those in the plan.
    """
    return regroup(
        plan,
        [*(p for p in people if p.id != person.id), person],
        size_min=size_min,
        size_max=size_max,
        first=first,
        weeks=weeks,
        minutes=minutes,
        min_level=min_level,
        only=(person.id,),
    )


def regroup(
    plan: GroupPlan,
    people: Sequence[Person],
    *,
    size_min: int,
    size_max: int,
    first: date,
    weeks: int,
    minutes: int,
    min_level: str = "A1",
    only: Sequence[Id] | None = None,
) -> GroupPlan:
    """The plan for the people who are there now, with as few moves as possible.

    Who is gone leaves; groups that still keep the rules stay as they are; people of groups that no longer do, people
    who were unplaced and people who are new are placed where they fit. With `only`, just these are placed.
    """
    terms = Terms(size_min, size_max, first, weeks, minutes, min_level)
    here = {person.id for person in people}
    fixed = [tuple(n for n in group.members if n in here) for group in plan.groups if group.locked]
    frozen = {n for group in fixed for n in group}
    case = _Case([p for p in people if p.id not in frozen], terms, people)
    kept: list[list[int]] = []
    small: list[list[int]] = []
    for group in plan.groups:
        members = [case.index[n] for n in group.members if n in case.index]
        if members and not group.locked:
            (kept if only is not None or case.valid(members) else small).append(members)
    placed = {n for group in kept for n in group}
    pool = [n for n in range(len(case.people)) if n not in placed]
    if only is not None:
        newcomers = [case.index[n] for n in only if n in case.index and case.index[n] not in placed]
        left = [n for n in newcomers if not _insert(case, kept, n)]
        left += [n for n in pool if n not in newcomers]
    else:
        kept, pool = _mend(case, kept, small, pool)
        kept, left = place_all(case, kept, pool)
    before = {n: group.members for group in plan.groups for n in group.members}
    now = {case.people[n].id: {case.people[m].id for m in group} for group in kept for n in group}
    moved = sum(
        1
        for n, group in now.items()
        if n in before and not set(before[n]) & (group - {n}) and len(set(before[n]) & here) > 1
    )
    return _plan(case=case, groups=kept, left=sorted(left), fixed=fixed, everyone=people, figures={"moved": moved})


def _mend(
    case: _Case, kept: list[list[int]], small: list[list[int]], pool: list[int]
) -> tuple[list[list[int]], list[int]]:
    """Complete groups that have become too small, from the pool or by one person that another group can spare."""
    loose = set(pool)
    for members in sorted(small, key=lambda group: (-len(group), group)):
        group = list(members)
        homeless = sorted(loose - {n for other in small for n in other})
        spare = [n for other in kept for n in sorted(other) if case.valid([m for m in other if m != n])]
        for n in [*homeless, *spare]:
            if len(group) >= case.terms.size_min:
                break
            home = next((other for other in kept if n in other), None)
            if home is not None and not case.valid([m for m in home if m != n]):
                continue
            if case.fits([*group, n]):
                group.append(n)
                if home is not None:
                    home.remove(n)
        if case.valid(group):
            kept.append(group)
            loose -= set(group)
    return kept, sorted(loose - {n for group in kept for n in group})
