"""Live series: planning them, and changing or cancelling one session, this and the following, or all to come.

A series keeps its wall times; its sessions are rows of their own. What begins in the middle of a series splits it:
the sessions from there on belong to a new series, so that each series goes on saying truly when its sessions are. A
session keeps its row, and with it its place in calendars, whichever series it belongs to. Every change counts up the
sequence of the sessions and of the series. Whoever changes a series holds the lock on the exchange's row.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from exchanges.actions.enrolments import lock_exchange
from exchanges.actions.programme import (
    must_be_plannable,
    people_of,
    set_time,
    side_of,
    start_if_ready,
    starts_of,
    tell,
    tell_planned,
)
from exchanges.enums import ActivityKind, ActivityStatus, Scope
from exchanges.models import Activity, Enrolment, Exchange, Group, Series, Turn
from exchanges.models.series import MOST_TURNS
from institutions.actions.journal import record
from institutions.errors import Refused
from institutions.models import Institution

MOST_WEEKS = 60


def plan_series(
    *,
    actor,
    exchange: Exchange,
    title: str,
    first: dt.date,
    weeks: int,
    turns: Sequence[tuple[int, dt.time, int | None]],
    description: str = "",
    minutes: int = 60,
    join_url: str = "",
    group: Group | None = None,
    elsewhere: Iterable[Enrolment] = (),
) -> list[Activity]:
    """Put a weekly series into the programme, and tell whom it is for: one notice with all its sessions.

    `turns` are one to three (weekday, time, fold) taken in turn, week by week from `first`; `elsewhere` are the
    learners who go to a parallel series.
    """
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange)
        must_be_plannable(exchange, group)
        template = Activity(
            exchange=exchange,
            group=group,
            kind=ActivityKind.SESSION,
            title=title,
            description=description,
            minutes=minutes,
            join_url=join_url,
            zone=exchange.zone,
        )
        made = spread(template, first=first, weeks=weeks, turns=turns, actor=actor, elsewhere=elsewhere)
        note_planned(actor=actor, side=side, made=made, verb="activity.plan")
        start_if_ready(actor=actor, exchange=exchange, side=side)
    return made


def spread(
    template: Activity,
    *,
    first: dt.date,
    weeks: int,
    turns: Sequence[tuple[int, dt.time, int | None]],
    actor,
    elsewhere: Iterable[Enrolment] = (),
) -> list[Activity]:
    """Store a confirmed session in each week: the template in the first, copies of it after.

    A single one is no series, unless some of its people go elsewhere.

    A week in which the wall time does not exist is refused, one in which it happens twice asks which is meant.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise Refused(_("A series has 1 to %(most)s weeks.") % {"most": MOST_WEEKS}, "weeks")
    if not 1 <= len(turns) <= MOST_TURNS:
        raise Refused(_("A rotation has two or three hours."), "turns")
    series, elsewhere = None, list(elsewhere)
    if weeks > 1 or elsewhere:
        series = Series(
            exchange=template.exchange,
            group=template.group,
            title=template.title,
            zone=template.zone,
            first=first,
            weeks=weeks,
            minutes=template.minutes,
            created_by=actor,
        )
        series.turns = [Turn(weekday, at, fold or 0) for weekday, at, fold in turns]
    made = []
    for week in range(weeks):
        weekday, at, fold = turns[week % len(turns)]
        begins = first + dt.timedelta(weeks=week)
        day = begins + dt.timedelta(days=(weekday - begins.weekday()) % 7)
        if week and day > template.exchange.ends:
            raise Refused(
                _("The last session of the series would be after the exchange ends, on %(day)s.")
                % {"day": date_format(template.exchange.ends, _("j F Y"))},
                "weeks",
            )
        activity = template if week == 0 else _copy(template)
        activity.status = ActivityStatus.CONFIRMED
        set_time(activity, day, at, fold)
        made.append(activity)
    if series is not None:
        series.save()
        series.elsewhere.set(elsewhere)
    for week, activity in enumerate(made):
        if series is not None:
            activity.series, activity.week = series, week
        activity.save()
    return made


def note_planned(*, actor, side: Institution | None, made: Sequence[Activity], verb: str, poll: str = "") -> None:
    """The journal row and the notices of what was planned."""
    record(
        actor=actor,
        verb=verb,
        subject=made[0],
        institution=side,
        weeks=len(made),
        starts_at=made[0].starts_at.isoformat(),
    )
    tell_planned(made, poll=poll)


def coming_of(activity: Activity, scope: Scope) -> list[Activity]:
    """The sessions that a change is for, in order: settled and not begun, from this one on or all of its series."""
    if scope == Scope.ONE or activity.series is None:
        return [activity]
    rows = Activity.objects.filter(series=activity.series_id).coming(timezone.now())
    if scope == Scope.FOLLOWING:
        rows = rows.filter(week__gte=activity.week)
    found = list(rows.select_for_update(of=("self",), no_key=True).select_related("group").order_by("week"))
    for each in found:
        each.series, each.exchange = activity.series, activity.exchange
    return [activity if each.pk == activity.pk else each for each in found]


