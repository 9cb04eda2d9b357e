"""Exchanges: planned unless the status says otherwise; `ExchangeFactory(institutions=[pune, lisbon], places=5)`.

The first institution is the host, whose offer it is. No partnership is made along: a test that opens enrolment or
enrols makes one with `PartnershipFactory(institutions=...)`, or asks for `covered=True`.
"""

import datetime as dt

import factory
from django.utils import timezone

from exchanges.enums import ExchangeRole, ExchangeStatus
from exchanges.models import Exchange, ExchangeInstitution
from tests.factories.institution import InstitutionFactory
from tests.factories.offers import OfferFactory
from tests.factories.partnership import PartnershipFactory


class ExchangeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Exchange
        skip_postgeneration_save = True

    class Params:
        host = factory.LazyFunction(InstitutionFactory)

    offer = factory.LazyAttribute(lambda o: OfferFactory(institution=o.host))
    title = factory.LazyAttribute(lambda o: o.offer.title)
    summary = factory.LazyAttribute(lambda o: o.offer.summary)
    status = ExchangeStatus.PLANNED
    zone = factory.LazyAttribute(lambda o: o.offer.zone)
    starts = factory.LazyAttribute(lambda o: o.offer.starts)
    ends = factory.LazyAttribute(lambda o: o.offer.ends)
    enrol_opens = factory.LazyAttribute(
        lambda o: None if o.status == ExchangeStatus.PLANNED else timezone.now() - dt.timedelta(days=1)
    )
    enrol_closes = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=20))

    @classmethod
    def _create(cls, model_class, *args, institutions=None, places=25, covered=False, **kwargs):
        institutions = institutions or [kwargs["offer"].institution, InstitutionFactory()]
        exchange = super()._create(model_class, *args, **kwargs)
        ExchangeInstitution.objects.bulk_create(
            ExchangeInstitution(
                exchange=exchange,
                institution=institution,
                role=ExchangeRole.PARTNER if number else ExchangeRole.COORDINATING,
                places=places,
            )
            for number, institution in enumerate(institutions)
        )
        if covered:
            PartnershipFactory(
                institutions=institutions, valid_from=dt.date.today(), valid_until=exchange.ends + dt.timedelta(days=1)
            )
        return exchange


def exchange_of(*institutions, **kwargs) -> Exchange:
    """An exchange of these institutions that is open for enrolment, under an active partnership."""
    kwargs = {"status": ExchangeStatus.ENROLLING, "covered": True, **kwargs}
    return ExchangeFactory(host=institutions[0], institutions=list(institutions), **kwargs)
