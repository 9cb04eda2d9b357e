"""The matching engines: partners, places, groups and hours.

PURE: dataclasses in, results with reasons out; no Django, no clock, no hidden randomness. Reasons are a code with the
facts behind it (`Reason`), so that the pages can put them into words in any language; every fact is one that a test can
check against the input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CEFR = {"A1": 1, "A2": 2, "B1": 3, "B2": 4, "C1": 5, "C2": 6, "native": 7}
CEFR_NAMES = {rank: name for name, rank in CEFR.items()}


def cefr(level: str) -> int:
    """1 (A1) to 6 (C2), 7 for native; raises ValueError for anything else."""
    try:
        return CEFR[level]
    except KeyError:
        raise ValueError(f"{level!r} is not a CEFR level (A1 to C2, or native)") from None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code and its facts, all of them plain JSON values."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
