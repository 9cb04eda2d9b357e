"""The offer editor: drafts in steps, publishing, closing, and what changed since."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchanges.access import access_offer, access_own_offer
from exchanges.actions import offers
from exchanges.actions.offer_checks import advice_for
from exchanges.enums import OfferStatus
from exchanges.formats import REVIEW, STEPS, rules_of, step_of
from exchanges.forms.fields import add_refusal, posted
from exchanges.forms.offers import FORMS, CloseForm, NewOfferForm, StepForm, page_of
from exchanges.models import Offer
from exchanges.views.offer_words import changes_in_words, label_of, typed_in_words
from exchanges.views.offers import page_of as public_page_of
from institutions.enums import Role
from institutions.errors import Refused
from institutions.models import Institution, Membership

PER_PAGE = 20
LABELS = {
    "what": gettext_lazy("What"),
    "when": gettext_lazy("When"),
    "who": gettext_lazy("Who"),
    "how": gettext_lazy("How"),
    REVIEW: gettext_lazy("Review"),
}
NEXT = dict(zip(STEPS, (*list(STEPS)[1:], REVIEW), strict=True))


# Lists and beginnings ------------------------------------------------------------------------------------------------


def _institutions_of(user) -> list[Institution]:
    """Those that the person coordinates; 404 for who coordinates none."""
    own = Membership.objects.active().of(user, Role.COORDINATOR).values("institution")
    found = list(Institution.objects.filter(pk__in=own).order_by("name"))
    if not found:
        raise Http404
    return found


@login_required
@require_safe
def my_offers(request: HttpRequest) -> HttpResponse:
    institutions = _institutions_of(request.user)
    mine = Offer.objects.of(institutions)
    ended = Q(status__in=(OfferStatus.CLOSED, OfferStatus.EXPIRED))
    lists = {
        "drafts": (_("Drafts"), mine.filter(status=OfferStatus.DRAFT).order_by("-updated_at", "-pk")),
        "published": (_("Published"), mine.published().order_by("starts", "-pk")),
        "ended": (_("Closed and expired"), mine.filter(ended).order_by("-updated_at", "-pk")),
    }
    counts = {name: found.count() for name, (_label, found) in lists.items()}
    current = request.GET.get("list")
    if current not in lists:
        current = next((name for name in ("drafts", "published", "ended") if counts[name]), "drafts")
    found = lists[current][1].select_related("institution", "exchange").prefetch_related("languages", "resources")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    for offer in page:
        offer.lacks = len(offers.missing_before_publishing(offer)) if current == "drafts" else 0
        offer.unsaved = bool(offers.unfinished_steps(offer))
        offer.working_title = offer.title or (offers.typed_of(offer, "what") or {}).get("title", [""])[0][:140]
    tabs = [
        {"label": label, "url": f"?list={name}", "current": name == current, "count": counts[name]}
        for name, (label, _found) in lists.items()
    ]
    return render(
        request,
        "exchanges/my_offers.html",
        {"page_obj": page, "tabs": tabs, "list": current, "several": len(institutions) > 1, "nav_active": "offer_list"},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_new(request: HttpRequest) -> HttpResponse:
    form = NewOfferForm(posted(request), institutions=_institutions_of(request.user))
    if form.is_valid():
        try:
            offer = offers.create_offer(actor=request.user, institution=form.chosen, format=form.cleaned_data["format"])
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("offer_edit", offer.pk, "what")
    return render(request, "exchanges/offer_new.html", {"form": form, "nav_active": "offer_list"})


# The steps -----------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_edit(request: HttpRequest, pk: int, step: str = "what") -> HttpResponse:
    offer = access_own_offer(request.user, pk)
    if step == REVIEW:
        return _review(request, offer)
    if step not in STEPS:
        raise Http404
    form_class = FORMS[step]
    if request.method == "POST" and request.POST.get("then") == "forget":
        return _forget(request, offer, step)
    if request.method == "POST":
        return _save(request, offer, form_class(request.POST, offer=offer))
    typed = offers.typed_of(offer, step)
    form = form_class(offer=offer) if typed is None else form_class.again(offer, typed)
    return _step(request, offer, form, unsaved=typed is not None)


def _save(request: HttpRequest, offer: Offer, form: StepForm) -> HttpResponse:
    """Keep what was typed whatever it is, and take it over where it is in order."""
    page, then = page_of(request.POST, form.step), request.POST.get("then", "")
    valid = form.is_valid()
    try:
        offer = offers.keep_typed(actor=request.user, offer=offer, page=page, typed=form.typed())
        if valid and then != "preview":
            offer = offers.edit_offer(
                actor=request.user,
                offer=offer,
                changes=form.changes,
                languages=form.languages,
                resources=form.resources,
                page=page,
            )
    except offers.Stale as refusal:
        offer.refresh_from_db()
        form = type(form).again(offer, form.typed())
        form.add_error(None, str(refusal))
        return _step(request, offer, form, compare=typed_in_words(offer, form))
    except Refused as refusal:
        _show(form, refusal)
        return _step(request, offer, form, tab=page.tab)
    if then == "preview":
        return _step(request, offer, type(form).again(offer, form.typed()), tab=page.tab, preview=True)
    if then == "later":
        messages.success(request, _("Kept. You find it under your offers."))
        return redirect("my_offers")
    if not valid:
        return _step(request, offer, form, tab=page.tab)
    if offer.published_at:
        messages.success(request, _("Saved. The public page shows it now."))
    return redirect("offer_edit", offer.pk, NEXT[form.step])


def _show(form: StepForm, refusal: Refused) -> None:
    """At its field; above the form, with the field's name, where another step asks for it."""
    field = form.field_of(refusal.field) if refusal.field else None
    if field is None or field in form.fields:
        form.add_error(field, str(refusal))
    else:
        form.add_error(None, f"{label_of(refusal.field)}: {refusal}")


