"""A learner's wishes for her group, and the coordinators' page of who is kept together or apart."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from exchanges.access import access_coordinated_exchange, access_own_enrolment, access_tie
from exchanges.actions import wishes
from exchanges.enums import TieKind
from exchanges.forms.fields import add_refusal, posted
from exchanges.forms.wishes import TieForm, WishForm
from exchanges.models import Confidence, Enrolment, Exchange
from exchanges.views.standing import exchange_crumbs, exchange_tabs, standing_of
from institutions.enums import Role
from institutions.errors import Refused
from institutions.models import Membership

PER_PAGE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def wish_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The learner's own page; what she says in confidence is shown to her alone."""
    enrolment = access_own_enrolment(request.user, pk)
    form = WishForm(posted(request), initial=_stated(enrolment))
    if form.is_valid():
        try:
            wishes.state_wishes(actor=request.user, enrolment=enrolment, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. You can change it until the groups are published."))
            return redirect(enrolment.exchange)
    return render(
        request,
        "exchanges/wish_edit.html",
        {
            "exchange": enrolment.exchange,
            "form": form,
            "open": wishes.may_wish(enrolment),
            "crumbs": exchange_crumbs(enrolment.exchange),
            "nav_active": "exchange_list",
        },
    )


def _stated(enrolment: Enrolment) -> dict:
    told: Confidence | None = getattr(enrolment, "confidence", None)
    return {
        "emails": list(enrolment.wishes.values_list("email", flat=True)),
        "not_alone": told.not_alone if told else [],
        "traits": [trait for trait in told.traits if trait not in told.not_alone] if told else [],
        "consent": told is not None,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tie_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is kept together and apart, wishes that wait for a decision, and one form for another tie."""
    exchange = access_coordinated_exchange(request.user, pk)
    people = list(
        exchange.enrolments.current().select_related("learner", "part__institution").order_by("learner__name", "pk")
    )
    form = TieForm(posted(request), people=people, initial=_asked(request))
    if form.is_valid():
        told = form.cleaned_data
        try:
            wishes.tie(
                actor=request.user,
                exchange=exchange,
                kind=TieKind(told["kind"]),
                people=[told["first"], told["second"]],
                reason=told["reason"],
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Settled. The board shows where the groups don’t keep to it."))
            return redirect("tie_list", pk=exchange.pk)
    ties = exchange.ties.select_related(
        "first__learner", "first__part__institution", "second__learner", "second__part__institution", "institution"
    )
    return render(
        request,
        "exchanges/tie_list.html",
        {
            "exchange": exchange,
            "form": form,
            "page_obj": Paginator(ties, PER_PAGE).get_page(request.GET.get("page")),
            "mine": _own_institutions(request, exchange),
            "wishes": wishes.one_sided(exchange),
            "tabs": exchange_tabs(exchange, standing_of(request.user, exchange), "exchange_groups"),
            "crumbs": [*exchange_crumbs(exchange), (_("Groups"), reverse("exchange_groups", args=[exchange.pk]))],
            "nav_active": "exchange_list",
        },
    )


def _asked(request: HttpRequest) -> dict:
    """What the link to this page has chosen already: the form's own check says what is none of its choices."""
    asked = {name: request.GET.get(name, "") for name in ("kind", "first", "second")}
    return {name: value for name, value in asked.items() if value}


def _own_institutions(request: HttpRequest, exchange: Exchange) -> set[int]:
    mine = Membership.objects.active().of(request.user, Role.COORDINATOR)
    return set(mine.filter(institution__exchange_parts__exchange=exchange).values_list("institution", flat=True))


@login_required
@require_POST
def tie_end(request: HttpRequest, pk: int) -> HttpResponse:
    tie = access_tie(request.user, pk)
    try:
        wishes.untie(actor=request.user, tie=tie)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Taken back."))
    return redirect("tie_list", pk=tie.exchange_id)
