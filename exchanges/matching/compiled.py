"""Functions that numba compiles, kept on disk where there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Any:
    """The function in machine code, from its first call on.

    The code is kept beside the module, in the user's cache or in NUMBA_CACHE_DIR, so that only the first process after
    a change waits for the compiler. Where nothing can be written it's compiled in each process.
    """
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)
