"""Noting who was at a live session."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.activities import side_of
from exchanges.actions.enrolments import lock_exchange
from exchanges.enums import ActivityStatus, ExchangeStatus, Presence
from exchanges.models import Activity, Attendance
from institutions.actions.journal import record
from institutions.errors import Refused

NOTABLE = (ActivityStatus.CONFIRMED, ActivityStatus.HELD)


def note_attendance(*, actor, activity: Activity, presences: Mapping[int, Presence]) -> int:
    """Note presence by enrolment; answers how many entries are new or different.

    A session for which it is noted was held. It may be put right until the exchange is completed.
    """
    with transaction.atomic():
        exchange = lock_exchange(activity.exchange_id)
        side = side_of(actor, exchange)
        activity = Activity.objects.get(pk=activity.pk)
        if not activity.is_session or activity.status not in NOTABLE:
            raise Refused(_("Attendance is noted for live sessions that took place."))
        if activity.starts_at > timezone.now():
            raise Refused(_("The session has not begun yet."))
        if exchange.status != ExchangeStatus.RUNNING:
            raise Refused(_("The exchange is not running, so attendance can't be changed."))
        if not presences:
            raise Refused(_("Note at least one person."))
        noted = {row.enrolment_id: row for row in activity.attendances.all()}
        allowed = set(activity.members().values_list("pk", flat=True)) | noted.keys()
        if not presences.keys() <= allowed:
            raise Refused(_("Somebody on the list does not belong to this session."))
        changes = {}
        for pk, presence in presences.items():
            before = noted[pk].presence if pk in noted else None
            if before != presence:
                changes[pk] = [before, presence]
                Attendance.objects.update_or_create(
                    activity=activity, enrolment_id=pk, defaults={"presence": presence, "noted_by": actor}
                )
        was_held = activity.status == ActivityStatus.HELD
        if not was_held:
            activity.status = ActivityStatus.HELD
            activity.save(update_fields=["status"])
        if changes or not was_held:
            record(
                actor=actor,
                verb="attendance.change" if was_held else "attendance.note",
                subject=activity,
                institution=side,
                changes={str(pk): change for pk, change in changes.items()},
            )
    return len(changes)
