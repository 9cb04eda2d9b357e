"""The journal: who did what, when and why, with filters, and as CSV."""

import csv
import datetime as dt
from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from institutions.access import access_journal
from institutions.forms.journal import JournalFilterForm
from institutions.models import JournalEntry

PER_PAGE = 50
COLUMNS = ("at", "actor", "verb", "subject_type", "subject_id", "subject", "institution", "note")


@login_required
@require_safe
def journal(request: HttpRequest) -> HttpResponse:
    """Newest first. Pages go by the last row seen, so that the millionth is as quick as the first."""
    entries = access_journal(request.user)
    form = JournalFilterForm(request.GET)
    found = _before(form.filtered(entries), request.GET.get("before", ""))
    rows = list(found.order_by("-at", "-pk")[: PER_PAGE + 1])
    more = len(rows) > PER_PAGE
    rows = rows[:PER_PAGE]
    for row in rows:
        row.noun = row.subject_type.rpartition(".")[2]
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "form": form,
        "rows": rows,
        "older": f"{rows[-1].at.isoformat()},{rows[-1].pk}" if more else "",
        "is_first": not request.GET.get("before"),
        "filtered": form.is_filtered(),
        "csv_query": query.urlencode(),
    }
    return render(request, "institutions/journal.html", context)


def _before(entries: QuerySet[JournalEntry], cursor: str) -> QuerySet[JournalEntry]:
    """Those older than the row a cursor names; a cursor that makes no sense means the start."""
    at, _comma, pk = cursor.partition(",")
    try:
        instant, number = dt.datetime.fromisoformat(at), int(pk)
    except ValueError:
        return entries
    if instant.tzinfo is None or not 2000 <= instant.year <= 2100 or not 0 < number < 2**63:
        return entries
    return entries.filter(at__lte=instant).filter(Q(at__lt=instant) | Q(pk__lt=number))


@login_required
@require_safe
def journal_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All that the filters leave, row by row: the whole journal never stands in memory."""
    entries = JournalFilterForm(request.GET).filtered(access_journal(request.user)).order_by("-at", "-pk")
    name = f"journal-{timezone.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        _lines(entries),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


class _Line:
    """Takes what a csv writer writes and hands it back."""

    def write(self, text: str) -> str:
        return text


def _lines(entries: QuerySet[JournalEntry]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff"  # spreadsheets read UTF-8 with it
    yield writer.writerow(COLUMNS)
    for entry in entries.iterator(chunk_size=2000):
        row = (
            entry.at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            entry.actor.email if entry.actor else "",
            entry.verb,
            entry.subject_type,
            entry.subject_id,
            entry.subject_name,
            entry.institution.name if entry.institution else "",
            entry.note,
        )
        yield writer.writerow([harmless(value) for value in row])


def harmless(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: one that starts like a formula gets a quote in front."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")) else text
