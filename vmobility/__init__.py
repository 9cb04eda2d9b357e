"""The wiring: settings, URLs, the Celery app and its schedule. No business rule lives here."""

import zoneinfo

# The pinned tzdata package wins over the system's copy, which differs from machine to machine. Set before anything
# reads a zone, because every process (web, worker, beat, tests) imports this package first.
zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()

from vmobility.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
