"""Noting who was at a session, on one page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exchanges.access import access_coordinated_activity
from exchanges.actions.attendance import NOTABLE, note_attendance
from exchanges.enums import ExchangeStatus, Presence
from exchanges.forms.attendance import AttendanceForm
from exchanges.forms.fields import add_refusal
from exchanges.models import Activity, Enrolment
from exchanges.views.standing import exchange_crumbs
from institutions.errors import Refused


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def attendance_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of those whom the session was for; one button says that all were there."""
    activity = access_coordinated_activity(request.user, pk)
    if not activity.is_session or activity.status not in NOTABLE or activity.starts_at > timezone.now():
        raise Http404
    people, noted = _people(activity)
    everybody = "all" in request.POST
    data = {f"presence_{each.pk}": Presence.PRESENT for each in people} if everybody else request.POST
    form = AttendanceForm(data if request.method == "POST" else None, people=people, noted=noted)
    if form.is_valid():
        try:
            note_attendance(actor=request.user, activity=activity, presences=form.presences)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Noted. You can put it right until the exchange is completed."))
            return redirect("exchange_sessions", pk=activity.exchange_id)
    return render(
        request,
        "exchanges/attendance_edit.html",
        {
            "activity": activity,
            "exchange": activity.exchange,
            "form": form,
            "editable": activity.exchange.status == ExchangeStatus.RUNNING,
            "crumbs": [
                *exchange_crumbs(activity.exchange),
                (_("Sessions"), reverse("exchange_sessions", args=[activity.exchange_id])),
            ],
            "nav_active": "exchange_list",
        },
    )


def _people(activity: Activity) -> tuple[list[Enrolment], dict[int, str]]:
    """Whom it is for, and whoever was noted before and has left since."""
    noted = dict(activity.attendances.values_list("enrolment", "presence"))
    current = list(activity.members().for_list())
    left = Enrolment.objects.filter(pk__in=noted.keys() - {each.pk for each in current}).for_list()
    people = sorted([*current, *left], key=lambda each: (each.part.institution.name, each.learner.name, each.pk))
    return people, noted
