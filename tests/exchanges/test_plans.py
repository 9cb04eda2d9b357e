"""The planner: asking, the worker's proposals, hours set by hand, taking one; and pages that tell what clocks do."""

import datetime as dt

import pytest
import time_machine

from exchanges.actions import runs, session_plans
from exchanges.actions.carry_out import ask_again, carry_out_due_runs
from exchanges.enums import ExchangeStatus, RunStatus
from exchanges.models import Activity, Run, Series, SessionPlan
from institutions.errors import Refused
from institutions.interop.mail import body_of
from institutions.models import Notice
from tests.factories.exchange import exchange_of
from tests.factories.group import placed
from tests.factories.institution import InstitutionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def four(lisbon, pune):
    """Four cities over the end of summer time, seen from September 2026; two people in each."""
    auckland = InstitutionFactory(
        name="Auckland", slug="auckland", country="NZ", city="Auckland", zone="Pacific/Auckland"
    )
    paulo = InstitutionFactory(name="USP", slug="paulo", country="BR", city="São Paulo", zone="America/Sao_Paulo")
    with time_machine.travel(dt.datetime(2026, 9, 20, 12, tzinfo=dt.UTC), tick=False):
        exchange = exchange_of(
            lisbon,
            pune,
            auckland,
            paulo,
            status=ExchangeStatus.RUNNING,
            starts=dt.date(2026, 10, 5),
            ends=dt.date(2026, 11, 29),
            covered=False,
        )
        for institution in (lisbon, pune, auckland, paulo):
            for _ in range(2):
                placed(exchange, institution)
        yield exchange


def planned(actor, exchange, **kwargs) -> SessionPlan:
    terms = {"title": "Studio", "first": dt.date(2026, 10, 5), "weeks": 6, "minutes": 60}
    plan = session_plans.ask_for_plan(actor=actor, exchange=exchange, **(terms | kwargs))
    carry_out_due_runs(worker="test", run_id=plan.run_id)
    plan.refresh_from_db()
    return plan


def test_three_proposals_and_the_rotation_is_taken(four, bruno, sign_in):
    browser = sign_in(bruno)
    address = f"/exchanges/{four.pk}/plans/new/"
    assert 'value="2026-10-05"' in browser.get(address).content.decode()
    data = {"title": "Studio", "first": "2026-10-05", "weeks": "6", "minutes": "60"}
    page = browser.post(address, data)
    plan = four.plans.get()
    assert page["Location"] == plan.get_absolute_url()
    waiting = browser.get(page["Location"]).content.decode()
    assert f'hx-get="/plans/{plan.pk}/run/"' in waiting
    carry_out_due_runs(worker="test")
    assert browser.get(f"/plans/{plan.pk}/run/")["HX-Refresh"] == "true"
    page = browser.get(plan.get_absolute_url()).content.decode()
    plan.refresh_from_db()
    assert [each["kind"] for each in plan.proposals] == ["single", "rotation", "split"]
    assert page.count("<meter") == 3
    assert all(f"Fairness {each['fairness'] * 100:.0f} of 100" in page for each in plan.proposals)
    assert page.count("Take this") == 3
    assert "clocks change" in page
    assert "São Paulo" in page
    # Who pays what in each week adds up to what all bear.
    for proposal in plan.proposals:
        assert sum(row["burden"] * row["people"] for row in proposal["bearers"]) == proposal["total"]
        assert all(len(part["starts"]) == 6 for part in proposal["parts"])
        assert sum(part["count"] for part in proposal["parts"]) == 8
    take = f"/plans/{plan.pk}/take/?proposal=1"
    assert "Settle the series" in browser.get(take).content.decode()
    answer = browser.post(take, {"title": "Studio", "join_url": "https://meet.example.org/a", "description": ""})
    assert answer["Location"].startswith(f"/exchanges/{four.pk}/sessions/#activity-")
    series = four.series.get()
    assert series.rotates
    slots = [{"weekday": slot["weekday"], "time": slot["time"]} for slot in series.slots]
    assert slots == plan.proposals[1]["parts"][0]["slots"]
    starts = [each.starts_at.isoformat() for each in series.activities.order_by("week")]
    assert starts == plan.proposals[1]["parts"][0]["starts"]


