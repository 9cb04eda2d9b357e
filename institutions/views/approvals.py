"""The approval queue of the platform admins: one page with all that is needed to decide."""

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from institutions import vetting
from institutions.access import access_approvals, access_institution_to_decide, access_partnership_to_decide
from institutions.actions import institutions as institution_actions
from institutions.actions import partnerships as partnership_actions
from institutions.enums import InstitutionStatus, PartnershipStatus, Role
from institutions.errors import Refused
from institutions.forms.fields import add_refusal
from institutions.forms.institutions import DecisionForm, VettingForm
from institutions.forms.partnerships import is_number
from institutions.models import (
    Institution,
    InstitutionDomain,
    JournalEntry,
    Membership,
    Partnership,
    PartnershipParty,
    PartnershipPlaces,
)
from institutions.views.histories import changes_in_words
from institutions.views.memberships import decision_form

PER_SECTION = 10
ALIKE = 5  # similar institutions, or earlier partnerships, shown on a card
CANDIDATES = 400


@login_required
@require_safe
def approval_queue(request: HttpRequest) -> HttpResponse:
    access_approvals(request.user)
    return _queue(request)


def _queue(request: HttpRequest, refused: dict[tuple[str, int], DecisionForm] | None = None) -> HttpResponse:
    """The page; `refused` holds the forms that were filled in and not accepted, by (noun, id)."""
    refused = refused or {}
    number = request.GET.get("page")
    institutions = _page(waiting_institutions(), number)
    partnerships = _page(waiting_partnerships(), number)
    people = _page(waiting_people(), number)
    domains = _page(waiting_domains(), number)
    sections = (institutions, partnerships, people, domains)
    prepare_institutions(institutions, refused)
    prepare_partnerships(partnerships, refused)
    for membership in people:
        membership.form = decision_form(membership)
    for institution in domains:
        institution.form = vetting_form(institution)
    context = {
        "institutions": institutions,
        "partnerships": partnerships,
        "people": people,
        "domains": domains,
        "total": sum(section.paginator.count for section in sections),
        "page": max(sections, key=lambda section: section.paginator.num_pages),
        "errors": list(refused.values()),
    }
    return render(request, "institutions/approval_queue.html", context)


def _page(found, number: str | None) -> Page:
    """This page's part of a section; empty where the section has fewer pages than the longest."""
    paginator = Paginator(found, PER_SECTION)
    page = paginator.get_page(number)
    if is_number(number) and int(number) > paginator.num_pages:
        page.object_list = page.object_list.none()
    return page


# What waits ----------------------------------------------------------------------------------------------------------


def waiting_institutions():
    return (
        Institution.objects.pending()
        .order_by("created_at", "pk")
        .select_related("created_by")
        .prefetch_related("domains", _confirmed("created_by"))
    )


def waiting_partnerships():
    places = PartnershipPlaces.objects.select_related("sending", "receiving")
    parties = PartnershipParty.objects.select_related("institution", "signed_by")
    return (
        Partnership.objects.waiting_for_approval()
        .order_by("submitted_at", "pk")
        .prefetch_related(Prefetch("parties", parties), Prefetch("places", places))
    )


def waiting_people():
    """Requests to institutions that have no admin to decide on them."""
    admins = Membership.objects.filter(institution=OuterRef("institution"), role=Role.ADMIN, user__is_active=True)
    return (
        Membership.objects.requested()
        .filter(~Exists(admins.active()), institution__status=InstitutionStatus.VERIFIED)
        .select_related("user", "institution")
        .prefetch_related(_confirmed("user"))
    )


def waiting_domains():
    """Verified institutions that have added e-mail domains."""
    new = InstitutionDomain.objects.filter(institution=OuterRef("pk"), verified=False)
    return Institution.objects.verified().filter(Exists(new)).prefetch_related("domains")


def _confirmed(path: str) -> Prefetch:
    return Prefetch(f"{path}__emailaddress_set", EmailAddress.objects.filter(verified=True), to_attr="confirmed")


# What a card shows beside the object itself --------------------------------------------------------------------------


def vetting_form(institution: Institution, data=None) -> VettingForm:
    return VettingForm(data, institution=institution, auto_id=f"institution-{institution.pk}-%s")


def partnership_form(partnership: Partnership, data=None) -> DecisionForm:
    return DecisionForm(data, auto_id=f"partnership-{partnership.pk}-%s")


def prepare_institutions(institutions: Iterable[Institution], refused: dict | None = None) -> None:
    """Checks, similar institutions and the form, for each; the number of queries doesn't depend on how many."""
    institutions = list(institutions)
    candidates = _possible_duplicates(institutions)
    for institution in institutions:
        person = institution.created_by
        addresses = [address.email for address in person.confirmed] if person else []
        institution.addresses = addresses
        institution.checks = [
            *vetting.code_checks(institution),
            *vetting.domain_checks([row.domain for row in institution.domains.all()], institution.website, addresses),
        ]
        institution.similar = [
            other
            for other in candidates
            if other.pk != institution.pk
            and (
                vetting.alike(other.name, institution.name)
                or vetting.same_owner(vetting.host_of(other.website), vetting.host_of(institution.website))
            )
        ][:ALIKE]
        institution.form = (refused or {}).get(("institution", institution.pk)) or vetting_form(institution)


