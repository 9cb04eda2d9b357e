"""Session slots against a plain reading of what each week costs each person."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exchanges.matching import slots
from exchanges.matching.slots import (
    OUTSIDE,
    cost_of,
    propose_plans,
    propose_rotation,
    propose_slots,
    propose_split,
    weigh,
)
from institutions.hours import HUMANE, OFFICE, WeekHours, resolve_wall

FOUR = [
    ("emil", "Europe/Lisbon", None),
    ("farah", "Asia/Kolkata", None),
    ("aroha", "Pacific/Auckland", None),
    ("bia", "America/Sao_Paulo", None),
]
ZONES = ["Europe/Lisbon", "Asia/Kolkata", "Pacific/Auckland", "Asia/Kathmandu", "Australia/Lord_Howe"]
# Where the least total (16) and the least worst (10) are different slots.
TOTAL_BEFORE_WORST = ["America/New_York", "Asia/Tokyo", "Europe/Lisbon", "America/New_York", "Pacific/Auckland"]
members_lists = st.lists(
    st.tuples(st.sampled_from(ZONES), st.sampled_from([None, OFFICE, HUMANE, WeekHours.daily("17:00", "23:00")])),
    min_size=1,
    max_size=5,
).map(lambda rows: [(n, zone, hours) for n, (zone, hours) in enumerate(rows)])
starts = st.sampled_from([date(2026, 9, 14), date(2026, 3, 16), date(2026, 10, 21), date(2026, 6, 3)])


def plain_cost(member, start, minutes):
    """Minute by minute: the worst local half-hour, and 3 more if any minute is outside the person's hours."""
    _, zone, hours = member
    worst, outside = 0, False
    for n in range(minutes):
        at = (start + timedelta(minutes=n)).astimezone(ZoneInfo(zone))
        table = {8: 1, 18: 1, 19: 1, 7: 2, 20: 2, 6: 4, 21: 4, 5: 7, 22: 7}
        cost = 0 if 9 <= at.hour < 18 else table.get(at.hour, 10)
        worst = max(worst, cost)
        outside = outside or at.weekday() * 48 + at.hour * 2 + at.minute // 30 not in (hours or HUMANE)
    return worst + OUTSIDE * outside, outside


