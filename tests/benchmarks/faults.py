"""Breaks the platform on purpose, in full, on servers of its own, and says what held.

    bin/bench faults [--small]

Workers are killed with SIGKILL a hundred times, at ten named points, while two beats wake the sweeps; a mail server
refuses and hangs up; Redis goes away; PostgreSQL is restarted under load. It fails at the first thing that is lost,
doubled or half written (tests/faults/scenarios.py says what is checked).
"""

import argparse
import os
import platform
import sys

from tests.faults.scenarios import play


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench faults", description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="in the size of the test")
    lines = []

    def tell(name: str, figures: dict) -> None:
        said = ", ".join(f"{what}: {figure}" for what, figure in figures.items())
        lines.append(f"{name:<28} {said}")
        print(f"  {lines[-1]}", file=sys.stderr, flush=True)

    play(small=parser.parse_args().small, tell=tell)
    print("\n".join(lines))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(f"\nAll held. {os.cpu_count()} processors, {memory:.0f} GB; Python {platform.python_version()}.")


if __name__ == "__main__":
    main()
