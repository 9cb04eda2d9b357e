"""Polls: opened by coordinators or in a group, voted on, reminded of, decided into a session."""

import datetime as dt

import pytest
import time_machine

from exchanges.actions import polls
from exchanges.actions.exchanges import cancel_exchange
from exchanges.enums import ActivityStatus, ExchangeStatus, PollStatus
from exchanges.models import Poll, PollVote
from institutions.errors import Refused
from institutions.interop.mail import body_of
from institutions.models import Notice
from tests.factories.exchange import exchange_of
from tests.factories.group import group_of, placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

FRIDAY, SUNDAY, MONDAY = dt.date(2026, 10, 23), dt.date(2026, 10, 25), dt.date(2026, 10, 26)
TIMES = [(FRIDAY, dt.time(10), None), (MONDAY, dt.time(10), None), (MONDAY, dt.time(20), None)]
CLOSES = (dt.date(2026, 10, 20), dt.time(20))


@pytest.fixture
def autumn(pune, lisbon, emil, farah):
    """It is 10 October 2026; Emil is in group 1, Farah in group 2, and clocks change in Lisbon on the 25th."""
    with time_machine.travel(dt.datetime(2026, 10, 10, 12, tzinfo=dt.UTC), tick=False) as clock:
        exchange = exchange_of(
            lisbon,
            pune,
            status=ExchangeStatus.RUNNING,
            starts=dt.date(2026, 10, 5),
            ends=dt.date(2026, 11, 29),
            covered=False,
        )
        group_of(exchange, [placed(exchange, lisbon, emil), pune])
        group_of(exchange, [lisbon, placed(exchange, pune, farah)])
        exchange.clock = clock
        yield exchange


def opened(actor, exchange, **kwargs) -> Poll:
    terms = {"title": "Museum", "options": TIMES, "closes": CLOSES}
    return polls.open_poll(actor=actor, exchange=exchange, **(terms | kwargs))


def told(kind):
    return set(Notice.objects.filter(kind=kind, channel="inbox").values_list("recipient__name", flat=True))


def form_data(**changes):
    data = {"title": "Museum", "minutes": "45", "closes_date": "2026-10-20", "closes_time": "20:00", "description": ""}
    data |= {f"{name}{n}": "" for n in range(1, 11) for name in ("day", "time")}
    for n, (day, at, _) in enumerate(TIMES, start=1):
        data |= {f"day{n}": day.isoformat(), f"time{n}": f"{at:%H:%M}"}
    return data | changes


def test_a_poll_from_the_question_to_the_session(autumn, bruno, asha, emil, farah, sign_in):
    browser = sign_in(bruno)
    address = f"/exchanges/{autumn.pk}/polls/new/"
    assert browser.get(address).content.decode().count('type="date"') == 4
    answer = browser.post(address, form_data())
    poll = autumn.polls.get()
    assert answer["Location"] == poll.get_absolute_url()
    assert told("poll_opened") >= {emil.name, farah.name, asha.name}
    assert bruno.name not in told("poll_opened")
    # Everybody sees the times on her own clock, before and after the clock change.
    hers = sign_in(farah)
    page = hers.get(poll.get_absolute_url()).content.decode()
    assert "14:30" in page
    assert "15:30" in page
    first, second, third = poll.options.all()
    assert poll.title in hers.get(f"/exchanges/{autumn.pk}/sessions/").content.decode()
    partial = hers.post(poll.get_absolute_url(), {f"option{first.pk}": "yes"}).content.decode()
    assert "error-summary" in partial
    assert not PollVote.objects.exists()
    votes = {f"option{first.pk}": "maybe", f"option{second.pk}": "yes", f"option{third.pk}": "no"}
    assert hers.post(poll.get_absolute_url(), votes).status_code == 302
    assert hers.post(poll.get_absolute_url(), votes | {f"option{first.pk}": "yes"}).status_code == 302
    sign_in(emil).post(poll.get_absolute_url(), votes)
    assert [(row.yes, row.maybe, row.no) for row in polls.results_of(poll)] == [(1, 1, 0), (2, 0, 0), (0, 0, 2)]
    assert [row.is_best for row in polls.results_of(poll)] == [False, True, False]
    decide = f"/polls/{poll.pk}/decide/"
    assert " Lisbon: 2 yes, 0 if need be, 0 no" in browser.get(decide).content.decode()
    assert browser.post(decide, {"option": second.pk, "join_url": ""}).status_code == 302
    poll.refresh_from_db()
    session = autumn.activities.get()
    assert (poll.status, poll.activity) == (PollStatus.DECIDED, session)
    assert (session.status, session.starts_at, session.minutes) == (ActivityStatus.CONFIRMED, second.starts_at, 45)
    mail = body_of(Notice.objects.get(kind="session_planned", recipient=farah, channel="email"))
    assert mail.startswith("The poll is decided.")
    # Twice is as good as once.
    assert polls.decide(actor=asha, poll=poll, option=second) == session
    with pytest.raises(Refused):
        polls.vote(actor=farah, poll=poll, answers={first.pk: "yes", second.pk: "no", third.pk: "no"})


