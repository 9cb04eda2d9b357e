"""How proposals end, whoever ends them; and telling both sides."""

from django.utils import timezone

from exchanges.enums import PairingStatus
from exchanges.models import Offer, Pairing
from institutions.actions.journal import record
from institutions.actions.notices import admins_of, coordinators_of, notify


def end_pairing(pairing: Pairing, status: PairingStatus, *, actor, note: str = "") -> None:
    """Write how it ended. Call it with the lock on the offer, after checking that it still waits."""
    assert PairingStatus(pairing.status).may_become(status)
    pairing.status = status
    pairing.replied_at = timezone.now()
    pairing.replied_by = actor
    pairing.reply_note = note
    pairing.save(update_fields=["status", "replied_at", "replied_by", "reply_note", "partner_offer", "decline_reason"])


def release_waiting(offer: Offer) -> None:
    """The offer takes no further partner: whoever has not replied yet is told so, instead of replying in vain.

    Call it inside the transaction that fills or closes the offer, with the lock on it.
    """
    for pairing in offer.pairings.waiting().select_related("partner_institution", "offer__institution"):
        end_pairing(pairing, PairingStatus.WITHDRAWN, actor=None)
        record(actor=None, verb="pairing.withdraw", subject=pairing, institution=pairing.offer.institution)
        tell_of("pairing_withdrawn", pairing, coordinators_of([pairing.partner_institution]), note="", full=True)


def tell_of(kind: str, pairing: Pairing, recipients, *, key: str = "", **context) -> None:
    """Notices about a pairing; where an institution has no coordinator any more, its admins get them."""
    notify(
        recipients=recipients or admins_of([pairing.partner_institution]),
        kind=kind,
        key=key or f"{kind}:{pairing.pk}",
        url=pairing.get_absolute_url(),
        offer=str(pairing.offer),
        proposer=str(pairing.offer.institution),
        partner=str(pairing.partner_institution),
        **context,
    )