def _possible_duplicates(institutions: list[Institution]) -> list[Institution]:
    wanted = Q()
    for institution in institutions:
        wanted |= Q(website__icontains=vetting.host_of(institution.website))
        wanted |= Q(country=institution.country, city__iexact=institution.city)
        for word in sorted(institution.name.split(), key=len, reverse=True)[:2]:
            wanted |= Q(country=institution.country, name__icontains=word)
    return list(Institution.objects.filter(wanted)[:CANDIDATES]) if institutions else []


def prepare_partnerships(partnerships: Iterable[Partnership], refused: dict | None = None) -> None:
    """What changed since it was sent back, earlier partnerships and the form, for each; constant queries."""
    partnerships = list(partnerships)
    seen = _texts_seen(partnerships)
    others = _earlier(partnerships)
    for partnership in partnerships:
        parties, places = list(partnership.parties.all()), list(partnership.places.all())
        mine = {party.institution_id for party in parties}
        partnership.earlier = [
            other
            for other in others
            if other.pk != partnership.pk and len(mine & {party.institution_id for party in other.parties.all()}) > 1
        ][:ALIKE]
        entry = seen.get(partnership.pk)
        partnership.sent_back = entry
        now = partnership_actions.text_from(partnership, parties, places)
        partnership.changes = (
            changes_in_words(partnership_actions.differences(entry.data["text"], now)) if entry else []
        )
        partnership.form = (refused or {}).get(("partnership", partnership.pk)) or partnership_form(partnership)


def _texts_seen(partnerships: list[Partnership]) -> dict[int, JournalEntry]:
    """The latest time each was sent back, with the text as it was then."""
    entries = JournalEntry.objects.filter(
        subject_type=Partnership._meta.label_lower,
        subject_id__in=[partnership.pk for partnership in partnerships],
        verb="partnership.send_back",
    ).select_related("actor")
    return {entry.subject_id: entry for entry in entries.order_by("at", "pk")}


def _earlier(partnerships: list[Partnership]) -> list[Partnership]:
    ids = {party.institution_id for partnership in partnerships for party in partnership.parties.all()}
    found = Partnership.objects.of(ids).exclude(status=PartnershipStatus.DRAFT)
    return list(found.prefetch_related("parties")[:CANDIDATES]) if ids else []


# Decisions -----------------------------------------------------------------------------------------------------------


@login_required
@require_POST
def approval_institution(request: HttpRequest, slug: str) -> HttpResponse:
    """Verify or decline an institution; with htmx only its card is drawn anew."""
    institution = access_institution_to_decide(request.user, slug)
    form = vetting_form(institution, request.POST)
    decision = request.POST.get("decision", "")
    if decision not in ("approve", "decline"):
        form.add_error(None, _("Choose to verify or to decline."))
    elif form.is_valid():
        common = {"actor": request.user, "institution": institution, "note": form.cleaned_data["note"]}
        try:
            if decision == "approve":
                institution_actions.approve(**common, domains=form.cleaned_data.get("domains"))
            else:
                institution_actions.decline(**common)
        except Refused as refused:
            add_refusal(form, refused)
    if form.errors and not request.htmx:
        return _queue(request, {("institution", institution.pk): form})
    institution = Institution.objects.select_related("created_by").get(pk=institution.pk)
    if not request.htmx:
        messages.success(request, _decided(institution))
        return redirect("approval_queue")
    if form.errors:
        institution = waiting_institutions().filter(pk=institution.pk).first() or institution
        if institution.status == InstitutionStatus.PENDING:
            prepare_institutions([institution], {("institution", institution.pk): form})
    institution.form = form
    return render(request, "institutions/_approval_institution.html", {"institution": institution})


@login_required
@require_POST
def approval_partnership(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, send back or decline a partnership; with htmx only its card is drawn anew."""
    partnership = access_partnership_to_decide(request.user, pk)
    form = partnership_form(partnership, request.POST)
    decide = {
        "approve": partnership_actions.approve,
        "send_back": partnership_actions.send_back,
        "decline": partnership_actions.decline,
    }.get(request.POST.get("decision", ""))
    version = request.POST.get("version", "")
    if decide is None:
        form.add_error(None, _("Choose to approve, to send back or to decline."))
    elif form.is_valid():
        try:
            decide(
                actor=request.user,
                partnership=partnership,
                note=form.cleaned_data["note"],
                version=int(version) if is_number(version) else None,
            )
        except Refused as refused:
            add_refusal(form, refused)
    if form.errors and not request.htmx:
        return _queue(request, {("partnership", partnership.pk): form})
    partnership = Partnership.objects.get(pk=partnership.pk)
    if not request.htmx:
        messages.success(request, _decided(partnership))
        return redirect("approval_queue")
    if form.errors and partnership.status == PartnershipStatus.SUBMITTED:
        partnership = waiting_partnerships().get(pk=partnership.pk)
        prepare_partnerships([partnership], {("partnership", partnership.pk): form})
    partnership.form = form
    return render(request, "institutions/_approval_partnership.html", {"partnership": partnership})


def _decided(subject: Institution | Partnership) -> str:
    return _("%(subject)s: %(status)s.") % {"subject": subject, "status": subject.get_status_display()}
