"""Mixed groups: formed by a worker, adjusted by the coordinators, confirmed and published.

A move on the board is a journal row that says who went from which group to which; undoing the last one reads it back.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from exchanges.actions import runs
from exchanges.actions.activities import side_of, start_if_ready
from exchanges.actions.enrolments import lock_exchange
from exchanges.actions.people import Participant, participants_of, terms_of
from exchanges.actions.slots import Slot, propose
from exchanges.enums import ActivityKind, ActivityStatus, ExchangeStatus, GroupStatus, RunKind
from exchanges.matching import groups as engine
from exchanges.matching.files import groups as file
from exchanges.models import Activity, Enrolment, Exchange, Group, Run
from institutions.actions.journal import record
from institutions.actions.notices import coordinators_of, notify
from institutions.errors import Refused
from institutions.hours import shared_starts, tzdata_version
from institutions.models import JournalEntry

ADJUSTABLE = (ExchangeStatus.GROUPING, ExchangeStatus.RUNNING)
FIRST_SESSION = gettext_noop("First live session")
STARTS_KEPT = 24
NEW = "new"


# The run -------------------------------------------------------------------------------------------------------------


def carry_out_group_run(run: Run) -> None:
    """Form groups of those who hold a place, and propose the hour of the first session.

    What is worked out is stored in one transaction together with the end of the run, so a run that is started again
    after its worker's death leaves one result. Groups that are confirmed already stay as they are.
    """
    exchange = Exchange.objects.select_related("offer").get(pk=run.exchange_id)
    if exchange.status != ExchangeStatus.GROUPING:
        with runs.finishing(run, figures={"skipped": exchange.status}):
            return
    people, terms = participants_of(exchange), terms_of(exchange)
    persons, locked = [each.person for each in people], _confirmed_members(exchange)
    runs.begin(run, file=file.write(persons, engine.Terms(**terms), locked))
    plan = engine.form_groups(persons, **terms, seed=run.seed, locked=locked)
    runs.report(run, percent=60)
    by_id = {each.person.id: each for each in people}
    formed = [group for group in plan.groups if not group.locked]
    starts = [_shared_starts([by_id[n] for n in group.members], exchange, terms) for group in formed]
    runs.report(run, percent=75)
    sessions = _first_sessions([[by_id[n] for n in group.members] for group in plan.groups], exchange, terms)
    runs.report(run, percent=90)
    with runs.finishing(run, figures=_figures(plan, sessions), outcome=_outcome(plan)):
        exchange = lock_exchange(exchange.pk)
        if exchange.status != ExchangeStatus.GROUPING:
            raise runs.LostRunError(f"exchange {exchange.pk} is {exchange.status} now")
        groups = _store_groups(run, exchange, formed, starts)
        _store_reasons(exchange, plan)
        _store_sessions(exchange, sessions, groups)
        record(actor=None, verb="group.form", subject=exchange, groups=len(plan.groups), unplaced=len(plan.unplaced))
        notify(
            recipients=coordinators_of(exchange.institutions.all()),
            kind="groups_proposed",
            key=f"groups_proposed:{run.pk}",
            url=reverse("exchange_groups", args=[exchange.pk]),
            exchange=str(exchange),
            groups=len(plan.groups),
            unplaced=len(plan.unplaced),
        )


def _outcome(plan: engine.GroupPlan) -> list[dict[str, Any]]:
    """As from a file (`files.groups.outcome`)."""
    return [
        {"members": sorted(map(str, group.members)), "language": group.language, "score": group.score}
        for group in plan.groups
    ] + [{"unplaced": str(each.id), "reason": each.reason.code} for each in plan.unplaced]


def _confirmed_members(exchange: Exchange) -> list[tuple[int, ...]]:
    members: dict[int, list[int]] = {}
    placed = exchange.enrolments.placed().filter(group__status=GroupStatus.CONFIRMED)
    for pk, group in placed.order_by("number").values_list("pk", "group"):
        members.setdefault(group, []).append(pk)
    return [tuple(ids) for ids in members.values()]


def _figures(plan: engine.GroupPlan, sessions: list[tuple[tuple[int, ...] | None, list[Slot]]]) -> dict[str, Any]:
    return {
        **plan.figures,
        "sessions": len(sessions),
        "common_slot": any(members is None for members, _slots in sessions),
        "without_group": [
            {"id": each.id, "reason": _plain(each.reason), "change": _plain(each.change) if each.change else None}
            for each in plan.unplaced
        ],
    }


def _plain(reason: engine.Reason) -> dict[str, Any]:
    return {"code": reason.code, "facts": dict(reason.facts)}


def _shared_starts(people: Sequence[Participant], exchange: Exchange, terms: dict[str, Any]) -> list[list[int]]:
    last = terms["first"] + dt.timedelta(days=7 * terms["weeks"] - 1)
    members = [(each.person.hours, each.person.zone) for each in people]
    found = shared_starts(members, terms["first"], last, terms["minutes"], governing=exchange.zone)
    return [[start.weekday, start.slot % 48 * 30] for start in found[:STARTS_KEPT]]


def _first_sessions(
    groups: list[list[Participant]], exchange: Exchange, terms: dict[str, Any]
) -> list[tuple[tuple[int, ...] | None, list[Slot]]]:
    """Proposals for one session of everybody (None), or where no hour is humane for all, for each group's members."""
    if not groups or exchange.activities.sessions().confirmed().exists():
        return []
    common = propose([each for group in groups for each in group], exchange, terms)
    if len(groups) == 1 or (common and common[0]["humane"]):
        return [(None, common)] if common else []
    own = [(tuple(each.person.id for each in group), propose(group, exchange, terms)) for group in groups]
    return [(members, slots) for members, slots in own if slots]


