"""`GET /healthz`: can the database be asked, can the broker be reached, has a worker been seen lately?"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vmobility.celery import app

WORKER_KEY = "vmobility.worker_seen"
WORKER_SILENCE = timedelta(minutes=2)  # six heartbeats: a worker that is silent for longer is taken for dead


def note_worker() -> None:
    """Called by a worker: one is alive."""
    cache.set(WORKER_KEY, timezone.now().isoformat(), timeout=None)


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def broker_answers() -> bool:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
        return bool(broker.connected)


def worker_seen_lately() -> bool:
    seen = cache.get(WORKER_KEY)
    return seen is not None and timezone.now() - datetime.fromisoformat(seen) < WORKER_SILENCE


PARTS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "broker": broker_answers,
    "worker": worker_seen_lately,
}


def is_well(probe: Callable[[], bool]) -> bool:
    """Whether the part works. Whatever went wrong stays here: the answer is public and names no address."""
    try:
        return probe()
    except Exception:  # each driver has its own errors, and any of them means no
        return False


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503; the body says which one doesn't."""
    parts = {name: is_well(probe) for name, probe in PARTS.items()}
    body = {"status": "ok" if all(parts.values()) else "failing"}
    body |= {name: "ok" if well else "failing" for name, well in parts.items()}
    return JsonResponse(body, status=200 if all(parts.values()) else 503)
