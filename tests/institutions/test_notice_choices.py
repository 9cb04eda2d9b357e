"""What people choose about notices, digests, and the link that stops mails."""

import datetime as dt
import email
import email.policy
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from institutions.actions.notices import notify
from institutions.actions.outbox import claim, send_claimed, send_due_notices
from institutions.actions.preferences import change_preferences
from institutions.enums import Channel, Delivery, NoticeStatus
from institutions.errors import Refused
from institutions.interop import mail as mails
from institutions.interop.letters import Letter
from institutions.interop.mail import Attachment, attach_to, message_id, render
from institutions.interop.stop_links import stop_path
from institutions.models import JournalEntry, Notice, NoticePreference
from tests.factories.user import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)  # a Tuesday


def placed(*people, number=1, **more):
    notify(
        recipients=people, kind="enrolment_placed", key=f"placed:{number}", url="/exchanges/1/",
        exchange=f"Water {number}", institution="Lisboa", starts="2027-01-11", ends="2027-03-12", **more,
    )  # fmt: skip


def reminded(*people, starts_at, number=1, **more):
    notify(
        recipients=people, kind="session_reminder", key=f"session:{number}", url="/exchanges/1/sessions/",
        before=starts_at, activity="Kick-off", exchange="Water", starts_at=starts_at.isoformat(), zone="Europe/Lisbon",
        minutes=60, **more,
    )  # fmt: skip


def choose(person, **groups):
    change_preferences(actor=person, groups={group: (True, how) for group, how in groups.items()})


def outbox(person):
    return Notice.objects.mails().filter(recipient=person).exclude(kind="digest")


@pytest.mark.parametrize(
    ("zone", "how", "now", "local"),
    [
        ("Asia/Kolkata", "daily", "2026-11-24T12:00", "2026-11-25T07:30"),
        ("America/Sao_Paulo", "daily", "2026-11-24T10:00", "2026-11-24T07:30"),
        ("Pacific/Auckland", "weekly", "2026-11-24T12:00", "2026-11-27T07:30"),
        ("Europe/Lisbon", "daily", "2027-03-27T12:00", "2027-03-28T07:30"),  # the night of the clock change
        ("Europe/Lisbon", "daily", "2026-10-24T12:00", "2026-10-25T07:30"),
        ("Australia/Lord_Howe", "daily", "2026-10-03T00:00", "2026-10-04T07:30"),  # by half an hour
    ],
)
def test_a_digest_comes_at_its_persons_own_hour(emil, zone, how, now, local):
    emil.zone, emil.digest_at, emil.digest_day = zone, dt.time(7, 30), 4  # Friday
    emil.save()
    choose(emil, places=how)
    with time_machine.travel(dt.datetime.fromisoformat(f"{now}+00:00"), tick=False):
        placed(emil)
        digest = Notice.objects.get(kind="digest")
        assert f"{digest.due_at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" == local
        assert send_due_notices() == 0
    with time_machine.travel(digest.due_at, tick=False):
        assert send_due_notices() == 1


def test_a_digest_tells_each_cause_once_in_one_mail(emil):
    choose(emil, places="daily", groups="daily")
    with time_machine.travel(NOON, tick=False) as clock:
        for number in (1, 2, 2):
            placed(emil, number=number)
        notify(recipients=[emil], kind="group_missing", key="missing", exchange="Water 3")
        clock.move_to(NOON + dt.timedelta(days=1))
        assert send_due_notices() == 1
        assert send_due_notices() == 0
    [sent] = mail.outbox
    assert sent.subject == "Your day on vmobility: 3 notices"
    for word in ("Water 1", "Water 2", "No group yet: Water 3"):
        assert sent.body.count(f"* {word}") + sent.body.count(f": {word}\n") == 1, sent.body
    assert set(outbox(emil).values_list("status", flat=True)) == {NoticeStatus.MERGED}


