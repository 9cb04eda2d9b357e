"""PURE: the codes and short texts the field uses, each with its own rule.

Every function takes what a person typed, returns it in its one canonical spelling, or raises `BadCode` with a sentence
that says what is wrong. The sentences are marked for translation here and translated by the caller:

    try:
        value = codes.ror(typed)
    except codes.BadCode as error:
        raise ValidationError(gettext(error.message), params=error.params)
"""

import ipaddress
import re
import unicodedata
from functools import cache
from importlib import resources
from urllib.parse import urlsplit, urlunsplit

import pycountry
from babel import Locale, UnknownLocaleError


def _(message: str) -> str:
    """Mark a sentence for makemessages and leave it as it is."""
    return message


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class BadCode(ValueError):  # noqa: N818 (it is the code that is bad)
    """A value that breaks its code's rule. `message` is a msgid with named places for `params`."""

    def __init__(self, message: str, **params: object) -> None:
        self.message = message
        self.params = params
        super().__init__(message % params if params else message)


class BadText(BadCode):
    """Text that no reader could have meant to type."""


# Text ----------------------------------------------------------------------------------------------------------------

# Marks that reorder what follows them on the screen: they let a text show other words than it holds.
BIDI_CONTROLS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_STRIP_BIDI = str.maketrans("", "", BIDI_CONTROLS)


def clean_text(value: str, *, multiline: bool = True) -> str:
    """The text in Unicode NFC, trimmed, with `\\n` line ends and without bidi controls.

    Refuses NUL and every other control character but tab and line feed (and these too with `multiline=False`), and
    lone surrogates, which no database stores.
    """
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n").translate(_STRIP_BIDI)).strip()
    for character in text:
        if character in "\n\t":
            if not multiline:
                raise BadText(_("Write this on one line."))
        elif unicodedata.category(character) in ("Cc", "Cs"):
            raise BadText(
                _("The text holds a character that cannot be shown (code %(code)s). Remove it and try again."),
                code=f"U+{ord(character):04X}",
            )
    return text


# Domains and addresses -----------------------------------------------------------------------------------------------

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

# Second levels under which countries register names: a name directly at one of these belongs to nobody in particular.
_SECOND_LEVELS = _words("ac co com ed edu go gob gouv gov govt mil ne net nom or org sch school")

# Names that exist only inside one network (RFC 6761, RFC 6762, RFC 8375 and common habit).
_PRIVATE_SUFFIXES = _words("localhost local internal intranet lan home corp invalid onion arpa")

FREE_MAIL = _words(
    """
    126.com 163.com aol.com fastmail.com foxmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net
    googlemail.com hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it icloud.com libero.it
    live.com mac.com mail.com mail.ru me.com msn.com naver.com outlook.com pm.me proton.me protonmail.com qq.com
    rediffmail.com sapo.pt seznam.cz t-online.de tuta.com tutanota.com web.de wp.pl yahoo.co.in yahoo.co.jp yahoo.com
    yahoo.com.br yahoo.de yahoo.es yahoo.fr yandex.com yandex.ru ymail.com zoho.com
    """
)


def domain(value: str) -> str:
    """A full domain name in lower case and ASCII (IDNA), with at least two labels and a top level of letters."""
    name = clean_text(value, multiline=False).rstrip(".").lower()
    try:
        name = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        raise BadCode(_("“%(value)s” is not a domain name."), value=name) from None
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadCode(_("“%(value)s” is not a domain name. Write it like uni.example."), value=name)
    if len(labels) < 2:
        raise BadCode(_("“%(value)s” is only the end of a domain name. Write it whole, like uni.example."), value=name)
    if labels[-1].isdigit() or not labels[-1][0].isalpha() or len(labels[-1]) < 2:
        raise BadCode(_("“%(value)s” is not a domain name. Write it like uni.example."), value=name)
    return name


def schac(value: str) -> str:
    """A SCHAC home-organisation code: the institution's own domain name in lower case (the EWP `hei-id`)."""
    typed = clean_text(value, multiline=False)
    if "@" in typed or "/" in typed or ":" in typed:
        raise BadCode(_("A SCHAC code is a bare domain name like uni.example, without https:// or @."))
    return domain(typed)


