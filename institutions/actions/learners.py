"""What people say of themselves: language, zone, waking hours, and what groups need to know."""

from django.db import transaction

from institutions.actions.journal import record
from institutions.hours import WeekHours
from institutions.models import LearnerProfile, User

SETTINGS = ("name", "language", "zone", "day_start", "day_end")


@transaction.atomic
def change_settings(*, actor: User, **changes) -> User:
    """Change one's own name, language, zone or waking hours (`SETTINGS`; others are a TypeError).

    The weekly hours stay what they are on the local clock when the zone changes.
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
