"""Who meets whom, and whether the door is open."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django import template
from django.utils import timezone

from exchanges.enums import GroupStatus
from exchanges.models import Activity, Enrolment, Group
from institutions import ribbon

register = template.Library()


@dataclass
class Seat:
    """Somebody's place in a session: her confirmed group, the others in it, and whether she may join now."""

    group: Group | None
    others: list[Enrolment]
    is_open: bool
    is_over: bool


@register.simple_tag(takes_context=True)
def seat_in(context, activity: Activity) -> Seat:
    """The reader's seat in a session; who coordinates it has no group in it."""
    user, now = context["request"].user, timezone.now()
    mine = Enrolment.objects.placed().filter(
        learner=user, exchange=activity.exchange_id, group__status=GroupStatus.CONFIRMED
    )
    mates = Enrolment.objects.placed().filter(group__in=mine.values("group"))
    members = list(mates.select_related("learner", "part__institution", "group").order_by("learner__name", "pk"))
    others = [member for member in members if member.learner_id != user.pk]
    return Seat(members[0].group if members else None, others, activity.is_open(now), activity.ends_at <= now)


@register.simple_tag(takes_context=True)
def clock_shifts(context, starts: Sequence[str], turns: Sequence[int | None]) -> list[ribbon.ClockNote]:
    """Where clock changes move a series for the reader of a notice.

    Notices keep starts as ISO texts. Only sessions that share a wall time (a turn) are compared.
    """
    place = ribbon.Place(context["recipient"].zone)
    by_turn: dict[int, list[dt.datetime]] = {}
    for start, turn in zip(starts, turns, strict=False):
        if turn is not None:
            by_turn.setdefault(turn, []).append(dt.datetime.fromisoformat(start))
    found = [note for same in by_turn.values() for note in ribbon.clock_notes([place], same)]
    return sorted(found, key=lambda note: note.start)
