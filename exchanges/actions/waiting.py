"""The waiting list of an intake: whose turn it is when a place gets free, and where somebody stands.

A place is offered by the choice rule that gave the places at first: of those who asked for the exchange and are
waiting, or were offered a later choice that they have not confirmed, the first in its order (priority lines, then the
lottery) who fits under its quotas; a reserved place that nobody with the mark holds goes to one with the mark first.
Confirming ends the waiting for earlier choices. Everybody who moves only gets a better choice, so it comes to an end.

Whoever changes places of an exchange in a running intake locks the intake first, then the exchange.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.utils import timezone

from exchanges.actions.intake_news import tell_of_placement
from exchanges.enums import ExchangeStatus, IntakeStatus, Mark, PlacementStatus
from exchanges.models import Choice, Exchange, Intake, IntakeExchange, Placement, PriorityLine
from institutions.actions.journal import record
from institutions.hours import resolve_wall

LAST_MINUTE = datetime.max.time().replace(second=0, microsecond=0)


def lock_intake(pk: int) -> Intake:
    """The intake's row, locked until the transaction ends. Whoever changes its results starts here."""
    return Intake.objects.select_for_update(of=("self",), no_key=True).select_related("institution").get(pk=pk)


def lock_running_intake(exchange_pk: int) -> Intake | None:
    """The running intake that gives the exchange's places, locked; None where places are taken directly."""
    entry = IntakeExchange.objects.filter(exchange=exchange_pk, active=True).values_list("intake", flat=True).first()
    return None if entry is None else lock_intake(entry)


def deadline(intake: Intake, now: datetime | None = None) -> datetime:
    """Until when a place offered now can be confirmed: the end of the last day, on the governing zone's clock."""
    day = (now or timezone.now()).astimezone(intake.tz).date() + timedelta(days=intake.confirm_days)
    return resolve_wall(day, LAST_MINUTE, intake.zone, fold=1)


def offered_places(intake: Intake, exchange: Exchange) -> dict[int, int]:
    """How many places of each institution (id) are offered and not confirmed yet, once the result is published."""
    if intake.status != IntakeStatus.PUBLISHED:
        return {}
    offered = intake.placements.filter(status=PlacementStatus.OFFERED, entry__exchange=exchange).order_by()
    return dict(offered.values_list("choice_list__institution").annotate(Count("pk")))


def cascade(intake: Intake) -> int:
    """Offer free places to those whose turn it is; answers how many places were offered.

    Call it inside the transaction that holds the lock on the intake.
    """
    if intake.status != IntakeStatus.PUBLISHED:
        return 0
    today = timezone.now().astimezone(intake.tz).date()
    entries = intake.entries.filter(closed=False, exchange__status=ExchangeStatus.ENROLLING, exchange__starts__gt=today)
    rooms = {
        entry.pk: _Room(entry)
        for entry in entries.select_related("exchange").prefetch_related("exchange__parts", "quotas")
    }
    held = intake.placements.holding().filter(entry__in=rooms)
    rows = held.values_list("entry", "status", "choice_list__institution", "choice_list__institution__country")
    for entry, status, institution, country in rows:
        rooms[entry].add(institution, country, confirmed=status == PlacementStatus.CONFIRMED)
    for room in rooms.values():
        room.reserved_held = {
            mark: held.filter(entry=room.entry, choice_list__marks__mark=mark).count() for mark in room.entry.reserves
        }
    offered = 0
    waiting = [room for room in rooms.values() if room.free > 0]
    while waiting:
        room = waiting.pop()
        choice = room.next()
        if choice is None:
            continue
        left = _offer(intake, choice)
        offered += 1
        person = choice.choice_list
        room.add(person.institution_id, person.institution.country, marks=_marks_of(choice))
        waiting.append(room)
        if left is not None and (old := rooms.get(left)) is not None:
            old.remove(person.institution_id, person.institution.country, marks=_marks_of(choice))
            waiting.append(old)
    return offered


def queue(entry: IntakeExchange):
    """Choices of those who wait for the exchange, in its order; `line` is their priority line, if any."""
    waits = Q(choice_list__placement__status=PlacementStatus.WAITING)
    better = Q(choice_list__placement__status=PlacementStatus.OFFERED, choice_list__placement__rank__gt=F("rank"))
    line = PriorityLine.objects.filter(entry=OuterRef("entry"), learners=OuterRef("choice_list__learner"))
    return (
        Choice.objects.filter(waits | better, entry=entry)
        .annotate(line=Subquery(line.order_by("number").values("number")[:1]))
        .order_by(F("line").asc(nulls_last=True), "choice_list__placement__lottery")
    )


