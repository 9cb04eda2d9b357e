"""Groups: no rule broken, the optimum on small cases by trying every partition, and reasons that are true."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.matching import CEFR
from exchanges.matching.groups import Person, describe_group, form_groups, place_late, regroup
from institutions.hours import HUMANE, OFFICE, WeekHours

ZONES = ["Asia/Kolkata", "Europe/Lisbon", "Africa/Cairo", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York"]
TERMS = {"size_min": 3, "size_max": 5, "first": date(2026, 10, 12), "weeks": 4, "minutes": 60}


def make_people(rng: random.Random, count: int, *, spread: int = 6, width: int = 14) -> list[Person]:
    people = []
    for n in range(count):
        zone = rng.choice(ZONES[:spread])
        start = rng.randrange(16, 32)
        slots = {
            d * 48 + s for d in rng.sample(range(6), 4) for s in range(start, min(44, start + rng.randint(4, width)))
        }
        people.append(
            Person(
                id=n,
                institution=zone if rng.random() < 0.8 else "roaming",
                country=zone[:4],
                zone=zone,
                hours=WeekHours.from_slots(slots),
                languages=rng.choice([{"en": "B2"}, {"en": "B1"}, {"en": "C1", "pt": "native"}, {"pt": "B2"}]),
                skill=rng.choice([None, rng.random()]),
            )
        )
    return people


# --- An independent checker ---


def suits(people, start, minutes):
    """Every quarter-hour of the session lies in everybody's local half-hours."""
    for person in people:
        for n in range(0, minutes, 15):
            at = (start + timedelta(minutes=n)).astimezone(ZoneInfo(person.zone))
            if at.weekday() * 48 + at.hour * 2 + at.minute // 30 not in person.hours:
                return False
    return True


@lru_cache(maxsize=4096)
def own_starts(zone, hours, begin, minutes):
    """The UTC half-hours of the week at which the session suits somebody, walked one by one."""
    person = Person("", "", "", zone, hours)
    every = [begin + timedelta(minutes=30 * n) for n in range(336)]
    return frozenset(start for start in every if suits([person], start, minutes))


def starts_by_week(people, terms):
    """For each week, the UTC half-hours at which the session suits everyone."""
    found = []
    for week in range(terms["weeks"]):
        begin = datetime.combine(terms["first"] + timedelta(days=7 * week), time(0), UTC)
        own = [own_starts(person.zone, person.hours, begin, terms["minutes"]) for person in people]
        found.append(sorted(frozenset.intersection(*own)))
    return found


def shared_languages(people):
    tags = set.intersection(*(set(p.languages) for p in people))
    return {tag: min(CEFR[p.languages[tag]] for p in people) for tag in tags}


def keeps_rules(people, terms):
    ids = {p.id for p in people}
    return (
        terms["size_min"] <= len(people) <= terms["size_max"]
        and min(len(week) for week in starts_by_week(people, terms)) >= 2
        and (bool(shared_languages(people)) or not any(p.languages for p in people))
        and not any(ids & set(p.apart) for p in people)
    )


