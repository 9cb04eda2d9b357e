"""Institutions: registering, vetting, what strangers see, and who may change what."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from institutions.actions import institutions as actions
from institutions.enums import InstitutionStatus, Role
from institutions.errors import Refused
from institutions.models import Institution, JournalEntry, Membership, Notice
from tests.factories.institution import InstitutionFactory
from tests.factories.membership import MembershipFactory
from tests.factories.partnership import PartnershipFactory
from tests.factories.user import UserFactory

FACTS = {
    "name": "Universidade de Coimbra",
    "kind": "hei",
    "country": "PT",
    "city": "Coimbra",
    "zone": "Europe/Lisbon",
    "website": "https://www.coimbra.example",
    "languages": ["pt", "en"],
    "schac": "coimbra.example",
}


@pytest.fixture
def vera(db):
    """A visitor who registers an institution."""
    return UserFactory(name="Vera Pinto", email="vera@coimbra.example")


@pytest.fixture
def coimbra(vera):
    return actions.register(actor=vera, domains=["coimbra.example"], **FACTS)


def kinds(user):
    return set(Notice.objects.inbox(user).values_list("kind", flat=True))


def verbs(subject):
    return list(JournalEntry.objects.about(subject).values_list("verb", flat=True))


# Actions -------------------------------------------------------------------------------------------------------------


def test_a_registered_institution_waits_and_gives_nobody_a_role(root, vera, coimbra):
    assert coimbra.status == InstitutionStatus.PENDING
    assert coimbra.slug == "universidade-de-coimbra"
    assert not Membership.objects.of(vera).exists()
    assert not coimbra.domains.get().verified
    assert kinds(root) == {"institution_registered"}


def test_approval_verifies_the_domains_and_makes_the_registrant_admin_and_coordinator(root, vera, coimbra):
    actions.approve(actor=root, institution=coimbra, note="Codes checked.")
    roles = Membership.objects.active().of(vera).values_list("role", flat=True)
    assert set(roles) == {Role.ADMIN, Role.COORDINATOR}
    assert coimbra.domains.get().verified
    assert verbs(coimbra) == ["institution.register", "institution.approve"]
    assert kinds(vera) == {"institution_verified"}


def test_approval_takes_off_the_domains_that_are_not_accepted(root, coimbra):
    actions.approve(actor=root, institution=coimbra, domains=[])
    assert not coimbra.domains.exists()


def test_a_domain_belongs_to_one_institution(root, coimbra):
    InstitutionFactory(name="Somebody else", domains=["coimbra.example"])
    with pytest.raises(Refused, match="already belongs to Somebody else"):
        actions.approve(actor=root, institution=coimbra)
    coimbra.refresh_from_db()
    assert coimbra.status == InstitutionStatus.PENDING


def test_declining_needs_a_reason_and_the_registrant_may_hand_in_again(root, vera, coimbra):
    with pytest.raises(Refused):
        actions.decline(actor=root, institution=coimbra, note=" ")
    actions.decline(actor=root, institution=coimbra, note="The website is somebody else's.")
    assert kinds(vera) == {"institution_declined"}
    coimbra = actions.edit(actor=vera, institution=coimbra, website="https://www.uc.example")
    assert coimbra.status == InstitutionStatus.PENDING
    assert verbs(coimbra)[-1] == "institution.register_again"


def test_nobody_holds_a_role_in_a_suspended_institution(root, ines, bruno, lisbon):
    actions.suspend(actor=root, institution=lisbon, note="Complaints about its offers.")
    assert not Membership.objects.active().filter(institution=lisbon).exists()
    assert "institution_suspended" in kinds(ines) & kinds(bruno)
    actions.restore(actor=root, institution=lisbon)
    assert Membership.objects.active().of(ines, Role.ADMIN).exists()


@pytest.mark.parametrize("move", [actions.approve, actions.decline, actions.suspend, actions.restore])
def test_only_platform_admins_vet(move, ines, coimbra, vera):
    for actor in (ines, vera):
        with pytest.raises(Refused, match="Only a platform admin"):
            move(actor=actor, institution=coimbra, note="Mine.")


def test_what_was_decided_is_not_decided_again(root, coimbra):
    actions.approve(actor=root, institution=coimbra)
    for move in (actions.approve, actions.decline, actions.restore):
        with pytest.raises(Refused, match="decided meanwhile"):
            move(actor=root, institution=coimbra, note="Again.")


def test_a_code_belongs_to_one_institution(vera, lisbon):
    with pytest.raises(Refused) as refused:
        actions.register(actor=vera, **{**FACTS, "schac": lisbon.schac})
    assert refused.value.field == "schac"
    assert not Institution.objects.filter(created_by=vera).exists()


def test_names_that_spell_alike_get_addresses_of_their_own(vera, coimbra):
    other = actions.register(actor=vera, **{**FACTS, "schac": ""})
    third = actions.register(actor=vera, **{**FACTS, "schac": "", "name": "東京大学"})
    assert (other.slug, third.slug) == ("universidade-de-coimbra-2", "institution")


def test_platform_admins_hear_when_a_verified_institution_changes_what_it_is_known_by(root, ines, lisbon):
    actions.edit(actor=ines, institution=lisbon, description="Five campuses.")
    assert "institution_changed" not in kinds(root)
    actions.edit(actor=ines, institution=lisbon, name="Harvard")
    assert "institution_changed" in kinds(root)
    assert JournalEntry.objects.latest("pk").data == {"changes": {"name": ["Universidade de Lisboa", "Harvard"]}}


def test_new_domains_count_only_once_a_platform_admin_accepts_them(root, ines, lisbon):
    actions.edit(actor=ines, institution=lisbon, domains=["lisbon.example", "campus.example", "odd.example"])
    assert set(lisbon.domains.filter(verified=True).values_list("domain", flat=True)) == {"lisbon.example"}
    actions.verify_domains(actor=root, institution=lisbon, domains=["campus.example"])
    assert set(lisbon.domains.filter(verified=True).values_list("domain", flat=True)) == {
        "campus.example",
        "lisbon.example",
    }
    assert lisbon.domains.count() == 2


def test_others_may_not_edit(chie, emil, bruno, root, ishaan, lisbon):
    tokyo = Institution.objects.get(slug="tokyo")
    MembershipFactory(user=chie, institution=tokyo, role=Role.ADMIN)
    for actor in (chie, emil, bruno, root, ishaan):
        with pytest.raises(Refused):
            actions.edit(actor=actor, institution=lisbon, name="Mine")


# Pages ---------------------------------------------------------------------------------------------------------------

TYPED = {
    "name": "Universidade de Coimbra",
    "kind": "hei",
    "country": "PT",
    "city": "Coimbra",
    "zone": "Europe/Lisbon",
    "website": "www.coimbra.example",
    "domains": "coimbra.example\n@student.coimbra.example",
    "languages": "Portuguese, en",
    "description": "**Old** and curious.",
    "schac": "COIMBRA.example",
    "erasmus_code": "P COIMBRA01",
    "pic": "999 888 777",
    "ror": "ror.org/04z8k9a98",
}


def register(client, **changes):
    return client.post("/institutions/register/", {**TYPED, **changes})


@pytest.mark.embedded
def test_a_visitor_registers_an_institution(sign_in, vera, root):
    answer = register(sign_in(vera))
    institution = Institution.objects.get(slug="universidade-de-coimbra")
    assert answer.url == institution.get_absolute_url()
    assert institution.schac == "coimbra.example"
    assert institution.erasmus_code == "P  COIMBRA01"
    assert institution.pic == "999888777"
    assert institution.ror == "https://ror.org/04z8k9a98"
    assert institution.website == "https://www.coimbra.example"
    assert institution.languages == ["pt", "en"]
    assert [row.domain for row in institution.domains.all()] == ["coimbra.example", "student.coimbra.example"]
    page = sign_in(vera).get(institution.get_absolute_url()).content.decode()
    assert "Waiting for approval" in page


def test_the_zone_comes_from_the_country_where_it_has_one(sign_in, vera):
    register(sign_in(vera), country="IN", city="Pune", zone="", erasmus_code="")
    assert Institution.objects.get(created_by=vera).zone == "Asia/Kolkata"
    field = sign_in(vera).get("/institutions/zone/?country=PT").content.decode()
    assert '<option value="Europe/Lisbon" selected' in field


def test_signing_in_comes_before_registering(client):
    assert "/accounts/login/" in client.get("/institutions/register/").url


BAD = [
    ("name", "", "required"),
    ("name", "x" * 201, "at most 200"),
    ("name", "NUL\0", "cannot be shown"),
    ("name", "bell\x07", "cannot be shown"),
    ("kind", "castle", "not one of the available"),
    ("country", "XX", "not one of the available"),
    ("city", "", "required"),
    ("zone", "Mars/Olympus", "Choose a time zone"),
    ("zone", "Asia/Tokyo", "not a time zone of the country"),
    ("zone", "", "more than one time zone"),
    ("website", "javascript:alert(1)", "starts with https"),
    ("website", "http://localhost/", "not a domain name|only works inside|only the end"),
    ("domains", "gmail.com", "open to everybody"),
    ("domains", "me@uni.example", "after the @"),
    ("languages", "", "required"),
    ("languages", "Klingonish", "not a language we know"),
    ("description", "x" * 4001, "at most 4000"),
    ("schac", "https://uni.example", "bare domain"),
    ("erasmus_code", "D  BERLIN13", "not the Erasmus country"),
    ("pic", "12", "nine digits"),
    ("ror", "https://ror.org/013meh721", "check digits"),
]


@pytest.mark.parametrize(("field", "value", "says"), BAD)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_written(sign_in, vera, field, value, says):
    answer = register(sign_in(vera), **{field: value})
    form = answer.context["form"]
    assert re.search(says, " ".join(form.errors[field]))
    assert form["city" if field != "city" else "name"].value() in answer.content.decode()
    assert not Institution.objects.exists()
    assert not JournalEntry.objects.exists()


def test_markup_in_the_facts_is_only_text(sign_in, vera, coimbra):
    hostile = "<script>alert(1)</script>"
    register(sign_in(vera), name=hostile, city=hostile, schac="", description=f"{hostile} [x](javascript:alert(1))")
    institution = Institution.objects.latest("pk")
    page = sign_in(vera).get(institution.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_a_taken_code_is_said_at_its_field(sign_in, vera, lisbon):
    answer = register(sign_in(vera), schac="lisbon.example")
    assert answer.context["form"].errors["schac"]


@pytest.mark.parametrize("status", ["pending", "declined", "suspended"])
def test_what_is_not_verified_is_not_there_for_others(client, sign_in, root, chie, emil, vera, status):
    secret = InstitutionFactory(name="Secret College", status=status, created_by=vera)
    url = secret.get_absolute_url()
    assert client.get(url).status_code == 404
    for user in (chie, emil):
        assert sign_in(user).get(url).status_code == 404
    for user in (vera, root):
        assert sign_in(user).get(url).status_code == 200
    assert "Secret College" not in client.get("/institutions/?q=Secret").content.decode()
    assert client.get("/institutions/no-such-place/").status_code == 404


def test_a_stranger_sees_the_facts_and_no_people(client, sign_in, chie, ines, emil, bruno, lisbon, pune):
    MembershipFactory(institution=lisbon, status="requested", user=UserFactory(name="Nosy Newcomer"))
    PartnershipFactory(institutions=[lisbon, pune], title="Open to all", status="active")
    PartnershipFactory(institutions=[lisbon, pune], title="Secret talks", status="draft")
    for browser in (client, sign_in(chie), sign_in(emil)):
        page = browser.get(lisbon.get_absolute_url()).content.decode()
        assert "P  LISBOA109" in page
        assert "Savitribai Phule Pune University" in page
        for hidden in ("Secret talks", "Nosy Newcomer", "ines@lisbon.example", "Ines", "Bruno", "ask to join</b>"):
            assert hidden not in page
    page = sign_in(ines).get(lisbon.get_absolute_url()).content.decode()
    assert "Secret talks" in page
    assert "1 person asks to join" in page


def test_only_its_admins_open_its_edit_page(client, sign_in, lisbon, ines, bruno, emil, chie, ishaan, root):
    url = "/institutions/lisbon/edit/"
    for user in (bruno, emil, chie, ishaan, root):
        assert sign_in(user).get(url).status_code == 404
        assert sign_in(user).post(url, TYPED).status_code == 404
    assert sign_in(ines).get(url).status_code == 200
    answer = sign_in(ines).post(url, {**TYPED, "name": "ULisboa", "city": "Lisboa", "domains": "lisbon.example"})
    assert answer.status_code == 302
    lisbon.refresh_from_db()
    assert (lisbon.name, lisbon.slug) == ("ULisboa", "lisbon")
    assert lisbon.domains.get().verified


def test_only_platform_admins_suspend_and_restore(sign_in, lisbon, ines, chie, root):
    for user in (ines, chie):
        for move in ("suspend", "restore", "domains"):
            assert sign_in(user).post(f"/institutions/lisbon/{move}/", {"note": "Mine."}).status_code == 404
    browser = sign_in(root)
    assert "required" in browser.post("/institutions/lisbon/suspend/", {"note": ""}).content.decode()
    browser.post("/institutions/lisbon/suspend/", {"note": "Complaints."})
    lisbon.refresh_from_db()
    assert lisbon.status == InstitutionStatus.SUSPENDED
    assert "Complaints." in sign_in(ines).get(lisbon.get_absolute_url()).content.decode()
    browser.post("/institutions/lisbon/restore/", {"note": ""})
    lisbon.refresh_from_db()
    assert lisbon.status == InstitutionStatus.VERIFIED


@pytest.mark.parametrize("query", ["q=pune", "country=IN", "kind=hei&q=Savitribai", "q=%00&country=IN", "page=999"])
def test_the_list_finds_by_name_country_and_kind(client, pune, lisbon, nairobi, query):
    page = client.get(f"/institutions/?{query}").content.decode()
    assert "Savitribai" in page
    if "page" not in query:
        assert "Nairobi" not in page


def test_platform_admins_find_the_others_too(client, sign_in, root, ines, lisbon):
    InstitutionFactory(name="Secret College", status="suspended")
    assert "Secret College" in sign_in(root).get("/institutions/?status=suspended").content.decode()
    for browser in (client, sign_in(ines)):
        assert "Secret College" not in browser.get("/institutions/?status=suspended").content.decode()


def test_queries_do_not_grow_with_the_rows(client, sign_in, ines, lisbon, django_assert_num_queries):
    with django_assert_num_queries(3):
        client.get("/institutions/")
    InstitutionFactory.create_batch(30)
    for other in Institution.objects.all()[:10]:
        if other != lisbon:
            PartnershipFactory(institutions=[lisbon, other])
    with django_assert_num_queries(3):
        client.get("/institutions/")


def test_the_page_of_one_institution_asks_as_often_for_one_partnership_as_for_many(client, ines, sign_in, lisbon):
    PartnershipFactory(institutions=[lisbon, InstitutionFactory()])
    PartnershipFactory(institutions=[lisbon, InstitutionFactory()], status="draft")
    browser = sign_in(ines)
    with CaptureQueriesContext(connection) as few:
        browser.get(lisbon.get_absolute_url())
    for status in ("active", "draft"):
        for _ in range(5):
            PartnershipFactory(institutions=[lisbon, *InstitutionFactory.create_batch(2)], status=status)
    MembershipFactory.create_batch(10, institution=lisbon)
    with CaptureQueriesContext(connection) as many:
        browser.get(lisbon.get_absolute_url())
    assert len(few) == len(many)
