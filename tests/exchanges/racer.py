"""A process that joins an exchange beside others: `python -m tests.exchanges.racer EXCHANGE THREADS [unlocked]`.

Reads session keys as JSON from its input, says "ready", and begins at the next line it is given. Joins as a browser
does, through the whole stack of middleware and views, and answers how often each status came back, as JSON. With
"unlocked" the lock on the exchange's row is left out: the control, which has to go wrong.
"""

import json
import os
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.conf import settings


def leave_out_the_lock() -> None:
    from django.db.models import QuerySet

    QuerySet.select_for_update = lambda self, **kwargs: self
    # What the row lock is on PostgreSQL, the write lock from the beginning of the transaction is on SQLite.
    settings.DATABASES["default"].get("OPTIONS", {}).pop("transaction_mode", None)


def main(exchange: str, threads: str, *flags: str) -> None:
    if "unlocked" in flags:
        leave_out_the_lock()
    django.setup()
    import logging

    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    logging.disable(logging.CRITICAL)
    keys = json.loads(sys.stdin.readline())
    url = reverse("enrolment_new", args=[exchange])
    local = threading.local()
    Client(raise_request_exception=False).get("/healthz")  # everything is imported before the start

    def join(key: str) -> int:
        if not hasattr(local, "client"):
            local.client = Client(raise_request_exception=False)
        local.client.cookies.clear()
        local.client.cookies[settings.SESSION_COOKIE_NAME] = key
        return local.client.post(url).status_code

    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(int(threads), initializer=lambda: connection.ensure_connection()) as pool:
        statuses = Counter(pool.map(join, keys))
    print(json.dumps(statuses), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
