"""Agreements between institutions: drafting, signing by each party's admin, final approval, and their end.

    draft -> signing -> submitted -> active <-> suspended -> expired or ended
                ^           |
                +- returned +-> declined

Every change of the text makes a new version, and a signature counts for the version it was put under only.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import permutations
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from institutions import isced
from institutions.actions.journal import record
from institutions.actions.notices import admins_of, coordinators_of, notify, platform_admins
from institutions.enums import InstitutionStatus, PartnershipStatus, Role
from institutions.errors import Refused
from institutions.models import (
    Institution,
    JournalEntry,
    Membership,
    Partnership,
    PartnershipParty,
    PartnershipPlaces,
    User,
)

Status = PartnershipStatus
Places = Mapping[tuple[int, int], int]

MAX_PARTIES = 12
MAX_PLACES = 10_000
LONGEST = dt.timedelta(days=10 * 366)
EXPIRY_NOTICE = dt.timedelta(days=30)


# The text ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def draft_partnership(
    *,
    actor: User | None,
    institutions: Iterable[Institution],
    title: str,
    fields: Iterable[str],
    valid_from: dt.date,
    valid_until: dt.date,
    places: Places,
    recognition_terms: str = "",
) -> Partnership:
    """Draft a partnership of two or more verified institutions.

    `places` maps (sending id, receiving id) to learners per year; directions left out get none. No `fields` (ISCED-F
    codes) means every field. A person needs to be coordinator or admin of a party; the platform may draft by itself.
    """
    parties = _check_parties(institutions)
    fields = _check_text(
        parties, title=title, fields=fields, valid_from=valid_from, valid_until=valid_until, places=places
    )
    if actor is not None and not _acts_for_one_of(actor, parties):
        raise Refused(_("You need to be coordinator or admin of one of the institutions."), field="institutions")
    partnership = Partnership.objects.create(
        title=title.strip(),
        fields=fields,
        valid_from=valid_from,
        valid_until=valid_until,
        recognition_terms=recognition_terms,
        created_by=actor,
    )
    _set_parties(partnership, parties)
    _set_places(partnership, parties, places)
    entry = _note(actor, "partnership.draft", partnership, institutions=[party.name for party in parties])
    _tell(_staff_of(partnership, but=actor), "partnership_drafted", partnership, entry)
    return partnership


@transaction.atomic
def edit_partnership(
    *,
    actor: User,
    partnership: Partnership,
    institutions: Iterable[Institution],
    title: str,
    fields: Iterable[str],
    valid_from: dt.date,
    valid_until: dt.date,
    places: Places,
    recognition_terms: str = "",
    version: int | None = None,
) -> Partnership:
    """Change the text of a draft, or of one that was sent back. A change makes a new version without signatures.

    `version` is the one the person was looking at: an edit of somebody else's in between is refused, not overwritten.
    """
    partnership = _locked(partnership)
    before = text_of(partnership)
    _need_side(actor, partnership)
    if partnership.status not in Status.editable():
        raise Refused(_("Only a draft, or a partnership that was sent back, can be changed."))
    if version is not None and version != partnership.version:
        raise Refused(_("Somebody else changed the text meanwhile. Open it again to see what is new."))
    parties = _check_parties(institutions)
    fields = _check_text(
        parties, title=title, fields=fields, valid_from=valid_from, valid_until=valid_until, places=places
    )
    if not _acts_for_one_of(actor, parties):
        raise Refused(_("Your own institution has to stay one of them."), field="institutions")
    partnership.title, partnership.fields, partnership.recognition_terms = title.strip(), fields, recognition_terms
    partnership.valid_from, partnership.valid_until = valid_from, valid_until
    _set_parties(partnership, parties)
    _set_places(partnership, parties, places)
    changes = differences(before, text_of(partnership))
    if changes:
        partnership.version += 1
        _clear_signatures(partnership)
        partnership.save(update_fields=["title", "fields", "recognition_terms", "valid_from", "valid_until", "version"])
        _note(actor, "partnership.edit", partnership, version=partnership.version, changes=changes)
    return partnership


def text_of(partnership: Partnership) -> dict[str, Any]:
    """What is signed, as JSON: compare two of them with `differences`."""
    return text_from(
        partnership,
        PartnershipParty.objects.filter(partnership=partnership).select_related("institution"),
        PartnershipPlaces.objects.filter(partnership=partnership).select_related("sending", "receiving"),
    )


def text_from(
    partnership: Partnership, parties: Iterable[PartnershipParty], places: Iterable[PartnershipPlaces]
) -> dict[str, Any]:
    """`text_of` for a list page, from rows that are at hand already."""
    return {
        "title": partnership.title,
        "institutions": sorted(party.institution.name for party in parties),
        "fields": sorted(partnership.fields),
        "valid_from": partnership.valid_from.isoformat(),
        "valid_until": partnership.valid_until.isoformat(),
        "places": sorted([row.sending.name, row.receiving.name, row.per_year] for row in places),
        "recognition_terms": partnership.recognition_terms,
    }


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{part: [before, after]} of the parts in which two texts (see `text_of`) differ."""
    return {part: [before[part], after[part]] for part in before if before[part] != after[part]}


