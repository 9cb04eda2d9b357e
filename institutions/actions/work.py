"""Waking a worker. Due work lives in rows; a message only saves the wait for the next sweep."""

import logging
import time

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PAUSE = 5.0  # seconds for which nobody tries again after the broker took nothing
_away_until = 0.0


def wake(task: str, *args) -> None:
    """Send the task (by name, with ids only) once the current transaction has committed.

    A broker that is away costs nothing but time: beat's sweep finds the row. One try is made, and for a few seconds
    after a failure none, so that no request waits for a broker again and again.
    """

    def send():
        global _away_until  # noqa: PLW0603 (one for each process, as the connections are)
        if time.monotonic() < _away_until:
            return
        try:
            current_app.send_task(task, args=args, retry=False)
        except (OperationalError, OSError, RedisError) as error:
            _away_until = time.monotonic() + PAUSE
            logger.warning("The broker took no %s, the next sweep will: %s", task, type(error).__name__)

    transaction.on_commit(send)
