"""The telling words of a text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]{3,}")
_ASCII_WORD = re.compile(r"[a-z]{3,}")  # the same in lower-case ASCII, found in a third of the time

# Words that every offer has, and that therefore say nothing; the rest are compared as they are.
_STOP = frozenset(
    re.findall(
        r"\w+",
        """
        about academic activities activity after all also and any are both can collaborate collaboration
        collaborative com compare course courses cross cultural culture das del der des die different digital
        dos each ects education educational een ein else est exchange exchanges experience for from group
        groups have her his how ing intercultural international into its joint language las learn learner
        learners learning les level live local los materials meet mixed mobility module more not offer online
        open our out outcome outcomes own para participant participants partner partners place places por
        practice program programme project projects que session sessions share shared skill skills some
        student students studies study task tasks teach teacher teachers teaching team teams than that the
        their them they this through together topic topics two und une universities university use using
        virtual week weekly weeks what when which who will with work working world you your
        """,
    )
)


@lru_cache(maxsize=65536)
def _stem_of(word: str) -> str:
    """What words are compared by: without accents and plural endings; nothing of a word that every offer has."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    stem = _singular(plain)
    return "" if plain in _STOP or stem in _STOP else stem


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _words_in(text: str) -> list[str]:
    lower = text.lower()
    return (_ASCII_WORD if lower.isascii() else _WORD).findall(lower)


def weights_of(text: str) -> dict[str, float]:
    """The telling words of a text: stem -> weight 1 + ln(count), in the order in which they first come."""
    counts = Counter(map(_stem_of, _words_in(text)))
    del counts[""]
    return {stem: 1.0 if count == 1 else 1 + math.log(count) for stem, count in counts.items()}


def words_of(text: str) -> dict[str, tuple[float, str]]:
    """The telling words of a text: stem -> (weight, the word as first written in lower case)."""
    written: dict[str, str] = {}
    for word in _words_in(text):
        written.setdefault(_stem_of(word), word)
    return {stem: (weight, written[stem]) for stem, weight in weights_of(text).items()}
