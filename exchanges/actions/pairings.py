"""Proposing to join offers, and answering.

Both sides' moves and the deadline may meet at once, so each takes the lock on the offer first and decides on what it
then reads: exactly one of them wins, and the others are told what happened.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchanges.actions.exchanges import plan_exchange
from exchanges.actions.pairing_ends import end_pairing, release_waiting, tell_of
from exchanges.enums import DeclineReason, ExchangeStatus, OfferStatus, PairingStatus
from exchanges.models import Offer, Pairing
from institutions.actions.journal import record
from institutions.actions.notices import coordinators_of
from institutions.enums import InstitutionStatus, Role
from institutions.errors import Refused
from institutions.models import Institution, Membership

SOONEST = timedelta(hours=24)
USUAL = timedelta(days=10)
LATEST = timedelta(days=90)
REMINDERS = (timedelta(days=3), timedelta(days=1))


def propose(
    *,
    actor,
    offer: Offer,
    partner_institution: Institution,
    message: str,
    reply_by: datetime,
    reply_zone: str,
    partner_offer: Offer | None = None,
) -> Pairing:
    """Invite an institution (perhaps because of an offer of its own) to join the offer, until a deadline."""
    now = timezone.now()
    if reply_by < now + SOONEST:
        raise Refused(_("Give them at least 24 hours to reply."), "reply_by")
    if reply_by > now + LATEST:
        raise Refused(_("Ask for a reply within 90 days."), "reply_by")
    with transaction.atomic():
        offer = _locked(offer.pk)
        _must_coordinate(actor, offer.institution)
        _may_take_partners(offer)
        _may_be_invited(offer, partner_institution, partner_offer)
        pairing = Pairing.objects.create(
            offer=offer,
            partner_institution=partner_institution,
            partner_offer=partner_offer,
            message=message,
            invited_by=actor,
            reply_by=reply_by,
            reply_zone=reply_zone,
        )
        record(actor=actor, verb="pairing.propose", subject=pairing, institution=offer.institution)
        tell_of(
            "pairing_proposed",
            pairing,
            coordinators_of([partner_institution]),
            message=message,
            reply_by=reply_by.isoformat(),
            person=actor.get_full_name(),
        )
    return pairing


def withdraw_proposal(*, actor, pairing: Pairing, note: str = "") -> Pairing:
    """The proposing side takes its invitation back before it is answered."""
    with transaction.atomic():
        pairing = _locked_pairing(pairing)
        _must_coordinate(actor, pairing.offer.institution)
        _must_wait_for_reply(pairing)
        end_pairing(pairing, PairingStatus.WITHDRAWN, actor=actor, note=note)
        record(actor=actor, verb="pairing.withdraw", subject=pairing, institution=pairing.offer.institution, note=note)
        tell_of("pairing_withdrawn", pairing, coordinators_of([pairing.partner_institution]), note=note)
    return pairing


def accept(*, actor, pairing: Pairing, partner_offer: Offer | None = None, note: str = "") -> Pairing:
    """The invited side agrees, perhaps naming its own published offer, and the exchange is planned.

    Where no active partnership covers the institutions, one is drafted.
    """
    with transaction.atomic():
        pairing = _locked_pairing(pairing)
        _must_coordinate(actor, pairing.partner_institution)
        _must_wait_for_reply(pairing)
        _must_be_in_time(pairing)
        _may_take_partners(pairing.offer)
        if partner_offer is not None:
            if partner_offer.institution_id != pairing.partner_institution_id:
                raise Refused(_("Choose an offer of your own institution."), "partner_offer")
            if partner_offer.status != OfferStatus.PUBLISHED:
                raise Refused(_("That offer is not published."), "partner_offer")
            pairing.partner_offer = partner_offer
        end_pairing(pairing, PairingStatus.ACCEPTED, actor=actor, note=note)
        pairing.exchange = plan_exchange(actor=actor, pairing=pairing)
        pairing.save(update_fields=["exchange"])
        record(actor=actor, verb="pairing.accept", subject=pairing, institution=pairing.partner_institution, note=note)
        tell_of(
            "pairing_accepted",
            pairing,
            coordinators_of(pairing.institutions),
            note=note,
            person=actor.get_full_name(),
        )
        if partners_missing(pairing.offer) == 0:
            release_waiting(pairing.offer)
    return pairing


def decline(*, actor, pairing: Pairing, reason: str, note: str = "") -> Pairing:
    """The invited side says no, and why."""
    if reason not in DeclineReason.values:
        raise Refused(_("Choose a reason."), "reason")
    if reason == DeclineReason.OTHER and not note:
        raise Refused(_("Say why in a few words."), "note")
    with transaction.atomic():
        pairing = _locked_pairing(pairing)
        _must_coordinate(actor, pairing.partner_institution)
        _must_wait_for_reply(pairing)
        _must_be_in_time(pairing)
        pairing.decline_reason = reason
        end_pairing(pairing, PairingStatus.DECLINED, actor=actor, note=note)
        record(
            actor=actor,
            verb="pairing.decline",
            subject=pairing,
            institution=pairing.partner_institution,
            note=note,
            reason=reason,
        )
        tell_of("pairing_declined", pairing, coordinators_of([pairing.offer.institution]), reason=reason, note=note)
    return pairing


def lapse_overdue(*, now: datetime | None = None, limit: int = 200) -> int:
    """End the proposals whose deadline passed without a reply; answers how many."""
    now = now or timezone.now()
    lapsed = 0
    for pk in Pairing.objects.overdue(now).order_by("reply_by").values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            pairing = _locked_pairing(Pairing.objects.select_related("offer").get(pk=pk))
            if pairing.status != PairingStatus.PROPOSED or pairing.reply_by > now:
                continue
            end_pairing(pairing, PairingStatus.LAPSED, actor=None)
            record(actor=None, verb="pairing.lapse", subject=pairing, institution=pairing.partner_institution)
            tell_of("pairing_lapsed", pairing, coordinators_of(pairing.institutions))
            lapsed += 1
    return lapsed


def remind_of_replies(*, now: datetime | None = None, limit: int = 500) -> int:
    """Remind the invited side 3 days and 1 day before the deadline, each once; answers how many proposals.

    A reminder that falls within a day of the invitation itself is left out.
    """
    now = now or timezone.now()
    reminded = 0
    soon = Pairing.objects.waiting().filter(reply_by__gt=now, reply_by__lte=now + max(REMINDERS))
    for pairing in soon.with_sides().order_by("reply_by")[:limit]:
        before = min(ahead for ahead in REMINDERS if pairing.reply_by <= now + ahead)
        due = pairing.reply_by - before
        if (pairing.reminded_at and pairing.reminded_at >= due) or pairing.proposed_at > due - timedelta(days=1):
            continue
        with transaction.atomic():
            mine = Pairing.objects.waiting().filter(pk=pairing.pk, reminded_at=pairing.reminded_at)
            if not mine.update(reminded_at=now):
                continue
            tell_of(
                "pairing_reminder",
                pairing,
                coordinators_of([pairing.partner_institution]),
                key=f"pairing_reminder:{pairing.pk}:{before.days}",
                reply_by=pairing.reply_by.isoformat(),
            )
            reminded += 1
    return reminded


def partners_missing(offer: Offer) -> int:
    """How many partners the offer still looks for."""
    found = offer.pairings.filter(status=PairingStatus.ACCEPTED).count()
    return max(offer.partners_wanted - found, 0)


def _locked(offer_id: int) -> Offer:
    return Offer.objects.select_for_update(of=("self",), no_key=True).select_related("institution").get(pk=offer_id)


def _locked_pairing(pairing: Pairing) -> Pairing:
    offer = _locked(pairing.offer_id)
    pairing = Pairing.objects.select_related("partner_institution", "partner_offer").get(pk=pairing.pk)
    pairing.offer = offer
    return pairing


def _must_coordinate(actor, institution: Institution) -> None:
    if not Membership.objects.active().of(actor, Role.COORDINATOR).filter(institution=institution).exists():
        raise Refused(_("Only coordinators of %(institution)s can do this.") % {"institution": institution})


def _may_take_partners(offer: Offer) -> None:
    if offer.status != OfferStatus.PUBLISHED:
        raise Refused(_("The offer is not published."))
    if partners_missing(offer) == 0:
        raise Refused(
            ngettext(
                "The offer has its partner already.",
                "The offer has its %(count)s partners already.",
                offer.partners_wanted,
            )
            % {"count": offer.partners_wanted}
        )
    exchange = getattr(offer, "exchange", None)
    if exchange is not None and exchange.status != ExchangeStatus.PLANNED:
        raise Refused(_("The exchange has begun enrolment, so no further partner can join it."))


def _may_be_invited(offer: Offer, institution: Institution, partner_offer: Offer | None) -> None:
    if institution.pk == offer.institution_id:
        raise Refused(_("Your own institution can't be its own partner."))
    if institution.status != InstitutionStatus.VERIFIED:
        raise Refused(_("%(institution)s does not take part at the moment.") % {"institution": institution})
    if not coordinators_of([institution]):
        raise Refused(
            _("%(institution)s has no coordinator here yet, so nobody could reply.") % {"institution": institution}
        )
    if partner_offer is not None and (
        partner_offer.institution_id != institution.pk or partner_offer.status != OfferStatus.PUBLISHED
    ):
        raise Refused(_("Their offer is not published any more."))
    standing = offer.pairings.current().filter(partner_institution=institution).first()
    if standing is not None and standing.status == PairingStatus.ACCEPTED:
        raise Refused(_("%(institution)s is a partner of this offer already.") % {"institution": institution})
    if standing is not None:
        raise Refused(
            _("You have proposed this to %(institution)s already; they have not replied yet.")
            % {"institution": institution}
        )
    theirs = Pairing.objects.waiting().filter(offer__institution=institution, partner_offer=offer)
    if theirs.exists():
        raise Refused(
            _("%(institution)s has proposed the same to you. Answer their proposal instead.")
            % {"institution": institution}
        )


def _must_wait_for_reply(pairing: Pairing) -> None:
    if pairing.status == PairingStatus.PROPOSED:
        return
    raise Refused(
        {
            PairingStatus.ACCEPTED: _("This proposal has been accepted already."),
            PairingStatus.DECLINED: _("This proposal has been declined already."),
            PairingStatus.LAPSED: _("The deadline passed without a reply, so this proposal has lapsed."),
            PairingStatus.WITHDRAWN: _("This proposal has been withdrawn."),
        }[PairingStatus(pairing.status)]
    )


def _must_be_in_time(pairing: Pairing) -> None:
    if pairing.reply_by <= timezone.now():
        raise Refused(_("The deadline for a reply has passed. Ask them to propose it again."))
