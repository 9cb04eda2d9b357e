"""Late joiners and drop-out: what would move is worked out, looked at, and applied or discarded."""

import pytest

from exchanges.actions import board, regroup, runs
from exchanges.actions.carry_out import carry_out_due_runs
from exchanges.enums import EnrolmentStatus, ExchangeStatus, RunKind, RunStatus
from exchanges.matching import files
from institutions.errors import Refused
from institutions.models import Notice
from tests.exchanges.test_runs import group_run, matched
from tests.factories.exchange import exchange_of
from tests.factories.group import placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def exchange(pune, lisbon, bruno):
    """Four learners on each side in two confirmed groups of three to five."""
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.GROUPING, group_size_min=3, group_size_max=5)
    for _ in range(4):
        placed(exchange, lisbon)
        placed(exchange, pune)
    group_run(exchange)
    board.confirm_groups(actor=bruno, exchange=exchange)
    return exchange


def numbers(exchange):
    return dict(exchange.enrolments.placed().order_by("pk").values_list("pk", "group__number"))


def worked_out(exchange, actor, kind):
    run = regroup.ask_for_changes(actor=actor, exchange=exchange, kind=kind)
    carry_out_due_runs(worker="test", run_id=run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FINISHED, run.error
    return run


def leave(exchange, count, number):
    """So many of the group drop out."""
    for each in exchange.enrolments.placed().filter(group__number=number)[:count]:
        each.status, each.group = EnrolmentStatus.WITHDRAWN, None
        each.save()


def test_a_late_joiner_gets_a_group_and_nobody_else_moves(exchange, lisbon, bruno, tmp_path):
    late = placed(exchange, lisbon)
    before = numbers(exchange)
    run = worked_out(exchange, bruno, RunKind.LATE)
    assert numbers(exchange) == before  # only a proposal
    assert Notice.objects.filter(recipient=bruno, kind="groups_changes_proposed").exists()
    assert regroup.proposal_of(exchange) == run
    assert (run.figures["placed"], run.figures["moved"]) == (1, 0)
    assert matched("groups", run, tmp_path) == run.outcome
    assert regroup.apply_changes(actor=bruno, exchange=exchange, run=run) == 1
    after = numbers(exchange)
    assert after.pop(late.pk) in (1, 2)
    assert after == {pk: number for pk, number in before.items() if pk != late.pk}
    assert Notice.objects.filter(recipient=late.learner, kind="group_changed").exists()
    assert regroup.proposal_of(exchange) is None
    with pytest.raises(Refused, match="decided"):
        regroup.apply_changes(actor=bruno, exchange=exchange, run=run)
    board.undo(actor=bruno, exchange=exchange)
    assert numbers(exchange) == before


def test_after_drop_out_groups_are_mended_with_few_moves(exchange, asha, tmp_path):
    leave(exchange, 2, 1)
    before = numbers(exchange)
    run = worked_out(exchange, asha, RunKind.REGROUP)
    assert files.outcome("groups", {"groups": [], "unplaced": []}) == []
    assert matched("groups", run, tmp_path) == run.outcome
    assert run.figures["unplaced"] == 0
    assert 1 <= len(run.figures["moves"]) <= 2
    regroup.apply_changes(actor=asha, exchange=exchange, run=run)
    after = numbers(exchange)
    assert None not in after.values()
    assert sum(after[pk] != number for pk, number in before.items()) == len(run.figures["moves"])


def test_a_locked_group_is_left_alone(exchange, bruno):
    leave(exchange, 2, 1)
    board.lock(actor=bruno, group=exchange.groups.get(number=1), locked=True)
    run = worked_out(exchange, bruno, RunKind.REGROUP)
    assert run.figures["moves"] == []


def test_a_proposal_that_was_overtaken_is_not_applied(exchange, lisbon, bruno):
    placed(exchange, lisbon)
    run = worked_out(exchange, bruno, RunKind.LATE)
    someone = exchange.enrolments.filter(group__number=1).first()
    board.move(actor=bruno, exchange=exchange, enrolments=[someone.pk], to=2)
    assert regroup.is_outdated(exchange, run)
    with pytest.raises(Refused, match="Ask again"):
        regroup.apply_changes(actor=bruno, exchange=exchange, run=run)
    regroup.discard_changes(actor=bruno, exchange=exchange, run=run)
    assert regroup.proposal_of(exchange) is None


def test_what_makes_no_sense_is_refused(exchange, lisbon, bruno, chie, root):
    with pytest.raises(Refused, match="Everybody"):
        regroup.ask_for_changes(actor=bruno, exchange=exchange, kind=RunKind.LATE)
    for stranger in (chie, root):
        with pytest.raises(Refused):
            regroup.ask_for_changes(actor=stranger, exchange=exchange, kind=RunKind.REGROUP)
    run = worked_out(exchange, bruno, RunKind.REGROUP)
    for stranger in (chie, root):
        with pytest.raises(Refused):
            regroup.apply_changes(actor=stranger, exchange=exchange, run=run)
    runs.cancel(actor=bruno, run=regroup.ask_for_changes(actor=bruno, exchange=exchange, kind=RunKind.REGROUP))
    exchange.status = ExchangeStatus.COMPLETED
    exchange.save()
    with pytest.raises(Refused):
        regroup.ask_for_changes(actor=bruno, exchange=exchange, kind=RunKind.REGROUP)
