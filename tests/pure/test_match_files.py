"""The engines on files: every problem at once, the same answer from the same file, and no bad file that breaks them."""

from __future__ import annotations

import copy
import itertools
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.matching.files import ENGINES, FORMATS, WrongFile, dump, groups, partners, run, seats
from exchanges.matching.files.check import Findings, Record

SEATS = {
    "learners": [
        {
            "id": "Dina",
            "institution": "cairo",
            "country": "EG",
            "preferences": ["coil", "talk"],
            "reserved": ["first time"],
        },
        {"id": "Emil", "institution": "lisbon", "country": "PT", "preferences": ["coil"]},
        {"id": "Farah", "institution": "pune", "country": "IN", "preferences": ["coil", "talk"]},
        {"id": 4, "institution": "nairobi", "country": "KE", "preferences": []},
    ],
    "exchanges": [
        {
            "id": "coil",
            "capacity": 2,
            "minimum": 1,
            "quotas": {"institution": {"lisbon": 1}, "country": {"IN": 0}},
            "reserves": {"first time": 1},
            "priority": ["Farah", "Emil"],
        },
        {"id": "talk", "capacity": 3},
    ],
}
HOURS = [{"weekday": 0, "from": "12:00", "to": "24:00"}, {"weekday": 2, "from": "20:00", "to": "02:00"}]


def person(n, institution, country, zone, **more):
    facts = {"id": n, "institution": institution, "country": country, "zone": zone, "languages": {"en": "B2"}}
    return {**facts, "hours": HOURS, **more}


GROUPS = {
    "people": [
        person("Dina", "cairo", "EG", "Africa/Cairo", skill=2, together=["Emil"]),
        person("Emil", "lisbon", "PT", "Europe/Lisbon", languages={"en": "B1", "pt": "native"}),
        person("Farah", "pune", "IN", "Asia/Kolkata", apart=["Grace"]),
        person("Grace", "nairobi", "KE", "Africa/Nairobi", hours=[]),
    ],
    "start": "2026-10-12",
    "weeks": 4,
    "session_minutes": 60,
    "group_size": {"min": 3, "max": 4},
}


def offer(n, institution, country, zone, **more):
    return {
        "id": n,
        "institution": institution,
        "country": country,
        "zone": zone,
        "first": "2026-09-14",
        "last": "2026-12-11",
        "hours": [{"weekday": 1, "from": "08:00", "to": "18:00"}],
        "languages": {"en": "B2"},
        **more,
    }


PARTNERS = {
    "offers": [
        offer(1, "pune", "IN", "Asia/Kolkata", isced="0521", level=6, text="climate and water", partners_wanted=2),
        offer(2, "lisbon", "PT", "Europe/Lisbon", isced="052", wanted_countries=["IN"], session_minutes=90),
        offer(3, "cairo", "EG", "Africa/Cairo", languages={"ar": "B1"}, wanted_kinds=["vet"]),
        offer(4, "lisbon", "PT", "Europe/Lisbon", holidays=[{"first": "2026-09-20", "last": "2026-12-01"}]),
        offer(5, "lima", "PE", "America/Lima", hours=[{"weekday": 5, "from": "09:00", "to": "11:00"}]),
    ],
    "institutions": [{"id": "tokyo", "country": "JP", "zone": "Asia/Tokyo", "languages": {"en": "B1"}, "levels": [6]}],
    "top": 3,
    "weights": {"topic": 1, "min_weeks": 3},
}
SLOTS = {
    "people": [
        {"id": 1, "zone": "Europe/Lisbon"},
        {"id": 2, "zone": "Asia/Kolkata", "hours": [{"weekday": 2, "from": "13:00", "to": "24:00"}]},
        {"id": "three", "zone": "America/Sao_Paulo"},
    ],
    "start": "2026-10-12",
    "weeks": 4,
    "session_minutes": 60,
    "zone": "Europe/Lisbon",
    "last": "2026-11-06",
}
EXAMPLES = {"seats": SEATS, "groups": GROUPS, "partners": PARTNERS, "slots": SLOTS}
READ = {"seats": seats.read, "groups": groups.read, "partners": partners.read}


