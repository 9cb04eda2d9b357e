"""Polls: the list, a new one, voting, and deciding."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exchanges.access import access_coordinated_exchange, access_exchange, access_poll, access_run_poll
from exchanges.actions import polls
from exchanges.actions.programme import PLANNABLE
from exchanges.enums import PollStatus
from exchanges.forms.fields import add_refusal, posted
from exchanges.forms.polls import CancelPollForm, DecideForm, PollForm, VoteForm
from exchanges.models import Exchange, Group, Poll, PollVote
from exchanges.views.standing import Standing, exchange_crumbs, exchange_tabs, standing_of
from institutions import places
from institutions.errors import Refused
from institutions.hours import local

PER_PAGE = 20
DEADLINE = dt.timedelta(days=5)


@login_required
@require_http_methods(["GET", "HEAD"])
def poll_list(request: HttpRequest, pk: int) -> HttpResponse:
    exchange = access_exchange(request.user, pk)
    standing = standing_of(request.user, exchange)
    if not (standing.coordinates or standing.takes_part):
        raise Http404
    found = Poll.objects.visible_to(request.user).filter(exchange=exchange).for_list()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return _page(
        request,
        "exchanges/poll_list.html",
        exchange,
        tabs=exchange_tabs(exchange, standing, "exchange_sessions"),
        page_obj=page,
        now=timezone.now(),
        can_open=exchange.status in PLANNABLE and _may_open(request, exchange, standing),
    )


def _may_open(request: HttpRequest, exchange: Exchange, standing: Standing) -> bool:
    return standing.coordinates or polls.own_group(request.user, exchange) is not None


def _opener(request: HttpRequest, pk: int) -> tuple[Exchange, Group | None]:
    """The exchange for which the person may open a poll, and the group to which a learner is bound."""
    exchange = access_exchange(request.user, pk)
    standing = standing_of(request.user, exchange)
    if standing.coordinates:
        return access_coordinated_exchange(request.user, pk), None
    group = polls.own_group(request.user, exchange) if standing.takes_part else None
    if group is None:
        raise Http404
    return exchange, group


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def poll_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Two to ten times to choose from; "Another time" adds a line without a script too."""
    exchange, group = _opener(request, pk)
    if exchange.status not in PLANNABLE:
        messages.info(request, _("The exchange is over, so nothing can be planned any more."))
        return redirect("poll_list", pk=exchange.pk)
    closes = timezone.now().astimezone(exchange.tz) + DEADLINE
    form = PollForm(
        posted(request),
        exchange=exchange,
        group=group,
        initial={"minutes": exchange.session_minutes, "closes_date": closes.date(), "closes_time": dt.time(20)},
    )
    if form.is_valid() and "more" not in request.POST:
        try:
            poll = polls.open_poll(actor=request.user, exchange=exchange, **form.values)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Everyone whom it is for is asked."))
            return redirect(poll)
    return _page(
        request,
        "exchanges/poll_form.html",
        exchange,
        form=form,
        group=group,
        can_add=form.shown < polls.MOST_OPTIONS,
        quiet="more" in request.POST,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def poll_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Vote, and see the counts."""
    poll = access_poll(request.user, pk)
    exchange = access_exchange(request.user, poll.exchange_id)
    now = timezone.now()
    results = polls.results_of(poll)
    votes = PollVote.objects.filter(option__poll=poll, voter=request.user)
    mine = dict(votes.values_list("option", "answer"))
    votes_now = poll.takes_votes(now) and polls.is_voter(request.user, poll)
    form = None
    if votes_now:
        form = VoteForm(posted(request), options=[row.option for row in results], mine=mine)
        if form.is_valid():
            try:
                polls.vote(actor=request.user, poll=poll, answers=form.answers)
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Your answers are in. You can change them until voting ends."))
                return redirect(poll)
    elif request.method == "POST":
        messages.info(request, _("Voting has ended."))
        return redirect(poll)
    return _page(
        request,
        "exchanges/poll_detail.html",
        exchange,
        poll=poll,
        form=form,
        rows=[
            {"result": row, "field": form.answer_to(row.option) if form else None, "mine": mine.get(row.option.pk)}
            for row in results
        ],
        voted=PollVote.objects.filter(option__poll=poll).values("voter").distinct().count(),
        voters=len(polls.voters_of(poll)),
        has_voted=bool(mine),
        runs=poll.status == PollStatus.OPEN and exchange.status in PLANNABLE and polls.may_run(request.user, poll),
        now=now,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def poll_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a session of one of the times; the one that suits most is ticked."""
    poll = access_run_poll(request.user, pk)
    exchange = access_exchange(request.user, poll.exchange_id)
    if poll.status != PollStatus.OPEN:
        messages.info(request, _("This poll is settled already."))
        return redirect(poll)
    results = polls.results_of(poll)
    best = next((row.option.pk for row in results if row.is_best), None)
    form = DecideForm(
        posted(request),
        options=poll.options.all(),
        labels={row.option.pk: _label(request, row) for row in results},
        initial={"option": best},
    )
    if form.is_valid():
        try:
            polls.decide(actor=request.user, poll=poll, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("It is in the programme, and everyone whom it is for is told."))
            return redirect(poll)
    return _ask(
        request,
        exchange,
        poll,
        form=form,
        title=_("Which time is it?"),
        text=_("It becomes a session, and voting ends."),
        submit=_("Settle it and tell everyone"),
        cancel=_("Back to the poll"),
    )


def _label(request: HttpRequest, row: polls.Result) -> str:
    zone = request.zone  # type: ignore[attr-defined]
    at = local(row.option.starts_at, zone)
    return _("%(day)s, %(time)s: %(yes)s yes, %(maybe)s if need be, %(no)s no") % {
        "day": date_format(at, _("D j M")),
        "time": f"{at:%H:%M} {places.zone_city(zone)}",
        "yes": row.yes,
        "maybe": row.maybe,
        "no": row.no,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def poll_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    poll = access_run_poll(request.user, pk)
    exchange = access_exchange(request.user, poll.exchange_id)
    form = CancelPollForm(posted(request))
    if form.is_valid():
        try:
            polls.cancel_poll(actor=request.user, poll=poll, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Called off. Everyone whom it was for is told."))
            return redirect("poll_list", pk=exchange.pk)
    return _ask(
        request,
        exchange,
        poll,
        form=form,
        title=_("Call off “%(poll)s”?") % {"poll": poll},
        text=_("Nobody can vote any more. This can't be undone."),
        submit=_("Call it off"),
        danger=True,
    )


def _ask(request: HttpRequest, exchange: Exchange, poll: Poll, **words: Any) -> HttpResponse:
    return _page(request, "exchanges/exchange_ask.html", exchange, cancel_url=poll.get_absolute_url(), **words)


def _page(request: HttpRequest, template: str, exchange: Exchange, **context: Any) -> HttpResponse:
    crumbs = [*exchange_crumbs(exchange), (_("Sessions"), reverse("exchange_sessions", args=[exchange.pk]))]
    return render(request, template, {"exchange": exchange, "crumbs": crumbs, "nav_active": "exchange_list", **context})
