"""The kinds of notices: what each is about, why a person gets it, and what may be chosen about it.

The texts of a kind are templates/email/<kind>_subject.txt and <kind>.txt.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from institutions.enums import NoticeGroup

OFFER = _("You get this because you coordinate an institution that offers or is invited to an exchange.")
SIDE = _("You get this because you coordinate an institution that takes part in this exchange.")
PLACE = _("You get this because you have, or asked for, a place in this exchange.")
PART = _("You get this because you take part in this exchange or coordinate it.")
INTAKE = _("You get this because an institution of yours takes part in this intake.")
INTAKE_SIDE = _("You get this because you run this intake, or coordinate an institution that takes part in it.")
CHOSE = _("You get this because you asked for a place in this intake.")
PARTNER = _("You get this because you act for an institution of this partnership.")
INSTITUTION = _("You get this because you registered this institution or act for it.")
PLATFORM = _("You get this because you are a platform admin.")
MEMBERS = _("You get this because you decide who joins this institution.")
ROLE = _("You get this because it is about a role of yours.")
SECURITY = _("You get this because it is about the security of your account. It cannot be switched off.")
NEWS = _(
    "You get this because it was sent to everyone in an exchange, an institution or the platform that you belong to."
)
DIGEST = _("You get this because you chose a digest instead of single mails.")


@dataclass(frozen=True, slots=True)
class NoticeKind:
    group: NoticeGroup
    because: Promise
    urgent: bool = False  # never waits for the morning or for a digest
    always: bool = False  # cannot be switched off
    own_group: bool = True  # belongs to what people choose; a digest is how they chose


def _all(group: NoticeGroup, because: Promise, *names: str, **more: bool) -> dict[str, NoticeKind]:
    return {name: NoticeKind(group, because, **more) for name in names}


KINDS: dict[str, NoticeKind] = {
    **_all(NoticeGroup.PROPOSALS, OFFER, "offer_expired", "offer_expiring"),
    **_all(NoticeGroup.PROPOSALS, OFFER, "pairing_proposed", "pairing_reminder", "pairing_accepted"),
    **_all(NoticeGroup.PROPOSALS, OFFER, "pairing_declined", "pairing_lapsed", "pairing_withdrawn"),
    **_all(NoticeGroup.PLACES, SIDE, "enrolment_opened", "enrolment_not_opened", "enrolment_closed"),
    **_all(NoticeGroup.PLACES, PLACE, "enrolment_placed", "enrolment_waiting", "enrolment_moved_up"),
    **_all(NoticeGroup.PLACES, PLACE, "enrolment_withdrawn"),
    **_all(NoticeGroup.PLACES, PART, "exchange_dates_changed", "exchange_cancelled"),
    **_all(NoticeGroup.PLACES, INTAKE, "intake_opened", "intake_closes_soon", "intake_cancelled"),
    **_all(NoticeGroup.PLACES, INTAKE_SIDE, "intake_opened_staff", "intake_not_opened", "intake_to_review"),
    **_all(NoticeGroup.PLACES, INTAKE_SIDE, "intake_published"),
    **_all(NoticeGroup.PLACES, CHOSE, "placement_offered", "placement_waiting", "placement_none"),
    **_all(NoticeGroup.PLACES, CHOSE, "placement_moved_up", "placement_reminder", "placement_lapsed"),
    **_all(NoticeGroup.PLACES, CHOSE, "placement_gone"),
    **_all(NoticeGroup.GROUPS, SIDE, "groups_proposed", "groups_changes_proposed"),
    **_all(NoticeGroup.GROUPS, PLACE, "group_confirmed", "group_changed", "group_missing"),
    **_all(NoticeGroup.SESSIONS, PART, "session_planned", "session_changed", "session_cancelled", "session_reminder"),
    **_all(NoticeGroup.SESSIONS, PART, "session_follows_clocks"),
    **_all(NoticeGroup.SESSIONS, PART, "poll_opened", "poll_closing", "poll_closed", "poll_cancelled"),
    **_all(NoticeGroup.TASKS, PART, "task_planned", "task_changed", "task_cancelled", "task_reminder"),
    **_all(NoticeGroup.RECOGNITION, PLACE, "certificate_issued", "certificate_revoked"),
    **_all(NoticeGroup.RECOGNITION, SIDE, "exchange_completed"),
    **_all(NoticeGroup.PARTNERSHIPS, PARTNER, "partnership_drafted", "partnership_to_sign", "partnership_signed"),
    **_all(NoticeGroup.PARTNERSHIPS, PARTNER, "partnership_approved", "partnership_declined", "partnership_returned"),
    **_all(NoticeGroup.PARTNERSHIPS, PARTNER, "partnership_reopened", "partnership_suspended", "partnership_resumed"),
    **_all(NoticeGroup.PARTNERSHIPS, PARTNER, "partnership_expiring", "partnership_expired", "partnership_ended"),
    **_all(NoticeGroup.PARTNERSHIPS, PLATFORM, "partnership_submitted", "institution_registered"),
    **_all(NoticeGroup.PARTNERSHIPS, PLATFORM, "institution_changed"),
    **_all(NoticeGroup.PARTNERSHIPS, INSTITUTION, "institution_verified", "institution_declined"),
    **_all(NoticeGroup.PARTNERSHIPS, INSTITUTION, "institution_suspended", "institution_restored"),
    **_all(NoticeGroup.PARTNERSHIPS, MEMBERS, "membership_requested"),
    **_all(NoticeGroup.ANNOUNCEMENTS, NEWS, "announcement"),
    **_all(NoticeGroup.ACCOUNT, ROLE, "membership_admitted", "membership_declined", "membership_ended", always=True),
    **_all(NoticeGroup.ACCOUNT, SECURITY, "token_made", urgent=True, always=True),
    **_all(NoticeGroup.ACCOUNT, DIGEST, "digest", urgent=True, always=True, own_group=False),
}


def kinds_of(group: str) -> list[str]:
    """The names of the kinds in a group that people choose about."""
    return [name for name, kind in KINDS.items() if kind.group == group and kind.own_group]


def may_be_off(group: str) -> bool:
    """Whether a group holds anything that can be switched off."""
    return any(not KINDS[name].always for name in kinds_of(group))


def choosable_groups() -> list[NoticeGroup]:
    """The groups about which people choose, in the order of the settings page."""
    return [group for group in NoticeGroup if may_be_off(group)]
