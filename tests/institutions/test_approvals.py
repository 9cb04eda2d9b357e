"""The approval queue: who sees it, what it shows, deciding with and without JavaScript."""

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from institutions import vetting
from institutions.actions import institutions as institution_actions
from institutions.actions import memberships as membership_actions
from institutions.actions import partnerships as actions
from institutions.enums import InstitutionStatus, MembershipStatus, PartnershipStatus, Role
from institutions.models import InstitutionDomain, Partnership
from tests.factories.institution import InstitutionFactory
from tests.factories.membership import MembershipFactory
from tests.factories.partnership import PartnershipFactory
from tests.factories.user import UserFactory

HTMX = {"HX-Request": "true"}


def waiting(n=1, **facts):
    facts = {
        "name": "Secret College",
        "slug": f"secret-{n}",
        "website": f"https://secret{n}.example",
        "status": "pending",
        **facts,
    }
    institution = InstitutionFactory(created_by=UserFactory(name="Vera Pinto"), **facts)
    InstitutionDomain.objects.create(institution=institution, domain=f"secret{n}.example")
    return institution


@pytest.fixture
def secret(db):
    return waiting()


@pytest.fixture
def submitted(pune, lisbon, ines, ishaan):
    partnership = PartnershipFactory(institutions=[pune, lisbon], title="Secret talks", status="submitted")
    partnership.parties.update(signed_by=ines)
    return partnership


@pytest.mark.parametrize("name", ["chie", "emil", "ines", "asha"])
def test_the_queue_is_for_platform_admins_only(request, sign_in, client, name, secret, submitted):
    browser = sign_in(request.getfixturevalue(name))
    assert browser.get("/approvals/").status_code == 404
    for url in (f"/approvals/institutions/{secret.slug}/", f"/approvals/partnerships/{submitted.pk}/"):
        for headers in ({}, HTMX):
            assert browser.post(url, {"decision": "approve", "note": ""}, headers=headers).status_code == 404
    secret.refresh_from_db()
    submitted.refresh_from_db()
    assert (secret.status, submitted.status) == (InstitutionStatus.PENDING, PartnershipStatus.SUBMITTED)
    assert client.get("/approvals/").url.startswith("/accounts/login/")


def test_unknown_ones_are_not_there(sign_in, root):
    browser = sign_in(root)
    assert browser.post("/approvals/institutions/nowhere/", {"decision": "approve"}).status_code == 404
    for pk in (0, 10**30):
        assert browser.post(f"/approvals/partnerships/{pk}/", {"decision": "approve"}).status_code == 404


def test_an_institution_is_shown_with_what_was_checked(sign_in, root, lisbon):
    institution = waiting(
        name="Universidade de Lisbôa",
        website="https://www.lisbon.example",
        schac="other.example",
        ror="https://ror.org/013meh722",
        pic="999888777",
    )
    page = sign_in(root).get("/approvals/").content.decode()
    assert "the check digits fit" in page
    assert "nine digits; it has no check digit" in page
    assert "differs from the website" in page
    assert "the person has no confirmed address there" in page
    assert institution.created_by.email in page
    card = sign_in(root).get("/approvals/").context["institutions"][0]
    assert card.similar == [lisbon]


def test_names_that_are_alike():
    assert vetting.alike("Universidade de Lisboa", "UNIVERSIDADE DE LISBÔA")
    assert vetting.alike("Cairo University", "The University of Cairo")
    assert not vetting.alike("University of Porto", "University of Lisbon")
    assert not vetting.alike("Savitribai Phule Pune University", "Nairobi Technical Training Institute")


def test_domains_against_the_website_and_the_person():
    good, bad = vetting.domain_checks(
        ["uni.example", "elsewhere.example"], "https://www.uni.example/en", ["vera@staff.uni.example"]
    )
    assert good.good
    assert "confirmed address there" in good.text
    assert not bad.good
    assert "uni.example" in bad.text


