"""Writes the sample world to the database.

What is past is written as rows with the dates and the journal it would have left; what waits today is brought about
by the platform's own actions, so that the people concerned have their notices too.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import permutations, zip_longest
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import models, transaction
from django.utils import timezone
from django.utils.text import slugify

from exchanges.actions.catalogue import mark_all_changed
from exchanges.actions.enrolments import enrol
from exchanges.actions.exchanges import close_enrolment
from exchanges.actions.pairings import accept, decline, propose
from exchanges.enums import (
    ActivityKind,
    ActivityStatus,
    EnrolmentStatus,
    ExchangeRole,
    ExchangeStatus,
    GroupStatus,
    OfferStatus,
    PairingStatus,
    Presence,
    RunKind,
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
    OfferLanguage,
    OfferResource,
    OfferRevision,
    Pairing,
    Run,
)
from exchanges.sample_world import institutions as places
from exchanges.sample_world import offers, people, stories
from institutions.actions.institutions import register
from institutions.actions.memberships import ask_to_join
from institutions.actions.partnerships import edit_partnership, end, sign, start_signing
from institutions.actions.work import wake
from institutions.enums import InstitutionStatus, MembershipStatus, PartnershipStatus, Role
from institutions.hours import WeekHours, resolve_wall, tzdata_version
from institutions.models import (
    Institution,
    InstitutionDomain,
    JournalEntry,
    LearnerProfile,
    Membership,
    Notice,
    Partnership,
    PartnershipParty,
    PartnershipPlaces,
    User,
)

_WEEKDAYS = {name: number for number, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))}

# Learners of a region seldom study one field; a learner without an exchange gets one of these.
_FIELDS = ("0311", "0313", "0421", "0521", "0613", "0711", "0732", "0912", "0913", "1015")


def week_hours(text: str) -> WeekHours:
    """ "Tue Thu 13:00-17:00; Sat 10:00-12:00" as half-hours of a week."""
    ranges = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        *days, span = part.split()
        start, end = span.split("-")
        ranges += [(_WEEKDAYS[day], start, end) for day in days]
    return WeekHours.from_ranges(ranges)


@contextmanager
def own_times() -> Iterator[None]:
    """Rows are written with the times they are given, where the models would stamp the present."""
    stamped = [
        (model_field, name)
        for app in ("institutions", "exchanges")
        for model in apps.get_app_config(app).get_models()
        for model_field in model._meta.local_fields
        for name in ("auto_now", "auto_now_add")
        if getattr(model_field, name, False)
    ]
    for model_field, name in stamped:
        setattr(model_field, name, False)
    try:
        yield
    finally:
        for model_field, name in stamped:
            setattr(model_field, name, True)


class World:
    """What has been written so far, by key. Random choices come from one seeded source, so every day's is alike."""

    def __init__(self, *, tell: Callable[[str], None], passwords: bool) -> None:
        self.tell = tell
        self.now = timezone.now()
        self.today = self.now.date()
        self.monday = self.today - dt.timedelta(days=self.today.weekday())
        self.random = random.Random(20_26)  # noqa: S311 (it has to be the same each time)
        self.password = make_password(people.PASSWORD) if passwords else ""
        self.users: dict[str, User] = {}
        self.staff: dict[tuple[str, str], User] = {}
        self.learners: dict[str, list[User]] = {}
        self.institutions: dict[str, Institution] = {}
        self.offers: dict[str, Offer] = {}
        self.exchanges: dict[str, Exchange] = {}
        self.profiles: dict[int, LearnerProfile] = {}
        self.journal: list[JournalEntry] = []
        self.names = {country: people.names(country) for country in people.NAMES}

    def at(self, day: float) -> dt.datetime:
        """An instant so many days from now, in the working hours of somebody, never in the wrong half of time."""
        instant = self.now + dt.timedelta(days=day)
        moved = instant.replace(
            hour=self.random.randint(7, 16), minute=self.random.choice(range(0, 60, 5)), second=0, microsecond=0
        )
        return moved if (moved < self.now) == (day < 0) else instant

    def note(
        self,
        at: dt.datetime,
        actor: User | None,
        verb: str,
        subject: models.Model,
        institution: Institution | None = None,
        note: str = "",
        **data: Any,
    ) -> None:
        self.journal.append(
            JournalEntry(
                at=at,
                actor=actor,
                verb=verb,
                subject_type=subject._meta.label_lower,
                subject_id=subject.pk,
                subject_name=str(subject)[:200],
                institution=institution,
                note=note,
                data=data,
            )
        )


