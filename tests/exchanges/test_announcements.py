"""Announcements: who may write to whom, chunks that go on where they stopped, and stopping."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from exchanges.actions import announcements
from exchanges.enums import AnnouncementStatus, ExchangeStatus
from exchanges.models import Announcement
from institutions.actions.outbox import send_due_notices
from institutions.enums import NoticeStatus
from institutions.errors import Refused
from institutions.models import JournalEntry, Notice
from tests.factories.exchange import ExchangeFactory
from tests.factories.group import placed
from tests.factories.user import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def exchange(lisbon, pune, emil, farah):
    made = ExchangeFactory(host=lisbon, institutions=[lisbon, pune], status=ExchangeStatus.RUNNING)
    placed(made, lisbon, emil)
    placed(made, pune, farah)
    return made


def told(announcement):
    return sorted(Notice.objects.mails().filter(key=announcement.key).values_list("recipient__email", flat=True))


def test_everyone_in_it_is_told_once_and_nobody_else(exchange, bruno, emil, farah, dina):
    made = announcements.announce(actor=bruno, exchange=exchange, title="Rooms", text="A line.\n\nAnother.")
    assert announcements.tell_due() == 2
    assert announcements.tell_due() == 0
    made.refresh_from_db()
    assert (made.status, made.told, made.total) == (AnnouncementStatus.SENT, 2, 2)
    assert told(made) == sorted([emil.email, farah.email])
    assert JournalEntry.objects.filter(verb="announcement.make", actor=bruno).exists()


def test_a_dead_worker_is_followed_by_one_that_goes_on(root, monkeypatch):
    people = [UserFactory() for _ in range(7)]
    monkeypatch.setattr(announcements, "CHUNK", 3)
    made = announcements.announce(actor=root, title="News", text="To all")
    assert made.total == 8
    first = announcements.claim(timezone.now())
    assert announcements.tell_chunk(first) == 3
    assert announcements.claim(timezone.now()) is None
    later = timezone.now() + announcements.LEASE + dt.timedelta(seconds=1)
    assert announcements.tell_due(now=later) == 5
    assert announcements.tell_chunk(first) == 0, "the first one has lost it"
    assert told(made) == sorted([root.email, *(each.email for each in people)])


def test_stopping_leaves_the_rest_alone(exchange, bruno, monkeypatch, client):
    monkeypatch.setattr(announcements, "CHUNK", 1)
    made = announcements.announce(actor=bruno, exchange=exchange, title="Rooms", text="A line.")
    mine = announcements.claim(timezone.now())
    announcements.tell_chunk(mine)
    client.force_login(bruno)
    assert client.post(reverse("announcement_cancel", args=[made.pk])).status_code == 302
    assert announcements.tell_chunk(mine) == 0
    assert announcements.tell_due() == 0
    send_due_notices(now=timezone.now() + dt.timedelta(days=1))
    assert [each.status for each in Notice.objects.mails().filter(key=made.key)] == [NoticeStatus.CANCELLED]
    made.refresh_from_db()
    assert (made.status, made.told) == (AnnouncementStatus.CANCELLED, 1)


def test_one_writes_only_to_ones_own(exchange, asha, chie, ines, lisbon, tokyo, emil):
    for person, target in ((chie, {"exchange": exchange}), (asha, {"institution": lisbon}), (ines, {}), (emil, {})):
        with pytest.raises(Refused):
            announcements.announce(actor=person, title="x", text="y", **target)
    announcements.announce(actor=ines, institution=lisbon, title="x", text="y")
    assert not Announcement.objects.visible_to(chie).exists()


def test_it_is_shown_before_it_goes(client, exchange, bruno):
    client.force_login(bruno)
    page = reverse("announcement_new")
    typed = {"audience": f"exchange:{exchange.pk}", "title": "Rooms", "text": "Room 5 <b>now</b>"}
    shown = client.post(page, typed).content.decode()
    assert "It reaches 2 people" in shown and "Room 5 &lt;b&gt;now" in shown
    assert not Announcement.objects.exists()
    answer = client.post(page, typed | {"send": ""})
    assert answer.status_code == 302
    made = Announcement.objects.get()
    assert "0 of 2" in client.get(answer.url).content.decode()
    announcements.tell_due()
    assert "2 of 2" in client.get(reverse("announcement_progress", args=[made.pk])).content.decode()
    bad = client.post(page, typed | {"audience": "everybody"})
    assert bad.context["form"].errors["audience"]
    assert "Room 5" in bad.content.decode()
