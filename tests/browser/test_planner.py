"""A series across Lisbon, Pune, Auckland and São Paulo over a clock change, planned with the keyboard alone."""

import datetime as dt

import pytest
from django.utils import timezone

from exchanges.actions.carry_out import carry_out_due_runs
from exchanges.enums import ExchangeStatus
from exchanges.models import Activity
from institutions.hours import clock_changes, local
from tests.factories.exchange import exchange_of
from tests.factories.group import placed
from tests.factories.institution import InstitutionFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_a_rotation_is_picked_and_everybody_sees_it_on_her_own_clock(at_desk, accessible, lisbon, pune, bruno, farah):
    today = timezone.localdate()
    change = clock_changes("Europe/Lisbon", today + dt.timedelta(days=21), today + dt.timedelta(days=250))[0]
    first = change.day - dt.timedelta(days=14)
    others = [
        InstitutionFactory(name="Auckland", slug="auckland", country="NZ", city="Auckland", zone="Pacific/Auckland"),
        InstitutionFactory(name="USP", slug="paulo", country="BR", city="São Paulo", zone="America/Sao_Paulo"),
    ]
    exchange = exchange_of(
        lisbon, pune, *others, status=ExchangeStatus.RUNNING, starts=first, ends=first + dt.timedelta(weeks=6),
        covered=False,
    )  # fmt: skip
    placed(exchange, pune, farah)
    for institution in (lisbon, *others):
        placed(exchange, institution)

    desk = at_desk(bruno)
    page = desk.open(f"/exchanges/{exchange.pk}/plans/new/")
    accessible(page)
    page.get_by_label("Title").fill("Studio")
    page.get_by_label("Weeks", exact=True).fill("4")
    page.keyboard.press("Enter")
    page.get_by_text("Weighing every hour").first.wait_for()
    carry_out_due_runs(worker="test")
    page.get_by_role("heading", name="Proposals").wait_for()  # the page shows itself again
    accessible(page)
    assert page.locator("meter").count() == 3
    rotation = page.get_by_role("link", name="hours in turn")
    rotation.focus()
    assert rotation.evaluate("element => element.matches(':focus-visible')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/take/**")
    accessible(page)
    page.get_by_label("Join link").focus()
    page.keyboard.type("https://meet.lisbon.example/studio")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sessions/**")
    series = exchange.series.get()
    assert series.rotates
    sessions = list(Activity.objects.filter(series=series).order_by("week"))
    assert len(sessions) == 4
    for session in sessions:
        assert local(session.starts_at, "Europe/Lisbon").time() == session.wall_time

    # Hours by hand are weighed while one types, and nothing is settled by that.
    plan = exchange.plans.get()
    page = desk.open(plan.get_absolute_url())
    page.get_by_label("Weekday", exact=True).select_option("2")
    page.get_by_label("Time", exact=True).fill("03:00")
    page.get_by_label("Time", exact=True).press("Tab")
    page.locator("#own").get_by_role("heading", name="The same hour every week").wait_for()
    assert exchange.series.count() == 1

    # Farah in Pune, on a phone and without scripts: her own time per date, and where the change moves it.
    hers = at_desk(farah, width=390, javascript=False, dark=True)
    page = hers.open(f"/exchanges/{exchange.pk}/sessions/")
    text = hers.text()
    for session in sessions:
        assert f"{local(session.starts_at, 'Asia/Kolkata'):%H:%M} Kolkata" in text
    assert "for you, not" in text
    assert "meet.lisbon.example" not in page.content()
