"""The page on which a learner ranks exchanges, submits, and says for which reserved places she is meant."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from exchanges.access import access_intake
from exchanges.actions import choices as actions
from exchanges.actions import marks
from exchanges.enums import IntakeStatus
from exchanges.forms.choices import ChoicesForm, MarksForm
from exchanges.forms.fields import add_refusal, posted
from exchanges.models import ChoiceList, Intake, IntakeExchange
from exchanges.views.intakes import intake_crumbs, search_words
from institutions.errors import Refused
from institutions.models import Institution

PER_PAGE = 10


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_choices(request: HttpRequest, pk: int) -> HttpResponse:
    """Every button sends the whole list: it moves a choice, adds or removes one, keeps the draft, or submits.

    With a script the answer is only the list, put in place of the old one.
    """
    intake = access_intake(request.user, pk)
    allowed = actions.institutions_of(request.user, intake)
    mine = ChoiceList.objects.filter(intake=intake, learner=request.user).select_related("institution").first()
    form = ChoicesForm(posted(request), intake=intake, institutions=allowed)
    ranked = current_draft(mine)
    said = which = ""
    if request.method == "POST" and form.is_valid():
        do, _sep, which = request.POST.get("do", "order").partition(" ")
        institution = form.cleaned_data.get("institution")
        ranked = list(dict.fromkeys(form.cleaned_data["choice"]))
        try:
            if do == "submit":
                actions.submit(actor=request.user, intake=intake, entries=ranked, institution=institution)
                messages.success(request, _("Submitted. You can change it until the intake closes."))
                return _go(request, request.path)
            ranked, said = rearranged(ranked, do, which, intake)
            mine = actions.save_draft(actor=request.user, intake=intake, entries=ranked, institution=institution)
        except Refused as refusal:
            add_refusal(form, refusal, {"choices": "choice"})
        else:
            if do == "save":
                messages.success(request, _("Your draft is saved. It counts once you submit it."))
                return _go(request, request.path)
            if not request.htmx:
                return redirect(f"{request.path}?{request.GET.urlencode()}#choosing")
    context = _page(request, intake, mine=mine, allowed=allowed, ranked=ranked)
    context |= {"form": form, "said": said, "moved": which if which.isdigit() else ""}
    if request.htmx:
        return render(request, "exchanges/_choosing.html", context)
    return render(request, "exchanges/intake_choices.html", context)


def _go(request: HttpRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def current_draft(mine: ChoiceList | None) -> list[int]:
    """The working copy: the draft, or what was submitted where nothing has been changed since."""
    if mine is None:
        return []
    return list(mine.draft) if mine.draft is not None else submitted_by(mine)


def submitted_by(mine: ChoiceList) -> list[int]:
    return list(mine.choices.order_by("rank").values_list("entry", flat=True))


def rearranged(ranked: list[int], do: str, which: str, intake: Intake) -> tuple[list[int], str]:
    """The list after a button, and what to say to those who can't see it move."""
    if not which.isascii() or not which.isdigit() or len(which) > 18:
        return ranked, _("Saved as a draft.")
    entry = int(which)
    ranked = list(ranked)
    if do == "add" and entry not in ranked:
        if len(ranked) >= intake.max_choices:
            raise Refused(_("Your list is full. Remove one first."), "choices")
        ranked.append(entry)
    elif entry not in ranked:
        return ranked, ""
    at = ranked.index(entry)
    if do == "remove":
        ranked.remove(entry)
        return ranked, _("Removed from your list.")
    if do == "up" and at > 0:
        ranked[at - 1], ranked[at] = ranked[at], ranked[at - 1]
    elif do == "down" and at < len(ranked) - 1:
        ranked[at], ranked[at + 1] = ranked[at + 1], ranked[at]
    return ranked, _("It is choice %(number)d of %(count)d now.") % {
        "number": ranked.index(entry) + 1,
        "count": len(ranked),
    }


def _page(
    request: HttpRequest, intake: Intake, *, mine: ChoiceList | None, allowed: list[Institution], ranked: list[int]
) -> dict[str, Any]:
    institution = mine.institution if mine else (allowed[0] if allowed else None)
    found = actions.open_entries(intake, institution).order_by("exchange__title", "pk")
    known = {entry.pk: entry for entry in found.filter(pk__in=ranked)}
    query = search_words(request)
    if query:
        found = found.filter(exchange__title__icontains=query)
    held = list(mine.marks.values_list("mark", flat=True)) if mine else []
    return {
        "intake": intake,
        "mine": mine,
        "allowed": allowed,
        "institution": institution,
        "ranked": [known[pk] for pk in ranked if pk in known],
        "chosen": set(ranked),
        "full": len(ranked) >= intake.max_choices,
        "changed": mine is not None and mine.submitted_at is not None and submitted_by(mine) != ranked,
        "open": intake.status == IntakeStatus.OPEN and intake.closes > timezone.now(),
        "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "query": query,
        "reserves": _has_reserves(intake),
        "marks_form": MarksForm(initial={"marks": held, "consent": bool(held)}),
        "has_marks": bool(held),
        "crumbs": intake_crumbs(intake),
        "nav_active": "intake_list",
    }


def _has_reserves(intake: Intake) -> bool:
    entries = IntakeExchange.objects.filter(intake=intake, closed=False)
    return (entries.filter(never_abroad__gt=0) | entries.filter(fewer_opportunities__gt=0)).exists()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_marks(request: HttpRequest, pk: int) -> HttpResponse:
    """Say, or take back, what only the giving of reserved places may know."""
    intake = access_intake(request.user, pk)
    mine = ChoiceList.objects.filter(intake=intake, learner=request.user).first()
    held = list(mine.marks.values_list("mark", flat=True)) if mine else []
    form = MarksForm(posted(request), initial={"marks": held, "consent": bool(held)})
    if request.method == "POST" and "withdraw" in request.POST:
        marks.withdraw_consent(actor=request.user, intake=intake)
        messages.success(request, _("Your consent is withdrawn, and what you said is deleted."))
        return redirect("intake_choices", pk=intake.pk)
    if form.is_valid():
        try:
            marks.set_marks(actor=request.user, intake=intake, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(
                request, _("Saved. Nobody sees it.") if form.cleaned_data["marks"] else _("Nothing is kept.")
            )
            return redirect("intake_choices", pk=intake.pk)
    return render(
        request,
        "exchanges/intake_marks.html",
        {
            "intake": intake,
            "marks_form": form,
            "has_marks": bool(held),
            "open": intake.status == IntakeStatus.OPEN and intake.closes > timezone.now(),
            "crumbs": intake_crumbs(intake),
            "nav_active": "intake_list",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    intake = access_intake(request.user, pk)
    if request.method == "POST":
        try:
            actions.withdraw_choices(actor=request.user, intake=intake)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Your choices are deleted. You can choose again until the intake closes."))
        return redirect(intake)
    return render(
        request,
        "exchanges/intake_ask.html",
        {
            "intake": intake,
            "title": _("Delete your choices?"),
            "text": _("You take no part in this intake then, unless you choose again before it closes."),
            "submit": _("Delete my choices"),
            "danger": True,
            "cancel_url": f"{intake.get_absolute_url()}choices/",
            "crumbs": intake_crumbs(intake),
            "nav_active": "intake_list",
        },
    )