def test_a_digest_tried_again_is_the_same_mail_and_late_comers_go_alone(emil):
    """A worker dies after the mail server's yes; meanwhile something else joins the digest too late."""
    choose(emil, places="daily")
    with time_machine.travel(NOON, tick=False) as clock:
        placed(emil, number=1)
        digest = Notice.objects.get(kind="digest")
        clock.move_to(digest.due_at)
        [claimed] = claim(timezone.now())
        send_claimed([claimed])
        Notice.objects.filter(pk=digest.pk).update(status=NoticeStatus.SENDING, lease_until=timezone.now())  # it died
        Notice.objects.create(
            recipient=emil, kind="enrolment_withdrawn", channel=Channel.EMAIL, key="late", digest=digest,
            status=NoticeStatus.GATHERED, due_at=digest.due_at, context={"exchange": "Late"},
        )  # fmt: skip
        clock.shift(dt.timedelta(minutes=3))
        assert send_due_notices() == 1
        assert mail.outbox[0].body == mail.outbox[1].body
        assert mail.outbox[0].extra_headers["Message-ID"] == mail.outbox[1].extra_headers["Message-ID"]
        send_due_notices()
    assert "Late" in mail.outbox[2].subject
    assert len(mail.outbox) == 3


@time_machine.travel(NOON, tick=False)
def test_what_cannot_wait_passes_the_digest_and_the_night(emil, farah):
    """Farah sleeps (Pune, 17:30 is no night; she ends her day at 17:00), Emil has chosen a weekly digest."""
    farah.zone, farah.day_end = "Asia/Kolkata", dt.time(17, 0)
    farah.save()
    choose(emil, sessions="weekly")
    reminded(emil, farah, starts_at=NOON + dt.timedelta(hours=3), number=1)
    assert send_due_notices() == 2
    reminded(emil, farah, starts_at=NOON + dt.timedelta(hours=40), number=2)
    # A weekly digest would be too late and the morning is not: Emil is told at his waking hour, which is now.
    assert send_due_notices() == 1
    later = outbox(farah).get(key="session:2")
    assert later.due_at.astimezone(ZoneInfo("Asia/Kolkata")).hour == 8
    reminded(emil, starts_at=NOON + dt.timedelta(days=20), number=3)
    assert outbox(emil).get(key="session:3").status == NoticeStatus.GATHERED


def test_what_is_switched_off_is_not_sent_even_if_it_waits(emil):
    with time_machine.travel(NOON.replace(hour=3), tick=False) as clock:
        placed(emil, number=1)
        choose(emil, places="off")
        placed(emil, number=2)
        clock.shift(dt.timedelta(hours=9))
        assert send_due_notices() == 0
    assert [each.status for each in outbox(emil)] == [NoticeStatus.CANCELLED]
    assert Notice.objects.inbox(emil).count() == 2


def test_security_cannot_be_switched_off(emil):
    NoticePreference.objects.create(user=emil, group="account", inbox=False, email=Delivery.OFF)
    with pytest.raises(Refused):
        change_preferences(actor=emil, groups={"account": (False, "off")})
    notify(recipients=[emil], kind="token_made", key="k", made_at=NOON.isoformat())
    assert Notice.objects.inbox(emil).count() == send_due_notices() == 1
    assert "List-Unsubscribe" not in mail.outbox[0].extra_headers
    assert "cannot be switched off" in mail.outbox[0].body


def test_an_inbox_can_stay_empty(emil):
    change_preferences(actor=emil, groups={"places": (False, "off")})
    placed(emil)
    assert not Notice.objects.exists()


def test_the_settings_page_saves_and_refuses(client, emil):
    client.force_login(emil)
    page = reverse("settings_notices")
    form = client.get(page).context["form"]
    typed = {name: form[name].value() for name in form.fields if form[name].value() is not False}
    typed |= {"digest_at": "19:15", "digest_day": "6", "sessions_email": "weekly"}
    del typed["tasks_inbox"]
    assert client.post(page, typed).status_code == 302
    emil.refresh_from_db()
    assert (emil.digest_at, emil.digest_day) == (dt.time(19, 15), 6)
    assert NoticePreference.objects.get(user=emil, group="sessions").email == "weekly"
    assert not NoticePreference.objects.get(user=emil, group="tasks").inbox
    assert JournalEntry.objects.filter(verb="user.change_notices", actor=emil).count() == 1
    for bad in ({"digest_at": "25:00"}, {"digest_day": "7"}, {"sessions_email": "hourly"}):
        answer = client.post(page, typed | bad)
        assert answer.status_code == 200
        assert answer.context["form"].errors.keys() == bad.keys()