def email_domain(value: str) -> str:
    """A domain whose e-mail addresses belong to one institution: no free mail provider, no public suffix.

    The whole public suffix list would go stale inside this file; the second levels that countries commonly register
    under are refused, and a platform admin looks at every domain before it counts.
    """
    typed = clean_text(value, multiline=False).removeprefix("@")
    if "@" in typed:
        raise BadCode(_("Write only what comes after the @, like uni.example."))
    name = domain(typed)
    labels = name.split(".")
    if len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SECOND_LEVELS:
        raise BadCode(
            _("Anybody can have an address under “%(value)s”. Write your institution's own domain."), value=name
        )
    if any(name == provider or name.endswith("." + provider) for provider in FREE_MAIL):
        raise BadCode(
            _("“%(value)s” is a mail service open to everybody. Write a domain that only your institution has."),
            value=name,
        )
    if labels[-1] in _PRIVATE_SUFFIXES:
        raise BadCode(_("“%(value)s” only works inside one network."), value=name)
    return name


def web_address(value: str) -> str:
    """An absolute http(s) address on a public host, without a user name or password. Host in lower case."""
    text = clean_text(value, multiline=False)
    if text and "://" not in text and re.match(r"[\w-]+(\.[\w-]+)+(/|$)", text):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadCode(_("This is not a web address. Write it like https://uni.example.")) from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise BadCode(_("A web address starts with https:// or http://."))
    if parts.username is not None or parts.password is not None:
        raise BadCode(_("Leave the user name and the password out of the web address."))
    if re.search(r"[\s<>\"'`\\{}|^]", text):
        raise BadCode(_("The web address holds a space or a character that cannot stand in one."))
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if host.rsplit(".", 1)[-1] in _PRIVATE_SUFFIXES:
            raise BadCode(_("“%(value)s” only works inside one network."), value=host) from None
        host = domain(host)
    else:
        if not address.is_global:
            raise BadCode(_("“%(value)s” only works inside one network."), value=host)
        host = f"[{host}]" if address.version == 6 else host
    netloc = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme.lower(), netloc, parts.path, parts.query, parts.fragment))


# Institutions --------------------------------------------------------------------------------------------------------

# The country letters of Erasmus codes (they follow the old car plates, not ISO 3166) and the ISO country of each.
ERASMUS_COUNTRIES = {
    "A": "AT", "B": "BE", "BG": "BG", "CH": "CH", "CY": "CY", "CZ": "CZ", "D": "DE", "DK": "DK", "E": "ES", "EE": "EE",
    "F": "FR", "G": "GR", "HR": "HR", "HU": "HU", "I": "IT", "IRL": "IE", "IS": "IS", "LI": "LI", "LT": "LT",
    "LUX": "LU", "LV": "LV", "MK": "MK", "MT": "MT", "N": "NO", "NL": "NL", "P": "PT", "PL": "PL", "RO": "RO",
    "RS": "RS", "S": "SE", "SF": "FI", "SI": "SI", "SK": "SK", "TR": "TR", "UK": "GB",
}  # fmt: skip
_ERASMUS_TOWN = re.compile(r"([A-Z](?:[A-Z-]{0,5}[A-Z])) ?([0-9]{2,3})")


def erasmus_code(value: str, *, country: str | None = None) -> str:
    """An Erasmus code: country letters padded to three characters, town letters, number ("D  BERLIN13").

    Codes are often typed with one space or none; the padding is put right. With `country` (ISO 3166) the letters must
    be that country's.
    """
    text = " ".join(clean_text(value, multiline=False).upper().split())
    readings = []
    for letters in sorted(ERASMUS_COUNTRIES, key=len, reverse=True):
        match = _ERASMUS_TOWN.fullmatch(text[len(letters) :].strip()) if text.startswith(letters) else None
        if match:
            readings.append((letters, f"{letters:<3}{match[1]}{match[2]}", text[len(letters)] == " "))
    # Typed without a space, "BGENT01" reads as Ghent and as a town in Bulgaria: a space or the country decides.
    readings = [reading for reading in readings if reading[2]] or readings
    if country is not None:
        fitting = [code for letters, code, _spaced in readings if ERASMUS_COUNTRIES[letters] == country.upper()]
        if readings and not fitting:
            raise BadCode(_("“%(letters)s” is not the Erasmus country of this institution."), letters=readings[0][0])
        if fitting:
            return fitting[0]
    elif readings:
        return readings[0][1]
    raise BadCode(_("An Erasmus code has country letters, town letters and a number, like D  BERLIN13."))


def pic(value: str) -> str:
    """A Participant Identification Code: nine digits, the first not 0.

    The Commission publishes no check-digit rule for it, so none is applied.
    """
    text = re.sub(r"[\s.-]", "", clean_text(value, multiline=False))
    if not re.fullmatch(r"[1-9][0-9]{8}", text):
        raise BadCode(_("A PIC has nine digits, like 999999999."))
    return text


