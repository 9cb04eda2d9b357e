"""The result of a run before it is published: figures, what-if, comparing, and publishing."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchanges.access import access_intake_entry, access_managed_intake
from exchanges.actions import intakes as actions
from exchanges.enums import IntakeStatus, RunStatus
from exchanges.models import Intake, Run
from exchanges.views.intakes import intake_crumbs, intake_tabs
from institutions import places as world
from institutions.errors import Refused
from institutions.models import Institution

PER_PAGE = 20


@login_required
@require_safe
def intake_review(request: HttpRequest, pk: int) -> HttpResponse:
    intake = access_managed_intake(request.user, pk)
    last = intake.last_run
    figures: dict[str, Any] = last.figures if last and "use" in last.figures else {}
    entries = intake.entries.select_related("exchange").order_by("exchange__title", "pk")
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "exchanges/intake_review.html",
        {
            "intake": intake,
            "last": last,
            "figures": figures,
            "page_obj": page,
            "rows": [_row(entry, figures) for entry in page],
            "short": _short(intake, figures),
            "out": list(entries.filter(closed=True)),
            "compare": _compare(figures),
            "ranks": _ranks(figures),
            "reviewable": intake.status in (IntakeStatus.CLOSED, IntakeStatus.REVIEW),
            "publishable": intake.status == IntakeStatus.REVIEW,
            "lists": intake.choice_lists.submitted().count(),
            "tabs": intake_tabs(request.user, intake, "intake_review", manages=True),
            "crumbs": intake_crumbs(intake),
            "nav_active": "intake_list",
            **_run_context(intake),
        },
    )


def _row(entry, figures: dict[str, Any]) -> dict[str, Any]:
    """One exchange's line: places taken and asked for, and quotas that are used up."""
    use = figures.get("use", {}).get(str(entry.pk), {})
    full = []
    names = _names_of(use.get("institution", {}))
    for kind, named in (("institution", names), ("country", None)):
        for key, (taken, places) in use.get(kind, {}).items():
            if taken >= places:
                name = named.get(key, key) if named is not None else world.name(key)
                full.append(f"{name} {taken}/{places}")
    return {"entry": entry, "use": use, "full": full, "short": bool(use) and use["taken"] < use["minimum"]}


def _names_of(keys) -> dict[str, str]:
    return {str(pk): name for pk, name in _institutions(tuple(sorted(keys)))}


def _institutions(keys: tuple[str, ...]) -> list[tuple[int, str]]:
    return list(Institution.objects.filter(pk__in=keys).values_list("pk", "name"))


def _ranks(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """How many got each choice, with the share of all learners."""
    learners = figures.get("learners", 0)
    return [
        {
            "label": _("First choice") if rank == "1" else _("Choice %s") % rank,
            "share": count / learners if learners else 0,
            "text": ngettext("%(n)d learner", "%(n)d learners", count) % {"n": count},
        }
        for rank, count in sorted(figures.get("by_rank", {}).items(), key=lambda item: int(item[0]))
    ]


def _short(intake: Intake, figures: dict[str, Any]) -> list[dict[str, Any]]:
    """The exchanges below their minimum, with what closing each would change."""
    missed = figures.get("below_minimum", {})
    entries = {str(entry.pk): entry for entry in intake.entries.filter(pk__in=missed).select_related("exchange")}
    return [
        {"entry": entries[key], "taken": taken, "what_if": figures.get("what_if", {}).get(key)}
        for key, taken in missed.items()
        if key in entries
    ]


def _compare(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """The ordinary and the balanced result side by side, where there is a tolerance."""
    found = figures.get("compare")
    if not found:
        return []
    balance = found["balanced"]["reciprocity"]
    free, balanced = found["free"], found["balanced"]
    return [
        {"label": _("Placed"), "free": free["placed"], "balanced": balanced["placed"]},
        {
            "label": _("First choices"),
            "free": free["by_rank"].get("1", 0),
            "balanced": balanced["by_rank"].get("1", 0),
        },
        {
            "label": _("Largest imbalance of an institution"),
            "free": balance["without"]["largest_imbalance"],
            "balanced": balance["largest_imbalance"],
        },
        {
            "label": _("Claims that are passed over"),
            "free": free["blocking"],
            "balanced": balanced["blocking"],
        },
    ]


def _run_context(intake: Intake) -> dict[str, Any]:
    run = (
        Run.objects.filter(intake=intake, repeats__isnull=True)
        .defer("snapshot", "figures", "outcome")
        .order_by("-pk")
        .first()
    )
    return {
        "run": run,
        "at_work": run is not None and run.is_at_work,
        "failed": run is not None and run.status == RunStatus.FAILED,
        "intake": intake,
    }


@login_required
@require_safe
def intake_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What the worker is doing, for the page that waits for it; once it is done, the page is shown again."""
    intake = access_managed_intake(request.user, pk)
    context = _run_context(intake)
    response = render(request, "exchanges/_intake_run.html", context)
    if not context["at_work"]:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def intake_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the places again; with "balanced" by the balance (yes) or without it (no)."""
    intake = access_managed_intake(request.user, pk)
    balanced = {"yes": True, "no": False}.get(request.POST.get("balanced", ""))
    try:
        actions.request_run(actor=request.user, intake=intake, balanced=balanced)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("intake_review", pk=intake.pk)


@login_required
@require_POST
def intake_entry_close(request: HttpRequest, pk: int, entry_pk: int) -> HttpResponse:
    """Take an exchange out and give the places again; with "back" take it back in."""
    entry = access_intake_entry(request.user, pk, entry_pk)
    back = "back" in request.POST
    try:
        actions.close_entry(actor=request.user, entry=entry, closed=not back)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        text = (
            _("“%s” is back in. The places are being given again.")
            if back
            else _("“%s” is out. The places are being given again.")
        )
        messages.success(request, text % entry)
    return redirect("intake_review", pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish the result that was looked at (`run`); a later one is to be looked at first."""
    intake = access_managed_intake(request.user, pk)
    last = intake.last_run
    if request.method == "POST":
        looked_at = request.POST.get("run", "")
        try:
            if last is None or looked_at != str(last.pk):
                raise Refused(_("There is a newer result. Look at it before you publish."))
            actions.publish(actor=request.user, intake=intake, run=last)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("intake_review", pk=intake.pk)
        messages.success(request, _("Published. Learners are being told, and can confirm their places."))
        return redirect("intake_places", pk=intake.pk)
    if intake.status != IntakeStatus.REVIEW or last is None:
        return redirect("intake_review", pk=intake.pk)
    placed, waiting = intake.placements.holding().count(), intake.placements.waiting().count()
    return render(
        request,
        "exchanges/intake_publish.html",
        {
            "intake": intake,
            "last": last,
            "placed": placed,
            "waiting_count": waiting,
            "confirm_by": actions.deadline(intake),
            "short": _short(intake, last.figures),
            "cancel_url": reverse("intake_review", args=[intake.pk]),
            "crumbs": intake_crumbs(intake),
            "nav_active": "intake_list",
        },
    )
