# ruff: noqa: E501 (texts for readers)
"""PURE: what the institutions have agreed and do together: partnerships, proposals and exchanges, in every state.

Days are counted from today, negative ones are past. Institutions and offers are named by their keys.
"""

from dataclasses import dataclass, field

TERMS_HOME = (
    "Learners are enrolled and assessed at home. Each institution states the joint work on its own transcript, with the "
    "hours and the partner's name. The rubric is agreed before the first session."
)
TERMS_HOST = (
    "The host awards the credits and sends transcripts within four weeks of the last day. The home institution recognises "
    "them in full, as named in the learning agreement that is signed before the start."
)
TERMS_VET = (
    "The learning outcomes are written into each learner's training plan. Both schools sign a record of what was learned. "
    "Guardians' consent for learners under 18 is kept by the sending school."
)


@dataclass(frozen=True)
class SamplePartnership:
    parties: tuple[str, ...]
    status: str
    title: str
    from_day: int
    until_day: int
    places: int = 30
    fields: tuple[str, ...] = ()
    terms: str = TERMS_HOME
    note: str = ""


P = SamplePartnership

PARTNERSHIPS: tuple[SamplePartnership, ...] = (
    P(("lisbon", "pune"), "active", "Lisbon and Pune: learning together online", -420, 675, 60),
    P(("lisbon", "cairo", "pune"), "active", "Three cities in dialogue", -120, 610, 24, ("02", "03")),
    P(("tokyo", "hawaii"), "active", "Sophia and Mānoa: community and care", -200, 530),
    P(("tampere", "granada", "bologna"), "active", "Assistive technology, blended", -150, 580, 15, ("06", "07", "09")),
    P(("lisbon", "granada", "bologna"), "active", "Southern coasts", -60, 1035, 15),
    P(
        ("nairobi", "gradia", "ite"),
        "active",
        "Hands-on energy: three technical schools",
        -45,
        685,
        20,
        ("07",),
        TERMS_VET,
    ),
    P(("gradia", "rocmn", "northlink"), "active", "Kitchens without borders", -180, 185, 20, ("10",), TERMS_VET),
    P(("lisbon", "capetown"), "active", "Lisbon and Cape Town", -90, 640),
    P(
        ("auckland", "singapore", "manila"),
        "active",
        "Earth science seats around the Pacific",
        -100,
        630,
        20,
        ("05",),
        TERMS_HOST,
    ),
    P(("kathmandu", "bergen"), "active", "Ice and sea", -75, 655, 40, ("05",)),
    P(("coventry", "capetown", "kampala"), "active", "Teachers who start COIL", -190, 175, 12, ("01",)),
    P(("granada", "rabat"), "expired", "Two shores", -760, -30, 20, ("02",)),
    P(
        ("brno", "accra"),
        "ended",
        "Prices in two kitchens",
        -330,
        400,
        20,
        ("03",),
        note="The joint seminar is over; both faculties will come back with a wider agreement.",
    ),
    P(
        ("warsaw", "istanbul"),
        "suspended",
        "Psychology across two seas",
        -210,
        520,
        16,
        ("03",),
        note="Suspended at both sides' wish until the ethics boards have answered.",
    ),
    P(
        ("monterrey", "bogota"),
        "returned",
        "Latin American markets",
        20,
        750,
        40,
        ("04",),
        note="Please name the places per direction, and say who recognises the credits if a learner changes programme.",
    ),
    P(
        ("jakarta", "buffalo"),
        "declined",
        "Finance and pharmacy",
        10,
        375,
        200,
        note="Two hundred places a year are more than either side can look after. Please start smaller, with a new proposal.",
    ),
    P(("pune", "singapore"), "draft", "Pune and Singapore", 30, 760, 28, ("06", "07")),
)


@dataclass(frozen=True)
class SamplePairing:
    offer: str
    partner: str
    status: str
    message: str
    day: int
    """When it was proposed."""
    note: str = ""
    reason: str = ""
    partner_offer: str | None = None


