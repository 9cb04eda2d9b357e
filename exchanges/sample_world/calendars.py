"""PURE: what the academic years of institutions look like: terms, holidays and exam periods by month and day.

The dates are in the fashion of the institution's country and move with the years; the real calendars are the
institutions' own.
"""

import datetime as dt
from collections.abc import Iterator

# kind, name, first (month, day), last (month, day); a last day before the first lies in the next year.
Row = tuple[str, str, tuple[int, int], tuple[int, int]]

_IBERIA: tuple[Row, ...] = (
    ("term", "1.º semestre", (9, 14), (12, 18)),
    ("holiday", "Férias de Natal", (12, 21), (1, 3)),
    ("exams", "Época de exames, 1.º semestre", (1, 4), (2, 5)),
    ("term", "2.º semestre", (2, 15), (6, 4)),
    ("exams", "Época de exames, 2.º semestre", (6, 7), (7, 9)),
    ("holiday", "Férias de verão", (8, 1), (8, 31)),
)
_CENTRAL: tuple[Row, ...] = (
    ("term", "Wintersemester, Vorlesungszeit", (10, 12), (2, 13)),
    ("holiday", "Weihnachtspause", (12, 21), (1, 2)),
    ("exams", "Prüfungszeitraum", (2, 15), (3, 6)),
    ("term", "Sommersemester, Vorlesungszeit", (4, 12), (7, 17)),
    ("exams", "Prüfungszeitraum", (7, 19), (8, 7)),
)
_NORTH: tuple[Row, ...] = (
    ("term", "Autumn semester", (8, 31), (12, 18)),
    ("holiday", "Autumn break", (10, 19), (10, 25)),
    ("holiday", "Christmas break", (12, 21), (1, 6)),
    ("term", "Spring semester", (1, 11), (5, 28)),
    ("holiday", "Winter break", (3, 1), (3, 7)),
)
_INDIA: tuple[Row, ...] = (
    ("term", "Odd semester", (7, 20), (11, 28)),
    ("holiday", "Independence Day", (8, 15), (8, 15)),
    ("holiday", "Diwali vacation", (11, 6), (11, 15)),
    ("exams", "Odd semester examinations", (12, 1), (12, 19)),
    ("term", "Even semester", (1, 4), (4, 30)),
    ("holiday", "Republic Day", (1, 26), (1, 26)),
    ("exams", "Even semester examinations", (5, 3), (5, 22)),
)
_JAPAN: tuple[Row, ...] = (
    ("term", "Spring semester", (4, 10), (7, 20)),
    ("holiday", "Golden Week", (4, 29), (5, 5)),
    ("exams", "Final examinations, spring", (7, 22), (7, 31)),
    ("term", "Autumn semester", (9, 25), (1, 15)),
    ("holiday", "Winter recess", (12, 24), (1, 6)),
    ("exams", "Final examinations, autumn", (1, 18), (1, 28)),
)
_AMERICA: tuple[Row, ...] = (
    ("term", "Fall term", (8, 31), (12, 11)),
    ("holiday", "Thanksgiving recess", (11, 25), (11, 29)),
    ("exams", "Fall finals", (12, 14), (12, 19)),
    ("term", "Spring term", (1, 19), (5, 7)),
    ("holiday", "Spring recess", (3, 15), (3, 21)),
    ("exams", "Spring finals", (5, 10), (5, 15)),
)
_SOUTH: tuple[Row, ...] = (
    ("term", "Semester One", (3, 1), (6, 4)),
    ("holiday", "Mid-semester break", (4, 12), (4, 25)),
    ("exams", "Semester One exams", (6, 10), (6, 28)),
    ("term", "Semester Two", (7, 19), (10, 22)),
    ("holiday", "Mid-semester break", (8, 30), (9, 12)),
    ("exams", "Semester Two exams", (10, 28), (11, 15)),
    ("holiday", "Summer break", (12, 20), (1, 10)),
)
_EGYPT: tuple[Row, ...] = (
    ("term", "Fall semester", (9, 6), (12, 17)),
    ("holiday", "Armed Forces Day", (10, 6), (10, 6)),
    ("exams", "Fall finals", (12, 19), (12, 26)),
    ("term", "Spring semester", (1, 31), (5, 20)),
    ("holiday", "Spring break", (4, 11), (4, 17)),
    ("exams", "Spring finals", (5, 23), (5, 31)),
)

CALENDARS: dict[str, tuple[Row, ...]] = {
    "lisbon": _IBERIA,
    "berlin": _CENTRAL,
    "brno": _CENTRAL,
    "tampere": _NORTH,
    "bergen": _NORTH,
    "tartu": _NORTH,
    "pune": _INDIA,
    "tokyo": _JAPAN,
    "buffalo": _AMERICA,
    "hawaii": _AMERICA,
    "vancouver": _AMERICA,
    "auckland": _SOUTH,
    "saopaulo": _SOUTH,
    "cairo": _EGYPT,
}


def periods(rows: tuple[Row, ...], years: range) -> Iterator[tuple[str, str, dt.date, dt.date]]:
    """(kind, name, first day, last day) of each row in each year."""
    for year in years:
        for kind, name, first, last in rows:
            yield kind, name, dt.date(year, *first), dt.date(year + (last < first), *last)
