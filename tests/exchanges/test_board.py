"""The groups board: moving, undoing in several steps, redoing, locking, comparing with the proposal."""

import pytest

from exchanges.actions import board, groups
from exchanges.enums import ExchangeStatus, GroupStatus
from institutions.errors import Refused
from tests.exchanges.test_runs import group_run as formed
from tests.factories.exchange import exchange_of
from tests.factories.group import placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def exchange(pune, lisbon):
    """Three learners on each side, in groups of three to four that a worker has formed."""
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.GROUPING, group_size_min=3, group_size_max=4)
    for _ in range(3):
        placed(exchange, lisbon)
        placed(exchange, pune)
    formed(exchange)
    return exchange


def numbers(exchange):
    return dict(exchange.enrolments.order_by("pk").values_list("pk", "group__number"))


def test_steps_are_undone_and_redone_in_their_order(exchange, bruno, asha):
    first, second, third = exchange.enrolments.filter(group__number=1).order_by("pk")
    states = [numbers(exchange)]
    for who, to in ((first, 2), (second, board.NEW), (third, None)):
        board.move(actor=bruno, exchange=exchange, enrolments=[who.pk], to=to)
        states.append(numbers(exchange))
    for step in (2, 1, 0):
        assert board.undo(actor=asha, exchange=exchange) == 1
        assert numbers(exchange) == states[step]
    with pytest.raises(Refused):
        board.undo(actor=bruno, exchange=exchange)
    for step in (1, 2, 3):
        assert board.redo(actor=bruno, exchange=exchange) == 1
        assert numbers(exchange) == states[step]
    board.undo(actor=bruno, exchange=exchange)
    board.undo(actor=bruno, exchange=exchange)
    trail = board.trail_of(exchange)
    assert (len(trail.undoable), len(trail.redoable)) == (1, 2)
    board.move(actor=bruno, exchange=exchange, enrolments=[third.pk], to=2)
    assert not board.trail_of(exchange).redoable  # a new move leaves nothing to redo
    with pytest.raises(Refused):
        board.redo(actor=bruno, exchange=exchange)


def test_forming_and_confirming_begin_a_new_trail(exchange, bruno):
    someone = exchange.enrolments.filter(group__number=1).first()
    board.move(actor=bruno, exchange=exchange, enrolments=[someone.pk], to=2)
    board.confirm_groups(actor=bruno, exchange=exchange)
    assert not board.trail_of(exchange).undoable


def test_back_to_the_proposal_is_one_step_that_can_be_undone(exchange, bruno):
    proposal = numbers(exchange)
    everybody = list(exchange.enrolments.filter(group__number=2).values_list("pk", flat=True))
    board.move(actor=bruno, exchange=exchange, enrolments=everybody[:1], to=1)
    board.move(actor=bruno, exchange=exchange, enrolments=everybody[1:], to=None)
    changed = numbers(exchange)
    assert board.back_to_proposal(actor=bruno, exchange=exchange) == 3
    assert numbers(exchange) == proposal
    assert board.back_to_proposal(actor=bruno, exchange=exchange) == 0
    board.undo(actor=bruno, exchange=exchange)
    assert numbers(exchange) == changed


def test_a_locked_group_stays_as_it_is(exchange, bruno, asha, lisbon):
    inside = exchange.enrolments.filter(group__number=1).first()
    outside = exchange.enrolments.filter(group__number=2).first()
    locked = exchange.groups.get(number=1)
    board.move(actor=bruno, exchange=exchange, enrolments=[inside.pk], to=2)
    board.lock(actor=bruno, group=locked, locked=True)
    before = numbers(exchange)
    for act in (
        lambda: board.move(actor=asha, exchange=exchange, enrolments=[outside.pk], to=1),
        lambda: board.move(actor=asha, exchange=exchange, enrolments=[inside.pk], to=1),
        lambda: board.dissolve(actor=asha, group=locked),
        lambda: board.undo(actor=asha, exchange=exchange),
    ):
        with pytest.raises(Refused, match="locked"):
            act()
    assert numbers(exchange) == before
    for _ in range(3):
        placed(exchange, lisbon)
    kept = set(locked.members.values_list("pk", flat=True))
    formed(exchange)
    locked.refresh_from_db()
    assert (locked.number, locked.status) == (1, GroupStatus.PROPOSED)
    assert set(locked.members.values_list("pk", flat=True)) == kept
    assert sorted(exchange.groups.values_list("number", flat=True))[:2] == [1, 2]
    board.lock(actor=bruno, group=locked, locked=False)
    board.dissolve(actor=bruno, group=locked)


def test_an_outsider_cannot_act(exchange, chie, emil, root):
    group = exchange.groups.first()
    for stranger in (chie, emil, root):
        for act in (
            lambda who: board.redo(actor=who, exchange=exchange),
            lambda who: board.back_to_proposal(actor=who, exchange=exchange),
            lambda who: board.lock(actor=who, group=group, locked=True),
        ):
            with pytest.raises(Refused):
                act(stranger)


def test_while_a_worker_forms_groups_nobody_moves_anybody(exchange, bruno):
    groups.form_again(actor=bruno, exchange=exchange)
    someone = exchange.enrolments.first()
    for act in (
        lambda: board.move(actor=bruno, exchange=exchange, enrolments=[someone.pk], to=2),
        lambda: board.undo(actor=bruno, exchange=exchange),
        lambda: board.lock(actor=bruno, group=exchange.groups.first(), locked=True),
    ):
        with pytest.raises(Refused, match="being formed"):
            act()
