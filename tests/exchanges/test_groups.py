"""Forming groups, the board, confirming them."""

import datetime as dt

import pytest

from exchanges.actions import board, groups, runs
from exchanges.actions.carry_out import carry_out_due_runs
from exchanges.enums import ActivityStatus, ExchangeStatus, GroupStatus, RunStatus
from exchanges.models import Activity, Group
from institutions.errors import Refused
from institutions.hours import WeekHours
from institutions.models import JournalEntry, LearnerProfile, Notice
from tests.factories.activity import ActivityFactory
from tests.factories.exchange import exchange_of
from tests.factories.group import group_of, placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def exchange(pune, lisbon):
    """Enrolment is closed: three learners on each side, groups of three to four."""
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.GROUPING, group_size_min=3, group_size_max=4)
    for _ in range(3):
        placed(exchange, lisbon)
        placed(exchange, pune)
    return exchange


def formed(exchange):
    run = runs.request_group_run(actor=None, exchange=exchange)
    carry_out_due_runs(worker="test", run_id=run.pk)
    run.refresh_from_db()
    return run


def numbers(exchange):
    return {e.pk: e.group and e.group.number for e in exchange.enrolments.select_related("group")}


def test_a_worker_forms_mixed_groups_and_proposes_the_first_session(exchange, asha, bruno):
    run = formed(exchange)
    assert run.status == RunStatus.FINISHED, run.error
    assert run.progress == 100
    found = list(exchange.groups.all())
    assert len(found) == 2
    for group in found:
        members = list(group.members.select_related("part"))
        assert len(members) == 3
        assert len({member.part_id for member in members}) == 2
        assert group.status == GroupStatus.PROPOSED
        assert group.shared_starts
    session = exchange.activities.get()
    assert session.status == ActivityStatus.PROPOSED
    assert session.group is None
    assert len(session.proposal["slots"]) == 3
    assert session.proposal["slots"][0]["humane"]
    assert session.starts_at.isoformat() == session.proposal["slots"][0]["starts"][0]
    assert {n.recipient for n in Notice.objects.filter(kind="groups_proposed", channel="inbox")} >= {asha, bruno}
    person = runs.input_of(run)["people"][0]
    assert person["zone"] == "Europe/Lisbon"
    assert "name" not in person
    assert run.versions["tzdata"]


def test_the_same_seed_gives_the_same_groups(exchange):
    run = formed(exchange)
    first = numbers(exchange)
    again = runs.request_group_run(actor=None, exchange=exchange)
    type(again).objects.filter(pk=again.pk).update(seed=run.seed)
    carry_out_due_runs(worker="test", run_id=again.pk)
    assert numbers(exchange) == first


def test_a_run_that_is_carried_out_again_leaves_one_result(exchange):
    run = runs.request_group_run(actor=None, exchange=exchange)
    claimed = runs.claim(worker="first", run_id=run.pk)
    type(run).objects.filter(pk=run.pk).update(lease_until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    carry_out_due_runs(worker="second", run_id=run.pk)
    with pytest.raises(runs.LostRunError):
        groups.carry_out_group_run(claimed)
    assert exchange.groups.count() == 2
    assert exchange.activities.count() == 1
    formed(exchange)
    assert exchange.groups.count() == 2
    assert exchange.activities.count() == 1


def test_nothing_is_formed_for_an_exchange_that_is_not_waiting_for_groups(exchange):
    exchange.status = ExchangeStatus.CANCELLED
    exchange.save()
    run = formed(exchange)
    assert run.status == RunStatus.FINISHED
    assert run.figures == {"skipped": "cancelled"}
    assert not exchange.groups.exists()


def test_who_shares_no_hours_is_left_without_a_group_and_told_why(exchange, lisbon, bruno, sign_in):
    lonely = placed(exchange, lisbon)
    hours = WeekHours.from_ranges([(6, "02:00", "04:00")])
    LearnerProfile.objects.create(user=lonely.learner, hours=hours)
    formed(exchange)
    lonely.refresh_from_db()
    assert lonely.group is None
    assert lonely.unplaced_reason
    page = sign_in(bruno).get(f"/exchanges/{exchange.pk}/groups/").content.decode()
    assert "Without a group" in page
    assert lonely.learner.name in page


def test_own_hours_are_kept(exchange, pune):
    morning = placed(exchange, pune)
    LearnerProfile.objects.create(user=morning.learner, hours=WeekHours.daily("14:00", "18:00"), languages={"en": "C1"})
    formed(exchange)
    morning.refresh_from_db()
    assert morning.group is not None
    for weekday, minute in morning.group.shared_starts:
        assert 0 <= weekday <= 6
        assert 8 * 60 <= minute <= 13 * 60  # 14:00 to 18:00 in Pune, on the clock in Lisbon


def test_where_no_hour_is_humane_for_all_each_group_gets_its_own_session(pune, lisbon, asha):
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.GROUPING, group_size_min=2, group_size_max=2)
    for start, end in (("09:00", "11:00"), ("16:00", "18:00")):
        one, other = placed(exchange, lisbon), placed(exchange, lisbon)
        for each in (one, other):
            LearnerProfile.objects.create(user=each.learner, hours=WeekHours.daily(start, end))
    formed(exchange)
    sessions = Activity.objects.filter(exchange=exchange)
    assert sessions.count() == exchange.groups.count() == 2
    assert {session.group_id for session in sessions} == set(exchange.groups.values_list("pk", flat=True))
    assert all(session.proposal["slots"][0]["humane"] for session in sessions)


