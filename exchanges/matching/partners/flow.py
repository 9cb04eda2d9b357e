"""Edges of large total weight with room at every end: linear relaxation as a flow, rounding, exchanges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def pair_up(edges: Mapping[tuple[int, int], float], room: Sequence[int]) -> tuple[list[tuple[int, int]], float]:
    """Edges of large total weight with at most `room[n]` at each n, and an upper bound of that total.

    The bound is the linear relaxation, solved as a flow between two copies of every offer, which is half-integral: an
    edge taken in both directions is taken, one taken in one direction is half taken. Halves are rounded by weight, then
    exchanges of one edge for those in its way are made as long as they gain.
    """
    if not edges:
        return [], 0.0
    ordered = sorted(edges, key=lambda pair: (-edges[pair], pair))
    taken = _half_integral(ordered, edges, room)
    bound = sum(edges[pair] * share for pair, share in taken.items()) / 2
    partners: list[set[int]] = [set() for _ in room]

    def weight(a: int, b: int) -> float:
        return edges[min(a, b), max(a, b)]

    def take(pair: tuple[int, int]) -> bool:
        a, b = pair
        if b in partners[a] or len(partners[a]) >= room[a] or len(partners[b]) >= room[b]:
            return False
        partners[a].add(b)
        partners[b].add(a)
        return True

    for share in (2, 1, 0):
        for pair in ordered:
            if taken.get(pair, 0) == share:
                take(pair)
    around: list[list[int]] = [[] for _ in room]
    for a, b in ordered:
        around[a].append(b)
        around[b].append(a)
    for _ in range(50):
        gained = False
        for a, b in ordered:
            if b in partners[a] or not room[a] or not room[b]:
                continue
            rivals = [
                (n, min((weight(n, m), m) for m in partners[n])[1]) for n in (a, b) if len(partners[n]) >= room[n]
            ]
            loss = sum(weight(n, m) for n, m in rivals)
            # Who loses a partner may take the best that is free.
            spare = {m: _best_free(m, around, partners, room, {a, b}) for _, m in rivals}
            back = sum(weight(m, free) for m, free in spare.items() if free is not None)
            if len({free for free in spare.values() if free is not None}) < sum(f is not None for f in spare.values()):
                back = max(weight(m, free) for m, free in spare.items() if free is not None)
            if edges[a, b] + back <= loss + 1e-9:
                continue
            for n, m in rivals:
                partners[n].discard(m)
                partners[m].discard(n)
            take((a, b))
            for m, free in spare.items():
                if free is not None:
                    take((min(m, free), max(m, free)))
            gained = True
        for pair in ordered:
            gained |= take(pair)
        if not gained:
            break
    return [(a, b) for a, b in sorted(edges) if b in partners[a]], round(bound, 6)


def _best_free(
    n: int, around: Sequence[Sequence[int]], partners: Sequence[set[int]], room: Sequence[int], busy: set[int]
) -> int | None:
    return next((m for m in around[n] if m not in busy and m not in partners[n] and len(partners[m]) < room[m]), None)


def _half_integral(
    ordered: Sequence[tuple[int, int]], edges: Mapping[tuple[int, int], float], room: Sequence[int]
) -> dict[tuple[int, int], int]:
    """How often (0, 1 or 2 halves) the linear relaxation takes each edge."""
    from ortools.graph.python import min_cost_flow

    count = len(room)
    source, sink = 2 * count, 2 * count + 1
    ends = np.array(ordered, dtype=np.int32)
    cost = -np.round(np.array([edges[pair] for pair in ordered]) * 1_000_000).astype(np.int64)
    capacity = np.array(room, dtype=np.int64)
    offers = np.arange(count, dtype=np.int32)
    flow = min_cost_flow.SimpleMinCostFlow()
    tails: list[Any] = [ends[:, 0], ends[:, 1], np.full(count, source, dtype=np.int32), offers + count, [source]]
    heads: list[Any] = [ends[:, 1] + count, ends[:, 0] + count, offers, np.full(count, sink, dtype=np.int32), [sink]]
    total = int(capacity.sum())
    caps: list[Any] = [np.ones(2 * len(ordered), dtype=np.int64), capacity, capacity, [total]]
    costs = [cost, cost, np.zeros(2 * count + 1, dtype=np.int64)]
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(tails).astype(np.int32),
        np.concatenate(heads).astype(np.int32),
        np.concatenate(caps).astype(np.int64),
        np.concatenate(costs),
    )
    flow.set_nodes_supplies(np.array([source, sink], dtype=np.int32), np.array([total, -total], dtype=np.int64))
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the flow was not solved ({status})")
    flows = flow.flows(arcs[: 2 * len(ordered)])
    return {pair: int(flows[n] + flows[n + len(ordered)]) for n, pair in enumerate(ordered)}
