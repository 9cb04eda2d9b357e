"""Weekly hours against slow, obvious readings of the same rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from institutions import hours as clock
from institutions.hours import (
    HUMANE,
    OFFICE,
    AmbiguousTime,
    NonexistentTime,
    Range,
    UnknownZone,
    WeekHours,
)

ZONES = [
    "Asia/Kolkata",
    "Europe/Lisbon",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "Pacific/Honolulu",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Australia/Lord_Howe",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Tokyo",
    "UTC",
]
SPRING_LISBON = date(2026, 3, 29)
AUTUMN_LISBON = date(2026, 10, 25)

zones = st.sampled_from(ZONES)
days = st.dates(date(2025, 1, 1), date(2031, 12, 31))
# Around changes of the clock, where mistakes live.
change_days = st.sampled_from(
    sorted({change.day for zone in ZONES for change in clock.clock_changes(zone, date(2026, 1, 1), date(2028, 12, 31))})
).flatmap(lambda day: st.integers(-8, 3).map(lambda n: day + timedelta(days=n)))
some_days = st.one_of(days, change_days)
slot_sets = st.sets(st.integers(0, 335), max_size=80)
blocks = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 47), st.integers(1, 30)), min_size=1, max_size=8).map(
    lambda rows: WeekHours.from_slots(
        (day * 48 + start + n) % 336 for day, start, length in rows for n in range(length)
    )
)


def free_at(hours: WeekHours, zone: str, instant: datetime) -> bool:
    """The rule itself: the half-hour that the local clock shows is one of theirs."""
    at = instant.astimezone(ZoneInfo(zone))
    return at.weekday() * 48 + at.hour * 2 + at.minute // 30 in hours


def fits(hours: WeekHours, zone: str, start: datetime, minutes: int) -> bool:
    return all(free_at(hours, zone, start + timedelta(minutes=n)) for n in range(0, minutes, 5))


# --- The set ---


@given(slot_sets)
def test_every_form_holds_the_same_half_hours(slots):
    hours = WeekHours.from_slots(slots)
    assert hours.slots() == tuple(sorted(slots))
    assert WeekHours.from_hex(hours.to_hex()) == hours
    assert len(hours.to_hex()) == 84
    assert WeekHours.from_array(hours.array()) == hours
    assert WeekHours.from_ranges((r.weekday, r.start_text, r.end_text) for r in hours.ranges()) == hours
    assert len(hours) == len(slots) and bool(hours) == bool(slots)
    assert all((slot in hours) == (slot in slots) for slot in range(336))
    assert [flag for day in range(7) for flag in hours.day(day)] == hours.array().tolist()


@given(slot_sets, slot_sets)
def test_sets_combine_like_sets(a, b):
    first, second = WeekHours.from_slots(a), WeekHours.from_slots(b)
    assert set((first | second).slots()) == a | b
    assert set((first & second).slots()) == a & b
    assert set((first - second).slots()) == a - b
    assert (first == second) == (a == b)
    assert hash(first | second) == hash(second | first)


def test_ranges_are_merged_and_cut_at_midnight():
    hours = WeekHours.from_ranges(
        [(0, "09:00", "10:00"), (0, "10:00", "11:30"), (6, "22:00", "02:00"), (2, "23:00", "24:00")]
    )
    assert hours.ranges() == [Range(0, 0, 120), Range(0, 540, 690), Range(2, 1380, 1440), Range(6, 1320, 1440)]
    assert hours.ranges()[2].end_text == "24:00"


def test_a_range_between_half_hours_shrinks():
    assert WeekHours.from_ranges([(0, "09:10", "10:50")]).ranges() == [Range(0, 570, 630)]
    assert not WeekHours.from_ranges([(0, "09:10", "09:50")])


def test_the_same_hours_on_several_days():
    assert len(WeekHours.daily("08:00", "21:00")) == 7 * 26
    assert WeekHours.daily("09:00", "17:00", range(5)) == OFFICE
    assert WeekHours.daily("22:00", "06:00", [6]).ranges() == [Range(0, 0, 360), Range(6, 1320, 1440)]
    assert len(WeekHours.daily("07:30", "07:30")) == 336


@pytest.mark.parametrize(
    "bad",
    [
        (0, "09:00", "09:00"),
        (0, "24:00", "10:00"),
        (0, "25:00", "26:00"),
        (0, "9", "10:00"),
        (0, "09:60", "10:00"),
        (0, "٠٩:00", "10:00"),
        (0, "-1:00", "10:00"),
        (0, "09:00\0", "10:00"),
        (0, "09:00", "24:30"),
        (7, "09:00", "10:00"),
        (-1, "09:00", "10:00"),
        ("0", "09:00", "10:00"),
    ],
)
def test_bad_ranges_are_refused(bad):
    with pytest.raises(ValueError):
        WeekHours.from_ranges([bad])


@pytest.mark.parametrize(
    "text", ["", "0" * 83, "0" * 85, "g" * 84, "_" * 84, "0x" + "0" * 82, "٠" * 84, " " * 84, "0_" * 42]
)
def test_bad_hex_is_refused(text):
    with pytest.raises(ValueError):
        WeekHours.from_hex(text)


def test_bad_slots_are_refused_and_hours_never_change():
    for slot in (-1, 336):
        with pytest.raises(ValueError):
            WeekHours.from_slots([slot])
    with pytest.raises(AttributeError):
        OFFICE._bits = 3


# --- UTC ---


@settings(max_examples=120, deadline=None)
@given(blocks, zones, some_days, st.sampled_from([15, 20, 30, 50, 60, 90, 150]))
@example(OFFICE, "Asia/Kathmandu", date(2026, 9, 14), 60)
@example(HUMANE, "Australia/Lord_Howe", date(2026, 10, 1), 60)
@example(HUMANE, "Europe/Lisbon", AUTUMN_LISBON, 90)
@example(WeekHours.from_ranges([(6, "20:00", "04:00")]), "Pacific/Auckland", date(2026, 9, 26), 60)
def test_utc_starts_are_those_at_which_the_session_fits(hours, zone, day, minutes):
    found = clock.utc_starts(hours, zone, day, minutes)
    midnight = datetime.combine(day, time(0), UTC)
    for n in range(336):
        start = midnight + timedelta(minutes=30 * n)
        slot = (day.weekday() * 48 + n) % 336
        assert (slot in found) == fits(hours, zone, start, minutes), start
        assert clock.slot_instant(slot, day) == start


@given(blocks, st.sampled_from(["Asia/Kolkata", "Asia/Tokyo", "Africa/Nairobi", "Pacific/Honolulu", "UTC"]), days)
def test_local_to_utc_and_back_where_clocks_stand_on_half_hours(hours, zone, day):
    monday = clock.monday_of(day)
    assert clock.from_utc(clock.to_utc(hours, zone, monday), zone, monday) == hours
    assert len(clock.to_utc(hours, zone, monday)) == len(hours)


def test_of_a_wall_time_that_happens_twice_the_first_is_meant():
    first_hour = (WeekHours.from_ranges([(6, "00:00", "01:00")]), "UTC")
    found = clock.shared_starts([first_hour], AUTUMN_LISBON, AUTUMN_LISBON, 30, governing="Europe/Lisbon")
    assert [(s.time, s.utc.hour) for s in found] == [(time(1), 0), (time(1, 30), 0)]


def test_the_week_wraps_and_crosses_the_date_line():
    monday = date(2026, 6, 1)
    late_sunday = WeekHours.from_ranges([(6, "23:00", "24:00")])
    early_monday = WeekHours.from_ranges([(0, "00:00", "01:00")])
    # Honolulu (UTC-10) is on Monday morning in UTC; Auckland (UTC+12 in June) is on Sunday noon.
    assert clock.to_utc(late_sunday, "Pacific/Honolulu", monday).slots() == (18, 19)
    assert clock.to_utc(early_monday, "Pacific/Auckland", monday).slots() == (312, 313)
    # +5:45 covers one UTC half-hour of an hour, not two.
    assert clock.to_utc(early_monday, "Asia/Kathmandu", monday).slots() == (325,)


def test_an_hour_that_does_not_exist_is_never_free_and_one_that_happens_twice_is_free_twice():
    night = WeekHours.from_ranges([(6, "01:00", "02:00")])
    assert len(clock.to_utc(night, "Europe/Lisbon", date(2026, 3, 16))) == 2
    assert len(clock.to_utc(night, "Europe/Lisbon", date(2026, 3, 23))) == 0
    assert len(clock.to_utc(night, "Europe/Lisbon", date(2026, 10, 19))) == 4


@given(blocks, zones, zones, days)
def test_moving_keeps_the_instants_it_can(hours, old, new, day):
    monday = clock.monday_of(day)
    moved = clock.move(hours, old, new, monday)
    at = datetime.combine(monday, time(0), UTC)
    shift = (at.astimezone(ZoneInfo(new)).utcoffset() - at.astimezone(ZoneInfo(old)).utcoffset()).total_seconds() / 60
    minutes = {(slot * 30 + shift + n) % 10080 for slot in hours for n in (0, 15)}
    assert {slot * 30 + n for slot in moved for n in (0, 15)} <= minutes
    if shift % 30 == 0:
        assert len(moved) == len(hours)


# --- Shared starts ---


def shared_by_walking(members, first, last, minutes, governing):
    """Every wall half-hour of the governing week, every date, every member, every five minutes."""
    found = []
    for slot in range(336):
        at = time(slot % 48 // 2, slot % 2 * 30)
        dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        dates = [day for day in dates if day.weekday() == slot // 48]
        good = bool(dates)
        for day in dates:
            try:
                start = clock.resolve_wall(day, at, governing, fold=0)
            except NonexistentTime:
                good = False
            good = good and all(fits(hours, zone, start, minutes) for hours, zone in members)
            if not good:
                break
        if good:
            found.append(slot)
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(blocks.map(lambda h: h | OFFICE), zones), min_size=1, max_size=3),
    some_days,
    st.integers(0, 40),
    st.sampled_from([30, 45, 60, 120]),
    zones,
)
@example([(HUMANE, "Europe/Lisbon"), (HUMANE, "Pacific/Auckland")], date(2026, 9, 21), 50, 60, "Europe/Lisbon")
@example([(HUMANE, "Asia/Kathmandu"), (HUMANE, "Australia/Lord_Howe")], date(2026, 9, 30), 20, 60, "Asia/Kathmandu")
@example([(WeekHours((1 << 336) - 1), "Europe/Lisbon")], date(2026, 3, 28), 8, 60, "Europe/Lisbon")
def test_shared_starts_are_those_found_by_walking_every_week(members, first, length, minutes, governing):
    last = first + timedelta(days=length)
    found = clock.shared_starts(members, first, last, minutes, governing=governing)
    assert [start.slot for start in found] == shared_by_walking(members, first, last, minutes, governing)
    for start in found:
        assert start.utc == clock.resolve_wall(
            start.utc.astimezone(ZoneInfo(governing)).date(), start.time, governing, 0
        )
        assert first <= start.utc.astimezone(ZoneInfo(governing)).date() <= first + timedelta(days=6)
        assert len(list(clock.occurrences(start.slot, governing, first, last))) >= length // 7


def test_a_series_survives_only_where_every_week_suits():
    lisbon, pune = (OFFICE, "Europe/Lisbon"), (OFFICE, "Asia/Kolkata")
    summer = clock.shared_starts([lisbon, pune], date(2026, 9, 14), date(2026, 10, 24), 60)
    winter = clock.shared_starts([lisbon, pune], date(2026, 10, 26), date(2026, 12, 6), 60)
    both = clock.shared_starts([lisbon, pune], date(2026, 9, 14), date(2026, 12, 6), 60)
    assert [(s.time.hour, s.time.minute) for s in summer[:6]] == [(9, 0), (9, 30), (10, 0), (10, 30), (11, 0), (11, 30)]
    assert [s.time.hour + s.time.minute / 60 for s in winter[:4]] == [9, 9.5, 10, 10.5]
    assert [s.slot for s in both] == [s.slot for s in winter]
    # The same wall time is another instant before and after the change.
    assert [t.hour for t in clock.occurrences(18, "Europe/Lisbon", date(2026, 10, 19), date(2026, 11, 1))] == [8, 9]


def test_fixed_in_the_other_clock_the_series_differs():
    lisbon = (WeekHours.from_ranges([(1, "10:00", "11:00")]), "Europe/Lisbon")
    pune = (OFFICE, "Asia/Kolkata")
    assert clock.shared_starts([lisbon, pune], date(2026, 10, 19), date(2026, 11, 1), 60, governing="Europe/Lisbon")
    assert not clock.shared_starts([lisbon, pune], date(2026, 10, 19), date(2026, 11, 1), 60, governing="Asia/Kolkata")


def test_nothing_is_shared_by_nobody_or_in_no_time():
    assert clock.shared_starts([], date(2026, 1, 1), date(2026, 2, 1), 60) == []
    assert clock.shared_starts([(OFFICE, "UTC")], date(2026, 2, 1), date(2026, 1, 1), 60) == []
    with pytest.raises(ValueError):
        clock.shared_starts([(OFFICE, "UTC")], date(2026, 1, 1), date(2026, 2, 1), 0)
    with pytest.raises(UnknownZone):
        clock.shared_starts([(OFFICE, "Mars/Olympus")], date(2026, 1, 1), date(2026, 2, 1), 60)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(blocks, zones), min_size=1, max_size=3), some_days, st.integers(1, 4))
def test_weekly_starts_hold_in_their_own_week(members, first, weeks):
    found = clock.weekly_starts(members, first, weeks, 60)
    assert [week.day for week in found] == [first + timedelta(days=7 * n) for n in range(weeks)]
    for week in found:
        begin = datetime.combine(week.day, time(0), UTC)
        every = [begin + timedelta(minutes=30 * n) for n in range(336)]
        assert list(week.starts) == [t for t in every if all(fits(h, z, t, 60) for h, z in members)]


# --- Epochs and changes ---


@settings(max_examples=60, deadline=None)
@given(st.lists(zones, min_size=1, max_size=4), some_days, st.integers(0, 300))
def test_epochs_cover_every_week_once_and_are_right_about_offsets(where, first, length):
    last = first + timedelta(days=length)
    epochs = clock.epochs(where, first, last)
    mondays = [epoch.first + timedelta(days=7 * n) for epoch in epochs for n in range(epoch.weeks)]
    expected = [clock.monday_of(first) + timedelta(days=7 * n) for n in range(len(mondays))]
    assert mondays == expected and mondays[-1] <= last < mondays[-1] + timedelta(days=7)
    for before, after in pairwise(epochs):
        assert before.offsets != after.offsets or None in before.offsets.values()
    for epoch in epochs:
        for zone, offset in epoch.offsets.items():
            start = datetime.combine(epoch.first, time(0), UTC) - timedelta(hours=14)
            stop = datetime.combine(epoch.last, time(0), UTC) + timedelta(days=8)
            seen = {
                (start + timedelta(hours=n)).astimezone(ZoneInfo(zone)).utcoffset()
                for n in range(int((stop - start).total_seconds() // 3600))
            }
            assert (len(seen) > 1) == (offset is None)
            assert offset is None or seen == {timedelta(minutes=offset)}


def test_clock_changes_of_every_zone_are_found_hour_by_hour():
    """All zones that change between 2026 and 2030, each day walked in three-hour steps."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    steps = [begin + timedelta(hours=3 * n) for n in range(8 * 366)]
    for zone in sorted(available_timezones())[::7] + ZONES:
        tz = ZoneInfo(zone)
        offsets = [t.astimezone(tz).utcoffset() for t in steps]
        walked = [(a, b) for a, b in pairwise(offsets) if a != b]
        found = clock.clock_changes(zone, date(2026, 1, 1), date(2027, 1, 1))
        found = [c for c in found if steps[0] < c.instant <= steps[-1]]
        assert [(c.before * 60, c.after * 60) for c in found] == [
            (a.total_seconds(), b.total_seconds()) for a, b in walked
        ]
        for change in found:
            eve = change.instant - timedelta(seconds=1)
            assert eve.astimezone(tz).utcoffset() != change.instant.astimezone(tz).utcoffset()
            assert change.day == change.instant.astimezone(tz).date()


