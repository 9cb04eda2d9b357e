"""What an hour costs somebody, by her own clock."""

from datetime import time

import numpy as np

OUTSIDE = 3
NIGHT = 7

# From each local hour on, until the next line: the burden of a half-hour of a session.
BURDEN_FROM = (
    (time(0), 10),
    (time(5), 7),
    (time(6), 4),
    (time(7), 2),
    (time(8), 1),
    (time(9), 0),
    (time(18), 1),
    (time(20), 2),
    (time(21), 4),
    (time(22), 7),
    (time(23), 10),
)


def burden(at: time) -> int:
    """What a half-hour at this local time costs: 0 in the day, small at its edges, 10 at night."""
    return next(cost for start, cost in reversed(BURDEN_FROM) if at >= start)


BY_HALF_HOUR = np.array([burden(time(n // 2, n % 2 * 30)) for n in range(48)], dtype=np.int64)
