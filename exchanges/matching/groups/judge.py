"""Any groups as they stand, and what moving somebody would do: quick enough for a board while cards move.

60 people in 12 groups are judged in a few milliseconds, all moves of all 60 in a few dozen; the hours of a group
(`series`, `slots`) take longer and are left out here (`describe_group` gives them for one group).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exchanges.matching.groups.case import Case
from exchanges.matching.groups.describe import stand_of
from exchanges.matching.groups.person import Id, Person, Terms
from exchanges.matching.groups.plan import Group


@dataclass(frozen=True, slots=True)
class Judgement:
    """Groups in the order in which they were given, how many of them break a rule, the worst and the mean score.

    An empty group is there (score 0, `size` broken) and counts for nothing.
    """

    groups: tuple[Group, ...]
    broken: int
    worst: float | None
    mean: float | None


@dataclass(frozen=True, slots=True)
class Move:
    """What putting somebody into the group at place `to` (None: into none) would do.

    `breaks` and `mends` are codes of rules that the two groups concerned keep now and would not keep, or the other way
    round; `score` is the group's score with them, `left` that of the group that they leave (None: there is none, or
    nobody else in it). `gain` is 1 if all groups would be better in the aim's order (fewest that break a rule, worst
    score, mean), -1 if worse, 0 if the same.
    """

    to: int | None
    breaks: tuple[str, ...]
    mends: tuple[str, ...]
    score: float | None
    left: float | None
    gain: int


def judge(groups: Sequence[Sequence[Id]], people: Sequence[Person], terms: Terms) -> Judgement:
    """Each group's score, broken rules and reasons. Groups name people by id; `people` are all of the exchange.

    Raises ValueError for people who are not there or twice.
    """
    board = _Board(groups, people, terms)
    found = tuple(stand_of(board.case, group) for group in board.groups)
    scores = [group.score for group in found if group.members]
    return Judgement(
        found,
        sum(bool(group.broken) for group in found if group.members),
        min(scores, default=None),
        round(sum(scores) / len(scores), 6) if scores else None,
    )


def moves(who: Id, groups: Sequence[Sequence[Id]], people: Sequence[Person], terms: Terms) -> tuple[Move, ...]:
    """What moving this person to each of the other groups, or out of their own, would do; in the order of groups."""
    return all_moves(groups, people, terms, (who,))[who]


def all_moves(
    groups: Sequence[Sequence[Id]], people: Sequence[Person], terms: Terms, who: Sequence[Id] | None = None
) -> dict[Id, tuple[Move, ...]]:
    """`moves` for several people at once: for everybody unless `who` names them."""
    board = _Board(groups, people, terms)
    wanted = [person.id for person in people] if who is None else list(who)
    if unknown := [n for n in wanted if n not in board.case.index]:
        raise ValueError(f"{unknown[0]!r} is not among the people")
    return {n: tuple(board.moves(board.case.index[n])) for n in wanted}


@dataclass(frozen=True, slots=True)
class _Brief:
    broken: tuple[str, ...]
    score: float


class _Board:
    def __init__(self, groups: Sequence[Sequence[Id]], people: Sequence[Person], terms: Terms) -> None:
        self.case = Case(people, terms)
        named = [n for group in groups for n in group]
        if len(set(named)) != len(named) or not set(named) <= self.case.index.keys():
            raise ValueError("groups name people once, and only people who are there")
        self.groups = [sorted(self.case.index[n] for n in group) for group in groups]
        self.home = {n: g for g, group in enumerate(self.groups) for n in group}
        self.now = [self.brief(group) for group in self.groups]

    def brief(self, members: Sequence[int]) -> _Brief | None:
        """Broken rules and score of a group; None for an empty one."""
        if not members:
            return None
        case = self.case
        facts = case.facts(members)
        broken = case.broken(facts, len(members))
        return _Brief(broken, round(case.score(members, facts.starts, facts.spoken), 6))

    def moves(self, n: int) -> list[Move]:
        home = self.home.get(n)
        left = None if home is None else self.brief([m for m in self.groups[home] if m != n])
        now = self.aim({})
        found: list[Move] = []
        for g in [*range(len(self.groups)), None]:
            if g == home:
                continue
            changed: dict[int, _Brief | None] = {} if home is None else {home: left}
            score = None
            if g is not None:
                there = self.brief([*self.groups[g], n])
                assert there is not None
                changed[g], score = there, there.score
            before = {(h, code) for h in changed for code in _codes(self.now[h])}
            after = {(h, code) for h, brief in changed.items() for code in _codes(brief)}
            then = self.aim(changed)
            found.append(
                Move(
                    g,
                    tuple(sorted({code for _, code in after - before})),
                    tuple(sorted({code for _, code in before - after})),
                    score,
                    left.score if left else None,
                    (then > now) - (then < now),
                )
            )
        return found

    def aim(self, changed: dict[int, _Brief | None]) -> tuple[float, ...]:
        """All groups as a value to be made large, where some are changed."""
        briefs = [brief for g, now in enumerate(self.now) if (brief := changed.get(g, now) if changed else now)]
        scores = [brief.score for brief in briefs]
        return (
            -sum(bool(brief.broken) for brief in briefs),
            min(scores, default=0.0),
            round(sum(scores) / len(scores), 6) if scores else 0.0,
        )


def _codes(brief: _Brief | None) -> tuple[str, ...]:
    return brief.broken if brief else ()
