"""Taking places, waiting for them, and giving them back.

Every change locks the exchange's row first, so that numbers are drawn and places decided one after the other, however
many people click at once; asking twice gives the same answer.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.confidences import forget
from exchanges.actions.waiting import cascade, lock_running_intake
from exchanges.enums import EnrolmentStatus, ExchangeStatus, PlacementStatus
from exchanges.models import Activity, Enrolment, Exchange, ExchangeInstitution, IntakeExchange, Placement
from institutions.actions.journal import record
from institutions.actions.notices import notify
from institutions.enums import Role
from institutions.errors import Refused
from institutions.models import Institution, Membership

MOVING_UP = (ExchangeStatus.ENROLLING, ExchangeStatus.GROUPING)
LEAVABLE = (ExchangeStatus.ENROLLING, ExchangeStatus.GROUPING, ExchangeStatus.RUNNING)


def enrol(*, actor, exchange: Exchange, institution: Institution | None = None) -> Enrolment:
    """Take a place for the actor, or a position on the waiting list of her institution's part.

    `institution` says from which, for those who are learners of several that take part. Whoever comes back after
    withdrawing goes to the end of the queue.
    """
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        enrolment = Enrolment.objects.filter(exchange=exchange, learner=actor).select_related("part").first()
        if enrolment is not None and enrolment.status != EnrolmentStatus.WITHDRAWN:
            return enrolment
        _must_be_open(exchange)
        part = _part_of(actor, exchange, institution)
        enrolment = enrolment or Enrolment(exchange=exchange, learner=actor)
        enrolment.part = part
        enrolment.number = _draw_number(exchange)
        enrolment.withdrawn_at = enrolment.placed_at = None
        enrolment.taken_at = timezone.now()
        if part.free > 0:
            _place(enrolment)
            _hold(part, 1)
        else:
            enrolment.status = EnrolmentStatus.WAITING
        enrolment.save()
        record(
            actor=actor,
            verb="enrolment.take" if enrolment.status == EnrolmentStatus.PLACED else "enrolment.wait",
            subject=enrolment,
            institution=part.institution,
            number=enrolment.number,
        )
        _tell("enrolment_placed" if enrolment.status == EnrolmentStatus.PLACED else "enrolment_waiting", enrolment)
    return enrolment


def withdraw(*, actor, enrolment: Enrolment) -> Enrolment:
    """Give the place or the position up; the first on the waiting list moves up."""
    with transaction.atomic():
        intake = lock_running_intake(enrolment.exchange_id)
        exchange = lock_exchange(enrolment.exchange_id)
        enrolment = Enrolment.objects.select_related("part__institution").get(pk=enrolment.pk)
        if enrolment.learner_id != actor.pk:
            raise Refused(_("Only the learner can withdraw."))
        if enrolment.status == EnrolmentStatus.WITHDRAWN:
            return enrolment
        if exchange.status not in LEAVABLE or enrolment.status == EnrolmentStatus.COMPLETED:
            raise Refused(_("You can't withdraw any more: the exchange is over."))
        held = enrolment.status == EnrolmentStatus.PLACED
        left = _sessions_of(enrolment)
        enrolment.exchange = exchange
        enrolment.status = EnrolmentStatus.WITHDRAWN
        enrolment.withdrawn_at = timezone.now()
        enrolment.placed_at = None
        enrolment.group = None
        enrolment.save(update_fields=["status", "withdrawn_at", "placed_at", "group"])
        enrolment.wishes.all().delete()
        forget(exchange, [enrolment.pk])
        record(actor=actor, verb="enrolment.withdraw", subject=enrolment, institution=enrolment.part.institution)
        _tell("enrolment_withdrawn", enrolment, sessions_left=left)
        if held:
            _hold(enrolment.part, -1)
            fill_places(exchange, enrolment.part)
        if intake is not None:
            confirmed = Placement.objects.filter(choice_list__learner=actor, intake=intake, entry__exchange=exchange)
            confirmed.filter(status=PlacementStatus.CONFIRMED).update(
                status=PlacementStatus.WITHDRAWN, decided_at=enrolment.withdrawn_at
            )
            cascade(intake)
    return enrolment


def place_learner(*, exchange: Exchange, learner, institution: Institution) -> Enrolment:
    """A place that an intake gave, of the institution's part. Call it with the lock on the exchange.

    Refused where the part has no place left, or no partnership covers the institutions at present.
    """
    enrolment = Enrolment.objects.filter(exchange=exchange, learner=learner).first()
    if enrolment is not None and enrolment.status in (EnrolmentStatus.PLACED, EnrolmentStatus.COMPLETED):
        return enrolment
    _must_be_covered(exchange)
    part = exchange.parts.select_related("institution").filter(institution=institution).first()
    if part is None or part.free <= 0:
        raise Refused(_("%s has no place left in this exchange. Its coordinators can tell you more.") % institution)
    enrolment = enrolment or Enrolment(exchange=exchange, learner=learner)
    enrolment.part = part
    enrolment.number = _draw_number(exchange)
    enrolment.withdrawn_at = None
    enrolment.taken_at = timezone.now()
    _place(enrolment)
    _hold(part, 1)
    enrolment.save()
    record(actor=learner, verb="enrolment.take", subject=enrolment, institution=institution, number=enrolment.number)
    _tell("enrolment_placed", enrolment)
    return enrolment


def in_intake(exchange: Exchange) -> IntakeExchange | None:
    """The running intake's entry by which the exchange's places are given, if there is one."""
    return exchange.entries.filter(active=True).select_related("intake").first()


def fill_places(exchange: Exchange, part: ExchangeInstitution) -> int:
    """Give the part's free places to the first on its waiting list; answers how many moved up.

    Call it inside the transaction that holds the lock on the exchange.
    """
    if exchange.status not in MOVING_UP or part.free <= 0 or in_intake(exchange):
        return 0
    moving = list(part.enrolments.waiting().select_related("learner")[: part.free])
    for enrolment in moving:
        enrolment.exchange, enrolment.part = exchange, part
        _place(enrolment)
        enrolment.save(update_fields=["status", "placed_at"])
        record(
            actor=None,
            verb="enrolment.move_up",
            subject=enrolment,
            institution=part.institution,
            number=enrolment.number,
        )
        _tell("enrolment_moved_up", enrolment)
    if moving:
        _hold(part, len(moving))
    return len(moving)


def position(enrolment: Enrolment) -> int | None:
    """Where the learner stands on the waiting list of her institution, 1 for the next to move up."""
    if enrolment.status != EnrolmentStatus.WAITING:
        return None
    return Enrolment.objects.waiting().filter(part=enrolment.part_id, number__lte=enrolment.number).count()


def lock_exchange(pk: int) -> Exchange:
    """The exchange's row, locked until the transaction ends. Whoever contends for its places starts here."""
    return Exchange.objects.select_for_update(of=("self",), no_key=True).select_related("offer").get(pk=pk)