@pytest.mark.embedded
def test_verifying_and_declining_without_javascript(sign_in, root, secret):
    browser = sign_in(root)
    url = f"/approvals/institutions/{secret.slug}/"
    page = browser.post(url, {"decision": "decline", "note": " ", "domains": ["secret1.example"]})
    assert "Say why" in page.content.decode()
    assert page.status_code == 200
    page = browser.post(url, {"decision": "both", "note": "Typed so far"})
    assert "Typed so far" in page.content.decode()
    assert browser.post(url, {"decision": "approve", "note": "", "domains": ["foreign.example"]}).context["errors"]
    secret.refresh_from_db()
    assert secret.status == InstitutionStatus.PENDING
    assert browser.post(url, {"decision": "approve", "note": "", "domains": ["secret1.example"]}).url == "/approvals/"
    secret.refresh_from_db()
    assert secret.status == InstitutionStatus.VERIFIED
    assert secret.domains.get().verified
    assert not browser.get("/approvals/").context["institutions"].object_list


def test_verifying_with_htmx_draws_the_card_anew(sign_in, root, secret):
    browser = sign_in(root)
    url = f"/approvals/institutions/{secret.slug}/"
    refused = browser.post(url, {"decision": "decline", "note": ""}, headers=HTMX).content.decode()
    assert refused.startswith('<article class="card" id="institution-') or "<article" in refused[:200]
    assert "Say why" in refused
    done = browser.post(url, {"decision": "decline", "note": "Not yours."}, headers=HTMX).content.decode()
    assert "Decided." in done
    assert "<form" not in done
    again = browser.post(url, {"decision": "approve", "note": ""}, headers=HTMX).content.decode()
    assert "decided meanwhile" in again


def test_a_partnership_is_shown_with_all_that_is_needed(sign_in, root, submitted, pune, lisbon):
    earlier = PartnershipFactory(institutions=[pune, lisbon], title="Old agreement", status="ended")
    PartnershipFactory(institutions=[pune, InstitutionFactory()], title="Unrelated", status="active")
    page = sign_in(root).get("/approvals/")
    text = page.content.decode()
    assert "Ines Moreira" in text
    assert "Each institution recognises the credits in full." in text
    assert page.context["partnerships"][0].earlier == [earlier]


def test_what_changed_since_it_was_sent_back(sign_in, root, submitted, ines, ishaan, asha, pune, lisbon):
    actions.send_back(actor=root, partnership=submitted, note="Name the deadline.")
    actions.edit_partnership(
        actor=asha,
        partnership=submitted,
        institutions=[pune, lisbon],
        title="Secret talks",
        fields=["07"],
        valid_from=submitted.valid_from,
        valid_until=submitted.valid_until,
        places={(pune.pk, lisbon.pk): 25, (lisbon.pk, pune.pk): 10},
        recognition_terms="In five weeks.",
    )
    actions.start_signing(actor=asha, partnership=submitted)
    actions.sign(actor=ines, partnership=submitted, institution=lisbon, version=2)
    actions.sign(actor=ishaan, partnership=submitted, institution=pune, version=2)
    page = sign_in(root).get("/approvals/")
    changed = {change["label"]: change["after"] for change in page.context["partnerships"][0].changes}
    assert set(changed) == {"fields of study", "places per year", "recognition terms"}
    assert changed["recognition terms"] == "In five weeks."
    assert "Name the deadline." in page.content.decode()


