"""What intake pages show to whom, and how many queries they take."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from exchanges.actions import intakes, marks
from exchanges.enums import IntakeStatus
from exchanges.models import Intake
from tests.factories.enrolment import learner_of
from tests.factories.exchange import ExchangeFactory
from tests.factories.intake import allocated, chosen, intake_of, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def water(lisbon, pune):
    return ExchangeFactory(host=lisbon, institutions=[lisbon, pune], places=1, covered=True, title="Water")


def text(browser, name, *args) -> str:
    answer = browser.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_coordinator_prepares_an_intake_by_forms(sign_in, bruno, lisbon, water):
    browser = sign_in(bruno)
    closes = timezone.now() + dt.timedelta(days=20)
    form = {"title": "Spring", "institution": lisbon.pk, "zone": "Europe/Lisbon", "closes_on": f"{closes:%Y-%m-%d}"}
    form |= {"closes_at": "18:00", "max_choices": 3, "confirm_days": 5, "tolerance": ""}
    answer = browser.post(reverse("intake_new"), form | {"closes_at": ""})
    assert b"This field is required" in answer.content
    browser.post(reverse("intake_new"), form)
    intake = Intake.objects.get()
    assert intake.closes.astimezone(intake.tz).hour == 18
    picked = {"listed": [water.pk], "exchanges": [water.pk]}
    browser.post(reverse("intake_exchanges", args=[intake.pk]), picked)
    entry = intake.entries.get()
    rules = {"minimum": 1, "never_abroad": 1, "fewer_opportunities": 0, "countries": "Portugal 3\nAtlantis 4"}
    address = reverse("intake_rules", args=[intake.pk, entry.pk])
    assert "is no country" in browser.post(address, rules).content.decode()
    rules["countries"] = "Portugal 3"
    rules |= {"label_1": "Nominated", "addresses_1": "nobody@lisbon.example"}
    assert "No learner of the participating" in browser.post(address, rules).content.decode()
    rules["addresses_1"] = learner_of(lisbon).email
    assert browser.post(address, rules).status_code == 302
    assert entry.quotas.get().country == "PT"
    assert browser.post(reverse("intake_open", args=[intake.pk])).status_code == 302
    intake.refresh_from_db()
    assert intake.status == IntakeStatus.OPEN
    assert "On the clock of Lisbon." in text(browser, "intake_edit", intake.pk)


def test_names_stay_with_their_own_coordinators(sign_in, water, lisbon, pune, bruno, asha, root):
    intake = intake_of(water, institution=lisbon)
    here, there = learner_of(lisbon, name="Learner Here"), learner_of(pune, name="Learner There")
    for learner in (here, there):
        chosen(intake, learner, water)
    published(intake)
    for name in ("intake_places", "intake_csv"):
        mine = text(sign_in(bruno), name, intake.pk)
        assert "Learner Here" in mine and "Learner There" not in mine and there.email not in mine
        theirs = text(sign_in(asha), name, intake.pk)
        assert "Learner There" in theirs and "Learner Here" not in theirs and lisbon.name not in theirs.split("<h1")[-1]
        everybody = text(sign_in(root), name, intake.pk)
        assert "Learner Here" in everybody and "Learner There" in everybody


def test_a_result_is_hers_alone_and_says_why(sign_in, water, lisbon, bruno):
    intake = intake_of(water, institution=lisbon, status=IntakeStatus.DRAFT)
    intake.entries.update(never_abroad=1)
    intake = intakes.open_intake(actor=bruno, intake=intake)
    marked, other = learner_of(lisbon, name="Marked Person"), learner_of(lisbon, name="Other Person")
    for learner in (marked, other):
        chosen(intake, learner, water)
    marks.set_marks(actor=marked, intake=intake, marks=["never_abroad"], consent=True)
    assert sign_in(other).get(reverse("intake_result", args=[intake.pk])).status_code == 404
    allocated(intake)
    assert sign_in(other).get(reverse("intake_result", args=[intake.pk])).status_code == 404  # under review
    root_pages = text(sign_in(bruno), "intake_review", intake.pk)
    assert "Marked Person" not in root_pages
    intakes.publish(actor=bruno, intake=intake)
    page = text(sign_in(other), "intake_result", intake.pk)
    assert "You are on the waiting list" in page and "Marked Person" not in page
    assert "number 1" in page and str(intake.seed) in page
    assert "You have a place" in text(sign_in(marked), "intake_result", intake.pk)


def test_choices_need_no_script(sign_in, water, lisbon, pune, emil):
    light = ExchangeFactory(host=lisbon, institutions=[lisbon, pune], places=1, covered=True, title="Light")
    intake = intake_of(water, light, institution=lisbon, max_choices=2)
    a, b = (intake.entries.get(exchange=exchange).pk for exchange in (water, light))
    browser, address = sign_in(emil), reverse("intake_choices", args=[intake.pk])
    browser.post(address, {"do": f"add {a}"})
    browser.post(address, {"choice": [a], "do": f"add {b}"})
    browser.post(address, {"choice": [a, b], "do": f"up {b}"})
    mine = emil.choice_lists.get()
    assert mine.draft == [b, a]
    assert "Your list is full" in browser.post(address, {"choice": [a, b], "do": "add 999"}).content.decode()
    part = browser.post(address, {"choice": [b, a], "do": f"down {b}"}, headers={"HX-Request": "true"})
    assert b"<html" not in part.content and b"It is choice 2 of 2 now." in part.content
    browser.post(address, {"choice": [a, b], "do": "submit"})
    assert list(mine.choices.values_list("entry", flat=True)) == [a, b]


@pytest.mark.parametrize("count", [1, 6])
def test_pages_take_as_many_queries_for_one_as_for_six(
    sign_in, lisbon, pune, bruno, emil, django_assert_max_num_queries, count
):
    exchanges = [
        ExchangeFactory(host=lisbon, institutions=[lisbon, pune], places=2, covered=True) for _ in range(count)
    ]
    intake = intake_of(*exchanges, institution=lisbon)
    for _ in range(count):
        chosen(intake, learner_of(lisbon), *exchanges[:5])
    chosen(intake, emil, *exchanges[:1])
    browser, learner = sign_in(bruno), sign_in(emil)
    published(intake)
    counted = {"intake_list": 10, "intake_detail": 20, "intake_review": 20, "intake_places": 20, "intake_exchanges": 16}
    for name, most in counted.items():
        args = [] if name == "intake_list" else [intake.pk]
        with django_assert_max_num_queries(most):
            browser.get(reverse(name, args=args))
    with django_assert_max_num_queries(16):
        learner.get(reverse("intake_result", args=[intake.pk]))
