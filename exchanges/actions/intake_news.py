"""Telling people about an intake: those who run it, the institutions in it, one learner, or all of them in batches.

An intake may have tens of thousands of learners. What concerns all of them is noted on the intake and told by a worker
batch by batch; the keys of notices make sure that everybody is told once, however often a batch is repeated.
"""

import datetime as dt

from django.db import transaction
from django.urls import reverse

from exchanges.enums import PlacementStatus
from exchanges.models import ExchangeInstitution, Intake, Placement
from institutions.actions.notices import coordinators_of, notify, platform_admins
from institutions.actions.work import wake
from institutions.enums import MembershipStatus, Role
from institutions.models import User

BATCH = 500
OPENED, CLOSES_SOON, CANCELLED = "intake_opened", "intake_closes_soon", "intake_cancelled"
RESULT, ENDED = "intake_result", "intake_ended"  # each learner's own; ENDED is for those who waited in vain
RESULT_KINDS = {
    PlacementStatus.OFFERED: "placement_offered",
    PlacementStatus.WAITING: "placement_waiting",
    PlacementStatus.NO_PLACE: "placement_none",
}


def instant(value: dt.datetime | None) -> str:
    return value.astimezone(dt.UTC).isoformat() if value else ""


def institutions_in(intake: Intake) -> list[int]:
    """The institutions (ids) that take part in an exchange of the intake: few, where its learners are many."""
    parts = ExchangeInstitution.objects.filter(exchange__entries__intake=intake)
    return list(parts.order_by().values_list("institution", flat=True).distinct())


def managers_of(intake: Intake) -> list[User]:
    """Who is told what waits: the coordinators of the institution that runs it, or the platform admins."""
    people = coordinators_of([intake.institution]) if intake.institution_id else []
    return people or platform_admins()


def tell_managers(kind: str, intake: Intake, *, key: str = "", **context) -> None:
    notify(
        recipients=managers_of(intake),
        kind=kind,
        key=f"{kind}:{intake.pk}:{key}",
        url=reverse("intake_review", args=[intake.pk]),
        intake=str(intake),
        **context,
    )


def tell_coordinators(kind: str, intake: Intake, *, key: str = "", **context) -> None:
    """All coordinators whom the intake concerns."""
    people = {user.pk: user for user in [*coordinators_of(institutions_in(intake)), *managers_of(intake)]}
    notify(
        recipients=list(people.values()),
        kind=kind,
        key=f"{kind}:{intake.pk}:{key}",
        url=intake.get_absolute_url(),
        intake=str(intake),
        **context,
    )


def tell_of_placement(kind: str, placement: Placement) -> None:
    """One learner, of her own result."""
    _tell_alike(kind, [placement])


def _tell_alike(kind: str, placements: list[Placement]) -> None:
    """Learners with the same exchange and deadline, or without any."""
    one = placements[0]
    notify(
        recipients=[placement.choice_list.learner for placement in placements],
        kind=kind,
        key=f"{kind}:{one.intake_id}:{one.entry_id or 0}:{instant(one.confirm_by)}",
        url=reverse("intake_result", args=[one.intake_id]),
        before=one.confirm_by,
        intake=str(one.intake),
        exchange=str(one.entry.exchange) if one.entry else "",
        confirm_by=instant(one.confirm_by),
    )


# Everybody, in batches -----------------------------------------------------------------------------------------------


def announce(kind: str, intake: Intake) -> None:
    """Have everybody concerned told. Call it inside the transaction that makes the change, with the intake locked."""
    intake.news, intake.news_cursor = kind, 0
    intake.save(update_fields=["news", "news_cursor"])
    wake("exchanges.tell_intake_news", intake.pk)


def tell_news(*, intake_id: int | None = None, most: int = 2000) -> int:
    """Tell what is to be told, batch by batch; answers how many batches that took."""
    waiting = Intake.objects.exclude(news="")
    if intake_id is not None:
        waiting = waiting.filter(pk=intake_id)
    batches = 0
    for pk in list(waiting.order_by("pk").values_list("pk", flat=True)):
        while batches < most and _tell_batch(pk):
            batches += 1
    return batches


@transaction.atomic
def _tell_batch(pk: int) -> bool:
    """Tell the next people; False when all have been told."""
    intake = Intake.objects.select_for_update(of=("self",), no_key=True).filter(pk=pk).exclude(news="").first()
    if intake is None:
        return False
    last = _tell_placements(intake) if intake.news in (RESULT, ENDED) else _tell_people(intake)
    intake.news = "" if last is None else intake.news
    intake.news_cursor = last or 0
    intake.save(update_fields=["news", "news_cursor"])
    return last is not None


def _tell_placements(intake: Intake) -> int | None:
    kinds = [PlacementStatus.NO_PLACE] if intake.news == ENDED else list(RESULT_KINDS)
    found = intake.placements.filter(pk__gt=intake.news_cursor, status__in=kinds)
    rows = list(found.select_related("choice_list__learner", "entry__exchange").order_by("pk")[:BATCH])
    alike: dict[tuple, list[Placement]] = {}
    for placement in rows:
        placement.intake = intake
        alike.setdefault((placement.status, placement.entry_id, placement.confirm_by), []).append(placement)
    for (status, *_), placements in alike.items():
        _tell_alike(RESULT_KINDS[PlacementStatus(status)], placements)
    return rows[-1].pk if rows else None


def _tell_people(intake: Intake) -> int | None:
    people = list(_people_to_tell(intake).filter(pk__gt=intake.news_cursor).order_by("pk")[:BATCH])
    cancelled = intake.news == CANCELLED
    notify(
        recipients=people,
        kind=intake.news,
        key=f"{intake.news}:{intake.pk}:{instant(intake.closes)}",
        url=intake.get_absolute_url() if cancelled else reverse("intake_choices", args=[intake.pk]),
        before=None if cancelled else intake.closes,
        intake=str(intake),
        closes=instant(intake.closes),
        reason=intake.cancel_reason,
    )
    return people[-1].pk if people else None


def _people_to_tell(intake: Intake):
    if intake.news == CANCELLED:
        return User.objects.filter(is_active=True, choice_lists__intake=intake)
    learners = User.objects.filter(
        is_active=True,
        memberships__institution__in=institutions_in(intake),
        memberships__role=Role.LEARNER,
        memberships__status=MembershipStatus.ACTIVE,
    ).distinct()
    if intake.news == CLOSES_SOON:
        return learners.exclude(choice_lists__in=intake.choice_lists.submitted())
    return learners
