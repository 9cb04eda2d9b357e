"""Pairings for all open offers at once: asked for by a platform admin, shown to coordinators as hints.

Nothing is decided by a plan: each side still proposes and answers as it likes.
"""

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from exchanges.actions import runs
from exchanges.actions.suggestions import facts_of_offers, open_offers, partners_of_engaged, reasons_of, starts_of
from exchanges.enums import PairingStatus, RunKind
from exchanges.matching.files import partners as file
from exchanges.matching.partners import OfferFacts, Pool, Weights, propose_pairings, rank
from exchanges.models import Offer, Pairing, PlannedPairing, RankingWeights, Run, Suggestion
from institutions.actions.journal import record
from institutions.errors import Refused

TOP = 20
STEP = 200  # pairings between two reports
KEPT = 3  # plans whose pairings are kept; of older ones only the run stays


def ask_for_plan(*, actor) -> Run:
    """Have a worker pair all open offers. A platform admin's to ask."""
    if not actor.is_platform_admin:
        raise Refused(_("Only platform admins can ask for pairings of all offers."))
    with transaction.atomic():
        run = runs.request_run(actor=actor, kind=RunKind.PAIRINGS)
        record(actor=actor, verb="pairings.plan", subject=run)
    return run


def plan_again(*, actor, run: Run) -> Run:
    return ask_for_plan(actor=actor)


def carry_out_pairings_run(run: Run) -> None:
    """Rank all open offers for each other, choose the pairings of the greatest total, and store why each fits."""
    weights = RankingWeights.current()
    taken = {pk: has for pk, (_wanted, has) in partners_of_engaged().items()}
    offers = [
        replace(facts, partners_wanted=facts.partners_wanted - taken.get(int(facts.id), 0))
        for facts in facts_of_offers(open_offers())
    ]
    apart = settled_pairs({int(facts.id): int(facts.institution) for facts in offers})
    runs.begin(
        run,
        file={"only": "pairings", "top": TOP, "weights": weights.points(), "apart": [list(pair) for pair in apart]},
        shared={"offers": [file.write(facts) for facts in offers]},
    )
    plan = propose_pairings(offers, weights=weights.weights(), top=TOP, apart=apart)
    runs.report(run, percent=60)
    facts_of = {facts.id: facts for facts in offers}
    planned = []
    for number, pairing in enumerate(plan.pairings):
        if number % STEP == 0:
            runs.report(run, percent=60 + 35 * number // len(plan.pairings))
        first, second = facts_of[pairing.first], facts_of[pairing.second]
        planned.append(
            PlannedPairing(
                run=run,
                first_id=pairing.first,
                second_id=pairing.second,
                score=pairing.score,
                reasons={
                    "first": _seen_by(first, second, weights.weights()),
                    "second": _seen_by(second, first, weights.weights()),
                },
            )
        )
    figures = {**plan.figures, "total": plan.total, "bound": plan.bound}
    outcome = [{"first": p.first, "second": p.second, "score": p.score} for p in plan.pairings]
    with runs.finishing(run, figures=figures, outcome=outcome):
        # Offers that were deleted meanwhile can't be pointed at.
        there = set(Offer.objects.filter(pk__in=facts_of).select_for_update(no_key=True).values_list("pk", flat=True))
        PlannedPairing.objects.bulk_create(
            [pairing for pairing in planned if {pairing.first_id, pairing.second_id} <= there], batch_size=500
        )
        recent = Run.objects.finished_plans().exclude(pk=run.pk).values_list("pk", flat=True)[: KEPT - 1]
        PlannedPairing.objects.exclude(run__in=[run.pk, *recent]).delete()


def _seen_by(own: OfferFacts, theirs: OfferFacts, weights: Weights) -> dict[str, Any]:
    """Why the other one fits, as one side sees it, and weekly starts on its clock."""
    (match,) = rank(own, Pool([theirs]), weights=weights)
    return {"reasons": reasons_of(match), "starts": starts_of(match)}


def settled_pairs(institution_of: dict[int, int]) -> list[tuple[int, int]]:
    """Pairs of open offers between which somebody has spoken: proposed, accepted, declined, or put aside."""
    offers_of: dict[int, list[int]] = {}
    for offer, institution in institution_of.items():
        offers_of.setdefault(institution, []).append(offer)
    found: set[tuple[int, int]] = set()
    spoken = (PairingStatus.PROPOSED, PairingStatus.ACCEPTED, PairingStatus.DECLINED)
    pairings = Pairing.objects.filter(status__in=spoken, offer__in=institution_of)
    for offer, partner, institution in pairings.values_list("offer", "partner_offer", "partner_institution"):
        # A proposal that names no offer of theirs speaks of all of them.
        found.update((offer, other) for other in ([partner] if partner else offers_of.get(institution, ())))
    aside = Suggestion.objects.filter(dismissed_at__isnull=False, offer__in=institution_of, partner_offer__isnull=False)
    found.update(aside.values_list("offer", "partner_offer"))
    return sorted(
        {(min(pair), max(pair)) for pair in found if institution_of.keys() >= set(pair) and pair[0] != pair[1]}
    )
