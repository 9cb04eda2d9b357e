"""Mixed groups: formed by a worker. What the coordinators do with them is in `board`, later changes in `regroup`."""

import datetime as dt
from collections.abc import Sequence
from itertools import count
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from exchanges.actions import runs
from exchanges.actions.activities import side_of
from exchanges.actions.enrolments import lock_exchange
from exchanges.actions.people import Participant, participants_of, terms_of
from exchanges.actions.slots import Slot, propose
from exchanges.enums import ActivityKind, ActivityStatus, ExchangeStatus, GroupStatus, RunKind
from exchanges.matching import groups as engine
from exchanges.matching.files import groups as file
from exchanges.models import Activity, Exchange, Group, Run
from institutions.actions.journal import record
from institutions.actions.notices import coordinators_of, notify
from institutions.errors import Refused
from institutions.hours import shared_starts, tzdata_version

FIRST_SESSION = gettext_noop("First live session")
STARTS_KEPT = 24


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
    with transaction.atomic():
        lock_exchange(exchange.pk)  # whoever takes back what she said in confidence finds what is kept of it
        people, terms = participants_of(exchange), terms_of(exchange)
        persons, locked = [each.person for each in people], fixed_members(exchange)
        runs.begin(run, file=file.write(persons, engine.Terms(**terms), locked))
    plan = engine.form_groups(persons, **terms, seed=run.seed, locked=locked)
    runs.report(run, percent=60)
    by_id = {each.person.id: each for each in people}
    formed = [group for group in plan.groups if not group.locked]
    starts = [starts_of([by_id[n] for n in group.members], exchange, terms) for group in formed]
    runs.report(run, percent=75)
    sessions = _first_sessions([[by_id[n] for n in group.members] for group in plan.groups], exchange, terms)
    runs.report(run, percent=90)
    with runs.finishing(run, figures=_figures(plan, sessions), outcome=file.outcome_of(plan)):
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


def fixed_members(exchange: Exchange) -> list[tuple[int, ...]]:
    """Of the groups that stay as they are: those that are confirmed, and those that are locked."""
    members: dict[int, list[int]] = {}
    placed = exchange.enrolments.placed().filter(Q(group__status=GroupStatus.CONFIRMED) | Q(group__locked=True))
    for pk, group in placed.order_by("number").values_list("pk", "group"):
        members.setdefault(group, []).append(pk)
    return [tuple(ids) for ids in members.values()]


def _figures(plan: engine.GroupPlan, sessions: list[tuple[tuple[int, ...] | None, list[Slot]]]) -> dict[str, Any]:
    return {
        # How many groups leave somebody the only one of a kind is told to nobody.
        **{name: value for name, value in plan.figures.items() if name != "alone"},
        "sessions": len(sessions),
        "common_slot": any(members is None for members, _slots in sessions),
        "without_group": without_group(plan),
    }


def without_group(plan: engine.GroupPlan) -> list[dict[str, Any]]:
    """Who has no group, why, and what would help, as a run keeps it."""
    return [
        {"id": each.id, "reason": _plain(each.reason), "change": _plain(each.change) if each.change else None}
        for each in plan.unplaced
    ]


def _plain(reason: engine.Reason) -> dict[str, Any]:
    return {"code": reason.code, "facts": dict(reason.facts)}


def starts_of(people: Sequence[Participant], exchange: Exchange, terms: dict[str, Any]) -> list[list[int]]:
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
    """Replace the groups that were only proposed and not locked; answers all groups, by their members."""
    exchange.groups.filter(status=GroupStatus.PROPOSED, locked=False).delete()
    taken = set(exchange.groups.values_list("number", flat=True))
    free = (number for number in count(1) if number not in taken)
    stored = {}
    for found, shared in zip(formed, starts, strict=True):
        number = next(free)
        group = Group.objects.create(
            exchange=exchange, run=run, number=number, **as_stored(found), shared_starts=shared
        )
        exchange.enrolments.placed().filter(pk__in=found.members).update(group=group, unplaced_reason="")
        stored[frozenset(int(member) for member in found.members)] = group
    for group in exchange.groups.filter(number__in=taken):
        stored[frozenset(group.members.placed().values_list("pk", flat=True))] = group
    remember_proposal(exchange)
    return stored


def remember_proposal(exchange: Exchange) -> None:
    """From now on the board compares with the groups as they are now."""
    number = Group.objects.filter(pk=OuterRef("group")).values("number")
    exchange.enrolments.update(proposed_number=Subquery(number))


def as_stored(found: engine.Group) -> dict[str, Any]:
    return {
        "language": found.language or "",
        "score": found.score,
        "reasons": [_plain(reason) | {"broken": False} for reason in found.reasons]
        + [_plain(reason) | {"broken": True} for reason in found.broken if reason.code != "alone"],
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


# Asking --------------------------------------------------------------------------------------------------------------


def describe(members: Sequence[Participant], everyone: Sequence[Participant], terms: dict[str, Any]) -> engine.Group:
    """A group as it stands: score, the rules it breaks, its shared hours. For people to see."""
    return engine.describe_group([each.shown for each in members], **terms, everyone=[each.shown for each in everyone])


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
        if not is_at_work(exchange):
            record(actor=actor, verb="group.ask_again", subject=exchange, institution=side)
        return runs.request_group_run(actor=actor, exchange=exchange)


def is_at_work(exchange: Exchange) -> bool:
    """Whether a worker forms or changes groups, so that nobody else should."""
    kinds = (RunKind.GROUPS, RunKind.LATE, RunKind.REGROUP)
    return Run.objects.at_work().filter(exchange=exchange, kind__in=kinds).exists()