@transaction.atomic
def build(*, tell: Callable[[str], None], passwords: bool) -> World:
    """Write the whole world in one transaction: all of it, or nothing."""
    world = World(tell=tell, passwords=passwords)
    with own_times():
        _write_institutions(world)
        _write_people(world)
        _write_partnerships(world)
        _write_offers(world)
        _write_pairings(world)
        for story in stories.EXCHANGES:
            _write_exchange(world, story)
        LearnerProfile.objects.bulk_create(world.profiles.values(), batch_size=500)
        world.journal.sort(key=lambda entry: entry.at)
        JournalEntry.objects.bulk_create(world.journal, batch_size=500)
    tell(f"{len(stories.EXCHANGES)} exchanges, {Enrolment.objects.count()} enrolments")
    _bring_about(world)
    mark_all_changed()
    tell(f"{JournalEntry.objects.count()} journal rows")
    return world


# Who takes part -----------------------------------------------------------------------------------------------------


def _write_institutions(world: World) -> None:
    for sample in places.INSTITUTIONS:
        if sample.key in places.PENDING:
            continue
        world.institutions[sample.key] = Institution(
            slug=slugify(sample.name),
            status=InstitutionStatus.VERIFIED,
            created_at=world.at(-world.random.randint(430, 900)),
            **_facts(sample),
        )
    Institution.objects.bulk_create(world.institutions.values())
    InstitutionDomain.objects.bulk_create(
        InstitutionDomain(institution=world.institutions[sample.key], domain=domain, verified=True)
        for sample in places.INSTITUTIONS
        if sample.key in world.institutions
        for domain in sample.mail_domains
    )
    world.tell(
        f"{len(world.institutions)} institutions in {len({i.country for i in world.institutions.values()})} countries"
    )


def _facts(sample: places.SampleInstitution) -> dict[str, Any]:
    names = ("name", "kind", "country", "city", "zone", "website", "description", "schac", "erasmus_code", "ror")
    return {name: getattr(sample, name) for name in names} | {"languages": list(sample.languages)}


def _write_people(world: World) -> None:
    made: list[tuple[User, str | None, str | None]] = []
    for member in people.CAST:
        zone = places.BY_KEY[member.institution].zone if member.institution else "UTC"
        user = _person(world, member.name, member.email, zone, cast=True)
        user.is_platform_admin = member.role is None
        world.users[member.key] = user
        made.append((user, member.institution, member.role))
    held = {(member.institution, member.role) for member in people.CAST}
    for key in world.institutions:
        for role in (Role.COORDINATOR, Role.ADMIN):
            if (key, role.value) not in held:
                made.append((_invented(world, key), key, role.value))
        made += [(_invented(world, key), key, Role.LEARNER.value) for _ in range(_learners_needed(key))]
    newcomers = [_invented(world, "lisbon"), _invented(world, "pune"), _person_of_pending(world)]
    User.objects.bulk_create([user for user, _, _ in made] + newcomers, batch_size=500)
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user, _, _ in made]
        + [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in newcomers],
        batch_size=500,
    )
    world.users |= dict(zip(("newcomer_lisbon", "newcomer_pune", "registrant"), newcomers, strict=True))
    _write_memberships(world, made)
    world.tell(f"{len(made)} people, {sum(map(len, world.learners.values()))} of them learners")


def _learners_needed(key: str) -> int:
    """Invented learners of an institution: one for each enrolment that no cast member has, and at least two."""
    cast = {member.key for member in people.CAST if member.institution == key}
    needed = 0
    for story in stories.EXCHANGES:
        needed += sum(numbers.get(key, 0) for numbers in (story.placed, story.waiting, story.withdrawn))
        needed -= len(cast & set(story.cast))
    return max(needed, 2)


def _write_memberships(world: World, made: list[tuple[User, str | None, str | None]]) -> None:
    root = world.users["root"]
    memberships = []
    for user, key, role in made:
        if key is None or role is None:
            continue
        institution = world.institutions[key]
        if role == Role.LEARNER:
            world.learners.setdefault(key, []).append(user)
            world.profiles[user.pk] = _profile(world, user, places.BY_KEY[key])
        else:
            world.staff[key, role] = user
        memberships.append(
            Membership(
                user=user,
                institution=institution,
                role=role,
                status=MembershipStatus.ACTIVE,
                on_verified_domain=False,
                requested_at=user.date_joined,
                decided_at=user.date_joined + dt.timedelta(hours=world.random.randint(1, 30)),
            )
        )
    for membership in memberships:
        key = next(key for key, found in world.institutions.items() if found.pk == membership.institution_id)
        membership.decided_by = root if membership.role == Role.ADMIN else world.staff[key, "admin"]
    Membership.objects.bulk_create(memberships, batch_size=500)
    for membership in memberships:
        if membership.role != Role.LEARNER:
            world.note(
                membership.decided_at, membership.decided_by, "membership.admit", membership, membership.institution
            )
    for key, institution in world.institutions.items():
        admin = world.staff[key, "admin"]
        institution.created_by, institution.decided_by = admin, root
        institution.decided_at = institution.created_at + dt.timedelta(days=1, hours=3)
        world.note(institution.created_at, admin, "institution.register", institution, institution)
        world.note(institution.decided_at, root, "institution.approve", institution, institution)
    Institution.objects.bulk_update(world.institutions.values(), ["created_by", "decided_by", "decided_at"])


