"""Wall times that people agree on: refused where a clock change skips them, asked about where it repeats them."""

import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from institutions.errors import Refused
from institutions.hours import AmbiguousTime, NonexistentTime, resolve_wall


class AmbiguousWallTime(Refused):
    """The wall time happens twice, and nobody said which is meant; `both` holds the instants, the earlier first."""

    def __init__(self, message: str, both: tuple[dt.datetime, dt.datetime]):
        super().__init__(message, "fold")
        self.both = both
        self.facts = {"both": [instant.isoformat() for instant in both]}


class NonexistentWallTime(Refused):
    """A clock change skips the wall time; `nearest` holds the two half-hours around it, as wall times."""

    def __init__(self, message: str, nearest: tuple[dt.datetime, dt.datetime]):
        super().__init__(message, "wall_time")
        self.nearest = nearest
        self.facts = {"nearest": [f"{wall:%Y-%m-%dT%H:%M}" for wall in nearest]}


def instant_of_wall(day: dt.date, at: dt.time, zone: str, fold: int | None = None) -> dt.datetime:
    """The instant of a wall time; one that a clock change skips is refused with the two nearest that exist."""
    try:
        return resolve_wall(day, at, zone, fold)
    except NonexistentTime as gap:
        earlier, later = gap.nearest
        raise NonexistentWallTime(
            _(
                "On %(day)s clocks change, and %(time)s does not exist in %(zone)s."
                " The nearest are %(earlier)s and %(later)s."
            )
            % {
                "day": date_format(day, _("j F Y")),
                "time": f"{at:%H:%M}",
                "zone": zone,
                "earlier": _told(earlier, day),
                "later": _told(later, day),
            },
            gap.nearest,
        ) from gap
    except AmbiguousTime as twice:
        raise AmbiguousWallTime(
            _("On %(day)s clocks go back, and %(time)s happens twice in %(zone)s. Say which you mean.")
            % {"day": date_format(day, _("j F Y")), "time": f"{at:%H:%M}", "zone": zone},
            twice.both,
        ) from twice
    except (ValueError, OverflowError) as error:
        raise Refused(_("This date is out of reach."), "wall_date") from error


def _told(wall: dt.datetime, day: dt.date) -> str:
    """With its date where a whole day is skipped, as on Samoa's way over the date line."""
    return f"{wall:%H:%M}" if wall.date() == day else f"{date_format(wall, _('j F'))}, {wall:%H:%M}"
