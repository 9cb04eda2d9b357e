"""The whole story in Chromium, on real parts: from signing up to a verified certificate.

Three coordinators in Kolkata, Lisbon and Tokyo time, their learners and admins. The worker is a process of its own.
"""

import datetime as dt
import re

import pytest
from django.core import mail
from django.utils import timezone

from institutions.enums import MembershipStatus
from institutions.models import Institution, Membership, User

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
