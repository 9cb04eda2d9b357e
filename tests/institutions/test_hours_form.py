"""Weekly hours in a form: ticked or typed, kept when refused, never a crash on what strangers send."""

import pytest
from django import forms
from django.http import QueryDict
from django.utils.html import conditional_escape

from institutions.forms.hours import HoursField, parse_stretches
from institutions.hours import WeekHours


class HoursForm(forms.Form):
    hours = HoursField(label="Hours")


class LooseForm(forms.Form):
    hours = HoursField(label="Hours", required=False)


def sent(**fields) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, values in fields.items():
        data.setlist(name, values if isinstance(values, list) else [values])
    return data


def test_ticked_boxes_become_hours():
    form = HoursForm(sent(hours=["16", "17", "335"]))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["hours"] == WeekHours.from_slots([16, 17, 335])


def test_nothing_ticked():
    assert HoursForm(sent()).errors == {"hours": ["Choose at least one half-hour."]}
    form = LooseForm(sent())
    assert form.is_valid()
    assert form.cleaned_data["hours"] == WeekHours()


def test_typed_hours_take_the_place_of_the_ticked_ones_of_that_day_only():
    form = HoursForm(sent(hours=["16", "64"], hours_0="14:00-15:00"))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["hours"] == WeekHours.from_ranges([(0, "14:00", "15:00"), (1, "08:00", "08:30")])


def test_one_line_for_all_weekdays_and_a_day_that_differs():
    form = HoursForm(sent(hours_week="9-12, 14:00-17:30", hours_4="10:00 to 11:00"))
    assert form.is_valid(), form.errors
    week = WeekHours.daily("09:00", "12:00", range(4)) | WeekHours.daily("14:00", "17:30", range(4))
    assert form.cleaned_data["hours"] == week | WeekHours.daily("10:00", "11:00", (4,))


def test_an_evening_that_runs_past_midnight():
    form = HoursForm(sent(hours_6="22:00-01:00"))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["hours"] == WeekHours.from_slots([0, 1, 332, 333, 334, 335])


@pytest.mark.parametrize(
    "text", ["nine to five", "9-9", "25:00-26:00", "9:75-10", "<script>", "9:00-", "\x00", "٩-١٠", "-" * 300]
)
def test_typed_nonsense_is_said_and_kept(text):
    form = HoursForm(sent(hours=["64"], hours_2=text))
    assert not form.is_valid()
    assert "Wednesday" in form.errors["hours"][0]
    page = str(form)
    assert 'value="64" aria-label="Tuesday 08:00 to 08:30, free" checked' in page
    assert conditional_escape(text) in page


@pytest.mark.parametrize("value", ["336", "-1", "x", "1e3", "99999999999999999999", "\x00", "²", ""])
def test_boxes_that_do_not_exist_are_refused(value):
    form = HoursForm(sent(hours=["16", value]))
    assert form.errors == {"hours": ["Choose half-hours from the grid."]}
    assert 'value="16"' in str(form)


def test_what_was_kept_is_ticked_again():
    page = str(HoursForm(initial={"hours": WeekHours.from_slots([17])}))
    assert page.count(" checked") == 1
    assert 'value="17" aria-label="Monday 08:30 to 09:00, free" checked' in page
    assert page.count('type="checkbox"') == 336


def test_whether_anything_changed():
    hours = WeekHours.from_slots([16])
    assert not HoursForm(sent(hours="16"), initial={"hours": hours}).has_changed()
    assert HoursForm(sent(hours="17"), initial={"hours": hours}).has_changed()


def test_the_grid_is_a_group_with_a_name_and_its_error():
    page = str(HoursForm(sent()))
    assert '<fieldset class="field has-error" id="id_hours_group"' in page
    assert 'aria-describedby="id_hours_error"' in page
    assert "<legend>Hours" in page


@pytest.mark.parametrize(
    ("text", "stretches"),
    [
        ("9-12", [("9:00", "12:00")]),
        ("09:00 – 12:30; 14h30-16", [("09:00", "12:30"), ("14:30", "16:00")]),
        ("8 à 10,", [("8:00", "10:00")]),
        ("", []),
    ],
)
def test_ways_to_write_hours(text, stretches):
    assert parse_stretches(text) == stretches
