"""Pairings for all open offers: what the last plan proposes, for platform admins."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchanges import run_words, words
from exchanges.access import access_matching_settings
from exchanges.actions.pairing_plans import ask_for_plan
from exchanges.actions.suggestions import open_offers
from exchanges.enums import RunKind, RunStatus
from exchanges.models import PlannedPairing, Run

PER_PAGE = 25


@login_required
@require_safe
def pairing_plan(request: HttpRequest) -> HttpResponse:
    access_matching_settings(request.user)
    latest = Run.objects.filter(kind=RunKind.PAIRINGS).order_by("-pk").first()
    finished = Run.objects.finished_plans().first()
    planned = PlannedPairing.objects.of_latest_plan().with_sides().order_by("-score", "pk")
    page = Paginator(planned, PER_PAGE).get_page(request.GET.get("page"))
    for pairing in page:
        pairing.fit = words.fit_of(pairing)
        pairing.why = words.reasons_seen_by(pairing, "first")
    return render(
        request,
        "exchanges/pairing_plan.html",
        {
            "page_obj": page,
            "run": latest,
            "at_work": latest is not None and latest.is_at_work,
            "failed": latest is not None and latest.status == RunStatus.FAILED,
            "label": run_words.at_work(latest) if latest else "",
            "finished": finished,
            "figures": _figures(finished.figures) if finished else [],
            "open_offers": open_offers().count(),
            "crumbs": [(_("Runs"), reverse("run_list"))],
            "nav_active": "run_list",
        },
    )


def _figures(figures: dict) -> list[tuple[str, str]]:
    bound = figures.get("bound") or 0
    reached = f"{100 * figures['total'] / bound:.1f} %" if bound else "–"
    return [
        (_("Open offers"), number_format(figures.get("offers", 0), use_l10n=True)),
        (_("Pairs that fit"), number_format(figures.get("pairs", 0), use_l10n=True)),
        (_("Pairings proposed"), number_format(figures.get("pairings", 0), use_l10n=True)),
        (_("Total fit"), number_format(figures.get("total", 0), decimal_pos=1, use_l10n=True)),
        (_("No plan can exceed"), number_format(bound, decimal_pos=1, use_l10n=True)),
        (_("Reached of that"), reached),
    ]


@login_required
@require_POST
def pairing_plan_run(request: HttpRequest) -> HttpResponse:
    access_matching_settings(request.user)
    ask_for_plan(actor=request.user)
    return redirect("pairing_plan")
