"""Two libraries for stable matching on the hospital/residents problem that they and we can express.

Imports nothing of the platform: it runs in the environment of the libraries.
"""

import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

PACKAGES = ("matching==1.4.3", "algmatch==1.5.2")


def make_residents(count: int, seed: int = 1) -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, int]]:
    """Residents' and hospitals' lists, and the hospitals' places: nine for ten residents, each of whom names five."""
    draw = random.Random(seed)
    hospitals = [f"hospital {n}" for n in range(count // 20)]
    residents = {f"resident {n}": draw.sample(hospitals, 5) for n in range(count)}
    lists: dict[str, list[str]] = {name: [] for name in hospitals}
    for resident, wishes in residents.items():
        for name in wishes:
            lists[name].append(resident)
    for known in lists.values():
        draw.shuffle(known)
    return residents, lists, dict.fromkeys(hospitals, 18)


def with_matching(count: int) -> dict[str, Any]:
    """PyPI matching; it copies its players by recursion, which needs a deep stack."""

    def work() -> dict[str, Any]:
        from matching.games import HospitalResident

        residents, hospitals, places = make_residents(count)
        start = time.perf_counter()
        game = HospitalResident.create_from_dictionaries(residents, hospitals, places)
        found = game.solve(optimal="resident")
        spent = time.perf_counter() - start
        pairs = sorted((str(person), str(name)) for name, people in found.items() for person in people)
        return {"seconds": spent, "pairs": pairs}

    return _deep(work)


def with_algmatch(count: int) -> dict[str, Any]:
    """PyPI algmatch, whose own form has numbers for names; making that form isn't counted."""
    from algmatch import HospitalResidentsProblem

    residents, hospitals, places = make_residents(count)
    person, room = list(residents), list(hospitals)
    of_person, of_room = {n: i for i, n in enumerate(person, 1)}, {n: i for i, n in enumerate(room, 1)}
    form = {
        "residents": {of_person[n]: [of_room[wish] for wish in wishes] for n, wishes in residents.items()},
        "hospitals": {
            of_room[n]: {"capacity": places[n], "preferences": [of_person[each] for each in known]}
            for n, known in hospitals.items()
        },
    }
    start = time.perf_counter()
    found = HospitalResidentsProblem(dictionary=form, optimised_side="residents").get_stable_matching()
    spent = time.perf_counter() - start
    assert found is not None
    sided = found["resident_sided"].items()
    pairs = sorted((person[_number(n) - 1], room[_number(name) - 1]) for n, name in sided if name)
    return {"seconds": spent, "pairs": pairs}


def _number(name: Any) -> int:
    return int(str(name).lstrip("rh"))


def _deep(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    sys.setrecursionlimit(10**7)
    threading.stack_size(1 << 30)
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]
