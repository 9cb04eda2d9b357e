"""Preparing an intake: what it is, its exchanges and their rules, opening, closing, calling off, ending."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exchanges.access import access_intake_entry, access_intake_owners, access_managed_intake
from exchanges.actions import intake_rules as rules
from exchanges.actions import intakes as actions
from exchanges.actions.intake_checks import missing_before_opening
from exchanges.enums import IntakeStatus
from exchanges.forms.fields import add_refusal, posted
from exchanges.forms.intakes import ExchangesForm, IntakeForm, ReasonForm, ReopenForm, RulesForm
from exchanges.models import Intake
from exchanges.views.intakes import intake_crumbs, intake_tabs, search_words
from institutions.errors import Refused

PER_PAGE = 20
FIELD_OF = {"opens": "opens_on", "closes": "closes_on"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_new(request: HttpRequest) -> HttpResponse:
    owners = access_intake_owners(request.user)
    form = IntakeForm(
        posted(request), owners=owners, platform=request.user.is_platform_admin, initial={"zone": request.zone.key}
    )
    if form.is_valid():
        try:
            intake = actions.create_intake(
                actor=request.user,
                institution=form.cleaned_data["institution"],
                partnership=form.cleaned_data["partnership"],
                details=form.details,
            )
        except Refused as refusal:
            add_refusal(form, refusal, FIELD_OF)
        else:
            messages.success(request, _("Prepared. Choose its exchanges now; nobody else sees it until you open it."))
            return redirect("intake_exchanges", pk=intake.pk)
    return render(
        request,
        "exchanges/intake_edit.html",
        {"form": form, "intake": None, "crumbs": intake_crumbs(), "nav_active": "intake_list"},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_edit(request: HttpRequest, pk: int) -> HttpResponse:
    intake = access_managed_intake(request.user, pk)
    if intake.status not in actions.EDITABLE:
        messages.info(request, _("This intake can't be changed any more."))
        return redirect(intake)
    form = IntakeForm(posted(request), owners=None, platform=False, intake=intake)
    if form.is_valid():
        try:
            actions.edit_intake(actor=request.user, intake=intake, changes=form.details)
        except Refused as refusal:
            add_refusal(form, refusal, FIELD_OF)
        else:
            messages.success(request, _("Saved."))
            return redirect(intake)
    context = {"form": form, "intake": intake, "crumbs": intake_crumbs(intake), "nav_active": "intake_list"}
    return render(request, "exchanges/intake_edit.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_exchanges(request: HttpRequest, pk: int) -> HttpResponse:
    """The exchanges of the intake with their rules, and in a draft those that could be in it."""
    intake = access_managed_intake(request.user, pk)
    entries = list(
        intake.entries.select_related("exchange__offer").prefetch_related(
            "exchange__parts__institution", "quotas__institution", "priority_lines__learners"
        )
    )
    known = {entry.exchange_id for entry in entries}
    query = search_words(request)
    draft = intake.status == IntakeStatus.DRAFT
    eligible = rules.eligible_exchanges(intake).distinct().order_by("title", "pk")
    form = ExchangesForm(posted(request), known=eligible.values_list("pk", flat=True))
    if draft and form.is_valid():
        listed, ticked = set(form.cleaned_data["listed"]), set(form.cleaned_data["exchanges"])
        try:
            rules.set_exchanges(actor=request.user, intake=intake, exchanges=known - listed | ticked)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(request.get_full_path())
    if query:
        eligible = eligible.filter(title__icontains=query)
    page = Paginator(eligible.select_related("offer").prefetch_related("parts__institution"), PER_PAGE)
    return render(
        request,
        "exchanges/intake_exchanges.html",
        {
            "intake": intake,
            "entries": entries,
            "entry_page": Paginator(entries, PER_PAGE).get_page(request.GET.get("entries")),
            "known": known,
            "draft": draft,
            "form": form,
            "query": query,
            "page_obj": page.get_page(request.GET.get("page")) if draft else None,
            "tabs": intake_tabs(request.user, intake, "intake_exchanges", manages=True),
            "crumbs": intake_crumbs(intake),
            "nav_active": "intake_list",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_rules(request: HttpRequest, pk: int, entry_pk: int) -> HttpResponse:
    entry = access_intake_entry(request.user, pk, entry_pk)
    intake = entry.intake
    form = RulesForm(posted(request), entry=entry)
    if form.is_valid():
        try:
            rules.set_rules(actor=request.user, entry=entry, **form.rules)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The rules for “%s” are saved.") % entry)
            return redirect("intake_exchanges", pk=intake.pk)
    return render(
        request,
        "exchanges/intake_rules.html",
        {
            "intake": intake,
            "entry": entry,
            "form": form,
            "editable": intake.status in (IntakeStatus.DRAFT, IntakeStatus.OPEN),
            "draft": intake.status == IntakeStatus.DRAFT,
            "crumbs": [*intake_crumbs(intake), (_("Exchanges and rules"), reverse("intake_exchanges", args=[pk]))],
            "nav_active": "intake_list",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the intake, or say what is missing."""
    intake = access_managed_intake(request.user, pk)
    if request.method == "POST":
        try:
            actions.open_intake(actor=request.user, intake=intake)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The intake is open. Learners of all its institutions are being told."))
            return redirect(intake)
    return render(
        request,
        "exchanges/intake_open.html",
        {
            "intake": intake,
            "missing": missing_before_opening(intake) if intake.status == IntakeStatus.DRAFT else [],
            "possible": intake.status == IntakeStatus.DRAFT,
            "crumbs": intake_crumbs(intake),
            "nav_active": "intake_list",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_close(request: HttpRequest, pk: int) -> HttpResponse:
    intake = access_managed_intake(request.user, pk)
    if request.method == "POST":
        try:
            actions.close_intake(actor=request.user, intake=intake)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(intake)
        messages.success(request, _("The intake is closed. The places are being given."))
        return redirect("intake_review", pk=intake.pk)
    return _ask(
        request,
        intake,
        title=_("Close the intake now?"),
        text=_("Nobody can choose any more, and the places are given. Only you see the result until you publish it."),
        submit=_("Close the intake"),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    intake = access_managed_intake(request.user, pk)
    form = ReopenForm(posted(request), intake=intake)
    if form.is_valid():
        try:
            actions.reopen_intake(actor=request.user, intake=intake, closes=form.cleaned_data["closes"])
        except Refused as refusal:
            add_refusal(form, refusal, FIELD_OF)
        else:
            messages.success(request, _("The intake is open again. What was submitted stays."))
            return redirect(intake)
    return _ask(
        request,
        intake,
        form=form,
        title=_("Open the intake again?"),
        text=_("Learners can change their choices once more, and others can join."),
        submit=_("Open it again"),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    intake = access_managed_intake(request.user, pk)
    form = ReasonForm(posted(request))
    if form.is_valid():
        try:
            actions.cancel_intake(actor=request.user, intake=intake, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The intake is cancelled. Everybody who chose is being told."))
            return redirect(intake)
    return _ask(
        request,
        intake,
        form=form,
        title=_("Cancel the intake?"),
        text=_("This can't be undone. The exchanges stay; they take direct enrolments again."),
        submit=_("Cancel the intake"),
        danger=True,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_finish(request: HttpRequest, pk: int) -> HttpResponse:
    intake = access_managed_intake(request.user, pk)
    if request.method == "POST":
        try:
            actions.finish_intake(actor=request.user, intake=intake)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The intake is done. Its exchanges go on by themselves."))
        return redirect(intake)
    return _ask(
        request,
        intake,
        title=_("End the intake?"),
        text=_("The waiting list ends, and those on it are told. The exchanges take direct enrolments again."),
        submit=_("End the intake"),
    )


def _ask(request: HttpRequest, intake: Intake, **words) -> HttpResponse:
    context = {"intake": intake, "cancel_url": intake.get_absolute_url(), "crumbs": intake_crumbs(intake)}
    return render(request, "exchanges/intake_ask.html", {**context, "nav_active": "intake_list", **words})