_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_ROR = re.compile(r"(?:(?:https?://)?(?:www\.)?ror\.org/)?(0[0-9a-hj-km-np-tv-z]{6}[0-9]{2})/?", re.IGNORECASE)


def ror(value: str) -> str:
    """A ROR id as its full address, https://ror.org/0xxxxxxNN.

    The seven characters before the two check digits are a Crockford base32 number n; the digits are
    98 - (100 n mod 97), as ISO 7064 mod 97-10 has them.
    """
    match = _ROR.fullmatch(clean_text(value, multiline=False))
    if match is None:
        raise BadCode(_("A ROR id looks like https://ror.org/013meh722."))
    code = match[1].lower()
    number = 0
    for character in code[:7]:
        number = number * 32 + _CROCKFORD.index(character)
    if 98 - (number * 100) % 97 != int(code[7:]):
        raise BadCode(_("The check digits of this ROR id do not fit. Look for a typing mistake."))
    return f"https://ror.org/{code}"


# People --------------------------------------------------------------------------------------------------------------

_ESI_PREFIX = "urn:schac:personalUniqueCode:int:esi:"


def esi(value: str) -> str:
    """A European Student Identifier: the URN prefix, a country or a SCHAC code, and the student's own code.

    The prefix is compared without regard to case (RFC 8141) and written in its usual case.
    """
    text = clean_text(value, multiline=False)
    if not text.lower().startswith(_ESI_PREFIX.lower()):
        raise BadCode(_("A European Student Identifier starts with %(prefix)s"), prefix=_ESI_PREFIX)
    scope, colon, code = text[len(_ESI_PREFIX) :].partition(":")
    scope = scope.lower()
    if not colon or not re.fullmatch(r"[A-Za-z0-9()+,\-.=@;$_!*':/]{1,200}", code):
        raise BadCode(_("After the prefix come a country or a SCHAC code, a colon and the student's own code."))
    if "." in scope:
        scope = domain(scope)
    elif scope.upper() not in countries():
        raise BadCode(_("“%(value)s” in the identifier is neither a country nor a SCHAC code."), value=scope)
    return f"{_ESI_PREFIX}{scope}:{code}"


# Places, zones, languages --------------------------------------------------------------------------------------------


@cache
def countries() -> frozenset[str]:
    """The two-letter ISO 3166-1 codes in use."""
    return frozenset(country.alpha_2 for country in pycountry.countries)


def country(value: str) -> str:
    code = clean_text(value, multiline=False).upper()
    if code not in countries():
        raise BadCode(_("“%(value)s” is not an ISO 3166 country code."), value=code)
    return code


