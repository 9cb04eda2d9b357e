"""Requests per second of the open catalogue, against a page with one trivial query on the same server.

    bin/bench web [--sizes 1000 100000] [--seconds 15] [--clients 8]

For each size it makes a database of its own beside those that DATABASE_URL leads to, fills it with the sample world and
as many published offers, and starts granian as bin/run does. The searches and filters are drawn anew for every
request: words from the titles of the offers (one or two), and two facets with a value each that some offer has.
"""

import argparse
import os
import platform
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import environ
import psycopg2

WARM_SECONDS = 3.0
TURNS = 5  # the pages take turns, so that whatever else this machine does falls on all of them
PAGES = ("trivial query", "first page", "random search", "random two-facet filter")
GOALS = {"first page": 1 / 3, "random search": 1 / 12, "random two-facet filter": 1 / 12}


@dataclass
class Measured:
    """Latencies in seconds over a stretch of time."""

    seconds: float
    latencies: list[float]

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(self.seconds + other.seconds, self.latencies + other.latencies)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class Connection:
    """HTTP/1.1 with keep-alive over a bare socket, so that the client costs next to nothing."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str) -> None:
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: zone=Europe/Lisbon\r\n\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"{path}: {head.splitlines()[0].decode()}")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        left = length - len(body)
        while left > 0:
            left -= len(self._more())

    def _more(self) -> bytes:
        data = self.socket.recv(262_144)
        if not data:
            raise SystemExit("The server closed the connection.")
        return data


def measure(port: int, path: Callable[[random.Random], str], *, seconds: float, clients: int, seed: int) -> Measured:
    """Ask for pages from several connections at once."""
    latencies: list[list[float]] = [[] for _ in range(clients)]
    start = time.perf_counter()

    def ask(n: int) -> None:
        connection, choose = Connection(port), random.Random(f"{seed} {n}")
        while (now := time.perf_counter()) - start < seconds:
            connection.get(path(choose))
            latencies[n].append(time.perf_counter() - now)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Measured(time.perf_counter() - start, [one for mine in latencies for one in mine])


def questions(cursor) -> dict[str, Callable[[random.Random], str]]:
    """The pages to ask for; words and values come from the offers themselves."""
    cursor.execute("SELECT DISTINCT split_part(search_text, E'\\n', 1) FROM exchanges_offer WHERE status = 'published'")
    words = sorted({word for (title,) in cursor.fetchall() for word in title.split() if len(word) > 3})
    values = {}
    for name in ("format", "field", "level", "mode", "country"):
        cursor.execute(
            f"SELECT DISTINCT {name}::text FROM exchanges_offer WHERE status = 'published' AND {name} IS NOT NULL"
        )
        values[name] = [value for (value,) in cursor.fetchall()]
    values["field"] = sorted({value[:2] for value in values["field"]})
    cursor.execute("SELECT DISTINCT tag FROM exchanges_offerlanguage")
    values["language"] = [tag for (tag,) in cursor.fetchall()]

    def search(choose: random.Random) -> str:
        return "/offers/?q=" + quote(" ".join(choose.sample(words, choose.choice((1, 2)))))

    def two_facets(choose: random.Random) -> str:
        names = choose.sample(sorted(values), 2)
        return "/offers/?" + "&".join(f"{name}={quote(choose.choice(values[name]))}" for name in names)

    return {
        "trivial query": lambda choose: "/bench/trivial/",
        "first page": lambda choose: "/offers/",
        "random search": search,
        "random two-facet filter": two_facets,
    }


@contextmanager
def database(url: str) -> Iterator[str]:
    """A new database beside the one that the URL names; gives its URL."""
    config = environ.Env.db_url_config(url)
    name = f"vmobility_bench_{os.getpid()}"
    options = config.get("OPTIONS", {})
    server = psycopg2.connect(
        dbname=config["NAME"],
        user=config["USER"] or None,
        password=config["PASSWORD"] or None,
        host=config["HOST"] or options.get("host"),
        port=config["PORT"] or None,
    )
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    parts = urlsplit(url)
    try:
        yield parts._replace(path=f"/{name}").geturl()
    finally:
        with server.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.close()


@contextmanager
def server(environment: dict[str, str]) -> Iterator[int]:
    """Granian as bin/run starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    workers, threads = environment.get("WEB_WORKERS", "2"), environment.get("WEB_THREADS", "4")
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-ws", "--log-level", "warning", "--workers", workers, "--blocking-threads", threads]
    process = subprocess.Popen([*command, "--backlog", "2048", "vmobility.wsgi:application"], env=environment)
    try:
        for _ in range(200):
            try:
                Connection(port).get("/bench/trivial/")
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def run(size: int, url: str, folder: Path, options: argparse.Namespace) -> dict[str, Measured]:
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "VMOBILITY_EMBEDDED": "1",
        "VMOBILITY_VAR": str(folder / "var"),
        "STATIC_ROOT": str(folder / "static"),
        "SECRET_KEY": "only-for-benchmarks-" + "b" * 40,
    }
    manage = [sys.executable, "manage.py"]
    for command in (["migrate"], ["collectstatic", "--noinput"], ["load_sample_world", "--offers", str(size)]):
        subprocess.run([*manage, *command], env=environment, check=True, stdout=subprocess.DEVNULL)
    config = environ.Env.db_url_config(url)
    connection = psycopg2.connect(
        dbname=config["NAME"],
        user=config["USER"] or None,
        password=config["PASSWORD"] or None,
        host=config["HOST"] or config.get("OPTIONS", {}).get("host"),
        port=config["PORT"] or None,
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        pages = questions(cursor)
    connection.close()
    results = {name: Measured(0.0, []) for name in pages}
    with server(environment) as port:
        for path in pages.values():
            measure(port, path, seconds=WARM_SECONDS, clients=options.clients, seed=0)
        for turn in range(TURNS):
            for name, path in pages.items():
                one = measure(port, path, seconds=options.seconds / TURNS, clients=options.clients, seed=turn + 1)
                results[name] = results[name] + one
    for name, one in results.items():
        print(f"  {size:>7} offers, {name}: {one.rate:.0f}/s", file=sys.stderr)
    return results


def table(results: dict[int, dict[str, Measured]]) -> str:
    lines = [f"{'offers':>7}  {'page':<24} {'req/s':>7} {'of trivial':>10} {'p50 ms':>7} {'p95 ms':>7}  goal"]
    smallest = min(results)
    for size, measured in results.items():
        base = measured["trivial query"].rate
        for name in PAGES:
            one, share = measured[name], measured[name].rate / base
            goals = []
            if name in GOALS:
                goals.append(f"1/{1 / GOALS[name]:.0f}: {'met' if share >= GOALS[name] else 'MISSED'}")
            if name in GOALS and size != smallest:
                times = one.quantile(0.95) / results[smallest][name].quantile(0.95)
                goals.append(f"p95 {times:.2f} times that at {smallest}: {'met' if times <= 2 else 'MISSED'}")
            lines.append(
                f"{size:>7}  {name:<24} {one.rate:>7.0f} {f'1/{1 / share:.1f}':>10} {one.quantile(0.5):>7.1f} "
                f"{one.quantile(0.95):>7.1f}  {', '.join(goals)}"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench web", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000], help="published offers")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each page is asked for")
    parser.add_argument("--clients", type=int, default=8, help="connections at once")
    options = parser.parse_args()
    if not os.environ["DATABASE_URL"].startswith("postgres"):
        raise SystemExit("The goals are for PostgreSQL: give a DATABASE_URL of one, or none.")
    results = {}
    with tempfile.TemporaryDirectory(prefix="vmobility-bench-") as folder:
        for size in options.sizes:
            with database(os.environ["DATABASE_URL"]) as url:
                results[size] = run(size, url, Path(folder), options)
    print(table(results))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(
        f"\n{os.cpu_count()} processors shared by clients, web server and PostgreSQL, {memory:.0f} GB; "
        f"Python {platform.python_version()}, {options.clients} connections, {options.seconds:.0f} s each in "
        f"{TURNS} turns, after {WARM_SECONDS:.0f} s of the same."
    )


if __name__ == "__main__":
    main()