def check(plan, people, terms, locked=()):
    """Everybody once; every group keeps the rules and says the truth; every reason stands up."""
    by_id = {p.id: p for p in people}
    placed = [n for group in plan.groups for n in group.members]
    assert sorted([*placed, *(u.id for u in plan.unplaced)], key=str) == sorted(by_id, key=str)
    for group in plan.groups:
        members = [by_id[n] for n in group.members]
        weeks = starts_by_week(members, terms)
        assert group.starts == min(len(week) for week in weeks)
        if group.locked:
            assert tuple(group.members) in {tuple(sorted(g)) for g in locked}
            continue
        assert keeps_rules(members, terms)
        assert {reason.code for reason in group.broken} <= {"one_institution"}
        languages = shared_languages(members)
        if languages:
            assert CEFR[group.language_level] == languages[group.language] == max(languages.values())
        for slot in group.slots:
            # On half-hours of the governing clock, which in Kathmandu are not those of UTC.
            assert suits(members, slot.utc, terms["minutes"])
            assert 0 <= (slot.utc.date() - terms["first"]).days - 7 * slot.week + 1 <= 8
            assert all(
                at.astimezone(UTC) == slot.utc and str(at.tzinfo) == by_id[n].zone for n, at in slot.local.items()
            )
        assert {slot.week for slot in group.slots} == set(range(terms["weeks"]))
        assert len(group.slots) == 2 * terms["weeks"]
        for series in group.series:
            for week in range(terms["weeks"]):
                day = terms["first"] + timedelta(days=7 * week + (series.weekday - terms["first"].weekday()) % 7)
                start = datetime.combine(day, time.fromisoformat(series.time), ZoneInfo(series.zone)).astimezone(UTC)
                assert suits(members, start, terms["minutes"])
    for unplaced in plan.unplaced:
        person, facts = by_id[unplaced.id], unplaced.reason.facts
        if unplaced.reason.code == "own_hours":
            assert min(len(week) for week in starts_by_week([person], terms)) == facts["starts"] < 2
        elif unplaced.reason.code == "few_shared_hours":
            sharing = sum(
                min(len(week) for week in starts_by_week([person, other], terms)) >= 2
                and bool(shared_languages([person, other]) or not person.languages)
                for other in people
                if other is not person and other.id not in {n for g in locked for n in g}
            )
            assert sharing == facts["share_with"]
        change = unplaced.change
        if change is not None and "group" in change.facts:
            helped = person
            if change.code == "add_hours":
                more = WeekHours.from_ranges(tuple(span) for span in change.facts["ranges"])
                helped = replace(person, hours=person.hours | more)
            elif change.code == "add_language":
                languages = {**person.languages, change.facts["language"]: change.facts["level"]}
                helped = replace(person, languages=languages)
            assert keeps_rules([helped, *(by_id[n] for n in change.facts["group"])], terms)
        if unplaced.reason.code == "groups_full":
            bigger = {**terms, "size_max": terms["size_max"] + 1}
            assert any(keeps_rules([person, *(by_id[n] for n in g.members)], bigger) for g in plan.groups)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 26))
def test_every_plan_keeps_the_rules_and_accounts_for_everybody(seed, count):
    rng = random.Random(seed)
    people = make_people(rng, count)
    ids = [p.id for p in people]
    people = [
        replace(p, apart=tuple(rng.sample(ids, min(1, len(ids) - 1)))) if rng.random() < 0.2 else p for p in people
    ]
    people = [replace(p, apart=tuple(n for n in p.apart if n != p.id)) for p in people]
    check(form_groups(people, seed=seed, **TERMS), people, TERMS)


# --- The optimum, by trying everything ---


def partitions(items, low, high):
    """All ways to put items into groups of low..high, leaving any out: (groups, left out)."""
    if not items:
        yield [], []
        return
    head, rest = items[0], items[1:]
    for groups, out in partitions(rest, low, high):
        yield groups, [head, *out]
        yield [*groups, [head]], out
        for n in range(len(groups)):
            if len(groups[n]) < high:
                yield [*groups[:n], [head, *groups[n]], *groups[n + 1 :]], out


@pytest.mark.parametrize("seed", range(14))
def test_small_cases_reach_the_optimum(seed):
    rng = random.Random(seed)
    count = rng.randint(5, 8)
    people = make_people(rng, count, spread=3, width=10)
    terms = {**TERMS, "size_min": 2, "size_max": 4}
    plan = form_groups(people, seed=seed, **terms)
    check(plan, people, terms)
    described: dict[tuple[int, ...], object] = {}

    def describe(group):
        key = tuple(sorted(group))
        if key not in described:
            found = describe_group([people[n] for n in key], everyone=people, **terms)
            hard = [r for r in found.broken if r.code != "one_institution"]
            described[key] = None if hard else (any(found.broken), found.score)
        return described[key]

    best = None
    for groups, out in partitions(list(range(count)), 2, 4):
        if any(len(group) < 2 for group in groups) or (best is not None and -len(out) < best[0]):
            continue
        judged = [describe(group) for group in groups]
        if any(j is None for j in judged):
            continue
        scores = [score for _, score in judged]
        value = (-len(out), -sum(unmixed for unmixed, _ in judged), min(scores, default=0))
        best = value if best is None or value > best else best
    scores = [group.score for group in plan.groups]
    unmixed = sum(bool(group.broken) for group in plan.groups)
    assert (-len(plan.unplaced), -unmixed) == best[:2]
    assert min(scores, default=0) >= 0.97 * best[2]


