"""Noting who was at a session."""

import datetime as dt

import pytest
from django.utils import timezone

from exchanges.actions.attendance import note_attendance
from exchanges.enums import ActivityStatus, ExchangeStatus, Presence
from exchanges.models import Attendance
from institutions.errors import Refused
from institutions.models import JournalEntry
from tests.factories.activity import session_at
from tests.factories.exchange import exchange_of
from tests.factories.group import group_of, placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def running(pune, lisbon, emil, farah):
    exchange = exchange_of(
        lisbon, pune, status=ExchangeStatus.RUNNING, starts=dt.date.today() - dt.timedelta(days=7), places=50
    )
    group_of(exchange, [placed(exchange, lisbon, emil), placed(exchange, pune, farah)])
    group_of(exchange, [lisbon, pune])
    return exchange


@pytest.fixture
def session(running):
    return session_at(running, timezone.now() - dt.timedelta(hours=2), group=running.groups.get(number=1))


def presences(session):
    return {row.enrolment.learner.name.split()[0]: row.presence for row in session.attendances.all()}


def choices(session, **chosen):
    """What the form sends: everybody present, but for those named."""
    members = session.members().select_related("learner")
    return {f"presence_{each.pk}": chosen.get(each.learner.name.split()[0].lower(), "present") for each in members}


def test_one_button_says_that_all_were_there(session, bruno, sign_in):
    assert sign_in(bruno).post(f"/activities/{session.pk}/attendance/", {"all": "1"}).status_code == 302
    assert presences(session) == {"Emil": "present", "Farah": "present"}
    session.refresh_from_db()
    assert session.status == ActivityStatus.HELD


def test_it_is_noted_person_by_person_and_put_right_later(session, bruno, asha, emil, sign_in):
    address = f"/activities/{session.pk}/attendance/"
    sign_in(bruno).post(address, choices(session, farah="excused"))
    assert presences(session) == {"Emil": "present", "Farah": "excused"}
    page = sign_in(asha).get(address).content.decode()
    assert page.count("checked") == 2
    sign_in(asha).post(address, choices(session, emil="absent", farah="excused"))
    assert presences(session) == {"Emil": "absent", "Farah": "excused"}
    first, second = JournalEntry.objects.about(session)
    assert (first.verb, first.actor, second.verb, second.actor) == (
        "attendance.note",
        bruno,
        "attendance.change",
        asha,
    )
    mine = session.exchange.enrolments.get(learner=emil)
    assert second.data["changes"] == {str(mine.pk): ["present", "absent"]}
    assert "Absent" in sign_in(emil).get(f"/exchanges/{session.exchange_id}/sessions/").content.decode()


def test_learners_see_only_their_own_presence(session, bruno, emil, farah, sign_in):
    sign_in(bruno).post(f"/activities/{session.pk}/attendance/", choices(session, farah="absent"))
    assert "Absent" not in sign_in(emil).get(f"/exchanges/{session.exchange_id}/sessions/").content.decode()
    assert "Absent" in sign_in(farah).get(f"/exchanges/{session.exchange_id}/sessions/").content.decode()


@pytest.mark.parametrize("bad", ["", "asleep", "nul\0", None])
def test_what_is_missing_or_unknown_is_answered_at_the_person(session, emil, bruno, sign_in, bad):
    data = choices(session, farah="excused")
    key = f"presence_{session.members().get(learner=emil).pk}"
    data.pop(key)
    if bad is not None:
        data[key] = bad
    response = sign_in(bruno).post(f"/activities/{session.pk}/attendance/", data)
    page = response.content.decode()
    assert response.status_code == 200
    assert "error-summary" in page
    assert page.count("checked") == 1  # what was chosen stays
    assert not Attendance.objects.exists()


def test_nobody_from_elsewhere_gets_onto_the_list(session, running, bruno):
    other = running.enrolments.filter(group__number=2).first()
    with pytest.raises(Refused):
        note_attendance(actor=bruno, activity=session, presences={other.pk: Presence.PRESENT})
    assert not Attendance.objects.exists()


def test_it_is_not_noted_before_the_session_or_after_completion(running, session, bruno, sign_in):
    coming = session_at(running, timezone.now() + dt.timedelta(hours=2))
    someone = running.enrolments.first()
    with pytest.raises(Refused):
        note_attendance(actor=bruno, activity=coming, presences={someone.pk: Presence.PRESENT})
    assert sign_in(bruno).get(f"/activities/{coming.pk}/attendance/").status_code == 404
    running.status = ExchangeStatus.COMPLETED
    running.save()
    with pytest.raises(Refused):
        note_attendance(actor=bruno, activity=session, presences={someone.pk: Presence.PRESENT})


def test_outsiders_and_learners_cannot_note(session, chie, emil, ines):
    mine = session.members().first()
    for other in (chie, emil, ines):
        with pytest.raises(Refused):
            note_attendance(actor=other, activity=session, presences={mine.pk: Presence.PRESENT})


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_asks_the_database_as_often_for_thirty_as_for_one(
    running, lisbon, bruno, sign_in, count, django_assert_num_queries
):
    group = group_of(running, [lisbon] * count)
    session = session_at(running, timezone.now() - dt.timedelta(hours=2), group=group)
    browser = sign_in(bruno)
    browser.get(f"/activities/{session.pk}/attendance/")
    with django_assert_num_queries(6):
        browser.get(f"/activities/{session.pk}/attendance/")
