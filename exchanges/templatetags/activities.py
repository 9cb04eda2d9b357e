"""Who meets whom, and whether the door is open."""

from dataclasses import dataclass

from django import template
from django.utils import timezone

from exchanges.enums import GroupStatus
from exchanges.models import Activity, Enrolment, Group

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
