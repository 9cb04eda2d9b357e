"""Registering institutions, keeping their facts, and vetting them."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from institutions.actions.journal import record
from institutions.actions.notices import admins_of, coordinators_of, notify, platform_admins
from institutions.enums import InstitutionStatus, MembershipStatus, Role
from institutions.errors import Refused
from institutions.models import Institution, InstitutionDomain, Membership, User

CODES = ("schac", "erasmus_code", "pic", "ror")
FACTS = ("name", "kind", "country", "city", "zone", "website", "description", "languages", *CODES)
# Facts by which partners know an institution: platform admins hear when they change after the vetting.
IDENTITY = ("name", "kind", "country", "website", *CODES)


@transaction.atomic
def register(*, actor: User, domains: Iterable[str] = (), **facts: Any) -> Institution:
    """Register an institution (`FACTS`, already in canonical spelling) for a platform admin to vet.

    Whoever registers it becomes its admin and coordinator once it is verified.
    """
    if actor.pk and Institution.objects.pending().filter(created_by=actor).count() >= 5:
        raise Refused(_("Five institutions of yours already wait for approval. Wait until those are decided."))
    institution = Institution(slug=_free_slug(facts["name"]), created_by=actor, **facts)
    _save(institution)
    _set_domains(institution, domains)
    entry = record(actor=actor, verb="institution.register", subject=institution, institution=institution)
    _tell_platform_admins(institution, "institution_registered", entry)
    return institution


@transaction.atomic
def edit(*, actor: User, institution: Institution, domains: Iterable[str] | None = None, **facts: Any) -> Institution:
    """Change an institution's facts. A declined one is handed in again by it.

    Before it is verified the person who registered it may do this, then its admins. New domains count only once a
    platform admin has looked at them.
    """
    institution = Institution.objects.select_for_update().get(pk=institution.pk)
    if not may_edit(actor, institution):
        raise Refused(_("Only the institution's own admins may change this."))
    changes = {
        name: [getattr(institution, name), value]
        for name, value in facts.items()
        if getattr(institution, name) != value
    }
    for name, value in facts.items():
        setattr(institution, name, value)
    again = institution.status == InstitutionStatus.DECLINED
    if again:
        institution.status = InstitutionStatus.PENDING
    _save(institution)
    if domains is not None and (difference := _set_domains(institution, domains)):
        changes["domains"] = difference
    if not changes and not again:
        return institution
    verb = "institution.register_again" if again else "institution.edit"
    entry = record(actor=actor, verb=verb, subject=institution, institution=institution, changes=changes)
    if again:
        _tell_platform_admins(institution, "institution_registered", entry)
    elif institution.status == InstitutionStatus.VERIFIED and (set(changes) & {*IDENTITY, "domains"}):
        _tell_platform_admins(institution, "institution_changed", entry)
    return institution


def may_edit(user: User, institution: Institution) -> bool:
    """Whether the person may change the institution's facts as it stands."""
    if institution.status in (InstitutionStatus.PENDING, InstitutionStatus.DECLINED):
        return user.pk is not None and institution.created_by_id == user.pk
    return Membership.objects.active().of(user, Role.ADMIN).filter(institution=institution).exists()


@transaction.atomic
def approve(
    *, actor: User, institution: Institution, note: str = "", domains: Iterable[str] | None = None
) -> Institution:
    """Verify an institution and those of its e-mail domains (all, if None); the others are taken off its list.

    The person who registered it becomes its admin and coordinator.
    """
    institution = _decide(actor, institution, InstitutionStatus.VERIFIED, note, from_=InstitutionStatus.PENDING)
    _verify_domains(institution, domains)
    if institution.created_by and institution.created_by.is_active:
        for role in (Role.ADMIN, Role.COORDINATOR):
            _give_role(actor, institution.created_by, institution, role)
    entry = record(actor=actor, verb="institution.approve", subject=institution, institution=institution, note=note)
    _tell_registrant(institution, "institution_verified", entry)
    return institution


@transaction.atomic
def decline(*, actor: User, institution: Institution, note: str) -> Institution:
    """Decline to verify an institution, with the reason; who registered it may correct it and hand it in again."""
    _need_reason(note)
    institution = _decide(actor, institution, InstitutionStatus.DECLINED, note, from_=InstitutionStatus.PENDING)
    entry = record(actor=actor, verb="institution.decline", subject=institution, institution=institution, note=note)
    _tell_registrant(institution, "institution_declined", entry)
    return institution


@transaction.atomic
def suspend(*, actor: User, institution: Institution, note: str) -> Institution:
    """Take a verified institution out of service: nobody holds a role in it until it is restored."""
    _need_reason(note)
    people = _staff_of(institution)
    institution = _decide(actor, institution, InstitutionStatus.SUSPENDED, note, from_=InstitutionStatus.VERIFIED)
    entry = record(actor=actor, verb="institution.suspend", subject=institution, institution=institution, note=note)
    _tell(people, institution, "institution_suspended", entry)
    return institution


@transaction.atomic
def restore(*, actor: User, institution: Institution, note: str = "") -> Institution:
    """Put a suspended institution back into service, with everybody's roles as they were."""
    institution = _decide(actor, institution, InstitutionStatus.VERIFIED, note, from_=InstitutionStatus.SUSPENDED)
    entry = record(actor=actor, verb="institution.restore", subject=institution, institution=institution, note=note)
    _tell(_staff_of(institution), institution, "institution_restored", entry)
    return institution


