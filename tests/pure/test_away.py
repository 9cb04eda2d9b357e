"""Exceptions to weekly hours against a minute-by-minute reading of the same rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from institutions import hours as clock
from institutions.away import (
    heat_of_week,
    hours_of_week,
    how_many_away,
    is_free,
    merged,
    stretches_of_days,
    usual_hours,
)
from institutions.hours import ALL_WEEK, WeekHours
from tests.pure.test_hours import AUTUMN_LISBON, SPRING_LISBON, blocks, some_days, zones

# A busy machine is no fault of what is tested.
calm = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
offsets = st.integers(-4000, 24000)
stretch_lists = st.lists(st.tuples(offsets, st.integers(1, 3000)), max_size=5)


def stretches(day: date, rows) -> list[tuple[datetime, datetime]]:
    midnight = datetime.combine(day, time(), UTC)
    return [(midnight + timedelta(minutes=a), midnight + timedelta(minutes=a + n)) for a, n in rows]


def free_by_walking(hours, zone, away, start: datetime, minutes: int) -> bool:
    tz = ZoneInfo(zone)
    for n in range(minutes):
        instant = start + timedelta(minutes=n)
        local = instant.astimezone(tz)
        if local.weekday() * 48 + local.hour * 2 + local.minute // 30 not in hours:
            return False
        if any(begin < instant + timedelta(minutes=1) and instant < end for begin, end in away):
            return False
    return True


def start_of(zone: str, monday: date, slot: int) -> datetime | None:
    """The first instant at which the zone's clock shows that half-hour; None where it is skipped."""
    wall = datetime.combine(monday + timedelta(days=slot // 48), time(slot % 48 // 2, slot % 2 * 30))
    instant = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return instant if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall else None


@calm
@given(blocks, zones, some_days, stretch_lists)
def test_a_week_net_of_exceptions(hours, zone, day, rows):
    monday = clock.monday_of(day)
    away = merged(stretches(monday, rows))
    left = hours_of_week(hours, zone, away, monday)
    for slot in range(0, 336, 3):
        start = start_of(zone, monday, slot)
        assert (slot in left) == (start is not None and free_by_walking(hours, zone, away, start, 30))


@calm
@given(blocks, zones, some_days, stretch_lists, st.integers(0, 20000), st.sampled_from([1, 30, 90, 100]))
def test_whether_a_session_is_free(hours, zone, day, rows, after, minutes):
    away = merged(stretches(day, rows))
    start = datetime.combine(day, time(), UTC) + timedelta(minutes=after // 15 * 15)
    # A session holds whole quarters of an hour.
    expected = free_by_walking(hours, zone, (), start, -(-minutes // 15) * 15) and free_by_walking(
        ALL_WEEK, zone, away, start, minutes
    )
    assert is_free(hours, zone, away, start, minutes) == expected


@calm
@given(st.lists(stretch_lists, max_size=4), some_days, st.lists(st.integers(0, 600), min_size=1, max_size=6))
def test_how_many_are_away_at_each_session(lists, day, quarters):
    starts = [datetime.combine(day, time(), UTC) + timedelta(minutes=15 * n) for n in quarters]
    people = [merged(stretches(day, rows)) for rows in lists]
    assert how_many_away(people, starts, 50) == [
        sum(not is_free(ALL_WEEK, "UTC", away, start, 50) for away in people) for start in starts
    ]


@calm
@given(stretch_lists, some_days)
def test_merged_stretches_are_apart_in_order_and_cover_the_same(rows, day):
    given_ = stretches(day, rows)
    away = merged(given_)
    assert all(a[1] < b[0] for a, b in pairwise(away))
    assert merged(away) == away
    for start, end in given_:
        assert any(a <= start and end <= b for a, b in away)
    edges = {edge for pair in given_ for edge in pair}
    assert {edge for pair in away for edge in pair} <= edges


@calm
@given(st.lists(st.tuples(blocks, zones, stretch_lists), min_size=1, max_size=3), zones, some_days)
def test_heat_counts_who_is_free_in_the_viewers_half_hours(members, zone, day):
    monday = clock.monday_of(day)
    people = [(hours, where, merged(stretches(monday, rows))) for hours, where, rows in members]
    counts = heat_of_week(people, zone, monday)
    for slot in range(0, 336, 5):
        start = start_of(zone, monday, slot)
        if start is None:
            assert counts[slot] is None
        else:
            assert counts[slot] == sum(free_by_walking(*each, start, 30) for each in people)


def test_of_an_hour_that_happens_twice_the_map_shows_the_first():
    first_hour = (WeekHours.from_ranges([(6, "00:00", "01:00")]), "UTC", ())
    assert heat_of_week([first_hour], "Europe/Lisbon", date(2026, 10, 19))[6 * 48 :][:6] == [0, 0, 1, 1, 0, 0]
    assert heat_of_week([first_hour], "Europe/Lisbon", date(2026, 3, 23))[6 * 48 :][:6] == [1, 1, None, None, 0, 0]


@pytest.mark.parametrize(
    ("zone", "first", "last", "hours"),
    [
        ("Europe/Lisbon", SPRING_LISBON, SPRING_LISBON, 23),
        ("Europe/Lisbon", AUTUMN_LISBON, AUTUMN_LISBON, 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), date(2026, 4, 5), 24.5),
        ("Africa/Cairo", date(2026, 4, 24), date(2026, 4, 24), 23),  # begins at 01:00: midnight is skipped
        ("Asia/Kathmandu", date(2026, 10, 17), date(2026, 10, 26), 240),
    ],
)
def test_days_away_are_as_long_as_the_clock_makes_them(zone, first, last, hours):
    ((start, end),) = stretches_of_days(zone, first, last)
    assert end - start == timedelta(hours=hours)
    assert start.astimezone(ZoneInfo(zone)).date() == first
    assert (start - timedelta(minutes=1)).astimezone(ZoneInfo(zone)).date() == first - timedelta(days=1)
    assert end.astimezone(ZoneInfo(zone)).date() == last + timedelta(days=1)


def test_hours_of_each_day_follow_the_clock():
    found = stretches_of_days("Europe/Lisbon", date(2026, 3, 27), date(2026, 3, 30), time(1, 30), time(12))
    assert [(start.hour, start.minute, end.hour) for start, end in found] == [
        (1, 30, 12),
        (1, 30, 12),
        (1, 0, 11),  # 01:30 is skipped: from 02:00 on the new clock
        (0, 30, 11),
    ]
    twice = stretches_of_days("Europe/Lisbon", AUTUMN_LISBON, AUTUMN_LISBON, time(1, 30), time(1, 45))
    assert [end - start for start, end in twice] == [timedelta(minutes=75)]
    assert stretches_of_days("Europe/Lisbon", SPRING_LISBON, SPRING_LISBON, time(1), time(1, 30)) == []
    with pytest.raises(ValueError, match="before"):
        stretches_of_days("UTC", date(2026, 1, 2), date(2026, 1, 1))


def test_usual_hours_forgive_one_week_in_four_and_no_more():
    monday_ten = WeekHours.from_ranges([(0, "10:00", "11:00")])
    first, last = (
        date(2026, 9, 7),
        date(2026, 11, 1),
    )  # eight weeks, the clock changes before the last Monday's week ends

    def busy(*weeks):
        return merged(
            stretch
            for week in weeks
            for stretch in stretches_of_days(
                "Europe/Lisbon", *[first + timedelta(weeks=week)] * 2, time(10, 15), time(10, 20)
            )
        )

    def usual(*weeks):
        return usual_hours(monday_ten, "Europe/Lisbon", busy(*weeks), first, last)

    assert usual(0, 7) == monday_ten
    assert usual(0, 1, 7) == WeekHours.from_ranges([(0, "10:30", "11:00")])
    assert usual_hours(monday_ten, "Europe/Lisbon", busy(0), first, first) == WeekHours.from_slots([21])
    # A day that the period doesn't have stays.
    assert usual_hours(monday_ten, "Europe/Lisbon", busy(0), date(2026, 9, 8), date(2026, 9, 9)) == monday_ten


@calm
@given(blocks, zones, some_days, st.integers(0, 40), stretch_lists)
def test_usual_hours_by_counting_weeks(hours, zone, first, length, rows):
    last = first + timedelta(days=length)
    away = merged(stretches(first, rows))
    usual = usual_hours(hours, zone, away, first, last)
    for slot in range(0, 336, 4):
        seen = []
        for n in range(length + 1):
            day = first + timedelta(days=n)
            if day.weekday() == slot // 48:
                start = start_of(zone, clock.monday_of(day), slot)
                seen += [] if start is None else [free_by_walking(ALL_WEEK, zone, away, start, 30)]
        assert (slot in usual) == (slot in hours and sum(seen) >= 0.75 * len(seen))
