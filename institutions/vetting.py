"""PURE: what a platform admin looks at before an institution is verified."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from institutions import codes

# Words that many institutions share: two names are not alike because both have them.
COMMON_WORDS = frozenset(
    """
    academy and applied centre center college da das de del der des di do du e et faculty for fur hochschule
    institut institute instituto istituto la national of polytechnic sciences school state technical technology the
    training und universidad universidade universita universitas universitat universite universiteit university y
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: `good` is None where there is nothing to compare with."""

    label: str
    value: str
    good: bool | None
    text: str


def plain(name: str) -> str:
    """A name in lower case, without accents and punctuation."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c if c.isalnum() else " " for c in bare if not unicodedata.combining(c))
    return " ".join(kept.split())


def telling_words(name: str) -> set[str]:
    return {word for word in plain(name).split() if word not in COMMON_WORDS}


def alike(first: str, second: str) -> bool:
    """Whether two names could be the same institution's."""
    a, b = telling_words(first), telling_words(second)
    if a and b and len(a & b) / len(a | b) >= 0.6:
        return True
    return SequenceMatcher(None, plain(first), plain(second)).ratio() >= 0.85


def host_of(website: str) -> str:
    return (urlsplit(website).hostname or "").removeprefix("www.")


def same_owner(one: str, other: str) -> bool:
    """Whether one domain is the other, or lies below it."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def code_checks(institution) -> list[Check]:
    """Each code the institution has, checked again by its own rule."""
    host = host_of(institution.website)
    rules: list[tuple[str, str, Callable[[str], str], str]] = [
        (_("SCHAC code"), institution.schac, codes.schac, _("a domain name")),
        (
            _("Erasmus code"),
            institution.erasmus_code,
            lambda value: codes.erasmus_code(value, country=institution.country),
            _("well formed, and of this country"),
        ),
        (_("PIC"), institution.pic, codes.pic, _("nine digits; it has no check digit")),
        (_("ROR id"), institution.ror, codes.ror, _("the check digits fit")),
    ]
    found = []
    for label, value, rule, says in rules:
        if not value:
            continue
        try:
            good, text = rule(value) == value, says
        except codes.BadCode as bad:
            good, text = False, str(bad)
        if rule is codes.schac and good:
            good = same_owner(value, host)
            text = _("fits the website") if good else _("differs from the website's domain, %s") % host
        found.append(Check(label, value, good, text))
    return found


def domain_checks(domains: Iterable[str], website: str, addresses: Iterable[str]) -> list[Check]:
    """Each e-mail domain against the website and the confirmed addresses of who registers."""
    host = host_of(website)
    hosts = {address.rpartition("@")[2].lower() for address in addresses}
    found = []
    for domain in domains:
        on_site = same_owner(domain, host)
        has_address = any(own == domain or own.endswith(f".{domain}") for own in hosts)
        text = "; ".join(
            [
                _("fits the website") if on_site else _("differs from the website's domain, %s") % host,
                _("the person has a confirmed address there")
                if has_address
                else _("the person has no confirmed address there"),
            ]
        )
        found.append(Check(_("E-mail domain"), domain, on_site and has_address, text))
    return found