@pytest.mark.parametrize(
    ("decision", "note", "status"),
    [("approve", "", "active"), ("send_back", "Dates.", "returned"), ("decline", "No.", "declined")],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_deciding_on_a_partnership(sign_in, root, submitted, decision, note, status, headers):
    url = f"/approvals/partnerships/{submitted.pk}/"
    typed = {"decision": decision, "note": note, "version": "1"}
    answer = sign_in(root).post(url, typed, headers=headers)
    assert (answer.status_code, Partnership.objects.get().status) == (200 if headers else 302, status)
    if headers:
        assert "Decided." in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_refused_decision_on_a_partnership_keeps_what_was_typed(sign_in, root, submitted, headers):
    url = f"/approvals/partnerships/{submitted.pk}/"
    browser = sign_in(root)
    for typed, says in (
        ({"decision": "decline", "note": ""}, "Say why"),
        ({"decision": "send_back", "note": "x" * 2001}, "at most 2000"),
        ({"decision": "", "note": "Typed so far"}, "Typed so far"),
        ({"decision": "approve", "note": "Typed so far", "version": "7"}, "new version"),
        ({"decision": "approve", "note": "NUL\0"}, "cannot be shown"),
    ):
        answer = browser.post(url, typed, headers=headers)
        assert says in answer.content.decode()
        assert ("<html" in answer.content.decode()) == (not headers)
    assert Partnership.objects.get().status == PartnershipStatus.SUBMITTED


def test_requests_to_institutions_without_an_admin_wait_here(sign_in, root, lisbon, pune, ines):
    noor = UserFactory(name="Noor Haddad")
    membership_actions.ask_to_join(actor=noor, institution=pune, role=Role.ADMIN, message="I am the dean.")
    membership_actions.ask_to_join(actor=UserFactory(name="Not Here"), institution=lisbon, role=Role.ADMIN)
    browser = sign_in(root)
    page = browser.get("/approvals/").content.decode()
    assert "Noor Haddad" in page
    assert "I am the dean." in page
    assert "Not Here" not in page
    answer = browser.post(
        f"/memberships/{noor.memberships.get().pk}/decide/", {"decision": "admit", "note": "", "next": "/approvals/"}
    )
    assert answer.url == "/approvals/"
    assert noor.memberships.get().status == MembershipStatus.ACTIVE


def test_new_domains_of_verified_institutions_wait_here(sign_in, root, lisbon, ines):
    institution_actions.edit(actor=ines, institution=lisbon, domains=["lisbon.example", "campus.example"])
    browser = sign_in(root)
    assert "campus.example" in browser.get("/approvals/").content.decode()
    browser.post("/institutions/lisbon/domains/", {"domains": ["campus.example"]})
    assert lisbon.domains.filter(verified=True).count() == 2
    assert "campus.example" not in browser.get("/approvals/").content.decode()


def test_hostile_text_is_only_text(sign_in, root, pune, lisbon):
    hostile = "<script>alert(1)</script>"
    waiting(name=hostile, description=f"[x](javascript:alert(1)) {hostile}", city=hostile)
    PartnershipFactory(institutions=[pune, lisbon], title=hostile, recognition_terms=hostile, status="submitted")
    page = sign_in(root).get("/approvals/").content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_queries_do_not_grow_with_what_waits(sign_in, root, pune, lisbon):
    def fill(number):
        institution = waiting(number, name=f"College {number}")
        EmailAddress.objects.create(user=institution.created_by, email=f"v{number}@x.example", verified=True)
        PartnershipFactory(institutions=[pune, lisbon], status="submitted")
        MembershipFactory(institution=InstitutionFactory(), status="requested")
        InstitutionDomain.objects.create(institution=InstitutionFactory(), domain=f"new{number}.example")

    fill(1)
    browser = sign_in(root)
    with CaptureQueriesContext(connection) as few:
        browser.get("/approvals/")
    for number in range(2, 31):
        fill(number)
    with CaptureQueriesContext(connection) as many:
        page = browser.get("/approvals/")
    assert len(few) == len(many)
    assert len(page.context["institutions"].object_list) == 10
    third = browser.get("/approvals/?page=3")
    assert len(third.context["institutions"].object_list) == 10
    for odd in ("²", "0", "-1", "x", "9" * 40):
        assert browser.get(f"/approvals/?page={odd}").status_code == 200
