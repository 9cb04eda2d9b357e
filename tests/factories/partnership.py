"""Partnerships: active unless the status says otherwise, signed by all from `submitted` on, 10 places each way."""

import datetime as dt
from itertools import permutations

import factory
from django.utils import timezone

from institutions.enums import PartnershipStatus
from institutions.models import Partnership, PartnershipParty, PartnershipPlaces
from tests.factories.institution import InstitutionFactory

UNSIGNED = (PartnershipStatus.DRAFT, PartnershipStatus.SIGNING)


class PartnershipFactory(factory.django.DjangoModelFactory):
    """`PartnershipFactory(institutions=[pune, lisbon], status="draft")`; without institutions, two new ones."""

    class Meta:
        model = Partnership
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Partnership {n}")
    status = PartnershipStatus.ACTIVE
    valid_from = factory.LazyFunction(lambda: dt.date.today() - dt.timedelta(days=30))
    valid_until = factory.LazyAttribute(lambda o: o.valid_from + dt.timedelta(days=730))
    recognition_terms = "Each institution recognises the credits in full."
    submitted_at = factory.LazyAttribute(lambda o: None if o.status in UNSIGNED else timezone.now())

    @factory.post_generation
    def institutions(self, create, parties, places=10, **kwargs):
        parties = parties or InstitutionFactory.create_batch(2)
        signed = self.status not in UNSIGNED
        PartnershipParty.objects.bulk_create(
            PartnershipParty(
                partnership=self,
                institution=institution,
                signed_at=timezone.now() if signed else None,
                signed_version=self.version if signed else None,
            )
            for institution in parties
        )
        PartnershipPlaces.objects.bulk_create(
            PartnershipPlaces(partnership=self, sending=sending, receiving=receiving, per_year=places)
            for sending, receiving in permutations(parties, 2)
        )