def answer(engine, value, **options):
    return run(engine, json.dumps(value).encode(), **options)[0]


def changed(engine, *path, to):
    """The example with one value changed, at a path."""
    value = copy.deepcopy(EXAMPLES[engine])
    at = value
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return value


def problems(engine, value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    with pytest.raises(WrongFile) as caught:
        run(engine, raw)
    return caught.value.problems


# --- Answers ---


def test_places_with_their_reasons():
    found = answer("seats", SEATS)
    assert [(p["learner"], p["exchange"], p["rank"]) for p in found["placements"]] == [
        ("Dina", "coil", 1),
        ("Emil", "coil", 1),
        ("Farah", "talk", 2),
    ]
    assert found["placements"][2]["reason"]["code"] == "placed"
    (miss,) = found["placements"][2]["reason"]["facts"]["missed"]
    assert (miss["exchange"], miss["limit"], miss["places"]) == ("coil", "country_quota", 0)
    assert found["unplaced"] == [{"learner": 4, "reason": {"code": "no_choices", "facts": {}}}]
    assert found["figures"]["placed"] == 3 and found["figures"]["blocking"] == 0


def test_a_missed_minimum_says_what_closing_would_do():
    value = changed("seats", "exchanges", 1, "minimum", to=2)
    figures = answer("seats", value)["figures"]
    assert figures["below_minimum"] == {"talk": 1}
    assert figures["closings"] == [{"exchange": "talk", "taken": 1, "minimum": 2, "worse": 1, "lost": 1}]
    assert "closings" not in answer("seats", SEATS)["figures"]


def test_what_would_have_been_enough_is_put_in_words():
    value = changed("seats", "exchanges", 0, "capacity", to=1)
    texts = {p["learner"]: p["reason"]["text"] for p in answer("seats", value, explain=True)["placements"]}
    assert texts["Farah"].startswith("Choice 2 of 2. Choice 1 (coil): it has no places for the learner's country.")
    (emil,) = [u for u in answer("seats", value, explain=True)["unplaced"] if u["learner"] == "Emil"]
    assert emil["reason"]["text"].endswith("One more place in all would have been enough.")


def test_who_is_not_in_the_priority_comes_after_those_in_it_by_the_draw():
    learners = [{"id": n, "institution": "a", "country": "PT", "preferences": ["x"]} for n in range(12)]
    value = {"learners": learners, "exchanges": [{"id": "x", "capacity": 4, "priority": [7, 3]}]}
    placed = {seed: {p["learner"] for p in answer("seats", value, seed=seed)["placements"]} for seed in range(4)}
    assert all({3, 7} < who for who in placed.values())
    assert len({frozenset(who) for who in placed.values()}) > 1


def test_groups_with_their_times():
    found = answer("groups", GROUPS)
    (group,) = found["groups"]
    assert group["members"] == ["Dina", "Emil", "Farah"] and group["language"] == "en"
    assert [slot["week"] for slot in group["slots"]] == [0, 0, 1, 1, 2, 2, 3, 3]
    for n in group["members"]:
        assert len(group["local_times"][n]) == len(group["slots"])
    first = group["slots"][0]
    assert (first["weekday"], first["utc"][:10]) == (0, "2026-10-12")
    assert group["local_times"]["Farah"][0].endswith("+05:30")
    (left,) = found["unplaced"]
    assert (left["id"], left["reason"]["code"]) == ("Grace", "own_hours")


def test_partners_and_pairings():
    found = answer("partners", PARTNERS)
    best = {entry["offer"]: [c["candidate"] for c in entry["candidates"]] for entry in found["matches"]}
    assert best[1][0] == 2 and best[2][0] == 1 and "tokyo" in best[1] and best[3] == []
    assert {"first": 1, "second": 2} in [{k: p[k] for k in ("first", "second")} for p in found["pairings"]]
    match = found["matches"][0]["candidates"][0]
    assert [reason["feature"] for reason in match["reasons"]][:2] == ["topic", "hours"]
    assert "near_misses" not in found["matches"][0]
    assert found["figures"]["weights"]["min_weeks"] == 3


def test_only_one_of_the_answers_and_pairs_kept_apart():
    paired = answer("partners", PARTNERS | {"only": "pairings"})
    assert paired["matches"] == [] and paired["pairings"] == answer("partners", PARTNERS)["pairings"] != []
    assert answer("partners", PARTNERS | {"only": "matches"})["pairings"] == []
    apart = answer("partners", PARTNERS | {"apart": [[2, 1]]})
    assert {1, 2} not in [{p["first"], p["second"]} for p in apart["pairings"]]
    said = problems("partners", PARTNERS | {"only": "all", "apart": [[1], [1, 99], 7]})
    assert len(said) == 4 and any("unknown offer 99" in line for line in said)


@pytest.mark.parametrize("engine", sorted(set(ENGINES) - {"slots"}))  # whose answer is in numbers, without reasons
def test_explaining_adds_sentences_and_changes_nothing_else(engine):
    plain, told = answer(engine, EXAMPLES[engine]), answer(engine, EXAMPLES[engine], explain=True)

    def reasons(value):
        if isinstance(value, dict):
            if "facts" in value:
                yield value
            for member in value.values():
                yield from reasons(member)
        elif isinstance(value, list):
            for member in value:
                yield from reasons(member)

    assert all("text" not in reason for reason in reasons(plain))
    texts = [reason["text"] for reason in reasons(told)]
    assert texts and all(text and "{" not in text and "None" not in text for text in texts)

    def without(value):
        if isinstance(value, dict):
            return {k: without(v) for k, v in value.items() if k not in ("text", "near_misses")}
        return [without(v) for v in value] if isinstance(value, list) else value

    assert without(told) == plain


def test_near_misses_say_what_would_help():
    found = answer("partners", PARTNERS, explain=True)
    misses = {m["candidate"]: m for entry in found["matches"] if entry["offer"] == 1 for m in entry["near_misses"]}
    assert {g["gate"] for g in misses[3]["gates"]} == {"language", "kind"}
    assert [g["gate"] for g in misses[5]["gates"]] == ["hours"]
    assert misses[3]["fix"]["text"] == "It would do with ar at B1 for us."


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_the_same_file_and_seed_give_the_same_bytes(engine):
    value = EXAMPLES[engine]
    lists = {"seats": ["learners", "exchanges"], "groups": ["people"], "partners": ["offers"], "slots": ["people"]}[
        engine
    ]
    shuffled = {key: item[::-1] if key in lists else item for key, item in value.items()}
    assert dump(answer(engine, value, seed=5)) == dump(answer(engine, value, seed=5))
    if engine not in ("partners", "slots"):  # which answer in the order of the file
        assert answer(engine, shuffled, seed=5) == answer(engine, value, seed=5)


def test_texts_stay_as_they_are_written():
    value = changed("seats", "learners", 1, "id", to="Inês 漢字")
    value["exchanges"][0]["priority"] = ["Inês 漢字"]
    raw = "\ufeff" + json.dumps(value, ensure_ascii=False)
    assert "Inês 漢字" in dump(run("seats", raw.encode())[0])


def test_every_key_that_is_read_is_documented():
    for example in EXAMPLES.values():
        for item in (example, *(part[0] for part in example.values() if isinstance(part, list))):
            assert all(f'"{key}"' in FORMATS for key in item)


# --- Problems ---


def test_all_problems_are_told_at_once():
    value = {
        "learners": [
            {"id": 1, "institution": "a", "country": "PT", "preferences": ["x", "y", "x"]},
            {"id": 1, "institution": "a", "country": "IN", "preferences": "x"},
            {"id": True, "country": "PT", "preferences": [None]},
            {"id": "1", "institution": "b", "country": "PT", "preferences": [], "reserved": [3]},
            "Emil",
        ],
        "exchanges": [
            {"id": "x", "capacity": -1, "minimum": 1.5, "quotas": {"institution": {"a": -2}, "country": []}},
            {"id": "x", "reserves": {"first time": "2"}, "priority": [1, 9, 1]},
        ],
        "reciprocity": {"tolerance": -1},
        "hosts": {"z": "a"},
    }
    assert problems("seats", value) == [
        'learners[0].preferences[2]: "x" is there twice',
        "learners[1].preferences: must be a list, not a text",
        "learners[2].id: must be a whole number or a text, not true or false",
        "learners[2].preferences[0]: must be a whole number or a text, not null",
        'learners[2]: "institution" is missing',
        "learners[3].reserved[0]: must be a text, not a number",
        "learners[4]: must be an object, not a text",
        "exchanges[0].capacity: -1 is negative",
        "exchanges[0].minimum: must be a whole number, not 1.5",
        "exchanges[0].quotas.institution.a: -2 is negative",
        "exchanges[0].quotas.country: must be an object, not a list",
        'exchanges[1]: "capacity" is missing',
        "exchanges[1].reserves.first time: must be a whole number, not a text",
        "exchanges[1].priority[2]: 1 is there twice",
        "learners[1].id: 1 is also the id of learners[0]",
        'learners[3].id: "1" is also the id of learners[0]',
        'exchanges[1].id: "x" is also the id of exchanges[0]',
        'learners[0].preferences: unknown exchange "y"',
        "exchanges[1].priority: unknown learner 9",
        'learners[1].country: institution "a" is in "PT" at learners[0], and here in "IN"',
        'hosts: unknown exchange "z"',
        "reciprocity.tolerance: -1 is negative",
        'hosts: reciprocity needs the host of exchange "x"',
    ]


@pytest.mark.parametrize(
    ("engine", "path", "to", "said"),
    [
        ("groups", ("people", 0, "zone"), "Europe/Lisboa", 'people[0].zone: "Europe/Lisboa" is not a time zone'),
        ("groups", ("people", 0, "zone"), "../etc/passwd", "is not a time zone"),
        ("groups", ("people", 0, "zone"), 1, "people[0].zone: must be a text, not a number"),
        ("groups", ("people", 0, "languages"), {"en": "D1"}, 'people[0].languages.en: "D1" is not a CEFR level'),
        ("groups", ("people", 0, "languages"), {"": "B1"}, "is not a language tag"),
        ("groups", ("people", 0, "hours", 0, "to"), "24:30", '"24:30" is not a time HH:MM from 00:00 to 24:00'),
        ("groups", ("people", 0, "hours", 0, "from"), "24:00", '"24:00" is not a time HH:MM from 00:00 to 23:59'),
        ("groups", ("people", 0, "hours", 0, "from"), "9", '"9" is not a time HH:MM'),
        ("groups", ("people", 0, "hours", 0, "weekday"), 7, "people[0].hours[0].weekday: must be from 0 to 6, not 7"),
        ("groups", ("people", 0, "hours", 0), {"weekday": 1, "from": "09:00", "to": "09:00"}, "is empty"),
        ("groups", ("people", 0, "together"), ["Zoe"], 'people[0].together: unknown person "Zoe"'),
        ("groups", ("people", 0, "together"), ["Dina"], "is the person's own id"),
        ("groups", ("people", 0, "apart"), ["Emil"], 'people[0]: "Emil" is in together and in apart'),
        ("groups", ("people", 0, "skill"), "high", "people[0].skill: must be a number, not a text"),
        ("groups", ("start",), "2026-02-30", 'start: "2026-02-30" is not a day of the calendar'),
        ("groups", ("start",), "12.10.2026", "start: must be a date YYYY-MM-DD"),
        ("groups", ("start",), "9999-12-31", "too far away"),
        ("groups", ("weeks",), 0, "weeks: must be 1 or more, not 0"),
        ("groups", ("session_minutes",), 1000, "session_minutes: must be from 1 to 720, not 1000"),
        ("groups", ("group_size",), {"min": 5, "max": 4}, "group_size.max: 4 is smaller than min, 5"),
        ("partners", ("offers", 0, "last"), "2026-01-01", "offers[0].last: 2026-01-01 is before first, 2026-09-14"),
        ("partners", ("offers", 0, "isced"), "05211", "is not an ISCED-F code"),
        ("partners", ("offers", 0, "places_own"), -3, "offers[0].places_own: -3 is negative"),
        ("partners", ("offers", 1, "id"), "1", 'offers[1].id: "1" is also the id of offers[0]'),
        ("partners", ("weights", "topic"), -1, "weights.topic: -1 is negative"),
        ("seats", ("learners", 0, "id"), "\ud800", "holds half a character"),
        ("seats", ("learners", 0, "id"), "", "must not be empty"),
        ("seats", ("learners", 0, "preferences"), ["coil", 4], "unknown exchange 4"),
        ("seats", ("exchanges", 0, "priority"), ["4"], 'unknown learner "4" (meant as 4?)'),
        ("seats", ("reciprocity",), {"tolerance": 1}, "hosts: reciprocity needs the host"),
    ],
)
def test_each_problem_is_told_with_its_place(engine, path, to, said):
    found = problems(engine, changed(engine, *path, to=to))
    assert any(said in line for line in found), found


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is not JSON"),
        (b'{"learners": [}', "is not JSON"),
        (b"\xff\xfe{", "is not UTF-8"),
        (b"[1, 2]", "must be an object, not a list"),
        (b"null", "must be an object, not null"),
        (b'{"learners": NaN}', "NaN is not a JSON number"),
        (b'{"learners": [], "learners": []}', 'the key "learners" is there twice'),
        (b'{"learners": []}', '"exchanges" is missing'),
        (b"[" * 100_000, "is not JSON"),
        (b'{"learners": ' + b"9" * 5000 + b"}", "is not JSON"),
    ],
)
def test_what_is_no_such_file(raw, said):
    (line,) = problems("seats", raw)
    assert said in line