def _person(world: World, name: str, email: str, zone: str, *, cast: bool = False) -> User:
    password = world.password if cast and world.password else UNUSABLE_PASSWORD_PREFIX + "sample-world"
    joined = world.at(-world.random.randint(210, 420))
    return User(name=name, email=email, zone=zone, password=password, date_joined=joined)


def _invented(world: World, key: str) -> User:
    sample = places.BY_KEY[key]
    name = next(world.names[sample.country])
    return _person(world, name, f"{people.mail_name(name)}@{sample.mail}", sample.zone)


def _person_of_pending(world: World) -> User:
    return _invented(world, places.PENDING[0])


def _profile(world: World, user: User, sample: places.SampleInstitution) -> LearnerProfile:
    choose = world.random
    languages = {sample.languages[0]: "native"}
    if "en" not in languages:
        languages["en"] = choose.choice(("B1", "B2", "B2", "C1"))
    for tag in sample.languages[1:]:
        languages.setdefault(tag, choose.choice(("A2", "B1", "B2", "native")))
    hours = WeekHours.daily("17:00", "20:30", sorted(choose.sample(range(5), 4)))
    hours |= WeekHours.daily("09:00", "12:30", sorted(choose.sample(range(5), 3)))
    hours |= WeekHours.daily("13:30", "18:00", sorted(choose.sample(range(6), 3)))
    level = {"vet": 3, "training": 5}.get(sample.kind, choose.choice((6, 6, 7)))
    return LearnerProfile(
        user=user,
        field=choose.choice(_FIELDS),
        level=level,
        languages=languages,
        hours=hours,
        updated_at=user.date_joined,
    )


# What they agreed ---------------------------------------------------------------------------------------------------


def _write_partnerships(world: World) -> None:
    root = world.users["root"]
    for sample in stories.PARTNERSHIPS:
        parties = [world.institutions[key] for key in sample.parties]
        first = world.staff[sample.parties[0], "coordinator"]
        status = PartnershipStatus(sample.status)
        created = world.at(min(sample.from_day, -5) - 20)
        signed = status != PartnershipStatus.DRAFT
        decided = signed and status not in (PartnershipStatus.EXPIRED,)
        partnership = Partnership.objects.create(
            title=sample.title,
            status=status,
            fields=list(sample.fields),
            valid_from=world.today + dt.timedelta(days=sample.from_day),
            valid_until=world.today + dt.timedelta(days=sample.until_day),
            recognition_terms=sample.terms,
            created_by=first,
            created_at=created,
            submitted_at=created + dt.timedelta(days=6) if signed else None,
            decided_by=root if decided else None,
            decided_at=created + dt.timedelta(days=8) if decided else None,
            decision_note=sample.note,
        )
        world.note(created, first, "partnership.draft", partnership, institutions=[party.name for party in parties])
        rows = []
        for number, (key, party) in enumerate(zip(sample.parties, parties, strict=True)):
            row = PartnershipParty(partnership=partnership, institution=party)
            if signed:
                row.signed_by, row.signed_version = world.staff[key, "admin"], 1
                row.signed_at = created + dt.timedelta(days=3 + number)
            rows.append(row)
        PartnershipParty.objects.bulk_create(rows)
        PartnershipPlaces.objects.bulk_create(
            PartnershipPlaces(partnership=partnership, sending=one, receiving=other, per_year=sample.places)
            for one, other in permutations(parties, 2)
        )
        if signed:
            world.note(created + dt.timedelta(days=2), first, "partnership.start_signing", partnership, version=1)
            for row in rows:
                world.note(
                    row.signed_at,
                    row.signed_by,
                    "partnership.sign",
                    partnership,
                    row.institution,
                    version=1,
                    name=row.institution.name,
                )
            world.note(partnership.submitted_at, rows[-1].signed_by, "partnership.submit", partnership, version=1)
            _note_decision(world, sample, partnership)
    world.tell(f"{len(stories.PARTNERSHIPS)} partnerships")


