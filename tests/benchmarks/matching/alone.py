"""A function in a process of its own: what it answers, and how much memory the process took at most.

The module that has the function is imported by the interpreter that is named, so that of a peer may only import what is
in the peer's environment (and the standard library).
"""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]
MARK = "\x1eanswer "


class Answer(NamedTuple):
    """What the function answered, and the peak memory of its process in MB (10^6 bytes)."""

    value: Any
    memory: float


def alone(function: str, *, python: str = sys.executable, timeout: float | None = None, **arguments: Any) -> Answer:
    """Call "module:function" with the arguments (plain JSON values, as is the answer) in a new process.

    Raises subprocess.CalledProcessError where it breaks (its errors are shown), TimeoutExpired where it takes longer
    than `timeout` seconds.
    """
    done = subprocess.run(
        [python, "-m", __name__, function],
        input=json.dumps(arguments),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        timeout=timeout,
        check=True,
    )
    _, _, told = done.stdout.rpartition(MARK)
    return Answer(*json.loads(told))


def peak_memory() -> float:
    """Of this process so far, in MB. Not ru_maxrss: that begins with what the parent held when it started us."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("no VmHWM in /proc/self/status; memory is measured on Linux only")


if __name__ == "__main__":
    module, _, name = sys.argv[1].partition(":")
    value = getattr(importlib.import_module(module), name)(**json.load(sys.stdin))
    sys.stdout.write(MARK + json.dumps([value, peak_memory()]))
