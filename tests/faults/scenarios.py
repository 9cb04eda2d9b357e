"""What is broken, and what must hold afterwards. Each scenario answers its figures, or fails with an AssertionError."""

import datetime as dt
import http.client
import secrets
import shutil
import threading
import time
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from tests.faults.stage import Stage, wait_until

PEOPLE = 12
OPEN = ("queued", "sending", "gathered")


class Ledger:
    """The people, and every cause that must have reached them exactly once."""

    def __init__(self) -> None:
        from exchanges.enums import ExchangeStatus
        from institutions.actions.preferences import change_preferences
        from tests.factories.exchange import ExchangeFactory
        from tests.factories.group import placed
        from tests.factories.institution import InstitutionFactory
        from tests.factories.user import UserFactory

        sides = [InstitutionFactory(), InstitutionFactory()]
        self.exchange = ExchangeFactory(host=sides[0], institutions=sides, status=ExchangeStatus.RUNNING)
        self.people = [UserFactory() for _ in range(PEOPLE)]
        for number, each in enumerate(self.people):
            placed(self.exchange, sides[number % 2], each)
            change_preferences(actor=each, groups={"groups": (True, "daily")})
        self.expected: set[tuple[int, str]] = set()
        self.number = 0

    def add(self) -> None:
        """A session that is to be reminded of, a cause told at once, and one that goes into a digest due now."""
        from django.utils import timezone

        from exchanges.actions.programme import people_of
        from institutions.actions.notices import notify
        from institutions.models import Notice
        from tests.factories.activity import session_at

        self.number += 1
        now = timezone.now()
        session = session_at(self.exchange, now + dt.timedelta(hours=12, minutes=self.number))
        notify(
            recipients=self.people, kind="enrolment_placed", key=f"ledger:{self.number}", urgent=True,
            exchange="Water", institution="Lisbon", starts="2027-01-11", ends="2027-03-12",
        )  # fmt: skip
        notify(recipients=self.people, kind="group_missing", key=f"digested:{self.number}", exchange="Water")
        Notice.objects.filter(kind="digest", status="queued").update(due_at=now)
        for each in self.people:
            self.expected |= {(each.pk, f"ledger:{self.number}"), (each.pk, f"digested:{self.number}")}
        reminder = f"session_reminder:{session.pk}:day:{session.starts_at.isoformat()}"
        self.expected |= {(each.pk, reminder) for each in people_of(session)}

    def settled(self) -> bool:
        """Nothing waits any more, and every session was reminded of."""
        from exchanges.models import Activity
        from institutions.models import Notice

        waits = Notice.objects.mails().filter(status__in=OPEN).exists()
        return not waits and not Activity.objects.filter(day_reminded_at=None).exists()

    def state(self) -> str:
        from django.utils import timezone

        from exchanges.models import Activity
        from institutions.models import Notice

        waits = Notice.objects.mails().filter(status__in=OPEN)
        some = [
            (each.kind, each.status, each.attempts, each.last_error, str(each.due_at - timezone.now()), each.claimed_by)
            for each in waits[:4]
        ]
        unreminded = Activity.objects.filter(day_reminded_at=None).count()
        return f"{waits.count()} mails wait, such as {some}; {unreminded} sessions of {self.number} are not reminded of"

    def check(self, taken: Counter[str], *, doubles: int) -> dict[str, int]:
        """Nothing lost, nothing told twice in the database, and no more mails sent twice than the kills explain."""
        from institutions.interop.mail import message_id
        from institutions.models import Notice

        mails = {(each.recipient_id, each.key): each for each in Notice.objects.mails().select_related("digest")}
        ours = {key for key in mails if not key[1].startswith(("digest:", "token_made"))}
        assert ours == self.expected, (
            f"lost: {sorted(self.expected - ours)[:3]}, extra: {sorted(ours - self.expected)[:3]}"
        )
        inbox = set(Notice.objects.filter(channel="inbox").values_list("recipient_id", "key"))
        assert self.expected <= inbox
        for key, each in mails.items():
            carrier = each.digest or each
            assert carrier.status == "sent", f"{key} is {each.status}, its mail {carrier.status}"
            assert message_id(carrier) in taken, f"{key} is noted as sent, but no mail arrived"
        known = {message_id(each) for each in mails.values()}
        assert set(taken) <= known, "a mail arrived that is in no row"
        twice = sum(taken.values()) - len(taken)
        assert twice <= doubles, f"{twice} mails came twice, {doubles} kills could explain that"
        return {"notices": len(ours), "mails": len(taken), "twice": twice}