@pytest.mark.parametrize("people", [0, 1, 2])
def test_too_few_people_make_no_group_and_the_board_says_so(pune, lisbon, bruno, sign_in, people):
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.GROUPING, group_size_min=3, group_size_max=4)
    for _ in range(people):
        placed(exchange, lisbon)
    run = formed(exchange)
    assert run.status == RunStatus.FINISHED, run.error
    assert not exchange.groups.exists()
    assert not exchange.activities.exists()
    page = sign_in(bruno).get(f"/exchanges/{exchange.pk}/groups/").content.decode()
    assert ("a group needs 3" in page) == (people > 0)
    with pytest.raises(Refused):
        board.confirm_groups(actor=bruno, exchange=exchange)


def test_groups_that_are_confirmed_stay_when_groups_are_formed_again(exchange, lisbon, pune, bruno):
    kept = group_of(exchange, list(exchange.enrolments.order_by("number")[:3]))
    members = set(kept.members.values_list("pk", flat=True))
    formed(exchange)
    assert set(kept.members.values_list("pk", flat=True)) == members
    assert exchange.groups.count() == 2
    assert exchange.groups.get(number=2).status == GroupStatus.PROPOSED


# The board -----------------------------------------------------------------------------------------------------------


def test_a_person_moves_and_the_last_move_is_undone(exchange, bruno):
    formed(exchange)
    before = numbers(exchange)
    someone = exchange.enrolments.filter(group__number=1).first()
    board.move(actor=bruno, exchange=exchange, enrolments=[someone.pk], to=2)
    assert numbers(exchange)[someone.pk] == 2
    board.move(actor=bruno, exchange=exchange, enrolments=[someone.pk], to=board.NEW)
    assert numbers(exchange)[someone.pk] == 3
    board.undo(actor=bruno, exchange=exchange)
    assert numbers(exchange)[someone.pk] == 2
    assert exchange.groups.count() == 2  # the new one went with its last member
    board.undo(actor=bruno, exchange=exchange)
    assert numbers(exchange) == before
    with pytest.raises(Refused):
        board.undo(actor=bruno, exchange=exchange)


def test_a_dissolved_group_comes_back_by_undoing(exchange, bruno):
    formed(exchange)
    before = numbers(exchange)
    board.dissolve(actor=bruno, group=exchange.groups.get(number=2))
    assert exchange.groups.count() == 1
    board.undo(actor=bruno, exchange=exchange)
    assert numbers(exchange) == before


def test_a_move_is_scored_at_once(exchange, bruno, sign_in):
    formed(exchange)
    everybody = list(exchange.enrolments.filter(group__number=2).values_list("pk", flat=True))
    browser = sign_in(bruno)
    address = f"/exchanges/{exchange.pk}/groups/"
    page = browser.post(address, {"enrolments": everybody, "to": "1"}, follow=True).content.decode()
    assert "6 people; groups have 3 to 4." in page
    assert "elsewhere than proposed" in page
    page = browser.post(f"{address}undo/", follow=True).content.decode()
    assert "groups have 3 to 4" not in page


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"to": "1"},
        {"enrolments": ["1"], "to": "99999"},
        {"enrolments": ["x\0"], "to": "1"},
        {"enrolments": ["9" * 30], "to": "1"},
        {"enrolments": ["0"], "to": "new"},
        {"enrolments": ["-1"], "to": "none"},
    ],
)
def test_bad_moves_are_refused_with_a_word(exchange, bruno, sign_in, data):
    formed(exchange)
    before = numbers(exchange)
    response = sign_in(bruno).post(f"/exchanges/{exchange.pk}/groups/", data)
    assert response.status_code == 200
    assert "error-summary" in response.content.decode()
    assert numbers(exchange) == before


def test_people_of_another_exchange_cannot_be_moved_here(exchange, bruno, lisbon, pune, sign_in):
    formed(exchange)
    stranger = placed(exchange_of(lisbon, pune), lisbon)
    response = sign_in(bruno).post(f"/exchanges/{exchange.pk}/groups/", {"enrolments": [str(stranger.pk)], "to": "1"})
    assert response.status_code == 200
    stranger.refresh_from_db()
    assert stranger.group is None