def _note_decision(world: World, sample: stories.SamplePartnership, partnership: Partnership) -> None:
    root, decided = world.users["root"], partnership.created_at + dt.timedelta(days=8)
    status = PartnershipStatus(sample.status)
    if status == PartnershipStatus.RETURNED:
        world.note(decided, root, "partnership.send_back", partnership, note=sample.note, version=1)
        return
    if status == PartnershipStatus.DECLINED:
        world.note(decided, root, "partnership.decline", partnership, note=sample.note, version=1)
        return
    world.note(decided, root, "partnership.approve", partnership, version=1)
    if status == PartnershipStatus.EXPIRED:
        day = dt.datetime.combine(partnership.valid_until, dt.time(23, 59), dt.UTC) + dt.timedelta(days=1)
        world.note(day, None, "partnership.expire", partnership, version=1)
    elif status in (PartnershipStatus.SUSPENDED, PartnershipStatus.ENDED):
        verb = "partnership.suspend" if status == PartnershipStatus.SUSPENDED else "partnership.end"
        partnership.decided_at = world.at(-12)
        partnership.save(update_fields=["decided_at"])
        world.note(partnership.decided_at, root, verb, partnership, note=sample.note, version=1)


# What they offer ----------------------------------------------------------------------------------------------------


def _write_offers(world: World) -> None:
    under_way = {story.offer: story.status for story in stories.EXCHANGES} | {
        row[0]: "planned" for row in stories.ON_THE_WAY
    }
    for sample in offers.OFFERS:
        world.offers[sample.key] = _offer(world, sample, under_way.get(sample.key))
    Offer.objects.bulk_create(world.offers.values())
    OfferLanguage.objects.bulk_create(
        OfferLanguage(offer=world.offers[sample.key], tag=tag, cefr=level)
        for sample in offers.OFFERS
        for tag, level in sample.languages.items()
    )
    OfferResource.objects.bulk_create(
        OfferResource(offer=world.offers[sample.key], kind=kind, title=title, url=url, licence=licence)
        for sample in offers.OFFERS
        for kind, title, url, licence in sample.resources
    )
    for offer in world.offers.values():
        world.note(offer.created_at, offer.coordinator, "offer.create", offer, offer.institution)
        if offer.published_at:
            world.note(offer.published_at, offer.coordinator, "offer.publish", offer, offer.institution)
        if offer.status == OfferStatus.CLOSED:
            world.note(offer.updated_at, offer.coordinator, "offer.close", offer, offer.institution)
        elif offer.status == OfferStatus.EXPIRED:
            world.note(offer.updated_at, None, "offer.expire", offer, offer.institution)
    _revise(world, "turbines", "partner_places", 18, 24)
    _revise(world, "climate", "weeks", 5, 6)
    world.tell(f"{len(world.offers)} offers in {len({sample.field for sample in offers.OFFERS})} fields")


def _offer(world: World, sample: offers.SampleOffer, exchange: str | None) -> Offer:
    host = world.institutions[sample.host]
    starts = world.monday + dt.timedelta(weeks=sample.starts)
    ends = starts + dt.timedelta(days=7 * sample.weeks - 3)
    status = OfferStatus(sample.status)
    if exchange is not None:  # an offer stays published until its first day; then its time is over
        status = OfferStatus.PUBLISHED if starts > world.today else OfferStatus.CLOSED
    draft = status == OfferStatus.DRAFT
    published = (
        None if draft else world.at(min(-world.random.randint(3, 60), 7 * sample.starts - 110 if exchange else -3))
    )
    created = (published or world.at(-9)) - dt.timedelta(days=world.random.randint(1, 6), hours=2)
    reply_by = None
    if status == OfferStatus.PUBLISHED and exchange is None:
        reply_by = max(starts - dt.timedelta(days=21), world.today + dt.timedelta(days=10))
    elif status == OfferStatus.EXPIRED:
        reply_by = world.today - dt.timedelta(days=2)
    offer = Offer(
        institution=host,
        coordinator=world.staff[sample.host, "coordinator"],
        status=status,
        title=sample.title,
        summary=sample.summary,
        description=sample.description,
        outcomes="\n".join(sample.outcomes),
        format=sample.format,
        context=sample.context,
        field=sample.field,
        level=sample.level,
        mode=sample.mode,
        starts=starts,
        ends=ends,
        weeks=sample.weeks,
        zone=host.zone,
        hours=week_hours(sample.hours),
        session_minutes=sample.minutes,
        live_hours=sample.live or None,
        independent_hours=sample.independent or None,
        ects=sample.ects,
        own_places=None if draft and not sample.own else sample.own,
        partner_places=None if draft and not sample.partner else sample.partner,
        group_size_min=sample.groups[0],
        group_size_max=sample.groups[1],
        partners_wanted=sample.partners,
        wanted_countries=list(sample.countries),
        wanted_regions=list(sample.regions),
        wanted_kinds=list(sample.kinds),
        bandwidth=sample.bandwidth,
        captions=sample.captions,
        asynchronous=sample.asynchronous,
        access_notes=sample.access,
        reply_by=reply_by,
        published_at=published,
        country=host.country,
        created_at=created,
        updated_at=world.at(-2) if status in (OfferStatus.CLOSED, OfferStatus.EXPIRED) else published or created,
    )
    if sample.physical:
        place, week, days = sample.physical
        offer.physical_place = place
        offer.physical_starts = starts + dt.timedelta(weeks=week - 1)
        offer.physical_ends = offer.physical_starts + dt.timedelta(days=days - 1)
    offer.search_text = offer.searchable_text()
    return offer