def test_everybody_is_told_beforehand_where_clocks_move_a_series(four, bruno, sign_in):
    session_plans.take_plan(
        actor=bruno,
        plan=planned(bruno, four),
        parts=[{"slots": [{"weekday": 1, "time": "08:00"}]}],
        title="Studio",
    )
    told = {}
    for notice in Notice.objects.filter(kind="session_planned", channel="email").select_related("recipient"):
        lines = [line for line in body_of(notice).splitlines() if "clocks change" in line]
        told.setdefault(notice.recipient.zone, lines)
    assert told["Europe/Lisbon"] == []
    assert told["Asia/Kolkata"] == ["From 27 October this is 13:30 for you, not 12:30: clocks change."]
    assert told["Pacific/Auckland"] == ["From 27 October this is 21:00 for you, not 20:00: clocks change."]
    assert told["America/Sao_Paulo"] == ["From 27 October this is 05:00 for you, not 04:00: clocks change."]
    learner = four.enrolments.get(number=3).learner
    page = sign_in(learner).get(f"/exchanges/{four.pk}/sessions/").content.decode()
    assert "<b>From 27 October</b> “Studio” is at 13:30 for you, not 12:30: clocks change." in page
    assert page.count("not 12:30 as before") == 1


def test_in_a_split_each_half_sees_its_own_series(four, bruno):
    plan = planned(bruno, four)
    split = plan.proposals[2]
    made = session_plans.take_plan(actor=bruno, plan=plan, parts=split["parts"], title="Studio")
    assert len(made) == 12
    early, late = Series.objects.order_by("pk")
    assert (early.title, late.title) == ("Studio A", "Studio B")
    for series, part in zip((early, late), split["parts"], strict=True):
        session = series.activities.first()
        assert set(session.members().values_list("pk", flat=True)) == set(part["people"])
    for enrolment in four.enrolments.all():
        assert Activity.objects.visible_to(enrolment.learner).count() == 6
        assert Notice.objects.filter(recipient=enrolment.learner, kind="session_planned", channel="inbox").count() == 1


def test_hours_set_by_hand_say_what_they_cost_before_anything_is_settled(four, bruno, sign_in):
    plan = planned(bruno, four)
    browser = sign_in(bruno)
    asked = {"day1": "1", "time1": "10:00", "day2": "3", "time2": "20:00", "day3": "", "time3": ""}
    page = browser.get(plan.get_absolute_url(), asked).content.decode()
    own = page[page.index('id="own"') :]
    assert "2 hours in turn" in own
    assert "turn=1-10:00&amp;turn=3-20:00" in own
    fragment = browser.get(plan.get_absolute_url(), asked, headers={"HX-Request": "true", "HX-Target": "own"})
    assert fragment.content.decode().lstrip().startswith('<div id="own"')
    assert not four.activities.exists()
    take = f"/plans/{plan.pk}/take/?turn=1-10:00&turn=3-20:00"
    assert browser.post(take, {"title": "Studio", "join_url": "", "description": ""}).status_code == 302
    assert [each.wall_time.hour for each in four.activities.all()] == [10, 20, 10, 20, 10, 20]
    half = browser.get(plan.get_absolute_url(), asked | {"time2": ""}).content.decode()
    assert "Give both a weekday and a time" in half


def test_an_hour_that_happens_twice_is_asked_for_and_one_that_does_not_exist_refused(four, bruno, sign_in):
    plan = planned(bruno, four, weeks=4)
    browser = sign_in(bruno)
    take = f"/plans/{plan.pk}/take/?turn=6-01:30"
    data = {"title": "Owls", "join_url": "", "description": "Kept words"}
    page = browser.post(take, data).content.decode()
    assert "happens twice" in page
    assert "The second, at UTC+0000" in page
    assert "Kept words" in page
    assert browser.post(take, data | {"fold": "1"}).status_code == 302
    october = four.activities.get(wall_date=dt.date(2026, 10, 25))
    assert (october.fold, october.starts_at.hour) == (1, 1)
    assert four.series.get().turns[0].fold == 1


def test_nonsense_cannot_be_taken(four, bruno, sign_in):
    plan, browser = planned(bruno, four), sign_in(bruno)
    for query in ("", "proposal=9", "proposal=x", "turn=7-10:00", "turn=1-24:00", "turn=1-10:00&turn=x", "turn=%00"):
        assert browser.get(f"/plans/{plan.pk}/take/?{query}").status_code == 404


