"""Many learners join at once, from several processes: places are never exceeded, and everybody gets an answer.

1,000 on 50 places on PostgreSQL, 100 on 5 on SQLite. The same without the lock goes wrong, which shows that the test
would notice.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils import timezone
from django.utils.crypto import get_random_string

from exchanges.enums import EnrolmentStatus
from institutions.enums import MembershipStatus, Role
from institutions.models import Membership, User
from tests.conftest import ROOT
from tests.factories.exchange import exchange_of
from tests.factories.institution import InstitutionFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

PROCESSES = 3


def learners(institution, count: int) -> list[str]:
    """Signed-in learners of the institution, as the keys of their sessions."""
    users = User.objects.bulk_create(
        User(email=f"racer{number}@mail.example", name=f"Racer {number}", password="!") for number in range(count)
    )
    Membership.objects.bulk_create(
        Membership(user=user, institution=institution, role=Role.LEARNER, status=MembershipStatus.ACTIVE)
        for user in users
    )
    store, sessions = SessionStore(), []
    for user in users:
        data = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        sessions.append(
            store.model(
                session_key=get_random_string(32).lower(),
                session_data=store.encode(data),
                expire_date=timezone.now() + timedelta(hours=1),
            )
        )
    store.model.objects.bulk_create(sessions)
    return [session.session_key for session in sessions]


def race(exchange, keys: list[str], *flags: str) -> Counter:
    """Let all of them join at once; how often each status was answered."""
    environment = {**os.environ, "VMOBILITY_TEST_DATABASE": str(connection.settings_dict["NAME"])}
    racers = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.exchanges.racer",
                str(exchange.pk),
                str(4 if connection.vendor == "postgresql" else 1),
                *flags,
            ],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    statuses: Counter = Counter()
    try:
        for number, racer in enumerate(racers):
            racer.stdin.write(json.dumps(keys[number::PROCESSES]) + "\n")
            racer.stdin.flush()
        for racer in racers:
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            racer.stdin.write("go\n")
            racer.stdin.flush()
        for racer in racers:
            statuses.update({int(status): n for status, n in json.loads(racer.stdout.readline()).items()})
            assert racer.wait(30) == 0
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()
    return statuses


def is_right(exchange, places: int, joins: int) -> bool:
    """All are enrolled; the first in the order of their numbers hold the places, the others wait; nothing is lost."""
    rows = list(exchange.enrolments.order_by("number").values_list("number", "status"))
    part = exchange.parts.get(places=places)
    return (
        [number for number, _ in rows] == list(range(1, joins + 1))
        and [status for _, status in rows]
        == [EnrolmentStatus.PLACED] * places + [EnrolmentStatus.WAITING] * (joins - places)
        and part.held == places
    )


@pytest.fixture
def start():
    def start(places: int, joins: int):
        institution = InstitutionFactory()
        exchange = exchange_of(institution, InstitutionFactory(), places=places)
        exchange.parts.exclude(institution=institution).update(places=places + 1)
        return exchange, learners(institution, joins)

    return start


def test_places_are_never_exceeded_however_many_click_at_once(start):
    places, joins = (50, 1000) if connection.vendor == "postgresql" else (5, 100)
    exchange, keys = start(places, joins)
    assert race(exchange, keys) == {302: joins}
    assert is_right(exchange, places, joins)


def test_without_the_lock_it_goes_wrong(start):
    exchange, keys = start(5, 60)
    statuses = race(exchange, keys, "unlocked")
    assert statuses != {302: 60} or not is_right(exchange, 5, 60)
