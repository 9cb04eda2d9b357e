"""The groups board of the coordinators, and a group's own page."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from exchanges import group_words
from exchanges.access import access_coordinated_exchange, access_group
from exchanges.actions import board, groups
from exchanges.actions.people import Participant, participants_of, terms_of
from exchanges.enums import ExchangeStatus, GroupStatus, RunStatus
from exchanges.forms.fields import posted
from exchanges.forms.groups import MoveForm
from exchanges.models import Activity, Exchange, Group, Run
from exchanges.views.standing import exchange_crumbs, exchange_tabs, standing_of
from institutions.errors import Refused

GROUPS_PER_PAGE = 12


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_groups(request: HttpRequest, pk: int) -> HttpResponse:
    """The board: groups as cards, people without a group, and one form that moves the ticked ones."""
    exchange = access_coordinated_exchange(request.user, pk)
    listed = list(exchange.groups.all())
    form = MoveForm(posted(request), groups=listed)
    if form.is_valid():
        try:
            count = board.move(actor=request.user, exchange=exchange, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("to" if refusal.field == "to" else None, str(refusal))
        else:
            if count:
                messages.success(request, ngettext("%s person moved.", "%s people moved.", count) % count)
            return redirect(_same_page(request, exchange))
    return render(request, "exchanges/exchange_groups.html", _board(request, exchange, listed, form))


def _same_page(request: HttpRequest, exchange: Exchange) -> str:
    page = request.GET.get("page", "")
    query = f"?page={page}" if page.isascii() and page.isdigit() and len(page) < 6 else ""
    return reverse("exchange_groups", args=[exchange.pk]) + query


def _board(request: HttpRequest, exchange: Exchange, listed: list[Group], form: MoveForm) -> dict[str, Any]:
    people, terms = participants_of(exchange), terms_of(exchange)
    members: dict[int | None, list[Participant]] = {}
    for each in people:
        members.setdefault(each.enrolment.group_id, []).append(each)
    page = Paginator(listed, GROUPS_PER_PAGE).get_page(request.GET.get("page"))
    run = groups.run_of(exchange)
    names = {each.person.id: each.learner.name for each in people}
    return {
        "exchange": exchange,
        "tabs": exchange_tabs(exchange, standing_of(request.user, exchange), "exchange_groups"),
        "page_obj": page,
        "cards": [_card(group, members.get(group.pk, []), people, terms, names) for group in page],
        "unplaced": _unplaced(members.get(None, []), exchange, names) if listed or run else [],
        "form": form,
        "ticked": set(form.data.getlist("enrolments")) if form.is_bound else set(),
        "groups": listed,
        "people": len(people),
        "confirmed": bool(listed) and all(group.status == GroupStatus.CONFIRMED for group in listed),
        "adjustable": exchange.status in board.ADJUSTABLE and not _at_work(run),
        "can_form_again": exchange.status == ExchangeStatus.GROUPING
        and not any(group.status == GroupStatus.CONFIRMED for group in listed),
        "undoable": board.trail_of(exchange).undoable if listed else None,
        "nav_active": "exchange_list",
        **_run_context(exchange, run),
    }


def _card(
    group: Group, members: list[Participant], people: list[Participant], terms: dict, names: dict[int, str]
) -> dict[str, Any]:
    """A group with its people; what it is worth is worked out now, since people's hours may have changed."""
    found = groups.describe(members, people, terms) if members else None
    return {
        "group": group,
        "members": members,
        "score": round(found.score * 100) if found else None,
        "broken": group_words.broken_rules(found, names) if found else [],
        "reasons": group_words.strengths(found) if found else [],
        "starts": group.shared_starts[:3],
    }


def _unplaced(members: list[Participant], exchange: Exchange, names: dict[int, str]) -> list[dict[str, Any]]:
    finished = Run.objects.filter(exchange=exchange, status=RunStatus.FINISHED).order_by("-pk").first()
    reasons = {row["id"]: row for row in (finished.figures.get("without_group", []) if finished else [])}
    rows = []
    for each in members:
        row = reasons.get(each.person.id) if each.enrolment.unplaced_reason else None
        rows.append(
            {
                "participant": each,
                "reason": group_words.why_unplaced(row["reason"], names) if row else _("Not in a group yet."),
                "change": group_words.what_would_help(row["change"], names) if row and row["change"] else "",
            }
        )
    return rows


def _at_work(run: Run | None) -> bool:
    return run is not None and run.is_at_work


