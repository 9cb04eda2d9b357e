"""Celery tasks: explicit names, ids only, tolerant of missing rows, each delegating to an action."""

import socket

from celery import shared_task

from exchanges.actions.carry_out import carry_out_due_runs


@shared_task(name="exchanges.run_due_matching")
def run_due_matching(run_id: int | None = None) -> None:
    """Carry out the run that was just asked for, or every run that is due."""
    carry_out_due_runs(worker=socket.gethostname(), run_id=run_id)
