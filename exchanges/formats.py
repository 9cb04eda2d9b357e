"""What each format of an exchange asks for, needs and usually looks like: limits as data.

What the Erasmus+ Programme Guide changes from call to call stands under the call's year.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exchanges.enums import Context, Format, Mode


class Limits(NamedTuple):
    least: int
    most: int


# Which step of the editor asks for what.
STEPS: dict[str, tuple[str, ...]] = {
    "what": ("title", "summary", "description", "context", "field", "level", "outcomes"),
    "when": ("starts", "ends", "weeks", "zone", "hours", "session_minutes", "live_hours", "independent_hours", "ects"),
    "who": (
        *("languages", "own_places", "partner_places", "group_size_min", "group_size_max", "partners_wanted"),
        *("wanted_countries", "wanted_regions", "wanted_kinds"),
    ),
    "how": (
        *("mode", "physical_place", "physical_starts", "physical_ends", "resources", "bandwidth", "captions"),
        *("asynchronous", "access_notes", "reply_by"),
    ),
}
REVIEW = "review"

GROUP_FIELDS = ("group_size_min", "group_size_max")
PHYSICAL_FIELDS = ("physical_place", "physical_starts", "physical_ends")
NEEDED = (
    *("title", "summary", "description", "context", "field", "starts", "ends", "weeks", "zone", "session_minutes"),
    *("partner_places", "partners_wanted", "languages", "mode", "bandwidth", *GROUP_FIELDS),
)


ANY_GROUP, USUAL_GROUP, ANY_STAY = Limits(2, 30), Limits(3, 6), Limits(1, 90)


@dataclass(frozen=True, kw_only=True)
class FormatRules:
    """`needs` and `skips` name fields beyond those that every offer needs, or that this format doesn't ask for.

    `usual_*` is advice: an offer may differ.
    """

    hint: str | Promise
    weeks: Limits
    group: Limits = ANY_GROUP
    usual_group: Limits = USUAL_GROUP
    context: Context = Context.LEARNING
    needs: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()
    least_ects: Decimal = Decimal("0.5")
    least_languages: int = 1
    least_partners: int = 1
    mode: Mode | None = None
    physical_days: Limits = ANY_STAY
    least_learners: tuple[tuple[int, int], ...] = ()
    usual_hours: Limits | None = None
    similar_numbers: bool = False
    note: str | Promise = ""

    def asks(self, field: str) -> bool:
        return field not in self.skips and not (field == "mode" and self.mode)

    def requires(self, field: str) -> bool:
        return self.asks(field) and (field in NEEDED or field in self.needs)

    def learners_needed(self, starts: dt.date) -> int:
        """By the call of the academic year in which the exchange starts: the latest one not after it."""
        year = starts.year if starts.month >= 6 else starts.year - 1
        return next((least for call, least in reversed(self.least_learners) if call <= year), 0)


RULES: dict[str, FormatRules] = {
    Format.COIL: FormatRules(
        hint=_("A module taught together inside courses on both sides, 4 to 10 weeks in groups of 3 to 6."),
        weeks=Limits(4, 10),
        group=Limits(3, 6),
        needs=("level", "own_places", "outcomes"),
        similar_numbers=True,
    ),
    Format.COURSE_PLACES: FormatRules(
        hint=_("Seats in an online course of yours; you award the credits."),
        weeks=Limits(2, 30),
        needs=("level", "ects"),
        skips=GROUP_FIELDS,
    ),
    Format.JOINT_SEMINAR: FormatRules(
        hint=_("A few live sessions given together, also for large groups."),
        weeks=Limits(1, 8),
        group=Limits(3, 100),
        needs=("own_places",),
    ),
    Format.VIRTUAL_EXCHANGE: FormatRules(
        hint=_("Small groups in dialogue, a facilitator in each; 15 to 25 hours, a language at about B1."),
        weeks=Limits(2, 15),
        group=Limits(4, 14),
        usual_group=Limits(6, 10),
        needs=("own_places",),
        usual_hours=Limits(15, 25),
    ),
    Format.TANDEM: FormatRules(
        hint=_("Pairs who learn each other's language: name the language you bring and the one you look for."),
        weeks=Limits(2, 30),
        group=Limits(2, 2),
        usual_group=Limits(2, 2),
        needs=("own_places",),
        skips=GROUP_FIELDS,
        least_languages=2,
        similar_numbers=True,
    ),
    Format.BIP: FormatRules(
        hint=_("A short stay together and a virtual part; three institutions from three countries, 3 ECTS or more."),
        weeks=Limits(1, 30),
        needs=("level", "own_places", "ects", "outcomes", *PHYSICAL_FIELDS),
        least_ects=Decimal(3),
        least_partners=2,
        mode=Mode.BLENDED,
        physical_days=Limits(5, 30),
        least_learners=((2021, 15), (2024, 10)),
    ),
    Format.VET: FormatRules(
        hint=_("A group of VET learners with one learning programme."),
        weeks=Limits(1, 26),
        context=Context.TRAINING,
        needs=("own_places", "outcomes"),
        skips=("ects",),
        note=_("Learners under age take part only with their guardian's consent. You collect it before they start."),
    ),
    Format.STAFF: FormatRules(
        hint=_("Teachers and staff learn together; no credits."),
        weeks=Limits(1, 20),
        context=Context.TEACHING,
        needs=("own_places",),
        skips=("ects", "level"),
    ),
}


def rules_of(format: str) -> FormatRules:
    return RULES[format]


def step_of(field: str) -> str:
    """The step of the editor that asks for a field."""
    return next((step for step, fields in STEPS.items() if field in fields), REVIEW)
