"""The groups board of the coordinators, and a group's own page."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchanges.access import access_coordinated_exchange, access_group
from exchanges.actions import board, groups, regroup
from exchanges.enums import ExchangeStatus, GroupStatus, RunStatus
from exchanges.forms.fields import posted
from exchanges.forms.groups import MoveForm
from exchanges.models import Activity, Exchange, Run
from exchanges.views.board import NONE, Board
from exchanges.views.standing import exchange_crumbs, exchange_tabs, standing_of
from institutions.errors import Refused

GROUPS_PER_PAGE = 12
MOST_NAMED = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_groups(request: HttpRequest, pk: int) -> HttpResponse:
    """The board: groups as columns, people as cards, and one form that moves the ticked ones.

    The board's script posts the same form and is answered with the columns that have changed.
    """
    exchange = access_coordinated_exchange(request.user, pk)
    form = MoveForm(posted(request), groups=list(exchange.groups.all()))
    if not form.is_bound:
        return render(request, "exchanges/exchange_groups.html", _context(request, exchange, form))
    before = board.numbers_of(exchange)
    if form.is_valid():
        try:
            count = board.move(actor=request.user, exchange=exchange, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("to" if refusal.field == "to" else None, str(refusal))
        else:
            said = ngettext("%s person moved.", "%s people moved.", count) % count
            return _answer(request, exchange, before, said if count else "")
    if _is_script(request):
        return JsonResponse({"error": _first_error(form)}, status=409)
    return render(request, "exchanges/exchange_groups.html", _context(request, exchange, form))


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Board") == "1"


def _first_error(form: MoveForm) -> str:
    return next(str(text) for errors in form.errors.values() for text in errors)


def _answer(request: HttpRequest, exchange: Exchange, before: dict[int, int | None], said: str) -> HttpResponse:
    """After a change: the page again, or for the script the columns that have changed and how all of it stands."""
    if not _is_script(request):
        if said:
            messages.success(request, said)
        return redirect(_same_page(request, exchange))
    after = board.numbers_of(exchange)
    touched = {number for pk in before.keys() | after.keys() for number in (before.get(pk), after.get(pk))
               if before.get(pk) != after.get(pk)}  # fmt: skip
    return _columns_answer(request, exchange, touched, said)


def _columns_answer(request: HttpRequest, exchange: Exchange, touched: set[int | None], said: str) -> JsonResponse:
    exchange = access_coordinated_exchange(request.user, exchange.pk)
    context = _context(request, exchange, MoveForm(None, groups=list(exchange.groups.all())), only=touched)
    columns = {
        f"column-{column.key}": render_to_string(
            "exchanges/_board_column.html", context | {"column": column}, request=request
        )
        for column in context["columns"]
    }
    stands = [
        _("%(group)s: fit %(score)s of 100.") % {"group": column.title, "score": column.score}
        + (f" {' '.join(column.broken)}" if column.broken else "")
        for column in context["columns"]
        if column.score is not None
    ]
    return JsonResponse(
        {
            "said": " ".join([said, *stands]).strip(),
            "columns": columns,
            "order": [f"column-{NONE}", *(f"column-{group.number}" for group in context["page_obj"])],
            "bar": render_to_string("exchanges/_board_bar.html", context, request=request),
            "move": render_to_string("exchanges/_board_move.html", context, request=request),
        }
    )


def _same_page(request: HttpRequest, exchange: Exchange) -> str:
    page = request.GET.get("page", "")
    query = f"?page={page}" if page.isascii() and page.isdigit() and len(page) < 6 else ""
    return reverse("exchange_groups", args=[exchange.pk]) + query


def _context(
    request: HttpRequest, exchange: Exchange, form: MoveForm, only: set[int | None] | None = None
) -> dict[str, Any]:
    """What the board's templates need; with `only`, just these columns are worked out."""
    run = groups.run_of(exchange)
    shown = Board(exchange, run)
    page = Paginator(shown.groups, GROUPS_PER_PAGE).get_page(request.GET.get("page"))
    wanted = [group for group in page if only is None or group.number in only]
    columns = [shown.column(group) for group in wanted]
    if only is None or None in only:
        columns.insert(0, shown.column(None))
    trail = board.trail_of(exchange) if shown.groups else board.Trail([], [])
    published = bool(shown.groups) and all(group.status == GroupStatus.CONFIRMED for group in shown.groups)
    return {
        "exchange": exchange,
        "tabs": exchange_tabs(exchange, standing_of(request.user, exchange), "exchange_groups") if only is None else [],
        "page_obj": page,
        "board": shown,
        "columns": columns if shown.groups or run else [],
        "form": form,
        "ticked": set(form.data.getlist("enrolments")) if form.is_bound else set(),
        "groups": shown.groups,
        "people": len(shown.people),
        "confirmed": published,
        "adjustable": exchange.status in board.ADJUSTABLE and not _at_work(run),
        "can_form_again": exchange.status == ExchangeStatus.GROUPING
        and not any(group.status == GroupStatus.CONFIRMED for group in shown.groups),
        "undoable": len(trail.undoable),
        "redoable": len(trail.redoable),
        "waiting": regroup.proposal_of(exchange) if only is None else None,
        "nav_active": "exchange_list",
        **_run_context(exchange, run),
    }


