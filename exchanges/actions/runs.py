"""Matching runs: requested as rows, claimed by one worker at a time, and kept with all that explains and repeats them.

A worker holds a run by a lease that it renews while it reports progress. If it dies, the lease runs out and another
worker starts the run again; results are stored in one transaction together with the end of the run, so a run that was
started twice leaves one result.
"""

import logging
import platform
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import numpy
import scipy
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from exchanges.enums import RunKind, RunStatus
from exchanges.models import Exchange, Offer, Run
from institutions.actions.work import wake
from institutions.hours import tzdata_version

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
ATTEMPTS = 3
PAUSE = timedelta(seconds=20)


class LostRunError(Exception):
    """The lease ran out and another worker has the run now; whatever was worked out is thrown away."""


def request_partner_run(*, actor, offer: Offer) -> Run:
    """Ask for a fresh ranking of partners for the offer; one that still waits for a worker will do.

    `actor` is None when the platform asks by itself.
    """
    return _request(actor=actor, kind=RunKind.PARTNERS, offer=offer)


def request_group_run(*, actor, exchange: Exchange) -> Run:
    """Ask for groups and a first session's slot; a run that still waits for a worker will do."""
    return _request(actor=actor, kind=RunKind.GROUPS, exchange=exchange)


def _request(*, actor, kind: RunKind, **subject) -> Run:
    with transaction.atomic():
        run, _ = Run.objects.get_or_create(
            kind=kind,
            status=RunStatus.REQUESTED,
            **subject,
            defaults={"requested_by": actor, "seed": secrets.randbits(31)},
        )
        wake("exchanges.run_due_matching", run.pk)
    return run


def claim(*, worker: str, run_id: int | None = None) -> Run | None:
    """Take one due run (a certain one, or the one that has waited longest), or None if there is none to take.

    A run whose workers died again and again is given up here.
    """
    now = timezone.now()
    due = Run.objects.due(now).order_by("requested_at", "pk")
    if run_id is not None:
        due = due.filter(pk=run_id)
    for run in due[:20]:
        mine = Run.objects.due(now).filter(pk=run.pk, attempts=run.attempts)
        if run.attempts >= ATTEMPTS:
            mine.update(
                status=RunStatus.FAILED,
                finished_at=now,
                error=run.error or "The worker died each time.",
                lease_until=None,
            )
            continue
        token = f"{worker[:60]}:{secrets.token_hex(8)}"
        if mine.update(
            status=RunStatus.CLAIMED,
            claimed_by=token,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            progress=0,
            error="",
        ):
            run.refresh_from_db()
            return run
    return None


def begin(run: Run, *, snapshot: dict) -> None:
    """Note what the engine is given, and with which versions it works, before it starts."""
    _held(run).update(snapshot=snapshot, versions=versions())
    report(run, percent=10)


def report(run: Run, *, percent: int) -> None:
    """Tell how far the run is, and renew its lease. Raises LostRunError when another worker has taken it."""
    if not _held(run).update(progress=percent, lease_until=timezone.now() + LEASE):
        raise LostRunError(f"run {run.pk}")
    run.progress = percent


@contextmanager
def finishing(run: Run, *, figures: dict) -> Iterator[None]:
    """The transaction in which a run's result is stored and the run ends.

    Raises LostRunError, and stores nothing, when another worker has taken the run.
    """
    with transaction.atomic():
        if not _held(run).select_for_update().exists():
            raise LostRunError(f"run {run.pk}")
        yield
        _held(run).update(
            status=RunStatus.FINISHED, progress=100, figures=figures, finished_at=timezone.now(), lease_until=None
        )
    run.refresh_from_db()


def fail(run: Run, *, error: str) -> None:
    """Give the run back for another attempt after a pause, or give it up after the third."""
    now = timezone.now()
    with transaction.atomic():
        again = run.attempts < ATTEMPTS
        waiting = Run.objects.filter(kind=run.kind, offer=run.offer_id, exchange=run.exchange_id)
        if again and waiting.filter(status=RunStatus.REQUESTED).exists():
            # Somebody has asked again meanwhile; that run will do the work.
            _held(run).update(status=RunStatus.CANCELLED, finished_at=now, error=error[:2000], lease_until=None)
        elif again:
            _held(run).update(status=RunStatus.REQUESTED, error=error[:2000], lease_until=now + PAUSE * run.attempts)
        else:
            _held(run).update(status=RunStatus.FAILED, finished_at=now, error=error[:2000], lease_until=None)
    run.refresh_from_db()


def cancel_runs(*, exchange: Exchange | None = None, offer: Offer | None = None) -> None:
    """Nobody needs these results any more: runs that wait are cancelled, one that works loses its lease."""
    open_runs = Run.objects.filter(status__in=(RunStatus.REQUESTED, RunStatus.CLAIMED))
    open_runs = open_runs.filter(exchange=exchange) if exchange else open_runs.filter(offer=offer)
    open_runs.update(status=RunStatus.CANCELLED, finished_at=timezone.now(), lease_until=None)


def versions() -> dict[str, str]:
    """Of everything that a result depends on."""
    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "tzdata": tzdata_version(),
    }


def _held(run: Run):
    return Run.objects.filter(pk=run.pk, status=RunStatus.CLAIMED, claimed_by=run.claimed_by)
