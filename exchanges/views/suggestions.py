"""Partner suggestions of an offer: who fits and why, and what the ranking is doing."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from exchanges import weight_words, words
from exchanges.access import access_own_offer, access_suggestion
from exchanges.actions import suggestions
from exchanges.actions.runs import request_partner_run
from exchanges.enums import OfferStatus, RunKind, RunStatus
from exchanges.models import Offer, PlannedPairing, RankingWeights, Run, Suggestion
from exchanges.views.ribbons import ribbon_of_start


@login_required
@require_http_methods(["GET", "HEAD"])
def suggestion_list(request: HttpRequest, pk: int) -> HttpResponse:
    offer = access_own_offer(request.user, pk)
    shown = list(offer.suggestions.in_force().with_partners())
    pairings = {p.partner_institution_id: p for p in offer.pairings.current().select_related("partner_institution")}
    cards = [_card(request, offer, suggestion, pairings) for suggestion in shown if not suggestion.dismissed_at]
    return render(
        request,
        "exchanges/suggestion_list.html",
        {
            "offer": offer,
            "offers": [card for card in cards if card["with_offer"] and not card["near_miss"]],
            "institutions": [card for card in cards if not card["with_offer"] and not card["near_miss"]],
            "near_misses": [card for card in cards if card["near_miss"]],
            "dismissed": [suggestion for suggestion in shown if suggestion.dismissed_at],
            "planned": [
                _card(request, offer, planned.as_suggestion_for(offer), pairings) for planned in _planned_for(offer)
            ],
            "crumbs": [(offer.title, offer.get_absolute_url())],
            "nav_active": "desk",
            **_run_context(offer),
            **_how_ranked(offer),
        },
    )


def _planned_for(offer: Offer) -> list[PlannedPairing]:
    """Whom the last plan for all open offers proposes for this one, while nobody has spoken yet."""
    planned = PlannedPairing.objects.of_latest_plan().of_offers([offer.pk]).in_force().unspoken()
    return list(planned.with_sides()) if offer.status == OfferStatus.PUBLISHED else []


def _how_ranked(offer: Offer) -> dict:
    """By what the suggestions that are shown were ranked, and whether that has changed since."""
    ranked = Run.objects.filter(offer=offer, kind=RunKind.PARTNERS, status=RunStatus.FINISHED).order_by("-pk").first()
    points = weight_words.of_run(ranked)
    return {
        "weights": weight_words.features_of(points),
        "gates": weight_words.gates_of(points),
        "weights_changed": points != RankingWeights.current().points(),
    }


def _card(request: HttpRequest, offer: Offer, suggestion: Suggestion, pairings: dict) -> dict:
    partner = suggestion.partner_offer
    drawn = None
    if suggestion.shared_starts:
        drawn = ribbon_of_start(
            request.zone,
            [offer.institution, suggestion.partner_institution],
            start=_nearest_noon(suggestion.shared_starts),
            zone=offer.zone,
            first=max(offer.starts, partner.starts) if partner else offer.starts,
            last=min(offer.ends, partner.ends) if partner else offer.ends,
            minutes=max(offer.session_minutes, partner.session_minutes) if partner else offer.session_minutes,
        )
    propose = f"{reverse('pairing_new')}?offer={offer.pk}"
    propose += f"&with={partner.pk}" if partner else f"&institution={suggestion.partner_institution.slug}"
    return {
        "suggestion": suggestion,
        "institution": suggestion.partner_institution,
        "with_offer": partner,
        "near_miss": suggestion.near_miss,
        "fit": words.fit_of(suggestion),
        "reasons": [] if suggestion.near_miss else words.reasons_of(suggestion),
        "obstacles": words.obstacles_of(suggestion),
        "fix": words.fix_of(suggestion),
        "ribbon": drawn[0] if drawn else None,
        "notes": drawn[1] if drawn else [],
        "propose_url": propose,
        "pairing": pairings.get(suggestion.partner_institution_id),
    }


def _nearest_noon(starts: list[list[int]]) -> list[int]:
    return min(starts, key=lambda start: (abs(start[1] - 12 * 60), start))


def _run_context(offer: Offer) -> dict:
    runs = list(Run.objects.filter(offer=offer, kind=RunKind.PARTNERS).order_by("-pk")[:5])
    latest = runs[0] if runs else None
    return {
        "run": latest,
        "at_work": latest is not None and latest.is_at_work,
        "failed": latest is not None and latest.status == RunStatus.FAILED,
        "finished": next((run for run in runs if run.status == RunStatus.FINISHED), None),
        "can_look_again": offer.status == OfferStatus.PUBLISHED,
    }


@login_required
@require_http_methods(["GET", "HEAD"])
def suggestion_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What the ranking is doing, for the page that waits for it; once it is done, the page is shown again."""
    offer = access_own_offer(request.user, pk)
    context = {"offer": offer, **_run_context(offer)}
    response = render(request, "exchanges/_suggestion_run.html", context)
    if not context["at_work"]:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def suggestion_refresh(request: HttpRequest, pk: int) -> HttpResponse:
    offer = access_own_offer(request.user, pk)
    if offer.status == OfferStatus.PUBLISHED:
        request_partner_run(actor=request.user, offer=offer)
    else:
        messages.info(request, _("Partners are looked for while the offer is published."))
    return redirect("suggestion_list", pk=offer.pk)


@login_required
@require_POST
def suggestion_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    suggestion = access_suggestion(request.user, pk)
    suggestions.dismiss(actor=request.user, suggestion=suggestion)
    messages.success(request, _("Put aside. You find it at the end of this page, where you can take it back."))
    return redirect("suggestion_list", pk=suggestion.offer_id)


@login_required
@require_POST
def suggestion_restore(request: HttpRequest, pk: int) -> HttpResponse:
    suggestion = access_suggestion(request.user, pk)
    suggestions.restore(actor=request.user, suggestion=suggestion)
    return redirect("suggestion_list", pk=suggestion.offer_id)
