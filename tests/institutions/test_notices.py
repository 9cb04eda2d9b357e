"""The outbox, the inbox and the settings that notices follow."""

import datetime as dt
import re
import smtplib
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils import timezone

from institutions.actions.notices import notify, read_all
from institutions.actions.outbox import LEASE, TRIES, claim, send_again, send_claimed, send_due_notices
from institutions.enums import Channel, NoticeGroup, NoticeStatus
from institutions.errors import Refused
from institutions.interop.mail import message_id, render
from institutions.models import JournalEntry, Notice
from institutions.notice_kinds import KINDS, NoticeKind
from tests.factories.user import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

NIGHT_IN_PUNE = dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC)  # 01:30 on Tuesday in Pune
KIND = "sample_news"
FRAMES = {"base.txt", "notice.txt", "digest_frame.txt", "foot.txt"}


class RefusingBackend(BaseEmailBackend):
    """A mail server that answers every mail with `code`."""

    code = 550

    def send_messages(self, messages):
        raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (self.code, b"no")})


class BusyBackend(RefusingBackend):
    code = 451


@pytest.fixture(autouse=True)
def sample_kind(monkeypatch):
    monkeypatch.setitem(KINDS, KIND, NoticeKind(NoticeGroup.PLACES, "You get this because this is a test."))


def tell(*people, key="membership:1:admitted", **more):
    notify(
        recipients=people,
        kind=KIND,
        key=key,
        url="/inbox/",
        institution="Universidade de Lisboa",
        role="Learner",
        **more,
    )


def outbox():
    return Notice.objects.filter(channel=Channel.EMAIL)


def test_a_cause_is_told_once_on_each_channel(farah):
    tell(farah)
    tell(farah)
    assert sorted(Notice.objects.values_list("channel", flat=True)) == ["email", "inbox"]


@time_machine.travel(NIGHT_IN_PUNE, tick=False)
def test_mail_waits_for_the_recipients_morning(farah):
    farah.zone = "Asia/Kolkata"
    farah.save()
    tell(farah)
    due = outbox().get().due_at.astimezone(ZoneInfo("Asia/Kolkata"))
    assert (due.day, due.hour, due.minute) == (24, 8, 0)
    assert send_due_notices() == 0
    with time_machine.travel(due, tick=False):
        assert send_due_notices() == 1
    assert [message.to for message in mail.outbox] == [[farah.email]]


@time_machine.travel(NIGHT_IN_PUNE, tick=False)
def test_urgent_notices_do_not_wait(farah):
    farah.zone = "Asia/Kolkata"
    farah.save()
    tell(farah, urgent=True)
    assert send_due_notices() == 1


def test_a_mail_has_text_and_html_and_a_stable_id(emil):
    tell(emil)
    notice = outbox().get()
    first, second = render(notice), render(notice)
    assert "Universidade de Lisboa" in first.body
    assert [kind for _content, kind in first.alternatives] == ["text/html"]
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"] == message_id(notice)


def test_a_subject_cannot_forge_a_header(emil):
    notify(
        recipients=[emil],
        kind=KIND,
        key="k",
        institution="Evil\r\nBcc: someone@else.example",
        role="Learner",
    )
    message = render(outbox().get())
    assert "\n" not in message.subject
    assert message.message()["Bcc"] is None


def test_html_in_names_is_escaped_in_the_html_part_only(emil):
    notify(recipients=[emil], kind=KIND, key="k", institution="<b>A & B</b>", role="Learner")
    message = render(outbox().get())
    assert "<b>A & B</b>" in message.body
    assert "<b>A &amp; B</b>" not in message.alternatives[0][0]
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in message.alternatives[0][0]


def test_two_workers_never_claim_the_same_mail(emil, farah):
    tell(emil, farah, urgent=True)
    now = timezone.now()
    assert len(claim(now)) == 2
    assert claim(now) == []


def test_a_dead_workers_claim_is_taken_over_after_the_lease(emil):
    tell(emil, urgent=True)
    now = timezone.now()
    claim(now)
    assert send_due_notices(now=now + LEASE / 2) == 0
    assert send_due_notices(now=now + LEASE + dt.timedelta(seconds=1)) == 1


