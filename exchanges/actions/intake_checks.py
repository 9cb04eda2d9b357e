"""What stands in the way of opening an intake, in few queries however many exchanges it has."""

from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.enums import EnrolmentStatus, ExchangeStatus
from exchanges.models import Enrolment, Exchange, Intake, IntakeExchange
from institutions.enums import PartnershipStatus
from institutions.models import Partnership, PartnershipParty

NAMED = 5


def missing_before_opening(intake: Intake) -> list[str]:
    """What is still missing, as sentences, most important first."""
    now = timezone.now()
    entries = list(intake.entries.select_related("exchange__offer").prefetch_related("exchange__parts"))
    if not entries:
        return [_("No exchange has been chosen yet.")]
    missing = []
    if intake.closes <= now:
        missing.append(_("The time at which it closes has passed."))
    exchanges = [entry.exchange for entry in entries]
    states = (ExchangeStatus.PLANNED, ExchangeStatus.ENROLLING)
    elsewhere = IntakeExchange.objects.filter(active=True, exchange__in=exchanges).exclude(intake=intake)
    waiting = Enrolment.objects.filter(status=EnrolmentStatus.WAITING, exchange__in=exchanges)
    taken = set(elsewhere.values_list("exchange", flat=True))
    queued = set(waiting.values_list("exchange", flat=True))
    for sentence, found in (
        (_("These exchanges are over or under way: %s."), [e for e in exchanges if e.status not in states]),
        (_("No active partnership covers all institutions of: %s."), uncovered(exchanges)),
        (_("These exchanges start before the intake closes: %s."), _begun(intake, exchanges)),
        (
            _("These exchanges have no places yet: %s."),
            [e for e in exchanges if not _has_places(e)],
        ),
        (_("Another intake gives the places of: %s."), [e for e in exchanges if e.pk in taken]),
        (_("Learners wait for a place already in: %s."), [e for e in exchanges if e.pk in queued]),
    ):
        if found:
            missing.append(sentence % _names(found))
    reserved = [entry for entry in entries if sum(entry.reserves.values()) > _places(entry)]
    if reserved:
        missing.append(
            _("More places are reserved than there are in: %s.") % _names([entry.exchange for entry in reserved])
        )
    return missing


def uncovered(exchanges: list[Exchange]) -> list[Exchange]:
    """Those that no active partnership covers: all institutions, all days, the field."""
    wanted = {part.institution_id for exchange in exchanges for part in exchange.parts.all()}
    active = Partnership.objects.filter(
        pk__in=PartnershipParty.objects.filter(institution__in=wanted).values("partnership"),
        status=PartnershipStatus.ACTIVE,
    ).prefetch_related("parties")
    known = [(each, {party.institution_id for party in each.parties.all()}) for each in active]
    return [exchange for exchange in exchanges if not any(_covers(*each, exchange) for each in known)]


def _covers(partnership: Partnership, parties: set[int], exchange: Exchange) -> bool:
    return (
        partnership.valid_from <= exchange.starts
        and partnership.valid_until >= exchange.ends
        and all(part.institution_id in parties for part in exchange.parts.all())
        and (not partnership.fields or any(exchange.offer.field.startswith(code) for code in partnership.fields))
    )


def _begun(intake: Intake, exchanges: list[Exchange]) -> list[Exchange]:
    last = intake.closes.astimezone(intake.tz).date()
    return [exchange for exchange in exchanges if exchange.starts <= last]


def _has_places(exchange: Exchange) -> bool:
    return any(part.places for part in exchange.parts.all())


def _places(entry: IntakeExchange) -> int:
    free = sum(part.free for part in entry.exchange.parts.all())
    return free if entry.capacity is None else min(free, entry.capacity)


def _names(exchanges: list[Exchange]) -> str:
    names = ", ".join(f"“{exchange}”" for exchange in exchanges[:NAMED])
    more = len(exchanges) - NAMED
    return names if more <= 0 else _("%(names)s and %(count)d more") % {"names": names, "count": more}
