"""Writes the exchanges with everything that happened in them so far."""

import datetime as dt
from itertools import zip_longest

from exchanges.actions.groups import describe
from exchanges.actions.people import participants_of, terms_of
from exchanges.actions.recognition import facts_of, participation_in
from exchanges.enums import (
    ActivityKind,
    ActivityStatus,
    EnrolmentStatus,
    ExchangeRole,
    ExchangeStatus,
    GroupStatus,
    PairingStatus,
    Presence,
)
from exchanges.models import (
    Activity,
    Attendance,
    Certificate,
    Enrolment,
    Exchange,
    ExchangeInstitution,
    Group,
    Pairing,
    Series,
    Turn,
)
from exchanges.sample_world import offers, stories
from exchanges.sample_world.world import World
from institutions.hours import WeekHours, local, resolve_wall, tzdata_version
from institutions.models import User


def write_exchange(world: World, story: stories.SampleExchange) -> None:
    offer = world.offers[story.offer]
    host = offers.BY_KEY[story.offer].host
    status = ExchangeStatus(story.status)
    opened = status not in (ExchangeStatus.PLANNED, ExchangeStatus.CANCELLED)
    exchange = Exchange.objects.create(
        offer=offer,
        title=offer.title,
        summary=offer.summary,
        status=status,
        zone=story.zone,
        starts=offer.starts,
        ends=offer.ends,
        enrol_opens=world.at(story.opened_day) if opened else None,
        enrol_closes=world.at(story.closes_day),
        group_size_min=offer.group_size_min,
        group_size_max=offer.group_size_max,
        session_minutes=offer.session_minutes,
        language=story.language,
        created_at=world.at(story.accepted_day),
        completed_at=world.at(story.done_day) if status == ExchangeStatus.COMPLETED else None,
    )
    world.exchanges[story.offer] = exchange
    parts = {}
    for key in (host, *story.partners):
        role = ExchangeRole.COORDINATING if key == host else ExchangeRole.PARTNER
        parts[key] = ExchangeInstitution(
            exchange=exchange,
            institution=world.institutions[key],
            role=role,
            places=story.places[key],
            held=story.placed.get(key, 0),
        )
    ExchangeInstitution.objects.bulk_create(parts.values())
    _write_acceptance(world, story, exchange)
    _note_states(world, story, exchange, host)
    enrolments = _write_enrolments(world, story, exchange, parts)
    if status in (ExchangeStatus.RUNNING, ExchangeStatus.COMPLETED):
        placed = [row for row in enrolments if row.status == EnrolmentStatus.PLACED]
        groups = _write_groups(world, story, exchange, _in_time(story, parts, placed))
        _write_activities(world, story, exchange, groups, placed)
    if status == ExchangeStatus.COMPLETED:
        _write_certificates(world, exchange)


def _write_acceptance(world: World, story: stories.SampleExchange, exchange: Exchange) -> None:
    offer = exchange.offer
    for key in story.partners:
        partner, invited = world.institutions[key], world.staff[key, "coordinator"]
        accepted = exchange.created_at
        pairing = Pairing.objects.create(
            offer=offer,
            partner_institution=partner,
            exchange=exchange,
            status=PairingStatus.ACCEPTED,
            message=f"We read what {partner.name} does in this field. Shall we run “{offer.title}” together?",
            invited_by=offer.coordinator,
            proposed_at=accepted - dt.timedelta(days=6, hours=1),
            reply_by=accepted + dt.timedelta(days=4),
            reply_zone=offer.zone,
            replied_by=invited,
            replied_at=accepted,
            reply_note="With pleasure. The numbers and the dates suit us.",
        )
        world.note(pairing.proposed_at, offer.coordinator, "pairing.propose", pairing, offer.institution)
        world.note(accepted, invited, "pairing.accept", pairing, partner, note=pairing.reply_note)
        verb = "exchange.plan" if key == story.partners[0] else "exchange.add_partner"
        world.note(accepted, invited, verb, exchange, partner)