def kill_workers(stage: Stage, *, each: int, whole: int = 0, seconds: float = 60) -> dict[str, Any]:
    """`each` kills at each of the ten points, `whole` of all of them of the whole worker; two beats wake the sweeps."""
    from tests.faults.points import DOUBLES, NAMES

    ledger = Ledger()
    planned = 0
    for name in NAMES.values():
        (stage.plan / name).mkdir()
        for number in range(each):
            planned += 1
            suffix = "-all" if whole and planned % max(1, each * len(NAMES) // whole) == 0 else ""
            (stage.plan / name / f"{number:03d}{suffix}").touch()
    begun, end = time.monotonic(), time.monotonic() + seconds
    workers = 1
    while left := sum(1 for _ in stage.plan.glob("*/*")):
        assert time.monotonic() < end, f"{left} kills did not happen: {[str(p) for p in stage.plan.glob('*/*')][:5]}"
        if ledger.settled() or ledger.number < 2:
            ledger.add()
        if not stage.processes["worker"].is_alive():
            stage.start_worker(share=0.5)
            workers += 1
        time.sleep(0.05)
    if not stage.processes["worker"].is_alive():
        stage.start_worker()
    try:
        wait_until("the outbox is empty", ledger.settled, seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}: {ledger.state()}") from error
    doubles = each * len(DOUBLES)
    figures = ledger.check(stage.taken(), doubles=doubles)
    shutil.rmtree(stage.plan)
    stage.plan.mkdir()
    spent = round(time.monotonic() - begun, 1)
    return {"kills": planned, "workers started": workers, **figures, "seconds": spent}


def refuse_mails(stage: Stage, *, people: int, seconds: float = 60) -> dict[str, Any]:
    """The server says 4xx to 30 % and 5xx to 5 %, and hangs up now and then: every mail comes to an end."""
    from institutions.actions.notices import notify
    from institutions.interop.mail import message_id
    from institutions.models import Notice
    from tests.factories.user import UserFactory

    stage.stop("sink")
    stage.start_sink(busy=0.3, bounce=0.05, drop_every=17)
    before = set(stage.taken())
    crowd = [UserFactory() for _ in range(people)]
    notify(
        recipients=crowd, kind="enrolment_placed", key="crowd", urgent=True, exchange="Water", institution="Lisbon",
        starts="2027-01-11", ends="2027-03-12",
    )  # fmt: skip
    mails = Notice.objects.mails().filter(key="crowd")
    wait_until("every mail has an end", lambda: not mails.filter(status__in=OPEN).exists(), seconds)
    ends = Counter(mails.values_list("status", flat=True))
    assert set(ends) <= {"sent", "bounced", "dead"} and sum(ends.values()) == people, ends
    assert ends["bounced"] and ends["sent"] > people / 2, ends
    arrived = set(stage.taken()) - before
    assert arrived == {message_id(each) for each in mails.filter(status="sent")}
    for each in mails.exclude(status="sent"):
        assert each.tries.last().outcome == each.status and each.last_error
    stage.stop("sink")
    stage.start_sink()
    return dict(ends)


def take_redis_away(stage: Stage, *, requests: int, seconds: float = 120) -> dict[str, Any]:
    """Requests that queue work succeed without Redis, and what they queued is sent after it is back."""
    from institutions.models import Notice

    browser = Browser(stage)
    assert browser.make_key() == 200
    stage.stop_redis()
    took = []
    for _ in range(requests):
        begun = time.monotonic()
        assert browser.make_key() == 200, "a request failed because Redis is away"
        took.append(time.monotonic() - begun)
    worker = stage.processes["worker"]
    stage.start_redis()
    back = time.monotonic()
    mails = Notice.objects.mails().filter(kind="token_made", recipient=browser.user)
    wait_until("the backlog drains", lambda: not mails.exclude(status="sent").exists(), seconds)
    assert mails.count() == requests + 1
    assert worker.is_alive(), "the worker had to be started anew"
    drained = time.monotonic() - back
    return {"requests": requests, "slowest": round(max(took), 2), "drained after": round(drained, 1)}


def restart_postgres(stage: Stage, *, threads: int, seconds: float) -> dict[str, Any]:
    """PostgreSQL goes and comes back under load: errors stop, and nothing is half written."""
    from django.db import connection

    from institutions.models import JournalEntry, Notice

    browsers = [Browser(stage) for _ in range(threads)]
    connection.close()
    answers: list[tuple[float, int, int]] = []
    stop = threading.Event()

    def load(number: int) -> None:
        while not stop.is_set():
            status = browsers[number].make_key()
            answers.append((time.monotonic(), status, number))
            time.sleep(0.02)

    crowd = [threading.Thread(target=load, args=(number,)) for number in range(threads)]
    for each in crowd:
        each.start()
    wait_until("requests are answered", lambda: sum(code == 200 for _, code, _ in answers) > threads, 120)
    stage.stop_postgres()
    time.sleep(min(seconds, 1.0))
    stage.start_postgres()
    back = time.monotonic()
    try:
        wait_until("every thread is answered again", lambda: _all_well_since(answers, back, threads), 120)
        time.sleep(seconds)
    finally:
        stop.set()
        for each in crowd:
            each.join()
    errors = [at - back for at, status, _ in answers if status != 200]
    last = max(errors, default=0.0)
    assert last < 10, f"an error {last:.1f} s after PostgreSQL was back"
    people = [each.user.pk for each in browsers]
    mails = Notice.objects.mails().filter(kind="token_made", recipient__in=people)
    wait_until("the worker goes on by itself", lambda: not mails.filter(status__in=OPEN).exists(), 120)
    written = JournalEntry.objects.filter(verb="token.make", actor__in=people).count()
    shown = Notice.objects.filter(kind="token_made", channel="inbox", recipient__in=people).count()
    said = sum(status == 200 for _, status, _ in answers)
    assert written == mails.count() == shown, f"half written: {written}, {mails.count()}, {shown}"
    assert said <= written, f"{said} were told of success, {written} are kept"
    return {"requests": len(answers), "errors": len(errors), "last error after": round(max(0.0, last), 1)}


def _all_well_since(answers: list[tuple[float, int, int]], since: float, threads: int) -> bool:
    return len({number for at, status, number in list(answers) if at > since and status == 200}) == threads


class Browser:
    """A person who makes an API key again and again: a change, a journal row and two notices in one transaction."""

    def __init__(self, stage: Stage) -> None:
        from django.conf import settings
        from django.test import Client

        from tests.factories.user import UserFactory

        self.stage, self.user, self.token = stage, UserFactory(), secrets.token_hex(16)
        client = Client()
        client.force_login(self.user)
        session = client.cookies[settings.SESSION_COOKIE_NAME]
        self.cookies = f"{session.key}={session.value}; {settings.CSRF_COOKIE_NAME}={self.token}"

    def make_key(self) -> int:
        """The answer's status; 0 when there was none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.stage.web_port, timeout=20)
        try:
            body = urlencode({"make": "", "csrfmiddlewaretoken": self.token})
            headers = {"Cookie": self.cookies, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/settings/api/", body, headers)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()


def play(*, small: bool, tell) -> None:
    """All scenarios, one after the other, on one stage; `tell(name, figures)` is called after each."""
    begun = time.monotonic()
    with Stage() as stage:
        stage.start_sink()
        stage.start_worker(share=0.5 if small else 0.2)
        stage.start_beats()
        stage.start_web()
        wait_until("the web answers", lambda: Browser(stage).make_key() == 200, 180)
        tell("stage", {"ready after": round(time.monotonic() - begun, 1)})
        scenarios = [
            ("workers killed, two beats", lambda: kill_workers(stage, each=1 if small else 10, whole=1 if small else 10,
                                                               seconds=180 if small else 900)),
            ("mails refused", lambda: refuse_mails(stage, people=60 if small else 1000, seconds=180 if small else 300)),
            ("Redis away", lambda: take_redis_away(stage, requests=4 if small else 40)),
            ("PostgreSQL restarted", lambda: restart_postgres(stage, threads=3 if small else 8,
                                                              seconds=0.5 if small else 10)),
        ]  # fmt: skip
        for name, scenario in scenarios:
            try:
                tell(name, scenario())
            except BaseException as error:
                for part in ("worker", "web", "beat-1", "sink"):
                    error.add_note(f"--- {part}\n{stage.log_of(part)}")
                raise


def main() -> None:
    import argparse
    import json

    parser = argparse.ArgumentParser(prog="python -m tests.faults.scenarios")
    parser.add_argument("--small", action="store_true")
    play(small=parser.parse_args().small, tell=lambda name, figures: print(json.dumps([name, figures]), flush=True))


if __name__ == "__main__":
    main()
