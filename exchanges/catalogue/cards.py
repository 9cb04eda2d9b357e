"""What a card of the catalogue shows, read for one page at a time in a fixed number of queries."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from django.urls import reverse

from exchanges.enums import ExchangeStatus
from exchanges.models import Exchange, ExchangeInstitution, Offer, OfferLanguage
from institutions.hours import WeekHours


class Card(NamedTuple):
    """An offer that looks for partners (`wanted`), or an exchange that learners can join (until `closes`)."""

    url: str
    title: str
    institutions: list[str]
    country: str
    starts: date
    ends: date
    format: str
    mode: str
    ects: Decimal | None
    hours: WeekHours
    zone: str
    languages: list[tuple[str, str]]
    wanted: int | None = None
    closes: datetime | None = None


_OF_THE_OFFER = ("format", "mode", "ects", "hours", "zone")
_ROWS = (
    Offer.objects.published()
    .order_by()
    .values_list(*("pk", "title", "country", "starts", "ends", "partners_wanted", "institution__name"), *_OF_THE_OFFER)
)
_LANGUAGES = OfferLanguage.objects.values_list("offer", "tag", "cefr")
_NUMBER = 10**15


@cache
def _address(name: str) -> str:
    """The address of a named page with a number in it to put in its place, for twenty cards at a time."""
    return reverse(name, args=[_NUMBER])


def _url(name: str, pk: int) -> str:
    return _address(name).replace(str(_NUMBER), str(pk))


def offer_cards(ids: list[int]) -> list[Card]:
    """The published offers among these, in this order."""
    languages = _languages(ids)
    cards = {
        pk: Card(
            *(_url("offer_detail", pk), title, [host], country, starts, ends, *shown, languages[pk]), wanted=wanted
        )
        for pk, title, country, starts, ends, wanted, host, *shown in _ROWS.filter(pk__in=ids)
    }
    return [cards[pk] for pk in ids if pk in cards]


def exchange_cards(offer_ids: list[int]) -> list[Card]:
    """The exchanges that learners can join now, made of these offers and in their order."""
    columns = ("offer", "pk", "title", "starts", "ends", "enrol_closes", *(f"offer__{name}" for name in _OF_THE_OFFER))
    exchanges = Exchange.objects.filter(offer__in=offer_ids, status=ExchangeStatus.ENROLLING).order_by()
    parts = ExchangeInstitution.objects.filter(exchange__in=exchanges.values("pk"))
    hosts = defaultdict(list)
    for exchange, name in parts.values_list("exchange", "institution__name"):
        hosts[exchange].append(name)
    languages = _languages(offer_ids)
    cards = {
        offer: Card(
            *(_url("exchange_detail", pk), title, hosts[pk], "", starts, ends, *shown, languages[offer]),
            closes=closes,
        )
        for offer, pk, title, starts, ends, closes, *shown in exchanges.values_list(*columns)
    }
    return [cards[offer] for offer in offer_ids if offer in cards]


def _languages(offer_ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    languages = defaultdict(list)
    for offer, tag, cefr in _LANGUAGES.filter(offer__in=offer_ids):
        languages[offer].append((tag, cefr))
    return languages
