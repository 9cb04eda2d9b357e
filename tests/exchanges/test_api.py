"""/api/v1/exchanges/ and /api/v1/enrolments/: what the same person sees and does in the browser."""

import datetime as dt

import pytest
from rest_framework.test import APIClient

from exchanges.enums import EnrolmentStatus, ExchangeStatus
from exchanges.models import Enrolment, Offer
from tests.factories.enrolment import enrolled, learner_of
from tests.factories.exchange import ExchangeFactory, exchange_of
from tests.factories.offers import OfferFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def api(user=None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client


def test_planned_exchanges_are_their_coordinators_own(pune, lisbon, asha, bruno, chie, emil):
    exchange = ExchangeFactory(host=pune, institutions=[pune, lisbon])
    path = f"/api/v1/exchanges/{exchange.pk}/"
    for person, code in [(None, 404), (chie, 404), (emil, 404), (asha, 200), (bruno, 200)]:
        assert api(person).get(path).status_code == code
        assert api(person).get("/api/v1/exchanges/").json()["count"] == (code == 200)


def test_joining_and_leaving(pune, lisbon, emil, farah, bruno, chie):
    exchange = exchange_of(pune, lisbon, places=1)
    enrolled(exchange, lisbon)
    joined = api(emil).post(f"/api/v1/exchanges/{exchange.pk}/join/")
    assert (joined.status_code, joined.json()["status"]) == (201, EnrolmentStatus.WAITING)
    again = api(emil).post(f"/api/v1/exchanges/{exchange.pk}/join/").json()
    assert again["id"] == joined.json()["id"]
    mine = f"/api/v1/enrolments/{again['id']}/"
    assert api(emil).get("/api/v1/enrolments/").json()["count"] == 1
    assert api(bruno).get(f"/api/v1/enrolments/?exchange={exchange.pk}").json()["count"] == 2
    for outsider in (farah, chie):
        assert api(outsider).get(mine).status_code == 404
        assert api(outsider).post(f"{mine}withdraw/").status_code == 404
    assert api(bruno).post(f"{mine}withdraw/").status_code == 404  # only the learner withdraws
    assert api(emil).post(f"{mine}withdraw/").json()["status"] == EnrolmentStatus.WITHDRAWN


def test_outsiders_cannot_join(pune, lisbon, tokyo, chie):
    exchange = exchange_of(pune, lisbon)
    answer = api(learner_of(tokyo)).post(f"/api/v1/exchanges/{exchange.pk}/join/")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert api().post(f"/api/v1/exchanges/{exchange.pk}/join/").status_code in (401, 403)
    assert not Enrolment.objects.exists()


def test_coordinators_change_and_open(pune, lisbon, asha, chie):
    exchange = ExchangeFactory(host=pune, institutions=[pune, lisbon], covered=True)
    path = f"/api/v1/exchanges/{exchange.pk}/"
    assert api(asha).patch(path, {"places": {"lisbon": 7}}).json()["parts"][1]["places"] == 7
    assert api(asha).post(f"{path}open-enrolment/").json()["status"] == ExchangeStatus.ENROLLING
    assert api(chie).patch(path, {"title": "Mine now"}).status_code == 404
    assert api(chie).post(f"{path}cancel/", {"reason": "Ha"}).status_code == 404
    assert api(asha).post(f"{path}cancel/", {}).status_code == 400
    assert api(asha).post(f"{path}cancel/", {"reason": "The studio burned down."}).json()["status"] == "cancelled"


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"title": "x" * 141},
        {"title": "A\x00B"},
        {"starts": "2031-02-30"},
        {"ends": "2001-01-01"},
        {"group_size_min": 9, "group_size_max": 3},
        {"places": {"tokyo": 3}},
        {"places": {"lisbon": -1}},
        {"places": {"lisbon": 10**30}},
        {"enrol_closes": "tomorrow"},
        {"session_minutes": 0},
    ],
)
def test_bad_changes_are_refused(pune, lisbon, asha, change):
    exchange = ExchangeFactory(host=pune, institutions=[pune, lisbon])
    before = api(asha).get(f"/api/v1/exchanges/{exchange.pk}/").json()
    answer = api(asha).patch(f"/api/v1/exchanges/{exchange.pk}/", change)
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert api(asha).get(f"/api/v1/exchanges/{exchange.pk}/").json() == before


def test_unknown_and_absurd_numbers_are_404(asha):
    for pk in (1, 10**30):
        assert api(asha).get(f"/api/v1/exchanges/{pk}/").status_code == 404
        assert api(asha).get(f"/api/v1/enrolments/{pk}/").status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_lists_take_the_same_queries_for_one_and_thirty(pune, lisbon, asha, count, django_assert_num_queries):
    for _ in range(count):
        exchange = exchange_of(pune, lisbon)
    for _ in range(count):
        enrolled(exchange, lisbon)
    with django_assert_num_queries(4):
        assert len(api(asha).get("/api/v1/exchanges/").json()["results"]) == count
    with django_assert_num_queries(2):
        assert len(api(asha).get("/api/v1/enrolments/").json()["results"]) == count


def test_offers_show_what_a_stranger_may_see(pune, lisbon, asha, bruno, chie):
    shown = OfferFactory(institution=pune, title="Water in cities", languages=[("en", "B2"), ("mr", "C1")])
    draft = OfferFactory(institution=pune, title="Not ready", status="draft")
    titles = [row["title"] for row in api().get("/api/v1/offers/").json()["results"]]
    assert titles == ["Water in cities"]
    offer = api().get(f"/api/v1/offers/{shown.pk}/").json()
    assert offer["languages"] == [{"tag": "en", "cefr": "B2"}, {"tag": "mr", "cefr": "C1"}]
    assert offer["hours"][0] == {"weekday": 0, "start": "09:00", "end": "18:00"}
    assert "coordinator" not in offer
    assert asha.email not in api().get(f"/api/v1/offers/{shown.pk}/").content.decode()
    for person, code in [(None, 404), (bruno, 404), (chie, 404), (asha, 200)]:
        assert api(person).get(f"/api/v1/offers/{draft.pk}/").status_code == code


