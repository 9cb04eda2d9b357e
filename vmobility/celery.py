"""The Celery app, what beat wakes and when, and the heartbeat that /healthz looks for.

Due times live in the database. Beat only wakes the sweeps; actions poke the same tasks by name on commit, so that
nobody waits for beat. A lost message therefore costs seconds, never a notice.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmobility.settings")

TRANSPORT_ALIASES["folder"] = "vmobility.broker:Transport"  # the embedded default's broker
TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "vmobility.redis_broker:Transport"

app = Celery("vmobility")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["institutions", "exchanges"])

SECOND, MINUTE, HOUR = 1.0, 60.0, 3600.0

# A wake-up that waited longer than its own period is worthless: the next one does the same work.
app.conf.beat_schedule = {
    name: {"task": name, "schedule": every, "options": {"expires": every}}
    for name, every in {
        "vmobility.heartbeat": 20 * SECOND,
        "institutions.send_due_notices": 15 * SECOND,
        "institutions.expire_partnerships": HOUR,
        "institutions.read_busy_calendars": 5 * MINUTE,
        "exchanges.run_due_matching": 30 * SECOND,
        "exchanges.tell_announcements": 30 * SECOND,
        "exchanges.sweep_pairings": 5 * MINUTE,
        "exchanges.sweep_offers": HOUR,
        "exchanges.sweep_exchanges": MINUTE,
        "exchanges.sweep_intakes": MINUTE,
        "exchanges.remind_sessions": 5 * MINUTE,
        "exchanges.follow_tzdata": HOUR,
        "exchanges.sweep_polls": 5 * MINUTE,
    }.items()
}


@app.task(name="vmobility.heartbeat")
def heartbeat() -> None:
    """Note that a worker runs tasks; `vmobility.health` reads it."""
    from vmobility.health import note_worker

    note_worker()


@worker_ready.connect
def note_worker_at_start(**kwargs: Any) -> None:
    """A worker that has just started is seen at once, not only at beat's next heartbeat."""
    heartbeat()


@worker_ready.connect
def follow_tzdata_at_start(**kwargs: Any) -> None:
    """A new release of time zone rules comes with new workers: what they move is not left until beat's next hour."""
    app.send_task("exchanges.follow_tzdata")
