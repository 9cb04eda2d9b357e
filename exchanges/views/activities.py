"""The programme: sessions and tasks as a timeline, the planner for those who settle them, and the way in."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from exchanges.access import (
    access_activity,
    access_coordinated_activity,
    access_coordinated_exchange,
    access_exchange,
)
from exchanges.actions import activities
from exchanges.actions.people import Participant, participants_of, terms_of
from exchanges.actions.slots import cost_by_hand, wall_of
from exchanges.enums import ActivityKind, ActivityStatus, ExchangeStatus
from exchanges.forms.activities import ActivityForm, CancelActivityForm
from exchanges.forms.fields import add_refusal, posted
from exchanges.interop.ics import session_file
from exchanges.models import Activity, Exchange, Poll
from exchanges.views.slots import slot_card
from exchanges.views.standing import exchange_crumbs, exchange_tabs, standing_of
from institutions import ribbon
from institutions.errors import Refused

PER_PAGE = 20
MOST_ASKED = 5


@login_required
@require_http_methods(["GET", "HEAD"])
def exchange_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """The programme as a timeline; coordinators see what is still proposed, and plan.

    What waits for them and what is coming stand before what is over.
    """
    exchange = access_exchange(request.user, pk)
    standing = standing_of(request.user, exchange)
    if not (standing.coordinates or standing.takes_part):
        raise Http404
    now = timezone.now()
    found = Activity.objects.visible_to(request.user).filter(exchange=exchange).select_related("group", "series")
    programme = [each for each in found if each.status != ActivityStatus.PROPOSED]
    page = _page(request, programme, now)
    presence = {}
    if standing.enrolment is not None:
        presence = {row.activity_id: row for row in standing.enrolment.attendances.all()}
    shifts = _shifts(request, exchange, programme)
    rows = [
        _row(each, now, presence.get(each.pk), standing.coordinates)
        | {"shift": next((row["note"] for row in shifts if row["mine"] and row["activity"] is each), None)}
        for each in page
    ]
    return render(
        request,
        "exchanges/exchange_sessions.html",
        {
            "exchange": exchange,
            "standing": standing,
            "tabs": exchange_tabs(exchange, standing, "exchange_sessions"),
            "rows": rows,
            "waiting": [row for row in rows if row["is_over"] and row["to_note"]],
            "coming": [row for row in rows if not row["is_over"]],
            "past": [row for row in rows if row["is_over"] and not row["to_note"]],
            "page_obj": page,
            "proposed": [each for each in found if each.status == ActivityStatus.PROPOSED],
            "notes": [row for row in shifts if row["note"].start > now],
            "ask_me": Poll.objects.visible_to(request.user)
            .open()
            .filter(exchange=exchange, closes_at__gt=now)
            .without_vote_of(request.user)[:MOST_ASKED],
            "can_plan": standing.coordinates and exchange.status in activities.PLANNABLE,
            "now": now,
            "nav_active": "exchange_list",
        },
    )


def _shifts(request: HttpRequest, exchange: Exchange, programme: list[Activity]) -> list[dict[str, Any]]:
    """Where clock changes move a series on the reader's clock and at the institutions, the reader's own first.

    Sessions are compared with those of the same series that keep the same wall time, since only clocks move these.
    """
    mine = ribbon.Place(request.zone)  # type: ignore[attr-defined]
    others = [ribbon.Place(part.institution.zone, part.institution.city) for part in exchange.parts.all()]
    places = [mine, *(place for place in others if place.tz.key != mine.tz.key)]
    same: dict[tuple[int, int], list[Activity]] = {}
    for each in programme:
        if each.turn is not None and each.status != ActivityStatus.CANCELLED:
            same.setdefault((each.series_id, each.turn), []).append(each)
    rows = []
    for sessions in same.values():
        by_start = {each.starts_at: each for each in sessions}
        for note in ribbon.clock_notes(places, by_start):
            at = note.start.astimezone(dt.UTC)
            rows.append(
                {"note": note, "mine": note.place is mine, "activity": by_start[at], "title": by_start[at].title}
            )
    seen = {(row["title"], row["note"]): row for row in rows}  # groups' parallel sessions move alike
    return sorted(seen.values(), key=lambda row: (not row["mine"], row["note"].start))


def _page(request: HttpRequest, programme: list[Activity], now: dt.datetime) -> Page:
    """The page asked for, or the one with what comes next."""
    over = sum(each.ends_at <= now for each in programme)
    coming = min(over, max(len(programme) - 1, 0)) // PER_PAGE + 1
    return Paginator(programme, PER_PAGE).get_page(request.GET.get("page") or coming)


def _row(activity: Activity, now: dt.datetime, attendance, coordinates: bool) -> dict[str, Any]:
    confirmed = activity.status == ActivityStatus.CONFIRMED
    begun = activity.starts_at <= now
    return {
        "activity": activity,
        "is_open": activity.is_session and activity.is_open(now),
        "is_over": activity.ends_at <= now,
        "attendance": attendance,
        "to_note": coordinates and confirmed and activity.is_session and begun,
        "noted": coordinates and activity.status == ActivityStatus.HELD,
        "can_change": coordinates and confirmed and not begun,
        "can_cancel": coordinates and confirmed and (activity.is_session or not begun),
        "has_link": bool(activity.join_url),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def activity_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A further session, a weekly series of them, or a task (`?kind=task`)."""
    exchange = access_coordinated_exchange(request.user, pk)
    kind = ActivityKind.TASK if request.GET.get("kind") == ActivityKind.TASK else ActivityKind.SESSION
    if exchange.status not in activities.PLANNABLE:
        messages.info(request, _("The exchange is over, so nothing can be planned any more."))
        return redirect("exchange_sessions", pk=exchange.pk)
    form = ActivityForm(posted(request), exchange=exchange, kind=kind, initial=_suggested(exchange, kind))
    priced = None
    if form.is_valid():
        if _only_looks(request):
            priced = _price(request, exchange, form, form.cleaned_data.get("group"))
        else:
            try:
                made = activities.plan_activities(
                    actor=request.user,
                    exchange=exchange,
                    kind=kind,
                    group=form.cleaned_data.get("group"),
                    weeks=form.cleaned_data["weeks"],
                    **form.values,
                )
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("It is in the programme, and everyone whom it is for is told."))
                return redirect(f"{reverse('exchange_sessions', args=[exchange.pk])}#activity-{made[0].pk}")
    return _form_page(request, exchange, form, kind, priced=priced)


