"""Matching runs: requested as rows, claimed by one worker at a time, and kept with all that explains and repeats them.

A worker holds a run by a lease that it renews while it reports progress. If it dies, the lease runs out and another
worker starts the run again; results are stored in one transaction together with the end of the run, so a run that was
started twice leaves one result. Who cancels a run takes the lease away: the worker notices when it next reports, and
throws its work away.
"""

import hashlib
import json
import platform
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from importlib import metadata
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.enums import RunKind, RunStatus
from exchanges.models import Exchange, Intake, Offer, Run, RunRecord
from institutions.actions.journal import record
from institutions.actions.work import wake
from institutions.errors import Refused
from institutions.hours import tzdata_version

LIBRARIES = ("numpy", "scipy", "numba", "ortools", "rustworkx")  # what results depend on, beside Python and tzdata
CONFIDENTIAL = ("marks", "not_alone", "reserved")  # keys of records
CHUNK = 500
LEASE = timedelta(minutes=2)
ATTEMPTS = 3
PAUSE = timedelta(seconds=20)


class LostRunError(Exception):
    """The lease ran out and another worker has the run now; whatever was worked out is thrown away."""


def request_partner_run(*, actor, offer: Offer) -> Run:
    """Ask for a fresh ranking of partners for the offer; one that still waits for a worker will do.

    `actor` is None when the platform asks by itself.
    """
    return request_run(actor=actor, kind=RunKind.PARTNERS, offer=offer)


def request_group_run(*, actor, exchange: Exchange) -> Run:
    """Ask for groups and a first session's slot; a run that still waits for a worker will do."""
    return request_run(actor=actor, kind=RunKind.GROUPS, exchange=exchange)


def request_seats_run(*, actor, intake: Intake) -> Run:
    """Ask for an intake's places to be given; a run that still waits for a worker will do."""
    return request_run(actor=actor, kind=RunKind.SEATS, intake=intake)


def request_run(*, actor, kind: RunKind, **subject) -> Run:
    """Ask a worker for a run of the kind about a subject (a field of `Run`); one that still waits will do.

    `actor` is None when the platform asks by itself.
    """
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
            started_at=now,
            attempts=F("attempts") + 1,
            progress=0,
            error="",
        ):
            run.refresh_from_db()
            return run
    return None


def begin(
    run: Run, *, file: Mapping[str, Any], shared: Mapping[str, Iterable[Mapping[str, Any]]] | None = None
) -> None:
    """Note what the engine is given, and with which versions it works, before it starts.

    `file` is what `manage.py match` takes. Its long lists that hardly differ between runs go into `shared` instead,
    by key: each of their records is stored once for all runs.
    """
    kept = {key: _keep(records) for key, records in (shared or {}).items()}
    _held(run).update(snapshot={"file": dict(file), "shared": kept}, versions=versions())
    report(run, percent=10)


def input_of(run: Run) -> dict[str, Any]:
    """What the run's engine was given, as `manage.py match` takes it; empty for a run that didn't get that far."""
    kept = run.snapshot.get("shared", {})
    numbers = sorted({number for ids in kept.values() for number in ids})
    records: dict[int, Any] = {}
    for at in range(0, len(numbers), CHUNK):
        found = RunRecord.objects.filter(pk__in=numbers[at : at + CHUNK])
        records |= dict(found.values_list("pk", "record"))
    return run.snapshot.get("file", {}) | {key: [records[number] for number in ids] for key, ids in kept.items()}


def public_input_of(run: Run) -> dict[str, Any]:
    """The same without what people said in confidence: sensitive data is used, and never shown."""
    return {
        key: [_public(each) for each in value] if isinstance(value, list) else value
        for key, value in input_of(run).items()
    }


def _public(record: Any) -> Any:
    if not isinstance(record, dict):
        return record
    return {name: value for name, value in record.items() if name not in CONFIDENTIAL}


def has_confidential(run: Run) -> bool:
    """Whether the engine was given something that is left out of the file that people may take."""
    return public_input_of(run) != input_of(run)