def test_known_changes():
    (change,) = clock.clock_changes("Australia/Lord_Howe", date(2026, 10, 1), date(2026, 10, 31))
    assert (change.day, change.before, change.after, change.shift) == (date(2026, 10, 4), 630, 660, 30)
    assert clock.clock_changes("Asia/Kolkata", date(2026, 1, 1), date(2030, 12, 31)) == []
    assert [c.day for c in clock.clock_changes("Europe/Lisbon", date(2026, 1, 1), date(2026, 12, 31))] == [
        SPRING_LISBON,
        AUTUMN_LISBON,
    ]
    assert [c.day for c in clock.clock_changes("America/New_York", date(2026, 11, 1), date(2026, 11, 30))] == [
        date(2026, 11, 1)
    ]


# --- Wall times ---


@given(
    zones,
    st.datetimes(datetime(2025, 1, 1), datetime(2031, 12, 31)),
    change_days,
    st.booleans(),
    st.sampled_from([0, 1]),
)
def test_wall_times_resolve_to_instants_that_show_them(zone, moment, near, use_near, fold):
    wall = datetime.combine(near, moment.time()) if use_near else moment
    wall = wall.replace(second=0, microsecond=0)
    try:
        found = clock.resolve_wall(wall.date(), wall.time(), zone, fold)
    except NonexistentTime as gap:
        instants = [datetime.combine(wall.date(), time(0), UTC) + timedelta(minutes=n) for n in range(-1440, 2880)]
        assert wall not in {t.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for t in instants}
        earlier, later = gap.nearest
        assert earlier < wall < later
        for shown in gap.nearest:
            assert clock.resolve_wall(shown.date(), shown.time(), zone, 0)
        return
    assert found.tzinfo is UTC
    assert clock.local(found, zone).replace(tzinfo=None) == wall