def test_offers_are_filtered_and_found(pune, lisbon):
    OfferFactory(institution=pune, title="Gestão da água", field="0712", languages=[("pt", "B1")])
    OfferFactory(institution=lisbon, title="Bridges", field="0732", format="tandem")

    def found(query):
        return [row["title"] for row in api().get(f"/api/v1/offers/?{query}").json()["results"]]

    assert found("q=gestao agua") == ["Gestão da água"]
    assert found("language=pt") == found("isced_field=0712") == found("country=IN") == ["Gestão da água"]
    assert found("format=tandem") == found("institution=lisbon") == ["Bridges"]
    assert len(found("isced_field=07")) == 2
    assert api().get("/api/v1/offers/?level=99").status_code == 400


def content(**changes):
    starts = dt.date.today() + dt.timedelta(days=90)
    return {
        "title": "Water in cities",
        "summary": "Two rivers, one studio.",
        "description": "Mixed teams compare the Mula-Mutha and the Tagus.",
        "outcomes": ["Compare two river basins", "Work in a mixed team"],
        "context": "learning",
        "isced_field": "0731",
        "level": 6,
        "starts": str(starts),
        "ends": str(starts + dt.timedelta(weeks=6, days=-1)),
        "weeks": 6,
        "zone": "Asia/Kolkata",
        "hours": [{"weekday": 1, "start": "13:30", "end": "17:00"}],
        "session_minutes": 90,
        "live_hours": "9.0",
        "independent_hours": "45.0",
        "ects": "2.0",
        "languages": [{"tag": "en", "cefr": "B2"}],
        "own_places": 25,
        "partner_places": 25,
        "group_size_min": 3,
        "group_size_max": 6,
        "partners_wanted": 2,
        "wanted_countries": ["PT"],
        "mode": "virtual",
        "resources": [
            {"kind": "oer", "title": "Rivers", "url": "https://open.pune.example/rivers", "licence": "CC-BY-4.0"}
        ],
        "bandwidth": "medium",
        **changes,
    }


@pytest.fixture
def draft(pune, asha):
    answer = api(asha).post("/api/v1/offers/", {"institution": "pune", "format": "coil"})
    assert answer.status_code == 201
    return f"/api/v1/offers/{answer.json()['id']}/"


def test_an_offer_from_draft_to_closed(draft, asha):
    early = api(asha).post(f"{draft}publish/")
    assert (early.status_code, list(early.json()["errors"])) == (400, ["title"])
    filled = api(asha).patch(draft, content())
    assert filled.status_code == 200, filled.json()
    assert filled.json()["hours"] == [{"weekday": 1, "start": "13:30", "end": "17:00"}]
    assert filled.json()["outcomes"] == ["Compare two river basins", "Work in a mixed team"]
    assert api(asha).post(f"{draft}publish/").json()["status"] == "published"
    assert api().get(draft).json()["title"] == "Water in cities"
    api(asha).patch(draft, {"title": "Water in two cities"})
    assert Offer.objects.get().revisions.get().changes["title"] == ["Water in cities", "Water in two cities"]
    assert api(asha).post(f"{draft}close/", {"note": "We found our partners."}).json()["status"] == "closed"


def test_only_the_institutions_coordinators_write(draft, pune, bruno, chie, farah):
    for person in (bruno, chie, farah):
        assert api(person).patch(draft, {"title": "Mine"}).status_code == 404
        assert api(person).post(f"{draft}publish/").status_code == 404
        assert api(person).post("/api/v1/offers/", {"institution": "pune", "format": "coil"}).status_code == 400
    assert api().post("/api/v1/offers/", {"institution": "pune", "format": "coil"}).status_code in (401, 403)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "x" * 141},
        {"title": "A\x00B"},
        {"isced_field": "9999"},
        {"level": 9},
        {"starts": "2031-01-01", "ends": "2001-01-01"},
        {"zone": "Mars/Olympus"},
        {"hours": [{"weekday": 7, "start": "09:00", "end": "10:00"}]},
        {"hours": [{"weekday": 1, "start": "09:10", "end": "10:00"}]},
        {"languages": [{"tag": "klingon", "cefr": "B2"}]},
        {"languages": [{"tag": "en", "cefr": "B2"}, {"tag": "en", "cefr": "C1"}]},
        {"own_places": 10**30},
        {"wanted_countries": ["ZZ"]},
        {"wanted_regions": ["999"]},
        {"wanted_kinds": ["school"]},
        {"resources": [{"title": "Rivers", "url": "javascript:alert(1)", "licence": "CC-BY-4.0"}]},
        {"resources": [{"title": "Rivers", "url": "https://open.pune.example/", "licence": "mine"}]},
        {"group_size_min": 9, "group_size_max": 3},
    ],
)
def test_bad_content_is_refused_at_the_field(draft, asha, change):
    before = api(asha).get(draft).json()
    answer = api(asha).patch(draft, change)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) & set(change)
    assert api(asha).get(draft).json() == before


def test_one_date_alone_cannot_turn_a_draft_around(draft, asha):
    api(asha).patch(draft, content())
    answer = api(asha).patch(draft, {"starts": "9999-12-31"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["ends"])
