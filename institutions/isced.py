"""PURE: ISCED-F 2013, the UNESCO fields of education and training: broad (2 digits), narrow (3) and detailed (4).

Source: UNESCO Institute for Statistics, "ISCED Fields of Education and Training 2013". The codes ending in 88 stand for
inter-disciplinary programmes in which the broad field leads. "Not further defined" codes are not listed, for the
shorter code says the same.
"""

from collections.abc import Iterator

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

FIELDS: dict[str, str] = {
    "00": _("Generic programmes and qualifications"),
    "001": _("Basic programmes and qualifications"),
    "0011": _("Basic programmes and qualifications"),
    "002": _("Literacy and numeracy"),
    "0021": _("Literacy and numeracy"),
    "003": _("Personal skills and development"),
    "0031": _("Personal skills and development"),
    "01": _("Education"),
    "011": _("Education"),
    "0111": _("Education science"),
    "0112": _("Training for pre-school teachers"),
    "0113": _("Teacher training without subject specialisation"),
    "0114": _("Teacher training with subject specialisation"),
    "018": _("Inter-disciplinary programmes involving education"),
    "0188": _("Inter-disciplinary programmes involving education"),
    "02": _("Arts and humanities"),
    "021": _("Arts"),
    "0211": _("Audio-visual techniques and media production"),
    "0212": _("Fashion, interior and industrial design"),
    "0213": _("Fine arts"),
    "0214": _("Handicrafts"),
    "0215": _("Music and performing arts"),
    "022": _("Humanities (except languages)"),
    "0221": _("Religion and theology"),
    "0222": _("History and archaeology"),
    "0223": _("Philosophy and ethics"),
    "023": _("Languages"),
    "0231": _("Language acquisition"),
    "0232": _("Literature and linguistics"),
    "028": _("Inter-disciplinary programmes involving arts and humanities"),
    "0288": _("Inter-disciplinary programmes involving arts and humanities"),
    "03": _("Social sciences, journalism and information"),
    "031": _("Social and behavioural sciences"),
    "0311": _("Economics"),
    "0312": _("Political sciences and civics"),
    "0313": _("Psychology"),
    "0314": _("Sociology and cultural studies"),
    "032": _("Journalism and information"),
    "0321": _("Journalism and reporting"),
    "0322": _("Library, information and archival studies"),
    "038": _("Inter-disciplinary programmes involving social sciences, journalism and information"),
    "0388": _("Inter-disciplinary programmes involving social sciences, journalism and information"),
    "04": _("Business, administration and law"),
    "041": _("Business and administration"),
    "0411": _("Accounting and taxation"),
    "0412": _("Finance, banking and insurance"),
    "0413": _("Management and administration"),
    "0414": _("Marketing and advertising"),
    "0415": _("Secretarial and office work"),
    "0416": _("Wholesale and retail sales"),
    "0417": _("Work skills"),
    "042": _("Law"),
    "0421": _("Law"),
    "048": _("Inter-disciplinary programmes involving business, administration and law"),
    "0488": _("Inter-disciplinary programmes involving business, administration and law"),
    "05": _("Natural sciences, mathematics and statistics"),
    "051": _("Biological and related sciences"),
    "0511": _("Biology"),
    "0512": _("Biochemistry"),
    "052": _("Environment"),
    "0521": _("Environmental sciences"),
    "0522": _("Natural environments and wildlife"),
    "053": _("Physical sciences"),
    "0531": _("Chemistry"),
    "0532": _("Earth sciences"),
    "0533": _("Physics"),
    "054": _("Mathematics and statistics"),
    "0541": _("Mathematics"),
    "0542": _("Statistics"),
    "058": _("Inter-disciplinary programmes involving natural sciences, mathematics and statistics"),
    "0588": _("Inter-disciplinary programmes involving natural sciences, mathematics and statistics"),
    "06": _("Information and communication technologies"),
    "061": _("Information and communication technologies"),
    "0611": _("Computer use"),
    "0612": _("Database and network design and administration"),
    "0613": _("Software and applications development and analysis"),
    "068": _("Inter-disciplinary programmes involving information and communication technologies"),
    "0688": _("Inter-disciplinary programmes involving information and communication technologies"),
    "07": _("Engineering, manufacturing and construction"),
    "071": _("Engineering and engineering trades"),
    "0711": _("Chemical engineering and processes"),
    "0712": _("Environmental protection technology"),
    "0713": _("Electricity and energy"),
    "0714": _("Electronics and automation"),
    "0715": _("Mechanics and metal trades"),
    "0716": _("Motor vehicles, ships and aircraft"),
    "072": _("Manufacturing and processing"),
    "0721": _("Food processing"),
    "0722": _("Materials (glass, paper, plastic and wood)"),
    "0723": _("Textiles (clothes, footwear and leather)"),
    "0724": _("Mining and extraction"),
    "073": _("Architecture and construction"),
    "0731": _("Architecture and town planning"),
    "0732": _("Building and civil engineering"),
    "078": _("Inter-disciplinary programmes involving engineering, manufacturing and construction"),
    "0788": _("Inter-disciplinary programmes involving engineering, manufacturing and construction"),
    "08": _("Agriculture, forestry, fisheries and veterinary"),
    "081": _("Agriculture"),
    "0811": _("Crop and livestock production"),
    "0812": _("Horticulture"),
    "082": _("Forestry"),
    "0821": _("Forestry"),
    "083": _("Fisheries"),
    "0831": _("Fisheries"),
    "084": _("Veterinary"),
    "0841": _("Veterinary"),
    "088": _("Inter-disciplinary programmes involving agriculture, forestry, fisheries and veterinary"),
    "0888": _("Inter-disciplinary programmes involving agriculture, forestry, fisheries and veterinary"),
    "09": _("Health and welfare"),
    "091": _("Health"),
    "0911": _("Dental studies"),
    "0912": _("Medicine"),
    "0913": _("Nursing and midwifery"),
    "0914": _("Medical diagnostic and treatment technology"),
    "0915": _("Therapy and rehabilitation"),
    "0916": _("Pharmacy"),
    "0917": _("Traditional and complementary medicine and therapy"),
    "092": _("Welfare"),
    "0921": _("Care of the elderly and of disabled adults"),
    "0922": _("Child care and youth services"),
    "0923": _("Social work and counselling"),
    "098": _("Inter-disciplinary programmes involving health and welfare"),
    "0988": _("Inter-disciplinary programmes involving health and welfare"),
    "10": _("Services"),
    "101": _("Personal services"),
    "1011": _("Domestic services"),
    "1012": _("Hair and beauty services"),
    "1013": _("Hotel, restaurants and catering"),
    "1014": _("Sports"),
    "1015": _("Travel, tourism and leisure"),
    "102": _("Hygiene and occupational health services"),
    "1021": _("Community sanitation"),
    "1022": _("Occupational health and safety"),
    "103": _("Security services"),
    "1031": _("Military and defence"),
    "1032": _("Protection of persons and property"),
    "104": _("Transport services"),
    "1041": _("Transport services"),
    "108": _("Inter-disciplinary programmes involving services"),
    "1088": _("Inter-disciplinary programmes involving services"),
}


