"""Writes academic calendars, and who is away or busy when."""

import datetime as dt

from exchanges.sample_world.calendars import CALENDARS, periods
from exchanges.sample_world.world import World
from institutions.enums import AbsenceKind
from institutions.hours import resolve_wall
from institutions.models import Absence, BusyCalendar, BusyTime, CalendarPeriod

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)


def write_calendars(world: World) -> None:
    years = range(world.today.year - 1, world.today.year + 2)
    rows = [
        CalendarPeriod(
            institution=world.institutions[key],
            kind=kind,
            name=name,
            first=first,
            last=last,
            created_by=world.staff[key, "coordinator"],
            created_at=world.institutions[key].created_at + WEEK,
        )
        for key, pattern in CALENDARS.items()
        for kind, name, first, last in periods(pattern, years)
    ]
    CalendarPeriod.objects.bulk_create(rows, batch_size=500)
    world.tell(f"{len(CALENDARS)} academic calendars")


def write_absences(world: World) -> None:
    """The cast's, told from today; and a few days of some of the others."""
    emil, farah, dina = (world.users[key] for key in ("emil", "farah", "dina"))
    monday = world.monday + WEEK
    rows = [
        Absence(user=emil, kind=AbsenceKind.EXAMS, first=monday + 8 * WEEK, last=monday + 10 * WEEK - 3 * DAY),
        Absence(user=emil, kind=AbsenceKind.AWAY, first=monday + 17 * DAY, last=monday + 17 * DAY,
                starts=dt.time(9), ends=dt.time(13)),
        Absence(user=farah, kind=AbsenceKind.HOLIDAY, first=monday + 4 * DAY, last=monday + 9 * DAY),
        Absence(user=dina, kind=AbsenceKind.AWAY, first=monday + DAY, last=monday + 3 * DAY),
        Absence(user=dina, kind=AbsenceKind.HOLIDAY, first=monday - 6 * WEEK, last=monday - 5 * WEEK),
    ]  # fmt: skip
    cast = {user.pk for user in world.users.values()}
    for learners in world.learners.values():
        for user in [each for each in learners if each.pk not in cast][::4]:
            first = monday + world.random.randint(0, 60) * DAY
            rows.append(
                Absence(user=user, kind=AbsenceKind.AWAY, first=first, last=first + world.random.randint(0, 4) * DAY)
            )
    for row in rows:
        row.created_at = world.at(-world.random.randint(2, 30))
    Absence.objects.bulk_create(rows, batch_size=500)
    _write_timetable(world)
    world.tell(f"{len(rows)} times away")


def _write_timetable(world: World) -> None:
    """Emil has uploaded his timetable: two lectures a week."""
    emil, weeks = world.users["emil"], 12
    calendar = BusyCalendar.objects.create(
        user=emil,
        name="Timetable",
        read_at=world.at(-3),
        tried_at=world.at(-3),
        created_at=world.at(-3),
        events=2 * weeks,
        covers_until=world.today + dt.timedelta(days=397),
    )
    times = []
    for week in range(weeks):
        for weekday, at in ((0, dt.time(10)), (3, dt.time(9, 30))):
            start = resolve_wall(world.monday + week * WEEK + weekday * DAY, at, emil.zone, fold=0)
            times.append(BusyTime(calendar=calendar, starts_at=start, ends_at=start + dt.timedelta(minutes=90)))
    BusyTime.objects.bulk_create(times)