def _store_groups(
    run: Run, exchange: Exchange, formed: list[engine.Group], starts: list[list[list[int]]]
) -> dict[frozenset[int], Group]:
    """Replace the groups that were only proposed; answers all groups, the confirmed ones too, by their members."""
    exchange.groups.filter(status=GroupStatus.PROPOSED).delete()
    number = _last_number(exchange)
    stored = {}
    for found, shared in zip(formed, starts, strict=True):
        number += 1
        group = Group.objects.create(
            exchange=exchange, run=run, number=number, **_described(found), shared_starts=shared
        )
        exchange.enrolments.placed().filter(pk__in=found.members).update(group=group, unplaced_reason="")
        stored[frozenset(int(member) for member in found.members)] = group
    for group in exchange.groups.confirmed():
        stored[frozenset(group.members.placed().values_list("pk", flat=True))] = group
    return stored


def _described(found: engine.Group) -> dict[str, Any]:
    return {
        "language": found.language or "",
        "score": found.score,
        "reasons": [_plain(reason) | {"broken": False} for reason in found.reasons]
        + [_plain(reason) | {"broken": True} for reason in found.broken],
    }


def _store_reasons(exchange: Exchange, plan: engine.GroupPlan) -> None:
    exchange.enrolments.update(unplaced_reason="")
    for each in plan.unplaced:
        exchange.enrolments.placed().filter(pk=each.id, group=None).update(unplaced_reason=each.reason.code)


def _store_sessions(
    exchange: Exchange,
    sessions: list[tuple[tuple[int, ...] | None, list[Slot]]],
    groups: dict[frozenset[int], Group],
) -> None:
    exchange.activities.filter(status=ActivityStatus.PROPOSED).exclude(proposal={}).delete()
    with translation.override(exchange.language):  # everybody reads one title
        title = _(FIRST_SESSION)
    for members, slots in sessions:
        group = groups.get(frozenset(members)) if members is not None else None
        if members is not None and group is None:
            continue
        best = slots[0]
        Activity.objects.create(
            exchange=exchange,
            group=group,
            kind=ActivityKind.SESSION,
            status=ActivityStatus.PROPOSED,
            title=title,
            wall_date=dt.date.fromisoformat(best["date"]),
            wall_time=dt.time.fromisoformat(best["time"]),
            zone=best["zone"],
            starts_at=dt.datetime.fromisoformat(best["starts"][0]),
            tzdata=tzdata_version(),
            minutes=best["minutes"],
            proposal={"slots": slots},
        )