def is_field(code: str) -> bool:
    return code in FIELDS


def name(code: str) -> str:
    """The field's name in the active language; the code itself where it is unknown."""
    return gettext(FIELDS[code]) if code in FIELDS else code


def parents(code: str) -> tuple[str, ...]:
    """The wider fields a code lies in, widest first: "0913" has ("09", "091")."""
    return tuple(code[:length] for length in (2, 3) if length < len(code))


def codes(digits: int) -> tuple[str, ...]:
    """All broad (2), narrow (3) or detailed (4) codes, in order."""
    return tuple(code for code in FIELDS if len(code) == digits)


def choices(digits: int | None = None) -> Iterator[tuple[str, str]]:
    """(code, "0913 Nursing and midwifery") of all fields, or of those with so many digits, for a select."""
    for code in FIELDS:
        if digits is None or len(code) == digits:
            yield code, f"{code} {name(code)}"


def grouped_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The detailed fields under their broad field's name, for a select with groups."""
    return [
        (name(broad), [(code, f"{code} {name(code)}") for code in codes(4) if code.startswith(broad)])
        for broad in codes(2)
    ]


# How near two fields are by the longest stretch of code they share; 1.0 is for the same code only.
CLOSENESS = {4: 1.0, 3: 0.7, 2: 0.4, 0: 0.0}
CONTAINS = 0.85


def closeness(a: str, b: str) -> float:
    """0..1: the same field 1, one inside the other 0.85, same narrow field 0.7, same broad field 0.4, else 0.

    A broad code contains half of a faculty, so being inside a broad field counts only as sharing it.
    """
    if a == b:
        return 1.0
    shorter, longer = sorted((a, b), key=len)
    if len(shorter) == 3 and longer.startswith(shorter):
        return CONTAINS
    for digits in (3, 2):
        if len(shorter) >= digits and a[:digits] == b[:digits]:
            return CLOSENESS[digits]
    return CLOSENESS[0]
