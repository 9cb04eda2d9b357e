"""Pairings for all open offers, and the weights by which partners are ranked."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.urls import reverse

from exchanges.actions import pairing_plans, pairings, runs, suggestions, weights
from exchanges.actions.carry_out import carry_out_due_runs
from exchanges.enums import RunStatus
from exchanges.models import PlannedPairing, RankingWeights, Run
from exchanges.tasks import run_due_matching
from institutions.errors import Refused
from institutions.models import JournalEntry
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(asha, pune, bruno, lisbon, chie, tokyo):
    """Pune fits Lisbon best, which fits both others."""
    return SimpleNamespace(
        pune=OfferFactory(institution=pune, coordinator=asha, title="Water in cities"),
        lisbon=OfferFactory(institution=lisbon, coordinator=bruno, title="Rivers and floods in cities"),
    )


def planned(root) -> Run:
    run = pairing_plans.ask_for_plan(actor=root)
    run_due_matching(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FINISHED, run.error
    return run


@pytest.mark.embedded
def test_a_plan_pairs_all_open_offers_and_says_why(
    client, world, root, asha, bruno, django_capture_on_commit_callbacks
):
    run = planned(root)
    pairing = PlannedPairing.objects.get()
    assert {pairing.first, pairing.second} == {world.pune, world.lisbon}
    assert run.figures["pairings"] == 1 and run.figures["total"] == pytest.approx(run.figures["bound"])
    client.force_login(root)
    page = client.get(reverse("pairing_plan"))
    assert b"Water in cities" in page.content and b"100.0 %" in page.content
    # Each coordinator reads the reasons from her own side, and may propose.
    for person, own, other in ((asha, world.pune, world.lisbon), (bruno, world.lisbon, world.pune)):
        client.force_login(person)
        text = client.get(reverse("suggestion_list", args=[own.pk])).content.decode()
        assert "Best for everybody together" in text
        assert f"offer={own.pk}&amp;with={other.pk}" in text
        assert other.title in client.get(reverse("desk")).content.decode()
    # The run can be repeated from what it was given.
    again = runs.repeat(actor=root, run=run)
    carry_out_due_runs(worker="test", run_id=again.pk)
    again.refresh_from_db()
    assert again.figures == {"same": True, "rows": 1, "differing": 0}


def test_what_somebody_has_spoken_about_is_not_proposed_again(client, world, root, asha, bruno, lisbon):
    planned(root)
    reply_by = dt.datetime.now(dt.UTC) + dt.timedelta(days=5)
    proposal = pairings.propose(
        actor=asha, offer=world.pune, partner_institution=lisbon, message="?", reply_by=reply_by, reply_zone="UTC"
    )
    client.force_login(bruno)
    assert b"Best for everybody" not in client.get(reverse("suggestion_list", args=[world.lisbon.pk])).content
    assert planned(root).figures["pairings"] == 0
    pairings.withdraw_proposal(actor=asha, pairing=proposal)
    assert planned(root).figures["pairings"] == 1
    run = runs.request_partner_run(actor=None, offer=world.pune)
    run_due_matching(run.pk)
    suggestions.dismiss(actor=asha, suggestion=world.pune.suggestions.get(partner_offer=world.lisbon))
    assert planned(root).figures["pairings"] == 0


def test_only_platform_admins_ask_for_plans_and_a_plan_can_be_stopped(client, world, root, asha):
    with pytest.raises(Refused):
        pairing_plans.ask_for_plan(actor=asha)
    run = pairing_plans.ask_for_plan(actor=root)
    assert pairing_plans.ask_for_plan(actor=root) == run
    client.force_login(root)
    assert b"Stop it" in client.get(reverse("pairing_plan")).content
    client.post(reverse("run_cancel", args=[run.pk]))
    run_due_matching(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED and not PlannedPairing.objects.exists()


def test_the_pages_ask_as_much_for_one_pairing_as_for_many(
    client, world, root, pune, lisbon, django_assert_max_num_queries
):
    run = planned(root)
    client.force_login(root)
    with django_assert_max_num_queries(30) as one:
        client.get(reverse("pairing_plan"))
    for n in range(12):
        first, second = OfferFactory(institution=pune, title=f"A{n}"), OfferFactory(institution=lisbon, title=f"B{n}")
        PlannedPairing.objects.create(run=run, first=first, second=second, score=0.5)
    with django_assert_max_num_queries(len(one.captured_queries)):
        assert b"B11" in client.get(reverse("pairing_plan")).content


# Weights -------------------------------------------------------------------------------------------------------------


def points(**changes):
    return RankingWeights.default().points() | changes


def test_weights_are_changed_used_shown_and_put_back(client, world, root, asha):
    client.force_login(root)
    page = client.get(reverse("weights_edit"))
    assert b"nobody has changed them" in page.content
    answer = client.post(reverse("weights_edit"), points(topic=0, hours=80, language=20, min_starts=3))
    assert answer.status_code == 302
    run = runs.request_partner_run(actor=None, offer=world.pune)
    run_due_matching(run.pk)
    run.refresh_from_db()
    assert runs.input_of(run)["weights"] == points(topic=0, hours=80, language=20, min_starts=3)
    used = {
        reason["name"]: reason["weight"] for reason in world.pune.suggestions.get(partner_offer=world.lisbon).reasons
    }
    assert used["topic"] == 0 and used["hours"] == pytest.approx(80 / 140)
    client.force_login(asha)
    text = client.get(reverse("suggestion_list", args=[world.pune.pk])).content.decode()
    assert "How we rank" in text and "57.1 of 100" in text and "At least 3 shared live starts" in text
    assert "has changed its weights since" not in text
    client.force_login(root)
    assert b"Back to the usual weights?" in client.get(reverse("weights_reset")).content
    client.post(reverse("weights_reset"))
    assert not RankingWeights.objects.exists()
    client.force_login(asha)
    assert b"has changed its weights since" in client.get(reverse("suggestion_list", args=[world.pune.pk])).content
    told = {entry.verb: entry.data for entry in JournalEntry.objects.filter(verb__startswith="weights.")}
    assert told["weights.change"]["changed"]["topic"] == [30, 0] and told["weights.reset"]["before"]["topic"] == 0


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"topic": -1}, "greater than or equal to 0"),
        ({"hours": 101}, "less than or equal to 100"),
        ({"min_weeks": ""}, "required"),
        (dict.fromkeys(("topic", "hours", "weeks", "language", "size", "level", "format"), 0), "must count"),
    ],
)
def test_weights_that_make_no_sense_are_refused_and_kept_in_the_form(client, root, bad, message):
    client.force_login(root)
    answer = client.post(reverse("weights_edit"), points(cefr_slack=2) | bad)
    assert answer.status_code == 200 and message in answer.content.decode()
    assert b'name="cefr_slack" value="2"' in answer.content
    assert not RankingWeights.objects.exists()


def test_only_platform_admins_change_weights(asha):
    with pytest.raises(Refused):
        weights.change_weights(actor=asha, points=points())
    with pytest.raises(Refused):
        weights.reset_weights(actor=asha)
