"""Proposals to other institutions, and the answers."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exchanges.access import access_pairing
from exchanges.actions import pairings
from exchanges.actions.exchanges import missing_before_enrolment
from exchanges.enums import PairingStatus
from exchanges.forms.fields import add_refusal, posted
from exchanges.forms.pairings import AcceptForm, DeclineForm, NoteForm, ProposalForm
from exchanges.models import Offer, Pairing
from exchanges.views.history import history_of
from exchanges.views.ribbons import ribbon_of_hours, ribbon_of_start, shared_start_of
from institutions.enums import Role
from institutions.errors import Refused
from institutions.models import Institution, Membership

PER_PAGE = 20
LISTS = ("to_answer", "waiting", "accepted", "ended")


def coordinated_institutions(user) -> set[int]:
    return set(Membership.objects.active().of(user, Role.COORDINATOR).values_list("institution", flat=True))


@login_required
@require_http_methods(["GET", "HEAD"])
def pairing_list(request: HttpRequest) -> HttpResponse:
    mine = coordinated_institutions(request.user)
    if not mine:
        raise Http404
    all_of_mine = Pairing.objects.of(mine)
    waiting = all_of_mine.waiting()
    lists = {
        "to_answer": waiting.to(mine).order_by("reply_by"),
        "waiting": waiting.exclude(partner_institution__in=mine).order_by("reply_by"),
        "accepted": all_of_mine.filter(status=PairingStatus.ACCEPTED),
        "ended": all_of_mine.exclude(status__in=(PairingStatus.PROPOSED, PairingStatus.ACCEPTED)),
    }
    labels = [_("To answer"), _("Waiting for them"), _("Accepted"), _("Ended")]
    current = request.GET.get("list")
    current = current if current in lists else "to_answer"
    page = Paginator(lists[current].with_sides(), PER_PAGE).get_page(request.GET.get("page"))
    tabs = [
        {"label": label, "url": f"?list={name}", "current": name == current, "count": lists[name].count()}
        for name, label in zip(LISTS, labels, strict=True)
    ]
    return render(
        request,
        "exchanges/pairing_list.html",
        {"page_obj": page, "tabs": tabs, "list": current, "mine": mine, "nav_active": "desk"},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pairing_new(request: HttpRequest) -> HttpResponse:
    """Propose to an offer (`with`) or an institution (`institution`), preferably for one of one's own (`offer`)."""
    theirs, institution = _proposed_to(request)
    offers = Offer.objects.published().coordinated_by(request.user).exclude(institution=institution).order_by("title")
    if not offers.exists():
        if coordinated_institutions(request.user):
            messages.info(request, _("Publish an offer of your own first: it says what you bring."))
            return redirect("offer_new")
        raise Http404
    zone = request.user.zone
    form = ProposalForm(posted(request), offers=offers, zone=zone, initial={"offer": request.GET.get("offer", "")[:18]})
    if form.is_valid():
        try:
            pairing = pairings.propose(
                actor=request.user,
                offer=form.cleaned_data["offer"],
                partner_institution=institution,
                partner_offer=theirs,
                message=form.cleaned_data["message"],
                reply_by=form.cleaned_data["reply_by"],
                reply_zone=zone,
            )
        except Refused as refusal:
            add_refusal(form, refusal, {"reply_by": "reply_on"})
        else:
            messages.success(request, _("Sent. We tell you as soon as they reply."))
            return redirect(pairing)
    return render(
        request,
        "exchanges/pairing_new.html",
        {"form": form, "institution": institution, "theirs": theirs, "nav_active": "desk"},
    )


def _proposed_to(request: HttpRequest) -> tuple[Offer | None, Institution]:
    if number := request.GET.get("with", ""):
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise Http404
        theirs = get_object_or_404(Offer.objects.published().select_related("institution"), pk=int(number))
        return theirs, theirs.institution
    slug = request.GET.get("institution", "").replace("\0", "")
    return None, get_object_or_404(Institution.objects.verified(), slug=slug)


