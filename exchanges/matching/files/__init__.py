"""The engines on a file: JSON in, JSON out, for trying rules on past data.

PURE: texts in, texts out; no Django, no database, no clock. `run` reads the text, notes every problem at once, runs the
engine and gives the answer as plain values; `FORMATS` documents the files.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from exchanges.matching.files import groups, partners, seats, slots
from exchanges.matching.files.check import Findings, Record, WrongFile, parse

__all__ = ["ENGINES", "FORMATS", "WrongFile", "dump", "outcome", "run"]

ENGINES: dict[str, Callable[..., dict[str, Any]]] = {
    "partners": partners.run,
    "seats": seats.run,
    "groups": groups.run,
    "slots": slots.run,
}

FORMATS = "\n\n".join(
    [
        """\
The files are JSON in UTF-8. Keys marked ? may be left out (or null). An id is a whole number or a text; each is used
once. Dates are "YYYY-MM-DD"; zones are IANA names; levels are A1, A2, B1, B2, C1, C2 or native. Keys that are not
named here are left out of account, and said so on standard error.

If anything is wrong with the file, all problems are listed on standard error, nothing is written, and the exit status
is 2. The same file with the same --seed gives the same answer, byte for byte. The database is not used.

In the answers, a reason is {"code", "facts"}; with --explain it also has "text", a sentence in English, and partners
also get "near_misses".""",
        seats.FORMAT,
        groups.FORMAT,
        partners.FORMAT,
        slots.FORMAT,
    ]
)


def run(engine: str, raw: bytes, *, seed: int = 0, explain: bool = False) -> tuple[dict[str, Any], list[str]]:
    """The engine's answer to a file's bytes, and notes on what was left out of account.

    Raises WrongFile with all problems.
    """
    found = Findings()
    value = parse(raw)
    answer = ENGINES[engine](Record(value, "", found), seed=seed, explain=explain)
    return answer, found.notes


def outcome(engine: str, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What a repetition must find again, as plain rows."""
    outcomes = {
        "partners": partners.outcome,
        "seats": seats.outcome,
        "groups": groups.outcome,
        "slots": slots.outcome,
    }
    return outcomes[engine](answer)


def dump(answer: dict[str, Any]) -> str:
    """The answer as it is written to the file."""
    return json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
