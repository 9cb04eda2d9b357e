"""What is known of people's and institutions' exceptions, gathered in as many queries however many they are."""

import datetime as dt
from collections.abc import Iterable

from institutions.away import Away, Stretch, merged, stretches_of_days
from institutions.models import Absence, BusyTime, CalendarPeriod, Institution, User

DAY = dt.timedelta(days=1)


def away_of(people: Iterable[User], first: dt.date, last: dt.date) -> dict[int, Away]:
    """By person's key, when each is away or busy from first to last; two queries.

    A day more on both sides, since it is another date elsewhere. Nobody sees these but the engines and, as numbers,
    those who look at a group's shared hours.
    """
    zones = {user.pk: user.zone for user in people}
    found: dict[int, list[Stretch]] = {}
    rows = Absence.objects.filter(user__in=zones).touching(first - DAY, last + DAY)
    for user, begin, end, starts, ends in rows.values_list("user", "first", "last", "starts", "ends"):
        days = max(begin, first - DAY), min(end, last + DAY)
        found.setdefault(user, []).extend(stretches_of_days(zones[user], *days, starts, ends))
    since, until = (dt.datetime.combine(day, dt.time(), dt.UTC) for day in (first - DAY, last + 2 * DAY))
    times = BusyTime.objects.filter(calendar__user__in=zones, ends_at__gt=since, starts_at__lt=until)
    for user, starts_at, finish in times.values_list("calendar__user", "starts_at", "ends_at"):
        found.setdefault(user, []).append((starts_at, finish))
    return {user: merged(stretches) for user, stretches in found.items()}


def days_without_teaching(
    institutions: Iterable[Institution | int], first: dt.date, last: dt.date
) -> dict[int, tuple[tuple[dt.date, dt.date], ...]]:
    """By institution's key, its holidays and exam periods that touch first..last; one query."""
    found: dict[int, list[tuple[dt.date, dt.date]]] = {}
    rows = CalendarPeriod.objects.filter(institution__in=institutions).without_teaching().touching(first, last)
    for pk, begin, end in rows.order_by("first", "last").values_list("institution", "first", "last").distinct():
        found.setdefault(pk, []).append((begin, end))
    return {pk: tuple(days) for pk, days in found.items()}
