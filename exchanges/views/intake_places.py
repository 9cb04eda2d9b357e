"""Who asked for a place in an intake and what became of it: names of one's own institution's learners only."""

import csv
from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchanges.access import access_intake_places
from exchanges.actions.intakes import may_manage
from exchanges.enums import PlacementStatus
from exchanges.intake_words import spoken_number
from exchanges.models import ChoiceList, Intake
from exchanges.views.enrolments import csv_cell
from exchanges.views.intakes import intake_crumbs, intake_tabs

PER_PAGE = 25


@login_required
@require_safe
def intake_places(request: HttpRequest, pk: int) -> HttpResponse:
    intake, named = access_intake_places(request.user, pk)
    manages = may_manage(request.user, intake)
    found = listed(intake, named, manages)
    result = intake.has_result
    counts = dict(found.order_by().values_list("placement__status").annotate(Count("pk"))) if result else {}
    states = [(status, status.label) for status in PlacementStatus if counts.get(status.value)]
    current = request.GET.get("list", "")
    current = current if current in dict(states) else ""
    if current:
        found = found.filter(placement__status=current)
    rows = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    own = None if named is None else set(named.values_list("pk", flat=True))
    for each in rows:
        each.named = own is None or each.institution_id in own
        each.number = spoken_number(each.placement.lottery) if result and hasattr(each, "placement") else ""
    return render(
        request,
        "exchanges/intake_places.html",
        {
            "intake": intake,
            "result": result,
            "page_obj": rows,
            "lists": [
                {"label": _("All"), "url": "?list=", "current": not current, "count": sum(counts.values())},
                *(
                    {"label": label, "url": f"?list={status}", "current": status == current, "count": counts[status]}
                    for status, label in states
                ),
            ]
            if states
            else [],
            "tabs": intake_tabs(request.user, intake, "intake_places", manages=manages),
            "crumbs": intake_crumbs(intake),
            "nav_active": "intake_list",
        },
    )


def listed(intake: Intake, named, manages: bool):
    """The submitted lists that the person may see: all for who runs the intake, else her own institution's."""
    found = intake.choice_lists.submitted()
    if not manages and named is not None:
        found = found.filter(institution__in=named)
    return found.select_related("learner", "institution", "placement__entry__exchange").order_by(
        "institution__name", "pk"
    )


@login_required
@require_safe
def intake_csv(request: HttpRequest, pk: int) -> HttpResponse:
    intake, named = access_intake_places(request.user, pk)
    found = listed(intake, named, may_manage(request.user, intake))
    own = None if named is None else set(named.values_list("pk", flat=True))
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="intake-{intake.pk}.csv"'
    response["Cache-Control"] = "no-store"
    response.write("\ufeff")  # so that spreadsheets read the letters as UTF-8
    writer = csv.writer(response)
    head = [_("Name"), _("E-mail"), _("Institution"), _("Submitted at (UTC)"), _("State"), _("Exchange"), _("Choice")]
    writer.writerow([*head, _("Confirm by (UTC)"), _("Number in the lottery")])
    for row in _rows(intake, found, own):
        writer.writerow(row)
    return response


def _rows(intake: Intake, found, own: set[int] | None) -> Iterator[list]:
    for each in found.iterator(chunk_size=2000):
        shown = own is None or each.institution_id in own
        placement = _placement_of(intake, each)
        yield [
            csv_cell(each.learner.name) if shown else "",
            csv_cell(each.learner.email) if shown else "",
            csv_cell(each.institution.name),
            f"{each.submitted_at:%Y-%m-%d %H:%M:%S}",
            placement.get_status_display() if placement else "",
            csv_cell(str(placement.entry)) if placement and placement.entry else "",
            placement.rank if placement and placement.rank else "",
            f"{placement.confirm_by:%Y-%m-%d %H:%M:%S}" if placement and placement.confirm_by else "",
            placement.lottery if placement else "",
        ]


def _placement_of(intake: Intake, choices: ChoiceList):
    return getattr(choices, "placement", None) if intake.has_result else None
