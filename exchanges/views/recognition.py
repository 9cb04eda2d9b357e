"""Completing an exchange, certificates, and looking them up."""

import datetime as dt

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exchanges.access import access_coordinated_exchange, access_enrolment
from exchanges.actions import recognition
from exchanges.actions.recognition import certificate_by_code, participation_in
from exchanges.enums import ExchangeStatus
from exchanges.forms.fields import add_refusal, posted
from exchanges.forms.recognition import CodeForm, CompleteForm, LateForm, RevokeForm
from exchanges.interop.certificate import certificate_pdf as typeset
from exchanges.interop.certificate import credits_of, format_name, lines_of
from exchanges.models import Certificate, Exchange
from exchanges.views.standing import exchange_crumbs, exchange_tabs, standing_of
from institutions.errors import Refused

PER_PAGE = 20
A_DAY = 24 * 60 * 60


# Coordinators --------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Who took part, and the button that ends the exchange; once it is completed, its certificates."""
    exchange = access_coordinated_exchange(request.user, pk)
    people = participation_in(exchange)
    missing = recognition.missing_before_completion(exchange)
    done = exchange.status == ExchangeStatus.COMPLETED
    form = CompleteForm(posted(request) if not done else None, participation=people)
    if form.is_valid():
        try:
            issued = recognition.complete_exchange(actor=request.user, exchange=exchange, decisions=form.decisions)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            text = ngettext(
                "The exchange is completed, and %s certificate is issued.",
                "The exchange is completed, and %s certificates are issued.",
                len(issued),
            )
            messages.success(request, text % len(issued))
            return redirect("exchange_complete", pk=exchange.pk)
    return render(
        request,
        "exchanges/exchange_complete.html",
        {
            "exchange": exchange,
            "tabs": exchange_tabs(exchange, standing_of(request.user, exchange), "exchange_complete"),
            "form": form,
            "people": people,
            "missing": missing,
            "done": done,
            "can_complete": exchange.status == ExchangeStatus.RUNNING and not missing,
            "nav_active": "exchange_list",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_late(request: HttpRequest, pk: int) -> HttpResponse:
    """Certify somebody after all."""
    enrolment = access_enrolment(request.user, pk)
    exchange = access_coordinated_exchange(request.user, enrolment.exchange_id)
    if hasattr(enrolment, "certificate"):
        raise Http404
    form = LateForm(posted(request))
    if form.is_valid():
        try:
            recognition.issue_late(actor=request.user, enrolment=enrolment, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The certificate is issued, and %s is told.") % enrolment.learner)
            return redirect("exchange_complete", pk=exchange.pk)
    return _ask(
        request,
        exchange,
        form=form,
        title=_("Issue a certificate to %s after all?") % enrolment.learner,
        submit=_("Issue it"),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_revoke(request: HttpRequest, code: str) -> HttpResponse:
    certificate = certificate_by_code(code)
    if certificate is None:
        raise Http404
    exchange = access_coordinated_exchange(request.user, certificate.enrolment.exchange_id)
    form = RevokeForm(posted(request))
    if form.is_valid():
        try:
            recognition.revoke_certificate(
                actor=request.user, certificate=certificate, reason=form.cleaned_data["reason"]
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The certificate is revoked. Its page says so and why."))
            return redirect("exchange_complete", pk=exchange.pk)
    return _ask(
        request,
        exchange,
        form=form,
        title=_("Revoke the certificate of %s?") % certificate.enrolment.learner,
        text=_("This can't be undone. Whoever looks it up sees that it is revoked, and why."),
        submit=_("Revoke it"),
        danger=True,
    )


def _ask(request: HttpRequest, exchange: Exchange, **words) -> HttpResponse:
    context = {
        "exchange": exchange,
        "cancel_url": reverse("exchange_complete", args=[exchange.pk]),
        "crumbs": exchange_crumbs(exchange),
        "nav_active": "exchange_list",
    }
    return render(request, "exchanges/exchange_ask.html", context | words)


# Learners ------------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD"])
def my_recognition(request: HttpRequest) -> HttpResponse:
    """What I take home: my certificates, newest first."""
    mine = Certificate.objects.of(request.user).for_list()
    return render(
        request,
        "exchanges/my_recognition.html",
        {"page_obj": Paginator(mine, PER_PAGE).get_page(request.GET.get("page")), "nav_active": "desk"},
    )


# Anyone --------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD"])
def certificate_lookup(request: HttpRequest) -> HttpResponse:
    """A form for the code that stands on paper."""
    form = CodeForm(request.GET if "code" in request.GET else None)
    if form.is_valid():
        certificate = certificate_by_code(form.cleaned_data["code"])
        if certificate is not None:
            return redirect(certificate)
        return _unknown(request, form)
    return render(request, "exchanges/certificate_lookup.html", {"form": form})


@require_http_methods(["GET", "HEAD"])
def certificate_verify(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a certificate is valid, and what it says; for anybody who has its code."""
    certificate = certificate_by_code(code)
    if certificate is None:
        return _unknown(request, CodeForm())
    facts = certificate.facts
    response = render(
        request,
        "exchanges/certificate_verify.html",
        {
            "certificate": certificate,
            "facts": facts,
            "starts": dt.date.fromisoformat(facts["starts"]),
            "ends": dt.date.fromisoformat(facts["ends"]),
            "lines": lines_of(facts),
            "format": format_name(facts),
            "credits": credits_of(facts),
            "address": settings.SITE_URL + certificate.get_absolute_url(),
            "is_mine": certificate.enrolment.learner_id == request.user.pk,
        },
    )
    response["X-Robots-Tag"] = "noindex"
    return response


def _unknown(request: HttpRequest, form: CodeForm) -> HttpResponse:
    return render(request, "exchanges/certificate_lookup.html", {"form": form, "unknown": True}, status=404)


@require_http_methods(["GET", "HEAD"])
def certificate_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The certificate to keep and print. One that is revoked is not given out any more."""
    certificate = certificate_by_code(code)
    if certificate is None:
        return _unknown(request, CodeForm())
    if not certificate.is_valid:
        return redirect(certificate)
    address = settings.SITE_URL + certificate.get_absolute_url()
    body = cache.get_or_set(
        f"certificate-pdf:{certificate.code}:{get_language()}",
        lambda: typeset(certificate.facts, code=certificate.code, verify_url=address, issued_at=certificate.issued_at),
        A_DAY,
    )
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="certificate-{certificate.code}.pdf"'
    response["X-Robots-Tag"] = "noindex"
    return response