# The board -----------------------------------------------------------------------------------------------------------


def describe(members: Sequence[Participant], everyone: Sequence[Participant], terms: dict[str, Any]) -> engine.Group:
    """A group as it stands: score, the rules it breaks, its shared hours."""
    return engine.describe_group(
        [each.person for each in members], **terms, everyone=[each.person for each in everyone]
    )


def run_of(exchange: Exchange) -> Run | None:
    """The newest run for the exchange, whatever its state."""
    return Run.objects.filter(exchange=exchange, kind=RunKind.GROUPS).order_by("-pk").first()


def form_again_from(*, actor, run: Run) -> Run:
    """Ask for groups where an earlier run was asked for them."""
    assert run.exchange is not None
    return form_again(actor=actor, exchange=run.exchange)


def form_again(*, actor, exchange: Exchange) -> Run:
    """Ask a worker to form the groups afresh, from whoever holds a place now; moves by hand are lost.

    For coordinators; a platform admin may too, when a run has failed and nobody sees to it.
    """
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange) if not actor.is_platform_admin else None
        if exchange.status != ExchangeStatus.GROUPING:
            raise Refused(_("Groups are formed when enrolment has closed and before the exchange runs."))
        if exchange.groups.confirmed().exists():
            raise Refused(_("The groups are confirmed. Move people one by one now."))
        if not _is_at_work(exchange):
            record(actor=actor, verb="group.ask_again", subject=exchange, institution=side)
        return runs.request_group_run(actor=actor, exchange=exchange)


def move(*, actor, exchange: Exchange, enrolments: Iterable[int], to: int | str | None) -> int:
    """Put people into the group with the number `to`, into a new one (`NEW`) or into none; answers how many moved.

    Rules that a group breaks then are shown on the board; they don't stand in the way.
    """
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange)
        _must_be_adjustable(exchange)
        ids = set(enrolments)
        found = list(exchange.enrolments.placed().filter(pk__in=ids).select_related("group", "learner"))
        if not found or len(found) != len(ids):
            raise Refused(_("Tick at least one person who holds a place."))
        number = _last_number(exchange) + 1 if to == NEW else to
        if to not in (NEW, None) and not exchange.groups.filter(number=number).exists():
            raise Refused(_("There is no such group."), "to")
        moves = [[each.pk, _number(each), number] for each in found if _number(each) != number]
        if moves:
            entry = record(actor=actor, verb="group.move", subject=exchange, institution=side, moves=moves)
            _carry_out(exchange, moves, entry)
    return len(moves)


def dissolve(*, actor, group: Group) -> int:
    """Leave the group's people without a group, and let the group go; answers how many people."""
    ids = list(group.members.placed().values_list("pk", flat=True))
    if ids:
        return move(actor=actor, exchange=group.exchange, enrolments=ids, to=None)
    with transaction.atomic():
        exchange = lock_exchange(group.exchange_id)
        side_of(actor, exchange)
        _tidy(exchange)
    return 0


def last_move(exchange: Exchange) -> JournalEntry | None:
    """The move that can be undone: the newest that was not undone, since the groups were last formed or confirmed."""
    about = JournalEntry.objects.about(exchange).order_by("-pk")
    undone = set()
    for entry in about.filter(verb__startswith="group.")[:200]:
        if entry.verb == "group.undo":
            undone.add(entry.data["entry"])
        elif entry.verb in ("group.form", "group.confirm"):
            return None
        elif entry.verb == "group.move" and entry.pk not in undone:
            return entry
    return None


def undo(*, actor, exchange: Exchange) -> int:
    """Put the people of the last move back to where they were; answers how many."""
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange)
        _must_be_adjustable(exchange)
        entry = last_move(exchange)
        if entry is None:
            raise Refused(_("There is nothing to undo."))
        now = {each.pk: _number(each) for each in exchange.enrolments.placed().select_related("group")}
        moves = [[pk, to, old] for pk, old, to in entry.data["moves"] if pk in now and now[pk] == to]
        done = record(actor=actor, verb="group.undo", subject=exchange, institution=side, moves=moves, entry=entry.pk)
        _carry_out(exchange, moves, done)
    return len(moves)


