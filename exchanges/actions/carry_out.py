"""Carrying out matching runs: what a worker does when it is woken."""

import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from exchanges.actions import runs
from exchanges.enums import RunKind, RunStatus
from exchanges.models import Run
from institutions.errors import Refused

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """What there is to know of a kind of run. Functions are named by their place and imported on use: the engines
    bring libraries that a web process can do without.
    """

    engine: str  # as `manage.py match` names it
    body: str  # carries out a claimed run
    again: str  # (actor, run) asks for another like it, or refuses


KINDS: dict[str, Kind] = {
    RunKind.PAIRINGS: Kind(
        "partners",
        "exchanges.actions.pairing_plans.carry_out_pairings_run",
        "exchanges.actions.pairing_plans.plan_again",
    ),
    RunKind.PARTNERS: Kind(
        "partners", "exchanges.actions.suggestions.carry_out_partner_run", "exchanges.actions.suggestions.rank_again"
    ),
    RunKind.GROUPS: Kind(
        "groups", "exchanges.actions.groups.carry_out_group_run", "exchanges.actions.groups.form_again_from"
    ),
    RunKind.LATE: Kind(
        "groups", "exchanges.actions.regroup.carry_out_changes_run", "exchanges.actions.regroup.ask_again_from"
    ),
    RunKind.REGROUP: Kind(
        "groups", "exchanges.actions.regroup.carry_out_changes_run", "exchanges.actions.regroup.ask_again_from"
    ),
    RunKind.SEATS: Kind(
        "seats", "exchanges.actions.seats.carry_out_seats_run", "exchanges.actions.intakes.give_again_from"
    ),
    RunKind.SLOTS: Kind(
        "slots",
        "exchanges.actions.session_plans.carry_out_slots_run",
        "exchanges.actions.session_plans.plan_again_from",
    ),
}


def carry_out_due_runs(*, worker: str, run_id: int | None = None, limit: int = 50) -> int:
    """Claim due runs one after the other and carry each out; answers how many were finished.

    A run that breaks is tried again later and does not keep the others waiting.
    """
    finished = 0
    for _turn in range(limit):
        run = runs.claim(worker=worker, run_id=run_id)
        if run is None:
            break
        finished += _carry_out(run)
    return finished


def _carry_out(run: Run) -> bool:
    try:
        _body(run)(run)
    except runs.LostRunError:
        logger.info("Run %s was cancelled or went to another worker", run.pk)
        return False
    except Exception as error:
        logger.exception("Run %s broke", run.pk)
        runs.fail(run, error=f"{type(error).__name__}: {error}")
        return False
    return run.status == RunStatus.FINISHED


def _body(run: Run) -> Callable[[Run], None]:
    return carry_out_repetition if run.kind == RunKind.REPEAT else import_string(KINDS[run.kind].body)


def ask_again(*, actor, run: Run) -> Run:
    """Ask for another run like this one, about the same subject as it is now. Refused while this one may still end
    well, and where the subject is past it.
    """
    if run.is_at_work:
        raise Refused(_("This run is not over yet."))
    if run.kind == RunKind.REPEAT:
        assert run.repeats is not None
        return runs.repeat(actor=actor, run=run.repeats)
    return import_string(KINDS[run.kind].again)(actor=actor, run=run)


def engine_of(run: Run) -> str:
    """The engine's name for `manage.py match`."""
    kind = run.repeats.kind if run.repeats else run.kind
    return KINDS[kind].engine


def carry_out_repetition(run: Run) -> None:
    """Run the engine on what an earlier run was given, as from a file, and compare with what it found then."""
    from exchanges.matching import files

    original = run.repeats
    assert original is not None
    given = runs.input_of(original)
    runs.begin(run, file={})
    answer, _notes = files.run(engine_of(run), json.dumps(given).encode(), seed=original.seed)
    runs.report(run, percent=90)
    outcome = files.outcome(engine_of(run), answer)
    with runs.finishing(run, figures=_compared(original.outcome or [], outcome), outcome=outcome):
        pass


def _compared(before: list[Any], now: list[Any]) -> dict[str, Any]:
    old, new = (Counter(json.dumps(row, sort_keys=True) for row in rows) for rows in (before, now))
    return {"same": old == new, "rows": len(now), "differing": max((old - new).total(), (new - old).total())}