@pytest.mark.parametrize("seed", range(3))
def test_a_feasible_partition_is_found_where_one_was_planted(seed):
    """24 people whose hours hold six hidden groups that meet at different times."""
    rng = random.Random(seed)
    people = []
    for n in range(24):
        team = n % 6
        shared = {day * 48 + slot for day in (team % 5, 5) for slot in range(20 + team * 2, 23 + team * 2)}
        noise = {rng.randrange(336) for _ in range(25)}
        people.append(Person(n, f"i{n // 6}", f"c{n // 6}", "UTC", WeekHours.from_slots(shared | noise), {"en": "B2"}))
    rng.shuffle(people)
    terms = {**TERMS, "size_min": 4, "size_max": 4}
    plan = form_groups(people, seed=seed, **terms)
    check(plan, people, terms)
    assert not plan.unplaced and not any(group.broken for group in plan.groups)


# --- Sameness ---


def test_the_same_seed_gives_the_same_plan_in_any_order():
    people = make_people(random.Random(5), 30)
    shuffled = list(people)
    random.Random(1).shuffle(shuffled)
    assert form_groups(people, seed=3, **TERMS) == form_groups(shuffled, seed=3, **TERMS)


def test_names_of_countries_and_institutions_change_nothing():
    people = make_people(random.Random(6), 24)
    renamed = [replace(p, institution=f"z{p.institution}"[::-1], country=f"q{p.country}") for p in people]
    there, here = form_groups(people, seed=1, **TERMS), form_groups(renamed, seed=1, **TERMS)
    assert [g.members for g in there.groups] == [g.members for g in here.groups]


# --- Mixing ---


@pytest.mark.parametrize(("ours", "theirs", "mixed"), [(12, 3, 3), (12, 4, 4), (15, 1, 1), (8, 8, None), (10, 0, 0)])
def test_as_many_groups_as_possible_have_two_institutions(ours, theirs, mixed):
    people = [Person(f"a{n}", "A", "IN", "Asia/Kolkata", HUMANE, {"en": "B2"}) for n in range(ours)]
    people += [Person(f"b{n}", "B", "PT", "Europe/Lisbon", HUMANE, {"en": "B2"}) for n in range(theirs)]
    plan = form_groups(people, **TERMS)
    check(plan, people, TERMS)
    assert not plan.unplaced
    institutions = [{n[0] for n in group.members} for group in plan.groups]
    got = sum(len(found) == 2 for found in institutions)
    assert got == (len(plan.groups) if mixed is None else mixed)
    assert plan.figures["one_institution"] == (len(plan.groups) - got if theirs else 0)


def test_mixing_goes_before_comfort():
    """Alone each side has the whole day; together they have one evening hour and a half."""
    lisbon = WeekHours.daily("09:00", "18:00") | WeekHours.from_ranges([(2, "18:00", "19:30")])
    tokyo = WeekHours.daily("09:00", "16:00") | WeekHours.from_ranges([(3, "02:00", "03:30")])
    people = [Person(f"a{n}", "A", "PT", "Europe/Lisbon", lisbon, {"en": "B2"}) for n in range(6)]
    people += [Person(f"b{n}", "B", "JP", "Asia/Tokyo", tokyo, {"en": "B2"}) for n in range(6)]
    terms = {**TERMS, "size_min": 3, "size_max": 3, "first": date(2026, 6, 1)}
    plan = form_groups(people, **terms)
    check(plan, people, terms)
    assert not plan.unplaced and not any(group.broken for group in plan.groups)
    assert {group.starts for group in plan.groups} == {2}


# --- Wishes and locks ---


def test_wishes_to_be_together_and_apart_are_kept():
    people = make_people(random.Random(8), 24, spread=2, width=20)
    people = [replace(p, languages={"en": "B2"}, hours=OFFICE) for p in people]
    people[3] = replace(people[3], together=(7, 11))
    people[20] = replace(people[20], together=(21,))
    people[5] = replace(people[5], apart=(6, 9))
    plan = form_groups(people, **TERMS)
    check(plan, people, TERMS)
    home = {n: group.members for group in plan.groups for n in group.members}
    assert {7, 11} <= set(home[3]) and 21 in home[20] and not {6, 9} & set(home[5])


