"""Writes the institutions and the people in them."""

import datetime as dt
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.utils.text import slugify

from exchanges.sample_world import institutions as places
from exchanges.sample_world import people, stories
from exchanges.sample_world.world import World
from institutions.enums import InstitutionStatus, MembershipStatus, Role
from institutions.hours import WeekHours
from institutions.models import Institution, InstitutionDomain, LearnerProfile, Membership, User

# Learners of a region seldom study one field; a learner without an exchange gets one of these.
_FIELDS = ("0311", "0313", "0421", "0521", "0613", "0711", "0732", "0912", "0913", "1015")


def write_institutions(world: World) -> None:
    for sample in places.INSTITUTIONS:
        if sample.key in places.PENDING:
            continue
        world.institutions[sample.key] = Institution(
            slug=slugify(sample.name),
            status=InstitutionStatus.VERIFIED,
            created_at=world.at(-world.random.randint(430, 900)),
            **facts_of(sample),
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


def facts_of(sample: places.SampleInstitution) -> dict[str, Any]:
    names = ("name", "kind", "country", "city", "zone", "website", "description", "schac", "erasmus_code", "ror")
    return {name: getattr(sample, name) for name in names} | {"languages": list(sample.languages)}


def write_people(world: World) -> None:
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
    newcomers = [_invented(world, "lisbon"), _invented(world, "pune"), _invented(world, places.PENDING[0])]
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


def invented_learners(world: World, key: str, count: int) -> list[User]:
    """Further learners of an institution, once the rest of its people are written."""
    made = [_invented(world, key) for _ in range(count)]
    User.objects.bulk_create(made)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in made
    )
    Membership.objects.bulk_create(
        Membership(
            user=user,
            institution=world.institutions[key],
            role=Role.LEARNER,
            status=MembershipStatus.ACTIVE,
            on_verified_domain=True,
            requested_at=user.date_joined,
            decided_at=user.date_joined + dt.timedelta(hours=5),
            decided_by=world.staff[key, "admin"],
        )
        for user in made
    )
    LearnerProfile.objects.bulk_create(_profile(world, user, places.BY_KEY[key]) for user in made)
    return made


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
