"""A small world of Pune and Lisbon for tests that try every address: an object in each state, evil names, secrets.

`build_scene()` answers the people and the objects by name. Everything that people can type carries `EVIL`, so that a
page which forgets to escape shows it; what must stay within a circle has words of its own (`JOIN_SECRET`, addresses).
"""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

from django.conf import settings
from django.utils import timezone

from exchanges.actions.intakes import open_intake
from exchanges.enums import EnrolmentStatus, ExchangeStatus, IntakeStatus, RunKind, RunStatus
from exchanges.models import Announcement, CalendarFeed, Certificate, Poll, Run, Series, SessionPlan, Suggestion, Tie
from institutions.actions.journal import record
from institutions.enums import Channel, InstitutionStatus, MembershipStatus, NoticeStatus, PartnershipStatus, Role
from institutions.models import Absence, BusyCalendar, CalendarPeriod, Notice
from tests.factories.activity import session_at
from tests.factories.exchange import ExchangeFactory, exchange_of
from tests.factories.group import group_of, placed
from tests.factories.institution import InstitutionFactory
from tests.factories.intake import allocated, chosen, intake_of, published
from tests.factories.membership import MembershipFactory
from tests.factories.offers import OfferFactory
from tests.factories.pairing import PairingFactory
from tests.factories.partnership import PartnershipFactory
from tests.factories.user import UserFactory

EVIL = "<script>evil()</script>\"'><img src=x onerror=evil()>"
UNESCAPED = (b"<script>evil", b"<img src=x", b"onerror=evil()>")
JOIN_SECRET = "meet.example.org/only-for-the-group"
MAIL_NAME = f"{1:019d}-{'a' * 8}"


def _person(name: str, institution, role: Role):
    user = UserFactory(name=f"{name} {EVIL}", email=f"{name.lower()}@{institution.slug}.example", zone=institution.zone)
    MembershipFactory(user=user, institution=institution, role=role)
    return user