def test_wishes_that_cannot_be_are_left_aside():
    morning, evening = WeekHours.daily("08:00", "10:00"), WeekHours.daily("18:00", "20:00")
    people = [Person(n, n % 2, "IN", "Asia/Kolkata", morning if n < 4 else evening, {"en": "B2"}) for n in range(8)]
    people[0] = replace(people[0], together=(5, 99, 0))
    plan = form_groups(people, **{**TERMS, "size_min": 4, "size_max": 4})
    assert [group.members for group in plan.groups] == [(0, 1, 2, 3), (4, 5, 6, 7)]
    assert plan.figures["together_dropped"] == 1


def test_locked_groups_stay_as_they_are():
    people = make_people(random.Random(9), 20, spread=2)
    locked = [(0, 1, 2), (7, 3)]
    plan = form_groups(people, locked=locked, **TERMS)
    check(plan, people, TERMS, locked)
    assert [group.members for group in plan.groups if group.locked] == [(0, 1, 2), (3, 7)]
    for wrong in ([(0, 1), (1, 2)], [(0, 99)]):
        with pytest.raises(ValueError):
            form_groups(people, locked=wrong, **TERMS)


# --- Why not ---


def crowd(count=6):
    return [Person(n, n % 2, "IN", "Asia/Kolkata", OFFICE, {"en": "B2"}) for n in range(count)]


@pytest.mark.parametrize(
    ("odd", "code", "change"),
    [
        ({"hours": WeekHours()}, "own_hours", "add_hours"),
        ({"hours": WeekHours.from_ranges([(0, "09:00", "10:00")])}, "own_hours", "add_hours"),
        ({"languages": {}}, "no_language", "add_language"),
        ({"languages": {"ja": "C1"}}, "language_alone", "add_language"),
        ({"hours": WeekHours.daily("20:00", "23:00")}, "few_shared_hours", "add_hours"),
        ({"apart": tuple(range(6))}, "apart", "drop_apart"),
    ],
)
def test_who_cannot_be_placed_is_told_why_and_what_would_help(odd, code, change):
    people = [*crowd(), replace(crowd()[0], id="dina", **odd)]
    plan = form_groups(people, **TERMS)
    check(plan, people, TERMS)
    (unplaced,) = plan.unplaced
    assert (unplaced.id, unplaced.reason.code) == ("dina", code)
    assert unplaced.change is not None and unplaced.change.code == change


def test_a_low_level_is_told_from_no_language():
    people = [*crowd(), replace(crowd()[0], id="dina", languages={"en": "A2"})]
    (unplaced,) = form_groups(people, min_level="B1", **TERMS).unplaced
    assert unplaced.reason.code == "low_language" and unplaced.change.facts["level"] == "B1"


def test_too_few_people_and_full_groups_say_so():
    (one, two) = form_groups(crowd(2), **TERMS).unplaced
    assert one.reason.code == two.reason.code == "too_few_people"
    assert one.change.facts == {"people": 1}
    terms = {**TERMS, "size_min": 4, "size_max": 4}
    people = crowd(5)
    plan = form_groups(people, **terms)
    check(plan, people, terms)
    (left,) = plan.unplaced
    assert left.reason.code == "groups_full" and left.change.facts == {"max": 5}
    assert form_groups([], **TERMS).groups == ()


def test_without_any_languages_language_is_no_rule():
    people = [replace(p, languages={}) for p in crowd()]
    plan = form_groups(people, **TERMS)
    assert not plan.unplaced and plan.groups[0].language is None


def test_every_actual_week_counts():
    """Hours that meet before the clock change and not after it make no group."""
    lisbon = WeekHours.daily("09:00", "10:30")
    pune = WeekHours.daily("13:30", "15:00")
    people = [Person(n, "L", "PT", "Europe/Lisbon", lisbon, {"en": "B2"}) for n in range(2)]
    people += [Person(n + 2, "P", "IN", "Asia/Kolkata", pune, {"en": "B2"}) for n in range(2)]
    terms = {**TERMS, "size_min": 4, "size_max": 4, "first": date(2026, 10, 5)}
    assert len(form_groups(people, **{**terms, "weeks": 2}).groups) == 1
    assert form_groups(people, **{**terms, "weeks": 4}).groups == ()


# --- The board ---


