"""Split people into mixed groups that share hours and a language; say who cannot be placed, and why.

Rules that no group of a plan breaks: its size; at least two shared live starts (UTC half-hours at which a session
fits everyone's own hours) in every actual week; a language that all have at `min_level` or better; nobody with
someone they are kept apart from. Rules that as many groups as possible keep, all of them where the numbers allow: a
group has people of at least two institutions or countries; nobody is the only one of a kind where they said that it
matters. Wishes to stay together are kept where those people fit together.

Aim, in this order: fewest people without a group, fewest groups that break a rule, the best worst score, the best
mean.

The score of a group is a weighted mean of shares 0..1: hours 0.4 (its fewest starts in a week, ten or more are
plenty), mix 0.25 (how evenly institutions and countries are mixed), language 0.2 (the level of the weakest
speaker), skill 0.15 (how near the group's mean skill is to everyone's; left out where unknown).

Method: people kept together form units; the hardest to place are grouped first with the hardest that still fit; then
seeded annealing on swaps and moves, then the worst groups again and again (`loops`, compiled). For 28 people or fewer
the answer is proven from all possible groups (`exact`); the figures say how it was found (`method`) and how far it is
proven to be the best (`proven`). The same seed gives the same plan, whatever the order of the input.

`judge` and `moves` answer a board while cards move; `regroup` and `place_late` change a plan with as few moves as
possible.
"""

from exchanges.matching import Reason
from exchanges.matching.groups.describe import describe_group
from exchanges.matching.groups.form import form_groups
from exchanges.matching.groups.judge import Judgement, Move, all_moves, judge, moves
from exchanges.matching.groups.person import Id, Person, Terms, id_key
from exchanges.matching.groups.plan import Group, GroupPlan, GroupSlot, Series, Unplaced
from exchanges.matching.groups.regroup import place_late, regroup

__all__ = [
    "Group",
    "GroupPlan",
    "GroupSlot",
    "Id",
    "Judgement",
    "Move",
    "Person",
    "Reason",
    "Series",
    "Terms",
    "Unplaced",
    "all_moves",
    "describe_group",
    "form_groups",
    "id_key",
    "judge",
    "moves",
    "place_late",
    "regroup",
]