@settings(max_examples=30, deadline=None)
@example([(0, "Europe/Lisbon", None)], date(2026, 10, 21), 1, 30, 6, 4)
@given(members_lists, starts, st.integers(1, 5), st.sampled_from([30, 60, 75]), st.integers(0, 6), st.integers(0, 95))
def test_costs_are_those_of_a_plain_count(members, first, weeks, minutes, weekday, quarter):
    at = time(quarter // 4, quarter % 4 * 15)
    found = cost_of(
        members, weekday=weekday, at=at, first=first, weeks=weeks, minutes=minutes, governing="Europe/Lisbon"
    )
    assert len(found.occurrences) + len(found.skipped) == weeks
    totals, away = {member[0]: 0 for member in members}, set()
    for occurrence in found.occurrences:
        wall = occurrence.utc.astimezone(ZoneInfo("Europe/Lisbon"))
        assert (wall.weekday(), wall.time()) == (weekday, at)
        assert 7 * occurrence.week <= (wall.date() - first).days < 7 * occurrence.week + 7
        outside = []
        for member in members:
            cost, out = plain_cost(member, occurrence.utc, minutes)
            totals[member[0]] += cost
            if out:
                outside.append(member[0])
                away.add(member[0])
        assert list(occurrence.outside) == outside
        for seen in occurrence.zones:
            # Of an hour that happens twice, Python calls no local time equal to one in another zone.
            assert seen.start.astimezone(UTC) == occurrence.utc and str(seen.start.tzinfo) == seen.zone
    assert found.burdens == totals
    assert (found.total, found.worst) == (sum(totals.values()), max(totals.values()))
    assert set(found.outside) == away and found.humane == (not away)


@settings(max_examples=15, deadline=None)
@given(members_lists, starts, st.integers(1, 4))
@example([(n, zone, None) for n, (_, zone, _) in enumerate(FOUR)], date(2026, 9, 14), 3)
@example(
    [(0, "Europe/Lisbon", None), (1, "Pacific/Auckland", None), (2, "Pacific/Auckland", None)], date(2026, 6, 1), 2
)
def test_no_slot_beats_the_first_proposal(members, first, weeks):
    terms = {"first": first, "weeks": weeks, "minutes": 60, "governing": "Europe/Lisbon"}
    best, *others = propose_slots(members, **terms)

    def key(proposal):
        nights = sum(
            seen.burden >= slots.NIGHT
            for occurrence in proposal.occurrences
            for _, zone, _ in members
            for seen in occurrence.zones
            if seen.zone == zone
        )
        return (not proposal.humane, nights, proposal.total, proposal.worst)

    for slot in range(336):
        rival = cost_of(members, weekday=slot // 48, at=time(slot % 48 // 2, slot % 2 * 30), **terms)
        assert rival.skipped or key(best) <= key(rival)
    assert [key(p) for p in (best, *others)] == sorted(key(p) for p in (best, *others))
    assert len(others) == 2
    for n, one in enumerate((best, *others)):
        for two in (best, *others)[n + 1 :]:
            gap = abs(datetime.combine(first, one.time) - datetime.combine(first, two.time))
            assert one.weekday != two.weekday or gap >= timedelta(minutes=90)


def test_a_clock_change_inside_the_series_is_told_where_it_happens():
    found = cost_of(
        FOUR, weekday=1, at=time(8), first=date(2026, 9, 14), weeks=12, minutes=60, governing="Europe/Lisbon"
    )
    shifts = {(seen.zone, seen.start.date(), seen.shift) for o in found.occurrences for seen in o.zones if seen.shift}
    assert shifts == {
        ("Pacific/Auckland", date(2026, 9, 29), 60),
        ("Pacific/Auckland", date(2026, 10, 27), 60),
        ("Asia/Kolkata", date(2026, 10, 27), 60),
        ("America/Sao_Paulo", date(2026, 10, 27), 60),
    }


def test_a_wall_time_that_does_not_exist_is_skipped_and_never_proposed():
    hours = WeekHours.from_ranges([(6, "01:00", "03:00")])
    members = [("emil", "Europe/Lisbon", hours)]
    terms = {"first": date(2026, 3, 23), "weeks": 1, "minutes": 30, "governing": "Europe/Lisbon"}
    assert cost_of(members, weekday=6, at=time(1, 30), **terms).skipped == (date(2026, 3, 29),)
    assert all(not proposal.skipped for proposal in propose_slots(members, count=300, **terms))
    assert propose_slots(members, **terms)[0].time == time(2)
    chie = [("chie", "Asia/Tokyo", WeekHours.from_ranges([(6, "19:00", "20:00")]))]
    best = propose_slots(chie, first=date(2026, 3, 23), weeks=1, minutes=60, governing="Europe/Lisbon")[0]
    assert (best.weekday, best.time) == (6, time(11))


def test_two_who_share_office_hours_meet_in_them():
    members = [("asha", "Asia/Kolkata", OFFICE), ("bruno", "Europe/Lisbon", OFFICE)]
    for proposal in propose_slots(members, first=date(2026, 9, 14), weeks=12, minutes=60, governing="Europe/Lisbon"):
        assert proposal.humane and proposal.total == 0 and proposal.fairness == 1.0
        for occurrence in proposal.occurrences:
            for seen in occurrence.zones:
                assert time(9) <= seen.start.time() and seen.end.time() <= time(17)


def test_a_rotation_shares_what_one_slot_puts_on_the_same_people():
    terms = {"first": date(2026, 9, 14), "weeks": 12, "minutes": 60, "governing": "Europe/Lisbon"}
    single = propose_slots(FOUR, **terms)[0]
    two, three = propose_rotation(FOUR, of=2, **terms), propose_rotation(FOUR, of=3, **terms)
    assert three.worst <= two.worst < single.worst
    assert two.fairness > single.fairness
    # What it says is what its slots cost, week by week.
    for rotation in (two, three):
        totals = dict.fromkeys(rotation.burdens, 0)
        for week in range(12):
            weekday, at = rotation.slots[week % len(rotation.slots)]
            day = date(2026, 9, 14) + timedelta(days=7 * week + weekday)
            start = resolve_wall(day, at, "Europe/Lisbon", fold=0)
            for member in FOUR:
                totals[member[0]] += plain_cost(member, start, 60)[0]
        assert totals == rotation.burdens


SMALL = [
    # (members, weeks, turns): a clock change in Lisbon and one in Auckland lie within.
    ([*FOUR[:3], ("dipa", "Asia/Kathmandu", OFFICE)], 4, 2),
    ([FOUR[0], FOUR[2], ("noe", "Pacific/Honolulu", WeekHours.daily("17:00", "23:00"))], 3, 3),
]


@pytest.mark.parametrize(("members", "weeks", "of"), SMALL)
def test_no_rotation_is_fairer_than_the_one_proposed(members, weeks, of):
    """Against all wall times in every turn, with costs counted minute by minute."""
    first = date(2026, 9, 20)
    cost = np.zeros((336, len(members), weeks), dtype=np.int16)
    for week in range(weeks):
        for slot in range(336):
            day = first + timedelta(days=7 * week + (slot // 48 - first.weekday()) % 7)
            start = resolve_wall(day, time(slot % 48 // 2, slot % 2 * 30), "Europe/Lisbon", fold=0)
            cost[slot, :, week] = [plain_cost(member, start, 30)[0] for member in members]
    turns = [cost[:, :, turn::of].sum(axis=2) for turn in range(of)]
    best = (10_000, 10_000)
    for slot in range(336):
        sums = turns[0][slot] + turns[1]
        if of == 3:
            sums = (sums[:, None, :] + turns[2][None, :, :]).reshape(-1, len(members))
        worst, total = sums.max(axis=1), sums.sum(axis=1)
        best = min(best, (int(worst.min()), int(total[worst == worst.min()].min())))
    found = propose_rotation(members, first=first, weeks=weeks, minutes=30, governing="Europe/Lisbon", of=of)
    assert (found.worst, found.total) == best


def test_three_proposals_say_who_pays_what_in_which_week():
    terms = {"first": date(2026, 9, 14), "weeks": 9, "minutes": 60, "governing": "Europe/Lisbon"}
    single, rotation, split = propose_plans(FOUR, **terms)
    assert [plan.kind for plan in (single, rotation, split)] == ["single", "rotation", "split"]
    assert single.worst > rotation.worst > split.worst
    assert not single.humane and split.humane
    assert rotation.fairness > single.fairness
    for plan in (single, rotation, split):
        told: dict[str, int] = {}
        for part in plan.parts:
            assert len(part.occurrences) == 9
            for n, occurrence in enumerate(part.occurrences):
                for member in FOUR:
                    if member[0] in part.weekly:
                        assert part.weekly[member[0]][n] == plain_cost(member, occurrence.utc, 60)[0]
            told |= {member: sum(costs) for member, costs in part.weekly.items()}
        assert told == plan.burdens
        assert (plan.total, plan.worst) == (sum(told.values()), max(told.values()))


def test_where_everybody_is_in_the_day_only_single_hours_are_proposed():
    members = [("asha", "Asia/Kolkata", None), ("bruno", "Europe/Lisbon", None)]
    terms = {"first": date(2026, 9, 14), "weeks": 4, "minutes": 60, "governing": "Europe/Lisbon"}
    plans = propose_plans(members, **terms)
    assert [(plan.kind, plan.total) for plan in plans] == [("single", 0)] * 3
    assert propose_plans([], **terms) == []


def test_no_date_lies_after_the_last_day():
    """The exchange ends on a Wednesday, so in the last week Thursday to Saturday are too late."""
    terms = {"first": date(2026, 9, 13), "weeks": 2, "minutes": 60, "governing": "Europe/Lisbon"}
    found = propose_slots(FOUR, count=300, last=date(2026, 9, 23), **terms)
    assert {proposal.weekday for proposal in found} == {6, 0, 1, 2}
    assert propose_plans(FOUR, last=date(2026, 9, 19), **terms) == []


def test_by_hand_any_minute_and_either_of_two_equal_times():
    terms = {"first": date(2026, 10, 19), "weeks": 1, "minutes": 45, "governing": "Europe/Lisbon"}
    starts = [weigh(FOUR, slots=[(6, time(1, 10))], folds=[fold], **terms).occurrences[0].utc.hour for fold in (0, 1)]
    assert starts == [0, 1]


def test_a_split_makes_two_humane_sessions_of_an_inhumane_one():
    terms = {"first": date(2026, 9, 14), "weeks": 4, "minutes": 60, "governing": "Europe/Lisbon"}
    assert not propose_slots(FOUR, **terms)[0].humane
    split = propose_split(FOUR, **terms)
    assert split.outside == ()
    for member in FOUR:
        weekday, at = split.slots[split.attend[member[0]]]
        cost = cost_of([member], weekday=weekday, at=at, **terms)
        assert cost.humane and cost.total == split.burdens[member[0]]


def test_order_of_members_changes_nothing():
    terms = {"first": date(2026, 9, 14), "weeks": 6, "minutes": 60, "governing": "Asia/Kolkata"}
    there, back = propose_slots(FOUR, **terms), propose_slots(FOUR[::-1], **terms)
    assert [(p.weekday, p.time, p.burdens) for p in there] == [(p.weekday, p.time, p.burdens) for p in back]


def test_nobody_and_nonsense():
    terms = {"first": date(2026, 9, 14), "weeks": 2, "minutes": 60, "governing": "UTC"}
    assert propose_slots([], **terms) == []
    assert propose_rotation([], **terms) is None and propose_split([], **terms) is None
    for wrong in ({"minutes": 0}, {"weeks": 0}, {"governing": "Mars/Olympus"}):
        with pytest.raises(ValueError):
            propose_slots(FOUR, **{**terms, **wrong})
    with pytest.raises(ValueError):
        cost_of(FOUR, weekday=7, at=time(9), **terms)


def test_the_burden_rises_towards_night():
    values = [slots.burden(time(h)) for h in range(24)]
    assert values[9:18] == [0] * 9
    assert values[12:] == sorted(values[12:]) and values[:12] == sorted(values[:12], reverse=True)
    assert all(slots.burden(time(h, 59)) == values[h] for h in range(24))