def test_confirming_tells_everybody_who_is_with_them(exchange, bruno, ishaan):
    formed(exchange)
    board.confirm_groups(actor=bruno, exchange=exchange)
    exchange.refresh_from_db()
    assert exchange.status == ExchangeStatus.GROUPING  # the first session is not settled yet
    assert not exchange.groups.filter(status=GroupStatus.PROPOSED).exists()
    member = exchange.enrolments.filter(group__number=1).select_related("learner").first()
    notice = Notice.objects.get(recipient=member.learner, kind="group_confirmed", channel="inbox")
    assert notice.context["group"] == 1
    assert any("Savitribai" in text for text in notice.context["members"])
    assert not any("@" in text for text in notice.context["members"])
    assert board.confirm_groups(actor=bruno, exchange=exchange) == 0
    assert JournalEntry.objects.about(exchange).filter(verb="group.confirm").count() == 1


def test_with_a_settled_session_confirming_lets_the_exchange_run(exchange, bruno):
    formed(exchange)
    ActivityFactory(exchange=exchange)
    board.confirm_groups(actor=bruno, exchange=exchange)
    exchange.refresh_from_db()
    assert exchange.status == ExchangeStatus.RUNNING
    assert JournalEntry.objects.about(exchange).filter(verb="exchange.start").exists()


def test_who_is_moved_after_confirming_is_told(exchange, bruno):
    formed(exchange)
    board.confirm_groups(actor=bruno, exchange=exchange)
    someone = exchange.enrolments.filter(group__number=1).select_related("learner").first()
    board.move(actor=bruno, exchange=exchange, enrolments=[someone.pk], to=2)
    assert Notice.objects.filter(recipient=someone.learner, kind="group_changed").exists()
    with pytest.raises(Refused):
        groups.form_again(actor=bruno, exchange=exchange)


def test_an_outsider_cannot_act(exchange, chie):
    formed(exchange)
    someone = exchange.enrolments.first()
    for act in (
        lambda: board.move(actor=chie, exchange=exchange, enrolments=[someone.pk], to=2),
        lambda: board.undo(actor=chie, exchange=exchange),
        lambda: board.confirm_groups(actor=chie, exchange=exchange),
        lambda: groups.form_again(actor=chie, exchange=exchange),
        lambda: board.dissolve(actor=chie, group=exchange.groups.first()),
    ):
        with pytest.raises(Refused):
            act()


# Who sees what -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["groups/", "groups/confirm/", "groups/again/", "groups/run/"])
def test_the_board_is_for_the_coordinators(exchange, page, bruno, asha, chie, emil, root, ines, sign_in, client):
    formed(exchange)
    placed(exchange, exchange.parts.get(institution__slug="lisbon").institution, emil)
    address = f"/exchanges/{exchange.pk}/{page}"
    assert sign_in(bruno).get(address).status_code == 200
    assert sign_in(asha).get(address).status_code == 200
    for other in (chie, emil, root, ines):
        assert sign_in(other).get(address).status_code == 404
    assert client.get(address).status_code == 302


def test_a_group_is_seen_by_its_members_and_the_coordinators_only(
    exchange, lisbon, pune, emil, farah, dina, chie, bruno, sign_in
):
    mine = group_of(exchange, [placed(exchange, lisbon, emil), pune])
    other = group_of(exchange, [lisbon, placed(exchange, pune, farah)])
    proposed = group_of(exchange, [lisbon, pune], status=GroupStatus.PROPOSED)
    browser = sign_in(emil)
    page = browser.get(mine.get_absolute_url())
    assert page.status_code == 200
    mate = mine.members.exclude(learner=emil).select_related("learner").get().learner
    assert mate.name in page.content.decode()
    assert mate.email not in page.content.decode()
    assert browser.get(other.get_absolute_url()).status_code == 404
    assert browser.get("/groups/999999/").status_code == 404
    for stranger in (dina, chie):
        assert sign_in(stranger).get(mine.get_absolute_url()).status_code == 404
    assert sign_in(bruno).get(proposed.get_absolute_url()).status_code == 200
    member = proposed.members.select_related("learner").first().learner
    assert sign_in(member).get(proposed.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("count", [1, 12])
def test_the_board_asks_the_database_as_often_for_many_groups_as_for_one(
    exchange, lisbon, pune, bruno, sign_in, count, django_assert_num_queries
):
    for _ in range(count):
        group_of(exchange, [lisbon, pune], status=GroupStatus.PROPOSED)
    browser = sign_in(bruno)
    browser.get(f"/exchanges/{exchange.pk}/groups/")
    with django_assert_num_queries(21):
        browser.get(f"/exchanges/{exchange.pk}/groups/")
    assert Group.objects.count() == count