def test_describe_says_what_is_broken_and_who_could_leave_to_mend_it():
    people = [
        *crowd(3),
        Person("dina", 9, "EG", "Africa/Cairo", WeekHours.daily("20:00", "23:00"), {"en": "B1"}, apart=(0,)),
    ]
    group = describe_group(people, everyone=people, **TERMS)
    broken = {reason.code: reason.facts for reason in group.broken}
    assert set(broken) == {"starts", "apart"}
    assert broken["starts"]["without"] == ["dina"] and broken["apart"]["pairs"] == [[0, "dina"]]
    assert group.slots == () and group.starts == 0
    alone = describe_group(crowd(6)[::2], everyone=crowd(6), **TERMS)
    assert [reason.code for reason in alone.broken] == ["one_institution"]
    assert describe_group(people[:2], **TERMS).broken[0].code == "size"
    assert describe_group([], **TERMS).broken[0].code == "size"
    mute = [*crowd(3), replace(crowd()[0], id="x", languages={"ja": "B2"})]
    assert {r.code: r.facts for r in describe_group(mute, **TERMS).broken} == {"language": {"without": ["x"]}}


def test_describe_agrees_with_the_plan():
    people = make_people(random.Random(11), 24)
    by_id = {p.id: p for p in people}
    for group in form_groups(people, seed=2, **TERMS).groups:
        assert describe_group([by_id[n] for n in group.members], everyone=people, **TERMS) == group


# --- Later ---


def test_a_late_joiner_moves_nobody_else():
    people = [replace(p, languages={"en": "B2"}) for p in make_people(random.Random(12), 16, spread=3, width=16)]
    plan = form_groups(people, **TERMS)
    late = Person("late", "new", "EG", "Africa/Cairo", HUMANE, {"en": "B2"})
    after = place_late(plan, late, people, **TERMS)
    check(after, [*people, late], TERMS)
    before = {frozenset(g.members) for g in plan.groups}
    now = {frozenset(g.members) - {"late"} for g in after.groups}
    assert before == now and any("late" in g.members for g in after.groups)
    never = replace(late, hours=WeekHours())
    refused = place_late(plan, never, people, **TERMS)
    assert [u.id for u in refused.unplaced if u.id == "late"] == ["late"]


def test_regrouping_after_drop_out_moves_as_few_as_possible():
    people = [Person(n, n % 2, "IN", "Asia/Kolkata", OFFICE, {"en": "B2"}) for n in range(12)]
    plan = form_groups(people, **{**TERMS, "size_min": 3, "size_max": 4})
    assert len(plan.groups) == 3
    gone = set(plan.groups[0].members[:2])
    rest = [p for p in people if p.id not in gone]
    after = regroup(plan, rest, **{**TERMS, "size_min": 3, "size_max": 4})
    check(after, rest, {**TERMS, "size_min": 3, "size_max": 4})
    assert not after.unplaced
    kept = [set(g.members) - gone for g in plan.groups]
    now = [set(g.members) for g in after.groups]
    # Two left in the hurt group: one or two people change groups, not more.
    moved = sum(not any(n in old and old & group - {n} for old in kept) for group in now for n in group)
    assert moved <= 2 and after.figures["moved"] == moved


def test_nonsense_terms_are_refused():
    for wrong in ({"size_min": 1}, {"size_max": 2}, {"weeks": 0}, {"minutes": 0}, {"min_level": "D1"}):
        with pytest.raises(ValueError):
            form_groups(crowd(), **{**TERMS, **wrong})
    with pytest.raises(ValueError):
        form_groups([*crowd(), crowd()[0]], **TERMS)
    with pytest.raises(ValueError):
        form_groups([replace(p, languages={"en": "X"}) for p in crowd()], **TERMS)


def test_two_hours_on_the_only_shared_day_do_not_overlap():
    monday = WeekHours.from_slots(range(20, 26))  # 10:00 to 13:00
    people = [
        Person(id=n, institution=f"i{n}", country=f"c{n}", zone="Europe/Lisbon", hours=monday, languages={"en": "B2"})
        for n in range(3)
    ]
    group = describe_group(people, **TERMS)
    first, second = group.slots[0].utc, group.slots[1].utc
    assert second - first >= timedelta(minutes=TERMS["minutes"])
    assert not group.broken
