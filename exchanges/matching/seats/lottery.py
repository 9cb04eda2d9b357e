"""The draw: one number per learner, which anybody can work out again from the published seed."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

Id = int | str


def lottery(seed: int, learner: Id) -> str:
    """The learner's published number.

    Smaller goes first. Depends on the seed and the id, not on who else takes part.
    """
    return sha256(f"{seed}/{learner}".encode()).hexdigest()


def draw(seed: int, learners: Sequence[Id]) -> NDArray[np.int64]:
    """Each learner's place in the draw, 0 for the smallest `lottery` number; the ids are all different."""
    begin = f"{seed}/"
    digests = [sha256(f"{begin}{learner}".encode()).digest() for learner in learners]
    # The first eight bytes of the number nearly always decide; where they don't, all of it does.
    heads: NDArray[Any] = np.frombuffer(b"".join([digest[:8] for digest in digests]), dtype=">u8").astype(np.uint64)
    order = np.argsort(heads, kind="stable")
    if len(order) > 1 and (np.diff(heads[order]) == 0).any():
        order = np.array(sorted(range(len(digests)), key=digests.__getitem__), dtype=np.int64)
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places
