"""The groups board by keyboard, by mouse, and without a script."""

import pytest

from exchanges.actions import runs
from exchanges.actions.carry_out import carry_out_due_runs
from exchanges.enums import ExchangeStatus
from institutions.hours import WeekHours
from institutions.models import LearnerProfile
from tests.factories.exchange import exchange_of
from tests.factories.group import placed


@pytest.fixture
def exchange(transactional_db, pune, lisbon):
    """Four learners on each side in two groups; nobody shares Zoe's hours, so she has none."""
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.GROUPING, group_size_min=3, group_size_max=4)
    for number in range(4):
        placed(exchange, lisbon)
        enrolment = placed(exchange, pune)
        enrolment.learner.name = ("Aditi", "Bhavya", "Chetan", "Zoe")[number]
        enrolment.learner.save()
    LearnerProfile.objects.create(user=enrolment.learner, hours=WeekHours.from_ranges([(6, "13:00", "14:00")]))
    run = runs.request_group_run(actor=None, exchange=exchange)
    assert carry_out_due_runs(worker="test", run_id=run.pk) == 1
    return exchange


def number_of(exchange, name):
    return exchange.enrolments.get(learner__name=name).group.number


def test_a_card_moves_by_keyboard_and_by_mouse_and_the_score_follows(exchange, bruno, at_desk, accessible):
    desk = at_desk(bruno)
    page = desk.open(f"/exchanges/{exchange.pk}/groups/")
    accessible(page, minor=True)
    said, zoe = page.locator("[data-said]"), page.locator('[data-name="Zoe"]')
    home = number_of(exchange, "Aditi")
    column = page.locator(f"#column-{home}")
    before = column.locator("[data-fit]").get_attribute("data-fit")

    zoe.locator("[data-grip]").focus()
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('[data-said]').textContent.includes('Zoe picked up')")
    page.locator(f"#column-{home} [data-preview]").wait_for()
    assert "shared hours" in column.locator("[data-preview]").inner_text()
    accessible(page, minor=True)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert "Cancelled" in said.inner_text()
    page.keyboard.press("Enter")
    for _ in range(home):
        page.keyboard.press("ArrowRight")
    assert f"Zoe → Group {home}" in said.inner_text()
    page.keyboard.press("Enter")
    page.locator(f"#column-{home} [data-broken]").wait_for()
    assert "No hour suits all" in said.inner_text()
    assert column.locator("[data-fit]").get_attribute("data-fit") != before
    assert page.evaluate("document.activeElement.closest('[data-card]').dataset.name") == "Zoe"
    assert number_of(exchange, "Zoe") == home
    accessible(page, minor=True)

    page.keyboard.press("Control+z")
    page.locator("#column-none [data-name='Zoe']").wait_for()
    assert column.locator("[data-fit]").get_attribute("data-fit") == before
    page.get_by_role("button", name="Redo").click()
    page.locator(f"#column-{home} [data-name='Zoe']").wait_for()

    other = 3 - home
    aditi = page.locator("[data-name='Aditi']").bounding_box()
    target = page.locator(f"#column-{other} h2").bounding_box()
    page.mouse.move(aditi["x"] + 90, aditi["y"] + 12)
    page.mouse.down()
    page.mouse.move(target["x"] + 20, target["y"] + 10, steps=8)
    page.mouse.up()
    page.locator(f"#column-{other} [data-name='Aditi']").wait_for()
    assert number_of(exchange, "Aditi") == other
    page.get_by_text("people are elsewhere than proposed").click()
    page.get_by_role("button", name="Back to the proposal").click()
    page.get_by_text("All groups are as they were proposed").wait_for()
    assert number_of(exchange, "Aditi") == home


def test_the_board_works_without_a_script(exchange, bruno, at_desk):
    desk = at_desk(bruno, javascript=False, width=390)
    page = desk.open(f"/exchanges/{exchange.pk}/groups/")
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.get_by_role("checkbox", name="Zoe").check()
    move = page.locator("#board-move").bounding_box()
    assert move["y"] + move["height"] <= 900  # once somebody is ticked the form is at hand, without scrolling
    page.get_by_label("Move the ticked to").select_option("Group 1")
    page.locator("#board-move button").click()
    page.wait_for_load_state()
    assert "No hour suits all" in page.locator("#column-1").inner_text()
    assert page.get_by_role("button", name="Move Zoe").count() == 0
    page.get_by_role("button", name="Undo").click()
    page.locator("#column-none [data-name='Zoe']").wait_for()
