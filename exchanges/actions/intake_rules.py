"""Which exchanges are in an intake, and the rules for their places.

Exchanges, quotas and reserves are settled before it opens, because learners choose by them. The minimum and the
priority lines (nominations come late) can change until it closes.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from exchanges.actions.intakes import must_manage
from exchanges.actions.waiting import lock_intake
from exchanges.enums import ExchangeRole, ExchangeStatus, IntakeStatus
from exchanges.models import Exchange, ExchangeInstitution, Intake, IntakeExchange, IntakeQuota, PriorityLine
from institutions.actions.journal import record
from institutions.enums import MembershipStatus, Role
from institutions.errors import Refused
from institutions.models import PartnershipParty, User

MOST_LINES = 5
MOST_NAMED = 500


def eligible_exchanges(intake: Intake):
    """Exchanges that may be put into the intake: not over, in no other running intake, and the owner's to give.

    The platform's own intakes may have any; an institution's those that it coordinates, and those of which all
    institutions are parties to the intake's partnership.
    """
    found = Exchange.objects.filter(status__in=(ExchangeStatus.PLANNED, ExchangeStatus.ENROLLING)).taking_directly()
    if intake.institution_id is None and intake.partnership_id is None:
        return found
    own = ExchangeInstitution.objects.filter(institution=intake.institution_id, role=ExchangeRole.COORDINATING)
    ours = found.filter(pk__in=own.values("exchange"))
    if intake.partnership_id is None:
        return ours
    parties = PartnershipParty.objects.filter(partnership=intake.partnership_id).values("institution")
    outside = ExchangeInstitution.objects.exclude(institution__in=parties)
    return ours | found.exclude(pk__in=outside.values("exchange"))


def set_exchanges(*, actor, intake: Intake, exchanges: Iterable[int]) -> Intake:
    """Have exactly these exchanges (ids) in a draft; those that stay keep their rules."""
    with transaction.atomic():
        intake = lock_intake(intake.pk)
        must_manage(actor, intake)
        _must_be(intake, IntakeStatus.DRAFT)
        wanted = set(exchanges)
        known = set(intake.entries.values_list("exchange", flat=True))
        fresh = list(eligible_exchanges(intake).filter(pk__in=wanted - known).distinct())
        if len(fresh) < len(wanted - known):
            raise Refused(_("One of these exchanges can't be in this intake."), "exchanges")
        intake.entries.exclude(exchange__in=wanted).delete()
        IntakeExchange.objects.bulk_create(IntakeExchange(intake=intake, exchange=exchange) for exchange in fresh)
        if wanted != known:
            _note(actor, intake, added=[str(each) for each in fresh], removed=len(known - wanted))
    return intake


def set_rules(
    *,
    actor,
    entry: IntakeExchange,
    limits: Mapping[str, int | None],
    institutions: Mapping[int, int | None],
    countries: Mapping[str, int],
    lines: Sequence[tuple[str, Sequence[str]]],
) -> IntakeExchange:
    """Settle the rules for an exchange's places.

    `limits` are capacity, minimum, never_abroad and fewer_opportunities; `institutions` (id) and `countries` (code)
    have quotas, None for none; `lines` are pairs of why and the e-mail addresses of those who come first for it.
    """
    with transaction.atomic():
        intake = lock_intake(entry.intake_id)
        must_manage(actor, intake)
        _must_be(intake, IntakeStatus.DRAFT, IntakeStatus.OPEN)
        entry = intake.entries.select_related("exchange").get(pk=entry.pk)
        if intake.status == IntakeStatus.DRAFT:
            for name in ("capacity", "never_abroad", "fewer_opportunities"):
                setattr(entry, name, limits[name])
            if sum(entry.reserves.values()) > _places(entry):
                raise Refused(_("More places are reserved than there are."), "never_abroad")
            _set_quotas(entry, institutions, countries)
        entry.minimum = limits["minimum"] or 0
        if entry.minimum > _places(entry):
            raise Refused(_("The minimum is more than there are places."), "minimum")
        entry.save()
        _set_lines(entry, lines)
        _note(actor, intake, exchange=str(entry))
    return entry


def _set_quotas(entry: IntakeExchange, institutions: Mapping[int, int | None], countries: Mapping[str, int]) -> None:
    entry.quotas.all().delete()
    quotas = [
        IntakeQuota(entry=entry, institution_id=pk, places=places)
        for pk, places in institutions.items()
        if places is not None
    ]
    quotas += [IntakeQuota(entry=entry, country=country, places=places) for country, places in countries.items()]
    IntakeQuota.objects.bulk_create(quotas)


def _set_lines(entry: IntakeExchange, lines: Sequence[tuple[str, Sequence[str]]]) -> None:
    if len(lines) > MOST_LINES:
        raise Refused(_("At most %d priority lines.") % MOST_LINES, "lines")
    entry.priority_lines.all().delete()
    for number, (label, addresses) in enumerate(lines, start=1):
        if not label.strip():
            raise Refused(_("Say why they come first; they and the others will read it."), f"label_{number}")
        learners = _learners(entry, addresses, f"addresses_{number}")
        if not learners:
            raise Refused(_("Name at least one learner."), f"addresses_{number}")
        line = PriorityLine.objects.create(entry=entry, number=number, label=label.strip())
        line.learners.set(learners)


def _learners(entry: IntakeExchange, addresses: Sequence[str], field: str) -> list[User]:
    wanted = {address.strip().lower() for address in addresses if address.strip()}
    if len(wanted) > MOST_NAMED:
        raise Refused(_("At most %d addresses in one line.") % MOST_NAMED, field)
    found = User.objects.filter(
        is_active=True,
        memberships__institution__in=list(entry.exchange.parts.values_list("institution", flat=True)),
        memberships__role=Role.LEARNER,
        memberships__status=MembershipStatus.ACTIVE,
    ).distinct()
    by_address = {user.email.lower(): user for user in found} if wanted else {}
    missing = sorted(wanted - by_address.keys())
    if missing:
        raise Refused(
            _("No learner of the participating institutions has this address: %s.") % ", ".join(missing[:10]), field
        )
    return [by_address[address] for address in sorted(wanted)]


def _places(entry: IntakeExchange) -> int:
    free = sum(part.free for part in entry.exchange.parts.all())
    return free if entry.capacity is None else min(free, entry.capacity)


def _must_be(intake: Intake, *states: IntakeStatus) -> None:
    if intake.status not in states:
        raise Refused(_("Learners rely on this: it can't be changed any more."))


def _note(actor, intake: Intake, **data) -> None:
    record(actor=actor, verb="intake.rules", subject=intake, institution=intake.institution, **data)