def _revise(world: World, key: str, name: str, before: Any, after: Any) -> None:
    """An edit after the publication, visible in the offer's history."""
    offer = world.offers[key]
    at = offer.published_at + (world.now - offer.published_at) / 2
    OfferRevision.objects.create(offer=offer, number=1, at=at, actor=offer.coordinator, changes={name: [before, after]})
    Offer.objects.filter(pk=offer.pk).update(revision=1)
    offer.revision = 1
    world.note(at, offer.coordinator, "offer.edit", offer, offer.institution, changes={name: [before, after]})


def _write_pairings(world: World) -> None:
    for sample in stories.PAIRINGS:
        offer, partner = world.offers[sample.offer], world.institutions[sample.partner]
        inviter, invited = offer.coordinator, world.staff[sample.partner, "coordinator"]
        proposed = world.at(sample.day)
        reply_by = proposed + dt.timedelta(days=10)
        status = PairingStatus(sample.status)
        answered = reply_by if status == PairingStatus.LAPSED else proposed + dt.timedelta(days=4, hours=3)
        actor = {PairingStatus.DECLINED: invited, PairingStatus.WITHDRAWN: inviter}.get(status)
        pairing = Pairing.objects.create(
            offer=offer,
            partner_institution=partner,
            status=status,
            message=sample.message,
            invited_by=inviter,
            proposed_at=proposed,
            reply_by=reply_by,
            reply_zone=offer.zone,
            reminded_at=reply_by - dt.timedelta(days=1) if status == PairingStatus.LAPSED else None,
            replied_by=actor,
            replied_at=answered,
            reply_note=sample.note,
            decline_reason=sample.reason,
        )
        verb = {PairingStatus.DECLINED: "decline", PairingStatus.WITHDRAWN: "withdraw", PairingStatus.LAPSED: "lapse"}[
            status
        ]
        side = offer.institution if status == PairingStatus.WITHDRAWN else partner
        world.note(proposed, inviter, "pairing.propose", pairing, offer.institution)
        data = {"reason": sample.reason} if sample.reason else {}
        world.note(answered, actor, f"pairing.{verb}", pairing, side, sample.note, **data)


# What they do together ----------------------------------------------------------------------------------------------


def _write_exchange(world: World, story: stories.SampleExchange) -> None:
    offer = world.offers[story.offer]
    host = next(sample.host for sample in offers.OFFERS if sample.key == story.offer)
    status = ExchangeStatus(story.status)
    opened = status not in (ExchangeStatus.PLANNED, ExchangeStatus.CANCELLED)
    exchange = Exchange.objects.create(
        offer=offer,
        title=offer.title,
        summary=offer.summary,
        status=status,
        zone=story.zone,
        starts=offer.starts,
        ends=offer.ends,
        enrol_opens=world.at(story.opened_day) if opened else None,
        enrol_closes=world.at(story.closes_day),
        group_size_min=offer.group_size_min,
        group_size_max=offer.group_size_max,
        session_minutes=offer.session_minutes,
        language=story.language,
        created_at=world.at(story.accepted_day),
        completed_at=world.at(story.done_day) if status == ExchangeStatus.COMPLETED else None,
    )
    world.exchanges[story.offer] = exchange
    parts = {}
    for key in (host, *story.partners):
        role = ExchangeRole.COORDINATING if key == host else ExchangeRole.PARTNER
        parts[key] = ExchangeInstitution(
            exchange=exchange,
            institution=world.institutions[key],
            role=role,
            places=story.places[key],
            held=story.placed.get(key, 0),
        )
    ExchangeInstitution.objects.bulk_create(parts.values())
    _write_acceptance(world, story, exchange)
    _note_states(world, story, exchange, host)
    enrolments = _write_enrolments(world, story, exchange, parts)
    if status in (ExchangeStatus.RUNNING, ExchangeStatus.COMPLETED):
        placed = [row for row in enrolments if row.status in (EnrolmentStatus.PLACED, EnrolmentStatus.COMPLETED)]
        groups = _write_groups(world, story, exchange, placed)
        _write_activities(world, story, exchange, groups, placed)
    if status == ExchangeStatus.COMPLETED:
        _write_certificates(world, exchange, placed)


