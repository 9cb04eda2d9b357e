"""An intake from the draft to the last place: choosing, the run, publishing, confirming, the waiting list."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exchanges.actions import carry_out, choices, enrolments, exchanges, intakes, marks, placements, runs
from exchanges.actions import intake_rules as rules
from exchanges.actions.intake_input import intake_input
from exchanges.actions.intake_news import tell_news
from exchanges.actions.waiting import positions
from exchanges.enums import EnrolmentStatus, ExchangeStatus, IntakeStatus, PlacementStatus
from exchanges.models import Choice, IntakeExchange, Placement, ReserveMark, Run
from institutions.errors import Refused
from institutions.models import JournalEntry, Notice
from tests.factories.enrolment import learner_of
from tests.factories.exchange import ExchangeFactory, exchange_of
from tests.factories.intake import allocated, chosen, intake_of, published

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def water(pune, lisbon):
    return ExchangeFactory(host=lisbon, institutions=[lisbon, pune], places=1, covered=True, title="Water")


@pytest.fixture
def light(pune, lisbon):
    return ExchangeFactory(host=lisbon, institutions=[lisbon, pune], places=1, covered=True, title="Light")


def placement_of(choice_list) -> Placement:
    return Placement.objects.get(choice_list=choice_list)


def by_lottery(intake) -> list[Placement]:
    return list(intake.placements.order_by("lottery").select_related("choice_list__learner"))


def test_the_whole_story(water, light, lisbon, pune, bruno, asha, root):
    intake = intake_of(water, light, institution=lisbon)
    water.refresh_from_db()
    assert water.status == ExchangeStatus.ENROLLING  # public from now on
    first, second, third = (learner_of(lisbon) for _ in range(3))
    for learner in (first, second, third):
        chosen(intake, learner, water, light)
    farah = learner_of(pune)
    chosen(intake, farah, light)
    tell_news()
    assert Notice.objects.filter(kind="intake_opened", recipient=farah).count() == 2

    intake = allocated(intake)
    assert intake.status == IntakeStatus.REVIEW
    assert Notice.objects.filter(kind="intake_to_review", recipient=bruno).exists()
    order = [each for each in by_lottery(intake) if each.choice_list.institution == lisbon]
    assert [(each.status, each.rank) for each in order] == [
        (PlacementStatus.OFFERED, 1),
        (PlacementStatus.OFFERED, 2),
        (PlacementStatus.WAITING, None),
    ]
    missed = order[1].reason["facts"]["missed"][0]
    assert (missed["limit"], missed["decided_by"], missed["position"]) == ("institution_quota", "lottery", 1)

    intake = intakes.publish(actor=bruno, intake=intake)
    tell_news()
    assert Notice.objects.filter(kind="placement_offered").count() == 2 * 3
    assert Notice.objects.filter(kind="placement_waiting").count() == 2
    wall = intake.confirm_by.astimezone(intake.tz)
    assert (wall.hour, wall.minute) == (23, 59)

    # The first confirms, and holds a place of the exchange.
    one, two, three = (placement_of(each.choice_list) for each in order)
    enrolment = placements.confirm(actor=one.choice_list.learner, placement=one)
    assert enrolment.status == EnrolmentStatus.PLACED
    assert placements.confirm(actor=one.choice_list.learner, placement=one).pk == enrolment.pk
    assert water.parts.get(institution=lisbon).held == 1
    assert [(choice.entry.exchange, at) for choice, at in positions(placement_of(order[2].choice_list))] == [
        (water, 2),
        (light, 1),
    ]

    # She gives it up: the second moves up to her first choice, and the third to the second's place.
    enrolments.withdraw(actor=one.choice_list.learner, enrolment=enrolment)
    one, two, three = (placement_of(each.choice_list) for each in order)
    assert one.status == PlacementStatus.WITHDRAWN
    assert (two.status, two.entry.exchange) == (PlacementStatus.OFFERED, water)
    assert (three.status, three.entry.exchange) == (PlacementStatus.OFFERED, light)
    assert Notice.objects.filter(kind="placement_moved_up", recipient=three.choice_list.learner).count() == 2

    # The second declines: the third, who has not confirmed, gets her first choice instead.
    placements.decline(actor=two.choice_list.learner, placement=two)
    assert placement_of(order[2].choice_list).entry.exchange == water
    placements.confirm(actor=three.choice_list.learner, placement=three)
    with pytest.raises(Refused, match="wait to be confirmed"):
        intakes.finish_intake(actor=bruno, intake=intake)
    placements.confirm(actor=farah, placement=Placement.objects.get(choice_list__learner=farah))
    intake = intakes.finish_intake(actor=bruno, intake=intake)
    assert intake.status == IntakeStatus.DONE
    late = enrolments.enrol(actor=learner_of(lisbon), exchange=light)  # direct enrolment goes on
    assert late.status == EnrolmentStatus.PLACED
    verbs = set(JournalEntry.objects.values_list("verb", flat=True))
    assert {"intake.open", "choice.submit", "intake.allocate", "intake.publish", "placement.move_up"} <= verbs


def test_a_place_that_is_not_confirmed_goes_to_the_next(water, lisbon, bruno):
    intake = intake_of(water, institution=lisbon)
    for _ in range(2):
        chosen(intake, learner_of(lisbon), water)
    intake = published(intake)
    offered, waiting = by_lottery(intake)
    with time_machine.travel(intake.confirm_by - dt.timedelta(days=1)):
        assert placements.remind_of_confirming() == 1
        assert placements.remind_of_confirming() == 0
        assert placements.lapse_overdue() == 0
    with time_machine.travel(intake.confirm_by + dt.timedelta(minutes=1)):
        with pytest.raises(Refused, match="deadline has passed"):
            placements.confirm(actor=offered.choice_list.learner, placement=offered)
        assert placements.lapse_overdue() == 1
        assert placements.lapse_overdue() == 0
        waiting.refresh_from_db()
        assert waiting.status == PlacementStatus.OFFERED
        assert waiting.confirm_by > timezone.now() + dt.timedelta(days=6)
        placements.confirm(actor=waiting.choice_list.learner, placement=waiting)
        tell_news()
        intakes.sweep_intakes()
    intake.refresh_from_db()
    assert intake.status == IntakeStatus.DONE


def test_priority_lines_quotas_and_reserves_hold_on_the_waiting_list_too(lisbon, pune, cairo, bruno):
    exchange = ExchangeFactory(host=lisbon, institutions=[lisbon, pune, cairo], places=3, covered=True)
    draft = intake_of(exchange, institution=lisbon, status=IntakeStatus.DRAFT)
    entry = draft.entries.get()
    nominee, marked, other = learner_of(lisbon), learner_of(lisbon), learner_of(cairo)
    rules.set_rules(
        actor=bruno,
        entry=entry,
        limits={"capacity": 2, "minimum": 1, "never_abroad": 1, "fewer_opportunities": 0},
        institutions={cairo.pk: 1},
        countries={"PT": 2},
        lines=[("Nominated by Lisbon", [nominee.email])],
    )
    intake = intakes.open_intake(actor=bruno, intake=draft)
    everybody = [nominee, marked, other, *(learner_of(lisbon) for _ in range(3))]
    for learner in everybody:
        chosen(intake, learner, exchange)
    marks.set_marks(actor=marked, intake=intake, marks=["never_abroad"], consent=True)
    intake = published(intake)
    offered = {
        each.choice_list.learner: each for each in intake.placements.holding().select_related("choice_list__learner")
    }
    assert set(offered) == {nominee, marked}
    # The reserved place gets free and nobody else has the mark: the next in order has it.
    placements.decline(actor=marked, placement=offered[marked])
    waiting = [each for each in by_lottery(intake) if each.choice_list.learner not in (nominee, marked)]
    fresh = intake.placements.holding().exclude(choice_list__learner=nominee).get()
    assert fresh.pk == waiting[0].pk
    # The nominee's place gets free: those from Portugal hold one of two, so the next in order has it, whoever it is.
    placements.decline(actor=nominee, placement=offered[nominee])
    assert {each.pk for each in intake.placements.holding()} == {waiting[0].pk, waiting[1].pk}


def test_exchanges_in_an_intake_take_no_direct_enrolments(water, lisbon, bruno, emil):
    intake = intake_of(water, institution=lisbon)
    with pytest.raises(Refused, match="given in the intake"):
        enrolments.enrol(actor=emil, exchange=water)
    with pytest.raises(Refused, match="has to be over first"):
        exchanges.close_enrolment(actor=bruno, exchange=water)
    with time_machine.travel(timezone.now() + dt.timedelta(days=60)):
        assert exchanges.open_and_close_due() == (0, 0)  # the exchange's own window rests
    with pytest.raises(Refused, match="Another intake"):
        intake_of(water, institution=lisbon)
    intakes.cancel_intake(actor=bruno, intake=intake, reason="Too few exchanges.")
    assert enrolments.enrol(actor=emil, exchange=water).status == EnrolmentStatus.PLACED


def test_choices_are_drafted_submitted_changed_and_withdrawn(water, light, lisbon, emil, farah, chie):
    intake = intake_of(water, light, institution=lisbon, max_choices=2)
    a, b = (intake.entries.get(exchange=exchange).pk for exchange in (water, light))
    choices.save_draft(actor=emil, intake=intake, entries=[a])
    assert not Choice.objects.exists()
    mine = choices.submit(actor=emil, intake=intake, entries=[b, a])
    choices.submit(actor=emil, intake=intake, entries=[b, a])
    assert JournalEntry.objects.about(mine).count() == 1
    choices.save_draft(actor=emil, intake=intake, entries=[a, b])  # what was submitted stays
    assert list(mine.choices.values_list("entry", "rank")) == [(b, 1), (a, 2)]
    for entries, message in (
        ([a, a], "twice"),
        ([a, b, b + 1], "up to 2"),
        ([b + 1], "can't be chosen"),
        ([], "at least"),
    ):
        with pytest.raises(Refused, match=message):
            choices.submit(actor=farah, intake=intake, entries=entries)
    with pytest.raises(Refused, match="Only learners"):
        choices.submit(actor=chie, intake=intake, entries=[a])
    choices.withdraw_choices(actor=emil, intake=intake)
    assert not Choice.objects.exists()
    intakes.close_intake(actor=None, intake=intake)
    with pytest.raises(Refused, match="closed"):
        choices.submit(actor=emil, intake=intake, entries=[a])


def test_marks_need_consent_and_are_gone_everywhere_when_it_is_withdrawn(water, lisbon, emil, bruno):
    intake = intake_of(water, institution=lisbon, status=IntakeStatus.DRAFT)
    intake.entries.update(never_abroad=1)
    intake = intakes.open_intake(actor=bruno, intake=intake)
    chosen(intake, emil, water)
    with pytest.raises(Refused, match="consent"):
        marks.set_marks(actor=emil, intake=intake, marks=["never_abroad"], consent=False)
    assert not ReserveMark.objects.exists()
    marks.set_marks(actor=emil, intake=intake, marks=["never_abroad"], consent=True)
    assert ReserveMark.objects.get().consented_at is not None
    intake = published(intake)
    run = intake.runs.get()
    assert "never_abroad" in str(run.snapshot["file"]["learners"])
    assert "never_abroad" not in str([each.reason for each in intake.placements.all()])
    assert "never_abroad" not in str(list(JournalEntry.objects.values_list("data", flat=True)))
    marks.withdraw_consent(actor=emil, intake=intake)
    run.refresh_from_db()
    assert not ReserveMark.objects.exists()
    assert "never_abroad" not in str(run.snapshot["file"]["learners"])
    assert intake.placements.get().status == PlacementStatus.OFFERED


def test_marks_taken_back_after_reopening_are_gone_from_runs_too(water, lisbon, emil, farah, bruno):
    intake = intake_of(water, institution=lisbon, status=IntakeStatus.DRAFT)
    intake.entries.update(never_abroad=1)
    intake = intakes.open_intake(actor=bruno, intake=intake)
    for learner in (emil, farah):
        chosen(intake, learner, water)
        marks.set_marks(actor=learner, intake=intake, marks=["never_abroad"], consent=True)
    intake = intakes.close_intake(actor=bruno, intake=intake)
    run = intake.runs.get()
    held = runs.claim(worker="w")
    assert held is not None
    runs.begin(held, file=intake_input(intake).file)
    later = timezone.now() + dt.timedelta(days=5)
    intake = intakes.reopen_intake(actor=bruno, intake=intake, closes=later)
    choices.withdraw_choices(actor=emil, intake=intake)
    marks.set_marks(actor=farah, intake=intake, marks=[], consent=False)
    run.refresh_from_db()
    assert "never_abroad" not in str(run.snapshot["file"]["learners"])


def test_a_finished_run_locks_its_intake_before_itself(water, lisbon, emil):
    """As whoever cancels an intake does; the other way round the two would wait for each other."""
    intake = intake_of(water, institution=lisbon)
    chosen(intake, emil, water)
    intake = intakes.close_intake(actor=None, intake=intake)
    run = runs.claim(worker="w")
    assert run is not None
    runs.begin(run, file={})
    with CaptureQueriesContext(connection) as queries, runs.finishing(run, figures={}):
        pass
    if connection.vendor == "postgresql":
        locks = [each["sql"] for each in queries if " FOR " in each["sql"]]
        assert "exchanges_intake" in locks[0]
        assert "exchanges_run" in locks[1]


def test_below_the_minimum_one_sees_what_closing_would_do_and_does_it(water, light, lisbon, pune, bruno):
    intake = intake_of(water, light, institution=lisbon, status=IntakeStatus.DRAFT)
    intake.entries.filter(exchange=water).update(minimum=2)
    intake = intakes.open_intake(actor=bruno, intake=intake)
    emil = learner_of(lisbon)
    chosen(intake, emil, water, light)
    intake = allocated(intake)
    entry = intake.entries.get(exchange=water)
    figures = intake.last_run.figures
    assert figures["below_minimum"] == {str(entry.pk): 1}
    assert figures["what_if"] == {str(entry.pk): {"there": 1, "elsewhere": 1, "placed": 1, "first": 0}}
    old = intake.last_run
    intakes.close_entry(actor=bruno, entry=entry)
    with pytest.raises(Refused, match="being given again"):
        intakes.publish(actor=bruno, intake=intake, run=old)
    carry_out.carry_out_due_runs(worker="test")
    placement = intake.placements.get()
    assert (placement.entry.exchange, placement.rank) == (light, 2)
    with pytest.raises(Refused):
        intakes.publish(actor=bruno, intake=intake, run=old)
    intakes.publish(actor=bruno, intake=intake, run=intake.last_run)


def test_balance_is_worked_out_beside_and_used_when_asked_for(lisbon, pune, bruno):
    at_lisbon = ExchangeFactory(host=lisbon, institutions=[lisbon, pune], places=4, covered=True)
    at_pune = ExchangeFactory(host=pune, institutions=[pune, lisbon], places=4, covered=True)
    intake = intake_of(at_lisbon, at_pune, institution=lisbon, tolerance=0)
    for _ in range(3):
        chosen(intake, learner_of(pune), at_lisbon)
    chosen(intake, learner_of(lisbon), at_pune)
    intake = allocated(intake)
    compare = intake.last_run.figures["compare"]
    assert compare["free"]["placed"] == 4
    assert compare["balanced"]["placed"] == 2
    assert intake.placements.holding().count() == 4
    intakes.request_run(actor=bruno, intake=intake, balanced=True)
    carry_out.carry_out_due_runs(worker="test")
    assert intake.placements.holding().count() == 2


def test_a_run_that_is_repeated_from_its_snapshot_gives_the_same_answer(water, light, lisbon, pune, bruno, tmp_path):
    """By the file interface, which knows nothing of the database."""
    import json

    from django.core.management import call_command

    intake = intake_of(water, light, institution=lisbon, status=IntakeStatus.DRAFT)
    nominee = learner_of(lisbon)
    rules.set_rules(
        actor=bruno,
        entry=intake.entries.get(exchange=light),
        limits={"capacity": None, "minimum": 0, "never_abroad": 0, "fewer_opportunities": 0},
        institutions={},
        countries={},
        lines=[("Nominated", [nominee.email])],
    )
    intake = intakes.open_intake(actor=bruno, intake=intake)
    for learner in (nominee, *(learner_of(lisbon) for _ in range(3)), learner_of(pune)):
        chosen(intake, learner, light, water)
    intake = allocated(intake)
    run = intake.runs.get()
    source, answer = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(run.snapshot["file"]))
    call_command("match", "seats", str(source), "--output", str(answer), "--seed", str(run.seed))
    found = {each["learner"]: (each["exchange"], each["rank"]) for each in json.loads(answer.read_text())["placements"]}
    stored = intake.placements.holding().values_list("choice_list", "entry", "rank")
    assert found == {number: (entry, rank) for number, entry, rank in stored}
    assert len(found) == 3


def test_a_cancelled_exchange_sends_those_with_its_places_to_the_next_choice(water, light, lisbon, bruno, emil):
    intake = intake_of(water, light, institution=lisbon)
    chosen(intake, emil, water, light)
    intake = published(intake)
    exchanges.cancel_exchange(actor=bruno, exchange=water, reason="The teacher is ill.")
    placement = intake.placements.get()
    assert (placement.status, placement.entry.exchange) == (PlacementStatus.OFFERED, light)
    kinds = set(Notice.objects.filter(recipient=emil).values_list("kind", flat=True))
    assert {"placement_gone", "placement_moved_up"} <= kinds


def test_places_are_neither_taken_away_nor_forgotten_while_offered(water, lisbon, pune, bruno, emil):
    intake = intake_of(water, institution=lisbon)
    chosen(intake, emil, water)
    second = learner_of(lisbon)
    chosen(intake, second, water)
    intake = published(intake)
    with pytest.raises(Refused, match="held already"):
        exchanges.edit_exchange(actor=bruno, exchange=water, changes={}, places={lisbon.pk: 0})
    exchanges.edit_exchange(actor=bruno, exchange=water, changes={}, places={lisbon.pk: 2})
    assert intake.placements.holding().count() == 2  # the further place was offered at once


def test_only_who_runs_it_runs_it(water, lisbon, bruno, asha, emil, root):
    intake = intake_of(water, institution=lisbon)
    for nobody in (asha, emil):
        for act in (intakes.close_intake, intakes.publish, intakes.finish_intake):
            with pytest.raises(Refused):
                act(actor=nobody, intake=intake)
    with pytest.raises(Refused, match="Learners rely"):
        intakes.edit_intake(actor=bruno, intake=intake, changes={"max_choices": 2})
    intakes.edit_intake(actor=root, intake=intake, changes={"title": "Spring"})
    chosen(intake, emil, water)
    intake = published(intake)
    with pytest.raises(Refused, match="Only the learner"):
        placements.confirm(actor=bruno, placement=intake.placements.get())


def test_an_intake_opens_and_closes_by_its_window_and_says_what_is_missing(water, lisbon, cairo, bruno):
    now = timezone.now()
    ready = intake_of(
        water,
        institution=lisbon,
        status=IntakeStatus.DRAFT,
        opens=now + dt.timedelta(hours=1),
        closes=now + dt.timedelta(days=9),
    )
    uncovered = exchange_of(lisbon, cairo, covered=False, status=ExchangeStatus.PLANNED)
    lacking = intake_of(uncovered, institution=lisbon, status=IntakeStatus.DRAFT, opens=now + dt.timedelta(hours=1))
    with time_machine.travel(now + dt.timedelta(hours=2)):
        intakes.sweep_intakes()
        intakes.sweep_intakes()
    ready.refresh_from_db()
    lacking.refresh_from_db()
    assert (ready.status, lacking.status) == (IntakeStatus.OPEN, IntakeStatus.DRAFT)
    assert Notice.objects.filter(kind="intake_not_opened", recipient=bruno).count() == 2  # once, by both channels
    seed = ready.seed
    emil = learner_of(lisbon)
    with time_machine.travel(now + dt.timedelta(days=7)):
        tell_news()
        intakes.sweep_intakes()
        tell_news()
    assert Notice.objects.filter(kind="intake_closes_soon", recipient=emil).count() == 2
    with time_machine.travel(now + dt.timedelta(days=10)):
        intakes.sweep_intakes()
        ready.refresh_from_db()
        assert ready.status == IntakeStatus.CLOSED
        assert Run.objects.get().intake == ready
        intakes.reopen_intake(actor=bruno, intake=ready, closes=now + dt.timedelta(days=12))
        assert Run.objects.get().status == "cancelled"
    ready.refresh_from_db()
    assert ready.seed == seed
    assert IntakeExchange.objects.get(intake=ready).active
