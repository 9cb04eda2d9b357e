"""What every change of an exchange's programme needs: who may, when it is, whom it is for, and telling them."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from exchanges.actions.catalogue import mark_changed
from exchanges.actions.wall_times import instant_of_wall
from exchanges.enums import ExchangeStatus, GroupStatus
from exchanges.models import Activity, Exchange, Group
from institutions.actions.journal import record
from institutions.actions.notices import coordinators_of, notify
from institutions.enums import Role
from institutions.errors import Refused
from institutions.hours import tzdata_version
from institutions.models import Institution, Membership, User

PLANNABLE = (ExchangeStatus.PLANNED, ExchangeStatus.ENROLLING, ExchangeStatus.GROUPING, ExchangeStatus.RUNNING)


def side_of(actor, exchange: Exchange) -> Institution:
    """The participating institution for which the person acts; who coordinates none of them is refused."""
    mine = Membership.objects.active().of(actor, Role.COORDINATOR).values("institution")
    side = Institution.objects.filter(pk__in=mine, exchange_parts__exchange=exchange).order_by("pk").first()
    if side is None:
        raise Refused(_("Only coordinators of the participating institutions can do this."))
    return side


def must_be_plannable(exchange: Exchange, group: Group | None) -> None:
    if exchange.status not in PLANNABLE:
        raise Refused(_("The exchange is over, so nothing can be planned any more."))
    if group is not None and group.exchange_id != exchange.pk:
        raise Refused(_("This group is not in the exchange."), "group")
    if group is not None and group.status != GroupStatus.CONFIRMED:
        raise Refused(_("Confirm the groups first; then their own sessions can be settled."), "group")


def set_time(activity: Activity, day: dt.date, at: dt.time, fold: int | None) -> None:
    """Settle when it is: a wall time within the exchange that exists, and is to come."""
    starts_at = instant_of_wall(day, at, activity.zone, fold)
    must_lie_within(activity.exchange, day, starts_at)
    activity.wall_date, activity.wall_time, activity.fold = day, at, fold or 0
    activity.starts_at, activity.tzdata = starts_at, tzdata_version()


def must_lie_within(exchange: Exchange, day: dt.date, starts_at: dt.datetime) -> None:
    """The date is one of the exchange's, and the instant is to come."""
    if not exchange.starts <= day <= exchange.ends:
        raise Refused(
            _("The exchange runs from %(first)s to %(last)s.")
            % {"first": date_format(exchange.starts, _("j F Y")), "last": date_format(exchange.ends, _("j F Y"))},
            "wall_date",
        )
    if starts_at <= timezone.now():
        raise Refused(_("This time has passed."), "wall_time")


def current(activity: Activity) -> Activity:
    """The row as it stands, locked: a sweep that follows new time zone rules may be at work on it."""
    rows = Activity.objects.select_for_update(of=("self",), no_key=True).select_related("group", "series")
    return rows.get(pk=activity.pk)


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


# Whom it is for ------------------------------------------------------------------------------------------------------


def learners_of(activity: Activity) -> list[User]:
    return list(User.objects.filter(is_active=True, pk__in=activity.members().values("learner")))


def people_of(activity: Activity) -> list[User]:
    """The learners whom it is for, and the coordinators where it is for everybody."""
    leading = [] if activity.group_id else coordinators_of(activity.exchange.institutions.all())
    people = {user.pk: user for user in [*learners_of(activity), *leading]}
    return list(people.values())


def tell(
    kind: str,
    activity: Activity,
    recipients: Iterable[User],
    *,
    key: str,
    soonest: dt.datetime,
    urgent: bool = False,
    **context,
) -> None:
    """Tell people as they chose; at once, whoever would otherwise hear of it too late."""
    notify(
        recipients=recipients,
        kind=kind,
        key=f"{kind}:{activity.pk}:{key}",
        url=reverse("exchange_sessions", args=[activity.exchange_id]),
        urgent=urgent,
        before=soonest,
        sessions=context.pop("sessions", [activity.pk] if activity.is_session else []),
        activity=activity.title,
        exchange=str(activity.exchange),
        group=activity.group.number if activity.group else None,
        starts_at=activity.starts_at.isoformat(),
        zone=activity.zone,
        minutes=activity.minutes,
        **context,
    )


def tell_planned(made: Sequence[Activity], *, poll: str = "") -> None:
    """One notice for all the sessions of a series; `poll` is the title of the poll that decided them."""
    first = made[0]
    tell(
        f"{first.kind}_planned",
        first,
        people_of(first),
        key=str(first.sequence),
        soonest=first.starts_at,
        poll=poll,
        **starts_of(made),
    )


def starts_of(activities: Sequence[Activity]) -> dict[str, Any]:
    """All starts as a notice keeps them; `turns` says which belong to one wall time, moved ones to none.

    `sessions` are those for which the mail carries an invitation.
    """
    return {
        "sessions": [activity.pk for activity in activities if activity.is_session],
        "all_starts": [activity.starts_at.isoformat() for activity in activities],
        "turns": [activity.turn for activity in activities],
    }
