# ruff: noqa: E501 (texts for readers)
"""PURE: two intakes, one open and one whose result is published, with the exchanges whose places they give."""

from dataclasses import dataclass, field

from exchanges.sample_world.stories import SampleExchange


@dataclass(frozen=True)
class SampleIntake:
    key: str
    owner: str
    partnership: str
    title: str
    summary: str
    exchanges: tuple[str, ...]
    opened_day: int
    closes_day: int
    seed: int
    published_day: int | None = None
    confirm_days: int = 7
    tolerance: int | None = None
    learners: dict[str, int] = field(default_factory=dict)
    """Invented learners who choose, by institution."""
    cast: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What cast members chose, best first."""
    minimum: dict[str, int] = field(default_factory=dict)
    countries: dict[tuple[str, str], int] = field(default_factory=dict)
    """(exchange, country) to places at most."""
    never_abroad: dict[str, int] = field(default_factory=dict)
    nominated: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Exchange to the institution that nominates one of its learners, and why she comes first."""


# Planned exchanges that wait for the intake to give their places.
EXCHANGES: tuple[SampleExchange, ...] = (
    SampleExchange(
        "alhambra", ("lisbon", "bologna"), "planned", "Europe/Madrid", (1, "15:00"),
        {"granada": 4, "lisbon": 6, "bologna": 6}, accepted_day=-40, closes_day=60,
    ),
    SampleExchange(
        "foodlaw", ("lisbon", "granada"), "planned", "Europe/Rome", (1, "15:00"),
        {"bologna": 5, "lisbon": 5, "granada": 5}, accepted_day=-35, closes_day=60,
    ),
    SampleExchange(
        "streets", ("lisbon", "pune"), "planned", "Africa/Cairo", (1, "15:00"),
        {"cairo": 4, "lisbon": 4, "pune": 4}, accepted_day=-60, closes_day=40,
    ),
    SampleExchange(
        "letters", ("cairo", "pune"), "planned", "Europe/Lisbon", (0, "14:00"),
        {"lisbon": 3, "cairo": 3, "pune": 3}, accepted_day=-58, closes_day=40,
    ),
)  # fmt: skip

INTAKES: tuple[SampleIntake, ...] = (
    SampleIntake(
        "coasts",
        "lisbon",
        "Southern coasts",
        "Southern coasts, virtual places for spring",
        "Three universities put their spring exchanges together. Rank what you would like best; **one place per person**, and credits are settled at home before you start.\n\nQuestions: ask the coordinator of your own university.",
        ("salt", "alhambra", "foodlaw"),
        opened_day=-6,
        closes_day=9,
        seed=20_270_115,
        tolerance=3,
        learners={"lisbon": 9, "granada": 7, "bologna": 6},
        cast={"emil": ("alhambra", "salt")},
        minimum={"salt": 10, "alhambra": 6, "foodlaw": 8},
        countries={("alhambra", "PT"): 5},
        never_abroad={"salt": 4},
        nominated={"foodlaw": ("bologna", "Nominated by the law school")},
    ),
    SampleIntake(
        "dialogue",
        "cairo",
        "Three cities in dialogue",
        "Three cities in dialogue, winter round",
        "Two small exchanges for learners of Cairo, Lisbon and Pune. Places are few; the waiting list moves.",
        ("streets", "letters"),
        opened_day=-24,
        closes_day=-5,
        published_day=-2,
        seed=20_261_101,
        learners={"cairo": 9, "lisbon": 8, "pune": 8},
        cast={"dina": ("streets", "letters"), "emil": ("letters", "streets"), "farah": ("letters", "streets")},
        minimum={"streets": 6, "letters": 4},
    ),
)
