"""Many learners decide at the same moment: places are never exceeded, none is lost, and everybody gets an answer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from exchanges.actions import placements
from exchanges.enums import PlacementStatus
from exchanges.models import Placement
from tests.factories.enrolment import learner_of
from tests.factories.exchange import ExchangeFactory
from tests.factories.intake import chosen, intake_of, published

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

PLACES = 4


def test_confirming_and_declining_at_once_keeps_every_place_in_one_hand(lisbon, pune):
    exchange = ExchangeFactory(host=lisbon, institutions=[lisbon, pune], places=PLACES, covered=True)
    intake = intake_of(exchange, institution=lisbon)
    for _ in range(3 * PLACES):
        chosen(intake, learner_of(lisbon), exchange)
    intake = published(intake)
    offered = list(intake.placements.holding().order_by("pk").select_related("choice_list__learner"))
    assert len(offered) == PLACES

    def decide(turn: int) -> None:
        """Each confirms twice at the same time, or declines: one in two."""
        placement = offered[turn % PLACES]
        act = placements.confirm if turn % 2 else placements.decline
        try:
            act(actor=placement.choice_list.learner, placement=placement)
        finally:
            connection.close()

    with ThreadPoolExecutor(PLACES * 2) as pool:
        list(pool.map(decide, range(2 * PLACES)))
    part = exchange.parts.get(institution=lisbon)
    statuses = list(intake.placements.values_list("status", flat=True))
    assert part.held == statuses.count(PlacementStatus.CONFIRMED) == PLACES // 2
    assert statuses.count(PlacementStatus.DECLINED) == PLACES // 2
    assert Placement.objects.filter(status=PlacementStatus.OFFERED).count() == PLACES // 2  # the next in order
    assert exchange.enrolments.placed().count() == part.held