PAIRINGS: tuple[SamplePairing, ...] = (
    SamplePairing(
        "proof",
        "pune",
        "declined",
        "Five of the fifteen seats could be yours. Our tutorial is at 14:30 your time. Would your second year have the algebra?",
        -24,
        "Thank you, a lovely course. Our examinations fill April and May, so nobody could follow it to the end. Please ask us again for the autumn.",
        "dates",
    ),
    SamplePairing(
        "quake",
        "auckland",
        "lapsed",
        "Your two codes and ours would make a fine comparison. We can move to your morning.",
        -30,
    ),
    SamplePairing(
        "market",
        "seoul",
        "withdrawn",
        "We would love to test three Korean products in Monterrey. Is there a class that meets on Tuesdays?",
        -20,
        "We found that our terms miss each other by a month. We will be back in spring.",
    ),
    SamplePairing(
        "strangers",
        "brno",
        "declined",
        "Your informatics students know git better than ours. Shall they hand over to one another at 10:00 your time?",
        -16,
        "Our course has 90 students this year and cannot be split. We hope somebody with 30 finds you.",
        "numbers",
    ),
    SamplePairing(
        "tongues",
        "kingston",
        "lapsed",
        "Patwa at home, English at school: your students would have much to say, and French is not a must in every group.",
        -28,
    ),
)

# Waiting for a reply today: (offer, partner, partner's offer, message, days to the deadline).
OPEN_PROPOSALS: tuple[tuple[str, str, str | None, str, int], ...] = (
    (
        "after",
        "lisbon",
        None,
        "Dear colleagues, the fiftieth year after your April changed how Portugal tells that story. Twenty of your students and twenty of ours, Tuesday or Thursday at 15:00 in Lisbon: shall we?",
        4,
    ),
    (
        "turbines",
        "tartu",
        None,
        "Your dikes and our hills have different winds. We have a year of measurements to share and a class of 24. Would your engineers join?",
        8,
    ),
    (
        "turbines",
        "capetown",
        "clinic",
        "We saw your statistics module. Wind data wait for exactly such students, and the hours fit well.",
        6,
    ),
    (
        "healthdata",
        "accra",
        None,
        "We would be glad of a class that looks at the same pictures with other patients in mind. Public data only, and we bring the notebook.",
        9,
    ),
    (
        "sound",
        "auckland",
        None,
        "Your trains, our trains. Could a composition class of about sixteen join us for four weeks?",
        12,
    ),
    ("soils", "manila", None, "Terraces and hills: may we put a pit from Laguna beside one from Mukono?", 10),
)

# Proposed lately and declined today: offer, partner, message, answer.
DECLINED_TODAY = (
    "turbines", "ghent", "Flat land has wind too. Would a class of yours bring a polder to our hill?",
    "We would have liked to. The colleague who knows turbines is on leave until the summer; please ask us again then.",
)  # fmt: skip


@dataclass(frozen=True)
class SampleExchange:
    offer: str
    partners: tuple[str, ...]
    status: str
    zone: str
    slot: tuple[int, str] = (1, "12:00")
    """Weekday and wall time of the live sessions in the governing zone."""
    places: dict[str, int] = field(default_factory=dict)
    placed: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    cast: tuple[str, ...] = ()
    """Cast members who hold a place, counted among the placed."""
    late: dict[str, int] = field(default_factory=dict)
    """How many of the placed came after the groups were confirmed, and have none."""
    by_group: bool = False
    """Whether each group has its own session between the first and the last."""
    sessions: tuple[str, ...] = ()
    """Titles, one a week."""
    tasks: tuple[tuple[int, str], ...] = ()
    """(week, title) of what is due at the end of that week."""
    accepted_day: int = -60
    opened_day: int = -30
    closes_day: int = -10
    done_day: int = 0
    unnoted: bool = False
    """Whether nobody has noted yet who was at the latest session."""
    language: str = "en"


E = SampleExchange