def parts_open_to(user, exchange: Exchange) -> list[ExchangeInstitution]:
    """The parts through which the person may join: those of institutions of which she is a learner."""
    mine = Membership.objects.active().of(user, Role.LEARNER).values("institution")
    return list(exchange.parts.filter(institution__in=mine).select_related("institution"))


def _must_be_open(exchange: Exchange) -> None:
    if exchange.status == ExchangeStatus.PLANNED:
        raise Refused(_("Enrolment has not opened yet."))
    if (entry := in_intake(exchange)) is not None:
        raise Refused(_("The places of this exchange are given in the intake “%s”. Choose it there.") % entry.intake)
    closes = exchange.enrol_closes
    if exchange.status != ExchangeStatus.ENROLLING or (closes is not None and closes <= timezone.now()):
        raise Refused(_("Enrolment is closed."))
    _must_be_covered(exchange)


def _must_be_covered(exchange: Exchange) -> None:
    if exchange.covering_partnership() is None:
        raise Refused(
            _("Enrolment is paused: the partnership of the institutions is not in force. Their coordinators know.")
        )


def _part_of(actor, exchange: Exchange, institution: Institution | None) -> ExchangeInstitution:
    parts = parts_open_to(actor, exchange)
    if institution is not None:
        parts = [part for part in parts if part.institution_id == institution.pk]
    if not parts:
        raise Refused(_("Only learners of the participating institutions can join."))
    if len(parts) > 1:
        raise Refused(_("Choose the institution from which you take part."), "institution")
    return parts[0]


def _draw_number(exchange: Exchange) -> int:
    exchange.queue_number += 1
    exchange.save(update_fields=["queue_number"])
    return exchange.queue_number


def _place(enrolment: Enrolment) -> None:
    enrolment.status = EnrolmentStatus.PLACED
    enrolment.placed_at = timezone.now()


def _hold(part: ExchangeInstitution, count: int) -> None:
    part.held += count
    part.save(update_fields=["held"])


def _sessions_of(enrolment: Enrolment) -> list[int]:
    """The sessions to come that the place brings with it; the mail carries invitations to them."""
    if enrolment.status != EnrolmentStatus.PLACED:
        return []
    return list(Activity.objects.coming_for(enrolment, timezone.now()).values_list("pk", flat=True))


def _tell(kind: str, enrolment: Enrolment, *, sessions_left: Sequence[int] = ()) -> None:
    exchange = enrolment.exchange
    notify(
        recipients=[enrolment.learner],
        kind=kind,
        key=f"{kind}:{enrolment.pk}:{enrolment.number}",
        url=exchange.get_absolute_url(),
        exchange=str(exchange),
        institution=str(enrolment.part.institution),
        position=position(enrolment),
        starts=exchange.starts.isoformat(),
        ends=exchange.ends.isoformat(),
        sessions=_sessions_of(enrolment),
        sessions_left=sessions_left,
    )
