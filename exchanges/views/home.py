"""The first page anybody sees: what this is for, and what is going on here."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from exchanges.catalogue.cards import exchange_cards, offer_cards
from exchanges.catalogue.picture import EXCHANGES, OFFERS
from exchanges.catalogue.queries import Answer, Asked, Viewer
from exchanges.models import Enrolment
from exchanges.views.catalogue import FRONT_PAGES
from institutions import ribbon
from institutions.hours import get_zone
from institutions.models import Institution

CARDS = 3  # of each kind: one row on a desktop
CITIES = 4  # beside the reader's own


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The same for all visitors of a zone and a language, so that it is made once a minute for them."""
    viewer = Viewer.of(request.user, request.zone)
    offers = Answer(OFFERS, Asked(sort="newest"), viewer)

    def page() -> dict:
        exchanges = Answer(EXCHANGES, Asked(sort="ends"), viewer)
        here = Institution.objects.verified().order_by().values("zone", "country")
        places = list(here.annotate(institutions=Count("pk"), city=Min("city")).order_by("-institutions", "zone"))
        return {
            "offers": offer_cards(offers[:CARDS]),
            "exchanges": exchange_cards(exchanges[:CARDS]),
            "figures": _figures(places, offers.total),
            "ribbon": _sky_now(request.zone, places, timezone.now()),
        }

    if request.user.is_authenticated or request.COOKIES.get("messages"):
        return render(request, "exchanges/home.html", page())
    return FRONT_PAGES.answer(request, "exchanges/home.html", offers, page)


def _figures(places: list[dict], offers: int) -> list[tuple[str, str]]:
    """(label, number) of what there is; nothing is said of what there is none of."""
    institutions = sum(place["institutions"] for place in places)
    countries = len({place["country"] for place in places})
    learners = Enrolment.objects.placed().order_by().values("learner").distinct().count()
    figures = [
        (ngettext("verified institution", "verified institutions", institutions), institutions),
        (ngettext("country", "countries", countries), countries),
        (ngettext("offer that looks for partners", "offers that look for partners", offers), offers),
        (ngettext("learner with a place", "learners with a place", learners), learners),
    ]
    return [(label, number_format(number, force_grouping=True)) for label, number in figures if number]


def _sky_now(zone: ZoneInfo, places: list[dict], now: dt.datetime) -> ribbon.Ribbon | None:
    """This moment in some of the institutions' cities, chosen evenly around the globe from all of them."""
    by_clock: dict[dt.datetime, ribbon.Place] = {}
    for place in places:
        clock = now.astimezone(get_zone(place["zone"])).replace(tzinfo=None)
        by_clock.setdefault(clock, ribbon.Place(place["zone"], place["city"]))
    by_clock.pop(now.astimezone(zone).replace(tzinfo=None), None)
    clocks = sorted(by_clock)
    if not clocks:
        return None
    shown = min(CITIES, len(clocks))
    spread = [clocks[n * (len(clocks) - 1) // max(shown - 1, 1)] for n in range(shown)]
    return ribbon.for_slots(ribbon.Place(zone), [by_clock[clock] for clock in spread], [ribbon.Slot(now, 15)])
