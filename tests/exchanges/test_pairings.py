"""Proposing, answering, withdrawing, lapsing; and what accepting makes."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from exchanges.actions import pairings
from exchanges.actions.exchanges import open_enrolment
from exchanges.enums import ExchangeRole, ExchangeStatus, OfferStatus, PairingStatus
from exchanges.models import Exchange, Pairing
from exchanges.tasks import sweep_pairings
from institutions.enums import InstitutionStatus, PartnershipStatus
from institutions.errors import Refused
from institutions.interop.mail import render
from institutions.models import JournalEntry, Notice, Partnership
from tests.factories.offers import OfferFactory
from tests.factories.pairing import PairingFactory
from tests.factories.partnership import PartnershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(asha, pune):
    return OfferFactory(institution=pune, coordinator=asha, title="Water in cities")


def propose(asha, offer, lisbon, **kwargs):
    kwargs = {"reply_by": timezone.now() + dt.timedelta(days=10), **kwargs}
    return pairings.propose(
        actor=asha, offer=offer, partner_institution=lisbon, message="Shall we?", reply_zone="Asia/Kolkata", **kwargs
    )


@pytest.fixture
def pairing(asha, bruno, offer, lisbon):
    return propose(asha, offer, lisbon)


def told(kind):
    """Who has been told of it by mail; the mail can be written."""
    notices = Notice.objects.filter(kind=kind, channel="email").select_related("recipient")
    assert all(render(notice).body for notice in notices)
    return {notice.recipient.get_short_name() for notice in notices}


@pytest.mark.embedded
def test_a_proposal_reaches_the_other_sides_coordinators(pairing):
    assert pairing.status == PairingStatus.PROPOSED
    assert told("pairing_proposed") == {"Bruno"}
    assert [entry.verb for entry in JournalEntry.objects.about(pairing)] == ["pairing.propose"]


def test_the_deadline_leaves_a_day_and_stays_within_ninety(asha, bruno, offer, lisbon):
    for ahead in (dt.timedelta(hours=23), dt.timedelta(days=91)):
        with pytest.raises(Refused) as refusal:
            propose(asha, offer, lisbon, reply_by=timezone.now() + ahead)
        assert refusal.value.field == "reply_by"
    assert not Pairing.objects.exists()


def test_not_to_oneself(asha, offer, pune):
    with pytest.raises(Refused, match="own institution"):
        propose(asha, offer, pune)


def test_not_twice(asha, pairing, offer, lisbon):
    with pytest.raises(Refused, match="already"):
        propose(asha, offer, lisbon)


def test_again_after_it_was_declined(asha, bruno, pairing, offer, lisbon):
    pairings.decline(actor=bruno, pairing=pairing, reason="dates")
    assert propose(asha, offer, lisbon).pk != pairing.pk


def test_not_when_they_have_proposed_the_same(asha, bruno, offer, lisbon, pune):
    theirs = OfferFactory(institution=lisbon, coordinator=bruno)
    PairingFactory(offer=theirs, partner_institution=pune, partner_offer=offer)
    with pytest.raises(Refused, match="Answer their proposal"):
        propose(asha, offer, lisbon, partner_offer=theirs)


@pytest.mark.parametrize("status", [OfferStatus.DRAFT, OfferStatus.CLOSED, OfferStatus.EXPIRED])
def test_only_published_offers_are_proposed(asha, bruno, offer, lisbon, status):
    offer.status = status
    offer.save()
    with pytest.raises(Refused, match="not published"):
        propose(asha, offer, lisbon)


def test_only_verified_institutions_with_a_coordinator_are_invited(asha, offer, lisbon):
    with pytest.raises(Refused, match="no coordinator"):
        propose(asha, offer, lisbon)
    lisbon.status = InstitutionStatus.SUSPENDED
    lisbon.save()
    with pytest.raises(Refused, match="does not take part"):
        propose(asha, offer, lisbon)


def test_others_cannot_propose_for_pune(chie, ishaan, bruno, offer, lisbon, tokyo):
    for person in (chie, ishaan, bruno):
        with pytest.raises(Refused, match="Only coordinators"):
            propose(person, offer, tokyo if person != chie else lisbon)


@pytest.mark.embedded
def test_accepting_plans_the_exchange_and_drafts_the_partnership(asha, bruno, pairing, pune, lisbon, offer):
    pairing = pairings.accept(actor=bruno, pairing=pairing, note="Gladly.")
    exchange = pairing.exchange
    assert pairing.status == PairingStatus.ACCEPTED
    assert exchange.status == ExchangeStatus.PLANNED
    assert (exchange.title, exchange.zone, exchange.starts) == (offer.title, "Asia/Kolkata", offer.starts)
    assert exchange.language == "en"
    assert [(part.institution, part.role, part.places) for part in exchange.parts.all()] == [
        (pune, ExchangeRole.COORDINATING, 25),
        (lisbon, ExchangeRole.PARTNER, 25),
    ]
    partnership = Partnership.objects.get()
    assert partnership.status == PartnershipStatus.DRAFT
    assert {party.institution for party in partnership.parties.all()} == {pune, lisbon}
    assert exchange.pending_partnership() == partnership
    assert partnership.valid_from <= exchange.starts <= exchange.ends <= partnership.valid_until
    assert told("pairing_accepted") == {"Asha", "Bruno"}


def test_no_partnership_is_drafted_where_one_covers_both(bruno, pairing, pune, lisbon, offer):
    existing = PartnershipFactory(institutions=[pune, lisbon])
    pairing = pairings.accept(actor=bruno, pairing=pairing)
    assert pairing.exchange.covering_partnership() == existing
    assert Partnership.objects.count() == 1


@pytest.mark.parametrize("wrong", ["dates", "field", "institutions"])
def test_a_partnership_that_does_not_cover_it_is_not_enough(bruno, pairing, pune, lisbon, tokyo, offer, wrong):
    PartnershipFactory(
        institutions=[pune, tokyo] if wrong == "institutions" else [pune, lisbon],
        fields=["091"] if wrong == "field" else [],
        valid_until=offer.starts if wrong == "dates" else offer.ends,
    )
    pairing = pairings.accept(actor=bruno, pairing=pairing)
    assert pairing.exchange.covering_partnership() is None
    assert pairing.exchange.pending_partnership() is not None


def test_a_second_partner_joins_the_same_exchange(asha, bruno, chie, pairing, offer, tokyo):
    offer.partners_wanted = 2
    offer.save()
    first = pairings.accept(actor=bruno, pairing=pairing)
    second = pairings.accept(actor=chie, pairing=propose(asha, offer, tokyo))
    assert first.exchange == second.exchange
    assert first.exchange.parts.count() == 3
    assert second.exchange.pending_partnership().parties.count() == 3


def test_who_waits_is_told_when_the_offer_has_its_partners(asha, bruno, chie, pairing, offer, tokyo):
    other = propose(asha, offer, tokyo)
    pairings.accept(actor=bruno, pairing=pairing)
    other.refresh_from_db()
    assert other.status == PairingStatus.WITHDRAWN
    assert told("pairing_withdrawn") == {"Chie"}
    with pytest.raises(Refused, match="has its partner"):
        propose(asha, offer, tokyo)


def test_accepting_with_an_own_offer_takes_its_dates_into_account(bruno, pairing, offer, lisbon):
    theirs = OfferFactory(institution=lisbon, starts=offer.starts - dt.timedelta(days=30), weeks=20)
    offer.ends = offer.starts + dt.timedelta(weeks=30)
    offer.save()
    exchange = pairings.accept(actor=bruno, pairing=pairing, partner_offer=theirs).exchange
    assert (exchange.starts, exchange.ends) == (offer.starts, theirs.ends)


def test_a_foreign_offer_is_refused(bruno, pairing, tokyo):
    with pytest.raises(Refused) as refusal:
        pairings.accept(actor=bruno, pairing=pairing, partner_offer=OfferFactory(institution=tokyo))
    assert refusal.value.field == "partner_offer"
    assert not Exchange.objects.exists()


def test_a_late_reply_is_refused_even_before_the_sweep(bruno, pairing):
    with time_machine.travel(pairing.reply_by + dt.timedelta(seconds=1)):
        for answer in (
            lambda: pairings.accept(actor=bruno, pairing=pairing),
            lambda: pairings.decline(actor=bruno, pairing=pairing, reason="dates"),
        ):
            with pytest.raises(Refused, match="deadline"):
                answer()
    assert not Exchange.objects.exists()


def test_only_one_of_two_moves_wins(asha, bruno, pairing):
    stale = Pairing.objects.get(pk=pairing.pk)
    pairings.withdraw_proposal(actor=asha, pairing=pairing)
    with pytest.raises(Refused, match="withdrawn"):
        pairings.accept(actor=bruno, pairing=stale)
    assert told("pairing_withdrawn") == {"Bruno"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.embedded
def test_only_one_of_accepting_and_withdrawing_wins_at_the_same_moment(asha, bruno, lisbon, pune):
    for _ in range(4):
        pairing = PairingFactory(offer=OfferFactory(institution=pune), partner_institution=lisbon)
        start = threading.Barrier(2)

        def move(action, person, pairing=pairing, start=start):
            try:
                start.wait()
                return action(actor=person, pairing=Pairing.objects.get(pk=pairing.pk)).status
            except Refused:
                return "refused"
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            moves = [(pairings.accept, bruno), (pairings.withdraw_proposal, asha)]
            answers = sorted(future.result() for future in [pool.submit(move, *pair) for pair in moves])
        pairing.refresh_from_db()
        assert answers in (["accepted", "refused"], ["refused", "withdrawn"])
        assert pairing.status in answers
        assert Exchange.objects.filter(offer=pairing.offer).exists() == (pairing.status == "accepted")


def test_who_waits_is_told_when_enrolment_opens_without_them(asha, bruno, chie, pairing, offer, pune, lisbon, tokyo):
    offer.partners_wanted = 2
    offer.save()
    other = propose(asha, offer, tokyo)
    PartnershipFactory(institutions=[pune, lisbon])
    exchange = pairings.accept(actor=bruno, pairing=pairing).exchange
    open_enrolment(actor=asha, exchange=exchange)
    other.refresh_from_db()
    assert other.status == PairingStatus.WITHDRAWN
    assert told("pairing_withdrawn") == {"Chie"}


def test_declining_says_why(bruno, pairing):
    with pytest.raises(Refused):
        pairings.decline(actor=bruno, pairing=pairing, reason="other")
    pairing = pairings.decline(actor=bruno, pairing=pairing, reason="other", note="We have exams.")
    assert (pairing.status, pairing.decline_reason) == (PairingStatus.DECLINED, "other")
    assert told("pairing_declined") == {"Asha"}


@pytest.mark.embedded
def test_it_lapses_once_and_both_are_told(pairing):
    with time_machine.travel(pairing.reply_by + dt.timedelta(minutes=1)):
        sweep_pairings()
        sweep_pairings()
    pairing.refresh_from_db()
    assert pairing.status == PairingStatus.LAPSED
    assert told("pairing_lapsed") == {"Asha", "Bruno"}
    assert JournalEntry.objects.filter(verb="pairing.lapse").count() == 1


@pytest.mark.embedded
def test_reminders_go_out_three_days_and_one_day_before_each_once(pairing):
    for before, expected in ((4, 0), (2.9, 1), (2, 1), (0.9, 2), (0.1, 2)):
        with time_machine.travel(pairing.reply_by - dt.timedelta(days=before)):
            sweep_pairings()
            sweep_pairings()
        assert Notice.objects.filter(kind="pairing_reminder", channel="email").count() == expected
    assert told("pairing_reminder") == {"Bruno"}


def test_no_reminder_right_after_the_invitation(asha, bruno, offer, lisbon):
    propose(asha, offer, lisbon, reply_by=timezone.now() + dt.timedelta(hours=30))
    sweep_pairings()
    assert not Notice.objects.filter(kind="pairing_reminder").exists()


# Pages ---------------------------------------------------------------------------------------------------------------


def test_both_sides_see_the_pairing_and_nobody_else(sign_in, asha, bruno, chie, emil, root, pairing):
    url = reverse("pairing_detail", args=[pairing.pk])
    for person in (asha, bruno):
        page = sign_in(person).get(url)
        assert page.status_code == 200
        assert "Water in cities" in page.content.decode()
    for person in (chie, emil, root):
        for name in ("pairing_detail", "pairing_accept", "pairing_decline", "pairing_withdraw"):
            url = reverse(name, args=[pairing.pk])
            assert sign_in(person).get(url).status_code == 404
            if name != "pairing_detail":
                assert sign_in(person).post(url).status_code == 404
            unknown = reverse(name, args=[10**30])
            assert sign_in(person).get(unknown).status_code == 404


def test_the_proposer_cannot_answer_for_the_other(sign_in, asha, pairing):
    for name in ("pairing_accept", "pairing_decline"):
        assert sign_in(asha).post(reverse(name, args=[pairing.pk])).status_code == 404


def test_proposing_accepting_in_the_browser(sign_in, asha, bruno, offer, lisbon, pune):
    browser = sign_in(asha)
    url = f"{reverse('pairing_new')}?institution={lisbon.slug}&offer={offer.pk}"
    assert browser.get(url).status_code == 200
    day = timezone.now() + dt.timedelta(days=5)
    answer = browser.post(
        url, {"offer": offer.pk, "message": "Shall we?", "reply_on": f"{day:%Y-%m-%d}", "reply_at": "18:00"}
    )
    pairing = Pairing.objects.get()
    assert answer.url == pairing.get_absolute_url()
    local = pairing.reply_by.astimezone(asha.tz)
    assert (local.hour, local.minute, local.date()) == (18, 0, day.date())
    answer = sign_in(bruno).post(reverse("pairing_accept", args=[pairing.pk]), {"note": ""})
    assert answer.status_code == 302
    page = sign_in(bruno).get(answer.url).content.decode()
    assert "Before enrolment opens" in page
    assert Partnership.objects.get().get_absolute_url() in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message", ""),
        ("message", "x" * 4001),
        ("message", "a\x00b"),
        ("message", "a\x07b"),
        ("reply_on", "2020-01-01"),
        ("reply_on", "9999-12-31"),
        ("reply_on", "yesterday"),
        ("reply_at", "25:00"),
        ("offer", "999999999999999999999"),
        ("offer", "'"),
    ],
)
def test_bad_input_is_answered_at_the_field_and_writes_nothing(sign_in, asha, bruno, offer, lisbon, field, value):
    day = timezone.now() + dt.timedelta(days=5)
    data = {"offer": offer.pk, "message": "Kept text", "reply_on": f"{day:%Y-%m-%d}", "reply_at": "18:00"}
    page = sign_in(asha).post(f"{reverse('pairing_new')}?institution={lisbon.slug}", {**data, field: value})
    assert page.status_code == 200
    assert page.context["form"].errors.keys() & {field, "reply_on", "reply_at"}
    if field != "message":
        assert "Kept text" in page.content.decode()
    assert not Pairing.objects.exists()


def test_a_foreign_offer_cannot_be_proposed(sign_in, asha, bruno, offer, lisbon, tokyo):
    foreign = OfferFactory(institution=tokyo)
    day = timezone.now() + dt.timedelta(days=5)
    data = {"offer": foreign.pk, "message": "Hello", "reply_on": f"{day:%Y-%m-%d}", "reply_at": "18:00"}
    page = sign_in(asha).post(f"{reverse('pairing_new')}?institution={lisbon.slug}", data)
    assert "offer" in page.context["form"].errors
    assert not Pairing.objects.exists()


@pytest.mark.parametrize(
    "query", ["institution=%00", "institution=nowhere", "with=1e9", "with=" + "9" * 40, "", "with=²"]
)
def test_unknown_partners_are_404(sign_in, asha, offer, query):
    assert sign_in(asha).get(f"{reverse('pairing_new')}?{query}").status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_takes_as_many_queries_for_one_as_for_thirty(
    sign_in, asha, offer, lisbon, django_assert_num_queries, count
):
    for _ in range(count):
        PairingFactory(offer=OfferFactory(institution=offer.institution), partner_institution=lisbon)
    browser = sign_in(asha)
    with django_assert_num_queries(10):
        page = browser.get(reverse("pairing_list") + "?list=waiting")
    assert len(page.context["page_obj"].object_list) == min(count, 20)


def test_the_list_shows_only_ones_own(sign_in, chie, pairing):
    page = sign_in(chie).get(reverse("pairing_list") + "?list=to_answer").content.decode()
    assert "Water in cities" not in page
