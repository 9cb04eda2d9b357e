"""The peer of ranking everybody for everybody: the same scores by numpy, a block of rows against all at a time.

It starts from the same columns (codes, bit sets of weeks and of starts), and does what numpy does well: whole arrays,
one operation after the other, without a look at whether a pair still matters.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse

from exchanges.matching.partners import DEFAULT_WEIGHTS, OfferFacts
from exchanges.matching.partners.columns import Columns, Ledger
from exchanges.matching.partners.loops import SHARES
from exchanges.matching.partners.weights import FEATURES, SCALE, UNKNOWN

BLOCK = 32
NONE = 337
IDS = 2**24  # more than there are ids, which are whole numbers here


def best_of_all(offers: list[OfferFacts], top: int) -> tuple[np.ndarray, np.ndarray]:
    """Each offer's best scores (as whole numbers, -1 where there are no more) and whose they are, best first."""
    # In order of session length and dates, so that a block's rows need the same starts and few epochs.
    offers = sorted(offers, key=lambda offer: (-(-offer.session_minutes // 15), offer.first))
    ledger = Ledger(offers, DEFAULT_WEIGHTS)
    c, n = ledger.columns, len(offers)
    ends = c.word_at[: n + 1]
    words = sparse.csr_matrix((c.word_share[: ends[-1]], c.word[: ends[-1]], ends), shape=(n, ledger.stems))
    across = words.T.tocsc()
    epochs = _epochs(c, ledger, n)
    share = [DEFAULT_WEIGHTS.shares()[name] for name in FEATURES]
    keys, others = np.full((n, top), -1, dtype=np.int64), np.full((n, top), -1, dtype=np.int64)
    bounds = [*np.flatnonzero(np.diff(c.session[:n])) + 1, n]
    begin = 0
    for bound in bounds:
        for start in range(begin, bound, BLOCK):
            rows = slice(start, min(bound, start + BLOCK))
            score = _scores(c, n, rows, (words[rows] @ across).toarray(), epochs, share)
            # Of equal scores the lower id comes first, also where the last place is at stake.
            place = np.where(score >= 0, score * IDS + (IDS - 1 - c.order[:n]), -1)
            found = np.argpartition(place, n - top, axis=1)[:, n - top :]
            found = np.take_along_axis(found, np.argsort(-np.take_along_axis(place, found, axis=1), axis=1), axis=1)
            keys[rows], others[rows] = np.take_along_axis(score, found, axis=1), c.order[found]
        begin = bound
    others[keys < 0] = -1
    back = np.argsort(c.order[:n])
    return keys[back], others[back]


def _epochs(c: Columns, ledger: Ledger, n: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weeks in which no zone's clock differs, as bits, and everybody's starts in them (by length)."""
    states = np.array(ledger._states)
    _, code = np.unique(states, axis=1, return_inverse=True)
    found = []
    for epoch in np.unique(code):
        flags = np.zeros(states.shape[1], dtype=np.uint8)
        flags[np.flatnonzero(code.ravel() == epoch)] = 1
        mask = np.packbits(flags, bitorder="little").view(np.uint64)
        state = states[c.zone[:n], int(np.flatnonzero(flags)[0])]
        at = c.starts_at[c.hours[:n], state]
        starts = np.ascontiguousarray(np.where((at >= 0)[:, None, None], c.starts[at], 0).transpose(1, 2, 0))
        if (c.most[:n] & mask).any():
            found.append((mask, starts))
    return found


def _scores(c: Columns, n: int, rows: slice, cosine: np.ndarray, epochs: list[Any], share: list[float]) -> np.ndarray:
    a = (rows, None)
    passes = c.institution[a] != c.institution[None, :n]
    passes &= c.suits[c.wish[a], c.profile[None, :n]] & c.suits.T[c.profile[a], c.wish[None, :n]]
    spoken = c.spoken[c.language[a], c.language[None, :n]]
    passes &= spoken > 0

    common, count = _common_weeks(c, n, rows)
    passes &= count >= np.maximum(c.need[a], c.need[None, :n])
    fewest = np.full(count.shape, NONE, dtype=np.uint16)
    here = c.most[rows]
    session = int(c.session[rows.start])
    cuts = [0, *np.flatnonzero(np.diff(c.session[:n])) + 1, n]
    for mask, starts in epochs:
        if not (here & mask).any():
            continue
        shared = np.zeros(count.shape, dtype=np.uint16)
        for low, high in pairwise(cuts):
            length = max(session, int(c.session[low]))
            for word in range(6):
                shared[:, low:high] += np.bitwise_count(
                    starts[length, word, a[0], None] & starts[length, word, low:high]
                )
        concerned = np.zeros(count.shape, dtype=bool)
        for word in range(len(mask)):
            concerned |= (common[word] & mask[word]) != 0
        np.minimum(fewest, shared, out=fewest, where=concerned)
    passes &= (fewest >= DEFAULT_WEIGHTS.min_starts) & (fewest < NONE)

    close = c.closeness[c.field[a], c.field[None, :n]]
    text = c.known_text[a] & c.known_text[None, :n]
    alike = np.minimum(1.0, 2 * cosine)
    known = np.where(text, 0.65 * close + 0.35 * alike, close)
    topic = np.where(close >= 0, known, np.where(text, alike, UNKNOWN))
    hours = np.minimum(1.0, fewest / max(1, DEFAULT_WEIGHTS.plenty_starts))
    steps = np.array([1.0, 0.6, 0.2, 0, 0, 0, 0, 0, 0])[np.abs(c.level[a] - c.level[None, :n])]
    level = np.where((c.level[a] >= 0) & (c.level[None, :n] >= 0), steps, UNKNOWN)
    known_format = (c.format[a] >= 0) & (c.format[None, :n] >= 0)
    form = np.where(known_format, (c.format[a] == c.format[None, :n]).astype(float), UNKNOWN)
    margins = spoken.astype(np.int64) - 1
    sides = []
    for span, language, size in (
        (c.span[a], SHARES[margins >> 2], _size(c.partner[a], c.own[None, :n])),
        (c.span[None, :n], SHARES[margins & 3], _size(c.partner[None, :n], c.own[a])),
    ):
        weeks = np.minimum(1.0, count / span)
        total = share[0] * topic + share[1] * hours + share[2] * weeks + share[3] * language
        sides.append(total + share[4] * size + share[5] * level + share[6] * form)
    ahead, back = sides
    whole = np.rint(2 * ahead * back / np.maximum(ahead + back, 1e-300) * SCALE).astype(np.int64)
    return np.where(passes, whole, -1)


def _common_weeks(c: Columns, n: int, rows: slice) -> tuple[list[np.ndarray], np.ndarray]:
    common = []
    count = np.zeros((len(c.most[rows]), n), dtype=np.int64)
    for word in range(c.full.shape[1]):
        full_a, most_a = c.full[rows, word, None], c.most[rows, word, None]
        full_b, most_b = c.full[None, :n, word], c.most[None, :n, word]
        bits = (full_a & most_b) | (most_a & full_b)
        doubtful = most_a & most_b & ~bits
        for i, j in np.argwhere(doubtful):
            days = c.days[rows.start + i, word * 64 : word * 64 + 64] & c.days[j, word * 64 : word * 64 + 64]
            three = np.packbits(np.bitwise_count(days) >= 3, bitorder="little").view(np.uint64)[0]
            bits[i, j] |= doubtful[i, j] & three
        common.append(bits)
        count += np.bitwise_count(bits)
    return common, count


def _size(wanted: np.ndarray, brings: np.ndarray) -> np.ndarray:
    low, high = np.minimum(wanted, brings), np.maximum(wanted, brings)
    return np.where(low < 0, UNKNOWN, low / np.maximum(high, 1))
