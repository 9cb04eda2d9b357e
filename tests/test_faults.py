"""The fault scenarios in reduced size, on servers of their own; `bin/bench faults` plays them in full."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = [
    "stage",
    "workers killed, two beats",
    "mails refused",
    "Redis away",
    "PostgreSQL restarted",
]


def played(module: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.faults.{module}", "--small"],
        cwd=ROOT, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}{done.stderr[-6000:]}"
    return done.stdout


@pytest.mark.slow
def test_whatever_breaks_nothing_is_lost_and_nothing_happens_twice():
    found = dict(json.loads(line) for line in played("scenarios").splitlines() if line.startswith('["'))
    assert list(found) == SCENARIOS
    assert found["workers killed, two beats"]["kills"] == 10


@pytest.mark.slow
def test_a_series_over_a_clock_change_is_reminded_of_at_the_right_hours_while_workers_die():
    found = json.loads(played("series").splitlines()[-1])
    assert found["reminders"] == 8 and found["zones"] == 4
    assert found["kills"] >= 6