def confirm_groups(*, actor, exchange: Exchange) -> int:
    """Publish the groups and tell everyone; answers how many groups. Twice is as good as once.

    With a first session confirmed too, the exchange runs.
    """
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange)
        if exchange.status not in ADJUSTABLE:
            raise Refused(_("Groups are confirmed after enrolment has closed."))
        if _is_at_work(exchange):
            raise Refused(_("Groups are being formed. Wait until they are there."))
        _tidy(exchange)
        groups = list(exchange.groups.filter(status=GroupStatus.PROPOSED))
        if not groups and not exchange.groups.confirmed().exists():
            raise Refused(_("There are no groups yet."))
        if groups:
            exchange.groups.filter(status=GroupStatus.PROPOSED).update(status=GroupStatus.CONFIRMED)
            record(actor=actor, verb="group.confirm", subject=exchange, institution=side, groups=len(groups))
            _tell_confirmed(exchange, groups)
        start_if_ready(actor=actor, exchange=exchange, side=side)
    return len(groups)


def _carry_out(exchange: Exchange, moves: list[list], entry: JournalEntry) -> None:
    """Make the moves [enrolment, from number, to number], tell whom they concern, and describe the groups anew."""
    published = exchange.groups.confirmed().exists()
    status = GroupStatus.CONFIRMED if published else GroupStatus.PROPOSED
    groups = {group.number: group for group in exchange.groups.all()}
    for pk, _old, number in moves:
        if number is not None and number not in groups:
            groups[number] = Group.objects.create(exchange=exchange, number=number, status=status)
        group = groups[number] if number is not None else None
        exchange.enrolments.filter(pk=pk).update(group=group, unplaced_reason="")
    _tidy(exchange)
    people, terms = participants_of(exchange), terms_of(exchange)
    touched = {number for move in moves for number in move[1:] if number is not None}
    for number in sorted(touched):
        members = [each for each in people if each.enrolment.group and each.enrolment.group.number == number]
        if members:
            starts = _shared_starts(members, exchange, terms)
            found = _described(describe(members, people, terms))
            exchange.groups.filter(number=number).update(**found, shared_starts=starts)
    if published:
        _tell_moved(exchange, [pk for pk, _old, _new in moves], people, entry)


def _tidy(exchange: Exchange) -> None:
    """Groups without people go, unless something was settled for them: that is part of the exchange's history."""
    settled = exchange.activities.exclude(status=ActivityStatus.PROPOSED).filter(group__isnull=False)
    empty = exchange.groups.exclude(pk__in=exchange.enrolments.placed().filter(group__isnull=False).values("group"))
    empty.exclude(pk__in=settled.values("group")).delete()


def _last_number(exchange: Exchange) -> int:
    return exchange.groups.aggregate(last=Max("number"))["last"] or 0


def _number(enrolment: Enrolment) -> int | None:
    return enrolment.group.number if enrolment.group else None


def _is_at_work(exchange: Exchange) -> bool:
    return Run.objects.at_work().filter(exchange=exchange, kind=RunKind.GROUPS).exists()


def _must_be_adjustable(exchange: Exchange) -> None:
    if exchange.status not in ADJUSTABLE:
        raise Refused(_("Groups can be changed after enrolment has closed and until the exchange is over."))
    if _is_at_work(exchange):
        raise Refused(_("Groups are being formed. Wait until they are there."))


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


def _tell_moved(exchange: Exchange, ids: list[int], people: list[Participant], entry: JournalEntry) -> None:
    for each in people:
        group = each.enrolment.group
        if each.enrolment.pk not in ids or not each.learner.is_active:
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
        )


def _named(enrolment: Enrolment) -> str:
    return f"{enrolment.learner.name} ({enrolment.part.institution.name})"
