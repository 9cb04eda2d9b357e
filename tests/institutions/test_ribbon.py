"""The time ribbon: right on the clock of every place, also where clocks change, and never with one pill on another."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from institutions import ribbon
from institutions.hours import WeekHours
from institutions.ribbon import Place, Sky, Slot

LISBON, PUNE, AUCKLAND = Place("Europe/Lisbon"), Place("Asia/Kolkata", "Pune"), Place("Pacific/Auckland")
KATHMANDU, HONOLULU, CAIRO = Place("Asia/Kathmandu"), Place("Pacific/Honolulu"), Place("Africa/Cairo")
ZONES = [
    *("Europe/Lisbon", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Chatham", "Pacific/Auckland", "Pacific/Honolulu"),
    *("Africa/Cairo", "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe", "America/St_Johns", "Asia/Beirut"),
]


def at(place: Place, *wall: int) -> datetime:
    return datetime(*wall, tzinfo=place.tz)


def clock(mark: ribbon.Mark) -> str:
    return f"{mark.local_start:%H:%M}"


def row_of(drawn: ribbon.Ribbon, place: Place) -> ribbon.Row:
    return next(row for row in drawn.rows if row.place == place)


def sky_at(row: ribbon.Row, fraction: float) -> Sky:
    return next(span.sky for span in row.spans if span.start <= fraction < span.end)


@pytest.mark.parametrize(
    ("hour", "minute", "sky"),
    [
        (0, 0, Sky.NIGHT), (5, 59, Sky.NIGHT), (6, 0, Sky.EARLY), (7, 59, Sky.EARLY), (8, 0, Sky.DAY),
        (18, 59, Sky.DAY), (19, 0, Sky.LATE), (21, 59, Sky.LATE), (22, 0, Sky.NIGHT), (23, 59, Sky.NIGHT),
    ],
)  # fmt: skip
def test_the_sky_of_a_local_hour(hour, minute, sky):
    assert Sky.at(time(hour, minute)) is sky


def test_a_session_on_every_clock():
    drawn = ribbon.for_slots(LISBON, [PUNE, KATHMANDU], [Slot(at(LISBON, 2026, 11, 24, 9, 0), 90)])
    assert drawn.day == date(2026, 11, 24)
    assert [row.place.name for row in drawn.rows] == ["Lisbon", "Pune", "Kathmandu"]
    assert [clock(row.marks[0]) for row in drawn.rows] == ["09:00", "14:30", "14:45"]
    assert [row.offset_text for row in drawn.rows] == ["UTC+0", "UTC+5:30", "UTC+5:45"]
    assert [row.is_viewer for row in drawn.rows] == [True, False, False]
    mark = drawn.rows[0].marks[0]
    assert (mark.start, mark.end) == (9 / 24, 10.5 / 24)
    assert mark.sky is Sky.DAY and mark.whole


def test_the_viewer_is_not_listed_twice():
    drawn = ribbon.for_slots(LISBON, [LISBON, PUNE], [Slot(at(LISBON, 2026, 11, 24, 9, 0), 90)])
    assert [row.place.name for row in drawn.rows] == ["Lisbon", "Pune"]
    named = Place("Europe/Lisbon", "Universidade de Lisboa")
    drawn = ribbon.for_slots(LISBON, [named], [Slot(at(LISBON, 2026, 11, 24, 9, 0), 90)])
    assert [row.place.name for row in drawn.rows] == ["Lisbon", "Universidade de Lisboa"]


def test_the_date_line_shifts_the_day():
    drawn = ribbon.for_slots(LISBON, [AUCKLAND, HONOLULU], [Slot(at(LISBON, 2026, 11, 24, 8, 0), 60)])
    assert [row.marks[0].day_shift for row in drawn.rows] == [0, 0, -1]
    evening = ribbon.for_slots(LISBON, [AUCKLAND], [Slot(at(LISBON, 2026, 11, 24, 20, 0), 60)])
    mark = row_of(evening, AUCKLAND).marks[0]
    assert (clock(mark), mark.day_shift) == ("09:00", 1)
    assert row_of(evening, AUCKLAND).midnights == ((11 / 24, date(2026, 11, 25)),)


def test_a_session_that_runs_into_the_night_says_so():
    drawn = ribbon.for_slots(LISBON, [PUNE], [Slot(at(PUNE, 2026, 11, 24, 21, 0), 90)])
    mark = row_of(drawn, PUNE).marks[0]
    assert (mark.sky, mark.worst, mark.whole) == (Sky.LATE, Sky.NIGHT, False)


def test_sessions_of_another_day_are_left_out_and_long_ones_end_at_the_edge():
    late = Slot(at(LISBON, 2026, 11, 24, 23, 0), 120)
    tomorrow = Slot(at(LISBON, 2026, 11, 25, 9, 0), 60)
    drawn = ribbon.for_slots(LISBON, [], [tomorrow, late])
    assert [(mark.start, mark.end) for mark in drawn.rows[0].marks] == [(23 / 24, 1.0)]


class TestDaysWithAClockChange:
    def test_spring_has_23_hours(self):
        drawn = ribbon.for_slots(LISBON, [PUNE], [Slot(at(LISBON, 2026, 3, 29, 9, 0), 60)])
        assert drawn.minutes == 23 * 60
        assert [tick.hour for tick in drawn.ticks[:3]] == [0, 2, 3], "01:00 does not exist"
        assert drawn.rows[0].marks[0].start == pytest.approx(8 / 23)
        assert clock(row_of(drawn, PUNE).marks[0]) == "13:30"

    def test_autumn_has_25_hours(self):
        drawn = ribbon.for_slots(LISBON, [], [Slot(at(LISBON, 2026, 10, 25, 9, 0), 60)])
        assert drawn.minutes == 25 * 60
        assert [tick.hour for tick in drawn.ticks[:4]] == [0, 1, 1, 2], "01:00 comes twice"
        assert drawn.rows[0].marks[0].start == pytest.approx(10 / 25)

    def test_half_an_hour_on_lord_howe(self):
        drawn = ribbon.for_slots(Place("Australia/Lord_Howe"), [], [], date(2026, 4, 5))
        assert drawn.minutes == 24 * 60 + 30

    def test_a_day_whose_midnight_does_not_exist(self):
        drawn = ribbon.for_slots(CAIRO, [], [], date(2026, 4, 24))
        assert drawn.minutes == 23 * 60
        assert drawn.ticks[0].hour == 1

    def test_the_change_of_another_place_is_drawn_in_its_row(self):
        drawn = ribbon.for_slots(PUNE, [LISBON], [], date(2026, 3, 29))
        morning = [span for span in row_of(drawn, LISBON).spans if span.sky is Sky.EARLY]
        assert morning[0].start * 24 == pytest.approx(10.5), "06:00 in summer time is 10:30 in Pune"


@given(
    viewer=st.sampled_from(ZONES),
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    share=st.floats(0, 0.999),
)
def test_the_sky_covers_the_day_and_is_what_the_local_clock_says(viewer, zone, day, share):
    drawn = ribbon.for_slots(Place(viewer), [Place(zone, "there")], [], day)
    row = drawn.rows[-1]
    assert row.spans[0].start == 0
    assert row.spans[-1].end == 1
    assert all(one.end == two.start and one.sky != two.sky for one, two in zip(row.spans, row.spans[1:], strict=False))
    start = datetime.combine(day, time(), ZoneInfo(viewer)).astimezone(UTC)
    instant = start + int(share * drawn.minutes / 15) * timedelta(minutes=15)
    fraction = (instant - start) / timedelta(minutes=drawn.minutes)
    assert sky_at(row, fraction + 1e-9) is Sky.at(instant.astimezone(ZoneInfo(zone)))


class TestWeeklyHours:
    HOURS = WeekHours.daily("13:30", "15:30", range(4)) | WeekHours.daily("09:00", "10:00", (4,))

    def test_hours_on_the_viewers_clock(self):
        drawn = ribbon.for_week(LISBON, [PUNE], self.HOURS, "Asia/Kolkata", date(2026, 11, 24))
        marks = row_of(drawn, LISBON).marks
        assert [(f"{mark.local_start:%H:%M}", f"{mark.local_end:%H:%M}") for mark in marks] == [
            ("03:30", "04:30"),
            ("08:00", "10:00"),
        ]
        assert all(mark.window for mark in marks)
        assert [clock(mark) for mark in row_of(drawn, PUNE).marks] == ["09:00", "13:30"]

    def test_each_place_says_its_own_weekdays(self):
        drawn = ribbon.for_week(LISBON, [AUCKLAND], self.HOURS, "Asia/Kolkata", date(2026, 11, 24))
        assert row_of(drawn, LISBON).week == (
            ribbon.WeekLine((0, 1, 2, 3), 8 * 60, 10 * 60),
            ribbon.WeekLine((4,), 3 * 60 + 30, 4 * 60 + 30),
        )
        # 13:30 in Pune is 21:00 in Auckland
        assert ribbon.WeekLine((0, 1, 2, 3), 21 * 60, 23 * 60) in row_of(drawn, AUCKLAND).week

    def test_a_zone_off_the_half_hour_keeps_its_quarters(self):
        hours = WeekHours.daily("09:00", "10:00", (0,))
        drawn = ribbon.for_week(KATHMANDU, [], hours, "Asia/Kolkata", date(2026, 11, 24))
        assert drawn.rows[0].week == (ribbon.WeekLine((0,), 9 * 60 + 15, 10 * 60 + 15),)

    def test_hours_across_midnight_and_the_end_of_the_week(self):
        hours = WeekHours.daily("22:00", "24:00", (6,))
        lines = ribbon.week_lines(ribbon.week_cells(hours, PUNE.tz, AUCKLAND.tz, date(2026, 11, 23)))
        assert lines == (ribbon.WeekLine((0,), 5 * 60 + 30, 7 * 60 + 30),)

    def test_midnight_cuts_a_stretch_in_two(self):
        assert ribbon.week_lines([94, 95, 96, 97]) == (
            ribbon.WeekLine((0,), 23 * 60 + 30, 1440),
            ribbon.WeekLine((1,), 0, 30),
        )
        assert ribbon.WeekLine((0,), 23 * 60 + 30, 1440).times == ("23:30", "24:00")

    def test_an_hour_that_the_clock_skips_is_not_live(self):
        hours = WeekHours.daily("01:00", "02:00", (6,))
        assert not ribbon.week_cells(hours, LISBON.tz, LISBON.tz, date(2026, 3, 23))
        assert ribbon.week_cells(hours, LISBON.tz, LISBON.tz, date(2026, 3, 30))

    @given(
        slots=st.sets(st.integers(0, 335), min_size=1, max_size=6),
        zone=st.sampled_from(ZONES),
        seen_from=st.sampled_from(ZONES),
        monday=st.dates(date(2024, 1, 1), date(2028, 12, 31)).map(ribbon.monday_of),
    )
    def test_every_quarter_hour_is_where_the_other_clock_shows_it(self, slots, zone, seen_from, monday):
        expected = set()
        for slot in slots:
            wall = datetime.combine(monday, time()) + timedelta(minutes=30 * slot)
            instant = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall:
                for local in (n.astimezone(ZoneInfo(seen_from)) for n in (instant, instant + timedelta(minutes=15))):
                    expected.add((local.weekday() * 1440 + local.hour * 60 + local.minute) // 15)
        cells = ribbon.week_cells(WeekHours.from_slots(slots), ZoneInfo(zone), ZoneInfo(seen_from), monday)
        assert cells == expected

    def test_no_hours(self):
        drawn = ribbon.for_week(LISBON, [PUNE], WeekHours(), "Asia/Kolkata", date(2026, 11, 24))
        assert all(row.marks == () and row.week == () for row in drawn.rows)


def test_clock_notes_name_the_first_session_that_moves():
    starts = [at(PUNE, 2026, 10, 13, 13, 30) + timedelta(weeks=n) for n in range(4)]
    (note,) = ribbon.clock_notes([PUNE, LISBON], starts)
    assert note.place == LISBON
    assert (note.start.date(), note.before, note.after) == (date(2026, 10, 27), time(9), time(8))
    assert ribbon.clock_notes([PUNE, KATHMANDU], starts) == []


class TestGeometry:
    @staticmethod
    def text_of(mark: ribbon.Mark) -> str:
        return f"{mark.local_start:%a %H:%M} part night"

    @given(
        starts=st.lists(st.integers(0, 23 * 60 + 45), min_size=1, max_size=8),
        minutes=st.integers(15, 180),
        narrow=st.booleans(),
        mirrored=st.booleans(),
    )
    def test_pills_stay_inside_and_never_touch(self, starts, minutes, narrow, mirrored):
        midnight = at(LISBON, 2026, 11, 24, 0, 0)
        slots = [Slot(midnight + timedelta(minutes=start), minutes) for start in starts]
        row = ribbon.for_slots(LISBON, [], slots).rows[0]
        drawing = ribbon.layout(row, self.text_of, narrow=narrow, mirrored=mirrored)
        least = ribbon.NARROW_EM if narrow else ribbon.WIDE_EM
        boxes = []
        for pill in drawing.pills:
            middle = float(pill.x.rstrip("%")) / 100 * least
            width = float(pill.width.removesuffix("em"))
            top = float(pill.y.removesuffix("em"))
            boxes.append((middle - width / 2, middle + width / 2, top))
            assert boxes[-1][0] >= -0.01 and boxes[-1][1] <= least + 0.01
            assert top + ribbon.PILL_EM <= float(drawing.height.removesuffix("em"))
        for n, (left, right, top) in enumerate(boxes):
            for other_left, other_right, other_top in boxes[n + 1 :]:
                assert top != other_top or right < other_left or other_right < left

    def test_right_to_left_mirrors_the_day(self):
        row = ribbon.for_slots(LISBON, [], [Slot(at(LISBON, 2026, 11, 24, 6, 0), 60)]).rows[0]
        plain, mirrored = (ribbon.layout(row, clock, mirrored=flag) for flag in (False, True))
        assert plain.marks[0].x == "25%"
        assert mirrored.marks[0].x == "70.833%"
        assert mirrored.sky[0].x == "75%" and mirrored.sky[0].tone == "night"

    def test_numbers_are_written_for_svg_in_any_locale(self):
        shape = ribbon.box(1 / 3, 2 / 3)
        assert (shape.x, shape.width) == ("33.333%", "33.333%")
