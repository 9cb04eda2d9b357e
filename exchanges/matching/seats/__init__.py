"""Learners' ranked choices become places: deferred acceptance under quotas, reserved places and priorities.

Learners propose in the order of their choices; each exchange keeps, of all who ask, those that its choice rule
picks, and turns the others away, who then ask their next choice. The choice rule of an exchange:

1. order: the exchange's `priority` list first, then everybody else by a lottery that depends only on the seed and the
   learner's id (one number per learner, the same at every exchange, so it can be published);
2. each reserve, by name: its places go to the first in order who have that mark, as far as quotas allow;
3. the other places, those of reserves that nobody needed included, go to the first in order, whoever they are;
4. nobody gets a place beyond a quota: of an institution, of a country, of the exchange (each within the next).

Without reserves, or without quotas, this rule is substitutable: the result is stable (nobody would rather be at an
exchange that would rather have them), best for the learners among all stable ones, and nobody gains by naming other
choices. Where reserves and quotas cross at an exchange, stability cannot be promised by theory, so it is checked:
whoever still has a claim asks again, until nobody has; `blocking` says how many claims are left (0 unless there are no
stable places to be found).

Where institutions insist on hosting as many learners as they send, `balance` allocates by that instead: a circulation
between institutions, not stable, and it says what it costs.

There is one engine, on numpy columns (`Columns` in, `Places` out, `allocate_columns`); `allocate` is the same on
dataclasses, for some thousands of learners.
"""

from exchanges.matching.seats.allocation import (
    Allocation,
    Learner,
    NoPlace,
    Placement,
    Seats,
    allocate,
    problems,
)
from exchanges.matching.seats.balance import Balanced, balance, balance_columns, reciprocity
from exchanges.matching.seats.closing import Change, Closing, close_and_rerun, close_in_order, closings, compare
from exchanges.matching.seats.columns import Columns, Queues, queue_up
from exchanges.matching.seats.lottery import draw, lottery
from exchanges.matching.seats.places import Places, allocate_columns, counted, reason, reasons
from exchanges.matching.seats.why import DECIDED, LIMITS, Facts

__all__ = [
    "DECIDED",
    "LIMITS",
    "Allocation",
    "Balanced",
    "Change",
    "Closing",
    "Columns",
    "Facts",
    "Learner",
    "NoPlace",
    "Placement",
    "Places",
    "Queues",
    "Seats",
    "allocate",
    "allocate_columns",
    "balance",
    "balance_columns",
    "close_and_rerun",
    "close_in_order",
    "closings",
    "compare",
    "counted",
    "draw",
    "lottery",
    "problems",
    "queue_up",
    "reason",
    "reasons",
    "reciprocity",
]
