"""The groups board: people are moved by hand, moves are undone and redone, groups are locked, confirmed and published.

A move is a journal row that says who went from which group to which; undoing and redoing read it back.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.activities import side_of, start_if_ready
from exchanges.actions.enrolments import lock_exchange
from exchanges.actions.groups import as_stored, describe, is_at_work, remember_proposal, starts_of
from exchanges.actions.people import Participant, participants_of, terms_of
from exchanges.enums import ActivityStatus, ExchangeStatus, GroupStatus
from exchanges.models import Enrolment, Exchange, Group
from institutions.actions.journal import record
from institutions.actions.notices import notify
from institutions.errors import Refused
from institutions.models import Institution, JournalEntry

ADJUSTABLE = (ExchangeStatus.GROUPING, ExchangeStatus.RUNNING)
NEW = "new"
MOST_STEPS = 500  # entries of the journal that undoing looks through

Moves = list[list]  # [enrolment, from number, to number]; None: no group


def move(*, actor, exchange: Exchange, enrolments: Iterable[int], to: int | str | None) -> int:
    """Put people into the group with the number `to`, into a new one (`NEW`) or into none; answers how many moved.

    Rules that a group breaks then are shown on the board; they don't stand in the way.
    """
    with transaction.atomic():
        exchange, side = _begin(actor, exchange)
        ids = set(enrolments)
        found = list(exchange.enrolments.placed().filter(pk__in=ids).select_related("group", "learner"))
        if not found or len(found) != len(ids):
            raise Refused(_("Tick at least one person who holds a place."))
        number = _last_number(exchange) + 1 if to == NEW else to
        if to not in (NEW, None) and not exchange.groups.filter(number=number).exists():
            raise Refused(_("There is no such group."), "to")
        return _move(actor, exchange, side, {each.pk: number for each in found})


def rearrange(*, actor, exchange: Exchange, places: Mapping[int, int | None], note: str = "") -> int:
    """Put each of the people (by enrolment) into the group of that number, made where there is none, in one step that
    one can undo; answers how many moved. Who holds no place any more is left out.
    """
    with transaction.atomic():
        exchange, side = _begin(actor, exchange)
        return _move(actor, exchange, side, places, note=note)


def back_to_proposal(*, actor, exchange: Exchange) -> int:
    """Put everybody back to where the last forming put them; answers how many moved.

    Who has taken a place since stays without a group.
    """
    places = dict(exchange.enrolments.placed().values_list("pk", "proposed_number"))
    if not any(places.values()):
        raise Refused(_("There is no proposal to go back to."))
    return rearrange(actor=actor, exchange=exchange, places=places, note="proposal")


def dissolve(*, actor, group: Group) -> int:
    """Leave the group's people without a group, and let the group go; answers how many people."""
    ids = list(group.members.placed().values_list("pk", flat=True))
    if ids:
        return move(actor=actor, exchange=group.exchange, enrolments=ids, to=None)
    with transaction.atomic():
        exchange, _side = _begin(actor, group.exchange)
        _tidy(exchange)
    return 0


def lock(*, actor, group: Group, locked: bool) -> None:
    """Keep the group as it is, or let it go again: nobody moves in or out, by hand, by undoing or by a worker."""
    with transaction.atomic():
        exchange, side = _begin(actor, group.exchange)
        if exchange.groups.filter(pk=group.pk).exclude(locked=locked).update(locked=locked):
            verb = "group.lock" if locked else "group.unlock"
            record(actor=actor, verb=verb, subject=exchange, institution=side, number=group.number)


# Undoing and redoing -------------------------------------------------------------------------------------------------


class Trail(NamedTuple):
    """Moves that can be undone and redone, the next of each last."""

    undoable: list[JournalEntry]
    redoable: list[JournalEntry]


