"""Rows of the benchmark, the table that they make, and the file that keeps the last one."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

KEPT = Path(__file__).resolve().parent.parent / "matching.md"
PARTS = ("partners", "seats", "groups")
COLUMNS = ("part", "instance", "ours", "peer", "ratio", "bound", "peak memory", "scale exponent", "goals")
TITLE = """\
# Matching, measured

The last table of `bin/bench matching`. Times are wall-clock seconds on the same machine in the same run; ratio is our
time over the peer's; bound is what was reached of the best that is possible; peak memory is that of a process of its
own; the scale exponent is the slope of time over size, both as logarithms.
"""


@dataclass(frozen=True)
class Goal:
    """What was to be reached, in a few words, and whether it was."""

    text: str
    met: bool

    def __str__(self) -> str:
        return f"{self.text}: {'met' if self.met else '**MISSED**'}"


@dataclass(frozen=True)
class Row:
    """One line. What wasn't measured, or means nothing here, is None or empty.

    `ours` and `peer` are seconds, `peer_name` says what the peer is, `memory` is in MB (10^6 bytes), `bound` is a share
    (0.997 is printed as 99.70 %) or a few words.
    """

    instance: str
    ours: float | None = None
    peer: float | None = None
    peer_name: str = ""
    bound: float | str | None = None
    memory: float | None = None
    exponent: float | None = None
    goals: Sequence[Goal] = ()

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peer if self.ours and self.peer else None

    def cells(self, part: str) -> tuple[str, ...]:
        peer = " ".join(filter(None, [seconds(self.peer), self.peer_name]))
        ratio = "" if self.ratio is None else f"1/{1 / self.ratio:.1f}" if self.ratio < 1 else f"{self.ratio:.2f}"
        bound = f"{self.bound:.2%}" if isinstance(self.bound, float) else self.bound or ""
        return (
            part,
            self.instance,
            seconds(self.ours),
            peer,
            ratio,
            bound,
            "" if self.memory is None else f"{self.memory:.0f} MB",
            "" if self.exponent is None else f"{self.exponent:.2f}",
            "; ".join(map(str, self.goals)),
        )


def seconds(value: float | None) -> str:
    if value is None:
        return ""
    if value < 0.1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The slope of log(time) over log(size), by least squares: 1 is linear growth, 2 is quadratic."""
    x, y = [math.log(size) for size in sizes], [math.log(time) for time in times]
    middle, height = sum(x) / len(x), sum(y) / len(y)
    steep = sum((a - middle) * (b - height) for a, b in zip(x, y, strict=True))
    return steep / sum((a - middle) ** 2 for a in x)


def drawn(lines: Iterable[Sequence[str]]) -> list[str]:
    """The lines as a Markdown table whose columns are as wide as their widest cell."""
    table = [COLUMNS, *lines]
    widths = [max(len(line[n]) for line in table) for n in range(len(COLUMNS))]
    text = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |" for line in table]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return text


def kept() -> tuple[dict[str, list[tuple[str, ...]]], dict[str, str]]:
    """The lines and the note of each part as the file has them."""
    lines: dict[str, list[tuple[str, ...]]] = {}
    notes: dict[str, str] = {}
    for line in KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else ():
        cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
        if len(cells) == len(COLUMNS) and cells[0] in PARTS:
            lines.setdefault(cells[0], []).append(cells)
        elif (part := line.removeprefix("- ").partition(":")[0]) in PARTS:
            notes[part] = line
    return lines, notes


def keep(fresh: dict[str, list[tuple[str, ...]]], note: str) -> None:
    """Write the file anew; parts that were not run stay as they are."""
    lines, notes = kept()
    lines |= fresh
    notes |= {part: f"- {part}: {note}" for part in fresh}
    table = drawn(line for part in PARTS for line in lines.get(part, ()))
    told = [notes[part] for part in PARTS if part in notes]
    KEPT.write_text("\n".join([TITLE, *table, "", *told]) + "\n", encoding="utf-8")