def test_keys_that_are_not_known_are_noted_and_left_out():
    value = changed("seats", "exchanges", 1, "minimun", to=3)
    _, notes = run("seats", json.dumps(value).encode())
    assert notes == ['exchanges[1]: the key "minimun" is not known and was left out of account (meant as "minimum"?)']


JUNK = st.sampled_from(
    [None, True, -1, 0, 2.5, 10**30, 1e300, "", "x", "\ud800", "24:00", "2026-10-12", [], [[]], {}, {"en": "B2"}, ["x"]]
)


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in items:
        yield from places(member, (*path, key))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(READ)), st.lists(st.tuples(st.integers(0, 10**6), JUNK, st.booleans()), max_size=3))
def test_no_file_breaks_the_reader(engine, changes):
    value = copy.deepcopy(EXAMPLES[engine])
    for number, junk, remove in changes:
        paths = [path for path in places(value) if path]
        if not paths:
            continue
        path = paths[number % len(paths)]
        at = value
        for step in path[:-1]:
            at = at[step]
        if remove:
            del at[path[-1]]
        else:
            at[path[-1]] = copy.deepcopy(junk)
    try:
        READ[engine](Record(value, "", Findings()))
    except WrongFile as error:
        assert error.problems
        "\n".join(error.problems).encode()


