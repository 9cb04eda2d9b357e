"""The sample world: true where it speaks of what exists, consistent with every rule, and never stale."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import chain

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from exchanges.actions.recognition import facts_of, participation_in
from exchanges.actions.wishes import one_sided
from exchanges.enums import (
    ActivityStatus,
    EnrolmentStatus,
    ExchangeStatus,
    Format,
    OfferStatus,
    PairingStatus,
    RunStatus,
)
from exchanges.models import (
    Activity,
    Attendance,
    Certificate,
    Enrolment,
    Exchange,
    ExchangeInstitution,
    Group,
    Offer,
    Pairing,
    Run,
)
from exchanges.sample_world import institutions, offers, people, stories
from exchanges.sample_world.build import build
from exchanges.sample_world.world import week_hours
from exchanges.views.board import Board
from institutions import codes, isced, places
from institutions.enums import InstitutionStatus, Kind, MembershipStatus, PartnershipStatus, Role
from institutions.hours import local
from institutions.models import Institution, JournalEntry, LearnerProfile, Membership, Notice, Partnership, User


def silent(text: str) -> None:
    pass


@pytest.fixture
def world(db):
    return build(tell=silent, passwords=True)


# The facts -----------------------------------------------------------------------------------------------------------


def test_institutions_are_many_and_their_codes_hold():
    samples = institutions.INSTITUTIONS
    assert len(samples) >= 40
    assert sum(sample.kind == Kind.VET for sample in samples) >= 8
    continents = {places.region_of(sample.country) for sample in samples}
    parts = {part for sample in samples for part in places.regions_of(sample.country)}
    assert continents == set(places.CONTINENTS) and {"005", "021"} <= parts  # both Americas: six continents
    assert len({sample.key for sample in samples}) == len({sample.schac for sample in samples}) == len(samples)
    for sample in samples:
        assert codes.country(sample.country) == sample.country
        assert codes.time_zone(sample.zone) == sample.zone
        assert sample.zone in places.zones_of(sample.country)
        assert codes.web_address(sample.website) == sample.website
        assert codes.schac(sample.schac) == sample.schac
        assert [codes.email_domain(domain) for domain in sample.mail_domains] == list(sample.mail_domains)
        assert [codes.language(tag) for tag in sample.languages] == list(sample.languages)
        if sample.ror:
            assert codes.ror(sample.ror) == sample.ror
        if sample.erasmus_code:
            assert codes.erasmus_code(sample.erasmus_code, country=sample.country) == sample.erasmus_code


def test_offers_are_varied_and_hold():
    published = [sample for sample in offers.OFFERS if sample.status != "draft"]
    assert len(published) >= 40 and len({sample.field for sample in published}) >= 30
    assert min(Counter(sample.format for sample in published).values()) >= 4
    assert {sample.format for sample in published} == set(Format.values)
    assert len({sample.title for sample in offers.OFFERS}) == len(offers.OFFERS)
    for sample in offers.OFFERS:
        assert isced.is_field(sample.field) and len(sample.field) == 4
        assert len(sample.title) <= 140 and len(sample.summary) <= 280
        for text in (sample.title, sample.summary, sample.description, *sample.outcomes):
            assert codes.clean_text(text) == text
        for tag, level in sample.languages.items():
            assert (codes.language(tag), codes.cefr(level)) == (tag, level)
        for kind, _title, url, licence in sample.resources:
            assert kind in ("oer", "mooc")
            assert (codes.web_address(url), codes.licence(licence)) == (url, licence)
        for region in sample.regions:
            assert places.countries_of(region)
        for country in sample.countries:
            assert codes.country(country) == country
        if sample.ects:  # 25 to 30 hours each, with some room for how institutions count
            assert 12 <= (sample.live + sample.independent) / sample.ects <= 32
    for sample in published:
        assert len(sample.description.split("\n\n")) >= 2 and len(sample.outcomes) >= 3


def test_bips_keep_the_rules_of_thumb():
    for sample in offers.OFFERS:
        if sample.format == Format.BIP:
            assert sample.mode == "blended" and sample.partners >= 2 and sample.ects >= 3
            assert 5 <= sample.physical[2] <= 30 and sample.physical[1] <= sample.weeks


def test_names_are_unique_and_addresses_reserved():
    for country in people.NAMES:
        names = list(people.names(country))
        assert len(names) == len(set(names)) == len({people.mail_name(name) for name in names})
        assert all(codes.clean_text(people.mail_name(name)).isascii() for name in names)
    assert week_hours("Mon Wed 09:00-10:00; Sat 08:00-08:30").ranges()[0].start_text == "09:00"


# The world -----------------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_the_cast_can_sign_in_and_each_desk_has_something(world, client):
    for member in people.CAST:
        user = User.objects.get(email=member.email)
        assert user.check_password(people.PASSWORD) and user.name == member.name
        assert EmailAddress.objects.get(user=user).verified
        if member.institution:
            held = Membership.objects.active().of(user).get()
            assert (held.role, held.institution) == (member.role, world.institutions[member.institution])
            assert user.zone == held.institution.zone
    lisbon, pune = world.institutions["lisbon"], world.institutions["pune"]
    # Ines: a member to admit and a partnership to sign. Ishaan: a member. Root: an institution and a partnership.
    for institution in (lisbon, pune):
        assert Membership.objects.requested().filter(institution=institution).count() == 1
    to_sign = Partnership.objects.get(status=PartnershipStatus.SIGNING)
    assert [party.institution for party in to_sign.parties.filter(signed_by=None)] == [lisbon]
    assert Institution.objects.pending().get().name == "Universidad de Buenos Aires"
    assert Partnership.objects.waiting_for_approval().get().is_network
    # Bruno: a proposal to answer. Asha and Chie: proposals of theirs that wait.
    assert Pairing.objects.waiting().to([lisbon]).get().offer.institution == world.institutions["bogota"]
    for key in ("asha", "chie"):
        assert Pairing.objects.waiting().filter(invited_by=world.users[key]).exists()
    for key in ("asha", "bruno", "ines", "ishaan", "root", "farah"):
        assert Notice.objects.inbox(world.users[key]).unread().exists(), key
    # Learners: Dina, Emil and Farah are in a running exchange, Grace has a place, Farah waits for one.
    for key in ("dina", "emil", "farah"):
        running = Enrolment.objects.get(learner=world.users[key], exchange__status=ExchangeStatus.RUNNING)
        assert running.group and running.exchange.activities.confirmed().for_group(running.group).exists()
    assert Enrolment.objects.get(learner=world.users["grace"]).status == EnrolmentStatus.PLACED
    assert Enrolment.objects.get(learner=world.users["farah"], exchange__status="enrolling").status == "waiting"
    for key in ("emil", "farah"):
        assert Certificate.objects.filter(enrolment__learner=world.users[key]).count() == 1


def test_every_state_is_there(world):
    assert set(Partnership.objects.values_list("status", flat=True)) == set(PartnershipStatus.values)
    assert set(Pairing.objects.values_list("status", flat=True)) == set(PairingStatus.values)
    assert set(Exchange.objects.values_list("status", flat=True)) == set(ExchangeStatus.values)
    assert set(Enrolment.objects.values_list("status", flat=True)) == set(EnrolmentStatus.values)
    assert set(Offer.objects.values_list("status", flat=True)) == set(OfferStatus.values)
    assert Membership.objects.filter(role=Role.LEARNER, status=MembershipStatus.ACTIVE).count() >= 120
    assert Run.objects.filter(status=RunStatus.REQUESTED, kind="groups").count() == 1


def test_the_rows_obey_the_rules(world):
    for row in chain(Institution.objects.all(), Offer.objects.exclude(status="draft"), LearnerProfile.objects.all()):
        row.clean_fields(exclude={field.name for field in row._meta.fields if field.null and not field.blank})
    for user in User.objects.all():
        assert user.email.endswith(".example")
        user.clean_fields()
    for offer in Offer.objects.select_related("institution").prefetch_related("languages"):
        assert offer.search_text == offer.searchable_text()
        assert offer.country == offer.institution.country and offer.zone == offer.institution.zone
        assert offer.languages.all() and (offer.hours or offer.status == OfferStatus.DRAFT)
        assert Membership.objects.active().of(offer.coordinator, Role.COORDINATOR).filter(institution=offer.institution)
    assert not Offer.objects.overdue(timezone.now().date()).exists()
    for partnership in Partnership.objects.filter(status__in=("active", "submitted", "suspended")):
        assert all(party.signed_version == partnership.version for party in partnership.parties.all())
    for pairing in Pairing.objects.filter(status=PairingStatus.ACCEPTED):
        assert pairing.exchange.parts.filter(institution=pairing.partner_institution).exists()
    for profile in LearnerProfile.objects.all():
        assert all(codes.language(tag) and codes.cefr(level) for tag, level in profile.languages.items())
        assert profile.hours


def test_places_and_queues_are_true(world):
    for part in ExchangeInstitution.objects.all():
        counts = Counter(part.enrolments.values_list("status", flat=True))
        assert part.held == counts["placed"] + counts["completed"]
        assert not counts["waiting"] or part.free == 0
    for enrolment in Enrolment.objects.select_related("part", "exchange"):
        roles = Membership.objects.active().of(enrolment.learner, Role.LEARNER)
        assert roles.filter(institution=enrolment.part.institution_id).exists()
        assert enrolment.number <= enrolment.exchange.queue_number
    for exchange in Exchange.objects.filter(status__in=("enrolling", "grouping", "running")):
        assert exchange.covering_partnership() is not None, exchange
    for exchange in Exchange.objects.filter(status=ExchangeStatus.ENROLLING):
        assert exchange.enrol_opens < timezone.now() < exchange.enrol_closes
        assert exchange.enrol_closes.date() < exchange.starts


def test_a_board_has_work_for_its_coordinators(world):
    board = Board(world.exchanges["news"])
    columns = [board.column(group) for group in [None, *board.groups]]
    assert len(columns[0].cards) == board.stand.without == 1
    assert any(column.broken for column in columns)
    assert {bond.split()[0] for column in columns for card in column.cards for bond in card.bonds} == {"with", "apart"}
    assert len(one_sided(world.exchanges["news"])) == 1


def test_groups_are_mixed_and_sessions_humane(world):
    now = timezone.now()
    for group in Group.objects.prefetch_related("members__part"):
        members = group.members.all()
        assert len({member.part.institution_id for member in members}) >= 2
        assert 2 <= len(members) <= group.exchange.group_size_max
        assert group.score > 0.6 and not any(reason["broken"] for reason in group.reasons)
    for exchange in Exchange.objects.filter(status=ExchangeStatus.RUNNING):
        sessions = exchange.activities.sessions()
        assert sessions.filter(status=ActivityStatus.HELD, starts_at__lt=now).exists()
        assert sessions.filter(status=ActivityStatus.CONFIRMED, starts_at__gt=now).exists()
        assert Attendance.objects.filter(activity__exchange=exchange).exists()
    unnoted = Activity.objects.sessions().filter(status=ActivityStatus.CONFIRMED, starts_at__lt=now)
    assert unnoted.values("exchange").distinct().count() == 2
    for session in Activity.objects.sessions().select_related("exchange"):
        for institution in session.exchange.institutions.all():
            at = local(session.starts_at, institution.zone)
            end = local(session.starts_at + timedelta(minutes=session.minutes), institution.zone)
            assert time(8) <= at.time() and end.time() <= time(21) and at.date() == end.date(), (session, institution)
    for exchange in Exchange.objects.filter(status=ExchangeStatus.COMPLETED):
        for each in participation_in(exchange):
            assert each.took_part == (each.enrolment.status == EnrolmentStatus.COMPLETED)
            if each.took_part:
                assert each.enrolment.certificate.facts == facts_of(exchange, each)
    assert Enrolment.objects.placed().filter(exchange__status="completed", certificate=None).exists()
    certified = Certificate.objects.values("enrolment__exchange").distinct().count()
    assert certified == Exchange.objects.filter(status=ExchangeStatus.COMPLETED).count() >= 3


def test_the_journal_tells_it_in_order(world):
    assert not JournalEntry.objects.filter(at__gt=timezone.now() + timedelta(seconds=5)).exists()
    for exchange in Exchange.objects.filter(status=ExchangeStatus.RUNNING):
        verbs = [entry.verb for entry in JournalEntry.objects.about(exchange)]
        steps = [
            verb for verb in verbs if verb in ("exchange.plan", "exchange.open_enrolment", "exchange.close_enrolment")
        ]
        assert steps == ["exchange.plan", "exchange.open_enrolment", "exchange.close_enrolment"]
    for partnership in Partnership.objects.exclude(status=PartnershipStatus.DRAFT):
        verbs = [entry.verb for entry in JournalEntry.objects.about(partnership)]
        assert verbs[0] == "partnership.draft"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "day", ["2027-01-01 00:30", "2027-03-28 01:30", "2027-10-31 23:30", "2028-02-29 12:00"], ids=lambda day: day[:10]
)
def test_it_is_never_stale(day):
    with time_machine.travel(datetime.fromisoformat(day).replace(tzinfo=UTC), tick=False):
        build(tell=silent, passwords=False)
        today = timezone.now().date()
        assert Offer.objects.published().filter(starts__gt=today).count() >= 30
        assert not Offer.objects.overdue(today).exists()
        assert Exchange.objects.filter(status=ExchangeStatus.RUNNING, starts__lte=today, ends__gte=today).count() >= 4
        assert Exchange.objects.filter(status=ExchangeStatus.ENROLLING, enrol_closes__gt=timezone.now()).count() >= 4


@pytest.mark.django_db
def test_the_same_day_has_the_same_world():
    # Whom the lottery of an intake favours depends on the numbers of the lists, which the database gives.
    drawn = Enrolment.objects.filter(exchange__entries__isnull=False)

    def picture():
        with transaction.atomic():
            build(tell=silent, passwords=False)
            rows = [
                list(User.objects.order_by("email").values_list("email", "name", "date_joined")),
                list(Offer.objects.order_by("title").values_list("title", "starts", "published_at", "status")),
                list(
                    Enrolment.objects.exclude(pk__in=drawn.values("pk"))
                    .order_by("exchange__title", "number")
                    .values_list("learner__email", "status", "taken_at", "group__number")
                ),
                list(
                    Attendance.objects.order_by("activity__starts_at", "enrolment__learner__email").values_list(
                        "presence"
                    )
                ),
                list(Certificate.objects.order_by("code").values_list("code")),
            ]
            transaction.set_rollback(True)
        return rows

    with time_machine.travel(datetime(2026, 11, 25, 10, 7, tzinfo=UTC), tick=False):
        assert picture() == picture()


# The command ---------------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_the_command_loads_once_and_says_so(db, capsys):
    call_command("load_sample_world")
    assert "asha@pune.example" in capsys.readouterr().out
    with pytest.raises(CommandError, match="already"):
        call_command("load_sample_world")
    assert Institution.objects.filter(status=InstitutionStatus.VERIFIED).count() == len(institutions.INSTITUTIONS) - 1


def test_without_demo_passwords_nobody_can_sign_in(db, settings, client):
    settings.EMBEDDED = False
    call_command("load_sample_world", verbosity=0)
    assert not client.login(username="root@vmobility.example", password=people.PASSWORD)
    assert not any(user.check_password(people.PASSWORD) for user in User.objects.filter(email__startswith="a"))


def test_scale_adds_offers_that_the_catalogue_can_read(db, capsys):
    call_command("load_sample_world", scale=3)
    assert Offer.objects.count() == 3 * len(offers.OFFERS)
    published = Offer.objects.published().count()
    call_command("load_sample_world", offers=published + 50)
    call_command("load_sample_world", offers=10)
    assert Offer.objects.published().count() == published + 50
    added = Offer.objects.order_by("-pk")[:50]
    for offer in added:
        offer.clean_fields(exclude={"published_at"})
        assert offer.languages.exists() and offer.search_text == offer.searchable_text()
        assert offer.starts > offer.published_at.date()
    assert len({offer.field for offer in added}) > 20 and len({offer.title for offer in added}) > 40
    assert not Offer.objects.overdue(timezone.now().date()).exists()


def test_stories_name_what_exists():
    for story in stories.EXCHANGES:
        sample = offers.BY_KEY[story.offer]
        assert set(story.places) == {sample.host, *story.partners}
        assert all(story.placed.get(key, 0) <= places_ for key, places_ in story.places.items())
        assert all(story.placed[key] == story.places[key] for key in story.waiting)
        if story.sessions:
            assert len(story.sessions) == sample.weeks