def test_a_plan_that_comes_while_another_is_worked_out_is_not_forgotten(four, bruno, asha):
    first = session_plans.ask_for_plan(
        actor=bruno, exchange=four, title="One", first=dt.date(2026, 10, 5), weeks=2, minutes=60
    )
    second = session_plans.ask_for_plan(
        actor=asha, exchange=four, title="Two", first=dt.date(2026, 10, 12), weeks=3, minutes=90
    )
    assert first.run_id == second.run_id
    carry_out_due_runs(worker="test")
    for plan in (first, second):
        plan.refresh_from_db()
        assert plan.proposals
        assert len(plan.proposals[0]["parts"][0]["starts"]) == plan.weeks
    assert first.run_id != second.run_id
    assert set(Run.objects.values_list("status", flat=True)) == {RunStatus.FINISHED}


def test_a_run_can_be_repeated_and_asked_for_again(four, bruno):
    plan = planned(bruno, four)
    before = plan.proposals
    repetition = runs.repeat(actor=bruno, run=plan.run)
    carry_out_due_runs(worker="test", run_id=repetition.pk)
    repetition.refresh_from_db()
    assert repetition.figures["same"] is True
    again = ask_again(actor=bruno, run=plan.run)
    plan.refresh_from_db()
    assert plan.proposals is None
    carry_out_due_runs(worker="test", run_id=again.pk)
    plan.refresh_from_db()
    assert plan.proposals == before


def test_what_cannot_be_planned_is_said(four, bruno, emil, chie):
    for wrong, field in [
        ({"weeks": 9}, "weeks"),
        ({"weeks": 0}, "weeks"),
        ({"first": dt.date(2026, 10, 4)}, "first"),
        ({"first": dt.date(2026, 11, 30)}, "first"),
    ]:
        with pytest.raises(Refused) as refusal:
            planned(bruno, four, **wrong)
        assert refusal.value.field == field
    for other in (emil, chie):
        with pytest.raises(Refused):
            planned(other, four)
    assert not SessionPlan.objects.exists()


# Changing a series on the page ---------------------------------------------------------------------------------------


def test_the_form_asks_how_much_of_a_series_a_change_is_for(four, bruno, sign_in):
    made = session_plans.take_plan(
        actor=bruno, plan=planned(bruno, four), parts=[{"slots": [{"weekday": 1, "time": "10:00"}]}], title="Studio"
    )
    browser, address = sign_in(bruno), f"/activities/{made[2].pk}/edit/"
    assert "This and all that follow" in browser.get(address).content.decode()
    data = {
        "title": "Studio", "wall_date": made[2].wall_date.isoformat(), "wall_time": "11:00", "minutes": "60",
        "join_url": "", "description": "", "scope": "following",
    }  # fmt: skip
    assert browser.post(address, data).status_code == 302
    assert [each.wall_time.hour for each in four.activities.all()] == [10, 10, 11, 11, 11, 11]
    mails = [body_of(each) for each in Notice.objects.filter(kind="session_changed", channel="email")]
    assert mails
    assert all("All sessions, on your clock" in mail for mail in mails)
    cancel = f"/activities/{made[4].pk}/cancel/"
    assert browser.post(cancel, {"reason": "Exams.", "scope": "all"}).status_code == 302
    assert set(four.activities.values_list("status", flat=True)) == {"cancelled", "confirmed"}
    assert four.activities.filter(status="cancelled").count() == 4
    mail = body_of(Notice.objects.filter(kind="session_cancelled", channel="email").first())
    assert "These sessions" in mail
    assert mail.count("- ") >= 4


def test_the_nearest_times_are_buttons_that_keep_everything_typed(lisbon, pune, bruno, sign_in):
    with time_machine.travel(dt.datetime(2027, 2, 1, 12, tzinfo=dt.UTC), tick=False):
        exchange = exchange_of(
            lisbon, pune, status=ExchangeStatus.RUNNING, starts=dt.date(2027, 3, 1), ends=dt.date(2027, 5, 1),
            covered=False,
        )  # fmt: skip
        browser, address = sign_in(bruno), f"/exchanges/{exchange.pk}/sessions/new/"
        data = {
            "title": "Early bird", "wall_date": "2027-03-28", "wall_time": "01:30", "minutes": "60", "weeks": "1",
            "join_url": "", "description": "Bring tea.",
        }  # fmt: skip
        page = browser.post(address, data).content.decode()
        assert 'value="2027-03-28T02:00"' in page
        assert 'value="2027-03-28T00:30"' in page
        page = browser.post(address, data | {"nearest": "2027-03-28T02:00"}).content.decode()
        assert 'value="02:00"' in page
        assert "Bring tea." in page
        assert not exchange.activities.exists()
        assert browser.post(address, data | {"nearest": "x"}).status_code == 200
