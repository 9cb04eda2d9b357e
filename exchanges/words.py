"""Why a partner fits, or nearly does, in words: true sentences from the facts that ranking stored."""

import datetime as dt
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchanges.enums import Format, Mode
from exchanges.models import PlannedPairing, Suggestion
from institutions import isced, places
from institutions.enums import Kind

Facts = dict[str, Any]


def reasons_of(suggestion: Suggestion) -> list[dict[str, Any]]:
    """Each feature that something is known of: its label, share 0..1 and sentence, weightiest first."""
    lines = []
    for reason in sorted(suggestion.reasons, key=lambda item: -item.get("weight", 0)):
        if reason.get("name") in _SENTENCES:
            label, sentence = _SENTENCES[reason["name"]]
            text = sentence(reason["facts"], suggestion.partner_offer_id is not None)
            if text:
                lines.append({"name": reason["name"], "label": label(), "share": reason["share"], "text": text})
    return lines


def reasons_seen_by(planned: PlannedPairing, side: str) -> list[dict[str, Any]]:
    """Why the two offers of a plan fit, as one side ("first" or "second") sees it."""
    return reasons_of(planned.as_suggestion_for(planned.first if side == "first" else planned.second))


def obstacles_of(suggestion: Suggestion) -> list[str]:
    """What keeps a near miss from being a match, a sentence for each."""
    return [
        text
        for reason in suggestion.reasons
        if reason.get("gate") in _OBSTACLES and (text := _OBSTACLES[reason["gate"]](reason["facts"], suggestion))
    ]


def fix_of(suggestion: Suggestion) -> str:
    """The smallest change that would help, or nothing."""
    for reason in suggestion.reasons:
        if reason.get("fix") in _FIXES:
            text = _FIXES[reason["fix"]](reason["facts"], suggestion)
            # It mends one gate; where two failed, the other one stays.
            return text + " " + _("The other point remains.") if len(obstacles_of(suggestion)) > 1 else text
    return ""


def fit_of(suggestion: Suggestion | PlannedPairing) -> str:
    """The score as a word: people compare words better than decimals."""
    if suggestion.score >= 0.7:
        return _("Strong fit")
    return _("Good fit") if suggestion.score >= 0.5 else _("Possible fit")


# Sentences for features ----------------------------------------------------------------------------------------------


def _topic(facts: Facts, has_offer: bool) -> str:
    digits = len(facts["field"] or "")
    said = []
    if digits:
        frame = {2: _("the same broad field, %s"), 3: _("the same narrow field, %s"), 4: _("the same field, %s")}[
            digits
        ]
        said.append(frame % isced.name(facts["field"]))
    elif facts["own"] and facts["theirs"]:
        said.append(_("another field, %s") % isced.name(facts["theirs"]))
    # The shortest words rarely tell much.
    if words := [word for word in facts.get("words", ()) if len(word) > 3][:3]:
        said.append(_("both speak of %s") % get_text_list(words, _("and")))
    return _sentence(said)


def _hours(facts: Facts, has_offer: bool) -> str:
    days = get_text_list([str(WEEKDAYS[day]) for day in facts["weekdays"]], _("and"))
    starts = ngettext(
        "at least %(starts)s shared start for %(minutes)s minutes in every week",
        "at least %(starts)s shared starts for %(minutes)s minutes in every week",
        facts["starts"],
    ) % {"starts": facts["starts"], "minutes": facts["minutes"]}
    if facts["assumed"]:
        starts = _("if they keep office hours, %s") % starts
    return _sentence([starts, _("the same time each week on %s") % days if days else ""])


def _weeks(facts: Facts, has_offer: bool) -> str:
    if facts["assumed"]:
        return ""
    common = ngettext("%(count)s week in common", "%(count)s weeks in common", facts["weeks"]) % {
        "count": facts["weeks"]
    }
    wanted = facts["wanted"]
    return _sentence([common, ngettext("you need %s", "you need %s", wanted) % wanted if wanted else ""])