def positions(placement: Placement) -> list[tuple[Choice, int]]:
    """The choices for which the learner still waits, each with her place in the order, 1 for the next.

    Places are held for each institution, so those of her own are counted.
    """
    if placement.status not in (PlacementStatus.WAITING, PlacementStatus.OFFERED):
        return []
    choices = placement.choice_list.choices.filter(
        entry__closed=False, entry__exchange__status=ExchangeStatus.ENROLLING
    )
    if placement.rank is not None:
        choices = choices.filter(rank__lt=placement.rank)
    found = []
    for choice in choices.select_related("entry__exchange").order_by("rank"):
        ahead = queue(choice.entry).filter(choice_list__institution=placement.choice_list.institution_id)
        mine = ahead.filter(pk=choice.pk).values_list("line", flat=True).first()
        if mine is None:
            before = Q(line__isnull=False) | Q(choice_list__placement__lottery__lt=placement.lottery)
        else:
            before = Q(line__lt=mine) | Q(line=mine, choice_list__placement__lottery__lt=placement.lottery)
        found.append((choice, ahead.filter(before).count() + 1))
    return found


class _Room:
    """An exchange's places while free ones are offered: what is held, in all and under each quota."""

    def __init__(self, entry: IntakeExchange) -> None:
        self.entry = entry
        # A part's free places know of confirmed ones already (`held`); offered ones come off here.
        self.parts = {part.institution_id: part.free for part in entry.exchange.parts.all()}
        self.by_institution: Counter[int] = Counter()
        self.by_country: Counter[str] = Counter()
        self.taken = 0
        self.reserved_held: dict[str, int] = {}
        self.quotas = list(entry.quotas.all())

    @property
    def free(self) -> int:
        free = sum(self.parts.values())
        return free if self.entry.capacity is None else min(free, self.entry.capacity - self.taken)

    def add(self, institution: int, country: str, *, confirmed: bool = False, marks: frozenset[str] = frozenset()):
        self._count(institution, country, 1, confirmed, marks)

    def remove(self, institution: int, country: str, *, marks: frozenset[str]) -> None:
        self._count(institution, country, -1, False, marks)

    def _count(self, institution: int, country: str, step: int, confirmed: bool, marks: frozenset[str]) -> None:
        self.taken += step
        self.by_institution[institution] += step
        self.by_country[country] += step
        if not confirmed and institution in self.parts:
            self.parts[institution] -= step
        for mark in marks:
            if mark in self.reserved_held:
                self.reserved_held[mark] += step

    def next(self) -> Choice | None:
        """Whose turn it is for one more place."""
        if self.free <= 0:
            return None
        fitting = queue(self.entry).select_related("choice_list__learner", "choice_list__institution")
        full = [pk for pk, left in self.parts.items() if left <= 0]
        nations = []
        for quota in self.quotas:
            if quota.institution_id is not None and self.by_institution[quota.institution_id] >= quota.places:
                full.append(quota.institution_id)
            if quota.country and self.by_country[quota.country] >= quota.places:
                nations.append(quota.country)
        fitting = fitting.exclude(choice_list__institution__in=full).exclude(
            choice_list__institution__country__in=nations
        )
        for mark, places in sorted(self.entry.reserves.items()):
            if self.reserved_held[mark] < places:
                first = fitting.filter(choice_list__marks__mark=mark).first()
                if first is not None:
                    return first
        return fitting.first()


def _marks_of(choice: Choice) -> frozenset[str]:
    return frozenset(Mark(each.mark).value for each in choice.choice_list.marks.all())


def _offer(intake: Intake, choice: Choice) -> int | None:
    """Offer the place; answers the entry whose offered place the learner leaves for it."""
    placement = Placement.objects.select_related("choice_list__learner").get(choice_list=choice.choice_list_id)
    left = placement.entry_id
    placement.intake, placement.entry, placement.rank = intake, choice.entry, choice.rank
    placement.status = PlacementStatus.OFFERED
    placement.reason = {"code": "moved_up", "facts": {"rank": choice.rank, "from": left}}
    placement.confirm_by, placement.reminded_at = deadline(intake), None
    placement.save(update_fields=["entry", "rank", "status", "reason", "confirm_by", "reminded_at"])
    facts: dict[str, Any] = {"rank": choice.rank, "exchange": choice.entry.exchange_id}
    record(actor=None, verb="placement.move_up", subject=placement, institution=choice.choice_list.institution, **facts)
    tell_of_placement("placement_moved_up", placement)
    return left