# Signing -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_signing(*, actor: User, partnership: Partnership) -> Partnership:
    """Close the text and ask each party's admins for their signature."""
    partnership = _locked(partnership)
    _need_side(actor, partnership)
    parties = _institutions_of(partnership)
    _check_in_service(parties)
    if partnership.valid_until < timezone.localdate():
        raise Refused(_("It would have ended already. Set a later end first."), field="valid_until")
    _move(partnership, Status.SIGNING)
    _clear_signatures(partnership)
    entry = _note(actor, "partnership.start_signing", partnership, version=partnership.version)
    _tell(admins_of(parties), "partnership_to_sign", partnership, entry)
    return partnership


@transaction.atomic
def sign(*, actor: User, partnership: Partnership, institution: Institution, version: int) -> Partnership:
    """Sign for one's own institution the version one has read. With the last signature it goes to the platform admins.

    Signing twice changes nothing.
    """
    partnership = _locked(partnership)
    party = PartnershipParty.objects.filter(partnership=partnership, institution=institution).first()
    if party is None or not _holds(actor, [institution], Role.ADMIN):
        raise Refused(_("Only an admin of the institution signs for it."))
    if partnership.status != Status.SIGNING:
        raise Refused(_("There is nothing to sign: it is now “%s”.") % partnership.get_status_display())
    if version != partnership.version:
        raise Refused(_("The text has changed since you opened it. Read the new version before you sign."))
    if party.signed_version == version:
        return partnership
    party.signed_by, party.signed_at, party.signed_version = actor, timezone.now(), version
    party.save(update_fields=["signed_by", "signed_at", "signed_version"])
    _note(actor, "partnership.sign", partnership, institution=institution, version=version, name=institution.name)
    if not PartnershipParty.objects.filter(partnership=partnership, signed_version__isnull=True).exists():
        _submit(actor, partnership)
    return partnership


@transaction.atomic
def reopen(*, actor: User, partnership: Partnership, note: str) -> Partnership:
    """Take a partnership that is being signed back to the draft, with the reason; the signatures so far are void."""
    partnership = _locked(partnership)
    _need_side(actor, partnership)
    _need_reason(note)
    _move(partnership, Status.DRAFT)
    _clear_signatures(partnership)
    entry = _note(actor, "partnership.reopen", partnership, note)
    _tell(_staff_of(partnership, but=actor), "partnership_reopened", partnership, entry)
    return partnership


# Final approval ------------------------------------------------------------------------------------------------------