# --- Reciprocity ---

HOMES = {"a": "PT", "b": "PT", "c": "IN"}


def random_exchange_year(seed, learners=6):
    rng = random.Random(seed)
    people = []
    for n in range(learners):
        home = rng.choice(sorted(HOMES))
        wishes = rng.sample(range(3), rng.randint(0, 3))
        people.append({"id": n, "institution": home, "country": HOMES[home], "preferences": wishes})
    rooms = [
        {
            "id": n,
            "capacity": rng.randint(0, 3),
            "quotas": {"institution": {"a": rng.randint(0, 2)}, "country": {"PT": rng.randint(0, 2)}},
            "priority": rng.sample(range(learners), 2),
        }
        for n in range(3)
    ]
    hosts = {str(n): rng.choice(sorted(HOMES)) for n in range(3)}
    reciprocity = {"tolerance": rng.randint(0, 2)}
    return {"learners": people, "exchanges": rooms, "hosts": hosts, "reciprocity": reciprocity}


def allowed(value, places):
    """Whether {learner: exchange} keeps the quotas and the balance, written out."""
    inside = {
        room["id"]: [p for p in value["learners"] if places.get(p["id"]) == room["id"]] for room in value["exchanges"]
    }
    for room in value["exchanges"]:
        people = inside[room["id"]]
        if len(people) > room["capacity"]:
            return False
        for kind, quotas in room["quotas"].items():
            if any(sum(p[kind] == whose for p in people) > most for whose, most in quotas.items()):
                return False
    return all(abs(net) <= value["reciprocity"]["tolerance"] for net in imbalance(value, places).values())


