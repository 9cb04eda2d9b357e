"""Telling every process that what the catalogue shows has changed."""

import time
from collections.abc import Iterable

from django.db import transaction

from exchanges.models import Offer
from exchanges.models.catalogue import CatalogueState


def mark_changed(offer_ids: Iterable[int]) -> None:
    """These offers, or the exchanges made of them, appear, change or vanish in the catalogue.

    Call it last in the transaction that makes the change: it holds the catalogue's row until the end of it.
    """
    with transaction.atomic():
        number = _next_number()
        Offer.objects.filter(pk__in=list(offer_ids)).update(catalogued=number)


def mark_all_changed() -> None:
    """After rows were written in bulk, past the actions: every process reads the whole catalogue again."""
    with transaction.atomic():
        CatalogueState.objects.filter(pk=1).update(rebuilt=_next_number())


def _next_number() -> int:
    now = time.time_ns() // 1000
    state, made = CatalogueState.objects.select_for_update().get_or_create(
        pk=1, defaults={"number": now, "rebuilt": now}
    )
    if not made:
        state.number = max(state.number + 1, now)
        state.save(update_fields=["number"])
    return state.number
