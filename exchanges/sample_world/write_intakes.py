"""Writes the intakes: by the platform's own actions, so that notices, journal and the result are the real ones."""

import datetime as dt
from collections.abc import Sequence

from exchanges.actions import choices, intake_rules
from exchanges.actions import intakes as actions
from exchanges.actions.carry_out import carry_out_due_runs
from exchanges.actions.intake_news import tell_news
from exchanges.actions.placements import confirm, decline
from exchanges.actions.waiting import deadline
from exchanges.enums import PlacementStatus
from exchanges.models import ChoiceList, Intake, Placement, Run
from exchanges.sample_world import intakes
from exchanges.sample_world.world import World, happened
from exchanges.sample_world.write_people import invented_learners
from institutions.enums import PartnershipStatus
from institutions.models import Partnership, User


def write_intakes(world: World) -> None:
    for sample in intakes.INTAKES:
        intake = _prepare(world, sample)
        with happened(world, days=-sample.opened_day):
            intake = actions.open_intake(actor=world.staff[sample.owner, "coordinator"], intake=intake)
            tell_news()
        with happened(world, days=min(-sample.opened_day, -sample.opened_day / 2 + 1)):
            _choose(world, sample, intake)
        opened = world.at(sample.opened_day)
        Intake.objects.filter(pk=intake.pk).update(opens=opened, opened_at=opened)
        if sample.published_day is not None:
            _publish(world, sample, intake)
    world.tell(f"{len(intakes.INTAKES)} intakes, {ChoiceList.objects.count()} lists of choices")


def _prepare(world: World, sample: intakes.SampleIntake) -> Intake:
    owner = world.staff[sample.owner, "coordinator"]
    institution = world.institutions[sample.owner]
    # Closing comes by an action below, where it has come; until then it lies ahead.
    closes = (world.now + dt.timedelta(days=max(sample.closes_day, 1))).replace(minute=0, second=0, microsecond=0)
    with happened(world, days=2 - sample.opened_day):
        intake = actions.create_intake(
            actor=owner,
            institution=institution,
            partnership=Partnership.objects.get(title=sample.partnership, status=PartnershipStatus.ACTIVE),
            details={
                "title": sample.title,
                "summary": sample.summary,
                "zone": institution.zone,
                "closes": closes,
                "seed": sample.seed,
                "confirm_days": sample.confirm_days,
                "tolerance": None if sample.never_abroad else sample.tolerance,
            },
        )
        exchanges = {key: world.exchanges[key] for key in sample.exchanges}
        intake_rules.set_exchanges(
            actor=owner, intake=intake, exchanges=[exchange.pk for exchange in exchanges.values()]
        )
        for key, exchange in exchanges.items():
            lines = []
            if key in sample.nominated:
                nominating, why = sample.nominated[key]
                lines = [(why, [_learners(world, sample, nominating)[0].email])]
            intake_rules.set_rules(
                actor=owner,
                entry=intake.entries.get(exchange=exchange),
                limits={
                    "capacity": None,
                    "minimum": sample.minimum.get(key, 0),
                    "never_abroad": sample.never_abroad.get(key, 0),
                    "fewer_opportunities": 0,
                },
                institutions={},
                countries={country: n for (which, country), n in sample.countries.items() if which == key},
                lines=lines,
            )
    return intake


def _learners(world: World, sample: intakes.SampleIntake, key: str) -> Sequence[User]:
    """The invented learners of an institution who choose in this intake; made when they are first asked for."""
    known = world.choosers.get((sample.key, key))
    if known is None:
        known = world.choosers[sample.key, key] = invented_learners(world, key, sample.learners[key])
    return known


def _choose(world: World, sample: intakes.SampleIntake, intake: Intake) -> None:
    entry_of = dict(intake.entries.values_list("exchange", "pk"))
    entries = [entry_of[world.exchanges[key].pk] for key in sample.exchanges]
    number = 0
    for key in sample.learners:
        for learner in _learners(world, sample, key):
            # The first exchange is wanted most; who begins with which turns slowly.
            number += 1
            turn = (number * number % 7 + number // 3) % len(entries)
            ranked = (entries[turn:] + entries[:turn])[: 1 + (number + turn) % len(entries)]
            choices.submit(actor=learner, intake=intake, entries=ranked)
    for name, wished in sample.cast.items():
        ranked = [entry_of[world.exchanges[key].pk] for key in wished]
        act = choices.submit if sample.published_day is not None else choices.save_draft
        act(actor=world.users[name], intake=intake, entries=ranked)


def _publish(world: World, sample: intakes.SampleIntake, intake: Intake) -> None:
    assert sample.published_day is not None
    owner = world.staff[sample.owner, "coordinator"]
    with happened(world, days=-sample.closes_day):
        actions.close_intake(actor=None, intake=intake)
        run = intake.runs.get()
        carry_out_due_runs(worker="sample world", run_id=run.pk)
    closed = world.at(sample.closes_day)
    Intake.objects.filter(pk=intake.pk).update(closes=closed)
    Run.objects.filter(pk=run.pk).update(
        requested_at=closed, started_at=closed, finished_at=closed + dt.timedelta(seconds=4)
    )
    with happened(world, days=-sample.published_day):
        intake = actions.publish(actor=owner, intake=intake)
        tell_news()
    published = world.at(sample.published_day)
    intake.published_at, intake.confirm_by = published, deadline(intake, published)
    intake.save(update_fields=["published_at", "confirm_by"])
    intake.placements.filter(status=PlacementStatus.OFFERED).update(confirm_by=intake.confirm_by)
    cast = {user.pk for user in world.users.values()}
    offered = intake.placements.filter(status=PlacementStatus.OFFERED).exclude(choice_list__learner__in=cast)
    for number, placement in enumerate(offered.select_related("choice_list__learner").order_by("lottery")):
        with happened(world, days=1.5):
            _decide(placement, number)


def _decide(placement: Placement, number: int) -> None:
    """Most confirm, one declines, and the last have not decided yet."""
    learner = placement.choice_list.learner
    if number == 2:
        decline(actor=learner, placement=placement)
    elif number < 8:
        confirm(actor=learner, placement=placement)
