"""Polls for a single meeting: opened by coordinators or within a group, voted on, decided into a session."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.enrolments import lock_exchange
from exchanges.actions.programme import (
    must_be_plannable,
    must_lie_within,
    people_of,
    side_of,
    start_if_ready,
)
from exchanges.actions.series import note_planned, spread
from exchanges.actions.wall_times import instant_of_wall
from exchanges.enums import ActivityKind, Answer, GroupStatus, PollStatus
from exchanges.models import Activity, Enrolment, Exchange, Group, Poll, PollOption, PollVote
from institutions.actions.journal import record
from institutions.actions.notices import coordinators_of, notify
from institutions.errors import Refused
from institutions.hours import tzdata_version
from institutions.models import Institution, User

FEWEST_OPTIONS, MOST_OPTIONS = 2, 10
CLOSES_SOON = dt.timedelta(hours=24)


def open_poll(
    *,
    actor,
    exchange: Exchange,
    title: str,
    options: Sequence[tuple[dt.date, dt.time, int | None]],
    closes: tuple[dt.date, dt.time],
    minutes: int = 60,
    description: str = "",
    group: Group | None = None,
) -> Poll:
    """Ask those whom it is for which of the wall times suit them, until `closes` on the exchange's clock.

    A refused option names its field `option<number>`, counted from 1.
    """
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = _may_open(actor, exchange, group)
        must_be_plannable(exchange, group)
        closes_at = instant_of_wall(*closes, exchange.zone, fold=0)
        if closes_at <= timezone.now():
            raise Refused(_("Let voting end at a time to come."), "closes_date")
        rows = [_option(exchange, number, *each) for number, each in enumerate(options, start=1)]
        if len({row.starts_at for row in rows}) < len(rows):
            raise Refused(_("The same time is there twice."))
        if not FEWEST_OPTIONS <= len(rows) <= MOST_OPTIONS:
            raise Refused(
                _("Give %(fewest)s to %(most)s times to choose from.")
                % {"fewest": FEWEST_OPTIONS, "most": MOST_OPTIONS}
            )
        if min(row.starts_at for row in rows) <= closes_at:
            raise Refused(_("Let voting end before the first of the times."), "closes_date")
        poll = Poll.objects.create(
            exchange=exchange,
            group=group,
            title=title,
            description=description,
            minutes=minutes,
            zone=exchange.zone,
            closes_at=closes_at,
            created_by=actor,
        )
        for row in rows:
            row.poll = poll
        PollOption.objects.bulk_create(rows)
        record(actor=actor, verb="poll.open", subject=poll, institution=side, options=len(rows))
        _tell("poll_opened", poll, [each for each in voters_of(poll) if each.pk != actor.pk])
    return poll


def _option(exchange: Exchange, number: int, day: dt.date, at: dt.time, fold: int | None) -> PollOption:
    try:
        starts_at = instant_of_wall(day, at, exchange.zone, fold)
        must_lie_within(exchange, day, starts_at)
    except Refused as refusal:
        refusal.field = f"fold{number}" if refusal.field == "fold" else f"option{number}"
        raise
    return PollOption(wall_date=day, wall_time=at, fold=fold or 0, starts_at=starts_at, tzdata=tzdata_version())


def vote(*, actor, poll: Poll, answers: Mapping[int, str]) -> None:
    """Say of every option whether it suits; voting again changes one's answers."""
    with transaction.atomic():
        poll = Poll.objects.select_for_update(of=("self",), no_key=True).select_related("exchange").get(pk=poll.pk)
        if not poll.takes_votes(timezone.now()):
            raise Refused(_("Voting has ended."))
        if not is_voter(actor, poll):
            raise Refused(_("Only those whom the meeting is for can vote."))
        options = {option.pk for option in poll.options.all()}
        if set(answers) != options or not set(answers.values()) <= set(Answer.values):
            raise Refused(_("Say of every time whether it suits you."))
        now = timezone.now()
        PollVote.objects.bulk_create(
            [PollVote(option_id=pk, voter=actor, answer=answer, voted_at=now) for pk, answer in answers.items()],
            update_conflicts=True,
            unique_fields=["option", "voter"],
            update_fields=["answer", "voted_at"],
        )


def decide(*, actor, poll: Poll, option: PollOption, join_url: str = "") -> Activity:
    """Make a session of one of the options, and tell whom it is for. Deciding twice is as good as once."""
    with transaction.atomic():
        exchange = lock_exchange(poll.exchange_id)
        poll = Poll.objects.select_for_update(of=("self",), no_key=True).select_related("group").get(pk=poll.pk)
        side = _may_run(actor, exchange, poll)
        if poll.status == PollStatus.DECIDED and poll.activity is not None:
            return poll.activity
        if poll.status != PollStatus.OPEN:
            raise Refused(_("This poll was called off."))
        must_be_plannable(exchange, poll.group)
        if option.poll_id != poll.pk:
            raise Refused(_("This time is not in the poll."), "option")
        session = Activity(
            exchange=exchange,
            group=poll.group,
            kind=ActivityKind.SESSION,
            title=poll.title,
            description=poll.description,
            minutes=poll.minutes,
            join_url=join_url,
            zone=poll.zone,
        )
        turn = (option.wall_date.weekday(), option.wall_time, option.fold)
        made = spread(session, first=option.wall_date, weeks=1, turns=[turn], actor=actor)
        poll.status, poll.activity = PollStatus.DECIDED, made[0]
        poll.save(update_fields=["status", "activity"])
        record(actor=actor, verb="poll.decide", subject=poll, institution=side, starts_at=option.starts_at.isoformat())
        note_planned(actor=actor, side=side, made=made, verb="activity.plan", poll=poll.title)
        start_if_ready(actor=actor, exchange=exchange, side=side)
    return made[0]


