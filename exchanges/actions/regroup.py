"""Later changes to groups: late joiners are placed, groups mended after drop-out, with as few moves as possible.

A worker works out what would move and keeps it with its run; somebody looks at it and applies or discards it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from exchanges.actions import board, runs
from exchanges.actions.activities import side_of
from exchanges.actions.enrolments import lock_exchange
from exchanges.actions.groups import is_at_work, without_group
from exchanges.actions.people import participants_of, terms_of
from exchanges.enums import RunKind, RunStatus
from exchanges.matching import groups as engine
from exchanges.matching.files import groups as file
from exchanges.models import Exchange, Run
from institutions.actions.journal import record
from institutions.actions.notices import coordinators_of, notify
from institutions.errors import Refused

KINDS = (RunKind.LATE, RunKind.REGROUP)


def ask_for_changes(*, actor, exchange: Exchange, kind: RunKind) -> Run:
    """Ask a worker what would have to move: to place those without a group where nobody else moves (LATE), or to mend
    groups that broke (REGROUP).
    """
    assert kind in KINDS
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange)
        if exchange.status not in board.ADJUSTABLE:
            raise Refused(_("Groups can be changed after enrolment has closed and until the exchange is over."))
        if not exchange.groups.exists():
            raise Refused(_("There are no groups yet."))
        if kind == RunKind.LATE and not exchange.enrolments.placed().filter(group=None).exists():
            raise Refused(_("Everybody has a group."))
        if is_at_work(exchange):
            raise Refused(_("Groups are being formed. Wait until they are there."))
        record(actor=actor, verb=f"group.ask_{kind}", subject=exchange, institution=side)
        return runs.request_run(actor=actor, kind=kind, exchange=exchange)


def ask_again_from(*, actor, run: Run) -> Run:
    """Ask for changes where an earlier run was asked for them."""
    assert run.exchange is not None
    return ask_for_changes(actor=actor, exchange=run.exchange, kind=RunKind(run.kind))


def carry_out_changes_run(run: Run) -> None:
    """Work out what would move, and keep it as the run's figures; the groups stay as they are until it is applied."""
    exchange = Exchange.objects.select_related("offer").get(pk=run.exchange_id)
    with transaction.atomic():
        lock_exchange(exchange.pk)  # whoever takes back what she said in confidence finds what is kept of it
        people, terms = participants_of(exchange), terms_of(exchange)
        persons = [each.person for each in people]
        now = {each.person.id: each.enrolment.group.number if each.enrolment.group else None for each in people}
        locked = set(exchange.groups.filter(locked=True).values_list("number", flat=True))
        standing = _by_number(now)
        late = [n for n, number in now.items() if number is None] if run.kind == RunKind.LATE else None
        runs.begin(
            run,
            file=file.write(
                persons,
                engine.Terms(**terms),
                [members for number, members in standing.items() if number in locked],
                standing=[members for number, members in standing.items() if number not in locked],
                only=late,
            ),
        )
    before = _plan_of(standing, locked, persons, engine.Terms(**terms))
    plan = engine.regroup(before, persons, **terms, only=late, seed=run.seed)
    runs.report(run, percent=80)
    then = _numbered(plan, list(standing), now)
    moves = [[n, now[n], then.get(n)] for n in now if then.get(n) != now[n]]
    figures = {
        "people": len(people),
        "groups": len(plan.groups),
        "unplaced": len(plan.unplaced),
        "moved": sum(1 for _n, old, new in moves if old is not None),
        "placed": sum(1 for _n, old, new in moves if old is None),
        "moves": moves,
        "standing": fingerprint({int(n): number for n, number in now.items()}),
        "without_group": without_group(plan),
    }
    with runs.finishing(run, figures=figures, outcome=file.outcome_of(plan)):
        notify(
            recipients=coordinators_of(exchange.institutions.all()),
            kind="groups_changes_proposed",
            key=f"groups_changes_proposed:{run.pk}",
            url=reverse("group_changes", args=[exchange.pk]),
            exchange=str(exchange),
            moved=len(moves),
            unplaced=len(plan.unplaced),
        )


def proposal_of(exchange: Exchange) -> Run | None:
    """The newest run whose changes wait to be applied or discarded, or that is at work or failed."""
    run = Run.objects.filter(exchange=exchange, kind__in=KINDS).order_by("-pk").first()
    if run is None or run.status == RunStatus.CANCELLED or run.figures.get("decided"):
        return None
    return run


def is_outdated(exchange: Exchange, run: Run) -> bool:
    """Whether people or groups have changed since the changes were worked out."""
    now = dict(exchange.enrolments.placed().values_list("pk", "group__number"))
    return run.figures.get("standing") != fingerprint(now)


def apply_changes(*, actor, exchange: Exchange, run: Run) -> int:
    """Make the moves of the proposal, in one step that can be undone; answers how many moved. Once is enough."""
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        run = _waiting(actor, exchange, run)
        if is_outdated(exchange, run):
            raise Refused(_("The groups have changed since this was worked out. Ask again."))
        places = {pk: number for pk, _old, number in run.figures["moves"]}
        moved = board.rearrange(actor=actor, exchange=exchange, places=places, note=run.kind)
        _decide(run, "applied")
    return moved


def discard_changes(*, actor, exchange: Exchange, run: Run) -> None:
    """Leave everything as it is, and forget the proposal."""
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        _decide(_waiting(actor, exchange, run), "discarded")


def _waiting(actor, exchange: Exchange, run: Run) -> Run:
    side_of(actor, exchange)
    found = Run.objects.filter(pk=run.pk, exchange=exchange, kind__in=KINDS, status=RunStatus.FINISHED).first()
    if found is None or found.figures.get("decided"):
        raise Refused(_("This proposal was decided already."))
    return found


def _decide(run: Run, how: str) -> None:
    run.figures["decided"] = how
    run.save(update_fields=["figures"])


def fingerprint(numbers: dict[int, int | None]) -> str:
    """Of who is in which group."""
    text = json.dumps(sorted(numbers.items(), key=lambda item: item[0]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _by_number(numbers: dict[Any, int | None]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for n, number in numbers.items():
        if number is not None:
            found.setdefault(number, []).append(n)
    return dict(sorted(found.items()))


def _plan_of(
    standing: dict[int, list[Any]], locked: set[int], people: Sequence[engine.Person], terms: engine.Terms
) -> engine.GroupPlan:
    """The groups as they stand, as the engine takes them."""
    judged = engine.judge(list(standing.values()), people, terms).groups
    groups = [replace(group, locked=number in locked) for number, group in zip(standing, judged, strict=True)]
    return engine.GroupPlan(tuple(groups), (), {})


def _numbered(plan: engine.GroupPlan, numbers: Sequence[int], now: dict[Any, int | None]) -> dict[Any, int]:
    """The number of everybody's group: a group that carries on keeps its own, new ones come after."""
    found: dict[Any, int] = {}
    last = max(numbers, default=0)
    for group in plan.groups:
        if group.locked:
            number = now[group.members[0]] or 0
        elif group.was is not None:
            number = numbers[group.was]
        else:
            number = last = last + 1
        found |= dict.fromkeys(group.members, number)
    return found
