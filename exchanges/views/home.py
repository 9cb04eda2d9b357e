"""The first page: what the platform is for, what is open now, and where to begin."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from exchanges.catalogue.cards import exchange_cards, offer_cards
from exchanges.catalogue.picture import EXCHANGES, OFFERS
from exchanges.catalogue.queries import Answer, Asked, Viewer
from exchanges.enums import ExchangeStatus
from exchanges.models import Exchange
from institutions import ribbon
from institutions.hours import get_zone
from institutions.models import Institution

SHOWN = 6
PLACES = 5
HOUR = timedelta(hours=1)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    viewer = Viewer.of(request.user, request.zone)
    offers, joinable = Answer(OFFERS, Asked(), viewer), Answer(EXCHANGES, Asked(), viewer)
    where = list(Institution.objects.verified().values_list("country", "zone", "city"))
    running = Exchange.objects.filter(status__in=(ExchangeStatus.RUNNING, ExchangeStatus.COMPLETED)).count()
    now = timezone.now()
    clocks = [now.astimezone(get_zone(zone)).utcoffset() or timedelta() for _country, zone, _city in where]
    apart = (max(clocks) - min(clocks)) // HOUR if clocks else 0
    return render(
        request,
        "exchanges/home.html",
        {
            "offers": offer_cards(offers[:SHOWN]),
            "exchanges": exchange_cards(joinable[: SHOWN // 2]),
            "offer_count": offers.total,
            "exchange_count": joinable.total,
            "institution_count": len(where),
            "country_count": len({country for country, _zone, _city in where}),
            "hours_apart": apart,
            "running_count": running,
            "ribbon": this_hour(request.zone, [(zone, city) for _country, zone, city in where]),
            "nav_active": "home",
        },
    )


def this_hour(zone: ZoneInfo, cities: list[tuple[str, str]]) -> ribbon.Ribbon | None:
    """The hour that has just begun, on the viewer's clock and in some of the cities, spread around the world."""
    now = timezone.now()
    by_offset = {now.astimezone(get_zone(name)).utcoffset(): (name, city) for name, city in sorted(cities)}
    by_offset.pop(now.astimezone(zone).utcoffset(), None)
    offsets = sorted(by_offset)
    if not offsets:
        return None
    step = max(len(offsets) / PLACES, 1)
    spread = [offsets[int(n * step)] for n in range(min(PLACES, len(offsets)))]
    places = [ribbon.Place(*by_offset[offset]) for offset in spread]
    hour = now.replace(minute=0, second=0, microsecond=0)
    return ribbon.for_slots(ribbon.Place(zone), places, [ribbon.Slot(hour, 60)])
