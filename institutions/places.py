"""PURE: countries and the regions of the world they lie in, named in the reader's language.

Regions are the codes of the UN standard M49 ("002" Africa, "005" South America), which CLDR names in every language.
A wish may name a whole continent or one of its parts.
"""

from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language

from institutions import codes, ribbon

AFRICA, AMERICAS, ASIA, EUROPE, OCEANIA = CONTINENTS = ("002", "019", "142", "150", "009")

# Each part of a continent, the continent, and its countries and areas (ISO 3166-1).
_PARTS: dict[str, tuple[str, str]] = {
    "015": (AFRICA, "DZ EG EH LY MA SD TN"),
    "014": (AFRICA, "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW"),
    "017": (AFRICA, "AO CD CF CG CM GA GQ ST TD"),
    "018": (AFRICA, "BW LS NA SZ ZA"),
    "011": (AFRICA, "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG"),
    "021": (AMERICAS, "BM CA GL PM US"),
    "013": (AMERICAS, "BZ CR GT HN MX NI PA SV"),
    "029": (
        AMERICAS,
        "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
    ),
    "005": (AMERICAS, "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE"),
    "143": (ASIA, "KG KZ TJ TM UZ"),
    "030": (ASIA, "CN HK JP KP KR MN MO TW"),
    "035": (ASIA, "BN ID KH LA MM MY PH SG TH TL VN"),
    "034": (ASIA, "AF BD BT IN IR LK MV NP PK"),
    "145": (ASIA, "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE"),
    "151": (EUROPE, "BG BY CZ HU MD PL RO RU SK UA"),
    "154": (EUROPE, "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ"),
    "039": (EUROPE, "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA"),
    "155": (EUROPE, "AT BE CH DE FR LI LU MC NL"),
    "053": (OCEANIA, "AU CC CX HM NF NZ"),
    "054": (OCEANIA, "FJ NC PG SB VU"),
    "057": (OCEANIA, "FM GU KI MH MP NR PW UM"),
    "061": (OCEANIA, "AS CK NU PF PN TK TO TV WF WS"),
}
_PART_OF_COUNTRY = {country: part for part, (_, countries) in _PARTS.items() for country in countries.split()}


# The catalogue of "pt" is European; CLDR's plain "pt" is Brazilian.
_CLDR = {"pt": "pt_PT"}


@cache
def _locale_of(language: str) -> str:
    try:
        return str(Locale.parse(_CLDR.get(language, language.replace("-", "_"))))
    except (UnknownLocaleError, ValueError):
        return "en"


def _locale() -> str:
    return _locale_of(get_language() or "en")


@cache
def _territory(code: str, locale: str) -> str:
    return Locale.parse(locale).territories.get(code) or Locale("en").territories.get(code) or code


def name(code: str) -> str:
    """A country's or region's name in the active language; the code itself where it is unknown."""
    return _territory(code, _locale())


country_name = region_name = name


def language_name(tag: str) -> str:
    """A language's name in the active language."""
    return codes.language_name(tag, _locale())


def regions(*, parts: bool = True) -> list[tuple[str, str]]:
    """(code, name) of the five continents, each followed by its parts unless `parts` is off."""
    listed = []
    for continent in CONTINENTS:
        listed.append((continent, name(continent)))
        if parts:
            inside = [(part, name(part)) for part, (of, _) in _PARTS.items() if of == continent]
            listed += sorted(inside, key=lambda pair: pair[1])
    return listed


def region_of(country: str) -> str:
    """The continent of a country as its M49 code, or "" for Antarctica and unknown codes."""
    part = _PART_OF_COUNTRY.get(country)
    return _PARTS[part][0] if part else ""


def regions_of(country: str) -> tuple[str, ...]:
    """The continent and the part of it a country lies in, widest first; empty for unknown codes."""
    part = _PART_OF_COUNTRY.get(country)
    return (_PARTS[part][0], part) if part else ()


def countries_of(region: str) -> frozenset[str]:
    """The countries of a continent or of a part of one."""
    return frozenset(
        country for country, part in _PART_OF_COUNTRY.items() if region == part or region == _PARTS[part][0]
    )


def in_place(country: str, place: str) -> bool:
    """Whether a country is the wished country or lies in the wished region."""
    return country == place or place in regions_of(country)


def countries() -> list[tuple[str, str]]:
    """(code, name) of all countries, by name in the active language."""
    return sorted(((code, name(code)) for code in codes.countries()), key=lambda pair: pair[1])


def languages() -> list[tuple[str, str]]:
    """(tag, name) of the languages that forms offer, by name in the active language."""
    return sorted(((tag, language_name(tag)) for tag in codes.COMMON_LANGUAGES), key=lambda pair: pair[1].lower())


@cache
def _zone_city(zone: str, locale: str) -> str:
    # In English a zone is its own name: "Kolkata" and not CLDR's choice among spellings.
    city = "" if locale.startswith("en") else Locale.parse(locale).time_zones.get(zone, {}).get("city", "")
    return city or ribbon.zone_name(zone)


def zone_city(zone: str | ZoneInfo) -> str:
    """The city of an IANA zone in the active language: "Europe/Lisbon" is "Lisbon" or "Lisboa"."""
    return _zone_city(zone if isinstance(zone, str) else zone.key, _locale())


def zones_of(country: str) -> tuple[str, ...]:
    """The IANA zones in use in a country."""
    return codes.zones_of_countries().get(country, ())