@transaction.atomic
def approve(*, actor: User, partnership: Partnership, note: str = "", version: int | None = None) -> Partnership:
    """Put a partnership that all parties have signed into force."""
    partnership = _decided(actor, partnership, version)
    parties = _institutions_of(partnership)
    _check_in_service(parties)
    if partnership.valid_until < timezone.localdate():
        raise Refused(_("Its validity is over. Send it back, so that the parties set new dates."))
    return _close(actor, partnership, Status.ACTIVE, verb="partnership.approve", kind="partnership_approved", note=note)


@transaction.atomic
def send_back(*, actor: User, partnership: Partnership, note: str, version: int | None = None) -> Partnership:
    """Send it back to the parties with comments; they change it and sign anew."""
    partnership = _decided(actor, partnership, version)
    _need_reason(note)
    return _close(
        actor,
        partnership,
        Status.RETURNED,
        verb="partnership.send_back",
        kind="partnership_returned",
        note=note,
        text=text_of(partnership),
    )


@transaction.atomic
def decline(*, actor: User, partnership: Partnership, note: str, version: int | None = None) -> Partnership:
    """Decline it for good, with the reason."""
    partnership = _decided(actor, partnership, version)
    _need_reason(note)
    return _close(
        actor, partnership, Status.DECLINED, verb="partnership.decline", kind="partnership_declined", note=note
    )


# In force, and its end -----------------------------------------------------------------------------------------------


@transaction.atomic
def suspend(*, actor: User, partnership: Partnership, note: str) -> Partnership:
    """Take it out of force for a time: no exchange opens for enrolment under it meanwhile."""
    partnership = _locked(partnership)
    _need_platform_admin(actor)
    _need_reason(note)
    return _close(
        actor, partnership, Status.SUSPENDED, verb="partnership.suspend", kind="partnership_suspended", note=note
    )


@transaction.atomic
def resume(*, actor: User, partnership: Partnership, note: str = "") -> Partnership:
    """Put a suspended partnership back into force."""
    partnership = _locked(partnership)
    _need_platform_admin(actor)
    if partnership.status != Status.SUSPENDED:
        raise _not_now(partnership)
    _check_in_service(_institutions_of(partnership))
    return _close(actor, partnership, Status.ACTIVE, verb="partnership.resume", kind="partnership_resumed", note=note)


@transaction.atomic
def end(*, actor: User, partnership: Partnership, note: str) -> Partnership:
    """End it before its time, with the reason: an admin of a party or a platform admin may.

    What was never submitted is discarded so; that a party's coordinator may do too.
    """
    partnership = _locked(partnership)
    _need_reason(note)
    parties = _institutions_of(partnership)
    unsubmitted = partnership.status in (Status.DRAFT, Status.SIGNING, Status.RETURNED)
    allowed = (
        _holds(actor, parties, Role.ADMIN)
        or actor.is_platform_admin
        or (unsubmitted and _holds(actor, parties, Role.COORDINATOR))
    )
    if not allowed:
        raise Refused(_("Only an admin of a party or a platform admin may end it."))
    return _close(actor, partnership, Status.ENDED, verb="partnership.end", kind="partnership_ended", note=note)


def expire_due() -> int:
    """Expire what has reached its end, and remind of what will within 30 days; answer how many expired.

    The last day counts in full in every party's own zone.
    """
    today = timezone.localdate(timezone=dt.UTC)
    running = Partnership.objects.filter(status__in=[Status.ACTIVE, Status.SUSPENDED])
    expired = 0
    for pk in list(running.filter(valid_until__lte=today).values_list("pk", flat=True)):
        expired += _expire(pk)
    reminded = JournalEntry.objects.filter(
        subject_type=Partnership._meta.label_lower, subject_id=OuterRef("pk"), verb="partnership.remind_of_end"
    )
    soon = running.filter(status=Status.ACTIVE, valid_until__gte=today, valid_until__lte=today + EXPIRY_NOTICE).exclude(
        Exists(reminded)
    )
    for pk in list(soon.values_list("pk", flat=True)):
        _remind_of_end(pk)
    return expired


