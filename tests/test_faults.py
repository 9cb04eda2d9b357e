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
    "a series over a clock change",
]


@pytest.mark.slow
def test_whatever_breaks_nothing_is_lost_and_nothing_happens_twice():
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.scenarios", "--small"],
        cwd=ROOT, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}{done.stderr[-6000:]}"
    played = dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith('["'))
    assert list(played) == SCENARIOS
    assert played["workers killed, two beats"]["kills"] == 10