@login_required
@require_http_methods(["GET", "HEAD"])
def pairing_detail(request: HttpRequest, pk: int) -> HttpResponse:
    pairing = access_pairing(request.user, pk)
    mine = coordinated_institutions(request.user)
    drawn, notes = _ribbon(request, pairing)
    return render(
        request,
        "exchanges/pairing_detail.html",
        {
            "pairing": pairing,
            "offer": pairing.offer,
            "is_proposer": pairing.offer.institution_id in mine,
            "is_invited": pairing.partner_institution_id in mine,
            "other": pairing.offer.institution
            if pairing.partner_institution_id in mine
            else pairing.partner_institution,
            "overdue": pairing.status == PairingStatus.PROPOSED and pairing.reply_by <= timezone.now(),
            "ribbon": drawn,
            "notes": notes,
            "checklist": _checklist(pairing),
            "history": history_of(pairing),
            "crumbs": [(_("Pairings"), reverse("pairing_list"))],
            "nav_active": "desk",
        },
    )


def _ribbon(request: HttpRequest, pairing: Pairing):
    if pairing.partner_offer is not None:
        start = shared_start_of(pairing.offer, pairing.partner_offer)
        if start is not None:
            drawn = ribbon_of_start(
                request.zone,
                pairing.institutions,
                start=[start.weekday, start.slot % 48 * 30],
                zone=pairing.offer.zone,
                first=max(pairing.offer.starts, pairing.partner_offer.starts),
                last=min(pairing.offer.ends, pairing.partner_offer.ends),
                minutes=pairing.offer.session_minutes,
            )
            if drawn is not None:
                return drawn
    return ribbon_of_hours(request.zone, pairing.institutions, pairing.offer), []


def _checklist(pairing: Pairing) -> list[dict]:
    """What is settled and what is still missing before enrolment opens."""
    exchange = pairing.exchange
    if exchange is None:
        return []
    missing = missing_before_enrolment(exchange)
    partnership = exchange.covering_partnership() or exchange.pending_partnership()
    settings = reverse("exchange_edit", args=[exchange.pk])
    items = [
        ("partnership", _("A partnership in force"), partnership.get_absolute_url() if partnership else ""),
        ("dates", _("Dates to come"), settings),
        ("window", _("When enrolment closes"), settings),
        ("places", _("Places for each institution"), settings),
    ]
    return [
        {"label": label, "url": url, "text": missing.get(topic, ""), "done": topic not in missing}
        for topic, label, url in items
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pairing_accept(request: HttpRequest, pk: int) -> HttpResponse:
    pairing = _to_answer(request, pk)
    offers = Offer.objects.published().filter(institution=pairing.partner_institution).order_by("title")
    form = AcceptForm(posted(request), offers=offers, initial={"partner_offer": pairing.partner_offer_id})
    if form.is_valid():
        try:
            pairings.accept(actor=request.user, pairing=pairing, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Accepted. The exchange is planned; here is what is still missing."))
            return redirect(pairing)
    return _ask(
        request,
        pairing,
        form,
        title=_("Accept the proposal?"),
        text=_("The exchange is planned from their offer. Where you have no partnership yet, one is drafted to sign."),
        submit=_("Accept"),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pairing_decline(request: HttpRequest, pk: int) -> HttpResponse:
    pairing = _to_answer(request, pk)
    form = DeclineForm(posted(request))
    if form.is_valid():
        try:
            pairings.decline(actor=request.user, pairing=pairing, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Declined. They have been told why."))
            return redirect(pairing)
    return _ask(
        request,
        pairing,
        form,
        title=_("Decline the proposal?"),
        text=_("This can't be undone, but they may propose again."),
        submit=_("Decline"),
        danger=True,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pairing_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    pairing = access_pairing(request.user, pk)
    if pairing.offer.institution_id not in coordinated_institutions(request.user):
        raise Http404
    form = NoteForm(posted(request))
    if form.is_valid():
        try:
            pairings.withdraw_proposal(actor=request.user, pairing=pairing, note=form.cleaned_data["note"])
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Withdrawn. They have been told."))
            return redirect(pairing)
    return _ask(
        request,
        pairing,
        form,
        title=_("Withdraw the proposal?"),
        text=_("They can't accept it any more. You may propose again later."),
        submit=_("Withdraw"),
        danger=True,
    )


def _to_answer(request: HttpRequest, pk: int) -> Pairing:
    pairing = access_pairing(request.user, pk)
    if pairing.partner_institution_id not in coordinated_institutions(request.user):
        raise Http404
    return pairing


def _ask(request: HttpRequest, pairing: Pairing, form, **words) -> HttpResponse:
    return render(
        request,
        "exchanges/pairing_ask.html",
        {"pairing": pairing, "form": form, "cancel_url": pairing.get_absolute_url(), "nav_active": "desk", **words},
    )
