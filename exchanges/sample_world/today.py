"""Brings about what waits today, by the platform's own actions, so that the people concerned have their notices."""

import datetime as dt
from itertools import permutations

from exchanges.actions.carry_out import carry_out_due_runs
from exchanges.actions.enrolments import enrol
from exchanges.actions.exchanges import close_enrolment
from exchanges.actions.pairings import accept, decline, propose
from exchanges.actions.polls import open_poll, vote
from exchanges.actions.programme import PLANNABLE
from exchanges.actions.series import plan_series
from exchanges.actions.session_plans import ask_for_plan
from exchanges.actions.wishes import tie
from exchanges.enums import OfferStatus, RunKind, TieKind
from exchanges.models import Exchange, Run, Wish
from exchanges.sample_world import institutions as places
from exchanges.sample_world import offers, stories
from exchanges.sample_world.world import World, happened
from exchanges.sample_world.write_people import facts_of
from institutions.actions.institutions import register
from institutions.actions.memberships import ask_to_join
from institutions.actions.partnerships import edit_partnership, end, sign, start_signing
from institutions.actions.work import wake
from institutions.enums import PartnershipStatus, Role
from institutions.hours import WeekHours, clock_changes, local, resolve_wall
from institutions.models import LearnerProfile, Partnership


def bring_about(world: World) -> None:
    """By the platform's own actions, some hours or days ago each."""
    users, institutions = world.users, world.institutions
    with happened(world, days=3):
        ask_to_join(
            actor=users["newcomer_lisbon"],
            institution=institutions["lisbon"],
            role=Role.COORDINATOR,
            message="I teach Portuguese as a second language at the School of Arts and would like to run tandems.",
        )
    with happened(world, days=1):
        ask_to_join(
            actor=users["newcomer_pune"],
            institution=institutions["pune"],
            role=Role.LEARNER,
            message="Second year of environmental science; my teacher told us of the water module.",
        )
    with happened(world, days=2):
        sample = places.BY_KEY[places.PENDING[0]]
        register(actor=users["registrant"], domains=sample.mail_domains, **facts_of(sample))
    for number, (key, partner, theirs, message, days) in enumerate(stories.OPEN_PROPOSALS):
        offer = world.offers[key]
        with happened(world, days=1.2 + number):
            propose(
                actor=offer.coordinator,
                offer=offer,
                partner_institution=institutions[partner],
                partner_offer=world.offers[theirs] if theirs else None,
                message=message,
                reply_by=(world.now + dt.timedelta(days=days)).replace(minute=0, second=0, microsecond=0),
                reply_zone=offer.zone,
            )
    offer, partner = world.offers[stories.DECLINED_TODAY[0]], stories.DECLINED_TODAY[1]
    with happened(world, days=0.4):
        pairing = propose(
            actor=offer.coordinator,
            offer=offer,
            partner_institution=institutions[partner],
            message=stories.DECLINED_TODAY[2],
            reply_by=world.now + dt.timedelta(days=7),
            reply_zone=offer.zone,
        )
        decline(
            actor=world.staff[partner, "coordinator"], pairing=pairing, reason="staff", note=stories.DECLINED_TODAY[3]
        )
    for number, row in enumerate(stories.ON_THE_WAY):
        with happened(world, days=5 - number):
            _agree(world, row)
    with happened(world, days=0.2):
        enrol(actor=users["farah"], exchange=world.exchanges["monsoon"])
    with happened(world, days=1.5):
        enrol(actor=users["grace"], exchange=world.exchanges["solar"])
    with happened(world, days=0.1):
        close_enrolment(actor=users["bruno"], exchange=world.exchanges["portugues"])
    _leave_work_on_the_board(world)
    _plan_ahead(world)
    _ask_for_suggestions(world)


def _leave_work_on_the_board(world: World) -> None:
    """In the dialogue on media: a learner whose hours have changed breaks her group's rule, two have wished to be
    together, one waits for an answer to her wish, and two are kept apart. Somebody came late (`SampleExchange.late`).
    """
    exchange = world.exchanges["news"]
    cast = [user.pk for user in world.users.values()]
    people = list(
        exchange.enrolments.placed()
        .filter(group__isnull=False)
        .exclude(learner__in=cast)
        .select_related("learner")
        .order_by("group__number", "number")
    )
    first, second = people[0], people[1]
    third = next(each for each in people if each.group_id != first.group_id)
    busy = people[-1]
    Wish.objects.bulk_create(
        [
            Wish(enrolment=first, email=second.learner.email),
            Wish(enrolment=second, email=first.learner.email),
            Wish(enrolment=third, email=first.learner.email),
        ]
    )
    with happened(world, days=2.5):
        tie(
            actor=world.users["bruno"],
            exchange=exchange,
            kind=TieKind.APART,
            people=[second.pk, third.pk],
            reason="They shared a flat until last month, and asked for it, each alone.",
        )
    LearnerProfile.objects.filter(user=busy.learner_id).update(
        hours=WeekHours.from_ranges([(5, "09:00", "12:00"), (6, "09:00", "12:00")])
    )


