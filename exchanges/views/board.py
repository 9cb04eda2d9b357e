"""What the groups board shows: columns with cards, how all of it stands, and what a move would do.

Everything here is worked out from what people may see: what learners said in confidence is not in it.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import cached_property
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from exchanges import group_words
from exchanges.actions import board
from exchanges.actions.people import Participant, participants_of, terms_of
from exchanges.enums import ActivityStatus, RunStatus
from exchanges.matching import groups as engine
from exchanges.matching.slots import burden
from exchanges.models import Activity, Exchange, Group, Run
from institutions import places
from institutions.hours import get_zone, local
from institutions.ribbon import Sky

NONE = "none"


@dataclass
class Card:
    """A person as the board shows her: her local hour of the group's slot, what she speaks, where she is from."""

    participant: Participant
    local_start: dt.datetime | None
    sky: Sky | None
    languages: str
    bonds: list[str]
    reason: str = ""
    change: str = ""

    @property
    def id(self) -> int:
        return self.participant.enrolment.pk

    @property
    def name(self) -> str:
        return self.participant.learner.name

    @property
    def is_by_day(self) -> bool:
        return self.sky is None or self.sky is Sky.DAY


@dataclass
class Column:
    """A group with its cards, or those without one (`group` is None)."""

    group: Group | None
    cards: list[Card]
    score: int | None = None
    broken: list[str] = field(default_factory=list)
    strengths: list[str] = field(default_factory=list)
    slot: dt.datetime | None = None

    @property
    def key(self) -> str:
        return str(self.group.number) if self.group else NONE

    @property
    def title(self) -> str:
        return str(self.group) if self.group else _("Without a group")


@dataclass(frozen=True)
class Stand:
    """How all groups stand: fits of 100, groups that break a rule, people without a group."""

    worst: int | None
    mean: int | None
    broken: int
    without: int


