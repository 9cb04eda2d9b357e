"""Asking for a role in an institution, and deciding on it."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from institutions.actions.journal import record
from institutions.actions.notices import admins_of, notify, platform_admins
from institutions.enums import InstitutionStatus, MembershipStatus, Role
from institutions.errors import Refused
from institutions.models import Institution, JournalEntry, Membership, User


@transaction.atomic
def ask_to_join(*, actor: User, institution: Institution, role: Role, message: str = "") -> Membership:
    """Ask for a role in a verified institution. Its admins decide; where it has none, a platform admin does."""
    institution = Institution.objects.select_for_update().get(pk=institution.pk)
    if institution.status != InstitutionStatus.VERIFIED:
        raise Refused(_("This institution isn't open for members now."))
    mine = Membership.objects.of(actor, role).filter(institution=institution)
    if mine.filter(status=MembershipStatus.ACTIVE).exists():
        raise Refused(_("You already hold this role here."), field="role")
    if mine.requested().exists():
        raise Refused(_("You have asked for this role already. Its admins will answer you."), field="role")
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                user=actor,
                institution=institution,
                role=role,
                message=message,
                on_verified_domain=has_address_at(actor, institution),
            )
    except IntegrityError as error:  # the same request from a second window
        raise Refused(_("You have asked for this role already. Its admins will answer you."), field="role") from error
    entry = _note(actor, "membership.request", membership)
    notify(
        recipients=admins_of([institution]) or platform_admins(),
        kind="membership_requested",
        key=f"membership_requested:{entry.pk}",
        url=reverse("membership_queue") if institution_has_admin(institution) else reverse("approval_queue"),
        person=str(actor),
        role=role,
        institution=institution.name,
        message=message,
        on_verified_domain=membership.on_verified_domain,
    )
    return membership


def has_address_at(user: User, institution: Institution) -> bool:
    """Whether a confirmed address of the person lies in a verified domain of the institution, or below one.

    This only puts the request on top of the list. It gives no role.
    """
    domains = list(institution.domains.filter(verified=True).values_list("domain", flat=True))
    addresses = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    hosts = [address.rpartition("@")[2].lower() for address in addresses]
    return any(host == domain or host.endswith(f".{domain}") for host in hosts for domain in domains)


def institution_has_admin(institution: Institution) -> bool:
    return Membership.objects.active().filter(institution=institution, role=Role.ADMIN, user__is_active=True).exists()


def may_decide(user: User, institution: Institution) -> bool:
    """Its admins decide on members; a platform admin does as long as it has none."""
    if Membership.objects.active().of(user, Role.ADMIN).filter(institution=institution).exists():
        return True
    return bool(
        user.pk
        and user.is_platform_admin
        and institution.status == InstitutionStatus.VERIFIED
        and not institution_has_admin(institution)
    )


@transaction.atomic
def admit(*, actor: User, membership: Membership, note: str = "") -> Membership:
    """Give the role that was asked for."""
    membership = _decide(actor, membership, MembershipStatus.ACTIVE, note)
    entry = _note(actor, "membership.admit", membership, note)
    _tell_member(membership, "membership_admitted", entry)
    return membership


@transaction.atomic
def decline(*, actor: User, membership: Membership, note: str) -> Membership:
    """Decline a request, with the reason."""
    _need_reason(note)
    membership = _decide(actor, membership, MembershipStatus.DECLINED, note)
    entry = _note(actor, "membership.decline", membership, note)
    _tell_member(membership, "membership_declined", entry)
    return membership


@transaction.atomic
def end(*, actor: User, membership: Membership, note: str) -> Membership:
    """End somebody's role, with the reason; an admin who ends a role of her own leaves (see `leave`)."""
    _need_reason(note)
    membership = _locked(membership)
    if not may_decide(actor, membership.institution):
        raise Refused(_("Only the institution's admins decide on this."))
    _end_active(actor, membership, note)
    entry = _note(actor, "membership.end", membership, note)
    _tell_member(membership, "membership_ended", entry)
    return membership


@transaction.atomic
def leave(*, actor: User, membership: Membership) -> Membership:
    """Give up a role of one's own. The last admin names a successor first."""
    membership = _locked(membership)
    _need_own(actor, membership)
    _end_active(actor, membership, "")
    _note(actor, "membership.leave", membership)
    return membership


@transaction.atomic
def withdraw(*, actor: User, membership: Membership) -> Membership:
    """Take back a request of one's own that nobody has decided on."""
    membership = _locked(membership)
    _need_own(actor, membership)
    if membership.status != MembershipStatus.REQUESTED:
        raise _decided_meanwhile(membership)
    _set(actor, membership, MembershipStatus.ENDED, "")
    _note(actor, "membership.withdraw", membership)
    return membership


# The parts of the above ----------------------------------------------------------------------------------------------


def _need_reason(note: str) -> None:
    if not note.strip():
        raise Refused(_("Say why, so that the person knows."), field="note")


def _need_own(actor: User, membership: Membership) -> None:
    if membership.user_id != actor.pk:
        raise Refused(_("This is somebody else's."))


def _decided_meanwhile(membership: Membership) -> Refused:
    return Refused(
        _("This was decided meanwhile: it is now “%(status)s”.") % {"status": membership.get_status_display()}
    )


def _locked(membership: Membership) -> Membership:
    """The row as it is now, with its institution locked: whoever counts admins counts alone."""
    institution = Institution.objects.select_for_update().get(pk=membership.institution_id)
    membership = Membership.objects.select_related("user").get(pk=membership.pk)
    membership.institution = institution
    return membership


def _decide(actor: User, membership: Membership, status: MembershipStatus, note: str) -> Membership:
    membership = _locked(membership)
    if not may_decide(actor, membership.institution):
        raise Refused(_("Only the institution's admins decide on this."))
    if membership.status != MembershipStatus.REQUESTED:
        raise _decided_meanwhile(membership)
    if status == MembershipStatus.ACTIVE and not membership.user.is_active:
        raise Refused(_("This account has been closed."))
    _set(actor, membership, status, note)
    return membership


def _end_active(actor: User, membership: Membership, note: str) -> None:
    if membership.status != MembershipStatus.ACTIVE:
        raise _decided_meanwhile(membership)
    if membership.role == Role.ADMIN:
        others = Membership.objects.filter(
            institution=membership.institution, role=Role.ADMIN, status=MembershipStatus.ACTIVE, user__is_active=True
        ).exclude(pk=membership.pk)
        if not others.exists():
            raise Refused(_("The institution would be left without an admin. Admit another admin first."))
    _set(actor, membership, MembershipStatus.ENDED, note)


def _set(actor: User, membership: Membership, status: MembershipStatus, note: str) -> None:
    assert MembershipStatus(membership.status).may_become(status)
    membership.status = status
    membership.decided_by, membership.decided_at, membership.decision_note = actor, timezone.now(), note
    membership.save(update_fields=["status", "decided_by", "decided_at", "decision_note"])


def _note(actor: User, verb: str, membership: Membership, note: str = "") -> JournalEntry:
    return record(
        actor=actor,
        verb=verb,
        subject=membership,
        institution=membership.institution,
        note=note,
        role=membership.role,
        person=membership.user_id,
    )


def _tell_member(membership: Membership, kind: str, entry: JournalEntry) -> None:
    notify(
        recipients=[membership.user],
        kind=kind,
        key=f"{kind}:{entry.pk}",
        url=membership.institution.get_absolute_url(),
        institution=membership.institution.name,
        role=membership.role,
        note=entry.note,
    )
