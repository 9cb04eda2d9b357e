"""What waits on whose desk."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from exchanges.actions.enrolments import enrol
from exchanges.enums import ExchangeStatus, PairingStatus
from exchanges.models import Activity, Group
from exchanges.views.desk import greeting_at
from institutions.enums import InstitutionStatus, MembershipStatus, PartnershipStatus, Role
from tests.exchanges.test_suggestions import ranked
from tests.factories.exchange import ExchangeFactory, exchange_of
from tests.factories.institution import InstitutionFactory
from tests.factories.membership import MembershipFactory
from tests.factories.offers import OfferFactory
from tests.factories.pairing import PairingFactory
from tests.factories.partnership import PartnershipFactory
from tests.factories.user import UserFactory

pytestmark = pytest.mark.django_db


def desk_of(sign_in, person):
    return sign_in(person).get(reverse("desk")).content.decode()


@pytest.mark.embedded
@pytest.mark.parametrize("who", ["asha", "bruno", "ines", "emil", "grace", "root"])
def test_everybody_has_a_desk(sign_in, request, who):
    assert request.getfixturevalue(who).get_short_name() in desk_of(sign_in, request.getfixturevalue(who))


def test_it_needs_signing_in(client):
    assert client.get(reverse("desk")).status_code == 302


def test_newcomers_are_told_where_to_start(sign_in, db):
    assert "Start with your institution" in desk_of(sign_in, UserFactory())


def test_a_request_is_shown_while_it_waits(sign_in, lisbon):
    user = UserFactory()
    MembershipFactory(user=user, institution=lisbon, role=Role.LEARNER, status=MembershipStatus.REQUESTED)
    page = desk_of(sign_in, user)
    assert "Your requests" in page
    assert "Universidade de Lisboa" in page


@pytest.mark.parametrize(
    ("hour", "words"), [(6, "Good morning"), (13, "Good afternoon"), (20, "Good evening"), (2, "Hello")]
)
def test_the_greeting_knows_the_hour(hour, words):
    assert greeting_at(hour, "Asha") == f"{words}, Asha"


def test_replies_wait_for_the_invited_and_the_most_urgent_is_first(sign_in, asha, bruno, chie, pune, lisbon):
    for title, days in (("Later", 9), ("Sooner", 2)):
        PairingFactory(
            offer=OfferFactory(institution=pune, title=title),
            partner_institution=lisbon,
            reply_by=timezone.now() + dt.timedelta(days=days),
        )
    PairingFactory(offer=OfferFactory(institution=pune, title="Over"), partner_institution=lisbon, status="lapsed")
    page = desk_of(sign_in, bruno)
    assert page.index("“Sooner”") < page.index("“Later”")
    assert "“Over”" not in page
    assert "You wait for" in desk_of(sign_in, asha)
    assert "Sooner" not in desk_of(sign_in, chie)


def test_admins_find_what_to_sign_and_whom_to_admit(sign_in, ines, ishaan, asha, pune, lisbon):
    PartnershipFactory(institutions=[pune, lisbon], title="Two rivers", status=PartnershipStatus.SIGNING)
    MembershipFactory(institution=lisbon, status=MembershipStatus.REQUESTED)
    page = desk_of(sign_in, ines)
    assert "Sign the partnership “Two rivers”" in page
    assert "1 person asks to join" in page
    assert "asks to join" not in desk_of(sign_in, ishaan)
    assert "Sign the partnership" not in desk_of(sign_in, asha)


def test_the_platform_admin_finds_the_queue(sign_in, root, asha, pune, lisbon):
    assert "waits for approval" not in desk_of(sign_in, root)
    InstitutionFactory(status=InstitutionStatus.PENDING)
    PartnershipFactory(institutions=[pune, lisbon], status=PartnershipStatus.SUBMITTED)
    page = desk_of(sign_in, root)
    assert "1 institution, 1 partnership" in page
    assert "waits for approval" not in desk_of(sign_in, asha)


def test_coordinators_find_drafted_partnerships_planned_exchanges_and_groups(sign_in, asha, chie, pune, lisbon):
    PartnershipFactory(institutions=[pune, lisbon], title="Two rivers", status=PartnershipStatus.DRAFT)
    ExchangeFactory(host=pune, institutions=[pune, lisbon], title="Planned one")
    grouping = exchange_of(pune, lisbon, title="Grouped one", status=ExchangeStatus.GROUPING)
    Group.objects.create(exchange=grouping, number=1)
    page = desk_of(sign_in, asha)
    for text in ("Start the signing of “Two rivers”", "Open enrolment in “Planned one”", "What runs", "Grouped one"):
        assert text in page
    for text in ("Two rivers", "Planned one", "Grouped one"):
        assert text not in desk_of(sign_in, chie)


def test_fresh_suggestions_wait_until_somebody_is_invited(sign_in, asha, bruno, pune, lisbon):
    offer = OfferFactory(institution=pune, coordinator=asha, title="Water in cities")
    OfferFactory(institution=lisbon, coordinator=bruno)
    ranked(offer)
    assert "1 partner fits “Water in cities”" in desk_of(sign_in, asha)
    PairingFactory(offer=offer, partner_institution=lisbon, status=PairingStatus.PROPOSED)
    assert "fits “Water in cities”" not in desk_of(sign_in, asha)


def test_learners_find_what_they_can_join_their_places_and_their_next_session(
    sign_in, emil, farah, grace, pune, lisbon
):
    exchange = exchange_of(pune, lisbon, title="Two rivers", places=1)
    assert "You can join" in desk_of(sign_in, emil)
    assert "You take part in nothing yet" in desk_of(sign_in, grace)
    enrol(actor=emil, exchange=exchange)
    other = UserFactory()
    MembershipFactory(user=other, institution=lisbon, role=Role.LEARNER)
    enrol(actor=other, exchange=exchange)
    starts = timezone.now() + dt.timedelta(hours=3)
    Activity.objects.create(
        exchange=exchange,
        title="First meeting",
        status="confirmed",
        wall_date=starts.date(),
        wall_time=starts.time(),
        zone="UTC",
        starts_at=starts,
        tzdata="x",
    )
    page = desk_of(sign_in, emil)
    assert "First meeting" in page
    assert "Place held" in page
    assert "You can join" not in page
    assert "Say when you can meet live" in page
    page = desk_of(sign_in, other)
    assert "number 1" in page
    assert "First meeting" not in page
    assert "First meeting" not in desk_of(sign_in, farah)


@pytest.mark.parametrize("count", [1, 30])
def test_a_desk_takes_as_many_queries_for_one_as_for_thirty(
    sign_in, asha, pune, lisbon, django_assert_num_queries, count
):
    MembershipFactory(user=asha, institution=pune, role=Role.LEARNER)
    MembershipFactory(user=asha, institution=pune, role=Role.ADMIN)
    for _ in range(count):
        partner = InstitutionFactory()
        PairingFactory(offer=OfferFactory(institution=pune), partner_institution=partner)
        PairingFactory(offer=OfferFactory(institution=partner), partner_institution=pune)
        PartnershipFactory(institutions=[pune, partner], status=PartnershipStatus.DRAFT)
        PartnershipFactory(institutions=[pune, partner], status=PartnershipStatus.SIGNING)
        ExchangeFactory(host=pune, institutions=[pune, partner])
        enrol(actor=asha, exchange=exchange_of(pune, partner, places=1))
        exchange_of(pune, partner)
    browser = sign_in(asha)
    with django_assert_num_queries(27):
        browser.get(reverse("desk"))
