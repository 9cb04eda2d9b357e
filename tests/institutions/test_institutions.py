"""Institutions: registering, vetting, what strangers see, and who may change what."""

import pytest

from institutions.actions import institutions as actions
from institutions.enums import InstitutionStatus, Role
from institutions.errors import Refused
from institutions.models import Institution, JournalEntry, Membership, Notice
from tests.factories.institution import InstitutionFactory
from tests.factories.membership import MembershipFactory
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
