"""Many more offers, for load tests: invented from lists of words, varied in field, language, date, hours and host.

They are written in large batches, past the actions: without journal rows, runs and notices, but with everything that
the catalogue reads (languages, searchable text, country).
"""

import datetime as dt
import random
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from exchanges.actions.catalogue import mark_all_changed
from exchanges.enums import Bandwidth, Context, Format, Mode, OfferStatus
from exchanges.models import Offer, OfferLanguage
from exchanges.sample_world.world import week_hours
from institutions import isced
from institutions.enums import InstitutionStatus, MembershipStatus, Role
from institutions.models import Institution, Membership

BATCH = 4000

_TOPICS = """
acoustics adaptation advertising advice ageing aid airports algae algebra allergies ambulances anatomy antibiotics
apprenticeship archives arctic artisans astronomy audits autism aviation bakeries bamboo banking batteries beekeeping
bicycles biodiversity biography birds borders botany brands bread bridges broadcasting budgets burnout buses cancer
canals carbon care cartography castles cells ceramics charity chess childhood choirs cinema circuits citizenship
climate clinics clouds coasts cocoa coding coffee colour comedy comics compost concrete consent conservation contracts
cooperatives copper coral costume cotton courts crafts credit crime crisis crops crystals curricula cyclones dance
data dams debt deltas democracy dentistry deserts design dialects diabetes diaspora diplomacy disability disasters
diving drama drawing drones droughts dyslexia earthquakes ecology elections electricity elephants embroidery emotions
energy engines epics epidemics equations ethics evolution exhibitions fables factories families farming fashion
fatigue festivals fibres film finance fishing flight floods flour folklore food football forests fossils fraud
friendship fungi games gardens genes geometry ghosts glaciers glass gold governance grammar graphs grief habitats
harbours hearing heritage hiking history homes honey hospitals hotels housing humour hunger hydrogen hygiene ice
identity images imagination immunity inclusion inflation insects insurance interviews irrigation islands jazz
journalism juries justice kindergartens kitchens labels labour lakes land landscapes language lasers law leadership
leather lenses libraries light literacy logic logistics machines malaria mangroves maps marketing markets marriage
masks materials measurement medicine memory menus metals microbes midwifery migration mining mobility molecules money
monsoons monuments mosaics motors mountains museums music myths names narrative navigation negotiation networks
neurons news noise novels nursing nutrition oceans offices olives opera optics orchards oxygen painting paper parks
patents peace pensions perception pharmacies philosophy phonetics photography physics pilgrimage planets plankton
plastics play poetry poison policing pollen polls ports pottery poverty prayer prices printing prisons privacy
probability proof prosthetics proverbs puppets quality radio rail rain reading recipes recycling refuge rehabilitation
religion rents repair rhetoric rice risk rituals rivers roads robots roofs rumours safety salt sand satellites schools
sculpture seas seeds sensors silence silk sleep soap software soil solar songs sound spices sport stadiums statistics
steel stories storms strategy streets stress sugar surgery surveys sustainability taxes tea teamwork textiles theatre
therapy tides timber time tourism toys trade traffic trains translation transport trauma treaties trees trust tunnels
turbines unions vaccines values violence virtue viruses vision voices volcanoes voting wages walking war waste water
weather weaving welfare wells wetlands wheat wildlife wind wine wood work worship wounds writing yoga youth
""".split()  # noqa: SIM905 (words read better so)

_WAYS = (
    "Two classes compare {a} at home with {b} abroad and write down what they would borrow.",
    "Mixed teams look at {a} through the eyes of {b}, with one case from each country.",
    "Learners interview people who know {a}, and show what it has to do with {b}.",
    "A joint project on {a}: measure, discuss, and end with an open guide to {b}.",
    "From {a} to {b}: small groups solve one real problem for a partner in {city}.",
    "What do {a} and {b} have in common? Teams in several time zones find out together.",
)