def test_a_group_asks_itself_and_decides(autumn, bruno, emil, farah, chie, sign_in):
    group = autumn.groups.get(number=1)
    browser = sign_in(emil)
    assert browser.post(f"/exchanges/{autumn.pk}/polls/new/", form_data()).status_code == 302
    poll = autumn.polls.get()
    assert poll.group == group
    assert told("poll_opened") == {each.learner.name for each in group.members.placed()} - {emil.name}
    for other in (farah, chie):
        assert sign_in(other).get(poll.get_absolute_url()).status_code == 404
    # Its coordinators see it and may settle it, but the group votes.
    page = sign_in(bruno).get(poll.get_absolute_url()).content.decode()
    assert "Settle the time" in page
    assert "Send my answers" not in page
    mate = group.members.placed().exclude(learner=emil).get().learner
    assert sign_in(mate).get(f"/polls/{poll.pk}/decide/").status_code == 404
    option = poll.options.first()
    assert browser.post(f"/polls/{poll.pk}/decide/", {"option": option.pk, "join_url": ""}).status_code == 302
    session = autumn.activities.get()
    assert session.group == group
    assert session.starts_at == option.starts_at


def test_who_has_not_voted_is_reminded_and_who_asked_is_told_of_the_end(autumn, bruno, asha, emil, farah):
    poll = opened(bruno, autumn)
    polls.vote(actor=emil, poll=poll, answers=dict.fromkeys(poll.options.values_list("pk", flat=True), "yes"))
    assert polls.sweep_polls(now=poll.closes_at - dt.timedelta(hours=25)) == 0
    for _ in range(2):
        polls.sweep_polls(now=poll.closes_at - dt.timedelta(hours=23))
    assert farah.name in told("poll_closing")
    assert emil.name not in told("poll_closing")
    assert Notice.objects.filter(kind="poll_closing", recipient=farah, channel="inbox").count() == 1
    for _ in range(2):
        polls.sweep_polls(now=poll.closes_at)
    assert told("poll_closed") == {bruno.name}
    autumn.clock.move_to(poll.closes_at)
    with pytest.raises(Refused):
        polls.vote(actor=farah, poll=poll, answers=dict.fromkeys(poll.options.values_list("pk", flat=True), "yes"))
    assert polls.decide(actor=asha, poll=poll, option=poll.options.first()).exchange == autumn
    for notice in Notice.objects.filter(kind__startswith="poll_", channel="email"):
        assert "Museum" in body_of(notice)


def test_calling_off_needs_a_reason_and_tells_it(autumn, bruno, farah, sign_in):
    poll = opened(bruno, autumn)
    browser, address = sign_in(bruno), f"/polls/{poll.pk}/cancel/"
    assert "error-summary" in browser.post(address, {"reason": ""}).content.decode()
    assert browser.post(address, {"reason": "The museum is closed."}).status_code == 302
    assert farah.name in told("poll_cancelled")
    with pytest.raises(Refused):
        polls.decide(actor=bruno, poll=poll, option=poll.options.first())
    second = opened(bruno, autumn)
    cancel_exchange(actor=bruno, exchange=autumn, reason="Nobody came.")
    second.refresh_from_db()
    assert second.status == PollStatus.CANCELLED


def test_lines_are_added_and_kept_without_a_script(autumn, bruno, sign_in):
    page = sign_in(bruno).post(f"/exchanges/{autumn.pk}/polls/new/", form_data(more="1")).content.decode()
    assert page.count('type="date"') == 5
    assert 'value="2026-10-26"' in page
    assert "error-summary" not in page
    assert not Poll.objects.exists()


def test_times_that_repeat_or_do_not_exist_are_said_at_their_line(autumn, bruno, sign_in):
    browser, address = sign_in(bruno), f"/exchanges/{autumn.pk}/polls/new/"
    twice = form_data(day2=SUNDAY.isoformat(), time2="01:30")
    page = browser.post(address, twice).content.decode()
    assert "happens twice" in page
    assert "The second, at UTC+0000" in page
    assert browser.post(address, twice | {"fold2": "1"}).status_code == 302
    assert autumn.polls.get().options.get(wall_date=SUNDAY).starts_at.hour == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"options": TIMES[:1]},
        {"options": [*TIMES, TIMES[0]]},
        {"options": [TIMES[0], (dt.date(2027, 3, 1), dt.time(10), None)]},
        {"options": [TIMES[0], (dt.date(2026, 10, 9), dt.time(10), None)]},
        {"closes": (dt.date(2026, 10, 9), dt.time(20))},
        {"closes": (dt.date(2026, 10, 24), dt.time(20))},
    ],
)
def test_nonsense_is_refused(autumn, bruno, changes):
    with pytest.raises(Refused):
        opened(bruno, autumn, **changes)
    assert not Poll.objects.exists()


def test_outsiders_neither_ask_nor_vote_nor_decide(autumn, bruno, emil, farah, chie, ines):
    for other in (chie, ines, farah):
        with pytest.raises(Refused):
            opened(other, autumn, group=autumn.groups.get(number=1))
    with pytest.raises(Refused):
        opened(emil, autumn)  # for everybody
    poll = opened(bruno, autumn)
    answers = dict.fromkeys(poll.options.values_list("pk", flat=True), "yes")
    for other in (chie, ines):
        with pytest.raises(Refused):
            polls.vote(actor=other, poll=poll, answers=answers)
    for other in (chie, ines, emil):
        with pytest.raises(Refused):
            polls.decide(actor=other, poll=poll, option=poll.options.first())
        with pytest.raises(Refused):
            polls.cancel_poll(actor=other, poll=poll, reason="No.")


@pytest.mark.parametrize("count", [1, 25])
def test_the_list_asks_as_often_for_many_as_for_one(autumn, bruno, emil, sign_in, count, django_assert_num_queries):
    for n in range(count):
        opened(bruno, autumn, title=f"Museum {n}")
    browser = sign_in(emil)
    browser.get(f"/exchanges/{autumn.pk}/polls/")
    with django_assert_num_queries(11):
        page = browser.get(f"/exchanges/{autumn.pk}/polls/").content.decode()
    assert page.count("<b><a href") == min(count, 20)
