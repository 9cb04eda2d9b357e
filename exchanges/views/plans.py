"""The planner: ask for hours, compare three proposals on the ribbon, set one by hand, take one."""

import datetime as dt
import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from exchanges.access import access_coordinated_exchange, access_coordinated_plan
from exchanges.actions import session_plans
from exchanges.actions.programme import PLANNABLE
from exchanges.enums import RunStatus
from exchanges.forms.fields import add_refusal, posted
from exchanges.forms.plans import HandForm, PlanForm, TakeForm
from exchanges.models import Exchange, SessionPlan
from exchanges.models.series import MOST_TURNS
from exchanges.views.plan_cards import plan_card, turn_lines
from exchanges.views.standing import exchange_crumbs
from institutions.errors import Refused

PER_PAGE = 10
TURN = re.compile(r"([0-6])-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask which weekly hours cost the people least; earlier plans are below."""
    exchange = access_coordinated_exchange(request.user, pk)
    if exchange.status not in PLANNABLE:
        messages.info(request, _("The exchange is over, so nothing can be planned any more."))
        return redirect("exchange_sessions", pk=exchange.pk)
    usual = session_plans.usual_terms(exchange)
    form = PlanForm(posted(request), exchange=exchange, initial=usual | {"title": _("Live session")})
    if form.is_valid():
        try:
            plan = session_plans.ask_for_plan(actor=request.user, exchange=exchange, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            return redirect(plan)
    page = Paginator(exchange.plans.select_related("group", "created_by"), PER_PAGE).get_page(request.GET.get("page"))
    return _page(request, "exchanges/plan_new.html", exchange, form=form, page_obj=page)


@login_required
@require_http_methods(["GET", "HEAD"])
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The proposals side by side; `?day1=1&time1=10:00` also says what hours set by hand cost."""
    plan = access_coordinated_plan(request.user, pk)
    exchange = access_coordinated_exchange(request.user, plan.exchange_id)
    by_hand = any(name.startswith(("day", "time")) for name in request.GET)
    hand = HandForm(request.GET if by_hand else None)
    own = None
    if by_hand and hand.is_valid():
        proposal = session_plans.cost_by_hand(plan, hand.turns)
        if proposal and proposal["parts"][0]["starts"]:
            own = plan_card(request, exchange, proposal)
            own["query"] = "&".join(f"turn={day}-{at:%H:%M}" for day, at in hand.turns)
    context = {
        "plan": plan,
        "hand": hand,
        "own": own,
        "cards": [plan_card(request, exchange, each, number) for number, each in enumerate(plan.proposals or ())],
        "can_take": exchange.status in PLANNABLE,
        **_progress(plan),
    }
    if request.htmx and request.htmx.target == "own":  # type: ignore[attr-defined]
        return render(request, "exchanges/_plan_own.html", context | {"exchange": exchange})
    return _page(request, "exchanges/plan_detail.html", exchange, **context)


@login_required
@require_http_methods(["GET", "HEAD"])
def plan_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What the worker is doing, for the page that waits for it; once it is done, the page is shown again."""
    plan = access_coordinated_plan(request.user, pk)
    context = {"plan": plan, **_progress(plan)}
    response = render(request, "exchanges/_plan_run.html", context)
    if not context["at_work"]:
        response["HX-Refresh"] = "true"
    return response


def _progress(plan: SessionPlan) -> dict[str, Any]:
    waits = plan.proposals is None
    at_work = waits and plan.run is not None and plan.run.status in (RunStatus.REQUESTED, RunStatus.CLAIMED)
    return {"run": plan.run, "at_work": at_work, "failed": waits and not at_work}


@login_required
@require_POST
def plan_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it worked out afresh, with the people and hours of today."""
    plan = access_coordinated_plan(request.user, pk)
    try:
        session_plans.plan_again(actor=request.user, plan=plan)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(plan)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan_take(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle a series: `?proposal=1` is the second proposal, `?turn=1-10:00&turn=3-20:00` hours set by hand."""
    plan = access_coordinated_plan(request.user, pk)
    exchange = access_coordinated_exchange(request.user, plan.exchange_id)
    proposal = _chosen(request, plan)
    if proposal is None:
        raise Http404
    form = TakeForm(posted(request), zone=exchange.zone, initial={"title": plan.title})
    if form.is_valid():
        try:
            made = session_plans.take_plan(actor=request.user, plan=plan, parts=proposal["parts"], **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("It is in the programme, and everyone whom it is for is told."))
            return redirect(f"{reverse('exchange_sessions', args=[exchange.pk])}#activity-{made[0].pk}")
    return _page(
        request,
        "exchanges/plan_take.html",
        exchange,
        plan=plan,
        form=form,
        lines=turn_lines(proposal),
        card=plan_card(request, exchange, proposal) if proposal["parts"][0].get("starts") else None,
    )


def _chosen(request: HttpRequest, plan: SessionPlan) -> dict[str, Any] | None:
    """The proposal that the address names, or what hours set by hand cost; None for nonsense."""
    number = request.GET.get("proposal", "")
    if number in {str(n) for n in range(len(plan.proposals or ()))}:
        return plan.proposals[int(number)]
    asked = request.GET.getlist("turn")
    found = [TURN.fullmatch(text) for text in asked]
    if not 1 <= len(asked) <= MOST_TURNS or None in found:
        return None
    turns = [(int(match[1]), dt.time(int(match[2]), int(match[3]))) for match in found if match]
    return session_plans.cost_by_hand(plan, turns)


def _page(request: HttpRequest, template: str, exchange: Exchange, **context) -> HttpResponse:
    crumbs = [*exchange_crumbs(exchange), (_("Sessions"), reverse("exchange_sessions", args=[exchange.pk]))]
    return render(request, template, {"exchange": exchange, "crumbs": crumbs, "nav_active": "exchange_list", **context})
