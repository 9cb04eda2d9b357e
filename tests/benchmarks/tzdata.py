"""Following new time zone rules, against a bare bulk update of the same rows.

    bin/bench tzdata [--sessions 100000] [--turns 3]

Makes a database of its own beside the one that DATABASE_URL names, with so many confirmed sessions to come in a
hundredth as many exchanges and four zones. The bare update is one statement that sets the same columns of the same
rows: the instants by a constant shift, the release, and the sequence. Both start from the same state, vacuumed, and
take turns; the medians are compared. Measured with no session, a tenth and all of them moving.
"""

import argparse
import datetime as dt
import os
import platform
import statistics
import sys
import time
from urllib.parse import urlsplit

GOAL = 3.0
ZONES = ("Europe/Lisbon", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo")
OLD = "2000a"
HOUR = dt.timedelta(hours=1)


def fill(count: int) -> None:
    """Exchanges with a hundred sessions each, weekly over two years, at the instants that today's rules give."""
    from exchanges.models import Activity, Exchange, Offer
    from institutions.hours import resolve_wall
    from institutions.models import Institution, User

    who = User.objects.create(email="bench@vmobility.example", name="Bench")
    host = Institution.objects.create(name="Bench", slug="bench", country="PT", city="Lisbon", zone="Europe/Lisbon")
    first = dt.date.today() + dt.timedelta(days=7)
    number = -(-count // 100)
    offers = Offer.objects.bulk_create(
        Offer(institution=host, coordinator=who, title=f"Offer {n}", zone=ZONES[n % 4], starts=first)
        for n in range(number)
    )
    exchanges = Exchange.objects.bulk_create(
        Exchange(
            offer=offer, title=offer.title, zone=offer.zone, starts=first, ends=first + dt.timedelta(days=730),
            status="running",
        )
        for offer in offers
    )  # fmt: skip
    rows = []
    for n in range(count):
        exchange = exchanges[n // 100]
        day, at = first + dt.timedelta(weeks=n % 100, days=n // 100 % 7), dt.time(8 + n // 100 % 10)
        rows.append(
            Activity(
                exchange=exchange, status="confirmed", title="Session", wall_date=day, wall_time=at, zone=exchange.zone,
                starts_at=resolve_wall(day, at, exchange.zone, fold=0), tzdata=OLD,
            )
        )  # fmt: skip
    Activity.objects.bulk_create(rows, batch_size=5000)


def reset(share: float) -> None:
    """As the old rules had it: so many sessions lie an hour off what today's rules say."""
    from django.db import connection
    from django.db.models import F

    from exchanges.models import Activity
    from institutions.models import JournalEntry

    JournalEntry.objects.all().delete()
    rows = Activity.objects.all()
    rows.filter(moved_from__isnull=False).update(moved_from=None)
    rows.update(tzdata=OLD, sequence=0)
    if share:
        every = round(1 / share)
        rows.extra(where=[f"id %% {every} = 0"]).update(starts_at=F("starts_at") - HOUR)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (FULL, ANALYZE) exchanges_activity")


def bare(share: float) -> float:
    """One statement over all rows; those that moved get their shift, as the real thing does."""
    from django.db import transaction
    from django.db.models import F

    from exchanges.models import Activity

    begin = time.perf_counter()
    with transaction.atomic():
        rows = Activity.objects.filter(status="confirmed")
        if share:
            every = round(1 / share)
            rows.extra(where=[f"id %% {every} = 0"]).update(
                starts_at=F("starts_at") + HOUR, tzdata="2099a", sequence=F("sequence") + 1
            )
        if share < 1:
            rows.filter(tzdata=OLD).update(tzdata="2099a")
    return time.perf_counter() - begin


def real(share: float, count: int) -> float:
    from exchanges.actions.time_rules import follow

    begin = time.perf_counter()
    found = follow(apply=True)
    took = time.perf_counter() - begin
    assert found.looked_at == count, found.looked_at
    assert found.total == (count // round(1 / share) if share else 0), found.total
    return took


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench tzdata", description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    url = os.environ["DATABASE_URL"]
    if not url.startswith("postgres"):
        raise SystemExit("The goal is for PostgreSQL: give a DATABASE_URL of one, or none.")

    from tests.benchmarks.web import database

    with database(url) as own:
        os.environ |= {
            "DATABASE_URL": own,
            "DJANGO_SETTINGS_MODULE": "vmobility.settings",
            "VMOBILITY_EMBEDDED": "1",
            "SECRET_KEY": "only-for-benchmarks-" + "b" * 40,
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        fill(options.sessions)
        print(f"{'moving':>7}  {'bare s':>7} {'follow s':>8} {'ratio':>6}  goal")
        for share in (0.0, 0.1, 1.0):
            bares, reals = [], []
            for _turn in range(options.turns):
                reset(share)
                bares.append(bare(share))
                reset(share)
                reals.append(real(share, options.sessions))
            ratio = statistics.median(reals) / statistics.median(bares)
            print(
                f"{share:>7.0%}  {statistics.median(bares):>7.2f} {statistics.median(reals):>8.2f} {ratio:>6.2f}  "
                f"{GOAL:.0f}: {'met' if ratio <= GOAL else 'MISSED'}",
                flush=True,
            )
        connection.close()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(
        f"\n{options.sessions} sessions ({urlsplit(url).scheme}), medians of {options.turns} turns; "
        f"{os.cpu_count()} processors, {memory:.0f} GB, Python {platform.python_version()}."
    )


if __name__ == "__main__":
    sys.exit(main())