def _keep(records: Iterable[Mapping[str, Any]]) -> list[int]:
    """The records' ids in their order; those that were never stored before are stored now."""
    by_digest: dict[str, Mapping[str, Any]] = {}
    order = []
    for each in records:
        digest = hashlib.sha256(json.dumps(each, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        by_digest[digest] = each
        order.append(digest)
    known = _known(list(by_digest))
    missing = [digest for digest in by_digest if digest not in known]
    fresh = [RunRecord(digest=digest, record=by_digest[digest]) for digest in missing]
    RunRecord.objects.bulk_create(fresh, batch_size=CHUNK, ignore_conflicts=True)
    known |= _known(missing)
    return [known[digest] for digest in order]


def _known(digests: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at in range(0, len(digests), CHUNK):
        rows = RunRecord.objects.filter(digest__in=digests[at : at + CHUNK])
        found |= dict(rows.values_list("digest", "pk"))
    return found


def report(run: Run, *, percent: int) -> None:
    """Tell how far the run is, and renew its lease. Raises LostRunError when it is not ours any more."""
    if not _held(run).update(progress=percent, lease_until=timezone.now() + LEASE):
        raise LostRunError(f"run {run.pk}")
    run.progress = percent


@contextmanager
def finishing(run: Run, *, figures: dict, outcome: list | None = None) -> Iterator[None]:
    """The transaction in which a run's result is stored and the run ends.

    `outcome` is what a repetition must find again. Raises LostRunError, and stores nothing, when the run was
    cancelled or another worker has taken it.
    """
    with transaction.atomic():
        _lock_subject(run)
        if not _held(run).select_for_update().exists():
            raise LostRunError(f"run {run.pk}")
        yield
        _held(run).update(
            status=RunStatus.FINISHED,
            progress=100,
            figures=figures,
            outcome=outcome,
            finished_at=timezone.now(),
            lease_until=None,
        )
    run.refresh_from_db()


def _lock_subject(run: Run) -> None:
    """What the run is about, before the run itself: whoever cancels the runs of something comes in this order too."""
    for model, pk in ((Intake, run.intake_id), (Exchange, run.exchange_id), (Offer, run.offer_id)):
        if pk is not None:
            list(model.objects.select_for_update(of=("self",), no_key=True).filter(pk=pk).values_list("pk"))


def fail(run: Run, *, error: str) -> None:
    """Give the run back for another attempt after a pause, or give it up after the third."""
    now = timezone.now()
    with transaction.atomic():
        again = run.attempts < ATTEMPTS
        waiting = Run.objects.filter(
            kind=run.kind,
            offer=run.offer_id,
            exchange=run.exchange_id,
            intake=run.intake_id,
            repeats=run.repeats_id,
        )
        if again and waiting.filter(status=RunStatus.REQUESTED).exists():
            # Somebody has asked again meanwhile; that run will do the work.
            _held(run).update(status=RunStatus.CANCELLED, finished_at=now, error=error[:2000], lease_until=None)
        elif again:
            _held(run).update(status=RunStatus.REQUESTED, error=error[:2000], lease_until=now + PAUSE * run.attempts)
        else:
            _held(run).update(status=RunStatus.FAILED, finished_at=now, error=error[:2000], lease_until=None)
    run.refresh_from_db()


def cancel(*, actor, run: Run) -> bool:
    """Stop a run that waits or works; answers whether there was still something to stop.

    Refused to who may not see the run.
    """
    _must_see(actor, run)
    with transaction.atomic():
        stopped = (
            Run.objects.at_work()
            .filter(pk=run.pk)
            .update(status=RunStatus.CANCELLED, finished_at=timezone.now(), lease_until=None)
        )
        if stopped:
            record(actor=actor, verb="run.cancel", subject=run)
    run.refresh_from_db()
    return bool(stopped)


def repeat(*, actor, run: Run) -> Run:
    """Ask a worker to do the run again, on what it was given and with its seed, and to compare; nothing else changes.

    A repetition that still waits will do. Refused where the run left nothing to compare with.
    """
    _must_see(actor, run)
    if run.status != RunStatus.FINISHED or run.outcome is None:
        raise Refused(_("Only a finished run with a result can be repeated."))
    with transaction.atomic():
        again, made = Run.objects.get_or_create(
            kind=RunKind.REPEAT,
            status=RunStatus.REQUESTED,
            repeats=run,
            defaults={
                "requested_by": actor,
                "seed": run.seed,
                "offer": run.offer,
                "exchange": run.exchange,
                "intake": run.intake,
            },
        )
        if made:
            record(actor=actor, verb="run.repeat", subject=run)
        wake("exchanges.run_due_matching", again.pk)
    return again


def _must_see(actor, run: Run) -> None:
    if not Run.objects.visible_to(actor).filter(pk=run.pk).exists():
        raise Refused(_("Only those who coordinate what the run is about can do this."))


def cancel_runs(*, exchange: Exchange | None = None, offer: Offer | None = None, intake: Intake | None = None) -> None:
    """Nobody needs these results any more: runs that wait are cancelled, one that works loses its lease."""
    open_runs = Run.objects.at_work()
    open_runs = open_runs.filter(exchange=exchange, offer=offer, intake=intake)
    open_runs.update(status=RunStatus.CANCELLED, finished_at=timezone.now(), lease_until=None)


def versions() -> dict[str, str]:
    """Of everything that a result depends on."""
    return {
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in LIBRARIES},
        "tzdata": tzdata_version(),
    }


def _held(run: Run):
    return Run.objects.filter(pk=run.pk, status=RunStatus.CLAIMED, claimed_by=run.claimed_by)