@cache
def zones_of_countries() -> dict[str, tuple[str, ...]]:
    """Each country's zones (zone.tab of the IANA data), the most populous first as that table mostly has them."""
    zones: dict[str, tuple[str, ...]] = {}
    for line in (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _coordinates, name = line.split("\t")[:3]
            zones[code] = (*zones.get(code, ()), name)
    return zones


@cache
def time_zones() -> tuple[str, ...]:
    """The IANA zones offered for choosing, sorted: one or more per country, and UTC; no fixed offsets, no old names."""
    listed = {name for names in zones_of_countries().values() for name in names}
    return (*sorted(listed), "UTC")


@cache
def _old_zone_names() -> dict[str, str]:
    """Old names that browsers still report, and today's names ("Asia/Calcutta" to "Asia/Kolkata")."""
    lines = (resources.files("tzdata") / "zoneinfo" / "tzdata.zi").read_text(encoding="utf-8").splitlines()
    links = [line.split() for line in lines if line.startswith("L ")]
    return {old: new for _link, new, old in links}


def time_zone(value: str) -> str:
    """An IANA zone of a place, or UTC. Old names become today's; a fixed offset is refused, for clocks change."""
    name = clean_text(value, multiline=False)
    for candidate in (name, _old_zone_names().get(name)):
        if candidate in time_zones():
            return candidate
    raise BadCode(_("“%(value)s” is not a time zone with a place, like Europe/Lisbon."), value=name)


def language(value: str) -> str:
    """A BCP 47 tag in its usual case: language, then script and region where they matter ("pt-BR", "zh-Hant")."""
    text = clean_text(value, multiline=False).replace("_", "-")
    parts = text.split("-")
    match = re.fullmatch(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?", text, re.IGNORECASE)
    if match is None:
        raise BadCode(_("“%(value)s” is not a language tag like en, pt-BR or zh-Hant."), value=text)
    code, script, region = parts[0].lower(), match[2], match[3]
    known = pycountry.languages.get(alpha_2=code) if len(code) == 2 else pycountry.languages.get(alpha_3=code)
    if known is None or known.alpha_3 in ("mis", "mul", "und", "zxx"):
        raise BadCode(_("“%(value)s” is not a language tag like en, pt-BR or zh-Hant."), value=text)
    # BCP 47 keeps the shortest code a language has: "eng" is written "en".
    tag = [getattr(known, "alpha_2", known.alpha_3)]
    if script:
        if pycountry.scripts.get(alpha_4=script.title()) is None:
            raise BadCode(_("“%(value)s” names a script that does not exist."), value=text)
        tag.append(script.title())
    if region:
        if not region.isdigit() and region.upper() not in countries():
            raise BadCode(_("“%(value)s” names a country that does not exist."), value=text)
        tag.append(region.upper())
    return "-".join(tag)


@cache
def language_name(tag: str, locale: str = "en") -> str:
    """The language's name in the reader's language; its English name, then the tag itself, where that has none."""
    for attempt in (locale.replace("-", "_"), "en"):
        try:
            name = Locale.parse(tag, sep="-").get_display_name(attempt)
        except (UnknownLocaleError, ValueError):
            break
        if name:
            return name
    primary = tag.split("-", maxsplit=1)[0]
    key = {"alpha_2": primary} if len(primary) == 2 else {"alpha_3": primary}
    known = pycountry.languages.get(**key)
    return known.name if known else tag


# The languages that forms offer first; every other BCP 47 language may be typed.
_COMMON = (
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu ha he hi hr ht hu hy id ig is it "
    "ja ka kk km kn ko ku ky lb lo lt lv mg mi mk ml mn mr ms mt my nb ne nl nn om pa pl ps pt qu ro ru rw si sk sl sm "
    "sn so sq sr st sv sw ta te tg th ti tk tl tn to tr ts uk ur uz vi wo xh yo zh zu"
)
COMMON_LANGUAGES = tuple(_COMMON.split())

CEFR_LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2", "native")


def cefr(value: str) -> str:
    text = clean_text(value, multiline=False)
    level = "native" if text.lower() == "native" else text.upper()
    if level not in CEFR_LEVELS:
        raise BadCode(_("A language level is one of A1, A2, B1, B2, C1, C2 or native."))
    return level


def cefr_rank(level: str) -> int:
    """0 for A1 up to 6 for a native speaker, so that levels compare as numbers."""
    return CEFR_LEVELS.index(level)


# Open resources ------------------------------------------------------------------------------------------------------

# SPDX ids (https://spdx.org/licenses/) of what open teaching material is published under. "proprietary-free" marks a
# course that is free to follow but not openly licensed, as many MOOCs are.
LICENCES = {
    "CC0-1.0": _("CC0: no rights reserved"),
    "CC-BY-4.0": _("CC BY: credit the author"),
    "CC-BY-SA-4.0": _("CC BY-SA: credit, share alike"),
    "CC-BY-ND-4.0": _("CC BY-ND: credit, no changes"),
    "CC-BY-NC-4.0": _("CC BY-NC: credit, not commercial"),
    "CC-BY-NC-SA-4.0": _("CC BY-NC-SA: credit, not commercial, share alike"),
    "CC-BY-NC-ND-4.0": _("CC BY-NC-ND: credit, not commercial, no changes"),
    "CC-BY-3.0": _("CC BY 3.0"),
    "CC-BY-SA-3.0": _("CC BY-SA 3.0"),
    "CC-BY-NC-SA-3.0": _("CC BY-NC-SA 3.0"),
    "CC-BY-SA-3.0-IGO": _("CC BY-SA 3.0 for intergovernmental organisations"),
    "CC-BY-NC-SA-3.0-IGO": _("CC BY-NC-SA 3.0 for intergovernmental organisations"),
    "MIT": _("MIT License"),
    "Apache-2.0": _("Apache License 2.0"),
    "BSD-3-Clause": _("BSD 3-Clause License"),
    "GPL-3.0-or-later": _("GNU GPL 3.0 or later"),
    "EUPL-1.2": _("European Union Public Licence 1.2"),
    "ODbL-1.0": _("Open Database License"),
    "proprietary-free": _("Free to use, not openly licensed"),
}


def licence(value: str) -> str:
    text = clean_text(value, multiline=False)
    for known in LICENCES:
        if known.lower() == text.lower():
            return known
    raise BadCode(_("Choose a licence from the list."))