def _note_states(world: World, story: stories.SampleExchange, exchange: Exchange, host: str) -> None:
    leader, side = world.staff[host, "coordinator"], world.institutions[host]
    if exchange.status == ExchangeStatus.CANCELLED:
        world.note(world.at(story.done_day), leader, "exchange.cancel", exchange, side, note=stories.CANCEL_REASON)
    if exchange.enrol_opens is None:
        return
    world.note(exchange.enrol_opens, leader, "exchange.open_enrolment", exchange, side)
    if exchange.status == ExchangeStatus.ENROLLING:
        return
    world.note(exchange.enrol_closes, None, "exchange.close_enrolment", exchange)
    world.note(exchange.enrol_closes + dt.timedelta(days=2), leader, "exchange.start", exchange, side)
    if exchange.completed_at:
        world.note(exchange.completed_at, leader, "exchange.complete", exchange, side)


def _write_enrolments(
    world: World, story: stories.SampleExchange, exchange: Exchange, parts: dict[str, ExchangeInstitution]
) -> list[Enrolment]:
    queues = []
    for key, part in parts.items():
        cast = [world.users[name] for name in story.cast if world.users[name] in world.learners.get(key, ())]
        others = _free_learners(world, key, story, len(cast))
        wanted = [EnrolmentStatus.PLACED] * story.placed.get(key, 0)
        wanted += [EnrolmentStatus.WITHDRAWN] * story.withdrawn.get(key, 0)
        wanted += [EnrolmentStatus.WAITING] * story.waiting.get(key, 0)
        queues.append([(part, learner, status) for learner, status in zip(cast + others, wanted, strict=True)])
    taken = [row for rows in zip_longest(*queues) for row in rows if row is not None]
    if not taken:
        return []
    closes = min(exchange.enrol_closes, world.now)
    step = (closes - exchange.enrol_opens) / (len(taken) + 1)
    enrolments = []
    for number, (part, learner, status) in enumerate(taken, start=1):
        at = exchange.enrol_opens + step * number
        enrolments.append(
            Enrolment(
                exchange=exchange,
                part=part,
                learner=learner,
                status=status,
                number=number,
                taken_at=at,
                placed_at=at if status == EnrolmentStatus.PLACED else None,
                withdrawn_at=at + step / 2 if status == EnrolmentStatus.WITHDRAWN else None,
            )
        )
    Enrolment.objects.bulk_create(enrolments)
    Exchange.objects.filter(pk=exchange.pk).update(queue_number=len(enrolments))
    exchange.queue_number = len(enrolments)
    for row in enrolments:
        verb = "enrolment.wait" if row.status == EnrolmentStatus.WAITING else "enrolment.take"
        world.note(row.taken_at, row.learner, verb, row, row.part.institution, number=row.number)
        if row.withdrawn_at:
            world.note(row.withdrawn_at, row.learner, "enrolment.withdraw", row, row.part.institution)
        _fit_profile(world, story, row)
    return enrolments


def _free_learners(world: World, key: str, story: stories.SampleExchange, cast_here: int) -> list[User]:
    """The institution's invented learners, each in one exchange, so that everybody's desk is plausible."""
    count = sum(numbers.get(key, 0) for numbers in (story.placed, story.waiting, story.withdrawn)) - cast_here
    cast = {user.pk for user in world.users.values()}
    free = [user for user in world.learners.get(key, ()) if user.pk not in cast and not hasattr(user, "in_exchange")]
    for user in free[:count]:
        user.in_exchange = story.offer  # type: ignore[attr-defined]
    return free[:count]


def _fit_profile(world: World, story: stories.SampleExchange, row: Enrolment) -> None:
    """Who takes part studies something near, speaks the language, and has time for the sessions."""
    profile, exchange = world.profiles[row.learner_id], row.exchange
    profile.field = exchange.offer.field if world.random.random() < 0.6 else exchange.offer.field[:3]
    profile.languages.setdefault(exchange.language, world.random.choice(("B1", "B2")))
    weekday, clock = story.slot
    start = resolve_wall(
        exchange.starts + dt.timedelta(days=weekday), dt.time.fromisoformat(clock), exchange.zone, fold=0
    )
    # An hour to spare on both sides keeps the session inside after a clock change.
    first = local(start, row.learner.zone) - dt.timedelta(hours=1)
    last = local(start + dt.timedelta(minutes=exchange.session_minutes), row.learner.zone) + dt.timedelta(hours=1)
    profile.hours |= WeekHours.from_ranges([(first.weekday(), f"{first:%H:%M}", f"{last:%H:%M}")])


