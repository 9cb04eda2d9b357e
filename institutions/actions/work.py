"""Waking a worker. Due work lives in rows; a message only saves the wait for the next sweep."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def wake(task: str, *args) -> None:
    """Send the task (by name, with ids only) once the current transaction has committed.

    A broker that is away costs nothing but time: beat's sweep finds the row.
    """

    def send():
        try:
            current_app.send_task(task, args=args)
        except (OperationalError, OSError) as error:
            logger.warning("The broker took no %s, the next sweep will: %s", task, error)

    transaction.on_commit(send)