@transaction.atomic
def verify_domains(*, actor: User, institution: Institution, domains: Iterable[str]) -> Institution:
    """Accept e-mail domains that a verified institution has added; those not accepted are taken off its list."""
    _need_platform_admin(actor)
    institution = Institution.objects.select_for_update().get(pk=institution.pk)
    if institution.status != InstitutionStatus.VERIFIED:
        raise Refused(_("The institution has to be verified first."))
    accepted, dropped = _verify_domains(institution, domains)
    if accepted or dropped:
        record(
            actor=actor,
            verb="institution.verify_domains",
            subject=institution,
            institution=institution,
            accepted=accepted,
            dropped=dropped,
        )
    return institution


# The parts of the above ----------------------------------------------------------------------------------------------


def _need_platform_admin(actor: User) -> None:
    if not (actor.is_platform_admin and actor.is_active):
        raise Refused(_("Only a platform admin decides on this."))


def _need_reason(note: str) -> None:
    if not note.strip():
        raise Refused(_("Say why, in a sentence the institution can act on."), field="note")


def _decide(actor, institution, status, note, *, from_) -> Institution:
    _need_platform_admin(actor)
    institution = Institution.objects.select_for_update().get(pk=institution.pk)
    if institution.status != from_:
        raise Refused(
            _("This was decided meanwhile: the institution is now “%(status)s”.")
            % {"status": institution.get_status_display()}
        )
    assert InstitutionStatus(institution.status).may_become(status)
    institution.status = status
    institution.decided_by, institution.decided_at, institution.decision_note = actor, timezone.now(), note
    institution.save(update_fields=["status", "decided_by", "decided_at", "decision_note"])
    return institution


def _give_role(actor: User, user: User, institution: Institution, role: Role) -> None:
    membership, _created = Membership.objects.get_or_create(
        user=user,
        institution=institution,
        role=role,
        status__in=[MembershipStatus.REQUESTED, MembershipStatus.ACTIVE],
        defaults={"status": MembershipStatus.ACTIVE},
    )
    membership.status = MembershipStatus.ACTIVE
    membership.decided_by, membership.decided_at = actor, timezone.now()
    membership.save(update_fields=["status", "decided_by", "decided_at"])


def _save(institution: Institution) -> None:
    """Save, and say which code is taken where one is: each belongs to one institution only."""
    others = Institution.objects.exclude(pk=institution.pk)
    for name in CODES:
        value = getattr(institution, name)
        if value and others.filter(**{name: value}).exists():
            raise Refused(_("Another institution is registered with this code."), field=name)
    try:
        with transaction.atomic():
            institution.save()
    except IntegrityError as error:  # the same code or address at the same moment
        raise Refused(_("Another institution took one of these codes just now. Look at them and try again.")) from error


def _set_domains(institution: Institution, domains: Iterable[str]) -> list[list[str]] | None:
    """Make these the institution's domains; answer [before, after] if they changed. Verified ones stay verified."""
    before = {row.domain: row for row in institution.domains.all()}
    after = list(dict.fromkeys(domains))
    if set(before) == set(after):
        return None
    institution.domains.exclude(domain__in=after).delete()
    InstitutionDomain.objects.bulk_create(
        InstitutionDomain(institution=institution, domain=name) for name in after if name not in before
    )
    return [sorted(before), sorted(after)]


def _verify_domains(institution: Institution, domains: Iterable[str] | None) -> tuple[list[str], list[str]]:
    waiting = [row.domain for row in institution.domains.filter(verified=False)]
    accepted = waiting if domains is None else [name for name in waiting if name in set(domains)]
    elsewhere = InstitutionDomain.objects.filter(verified=True, domain__in=accepted).exclude(institution=institution)
    if taken := elsewhere.select_related("institution").first():
        raise Refused(
            _("%(domain)s already belongs to %(institution)s.")
            % {"domain": taken.domain, "institution": taken.institution},
            field="domains",
        )
    institution.domains.filter(domain__in=accepted).update(verified=True)
    dropped = sorted(set(waiting) - set(accepted))
    institution.domains.filter(domain__in=dropped).delete()
    return sorted(accepted), dropped


def _free_slug(name: str) -> str:
    """An address from the name that no other institution has; names in other scripts get a number only."""
    stem = slugify(name)[:70].strip("-") or "institution"
    taken = set(Institution.objects.filter(slug__startswith=stem).values_list("slug", flat=True)) | {"register", "zone"}
    return next(slug for slug in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)


def _staff_of(institution: Institution) -> list[User]:
    return list({user.pk: user for user in admins_of([institution]) + coordinators_of([institution])}.values())


def _tell_registrant(institution, kind, entry) -> None:
    if institution.created_by and institution.created_by.is_active:
        _tell([institution.created_by], institution, kind, entry)


def _tell_platform_admins(institution, kind, entry) -> None:
    _tell(platform_admins(), institution, kind, entry)


def _tell(people, institution, kind, entry) -> None:
    notify(
        recipients=people,
        kind=kind,
        key=f"{kind}:{entry.pk}",
        url=institution.get_absolute_url(),
        institution=institution.name,
        note=entry.note,
    )
