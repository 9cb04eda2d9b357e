"""Live sessions and tasks: settling when they are, moving and cancelling them, and reminding of them.

A time is agreed as wall time in a governing zone. A weekly series keeps that wall time; each of its sessions is an
activity of its own. Whoever changes an exchange's programme takes the lock on the exchange's row first.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions import series
from exchanges.actions.enrolments import lock_exchange
from exchanges.actions.programme import (
    PLANNABLE,
    current,
    learners_of,
    must_be_plannable,
    people_of,
    set_time,
    side_of,
    start_if_ready,
    starts_of,
    tell,
)
from exchanges.actions.slots import wall_of
from exchanges.actions.wall_times import AmbiguousWallTime, NonexistentWallTime, instant_of_wall
from exchanges.enums import ActivityKind, ActivityStatus, ExchangeStatus, Scope
from exchanges.models import Activity, Exchange, Group
from institutions.actions.journal import record
from institutions.errors import Refused

__all__ = [
    "MOST_WEEKS",
    "PLANNABLE",
    "AmbiguousWallTime",
    "NonexistentWallTime",
    "cancel_activity",
    "confirm_best",
    "confirm_session",
    "edit_activity",
    "instant_of_wall",
    "learners_of",
    "people_of",
    "plan_activities",
    "remind_due",
    "side_of",
    "start_if_ready",
]

DAY, HOUR = dt.timedelta(hours=24), dt.timedelta(hours=1)
MOST_WEEKS = series.MOST_WEEKS
WORDS = ("title", "description", "minutes", "join_url")
SETTLED = (*WORDS, "wall_date", "wall_time", "fold")


def plan_activities(
    *,
    actor,
    exchange: Exchange,
    kind: ActivityKind,
    title: str,
    wall_date: dt.date,
    wall_time: dt.time,
    fold: int | None = None,
    description: str = "",
    minutes: int = 60,
    join_url: str = "",
    group: Group | None = None,
    weeks: int = 1,
) -> list[Activity]:
    """Put a session or task into the programme, or a weekly series of them, and tell whom it is for."""
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange)
        must_be_plannable(exchange, group)
        first = Activity(
            exchange=exchange,
            group=group,
            kind=kind,
            title=title,
            description=description,
            minutes=minutes,
            join_url=join_url,
            zone=exchange.zone,
        )
        turn = (wall_date.weekday(), wall_time, fold)
        made = series.spread(first, first=wall_date, weeks=weeks, turns=[turn], actor=actor)
        series.note_planned(actor=actor, side=side, made=made, verb="activity.plan")
        start_if_ready(actor=actor, exchange=exchange, side=side)
    return made


def confirm_session(*, actor, activity: Activity, values: Mapping[str, Any], weeks: int = 1) -> list[Activity]:
    """Settle a proposed session at the hour given, with as many weekly ones after it as wanted, and tell everyone.

    `values` holds title, description, minutes, join_url, wall_date, wall_time and fold.
    """
    with transaction.atomic():
        exchange = lock_exchange(activity.exchange_id)
        side = side_of(actor, exchange)
        activity = current(activity)
        activity.exchange = exchange
        if activity.status == ActivityStatus.CONFIRMED:
            return [activity]
        if activity.status != ActivityStatus.PROPOSED:
            raise Refused(_("This session can't be confirmed any more."))
        must_be_plannable(exchange, activity.group)
        for name in WORDS:
            setattr(activity, name, values[name])
        turn = (values["wall_date"].weekday(), values["wall_time"], values["fold"])
        made = series.spread(activity, first=values["wall_date"], weeks=weeks, turns=[turn], actor=actor)
        series.note_planned(actor=actor, side=side, made=made, verb="activity.confirm")
        start_if_ready(actor=actor, exchange=exchange, side=side)
    return made


def confirm_best(*, actor, exchange: Exchange) -> int:
    """Confirm every proposed session at the first hour that was proposed for it; answers how many."""
    with transaction.atomic():
        proposed = Activity.objects.filter(exchange=exchange, status=ActivityStatus.PROPOSED).exclude(proposal={})
        count = 0
        for activity in proposed.select_related("group"):
            values = {
                "title": activity.title,
                "description": activity.description,
                "minutes": activity.minutes,
                "join_url": activity.join_url,
                **wall_of(activity.proposal["slots"][0], timezone.now()),
            }
            confirm_session(actor=actor, activity=activity, values=values)
            count += 1
    return count


def edit_activity(*, actor, activity: Activity, values: Mapping[str, Any], scope: Scope = Scope.ONE) -> Activity:
    """Change a confirmed session or task, or those of its series that `scope` names.

    Each change counts up the sequence, and whom it is for is told.
    """
    with transaction.atomic():
        exchange = lock_exchange(activity.exchange_id)
        side = side_of(actor, exchange)
        activity = current(activity)
        activity.exchange = exchange
        if activity.status != ActivityStatus.CONFIRMED:
            raise Refused(_("Only what is confirmed and not over can be changed."))
        if exchange.status not in PLANNABLE:
            raise Refused(_("The exchange is over."))
        if scope != Scope.ONE and activity.series is not None:
            return series.edit_coming(
                actor=actor, side=side, activity=activity, scope=scope, values=values, words=WORDS
            )
        before = {name: getattr(activity, name) for name in SETTLED}
        was = activity.starts_at
        wall = (values["wall_date"], values["wall_time"], values["fold"])
        moved = wall[:2] != (activity.wall_date, activity.wall_time) or (
            wall[2] is not None and wall[2] != activity.fold
        )
        for name in WORDS:
            setattr(activity, name, values[name])
        if moved:
            set_time(activity, *wall)
            activity.alone = activity.series is not None
            activity.day_reminded_at = activity.hour_reminded_at = None
        changed = {
            name: [str(old), str(getattr(activity, name))]
            for name, old in before.items()
            if old != getattr(activity, name) and name != "join_url"
        }
        linked = before["join_url"] != activity.join_url
        if not changed and not linked:
            return activity
        activity.sequence += 1
        activity.save()
        # The link itself stays out of the journal, which more people read than may join.
        record(
            actor=actor,
            verb="activity.move" if moved else "activity.edit",
            subject=activity,
            institution=side,
            changes=changed,
            join_link_changed=linked,
        )
        if changed:
            tell(
                f"{activity.kind}_changed",
                activity,
                people_of(activity),
                key=str(activity.sequence),
                soonest=min(was, activity.starts_at),
                was=was.isoformat(),
                moved=moved,
            )
    return activity


def cancel_activity(*, actor, activity: Activity, reason: str, scope: Scope = Scope.ONE) -> Activity:
    """Take a session or task, or those of its series that `scope` names, out of the programme, and tell why."""
    with transaction.atomic():
        exchange = lock_exchange(activity.exchange_id)
        side = side_of(actor, exchange)
        activity = current(activity)
        activity.exchange = exchange
        if activity.status == ActivityStatus.CANCELLED:
            return activity
        if not ActivityStatus(activity.status).may_become(ActivityStatus.CANCELLED):
            raise Refused(_("A session that was held can't be cancelled."))
        was_settled = activity.status == ActivityStatus.CONFIRMED
        if was_settled and not reason:
            raise Refused(_("Say why; everyone whom it is for will read it."), "reason")
        if was_settled and scope != Scope.ONE and activity.series is not None:
            return series.cancel_coming(actor=actor, side=side, activity=activity, scope=scope, reason=reason)
        activity.status = ActivityStatus.CANCELLED
        activity.sequence += 1
        activity.save(update_fields=["status", "sequence"])
        record(actor=actor, verb="activity.cancel", subject=activity, institution=side, note=reason)
        if was_settled:
            tell(
                f"{activity.kind}_cancelled",
                activity,
                people_of(activity),
                key=str(activity.sequence),
                soonest=activity.starts_at,
                reason=reason,
            )
    return activity


# Reminders -----------------------------------------------------------------------------------------------------------


def remind_due(*, now: dt.datetime | None = None, limit: int = 500) -> int:
    """Remind of what begins or is due within a day, and of sessions within the hour; answers how many reminders.

    An activity is taken by compare-and-set together with its notices, so two sweeps at once remind once; and each
    person is told once by the notice's key.
    """
    now = now or timezone.now()
    coming = Activity.objects.filter(
        status=ActivityStatus.CONFIRMED, starts_at__gt=now, exchange__status__in=ExchangeStatus.public()
    ).select_related("exchange", "group", "series")
    sent = 0
    near = coming.sessions().filter(starts_at__lte=now + HOUR, hour_reminded_at=None)
    for activity in near.order_by("starts_at")[:limit]:
        sent += _remind(activity, "hour", now)
    # Who is reminded within the hour needs no second mail that says a day.
    far = coming.filter(starts_at__gt=now + HOUR, starts_at__lte=now + DAY, day_reminded_at=None)
    for activity in far.order_by("starts_at")[:limit]:
        sent += _remind(activity, "day", now)
    return sent


def _remind(activity: Activity, which: str, now: dt.datetime) -> bool:
    with transaction.atomic():
        mine = Activity.objects.filter(
            pk=activity.pk,
            sequence=activity.sequence,
            status=ActivityStatus.CONFIRMED,
            **{f"{which}_reminded_at": None},
        )
        if not mine.update(**{f"{which}_reminded_at": now}):
            return False
        tell(
            f"{activity.kind}_reminder",
            activity,
            people_of(activity) if activity.is_session else learners_of(activity),
            key=f"{which}:{activity.starts_at.isoformat()}",
            soonest=activity.starts_at,
            urgent=which == "hour",
            **_with_the_one_before(activity),
        )
    return True


def _with_the_one_before(activity: Activity) -> dict[str, Any]:
    """The session of the same wall time before it, so that the reminder can say where clocks have moved it."""
    if activity.turn is None or activity.series is None:
        return {}
    earlier = Activity.objects.filter(series=activity.series, week__lt=activity.week, alone=False).select_related(
        "series"
    )
    before = next((each for each in earlier.order_by("-week") if each.turn == activity.turn), None)
    return starts_of([before, activity]) if before else {}
