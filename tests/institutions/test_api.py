"""/api/v1/institutions/ and /api/v1/partnerships/: what the same person sees and does in the browser."""

import datetime as dt

import pytest
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from institutions.enums import InstitutionStatus, PartnershipStatus
from institutions.models import Institution, Partnership
from tests.factories.institution import InstitutionFactory
from tests.factories.partnership import PartnershipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def api(user=None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.get_or_create(user=user)[0].key}")
    return client


def names(answer):
    return [row["name"] for row in answer.json()["results"]]


FACTS = {
    "name": "Tampere University",
    "kind": "hei",
    "country": "FI",
    "city": "Tampere",
    "website": "https://www.tuni.fi/",
    "languages": ["fi", "en"],
    "domains": ["tuni.fi"],
    "schac": "tuni.fi",
    "erasmus_code": "SF TAMPERE17",
}


def test_strangers_list_verified_institutions_only(lisbon):
    InstitutionFactory(name="Not yet", status=InstitutionStatus.PENDING)
    answer = api().get("/api/v1/institutions/")
    assert names(answer) == ["Universidade de Lisboa"]
    assert api().get("/api/v1/institutions/not-yet/").status_code == 404


def test_filters_and_pages(lisbon, pune, tokyo):
    assert names(api().get("/api/v1/institutions/?country=PT")) == ["Universidade de Lisboa"]
    assert names(api().get("/api/v1/institutions/?q=pune")) == ["Savitribai Phule Pune University"]
    page = api().get("/api/v1/institutions/?page_size=2").json()
    assert (page["count"], len(page["results"])) == (3, 2)
    assert api().get("/api/v1/institutions/?kind=school").status_code == 400


def test_registering_goes_through_the_same_rules(emil):
    answer = api(emil).post("/api/v1/institutions/", FACTS)
    assert answer.status_code == 201
    assert answer.json()["zone"] == "Europe/Helsinki"
    assert Institution.objects.get(slug=answer.json()["slug"]).status == InstitutionStatus.PENDING


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("name", "A\x00B"),
        ("name", "A\x07B"),
        ("kind", "school"),
        ("country", "ZZ"),
        ("zone", "Asia/Tokyo"),
        ("website", "javascript:alert(1)"),
        ("languages", []),
        ("languages", ["klingon-language"]),
        ("languages", "en"),
        ("domains", ["gmail.com"]),
        ("erasmus_code", "P  LISBOA109"),
        ("pic", "12"),
        ("ror", "https://ror.org/013meh723"),
    ],
)
def test_bad_facts_answer_a_problem_at_the_field(emil, field, value):
    answer = api(emil).post("/api/v1/institutions/", {**FACTS, field: value})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert field in answer.json()["errors"]
    assert not Institution.objects.filter(city="Tampere").exists()


def test_strangers_and_outsiders_write_nothing(lisbon, chie, bruno, ines):
    assert api().post("/api/v1/institutions/", FACTS).status_code in (401, 403)
    for person in (chie, bruno):
        assert api(person).patch("/api/v1/institutions/lisbon/", {"city": "Porto"}).status_code == 404
    assert api(ines).patch("/api/v1/institutions/lisbon/", {"city": "Lisboa"}).json()["city"] == "Lisboa"
    lisbon.refresh_from_db()
    assert (lisbon.city, lisbon.schac) == ("Lisboa", "lisbon.example")


def draft(**changes):
    today = dt.date.today()
    return {
        "title": "Two rivers",
        "institutions": ["pune", "lisbon"],
        "isced_fields": ["0731"],
        "valid_from": str(today),
        "valid_until": str(today + dt.timedelta(days=400)),
        "places": [{"sending": "pune", "receiving": "lisbon", "per_year": 12}],
        **changes,
    }


def test_a_partnership_from_draft_to_force(asha, ishaan, bruno, ines, root):
    path = f"/api/v1/partnerships/{api(asha).post('/api/v1/partnerships/', draft()).json()['id']}/"
    assert api(bruno).patch(path, {"title": "Two rivers, one studio"}).json()["version"] == 2
    assert api(bruno).get(path).json()["places"][0]["per_year"] == 12
    assert api(asha).post(f"{path}start-signing/").json()["status"] == PartnershipStatus.SIGNING
    assert api(ishaan).post(f"{path}sign/", {"institution": "lisbon", "version": 2}).status_code == 400
    assert api(ishaan).post(f"{path}sign/", {"institution": "pune", "version": 2}).status_code == 200
    assert api(ines).post(f"{path}sign/", {"institution": "lisbon", "version": 2}).json()["status"] == "submitted"
    assert api(ines).post(f"{path}approve/").status_code == 404
    assert api(root).post(f"{path}approve/").json()["status"] == PartnershipStatus.ACTIVE


def test_partnerships_are_the_parties_own(pune, lisbon, asha, chie, emil, root):
    partnership = PartnershipFactory(institutions=[pune, lisbon])
    path = f"/api/v1/partnerships/{partnership.pk}/"
    for outsider in (chie, emil):
        assert api(outsider).get(path).status_code == 404
        assert api(outsider).get("/api/v1/partnerships/").json()["count"] == 0
        assert api(outsider).post(f"{path}end/", {"note": "No more"}).status_code == 404
    assert api().get("/api/v1/partnerships/").status_code in (401, 403)
    assert api(asha).get(path).status_code == api(root).get(path).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"title": "A\x00B"},
        {"institutions": ["pune"]},
        {"institutions": ["pune", "nowhere"]},
        {"valid_until": "2020-01-01"},
        {"valid_from": "soon"},
        {"isced_fields": ["9999"]},
        {"places": [{"sending": "pune", "receiving": "tokyo", "per_year": 1}]},
        {"places": [{"sending": "pune", "receiving": "lisbon", "per_year": -1}]},
    ],
)
def test_a_bad_draft_is_refused(asha, lisbon, tokyo, change):
    answer = api(asha).post("/api/v1/partnerships/", draft(**change))
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) & {*change, "institutions"}
    assert not Partnership.objects.exists()


@pytest.mark.parametrize("count", [1, 30])
def test_lists_take_the_same_queries_for_one_and_thirty(asha, pune, count, django_assert_num_queries):
    for _ in range(count):
        PartnershipFactory(institutions=[pune, InstitutionFactory()])
    client = api(asha)
    with django_assert_num_queries(8):
        assert len(client.get("/api/v1/partnerships/").json()["results"]) == count
    with django_assert_num_queries(4):
        client.get("/api/v1/institutions/")
