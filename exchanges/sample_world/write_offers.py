"""Writes the offers."""

import datetime as dt
from typing import Any

from exchanges.enums import OfferStatus
from exchanges.models import Offer, OfferLanguage, OfferResource, OfferRevision
from exchanges.sample_world import intakes, offers, stories
from exchanges.sample_world.world import World, week_hours


def write_offers(world: World) -> None:
    under_way = {story.offer: story.status for story in (*stories.EXCHANGES, *intakes.EXCHANGES)} | {
        row[0]: "planned" for row in stories.ON_THE_WAY
    }
    for sample in offers.OFFERS:
        world.offers[sample.key] = _offer(world, sample, under_way.get(sample.key))
    Offer.objects.bulk_create(world.offers.values())
    OfferLanguage.objects.bulk_create(
        OfferLanguage(offer=world.offers[sample.key], tag=tag, cefr=level)
        for sample in offers.OFFERS
        for tag, level in sample.languages.items()
    )
    OfferResource.objects.bulk_create(
        OfferResource(offer=world.offers[sample.key], kind=kind, title=title, url=url, licence=licence)
        for sample in offers.OFFERS
        for kind, title, url, licence in sample.resources
    )
    for offer in world.offers.values():
        world.note(offer.created_at, offer.coordinator, "offer.create", offer, offer.institution)
        if offer.published_at:
            world.note(offer.published_at, offer.coordinator, "offer.publish", offer, offer.institution)
        if offer.status == OfferStatus.CLOSED:
            world.note(offer.updated_at, offer.coordinator, "offer.close", offer, offer.institution)
        elif offer.status == OfferStatus.EXPIRED:
            world.note(offer.updated_at, None, "offer.expire", offer, offer.institution)
    _revise(world, "turbines", "partner_places", 18, 24)
    _revise(world, "climate", "weeks", 5, 6)
    world.tell(f"{len(world.offers)} offers in {len({sample.field for sample in offers.OFFERS})} fields")


def _offer(world: World, sample: offers.SampleOffer, exchange: str | None) -> Offer:
    host = world.institutions[sample.host]
    starts = world.monday + dt.timedelta(weeks=sample.starts)
    ends = starts + dt.timedelta(days=7 * sample.weeks - 3)
    status = OfferStatus(sample.status)
    if exchange is not None:  # an offer stays published until its first day; then its time is over
        status = OfferStatus.PUBLISHED if starts > world.today else OfferStatus.CLOSED
    draft = status == OfferStatus.DRAFT
    published = (
        None if draft else world.at(min(-world.random.randint(3, 60), 7 * sample.starts - 110 if exchange else -3))
    )
    created = (published or world.at(-9)) - dt.timedelta(days=world.random.randint(1, 6), hours=2)
    reply_by = None
    if status == OfferStatus.PUBLISHED and exchange is None:
        reply_by = max(starts - dt.timedelta(days=21), world.today + dt.timedelta(days=10))
    elif status == OfferStatus.EXPIRED:
        reply_by = world.today - dt.timedelta(days=2)
    offer = Offer(
        institution=host,
        coordinator=world.staff[sample.host, "coordinator"],
        status=status,
        title=sample.title,
        summary=sample.summary,
        description=sample.description,
        outcomes="\n".join(sample.outcomes),
        format=sample.format,
        context=sample.context,
        field=sample.field,
        level=sample.level,
        mode=sample.mode,
        starts=starts,
        ends=ends,
        weeks=sample.weeks,
        zone=host.zone,
        hours=week_hours(sample.hours),
        session_minutes=sample.minutes,
        live_hours=sample.live or None,
        independent_hours=sample.independent or None,
        ects=sample.ects,
        own_places=None if draft and not sample.own else sample.own,
        partner_places=None if draft and not sample.partner else sample.partner,
        group_size_min=sample.groups[0],
        group_size_max=sample.groups[1],
        partners_wanted=sample.partners,
        wanted_countries=list(sample.countries),
        wanted_regions=list(sample.regions),
        wanted_kinds=list(sample.kinds),
        bandwidth=sample.bandwidth,
        captions=sample.captions,
        asynchronous=sample.asynchronous,
        access_notes=sample.access,
        reply_by=reply_by,
        published_at=published,
        country=host.country,
        created_at=created,
        updated_at=world.at(-2) if status in (OfferStatus.CLOSED, OfferStatus.EXPIRED) else published or created,
    )
    if sample.physical:
        place, week, days = sample.physical
        offer.physical_place = place
        offer.physical_starts = starts + dt.timedelta(weeks=week - 1)
        offer.physical_ends = offer.physical_starts + dt.timedelta(days=days - 1)
    offer.search_text = offer.searchable_text()
    return offer


def _revise(world: World, key: str, name: str, before: Any, after: Any) -> None:
    """An edit after the publication, visible in the offer's history."""
    offer = world.offers[key]
    at = offer.published_at + (world.now - offer.published_at) / 2
    OfferRevision.objects.create(offer=offer, number=1, at=at, actor=offer.coordinator, changes={name: [before, after]})
    Offer.objects.filter(pk=offer.pk).update(revision=1)
    offer.revision = 1
    world.note(at, offer.coordinator, "offer.edit", offer, offer.institution, changes={name: [before, after]})