def _language(facts: Facts, has_offer: bool) -> str:
    if not facts["known"]:
        return ""
    name = places.language_name(facts["language"])
    if not has_offer:
        return _sentence([_("they teach in %s") % name])
    if facts["own"] == facts["theirs"]:
        return _sentence([_("both ask for %(language)s %(level)s") % {"language": name, "level": facts["own"]}])
    return _sentence(
        [
            _("you ask for %(language)s %(own)s, they for %(theirs)s")
            % {"language": name, "own": facts["own"], "theirs": facts["theirs"]}
        ]
    )


def _size(facts: Facts, has_offer: bool) -> str:
    if not facts["known"]:
        return ""
    return _sentence(
        [
            _("they bring %(brings)s learners and you look for %(wanted)s") % facts,
            _("you bring %(own)s and they look for %(they_want)s") % facts,
        ]
    )


def _level(facts: Facts, has_offer: bool) -> str:
    if not facts["known"]:
        return ""
    if facts["own"] == facts["theirs"]:
        return _sentence([_("both at EQF level %s") % facts["own"]])
    return _sentence([_("you are at EQF level %(own)s, they at %(theirs)s") % facts])


def _format(facts: Facts, has_offer: bool) -> str:
    own, theirs = _label(Format, facts["own"]), _label(Format, facts["theirs"])
    if not own or not theirs:
        return ""
    if not has_offer:
        return _sentence([_("they have offered this before: %s") % theirs])
    if facts["same"]:
        return _sentence([_("both: %s") % own])
    return _sentence([_("you: %(own)s; they: %(theirs)s") % {"own": own, "theirs": theirs}])


_SENTENCES = {
    "topic": (lambda: _("Field and topic"), _topic),
    "hours": (lambda: _("Shared live hours"), _hours),
    "weeks": (lambda: _("Weeks in common"), _weeks),
    "language": (lambda: _("Language"), _language),
    "size": (lambda: _("Numbers"), _size),
    "level": (lambda: _("Level"), _level),
    "format": (lambda: _("Format"), _format),
}


# Near misses ---------------------------------------------------------------------------------------------------------


def _no_language(facts: Facts, suggestion: Suggestion) -> str:
    if facts["shared"]:
        name = places.language_name(facts["shared"])
        own, theirs = facts["own"].get(facts["shared"]), facts["theirs"].get(facts["shared"])
        if own and theirs:
            return _("You ask for %(language)s %(own)s, they for %(theirs)s.") % {
                "language": name,
                "own": own,
                "theirs": theirs,
            }
    named = get_text_list([places.language_name(tag) for tag in facts["theirs"]], _("and"))
    return _("You share no language; theirs: %s.") % named if named else _("You share no language.")


def _no_hours(facts: Facts, suggestion: Suggestion) -> str:
    if facts.get("weeks") == 0:
        return ""  # no common weeks, so no common hours either: the weeks are named
    if "change" in facts:
        return _after_change(facts)
    if facts.get("most") == 0:
        return _("In no week do you share a start for %(minutes)s minutes.") % facts
    if not facts["starts"]:
        return _("There is a week without any shared start for %(minutes)s minutes.") % facts
    return ngettext(
        "In some week there is only %(starts)s shared start for %(minutes)s minutes; %(need)s are needed.",
        "In some week there are only %(starts)s shared starts for %(minutes)s minutes; %(need)s are needed.",
        facts["starts"],
    ) % {"starts": facts["starts"], "minutes": facts["minutes"], "need": facts["need"]}


def _after_change(facts: Facts) -> str:
    """Enough hours before a clock change, too few after it."""
    values = {
        "minutes": facts["minutes"],
        "need": facts["need"],
        "starts": facts["starts"],
        "city": places.zone_city(facts["zone"]),
        "day": date_format(dt.date.fromisoformat(facts["change"]), _("j F Y")),
    }
    if not facts["starts"]:
        text = _("No shared start for %(minutes)s minutes survives the clock change in %(city)s on %(day)s.")
    else:
        text = ngettext(
            "Only %(starts)s shared start for %(minutes)s minutes survives the clock change in %(city)s on %(day)s; "
            "%(need)s are needed.",
            "Only %(starts)s shared starts for %(minutes)s minutes survive the clock change in %(city)s on %(day)s; "
            "%(need)s are needed.",
            facts["starts"],
        )
    return text % values


