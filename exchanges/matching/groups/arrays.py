"""A case as arrays for the compiled loops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exchanges.matching.groups.case import PLENTY_STARTS, WEEK_MASK, WEIGHTS, Case
from exchanges.matching.groups.loops import Data, friends_of
from exchanges.matching.groups.person import MIN_STARTS
from institutions import hours as clock

_WEEK_WORDS = 6


def data_of(case: Case, units: Sequence[Sequence[int]]) -> Data:
    """The units (people by number who stay together) as arrays; week patterns that are alike for all count once."""
    count, patterns = len(units), max(1, len(case.patterns))
    starts = np.zeros((count, patterns, _WEEK_WORDS), dtype=np.uint64)
    tags = len(case.tags)
    spoken = np.zeros((count, -(-7 * tags // 64)), dtype=np.uint64)
    for u, unit in enumerate(units):
        bits, languages = case.bits[unit[0]], case.languages[unit[0]]
        for n in unit[1:]:
            bits &= case.bits[n]
            languages &= case.languages[n]
        for p in range(patterns):
            starts[u, p] = _words((bits >> (clock.SLOTS * p)) & WEEK_MASK, _WEEK_WORDS)
        spoken[u] = _words(languages, spoken.shape[1])
    alike = {starts[:, p].tobytes(): p for p in reversed(range(patterns))}
    starts = np.ascontiguousarray(starts[:, sorted(alike.values())])
    unit_of = {n: u for u, unit in enumerate(units) for n in unit}
    foes = {
        (unit_of[n], unit_of[m])
        for n, apart in enumerate(case.apart)
        if apart and n in unit_of
        for m in _members(apart)
        if m in unit_of and unit_of[m] != unit_of[n]
    }
    picky = np.zeros(count, dtype=np.bool_)
    picky[[u for pair in foes for u in pair]] = True
    people = np.full((count, max((len(unit) for unit in units), default=1)), -1, dtype=np.int64)
    for u, unit in enumerate(units):
        people[u, : len(unit)] = unit
    width = max(1, -(-max((marks.bit_length() for marks in case.marks), default=0) // 64))
    total = len(case.people)
    return Data(
        starts=starts,
        spoken=spoken,
        friends=friends_of(starts, spoken, np.array(sorted(foes), dtype=np.int64).reshape(-1, 2), MIN_STARTS),
        sizes=np.array([len(unit) for unit in units], dtype=np.int64),
        people=people,
        picky=picky,
        kinds=np.array([_codes(case.institutions), _codes(case.countries)], dtype=np.int64).reshape(2, total).T.copy(),
        skills=np.array([np.nan if skill is None else skill for skill in case.skills]),
        marks=np.array([_words(marks, width) for marks in case.marks], dtype=np.uint64).reshape(total, width),
        minds=np.array([_words(minds, width) for minds in case.minds], dtype=np.uint64).reshape(total, width),
        tags=tags,
        need=MIN_STARTS,
        plenty=PLENTY_STARTS,
        size_min=case.terms.size_min,
        size_max=case.terms.size_max,
        mixable=case.mixable,
        minded=any(case.minds),
        has_language=case.spoken,
        has_skill=case.skill_mean is not None,
        skill_mean=case.skill_mean or 0.0,
        skill_spread=case.skill_spread,
        hours_weight=WEIGHTS["hours"],
        mix_weight=WEIGHTS["mix"],
        language_weight=WEIGHTS["language"],
        skill_weight=WEIGHTS["skill"],
    )


def _words(bits: int, count: int) -> np.ndarray:
    return np.frombuffer(bits.to_bytes(8 * count, "little"), dtype=np.uint64)


def _members(bits: int) -> list[int]:
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


def _codes(kinds: Sequence[str]) -> list[int]:
    """Numbers in the order of first appearance, so that names change nothing."""
    seen: dict[str, int] = {}
    return [seen.setdefault(kind, len(seen)) for kind in kinds]
