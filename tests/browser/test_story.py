"""The whole story in Chromium, on real parts: from signing up to a verified certificate.

Three coordinators in Kolkata, Lisbon and Tokyo time, their learners and admins. The worker is a process of its own.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from exchanges.actions.enrolments import enrol
from exchanges.actions.runs import request_partner_run
from exchanges.models import Activity, Certificate, Enrolment, Exchange, Pairing
from institutions.enums import MembershipStatus, Role
from institutions.hours import WeekHours
from institutions.models import Institution, LearnerProfile, Membership, Partnership, User
from tests.factories.enrolment import learner_of
from tests.factories.exchange import exchange_of
from tests.factories.offers import OfferFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PASSWORD = "a-long-enough-pass-phrase"


def link_in_last_mail(pattern: str) -> str:
    """The path of the link that the last mail carries."""
    found = re.search(rf"https?://[^/\s]+({pattern}\S*)", mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found[1]


def sign_up(desk, name: str, email: str, zone: str) -> None:
    page = desk.open("/accounts/signup/")
    page.get_by_label("Your name").fill(name)
    page.locator("[name=email]").fill(email)
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("select[name=zone]").select_option(zone)
    desk.press("Create my account")
    desk.open(link_in_last_mail("/accounts/confirm-email/"))
    desk.press("Confirm")
    assert User.objects.get(email=email).zone == zone


def test_a_visitor_signs_up_registers_an_institution_and_is_let_in(at_desk, root, accessible, wait_until):
    chie = at_desk(zone="Asia/Tokyo")
    sign_up(chie, "Chie Tanaka", "chie@sophia.example", "Asia/Tokyo")
    page = chie.open("/institutions/register/")
    accessible(page)
    chie.press("Register")
    assert "error" in page.locator("main").inner_html()
    page.get_by_label("Name", exact=True).fill("Sophia University")
    page.get_by_label("Kind").select_option("hei")
    page.get_by_label("Country").select_option("JP")
    page.get_by_label("City").fill("Tokyo")
    page.get_by_label("Website").fill("https://www.sophia.ac.jp/")
    page.get_by_label("E-mail domains").fill("sophia.example")
    page.get_by_label("Languages of teaching").fill("Japanese, English")
    chie.press("Register")
    sophia = Institution.objects.get(name="Sophia University")
    assert (sophia.status, sophia.zone) == ("pending", "Asia/Tokyo")

    admin = at_desk(root, javascript=False)  # approving works without scripts
    admin.open("/approvals/")
    admin.press("Verify Sophia University")
    sophia.refresh_from_db()
    assert sophia.status == "verified"

    roles = Membership.objects.filter(user__email="chie@sophia.example", status=MembershipStatus.ACTIVE)
    assert set(roles.values_list("role", flat=True)) == {"admin", "coordinator"}

    dina = at_desk(zone="Africa/Cairo", width=390)
    sign_up(dina, "Dina Farouk", "dina@sophia.example", "Africa/Cairo")
    page = dina.open(f"/institutions/{sophia.slug}/join/")
    assert "on a domain of this institution" in dina.text()
    page.get_by_label("Learner").check()
    dina.press("Send the request")
    assert Membership.objects.get(user__email="dina@sophia.example").status == MembershipStatus.REQUESTED

    page = chie.open("/memberships/queue/")
    accessible(page)
    chie.press("Admit")
    wait_until(lambda: Membership.objects.get(user__email="dina@sophia.example").status == MembershipStatus.ACTIVE)


def test_an_offer_finds_its_partner_and_opens_for_learners(
    at_desk, live_worker, wait_until, accessible, asha, ishaan, bruno, ines, chie, emil, farah, root
):
    offer = OfferFactory(institution=asha_institution(asha), coordinator=asha, title="Water in cities")
    answer = OfferFactory(
        institution=Institution.objects.get(slug="lisbon"), coordinator=bruno, title="Rivers in towns"
    )

    # The worker ranks partners and says why; Asha proposes.
    request_partner_run(actor=asha, offer=offer)
    wait_until(lambda: offer.suggestions.filter(partner_offer=answer).exists())
    desk = at_desk(asha)
    page = desk.open(f"/offers/{offer.pk}/partners/")
    accessible(page)
    assert "Rivers in towns" in desk.text()
    assert "English" in desk.text()
    card = page.locator("article.card", has_text="Rivers in towns")
    card.get_by_role("link", name="Propose a pairing").click()
    page.get_by_label("Message").fill("Dear Bruno, shall we compare the Mula-Mutha and the Tagus?")
    desk.press("Send the proposal")
    pairing = Pairing.objects.get()
    assert (pairing.status, pairing.partner_institution.slug) == ("proposed", "lisbon")

    # Bruno finds it on his desk and accepts it. Chie, an outsider, sees none of it.
    outsider = at_desk(chie)
    assert outsider.page.goto(f"{outsider.base_url}/pairings/{pairing.pk}/").status == 404
    partner = at_desk(bruno, width=390)
    partner.open("/desk/")
    assert "Water in cities" in partner.text()
    partner.open(f"/pairings/{pairing.pk}/")
    accessible(partner.page)
    partner.press("Accept")
    partner.page.locator("main form").get_by_role("button").first.click()
    wait_until(lambda: Pairing.objects.get().status == "accepted")
    exchange = Exchange.objects.get()

    # No exchange opens without a partnership in force; both admins sign, Root approves.
    desk.open(f"/exchanges/{exchange.pk}/open/")
    assert "Not yet" in desk.text()
    partnership = Partnership.objects.get()
    desk.open(f"/partnerships/{partnership.pk}/")
    desk.press("Start the signing")
    for signatory in (ishaan, ines):
        signing = at_desk(signatory, javascript=False)
        signing.open(f"/partnerships/{partnership.pk}/")
        signing.page.get_by_role("button", name=re.compile("^Sign")).first.click()
        signing.page.wait_for_load_state()
    partnership.refresh_from_db()
    assert partnership.status == "submitted"
    admin = at_desk(root)
    page = admin.open("/approvals/")
    accessible(page)
    admin.press("Approve")
    wait_until(lambda: Partnership.objects.get().status == "active")

    # Asha opens enrolment; learners join, one of them from a phone without scripts.
    desk.open(f"/exchanges/{exchange.pk}/open/")
    desk.press("Open enrolment")
    wait_until(lambda: Exchange.objects.get().status == "enrolling")
    for learner, scripts in ((emil, False), (farah, True)):
        joining = at_desk(learner, javascript=scripts, width=390)
        joining.open("/exchanges/")
        joining.page.get_by_role("link", name="Water in cities").first.click()
        joining.page.wait_for_load_state()
        joining.page.locator("main").get_by_role("link", name="Join").first.click()
        joining.page.locator("main").get_by_role("button", name="Join").click()
        joining.page.wait_for_load_state()
        assert Enrolment.objects.get(learner=learner).status == "placed"
        assert "You have a place" in joining.text()


def asha_institution(asha) -> Institution:
    return Institution.objects.of(asha, Role.COORDINATOR).get()


def test_an_exchange_runs_from_closed_enrolment_to_a_verified_certificate(
    at_desk, live_worker, wait_until, accessible, pune, lisbon, asha, bruno, chie, emil, farah
):
    exchange = exchange_of(pune, lisbon, places=4, title="Water in cities")
    for learner in (emil, farah, *(learner_of(place) for place in (pune, pune, lisbon, lisbon))):
        LearnerProfile.objects.create(user=learner, languages={"en": "B2"}, hours=WeekHours.daily("09:00", "20:00"))
        enrol(actor=learner, exchange=exchange)

    # Enrolment closes; the worker forms mixed groups and proposes the first session.
    desk = at_desk(asha)
    desk.open(f"/exchanges/{exchange.pk}/close/")
    desk.page.locator("main form").get_by_role("button").first.click()
    desk.page.wait_for_load_state()
    wait_until(lambda: exchange.groups.exists() and exchange.runs.filter(status="finished").exists())
    for group in exchange.groups.all():
        assert len(set(group.members.values_list("part__institution", flat=True))) == 2
    page = desk.open(f"/exchanges/{exchange.pk}/groups/")
    accessible(page)
    desk.press("Confirm the groups")
    page.locator("main form").get_by_role("button").first.click()
    page.wait_for_load_state()
    assert set(exchange.groups.values_list("status", flat=True)) == {"confirmed"}

    # Asha takes the best of the proposed hours, adds the join link, and everyone is told.
    page = desk.open(f"/exchanges/{exchange.pk}/sessions/")
    desk.press("Choose the hour")
    accessible(page)
    page.get_by_label("Join link").fill("https://meet.pune.example/water")
    desk.press("Confirm and tell everyone")
    session = exchange.activities.get()
    assert session.status == "confirmed"
    exchange.refresh_from_db()
    assert exchange.status == "running"
    for zone in (ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Lisbon")):
        assert 8 <= session.starts_at.astimezone(zone).hour < 21

    # Emil sees when it is for him; the link is nowhere until shortly before, and never Chie's.
    mine = at_desk(emil, width=390, dark=True)
    page = mine.open("/desk/")
    accessible(page)
    assert f"{session.starts_at.astimezone(ZoneInfo('Europe/Lisbon')):%H:%M} Lisbon" in mine.text()
    assert "meet.pune.example" not in page.content()
    mine.open(f"/activities/{session.pk}/join/")
    assert "The door opens at" in mine.text()
    outsider = at_desk(chie)
    assert outsider.page.goto(f"{outsider.base_url}/activities/{session.pk}/join/").status == 404

    # The hour has come: ten minutes to go. (The clock is moved by moving the session.)
    Activity.objects.filter(pk=session.pk).update(starts_at=timezone.now() + dt.timedelta(minutes=10))
    answer = mine.context.request.get(f"{mine.base_url}/activities/{session.pk}/join/", max_redirects=0)
    assert answer.headers["location"] == "https://meet.pune.example/water"
    assert outsider.page.goto(f"{outsider.base_url}/activities/{session.pk}/join/").status == 404

    # It is over. Bruno notes who was there, Asha completes the exchange.
    Activity.objects.filter(pk=session.pk).update(starts_at=timezone.now() - dt.timedelta(days=1))
    partner = at_desk(bruno, javascript=False)
    partner.open(f"/activities/{session.pk}/attendance/")
    partner.press("All were there")
    assert session.attendances.filter(presence="present").count() == 6
    Exchange.objects.filter(pk=exchange.pk).update(
        starts=timezone.localdate() - dt.timedelta(days=30), ends=timezone.localdate() - dt.timedelta(days=1)
    )
    page = desk.open(f"/exchanges/{exchange.pk}/complete/")
    accessible(page)
    desk.press("Complete the exchange")
    exchange.refresh_from_db()
    assert exchange.status == "completed"

    # Emil takes his certificate home; anyone can verify it by its link.
    certificate = Certificate.objects.get(enrolment__learner=emil)
    mine.open("/recognition/")
    assert "Water in cities" in mine.text()
    anyone = at_desk()
    page = anyone.open(certificate.get_absolute_url())
    accessible(page)
    assert "Emil Duarte" in anyone.text()
    assert emil.email not in page.content()
    sheet = anyone.context.request.get(f"{anyone.base_url}{certificate.get_absolute_url()}certificate.pdf")
    assert sheet.body().startswith(b"%PDF")
