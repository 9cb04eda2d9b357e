"""Places, the waiting list and moving up."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from exchanges.actions import exchanges
from exchanges.actions.enrolments import enrol, position, withdraw
from exchanges.enums import EnrolmentStatus, ExchangeStatus
from exchanges.models import Enrolment
from institutions.enums import MembershipStatus, PartnershipStatus, Role
from institutions.errors import Refused
from institutions.models import JournalEntry, Notice, Partnership
from tests.factories.enrolment import enrolled, learner_of
from tests.factories.exchange import exchange_of
from tests.factories.membership import MembershipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def exchange(pune, lisbon):
    return exchange_of(pune, lisbon, places=1)


def held(exchange, institution):
    return exchange.parts.get(institution=institution).held


def test_a_learner_takes_a_place_and_is_told(exchange, emil, lisbon):
    enrolment = enrol(actor=emil, exchange=exchange)
    assert enrolment.status == EnrolmentStatus.PLACED
    assert enrolment.number == 1
    assert held(exchange, lisbon) == 1
    assert Notice.objects.filter(recipient=emil, kind="enrolment_placed").count() == 2  # inbox and mail
    assert JournalEntry.objects.about(enrolment).get().verb == "enrolment.take"


def test_asking_twice_gives_the_same_answer(exchange, emil, lisbon):
    first, second = enrol(actor=emil, exchange=exchange), enrol(actor=emil, exchange=exchange)
    assert first.pk == second.pk
    assert first.number == second.number
    assert held(exchange, lisbon) == 1


def test_places_are_counted_for_each_institution(exchange, emil, farah):
    assert enrol(actor=emil, exchange=exchange).status == EnrolmentStatus.PLACED
    assert enrol(actor=farah, exchange=exchange).status == EnrolmentStatus.PLACED


def test_a_full_part_has_a_waiting_list_in_the_order_of_asking(exchange, emil, lisbon):
    enrol(actor=emil, exchange=exchange)
    second, third = enrolled(exchange, lisbon), enrolled(exchange, lisbon)
    assert (second.status, third.status) == (EnrolmentStatus.WAITING, EnrolmentStatus.WAITING)
    assert (position(second), position(third)) == (1, 2)
    assert held(exchange, lisbon) == 1


def test_who_leaves_makes_room_for_the_first_who_waits(exchange, emil, lisbon):
    first = enrol(actor=emil, exchange=exchange)
    second, third = enrolled(exchange, lisbon), enrolled(exchange, lisbon)
    withdraw(actor=emil, enrolment=first)
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.status, third.status) == (EnrolmentStatus.PLACED, EnrolmentStatus.WAITING)
    assert position(third) == 1
    assert held(exchange, lisbon) == 1
    assert Notice.objects.filter(recipient=second.learner, kind="enrolment_moved_up", channel="email").exists()


def test_who_leaves_the_waiting_list_frees_no_place(exchange, emil, lisbon):
    enrol(actor=emil, exchange=exchange)
    second, third = enrolled(exchange, lisbon), enrolled(exchange, lisbon)
    withdraw(actor=second.learner, enrolment=second)
    third.refresh_from_db()
    assert third.status == EnrolmentStatus.WAITING
    assert held(exchange, lisbon) == 1


def test_who_comes_back_goes_to_the_end(exchange, emil, lisbon):
    first = enrol(actor=emil, exchange=exchange)
    second, third = enrolled(exchange, lisbon), enrolled(exchange, lisbon)
    withdraw(actor=emil, enrolment=first)
    again = enrol(actor=emil, exchange=exchange)
    assert again.pk == first.pk
    assert again.number == 4
    assert (again.status, position(again)) == (EnrolmentStatus.WAITING, 2)
    assert {second.status, third.status} == {EnrolmentStatus.WAITING}


def test_withdrawing_twice_changes_nothing(exchange, emil, lisbon):
    enrolment = enrol(actor=emil, exchange=exchange)
    withdraw(actor=emil, enrolment=enrolment)
    withdraw(actor=emil, enrolment=enrolment)
    assert held(exchange, lisbon) == 0


def test_nobody_withdraws_somebody_else(exchange, emil, farah):
    enrolment = enrol(actor=emil, exchange=exchange)
    with pytest.raises(Refused):
        withdraw(actor=farah, enrolment=enrolment)


def test_growing_places_move_learners_up(exchange, emil, bruno, lisbon):
    enrol(actor=emil, exchange=exchange)
    second, third = enrolled(exchange, lisbon), enrolled(exchange, lisbon)
    exchanges.edit_exchange(actor=bruno, exchange=exchange, changes={}, places={lisbon.pk: 2})
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.status, third.status) == (EnrolmentStatus.PLACED, EnrolmentStatus.WAITING)
    assert held(exchange, lisbon) == 2


def test_outsiders_cannot_join(exchange, dina, asha):
    for person in (dina, asha):
        with pytest.raises(Refused, match="Only learners of the participating"):
            enrol(actor=person, exchange=exchange)
    assert not Enrolment.objects.exists()


def test_a_learner_who_is_not_admitted_yet_cannot_join(exchange, lisbon, chie):
    MembershipFactory(user=chie, institution=lisbon, role=Role.LEARNER, status=MembershipStatus.REQUESTED)
    with pytest.raises(Refused):
        enrol(actor=chie, exchange=exchange)


def test_a_learner_of_two_sides_says_from_which(exchange, emil, pune):
    MembershipFactory(user=emil, institution=pune, role=Role.LEARNER)
    with pytest.raises(Refused) as refusal:
        enrol(actor=emil, exchange=exchange)
    assert refusal.value.field == "institution"
    assert enrol(actor=emil, exchange=exchange, institution=pune).part.institution == pune


@pytest.mark.parametrize("status", [s for s in ExchangeStatus if s != ExchangeStatus.ENROLLING])
def test_only_an_open_exchange_takes_learners(exchange, emil, status):
    exchange.status = status
    exchange.save()
    with pytest.raises(Refused):
        enrol(actor=emil, exchange=exchange)


def test_nobody_joins_after_the_window_even_before_the_sweep(exchange, emil):
    with time_machine.travel(exchange.enrol_closes + dt.timedelta(seconds=1)), pytest.raises(Refused, match="closed"):
        enrol(actor=emil, exchange=exchange)


def test_enrolment_pauses_while_the_partnership_is_not_in_force(exchange, emil):
    Partnership.objects.update(status=PartnershipStatus.SUSPENDED)
    with pytest.raises(Refused, match="paused"):
        enrol(actor=emil, exchange=exchange)
    Partnership.objects.update(status=PartnershipStatus.ACTIVE)
    assert enrol(actor=emil, exchange=exchange).status == EnrolmentStatus.PLACED


def test_nobody_moves_up_once_it_runs(exchange, emil, lisbon):
    first = enrol(actor=emil, exchange=exchange)
    second = learner_of(lisbon)
    second = enrol(actor=second, exchange=exchange)
    exchange.refresh_from_db()
    exchange.status = ExchangeStatus.RUNNING
    exchange.save()
    withdraw(actor=emil, enrolment=first)
    second.refresh_from_db()
    assert second.status == EnrolmentStatus.WAITING
    assert timezone.now() >= second.taken_at
