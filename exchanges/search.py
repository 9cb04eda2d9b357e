"""PURE: how text is made searchable, the same way when it is stored and when it is asked for.

A searchable text is plain words with single spaces between them: compatibility forms folded, marks and accents taken
off, case folded, everything that is neither letter nor digit a space. "Gestão da água (B2)" is "gestao da agua b2".
Its first line holds the title's words alone, so that a match in the title can count for more.
"""

import re
import unicodedata
from collections.abc import Iterable

LONGEST_WORD = 60
MOST_WORDS = 8

_WORD = re.compile(r"[^\W_]+")
_LONGEST_TEXT = 40_000


def words(text: str) -> list[str]:
    """The words of a text in the form in which they are stored and asked for."""
    decomposed = unicodedata.normalize("NFKD", text[:_LONGEST_TEXT])
    bare = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return [word[:LONGEST_WORD] for word in _WORD.findall(bare.casefold())]


def searchable(title: str, texts: Iterable[str]) -> str:
    """What is stored: the title's words, a line feed, and every other word once, in order of appearance."""
    rest = dict.fromkeys(word for text in texts for word in words(text))
    return " ".join(words(title)) + "\n" + " ".join(rest)


def asked(query: str) -> list[str]:
    """The first words of what somebody typed; the last may be the beginning of a word."""
    return words(query[:200])[:MOST_WORDS]
