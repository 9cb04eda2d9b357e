"""The wiring: what holds the parts together, seen from outside."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import compose_spec
import pytest
import time_machine
import yaml
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.management import call_command
from django.test import RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone, translation
from rest_framework.exceptions import NotFound, Throttled, ValidationError

from institutions.api.answers import problem_details
from institutions.errors import Refused
from institutions.views.middleware import LanguageAndZoneMiddleware
from vmobility import health
from vmobility.celery import app
from vmobility.checks import mailbox_stays_at_home, scheduled_tasks_exist
from vmobility.mailbox import MailboxBackend

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = ROOT / "docker-compose.yml"


def compose() -> dict:
    return yaml.safe_load(COMPOSE.read_text())


def filled_in(text: str) -> str:
    """The Compose file as Compose reads it, with a value for each variable that has to be set."""
    text = re.sub(r"\$\{\w+:\?[^}]*\}", "filled-in", text)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


# Health


@pytest.mark.embedded
def test_healthz_says_which_part_is_missing(client, db):
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "database": "ok", "broker": "ok", "worker": "failing"}

    health.note_worker()
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "broker": "ok", "worker": "ok"}


def test_a_worker_that_fell_silent_is_missed(client, db):
    with time_machine.travel(timezone.now() - health.WORKER_SILENCE):
        health.note_worker()
    assert client.get("/healthz").json()["worker"] == "failing"


def test_healthz_answers_quickly_and_tells_nothing_when_the_broker_is_away(client, db, monkeypatch):
    # A closed port of this machine; the password must not show.
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://:very-secret@127.0.0.1:9/0")
    started = time.monotonic()
    answer = client.get("/healthz")
    assert time.monotonic() - started < 3
    assert answer.status_code == 503
    assert answer.json()["broker"] == "failing"
    assert "secret" not in answer.content.decode()
    assert "127.0.0.1" not in answer.content.decode()


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_healthz_is_only_read(client, method):
    assert getattr(client, method)("/healthz").status_code == 405


@pytest.mark.embedded
def test_a_live_worker_takes_messages_and_shows_itself(live_worker, wait_until, client):
    assert client.get("/healthz").status_code == 200
    cache.delete(health.WORKER_KEY)
    app.send_task("vmobility.heartbeat")
    wait_until(lambda: cache.get(health.WORKER_KEY), seconds=15)


@pytest.mark.embedded
def test_every_task_that_beat_wakes_exists():
    assert scheduled_tasks_exist(None) == []
    assert "institutions.send_due_notices" in app.conf.beat_schedule


def test_a_misspelt_task_in_the_schedule_is_found(monkeypatch):
    monkeypatch.setitem(app.conf.beat_schedule, "wrong", {"task": "exchanges.no_such_task", "schedule": 1})
    assert "Beat wakes exchanges.no_such_task, but no such task is registered." in [
        error.msg for error in scheduled_tasks_exist(None)
    ]


def test_sending_a_task_gives_up_quickly_when_the_broker_is_away(monkeypatch):
    """A web request pokes the worker on commit: it must not hang."""
    script = (
        "import time, django; django.setup()\n"
        "from vmobility.celery import app\n"
        "t = time.monotonic()\n"
        "try:\n app.send_task('vmobility.heartbeat')\nexcept Exception as error:\n print(type(error).__name__)\n"
        "print(time.monotonic() - t < 4)"
    )
    environment = {
        **os.environ,
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "DJANGO_SETTINGS_MODULE": "vmobility.settings",
        "SECRET_KEY": "x",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["OperationalError", "True"]


# Settings


def settings_with(**environment: str) -> dict:
    """What vmobility.settings makes of an environment, in a fresh Python."""
    script = (
        "import json; from vmobility import settings as s;"
        "print(json.dumps({k: getattr(s, k) for k in dir(s) if k.isupper() and k != 'LANGUAGES'}, default=repr))"
    )
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "VMOBILITY_VAR") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def test_a_server_needs_a_secret_key():
    with pytest.raises(RuntimeError, match="SECRET_KEY"):
        settings_with()


def test_settings_on_a_server():
    made = settings_with(
        SECRET_KEY="k" * 60,
        SITE_URL="https://vmobility.example/",
        DATABASE_URL="postgres://vm:word@db:5432/vm",
        REDIS_URL="redis://:word@redis:6379/0",
        EMAIL_URL="smtp+tls://u:p@mail.example:587",
        TRUSTED_PROXIES="1",
    )
    assert made["DEBUG"] is False
    assert made["MAILBOX"] is False
    assert made["SITE_URL"] == "https://vmobility.example"
    assert "vmobility.example" in made["ALLOWED_HOSTS"]
    assert made["CSRF_TRUSTED_ORIGINS"] == ["https://vmobility.example"]
    assert made["SESSION_COOKIE_SECURE"] and made["CSRF_COOKIE_SECURE"] and made["SECURE_SSL_REDIRECT"]
    assert made["SECURE_HSTS_SECONDS"] == 31_536_000
    assert made["DATABASES"]["default"]["CONN_HEALTH_CHECKS"] is True
    assert made["CELERY_BROKER_URL"] == "redis://:word@redis:6379/0"
    assert made["CACHES"]["default"]["BACKEND"].endswith("RedisCache")
    assert made["EMAIL_HOST"] == "mail.example" and made["EMAIL_USE_TLS"] is True


def test_settings_of_the_embedded_default(tmp_path):
    made = settings_with(SECRET_KEY="k" * 60, VMOBILITY_EMBEDDED="1", VMOBILITY_VAR=str(tmp_path))
    database = made["DATABASES"]["default"]
    assert database["NAME"] == str(tmp_path / "vmobility.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
    assert made["MAILBOX"] is True
    assert made["CELERY_BROKER_TRANSPORT_OPTIONS"]["data_folder_in"] == str(tmp_path / "broker" / "messages")
    assert (tmp_path / "broker" / "control").is_dir()
    assert made["SESSION_COOKIE_SECURE"] is False


def test_a_mail_server_closes_the_mailbox(tmp_path):
    made = settings_with(
        SECRET_KEY="k", VMOBILITY_EMBEDDED="1", VMOBILITY_VAR=str(tmp_path), EMAIL_URL="smtp://localhost:25"
    )
    assert made["MAILBOX"] is False


def test_the_mailbox_on_https_is_an_error():
    with override_settings(MAILBOX=True, HTTPS=True):
        assert [error.id for error in mailbox_stays_at_home(None)] == ["vmobility.E001"]


@pytest.mark.embedded
def test_sqlite_waits_for_its_turn_and_keeps_its_references(db):
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    with connection.cursor() as cursor:
        found = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000}


@pytest.mark.embedded
def test_zones_come_from_the_pinned_package():
    import zoneinfo

    assert zoneinfo.TZPATH == ()
    assert ZoneInfo("America/Sao_Paulo").key == "America/Sao_Paulo"


@pytest.mark.embedded
def test_models_and_migrations_agree(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# Pages


def test_every_page_carries_the_strict_policy(client, db):
    for address in ("/", "/healthz", "/api/docs/", "/no-such-page"):
        headers = client.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_the_api_can_be_read_without_script(client, db):
    page = client.get("/api/docs/").content.decode()
    assert "/api/v1/exchanges/{id}/join/" in page
    assert "Take a place, or a position on the waiting list" in page
    linked = set(re.findall(r'href="#shape-(\w+)"', page))
    assert "Exchange" in linked
    assert linked <= set(re.findall(r'id="shape-(\w+)"', page))


def test_every_operation_may_answer_with_a_problem(client, db):
    schema = json.loads(client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).content)
    for path in schema["paths"].values():
        for operation in path.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert {"title", "status"} <= set(schema["components"]["schemas"]["Problem"]["required"])


def test_the_schema_is_openapi_3_1(client, db):
    schema = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()
    assert schema["openapi"] == "3.1.0"
    assert schema["info"]["license"]["identifier"] == "EUPL-1.2"


def test_the_typeface_is_served_from_its_package(client):
    answer = client.get("/static/fonts/figtree/Figtree%5Bwght%5D.ttf")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[:4] == b"\x00\x01\x00\x00"


# Language and zone


def seen_by(request):
    """What a view sees of the language and the zone."""
    seen = {}

    def view(request):
        from django.http import HttpResponse

        seen.update(
            language=translation.get_language(), zone=str(request.zone), active=timezone.get_current_timezone_name()
        )
        return HttpResponse()

    seen["response"] = LanguageAndZoneMiddleware(view)(request)
    return seen


@pytest.mark.parametrize(
    ("cookie", "zone"),
    [
        ("Africa/Cairo", "Africa/Cairo"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("/etc/passwd", "UTC"),
        ("Nowhere/Land", "UTC"),
        ("a\x00b", "UTC"),
        ("x" * 5000, "UTC"),
    ],
)
def test_a_visitors_zone_is_the_cookies_or_utc(cookie, zone):
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().get("/", headers={"accept-language": "pt-BR,pt;q=0.9"})
    request.COOKIES["zone"] = cookie
    request.user = AnonymousUser()
    seen = seen_by(request)
    assert (seen["zone"], seen["active"], seen["language"]) == (zone, zone, "pt")
    assert seen["response"].headers["Content-Language"] == "pt"
    assert timezone.get_current_timezone_name() == "UTC"  # and nothing is left behind for the next request


def test_a_persons_own_language_and_zone_win(db):
    from tests.factories.user import UserFactory

    request = RequestFactory().get("/", headers={"accept-language": "fr"})
    request.COOKIES["zone"] = "Asia/Tokyo"
    request.user = UserFactory(language="de", zone="Africa/Cairo")
    seen = seen_by(request)
    assert (seen["zone"], seen["language"]) == ("Africa/Cairo", "de")


def test_a_stored_zone_that_no_longer_exists_breaks_nothing(db):
    from tests.factories.user import UserFactory

    request = RequestFactory().get("/")
    request.user = UserFactory.build(zone="US/Gone", language="en")
    assert seen_by(request)["zone"] == "UTC"


# Problem details


@pytest.mark.parametrize(
    ("error", "status", "part"),
    [
        (Refused("No places left.", field="places"), 400, {"errors": {"places": ["No places left."]}}),
        (Refused("Not now."), 400, {"errors": {"non_field_errors": ["Not now."]}}),
        (ValidationError({"title": ["Too long."]}), 400, {"errors": {"title": ["Too long."]}}),
        (NotFound(), 404, {"title": "Not Found"}),
        (Throttled(wait=3), 429, {"title": "Too Many Requests"}),
    ],
)
def test_api_errors_are_problem_details(error, status, part):
    answer = problem_details(error, {"request": RequestFactory().get("/"), "view": None})
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.data["status"] == status
    assert part.items() <= answer.data.items()


def test_what_may_not_be_seen_and_what_does_not_exist_answer_alike():
    from django.core.exceptions import PermissionDenied
    from django.http import Http404

    context = {"request": RequestFactory().get("/"), "view": None}
    assert problem_details(PermissionDenied(), context).data == problem_details(Http404(), context).data


def test_a_fault_of_ours_is_not_dressed_up():
    assert problem_details(ZeroDivisionError(), {"request": RequestFactory().get("/"), "view": None}) is None


# The mailbox


def send(subject: str, to: str, text: str = "Hello", html: str = "") -> None:
    message = EmailMultiAlternatives(subject, text, "vmobility <no-reply@vm.example>", [to])
    if html:
        message.attach_alternative(html, "text/html")
    message.connection = get_connection("vmobility.mailbox.MailboxBackend")
    assert message.send() == 1


@pytest.mark.embedded
def test_mails_can_be_read_in_the_mailbox(client, db, mailbox):
    send("Prueba ñ", "asha@pune.example", "Confirm: http://localhost:8000/accounts/confirm-email/abc/ now")
    send("Second", "bruno@lisbon.example", "<script>alert(1)</script>")

    page = client.get(reverse("mailbox")).content.decode()
    assert page.index("Second") < page.index("Prueba ñ")

    page = client.get(reverse("mailbox"), {"to": "asha@"}).content.decode()
    assert "Prueba ñ" in page and "Second" not in page

    first, second = sorted(path.stem for path in mailbox.glob("*.eml"))
    page = client.get(reverse("mailbox_mail", args=[first])).content.decode()
    assert 'href="http://localhost:8000/accounts/confirm-email/abc/"' in page
    page = client.get(reverse("mailbox_mail", args=[second])).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_a_mail_with_html_alone_shows_its_words(client, db, mailbox):
    send("Only HTML", "asha@pune.example", "", "<p>Warm <b>words</b><script>x()</script></p>")
    name = next(mailbox.glob("*.eml")).stem
    page = client.get(reverse("mailbox_mail", args=[name])).content.decode()
    assert "<script>x()" not in page


@pytest.mark.parametrize("name", ["..", "....settings", "0" * 19 + "-abcdef12", "x" * 400, "%00"])
def test_a_mail_that_is_not_there_is_404(client, db, mailbox, name):
    assert client.get(f"/mailbox/{name}/").status_code == 404


def test_the_mailbox_keeps_its_list_in_pages(client, db, mailbox):
    for number in range(31):
        send(f"Mail {number}.", "asha@pune.example")
    assert "Mail 0." not in client.get(reverse("mailbox")).content.decode()
    assert "Mail 0." in client.get(reverse("mailbox"), {"page": "2"}).content.decode()
    assert client.get(reverse("mailbox"), {"page": "many\x00"}).status_code == 200


def test_a_mail_to_nobody_is_not_kept(mailbox):
    assert MailboxBackend().send_messages([mail.EmailMessage("s", "b", "a@b.example", [])]) == 0


# The folder broker


def test_the_folder_broker_hands_each_message_to_one_reader_and_whole(tmp_path):
    """Two writers and three readers at once: nothing is lost, doubled or torn."""
    reader = "import sys; from tests.folder_broker import take; take(*sys.argv[1:])"
    writer = "import sys; from tests.folder_broker import put; put(*sys.argv[1:])"
    readers = [
        subprocess.Popen([sys.executable, "-c", reader, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    writers = [
        subprocess.Popen([sys.executable, "-c", writer, str(tmp_path), str(start)], cwd=ROOT) for start in (0, 1000)
    ]
    assert [process.wait(60) for process in writers] == [0, 0]
    taken = [int(word) for process in readers for word in process.communicate(timeout=60)[0].split()]
    assert sorted(taken) == [*range(300), *range(1000, 1300)]


# What runs on servers


def test_compose_file_follows_the_specification():
    whole = yaml.safe_load(filled_in(COMPOSE.read_text()))  # merge keys resolved, as Compose does
    read = compose_spec.PyCompose.from_json(json.dumps(whole))
    assert sorted(read.service_names()) == ["beat", "db", "migrate", "redis", "web", "worker"]

    whole["services"]["web"]["ports"] = ["eight:thousand"]
    with pytest.raises(ValueError, match="port"):
        compose_spec.PyCompose.from_json(json.dumps(whole))


def test_compose_runs_every_part_checked_and_without_root():
    services = compose()["services"]
    assert set(services) == {"migrate", "web", "worker", "beat", "db", "redis"}
    for name, service in services.items():
        assert service["user"] not in ("root", "0", "0:0"), name
        if name != "migrate":
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name
    assert "migrate" in services["web"]["depends_on"]
    used = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert used == set(compose()["volumes"])


def test_compose_holds_no_secret_and_refuses_to_start_without():
    environment = compose()["services"]["web"]["environment"]
    for name in ("SECRET_KEY", "SITE_URL", "EMAIL_URL"):
        assert environment[name].startswith("${" + name + ":?"), name
    for name in ("DATABASE_URL", "REDIS_URL"):
        assert "_PASSWORD:?" in environment[name], name
    for name in ("db", "redis"):
        passwords = [v for k, v in compose()["services"][name]["environment"].items() if "PASSWORD" in k]
        assert passwords and all(value.startswith("${") and ":?" in value for value in passwords)


def test_everything_compose_sets_is_explained():
    explained = (ROOT / ".env.example").read_text()
    for name in compose()["services"]["web"]["environment"]:
        assert name in explained, name


def test_the_image_gets_every_folder_it_copies():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = {
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    }
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


# What a newcomer gets


def test_the_licence_is_said_by_its_spdx_id():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "EUPL-1.2"
    assert "EUPL-1.2" in (ROOT / "README.md").read_text()
    assert "EUROPEAN UNION PUBLIC LICENCE v. 1.2" in (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt", "bin/uv.txt"])
def test_locks_are_hashed_and_name_no_address(lock):
    text = (ROOT / lock).read_text()
    assert "://" not in text and "--index-url" not in text and "--find-links" not in text
    pinned = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert pinned and all(line.endswith("\\") for line in pinned)
    assert text.count("--hash=sha256:") >= len(pinned)


@pytest.mark.parametrize("command", ["run", "test", "bench"])
def test_the_commands_are_posix_sh(command):
    path = ROOT / "bin" / command
    assert path.stat().st_mode & stat.S_IXUSR
    assert path.read_text().startswith("#!/bin/sh\n")
    for shell in filter(shutil.which, ("dash", "sh")):
        assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0


def test_run_says_what_it_knows_and_refuses_the_rest():
    done = subprocess.run([ROOT / "bin/run", "--wipe"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "--fresh" in done.stderr


def test_fresh_spares_a_database_that_was_named(tmp_path):
    """Refused before anything is opened: the named server doesn't even exist."""
    environment = {
        **os.environ,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/precious",
        "VMOBILITY_VAR": str(tmp_path),
        "PORT": "0",
    }
    environment.pop("VMOBILITY_ALLOW_FRESH", None)
    done = subprocess.run(
        [ROOT / "bin/run", "--fresh"], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode != 0
    assert "VMOBILITY_ALLOW_FRESH" in done.stderr


def test_nothing_under_test_touches_real_data():
    assert "vmobility-test-" in str(settings.VAR_DIR) or "VMOBILITY_VAR" in os.environ
    assert "test" in settings.CACHES["default"]["KEY_PREFIX"]