def build_scene() -> SimpleNamespace:
    now = timezone.now()
    scene = SimpleNamespace()
    markdown = f"{EVIL} [click](javascript:evil()) [data](data:text/html,evil) **strong**"
    for name, country, zone in [
        ("lisbon", "PT", "Europe/Lisbon"),
        ("pune", "IN", "Asia/Kolkata"),
        ("tokyo", "JP", "Asia/Tokyo"),
    ]:
        made = InstitutionFactory(
            name=f"{name} {EVIL}",
            slug=name,
            country=country,
            city=f"City {EVIL}",
            zone=zone,
            description=markdown,
            domains=[f"{name}.example"],
        )
        setattr(scene, name, made)
    lisbon, pune = scene.lisbon, scene.pune

    scene.bruno = _person("Bruno", lisbon, Role.COORDINATOR)
    scene.ines = _person("Ines", lisbon, Role.ADMIN)
    scene.emil = _person("Emil", lisbon, Role.LEARNER)
    scene.asha = _person("Asha", pune, Role.COORDINATOR)
    scene.farah = _person("Farah", pune, Role.LEARNER)
    scene.chie = _person("Chie", scene.tokyo, Role.COORDINATOR)
    scene.root = UserFactory(name="Root", email="root@vmobility.example", is_platform_admin=True)
    scene.asking = UserFactory(name=f"Asking {EVIL}", email="asking@lisbon.example")

    scene.pending = InstitutionFactory(
        name=f"Pending {EVIL}", slug="pending", status=InstitutionStatus.PENDING, created_by=scene.asking
    )
    scene.request = MembershipFactory(
        user=scene.asking, institution=lisbon, status=MembershipStatus.REQUESTED, message=markdown
    )
    scene.membership = lisbon.memberships.get(user=scene.emil)

    scene.absence = Absence.objects.create(user=scene.emil, first=now.date(), last=now.date() + dt.timedelta(days=9))
    scene.period = CalendarPeriod.objects.create(
        institution=lisbon, kind="holiday", name=f"Holiday {EVIL}", first=now.date(), last=now.date()
    )
    scene.busy = BusyCalendar.objects.create(
        user=scene.emil, name=f"Calendar {EVIL}", url=f"https://{JOIN_SECRET}/a.ics"
    )

    words = {"title": f"Title {EVIL}", "summary": f"Summary {EVIL}", "description": markdown, "outcomes": EVIL}
    scene.offer = OfferFactory(
        institution=lisbon,
        **words,
        resources=[{"kind": "oer", "title": EVIL, "url": "https://oer.example/book", "licence": "CC-BY-4.0"}],
    )
    scene.draft = OfferFactory(institution=lisbon, status="draft", **words)
    scene.pune_offer = OfferFactory(institution=pune, **words)
    scene.run = Run.objects.create(
        kind=RunKind.PARTNERS, offer=scene.offer, status=RunStatus.FINISHED, started_at=now, finished_at=now,
        snapshot={"file": {"offers": [{"id": 1, "text": EVIL}]}, "shared": {}}, outcome=[], figures={"offers": 1},
        versions={"tzdata": EVIL}, error=EVIL, requested_by=scene.bruno,
    )  # fmt: skip
    scene.suggestion = Suggestion.objects.create(
        run=scene.run, offer=scene.offer, partner_offer=scene.pune_offer, partner_institution=pune, rank=1, score=0.5
    )
    scene.pairing = PairingFactory(offer=scene.offer, partner_institution=pune, message=markdown)
    scene.invitation = PairingFactory(offer=scene.pune_offer, partner_institution=lisbon, message=markdown)

    text = {"title": f"Agreement {EVIL}", "recognition_terms": markdown}
    parties = [lisbon, pune]
    scene.partnership = PartnershipFactory(institutions=parties, status=PartnershipStatus.SIGNING, **text)
    scene.submitted = PartnershipFactory(institutions=parties, status=PartnershipStatus.SUBMITTED, **text)
    scene.editable = PartnershipFactory(institutions=parties, status=PartnershipStatus.DRAFT, **text)
    scene.active = PartnershipFactory(institutions=parties, **text)

    told = {"host": lisbon, "title": f"Exchange {EVIL}", "summary": EVIL}
    scene.enrolling = exchange_of(lisbon, pune, title=told["title"], summary=EVIL)
    scene.planned = ExchangeFactory(institutions=parties, **told)
    scene.running = ExchangeFactory(
        institutions=parties, status=ExchangeStatus.RUNNING, starts=dt.date.today() - dt.timedelta(days=3), **told
    )
    scene.group = group_of(
        scene.running, [placed(scene.running, lisbon, scene.emil), placed(scene.running, pune, scene.farah)]
    )
    ours, theirs = scene.group.members.order_by("pk")
    scene.tie = Tie.objects.create(
        exchange=scene.running, kind="apart", first=ours, second=theirs, reason=EVIL, institution=pune
    )
    link = {"title": f"Session {EVIL}", "description": markdown, "join_url": f"https://{JOIN_SECRET}"}
    scene.session = session_at(scene.running, now + dt.timedelta(days=2), group=scene.group, **link)
    scene.past = session_at(scene.running, now - dt.timedelta(days=1), group=scene.group, **link)
    scene.feed = CalendarFeed.objects.create(owner=scene.emil, exchange=scene.running)
    scene.plan = SessionPlan.objects.create(
        exchange=scene.running, title=f"Plan {EVIL}", first=dt.date.today(), weeks=2, minutes=60
    )
    scene.poll = Poll.objects.create(
        exchange=scene.running, title=f"Poll {EVIL}", description=markdown, zone=scene.running.zone,
        closes_at=now + dt.timedelta(days=2), created_by=scene.bruno,
    )  # fmt: skip
    for days in (3, 4):
        wall = (now + dt.timedelta(days=days)).astimezone(scene.running.tz)
        scene.poll.options.create(wall_date=wall.date(), wall_time=wall.time(), starts_at=wall, tzdata="2026a")
    series = Series.objects.create(
        exchange=scene.running, title=f"Series {EVIL}", zone=scene.running.zone, first=dt.date.today(), weeks=2,
        slots=[{"weekday": 1, "time": "10:00", "fold": 0}],
    )  # fmt: skip
    scene.weekly, _ = (
        session_at(scene.running, now + dt.timedelta(days=3 + 7 * week), series=series, week=week, **link)
        for week in range(2)
    )
    scene.grouping = ExchangeFactory(institutions=parties, status=ExchangeStatus.GROUPING, **told)
    placed(scene.grouping, lisbon, scene.emil)

    _add_intakes(scene, markdown)

    scene.completed = ExchangeFactory(institutions=parties, status=ExchangeStatus.COMPLETED, **told)
    taken = placed(scene.completed, lisbon, scene.emil)
    late = placed(scene.completed, pune, scene.farah)
    for enrolment in (taken, late):
        enrolment.status = EnrolmentStatus.COMPLETED
        enrolment.save()
    scene.late = late
    scene.certificate = Certificate.objects.create(enrolment=taken, code="a" * 20, facts=_facts(scene))

    scene.announcement = Announcement.objects.create(
        author=scene.bruno, exchange=scene.running, title=f"News {EVIL}", text=EVIL, total=2
    )
    for verb, subject in [("exchange.plan", scene.planned), ("pairing.propose", scene.pairing)]:
        record(actor=scene.bruno, verb=verb, subject=subject, institution=lisbon, note=EVIL)
    scene.notice = Notice.objects.create(
        recipient=scene.bruno, kind="token_made", channel=Channel.INBOX, key="scene:1", url="/desk/", due_at=now,
        context={"made_at": now.isoformat()},
    )  # fmt: skip
    scene.lost = Notice.objects.create(
        recipient=scene.emil, kind="token_made", channel=Channel.EMAIL, key="scene:2", url="/desk/", due_at=now,
        status=NoticeStatus.DEAD, context={"made_at": now.isoformat()}, last_error=EVIL,
    )  # fmt: skip
    return scene


