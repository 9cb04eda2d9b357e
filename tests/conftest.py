"""What every test may use: where the tests run, and a live worker. The cast of people is in tests/cast.py."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

pytest_plugins = ["tests.cast"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def clean_cache() -> Iterator[None]:
    """No test meets what another one left in the cache. Only this run's own keys go."""
    yield
    if settings.REDIS_URL:
        client = cache._cache.get_client()  # type: ignore[attr-defined]
        keys = list(client.scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}:*"))
        if keys:
            client.delete(*keys)
    else:
        cache.clear()


@pytest.fixture
def mailbox(settings, tmp_path):
    """The mails sent in this test land in a folder of its own, which the mailbox page shows."""
    settings.MAIL_DIR = tmp_path / "mail"
    settings.EMAIL_BACKEND = "vmobility.mailbox.MailboxBackend"
    return settings.MAIL_DIR


def celery_process(*arguments: str) -> subprocess.Popen[bytes]:
    """A Celery process on the test database, with this run's broker and cache."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "VMOBILITY_TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    return subprocess.Popen([sys.executable, "-m", "celery", "-A", "vmobility", *arguments], cwd=ROOT, env=environment)


@pytest.fixture
def live_worker(transactional_db, clean_cache) -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker in its own process, as in production, ready to work; what other tests queued is gone."""
    from vmobility.health import worker_seen_lately

    process = celery_process("worker", "--pool", "threads", "--concurrency", "2", "--purge", "--loglevel", "WARNING")
    try:
        end = time.monotonic() + 60
        while not worker_seen_lately():
            assert process.poll() is None, "the worker stopped while starting"
            assert time.monotonic() < end, "the worker didn't start in time"
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(condition, seconds: float = 30, every: float = 0.1):
    """Give another process time to do its part; the condition's first true answer, or a failed test."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := condition():
            return answer
        time.sleep(every)
    raise AssertionError(f"still not so after {seconds} s: {condition}")


@pytest.fixture(name="wait_until")
def wait_until_fixture():
    return wait_until


@pytest.fixture(scope="session", autouse=True)
def leave_nothing_in_redis() -> Iterator[None]:
    """A Redis that isn't ours gets back as it was: this run's messages go, nothing else."""
    yield
    if settings.REDIS_URL:
        import redis

        client = redis.Redis.from_url(settings.REDIS_URL)
        for prefix in (
            settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"],
            settings.CACHES["default"]["KEY_PREFIX"],
        ):
            for key in client.scan_iter(f"{prefix}*"):
                client.delete(key)
