"""An institution's academic calendar: for everybody to see, for its coordinators and admins to keep."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from institutions.access import access_calendar, access_institution, access_period
from institutions.actions import calendars as actions
from institutions.calendar_words import left_out_words, problem_words
from institutions.errors import Refused
from institutions.forms.availability import as_text
from institutions.forms.calendars import CalendarFileForm, PeriodForm, TakeOverForm
from institutions.forms.fields import add_refusal
from institutions.interop.calendars_in import CalendarError, FoundPeriod, periods_in
from institutions.models import Institution

PER_PAGE = 30
REMOVED = "removed_period"
FOUND = "calendar_file"
BACK, AHEAD = dt.timedelta(days=400), dt.timedelta(days=1200)


@require_safe
def calendar_detail(request: HttpRequest, slug: str) -> HttpResponse:
    institution = access_institution(request.user, slug)
    today = timezone.localdate(timezone=institution.tz)
    show_past = "past" in request.GET
    rows = institution.periods.all()
    shown = rows.filter(last__lt=today).order_by("-first", "-pk") if show_past else rows.filter(last__gte=today)
    may_edit = request.user.is_authenticated and actions.may_edit(request.user, institution)
    removed = request.session.get(REMOVED) if may_edit else None
    context = {
        "institution": institution,
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "show_past": show_past,
        "has_past": not show_past and rows.filter(last__lt=today).exists(),
        "may_edit": may_edit,
        "removed": removed and removed.get("slug") == slug,
        "nav_active": "institution_list",
    }
    return render(request, "institutions/calendar_detail.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def period_new(request: HttpRequest, slug: str) -> HttpResponse:
    institution = access_calendar(request.user, slug)
    form = PeriodForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            period = actions.add(actor=request.user, institution=institution, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("%(name)s is on the calendar.") % {"name": period.name})
            return redirect("period_new" if "another" in request.POST else "calendar_detail", slug=slug)
    return _form_page(request, institution, form, title=_("Add to the academic calendar"), new=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def period_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    period = access_period(request.user, slug, pk)
    sent = request.POST if request.method == "POST" else None
    form = PeriodForm(sent, initial={name: getattr(period, name) for name in actions.FACTS})
    if form.is_valid():
        try:
            actions.change(actor=request.user, period=period, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Changed."))
            return redirect("calendar_detail", slug=slug)
    return _form_page(request, period.institution, form, title=_("Change the academic calendar"))


def _form_page(request: HttpRequest, institution: Institution, form: PeriodForm, **words: Any) -> HttpResponse:
    context = {"institution": institution, "form": form, "nav_active": "institution_list", **words}
    return render(request, "institutions/period_form.html", context)


@login_required
@require_POST
def period_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """It can be put back, so nothing is asked."""
    period = access_period(request.user, slug, pk)
    facts = actions.remove(actor=request.user, period=period)
    request.session[REMOVED] = {"slug": slug, **as_text(facts)}
    return redirect("calendar_detail", slug=slug)


@login_required
@require_POST
def period_put_back(request: HttpRequest, slug: str) -> HttpResponse:
    """What was removed last in this session."""
    institution = access_calendar(request.user, slug)
    form = PeriodForm(request.session.pop(REMOVED, {}))
    if form.is_valid():
        try:
            actions.add(actor=request.user, institution=institution, **form.cleaned_data)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Put back."))
    else:
        messages.error(request, _("There is nothing to put back."))
    return redirect("calendar_detail", slug=slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_import(request: HttpRequest, slug: str) -> HttpResponse:
    """A file, then what is in it to choose from. Between the two the session holds what was found."""
    institution = access_calendar(request.user, slug)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = CalendarFileForm(*sent)
    if form.is_valid():
        today = timezone.localdate(timezone=institution.tz)
        try:
            content = form.cleaned_data["file"].read()
            found = periods_in(content, zone=institution.zone, first=today - BACK, last=today + AHEAD)
        except CalendarError as error:
            form.add_error("file", problem_words(error.code, error.facts))
        else:
            if found.periods:
                request.session[FOUND] = {
                    "slug": slug,
                    "name": form.cleaned_data["file"].name[:100],
                    "periods": [[p.name, p.first.isoformat(), p.last.isoformat(), p.uid] for p in found.periods],
                    "problems": dict(found.problems),
                }
                return redirect("calendar_preview", slug=slug)
            form.add_error("file", _("There are no whole days with a name in it, from last year to three years ahead."))
            for words in left_out_words(found.problems):
                form.add_error("file", words)
    context = {"institution": institution, "form": form, "nav_active": "institution_list"}
    return render(request, "institutions/calendar_import.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """What a file holds, what of it is here already, what is left out and why; nothing is saved until it is chosen."""
    institution = access_calendar(request.user, slug)
    kept = request.session.get(FOUND)
    if not kept or kept["slug"] != slug:
        return redirect("calendar_import", slug=slug)
    found = [
        FoundPeriod(name, dt.date.fromisoformat(first), dt.date.fromisoformat(last), uid)
        for name, first, last, uid in kept["periods"]
    ]
    proposed = actions.compare(institution, found)
    form = TakeOverForm(
        request.POST if request.method == "POST" else None,
        kinds=[each.kind for each in proposed],
        ticked=[not each.same for each in proposed],
    )
    if form.is_valid():
        try:
            kinds = {found[number]: kind for number, kind in form.chosen}
            new, moved = actions.take_over(actor=request.user, institution=institution, found=found, kinds=kinds)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            request.session.pop(FOUND, None)
            said = [ngettext("%(n)s period is new.", "%(n)s periods are new.", new) % {"n": new}]
            if moved:
                said.append(ngettext("%(n)s has other days now.", "%(n)s have other days now.", moved) % {"n": moved})
            messages.success(request, " ".join(said))
            return redirect("calendar_detail", slug=slug)
    context = {
        "institution": institution,
        "form": form,
        "file_name": kept["name"],
        "rows": [
            {"proposed": each, "take": form[f"take_{number}"], "kind": form[f"kind_{number}"]}
            for number, each in enumerate(proposed)
        ],
        "left_out": left_out_words(kept["problems"]),
        "nav_active": "institution_list",
    }
    return render(request, "institutions/calendar_preview.html", context)
