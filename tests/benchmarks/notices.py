"""Notices per second, from the queue to the mail server's yes and our note of it, against a bare loop that sends.

    bin/bench notices [--sizes 1000 10000 100000] [--processes 2]

For each size it fills a database of its own with that many queued mails of session reminders, to groups of a
hundred people in two languages and four zones, and lets as many processes as given send them as a worker does, to a
mail sink on this machine. The bare loop sends mails that were rendered before, from as many processes over one
connection each, to the same sink.
"""

import argparse
import contextlib
import math
import multiprocessing
import os
import platform
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.web import database

SAMPLE = 2000  # so many mails are rendered for the bare loop, which sends them in turns
TOGETHER = 100  # people in one session
ROUNDS = 3  # the two take turns; the median counts


@contextlib.contextmanager
def sink(folder: Path) -> Iterator[int]:
    """A mail sink in its own process; answers its port."""
    command = [sys.executable, "-m", "tests.faults.sink", "--log", str(folder / "taken.log")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


def prepare(url: str, port: int, folder: Path) -> None:
    """Make Django ready, for this process and the ones that it forks."""
    os.environ |= {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "vmobility.settings",
        "SECRET_KEY": "only-for-benchmarks-" + "b" * 40,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "VMOBILITY_VAR": str(folder / "var"),
        "LOG_LEVEL": "WARNING",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def fill(size: int) -> None:
    """Queue one mail for each of `size` people."""
    from django.db import connection
    from django.utils import timezone

    from institutions.enums import Channel
    from institutions.models import Notice, User

    Notice.objects.all().delete()
    have = User.objects.count()
    zones = ["Europe/Lisbon", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo"]
    User.objects.bulk_create(
        [
            User(
                email=f"person{number}@example.org",
                name=f"Person {number}",
                zone=zones[number % 4],
                language=("en", "pt")[number % 3 == 0],
                password="!",
            )
            for number in range(have, size)
        ],
        batch_size=2000,
    )
    now = timezone.now()
    context = {"activity": "Kick-off", "exchange": "Water in cities", "starts_at": "2026-12-01T09:00:00+00:00"}
    context |= {"zone": "Europe/Lisbon", "minutes": 90, "group": None}
    people = User.objects.order_by("pk").values_list("pk", flat=True)[:size]
    rows = (
        Notice(
            recipient_id=pk,
            kind="session_reminder",
            channel=Channel.EMAIL,
            key=f"activity:{number // TOGETHER}",
            context=context | {"exchange": f"Water in cities {number // TOGETHER}"},
            url=f"/exchanges/{number // TOGETHER}/sessions/",
            due_at=now,
        )
        for number, pk in enumerate(people)
    )
    Notice.objects.bulk_create(rows, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def rendered(count: int) -> list[tuple[str, str, bytes]]:
    from institutions.interop.mail import render
    from institutions.models import Notice

    mails = []
    for notice in Notice.objects.mails().select_related("recipient").order_by("pk")[:count]:
        mail = render(notice)
        mails.append((mail.sender, mail.recipient, mail.wire()))
    return mails


def timed(processes: int, work, *arguments) -> float:
    """Seconds that so many forked processes take together, from a common start."""
    from django.db import connections

    connections.close_all()
    context = multiprocessing.get_context("fork")
    start = context.Barrier(processes + 1)

    def body(number: int) -> None:
        start.wait()
        work(number, *arguments)

    workers = [context.Process(target=body, args=(number,)) for number in range(processes)]
    for worker in workers:
        worker.start()
    start.wait()
    begun = time.perf_counter()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    return time.perf_counter() - begun


def send_bare(number: int, processes: int, size: int, port: int, mails: list[tuple[str, str, bytes]]) -> None:
    connection = smtplib.SMTP("127.0.0.1", port)
    for turn in range(number, size, processes):
        sender, recipient, mail = mails[turn % len(mails)]
        connection.sendmail(sender, [recipient], mail)
    connection.quit()


def send_ours(_number: int) -> None:
    from institutions.actions.outbox import send_due_notices

    send_due_notices()


def measure(size: int, processes: int, port: int) -> tuple[float, float]:
    """Mails per second: ours, and the bare loop's."""
    from institutions.enums import NoticeStatus
    from institutions.models import Notice

    ours, bare = [], []
    for _round in range(ROUNDS if size <= 10_000 else 1):
        fill(size)
        mails = rendered(min(size, SAMPLE))
        bare.append(size / timed(processes, send_bare, processes, size, port, mails))
        ours.append(size / timed(processes, send_ours))
        sent = Notice.objects.filter(status=NoticeStatus.SENT).count()
        assert sent == size, f"{sent} of {size} were noted as sent"
    return sorted(ours)[len(ours) // 2], sorted(bare)[len(bare) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench notices", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000], help="mails")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args()
    if not os.environ["DATABASE_URL"].startswith("postgres"):
        raise SystemExit("The goals are for PostgreSQL: give a DATABASE_URL of one, or none.")
    results: dict[int, tuple[float, float]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="vmobility-bench-") as name,
        sink(Path(name)) as port,
        database(os.environ["DATABASE_URL"]) as url,
    ):
        prepare(url, port, Path(name))
        for size in options.sizes:
            results[size] = measure(size, options.processes, port)
            print(f"  {size}: {results[size][0]:.0f}/s of {results[size][1]:.0f}/s", file=sys.stderr)
        from django.db import connections

        connections.close_all()
    print(f"{'mails':>7} {'ours/s':>8} {'bare/s':>8} {'share':>6}  goal: at least 0.50")
    for size, (ours, bare) in results.items():
        print(f"{size:>7} {ours:>8.0f} {bare:>8.0f} {ours / bare:>6.2f}  {'met' if ours >= bare / 2 else 'MISSED'}")
    if len(results) > 1:
        small, large = min(results), max(results)
        grown = math.log((large / results[large][0]) / (small / results[small][0])) / math.log(large / small)
        print(
            f"time grows as size to the {grown:.2f} from {small} to {large}; linear is 1, goal at most 1.10: ", end=""
        )
        print("met" if grown <= 1.1 else "MISSED")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(
        f"\n{os.cpu_count()} processors for {options.processes} senders, the sink and PostgreSQL, {memory:.0f} GB; "
        f"Python {platform.python_version()}; the bare loop sends {SAMPLE} rendered mails in turns."
    )


if __name__ == "__main__":
    main()