def _write_acceptance(world: World, story: stories.SampleExchange, exchange: Exchange) -> None:
    offer = exchange.offer
    for key in story.partners:
        partner, invited = world.institutions[key], world.staff[key, "coordinator"]
        accepted = exchange.created_at
        pairing = Pairing.objects.create(
            offer=offer,
            partner_institution=partner,
            exchange=exchange,
            status=PairingStatus.ACCEPTED,
            message=f"We read what {partner.name} does in this field and would be glad to run “{offer.title}” together.",
            invited_by=offer.coordinator,
            proposed_at=accepted - dt.timedelta(days=6, hours=1),
            reply_by=accepted + dt.timedelta(days=4),
            reply_zone=offer.zone,
            replied_by=invited,
            replied_at=accepted,
            reply_note="With pleasure. The numbers and the dates suit us.",
        )
        world.note(pairing.proposed_at, offer.coordinator, "pairing.propose", pairing, offer.institution)
        world.note(accepted, invited, "pairing.accept", pairing, partner, pairing.reply_note)
        verb = "exchange.plan" if key == story.partners[0] else "exchange.add_partner"
        world.note(accepted, invited, verb, exchange, partner)


def _note_states(world: World, story: stories.SampleExchange, exchange: Exchange, host: str) -> None:
    leader, side = world.staff[host, "coordinator"], world.institutions[host]
    if exchange.status == ExchangeStatus.CANCELLED:
        world.note(world.at(story.done_day), leader, "exchange.cancel", exchange, side, stories.CANCEL_REASON)
    if exchange.enrol_opens is None:
        return
    world.note(exchange.enrol_opens, leader, "exchange.open_enrolment", exchange, side)
    if exchange.status == ExchangeStatus.ENROLLING:
        return
    world.note(exchange.enrol_closes, None, "exchange.close_enrolment", exchange)
    world.note(exchange.enrol_closes + dt.timedelta(days=2), leader, "exchange.start", exchange, side)
    if exchange.completed_at:
        world.note(exchange.completed_at, leader, "exchange.complete", exchange, side)


def _write_enrolments(
    world: World, story: stories.SampleExchange, exchange: Exchange, parts: dict[str, ExchangeInstitution]
) -> list[Enrolment]:
    done = EnrolmentStatus.COMPLETED if exchange.status == ExchangeStatus.COMPLETED else EnrolmentStatus.PLACED
    queues = []
    for key, part in parts.items():
        cast = [world.users[name] for name in story.cast if world.users[name] in world.learners.get(key, ())]
        others = _free_learners(world, key, story, len(cast))
        wanted = [done] * story.placed.get(key, 0)
        wanted += [EnrolmentStatus.WITHDRAWN] * story.withdrawn.get(key, 0)
        wanted += [EnrolmentStatus.WAITING] * story.waiting.get(key, 0)
        queues.append([(part, learner, status) for learner, status in zip(cast + others, wanted, strict=True)])
    taken = [row for rows in zip_longest(*queues) for row in rows if row is not None]
    if not taken:
        return []
    closes = min(exchange.enrol_closes, world.now)
    step = (closes - exchange.enrol_opens) / (len(taken) + 1)
    enrolments = []
    for number, (part, learner, status) in enumerate(taken, start=1):
        at = exchange.enrol_opens + step * number
        enrolments.append(
            Enrolment(
                exchange=exchange,
                part=part,
                learner=learner,
                status=status,
                number=number,
                taken_at=at,
                placed_at=at if status in (EnrolmentStatus.PLACED, EnrolmentStatus.COMPLETED) else None,
                withdrawn_at=at + step / 2 if status == EnrolmentStatus.WITHDRAWN else None,
            )
        )
    Enrolment.objects.bulk_create(enrolments)
    Exchange.objects.filter(pk=exchange.pk).update(queue_number=len(enrolments))
    exchange.queue_number = len(enrolments)
    for row in enrolments:
        verb = "enrolment.wait" if row.status == EnrolmentStatus.WAITING else "enrolment.take"
        world.note(row.taken_at, row.learner, verb, row, row.part.institution, number=row.number)
        if row.withdrawn_at:
            world.note(row.withdrawn_at, row.learner, "enrolment.withdraw", row, row.part.institution)
        _fit_profile(world, row)
    return enrolments


def _free_learners(world: World, key: str, story: stories.SampleExchange, cast_here: int) -> list[User]:
    """The institution's invented learners, each in one exchange, so that everybody's desk is plausible."""
    count = sum(numbers.get(key, 0) for numbers in (story.placed, story.waiting, story.withdrawn)) - cast_here
    cast = {user.pk for user in world.users.values()}
    free = [user for user in world.learners.get(key, ()) if user.pk not in cast and not hasattr(user, "in_exchange")]
    for user in free[:count]:
        user.in_exchange = story.offer  # type: ignore[attr-defined]
    return free[:count]


def _fit_profile(world: World, row: Enrolment) -> None:
    """Who takes part studies something near, speaks the language, and has time for the sessions."""
    profile, offer = world.profiles[row.learner_id], row.exchange.offer
    profile.field = offer.field if world.random.random() < 0.6 else offer.field[:3]
    profile.languages.setdefault(row.exchange.language, world.random.choice(("B1", "B2")))


