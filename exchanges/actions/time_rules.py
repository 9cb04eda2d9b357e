"""Following new time zone rules: a release of tzdata moves the instants of agreed wall times, never the wall times.

Sessions say with which release their instants were derived. What an older one derived is derived anew in chunks, each
in a transaction with its journal rows; a session that moves counts up its sequence, so that calendars follow, and keeps
where it was in `moved_from` until a sweep has told its people, one notice for a whole series. What a newer release
derived is left alone: a worker that was not updated yet would turn it back.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from django.db import transaction
from django.db.models import Case, F, Q, When
from django.utils import timezone

from exchanges.actions.programme import people_of, starts_of, tell
from exchanges.enums import ActivityStatus, PollStatus
from exchanges.models import Activity, Exchange, PollOption, Series
from institutions import hours as clock
from institutions.actions.work import wake
from institutions.hours import tzdata_version
from institutions.models import JournalEntry

CHUNK = 10_000
MOST_KEPT = 1_000  # differences that are listed one by one


class Wall(NamedTuple):
    """A session as agreed, and the instant that was derived."""

    pk: int
    exchange: int
    series: int | None
    zone: str
    day: dt.date
    at: dt.time
    fold: int
    starts_at: dt.datetime


@dataclass(frozen=True)
class Difference:
    """A session whose agreed wall time is another instant now; `exists` is False where a clock change skips it."""

    wall: Wall
    now: dt.datetime
    exists: bool


@dataclass
class Followed:
    """What was looked at and what moves: how many by zone, and the first `MOST_KEPT` one by one."""

    version: str
    looked_at: int = 0
    moved: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.moved.total()


def is_behind(now: dt.datetime | None = None) -> bool:
    """Whether any session to come was derived with older rules."""
    return Activity.objects.derived_before(tzdata_version(), now or timezone.now()).exists()


def follow(*, apply: bool, now: dt.datetime | None = None) -> Followed:
    """Derive the instants of all sessions to come by the rules of today; without `apply` only say what would move."""
    found = Followed(tzdata_version())
    now = now or timezone.now()
    last = 0
    while True:
        with transaction.atomic():
            rows = _chunk(found.version, now, last)
            if not rows:
                break
            last = rows[-1].pk
            different = list(differences(rows))
            found.looked_at += len(rows)
            found.moved.update(each.wall.zone for each in different)
            found.differences += different[: MOST_KEPT - len(found.differences)]
            if apply:
                _apply(rows, different, found.version, now)
    if apply:
        _follow_polls(found.version, now)
    return found


def _follow_polls(version: str, now: dt.datetime) -> None:
    """The options of open polls are agreed as wall times too; nobody has a date of them in a calendar yet."""
    behind = PollOption.objects.filter(poll__status=PollStatus.OPEN, starts_at__gt=now, tzdata__lt=version)
    for option in behind.select_related("poll").order_by("pk"):
        wall = Wall(
            option.pk,
            option.poll.exchange_id,
            None,
            option.poll.zone,
            option.wall_date,
            option.wall_time,
            option.fold,
            option.starts_at,
        )
        ((instant, _exists),) = _instants(option.poll.zone, [wall])
        PollOption.objects.filter(pk=option.pk, tzdata=option.tzdata).update(starts_at=instant, tzdata=version)


def _chunk(version: str, now: dt.datetime, after: int) -> list[Wall]:
    rows = Activity.objects.derived_before(version, now).filter(pk__gt=after).order_by("pk")
    names = ("pk", "exchange_id", "series_id", "zone", "wall_date", "wall_time", "fold", "starts_at")
    return [Wall(*row) for row in rows.values_list(*names)[:CHUNK]]


def differences(rows: Iterable[Wall]) -> Iterator[Difference]:
    """The rows whose wall time is another instant by the rules of today, or does not exist any more."""
    by_zone: dict[str, list[Wall]] = defaultdict(list)
    for row in rows:
        by_zone[row.zone].append(row)
    for zone, walls in by_zone.items():
        for wall, (instant, exists) in zip(walls, _instants(zone, walls), strict=True):
            if instant != wall.starts_at or not exists:
                yield Difference(wall, instant, exists)


def _instants(zone: str, walls: Sequence[Wall]) -> list[tuple[dt.datetime, bool]]:
    """Per wall time its instant, and whether it exists.

    One that a clock change skips is read with the offset before the gap, as calendars do (RFC 5545, 3.3.5).
    """
    tz = clock.get_zone(zone)
    minutes = np.array(
        [clock.day_minute(wall.day) + wall.at.hour * 60 + wall.at.minute for wall in walls], dtype=np.int64
    )
    distinct, index = np.unique(minutes, return_inverse=True)
    by_minute = [clock.instant_at(minute) if minute >= 0 else None for minute in clock.walls_to_utc(tz, distinct)]
    found = []
    for wall, at in zip(walls, index, strict=True):
        instant = by_minute[at]
        exists = instant is not None
        if wall.fold or instant is None:
            aware = dt.datetime.combine(wall.day, wall.at.replace(second=0, microsecond=0, fold=wall.fold), tz)
            instant = (aware if exists else aware.replace(fold=0)).astimezone(dt.UTC)
        if wall.at.second or wall.at.microsecond:
            instant += dt.timedelta(seconds=wall.at.second, microseconds=wall.at.microsecond)
        found.append((instant, exists))
    return found


def _apply(rows: Sequence[Wall], different: Sequence[Difference], version: str, now: dt.datetime) -> None:
    """Store what one chunk came to. Rows that move alike are updated together.

    Rows are not locked before: whoever moves one meanwhile notes our release with it, and it is left alone here.
    """
    behind = Activity.objects.derived_before(version, now)
    by_shift: dict[dt.timedelta, list[int]] = defaultdict(list)
    for each in different:
        by_shift[each.now - each.wall.starts_at].append(each.wall.pk)
    for shift, pks in by_shift.items():
        behind.filter(pk__in=pks).update(
            starts_at=F("starts_at") + shift,
            tzdata=version,
            sequence=F("sequence") + 1,
            moved_from=Case(
                When(Q(status=ActivityStatus.CONFIRMED, moved_from__isnull=True), then=F("starts_at")),
                default=F("moved_from"),
            ),
            day_reminded_at=None,
            hour_reminded_at=None,
        )
    if len(different) < len(rows):
        behind.filter(pk__range=(rows[0].pk, rows[-1].pk)).update(tzdata=version)
    if different:
        series = {each.wall.series for each in different if each.wall.series is not None}
        Series.objects.filter(pk__in=series).update(sequence=F("sequence") + 1)
        _record(different, version)
        wake("exchanges.tell_moved_sessions")


def _record(different: Sequence[Difference], version: str) -> None:
    """A journal row for each exchange."""
    sessions: dict[int, list[int]] = defaultdict(list)
    for each in different:
        sessions[each.wall.exchange].append(each.wall.pk)
    names = dict(Exchange.objects.filter(pk__in=sessions).values_list("pk", "title"))
    JournalEntry.objects.bulk_create(
        JournalEntry(
            verb="activity.follow_tzdata",
            subject_type=Exchange._meta.label_lower,
            subject_id=pk,
            subject_name=names.get(pk, "")[:200],
            data={"tzdata": version, "activities": pks},
        )
        for pk, pks in sessions.items()
    )


def tell_moved(*, limit: int = 200) -> int:
    """Tell the people of sessions that new rules moved, one notice for a series; answers of how many it was told.

    Each series (or single session) is told in a transaction of its own, in which its marks go.
    """
    told = 0
    while told < limit:
        untold = Activity.objects.filter(moved_from__isnull=False, status=ActivityStatus.CONFIRMED)
        row = untold.order_by("exchange", "pk").values("pk", "series").first()
        if row is None:
            break
        with transaction.atomic():
            same = untold.filter(series=row["series"]) if row["series"] else untold.filter(pk=row["pk"])
            rows = list(
                same.select_for_update(of=("self",), no_key=True)
                .select_related("exchange", "group", "series")
                .order_by("starts_at")
            )
            if rows:
                first = rows[0]
                tell(
                    "session_follows_clocks",
                    first,
                    people_of(first),
                    key=f"{first.tzdata}:{first.sequence}",
                    soonest=min(first.starts_at, first.moved_from or first.starts_at),
                    was=first.moved_from.isoformat() if first.moved_from else "",
                    wall=f"{first.wall_time:%H:%M}",
                    **starts_of(rows),
                )
                Activity.objects.filter(pk__in=[each.pk for each in rows]).update(moved_from=None)
        told += 1
    return told
