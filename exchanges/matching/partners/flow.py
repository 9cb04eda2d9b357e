"""Edges of large total weight with room at every end: linear relaxation as a flow, rounding, exchanges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

SCALE = 1_000_000  # of weights as whole numbers, which the flow needs


def pair_up(edges: Mapping[tuple[int, int], float], room: Sequence[int]) -> tuple[list[tuple[int, int]], float]:
    """Edges of large total weight with at most `room[n]` at each n, and an upper bound of that total.

    The bound is the linear relaxation, solved as a flow between two copies of every offer, which is half-integral: an
    edge taken in both directions is taken, one taken in one direction is half taken. Halves are rounded by weight, then
    exchanges of one edge for those in its way are made as long as they gain.
    """
    if not edges:
        return [], 0.0
    from exchanges.matching.partners import exchange_loops

    ends = np.array(list(edges), dtype=np.int64)
    weight = np.array(list(edges.values()), dtype=np.float64)
    order = np.lexsort((ends[:, 1], ends[:, 0], -weight))
    ends, weight = ends[order], weight[order]
    capacity = np.array(room, dtype=np.int64)
    halves = _half_integral(ends, weight, capacity)
    bound = float((weight * halves).sum() / 2)
    taken = exchange_loops.rounded(ends, weight, halves, capacity)
    chosen: list[list[int]] = ends[taken].tolist()
    return sorted((a, b) for a, b in chosen), round(bound, 6)


def _half_integral(ends: np.ndarray, weight: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """How often (0, 1 or 2 halves) the linear relaxation takes each edge."""
    from ortools.graph.python import min_cost_flow

    count = len(capacity)
    source, sink = 2 * count, 2 * count + 1
    cost = -np.round(weight * SCALE).astype(np.int64)
    offers = np.arange(count)
    flow = min_cost_flow.SimpleMinCostFlow()
    tails: list[Any] = [ends[:, 0], ends[:, 1], np.full(count, source), offers + count, [source]]
    heads: list[Any] = [ends[:, 1] + count, ends[:, 0] + count, offers, np.full(count, sink), [sink]]
    total = int(capacity.sum())
    caps: list[Any] = [np.ones(2 * len(ends), dtype=np.int64), capacity, capacity, [total]]
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
    flows = flow.flows(arcs[: 2 * len(ends)])
    return np.asarray(flows[: len(ends)] + flows[len(ends) :])