def _run_context(exchange: Exchange, run: Run | None) -> dict[str, Any]:
    return {
        "run": run,
        "at_work": _at_work(run),
        "failed": run is not None and run.status == RunStatus.FAILED,
        "finished": run if run is not None and run.status == RunStatus.FINISHED else None,
        "exchange": exchange,
    }


@login_required
@require_http_methods(["GET", "HEAD"])
def group_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What the worker is doing, for the page that waits for it; once it is done, the page is shown again."""
    exchange = access_coordinated_exchange(request.user, pk)
    context = _run_context(exchange, groups.run_of(exchange))
    response = render(request, "exchanges/_group_run.html", context)
    if not context["at_work"]:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def group_again(request: HttpRequest, pk: int) -> HttpResponse:
    exchange = access_coordinated_exchange(request.user, pk)
    if request.method == "POST":
        try:
            groups.form_again(actor=request.user, exchange=exchange)
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("exchange_groups", pk=exchange.pk)
    return _ask(
        request,
        exchange,
        title=_("Form the groups afresh?"),
        text=_("They are formed from those who hold a place now. What you have moved by hand is lost."),
        submit=_("Form them afresh"),
    )


@login_required
@require_POST
def group_undo(request: HttpRequest, pk: int) -> HttpResponse:
    exchange = access_coordinated_exchange(request.user, pk)
    try:
        board.undo(actor=request.user, exchange=exchange)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The last move is undone."))
    return redirect(_same_page(request, exchange))


@login_required
@require_POST
def group_dissolve(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Its people are without a group then; the move can be undone, so nothing is asked."""
    exchange = access_coordinated_exchange(request.user, pk)
    group = get_object_or_404(exchange.groups.all(), number=number)
    try:
        board.dissolve(actor=request.user, group=group)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The group is dissolved. You can undo it."))
    return redirect(_same_page(request, exchange))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def group_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish the groups: this page says what that means and what is not as it should be."""
    exchange = access_coordinated_exchange(request.user, pk)
    if request.method == "POST":
        try:
            board.confirm_groups(actor=request.user, exchange=exchange)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("exchange_groups", pk=exchange.pk)
        exchange.refresh_from_db()
        if exchange.status == ExchangeStatus.RUNNING:
            messages.success(request, _("The groups are confirmed and everyone is told. The exchange runs."))
            return redirect("exchange_groups", pk=exchange.pk)
        messages.success(request, _("The groups are confirmed and everyone is told. Now settle the first session."))
        return redirect("exchange_sessions", pk=exchange.pk)
    return _ask(
        request,
        exchange,
        title=_("Confirm the groups?"),
        text=_("Everyone is told who is in their group: names and institutions, nothing more."),
        points=_doubts(exchange),
        submit=_("Confirm and tell everyone"),
    )


def _doubts(exchange: Exchange) -> list[str]:
    """What somebody should know before she confirms."""
    listed = list(exchange.groups.all())
    broken = sum(any(reason.get("broken") for reason in group.reasons) for group in listed)
    without = exchange.enrolments.placed().filter(group=None).count()
    waiting = exchange.enrolments.waiting().count()
    points = [ngettext("%s group.", "%s groups.", len(listed)) % len(listed)]
    if without:
        points.append(ngettext("%s learner has no group.", "%s learners have no group.", without) % without)
    if broken:
        points.append(ngettext("%s group breaks a rule.", "%s groups break a rule.", broken) % broken)
    if waiting:
        points.append(
            ngettext("%s learner still waits for a place.", "%s learners still wait for a place.", waiting) % waiting
        )
    return points


def _ask(request: HttpRequest, exchange: Exchange, **words) -> HttpResponse:
    context = {
        "exchange": exchange,
        "cancel_url": reverse("exchange_groups", args=[exchange.pk]),
        "crumbs": exchange_crumbs(exchange),
        "nav_active": "exchange_list",
    }
    return render(request, "exchanges/exchange_ask.html", context | words)


@login_required
@require_http_methods(["GET", "HEAD"])
def group_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A group as its members see it: who is in it, and when it meets."""
    group = access_group(request.user, pk)
    exchange = group.exchange
    sessions = (
        Activity.objects.visible_to(request.user).filter(exchange=exchange).for_group(group).select_related("group")
    )
    return render(
        request,
        "exchanges/group_detail.html",
        {
            "group": group,
            "exchange": exchange,
            "members": group.shown_members,
            "sessions": [each for each in sessions.confirmed() if each.ends_at > timezone.now()],
            "crumbs": exchange_crumbs(exchange),
            "nav_active": "exchange_list",
        },
    )
