"""Live sessions and tasks: settling when they are, moving and cancelling them, and reminding of them.

A time is agreed as wall time in a governing zone. A weekly series keeps that wall time; each of its sessions is an
activity of its own. Whoever changes an exchange's programme takes the lock on the exchange's row first.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from exchanges.actions.catalogue import mark_changed
from exchanges.actions.enrolments import lock_exchange
from exchanges.actions.slots import wall_of
from exchanges.enums import ActivityKind, ActivityStatus, ExchangeStatus, GroupStatus
from exchanges.models import Activity, Exchange, Group
from institutions.actions.journal import record
from institutions.actions.notices import coordinators_of, notify
from institutions.enums import Role
from institutions.errors import Refused
from institutions.hours import AmbiguousTime, NonexistentTime, next_waking, resolve_wall, tzdata_version
from institutions.models import Institution, Membership, User

DAY, HOUR = dt.timedelta(hours=24), dt.timedelta(hours=1)
MOST_WEEKS = 60
HEARD_BEFORE = dt.timedelta(hours=3)  # who would hear of a change later than this before the start is told at once
PLANNABLE = (ExchangeStatus.PLANNED, ExchangeStatus.ENROLLING, ExchangeStatus.GROUPING, ExchangeStatus.RUNNING)
SETTLED = ("title", "description", "minutes", "join_url", "wall_date", "wall_time", "fold")


class AmbiguousWallTime(Refused):
    """The wall time happens twice, and nobody said which is meant; `both` holds the instants, the earlier first."""

    def __init__(self, message: str, both: tuple[dt.datetime, dt.datetime]):
        super().__init__(message, "fold")
        self.both = both


def side_of(actor, exchange: Exchange) -> Institution:
    """The participating institution for which the person acts; who coordinates none of them is refused."""
    mine = Membership.objects.active().of(actor, Role.COORDINATOR).values("institution")
    side = Institution.objects.filter(pk__in=mine, exchange_parts__exchange=exchange).order_by("pk").first()
    if side is None:
        raise Refused(_("Only coordinators of the participating institutions can do this."))
    return side


def instant_of_wall(day: dt.date, at: dt.time, zone: str, fold: int | None = None) -> dt.datetime:
    """The instant of a wall time; one that a clock change skips is refused with the two nearest that exist."""
    try:
        return resolve_wall(day, at, zone, fold)
    except NonexistentTime as gap:
        earlier, later = gap.nearest
        raise Refused(
            _(
                "On %(day)s clocks change, and %(time)s does not exist in %(zone)s."
                " The nearest are %(earlier)s and %(later)s."
            )
            % {
                "day": date_format(day, _("j F Y")),
                "time": f"{at:%H:%M}",
                "zone": zone,
                "earlier": f"{earlier:%H:%M}",
                "later": f"{later:%H:%M}",
            },
            "wall_time",
        ) from gap
    except AmbiguousTime as twice:
        raise AmbiguousWallTime(
            _("On %(day)s clocks go back, and %(time)s happens twice in %(zone)s. Say which you mean.")
            % {"day": date_format(day, _("j F Y")), "time": f"{at:%H:%M}", "zone": zone},
            twice.both,
        ) from twice
    except (ValueError, OverflowError) as error:
        raise Refused(_("This date is out of reach."), "wall_date") from error


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
        _must_be_plannable(exchange, group)
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
        made = _weekly(first, wall_date, wall_time, fold, weeks)
        for activity in made:
            _confirm(activity)
            activity.save()
        record(
            actor=actor,
            verb="activity.plan",
            subject=made[0],
            institution=side,
            weeks=weeks,
            starts_at=made[0].starts_at.isoformat(),
        )
        _tell_planned(made)
        start_if_ready(actor=actor, exchange=exchange, side=side)
    return made


def confirm_session(*, actor, activity: Activity, values: Mapping[str, Any], weeks: int = 1) -> list[Activity]:
    """Settle a proposed session at the hour given, with as many weekly ones after it as wanted, and tell everyone.

    `values` holds title, description, minutes, join_url, wall_date, wall_time and fold.
    """
    with transaction.atomic():
        exchange = lock_exchange(activity.exchange_id)
        side = side_of(actor, exchange)
        activity = _current(activity)
        activity.exchange = exchange
        if activity.status == ActivityStatus.CONFIRMED:
            return [activity]
        if activity.status != ActivityStatus.PROPOSED:
            raise Refused(_("This session can't be confirmed any more."))
        _must_be_plannable(exchange, activity.group)
        for name in ("title", "description", "minutes", "join_url"):
            setattr(activity, name, values[name])
        made = _weekly(activity, values["wall_date"], values["wall_time"], values["fold"], weeks)
        for each in made:
            _confirm(each)
            each.save()
        record(
            actor=actor,
            verb="activity.confirm",
            subject=activity,
            institution=side,
            weeks=weeks,
            starts_at=activity.starts_at.isoformat(),
        )
        _tell_planned(made)
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


def edit_activity(*, actor, activity: Activity, values: Mapping[str, Any]) -> Activity:
    """Change a confirmed session or task. A new time counts up its sequence; whom it is for is told either way."""
    with transaction.atomic():
        exchange = lock_exchange(activity.exchange_id)
        side = side_of(actor, exchange)
        activity = _current(activity)
        activity.exchange = exchange
        if activity.status != ActivityStatus.CONFIRMED:
            raise Refused(_("Only what is confirmed and not over can be changed."))
        if exchange.status not in PLANNABLE:
            raise Refused(_("The exchange is over."))
        before = {name: getattr(activity, name) for name in SETTLED}
        was = activity.starts_at
        wall = (values["wall_date"], values["wall_time"], values["fold"])
        moved = wall[:2] != (activity.wall_date, activity.wall_time) or (
            wall[2] is not None and wall[2] != activity.fold
        )
        for name in ("title", "description", "minutes", "join_url"):
            setattr(activity, name, values[name])
        if moved:
            _set_time(activity, *wall)
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
            _tell(
                f"{activity.kind}_changed",
                activity,
                people_of(activity),
                key=str(activity.sequence),
                soonest=min(was, activity.starts_at),
                was=was.isoformat(),
                moved=moved,
            )
    return activity


def cancel_activity(*, actor, activity: Activity, reason: str) -> Activity:
    """Take a session or task out of the programme, and tell whom it was for why."""
    with transaction.atomic():
        exchange = lock_exchange(activity.exchange_id)
        side = side_of(actor, exchange)
        activity = _current(activity)
        activity.exchange = exchange
        if activity.status == ActivityStatus.CANCELLED:
            return activity
        if not ActivityStatus(activity.status).may_become(ActivityStatus.CANCELLED):
            raise Refused(_("A session that was held can't be cancelled."))
        was_settled = activity.status == ActivityStatus.CONFIRMED
        if was_settled and not reason:
            raise Refused(_("Say why; everyone whom it is for will read it."), "reason")
        activity.status = ActivityStatus.CANCELLED
        activity.sequence += 1
        activity.save(update_fields=["status", "sequence"])
        record(actor=actor, verb="activity.cancel", subject=activity, institution=side, note=reason)
        if was_settled:
            _tell(
                f"{activity.kind}_cancelled",
                activity,
                people_of(activity),
                key=str(activity.sequence),
                soonest=activity.starts_at,
                reason=reason,
            )
    return activity


def start_if_ready(*, actor, exchange: Exchange, side: Institution | None) -> bool:
    """Let the exchange run once its groups and a first session are confirmed; answers whether it does from now on.

    Call it inside the transaction that holds the lock on the exchange.
    """
    if exchange.status != ExchangeStatus.GROUPING:
        return False
    groups = set(exchange.groups.values_list("status", flat=True))
    if groups != {GroupStatus.CONFIRMED} or not exchange.activities.sessions().confirmed().exists():
        return False
    exchange.status = ExchangeStatus.RUNNING
    exchange.save(update_fields=["status"])
    record(actor=actor, verb="exchange.start", subject=exchange, institution=side)
    mark_changed([exchange.offer_id])
    return True


# Reminders -----------------------------------------------------------------------------------------------------------


def remind_due(*, now: dt.datetime | None = None, limit: int = 500) -> int:
    """Remind of what begins or is due within a day, and of sessions within the hour; answers how many reminders.

    An activity is taken by compare-and-set together with its notices, so two sweeps at once remind once; and each
    person is told once by the notice's key.
    """
    now = now or timezone.now()
    coming = Activity.objects.filter(
        status=ActivityStatus.CONFIRMED, starts_at__gt=now, exchange__status__in=ExchangeStatus.public()
    ).select_related("exchange", "group")
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
        _tell(
            f"{activity.kind}_reminder",
            activity,
            people_of(activity) if activity.is_session else learners_of(activity),
            key=f"{which}:{activity.starts_at.isoformat()}",
            soonest=activity.starts_at,
            urgent=which == "hour",
        )
    return True


# Whom it is for ------------------------------------------------------------------------------------------------------


def learners_of(activity: Activity) -> list[User]:
    return list(User.objects.filter(is_active=True, enrolments__in=activity.members()).distinct())


def people_of(activity: Activity) -> list[User]:
    """The learners whom it is for, and the coordinators where it is for everybody."""
    leading = [] if activity.group_id else coordinators_of(activity.exchange.institutions.all())
    people = {user.pk: user for user in [*learners_of(activity), *leading]}
    return list(people.values())


def _tell(
    kind: str,
    activity: Activity,
    recipients: Iterable[User],
    *,
    key: str,
    soonest: dt.datetime,
    urgent: bool = False,
    **context,
) -> None:
    """Tell people in their waking hours; at once, whoever would otherwise hear of it too late."""
    now = timezone.now()
    late: list[User] = []
    early: list[User] = []
    for user in recipients:
        heard = next_waking(now, user.tz, user.day_start, user.day_end)
        (late if urgent or (soonest > now and heard > soonest - HEARD_BEFORE) else early).append(user)
    for people, at_once in ((early, False), (late, True)):
        notify(
            recipients=people,
            kind=kind,
            key=f"{kind}:{activity.pk}:{key}",
            url=reverse("exchange_sessions", args=[activity.exchange_id]),
            urgent=at_once,
            activity=activity.title,
            exchange=str(activity.exchange),
            group=activity.group.number if activity.group else None,
            starts_at=activity.starts_at.isoformat(),
            zone=activity.zone,
            minutes=activity.minutes,
            **context,
        )


def _tell_planned(made: list[Activity]) -> None:
    first = made[0]
    _tell(
        f"{first.kind}_planned",
        first,
        people_of(first),
        key=str(first.sequence),
        soonest=first.starts_at,
        all_starts=[activity.starts_at.isoformat() for activity in made],
    )


# Times ---------------------------------------------------------------------------------------------------------------


def _weekly(first: Activity, wall_date: dt.date, wall_time: dt.time, fold: int | None, weeks: int) -> list[Activity]:
    """The first activity and its copies in the weeks after it, at the same wall time."""
    if not 1 <= weeks <= MOST_WEEKS:
        raise Refused(_("A series has 1 to %(most)s weeks.") % {"most": MOST_WEEKS}, "weeks")
    made = []
    for week in range(weeks):
        activity = (
            first
            if week == 0
            else Activity(
                exchange=first.exchange,
                group=first.group,
                kind=first.kind,
                title=first.title,
                description=first.description,
                minutes=first.minutes,
                join_url=first.join_url,
                zone=first.zone,
            )
        )
        day = wall_date + dt.timedelta(weeks=week)
        if week and day > first.exchange.ends:
            raise Refused(
                _("The last session of the series would be after the exchange ends, on %(day)s.")
                % {"day": date_format(first.exchange.ends, _("j F Y"))},
                "weeks",
            )
        _set_time(activity, day, wall_time, fold)
        made.append(activity)
    return made


def _set_time(activity: Activity, day: dt.date, at: dt.time, fold: int | None) -> None:
    starts_at = instant_of_wall(day, at, activity.zone, fold)
    exchange = activity.exchange
    if not exchange.starts <= day <= exchange.ends:
        raise Refused(
            _("The exchange runs from %(first)s to %(last)s.")
            % {"first": date_format(exchange.starts, _("j F Y")), "last": date_format(exchange.ends, _("j F Y"))},
            "wall_date",
        )
    if starts_at <= timezone.now():
        raise Refused(_("This time has passed."), "wall_time")
    activity.wall_date, activity.wall_time, activity.fold = day, at, fold or 0
    activity.starts_at, activity.tzdata = starts_at, tzdata_version()


def _confirm(activity: Activity) -> None:
    activity.status = ActivityStatus.CONFIRMED


def _current(activity: Activity) -> Activity:
    return Activity.objects.select_related("group").get(pk=activity.pk)


def _must_be_plannable(exchange: Exchange, group: Group | None) -> None:
    if exchange.status not in PLANNABLE:
        raise Refused(_("The exchange is over, so nothing can be planned any more."))
    if group is not None and group.exchange_id != exchange.pk:
        raise Refused(_("This group is not in the exchange."), "group")
    if group is not None and group.status != GroupStatus.CONFIRMED:
        raise Refused(_("Confirm the groups first; then their own sessions can be settled."), "group")
