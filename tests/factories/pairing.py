"""Pairings: proposed, with ten days to reply, unless told otherwise."""

import datetime as dt

import factory
from django.utils import timezone

from exchanges.models import Pairing
from tests.factories.institution import InstitutionFactory
from tests.factories.offers import OfferFactory


class PairingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Pairing

    offer = factory.SubFactory(OfferFactory)
    partner_institution = factory.SubFactory(InstitutionFactory)
    message = "Shall we do this together?"
    invited_by = factory.LazyAttribute(lambda o: o.offer.coordinator)
    reply_by = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=10))
    reply_zone = factory.LazyAttribute(lambda o: o.offer.zone)