def _plan_ahead(world: World) -> None:
    """A rotation and a poll in an exchange that runs, a plan to look at, and a series over a clock change."""
    users, news = world.users, world.exchanges["news"]
    monday = world.monday + dt.timedelta(weeks=1)
    if monday < world.today + dt.timedelta(days=3):
        monday += dt.timedelta(weeks=1)
    weeks = min(4, ((news.ends - monday).days + 1) // 7)
    with happened(world, days=2):
        if weeks > 1:
            plan_series(
                actor=users["bruno"],
                exchange=news,
                title="Open newsroom",
                first=monday,
                weeks=weeks,
                turns=[(2, dt.time(11), None), (3, dt.time(15), None)],
                description="Come with what you are stuck on. The hour changes from week to week, so that it is fair.",
                join_url="https://meet.vmobility.example/newsroom",
            )
    days = [world.today + dt.timedelta(days=number) for number in (6, 7, 8)]
    if days[-1] <= news.ends:
        with happened(world, days=1):
            poll = open_poll(
                actor=users["bruno"],
                exchange=news,
                title="A walk through a printing house",
                description="The printers show us their oldest press, live. They are free at these times.",
                options=[(day, at, 0) for day, at in zip(days, (dt.time(11), dt.time(15), dt.time(18)), strict=True)],
                closes=(days[0] - dt.timedelta(days=2), dt.time(20)),
            )
            options = list(poll.options.all())
            for name, answers in (("dina", "yes no maybe"), ("farah", "maybe yes no")):
                chosen = dict(zip((option.pk for option in options), answers.split(), strict=True))
                vote(actor=users[name], poll=poll, answers=chosen)
    if weeks > 1:
        plan = ask_for_plan(
            actor=users["bruno"], exchange=news, title="Editorial meeting", first=monday, weeks=weeks, minutes=60
        )
        carry_out_due_runs(worker="sample world", run_id=plan.run_id)
    _plan_over_a_clock_change(world)


def _plan_over_a_clock_change(world: World) -> None:
    """In the first exchange in whose dates clocks change on one side and not, or on another day, on the other."""
    for exchange in world.exchanges.values():
        exchange.refresh_from_db()
        first = max(exchange.starts, world.today + dt.timedelta(days=2))
        zones = {part.institution.zone for part in exchange.parts.select_related("institution")}
        by_zone = {tuple(change.day for change in clock_changes(zone, first, exchange.ends)) for zone in zones}
        changes = sorted(day for days in by_zone for day in days)
        if exchange.status not in PLANNABLE or len(by_zone) < 2:
            continue
        begins = max(first, changes[0] - dt.timedelta(weeks=2))
        weeks = min(5, (exchange.ends - begins).days // 7 + 1)
        hours = (dt.time(hour) for hour in (13, 11, 15, 9, 17, 10, 12, 14, 16))
        days = [begins + dt.timedelta(weeks=week) for week in range(weeks)]
        at = next((hour for hour in hours if _is_humane(exchange, days, hour, zones)), None)
        if weeks > 2 and at is not None:
            with happened(world, days=0.5):
                plan_series(
                    actor=exchange.offer.coordinator,
                    exchange=exchange,
                    title="Working meeting",
                    first=begins,
                    weeks=weeks,
                    turns=[(begins.weekday(), at, None)],
                    minutes=exchange.session_minutes,
                )
            return


def _is_humane(exchange: Exchange, days: list[dt.date], at: dt.time, zones: set[str]) -> bool:
    for day in days:
        start = resolve_wall(day, at, exchange.zone, fold=0)
        for zone in zones:
            seen, over = local(start, zone), local(start + dt.timedelta(minutes=exchange.session_minutes), zone)
            if not dt.time(8) <= seen.time() < over.time() <= dt.time(21):
                return False
    return True


def _agree(world: World, row: tuple[str, tuple[str, ...], str, tuple[str, ...], str]) -> None:
    """A pairing that both sides accepted, and the partnership that it needs, as far as it has come."""
    key, partners, title, signed, terms = row
    offer, host = world.offers[key], offers.BY_KEY[key].host
    before = Partnership.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    exchange = None
    for partner in partners:
        pairing = propose(
            actor=offer.coordinator,
            offer=offer,
            partner_institution=world.institutions[partner],
            message=f"Your work in this field would complete “{offer.title}”. Shall we?",
            reply_by=world.now + dt.timedelta(days=10),
            reply_zone=offer.zone,
        )
        exchange = accept(actor=world.staff[partner, "coordinator"], pairing=pairing, note="Gladly.").exchange
    assert exchange is not None
    keys = (host, *partners)
    parties = [world.institutions[party] for party in keys]
    drafts = list(Partnership.objects.of(parties).filter(status=PartnershipStatus.DRAFT, pk__gt=before).order_by("pk"))
    for draft in drafts[:-1]:
        end(actor=offer.coordinator, partnership=draft, note="The network with all of us takes its place.")
    partnership = edit_partnership(
        actor=offer.coordinator,
        partnership=drafts[-1],
        institutions=parties,
        title=title,
        fields=[],
        valid_from=world.today,
        valid_until=exchange.ends + dt.timedelta(days=540),
        places={(one.pk, other.pk): 24 for one, other in permutations(parties, 2)},
        recognition_terms=terms,
    )
    partnership = start_signing(actor=offer.coordinator, partnership=partnership)
    for party in signed:
        sign(
            actor=world.staff[party, "admin"],
            partnership=partnership,
            institution=world.institutions[party],
            version=partnership.version,
        )


def _ask_for_suggestions(world: World) -> None:
    """A run for each published offer that looks for partners; a worker has them done in a minute."""
    runs = [
        Run(kind=RunKind.PARTNERS, offer=offer, seed=number)
        for number, offer in enumerate(world.offers.values(), start=1)
        if offer.status == OfferStatus.PUBLISHED and not Exchange.objects.filter(offer=offer).exists()
    ]
    Run.objects.bulk_create(runs)
    wake("exchanges.run_due_matching")
