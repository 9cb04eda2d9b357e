"""Functions that numba compiles, kept on disk where there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core import types
from numba.extending import intrinsic


def compiled(function: Callable[..., Any]) -> Any:
    """The function in machine code, from its first call on.

    The code is kept beside the module, in the user's cache or in NUMBA_CACHE_DIR, so that only the first process after
    a change waits for the compiler. Where nothing can be written it's compiled in each process. Functions that call
    each other live in one file, as a change elsewhere would not renew what is kept.
    """
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


@intrinsic
def _bit_count(typing_context, word):
    """How many bits of a 64-bit word are set, in one instruction."""

    def build(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), build


# Called with the word alone; numba adds the context.
bit_count: Any = _bit_count
