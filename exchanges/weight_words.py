"""How partners are ranked, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exchanges.matching.partners.weights import FEATURES
from exchanges.models import RankingWeights, Run

_EXPLAINED = {
    "topic": gettext_lazy("How near the fields of study are, and which telling words both texts share."),
    "hours": gettext_lazy("Live starts that both have in every week, clock changes counted."),
    "weeks": gettext_lazy("Weeks without holidays on either side, of those that each side wants."),
    "language": gettext_lazy("How the levels that both ask for in their best shared language compare."),
    "size": gettext_lazy("How near the learners that each brings are to what the other looks for."),
    "level": gettext_lazy("How near the EQF levels are."),
    "format": gettext_lazy("Whether both plan the same format."),
    "min_starts": gettext_lazy("Half-hours at which a live session fits both sides, in each week."),
    "min_weeks": gettext_lazy("Fewer where a format or an offer is shorter by nature."),
    "plenty_starts": gettext_lazy("From so many on, more shared starts don't count for more."),
    "cefr_slack": gettext_lazy("How far apart the levels may be that both ask for; 0 means that they are the same."),
}


def label(name: str) -> str:
    field = RankingWeights._meta.get_field(name)
    return str(getattr(field, "verbose_name", name))


def explained(name: str) -> str:
    return str(_EXPLAINED[name])


def default_is(value: int) -> str:
    return _("Usually %s.") % value


def features_of(points: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each feature that counts: its label, its share of all and what it looks at, weightiest first."""
    total = sum(points[name] for name in FEATURES)
    lines = []
    for name in sorted(FEATURES, key=lambda name: -points[name]):
        if points[name]:
            share = points[name] / total
            text = _("%(share)s of 100. %(what)s") % {"share": f"{100 * share:.3g}", "what": explained(name)}
            lines.append({"name": name, "label": label(name), "share": share, "text": text})
    return lines


def gates_of(points: Mapping[str, Any]) -> list[str]:
    """What any partner must have, a sentence for each."""
    slack, starts, weeks = points["cefr_slack"], points["min_starts"], points["min_weeks"]
    return [
        _("A shared language, with the same level asked for on both sides.")
        if slack == 0
        else ngettext(
            "A shared language, with levels asked for that are at most %s step apart.",
            "A shared language, with levels asked for that are at most %s steps apart.",
            slack,
        )
        % slack,
        ngettext(
            "At least %s shared live start in every common week, also after a clock change.",
            "At least %s shared live starts in every common week, also after a clock change.",
            starts,
        )
        % starts,
        ngettext(
            "At least %s common week, or fewer where the format or one of the offers is shorter.",
            "At least %s common weeks, or fewer where the format or one of the offers is shorter.",
            weeks,
        )
        % weeks,
        _("Whatever either side looks for: countries, kind of institution, mode."),
    ]


def of_run(run: Run | None) -> dict[str, Any]:
    """The points that a run ranked by (the defaults, if it is older than such points), or those that hold now."""
    defaults = RankingWeights.default().points()
    if run is None:
        return RankingWeights.current().points()
    return defaults | run.snapshot.get("file", {}).get("weights", {})
