"""A live series' hour: humane for all where possible, otherwise the least burden, and who bears it in which week.

PURE: no Django. A series keeps its wall times in a governing zone; everybody else's local time follows from them week
by week, clock changes counted. What a session costs somebody in a week is the `burden` of the local hour (0 between
09:00 and 18:00, rising to 10 at night; the worst half-hour that the session touches), plus `OUTSIDE` if it does not
lie wholly in the person's own weekly hours (08:00 to 21:00 where none are given).

- `proposals`: what a weekly wall time, or several taken in turn, costs; the best single ones.
- `rotation`: two or three wall times in turn, so that whoever bears most bears as little as possible.
- `split`: two parallel series for when no single one is humane.
- `plan`: the three proposals that a coordinator compares.
"""

from exchanges.matching.slots.burden import BURDEN_FROM, NIGHT, OUTSIDE, burden
from exchanges.matching.slots.plan import Plan, propose_plans, weigh_series
from exchanges.matching.slots.proposals import (
    Member,
    Occurrence,
    SlotProposal,
    ZoneWeek,
    cost_of,
    fairness_of,
    propose_slots,
    weigh,
)
from exchanges.matching.slots.rotation import propose_rotation
from exchanges.matching.slots.split import Split, propose_split

__all__ = [
    "BURDEN_FROM",
    "NIGHT",
    "OUTSIDE",
    "Member",
    "Occurrence",
    "Plan",
    "SlotProposal",
    "Split",
    "ZoneWeek",
    "burden",
    "cost_of",
    "fairness_of",
    "propose_plans",
    "propose_rotation",
    "propose_slots",
    "propose_split",
    "weigh",
    "weigh_series",
]
