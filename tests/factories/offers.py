"""Offers: complete, published and findable, unless told otherwise.

`OfferFactory(institution=pune)`, `OfferFactory(status="draft")`, `OfferFactory(languages=[("pt", "B1")])`. Give a draft
what it has, and None for what it lacks.
"""

import datetime as dt

import factory
from django.utils import timezone

from exchanges.actions.catalogue import mark_changed
from exchanges.enums import Context, Format, OfferStatus
from exchanges.models import Offer, OfferLanguage, OfferResource
from institutions.enums import Role
from institutions.hours import WeekHours
from tests.factories.institution import InstitutionFactory
from tests.factories.membership import MembershipFactory
from tests.factories.user import UserFactory


class OfferFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Offer
        skip_postgeneration_save = True

    institution = factory.SubFactory(InstitutionFactory)
    coordinator = factory.LazyAttribute(lambda o: coordinator_of(o.institution))
    status = OfferStatus.PUBLISHED
    title = factory.Sequence(lambda n: f"Water in cities {n}")
    summary = "Two rivers, one studio: mixed teams compare them and design one intervention for each."
    description = "Weeks 1 and 2 are for **team building**, the rest for the studio."
    outcomes = "Compare two river basins\nWork in a mixed team"
    format = Format.COIL
    context = Context.LEARNING
    field = "0731"
    level = 6
    starts = factory.LazyFunction(lambda: dt.date.today() + dt.timedelta(days=90))
    ends = factory.LazyAttribute(lambda o: o.starts and o.starts + dt.timedelta(weeks=o.weeks, days=-1))
    weeks = 6
    zone = factory.LazyAttribute(lambda o: o.institution.zone)
    hours = WeekHours.daily("09:00", "18:00", range(5))
    session_minutes = 90
    live_hours = 9
    independent_hours = 45
    ects = 2
    own_places = 25
    partner_places = 25
    reply_by = factory.LazyAttribute(lambda o: o.starts and o.starts - dt.timedelta(days=45))
    published_at = factory.LazyAttribute(lambda o: None if o.status == OfferStatus.DRAFT else timezone.now())
    country = factory.LazyAttribute(lambda o: o.institution.country)

    @factory.post_generation
    def languages(self, create, pairs, **kwargs):
        pairs = [("en", "B2")] if pairs is None else pairs
        OfferLanguage.objects.bulk_create(OfferLanguage(offer=self, tag=tag, cefr=cefr) for tag, cefr in pairs)

    @factory.post_generation
    def resources(self, create, rows, **kwargs):
        OfferResource.objects.bulk_create(OfferResource(offer=self, **row) for row in rows or ())

    @factory.post_generation
    def found(self, create, value, **kwargs):
        """As publishing leaves it: with its searchable text, and known to the catalogue."""
        self.search_text = self.searchable_text()
        self.save(update_fields=["search_text"])
        mark_changed([self.pk])
        self.refresh_from_db()


def coordinator_of(institution):
    """Somebody who coordinates there."""
    held = institution.memberships.filter(role=Role.COORDINATOR).select_related("user").first()
    if held:
        return held.user
    user = UserFactory(zone=institution.zone)
    MembershipFactory(user=user, institution=institution, role=Role.COORDINATOR)
    return user
