"""What people say of themselves: language, zone, waking hours, and what groups need to know."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from institutions.actions.journal import record
from institutions.hours import WeekHours, get_zone, monday_of, move
from institutions.models import LearnerProfile, User

DAY = ("day_start", "day_end", "limit_start", "limit_end")
SETTINGS = ("name", "language", "zone", *DAY, "clock_style", "week_start")


@transaction.atomic
def change_settings(*, actor: User, **changes) -> User:
    """Change one's own name, language, zone or waking hours (`SETTINGS`; others are a TypeError).

    The weekly hours stay what they are on the local clock when the zone changes; `move_to` can keep the instants.
    """
    if unknown := set(changes) - set(SETTINGS):
        raise TypeError(f"not a setting: {', '.join(sorted(unknown))}")
    changed = [name for name, value in changes.items() if getattr(actor, name) != value]
    for name in changed:
        setattr(actor, name, changes[name])
    if changed:
        actor.save(update_fields=changed)
        record(actor=actor, verb="user.change_settings", subject=actor, fields=sorted(changed))
    return actor


@dataclass(frozen=True)
class Kept:
    """What a person's hours are after a move: weekly hours, if she stated any, and her day with its limit."""

    hours: WeekHours | None
    day: dict[str, dt.time | None]


def has_hours(user: User) -> bool:
    """Whether there is anything to ask about when the person moves: stated hours, or a day of her own."""
    stated = LearnerProfile.objects.filter(user=user).exclude(hours=WeekHours()).exists()
    fresh = User()
    return stated or any(getattr(user, name) != getattr(fresh, name) for name in DAY)


def kept_local(user: User) -> Kept:
    """Hours as they are: the same on the new clock."""
    profile = LearnerProfile.objects.filter(user=user).first()
    hours: WeekHours | None = profile.hours if profile else None  # type: ignore[assignment]  # the field is a text
    return Kept(hours or None, {name: getattr(user, name) for name in DAY})


def kept_instants(user: User, zone: str) -> Kept:
    """Hours that are at the same instants as now on the clock of another zone, by this week's offsets.

    A half-hour that falls across two on the new clock is left out: nobody is booked in minutes they did not offer.
    """
    local, now = kept_local(user), timezone.now()
    hours = move(local.hours, user.zone, zone, monday_of(now.date())) if local.hours else None
    offsets = [now.astimezone(get_zone(name)).utcoffset() or dt.timedelta() for name in (user.zone, zone)]
    shift = int((offsets[1] - offsets[0]).total_seconds()) // 60
    return Kept(hours, {name: _shifted(at, shift) for name, at in local.day.items()})


def _shifted(at: dt.time | None, minutes: int) -> dt.time | None:
    """A time of day so much later; 23:59 stands for the end of the day."""
    if at is None:
        return None
    minute = (1440 if (at.hour, at.minute) == (23, 59) else at.hour * 60 + at.minute) + minutes
    return dt.time(minute % 1440 // 60, minute % 60)


@transaction.atomic
def move_to(*, actor: User, zone: str, keep_instants: bool) -> User:
    """Change one's zone and say what stays: the hours on the local clock, or the instants (`kept_instants`)."""
    changes: dict[str, dt.time | None] = {}
    if keep_instants:
        kept = kept_instants(actor, zone)
        changes = kept.day
        if kept.hours is not None:
            LearnerProfile.objects.filter(user=actor).update(hours=kept.hours)
    return change_settings(actor=actor, zone=zone, **changes)


@transaction.atomic
def change_learner_profile(
    *,
    actor: User,
    hours: WeekHours,
    languages: dict[str, str],
    field: str = "",
    level: int | None = None,
    esi: str = "",
) -> LearnerProfile:
    """Say when one can meet (local half-hours), in which languages (BCP 47 tag to CEFR level), and what one studies."""
    values = {"hours": hours, "languages": languages, "field": field, "level": level, "esi": esi}
    profile, _ = LearnerProfile.objects.update_or_create(user=actor, defaults=values)
    record(actor=actor, verb="user.change_learner_profile", subject=actor)
    return profile