def imbalance(value, places):
    net = dict.fromkeys([*value["hosts"].values(), *(p["institution"] for p in value["learners"])], 0)
    for p in value["learners"]:
        if p["id"] in places:
            net[value["hosts"][str(places[p["id"]])]] += 1
            net[p["institution"]] -= 1
    return net


@pytest.mark.parametrize("seed", range(25))
def test_balanced_places_are_the_best_there_are(seed):
    """By brute force: the most places, then the fewest steps down the lists."""
    value = random_exchange_year(seed)
    best = min(
        (-len(chosen), sum(p["preferences"].index(chosen[p["id"]]) for p in value["learners"] if p["id"] in chosen))
        for picks in itertools.product(*([None, *p["preferences"]] for p in value["learners"]))
        if allowed(value, chosen := {n: x for n, x in enumerate(picks) if x is not None})
    )
    found = answer("seats", value, seed=seed)
    chosen = {p["learner"]: p["exchange"] for p in found["placements"]}
    assert allowed(value, chosen)
    assert best == (-len(chosen), sum(p["rank"] - 1 for p in found["placements"]))
    told = found["figures"]["reciprocity"]
    assert told["imbalance"] == imbalance(value, chosen)
    assert told["without"]["blocking"] == 0
    assert told["largest_imbalance"] <= value["reciprocity"]["tolerance"]


