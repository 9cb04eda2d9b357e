"""Carrying out matching runs: what a worker does when it is woken."""

import logging

from exchanges.actions import runs
from exchanges.enums import RunKind, RunStatus
from exchanges.models import Run

logger = logging.getLogger(__name__)


def _body(kind: str):
    # Imported on use: the engines bring numpy and scipy, which a web process can do without.
    if kind == RunKind.PARTNERS:
        from exchanges.actions.suggestions import carry_out_partner_run

        return carry_out_partner_run
    from exchanges.actions.groups import carry_out_group_run

    return carry_out_group_run


def carry_out_due_runs(*, worker: str, run_id: int | None = None, limit: int = 50) -> int:
    """Claim due runs one after the other and carry each out; answers how many were finished.

    A run that breaks is tried again later and does not keep the others waiting.
    """
    finished = 0
    for _ in range(limit):
        run = runs.claim(worker=worker, run_id=run_id)
        if run is None:
            break
        finished += _carry_out(run)
    return finished


def _carry_out(run: Run) -> bool:
    try:
        _body(run.kind)(run)
    except runs.LostRunError:
        logger.info("Run %s went to another worker", run.pk)
        return False
    except Exception as error:
        logger.exception("Run %s broke", run.pk)
        runs.fail(run, error=f"{type(error).__name__}: {error}")
        return False
    return run.status == RunStatus.FINISHED
