"""When somebody can't: dates away, and busy times from calendars of her own."""

import datetime as dt

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from institutions.access import access_absence, access_busy_calendar
from institutions.actions import absences, busy
from institutions.calendar_words import problem_words
from institutions.errors import Refused
from institutions.forms.availability import AbsenceForm, BusyCalendarForm, as_text
from institutions.forms.fields import add_refusal
from institutions.models import Absence, BusyCalendar

PER_PAGE = 20
REMOVED = "removed_absence"
LATE = dt.timedelta(days=2)  # an address that was not read for so long is worth a warning

# Dates away ----------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def absence_list(request: HttpRequest) -> HttpResponse:
    form = AbsenceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            absences.add(actor=request.user, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            request.session.pop(REMOVED, None)
            messages.success(request, _("Noted. Nothing is proposed for you in this time."))
            return redirect("absence_list")
    today = timezone.localdate(timezone=request.zone)  # type: ignore[attr-defined]
    rows = Absence.objects.filter(user=request.user)
    show_past = "past" in request.GET
    shown = rows.filter(last__lt=today).order_by("-first", "-pk") if show_past else rows.filter(last__gte=today)
    context = {
        "form": form,
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "show_past": show_past,
        "has_past": not show_past and rows.filter(last__lt=today).exists(),
        "removed": request.session.get(REMOVED),
        "nav_active": "absence_list",
    }
    return render(request, "institutions/absence_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def absence_edit(request: HttpRequest, pk: int) -> HttpResponse:
    absence = access_absence(request.user, pk)
    sent = request.POST if request.method == "POST" else None
    form = AbsenceForm(sent, initial={name: getattr(absence, name) for name in absences.FACTS})
    if form.is_valid():
        try:
            absences.change(actor=request.user, absence=absence, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Changed."))
            return redirect("absence_list")
    context = {"form": form, "absence": absence, "nav_active": "absence_list"}
    return render(request, "institutions/absence_edit.html", context)


@login_required
@require_POST
def absence_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """It can be put back, so nothing is asked."""
    absence = access_absence(request.user, pk)
    facts = absences.remove(actor=request.user, absence=absence)
    request.session[REMOVED] = as_text(facts)
    return redirect("absence_list")


@login_required
@require_POST
def absence_put_back(request: HttpRequest) -> HttpResponse:
    """What was removed last in this session."""
    form = AbsenceForm(request.session.pop(REMOVED, {}))
    if form.is_valid():
        try:
            absences.add(actor=request.user, **form.cleaned_data)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Put back."))
    else:
        messages.error(request, _("There is nothing to put back."))
    return redirect("absence_list")


# Busy times ----------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def busy_calendars(request: HttpRequest) -> HttpResponse:
    form = BusyCalendarForm(request.POST, request.FILES) if request.method == "POST" else BusyCalendarForm()
    if form.is_valid():
        try:
            busy.add(actor=request.user, **form.facts())
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("The calendar is being read. Only its busy times are kept."))
            return redirect("busy_calendars")
    context = {"form": form, "full": False, **_calendars(request), "nav_active": "busy_calendars"}
    context["full"] = len(context["calendars"]) >= busy.MOST_CALENDARS
    return render(request, "institutions/busy_calendars.html", context)


@login_required
@require_safe
def busy_state(request: HttpRequest) -> HttpResponse:
    """The list alone, for the page that waits for a worker."""
    return render(request, "institutions/_busy_calendars.html", _calendars(request))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def busy_remove(request: HttpRequest, pk: int) -> HttpResponse:
    calendar = access_busy_calendar(request.user, pk)
    if request.method == "POST":
        busy.remove(actor=request.user, calendar=calendar)
        messages.success(request, _("The calendar and all that was read from it are deleted."))
        return redirect("busy_calendars")
    context = {
        "title": _("Remove this calendar?"),
        "text": _("All that was read from it is deleted at once. To have it back, you would have to add it again."),
        "subject": str(calendar) or busy.host_of(calendar),
        "submit": _("Remove it"),
        "cancel_url": reverse("busy_calendars"),
        "danger": True,
    }
    return render(request, "institutions/confirm.html", context)


@login_required
@require_POST
def busy_read(request: HttpRequest, pk: int) -> HttpResponse:
    calendar = access_busy_calendar(request.user, pk)
    try:
        busy.read_again(actor=request.user, calendar=calendar)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("busy_calendars")


def _calendars(request: HttpRequest) -> dict:
    now = timezone.now()
    rows = []
    for calendar in BusyCalendar.objects.filter(user=request.user).defer("content"):
        waits = calendar.due_at is not None and calendar.due_at <= now + busy.READ_AGAIN_AFTER
        rows.append(
            {
                "calendar": calendar,
                "host": busy.host_of(calendar),
                "waits": waits,
                "problem": problem_words(calendar.problem, calendar.problem_facts),
                "old": bool(calendar.url and calendar.read_at and calendar.read_at < now - LATE),
            }
        )
    return {"calendars": rows, "waiting": any(row["waits"] for row in rows)}
