"""The named cast (see the domain's people): institutions, and people with the roles they hold in them.

Asking for a person brings her institution; asking for an institution brings nobody.
"""

import pytest
from django.test import Client

from institutions.enums import Kind, Role
from tests.factories.institution import InstitutionFactory
from tests.factories.membership import MembershipFactory
from tests.factories.user import UserFactory


@pytest.fixture
def pune(db):
    return InstitutionFactory(
        name="Savitribai Phule Pune University",
        slug="pune",
        country="IN",
        city="Pune",
        zone="Asia/Kolkata",
        languages=["en", "mr"],
        schac="pune.example",
        domains=["pune.example"],
    )


@pytest.fixture
def lisbon(db):
    return InstitutionFactory(
        name="Universidade de Lisboa",
        slug="lisbon",
        country="PT",
        city="Lisbon",
        zone="Europe/Lisbon",
        languages=["pt", "en"],
        schac="lisbon.example",
        erasmus_code="P  LISBOA109",
        domains=["lisbon.example"],
    )


@pytest.fixture
def tokyo(db):
    """The outsider: nothing of Pune's and Lisbon's may leak to it."""
    return InstitutionFactory(
        name="University of Tokyo",
        slug="tokyo",
        country="JP",
        city="Tokyo",
        zone="Asia/Tokyo",
        languages=["ja", "en"],
        domains=["tokyo.example"],
    )


@pytest.fixture
def cairo(db):
    return InstitutionFactory(
        name="Cairo University",
        slug="cairo",
        country="EG",
        city="Cairo",
        zone="Africa/Cairo",
        languages=["ar", "en"],
        domains=["cairo.example"],
    )


@pytest.fixture
def nairobi(db):
    return InstitutionFactory(
        name="Nairobi Technical Training Institute",
        slug="nairobi",
        kind=Kind.VET,
        country="KE",
        city="Nairobi",
        zone="Africa/Nairobi",
        languages=["en", "sw"],
        domains=["nairobi.example"],
    )


def person(name, institution, role):
    user = UserFactory(name=name, email=f"{name.split()[0].lower()}@{institution.slug}.example", zone=institution.zone)
    MembershipFactory(user=user, institution=institution, role=role)
    return user


@pytest.fixture
def asha(pune):
    return person("Asha Kulkarni", pune, Role.COORDINATOR)


@pytest.fixture
def ishaan(pune):
    return person("Ishaan Deshpande", pune, Role.ADMIN)


@pytest.fixture
def farah(pune):
    return person("Farah Shaikh", pune, Role.LEARNER)


@pytest.fixture
def bruno(lisbon):
    return person("Bruno Carvalho", lisbon, Role.COORDINATOR)


@pytest.fixture
def ines(lisbon):
    return person("Ines Moreira", lisbon, Role.ADMIN)


@pytest.fixture
def emil(lisbon):
    return person("Emil Duarte", lisbon, Role.LEARNER)


@pytest.fixture
def chie(tokyo):
    return person("Chie Tanaka", tokyo, Role.COORDINATOR)


@pytest.fixture
def dina(cairo):
    return person("Dina Farouk", cairo, Role.LEARNER)


@pytest.fixture
def grace(nairobi):
    """A VET learner of 16."""
    return person("Grace Wanjiku", nairobi, Role.LEARNER)


@pytest.fixture
def root(db):
    return UserFactory(name="Root", email="root@vmobility.example", is_platform_admin=True)


@pytest.fixture
def sign_in(db):
    """`sign_in(asha)` answers a browser in which Asha is signed in."""

    def browser(user):
        client = Client()
        client.force_login(user)
        return client

    return browser
