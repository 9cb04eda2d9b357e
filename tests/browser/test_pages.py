"""Every page of the sample world as its people see it: nothing that axe finds, nothing cut off, on two devices."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from exchanges.enums import ExchangeStatus, OfferStatus, PairingStatus
from exchanges.models import Activity, Certificate, Exchange, Group, Intake, Offer, Pairing, Poll, SessionPlan
from institutions.enums import PartnershipStatus
from institutions.models import Institution, Partnership, User

LISBON = "universidade-de-lisboa"
LOOKS = [(1280, False), (390, True)]


@pytest.fixture
def world(transactional_db):
    call_command("load_sample_world", verbosity=0)


def pages_of_visitors() -> list[str]:
    published = Offer.objects.published()
    certificate = Certificate.objects.filter(revoked_at=None).first()
    assert certificate is not None
    return [
        "/",
        "/offers/",
        "/offers/?format=coil&q=water",
        "/offers/?q=nothinghasthisword",
        published.filter(exchange=None).latest("published_at").get_absolute_url(),
        "/exchanges/",
        exchange(ExchangeStatus.ENROLLING).get_absolute_url(),
        exchange(ExchangeStatus.COMPLETED).get_absolute_url(),
        "/institutions/",
        reverse("institution_detail", args=[LISBON]),
        "/verify/",
        certificate.get_absolute_url(),
        "/api/docs/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
    ]


def pages_of_bruno() -> list[str]:
    """The coordinator in Lisbon."""
    mine = Offer.objects.filter(institution__slug=LISBON)
    draft, open_offer = mine.get(status=OfferStatus.DRAFT), mine.published().filter(exchange=None).latest("pk")
    pairing = Pairing.objects.filter(status=PairingStatus.PROPOSED, offer__institution__slug="universidad-de-los-andes")
    running = exchange(ExchangeStatus.RUNNING, LISBON)
    past = Activity.objects.filter(exchange=running, group__isnull=False).earliest("starts_at")
    return [
        "/",
        "/desk/",
        "/my/offers/",
        "/my/offers/?list=published",
        "/offers/new/",
        *(reverse("offer_edit", args=[draft.pk, step]) for step in ("what", "when", "who", "how", "review")),
        open_offer.get_absolute_url(),
        reverse("suggestion_list", args=[open_offer.pk]),
        reverse("offer_history", args=[open_offer.pk]),
        "/pairings/",
        pairing.get().get_absolute_url(),
        running.get_absolute_url(),
        reverse("enrolment_list", args=[running.pk]),
        reverse("exchange_groups", args=[running.pk]),
        reverse("group_changes", args=[running.pk]),
        reverse("tie_list", args=[running.pk]),
        "/runs/",
        open_offer.runs.earliest("pk").get_absolute_url(),
        Group.objects.filter(exchange=running).earliest("pk").get_absolute_url(),
        reverse("exchange_hours", args=[running.pk]),
        reverse("calendar_detail", args=[LISBON]),
        reverse("period_new", args=[LISBON]),
        reverse("calendar_import", args=[LISBON]),
        reverse("exchange_sessions", args=[running.pk]),
        reverse("activity_new", args=[running.pk]),
        *planner_pages(),
        *intake_pages(),
        reverse("attendance_edit", args=[past.pk]),
        reverse("exchange_groups", args=[exchange(ExchangeStatus.GROUPING, LISBON).pk]),
        exchange(ExchangeStatus.PLANNED, LISBON).get_absolute_url(),
        reverse("exchange_edit", args=[exchange(ExchangeStatus.PLANNED, LISBON).pk]),
        reverse("exchange_complete", args=[exchange(ExchangeStatus.COMPLETED, LISBON).pk]),
        "/partnerships/",
        "/partnerships/new/",
        "/inbox/",
        "/institutions/register/",
    ]


def planner_pages() -> list[str]:
    """Of the exchange in which the sample world has planned ahead."""
    poll, plan = Poll.objects.earliest("pk"), SessionPlan.objects.earliest("pk")
    series = Activity.objects.filter(series__title="Open newsroom").earliest("starts_at")
    return [
        reverse("exchange_sessions", args=[poll.exchange_id]),
        reverse("plan_new", args=[plan.exchange_id]),
        f"{plan.get_absolute_url()}?day1=1&time1=07:00&day2=3&time2=22:00",
        f"{reverse('plan_take', args=[plan.pk])}?proposal=0",
        reverse("activity_edit", args=[series.pk]),
        reverse("activity_cancel", args=[series.pk]),
        reverse("poll_list", args=[poll.exchange_id]),
        reverse("poll_new", args=[poll.exchange_id]),
        poll.get_absolute_url(),
        reverse("poll_decide", args=[poll.pk]),
    ]


def intake_pages() -> list[str]:
    """Of the intake that Lisbon runs, which is open."""
    intake = Intake.objects.get(institution__slug=LISBON)
    entry = intake.entries.earliest("pk")
    own = ("intake_detail", "intake_edit", "intake_exchanges", "intake_places", "intake_close")
    return [
        "/intakes/",
        "/intakes/new/",
        *(reverse(name, args=[intake.pk]) for name in own),
        reverse("intake_rules", args=[intake.pk, entry.pk]),
    ]


def pages_of_emil() -> list[str]:
    """A learner in Lisbon."""
    return [
        "/desk/",
        reverse("intake_choices", args=[Intake.objects.get(institution__slug=LISBON).pk]),
        reverse("intake_result", args=[Intake.objects.get(placements__choice_list__learner__name="Emil Duarte").pk]),
        "/settings/",
        "/settings/hours/",
        "/settings/away/",
        "/settings/busy/",
        "/settings/zone/?zone=Asia/Kathmandu",
        "/settings/notices/",
        "/settings/calendar/",
        "/settings/api/",
        "/accounts/email/",
        "/memberships/",
        "/recognition/",
        exchange(ExchangeStatus.RUNNING, LISBON).get_absolute_url(),
        exchange(ExchangeStatus.ENROLLING, LISBON).get_absolute_url(),
        reverse("enrolment_new", args=[exchange(ExchangeStatus.ENROLLING, LISBON).pk]),
        reverse("wish_edit", args=[exchange(ExchangeStatus.RUNNING, LISBON).pk]),
    ]


def pages_of_ines() -> list[str]:
    """The institution admin in Lisbon."""
    to_sign = Partnership.objects.get(status=PartnershipStatus.SIGNING)
    return [
        "/desk/",
        reverse("membership_list", args=[LISBON]),
        "/memberships/queue/",
        reverse("institution_edit", args=[LISBON]),
        to_sign.get_absolute_url(),
    ]


def pages_of_root() -> list[str]:
    """A platform admin."""
    over = Partnership.objects.filter(status=PartnershipStatus.SUSPENDED).earliest("pk")
    return [
        *("/desk/", "/approvals/", "/journal/", "/mail/lost/", "/matching/", "/matching/weights/"),
        over.get_absolute_url(),
    ]


PEOPLE = {
    "": pages_of_visitors,
    "bruno@lisbon.example": pages_of_bruno,
    "emil@lisbon.example": pages_of_emil,
    "ines@lisbon.example": pages_of_ines,
    "root@vmobility.example": pages_of_root,
}


def exchange(status: ExchangeStatus, slug: str = "") -> Exchange:
    found = Exchange.objects.filter(status=status)
    if slug:
        found = found.of(Institution.objects.filter(slug=slug))
    return found.earliest("pk")


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_every_page(world, at_desk, accessible, width, dark):
    faults = []
    for email, pages in PEOPLE.items():
        desk = at_desk(User.objects.get(email=email) if email else None, width=width, dark=dark)
        for path in pages():
            try:
                page = desk.open(path)
                accessible(page, minor=True)
                assert not cut_off(page), f"{path} scrolls sideways"
            except AssertionError as fault:
                faults.append(f"{email or 'visitor'}: {fault}")
    assert faults == []


def test_nothing_is_cut_off_on_the_smallest_phone(world, at_desk):
    """With the longest word and name that the forms take."""
    Institution.objects.filter(slug=LISBON).update(name="Donaudampfschifffahrtsgesellschaft" * 3)
    Offer.objects.filter(institution__slug=LISBON).update(title="Internationalisierungsstrategie " * 4)
    Exchange.objects.update(title="Internationalisierungsstrategie " * 4)
    User.objects.filter(email="bruno@lisbon.example").update(name="Bartholomäus-Maximilian " * 6)
    wide = []
    for email in ("", "bruno@lisbon.example"):
        desk = at_desk(User.objects.get(email=email) if email else None, width=320)
        wide += [path for path in PEOPLE[email]() if cut_off(desk.open(path))]
    assert wide == []


def cut_off(page) -> bool:
    """Whether the page scrolls sideways."""
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
