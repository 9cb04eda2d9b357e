"""An intake's rows in and out: columns and copies give what plain queries give, on PostgreSQL and on SQLite."""

import json

import pytest

from exchanges.actions.intake_input import intake_input
from exchanges.enums import PlacementStatus
from exchanges.matching.files import run as match
from exchanges.models import Choice, Placement
from exchanges.models.columns import number_columns
from tests.factories.enrolment import learner_of
from tests.factories.exchange import exchange_of
from tests.factories.institution import InstitutionFactory
from tests.factories.intake import allocated, chosen, intake_of

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def intake():
    home, other = InstitutionFactory(), InstitutionFactory(country="IN")
    first, second = exchange_of(home, other, places=1), exchange_of(home, other, places=2)
    intake = intake_of(first, second)
    for institution in (home, other, home, home):
        chosen(intake, learner_of(institution), first, second)
    return intake


def test_columns_are_what_values_list_gives(intake):
    rows = Choice.objects.filter(choice_list__intake=intake).order_by("pk")
    columns = number_columns(rows, "pk", "choice_list", "entry", "rank")
    assert columns.T.tolist() == [list(row) for row in rows.values_list("pk", "choice_list", "entry", "rank")]
    assert number_columns(rows.none(), "pk", "rank").shape == (2, 0)


def test_results_are_stored_as_they_are_given(intake):
    lists = list(intake.choice_lists.order_by("pk").values_list("pk", flat=True))
    entry = intake.entries.first()
    told = {"code": "placed", "facts": {"odd": 'tab\t, line\n, "quotes", back\\slash, Inês 漢字'}}
    rows = [
        (lists[0], entry.pk, 2, PlacementStatus.OFFERED.value, json.dumps(told), "0a"),
        (lists[1], None, None, PlacementStatus.WAITING.value, json.dumps(told, ensure_ascii=False), "0b"),
    ]
    Placement.objects.store(intake.pk, None, rows)
    found = Placement.objects.order_by("pk")
    assert [(p.choice_list_id, p.entry_id, p.rank, p.status, p.lottery) for p in found] == [
        (lists[0], entry.pk, 2, "offered", "0a"),
        (lists[1], None, None, "waiting", "0b"),
    ]
    assert all(p.reason == told and p.intake == intake and p.run is None for p in found)


def test_the_columns_and_the_file_of_an_intake_give_the_same_places(intake):
    allocated(intake)
    answer, _ = match("seats", json.dumps(intake_input(intake).file).encode(), seed=intake.seed)
    told = {each["learner"]: (each["exchange"], each["rank"], each["reason"]) for each in answer["placements"]}
    told |= {each["learner"]: (None, None, each["reason"]) for each in answer["unplaced"]}
    stored = Placement.objects.filter(intake=intake)
    assert len(told) == 4 and any(rank == 2 for _, rank, _ in told.values())
    assert {p.choice_list_id: (p.entry_id, p.rank, p.reason) for p in stored} == told