def edit_coming(
    *, actor, side: Institution, activity: Activity, scope: Scope, values: Mapping[str, Any], words: Sequence[str]
) -> Activity:
    """Change this session and those of its series that follow, or all to come; whom they are for are told once.

    Of `words` (title, length and the like) only what differs from this session is changed. A new time moves those that
    share this session's wall time, by as many days; sessions that were moved by themselves stay where they were put.
    """
    rows = coming_of(activity, scope)
    changed_words = {name: values[name] for name in words if values[name] != getattr(activity, name)}
    was = {each.pk: each.starts_at for each in rows}
    wall = (values["wall_date"], values["wall_time"], values["fold"])
    moves = wall[:2] != (activity.wall_date, activity.wall_time) or (wall[2] is not None and wall[2] != activity.fold)
    if not moves and not changed_words:
        return activity
    series = _split(activity, rows)
    moved = _move(series, activity, rows, wall) if moves else []
    told = {name for name in changed_words if name != "join_url"}
    for name, value in changed_words.items():
        for each in rows:
            setattr(each, name, value)
        if name in ("title", "minutes"):
            setattr(series, name, value)
    touched = rows if changed_words else moved
    for each in touched:
        each.sequence += 1
        each.save()
    series.sequence += 1
    series.save()
    record(
        actor=actor,
        verb="activity.move" if moves else "activity.edit",
        subject=activity,
        institution=side,
        scope=str(scope),
        sessions=len(touched),
        changes={name: str(changed_words[name]) for name in sorted(told)}
        | ({"wall_time": f"{wall[1]:%H:%M}", "days": (wall[0] - _date_before(activity, was)).days} if moves else {}),
        join_link_changed="join_url" in changed_words,
    )
    if told or moves:
        first = moved[0] if moved else touched[0]
        tell(
            f"{first.kind}_changed",
            first,
            people_of(first),
            key=str(first.sequence),
            soonest=min(was[first.pk], first.starts_at),
            was=was[first.pk].isoformat(),
            moved=moves,
            **starts_of(moved or touched),
        )
    return activity


def cancel_coming(*, actor, side: Institution, activity: Activity, scope: Scope, reason: str) -> Activity:
    """Take this session and those that follow, or all to come, out of the programme; one notice says which."""
    rows = coming_of(activity, scope)
    for each in rows:
        each.status = ActivityStatus.CANCELLED
        each.sequence += 1
        each.save(update_fields=["status", "sequence"])
    Series.objects.filter(pk=activity.series_id).update(sequence=F("sequence") + 1)
    record(
        actor=actor,
        verb="activity.cancel",
        subject=activity,
        institution=side,
        note=reason,
        scope=str(scope),
        sessions=len(rows),
    )
    first = rows[0]
    tell(
        f"{first.kind}_cancelled",
        first,
        people_of(first),
        key=str(first.sequence),
        soonest=first.starts_at,
        reason=reason,
        **starts_of(rows),
    )
    return activity


def _copy(template: Activity) -> Activity:
    return Activity(
        exchange=template.exchange,
        group=template.group,
        kind=template.kind,
        title=template.title,
        description=template.description,
        minutes=template.minutes,
        join_url=template.join_url,
        zone=template.zone,
    )


def _split(activity: Activity, rows: Sequence[Activity]) -> Series:
    """The series that begins with the first of these sessions: a new one where earlier sessions stay as they were."""
    series = activity.series
    assert series is not None
    start = rows[0].week or 0
    if start == 0:
        return series
    turns = series.turns
    later = Series(
        exchange=series.exchange,
        group=series.group,
        title=series.title,
        zone=series.zone,
        first=series.first + dt.timedelta(weeks=start),
        weeks=series.weeks - start,
        minutes=series.minutes,
        sequence=series.sequence,
        created_by=series.created_by,
    )
    later.turns = [turns[(start + n) % len(turns)] for n in range(len(turns))]
    later.save()
    later.elsewhere.set(series.elsewhere.all())
    Series.objects.filter(pk=series.pk).update(weeks=start, sequence=F("sequence") + 1)
    # Cancelled ones go along: their weeks are the new series' too.
    Activity.objects.filter(series=series, week__gte=start).update(series=later, week=F("week") - start)
    for each in rows:
        each.series, each.week = later, (each.week or 0) - start
    return later


def _move(
    series: Series, activity: Activity, rows: Sequence[Activity], wall: tuple[dt.date, dt.time, int | None]
) -> list[Activity]:
    """Give those that share the session's wall time the new one; answers which moved."""
    day, at, fold = wall
    week = activity.week or 0
    turn = week % len(series.slots)
    days = day - activity.wall_date
    mine = [each for each in rows if (each.week or 0) % len(series.slots) == turn and not each.alone]
    if activity not in mine:
        mine = sorted([*mine, activity], key=lambda each: each.week or 0)
    begins = series.first + dt.timedelta(weeks=week)
    if series.rotates:
        if not 0 <= (day - begins).days < 7:
            last = begins + dt.timedelta(days=6)
            raise Refused(
                _("In a rotation a session stays in its week: %(first)s to %(last)s.")
                % {"first": date_format(begins, _("j F Y")), "last": date_format(last, _("j F Y"))},
                "wall_date",
            )
    else:
        series.first = day - dt.timedelta(weeks=week)
    turns = series.turns
    turns[turn] = Turn(day.weekday(), at, fold or 0)
    series.turns = turns
    for each in mine:
        own = day if each is activity else each.wall_date + days
        try:
            set_time(each, own, at, fold)
        except Refused as refusal:
            if refusal.field == "wall_date" and each is not activity:
                refusal.message = _("With the session on %(day)s: %(why)s") % {
                    "day": date_format(own, _("j F Y")),
                    "why": refusal.message,
                }
            raise
        each.alone = False
        each.day_reminded_at = each.hour_reminded_at = None
    return mine


def _date_before(activity: Activity, was: Mapping[int, dt.datetime]) -> dt.date:
    return was[activity.pk].astimezone(activity.tz).date()