def test_skipped_and_doubled_times_say_what_is_near():
    with pytest.raises(NonexistentTime) as gap:
        clock.resolve_wall(SPRING_LISBON, time(1, 30), "Europe/Lisbon")
    assert gap.value.nearest == (datetime(2026, 3, 29, 0, 30), datetime(2026, 3, 29, 2, 0))
    with pytest.raises(AmbiguousTime) as twice:
        clock.resolve_wall(AUTUMN_LISBON, time(1, 30), "Europe/Lisbon")
    assert twice.value.both == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert clock.resolve_wall(AUTUMN_LISBON, time(1, 30), "Europe/Lisbon", fold=1) == twice.value.both[1]
    with pytest.raises(NonexistentTime) as half:
        clock.resolve_wall(date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe")
    assert half.value.nearest == (datetime(2026, 10, 4, 1, 30), datetime(2026, 10, 4, 2, 30))
    with pytest.raises(NonexistentTime) as day:
        clock.resolve_wall(date(2011, 12, 30), time(12), "Pacific/Apia")
    assert day.value.nearest == (datetime(2011, 12, 29, 23, 30), datetime(2011, 12, 31, 0, 0))


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe/Lisbon\0", "europe", "x" * 500]
)
def test_unknown_zones_are_refused(name):
    with pytest.raises(UnknownZone):
        clock.get_zone(name)


