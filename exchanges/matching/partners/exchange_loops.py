"""Rounding a relaxation of pairings and exchanging edges, as machine code."""
# ruff: noqa: PLR0917  compiled functions take arrays by position

from __future__ import annotations

import numpy as np

from exchanges.matching.compiled import compiled

TURNS = 100
ENOUGH = 1e-9


@compiled
def _neighbours(ends, count):
    """Each node's edges, heaviest first (as the edges themselves are ordered): (where each begins, edges)."""
    at = np.zeros(count + 1, dtype=np.int64)
    for edge in range(len(ends)):
        at[ends[edge, 0] + 1] += 1
        at[ends[edge, 1] + 1] += 1
    at = np.cumsum(at)
    filled, around = at[:-1].copy(), np.zeros(2 * len(ends), dtype=np.int64)
    for edge in range(len(ends)):
        for side in range(2):
            node = ends[edge, side]
            around[filled[node]] = edge
            filled[node] += 1
    return at, around


@compiled
def _set(edge, value, ends, taken, free):
    step = -1 if value else 1
    taken[edge] = value
    free[ends[edge, 0]] += step
    free[ends[edge, 1]] += step


@compiled
def _lightest(node, at, around, taken):
    """The lightest edge that is taken at a node."""
    for n in range(at[node + 1] - 1, at[node] - 1, -1):
        if taken[around[n]]:
            return around[n]
    return -1


@compiled
def _heaviest_free(node, at, around, ends, taken, free):
    """The heaviest edge at a node for which both ends have room, or -1."""
    if free[node] < 1:
        return -1
    for n in range(at[node], at[node + 1]):
        edge = around[n]
        if not taken[edge] and free[ends[edge, 0]] > 0 and free[ends[edge, 1]] > 0:
            return edge
    return -1


@compiled
def rounded(ends, weight, halves, room):
    """Which edges are taken; edges come heaviest first.

    Whole ones first, then halves, then others where there is room. Then each edge is tried instead of the lightest that
    stand in its way; who loses a partner by it takes the best that is free. What gains stays.
    """
    free = room.copy()
    taken = np.zeros(len(ends), dtype=np.bool_)
    for share in (2, 1, 0):
        for edge in range(len(ends)):
            if halves[edge] == share and free[ends[edge, 0]] > 0 and free[ends[edge, 1]] > 0:
                _set(edge, True, ends, taken, free)
    at, around = _neighbours(ends, len(room))
    gone, come = np.zeros(2, dtype=np.int64), np.zeros(3, dtype=np.int64)
    stale = np.ones(len(room), dtype=np.bool_)  # nodes around which something changed since they were looked at
    for _ in range(TURNS):
        fresh = np.zeros(len(room), dtype=np.bool_)
        for edge in range(len(ends)):
            one, two = ends[edge, 0], ends[edge, 1]
            if taken[edge] or not (stale[one] or stale[two]) or room[one] < 1 or room[two] < 1:
                continue
            lost, got, gain = 0, 0, weight[edge]
            for node in (one, two):
                if free[node] < 1:
                    rival = _lightest(node, at, around, taken)
                    _set(rival, False, ends, taken, free)
                    gone[lost] = rival
                    lost += 1
                    gain -= weight[rival]
            _set(edge, True, ends, taken, free)
            come[0], got = edge, 1
            for n in range(lost):
                rival = gone[n]
                loser = ends[rival, 1] if ends[rival, 0] in (one, two) else ends[rival, 0]
                instead = _heaviest_free(loser, at, around, ends, taken, free)
                if instead >= 0 and instead != rival:
                    _set(instead, True, ends, taken, free)
                    come[got] = instead
                    got += 1
                    gain += weight[instead]
            if gain > ENOUGH:
                for n in range(lost):
                    fresh[ends[gone[n], 0]] = fresh[ends[gone[n], 1]] = True
                for n in range(got):
                    fresh[ends[come[n], 0]] = fresh[ends[come[n], 1]] = True
                continue
            for n in range(got - 1, -1, -1):
                _set(come[n], False, ends, taken, free)
            for n in range(lost):
                _set(gone[n], True, ends, taken, free)
        if not fresh.any():
            break
        # What an edge can gain depends on its ends, on their partners, and on who is free around those.
        stale[:] = fresh
        for edge in range(len(ends)):
            if fresh[ends[edge, 0]] or fresh[ends[edge, 1]]:
                stale[ends[edge, 0]] = stale[ends[edge, 1]] = True
    return taken
