"""The stage: a PostgreSQL, a Redis, a mail sink, a worker, two beats and a web server of one's own, to be broken."""

import contextlib
import datetime as dt
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import time_machine

from tests import servers
from tests.faults import sink


def wait_until(what: str, ready: Callable[[], Any], seconds: float) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := ready():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{what}: not so after {seconds:.0f} s")


class Stage:
    """Made in `with Stage() as stage`; Django is ready in this process from then on, on the stage's database."""

    def __init__(self) -> None:
        self.parts: dict[str, contextlib.ExitStack] = {}
        self.processes: dict[str, Any] = {}
        self.clock: dt.datetime | None = None  # the instant at which processes begin to live, if it isn't now

    def __enter__(self) -> "Stage":
        self.folder = Path(tempfile.mkdtemp(prefix="vmobility-stage-", dir="/tmp"))
        self.postgres_at, self.redis_at = self.folder / "pg", self.folder / "redis"
        for each in (self.postgres_at, self.redis_at):
            each.mkdir()
            if user := servers.unprivileged():
                os.chown(each, user["user"], user["group"])
        self.folder.chmod(0o755)
        self.binaries = servers.prepare_postgres(self.postgres_at)
        self.redis_port, self.sink_port = servers.free_port(), servers.free_port()
        self.web_port = servers.free_port()
        url = self.start_postgres()
        self.start_redis()
        self.plan = self.folder / "plan"
        self.plan.mkdir()
        os.environ |= {
            "DATABASE_URL": url,
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "SECRET_KEY": "only-for-faults-" + "f" * 40,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink_port}",
            "VMOBILITY_VAR": str(self.folder / "var"),
            "CELERY_LOG_LEVEL": "CRITICAL",
            "LOG_LEVEL": "CRITICAL",
            "PYTHONWARNINGS": "ignore",
        }
        for name in ("VMOBILITY_EMBEDDED", "VMOBILITY_TEST_DATABASE"):
            os.environ.pop(name, None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        import vmobility.wsgi  # noqa: F401 (imported here, the processes that are forked need not)

        return self

    def __exit__(self, *error: object) -> None:
        from django.db import connections

        connections.close_all()
        for name in list(self.processes):
            self.stop(name)
        for stack in self.parts.values():
            stack.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Servers

    def _run(self, name: str, context) -> str:
        self.parts[name] = contextlib.ExitStack()
        return self.parts[name].enter_context(context)

    def start_postgres(self) -> str:
        # What was committed is kept, as on a server; only the disk is spared.
        options = {"synchronous_commit": "on"}
        (self.postgres_at / "postgres.log").unlink(missing_ok=True)
        return self._run("postgres", servers.running_postgres(self.binaries, self.postgres_at, **options))

    def stop_postgres(self) -> None:
        self.parts.pop("postgres").close()

    def start_redis(self) -> None:
        self._run("redis", servers.redis(self.redis_at, self.redis_port))

    def stop_redis(self) -> None:
        self.parts.pop("redis").close()

    # Processes. They are forked from this one, which has everything imported already: that saves most of their start.

    def start(self, name: str, body: Callable[[], object]) -> None:
        from django.db import connections

        connections.close_all()

        def run() -> None:
            servers.end_with_parent()
            os.setpgid(0, 0)
            log = os.open(self.folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            for caught in (signal.SIGTERM, signal.SIGINT):
                signal.signal(caught, signal.SIG_DFL)
            if self.clock is not None:
                time_machine.travel(self.clock, tick=True).start()
            body()

        self.processes[name] = multiprocessing.get_context("fork").Process(target=run, name=name)
        self.processes[name].start()

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()

    def start_sink(self, **options: float) -> None:
        arguments = [word for name, value in options.items() for word in (f"--{name}".replace("_", "-"), str(value))]
        sys.argv = ["sink", "--log", str(self.folder / "taken.txt"), "--port", str(self.sink_port), *arguments]
        self.start("sink", sink.main)

    def start_worker(self, share: float = 0.2) -> None:
        options = ["worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "CRITICAL"]
        options += ["--without-gossip", "--without-mingle", "--without-heartbeat"]

        def work() -> None:
            os.environ |= {"FAULTS_PLAN": str(self.plan), "FAULTS_SHARE": str(share)}
            _celery(options)

        self.start("worker", work)

    def start_beats(self) -> None:
        for name in ("beat-1", "beat-2"):
            schedule = self.folder / f"{name}.schedule"
            schedule.unlink(missing_ok=True)  # it remembers when it last woke whom, which may lie ahead of this clock
            options = ["beat", "--schedule", str(schedule), "--pidfile="]
            self.start(name, partial(_celery, options))

    def start_web(self) -> None:
        self.start("web", partial(_serve, self.web_port))

    def log_of(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    # What arrived

    def taken(self) -> Counter[str]:
        """How often the sink took each mail, by Message-ID."""
        log = self.folder / "taken.txt"
        return Counter(line.split()[0] for line in log.read_text().splitlines()) if log.exists() else Counter()


def _celery(options: list[str]) -> None:
    from tests.faults.app import app

    app._after_fork()  # no connection of the parent's is used here
    app.start(argv=options)


def _serve(port: int) -> None:
    """The platform in threads of one process, as granian serves it; started at once, for it is forked."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from vmobility.wsgi import application

    server = ThreadedWSGIServer(("127.0.0.1", port), WSGIRequestHandler, connections_override=None)
    server.set_app(application)
    server.serve_forever()
