"""A set of pairings for all offers at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exchanges.matching.partners.facts import Id, OfferFacts, id_key
from exchanges.matching.partners.flow import pair_up
from exchanges.matching.partners.results import Pairing, PairingPlan
from exchanges.matching.partners.weights import DEFAULT_WEIGHTS, Weights


def propose_pairings(
    offers: Sequence[OfferFacts],
    *,
    weights: Weights = DEFAULT_WEIGHTS,
    top: int = 20,
    most: int | None = None,
    apart: Iterable[tuple[Id, Id]] = (),
) -> PairingPlan:
    """Pairings for all offers at once: each takes at most `partners_wanted` (and at most `most`), the total is large.

    Only pairs that are among the best `top` of one of the two are considered, and none of `apart`.
    """
    from exchanges.matching.partners.everybody import Everybody

    offers = sorted(offers, key=lambda offer: id_key(offer.id))
    row_of = {offer.id: row for row, offer in enumerate(offers)}
    kept_apart = {frozenset(pair) for pair in apart}
    edges: dict[tuple[int, int], float] = {}
    for one, two, score in Everybody(offers, weights=weights, top=top).pairs():
        if frozenset((one, two)) not in kept_apart:
            a, b = sorted((row_of[one], row_of[two]))
            edges[a, b] = score
    room = [max(0, min(offer.partners_wanted, most if most is not None else offer.partners_wanted)) for offer in offers]
    chosen, bound = pair_up(edges, room)
    return PairingPlan(
        tuple(Pairing(offers[a].id, offers[b].id, edges[a, b]) for a, b in chosen),
        round(sum(edges[pair] for pair in chosen), 6),
        bound,
        {"offers": len(offers), "pairs": len(edges), "pairings": len(chosen)},
    )
