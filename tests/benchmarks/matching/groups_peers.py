"""PyPI team-formation on an instance that it can express, and the instance.

Imports nothing of the platform: it runs in the environment of the library.
"""

from __future__ import annotations

import random
import time
from typing import Any

PACKAGES = ("team-formation==2.0.0",)
INSTITUTIONS = 12
TEAM = 5


def make_planted(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """People of hidden teams of five: whoever deals them out as planted breaks no rule.

    A team's people are of five institutions and share a language and three starts on each of two days; beyond that each
    has hours here and there. Hours are starts of half an hour in UTC (Monday 00:00 is 0) from 06:00 to 22:00, of which
    a session takes one.
    """
    draw = random.Random(f"planted {seed}")
    people = []
    for _ in range(count // TEAM):
        days = draw.sample(range(7), 2)
        shared = {day * 48 + at + n for day in days for at in [draw.randrange(12, 42)] for n in range(3)}
        language = draw.choice(["en", "en", "en", "fr", "es"])
        for institution in draw.sample(range(INSTITUTIONS), TEAM):
            noise = {draw.randrange(7) * 48 + draw.randrange(12, 44) for _ in range(20)}
            others = [tag for tag in ("en", "fr", "es", "pt") if tag != language and draw.random() < 0.25]
            people.append(
                {
                    "id": len(people),
                    "institution": f"i{institution}",
                    "hours": sorted(shared | noise),
                    "languages": sorted([language, *others]),
                }
            )
    draw.shuffle(people)
    for n, person in enumerate(people):
        person["id"] = n
    return people


def with_team_formation(count: int, limit: float) -> dict[str, Any]:
    """Its constraints as they are meant: hours and language shared (cluster), institutions unlike (different).

    Weights are 1 and the solver's settings its own, but for the limit in seconds: by itself it goes on until it has
    proven the optimum.
    """
    import pandas
    from ortools.sat.python import cp_model
    from team_formation.team_assignment import TeamAssignment

    people = make_planted(count)
    start = time.perf_counter()
    frame = pandas.DataFrame(people)
    rules = pandas.DataFrame(
        columns=["attribute", "type", "weight"],
        data=[["hours", "cluster", 1], ["languages", "cluster", 1], ["institution", "different", 1]],
    )
    teams = TeamAssignment(frame, rules, TEAM)
    built = time.perf_counter() - start
    teams.solve(max_time_in_seconds=limit)
    spent = time.perf_counter() - start
    groups: dict[int, list[int]] = {}
    if teams.solution_found:
        for person, team in zip(teams.participants["id"], teams.participants["team_num"], strict=True):
            groups.setdefault(int(team), []).append(int(person))
    return {
        "seconds": spent,
        "built": built,
        "groups": list(groups.values()),
        "optimal": teams.status == cp_model.OPTIMAL,
    }
