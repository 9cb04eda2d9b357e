"""The platform's Celery app as the stage runs it: short leases and waits, a beat that beats every second, and workers
that kill themselves at named points (`celery -A tests.faults.app worker`).

FAULTS_PLAN names a folder with a file for each kill to come, `<point>/<number>`. A process that passes a point takes a
file away and dies by SIGKILL there; nothing of the platform's own code knows of it.
"""

import datetime as dt
import os
import random
import signal
import smtplib
from pathlib import Path

import django
from django.db import connection
from django.db.backends.signals import connection_created

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.settings")
django.setup()

from institutions.actions import outbox, work  # noqa: E402
from tests.faults.points import NAMES, POINTS, RARE  # noqa: E402
from vmobility.celery import app  # noqa: E402

outbox.LEASE = dt.timedelta(seconds=1.5)
outbox.LONGEST_SEND = dt.timedelta(seconds=0.5)
outbox.FIRST_WAIT = dt.timedelta(seconds=0.1)
outbox.LONGEST_WAIT = dt.timedelta(seconds=1)
outbox.BATCH = 20

BEATS = ("vmobility.heartbeat", "institutions.send_due_notices", "exchanges.remind_sessions")
app.conf.beat_schedule = {name: {"task": name, "schedule": 0.5, "options": {"expires": 5}} for name in BEATS}
app.conf.beat_max_loop_interval = 0.25

PLAN = Path(os.environ.get("FAULTS_PLAN", "/nonexistent"))
chance = random.Random()


def may_die(point: str) -> None:
    """Die here if the plan still holds a kill for this point."""
    folder = PLAN / NAMES[point]
    if point not in RARE and chance.random() > float(os.environ.get("FAULTS_SHARE", "0.2")):
        return
    for file in sorted(folder.glob("*")) if folder.is_dir() else []:
        try:
            file.unlink()
        except FileNotFoundError:
            continue  # another process dies of that one
        if file.name.endswith("-all"):
            os.kill(os.getppid(), signal.SIGKILL)  # the pool's parent as well: the whole worker
        os.kill(os.getpid(), signal.SIGKILL)


def after_statement(execute, sql, params, many, context):
    result = execute(sql, params, many, context)
    if sql.startswith('INSERT INTO "institutions_notice"') and connection.in_atomic_block:
        may_die(POINTS[0])
    elif sql.startswith('UPDATE "institutions_notice"') and "sending" in params and connection.in_atomic_block:
        may_die(POINTS[2])
    elif sql.startswith('UPDATE "institutions_notice"') and "merged" in params:
        may_die(POINTS[4])
    return result


def watch(**kwargs) -> None:
    if after_statement not in kwargs["connection"].execute_wrappers:
        kwargs["connection"].execute_wrappers.append(after_statement)


def dies(owner, name: str, *, before: str = "", after: str = "") -> None:
    """Have a function die before or after it does its work."""
    real = getattr(owner, name)

    def wrapped(*args, **kwargs):
        if before:
            may_die(before)
        result = real(*args, **kwargs)
        if after and result not in ([], None):
            may_die(after)
        return result

    setattr(owner, name, wrapped)


def send(self, s):
    real_send(self, s)
    if isinstance(s, bytes) and s.endswith(b"\r\n.\r\n"):
        may_die(POINTS[7])


if PLAN.is_dir():
    connection_created.connect(watch, weak=False)
    dies(outbox, "claim", after=POINTS[3])
    dies(outbox, "render", after=POINTS[5])
    dies(smtplib.SMTP, "rcpt", after=POINTS[6])
    real_send = smtplib.SMTP.send
    smtplib.SMTP.send = send  # type: ignore[method-assign]
    dies(smtplib.SMTP, "data", after=POINTS[8])
    dies(outbox.Notice.objects.__class__, "note_sent", after=POINTS[9])
    dies(work.current_app, "send_task", before=POINTS[1])