class Board:
    """The groups of an exchange as they are now."""

    def __init__(self, exchange: Exchange, run: Run | None = None) -> None:
        self.exchange, self.run = exchange, run
        self.groups = list(exchange.groups.all())
        self.people = participants_of(exchange)
        self.told = terms_of(exchange)
        self.terms = engine.Terms(**self.told)
        self.persons = [each.shown for each in self.people]
        self.names = {each.person.id: each.learner.name for each in self.people}
        self.members: dict[int | None, list[Participant]] = {}
        for each in self.people:
            self.members.setdefault(each.enrolment.group_id, []).append(each)

    @cached_property
    def judged(self) -> dict[int, engine.Group]:
        """Each group that has people, by its key."""
        with_people = [group for group in self.groups if group.pk in self.members]
        found = engine.judge([self._ids(group) for group in with_people], self.persons, self.terms)
        return {group.pk: stand for group, stand in zip(with_people, found.groups, strict=True)}

    def _ids(self, group: Group) -> list[Any]:
        return [each.person.id for each in self.members.get(group.pk, [])]

    @cached_property
    def stand(self) -> Stand:
        return _stand(self.judged.values(), len(self.members.get(None, [])))

    # Columns

    def column(self, group: Group | None) -> Column:
        if group is None:
            return Column(None, [self._unplaced(each) for each in self.members.get(None, [])])
        members = self.members.get(group.pk, [])
        slot = self._slot(group, members)
        found = self.judged.get(group.pk)
        return Column(
            group,
            [self._card(each, slot) for each in members],
            round(found.score * 100) if found else None,
            group_words.broken_rules(found, self.names) if found else [],
            group_words.strengths(found) if found else [],
            slot,
        )

    def _card(self, each: Participant, slot: dt.datetime | None) -> Card:
        # Without its zone, so that the template shows it as it is.
        start = local(slot, each.person.zone).replace(tzinfo=None) if slot else None
        spoken = [f"{places.language_name(tag)} {level}" for tag, level in each.person.languages.items()]
        return Card(each, start, Sky.at(start) if start else None, ", ".join(spoken), self._bonds(each))

    def _bonds(self, each: Participant) -> list[str]:
        found = []
        for template, ids in ((_("with %s"), each.person.together), (_("apart from %s"), each.person.apart)):
            named = [self.names[n] for n in ids if n in self.names]
            if named:
                found.append(template % get_text_list(named, _("and")))
        return found

    def _unplaced(self, each: Participant) -> Card:
        card = self._card(each, None)
        row = self._reasons.get(each.person.id) if each.enrolment.unplaced_reason else None
        card.reason = group_words.why_unplaced(row["reason"], self.names) if row else _("Not in a group yet.")
        card.change = group_words.what_would_help(row["change"], self.names) if row and row["change"] else ""
        return card

    @cached_property
    def _reasons(self) -> dict[Any, Any]:
        finished = Run.objects.filter(exchange=self.exchange, status=RunStatus.FINISHED, repeats=None)
        newest = finished.exclude(figures={}).order_by("-pk").first()
        return {row["id"]: row for row in (newest.figures.get("without_group", []) if newest else [])}

    def _slot(self, group: Group, members: Sequence[Participant]) -> dt.datetime | None:
        """The instant for which the cards show local hours: the group's first session, or else the shared start that
        burdens its people least.
        """
        session = self._sessions.get(group.pk) or self._sessions.get(None)
        if session is not None or not members:
            return session
        starts = [self._instant(weekday, minute) for weekday, minute in group.shared_starts]
        zones = [get_zone(each.person.zone) for each in members]
        return min(starts, key=lambda at: (sum(burden(at.astimezone(z).time()) for z in zones), at), default=None)

    @cached_property
    def _sessions(self) -> dict[int | None, dt.datetime]:
        settled = (ActivityStatus.PROPOSED, ActivityStatus.CONFIRMED)
        rows = Activity.objects.sessions().filter(exchange=self.exchange, status__in=settled, starts_at__isnull=False)
        found: dict[int | None, dt.datetime] = {}
        for group, at in rows.order_by("starts_at").values_list("group", "starts_at"):
            found.setdefault(group, at)
        return found

    def _instant(self, weekday: int, minute: int) -> dt.datetime:
        """The first time that a weekly start in the governing zone comes up."""
        first = self.terms.first
        day = first + dt.timedelta(days=(weekday - first.weekday()) % 7)
        return dt.datetime.combine(day, dt.time(minute // 60, minute % 60), self.exchange.tz).astimezone(dt.UTC)

    # Moves

    def previews(self, who: int) -> dict[str, dict[str, str]]:
        """By column, what putting this person there would do, in words, with a tone."""
        listed = [group for group in self.groups if group.pk in self.members]
        ids = [self._ids(group) for group in listed]
        current = next((g for g, members in enumerate(ids) if who in members), None)
        found: dict[str, dict[str, str]] = {}
        moves = engine.moves(who, ids, self.persons, self.terms)
        for move in moves:
            key = NONE if move.to is None else str(listed[move.to].number)
            now = self.judged[listed[move.to].pk].score if move.to is not None else None
            found[key] = {"text": _move_text(move, now), "tone": {1: "good", -1: "warn"}.get(move.gain, "")}
        if current is not None:
            found[str(listed[current].number)] = {"text": _("Is here now."), "tone": ""}
        else:
            found[NONE] = {"text": _("Is here now."), "tone": ""}
        found[board.NEW] = {"text": _("A new group of one, to be filled."), "tone": ""}
        for group in self.groups:
            if group.locked:
                found[str(group.number)] = {"text": _("Locked."), "tone": "locked"}
        return found

    # Compared with the proposal

    @cached_property
    def moved(self) -> list[tuple[Participant, int | None, int | None]]:
        """Who is elsewhere than where the last forming put her: with the number there and the number now."""
        return [
            (each, each.enrolment.proposed_number, here)
            for each in self.people
            if (here := each.enrolment.group.number if each.enrolment.group else None) != each.enrolment.proposed_number
        ]

    @cached_property
    def proposal(self) -> Stand | None:
        """How the proposal would stand with the people who are there now; None where there is none."""
        proposed: dict[int, list[Any]] = {}
        for each in self.people:
            if each.enrolment.proposed_number is not None:
                proposed.setdefault(each.enrolment.proposed_number, []).append(each.person.id)
        if not proposed:
            return None
        found = engine.judge(list(proposed.values()), self.persons, self.terms)
        return _stand(found.groups, len(self.people) - sum(map(len, proposed.values())))


def _stand(groups: Iterable[engine.Group], without: int) -> Stand:
    listed = list(groups)
    scores = [group.score for group in listed]
    return Stand(
        round(min(scores) * 100) if scores else None,
        round(sum(scores) / len(scores) * 100) if scores else None,
        sum(bool(group.broken) for group in listed),
        without,
    )


def _move_text(move: engine.Move, now: float | None) -> str:
    parts = []
    if move.to is None:
        parts.append(_("Leaves the group."))
    elif now is not None and move.score is not None:
        parts.append(_("Fit %(now)s → %(then)s.") % {"now": round(now * 100), "then": round(move.score * 100)})
    if move.breaks:
        parts.append(_("Breaks: %s.") % get_text_list([group_words.rule(code) for code in move.breaks], _("and")))
    if move.mends:
        parts.append(_("Mends: %s.") % get_text_list([group_words.rule(code) for code in move.mends], _("and")))
    return " ".join(parts)