_LANGUAGES = (
    "en",
    "en",
    "en",
    "en",
    "es",
    "es",
    "fr",
    "fr",
    "pt",
    "de",
    "ar",
    "ja",
    "zh",
    "it",
    "hi",
    "sw",
    "ko",
    "ru",
)
_HOURS = tuple(
    week_hours(f"{days} {start:02d}:00-{start + length:02d}:00")
    for days in ("Mon Wed", "Tue Thu", "Mon Tue Wed Thu", "Wed Fri", "Tue", "Mon Thu Fri", "Sat")
    for start in (8, 9, 10, 13, 14, 15, 16, 17)
    for length in (2, 3, 4)
)


def add_offers(count: int, *, tell: Callable[[str], None], seed: int = 7) -> None:
    """Add so many published offers of the verified institutions that have a coordinator."""
    choose = random.Random(seed + Offer.objects.count())  # noqa: S311 (it has to be the same each time)
    hosts = _hosts()
    fields = isced.codes(4)
    now = timezone.now()
    today = now.date()
    monday = today - dt.timedelta(days=today.weekday())
    for first in range(0, count, BATCH):
        made = [_offer(choose, hosts, fields, now, monday) for _ in range(min(BATCH, count - first))]
        with transaction.atomic():
            Offer.objects.bulk_create(made, batch_size=1000)
            OfferLanguage.objects.bulk_create(
                (
                    OfferLanguage(offer=offer, tag=tag, cefr=choose.choice(("A2", "B1", "B2", "B2", "C1")))
                    for offer in made
                    for tag in {choose.choice(_LANGUAGES) for _ in range(choose.choice((1, 1, 2)))}
                ),
                batch_size=2000,
            )
        tell(f"{first + len(made)} of {count} offers added")
    mark_all_changed()


def _hosts() -> list[tuple[Institution, int]]:
    memberships = (
        Membership.objects.filter(
            role=Role.COORDINATOR,
            status=MembershipStatus.ACTIVE,
            institution__status=InstitutionStatus.VERIFIED,
        )
        .select_related("institution")
        .order_by("institution", "pk")
    )
    return [(membership.institution, membership.user_id) for membership in memberships]


def _offer(choose: random.Random, hosts: list, fields: tuple[str, ...], now: dt.datetime, monday: dt.date) -> Offer:
    host, coordinator = choose.choice(hosts)
    field = choose.choice(fields)
    first, second, third = choose.sample(_TOPICS, 3)
    format = choose.choice(Format.values)
    weeks = choose.randint(2, 16)
    starts = monday + dt.timedelta(weeks=choose.randint(2, 50))
    published = now - dt.timedelta(minutes=choose.randint(60, 90 * 1440))
    summary = choose.choice(_WAYS).format(a=first, b=third, city=host.city)
    offer = Offer(
        institution=host,
        coordinator_id=coordinator,
        status=OfferStatus.PUBLISHED,
        title=f"{first.capitalize()} and {second}",
        summary=summary,
        description=summary,
        format=format,
        context=choose.choice(Context.values),
        field=field,
        level=choose.randint(3, 8),
        mode=Mode.BLENDED if format == Format.BIP else choose.choice((Mode.VIRTUAL, Mode.VIRTUAL, Mode.MOSTLY_VIRTUAL)),
        starts=starts,
        ends=starts + dt.timedelta(days=7 * weeks - 3),
        weeks=weeks,
        zone=host.zone,
        hours=choose.choice(_HOURS),
        session_minutes=choose.choice((45, 60, 60, 90, 120)),
        live_hours=weeks * 2,
        independent_hours=weeks * choose.randint(2, 8),
        ects=None if format == Format.STAFF else choose.choice((None, 1, 2, 3, 4, 5, 6, 7.5)),
        own_places=choose.randint(5, 40),
        partner_places=choose.randint(5, 40),
        partners_wanted=choose.randint(1, 4),
        bandwidth=choose.choice(Bandwidth.values),
        captions=choose.random() < 0.5,
        asynchronous=choose.random() < 0.3,
        reply_by=starts - dt.timedelta(days=7),
        published_at=published,
        country=host.country,
    )
    offer.search_text = offer.searchable_text()
    return offer
