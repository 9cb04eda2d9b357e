"""How much each feature counts, and the settings of the gates; with the defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Shorter than the general minimum of common weeks, by nature of the format.
FORMAT_MIN_WEEKS = {"seminar": 1, "bip": 1, "staff": 1, "dialogue": 3}
UNKNOWN = 0.5  # the share of what is not known
SCALE = 1e9  # scores are compared to nine digits


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each feature counts (any scale, they are normalised), and the settings of the gates."""

    topic: float = 0.30
    hours: float = 0.20
    weeks: float = 0.15
    language: float = 0.10
    size: float = 0.10
    level: float = 0.10
    format: float = 0.05
    min_starts: int = 2
    min_weeks: int = 4
    plenty_starts: int = 20
    cefr_slack: int = 1

    def shares(self) -> dict[str, float]:
        """The features' weights, summing to 1; raises ValueError if they cannot."""
        values = {name: float(getattr(self, name)) for name in FEATURES}
        total = sum(values.values())
        if min(values.values()) < 0 or not total > 0 or math.isinf(total):
            raise ValueError("weights must be zero or more, and not all zero")
        return {name: value / total for name, value in values.items()}


FEATURES = ("topic", "hours", "weeks", "language", "size", "level", "format")


GATES = ("language", "hours", "weeks", "region", "kind", "mode")


DEFAULT_WEIGHTS = Weights()
