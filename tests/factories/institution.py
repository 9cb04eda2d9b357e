"""Institutions: verified unless the status says otherwise; `domains=["uni.example"]` gives verified domains."""

import factory

from institutions.enums import InstitutionStatus, Kind
from institutions.models import Institution, InstitutionDomain


class InstitutionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Institution
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"University {n}")
    slug = factory.Sequence(lambda n: f"university-{n}")
    kind = Kind.HEI
    country = "PT"
    city = "Porto"
    zone = "Europe/Lisbon"
    website = factory.LazyAttribute(lambda o: f"https://www.{o.slug}.example")
    languages = factory.LazyFunction(lambda: ["en"])
    status = InstitutionStatus.VERIFIED

    @factory.post_generation
    def domains(self, create, names, **kwargs):
        for name in names or ():
            InstitutionDomain.objects.create(
                institution=self, domain=name, verified=self.status == InstitutionStatus.VERIFIED
            )
