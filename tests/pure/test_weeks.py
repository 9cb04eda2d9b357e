"""Weeks that look alike on the clock really are."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from exchanges.catalogue.weeks import same_week
from institutions.hours import WeekHours, get_zone, monday_of, utc_starts
from institutions.ribbon import week_cells

ZONES = [
    "Europe/Lisbon",
    "Asia/Kolkata",
    "Pacific/Chatham",
    "America/New_York",
    "Australia/Lord_Howe",
    "UTC",
    "Asia/Kathmandu",
]
DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2028, 12, 31)).map(monday_of)
HOURS = st.sets(st.integers(0, 335), min_size=1, max_size=30).map(WeekHours.from_slots)


@given(HOURS, st.sampled_from(ZONES), st.sampled_from(ZONES), DAYS)
def test_same_week(hours, zone, viewer, monday):
    other, week = same_week(zone, monday, viewer)
    if (other, week) != (zone, monday):
        seen = [week_cells(hours, get_zone(z), get_zone(viewer), m) for z, m in ((zone, monday), (other, week))]
        assert seen[0] == seen[1]


@given(HOURS, st.sampled_from(ZONES), DAYS, st.sampled_from([30, 60, 90]))
def test_same_week_in_utc(hours, zone, monday, minutes):
    other, week = same_week(zone, monday)
    assert utc_starts(hours, zone, monday, minutes) == utc_starts(hours, other, week, minutes)
