"""Institutions: the public list and page, registering, editing, and taking out of service."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from institutions.access import (
    access_institution,
    access_institution_to_decide,
    access_institution_to_edit,
)
from institutions.actions import institutions as actions
from institutions.enums import InstitutionStatus, MembershipStatus, PartnershipStatus, Role
from institutions.errors import Refused
from institutions.forms.fields import add_refusal
from institutions.forms.institutions import DecisionForm, InstitutionForm, InstitutionSearchForm, VettingForm
from institutions.forms.memberships import ReasonForm
from institutions.models import Institution, JournalEntry, Membership, Partnership, PartnershipParty
from institutions.views.histories import history_of

PER_PAGE = 20
ON_PAGE = 6  # offers and partnerships shown on an institution's page


@require_safe
def institution_list(request: HttpRequest) -> HttpResponse:
    form = InstitutionSearchForm(request.GET, user=request.user)
    page = Paginator(form.found(), PER_PAGE).get_page(request.GET.get("page"))
    in_force = PartnershipParty.objects.filter(institution__in=list(page), partnership__status=PartnershipStatus.ACTIVE)
    counts = dict(in_force.order_by().values_list("institution").annotate(Count("pk")))
    for institution in page:
        institution.active_partnerships = counts.get(institution.pk, 0)
    searched = any(form.cleaned_data.values())
    return render(request, "institutions/institution_list.html", {"form": form, "page": page, "searched": searched})


@require_safe
def institution_detail(request: HttpRequest, slug: str) -> HttpResponse:
    institution = access_institution(request.user, slug)
    user = request.user
    mine = _mine(user, institution)
    admin = any(row.role == Role.ADMIN and row.status == MembershipStatus.ACTIVE for row in mine)
    in_service = institution.status == InstitutionStatus.VERIFIED
    staff = in_service and admin
    insider = staff or (user.is_authenticated and user.is_platform_admin)
    in_force = institution.partnerships.filter(status=PartnershipStatus.ACTIVE)
    offers = institution.offers.published()
    context = {
        "institution": institution,
        "mine": mine,
        "in_service": in_service,
        "is_admin": staff,
        "is_insider": insider,
        "may_edit": user.is_authenticated and actions.may_edit(user, institution),
        "offers": offers.order_by("starts", "pk")[:ON_PAGE],
        "offer_count": offers.count(),
        "partnerships": in_force.prefetch_related("institutions").order_by("valid_until")[:ON_PAGE],
        "partnership_count": in_force.count(),
        "domains": institution.domains.all(),
    }
    if insider:
        waiting = institution.memberships.requested()
        context |= {
            "member_count": institution.memberships.filter(status=MembershipStatus.ACTIVE)
            .values("user")
            .distinct()
            .count(),
            "request_count": waiting.count(),
            "unfinished": Partnership.objects.of([institution.pk])
            .exclude(status__in=[PartnershipStatus.ACTIVE, *PartnershipStatus.over()])
            .prefetch_related("institutions")[:ON_PAGE],
            "history": history_of(JournalEntry.objects.about(institution).order_by("-at", "-pk")[:20]),
        }
    if user.is_authenticated and user.is_platform_admin and in_service:
        context["vetting"] = VettingForm(institution=institution)
    return render(request, "institutions/institution_detail.html", context)


def _mine(user, institution: Institution) -> list[Membership]:
    """The person's own roles and open requests there."""
    if not user.is_authenticated:
        return []
    now = [MembershipStatus.ACTIVE, MembershipStatus.REQUESTED]
    return list(Membership.objects.of(user).filter(institution=institution, status__in=now))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def institution_register(request: HttpRequest) -> HttpResponse:
    form = InstitutionForm(request.POST or None)
    if form.is_valid():
        try:
            institution = actions.register(actor=request.user, domains=form.cleaned_data["domains"], **form.facts())
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Thank you. A platform admin looks at it now, and you will hear from us."))
            return redirect(institution)
    return render(request, "institutions/institution_form.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def institution_edit(request: HttpRequest, slug: str) -> HttpResponse:
    institution = access_institution_to_edit(request.user, slug)
    form = InstitutionForm(request.POST or None, initial=InstitutionForm.facts_of(institution))
    if form.is_valid():
        try:
            institution = actions.edit(
                actor=request.user,
                institution=institution,
                domains=form.cleaned_data["domains"],
                **form.facts(),
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect(institution)
    return render(request, "institutions/institution_form.html", {"form": form, "institution": institution})


@require_safe
def institution_zone(request: HttpRequest) -> HttpResponse:
    """The zone field for the country that was just chosen (htmx)."""
    form = InstitutionForm(initial={"country": request.GET.get("country", "")})
    suggested = form.fields["zone"].choices[1][1] if form["country"].value() else []
    if suggested and isinstance(suggested, list):
        form.initial["zone"] = suggested[0][0]
    return render(request, "institutions/_zone_field.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def institution_suspend(request: HttpRequest, slug: str) -> HttpResponse:
    institution = access_institution_to_decide(request.user, slug)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            actions.suspend(actor=request.user, institution=institution, note=form.cleaned_data["note"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("%s is suspended.") % institution)
            return redirect(institution)
    return _confirm(
        request,
        form=form,
        title=_("Suspend %s?") % institution,
        text=_("Nobody can act for it until it is restored. Its offers and exchanges stay as they are."),
        submit=_("Suspend"),
        cancel_url=institution.get_absolute_url(),
        danger=True,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def institution_restore(request: HttpRequest, slug: str) -> HttpResponse:
    institution = access_institution_to_decide(request.user, slug)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.restore(actor=request.user, institution=institution, note=form.cleaned_data["note"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("%s is back in service.") % institution)
            return redirect(institution)
    return _confirm(
        request,
        form=form,
        title=_("Restore %s?") % institution,
        text=_("Everybody there gets back the roles they held."),
        submit=_("Restore"),
        cancel_url=institution.get_absolute_url(),
    )


def _confirm(request: HttpRequest, **context) -> HttpResponse:
    return render(request, "institutions/confirm.html", context)


@login_required
@require_POST
def institution_domains(request: HttpRequest, slug: str) -> HttpResponse:
    """Accept new e-mail domains of a verified institution; the others are taken off its list."""
    institution = access_institution_to_decide(request.user, slug)
    form = VettingForm(request.POST, institution=institution)
    if form.is_valid() and "domains" in form.fields:
        try:
            actions.verify_domains(actor=request.user, institution=institution, domains=form.cleaned_data["domains"])
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("The domains are settled."))
    return redirect(institution)
