"""The matching benchmark: each part's instances, one table, kept in tests/benchmarks/matching.md."""

import argparse
import datetime as dt
import importlib
import os
import platform
import sys
from importlib.metadata import version
from importlib.util import find_spec

from tests.benchmarks.matching import __name__ as package
from tests.benchmarks.matching.table import KEPT, PARTS, drawn, keep

LIBRARIES = ("numpy", "numba", "scipy", "ortools", "tzdata")


def note() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{dt.datetime.now(dt.UTC).date()}, {os.cpu_count()} processors, {memory:.0f} GB, "
        f"Python {platform.python_version()}, {libraries}"
    )


def main() -> None:
    there = [part for part in PARTS if find_spec(f"{package}.{part}")]
    parser = argparse.ArgumentParser(prog="bin/bench matching", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(there)}; all unless named")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs; the table is not kept")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(there):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(there)}")
    found: dict[str, list[tuple[str, ...]]] = {}
    for part in options.parts or there:
        module = importlib.import_module(f"{package}.{part}")
        for row in module.rows(options.quick):
            found.setdefault(part, []).append(row.cells(part))
            print(" | ".join(found[part][-1]), file=sys.stderr, flush=True)
    print("\n".join(drawn(line for lines in found.values() for line in lines)))
    print(f"\n{note()}")
    if not options.quick:
        keep(found, note())
        print(f"Kept in {KEPT.relative_to(KEPT.parents[2])}.")


if __name__ == "__main__":
    main()