def _suggested(exchange: Exchange, kind: str) -> dict[str, Any]:
    """A new session is like the last one, a week later."""
    last = exchange.activities.sessions().confirmed().order_by("starts_at").last()
    if kind == ActivityKind.TASK:
        return {"wall_time": dt.time(20)}
    if last is None:
        return {"minutes": exchange.session_minutes}
    return {
        "title": last.title,
        "wall_date": last.wall_date + dt.timedelta(weeks=1),
        "wall_time": last.wall_time,
        "minutes": last.minutes,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def activity_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle a proposed session (`?slot=1` takes the second proposal), or change what is settled."""
    activity = access_coordinated_activity(request.user, pk)
    exchange = access_coordinated_exchange(request.user, activity.exchange_id)
    proposed = activity.status == ActivityStatus.PROPOSED
    if not proposed and (activity.status != ActivityStatus.CONFIRMED or activity.starts_at <= timezone.now()):
        messages.info(request, _("Only what is confirmed and has not begun can be changed."))
        return redirect("exchange_sessions", pk=exchange.pk)
    chosen = _chosen_slot(request, activity)
    form = ActivityForm(
        posted(request),
        exchange=exchange,
        kind=activity.kind,
        activity=activity,
        initial=_initial(activity, chosen),
    )
    priced = None
    if form.is_valid():
        if _only_looks(request):
            priced = _price(request, exchange, form, activity.group)
        else:
            try:
                if proposed:
                    activities.confirm_session(
                        actor=request.user, activity=activity, values=form.values, weeks=form.cleaned_data["weeks"]
                    )
                else:
                    activities.edit_activity(
                        actor=request.user, activity=activity, values=form.values, scope=form.chosen_scope
                    )
            except Refused as refusal:
                form.refuse(refusal)
            else:
                exchange.refresh_from_db()
                running = proposed and exchange.status == ExchangeStatus.RUNNING
                messages.success(
                    request,
                    _("Confirmed, and everyone is told. The exchange runs.")
                    if running
                    else _("Saved, and everyone whom it concerns is told."),
                )
                return redirect("exchange_sessions", pk=exchange.pk)
    cards = []
    if proposed:
        slots = activity.proposal.get("slots", [])
        cards = [slot_card(request, exchange, slot, number) for number, slot in enumerate(slots)]
    return _form_page(
        request, exchange, form, activity.kind, activity=activity, cards=cards, chosen=chosen, priced=priced
    )


def _chosen_slot(request: HttpRequest, activity: Activity) -> int:
    asked, slots = request.GET.get("slot", "0"), activity.proposal.get("slots", [])
    return int(asked) if asked in {str(n) for n in range(len(slots))} else 0


def _initial(activity: Activity, chosen: int) -> dict[str, Any]:
    names = ("title", "description", "wall_date", "wall_time", "fold", "minutes", "join_url")
    initial = {name: getattr(activity, name) for name in names}
    if activity.status == ActivityStatus.PROPOSED and activity.proposal.get("slots"):
        initial |= wall_of(activity.proposal["slots"][chosen], timezone.now())
    return initial


def _only_looks(request: HttpRequest) -> bool:
    """Whether the cost was asked for, or the nearest time taken that exists: nothing is settled by either."""
    return "price" in request.POST or "nearest" in request.POST


def _price(request: HttpRequest, exchange: Exchange, form: ActivityForm, group) -> dict | None:
    """What the typed hour costs whom, or a word at the field why that can't be said."""
    values = form.values
    try:
        activities.instant_of_wall(values["wall_date"], values["wall_time"], form.zone, values["fold"])
    except Refused as refusal:
        form.refuse(refusal)
        return None
    if not form.prices:
        return None
    people = _people(exchange, group)
    slot = cost_by_hand(
        people,
        exchange,
        terms_of(exchange),
        day=values["wall_date"],
        at=values["wall_time"],
        minutes=values["minutes"],
    )
    if slot is None:
        form.add_error("wall_date", _("Choose a date within the exchange; then what it costs can be said."))
        return None
    return slot_card(request, exchange, slot)


def _people(exchange: Exchange, group) -> list[Participant]:
    people = participants_of(exchange)
    return [each for each in people if each.enrolment.group_id == group.pk] if group else people


def _form_page(request: HttpRequest, exchange: Exchange, form: ActivityForm, kind: str, **context) -> HttpResponse:
    return render(
        request,
        "exchanges/activity_form.html",
        {
            "exchange": exchange,
            "form": form,
            "kind": kind,
            "crumbs": [*exchange_crumbs(exchange), (_("Sessions"), reverse("exchange_sessions", args=[exchange.pk]))],
            "nav_active": "exchange_list",
            **context,
        },
    )


@login_required
@require_POST
def activity_confirm_all(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the first proposal for every session that is proposed."""
    exchange = access_coordinated_exchange(request.user, pk)
    try:
        count = activities.confirm_best(actor=request.user, exchange=exchange)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if count:
            messages.success(request, _("Confirmed, and everyone is told."))
    return redirect("exchange_sessions", pk=exchange.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def activity_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    activity = access_coordinated_activity(request.user, pk)
    form = CancelActivityForm(posted(request), activity=activity)
    if form.is_valid():
        try:
            activities.cancel_activity(
                actor=request.user, activity=activity, reason=form.cleaned_data["reason"], scope=form.chosen_scope
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Cancelled. Everyone whom it was for is told."))
            return redirect("exchange_sessions", pk=activity.exchange_id)
    return render(
        request,
        "exchanges/exchange_ask.html",
        {
            "exchange": activity.exchange,
            "form": form,
            "title": _("Cancel “%(activity)s”?") % {"activity": activity},
            "text": _("It stays in the programme, marked as cancelled. This can't be undone."),
            "submit": _("Cancel it"),
            "danger": True,
            "cancel_url": reverse("exchange_sessions", args=[activity.exchange_id]),
            "crumbs": exchange_crumbs(activity.exchange),
            "nav_active": "exchange_list",
        },
    )


# The way in ----------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def activity_join(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead somebody to the meeting, or say from when on; everybody else finds nothing here."""
    activity = access_activity(request.user, pk)
    if not activity.is_session:
        raise Http404
    now = timezone.now()
    if activity.is_open(now) and activity.join_url:
        response = HttpResponseRedirect(activity.join_url)
        response["Referrer-Policy"] = "no-referrer"
        return response
    return render(
        request,
        "exchanges/activity_join.html",
        {
            "activity": activity,
            "exchange": activity.exchange,
            "is_open": activity.is_open(now),
            "is_over": activity.ends_at <= now,
            "cancelled": activity.status == ActivityStatus.CANCELLED,
            "crumbs": exchange_crumbs(activity.exchange),
            "nav_active": "exchange_list",
        },
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def activity_ics(request: HttpRequest, pk: int) -> HttpResponse:
    """The session for a calendar. The link in it leads here first, so it may lie about."""
    activity = access_activity(request.user, pk)
    if not activity.is_session or activity.status == ActivityStatus.PROPOSED:
        raise Http404
    body = session_file(activity, now=timezone.now())
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="session-{activity.pk}.ics"'
    return response
