"""Matching runs: cancelled by a person, asked for again, repeated and compared, taken to a file and run there."""

import json

import pytest
from django.core.management import call_command
from django.utils.module_loading import import_string

from exchanges.actions import carry_out, groups, runs
from exchanges.actions.carry_out import carry_out_due_runs
from exchanges.enums import ExchangeStatus, RunKind, RunStatus
from exchanges.matching import files
from exchanges.models import Run, RunRecord
from institutions.errors import Refused
from institutions.hours import WeekHours
from institutions.models import JournalEntry, LearnerProfile
from tests.factories.exchange import exchange_of
from tests.factories.group import group_of, placed
from tests.factories.institution import InstitutionFactory
from tests.factories.membership import MembershipFactory
from tests.factories.offers import OfferFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def exchange(pune, lisbon):
    """Enrolment is closed: four learners on each side, one of whom shares no hours with anybody."""
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.GROUPING, group_size_min=3, group_size_max=4)
    for _ in range(4):
        placed(exchange, lisbon)
        placed(exchange, pune)
    lonely = exchange.enrolments.order_by("number").first()
    LearnerProfile.objects.create(user=lonely.learner, hours=WeekHours.from_ranges([(6, "02:00", "04:00")]))
    return exchange


@pytest.fixture
def offer(asha, bruno, pune, lisbon, tokyo, chie):
    """An offer of Pune, for which there are offers in Lisbon and an institution without one."""
    offer = OfferFactory(institution=pune, coordinator=asha, title="Water in cities")
    for title in ("Rivers and floods", "Water law", "Cities"):
        OfferFactory(institution=lisbon, coordinator=bruno, title=title)
    return offer


def done(run):
    carry_out_due_runs(worker="test", run_id=run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FINISHED, run.error
    return run


def group_run(exchange):
    return done(runs.request_group_run(actor=None, exchange=exchange))


def partner_run(offer):
    return done(runs.request_partner_run(actor=None, offer=offer))


# Cancelling ----------------------------------------------------------------------------------------------------------


def test_a_cancelled_run_is_noticed_by_its_worker_which_throws_its_work_away(exchange, bruno):
    run = runs.request_group_run(actor=None, exchange=exchange)
    claimed = runs.claim(worker="busy", run_id=run.pk)
    assert runs.cancel(actor=bruno, run=run)
    with pytest.raises(runs.LostRunError):
        groups.carry_out_group_run(claimed)
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert not exchange.groups.exists()
    assert JournalEntry.objects.about(run).get().actor == bruno
    assert not runs.cancel(actor=bruno, run=run)
    assert carry_out_due_runs(worker="idle") == 0


def test_a_run_that_is_over_cannot_be_cancelled(exchange, bruno):
    run = group_run(exchange)
    assert not runs.cancel(actor=bruno, run=run)
    assert run.status == RunStatus.FINISHED


def test_only_who_coordinates_the_subject_or_a_platform_admin_may(exchange, offer, bruno, asha, chie, emil, ines, root):
    for run in (group_run(exchange), partner_run(offer)):
        for stranger in (chie, emil, ines):
            for act in (runs.cancel, runs.repeat):
                with pytest.raises(Refused):
                    act(actor=stranger, run=run)
    assert set(Run.objects.visible_to(bruno)) == {exchange.runs.get()}
    assert set(Run.objects.visible_to(asha)) == set(Run.objects.visible_to(root)) == set(Run.objects.all())
    assert not Run.objects.visible_to(emil).exists()


def test_after_a_failure_one_asks_again(exchange, offer, bruno, asha):
    for run, who in (
        (runs.request_group_run(actor=None, exchange=exchange), bruno),
        (runs.request_partner_run(actor=None, offer=offer), asha),
    ):
        with pytest.raises(Refused):
            carry_out.ask_again(actor=who, run=run)
        Run.objects.filter(pk=run.pk).update(status=RunStatus.FAILED)
        run.refresh_from_db()
        again = carry_out.ask_again(actor=who, run=run)
        assert (again.pk != run.pk, again.kind, again.subject) == (True, run.kind, run.subject)
        done(again)


# Repeating -----------------------------------------------------------------------------------------------------------


def test_a_repeated_run_finds_the_same_and_changes_nothing(exchange, offer, bruno, asha):
    for run, who in ((group_run(exchange), bruno), (partner_run(offer), asha)):
        members = dict(exchange.enrolments.values_list("pk", "group"))
        again = done(runs.repeat(actor=who, run=run))
        assert again.kind == RunKind.REPEAT
        assert again.figures == {"same": True, "rows": len(run.outcome), "differing": 0}
        assert again.seed == run.seed
        assert dict(exchange.enrolments.values_list("pk", "group")) == members
        Run.objects.filter(pk=run.pk).update(outcome=[*run.outcome[1:], {"something": "else"}])
        differs = done(runs.repeat(actor=who, run=run))
        assert differs.figures == {"same": False, "rows": len(run.outcome), "differing": 1}


def test_only_what_ended_well_is_repeated(exchange, bruno):
    run = runs.request_group_run(actor=None, exchange=exchange)
    with pytest.raises(Refused):
        runs.repeat(actor=bruno, run=run)


# As a file -----------------------------------------------------------------------------------------------------------


def matched(engine, run, tmp_path):
    """What `manage.py match` finds for the run's input: as the rows by which results are compared."""
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(runs.input_of(run)))
    call_command("match", engine, str(source), output=target, seed=run.seed, verbosity=0)
    return files.outcome(engine, json.loads(target.read_text()))