EXCHANGES: tuple[SampleExchange, ...] = (
    # Over ------------------------------------------------------------------------------------------------------------
    E(
        "archives",
        ("pune",),
        "completed",
        "Europe/Lisbon",
        (1, "13:00"),
        {"lisbon": 14, "pune": 14},
        {"lisbon": 13, "pune": 14},
        cast=("emil", "farah"),
        by_group=True,
        withdrawn={"lisbon": 1},
        sessions=(
            "A walk through my harbour",
            "Whose handwriting is this?",
            "Following a ship",
            "What the customs book leaves out",
            "The Konkan coast and the Tagus",
            "Choosing six objects",
            "Labels that both sides accept",
            "Opening of the exhibition",
        ),
        tasks=(
            (1, "Send a photograph of the oldest thing on your way to class"),
            (4, "One page about your document"),
            (7, "Two labels, checked by a partner"),
        ),
        accepted_day=-200,
        opened_day=-175,
        closes_day=-143,
        done_day=-70,
    ),
    E(
        "andalus",
        ("rabat",),
        "completed",
        "Europe/Madrid",
        (2, "17:00"),
        {"granada": 8, "rabat": 8},
        {"granada": 8, "rabat": 8},
        sessions=(
            "Names and towns",
            "The market",
            "Directions",
            "A family story",
            "Proverbs",
            "An inscription of the Alhambra",
            "A street sign in Rabat",
            "The weather and other complaints",
            "A song each",
            "What I can say now",
        ),
        tasks=((5, "Record a proverb"), (9, "Translate an inscription together")),
        accepted_day=-190,
        opened_day=-160,
        closes_day=-128,
        done_day=-44,
        language="es",
    ),
    E(
        "inflation",
        ("accra",),
        "completed",
        "Europe/Prague",
        (2, "13:00"),
        {"brno": 10, "accra": 10},
        {"brno": 8, "accra": 9},
        sessions=(
            "Thirty items",
            "What an index is",
            "Expectations",
            "The exchange rate",
            "Wages",
            "Fuel",
            "Two central bankers answer",
            "Our data set",
        ),
        tasks=((2, "Your first two Saturdays"), (7, "Your own index")),
        accepted_day=-230,
        opened_day=-200,
        closes_day=-160,
        done_day=-96,
    ),
    E(
        "coilstart",
        ("capetown", "kampala"),
        "completed",
        "Europe/London",
        (0, "12:00"),
        {"coventry": 6, "capetown": 5, "kampala": 5},
        {"coventry": 4, "capetown": 4, "kampala": 4},
        sessions=("Meeting a partner", "Tasks that need two classes", "Marks and calendars", "Plans on the table"),
        tasks=((3, "Your plan on two pages"),),
        accepted_day=-160,
        opened_day=-140,
        closes_day=-106,
        done_day=-68,
    ),
    # Running ---------------------------------------------------------------------------------------------------------
    E(
        "news",
        ("lisbon", "pune"),
        "running",
        "Africa/Cairo",
        (1, "16:00"),
        {"cairo": 10, "lisbon": 10, "pune": 10},
        {"cairo": 8, "lisbon": 8, "pune": 8},
        late={"lisbon": 1},
        cast=("dina", "emil", "farah"),
        by_group=True,
        withdrawn={"lisbon": 1},
        sessions=(
            "Who is in the room",
            "One headline, three cities",
            "Pictures and captions",
            "The source of a source",
            "What I do not read",
            "When to stay silent",
            "A front page of our own",
            "What moved",
        ),
        tasks=(
            (2, "Bring a headline that made you angry"),
            (5, "Diary: one week of sources"),
            (7, "Draft of our front page"),
        ),
        accepted_day=-90,
        opened_day=-70,
        closes_day=-28,
        unnoted=True,
    ),
    E(
        "ageing",
        ("hawaii",),
        "running",
        "Asia/Tokyo",
        (1, "10:00"),
        {"tokyo": 12, "hawaii": 12},
        {"tokyo": 10, "hawaii": 10},
        by_group=True,
        sessions=(
            "Streets and neighbours",
            "How to ask, how to listen",
            "Portraits",
            "Two systems of care",
            "Three things they do better",
            "Borrowing one",
            "A small fair of ideas",
        ),
        tasks=((3, "A portrait of one page"), (6, "A sketch of what to borrow")),
        accepted_day=-85,
        opened_day=-65,
        closes_day=-30,
        unnoted=True,
    ),
    E(
        "robots",
        ("granada", "bologna"),
        "running",
        "Europe/Helsinki",
        (2, "10:00"),
        {"tampere": 8, "granada": 8, "bologna": 8},
        {"tampere": 7, "granada": 8, "bologna": 6},
        sessions=(
            "One person, one kitchen",
            "From wish to requirement",
            "Sensors on the table",
            "Simulation night",
            "Before we travel",
            "The week in Tampere",
            "What it became",
        ),
        tasks=((2, "Three requirements with a test each"), (4, "Wiring plan")),
        accepted_day=-110,
        opened_day=-80,
        closes_day=-27,
    ),
    E(
        "breakfast",
        ("rocmn", "northlink"),
        "running",
        "Europe/Helsinki",
        (2, "10:00"),
        {"gradia": 8, "rocmn": 8, "northlink": 8},
        {"gradia": 7, "rocmn": 6, "northlink": 7},
        sessions=(
            "Your kitchen, my kitchen",
            "Rye, cheese, pap",
            "Allergens and rules",
            "Portions and prices",
            "Guests at eight",
            "What we would do again",
        ),
        tasks=((3, "Card of one dish with allergens"), (4, "Price for thirty guests")),
        accepted_day=-100,
        opened_day=-75,
        closes_day=-38,
    ),
    # Groups are being formed -----------------------------------------------------------------------------------------
    E(
        "portugues",
        ("capetown",),
        "enrolling",
        "Europe/Lisbon",
        (1, "18:00"),
        {"lisbon": 10, "capetown": 10},
        {"lisbon": 9, "capetown": 9},
        accepted_day=-40,
        opened_day=-21,
        closes_day=6,
        language="pt",
    ),
    # Open for enrolment ----------------------------------------------------------------------------------------------
    E(
        "monsoon",
        ("lisbon",),
        "enrolling",
        "Asia/Kolkata",
        (2, "17:30"),
        {"pune": 14, "lisbon": 14},
        {"pune": 14, "lisbon": 9},
        waiting={"pune": 2},
        accepted_day=-33,
        opened_day=-12,
        closes_day=20,
    ),
    E(
        "solar",
        ("gradia", "ite"),
        "enrolling",
        "Africa/Nairobi",
        (1, "09:00"),
        {"nairobi": 8, "gradia": 8, "ite": 8},
        {"nairobi": 6, "gradia": 4, "ite": 8},
        waiting={"ite": 3},
        accepted_day=-28,
        opened_day=-9,
        closes_day=14,
    ),
    E(
        "pacific",
        ("singapore", "manila"),
        "enrolling",
        "Pacific/Auckland",
        (1, "13:00"),
        {"auckland": 10, "singapore": 12, "manila": 12},
        {"auckland": 6, "singapore": 12, "manila": 5},
        waiting={"singapore": 4},
        withdrawn={"manila": 1},
        accepted_day=-50,
        opened_day=-20,
        closes_day=24,
    ),
    E(
        "glaciers",
        ("bergen",),
        "enrolling",
        "Asia/Kathmandu",
        (2, "17:00"),
        {"kathmandu": 20, "bergen": 20},
        {"kathmandu": 9, "bergen": 7},
        accepted_day=-30,
        opened_day=-10,
        closes_day=10,
    ),
    # Planned and called off ------------------------------------------------------------------------------------------
    E(
        "salt",
        ("granada", "bologna"),
        "planned",
        "Europe/Lisbon",
        (1, "15:00"),
        {"lisbon": 12, "granada": 10, "bologna": 10},
        accepted_day=-18,
        closes_day=70,
    ),
    E(
        "rumours",
        ("istanbul",),
        "cancelled",
        "Europe/Warsaw",
        (0, "15:00"),
        {"warsaw": 16, "istanbul": 16},
        accepted_day=-80,
        closes_day=10,
        done_day=-15,
    ),
)

# Accepted, with a partnership on its way: (offer, partners, title, who has signed, terms).
ON_THE_WAY: tuple[tuple[str, tuple[str, ...], str, tuple[str, ...], str], ...] = (
    ("kitchen", ("lisbon",), "São Paulo and Lisbon: science in one language", ("saopaulo",), TERMS_HOME),
    (
        "rivers",
        ("istanbul", "tartu"),
        "Rivers without borders: a network of three",
        ("ljubljana", "istanbul", "tartu"),
        TERMS_HOST,
    ),
)

CANCEL_REASON = "The ethics board needs until summer. Rather than start without it, we stop here; the offer will come back next year."