def test_a_slow_worker_leaves_to_another_what_that_one_took_over(emil):
    tell(emil, urgent=True)
    now = timezone.now()
    batch = claim(now)
    with time_machine.travel(now + LEASE + dt.timedelta(seconds=1), tick=False):
        assert send_due_notices() == 1
        assert send_claimed(batch) == 0
    assert len(mail.outbox) == 1


def test_a_slow_worker_renews_its_lease(emil):
    tell(emil, urgent=True)
    now = timezone.now()
    batch = claim(now)
    with time_machine.travel(now + LEASE + dt.timedelta(seconds=1), tick=False):
        assert send_claimed(batch) == 1
    assert outbox().get().status == NoticeStatus.SENT


def test_a_refused_address_bounces_and_can_be_sent_again(emil, root, settings):
    settings.EMAIL_BACKEND = "tests.institutions.test_notices.RefusingBackend"
    tell(emil, urgent=True)
    assert send_due_notices() == 0
    notice = outbox().get()
    assert notice.status == NoticeStatus.BOUNCED
    assert emil.email not in notice.last_error
    send_again(actor=root, notice=notice)
    assert outbox().get().status == NoticeStatus.QUEUED
    assert JournalEntry.objects.filter(verb="notice.send_again", actor=root).exists()
    with pytest.raises(Refused):
        send_again(actor=root, notice=notice)


def test_a_busy_server_is_tried_later_and_given_up_in_the_end(emil, settings):
    settings.EMAIL_BACKEND = "tests.institutions.test_notices.BusyBackend"
    tell(emil, urgent=True)
    waits, now = [], timezone.now()
    with time_machine.travel(now, tick=False) as traveller:
        for _ in range(TRIES):
            send_due_notices()
            notice = outbox().get()
            if notice.status == NoticeStatus.QUEUED:
                waits.append((notice.due_at - timezone.now()).total_seconds() / 60)
                traveller.move_to(notice.due_at)
    assert len(waits) == TRIES - 1
    for wait, wanted in zip(waits, [1, 2, 4, 8, 16, 32, 60], strict=True):
        assert 0.8 * wanted <= wait <= 1.2 * wanted
    assert outbox().get().status == NoticeStatus.DEAD


def test_one_bad_notice_harms_no_other(emil, farah):
    notify(recipients=[emil], kind="certificate_issued", key="k", urgent=True)
    outbox().update(kind="no_such_kind")
    tell(farah, urgent=True)
    assert send_due_notices() == 1
    assert outbox().get(recipient=emil).status == NoticeStatus.QUEUED


def test_the_inbox_shows_only_ones_own(client, emil, farah):
    tell(farah)
    theirs = Notice.objects.get(recipient=farah, channel=Channel.INBOX)
    client.force_login(emil)
    assert "Universidade" not in client.get(reverse("notice_list")).content.decode()
    assert client.get(reverse("notice_open", args=[theirs.pk])).status_code == 404
    assert client.get(reverse("notice_open", args=[10**30])).status_code == 404
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_opening_marks_as_read(client, farah):
    tell(farah)
    notice = Notice.objects.get(channel=Channel.INBOX)
    client.force_login(farah)
    assert client.get(reverse("notice_open", args=[notice.pk])).url == "/inbox/"
    notice.refresh_from_db()
    assert notice.read_at
    assert read_all(actor=farah) == 0


@pytest.mark.parametrize("count", [1, 30])
def test_the_inbox_takes_the_same_queries_for_one_and_thirty(client, farah, count, django_assert_num_queries):
    for number in range(count):
        tell(farah, key=f"membership:{number}")
    client.force_login(farah)
    with django_assert_num_queries(5):
        client.get(reverse("notice_list"))


def test_lost_mails_are_the_platform_admins(client, emil, ines, root):
    tell(emil)
    outbox().update(status=NoticeStatus.DEAD, last_error="451: busy")
    for person, code in [(ines, 404), (emil, 404), (root, 200)]:
        client.force_login(person)
        assert client.get(reverse("mail_lost")).status_code == code
        again = client.post(reverse("mail_send_again", args=[outbox().get().pk]))
        assert again.status_code == (302 if code == 200 else 404)
    assert outbox().get().status == NoticeStatus.QUEUED


GOOD = {"name": "Emil", "language": "pt", "zone": "Asia/Kathmandu", "day_start": "07:30", "day_end": "22:00"}


