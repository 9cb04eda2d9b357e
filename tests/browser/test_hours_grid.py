"""The grid of weekly hours by keyboard alone, with the mouse, without a script; and the map that comes of it."""

from playwright.sync_api import expect

from institutions.hours import WeekHours
from institutions.models import LearnerProfile


def stored(user) -> WeekHours:
    return LearnerProfile.objects.get(user=user).hours


def test_hours_by_keyboard_with_ranges_copies_and_fills(at_desk, accessible, emil):
    emil.clock_style, emil.week_start = "12", "0"
    emil.save()
    desk = at_desk(emil)
    page = desk.open("/settings/hours/")
    accessible(page, minor=True)

    def box(words: str):
        return page.get_by_role("checkbox", name=f"{words}, free", exact=True)

    start = box("Monday 8:00 a.m. to 8:30 a.m.")
    start.focus()
    assert page.locator(".hours td input[tabindex='0']").count() == 1  # one stop on the way with Tab
    page.keyboard.press("Space")
    expect(start).to_be_checked()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    expect(box("Monday 9:30 a.m. to 10:00 a.m.")).to_be_focused()
    expect(box("Monday 9:30 a.m. to 10:00 a.m.")).to_be_checked()
    # From Tuesday 8:00 to Wednesday 9:00 with one range.
    page.keyboard.press("ArrowRight")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for key in ("ArrowRight", "ArrowDown", "Shift+Space"):
        page.keyboard.press(key)
    expect(page.locator("[data-total]")).to_have_text("4 hours a week")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")  # and one off again
    expect(page.locator("[data-total]")).to_have_text("3.5 hours a week")
    # Copy Monday to Friday, fill Saturday and clear Wednesday, with the keyboard too.
    page.get_by_label("Copy it to").select_option("Friday")
    page.get_by_role("button", name="Copy", exact=True).press("Enter")
    page.get_by_label("Day", exact=True).select_option("Saturday")
    page.get_by_role("button", name="Fill 8 a.m. to 9:00 p.m.").press("Enter")
    page.get_by_label("Day", exact=True).select_option("Wednesday")
    page.get_by_role("button", name="Clear the day").press("Enter")
    page.get_by_role("button", name="Save").press("Enter")
    page.wait_for_load_state()
    assert stored(emil) == WeekHours.from_ranges(
        [(0, "08:00", "10:00"), (1, "08:00", "08:30"), (4, "08:00", "10:00"), (5, "08:00", "21:00")]
    )


def test_hours_by_mouse_in_a_week_that_begins_on_sunday_and_without_a_script(at_desk, emil):
    emil.clock_style, emil.week_start = "24", "6"
    emil.save()
    desk = at_desk(emil, width=320)
    page = desk.open("/settings/hours/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def cell(words: str):
        return page.locator(f'td:has(input[aria-label="{words}, free"])')

    size = cell("Monday 09:00 to 09:30").bounding_box()
    assert min(size["width"], size["height"]) >= 24
    cell("Sunday 09:00 to 09:30").hover()
    page.mouse.down()
    cell("Monday 10:00 to 10:30").hover()
    page.mouse.up()
    cell("Tuesday 09:00 to 09:30").click()
    cell("Wednesday 10:00 to 10:30").click(modifiers=["Shift"])
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    block = WeekHours.from_ranges((day, "09:00", "10:30") for day in (6, 0, 1, 2))
    assert stored(emil) == block
    plain = at_desk(emil, javascript=False).open("/settings/hours/")
    assert plain.locator("[data-hours-tools]").is_hidden()
    plain.get_by_role("checkbox", name="Sunday 09:00 to 09:30, free").uncheck(force=True)
    plain.get_by_text("Or type the hours").click()
    plain.get_by_label("Thursday", exact=True).fill("14-15")
    plain.get_by_role("button", name="Save").click()
    plain.wait_for_load_state()
    assert stored(emil) == (block | WeekHours.from_ranges([(3, "14:00", "15:00")])) - WeekHours.from_slots([306])