def trail_of(exchange: Exchange) -> Trail:
    """The moves since the groups were last formed or confirmed."""
    about = JournalEntry.objects.about(exchange).filter(verb__startswith="group.").order_by("-pk")
    recent: list[JournalEntry] = []
    for entry in about[:MOST_STEPS]:
        if entry.verb in ("group.form", "group.confirm"):
            break
        recent.append(entry)
    trail = Trail([], [])
    for entry in reversed(recent):
        if entry.verb == "group.move":
            trail.undoable.append(entry)
            trail.redoable.clear()
        elif entry.verb == "group.undo" and trail.undoable:
            trail.redoable.append(trail.undoable.pop())
        elif entry.verb == "group.redo" and trail.redoable:
            trail.undoable.append(trail.redoable.pop())
    return trail


def undo(*, actor, exchange: Exchange) -> int:
    """Put the people of the last move back to where they were; answers how many."""
    return _step(actor, exchange, "group.undo")


def redo(*, actor, exchange: Exchange) -> int:
    """Make the move again that was undone last; answers how many people."""
    return _step(actor, exchange, "group.redo")


def _step(actor, exchange: Exchange, verb: str) -> int:
    with transaction.atomic():
        exchange, side = _begin(actor, exchange)
        trail = trail_of(exchange)
        steps = trail.undoable if verb == "group.undo" else trail.redoable
        if not steps:
            raise Refused(_("There is nothing to undo.") if verb == "group.undo" else _("There is nothing to redo."))
        entry = steps[-1]
        now = numbers_of(exchange)
        wanted = [(pk, to, old) if verb == "group.undo" else (pk, old, to) for pk, old, to in entry.data["moves"]]
        moves: Moves = [[pk, here, there] for pk, here, there in wanted if pk in now and now[pk] == here]
        done = record(actor=actor, verb=verb, subject=exchange, institution=side, moves=moves, entry=entry.pk)
        _carry_out(exchange, moves, done)
    return len(moves)


# Publishing ----------------------------------------------------------------------------------------------------------


def confirm_groups(*, actor, exchange: Exchange) -> int:
    """Publish the groups and tell everyone; answers how many groups. Twice is as good as once.

    With a first session confirmed too, the exchange runs.
    """
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange)
        if exchange.status not in ADJUSTABLE:
            raise Refused(_("Groups are confirmed after enrolment has closed."))
        if is_at_work(exchange):
            raise Refused(_("Groups are being formed. Wait until they are there."))
        _tidy(exchange)
        groups = list(exchange.groups.filter(status=GroupStatus.PROPOSED))
        if not groups and not exchange.groups.confirmed().exists():
            raise Refused(_("There are no groups yet."))
        if groups:
            exchange.groups.filter(status=GroupStatus.PROPOSED).update(status=GroupStatus.CONFIRMED)
            record(actor=actor, verb="group.confirm", subject=exchange, institution=side, groups=len(groups))
            remember_proposal(exchange)
            _tell_confirmed(exchange, groups)
        start_if_ready(actor=actor, exchange=exchange, side=side)
    return len(groups)


# Moving --------------------------------------------------------------------------------------------------------------


def _begin(actor, exchange: Exchange) -> tuple[Exchange, Institution]:
    """The exchange, locked for the one who may change its groups now, and the side for which she acts."""
    exchange = lock_exchange(exchange.pk)
    side = side_of(actor, exchange)
    if exchange.status not in ADJUSTABLE:
        raise Refused(_("Groups can be changed after enrolment has closed and until the exchange is over."))
    if is_at_work(exchange):
        raise Refused(_("Groups are being formed. Wait until they are there."))
    return exchange, side


def _move(actor, exchange: Exchange, side: Institution, places: Mapping[int, int | None], *, note: str = "") -> int:
    now = numbers_of(exchange)
    moves: Moves = [[pk, now[pk], number] for pk, number in places.items() if pk in now and now[pk] != number]
    if moves:
        cause = {"cause": note} if note else {}
        entry = record(actor=actor, verb="group.move", subject=exchange, institution=side, moves=moves, **cause)
        _carry_out(exchange, moves, entry)
    return len(moves)


