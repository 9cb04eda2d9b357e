"""What an offer still lacks before anybody may see it, and what is worth a second look."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchanges.enums import Mode
from exchanges.formats import GROUP_FIELDS, PHYSICAL_FIELDS, STEPS, FormatRules, Limits, rules_of
from exchanges.models import Offer
from institutions.enums import Cefr
from institutions.hours import utc_starts

Problems = dict[str, str]
HOURS_PER_CREDIT = Limits(25, 30)
ANY_MONDAY = dt.date(2024, 1, 1)


def problems_of(offer: Offer, *, languages: Sequence[Any], today: dt.date | None = None) -> Problems:
    """Each field that is missing or breaks a rule of the format, with what is wrong.

    With `today` (in the offer's zone) the dates must also lie in the future.
    """
    rules = rules_of(offer.format)
    found: Problems = {}
    for check in (_missing, _dates, _work, _people, _physical):
        for field, text in check(offer, rules, languages):
            found.setdefault(field, text)
    if today is not None:
        for field, text in not_in_future(offer, today):
            found.setdefault(field, text)
    return found


def _missing(offer, rules: FormatRules, languages):
    for field in (field for fields in STEPS.values() for field in fields):
        value = languages if field == "languages" else getattr(offer, field, None)
        if rules.requires(field) and (value is None or value in ("", [])):
            yield field, _("This is still missing.")
    if not offer.hours and not offer.asynchronous:
        yield "hours", _("Choose when you can meet live, or say that it can be followed without the live sessions.")
    if len(languages) < rules.least_languages and languages:
        yield "languages", _("Name both languages: the one you bring and the one you look for.")


def _dates(offer, rules: FormatRules, languages):
    if offer.starts and offer.ends and offer.ends < offer.starts:
        yield "ends", _("It can't end before it starts.")
    elif offer.starts and offer.ends and offer.weeks:
        most = weeks_between(offer.starts, offer.ends)
        if offer.weeks > most:
            yield (
                "weeks",
                ngettext("Between these dates lies only %(n)s week.", "Between these dates lie only %(n)s weeks.", most)
                % {"n": most},
            )
    if offer.weeks and not rules.weeks.least <= offer.weeks <= rules.weeks.most:
        yield (
            "weeks",
            _("This format takes %(least)s to %(most)s weeks.") % rules.weeks._asdict(),
        )
    if offer.reply_by and offer.starts and offer.reply_by >= offer.starts:
        yield "reply_by", _("Partners have to reply before it starts.")


def _work(offer, rules: FormatRules, languages):
    if offer.hours and offer.session_minutes and not utc_starts(offer.hours, "UTC", ANY_MONDAY, offer.session_minutes):
        yield (
            "hours",
            _("None of these stretches is long enough for a session of %(minutes)s minutes.")
            % {"minutes": offer.session_minutes},
        )
    if rules.asks("ects") and offer.ects is not None and offer.ects < rules.least_ects:
        yield "ects", _("At least %(least)s ECTS in this format.") % {"least": rules.least_ects}


def _people(offer, rules: FormatRules, languages):
    if rules.requires("own_places") and offer.own_places == 0:
        yield "own_places", _("At least one place.")
    if offer.partner_places == 0:
        yield "partner_places", _("At least one place.")
    if rules.asks("group_size_max") and offer.group_size_min and offer.group_size_max:
        if offer.group_size_max < offer.group_size_min:
            yield "group_size_max", _("The largest group can't be smaller than the smallest.")
        for field in GROUP_FIELDS:
            if not rules.group.least <= getattr(offer, field) <= rules.group.most:
                yield field, _("Groups in this format have %(least)s to %(most)s learners.") % rules.group._asdict()
    if offer.partners_wanted is not None and offer.partners_wanted < rules.least_partners:
        yield (
            "partners_wanted",
            _("At least %(least)s partners, so that %(all)s institutions from as many countries take part.")
            % {"least": rules.least_partners, "all": rules.least_partners + 1},
        )
    least = rules.learners_needed(offer.starts) if offer.starts else 0
    learners = (offer.own_places or 0) + (offer.partner_places or 0) * (offer.partners_wanted or 0)
    if offer.partner_places and learners < least:
        yield (
            "partner_places",
            _("This format needs at least %(least)s learners in all; these places make %(learners)s.")
            % {"least": least, "learners": learners},
        )


def _physical(offer, rules: FormatRules, languages):
    given = [field for field in PHYSICAL_FIELDS if getattr(offer, field)]
    if offer.mode == Mode.VIRTUAL:
        if given:
            yield given[0], _("A fully virtual exchange has no physical part. Empty this, or choose another mode.")
        return
    if given or offer.mode == Mode.BLENDED:
        for field in PHYSICAL_FIELDS:
            if field not in given:
                yield field, _("The physical part needs its place and its dates.")
    starts, ends = offer.physical_starts, offer.physical_ends
    if not starts or not ends:
        return
    days = (ends - starts).days + 1
    if ends < starts:
        yield "physical_ends", _("It can't end before it starts.")
    elif not rules.physical_days.least <= days <= rules.physical_days.most:
        yield (
            "physical_ends",
            _("The physical part takes %(least)s to %(most)s days; these are %(days)s.")
            % {**rules.physical_days._asdict(), "days": days},
        )
    if offer.starts and offer.ends:
        for field, day in (("physical_starts", starts), ("physical_ends", ends)):
            if not offer.starts <= day <= offer.ends:
                yield field, _("This is outside the dates of the exchange.")


def not_in_future(offer: Offer, today: dt.date) -> Iterator[tuple[str, str]]:
    """The dates that have to lie ahead and don't; `today` in the offer's zone."""
    if offer.starts and offer.starts <= today:
        yield "starts", _("The start has to be in the future.")
    if offer.reply_by and offer.reply_by < today:
        yield "reply_by", _("This day has passed.")


def weeks_between(starts: dt.date, ends: dt.date) -> int:
    """The weeks that a stretch of days touches when its first day begins the first week."""
    return (ends - starts).days // 7 + 1


def advice_for(offer: Offer, *, languages: Sequence[Any]) -> list[str]:
    """What is unusual for the format: worth a second look, but allowed."""
    rules = rules_of(offer.format)
    told = []
    hours = (offer.live_hours or Decimal(0)) + (offer.independent_hours or Decimal(0))
    if offer.ects and hours:
        per_credit = hours / offer.ects
        if not HOURS_PER_CREDIT.least <= per_credit <= HOURS_PER_CREDIT.most:
            told.append(
                _("One ECTS stands for 25 to 30 hours of work; here it is %(hours)s.") % {"hours": f"{per_credit:.0f}"}
            )
    if rules.usual_hours and hours and not rules.usual_hours.least <= hours <= rules.usual_hours.most:
        told.append(
            _("This format usually takes %(least)s to %(most)s hours in all; here it is %(hours)s.")
            % {**rules.usual_hours._asdict(), "hours": f"{hours:.0f}"}
        )
    if rules.similar_numbers and offer.own_places and offer.partner_places:
        few, many = sorted((offer.own_places, offer.partner_places))
        if many > 2 * few:
            told.append(_("The numbers on both sides differ a lot; mixed groups will be lopsided."))
    if rules.usual_hours and any(cefr in (Cefr.A1, Cefr.A2) for _tag, cefr in languages):
        told.append(_("A dialogue usually needs about B1."))
    return told