def test_settings_change(client, emil):
    client.force_login(emil)
    assert client.post(reverse("settings_profile"), GOOD).status_code == 302
    emil.refresh_from_db()
    assert (emil.zone, emil.language, emil.day_start) == ("Asia/Kathmandu", "pt", dt.time(7, 30))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 151),
        ("name", "A\x00B"),
        ("zone", "Mars/Olympus"),
        ("zone", "../../etc/passwd"),
        ("language", "tlh"),
        ("day_start", "25:00"),
        ("day_end", "07:30"),
    ],
)
def test_bad_settings_are_refused_at_the_field_and_kept(client, emil, field, value):
    before = emil.zone, emil.name
    client.force_login(emil)
    answer = client.post(reverse("settings_profile"), {**GOOD, field: value})
    assert answer.status_code == 200
    assert answer.context["form"].errors[field]
    emil.refresh_from_db()
    assert (emil.zone, emil.name) == before


def test_hours_and_languages(client, emil):
    client.force_login(emil)
    page = reverse("settings_hours")
    typed = {"hours": ["18", "19", "20"], "language_0": "en", "cefr_0": "B2", "language_1": "pt", "cefr_1": "native"}
    assert client.post(page, typed).status_code == 302
    assert emil.learner_profile.hours.slots() == (18, 19, 20)
    assert emil.learner_profile.languages == {"en": "B2", "pt": "native"}
    for bad, field in [
        ({"language_0": "en"}, "cefr_0"),
        ({"language_0": "en", "cefr_0": "B2", "language_1": "en", "cefr_1": "C1"}, "language_1"),
        ({"hours": ["336"]}, "hours"),
        ({"esi": "javascript:alert(1)"}, "esi"),
        ({"level": "9"}, "level"),
        ({"field": "9999"}, "field"),
    ]:
        answer = client.post(page, bad)
        assert answer.status_code == 200
        assert answer.context["form"].errors[field]
    emil.learner_profile.refresh_from_db()
    assert emil.learner_profile.hours.slots() == (18, 19, 20)


def test_a_visitors_zone_is_kept_and_never_redirects_away(client):
    answer = client.post(reverse("zone_choose"), {"zone": "Asia/Kathmandu", "next": "https://evil.example/"})
    assert (answer.url, answer.cookies["zone"].value) == ("/", "Asia/Kathmandu")
    answer = client.post(reverse("zone_choose"), {"zone": "Nowhere/City", "next": "/inbox/"})
    assert answer.url == "/inbox/"
    assert "zone" not in answer.cookies


def test_an_inactive_person_gets_no_mail(db):
    gone = UserFactory(is_active=False)
    tell(gone, urgent=True)
    assert send_due_notices() == 0
    assert outbox().get().status == NoticeStatus.CANCELLED


@time_machine.travel(NIGHT_IN_PUNE, tick=False)
def test_instants_are_in_the_recipients_zone(farah):
    farah.zone = "Asia/Kathmandu"
    farah.save()
    tell(farah, starts_at="2026-12-01T09:00:00+00:00")
    assert "Tue 1 Dec, 14:45 (Asia/Kathmandu)" in render(outbox().get()).body


def test_every_kind_has_its_texts_and_every_text_its_kind():
    """Whatever kind an action names is registered, and the registry and templates/email/ say the same."""
    named = set()
    for folder in ("institutions/actions", "exchanges/actions"):
        for module in (settings.BASE_DIR / folder).rglob("*.py"):
            named |= set(re.findall(r"""\bkind="([a-z]+(?:_[a-z]+)*)\"""", module.read_text()))
    registered = set(KINDS) - {KIND}
    assert named and named <= registered
    texts = {path.name for path in (settings.BASE_DIR / "templates/email").glob("[a-z]*.txt")} - FRAMES
    assert texts == {f"{kind}{end}" for kind in registered for end in ("_subject.txt", ".txt")}


def test_an_api_key_works_until_it_is_revoked(client, emil):
    client.force_login(emil)
    page = reverse("settings_api")
    key = client.post(page, {"make": ""}).context["key"]
    assert key not in client.get(page).content.decode()
    api = {"HTTP_AUTHORIZATION": f"Token {key}"}
    client.logout()
    assert client.get("/api/v1/enrolments/", **api).status_code == 200
    client.force_login(emil)
    client.post(page, {"revoke": ""})
    client.logout()
    assert client.get("/api/v1/enrolments/", **api).status_code == 401