@transaction.atomic
def _expire(pk: int) -> bool:
    partnership = Partnership.objects.select_for_update().filter(pk=pk).first()
    if partnership is None or partnership.status not in (Status.ACTIVE, Status.SUSPENDED):
        return False
    if any(timezone.localdate(timezone=party.tz) <= partnership.valid_until for party in _institutions_of(partnership)):
        return False
    _close(None, partnership, Status.EXPIRED, verb="partnership.expire", kind="partnership_expired")
    return True


@transaction.atomic
def _remind_of_end(pk: int) -> None:
    partnership = Partnership.objects.select_for_update().filter(pk=pk, status=Status.ACTIVE).first()
    if partnership is None:
        return
    entry = _note(None, "partnership.remind_of_end", partnership)
    _tell(_staff_of(partnership), "partnership_expiring", partnership, entry)


# What a person may do now (for pages; the actions above check again) -------------------------------------------------


def sides_of(user: User, partnership: Partnership, *roles: Role) -> set[int]:
    """The parties (institution ids) for which the person acts, as coordinator or admin unless roles are named."""
    roles = roles or (Role.COORDINATOR, Role.ADMIN)
    parties = PartnershipParty.objects.filter(partnership=partnership).values("institution")
    return set(
        Membership.objects.active()
        .of(user, *roles)
        .filter(institution__in=parties)
        .values_list("institution", flat=True)
    )


# The parts of the above ----------------------------------------------------------------------------------------------


def _locked(partnership: Partnership) -> Partnership:
    return Partnership.objects.select_for_update().get(pk=partnership.pk)


def _institutions_of(partnership: Partnership) -> list[Institution]:
    return list(Institution.objects.filter(partnership_parties__partnership=partnership).order_by("name", "pk"))


def _staff_of(partnership: Partnership, but: User | None = None) -> list[User]:
    parties = _institutions_of(partnership)
    people = {user.pk: user for user in admins_of(parties) + coordinators_of(parties)}
    if but is not None:
        people.pop(but.pk, None)
    return list(people.values())


def _holds(user: User, institutions: Iterable[Institution], *roles: Role) -> bool:
    return Membership.objects.active().of(user, *roles).filter(institution__in=institutions).exists()


def _acts_for_one_of(user: User, institutions: Iterable[Institution]) -> bool:
    return _holds(user, institutions, Role.COORDINATOR, Role.ADMIN)


def _need_side(actor: User, partnership: Partnership) -> None:
    if not sides_of(actor, partnership):
        raise Refused(_("Only coordinators and admins of the parties may do this."))


def _need_platform_admin(actor: User) -> None:
    if not (actor.is_platform_admin and actor.is_active):
        raise Refused(_("Only a platform admin decides on this."))


def _need_reason(note: str) -> None:
    if not note.strip():
        raise Refused(_("Say why, so that the others know."), field="note")


def _check_parties(institutions: Iterable[Institution]) -> list[Institution]:
    parties = list({institution.pk: institution for institution in institutions}.values())
    if len(parties) < 2:
        raise Refused(_("A partnership has at least two institutions."), field="institutions")
    if len(parties) > MAX_PARTIES:
        raise Refused(_("A partnership has at most %d institutions.") % MAX_PARTIES, field="institutions")
    _check_in_service(parties, field="institutions")
    return parties


def _check_in_service(parties: Iterable[Institution], field: str | None = None) -> None:
    for institution in parties:
        if institution.status != InstitutionStatus.VERIFIED:
            raise Refused(_("%s isn't a verified institution at present.") % institution, field=field)


