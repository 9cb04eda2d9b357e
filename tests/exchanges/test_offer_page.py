"""An offer's public page: what a stranger may see, and nothing else."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from exchanges.enums import ExchangeStatus, OfferStatus
from institutions.enums import InstitutionStatus
from institutions.hours import WeekHours
from tests.factories.exchange import exchange_of
from tests.factories.offers import OfferFactory
from tests.factories.pairing import PairingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(asha, pune):
    return OfferFactory(
        institution=pune,
        title="Water in cities: two rivers, one studio",
        description="Weeks 1 and 2: **team building**.\n\n<script>alert(1)</script> [click](javascript:alert(2))",
        outcomes="Compare two basins\n- Work in a mixed team",
        languages=[("en", "B2"), ("mr", "native")],
        resources=[
            {"kind": "oer", "title": "River <i>atlas</i>", "url": "https://oer.example/atlas", "licence": "CC-BY-4.0"}
        ],
        wanted_countries=["PT"],
        wanted_regions=["019"],
        wanted_kinds=["hei"],
        captions=True,
        access_notes="Sign language on request",
        partners_wanted=2,
    )


@pytest.mark.embedded
def test_a_stranger_reads_the_offer(client, offer):
    page = client.get(offer.get_absolute_url())
    assert page.status_code == 200
    for words in (
        "Water in cities: two rivers, one studio",
        "Savitribai Phule Pune University",
        "<strong>team building</strong>",
        "<li>Compare two basins</li>",
        "<li>Work in a mixed team</li>",
        "River &lt;i&gt;atlas&lt;/i&gt;",
        "https://oer.example/atlas",
        "CC-BY-4.0",
        "English, B2 or better",
        "Marathi, native",
        "Americas, Portugal",
        "Live sessions have captions",
        "Sign language on request",
        "of 3 to 6",
        "EQF 6",
        "2 ECTS",
        "9 h live",
        "45 h in your own time",
    ):
        assert words in page.text, words


@pytest.mark.embedded
def test_a_stranger_reads_nothing_else(client, offer, asha, lisbon):
    PairingFactory(offer=offer, partner_institution=lisbon, message="Between us")
    offer.draft = {"what": {"typed": {"title": ["Half-baked idea"]}}}
    offer.save()
    page = client.get(offer.get_absolute_url()).text
    for secret in (asha.email, asha.name, "Lisboa", "Between us", "Half-baked", "/edit/", "Propose", "partners/"):
        assert secret not in page, secret
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert 'style="' not in page


def test_meta(client, offer):
    page = client.get(offer.get_absolute_url()).text
    assert '<meta property="og:title" content="Water in cities: two rivers, one studio">' in page
    assert f'rel="canonical" href="http://localhost:8000{offer.get_absolute_url()}"' in page


@pytest.mark.parametrize("who", ["nobody", "chie", "bruno", "farah", "root"])
def test_a_draft_is_nobody_elses(client, request, sign_in, pune, asha, who):
    draft = OfferFactory(institution=pune, status=OfferStatus.DRAFT)
    browser = client if who == "nobody" else sign_in(request.getfixturevalue(who))
    assert browser.get(draft.get_absolute_url()).status_code == 404
    assert sign_in(asha).get(draft.get_absolute_url()).status_code == 200


def test_unknown_offers_are_not_found(client):
    for pk in (0, 123456789, 10**18):
        assert client.get(f"/offers/{pk}/").status_code == 404
    assert client.get(f"/offers/{10**30}/").status_code == 404


def test_offers_of_a_suspended_institution_are_not_found(client, offer, pune):
    pune.status = InstitutionStatus.SUSPENDED
    pune.save()
    assert client.get(offer.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    ("status", "words"), [("closed", "This offer is closed"), ("expired", "This offer has expired")]
)
def test_what_was_public_says_that_it_is_over(client, pune, status, words):
    offer = OfferFactory(institution=pune, status=status)
    page = client.get(offer.get_absolute_url())
    assert page.status_code == 200
    assert words in page.text


def test_an_offer_without_live_hours_or_dates_has_a_page(sign_in, asha, pune):
    bare = OfferFactory(
        institution=pune,
        status=OfferStatus.DRAFT,
        title="",
        starts=None,
        ends=None,
        weeks=None,
        hours=WeekHours(),
        own_places=None,
        partner_places=None,
        field="",
        level=None,
        format="",
        languages=[],
        reply_by=None,
    )
    assert "Untitled offer" in sign_in(asha).get(bare.get_absolute_url()).text


# Who may do what from here -------------------------------------------------------------------------------------------


def test_other_coordinators_may_propose(sign_in, offer, asha, bruno, farah):
    link = f"{reverse('pairing_new')}?with={offer.pk}"
    assert link in sign_in(bruno).get(offer.get_absolute_url()).text
    for person in (asha, farah):
        assert link not in sign_in(person).get(offer.get_absolute_url()).text


def test_nobody_may_propose_to_a_closed_offer(sign_in, pune, bruno):
    closed = OfferFactory(institution=pune, status=OfferStatus.CLOSED)
    assert "Propose a pairing" not in sign_in(bruno).get(closed.get_absolute_url()).text


def test_its_coordinators_may_edit(sign_in, offer, asha, ishaan):
    page = sign_in(asha).get(offer.get_absolute_url()).text
    assert reverse("offer_edit", args=[offer.pk]) in page
    assert reverse("suggestion_list", args=[offer.pk]) in page
    assert reverse("offer_edit", args=[offer.pk]) not in sign_in(ishaan).get(offer.get_absolute_url()).text


@pytest.mark.parametrize(("status", "shown"), [(ExchangeStatus.PLANNED, False), (ExchangeStatus.ENROLLING, True)])
def test_the_exchange_it_became_is_named_once_it_is_public(client, pune, lisbon, status, shown):
    exchange = exchange_of(pune, lisbon, status=status)
    page = client.get(exchange.offer.get_absolute_url()).text
    assert (exchange.get_absolute_url() in page) == shown


# Time ----------------------------------------------------------------------------------------------------------------


@time_machine.travel(dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC), tick=False)
def test_hours_are_on_the_viewers_clock_and_clock_changes_are_said(client, pune):
    offer = OfferFactory(
        institution=pune,
        starts=dt.date(2026, 10, 12),
        weeks=6,
        reply_by=dt.date(2026, 9, 20),
        hours=WeekHours.daily("13:30", "17:00", [1]),
    )
    client.cookies["zone"] = "Europe/Lisbon"
    page = client.get(offer.get_absolute_url()).text
    assert "Tue 09:00 to 12:30" in page
    assert "Tue 13:30 to 17:00" in page
    assert "<b>From 27 October</b> this is 08:00 for you, not 09:00" in page
    client.cookies["zone"] = "Asia/Kolkata"
    assert "clocks change" not in client.get(offer.get_absolute_url()).text


# Queries -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 4])
def test_query_counts(client, pune, rows, django_assert_num_queries):
    languages = [("en", "B2"), ("pt", "B1"), ("es", "B1"), ("fr", "A2")][:rows]
    resource = {"kind": "oer", "title": "Atlas", "url": "https://oer.example/", "licence": "CC-BY-4.0"}
    offer = OfferFactory(institution=pune, languages=languages, resources=[resource] * rows)
    with django_assert_num_queries(5):  # offer, its exchange, revisions, languages, resources
        client.get(offer.get_absolute_url())
