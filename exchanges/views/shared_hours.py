"""The hours that people share in an actual week, as a map with numbers: for coordinators, and for a group's members."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchanges.access import access_coordinated_exchange, access_group
from exchanges.actions.people import Participant, participants_of
from exchanges.models import Exchange, Group
from exchanges.views.standing import exchange_crumbs, exchange_tabs, standing_of
from institutions import manners
from institutions.away import heat_of_week
from institutions.hours import SLOTS, WeekHours, clock_changes
from institutions.models import CalendarPeriod

WEEK = dt.timedelta(days=7)
MOST_PERIODS = 20


@login_required
@require_safe
def exchange_hours(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody with a place, or one group (`?group=2`), for the coordinators."""
    exchange = access_coordinated_exchange(request.user, pk)
    people = participants_of(exchange)
    groups = list(exchange.groups.all())
    group = next((each for each in groups if str(each.number) == request.GET.get("group")), None)
    if group is not None:
        people = [each for each in people if each.enrolment.group_id == group.pk]
    context = {
        "groups": groups,
        "group": group,
        "tabs": exchange_tabs(exchange, standing_of(request.user, exchange), "exchange_hours"),
        "page": reverse("exchange_hours", args=[exchange.pk]),
        **_map(request, exchange, people),
    }
    return render(request, "exchanges/shared_hours.html", context)


@login_required
@require_safe
def group_hours(request: HttpRequest, pk: int) -> HttpResponse:
    """A group's own map, for its members. Numbers only: whose hours they are is not said."""
    group: Group = access_group(request.user, pk)
    people = [each for each in participants_of(group.exchange) if each.enrolment.group_id == group.pk]
    context = {
        "group": group,
        "page": reverse("group_hours", args=[group.pk]),
        "crumbs": [*exchange_crumbs(group.exchange), (str(group), group.get_absolute_url())],
        **_map(request, group.exchange, people),
    }
    return render(request, "exchanges/shared_hours.html", context)


def _map(request: HttpRequest, exchange: Exchange, people: Sequence[Participant]) -> dict[str, Any]:
    zone = request.zone  # type: ignore[attr-defined]
    first = _week_asked(request, exchange)
    members = [(each.hours, each.person.zone, each.away) for each in people]
    counts = heat_of_week(members, zone, first)
    days = [first + dt.timedelta(days=n) for n in range(7)]
    best = max((count for count in counts if count), default=0)
    periods = CalendarPeriod.objects.filter(institution__in=[part.institution_id for part in exchange.parts.all()])
    closed = periods.without_teaching().touching(exchange.starts, exchange.ends).select_related("institution")
    return {
        "exchange": exchange,
        "people": len(people),
        "days": [{"day": day, "inside": exchange.starts <= day <= exchange.ends} for day in days],
        "rows": _rows(counts, days, len(people)),
        "best": best,
        "when_best": _hours_with(counts, days, best) if best else WeekHours(),
        "when_next": _hours_with(counts, days, best - 1) - _hours_with(counts, days, best) if best > 1 else WeekHours(),
        "next_best": best - 1,
        "first": days[0],
        "last": days[-1],
        "before": first - WEEK if first > exchange.starts else None,
        "after": first + WEEK if first + WEEK <= exchange.ends else None,
        "changes": clock_changes(zone, days[0], days[-1]),
        "periods": [
            {"period": each, "now": each.first <= days[-1] and each.last >= days[0]} for each in closed[:MOST_PERIODS]
        ],
        "nav_active": "exchange_list",
    }


def _week_asked(request: HttpRequest, exchange: Exchange) -> dt.date:
    """The first day of the week that `?week=` names, else of the exchange's week now; never outside the exchange."""
    try:
        day = dt.date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        day = timezone.localdate(timezone=request.zone)  # type: ignore[attr-defined]
    day = min(max(day, exchange.starts), exchange.ends)
    return day - dt.timedelta(days=(day.weekday() - manners.current().first_weekday) % 7)


def _rows(counts: list[int | None], days: list[dt.date], people: int) -> list[dict[str, Any]]:
    """The half-hours between the first and the last at which anybody is free, with a cell for each day."""
    busy = [half for half in range(48) if any(counts[day * 48 + half] for day in range(7))]
    if not busy:
        return []
    rows = []
    for half in range(busy[0] // 2 * 2, busy[-1] + 1):
        cells = []
        for n, day in enumerate(days):
            count = counts[n * 48 + half]
            where = {"day": date_format(day, "l"), "time": manners.minute_text(half * 30), "all": people}
            cells.append(
                {
                    "count": count,
                    "tone": _tone(count, people),
                    "words": _("%(day)s %(time)s: this hour is skipped by the clock") % where
                    if count is None
                    else _("%(day)s %(time)s: %(n)s of %(all)s") % {**where, "n": count},
                }
            )
        rows.append({"clock": manners.hour_text(half // 2), "hour": half % 2 == 0, "cells": cells})
    return rows


def _tone(count: int | None, people: int) -> str:
    if not count:
        return "none"
    if count == people:
        return "all"
    return "most" if count * 4 >= people * 3 else "half" if count * 2 >= people else "some"


def _hours_with(counts: list[int | None], days: list[dt.date], least: int) -> WeekHours:
    """The half-hours at which at least so many are free, by weekday."""
    offset = days[0].weekday() * 48
    return WeekHours.from_slots((slot + offset) % SLOTS for slot in range(SLOTS) if (counts[slot] or 0) >= least)