def _forget(request: HttpRequest, offer: Offer, step: str) -> HttpResponse:
    try:
        offers.forget_typed(actor=request.user, offer=offer, page=page_of(request.POST, step))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Here is what was saved before."))
    return redirect("offer_edit", offer.pk, step)


def _step(request: HttpRequest, offer: Offer, form: StepForm, *, tab: str = "", **context) -> HttpResponse:
    return render(
        request,
        "exchanges/offer_edit.html",
        {
            "offer": offer,
            "form": form,
            "rules": form.rules,
            "step": form.step,
            "step_template": f"exchanges/_offer_step_{form.step}.html",
            "steps": _stepper(offer, form.step),
            "tab": tab or get_random_string(12),
            "locked": offers.has_enrolled(offer),
            "crumbs": _crumbs(offer),
            "nav_active": "offer_list",
            **context,
        },
    )


def _stepper(offer: Offer, current: str) -> list[dict]:
    lacking = {step_of(field) for field in offers.missing_before_publishing(offer)}
    lacking |= set(offers.unfinished_steps(offer))
    steps = []
    for step, label in LABELS.items():
        done = step not in lacking and step != REVIEW
        state = "current" if step == current else "done" if done else "todo"
        steps.append({"label": label, "url": reverse("offer_edit", args=[offer.pk, step]), "state": state})
    return steps


def _crumbs(offer: Offer) -> list[tuple[str, str]]:
    return [(_("My offers"), reverse("my_offers")), (str(offer), "")]


@login_required
@require_POST
def offer_autosave(request: HttpRequest, pk: int, step: str) -> JsonResponse:
    """Keep what is being typed; nothing is said about what is still wrong with it."""
    offer = access_own_offer(request.user, pk)
    if step not in STEPS:
        raise Http404
    form = FORMS[step](request.POST, offer=offer)
    try:
        offers.keep_typed(actor=request.user, offer=offer, page=page_of(request.POST, step), typed=form.typed())
    except offers.Stale as refusal:
        return JsonResponse({"detail": str(refusal)}, status=409)
    except Refused as refusal:
        return JsonResponse({"detail": str(refusal)}, status=413)
    return JsonResponse({"saved": True})


# Review and publishing -----------------------------------------------------------------------------------------------


def _review(request: HttpRequest, offer: Offer) -> HttpResponse:
    return render(
        request,
        "exchanges/offer_review.html",
        {
            **public_page_of(offer, request.zone),
            "step": REVIEW,
            "steps": _stepper(offer, REVIEW),
            "missing": _missing(offer),
            "advice": advice_for(offer, languages=offers.languages_of(offer)),
            "note": rules_of(offer.format).note,
            "publishable": OfferStatus(offer.status).may_become(OfferStatus.PUBLISHED)
            and getattr(offer, "exchange", None) is None,
            "crumbs": _crumbs(offer),
            "nav_active": "offer_list",
        },
    )