def _no_weeks(facts: Facts, suggestion: Suggestion) -> str:
    if not facts["weeks"]:
        return _("You have no weeks in common.")
    return ngettext(
        "You have only %(weeks)s week in common; %(need)s are needed.",
        "You have only %(weeks)s weeks in common; %(need)s are needed.",
        facts["weeks"],
    ) % {"weeks": facts["weeks"], "need": facts["need"]}


def _not_wished(facts: Facts, suggestion: Suggestion) -> str:
    value = places.name(facts["value"]) if len(facts["value"]) == 2 else _label(Kind, facts["value"])
    if facts["side"] == "own":
        return _("It is not what you look for: %s.") % value
    return _("You are not what they look for: %s.") % value


_OBSTACLES = {
    "language": _no_language,
    "hours": _no_hours,
    "weeks": _no_weeks,
    "region": _not_wished,
    "kind": _not_wished,
    "mode": lambda facts, suggestion: _("The mode is not what one side looks for: %s.") % _label(Mode, facts["value"]),
}


def _set_level(facts: Facts, suggestion: Suggestion) -> str:
    values = {"language": places.language_name(facts["language"]), "level": facts["level"]}
    if facts["side"] == "own":
        return _("Asking for %(language)s %(level)s would do.") % values
    return _("It would do if they asked for %(language)s %(level)s.") % values


def _add_language(facts: Facts, suggestion: Suggestion) -> str:
    return _("Adding %(language)s %(level)s to your offer would do.") % {
        "language": places.language_name(facts["language"]),
        "level": facts["level"],
    }


def _shift_weeks(facts: Facts, suggestion: Suggestion) -> str:
    count, start = abs(facts["weeks"]), date_format(dt.date.fromisoformat(facts["first"]), _("j F Y"))
    if facts["weeks"] > 0:
        text = ngettext(
            "Starting %(count)s week later, on %(start)s, would do.",
            "Starting %(count)s weeks later, on %(start)s, would do.",
            count,
        )
    else:
        text = ngettext(
            "Starting %(count)s week earlier, on %(start)s, would do.",
            "Starting %(count)s weeks earlier, on %(start)s, would do.",
            count,
        )
    return text % {"count": count, "start": start}


def _move_hours(facts: Facts, suggestion: Suggestion) -> str:
    hours = f"{abs(facts['minutes']) / 60:g}"
    later = facts["minutes"] > 0
    if facts["weekday"] is None:
        text = _("Moving all your hours %s h later") if later else _("Moving all your hours %s h earlier")
        return _gives(text % hours, facts["starts"])
    values = {"day": WEEKDAYS[facts["weekday"]], "hours": hours}
    text = (
        _("Moving your hours on %(day)s %(hours)s h later")
        if later
        else _("Moving your hours on %(day)s %(hours)s h earlier")
    )
    return _gives(text % values, facts["starts"])


def _gives(change: str, starts: int) -> str:
    """A change of hours, and the fewest shared starts of any week that it leads to."""
    return ngettext(
        "%(change)s gives %(starts)s shared start in every week.",
        "%(change)s gives %(starts)s shared starts in every week.",
        starts,
    ) % {"change": change, "starts": starts}


def _add_hours(facts: Facts, suggestion: Suggestion) -> str:
    spans = [
        _("%(day)s from %(start)s to %(end)s") % {"day": WEEKDAYS[day], "start": start, "end": end}
        for day, start, end in facts["ranges"]
    ]
    return _gives(_("Offering %s as well") % get_text_list(spans, _("and")), facts["starts"])


def _add_wish(facts: Facts, suggestion: Suggestion) -> str:
    enum = {"kind": Kind, "mode": Mode}.get(facts["wish"])
    value = _label(enum, facts["value"]) if enum else places.name(facts["value"])
    if facts["side"] == "own":
        return _("Adding this to your wishes would do: %s.") % value
    return _("Ask them whether they would take it in: %s.") % value


_FIXES = {
    "set_level": _set_level,
    "add_language": _add_language,
    "shift_weeks": _shift_weeks,
    "move_hours": _move_hours,
    "add_hours": _add_hours,
    "add_wish": _add_wish,
}


def _label(enum, value: str | None) -> str:
    return str(enum(value).label) if value in enum.values else ""


def _sentence(parts: list[str]) -> str:
    """The parts as one sentence, with a capital at its beginning."""
    text = "; ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] if text else ""
