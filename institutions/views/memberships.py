"""Roles in institutions: asking, deciding, leaving; one's own and an institution's."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from institutions.access import (
    access_institution,
    access_institution_members,
    access_membership_queue,
    access_membership_to_decide,
    access_own_membership,
)
from institutions.actions import memberships as actions
from institutions.enums import InstitutionStatus, MembershipStatus, PartnershipStatus, Role
from institutions.errors import Refused
from institutions.forms.fields import add_refusal
from institutions.forms.institutions import DecisionForm
from institutions.forms.memberships import JoinForm, MemberSearchForm, ReasonForm
from institutions.models import Institution, Membership, Partnership

PER_PAGE = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def institution_join(request: HttpRequest, slug: str) -> HttpResponse:
    institution = access_institution(request.user, slug)
    form = JoinForm(request.POST or None, initial={"role": request.GET.get("role", Role.LEARNER)})
    if form.is_valid():
        try:
            actions.ask_to_join(actor=request.user, institution=institution, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Your request is with the admins of %s.") % institution)
            return redirect("membership_mine")
    context = {
        "form": form,
        "institution": institution,
        "on_domain": actions.has_address_at(request.user, institution),
        "open": institution.status == InstitutionStatus.VERIFIED,
    }
    return render(request, "institutions/institution_join.html", context)


@login_required
@require_safe
def membership_mine(request: HttpRequest) -> HttpResponse:
    """One's own roles and requests, everywhere."""
    rows = Membership.objects.of(request.user).select_related("institution").order_by("-requested_at", "-pk")
    now = [MembershipStatus.ACTIVE, MembershipStatus.REQUESTED]
    past = Paginator(rows.exclude(status__in=now), PER_PAGE).get_page(request.GET.get("page"))
    registered = Institution.objects.filter(created_by=request.user).exclude(status=InstitutionStatus.VERIFIED)
    context = {
        "current": rows.filter(status__in=now).order_by("institution__name", "role"),
        "registered": registered,
        "is_admin": Institution.objects.of(request.user, Role.ADMIN).exists(),
        "page": past,
    }
    return render(request, "institutions/membership_mine.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def membership_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    membership = access_own_membership(request.user, pk)
    if request.method == "POST":
        try:
            actions.withdraw(actor=request.user, membership=membership)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Your request is withdrawn."))
        return redirect("membership_mine")
    return _confirm(
        request,
        title=_("Withdraw your request to %s?") % membership.institution,
        text=_("You can ask again at any time."),
        submit=_("Withdraw it"),
        cancel_url=reverse("membership_mine"),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def membership_leave(request: HttpRequest, pk: int) -> HttpResponse:
    membership = access_own_membership(request.user, pk)
    if request.method == "POST":
        try:
            actions.leave(actor=request.user, membership=membership)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("You have given up this role."))
        return redirect("membership_mine")
    words = {"role": membership.get_role_display(), "institution": membership.institution}
    return _confirm(
        request,
        title=_("Give up your role at %(institution)s: %(role)s?") % words,
        text=_("To get it back, you would have to ask the institution's admins again."),
        submit=_("Give it up"),
        cancel_url=reverse("membership_mine"),
        danger=True,
    )


@login_required
@require_safe
def membership_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The members of an institution, for its admins."""
    institution = access_institution_members(request.user, slug)
    form = MemberSearchForm(request.GET)
    rows = form.found(institution.memberships.select_related("user"))
    page = Paginator(rows.order_by("user__name", "role", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "institution": institution,
        "form": form,
        "page": page,
        "searched": any(form.cleaned_data.values()),
        "may_decide": actions.may_decide(request.user, institution),
    }
    return render(request, "institutions/membership_list.html", context)


@login_required
@require_safe
def membership_queue(request: HttpRequest) -> HttpResponse:
    """What waits for an institution admin: people to admit, partnerships to sign."""
    institutions = access_membership_queue(request.user)
    waiting = Membership.objects.requested().filter(institution__in=institutions)
    page = Paginator(waiting.select_related("user", "institution"), PER_PAGE).get_page(request.GET.get("page"))
    for membership in page:
        membership.form = decision_form(membership)
    to_sign = (
        Partnership.objects.filter(
            status=PartnershipStatus.SIGNING, parties__institution__in=institutions, parties__signed_version=None
        )
        .distinct()
        .prefetch_related("parties__institution")
    )
    return render(request, "institutions/membership_queue.html", {"page": page, "to_sign": to_sign})


def decision_form(membership: Membership, data=None) -> DecisionForm:
    """Ids of its own, since many of these stand on one page."""
    return DecisionForm(data, auto_id=f"membership-{membership.pk}-%s")


@login_required
@require_POST
def membership_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Admit or decline, from any page that shows the request; with htmx only its card is drawn anew."""
    membership = access_membership_to_decide(request.user, pk)
    form = decision_form(membership, request.POST)
    decide = {"admit": actions.admit, "decline": actions.decline}.get(request.POST.get("decision", ""))
    if decide is None:
        form.add_error(None, _("Choose to admit or to decline."))
    elif form.is_valid():
        try:
            membership = decide(actor=request.user, membership=membership, note=form.cleaned_data["note"])
        except Refused as refused:
            add_refusal(form, refused)
    membership.form = form
    if request.htmx:
        return render(request, "institutions/_membership_card.html", {"membership": membership, "in_queue": True})
    if form.errors:
        context = {"membership": membership, "back": _back(request, "membership_queue")}
        return render(request, "institutions/membership_decide.html", context)
    messages.success(request, _("%(person)s: %(status)s.") % _words(membership))
    return redirect(_back(request, "membership_queue"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def membership_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's role, with a reason."""
    membership = access_membership_to_decide(request.user, pk)
    members_url = reverse("membership_list", args=[membership.institution.slug])
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            actions.end(actor=request.user, membership=membership, note=form.cleaned_data["note"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The role has ended, and %s was told.") % membership.user)
            return redirect(members_url)
    words = {"person": membership.user, "role": membership.get_role_display()}
    return _confirm(
        request,
        form=form,
        title=_("End the role of %(person)s: %(role)s?") % words,
        text=_("The person is told, with your reason."),
        submit=_("End the role"),
        cancel_url=members_url,
        danger=True,
    )


def _confirm(request: HttpRequest, **context) -> HttpResponse:
    return render(request, "institutions/confirm.html", context)


def _words(membership: Membership) -> dict[str, object]:
    return {"person": membership.user, "status": membership.get_status_display()}


def _back(request: HttpRequest, otherwise: str) -> str:
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else reverse(otherwise)