def test_groups_from_the_kept_file_are_the_groups_of_the_run(exchange, lisbon, pune, tmp_path):
    group_of(exchange, [lisbon, pune, pune])  # confirmed, so it stays
    run = group_run(exchange)
    found = matched("groups", run, tmp_path)
    assert found == run.outcome
    stored = {tuple(sorted(str(pk) for pk in g.members.values_list("pk", flat=True))) for g in exchange.groups.all()}
    assert {tuple(row["members"]) for row in found if "members" in row} == stored
    lonely = exchange.enrolments.get(learner__learner_profile__isnull=False)
    assert [row["unplaced"] for row in found if "unplaced" in row] == [str(lonely.pk)]


def test_partners_from_the_kept_file_are_the_partners_of_the_run(offer, tmp_path):
    run = partner_run(offer)
    found = matched("partners", run, tmp_path)
    assert found == run.outcome
    assert [row["candidate"] for row in found if row["kind"] == "offer"] == list(
        offer.suggestions.filter(partner_offer__isnull=False, near_miss=False).values_list("partner_offer", flat=True)
    )
    assert [row["kind"] for row in found] == ["offer"] * 3 + ["institution"]


def test_records_that_many_runs_are_given_are_kept_once(offer, asha):
    partner_run(offer)
    kept = RunRecord.objects.count()
    partner_run(offer)
    assert RunRecord.objects.count() == kept == 5
    offer.title = "Water in large cities"
    offer.save()
    partner_run(offer)
    assert RunRecord.objects.count() == kept + 1


def test_a_run_keeps_all_its_input_however_many_candidates(offer, lisbon):
    for number in range(3):
        each = InstitutionFactory(slug=f"far-{number}")
        MembershipFactory(institution=each, role="coordinator")
        OfferFactory(institution=each, hours=WeekHours.daily("09:00", "12:00"))
    given = runs.input_of(partner_run(offer))
    assert len(given["offers"]) == 7
    assert given["offers"][0]["id"] == offer.pk
    assert given["for"] == [offer.pk]


@pytest.mark.parametrize("kind", RunKind.values)
def test_every_kind_can_be_carried_out_asked_for_again_and_looked_at(exchange, bruno, sign_in, kind):
    if kind == RunKind.REPEAT:
        original = Run.objects.create(kind=RunKind.GROUPS, exchange=exchange, status=RunStatus.FINISHED, outcome=[])
        run = Run.objects.create(kind=kind, exchange=exchange, repeats=original, figures={"same": True})
    else:
        run = Run.objects.create(kind=kind, exchange=exchange, figures={"people": 3})
        for place in (carry_out.KINDS[kind].body, carry_out.KINDS[kind].again):
            assert callable(import_string(place))
        assert carry_out.engine_of(run) in files.ENGINES
    for state in (RunStatus.CLAIMED, RunStatus.FAILED, RunStatus.FINISHED):
        Run.objects.filter(pk=run.pk).update(status=state)
        assert sign_in(bruno).get(run.get_absolute_url()).status_code == 200


