"""Groups of learners with a place: `group_of(exchange, [lisbon, pune])` makes a confirmed one with new learners."""

from exchanges.enums import EnrolmentStatus, GroupStatus
from exchanges.models import Enrolment, Exchange, Group
from institutions.models import Institution, User
from tests.factories.enrolment import learner_of


def placed(exchange: Exchange, institution: Institution, user: User | None = None, **kwargs) -> Enrolment:
    """An enrolment that holds a place, whatever the exchange's state."""
    part = exchange.parts.get(institution=institution)
    exchange.queue_number += 1
    exchange.save(update_fields=["queue_number"])
    part.held += 1
    part.save(update_fields=["held"])
    return Enrolment.objects.create(
        exchange=exchange,
        part=part,
        learner=user or learner_of(institution),
        status=EnrolmentStatus.PLACED,
        number=exchange.queue_number,
        **kwargs,
    )


def group_of(exchange: Exchange, people: list[Institution | User | Enrolment], status=GroupStatus.CONFIRMED) -> Group:
    """A group with these enrolments, or with new learners of these institutions."""
    number = exchange.groups.count() + 1
    group = Group.objects.create(exchange=exchange, number=number, status=status)
    for each in people:
        enrolment = each if isinstance(each, Enrolment) else placed(exchange, each)
        enrolment.group = group
        enrolment.save(update_fields=["group"])
    return group
