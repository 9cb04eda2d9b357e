"""Certificates of completed exchanges: `certificate_for(enrolment)`."""

from django.utils import timezone

from exchanges.actions.recognition import facts_of, participation_in
from exchanges.enums import EnrolmentStatus, ExchangeStatus
from exchanges.models import Certificate, Enrolment


def certificate_for(enrolment: Enrolment, **kwargs) -> Certificate:
    """As completing leaves it: the exchange and the enrolment are completed."""
    exchange = enrolment.exchange
    exchange.status, exchange.completed_at = ExchangeStatus.COMPLETED, timezone.now()
    exchange.save(update_fields=["status", "completed_at"])
    enrolment.status = EnrolmentStatus.COMPLETED
    enrolment.save(update_fields=["status"])
    found = next(each for each in participation_in(exchange) if each.enrolment.pk == enrolment.pk)
    return Certificate.objects.create(enrolment=enrolment, facts=facts_of(exchange, found), **kwargs)