def _write_groups(
    world: World, story: stories.SampleExchange, exchange: Exchange, placed: list[Enrolment]
) -> list[Group]:
    count = max(1, -(-len(placed) // exchange.group_size_max))
    weekday, clock = story.slot
    start = [weekday, int(clock[:2]) * 60 + int(clock[3:])]
    groups = [
        Group(
            exchange=exchange,
            number=number,
            status=GroupStatus.CONFIRMED,
            language=exchange.language,
            shared_starts=[start],
        )
        for number in range(1, count + 1)
    ]
    Group.objects.bulk_create(groups)
    for place, row in enumerate(sorted(placed, key=lambda row: (row.part_id, row.number))):
        row.group = groups[place % count]
    Enrolment.objects.bulk_update(placed, ["group"])
    leader = exchange.offer.coordinator
    world.note(
        exchange.enrol_closes + dt.timedelta(days=1), leader, "group.confirm", exchange, exchange.offer.institution
    )
    return groups


def _write_activities(
    world: World,
    story: stories.SampleExchange,
    exchange: Exchange,
    groups: list[Group],
    placed: list[Enrolment],
) -> None:
    activities = []
    for week, title in enumerate(story.sessions):
        own = story.by_group and 0 < week < len(story.sessions) - 1
        for group in groups if own else [None]:
            activities.append(_session(world, story, exchange, week, title, group))
    for week, title in story.tasks:
        day = exchange.starts + dt.timedelta(weeks=week - 1, days=6)
        activities.append(_activity(exchange, day, dt.time(20), ActivityKind.TASK, title, world.now))
    Activity.objects.bulk_create(activities)
    attendances = []
    noted_by = exchange.offer.coordinator
    for activity in activities:
        if activity.status != ActivityStatus.HELD or activity.kind != ActivityKind.SESSION:
            continue
        for row in placed:
            if activity.group_id in (None, row.group_id):
                chance = world.random.random()
                presence = Presence.PRESENT if chance < 0.86 else Presence.EXCUSED if chance < 0.94 else Presence.ABSENT
                attendances.append(
                    Attendance(
                        activity=activity,
                        enrolment=row,
                        presence=presence,
                        noted_by=noted_by,
                        noted_at=activity.starts_at + dt.timedelta(minutes=activity.minutes + 10),
                    )
                )
    Attendance.objects.bulk_create(attendances, batch_size=500)


def _session(
    world: World, story: stories.SampleExchange, exchange: Exchange, week: int, title: str, group: Group | None
) -> Activity:
    weekday, clock = story.slot
    day = exchange.starts + dt.timedelta(weeks=week, days=weekday)
    at = dt.time.fromisoformat(clock)
    activity = _activity(exchange, day, at, ActivityKind.SESSION, title, world.now)
    activity.group = group
    activity.minutes = exchange.session_minutes
    token = f"{world.random.getrandbits(48):012x}"
    activity.join_url = f"https://meet.vmobility.example/{token}"
    return activity


def _activity(
    exchange: Exchange, day: dt.date, at: dt.time, kind: ActivityKind, title: str, now: dt.datetime
) -> Activity:
    starts_at = resolve_wall(day, at, exchange.zone, fold=0)
    over = starts_at + dt.timedelta(minutes=exchange.session_minutes) < now
    return Activity(
        exchange=exchange,
        kind=kind,
        status=ActivityStatus.HELD if over and kind == ActivityKind.SESSION else ActivityStatus.CONFIRMED,
        title=title,
        wall_date=day,
        wall_time=at,
        zone=exchange.zone,
        starts_at=starts_at,
        tzdata=tzdata_version(),
    )


def _write_certificates(world: World, exchange: Exchange, placed: list[Enrolment]) -> None:
    offer = exchange.offer
    institutions = [world_part.institution.name for world_part in exchange.parts.select_related("institution")]
    certificates = []
    for row in placed:
        certificates.append(
            Certificate(
                enrolment=row,
                code=f"{world.random.getrandbits(80):020x}",
                issued_at=exchange.completed_at,
                issued_by=offer.coordinator,
                facts={
                    "learner": row.learner.name,
                    "institution": row.part.institution.name,
                    "exchange": exchange.title,
                    "institutions": institutions,
                    "starts": exchange.starts.isoformat(),
                    "ends": exchange.ends.isoformat(),
                },
            )
        )
    Certificate.objects.bulk_create(certificates)


# What waits today ---------------------------------------------------------------------------------------------------


def _bring_about(world: World) -> None:
    """By the platform's own actions, some hours or days ago each."""
    users, institutions = world.users, world.institutions
    with _happened(world, days=3):
        ask_to_join(
            actor=users["newcomer_lisbon"],
            institution=institutions["lisbon"],
            role=Role.COORDINATOR,
            message="I teach Portuguese as a second language at the School of Arts and would like to run tandems with partners.",
        )
    with _happened(world, days=1):
        ask_to_join(
            actor=users["newcomer_pune"],
            institution=institutions["pune"],
            role=Role.LEARNER,
            message="Second year of environmental science; my teacher told us of the water module.",
        )
    with _happened(world, days=2):
        sample = places.BY_KEY[places.PENDING[0]]
        register(actor=users["registrant"], domains=sample.mail_domains, **_facts(sample))
    for number, (key, partner, theirs, message, days) in enumerate(stories.OPEN_PROPOSALS):
        offer = world.offers[key]
        with _happened(world, days=1.2 + number):
            propose(
                actor=offer.coordinator,
                offer=offer,
                partner_institution=institutions[partner],
                partner_offer=world.offers[theirs] if theirs else None,
                message=message,
                reply_by=(world.now + dt.timedelta(days=days)).replace(minute=0, second=0, microsecond=0),
                reply_zone=offer.zone,
            )
    offer, partner = world.offers[stories.DECLINED_TODAY[0]], stories.DECLINED_TODAY[1]
    with _happened(world, days=0.4):
        pairing = propose(
            actor=offer.coordinator,
            offer=offer,
            partner_institution=institutions[partner],
            message=stories.DECLINED_TODAY[2],
            reply_by=world.now + dt.timedelta(days=7),
            reply_zone=offer.zone,
        )
        decline(
            actor=world.staff[partner, "coordinator"], pairing=pairing, reason="staff", note=stories.DECLINED_TODAY[3]
        )
    for number, row in enumerate(stories.ON_THE_WAY):
        with _happened(world, days=5 - number):
            _agree(world, *row)
    with _happened(world, days=0.2):
        enrol(actor=users["farah"], exchange=world.exchanges["monsoon"])
    with _happened(world, days=0.1):
        close_enrolment(actor=users["bruno"], exchange=world.exchanges["portugues"])
    _ask_for_suggestions(world)


def _agree(world: World, key: str, partners: tuple[str, ...], title: str, signed: tuple[str, ...], terms: str) -> None:
    """A pairing that both sides accepted, and the partnership that it needs, as far as it has come."""
    offer = world.offers[key]
    host = next(sample.host for sample in offers.OFFERS if sample.key == key)
    before = Partnership.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    exchange = None
    for partner in partners:
        pairing = propose(
            actor=offer.coordinator,
            offer=offer,
            partner_institution=world.institutions[partner],
            message=f"Your work in this field would complete “{offer.title}”. Shall we?",
            reply_by=world.now + dt.timedelta(days=10),
            reply_zone=offer.zone,
        )
        exchange = accept(actor=world.staff[partner, "coordinator"], pairing=pairing, note="Gladly.").exchange
    assert exchange is not None
    keys = (host, *partners)
    parties = [world.institutions[party] for party in keys]
    drafts = list(Partnership.objects.of(parties).filter(status=PartnershipStatus.DRAFT, pk__gt=before).order_by("pk"))
    for draft in drafts[:-1]:
        end(actor=offer.coordinator, partnership=draft, note="The network with all of us takes its place.")
    partnership = edit_partnership(
        actor=offer.coordinator,
        partnership=drafts[-1],
        institutions=parties,
        title=title,
        fields=[],
        valid_from=world.today,
        valid_until=exchange.ends + dt.timedelta(days=540),
        places={(one.pk, other.pk): 24 for one, other in permutations(parties, 2)},
        recognition_terms=terms,
    )
    partnership = start_signing(actor=offer.coordinator, partnership=partnership)
    for party in signed:
        sign(
            actor=world.staff[party, "admin"],
            partnership=partnership,
            institution=world.institutions[party],
            version=partnership.version,
        )


def _ask_for_suggestions(world: World) -> None:
    """A run for each published offer that looks for partners; a worker has them done in a minute."""
    runs = [
        Run(kind=RunKind.PARTNERS, offer=offer, seed=number)
        for number, offer in enumerate(world.offers.values(), start=1)
        if offer.status == OfferStatus.PUBLISHED and not Exchange.objects.filter(offer=offer).exists()
    ]
    Run.objects.bulk_create(runs)
    wake("exchanges.run_due_matching")


@contextmanager
def _happened(world: World, *, days: float) -> Iterator[None]:
    """What the actions inside write to the journal and the inboxes happened so long ago."""
    entry = JournalEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    notice = Notice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    yield
    at = world.now - dt.timedelta(days=days)
    JournalEntry.objects.filter(pk__gt=entry).update(at=at)
    Notice.objects.filter(pk__gt=notice).update(created_at=at)


def demo_passwords_wanted() -> bool:
    """Known passwords belong on one's own machine only."""
    return bool(settings.DEBUG or settings.EMBEDDED)
