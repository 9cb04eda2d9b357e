"""A learner's result: what she got and why, and the buttons with which she decides."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from exchanges.access import access_own_placement
from exchanges.actions import placements
from exchanges.actions.waiting import positions
from exchanges.enums import PlacementStatus
from exchanges.intake_words import spoken_number, why
from exchanges.models import Placement
from exchanges.views.intakes import intake_crumbs
from institutions.errors import Refused


@login_required
@require_safe
def intake_result(request: HttpRequest, pk: int) -> HttpResponse:
    placement = access_own_placement(request.user, pk)
    return render(request, "exchanges/intake_result.html", _page(placement))


def _page(placement: Placement) -> dict:
    intake = placement.intake
    entries = {
        entry.pk: entry
        for entry in intake.entries.filter(choices__choice_list=placement.choice_list_id)
        .select_related("exchange__offer")
        .prefetch_related("priority_lines", "exchange__parts__institution")
    }
    ranked = placement.choice_list.choices.order_by("rank")
    return {
        "intake": intake,
        "placement": placement,
        "why": why(placement, entries),
        "waiting": positions(placement),
        "ranked": [entries[choice.entry_id] for choice in ranked if choice.entry_id in entries],
        "number": spoken_number(placement.lottery),
        "offered": placement.status == PlacementStatus.OFFERED,
        "crumbs": intake_crumbs(intake),
        "nav_active": "intake_list",
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def placement_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    placement = access_own_placement(request.user, pk)
    if request.method == "POST":
        try:
            enrolment = placements.confirm(actor=request.user, placement=placement)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Confirmed. You have a place in “%s”.") % enrolment.exchange)
    return redirect("intake_result", pk=placement.intake_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def placement_decline(request: HttpRequest, pk: int) -> HttpResponse:
    placement = access_own_placement(request.user, pk)
    if request.method == "POST":
        try:
            placements.decline(actor=request.user, placement=placement)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("You have declined. Nothing is expected of you any more."))
        return redirect("intake_result", pk=placement.intake_id)
    if placement.status not in (PlacementStatus.OFFERED, PlacementStatus.WAITING):
        return redirect("intake_result", pk=placement.intake_id)
    offered = placement.status == PlacementStatus.OFFERED
    return render(
        request,
        "exchanges/intake_ask.html",
        {
            "intake": placement.intake,
            "title": _("Decline the place?") if offered else _("Leave the waiting list?"),
            "text": _("The place goes to the next at once, and you get no other in this intake. This can't be undone.")
            if offered
            else _("You get no place in this intake then. This can't be undone."),
            "submit": _("Decline the place") if offered else _("Leave the waiting list"),
            "danger": True,
            "cancel_url": reverse("intake_result", args=[placement.intake_id]),
            "crumbs": intake_crumbs(placement.intake),
            "nav_active": "intake_list",
        },
    )
