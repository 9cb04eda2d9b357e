"""Writes the partnerships, and the proposals that came to nothing."""

import datetime as dt
from itertools import permutations

from exchanges.enums import PairingStatus
from exchanges.models import Pairing
from exchanges.sample_world import stories
from exchanges.sample_world.world import World
from institutions.enums import PartnershipStatus
from institutions.models import Partnership, PartnershipParty, PartnershipPlaces


def write_partnerships(world: World) -> None:
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


def write_pairings(world: World) -> None:
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
        world.note(answered, actor, f"pairing.{verb}", pairing, side, note=sample.note, **data)
