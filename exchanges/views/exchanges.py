"""The page of an exchange, and what its coordinators settle."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exchanges.access import access_coordinated_exchange, access_exchange
from exchanges.actions import exchanges, wishes
from exchanges.enums import ExchangeStatus
from exchanges.forms.exchanges import CancelForm, ExchangeForm
from exchanges.forms.fields import add_refusal, posted
from exchanges.models import Exchange
from exchanges.views.history import history_of
from exchanges.views.ribbons import ribbon_of_hours
from exchanges.views.standing import exchange_crumbs, exchange_tabs, next_session_of, standing_of
from institutions.errors import Refused

FIELD_OF = {"enrol_opens": "opens_on", "enrol_closes": "closes_on"}


@require_http_methods(["GET", "HEAD"])
def exchange_detail(request: HttpRequest, pk: int) -> HttpResponse:
    exchange = access_exchange(request.user, pk)
    standing = standing_of(request.user, exchange)
    parts = list(exchange.parts.all())
    context = {
        "exchange": exchange,
        "offer": exchange.offer,
        "parts": parts,
        "standing": standing,
        "may_wish": standing.enrolment is not None and wishes.may_wish(standing.enrolment),
        "tabs": exchange_tabs(exchange, standing, "exchange_detail"),
        "session": next_session_of(exchange, standing),
        "ribbon": ribbon_of_hours(request.zone, [part.institution for part in parts], exchange.offer),
        "places": sum(part.places for part in parts),
        "free": sum(part.free for part in parts),
        "paused": exchange.status == ExchangeStatus.ENROLLING and exchange.covering_partnership() is None,
        "languages": exchange.offer.languages.all(),
        "nav_active": "exchange_list",
    }
    if standing.coordinates:
        waiting = exchange.enrolments.waiting_by_part()
        context |= {
            "rows": [{"part": part, "waiting": waiting.get(part.pk, 0)} for part in parts],
            "missing": exchanges.missing_before_enrolment(exchange)
            if exchange.status == ExchangeStatus.PLANNED
            else {},
            "partnership": exchange.covering_partnership() or exchange.pending_partnership(),
            "history": history_of(exchange),
        }
    return render(request, "exchanges/exchange_detail.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_edit(request: HttpRequest, pk: int) -> HttpResponse:
    exchange = access_coordinated_exchange(request.user, pk)
    if exchange.status not in exchanges.EDITABLE:
        messages.info(request, _("This exchange can't be changed any more."))
        return redirect(exchange)
    form = ExchangeForm(posted(request), exchange=exchange)
    if form.is_valid():
        try:
            exchanges.edit_exchange(actor=request.user, exchange=exchange, changes=form.changes, places=form.places)
        except Refused as refusal:
            add_refusal(form, refusal, FIELD_OF)
        else:
            messages.success(request, _("Saved."))
            return redirect(exchange)
    return render(
        request,
        "exchanges/exchange_edit.html",
        {"exchange": exchange, "form": form, "crumbs": exchange_crumbs(exchange), "nav_active": "exchange_list"},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Open enrolment, or say what is missing."""
    exchange = access_coordinated_exchange(request.user, pk)
    if request.method == "POST":
        try:
            exchanges.open_enrolment(actor=request.user, exchange=exchange)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Enrolment is open. Learners of all sides can join now."))
            return redirect(exchange)
    return render(
        request,
        "exchanges/exchange_open.html",
        {
            "exchange": exchange,
            "missing": exchanges.missing_before_enrolment(exchange),
            "possible": ExchangeStatus(exchange.status).may_become(ExchangeStatus.ENROLLING),
            "partnership": exchange.covering_partnership() or exchange.pending_partnership(),
            "crumbs": exchange_crumbs(exchange),
            "nav_active": "exchange_list",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_close(request: HttpRequest, pk: int) -> HttpResponse:
    exchange = access_coordinated_exchange(request.user, pk)
    if request.method == "POST":
        try:
            exchanges.close_enrolment(actor=request.user, exchange=exchange)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Enrolment is closed. Groups are being formed."))
        return redirect(exchange)
    return _ask(
        request,
        exchange,
        title=_("Close enrolment now?"),
        text=_("Nobody can join any more, and groups are formed from those who hold a place."),
        submit=_("Close enrolment"),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    exchange = access_coordinated_exchange(request.user, pk)
    form = CancelForm(posted(request))
    if form.is_valid():
        try:
            exchanges.cancel_exchange(actor=request.user, exchange=exchange, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The exchange is cancelled. Everyone who takes part has been told."))
            return redirect(exchange)
    return _ask(
        request,
        exchange,
        form=form,
        title=_("Cancel the exchange?"),
        text=_("This can't be undone. Everyone with a place or on the waiting list is told at once."),
        submit=_("Cancel the exchange"),
        danger=True,
    )


def _ask(request: HttpRequest, exchange: Exchange, **words) -> HttpResponse:
    context = {"exchange": exchange, "cancel_url": exchange.get_absolute_url(), "crumbs": exchange_crumbs(exchange)}
    return render(request, "exchanges/exchange_ask.html", {**context, "nav_active": "exchange_list", **words})
