"""Joining and leaving exchanges, and the coordinators' list of learners."""

import csv

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exchanges.access import access_coordinated_exchange, access_exchange, access_own_enrolment
from exchanges.actions import enrolments
from exchanges.enums import EnrolmentStatus, ExchangeStatus
from exchanges.forms.exchanges import JoinForm
from exchanges.forms.fields import add_refusal, posted
from exchanges.views.standing import exchange_crumbs, exchange_tabs, standing_of
from institutions.errors import Refused

PER_PAGE = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def enrolment_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Join with one confirmation: this page, whose button does it."""
    exchange = access_exchange(request.user, pk)
    form = JoinForm(posted(request), parts=enrolments.parts_open_to(request.user, exchange))
    if form.is_valid():
        try:
            enrolment = enrolments.enrol(
                actor=request.user, exchange=exchange, institution=form.cleaned_data.get("institution")
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(
                request,
                _("You have a place.")
                if enrolment.status == EnrolmentStatus.PLACED
                else _("All places are taken. You are number %(position)s on the waiting list.")
                % {"position": enrolments.position(enrolment)},
            )
            return redirect(exchange)
    return render(
        request,
        "exchanges/enrolment_new.html",
        {
            "exchange": exchange,
            "standing": standing_of(request.user, exchange),
            "form": form,
            "paused": exchange.status == ExchangeStatus.ENROLLING and exchange.covering_partnership() is None,
            "crumbs": exchange_crumbs(exchange),
            "nav_active": "exchange_list",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def enrolment_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    enrolment = access_own_enrolment(request.user, pk)
    exchange = enrolment.exchange
    if request.method == "POST":
        try:
            enrolments.withdraw(actor=request.user, enrolment=enrolment)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("You have withdrawn from %(exchange)s.") % {"exchange": exchange})
        return redirect("desk")
    if enrolment.status not in (EnrolmentStatus.PLACED, EnrolmentStatus.WAITING):
        return redirect(exchange)
    holds = enrolment.status == EnrolmentStatus.PLACED
    return render(
        request,
        "exchanges/exchange_ask.html",
        {
            "exchange": exchange,
            "title": _("Give up your place?") if holds else _("Leave the waiting list?"),
            "text": _("Your place goes to the next on the waiting list. If you come back, you go to the end of it."),
            "submit": _("Give up my place") if holds else _("Leave the waiting list"),
            "danger": True,
            "cancel_url": exchange.get_absolute_url(),
            "crumbs": exchange_crumbs(exchange),
            "nav_active": "exchange_list",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD"])
def enrolment_list(request: HttpRequest, pk: int) -> HttpResponse:
    exchange = access_coordinated_exchange(request.user, pk)
    found = exchange.enrolments.for_list()
    counts = exchange.enrolments.count_by_status()
    lists = {
        "placed": (_("With a place"), found.placed()),
        "waiting": (_("Waiting"), found.waiting()),
        "withdrawn": (_("Withdrawn"), found.filter(status=EnrolmentStatus.WITHDRAWN)),
    }
    current = request.GET.get("list")
    current = current if current in lists else "placed"
    number = {
        "placed": counts.get(EnrolmentStatus.PLACED, 0) + counts.get(EnrolmentStatus.COMPLETED, 0),
        "waiting": counts.get(EnrolmentStatus.WAITING, 0),
        "withdrawn": counts.get(EnrolmentStatus.WITHDRAWN, 0),
    }
    return render(
        request,
        "exchanges/enrolment_list.html",
        {
            "exchange": exchange,
            "tabs": exchange_tabs(exchange, standing_of(request.user, exchange), "enrolment_list"),
            "lists": [
                {"label": label, "url": f"?list={name}", "current": name == current, "count": number[name]}
                for name, (label, _rows) in lists.items()
            ],
            "list": current,
            "page_obj": Paginator(lists[current][1], PER_PAGE).get_page(request.GET.get("page")),
            "nav_active": "exchange_list",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD"])
def enrolment_csv(request: HttpRequest, pk: int) -> HttpResponse:
    exchange = access_coordinated_exchange(request.user, pk)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="learners-{exchange.pk}.csv"'
    response["Cache-Control"] = "no-store"
    response.write("\ufeff")  # so that spreadsheets read the letters as UTF-8
    writer = csv.writer(response)
    head = [_("Number"), _("Name"), _("E-mail"), _("Institution"), _("Time zone"), _("Status"), _("Group")]
    writer.writerow([*head, _("Taken at (UTC)")])
    for enrolment in exchange.enrolments.for_list():
        learner = enrolment.learner
        writer.writerow(
            [
                enrolment.number,
                csv_cell(learner.name),
                csv_cell(learner.email),
                csv_cell(enrolment.part.institution.name),
                learner.zone,
                enrolment.get_status_display(),
                enrolment.group.number if enrolment.group else "",
                f"{enrolment.taken_at:%Y-%m-%d %H:%M:%S}",
            ]
        )
    return response


def csv_cell(text: str) -> str:
    """Text that a spreadsheet must not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
