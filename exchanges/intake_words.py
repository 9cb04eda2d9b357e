"""Why a learner got what she got in an intake, in sentences that are true, about her and the rules only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchanges.enums import PlacementStatus
from exchanges.models import IntakeExchange, Placement
from institutions import places as world


@dataclass
class Why:
    """A sentence on the result; for each choice that was missed what decided there; what would have changed it."""

    sentence: str
    missed: list[str] = field(default_factory=list)
    change: str = ""


def why(placement: Placement, entries: Mapping[int, IntakeExchange]) -> Why:
    """The result in words. `entries` are those of the intake by id, with their exchanges and priority lines."""
    code, facts = placement.reason.get("code", ""), placement.reason.get("facts", {})
    missed = facts.get("missed", [])
    said = [_missed(number, each, placement, entries) for number, each in enumerate(missed, start=1)]
    change = _change(missed[0], entries) if missed else ""
    if code == "first_choice":
        return Why(_("This is your first choice."))
    if code == "placed":
        return Why(_("This is choice %(rank)d of the %(choices)d on your list.") % facts, said, change)
    if code == "moved_up":
        sentence = _("A place became free, and it was your turn: this is choice %(rank)d on your list.") % facts
        return Why(sentence)
    if code == "cancelled":
        return Why(_("The exchange in which you had a place was called off."))
    if code == "no_choices":
        return Why(_("You named no exchange that could be given."))
    if placement.status == PlacementStatus.NO_PLACE:
        return Why(_("No place became free for you until the intake ended."), said, change)
    sentence = ngettext(
        "The exchange you named had no place for you.",
        "None of the %(choices)d exchanges on your list had a place for you.",
        facts.get("choices", 1),
    ) % {"choices": facts.get("choices", 1)}
    return Why(sentence, said, change)


def _missed(number: int, facts: Mapping[str, Any], placement: Placement, entries: Mapping[int, IntakeExchange]) -> str:
    entry = entries.get(int(facts["exchange"]))
    start = _("Choice %(number)d, “%(exchange)s”:") % {"number": number, "exchange": entry or "?"}
    if entry is not None and entry.closed:
        return f"{start} " + _("it was taken out of the intake.")
    return f"{start} {_limit(facts, placement)} {_decided(facts, entry)}".strip()


def _limit(facts: Mapping[str, Any], placement: Placement) -> str:
    places = {"n": facts["places"], "institution": placement.choice_list.institution}
    if facts["limit"] == "balance":
        return _("the balance between institutions (give or take %(n)d) left no room for it.") % places
    if facts["limit"] == "unsettled":
        return _("its reserved places and limits contradict each other, so that your claim could not be met.")
    if facts["limit"] == "institution_quota":
        if facts["decided_by"] == "limit":
            return _("it has no places for learners of %(institution)s.") % places
        return (
            ngettext(
                "its only place for learners of %(institution)s went to somebody else.",
                "its %(n)d places for learners of %(institution)s went to others.",
                facts["places"],
            )
            % places
        )
    if facts["limit"] == "country_quota":
        places["country"] = world.name(placement.choice_list.institution.country)
        if facts["decided_by"] == "limit":
            return _("it has no places for learners from %(country)s.") % places
        return (
            ngettext(
                "its only place for learners from %(country)s went to somebody else.",
                "its %(n)d places for learners from %(country)s went to others.",
                facts["places"],
            )
            % places
        )
    if facts["decided_by"] == "limit":
        return _("it has no places.")
    return (
        ngettext("its only place went to somebody else.", "its %(n)d places went to others.", facts["places"]) % places
    )


def _decided(facts: Mapping[str, Any], entry: IntakeExchange | None) -> str:
    if facts["decided_by"] == "priority":
        labels = ", ".join(f"“{line.label}”" for line in entry.priority_lines.all()) if entry else ""
        return _("Priority decided: %s.") % labels if labels else _("Priority decided.")
    if facts["decided_by"] == "lottery":
        return _("The lottery decided.")
    if facts["decided_by"] == "reserve":
        return _("Places that are reserved decided.")
    return ""


def _change(facts: Mapping[str, Any], entries: Mapping[int, IntakeExchange]) -> str:
    """What would have given her the first choice that she missed, as far as that can be said for sure."""
    entry = entries.get(int(facts["exchange"]))
    if entry is None or entry.closed:
        return ""
    name = {"exchange": entry}
    more = set(facts.get("one_more", ()))
    if more == {"capacity"}:
        return _("With one place more in “%(exchange)s” you would have had it.") % name
    if more == {"institution_quota"}:
        return _("With one place more for learners of your institution you would have had “%(exchange)s”.") % name
    if more == {"country_quota"}:
        return _("With one place more for learners from your country you would have had “%(exchange)s”.") % name
    if more:
        return _("With one place more under each of its limits you would have had “%(exchange)s”.") % name
    if facts["decided_by"] == "lottery" and facts.get("smallest", False):
        return _("A smaller number in the lottery would have given you “%(exchange)s”.") % name
    if facts["decided_by"] == "priority" and facts.get("first", True):
        return _("Priority in “%(exchange)s” would have given you a place there.") % name
    if facts["decided_by"] == "reserve":
        return _("Without reserved places “%(exchange)s” would have had one for you.") % name
    if facts["decided_by"] == "balance":
        return _("Without the balance between institutions you would have had a claim to “%(exchange)s”.") % name
    return ""


def spoken_number(lottery: str) -> str:
    """The beginning of a number in the lottery, in groups that can be read out: "3f2a 90c1 77de"."""
    return " ".join(lottery[at : at + 4] for at in range(0, 12, 4))
