"""An offer's page, and what its coordinators do with it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchanges.access import access_offer
from exchanges.enums import ExchangeStatus, OfferStatus
from exchanges.formats import rules_of
from exchanges.models import Offer
from institutions import places
from institutions.enums import Kind, Role
from institutions.hours import occurrences
from institutions.models import Membership
from institutions.ribbon import ClockNote, Place, Ribbon, clock_notes, for_week


def _coordinated(user) -> set[int]:
    """The institutions (ids) that the person coordinates."""
    if not user.is_authenticated:
        return set()
    return set(Membership.objects.active().of(user, Role.COORDINATOR).values_list("institution", flat=True))


@require_safe
def offer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    offer = access_offer(request.user, pk)
    mine = _coordinated(request.user)
    is_owner = offer.institution_id in mine
    exchange = getattr(offer, "exchange", None)
    if exchange and exchange.status not in ExchangeStatus.public():
        exchange = None
    return render(
        request,
        "exchanges/offer_detail.html",
        {
            **page_of(offer, request.zone),
            "is_owner": is_owner,
            "may_propose": bool(mine - {offer.institution_id}) and offer.status == OfferStatus.PUBLISHED,
            "exchange": exchange,
            "revisions": offer.revisions.count(),
            "crumbs": [(_("Offers"), reverse("offer_list")), (str(offer), "")],
        },
    )


def page_of(offer: Offer, zone, languages=None, resources=None) -> dict:
    """What the offer's page and its preview show; the preview brings rows that are not stored yet."""
    ribbon, notes = ribbon_of(offer, zone)
    return {
        "offer": offer,
        "languages": offer.languages.all() if languages is None else languages,
        "resources": offer.resources.all() if resources is None else resources,
        "ribbon": ribbon,
        "notes": notes,
        "wanted_places": [places.name(code) for code in (*offer.wanted_regions, *offer.wanted_countries)],
        "wanted_kinds": [Kind(kind).label for kind in offer.wanted_kinds if kind in Kind.values],
        "groups": bool(offer.format) and rules_of(offer.format).asks("group_size_max"),
        "description_text": offer.summary or str(offer),
    }


def ribbon_of(offer: Offer, zone) -> tuple[Ribbon | None, list[ClockNote]]:
    """The weekly hours on the viewer's and the host's clock in the first week, and where clocks change after it."""
    if not offer.hours or not offer.starts:
        return None, []
    host = Place(offer.zone, offer.institution.city)
    if host.tz.key == zone.key:
        return for_week(host, [], offer.hours, offer.zone, offer.starts), []
    viewer = Place(zone)
    ribbon = for_week(viewer, [host], offer.hours, offer.zone, offer.starts)
    starts = occurrences(min(offer.hours), offer.zone, offer.starts, offer.ends or offer.starts)
    return ribbon, clock_notes([viewer], starts)