def _in_time(
    story: stories.SampleExchange, parts: dict[str, ExchangeInstitution], placed: list[Enrolment]
) -> list[Enrolment]:
    """All but the last of those institutions from which somebody came late."""
    late = set()
    for key, count in story.late.items():
        own = sorted((row for row in placed if row.part_id == parts[key].pk), key=lambda row: row.number)
        late |= {row.pk for row in own[-count:]}
    return [row for row in placed if row.pk not in late]


def _write_groups(
    world: World, story: stories.SampleExchange, exchange: Exchange, placed: list[Enrolment]
) -> list[Group]:
    count = max(1, -(-len(placed) // exchange.group_size_max))
    weekday, clock = story.slot
    start = [weekday, int(clock[:2]) * 60 + int(clock[3:])]
    groups = [
        Group(
            exchange=exchange,
            number=number,
            status=GroupStatus.CONFIRMED,
            language=exchange.language,
            shared_starts=[start],
        )
        for number in range(1, count + 1)
    ]
    Group.objects.bulk_create(groups)
    for place, row in enumerate(sorted(placed, key=lambda row: (row.part_id, row.number))):
        row.group = groups[place % count]
        row.proposed_number = row.group.number
    Enrolment.objects.bulk_update(placed, ["group", "proposed_number"])
    leader = exchange.offer.coordinator
    formed = exchange.enrol_closes + dt.timedelta(minutes=3)
    world.note(formed, None, "group.form", exchange, groups=count, unplaced=0)
    world.note(
        exchange.enrol_closes + dt.timedelta(days=1), leader, "group.confirm", exchange, exchange.offer.institution
    )
    return groups


def _write_activities(
    world: World,
    story: stories.SampleExchange,
    exchange: Exchange,
    groups: list[Group],
    placed: list[Enrolment],
) -> None:
    activities = []
    series = None if story.by_group else _series(story, exchange)
    for week, title in enumerate(story.sessions):
        own = story.by_group and 0 < week < len(story.sessions) - 1
        for group in groups if own else [None]:
            activities.append(_session(world, story, exchange, week=week, title=title, group=group))
            if series is not None:
                activities[-1].series, activities[-1].week = series, week
    for week, title in story.tasks:
        day = exchange.starts + dt.timedelta(weeks=week - 1, days=6)
        activities.append(
            _activity(exchange, day=day, at=dt.time(20), kind=ActivityKind.TASK, title=title, now=world.now)
        )
    over = [activity for activity in activities if activity.status == ActivityStatus.HELD]
    for activity in over if story.unnoted else ():
        if activity.starts_at == max(row.starts_at for row in over):
            activity.status = ActivityStatus.CONFIRMED
    Activity.objects.bulk_create(activities)
    _write_attendance(
        world, exchange, [activity for activity in over if activity.status == ActivityStatus.HELD], placed
    )


def _write_attendance(world: World, exchange: Exchange, held: list[Activity], placed: list[Enrolment]) -> None:
    """Most come, the cast always; whoever joined last seldom does."""
    cast = {user.pk for user in world.users.values()}
    seldom = max(placed, key=lambda row: row.number)
    leader, side = exchange.offer.coordinator, exchange.offer.institution
    attendances = []
    for activity in held:
        changes = {}
        at = activity.starts_at + dt.timedelta(minutes=activity.minutes + 10)
        for row in placed:
            if activity.group_id not in (None, row.group_id):
                continue
            chance = 0 if row.learner_id in cast else world.random.random() + (0.6 if row is seldom else 0)
            presence = Presence.PRESENT if chance < 0.86 else Presence.EXCUSED if chance < 0.94 else Presence.ABSENT
            changes[str(row.pk)] = [None, presence.value]
            attendances.append(
                Attendance(activity=activity, enrolment=row, presence=presence, noted_by=leader, noted_at=at)
            )
        world.note(at, leader, "attendance.note", activity, side, changes=changes)
    Attendance.objects.bulk_create(attendances, batch_size=500)


def _series(story: stories.SampleExchange, exchange: Exchange) -> Series | None:
    """What the weekly sessions of everybody agree on; they have titles of their own."""
    if len(story.sessions) < 2:
        return None
    weekday, clock = story.slot
    series = Series(
        exchange=exchange,
        title=exchange.title,
        zone=exchange.zone,
        first=exchange.starts + dt.timedelta(days=weekday),
        weeks=len(story.sessions),
        minutes=exchange.session_minutes,
    )
    at = dt.time.fromisoformat(clock)
    series.turns = [Turn(series.first.weekday(), at)]
    assert exchange.enrol_closes is not None
    series.created_at = exchange.enrol_closes
    series.save()
    return series


def _session(
    world: World, story: stories.SampleExchange, exchange: Exchange, *, week: int, title: str, group: Group | None
) -> Activity:
    weekday, clock = story.slot
    day = exchange.starts + dt.timedelta(weeks=week, days=weekday)
    at = dt.time.fromisoformat(clock)
    activity = _activity(exchange, day=day, at=at, kind=ActivityKind.SESSION, title=title, now=world.now)
    activity.group = group
    activity.minutes = exchange.session_minutes
    token = f"{world.random.getrandbits(48):012x}"
    activity.join_url = f"https://meet.vmobility.example/{token}"
    return activity


def _activity(
    exchange: Exchange, *, day: dt.date, at: dt.time, kind: ActivityKind, title: str, now: dt.datetime
) -> Activity:
    starts_at = resolve_wall(day, at, exchange.zone, fold=0)
    over = starts_at + dt.timedelta(minutes=exchange.session_minutes) < now
    return Activity(
        exchange=exchange,
        kind=kind,
        status=ActivityStatus.HELD if over and kind == ActivityKind.SESSION else ActivityStatus.CONFIRMED,
        title=title,
        wall_date=day,
        wall_time=at,
        zone=exchange.zone,
        starts_at=starts_at,
        tzdata=tzdata_version(),
    )


def _write_certificates(world: World, exchange: Exchange) -> None:
    """For those who took part by the rule, saying what the platform says on a certificate."""
    leader, side = exchange.offer.coordinator, exchange.offer.institution
    certificates = []
    for each in participation_in(exchange):
        if each.took_part:
            each.enrolment.status = EnrolmentStatus.COMPLETED
            certificates.append(
                Certificate(
                    enrolment=each.enrolment,
                    code=f"{world.random.getrandbits(80):020x}",
                    issued_at=exchange.completed_at,
                    issued_by=leader,
                    facts=facts_of(exchange, each),
                )
            )
    Enrolment.objects.bulk_update([certificate.enrolment for certificate in certificates], ["status"])
    Certificate.objects.bulk_create(certificates)
    for certificate in certificates:
        world.note(certificate.issued_at, leader, "certificate.issue", certificate, side)


def describe_groups() -> None:
    """What the board says of each group: its score, and the reasons for and against it. Learners' hours come first."""
    groups = []
    for exchange in Exchange.objects.filter(groups__isnull=False).distinct():
        people, terms = participants_of(exchange), terms_of(exchange)
        for group in exchange.groups.all():
            found = describe([each for each in people if each.enrolment.group_id == group.pk], people, terms)
            group.score, group.language = found.score, found.language or ""
            group.reasons = [
                {"code": reason.code, "facts": dict(reason.facts), "broken": broken}
                for broken, reasons in ((False, found.reasons), (True, found.broken))
                for reason in reasons
            ]
            groups.append(group)
    Group.objects.bulk_update(groups, ["score", "language", "reasons"])