def cancel_poll(*, actor, poll: Poll, reason: str) -> Poll:
    """Call the poll off without a meeting, and tell those who could vote why."""
    with transaction.atomic():
        exchange = lock_exchange(poll.exchange_id)
        poll = Poll.objects.select_for_update(of=("self",), no_key=True).select_related("group").get(pk=poll.pk)
        poll.exchange = exchange
        side = _may_run(actor, exchange, poll)
        if poll.status == PollStatus.CANCELLED:
            return poll
        if poll.status != PollStatus.OPEN:
            raise Refused(_("The poll is decided. Cancel the session instead."))
        if not reason:
            raise Refused(_("Say why; everyone whom it is for will read it."), "reason")
        poll.status = PollStatus.CANCELLED
        poll.save(update_fields=["status"])
        record(actor=actor, verb="poll.cancel", subject=poll, institution=side, note=reason)
        _tell("poll_cancelled", poll, [each for each in voters_of(poll) if each.pk != actor.pk], reason=reason)
    return poll


def sweep_polls(*, now: dt.datetime | None = None, limit: int = 200) -> int:
    """Remind those who have not voted a day before voting ends, and say to whoever opened a poll that it has ended.

    A poll is taken by compare-and-set together with its notices. Answers how many polls were taken.
    """
    now = now or timezone.now()
    taken = 0
    polls = Poll.objects.open().select_related("exchange", "group", "created_by")
    soon = polls.filter(closes_at__gt=now, closes_at__lte=now + CLOSES_SOON, closing_told_at=None)
    for poll in soon.order_by("closes_at")[:limit]:
        with transaction.atomic():
            if Poll.objects.open().filter(pk=poll.pk, closing_told_at=None).update(closing_told_at=now):
                voted = set(PollVote.objects.filter(option__poll=poll).values_list("voter", flat=True))
                late = [each for each in voters_of(poll) if each.pk not in voted]
                _tell("poll_closing", poll, late, urgent=poll.closes_at - now < dt.timedelta(hours=3))
                taken += 1
    for poll in polls.filter(closes_at__lte=now, closed_told_at=None).order_by("closes_at")[:limit]:
        with transaction.atomic():
            if Poll.objects.open().filter(pk=poll.pk, closed_told_at=None).update(closed_told_at=now):
                _tell("poll_closed", poll, _owners(poll))
                taken += 1
    return taken


def _owners(poll: Poll) -> list[User]:
    """Whoever opened it; the coordinators where she is gone."""
    if poll.created_by is not None and poll.created_by.is_active:
        return [poll.created_by]
    return coordinators_of(poll.exchange.institutions.all())


# Results -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    option: PollOption
    yes: int
    maybe: int
    no: int
    is_best: bool = False


def results_of(poll: Poll) -> list[Result]:
    """The counts of each option, in order of time. Best: most yes, then most who could come, then the earliest."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    votes = PollVote.objects.filter(option__poll=poll).values_list("option", "answer").order_by()
    for option, answer, count in votes.annotate(count=Count("pk")):
        counts[option][answer] = count
    rows = [
        Result(each, counts[each.pk][Answer.YES], counts[each.pk][Answer.MAYBE], counts[each.pk][Answer.NO])
        for each in poll.options.all()
    ]
    able = [row for row in rows if row.yes + row.maybe]
    best = max(able, key=lambda row: (row.yes, row.maybe, -row.option.starts_at.timestamp()), default=None)
    return [replace(row, is_best=row is best) for row in rows]


# Who -----------------------------------------------------------------------------------------------------------------


def voters_of(poll: Poll) -> list[User]:
    """The group's learners; or all learners with a place, and the coordinators."""
    return people_of(Activity(exchange=poll.exchange, group=poll.group))


def is_voter(user, poll: Poll) -> bool:
    placed = Enrolment.objects.placed().filter(exchange=poll.exchange_id, learner=user)
    if poll.group_id:
        return placed.filter(group=poll.group_id).exists()
    return placed.exists() or Exchange.objects.coordinated_by(user).filter(pk=poll.exchange_id).exists()


def own_group(user, exchange: Exchange) -> Group | None:
    """The confirmed group in which the person works."""
    return Group.objects.confirmed().filter(members__in=Enrolment.objects.placed().filter(
        exchange=exchange, learner=user)).first()  # fmt: skip


def may_run(user, poll: Poll) -> bool:
    """Whether the person may decide the poll or call it off."""
    try:
        _may_run(user, poll.exchange, poll)
    except Refused:
        return False
    return True


def _may_open(actor, exchange: Exchange, group: Group | None) -> Institution | None:
    """Coordinators for everybody or any group, learners for their own confirmed group; answers the side, if any."""
    if group is not None and group == own_group(actor, exchange):
        return None
    return side_of(actor, exchange)


def _may_run(actor, exchange: Exchange, poll: Poll) -> Institution | None:
    """Coordinators, and whoever opened a poll in her own group."""
    mine = poll.created_by_id == actor.pk and poll.group is not None and poll.group.status == GroupStatus.CONFIRMED
    if mine and is_voter(actor, poll):
        return None
    return side_of(actor, exchange)


def _tell(kind: str, poll: Poll, recipients: Sequence[User], *, urgent: bool = False, **context) -> None:
    notify(
        recipients=recipients,
        kind=kind,
        key=f"{kind}:{poll.pk}",
        url=poll.get_absolute_url(),
        urgent=urgent,
        poll=poll.title,
        exchange=str(poll.exchange),
        group=poll.group.number if poll.group else None,
        closes_at=poll.closes_at.isoformat(),
        zone=poll.zone,
        all_starts=[option.starts_at.isoformat() for option in poll.options.all()],
        **context,
    )