def test_the_api_reads_and_changes_the_choices_and_the_inbox(client, emil):
    client.force_login(emil)
    page = reverse("api_notice_settings")
    assert {"group": "tasks", "inbox": True, "email": "at_once"} in client.get(page).json()["groups"]
    new = {"digest_day": 3, "groups": [{"group": "tasks", "inbox": False, "email": "weekly"}]}
    answer = client.patch(page, new, content_type="application/json").json()
    assert answer["digest_day"] == 3 and new["groups"][0] in answer["groups"] and len(answer["groups"]) == 8
    for bad in ({"digest_day": 7}, {"groups": [{"group": "account", "inbox": False, "email": "off"}]}):
        assert client.patch(page, bad, content_type="application/json").status_code == 400
    placed(emil)
    [mine] = client.get("/api/v1/notices/", {"unread": "true", "group": "places"}).json()["results"]
    assert mine["title"] == "You have a place: Water 1"
    assert client.post(f"/api/v1/notices/{mine['id']}/read/").json()["read_at"]
    assert client.get("/api/v1/notices/", {"unread": "true"}).json()["count"] == 0


# Stopping


def test_one_click_stops_without_a_session_and_can_be_undone(emil):
    choose(emil, places="daily")
    placed(emil)
    letter = render(outbox(emil).get())
    [link] = re.findall(r"<(.*)>", letter.extra_headers["List-Unsubscribe"])
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in letter.body and link in letter.alternatives[0].content
    path = link.removeprefix("http://localhost:8000")
    program = Client(enforce_csrf_checks=True)
    assert program.get(path).status_code == 200
    assert NoticePreference.objects.get().email == "daily", "looking at it stops nothing"
    answer = program.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert NoticePreference.objects.get().email == "off"
    assert program.post(path, {"stop": ""}).status_code == 200, "twice is fine"
    [before] = re.findall(r'name="before" value="([^"]*)"', answer.content.decode())
    assert program.post(path, {"undo": "", "before": ["tasks:hourly", before, "x"]}).status_code == 200
    assert NoticePreference.objects.get().email == "daily"
    assert emil.email not in answer.content.decode()


def test_a_digests_link_stops_what_comes_in_it(emil):
    choose(emil, places="daily", tasks="daily", groups="weekly")
    client = Client()
    client.post(stop_path(emil.pk, "daily"), {"stop": ""})
    chosen = dict(NoticePreference.objects.values_list("group", "email"))
    assert chosen == {"places": "off", "tasks": "off", "groups": "weekly"}


def test_a_link_that_is_not_ours_is_not_found(emil):
    good = stop_path(emil.pk, "places")
    for path in (good[:-4] + "abc/", stop_path(emil.pk, "account"), stop_path(10**6, "places"), "/mail/stop/x/"):
        assert Client().post(path, {"stop": ""}).status_code == 404, path
    assert not NoticePreference.objects.exists()


# The mail itself


def test_an_app_can_attach_to_its_kinds(emil, monkeypatch):
    monkeypatch.setattr(mails, "_attachers", {})
    attach_to(
        "enrolment_placed",
        make=lambda notice: [
            Attachment("place.ics", "BEGIN:VCALENDAR", "text/calendar"),
            Attachment("", f"METHOD {notice.recipient.pk}", "text/calendar; method=REQUEST", alternative=True),
        ],
    )
    placed(emil)
    read = email.message_from_bytes(render(outbox(emil).get()).wire(), policy=email.policy.default)
    assert [part.get_filename() for part in read.iter_attachments()] == ["place.ics"]
    assert "text/calendar" in [part.get_content_type() for part in read.walk() if not part.get_filename()]


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=200)


