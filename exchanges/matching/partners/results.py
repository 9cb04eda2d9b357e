"""What the engine answers: matches with their features, near misses with their gates, and plans of pairings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exchanges.matching.partners.facts import Id
from institutions.hours import SharedStart


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: share 0..1 (mean of both directions), weight (they sum to 1), and the facts for the words."""

    name: str
    share: float
    weight: float
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that failed, or a fix for one, with its facts. `side` in the facts: whose wish ("own" or "theirs")."""

    name: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate that passes every gate.

    `starts` is the fewest shared starts in any common week, `weeks` the number of common weeks, `epochs` the number
    of runs of weeks with the same clocks on both sides, `shared` weekly wall times in the offer's zone that hold in
    every week from the first to the last common one (at most 12).
    """

    candidate: Id
    kind: str
    score: float
    forward: float
    backward: float
    features: tuple[Feature, ...]
    starts: int
    weeks: int
    epochs: int
    shared: tuple[SharedStart, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A candidate that fails one or two gates; `score` is what it would score without them.

    `fix` mends the first of them that has a fix.
    """

    candidate: Id
    kind: str
    gates: tuple[Gate, ...]
    fix: Gate | None
    score: float


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two offers that would go together."""

    first: Id
    second: Id
    score: float


@dataclass(frozen=True, slots=True)
class PairingPlan:
    """Pairings of the greatest total score found; `bound` is what no plan over the same pairs can exceed."""

    pairings: tuple[Pairing, ...]
    total: float
    bound: float
    figures: Mapping[str, Any]