def _carry_out(exchange: Exchange, moves: Moves, entry: JournalEntry) -> None:
    """Make the moves, tell whom they concern, and describe the groups anew. Refused where a group is locked."""
    touched = {number for move in moves for number in move[1:] if number is not None}
    fixed = exchange.groups.filter(number__in=touched, locked=True).values_list("number", flat=True).first()
    if fixed is not None:
        raise Refused(_("Group %s is locked. Unlock it first.") % fixed)
    published = exchange.groups.confirmed().exists()
    status = GroupStatus.CONFIRMED if published else GroupStatus.PROPOSED
    groups = {group.number: group for group in exchange.groups.all()}
    for number in {move[2] for move in moves}:
        if number is not None and number not in groups:
            groups[number] = Group.objects.create(exchange=exchange, number=number, status=status)
        group = groups[number] if number is not None else None
        ids = [pk for pk, _old, new in moves if new == number]
        exchange.enrolments.filter(pk__in=ids).update(group=group, unplaced_reason="")
    _tidy(exchange)
    people, terms = participants_of(exchange), terms_of(exchange)
    for number in sorted(touched):
        members = [each for each in people if each.enrolment.group and each.enrolment.group.number == number]
        if members:
            starts = starts_of(members, exchange, terms)
            found = as_stored(describe(members, people, terms))
            exchange.groups.filter(number=number).update(**found, shared_starts=starts)
    if published:
        _tell_moved(exchange, moves, people, entry)


def _tidy(exchange: Exchange) -> None:
    """Groups without people go, unless something was settled for them: that is part of the exchange's history."""
    settled = exchange.activities.exclude(status=ActivityStatus.PROPOSED).filter(group__isnull=False)
    empty = exchange.groups.exclude(pk__in=exchange.enrolments.placed().filter(group__isnull=False).values("group"))
    empty.exclude(pk__in=settled.values("group")).delete()


def _last_number(exchange: Exchange) -> int:
    return exchange.groups.aggregate(last=Max("number"))["last"] or 0


def numbers_of(exchange: Exchange) -> dict[int, int | None]:
    """By enrolment, the number of the group in which everybody with a place is."""
    return dict(exchange.enrolments.placed().values_list("pk", "group__number"))


# Telling -------------------------------------------------------------------------------------------------------------


def _tell_confirmed(exchange: Exchange, groups: list[Group]) -> None:
    for group in groups:
        members = list(group.members.placed().select_related("learner", "part__institution").order_by("number"))
        notify(
            recipients=[each.learner for each in members if each.learner.is_active],
            kind="group_confirmed",
            key=f"group_confirmed:{group.pk}",
            url=group.get_absolute_url(),
            exchange=str(exchange),
            group=group.number,
            members=[_named(each) for each in members],
        )
    without = exchange.enrolments.placed().filter(group=None, learner__is_active=True).select_related("learner")
    notify(
        recipients=[each.learner for each in without],
        kind="group_missing",
        key=f"group_missing:{exchange.pk}:{max(group.pk for group in groups)}",
        url=exchange.get_absolute_url(),
        exchange=str(exchange),
    )


def _tell_moved(exchange: Exchange, moves: Moves, people: list[Participant], entry: JournalEntry) -> None:
    came_from = {pk: old for pk, old, _new in moves}
    sessions: dict[int | None, list[int]] = {None: []}
    coming = exchange.activities.sessions().coming(timezone.now()).filter(group__isnull=False)
    for number, pk in coming.values_list("group__number", "pk"):
        sessions.setdefault(number, []).append(pk)
    for each in people:
        group = each.enrolment.group
        if each.enrolment.pk not in came_from or not each.learner.is_active:
            continue
        members = [_named(other.enrolment) for other in people if group and other.enrolment.group_id == group.pk]
        notify(
            recipients=[each.learner],
            kind="group_changed",
            key=f"group_changed:{entry.pk}",
            url=group.get_absolute_url() if group else exchange.get_absolute_url(),
            exchange=str(exchange),
            group=group.number if group else None,
            members=members,
            sessions=sessions.get(group.number if group else None, []),
            sessions_left=sessions.get(came_from[each.enrolment.pk], []),
        )


def _named(enrolment: Enrolment) -> str:
    return f"{enrolment.learner.name} ({enrolment.part.institution.name})"