def _missing(offer: Offer) -> list[dict]:
    """What keeps the offer from being published, each with a link to its field."""
    found = [
        {
            "label": LABELS[step],
            "text": _("What you typed there is not saved yet: some of it needs a second look."),
            "url": reverse("offer_edit", args=[offer.pk, step]),
        }
        for step in offers.unfinished_steps(offer)
    ]
    for field, text in offers.missing_before_publishing(offer).items():
        step = step_of(field)
        if offers.typed_of(offer, step) is None:
            url = f"{reverse('offer_edit', args=[offer.pk, step])}#{_anchor(field)}"
            found.append({"label": label_of(field), "text": text, "url": url})
    return found


def _anchor(field: str) -> str:
    return {"languages": "id_language_0", "hours": "id_hours_group", "mode": "id_mode_group"}.get(field, f"id_{field}")


@login_required
@require_POST
def offer_publish(request: HttpRequest, pk: int) -> HttpResponse:
    return _publish(request, access_own_offer(request.user, pk))


def _publish(request: HttpRequest, offer: Offer) -> HttpResponse:
    try:
        offer = offers.publish_offer(actor=request.user, offer=offer)
    except Refused as refusal:
        text = f"{label_of(refusal.field)}: {refusal}" if refusal.field else str(refusal)
        messages.error(request, text)
        return redirect("offer_edit", offer.pk, REVIEW)
    messages.success(request, _("Published. We are looking for partners that fit; here is your public page."))
    return redirect(offer)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_close(request: HttpRequest, pk: int) -> HttpResponse:
    offer = access_own_offer(request.user, pk)
    form = CloseForm(posted(request))
    if form.is_valid() and _done(
        request, form, lambda: offers.close_offer(actor=request.user, offer=offer, reason=form.cleaned_data["reason"])
    ):
        messages.success(request, _("Closed. It looks for no more partners."))
        return redirect("my_offers")
    waiting = offer.pairings.waiting().count()
    return _ask(
        request,
        offer,
        form=form,
        title=_("Close this offer?"),
        text=_("It leaves the catalogue. You can publish it again later."),
        points=[
            ngettext(
                "%(n)s proposal that waits for a reply is withdrawn.",
                "%(n)s proposals that wait for a reply are withdrawn.",
                waiting,
            )
            % {"n": waiting}
        ]
        if waiting
        else [],
        submit=_("Close it"),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    offer = access_own_offer(request.user, pk)
    if request.method == "POST":
        return _publish(request, offer)
    return _ask(
        request,
        offer,
        form=None,
        title=_("Publish it again?"),
        text=_("It is shown in the catalogue again. Its dates have to lie in the future."),
        submit=_("Publish it again"),
    )


@login_required
@require_POST
def offer_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    offer = access_own_offer(request.user, pk)
    draft = offers.duplicate_offer(actor=request.user, offer=offer)
    messages.success(request, _("Here is a new draft with the same content. Look at its dates."))
    return redirect("offer_edit", draft.pk, "what")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_discard(request: HttpRequest, pk: int) -> HttpResponse:
    offer = access_own_offer(request.user, pk)
    if request.method == "POST":
        try:
            offers.discard_offer(actor=request.user, offer=offer)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The draft is gone."))
        return redirect("my_offers")
    return _ask(
        request,
        offer,
        form=None,
        title=_("Throw this draft away?"),
        text=_("All that was typed in it is lost. This can't be undone."),
        submit=_("Throw it away"),
        danger=True,
    )


def _done(request: HttpRequest, form, act: Callable) -> bool:
    try:
        act()
    except Refused as refusal:
        add_refusal(form, refusal)
        return False
    return True


def _ask(request: HttpRequest, offer: Offer, **words) -> HttpResponse:
    context = {"offer": offer, "cancel_url": reverse("my_offers"), "crumbs": _crumbs(offer), "nav_active": "offer_list"}
    return render(request, "exchanges/offer_ask.html", {**context, **words})


# What changed --------------------------------------------------------------------------------------------------------


@require_safe
def offer_history(request: HttpRequest, pk: int) -> HttpResponse:
    """What changed since the offer was published, for anybody who may see the offer."""
    offer = access_offer(request.user, pk)
    page = Paginator(offer.revisions.all(), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "exchanges/offer_history.html",
        {
            "offer": offer,
            "page_obj": page,
            "revisions": [(revision, changes_in_words(revision.changes)) for revision in page],
            "crumbs": [(_("Offers"), reverse("offer_list")), (str(offer), offer.get_absolute_url())],
            "nav_active": "offer_list",
        },
    )