# Pages ---------------------------------------------------------------------------------------------------------------


def test_the_page_says_how_it_went_and_gives_the_file(exchange, bruno, root, sign_in, tmp_path):
    run = group_run(exchange)
    page = sign_in(bruno).get(run.get_absolute_url()).content.decode()
    assert f"--seed {run.seed}" in page
    assert run.versions["tzdata"] in page
    assert "Without a group" not in page
    assert f"/exchanges/{exchange.pk}/groups/" in page
    taken = sign_in(root).get(f"{run.get_absolute_url()}input.json")
    assert taken["Content-Disposition"] == f'attachment; filename="groups-{run.pk}.json"'
    assert json.loads(taken.content) == runs.input_of(run)
    assert f"/exchanges/{exchange.pk}/groups/" not in sign_in(root).get(run.get_absolute_url()).content.decode()


def test_what_people_said_in_confidence_is_not_in_the_file(exchange, bruno, sign_in):
    run = group_run(exchange)
    run.snapshot["file"]["people"][0]["not_alone"] = ["secret"]
    run.save()
    browser = sign_in(bruno)
    assert b"secret" not in browser.get(f"{run.get_absolute_url()}input.json").content
    assert b"said in confidence" in browser.get(run.get_absolute_url()).content
    assert runs.input_of(run)["people"][0]["not_alone"] == ["secret"]


def test_the_buttons_stop_repeat_and_ask_again(exchange, bruno, sign_in):
    browser = sign_in(bruno)
    run = runs.request_group_run(actor=bruno, exchange=exchange)
    board = f"/exchanges/{exchange.pk}/groups/"
    assert b"Stop it" in browser.get(board).content
    assert "HX-Refresh" not in browser.get(f"{run.get_absolute_url()}progress/").headers
    answer = browser.post(f"{run.get_absolute_url()}cancel/", {"next": board})
    assert answer["Location"] == board
    assert browser.post(f"{run.get_absolute_url()}cancel/", {"next": "//evil.example/"})["Location"] == (
        run.get_absolute_url()
    )
    assert browser.get(f"{run.get_absolute_url()}progress/")["HX-Refresh"] == "true"
    again = Run.objects.get(pk=int(browser.post(f"{run.get_absolute_url()}again/")["Location"].split("/")[2]))
    done(again)
    page = browser.post(f"{again.get_absolute_url()}repeat/", follow=True).content.decode()
    assert "Repeating the run" in page
    repetition = done(again.repetitions.get())
    page = browser.get(repetition.get_absolute_url()).content.decode()
    assert "found exactly what the run had found" in page
    assert "The same" in browser.get(again.get_absolute_url()).content.decode()


def test_the_list_is_filtered_and_asks_as_often_for_many_as_for_one(
    exchange, offer, asha, root, sign_in, django_assert_num_queries
):
    browser = sign_in(asha)
    Run.objects.create(kind=RunKind.GROUPS, exchange=exchange, status=RunStatus.FINISHED)
    browser.get("/runs/")
    with django_assert_num_queries(6) as one:
        browser.get("/runs/")
    for _ in range(30):
        Run.objects.create(kind=RunKind.PARTNERS, offer=offer, status=RunStatus.FAILED, requested_by=asha)
    with django_assert_num_queries(len(one)):
        page = browser.get("/runs/").content.decode()
    assert page.count("Partner suggestions</td>") == 30
    assert browser.get("/runs/", {"status": "finished"}).content.decode().count("<tr>") == 2
    assert browser.get("/runs/", {"exchange": exchange.pk}).content.decode().count("<tr>") == 2
    assert "Nothing fits" in sign_in(root).get("/runs/", {"kind": "repeat"}).content.decode()
    found = browser.get("/api/v1/runs/", {"offer": offer.pk, "kind": "partners"}).json()
    assert found["count"] == 30
