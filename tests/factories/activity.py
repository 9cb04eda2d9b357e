"""Sessions and tasks: confirmed, in the exchange's first week at 10:00 on its clock, unless told otherwise.

`ActivityFactory(exchange=exchange, wall_date=..., wall_time=..., group=group)`; the instant follows from the wall time.
"""

import datetime as dt

import factory

from exchanges.enums import ActivityKind, ActivityStatus
from exchanges.models import Activity
from institutions.hours import resolve_wall, tzdata_version


class ActivityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Activity

    kind = ActivityKind.SESSION
    status = ActivityStatus.CONFIRMED
    title = factory.Sequence(lambda n: f"Session {n}")
    wall_date = factory.LazyAttribute(lambda o: o.exchange.starts + dt.timedelta(days=1))
    wall_time = dt.time(10)
    zone = factory.LazyAttribute(lambda o: o.exchange.zone)
    fold = 0
    starts_at = factory.LazyAttribute(lambda o: resolve_wall(o.wall_date, o.wall_time, o.zone, o.fold))
    tzdata = factory.LazyFunction(tzdata_version)
    minutes = 60
    join_url = "https://meet.example.org/room"


def session_at(exchange, starts_at, **kwargs) -> Activity:
    """A session at an instant, on the clock of the exchange."""
    wall = starts_at.astimezone(exchange.tz)
    kwargs |= {"wall_date": wall.date(), "wall_time": wall.time(), "starts_at": starts_at}
    return ActivityFactory(exchange=exchange, **kwargs)