def test_a_balance_says_what_it_gives_up():
    """Two want to go to Lisbon and nobody to Pune: with no tolerance nobody goes, and both have a claim."""
    learners = [{"id": n, "institution": "pune", "country": "IN", "preferences": ["fado"]} for n in ("Asha", "Farah")]
    value = {
        "learners": learners,
        "exchanges": [{"id": "fado", "capacity": 5}],
        "hosts": {"fado": "lisbon"},
        "reciprocity": {"tolerance": 0},
    }
    found = answer("seats", value, explain=True)
    assert found["placements"] == [] and found["figures"]["blocking"] == 2
    assert found["unplaced"][0]["reason"]["facts"]["missed"][0]["limit"] == "balance"
    assert "the balance between institutions (within 0) left no room" in found["unplaced"][0]["reason"]["text"]
    assert found["figures"]["reciprocity"]["without"]["placed"] == 2
    value["reciprocity"]["tolerance"] = 1
    (placed,) = answer("seats", value)["placements"]
    value["exchanges"][0]["priority"] = [{"Asha": "Farah", "Farah": "Asha"}[placed["learner"]]]
    (other,) = answer("seats", value)["placements"]
    assert other["learner"] != placed["learner"]


def test_balance_and_reserves_are_refused_together():
    value = {**SEATS, "hosts": {"coil": "pune", "talk": "cairo"}, "reciprocity": {"tolerance": 1}}
    assert problems("seats", value) == ["exchanges[0].reserves: reserves cannot be kept together with reciprocity"]
