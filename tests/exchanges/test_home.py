"""The home page: true figures, nothing private, a fixed number of queries, made once a minute for visitors."""

import pytest
from django.urls import reverse

from exchanges.enums import ExchangeStatus, OfferStatus
from exchanges.views.catalogue import FRONT_PAGES
from institutions.enums import InstitutionStatus
from tests.factories.enrolment import enrolled
from tests.factories.exchange import ExchangeFactory, exchange_of
from tests.factories.institution import InstitutionFactory
from tests.factories.offers import OfferFactory
from tests.factories.partnership import PartnershipFactory

pytestmark = pytest.mark.django_db
HOME = "/"


@pytest.fixture(autouse=True)
def no_kept_pages():
    FRONT_PAGES.pages.clear()
    yield
    FRONT_PAGES.pages.clear()


def figures(page: str) -> dict[str, str]:
    rows = page.partition('<dl class="stats">')[2].partition("</dl>")[0].split("<dt>")[1:]
    return {row.partition("</dt>")[0]: row.partition("<dd>")[2].partition("</dd>")[0] for row in rows}


@pytest.mark.embedded
def test_an_empty_platform_says_how_to_begin(client):
    page = client.get(HOME).content.decode()
    assert "The first exchange could be yours" in page
    assert figures(page) == {}
    assert "ribbon-rows" not in page


@pytest.mark.embedded
def test_figures_count_what_is_open_to_all(client, lisbon, pune):
    OfferFactory(institution=pune)
    OfferFactory(institution=pune, status=OfferStatus.DRAFT)
    InstitutionFactory(status=InstitutionStatus.PENDING, country="JP")
    exchange = exchange_of(lisbon, pune)
    enrolled(exchange, lisbon)
    page = client.get(HOME).content.decode()
    assert figures(page) == {
        "verified institutions": "2",
        "countries": "2",
        "offers that look for partners": "2",
        "learner with a place": "1",
    }


def test_cards_of_open_offers_and_exchanges(client, lisbon, pune):
    offer = OfferFactory(institution=pune, title="Rivers in two cities")
    exchange = exchange_of(lisbon, pune, title="Bread and salt")
    page = client.get(HOME).content.decode()
    assert offer.get_absolute_url() in page
    assert exchange.get_absolute_url() in page


def test_nothing_private_is_shown(client, lisbon, pune, dina):
    OfferFactory(institution=pune, status=OfferStatus.DRAFT, title="A draft of ours")
    PartnershipFactory(institutions=[lisbon, pune], title="A paper between two")
    ExchangeFactory(host=lisbon, institutions=[lisbon, pune], status=ExchangeStatus.PLANNED, title="Still planned")
    InstitutionFactory(status=InstitutionStatus.PENDING, name="Not let in yet", city="Nowhere", zone="Asia/Tokyo")
    OfferFactory(institution=InstitutionFactory(status=InstitutionStatus.SUSPENDED), title="Of a suspended one")
    page = client.get(HOME).content.decode()
    for hidden in ("A draft of ours", "A paper between two", "Still planned", "Nowhere", "Of a suspended", dina.email):
        assert hidden not in page


def test_this_moment_elsewhere(client, lisbon, pune, tokyo):
    page = client.get(HOME).content.decode()
    assert "Pune" in page
    assert "Tokyo" in page


@pytest.mark.parametrize("many", [1, 9])
def test_a_fixed_number_of_queries(client, django_assert_num_queries, lisbon, pune, many):
    for _ in range(many):
        OfferFactory(institution=pune)
        enrolled(exchange_of(lisbon, pune), lisbon)
    client.get(reverse("offer_list"))  # the pictures of both catalogues are in memory
    client.get(reverse("exchange_list"))
    with django_assert_num_queries(9):
        client.get(HOME)
    with django_assert_num_queries(1):  # as made a moment ago
        client.get(HOME)


def test_people_see_it_too(sign_in, bruno):
    page = sign_in(bruno).get(HOME).content.decode()
    assert "Learn together" in page
    assert "Sign in" not in page