def _check_text(parties, *, title, fields, valid_from, valid_until, places) -> list[str]:
    if not 0 < len(title.strip()) <= 200:
        raise Refused(_("Give it a title of at most 200 characters by which the parties know it."), field="title")
    if valid_until < valid_from:
        raise Refused(_("It has to end after it starts."), field="valid_until")
    if valid_until - valid_from > LONGEST:
        raise Refused(_("Choose at most ten years."), field="valid_until")
    fields = sorted(set(fields))
    if unknown := [code for code in fields if not isced.is_field(code)]:
        raise Refused(_("“%s” is not an ISCED-F field.") % unknown[0], field="fields")
    ids = {institution.pk for institution in parties}
    for (sending, receiving), per_year in places.items():
        if sending == receiving or not {sending, receiving} <= ids:
            raise Refused(_("Places go from one party to another."), field="places")
        if not 0 <= per_year <= MAX_PLACES:
            raise Refused(_("Write a number of places from 0 to %d.") % MAX_PLACES, field="places")
    return fields


def _set_parties(partnership: Partnership, parties: list[Institution]) -> None:
    PartnershipParty.objects.filter(partnership=partnership).exclude(institution__in=parties).delete()
    known = set(PartnershipParty.objects.filter(partnership=partnership).values_list("institution", flat=True))
    PartnershipParty.objects.bulk_create(
        PartnershipParty(partnership=partnership, institution=institution)
        for institution in parties
        if institution.pk not in known
    )


def _set_places(partnership: Partnership, parties: list[Institution], places: Places) -> None:
    PartnershipPlaces.objects.filter(partnership=partnership).delete()
    PartnershipPlaces.objects.bulk_create(
        PartnershipPlaces(
            partnership=partnership,
            sending=sending,
            receiving=receiving,
            per_year=places.get((sending.pk, receiving.pk), 0),
        )
        for sending, receiving in permutations(parties, 2)
    )


def _clear_signatures(partnership: Partnership) -> None:
    PartnershipParty.objects.filter(partnership=partnership).update(signed_by=None, signed_at=None, signed_version=None)


def _not_now(partnership: Partnership) -> Refused:
    return Refused(_("This isn't possible: it is now “%s”.") % partnership.get_status_display())


def _move(partnership: Partnership, status: Status) -> None:
    if not Status(partnership.status).may_become(status):
        raise _not_now(partnership)
    partnership.status = status
    partnership.save(update_fields=["status"])


def _submit(actor: User, partnership: Partnership) -> None:
    _move(partnership, Status.SUBMITTED)
    partnership.submitted_at = timezone.now()
    partnership.save(update_fields=["submitted_at"])
    entry = _note(actor, "partnership.submit", partnership, version=partnership.version)
    _tell(_staff_of(partnership), "partnership_signed", partnership, entry)
    _tell(platform_admins(), "partnership_submitted", partnership, entry)


def _decided(actor: User, partnership: Partnership, version: int | None) -> Partnership:
    """Check that a platform admin decides on what waits, and on the version that was looked at."""
    partnership = _locked(partnership)
    _need_platform_admin(actor)
    if partnership.status != Status.SUBMITTED:
        raise _not_now(partnership)
    if version is not None and version != partnership.version:
        raise Refused(_("A new version has come in since you opened it. Look at it again."))
    return partnership


def _close(actor, partnership, status, *, verb, kind, note="", **data) -> Partnership:
    """A move with its journal row, told to the coordinators and admins of all parties."""
    _move(partnership, status)
    if actor is not None:
        partnership.decided_by, partnership.decided_at, partnership.decision_note = actor, timezone.now(), note
        partnership.save(update_fields=["decided_by", "decided_at", "decision_note"])
    entry = _note(actor, verb, partnership, note, version=partnership.version, **data)
    _tell(_staff_of(partnership, but=actor), kind, partnership, entry)
    return partnership


def _note(actor, verb, partnership, note="", institution=None, **data) -> JournalEntry:
    return record(actor=actor, verb=verb, subject=partnership, institution=institution, note=note, **data)


def _tell(people, kind, partnership, entry) -> None:
    notify(
        recipients=people,
        kind=kind,
        key=f"{kind}:{entry.pk}",
        url=partnership.get_absolute_url(),
        title=partnership.title,
        institutions=[institution.name for institution in _institutions_of(partnership)],
        valid_until=partnership.valid_until.isoformat(),
        note=entry.note,
    )
