"""Partner suggestions: what a run finds, why, and what the page says."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from exchanges import words
from exchanges.actions import runs, suggestions
from exchanges.enums import OfferStatus, RunStatus
from exchanges.matching.partners import near_misses, rank
from exchanges.models import Run, Suggestion
from exchanges.tasks import run_due_matching
from institutions.hours import WeekHours
from tests.factories.institution import InstitutionFactory
from tests.factories.offers import OfferFactory
from tests.factories.pairing import PairingFactory
from tests.pure import test_partners as facts

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(asha, pune):
    return OfferFactory(institution=pune, coordinator=asha, title="Water in cities")


@pytest.fixture
def theirs(bruno, lisbon):
    return OfferFactory(institution=lisbon, coordinator=bruno, title="Rivers and floods", partner_places=20)


def ranked(offer, actor=None):
    run = runs.request_partner_run(actor=actor, offer=offer)
    run_due_matching(run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.embedded
def test_a_run_finds_who_fits_and_says_why(asha, offer, theirs, django_capture_on_commit_callbacks):
    run = ranked(offer, asha)
    assert run.status == RunStatus.FINISHED, run.error
    assert run.figures == {"offers": 1, "institutions": 0, "suggested": 1}
    assert set(run.versions) >= {"python", "numpy", "ortools", "tzdata"}
    assert [each["id"] for each in runs.input_of(run)["offers"]] == [offer.pk, theirs.pk]
    suggestion = offer.suggestions.get()
    assert (suggestion.partner_offer, suggestion.near_miss) == (theirs, False)
    said = {reason["name"]: reason["text"] for reason in words.reasons_of(suggestion)}
    assert said["language"] == "Both ask for English B2"
    assert said["topic"].startswith("The same field, Architecture and town planning; both speak of")
    assert said["size"] == "They bring 25 learners and you look for 25; you bring 25 and they look for 20"
    assert said["weeks"] == "6 weeks in common; you need 6"
    assert said["level"] == "Both at EQF level 6"
    assert said["format"] == "Both: COIL module"
    assert "for 90 minutes in every week" in said["hours"]
    # What it says of the hours is true: the starts lie in both sides' hours, on the offer's clock.
    assert suggestion.shared_starts
    for weekday, minute in suggestion.shared_starts:
        assert weekday < 5
        assert 9 * 60 <= minute <= 16 * 60 + 30


def test_an_institution_without_an_offer_is_suggested_if_somebody_could_answer(offer, bruno, lisbon, tokyo):
    run = ranked(offer)
    assert run.figures["institutions"] == 1
    suggestion = offer.suggestions.get()
    assert (suggestion.partner_institution, suggestion.partner_offer) == (lisbon, None)
    said = {reason["name"]: reason["text"] for reason in words.reasons_of(suggestion)}
    assert said["language"] == "They teach in English"
    assert said["hours"].startswith("If they keep office hours, at least")
    assert "weeks" not in said  # nothing is known of their dates
    assert "size" not in said


def test_a_near_miss_names_what_is_missing_and_the_nearest_fix(offer, theirs):
    theirs.languages.update(tag="pt")
    ranked(offer)
    suggestion = offer.suggestions.get()
    assert suggestion.near_miss
    assert words.obstacles_of(suggestion) == ["You share no language; theirs: Portuguese."]
    assert words.fix_of(suggestion) == "Adding Portuguese B2 to your offer would do."


@pytest.mark.parametrize(
    ("change", "obstacle", "fix"),
    [
        ({"hours": WeekHours.daily("00:00", "04:00", range(5))}, "In no week do you share a start", "hours"),
        ({"wanted_countries": ["JP"]}, "You are not what they look for: India.", "Ask them whether"),
        ({"wanted_kinds": ["vet"]}, "You are not what they look for: Higher-education institution.", "Ask them"),
    ],
)
def test_near_misses_in_words(offer, theirs, change, obstacle, fix):
    for name, value in change.items():
        setattr(theirs, name, value)
    theirs.save()
    ranked(offer)
    suggestion = offer.suggestions.get()
    assert words.obstacles_of(suggestion)[0].startswith(obstacle)
    assert fix in words.fix_of(suggestion)


def near_miss_in_words(own, theirs) -> tuple[list[str], str]:
    (miss,) = near_misses(own, [theirs])
    suggestion = Suggestion(reasons=suggestions.reasons_of(miss), near_miss=True, partner_offer_id=2)
    return words.obstacles_of(suggestion), words.fix_of(suggestion)


def test_hours_that_a_clock_change_takes_are_told_with_what_would_help():
    tuesday = facts.asha(hours=WeekHours.from_ranges([(1, "13:30", "15:00")]))
    lisbon = facts.bruno(hours=WeekHours.from_ranges([(1, "09:00", "12:00")]))
    told, fix = near_miss_in_words(tuesday, lisbon)
    assert told == ["No shared start for 60 minutes survives the clock change in Lisbon on 25 October 2026."]
    assert fix == "Moving your hours on Tuesday 1 h later gives 2 shared starts in every week."
    # It is true: one hour later there are two starts before the change and after it.
    (match,) = rank(facts.asha(hours=WeekHours.from_ranges([(1, "14:30", "16:00")])), [lisbon])
    assert match.starts == 2
    never = facts.asha(hours=WeekHours.from_ranges([(1, "02:00", "04:00")]))
    told, fix = near_miss_in_words(never, lisbon)
    assert told == ["In no week do you share a start for 60 minutes."]
    assert fix.startswith("Offering ") and fix.endswith("shared starts in every week.")


def test_what_a_fix_leaves_is_said_and_new_weeks_have_hours():
    later = facts.bruno(first=dt.date(2027, 2, 1), last=dt.date(2027, 4, 30))
    told, fix = near_miss_in_words(facts.asha(), later)
    assert told == ["You have no weeks in common."] and fix.startswith("Starting ") and fix.endswith("would do.")
    assert near_miss_in_words(facts.asha(hours=WeekHours.daily("02:00", "03:00")), later) == (told, "")
    told, fix = near_miss_in_words(facts.asha(wanted_kinds=frozenset({"vet"})), facts.bruno(languages={"pt": "B2"}))
    assert len(told) == 2 and fix == "Adding Portuguese B2 to your offer would do. The other point remains."


def test_a_wish_on_the_mode_is_named():
    told, fix = near_miss_in_words(facts.asha(wanted_modes=frozenset({"blended"})), facts.bruno())
    assert told == ["The mode is not what one side looks for: Fully virtual."]
    assert fix == "Adding this to your wishes would do: Fully virtual."


def test_dates_a_little_apart_are_a_near_miss(offer, theirs):
    theirs.starts = offer.ends + dt.timedelta(days=10)
    theirs.ends = theirs.starts + dt.timedelta(weeks=6)
    theirs.save()
    ranked(offer)
    suggestion = offer.suggestions.get()
    assert words.obstacles_of(suggestion) == ["You have no weeks in common."]


@pytest.mark.parametrize("what", ["draft", "own", "full", "far", "suspended"])
def test_who_is_no_candidate(offer, theirs, pune, tokyo, what):
    if what == "draft":
        theirs.status = OfferStatus.CLOSED
    elif what == "own":
        theirs.institution = pune
    elif what == "full":
        PairingFactory(offer=theirs, partner_institution=tokyo, status="accepted")
    elif what == "far":
        theirs.starts += dt.timedelta(days=500)
        theirs.ends += dt.timedelta(days=500)
    else:
        theirs.institution.status = "suspended"
        theirs.institution.save()
    theirs.save()
    ranked(offer)
    assert not offer.suggestions.filter(partner_offer=theirs).exists()


@pytest.mark.embedded
def test_what_was_put_aside_stays_aside_after_the_next_ranking(asha, offer, theirs):
    ranked(offer)
    suggestions.dismiss(actor=asha, suggestion=offer.suggestions.get())
    ranked(offer)
    assert offer.suggestions.get().dismissed_at is not None
    suggestions.restore(actor=asha, suggestion=offer.suggestions.get())
    ranked(offer)
    assert offer.suggestions.get().dismissed_at is None


def test_a_later_result_is_never_overwritten_by_an_earlier_run(offer, theirs):
    early = runs.request_partner_run(actor=None, offer=offer)
    early = runs.claim(worker="a", run_id=early.pk)
    ranked(offer)
    last = offer.suggestions.get().run
    suggestions.carry_out_partner_run(early)
    assert offer.suggestions.get().run == last


def test_ranking_for_a_person_ripples_to_whom_it_found_and_no_further(asha, offer, theirs):
    ranked(offer, asha)
    ripple = Run.objects.get(offer=theirs)
    assert ripple.status == RunStatus.REQUESTED
    run_due_matching()
    ripple.refresh_from_db()
    assert ripple.status == RunStatus.FINISHED
    assert Run.objects.count() == 2
    assert theirs.suggestions.get().partner_offer == offer


def test_a_closed_offer_has_no_suggestions_any_more(offer, theirs):
    ranked(offer)
    offer.status = OfferStatus.CLOSED
    offer.save()
    assert ranked(offer).status == RunStatus.FINISHED
    assert not offer.suggestions.exists()


# The page ------------------------------------------------------------------------------------------------------------


def test_the_page_gives_reasons_a_ribbon_and_what_to_do(sign_in, asha, offer, theirs):
    ranked(offer)
    page = sign_in(asha).get(reverse("suggestion_list", args=[offer.pk])).content.decode()
    for text in ("Rivers and floods", "Both ask for English B2", 'class="ribbon', "Propose a pairing", "Not for us"):
        assert text in page
    assert f"{reverse('pairing_new')}?offer={offer.pk}&amp;with={theirs.pk}" in page


def test_not_for_us_and_back(sign_in, asha, offer, theirs):
    ranked(offer)
    suggestion = offer.suggestions.get()
    browser = sign_in(asha)
    browser.post(reverse("suggestion_dismiss", args=[suggestion.pk]))
    page = browser.get(reverse("suggestion_list", args=[offer.pk])).content.decode()
    assert "Propose a pairing" not in page
    assert "Take it back" in page
    browser.post(reverse("suggestion_restore", args=[suggestion.pk]))
    assert "Propose a pairing" in browser.get(reverse("suggestion_list", args=[offer.pk])).content.decode()


def test_the_state_of_the_run_survives_a_reload(sign_in, asha, offer):
    browser = sign_in(asha)
    browser.post(reverse("suggestion_refresh", args=[offer.pk]))
    run = Run.objects.get()
    run = runs.claim(worker="a", run_id=run.pk)
    runs.report(run, percent=50)
    for name in ("suggestion_list", "suggestion_run"):
        answer = browser.get(reverse(name, args=[offer.pk]))
        assert 'value="50"' in answer.content.decode()
        assert "HX-Refresh" not in answer
    with runs.finishing(run, figures={"offers": 3, "institutions": 2}):
        pass
    answer = browser.get(reverse("suggestion_run", args=[offer.pk]))
    assert answer["HX-Refresh"] == "true"
    assert "from 3 offers; institutions without an offer: 2." in answer.content.decode()


def test_others_see_nothing_of_it(sign_in, bruno, chie, emil, root, client, offer, theirs):
    ranked(offer)
    suggestion = offer.suggestions.get(partner_offer=theirs)
    for person in (bruno, chie, emil, root):
        browser = sign_in(person)
        for name in ("suggestion_list", "suggestion_run"):
            assert browser.get(reverse(name, args=[offer.pk])).status_code == 404
        assert browser.post(reverse("suggestion_refresh", args=[offer.pk])).status_code == 404
        for name in ("suggestion_dismiss", "suggestion_restore"):
            assert browser.post(reverse(name, args=[suggestion.pk])).status_code == 404
    assert client.get(reverse("suggestion_list", args=[offer.pk])).status_code == 302
    assert not Suggestion.objects.filter(dismissed_at__isnull=False).exists()


@pytest.mark.parametrize("count", [1, 20])
def test_the_page_takes_as_many_queries_for_one_as_for_twenty(sign_in, asha, offer, django_assert_num_queries, count):
    for number in range(count):
        OfferFactory(institution=InstitutionFactory(city=f"City {number}"))
    ranked(offer)
    browser = sign_in(asha)
    with django_assert_num_queries(10):
        page = browser.get(reverse("suggestion_list", args=[offer.pk]))
    assert len(page.context["offers"]) == count


@pytest.mark.parametrize("count", [1, 30])
def test_gathering_facts_takes_as_many_queries_for_one_as_for_thirty(offer, django_assert_num_queries, count):
    for _ in range(count):
        OfferFactory(institution=InstitutionFactory())
    with django_assert_num_queries(4):
        assert len(suggestions.facts_of_offers(suggestions.open_offers_for(offer))) == count


# Runs ----------------------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_asking_twice_makes_one_run(asha, offer):
    assert runs.request_partner_run(actor=asha, offer=offer) == runs.request_partner_run(actor=asha, offer=offer)


def test_a_run_is_claimed_by_one_worker(asha, offer):
    run = runs.request_partner_run(actor=asha, offer=offer)
    assert runs.claim(worker="a", run_id=run.pk).attempts == 1
    assert runs.claim(worker="b", run_id=run.pk) is None
    assert runs.claim(worker="b") is None


def test_a_dead_workers_run_starts_again_and_the_dead_one_writes_nothing(asha, offer, theirs):
    run = runs.request_partner_run(actor=asha, offer=offer)
    dead = runs.claim(worker="a", run_id=run.pk)
    Run.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    run_due_matching()
    run.refresh_from_db()
    assert (run.status, run.attempts) == (RunStatus.FINISHED, 2)
    with pytest.raises(runs.LostRunError):
        suggestions.carry_out_partner_run(dead)
    assert offer.suggestions.count() == 1


def test_a_run_whose_workers_die_each_time_is_given_up(asha, offer):
    run = runs.request_partner_run(actor=asha, offer=offer)
    for _ in range(runs.ATTEMPTS):
        assert runs.claim(worker="a", run_id=run.pk)
        Run.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert runs.claim(worker="a", run_id=run.pk) is None
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED


def test_a_run_that_breaks_is_tried_three_times_with_pauses(asha, offer):
    run = runs.request_partner_run(actor=asha, offer=offer)
    for attempt in (1, 2, 3):
        claimed = runs.claim(worker="a", run_id=run.pk)
        assert claimed.attempts == attempt
        runs.fail(claimed, error="broke")
        assert runs.claim(worker="a", run_id=run.pk) is None  # pausing, or given up
        Run.objects.filter(status=RunStatus.REQUESTED).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    run.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.FAILED, "broke")
