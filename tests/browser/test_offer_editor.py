"""Posting an offer in Chromium: with scripts and without, with the keyboard, in two tabs."""

import datetime as dt

import pytest

from exchanges.actions import offers
from exchanges.enums import Format
from exchanges.models import Offer
from tests.factories.offers import OfferFactory

pytestmark = [pytest.mark.django_db(transaction=True)]


def day(ahead: int) -> str:
    return (dt.date.today() + dt.timedelta(days=ahead)).isoformat()


def fill_what(page, title: str) -> None:
    page.get_by_label("Title").fill(title)
    page.get_by_label("Summary").fill("Mixed teams compare two rivers.")
    page.get_by_label("Description", exact=True).fill("We **meet** and compare.")
    page.get_by_label("Learning outcomes").fill("Compare two basins")
    page.get_by_label("Field of study").select_option("0731")
    page.get_by_label("EQF level").select_option("6")


def fill_rest(desk, page) -> None:
    page.get_by_label("Starts").fill(day(60))
    page.get_by_label("Ends").fill(day(101))
    page.get_by_text("Or type the hours").click()
    page.get_by_label("Monday to Friday", exact=True).fill("14:00-18:00")
    page.get_by_label("ECTS credits").fill("2")
    desk.press("Save and continue")
    page.get_by_label("Language 1").select_option("en")
    page.get_by_label("Places for your own learners").fill("25")
    page.get_by_label("Places for each partner's learners").fill("20")
    page.get_by_label("From these countries").fill("Portugal, Brazil")
    desk.press("Save and continue")
    page.get_by_label("Live sessions have captions").check()
    page.get_by_label("Partners reply by").fill(day(30))
    desk.press("Save and continue")


@pytest.mark.parametrize("javascript", [True, False], ids=["with-scripts", "without"])
def test_a_coordinator_posts_an_offer(at_desk, asha, accessible, javascript):
    desk = at_desk(asha, javascript=javascript)
    page = desk.open("/offers/new/")
    page.get_by_label("COIL module").check()
    desk.press("Begin the draft")
    desk.press("Save and continue")
    assert "problem" in desk.text()
    fill_what(page, "Two rivers, one studio")
    desk.press("Show how the description looks")
    assert page.locator("#preview strong").inner_text() == "meet"
    desk.press("Save and continue")
    fill_rest(desk, page)
    assert "Everything is there" in desk.text()
    if javascript:
        accessible(page)
    desk.press("Publish")
    offer = Offer.objects.get()
    assert page.url.endswith(offer.get_absolute_url())
    assert (offer.status, offer.weeks, offer.wanted_countries) == ("published", 6, ["PT", "BR"])
    assert "Two rivers, one studio" in at_desk().open("/offers/").locator("main").inner_text()


def test_enter_in_a_field_saves_the_step(at_desk, asha, pune):
    offer = offers.create_offer(actor=asha, institution=pune, format=Format.COIL)
    page = at_desk(asha).open(f"/offers/{offer.pk}/edit/what/")
    fill_what(page, "By keyboard")
    page.get_by_label("Title").press("Enter")
    page.wait_for_url("**/edit/when/")


def test_a_draft_saves_itself_and_a_second_tab_overwrites_nothing(at_desk, asha, pune, wait_until):
    offer = offers.create_offer(actor=asha, institution=pune, format=Format.COIL)
    first, second = at_desk(asha), at_desk(asha)
    one, two = (desk.open(f"/offers/{offer.pk}/edit/what/") for desk in (first, second))
    one.get_by_label("Title").fill("Typed in the first tab")
    wait_until(lambda: offers.typed_of(Offer.objects.get(), "what"))
    one.locator("[data-autosave-status][data-state=saved]").wait_for()
    two.get_by_label("Title").fill("Typed in the second tab")
    two.get_by_text("Saved elsewhere meanwhile").wait_for()
    second.press("Save and continue")
    assert "Typed in the first tab" in second.text()
    assert two.get_by_label("Title").input_value() == "Typed in the second tab"
    assert (
        at_desk(asha).open(f"/offers/{offer.pk}/edit/").get_by_label("Title").input_value() == "Typed in the first tab"
    )


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_editors_pages_are_accessible(at_desk, asha, pune, accessible, width, dark):
    draft = offers.create_offer(actor=asha, institution=pune, format=Format.BIP)
    published = OfferFactory(institution=pune)
    offers.edit_offer(actor=asha, offer=published, changes={"title": "Another title"})
    desk = at_desk(asha, width=width, dark=dark)
    steps = [f"/offers/{draft.pk}/edit/{step}/" for step in ("what", "when", "who", "how", "review")]
    more = [f"/offers/{draft.pk}/discard/", f"/offers/{published.pk}/close/", f"/offers/{published.pk}/history/"]
    for path in (*steps, *more, "/my/offers/", "/my/offers/?list=ended", "/offers/new/"):
        page = desk.open(path)
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    page = desk.open(steps[0])
    desk.press("Save and continue")
    accessible(page)
