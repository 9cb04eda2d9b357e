"""One pair, feature by feature: plain rules, each used once for every distinct value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exchanges.matching import cefr
from exchanges.matching.partners.facts import OfferFacts, Wishes
from exchanges.matching.partners.weights import UNKNOWN


def primary(tag: str) -> str:
    """The language of a BCP 47 tag: "pt-BR" is "pt"."""
    return tag.replace("_", "-").split("-")[0].lower()


def spoken_levels(languages: Mapping[str, str]) -> dict[str, int]:
    return {primary(tag): cefr(level) for tag, level in sorted(languages.items())}


def _margin_share(margin: int) -> float:
    if margin >= 1:
        return 1.0
    return {0: 0.8, -1: 0.4}.get(margin, 0.0)


@dataclass(frozen=True, slots=True)
class SharedLanguage:
    passes: bool
    forward: float
    backward: float
    tag: str | None = None
    own: int = 0
    theirs: int = 0


def shared_language(own: dict[str, int], theirs: dict[str, int], *, demanding: bool, slack: int) -> SharedLanguage:
    """The best shared language. An institution (not demanding) has no minimum, and may be unknown."""
    if not demanding and not theirs:
        return SharedLanguage(True, UNKNOWN, UNKNOWN)
    options = []
    for tag in sorted(own.keys() & theirs.keys()):
        forward = theirs[tag] - own[tag]
        backward = own[tag] - theirs[tag] if demanding else 0
        found = SharedLanguage(
            min(forward, backward) >= -slack,
            _margin_share(forward),
            _margin_share(backward),
            tag,
            own[tag],
            theirs[tag],
        )
        options.append((not found.passes, -(found.forward + found.backward), tag, found))
    return min(options)[3] if options else SharedLanguage(False, 0.0, 0.0)


def closeness(own: str, theirs: str) -> float:
    """Of two ISCED-F codes: 1 the same detailed field, 0.8 the same narrow, 0.6 the same broad, otherwise 0."""
    return {2: 0.6, 3: 0.8, 4: 1.0}.get(common_digits(own, theirs), 0.0)


def common_digits(own: str, theirs: str) -> int:
    count = 0
    for a, b in zip(own, theirs, strict=False):
        if a != b:
            break
        count += 1
    return count if count >= 2 else 0


def size_share(wanted: int | None, brings: int | None) -> float:
    if wanted is None or brings is None:
        return UNKNOWN
    if not wanted or not brings:
        return 0.0
    return min(wanted, brings) / max(wanted, brings)


def level_share(own: int | None, theirs: Sequence[int]) -> float:
    if own is None or not theirs:
        return UNKNOWN
    return {0: 1.0, 1: 0.6, 2: 0.2}.get(min(abs(own - level) for level in theirs), 0.0)


def format_share(own: str, theirs: Sequence[str]) -> float:
    if not own or not theirs:
        return UNKNOWN
    return float(own in theirs)


def place_suits(wisher: OfferFacts | Wishes, country: str, region: str) -> bool:
    if not wisher.wanted_countries and not wisher.wanted_regions:
        return True
    return country in wisher.wanted_countries or region in wisher.wanted_regions


def kind_suits(wisher: OfferFacts | Wishes, kind: str) -> bool:
    return not wisher.wanted_kinds or kind in wisher.wanted_kinds


def mode_suits(wisher: OfferFacts | Wishes, mode: str) -> bool:
    """A mode that isn't stated may be any."""
    return not wisher.wanted_modes or not mode or mode in wisher.wanted_modes
