"""Time ribbons of pairs of institutions, as several pages draw them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import cast
from zoneinfo import ZoneInfo

from exchanges.models import Offer
from institutions import ribbon
from institutions.hours import SharedStart, WeekHours, occurrences, shared_starts
from institutions.models import Institution


def places_of(institutions: Iterable[Institution]) -> list[ribbon.Place]:
    return [ribbon.Place(institution.zone, institution.city) for institution in institutions]


def viewer_among(zone: ZoneInfo, places: Iterable[ribbon.Place]) -> ribbon.Place:
    """The viewer's own row: under the name of a place that keeps the same clock, so that it is drawn once."""
    return next((ribbon.Place(zone, place.name) for place in places if place.tz.key == zone.key), ribbon.Place(zone))


def ribbon_of_start(
    viewer: ZoneInfo,
    institutions: Iterable[Institution],
    *,
    start: Sequence[int],
    zone: str,
    first: date,
    last: date,
    minutes: int,
) -> tuple[ribbon.Ribbon, list[ribbon.ClockNote]] | None:
    """The first occurrence of a weekly start ([weekday, minute] on the clock of `zone`) and the clock changes in its
    series; None where it never occurs."""
    instants = list(occurrences(start[0] * 48 + start[1] // 30, zone, first, last))
    if not instants:
        return None
    places = places_of(institutions)
    mine = viewer_among(viewer, places)
    others = [place for place in places if place.tz.key != viewer.key or place.name != mine.name]
    drawn = ribbon.for_slots(mine, others, [ribbon.Slot(instants[0], minutes)])
    return drawn, ribbon.clock_notes([mine, *others], instants)


def ribbon_of_hours(viewer: ZoneInfo, institutions: Iterable[Institution], offer: Offer) -> ribbon.Ribbon | None:
    """The offer's weekly hours on everybody's clock, in its first week."""
    if not offer.hours or offer.starts is None:
        return None
    places = places_of(institutions)
    return ribbon.for_week(viewer_among(viewer, places), places, offer.hours, offer.zone, offer.starts)


def shared_start_of(offer: Offer, other: Offer) -> SharedStart | None:
    """A weekly start that suits both offers in every week, in the offer's zone: the one nearest to midday there."""
    if not (offer.starts and offer.ends and other.starts and other.ends):
        return None
    first, last = max(offer.starts, other.starts), min(offer.ends, other.ends)
    if last < first:
        return None
    members = [(cast(WeekHours, side.hours), side.zone) for side in (offer, other)]
    found = shared_starts(members, first, last, offer.session_minutes, governing=offer.zone)
    noon = datetime.combine(date.min, time(12))
    return min(found, key=lambda start: abs(datetime.combine(date.min, start.time) - noon), default=None)
