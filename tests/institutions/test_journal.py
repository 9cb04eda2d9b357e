"""The journal: filters, pages by the last row seen, and the CSV."""

import csv
import datetime as dt
import io

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from institutions.actions.journal import record
from institutions.models import JournalEntry
from institutions.views.journal import harmless
from tests.factories.partnership import PartnershipFactory


@pytest.fixture
def partnership(pune, lisbon):
    return PartnershipFactory(institutions=[pune, lisbon], title="Secret talks")


@pytest.fixture
def entries(asha, ines, pune, lisbon, partnership):
    moments = [
        (asha, "partnership.draft", partnership, pune, "", dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)),
        (ines, "partnership.sign", partnership, lisbon, "With joy", dt.datetime(2026, 9, 2, 12, tzinfo=dt.UTC)),
        (None, "institution.approve", pune, pune, "=1+1", dt.datetime(2026, 9, 3, 23, 30, tzinfo=dt.UTC)),
    ]
    for actor, verb, subject, institution, note, at in moments:
        with time_machine.travel(at, tick=False):
            record(actor=actor, verb=verb, subject=subject, institution=institution, note=note)
    return list(JournalEntry.objects.order_by("pk"))


@pytest.mark.parametrize("name", ["asha", "ines", "emil", "chie"])
def test_the_journal_is_for_platform_admins_only(request, sign_in, client, name, entries):
    browser = sign_in(request.getfixturevalue(name))
    assert browser.get("/journal/").status_code == 404
    assert browser.get("/journal/csv/").status_code == 404
    assert client.get("/journal/").url.startswith("/accounts/login/")
    assert client.get("/journal/csv/").url.startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [2, 1, 0]),
        ("verb=partnership", [1, 0]),
        ("verb=partnership.sign", [1]),
        ("verb=part", []),
        ("actor=asha", [0]),
        ("actor=ines@lisbon", [1]),
        ("institution=pune", [2, 0]),
        ("subject=secret", [1, 0]),
        ("subject=nothing 99999", []),
        ("since=2026-09-02&until=2026-09-02", [1]),
        ("until=2026-09-01", [0]),
        ("since=2026-09-03&until=2026-09-01", [2]),
        ("since=9999-12-31&until=0001-01-01&actor=%00", [2, 1, 0]),
        (f"subject=partnership {10**30}", []),
        ("before=nonsense", [2, 1, 0]),
        ("before=0001-01-01T00:00:00%2B14:00,1", [2, 1, 0]),
        (f"before=2026-09-03T00:00:00%2B00:00,{10**30}", [2, 1, 0]),
    ],
)
def test_filters(sign_in, root, entries, query, found):
    rows = sign_in(root).get(f"/journal/?{query}").context["rows"]
    assert rows == [entries[n] for n in found]


def test_one_object_by_its_number(sign_in, root, entries, partnership):
    rows = sign_in(root).get(f"/journal/?subject=partnership+{partnership.pk}").context["rows"]
    assert rows == [entries[1], entries[0]]


def test_days_are_the_readers_own(sign_in, root, entries):
    root.zone = "Asia/Kolkata"
    root.save()
    assert sign_in(root).get("/journal/?since=2026-09-04").context["rows"] == [entries[2]]


def test_pages_go_on_where_the_last_one_ended_and_miss_nothing(sign_in, root, pune):
    with time_machine.travel(dt.datetime(2026, 9, 1, tzinfo=dt.UTC), tick=False):
        for _ in range(120):
            record(actor=None, verb="institution.edit", subject=pune)
    browser = sign_in(root)
    seen, query = [], ""
    while True:
        page = browser.get("/journal/", {"verb": "institution", **({"before": query} if query else {})})
        seen += [row.pk for row in page.context["rows"]]
        query = page.context["older"]
        if not query:
            break
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)


def test_queries_do_not_grow_with_the_rows(sign_in, root, entries, pune, asha):
    browser = sign_in(root)
    with CaptureQueriesContext(connection) as few:
        browser.get("/journal/")
    for _ in range(60):
        record(actor=asha, verb="institution.edit", subject=pune, institution=pune)
    with CaptureQueriesContext(connection) as many:
        browser.get("/journal/")
    assert len(few) == len(many)


def test_the_csv_has_every_row_and_no_formula(sign_in, root, entries):
    answer = sign_in(root).get("/journal/csv/?institution=pune")
    assert answer["Content-Disposition"].startswith('attachment; filename="journal-')
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row["verb"] for row in rows] == ["institution.approve", "partnership.draft"]
    assert rows[0]["note"] == "'=1+1"
    assert rows[0]["actor"] == ""
    assert rows[1]["actor"] == "asha@pune.example"
    assert rows[1]["at"] == "2026-09-01T12:00:00+00:00"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "\n=1", "|cmd"])
def test_cells_that_look_like_formulas_are_text(cell):
    assert harmless(cell) == f"'{cell}"


def test_other_cells_stay_as_they_are():
    assert harmless("Pune = home") == "Pune = home"
    assert harmless(12) == "12"


def test_hostile_names_are_only_text(sign_in, root, asha, pune):
    asha.name = "<script>alert(1)</script>"
    asha.save()
    record(actor=asha, verb="institution.edit", subject=pune, note="<img src=x onerror=alert(1)>")
    page = sign_in(root).get("/journal/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
