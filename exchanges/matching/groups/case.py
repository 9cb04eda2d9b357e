"""People as numbers and bit sets, the rules, and the score of a group."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from exchanges.matching import cefr
from exchanges.matching.groups.person import MIN_STARTS, Person, Terms, id_key
from institutions import hours as clock

PLENTY_STARTS = 10
WEIGHTS = {"hours": 0.4, "mix": 0.25, "language": 0.2, "skill": 0.15}

WEEK_MASK = (1 << clock.SLOTS) - 1


class Facts(NamedTuple):
    """What decides about a group's rules.

    `starts` are its fewest in any week, `spoken` the bits of languages that all have. `mixed`: more than one
    institution or country. `apart`: nobody with someone they are kept apart from. `company`: nobody the only one of
    a kind where they mind.
    """

    starts: int
    spoken: int
    mixed: bool
    apart: bool
    company: bool


class Case:
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
        self.bits = self._starts()
        tags = sorted({primary(tag) for p in crowd for tag in p.languages})
        self.tags = tags or [""]
        # Where nobody's languages are known, language is not a rule.
        self.spoken = bool(tags)
        lowest = cefr(terms.min_level)
        self.languages = [self._language_bits(p, lowest) if tags else 1 for p in self.people]
        self.institutions = [str(p.institution) for p in self.people]
        self.countries = [p.country for p in self.people]
        self.like = [_alike(self.institutions), _alike(self.countries)]
        self.mixable = len({(str(p.institution), p.country) for p in crowd}) > 1
        self.skills = [None if p.skill is None else float(p.skill) for p in self.people]
        skills = [float(p.skill) for p in crowd if p.skill is not None]
        self.skill_mean = sum(skills) / len(skills) if skills else None
        spread = math.sqrt(sum((s - sum(skills) / len(skills)) ** 2 for s in skills) / len(skills)) if skills else 0.0
        self.skill_spread = spread or 1.0
        # Only marks that somebody minds are told apart.
        minded = {mark: n for n, mark in enumerate(sorted({mark for p in self.people for mark in p.not_alone}))}
        self.marks = [sum(1 << n for mark, n in minded.items() if mark in p.marks | p.not_alone) for p in self.people]
        self.minds = [sum(1 << minded[mark] for mark in p.not_alone) for p in self.people]
        self.apart = [0] * len(self.people)
        for n, person in enumerate(self.people):
            for other in person.apart:
                m = self.index.get(other)
                if m is not None and m != n:
                    self.apart[n] |= 1 << m
                    self.apart[m] |= 1 << n

    def _starts(self) -> list[int]:
        """Everybody's bits of starts that fit their hours (`clock.utc_starts`), for all people of a zone at once."""
        bits = [0] * len(self.people)
        minutes = self.terms.minutes
        count = clock.QUARTERS - (-minutes // 15)
        by_zone: dict[str, list[int]] = {}
        for n, person in enumerate(self.people):
            by_zone.setdefault(person.zone, []).append(n)
        for zone, members in by_zone.items():
            flags = np.array([clock.hours_array(self.people[n].hours) for n in members])
            for place, pattern in enumerate(self.patterns):
                begin = clock.day_minute(pattern.first)
                fits = clock.fits_from(clock.free_quarters(flags, zone, begin, count), minutes)
                starts = np.roll(fits[:, : clock.QUARTERS : 2], begin // 30 % clock.SLOTS, axis=1)
                for n, octets in zip(members, np.packbits(starts, axis=1, bitorder="little"), strict=True):
                    bits[n] |= int.from_bytes(octets.tobytes(), "little") << (clock.SLOTS * place)
        return bits

    def _language_bits(self, person: Person, lowest: int) -> int:
        """Level by level: a bit for each language that the person has at that level or better."""
        bits = 0
        for tag, name in person.languages.items():
            at = self.tags.index(primary(tag))
            for level in range(lowest, cefr(name) + 1):
                bits |= 1 << ((level - 1) * len(self.tags) + at)
        return bits

    def fewest(self, bits: int) -> int:
        """The fewest starts in any week."""
        fewest = (bits & WEEK_MASK).bit_count()
        for _ in range(len(self.patterns) - 1):
            bits >>= clock.SLOTS
            fewest = min(fewest, (bits & WEEK_MASK).bit_count())
        return fewest

    def facts(self, members: Sequence[int]) -> Facts:
        first = members[0]
        bits, spoken, mask, apart = self.bits[first], self.languages[first], 0, 0
        once = twice = minds = 0
        for n in members:
            bits &= self.bits[n]
            spoken &= self.languages[n]
            mask |= 1 << n
            apart |= self.apart[n]
            twice |= once & self.marks[n]
            once |= self.marks[n]
            minds |= self.minds[n]
        mixed = bool(mask & ~(self.like[0][first] & self.like[1][first]))
        return Facts(self.fewest(bits), spoken, mixed, not mask & apart, not minds & once & ~twice)

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
        found = self.facts(members)
        return found.starts >= MIN_STARTS and bool(found.spoken) and found.apart

    def flaws(self, found: Facts) -> int:
        """How many of the rules it breaks that are kept only where the numbers allow: mixed, nobody alone of a kind."""
        return (self.mixable and not found.mixed) + (not found.company)

    def broken(self, found: Facts, size: int) -> tuple[str, ...]:
        """Codes of the rules that a group of that size breaks."""
        broken = {
            "size": not self.terms.size_min <= size <= self.terms.size_max,
            "starts": found.starts < MIN_STARTS,
            "language": not found.spoken,
            "apart": not found.apart,
            "one_institution": self.mixable and not found.mixed,
            "alone": not found.company,
        }
        return tuple(code for code, does in broken.items() if does)

    def rank(self, members: Sequence[int]) -> tuple[int, float]:
        """For comparing valid groups: (minus its flaws, score)."""
        found = self.facts(members)
        return -self.flaws(found), self.score(members, found.starts, found.spoken)


def _alike(kinds: Sequence[str]) -> list[int]:
    """For each person, a bit set of those of the same kind."""
    sets: dict[str, int] = {}
    for n, kind in enumerate(kinds):
        sets[kind] = sets.get(kind, 0) | 1 << n
    return [sets[kind] for kind in kinds]


def primary(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()
