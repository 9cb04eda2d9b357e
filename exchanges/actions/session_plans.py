"""Planning a series: a coordinator asks, a worker proposes hours, the coordinator takes one or sets her own.

A run works out one plan, the one that has waited longest. Who asks holds the lock on the exchange's row, and so does a
run while it ends; a plan that came meanwhile gets a run of its own then, so none is forgotten.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from exchanges.actions import runs
from exchanges.actions.enrolments import lock_exchange
from exchanges.actions.people import Participant, participants_of
from exchanges.actions.programme import must_be_plannable, side_of
from exchanges.actions.series import MOST_WEEKS, plan_series
from exchanges.enums import RunKind
from exchanges.matching.files import slots as file
from exchanges.matching.slots import Member, Plan, SlotProposal, propose_plans, weigh_series
from exchanges.models import Activity, Enrolment, Exchange, Group, Run, SessionPlan
from institutions.actions.journal import record
from institutions.errors import Refused

Proposal = dict[str, Any]


def ask_for_plan(
    *, actor, exchange: Exchange, title: str, first: dt.date, weeks: int, minutes: int, group: Group | None = None
) -> SessionPlan:
    """Ask a worker which weekly hours cost the people of the exchange, or of a group, least."""
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange)
        must_be_plannable(exchange, group)
        must_fit(exchange, first=first, weeks=weeks)
        if not people_of_plan(exchange, group):
            raise Refused(_("Nobody holds a place yet; hours are proposed for those who do."))
        plan = SessionPlan.objects.create(
            exchange=exchange, group=group, title=title, first=first, weeks=weeks, minutes=minutes, created_by=actor
        )
        plan.run = runs.request_run(actor=actor, kind=RunKind.SLOTS, exchange=exchange)
        plan.save(update_fields=["run"])
        record(actor=actor, verb="plan.ask", subject=exchange, institution=side, plan=plan.pk, weeks=weeks)
    return plan


def must_fit(exchange: Exchange, *, first: dt.date, weeks: int) -> None:
    """The weeks lie within the exchange and are to come."""
    today = timezone.localdate(timezone=exchange.tz)
    if not 1 <= weeks <= MOST_WEEKS:
        raise Refused(_("A series has 1 to %(most)s weeks.") % {"most": MOST_WEEKS}, "weeks")
    if not max(exchange.starts, today + dt.timedelta(days=1)) <= first <= exchange.ends:
        begins = max(exchange.starts, today + dt.timedelta(days=1))
        raise Refused(
            _("Choose a day from %(first)s to %(last)s.")
            % {"first": date_format(begins, _("j F Y")), "last": date_format(exchange.ends, _("j F Y"))}
            if begins <= exchange.ends
            else _("The exchange ends today or has ended."),
            "first",
        )
    most = (exchange.ends - first).days // 7 + 1
    if weeks > most:
        raise Refused(_("From that day to the end of the exchange there are %(most)s weeks.") % {"most": most}, "weeks")


def usual_terms(exchange: Exchange) -> dict[str, Any]:
    """What a plan most likely asks for: all whole weeks that are to come, from next Monday or the exchange's start."""
    today = timezone.localdate(timezone=exchange.tz)
    monday = today + dt.timedelta(days=7 - today.weekday())
    first = max(exchange.starts, monday if monday <= exchange.ends else today + dt.timedelta(days=1))
    return {
        "first": first,
        "weeks": min(MOST_WEEKS, max(1, ((exchange.ends - first).days + 1) // 7)),
        "minutes": exchange.session_minutes,
    }


def people_of_plan(exchange: Exchange, group: Group | None) -> list[Participant]:
    """Whose hours count: everybody with a place, or the group's members."""
    people = participants_of(exchange)
    return [each for each in people if each.enrolment.group_id == group.pk] if group else people


def members_of(people: Iterable[Participant]) -> list[Member]:
    return [(each.person.id, each.person.zone, each.person.hours) for each in people]


# The run -------------------------------------------------------------------------------------------------------------


def carry_out_slots_run(run: Run) -> None:
    """Work out the plan of the exchange that has waited longest."""
    plan = SessionPlan.objects.waiting().filter(exchange=run.exchange_id).select_related("exchange__offer", "group")
    asked = plan.order_by("pk").first()
    if asked is None:
        with runs.finishing(run, figures={"skipped": "nothing asked"}):
            return
    exchange = asked.exchange
    members = members_of(people_of_plan(exchange, asked.group))
    terms = file.Terms(asked.first, asked.weeks, asked.minutes, exchange.zone, exchange.ends)
    runs.begin(run, file=file.write(members, terms))
    found = propose_plans(
        members,
        first=terms.first,
        weeks=terms.weeks,
        minutes=terms.minutes,
        governing=terms.governing,
        last=terms.last,
    )
    runs.report(run, percent=80)
    with runs.finishing(run, figures=_figures(found, members), outcome=_outcome(found)):
        exchange = lock_exchange(exchange.pk)
        asked.proposals = [as_json(each, members) for each in found]
        asked.run = run
        asked.save(update_fields=["proposals", "run"])
        others = SessionPlan.objects.waiting().filter(exchange=exchange)
        if others.exists():
            others.update(run=runs.request_run(actor=None, kind=RunKind.SLOTS, exchange=exchange))


def plan_again_from(*, actor, run: Run) -> Run:
    """Ask for the run's plan once more, with the people and their hours of today."""
    plan = SessionPlan.objects.filter(run=run).select_related("exchange", "group").order_by("-pk").first()
    if plan is None:
        raise Refused(_("This run has no plan any more."))
    return plan_again(actor=actor, plan=plan)


def plan_again(*, actor, plan: SessionPlan) -> Run:
    """Have the plan worked out afresh: people's hours may have changed since, or its run broke off."""
    with transaction.atomic():
        exchange = lock_exchange(plan.exchange_id)
        side_of(actor, exchange)
        must_be_plannable(exchange, plan.group)
        must_fit(exchange, first=plan.first, weeks=plan.weeks)
        run = runs.request_run(actor=actor, kind=RunKind.SLOTS, exchange=exchange)
        SessionPlan.objects.filter(pk=plan.pk).update(proposals=None, run=run)
    return run


def _figures(plans: Sequence[Plan], members: Sequence[Member]) -> dict[str, Any]:
    return {"people": len(members), "proposals": len(plans), "humane": bool(plans and plans[0].humane)}


def _outcome(plans: Sequence[Plan]) -> list[dict[str, Any]]:
    """As from a file (`files.slots.outcome`)."""
    return [
        {
            "kind": each.kind,
            "total": each.total,
            "slots": [[{"weekday": day, "time": f"{at:%H:%M}"} for day, at in part.slots] for part in each.parts],
        }
        for each in plans
    ]


# What a proposal says ------------------------------------------------------------------------------------------------


def as_json(plan: Plan, members: Sequence[Member]) -> Proposal:
    """A proposal as it is kept: per part the wall times, every start, and what each zone pays in each week.

    `bearers` are those who bear the same, by zone: who bears most comes first.
    """
    zone_of = {member: zone for member, zone, _ in members}
    bearers = Counter((zone_of[member], burden) for member, burden in plan.burdens.items())
    return {
        "kind": plan.kind,
        "total": plan.total,
        "worst": plan.worst,
        "fairness": plan.fairness,
        "humane": plan.humane,
        "people": len(plan.burdens),
        "outside": len(plan.outside),
        "parts": [_part(part, zone_of, named=len(plan.parts) > 1) for part in plan.parts],
        "bearers": [
            {"zone": zone, "burden": burden, "people": count}
            for (zone, burden), count in sorted(bearers.items(), key=lambda item: (-item[0][1], -item[1], item[0][0]))
        ],
    }


def _part(part: SlotProposal, zone_of: dict, *, named: bool) -> dict[str, Any]:
    living = Counter(zone_of[member] for member in part.burdens)
    outside = [Counter(zone_of[member] for member in each.outside) for each in part.occurrences]
    return {
        "slots": [{"weekday": weekday, "time": f"{at:%H:%M}"} for weekday, at in part.slots],
        "zone": part.zone,
        "minutes": part.minutes,
        "people": list(part.burdens) if named else [],
        "count": len(part.burdens),
        "starts": [each.utc.isoformat() for each in part.occurrences],
        "turns": [each.turn for each in part.occurrences],
        "skipped": [day.isoformat() for day in part.skipped],
        "zones": [
            {
                "zone": zone,
                "people": count,
                "burdens": [next(seen.burden for seen in each.zones if seen.zone == zone) for each in part.occurrences],
                "outside": [away[zone] for away in outside],
            }
            for zone, count in sorted(living.items(), key=lambda item: (-item[1], item[0]))
        ],
    }


def cost_by_hand(
    plan: SessionPlan, turns: Sequence[tuple[int, dt.time]], *, folds: Sequence[int] = ()
) -> Proposal | None:
    """What hours that somebody set herself cost the plan's people; None where nobody holds a place any more.

    One weighing of 200 people over 16 weeks takes some 20 ms, so that a page may do it.
    """
    members = members_of(people_of_plan(plan.exchange, plan.group))
    if not members:
        return None
    found = weigh_series(
        members,
        slots=turns,
        first=plan.first,
        weeks=plan.weeks,
        minutes=plan.minutes,
        governing=plan.exchange.zone,
        folds=folds,
    )
    return as_json(found, members)


# Taking one ----------------------------------------------------------------------------------------------------------


def take_plan(
    *,
    actor,
    plan: SessionPlan,
    parts: Sequence[dict[str, Any]],
    title: str,
    description: str = "",
    join_url: str = "",
    fold: int | None = None,
) -> list[Activity]:
    """Make series of a proposal's parts, or of hours set by hand, and tell whom they are for.

    In a split each half is told of its own series; who came after the proposal was made is told of both.
    """
    made: list[Activity] = []
    with transaction.atomic():
        exchange = lock_exchange(plan.exchange_id)
        side_of(actor, exchange)
        halves = [set(part.get("people", ())) for part in parts]
        for number, part in enumerate(parts):
            others = {pk for n, half in enumerate(halves) if n != number for pk in half}
            letter = f" {chr(ord('A') + number)}" if len(parts) > 1 else ""
            made += plan_series(
                actor=actor,
                exchange=exchange,
                group=plan.group,
                title=f"{title[: 140 - len(letter)]}{letter}",
                description=description,
                join_url=join_url,
                first=plan.first,
                weeks=plan.weeks,
                minutes=plan.minutes,
                turns=[(slot["weekday"], dt.time.fromisoformat(slot["time"]), fold) for slot in part["slots"]],
                elsewhere=Enrolment.objects.filter(pk__in=others, exchange=exchange),
            )
        SessionPlan.objects.filter(pk=plan.pk).update(taken_at=timezone.now())
    return made
