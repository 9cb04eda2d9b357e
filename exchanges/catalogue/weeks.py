"""PURE: weeks that look alike on the clock, so that what is worked out for one of them need not be for the others."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from institutions.hours import clock_changes, get_zone

# The zone and week that stand for all with their distance from an observer's clock.
_STANDS_FOR: dict[tuple[timedelta, str], tuple[str, date]] = {}


@lru_cache(maxsize=65536)
def same_week(zone: str, monday: date, seen_from: str = "UTC") -> tuple[str, date]:
    """A zone and a week in which the same local hours are the same hours for an observer, the same one for many.

    Weeks without a clock change on either side are alike when the distance between the two clocks is: there are some
    forty distances, and thousands of zones and weeks.
    """
    here, there = get_zone(seen_from), get_zone(zone)
    if any(clock_changes(tz, monday - timedelta(days=2), monday + timedelta(days=9)) for tz in (here, there)):
        return zone, monday
    instant = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    ahead = instant.astimezone(there).utcoffset() - instant.astimezone(here).utcoffset()  # type: ignore[operator]
    return _STANDS_FOR.setdefault((ahead, seen_from), (zone, monday))
