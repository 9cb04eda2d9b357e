"""Late joiners and drop-out: asking what would have to move, looking at it, applying or discarding it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from exchanges import group_words, run_words
from exchanges.access import access_coordinated_exchange
from exchanges.actions import board, regroup
from exchanges.enums import RunKind, RunStatus
from exchanges.models import Exchange, Run
from exchanges.views.standing import exchange_crumbs, exchange_tabs, standing_of
from institutions.errors import Refused


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def group_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """What would have to move, as it was worked out last; `do` says what is to happen."""
    exchange = access_coordinated_exchange(request.user, pk)
    if request.method == "POST":
        try:
            return _do(request, exchange)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("group_changes", pk=exchange.pk)
    run = regroup.proposal_of(exchange)
    found = run if run is not None and run.status == RunStatus.FINISHED else None
    return render(
        request,
        "exchanges/group_changes.html",
        {
            "exchange": exchange,
            "run": run,
            "found": found,
            "label": run_words.at_work(run) if run else "",
            "outdated": found is not None and regroup.is_outdated(exchange, found),
            **(_changes(exchange, found) if found else {}),
            "adjustable": exchange.status in board.ADJUSTABLE and exchange.groups.exists(),
            "without": exchange.enrolments.placed().filter(group=None).count(),
            "published": exchange.groups.confirmed().exists(),
            "tabs": exchange_tabs(exchange, standing_of(request.user, exchange), "exchange_groups"),
            "crumbs": [*exchange_crumbs(exchange), (_("Groups"), reverse("exchange_groups", args=[exchange.pk]))],
            "nav_active": "exchange_list",
        },
    )


def _do(request: HttpRequest, exchange: Exchange) -> HttpResponse:
    what = request.POST.get("do", "")
    if what in regroup.KINDS:
        regroup.ask_for_changes(actor=request.user, exchange=exchange, kind=RunKind(what))
        return redirect("group_changes", pk=exchange.pk)
    run = regroup.proposal_of(exchange)
    if run is None or what not in ("apply", "discard"):
        raise Refused(_("There is nothing to apply or discard."))
    if what == "discard":
        regroup.discard_changes(actor=request.user, exchange=exchange, run=run)
        messages.success(request, _("Discarded. The groups stay as they are."))
    else:
        moved = regroup.apply_changes(actor=request.user, exchange=exchange, run=run)
        messages.success(
            request, ngettext("%s person moved. You can undo it.", "%s people moved. You can undo it.", moved) % moved
        )
    return redirect("exchange_groups", pk=exchange.pk)


def _changes(exchange: Exchange, run: Run) -> dict[str, Any]:
    figures = run.figures
    people = {each.pk: each for each in exchange.enrolments.select_related("learner", "part__institution")}
    names = {pk: each.learner.name for pk, each in people.items()}
    return {
        "moves": [(people[pk], old, new) for pk, old, new in figures.get("moves", []) if pk in people],
        "left": [
            (
                people[row["id"]],
                group_words.why_unplaced(row["reason"], names),
                group_words.what_would_help(row["change"], names) if row["change"] else "",
            )
            for row in figures.get("without_group", [])
            if row["id"] in people
        ],
    }
