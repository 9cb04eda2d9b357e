"""Partnerships: one's list, the page of one with its history, drafting, signing, and what ends it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from institutions.access import access_partnership, access_partnership_as_party, access_partnership_to_decide
from institutions.actions import partnerships as actions
from institutions.enums import PartnershipStatus, Role
from institutions.errors import Refused
from institutions.forms.fields import add_refusal
from institutions.forms.institutions import DecisionForm
from institutions.forms.memberships import ReasonForm
from institutions.forms.partnerships import (
    PartnershipForm,
    PartnershipSearchForm,
    found_institutions,
    is_number,
    label_of,
)
from institutions.models import Institution, JournalEntry, Partnership
from institutions.views.histories import changes_in_words, history_of

PER_PAGE = 20
Status = PartnershipStatus


@login_required
@require_safe
def partnership_list(request: HttpRequest) -> HttpResponse:
    form = PartnershipSearchForm(request.GET)
    found = form.found(Partnership.objects.visible_to(request.user)).prefetch_related("parties__institution")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "searched": any(form.cleaned_data.values()),
        "may_draft": _may_draft(request.user),
    }
    return render(request, "institutions/partnership_list.html", context)


def _may_draft(user) -> bool:
    return Institution.objects.of(user, Role.COORDINATOR, Role.ADMIN).exists()


@login_required
@require_safe
def partnership_detail(request: HttpRequest, pk: int) -> HttpResponse:
    partnership = access_partnership(request.user, pk)
    status = Status(partnership.status)
    sides = actions.sides_of(request.user, partnership)
    signs_for = actions.sides_of(request.user, partnership, Role.ADMIN)
    parties = list(partnership.parties.select_related("institution", "signed_by"))
    entries = list(JournalEntry.objects.about(partnership).order_by("-at", "-pk")[:50])
    platform_admin = request.user.is_platform_admin
    unsubmitted = status in (Status.DRAFT, Status.SIGNING, Status.RETURNED)
    context = {
        "crumbs": [(_("Partnerships"), reverse("partnership_list"))],
        "partnership": partnership,
        "parties": parties,
        "places": partnership.places.select_related("sending", "receiving"),
        "history": history_of(entries),
        "latest_changes": _latest_changes(entries, partnership),
        "comments": partnership.decision_note if status == Status.RETURNED else "",
        "may_edit": bool(sides) and status in Status.editable(),
        "may_start": bool(sides) and status.may_become(Status.SIGNING),
        "may_reopen": bool(sides) and status == Status.SIGNING,
        "may_end": status.may_become(Status.ENDED) and bool(signs_for or platform_admin or (sides and unsubmitted)),
        "may_suspend": platform_admin and status == Status.ACTIVE,
        "may_resume": platform_admin and status == Status.SUSPENDED,
        "may_decide": platform_admin and status == Status.SUBMITTED,
        "may_copy": bool(sides) and (status == Status.ACTIVE or status in Status.over()),
        "to_sign": [
            party
            for party in parties
            if status == Status.SIGNING and party.institution_id in signs_for and party.signed_version is None
        ],
    }
    return render(request, "institutions/partnership_detail.html", context)


def _latest_changes(entries: list[JournalEntry], partnership: Partnership) -> list[dict[str, str]]:
    """What the latest edit changed, while the text can still be changed or signed."""
    if partnership.status not in (*Status.editable(), Status.SIGNING):
        return []
    edit = next((entry for entry in entries if entry.verb == "partnership.edit"), None)
    return changes_in_words(edit.data["changes"]) if edit else []


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def partnership_new(request: HttpRequest) -> HttpResponse:
    """Draft a partnership; `?from=` starts from the text of another one, `?with=` from a partner."""
    user = request.user
    if not _may_draft(user):
        raise Http404
    if "search" in request.POST:
        return _form_page(request, PartnershipForm.typed(request.POST, user))
    form = PartnershipForm(request.POST or None, user=user, initial=_start(request))
    if form.is_valid():
        try:
            partnership = actions.draft_partnership(actor=user, **form.text())
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("The draft is saved. Look it through, then start the signing."))
            return redirect(partnership)
    return _form_page(request, form)


def _start(request: HttpRequest) -> dict:
    if source := request.GET.get("from"):
        if not is_number(source):
            raise Http404
        text = PartnershipForm.text_of(access_partnership(request.user, int(source)))
        return {**text, "valid_from": None, "valid_until": None, "version": None}
    own = list(Institution.objects.of(request.user, Role.COORDINATOR, Role.ADMIN)[:2])
    chosen = own if len(own) == 1 else []
    partner = Institution.objects.verified().filter(slug=request.GET.get("with", "").replace("\0", "")).first()
    return {"institutions": [one.pk for one in (*chosen, partner) if one]}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def partnership_edit(request: HttpRequest, pk: int) -> HttpResponse:
    partnership = access_partnership_as_party(request.user, pk)
    if "search" in request.POST:
        return _form_page(request, PartnershipForm.typed(request.POST, request.user), partnership)
    form = PartnershipForm(request.POST or None, user=request.user, initial=PartnershipForm.text_of(partnership))
    if form.is_valid():
        try:
            partnership = actions.edit_partnership(
                actor=request.user, partnership=partnership, version=form.cleaned_data["version"], **form.text()
            )
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Saved."))
            return redirect(partnership)
    elif request.method != "POST" and partnership.status not in Status.editable():
        messages.error(request, _("Only a draft, or a partnership that was sent back, can be changed."))
        return redirect(partnership)
    return _form_page(request, form, partnership)


def _form_page(request: HttpRequest, form: PartnershipForm, partnership: Partnership | None = None) -> HttpResponse:
    context = {"form": form, "partnership": partnership}
    return render(request, "institutions/partnership_form.html", context)


@login_required
@require_safe
def partnership_parties(request: HttpRequest) -> HttpResponse:
    """Institutions to tick, for what is being typed into the search (htmx)."""
    text = request.GET.get("find", "")[:100]
    ticked = set(request.GET.getlist("institutions"))
    found = [(one.pk, label_of(one)) for one in found_institutions(text) if str(one.pk) not in ticked]
    return render(request, "institutions/_found_parties.html", {"found": found, "text": text})


@login_required
@require_POST
def partnership_start_signing(request: HttpRequest, pk: int) -> HttpResponse:
    partnership = access_partnership_as_party(request.user, pk)
    try:
        actions.start_signing(actor=request.user, partnership=partnership)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The admins of all parties are asked to sign."))
    return redirect(partnership)


@login_required
@require_POST
def partnership_sign(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Sign for one's institution the version that the page showed."""
    partnership = access_partnership_as_party(request.user, pk)
    party = partnership.parties.select_related("institution").filter(institution__slug=slug).first()
    if party is None or party.institution_id not in actions.sides_of(request.user, partnership, Role.ADMIN):
        raise Http404
    version = request.POST.get("version", "")
    try:
        partnership = actions.sign(
            actor=request.user,
            partnership=partnership,
            institution=party.institution,
            version=int(version) if is_number(version) else 0,
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        if partnership.status == Status.SUBMITTED:
            messages.success(request, _("Signed by all. It is now with the platform admins for the final approval."))
        else:
            messages.success(request, _("You have signed for %s.") % party.institution)
    return redirect(partnership)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def partnership_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_reason(
        request,
        access_partnership_as_party(request.user, pk),
        actions.reopen,
        title=_("Take it back to the draft?"),
        text=_("Signatures so far become void, and the others read your reason."),
        submit=_("Back to the draft"),
        done=_("It is a draft again."),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def partnership_end(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_reason(
        request,
        access_partnership(request.user, pk),
        actions.end,
        title=_("End this partnership?"),
        text=_("This is for good. No new exchange opens under it; the others read your reason."),
        submit=_("End it"),
        done=_("The partnership has ended."),
        danger=True,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def partnership_suspend(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_reason(
        request,
        access_partnership_to_decide(request.user, pk),
        actions.suspend,
        title=_("Suspend this partnership?"),
        text=_("No exchange opens for enrolment under it until it is put back into force."),
        submit=_("Suspend"),
        done=_("The partnership is suspended."),
        danger=True,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def partnership_resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_reason(
        request,
        access_partnership_to_decide(request.user, pk),
        actions.resume,
        form_class=DecisionForm,
        title=_("Put it back into force?"),
        text=_("Exchanges can open for enrolment under it again."),
        submit=_("Put it into force"),
        done=_("The partnership is active again."),
    )


def _with_reason(
    request, partnership, action, *, title, text, submit, done, danger=False, form_class=ReasonForm
) -> HttpResponse:
    """Ask once, with a reason, then act."""
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            action(actor=request.user, partnership=partnership, note=form.cleaned_data["note"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, done)
            return redirect(partnership)
    context = {
        "form": form,
        "title": title,
        "subject": partnership.title,
        "text": text,
        "submit": submit,
        "danger": danger,
        "cancel_url": partnership.get_absolute_url(),
    }
    return render(request, "institutions/confirm.html", context)