def _add_intakes(scene: SimpleNamespace, markdown: str) -> None:
    """Run by Lisbon: a draft, an open one, one under review and one in which Emil has a place to confirm."""
    for name in ("draft", "open", "review", "published"):
        exchange = exchange_of(scene.lisbon, scene.pune, title=f"Exchange {EVIL}", summary=EVIL)
        intake = intake_of(
            exchange,
            institution=scene.lisbon,
            title=f"Intake {EVIL}",
            summary=markdown,
            tolerance=2,
            status=IntakeStatus.DRAFT,
        )
        entry = intake.entries.get()
        entry.priority_lines.create(number=1, label=EVIL).learners.add(scene.farah)
        if name != "draft":
            intake = open_intake(actor=None, intake=intake)
            chosen(intake, scene.emil, exchange)
        if name == "review":
            intake = allocated(intake)
        if name == "published":
            intake = published(intake)
        intake.entry_pk = entry.pk
        setattr(scene, f"intake_{name}", intake)


def _facts(scene: SimpleNamespace) -> dict:
    return {
        "learner": scene.emil.name,
        "institution": scene.lisbon.name,
        "institutions": [scene.lisbon.name, scene.pune.name],
        "exchange": scene.completed.title,
        "starts": "2026-01-05",
        "ends": "2026-02-15",
        "outcomes": [EVIL],
    }


def write_mail() -> None:
    """A mail in the mailbox, with evil in it."""
    folder = Path(settings.MAIL_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    mail = f"From: a@b.example\nTo: {EVIL}\nSubject: {EVIL}\n\n{EVIL} javascript:evil()\n"
    (folder / f"{MAIL_NAME}.eml").write_text(mail)
