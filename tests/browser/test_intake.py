"""An intake in Chromium: one learner ranks by keyboard, another without scripts; the coordinator publishes."""

import pytest
from django.urls import reverse

from exchanges.enums import IntakeStatus, PlacementStatus
from exchanges.models import ChoiceList
from tests.factories.enrolment import learner_of
from tests.factories.exchange import ExchangeFactory
from tests.factories.intake import intake_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def ranked(desk) -> list[str]:
    return desk.page.locator(".ranking b").all_inner_texts()


def submitted(learner) -> list[str]:
    choices = ChoiceList.objects.get(learner=learner).choices.order_by("rank")
    return [str(choice.entry.exchange) for choice in choices.select_related("entry__exchange")]


def test_learners_rank_the_coordinator_publishes_and_a_place_is_confirmed(
    at_desk, live_worker, wait_until, accessible, lisbon, pune, bruno, emil
):
    exchanges = [
        ExchangeFactory(host=lisbon, institutions=[lisbon, pune], places=1, covered=True, title=title)
        for title in ("Light", "Stone", "Water")
    ]
    intake = intake_of(*exchanges, institution=lisbon)
    choosing, result = (reverse(name, args=[intake.pk]) for name in ("intake_choices", "intake_result"))

    # By keyboard: every step moves a line without a new page, and the focus stays with it.
    learner = at_desk(emil, width=390)
    page = learner.open(choosing)
    for title in ("Light", "Stone", "Water"):
        page.get_by_role("button", name=f"Add : {title}").or_(page.get_by_role("button", name=f"Add: {title}")).press(
            "Enter"
        )
        page.locator(".ranking b", has_text=title).wait_for()
    up = page.get_by_role("button", name="Up: Water")
    up.press("Enter")
    page.get_by_text("It is choice 2 of 3 now.").wait_for(state="attached")
    page.locator(".ranking li[draggable=true]").first.wait_for()  # the script has taken the new list up
    assert page.evaluate("document.activeElement.id") == up.get_attribute("id")
    page.keyboard.press("Alt+ArrowUp")
    page.get_by_text("It is choice 1 of 3 now.").wait_for(state="attached")
    assert ranked(learner) == ["Water", "Light", "Stone"]
    accessible(page)
    page.get_by_role("button", name="Submit my choices").press("Enter")
    page.get_by_text("Submitted. You can change it").wait_for()
    assert submitted(emil) == ["Water", "Light", "Stone"]

    # Without scripts the same buttons do it by whole pages.
    other = learner_of(lisbon)
    plain = at_desk(other, javascript=False)
    page = plain.open(choosing)
    for title in ("Light", "Water"):
        page.get_by_role("button", name=title).first.click()
    page.get_by_role("button", name="Down: Light").click()
    assert ranked(plain) == ["Water", "Light"]
    plain.press("Submit my choices")
    assert submitted(other) == ["Water", "Light"]

    coordinator = at_desk(bruno)
    coordinator.open(reverse("intake_close", args=[intake.pk]))
    coordinator.press("Close the intake")
    coordinator.page.get_by_role("link", name="Publish").wait_for(timeout=60_000)  # the page waits for the worker
    accessible(coordinator.page)
    coordinator.press("Publish")
    accessible(coordinator.page)
    coordinator.press("Publish")
    coordinator.page.get_by_text("Published. Learners are being told").wait_for()
    intake.refresh_from_db()
    assert intake.status == IntakeStatus.PUBLISHED

    learner.open(result)
    accessible(learner.page)
    learner.press("Confirm my place")
    assert "Your place is confirmed" in learner.text()
    assert ChoiceList.objects.get(learner=emil).placement.status == PlacementStatus.CONFIRMED
    assert emil.enrolments.get().status == "placed"
