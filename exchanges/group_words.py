"""What is good and what is not about a group, and why somebody has none: true sentences from the engine's facts."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchanges.matching.groups import Group
from institutions import places

Facts = Mapping[str, Any]
Names = Mapping[int, str]


def broken_rules(group: Group, names: Names) -> list[str]:
    """A sentence for each rule that the group breaks as it stands."""
    return [_BROKEN[reason.code](reason.facts, names) for reason in group.broken if reason.code in _BROKEN]


def rule(code: str) -> str:
    """A rule in a few words."""
    words = {
        "size": _("size"),
        "starts": _("shared hours"),
        "language": _("shared language"),
        "apart": _("kept apart"),
        "one_institution": _("more than one institution"),
    }
    return words.get(code, code)


def strengths(group: Group) -> list[str]:
    return [text for reason in group.reasons if reason.code in _GOOD and (text := _GOOD[reason.code](reason.facts))]


def why_unplaced(reason: dict[str, Any], names: Names) -> str:
    words = _WHY.get(reason["code"])
    return words(reason["facts"], names) if words else _("No group could be found.")


def what_would_help(change: dict[str, Any], names: Names) -> str:
    words = _HELP.get(change["code"])
    return words(change["facts"], names) if words else ""


def _who(ids, names: Names) -> str:
    return get_text_list([names[n] for n in ids if n in names], _("and"))


# Rules ---------------------------------------------------------------------------------------------------------------


def _size(facts: Facts, names: Names) -> str:
    return _("%(size)s people; groups have %(min)s to %(max)s.") % facts


def _starts(facts: Facts, names: Names) -> str:
    text = (
        ngettext(
            "In some week only %(starts)s hour suits all for %(minutes)s minutes.",
            "In some week only %(starts)s hours suit all for %(minutes)s minutes.",
            facts["starts"],
        )
        if facts["starts"]
        else _("No hour suits all of them for %(minutes)s minutes in every week.")
    ) % {"starts": facts["starts"], "minutes": facts["minutes"]}
    helpers = _who(facts.get("without", []), names)
    return _without(text, helpers)


def _language(facts: Facts, names: Names) -> str:
    helpers = _who(facts.get("without", []), names)
    text = _("They share no language.")
    return _without(text, helpers)


def _without(text: str, helpers: str) -> str:
    help_text = _("It would do without %s.") % helpers
    return f"{text} {help_text}" if helpers else text


def _apart(facts: Facts, names: Names) -> str:
    return _("People who are kept apart are together: %s.") % "; ".join(_who(pair, names) for pair in facts["pairs"])


def _one_institution(facts: Facts, names: Names) -> str:
    return _("All are of one institution.")


def _alone(facts: Facts, names: Names) -> str:
    return _("Somebody would be the only one of a kind, and said that it matters.")


_BROKEN: dict[str, Callable[[Facts, Names], str]] = {
    "size": _size,
    "starts": _starts,
    "language": _language,
    "apart": _apart,
    "one_institution": _one_institution,
    "alone": _alone,
}

_GOOD: dict[str, Callable[[Facts], str]] = {
    "starts": lambda facts: (
        ngettext("%s shared start in every week", "%s shared starts in every week", facts["starts"]) % facts["starts"]
    ),
    "language": lambda facts: f"{places.language_name(facts['language'])} {facts['level'] or ''}".strip(),
    "mix": lambda facts: ngettext("%s institution", "%s institutions", facts["institutions"]) % facts["institutions"],
    "together": lambda facts: _("wishes to be together kept"),
}


# Without a group -----------------------------------------------------------------------------------------------------


def _languages(facts: Facts) -> str:
    return get_text_list(
        [f"{places.language_name(tag)} {level}" for tag, level in facts["languages"].items()], _("and")
    )


_WHY: dict[str, Callable[[Facts, Names], str]] = {
    "own_hours": lambda facts, names: (
        ngettext(
            "Their hours hold only %(starts)s start for %(minutes)s minutes in some week.",
            "Their hours hold only %(starts)s starts for %(minutes)s minutes in some week.",
            facts["starts"],
        )
        % {"starts": facts["starts"], "minutes": facts["minutes"]}
    ),
    "no_language": lambda facts, names: _("They have stated no language."),
    "low_language": lambda facts, names: _("They speak %s, below what is asked for.") % _languages(facts),
    "language_alone": lambda facts, names: _("Nobody else speaks %s.") % _languages(facts),
    "too_few_people": lambda facts, names: (
        ngettext(
            "Only %(people)s person holds a place; a group needs %(need)s.",
            "Only %(people)s people hold a place; a group needs %(need)s.",
            facts["people"],
        )
        % {"people": facts["people"], "need": facts["need"]}
    ),
    "apart": lambda facts, names: _("They are kept apart from %s.") % _who(facts["apart"], names),
    "groups_full": lambda facts, names: _("The groups that would suit them are full (%(max)s people).") % facts,
    "few_shared_hours": lambda facts, names: (
        _("They share enough hours with %(share_with)s of %(others)s others; a group needs %(need)s.") % facts
    ),
}


def _ranges(facts: Facts, names: Names) -> str:
    texts = [
        _("%(day)s %(start)s to %(end)s") % {"day": WEEKDAYS[day], "start": start, "end": end}
        for day, start, end in facts["ranges"]
    ]
    return _("It would do if they could also meet on %(hours)s (their time), with %(people)s.") % {
        "hours": get_text_list(texts, _("and")),
        "people": _who(facts["group"], names),
    }


_HELP: dict[str, Callable[[Facts, Names], str]] = {
    "add_hours": _ranges,
    "add_language": lambda facts, names: (
        _("%(language)s %(level)s would do.")
        % {"language": places.language_name(facts["language"]), "level": facts["level"]}
    ),
    "more_people": lambda facts, names: (
        ngettext("%s more person would make a group.", "%s more people would make a group.", facts["people"])
        % facts["people"]
    ),
    "drop_apart": lambda facts, names: _("It would do if they could be with %s.") % _who(facts["with"], names),
    "smaller_groups": lambda facts, names: _("Groups of %(min)s would do.") % facts,
    "larger_groups": lambda facts, names: _("Groups of up to %(max)s would do.") % facts,
}