def test_every_zone_keeps_to_quarter_hours():
    for zone in sorted(available_timezones()):
        for year in (1980, 1990, 2010, 2026, 2031):
            for month in (1, 7):
                offset = datetime(year, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
                assert offset.total_seconds() % 900 == 0, zone


def test_years_out_of_reach_are_refused():
    for year in (1, 9999):
        with pytest.raises(ValueError):
            clock.resolve_wall(date(year, 1, 1), time(0), "Asia/Tokyo")


def test_zones_come_from_the_pinned_package():
    import zoneinfo

    assert zoneinfo.TZPATH == ()
    assert clock.tzdata_version()[:2] == "20"


# --- Waking ---

instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
quarter_times = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 45])).map(lambda hm: time(*hm))


@settings(max_examples=150, deadline=None)
@given(instants, zones, quarter_times, quarter_times)
@example(datetime(2026, 10, 25, 1, 10, tzinfo=UTC), "Europe/Lisbon", time(1, 30), time(21))
@example(datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "Europe/Lisbon", time(1, 30), time(21))
def test_next_waking_is_the_first_waking_minute(instant, zone, start, end):
    instant = instant.replace(second=0, microsecond=0)
    found = clock.next_waking(instant, zone, start, end)
    assert found >= instant and clock.waking(found, zone, start, end)
    minute = instant
    while minute < found:
        assert not clock.waking(minute, zone, start, end)
        minute += timedelta(minutes=5)


def test_waking_hours_of_night_workers_and_of_always():
    assert clock.waking(datetime(2026, 6, 1, 22, tzinfo=UTC), "UTC", time(20), time(4))
    assert not clock.waking(datetime(2026, 6, 1, 5, tzinfo=UTC), "UTC", time(20), time(4))
    assert clock.waking(datetime(2026, 6, 1, 3, tzinfo=UTC), "UTC", time(0), time(0))
    with pytest.raises(ValueError):
        clock.waking(datetime(2026, 6, 1), "UTC")