@given(subject=WORDS, body=WORDS.filter(str.strip), html=WORDS)
def test_the_short_way_to_the_wire_says_what_the_long_one_says(subject, body, html):
    letter = Letter(" ".join(subject.split()), body, to=["ana.d'eca+x@müller.example"])
    letter.extra_headers["Message-ID"] = "<notice-1-00@localhost>"
    letter.attach_alternative(f"<p>{html}</p>", "text/html")
    short = email.message_from_bytes(letter.wire(), policy=email.policy.SMTP)
    django = EmailMultiAlternatives(letter.subject, body, to=letter.to)
    django.attach_alternative(f"<p>{html}</p>", "text/html")
    long = email.message_from_bytes(django.message().as_bytes(linesep="\r\n"), policy=email.policy.SMTP)
    for name in ("Subject", "From", "To"):
        assert " ".join(short[name].split()) == " ".join(long[name].split())
    assert max(map(len, letter.wire().split(b"\r\n"))) < 998
    assert b"\n" not in letter.wire().replace(b"\r\n", b"")
    for kind in ("plain", "html"):
        ours, theirs = (each.get_body((kind,)).get_content().splitlines() for each in (short, long))
        assert [line.rstrip() for line in ours if line.strip()] == [line.rstrip() for line in theirs if line.strip()]


def test_both_clocks_are_said_where_they_differ(emil, farah):
    farah.zone = "Asia/Kolkata"
    farah.save()
    reminded(emil, farah, starts_at=NOON + dt.timedelta(days=2), urgent=True)
    ours, hers = render(outbox(emil).get()).body, render(outbox(farah).get()).body
    assert "12:00 (Europe/Lisbon)" in ours and "agreed clock" not in ours
    assert "17:30 (Asia/Kolkata)" in hers and "12:00 (Europe/Lisbon)" in hers


def test_every_mail_says_why_it_came(emil):
    placed(emil)
    letter = render(outbox(emil).get())
    assert "You get this because you have, or asked for, a place in this exchange." in letter.body
    assert message_id(outbox(emil).get()) == letter.extra_headers["Message-ID"]


def test_many_are_told_with_few_queries(django_assert_max_num_queries):
    people = [UserFactory() for _ in range(30)]
    for each in people[:10]:
        choose(each, places="daily")
    with django_assert_max_num_queries(6):
        placed(*people)
    assert Notice.objects.filter(kind="digest").count() == 10


# The inbox


def test_read_and_unread_and_by_group(client, emil):
    placed(emil, number=1)
    notify(recipients=[emil], kind="group_missing", key="missing", exchange="Water 3")
    client.force_login(emil)
    inbox = reverse("notice_list")
    first = Notice.objects.inbox(emil).get(key="missing")
    assert client.post(reverse("notice_mark", args=[first.pk]), {"read": "", "next": f"{inbox}?about=groups"}).url == (
        f"{inbox}?about=groups"
    )
    assert "No group yet" not in client.get(inbox, {"show": "unread"}).content.decode()
    client.post(reverse("notice_mark", args=[first.pk]), {"unread": "", "next": "https://evil.example/"})
    page = client.get(inbox, {"about": "groups"}).content.decode()
    assert "No group yet" in page and "You have a place" not in page
    client.post(reverse("notice_read_all"), {"about": "groups"})
    assert Notice.objects.inbox(emil).unread().get().key == "placed:1"


# Lost mails


def test_lost_mails_are_found_looked_into_and_sent_again(client, emil, farah, root):
    for person, status, error in ((emil, NoticeStatus.DEAD, "451: busy"), (farah, NoticeStatus.BOUNCED, "550: who?")):
        placed(person)
        outbox(person).update(status=status, last_error=error)
    outbox(farah).get().tries.create(at=NOON, outcome=NoticeStatus.BOUNCED, error="550: who?")
    client.force_login(root)
    page = reverse("mail_lost")
    found = client.get(page, {"state": "bounced"}).content.decode()
    assert farah.email in found and emil.email not in found
    assert emil.email in client.get(page, {"to": "emil", "error": "BUSY"}).content.decode()
    detail = client.get(reverse("mail_lost_detail", args=[outbox(farah).get().pk])).content.decode()
    assert "550: who?" in detail and "You have a place: Water 1" in detail
    again = f"{reverse('mail_all_again')}?state=bounced"
    assert "Send 1 mail again?" in client.get(again).content.decode()
    assert client.post(again).status_code == 302
    assert (outbox(farah).get().status, outbox(emil).get().status) == (NoticeStatus.QUEUED, NoticeStatus.DEAD)
    assert JournalEntry.objects.get(verb="notice.send_all_again").data == {"count": 1}