@login_required
@require_safe
def group_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What putting `who` into each of the groups would do, for the board's script."""
    exchange = access_coordinated_exchange(request.user, pk)
    who = request.GET.get("who", "")
    shown = Board(exchange)
    known = {str(each.person.id): each for each in shown.people}
    if who not in known:
        return JsonResponse({"error": _("This person holds no place any more.")}, status=404)
    return JsonResponse({"name": known[who].learner.name, "columns": shown.previews(known[who].enrolment.pk)})


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


def _step(request: HttpRequest, pk: int, act: Callable[[Exchange], Any], said: str) -> HttpResponse:
    """One step on the board, answered as a move is."""
    exchange = access_coordinated_exchange(request.user, pk)
    before = board.numbers_of(exchange)
    try:
        act(exchange)
    except Refused as refusal:
        if _is_script(request):
            return JsonResponse({"error": str(refusal)}, status=409)
        messages.error(request, str(refusal))
        return redirect(_same_page(request, exchange))
    return _answer(request, exchange, before, said)


@login_required
@require_POST
def group_undo(request: HttpRequest, pk: int) -> HttpResponse:
    return _step(
        request, pk, lambda exchange: board.undo(actor=request.user, exchange=exchange), _("The last move is undone.")
    )


@login_required
@require_POST
def group_redo(request: HttpRequest, pk: int) -> HttpResponse:
    return _step(
        request, pk, lambda exchange: board.redo(actor=request.user, exchange=exchange), _("The move is made again.")
    )


@login_required
@require_POST
def group_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to the proposal; this can be undone, so nothing is asked."""
    return _step(
        request,
        pk,
        lambda exchange: board.back_to_proposal(actor=request.user, exchange=exchange),
        _("The groups are as they were proposed. You can undo it."),
    )


@login_required
@require_POST
def group_dissolve(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Its people are without a group then; the move can be undone, so nothing is asked."""
    exchange = access_coordinated_exchange(request.user, pk)
    group = get_object_or_404(exchange.groups.all(), number=number)
    return _step(
        request,
        pk,
        lambda _exchange: board.dissolve(actor=request.user, group=group),
        _("The group is dissolved. You can undo it."),
    )


@login_required
@require_POST
def group_lock(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Lock the group, or with `locked=0` unlock it."""
    exchange = access_coordinated_exchange(request.user, pk)
    group = get_object_or_404(exchange.groups.all(), number=number)
    locked = request.POST.get("locked") != "0"
    try:
        board.lock(actor=request.user, group=group, locked=locked)
    except Refused as refusal:
        if _is_script(request):
            return JsonResponse({"error": str(refusal)}, status=409)
        messages.error(request, str(refusal))
        return redirect(_same_page(request, exchange))
    said = _("Locked: nobody moves in or out.") if locked else _("Unlocked.")
    if _is_script(request):
        return _columns_answer(request, exchange, {number}, said)
    messages.success(request, said)
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
    """What somebody should know before she confirms: each rule that a group breaks is named."""
    shown = Board(exchange)
    columns = [shown.column(group) for group in shown.groups]
    broken = [column for column in columns if column.broken]
    points = [ngettext("%s group.", "%s groups.", len(columns)) % len(columns)]
    if without := shown.stand.without:
        points.append(ngettext("%s learner has no group.", "%s learners have no group.", without) % without)
    if broken:
        points.append(ngettext("%s group breaks a rule:", "%s groups break a rule:", len(broken)) % len(broken))
        points += [f"{column.title}: {' '.join(column.broken)}" for column in broken[:MOST_NAMED]]
        if len(broken) > MOST_NAMED:
            points.append(_("and others; the board shows them."))
    elif columns:
        points.append(_("No group breaks a rule."))
    if waiting := exchange.enrolments.waiting().count():
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
