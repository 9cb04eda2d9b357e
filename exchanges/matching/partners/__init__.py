"""Rank partner offers for an offer, say why, and propose pairings for all offers at once.

The score of a pair is the harmonic mean of two directed scores (how well they suit us, how well we suit them), each a
weighted sum of features (`Weights`), and 0 if a gate fails on either side:

- language: a language of both whose minimum levels differ by at most `cefr_slack` steps (the joint minimum is the
  higher);
- hours: at least `min_starts` half-hour UTC starts in **every** common week at which a live session (the longer of
  the two lengths) fits the weekly hours of both, clock changes counted;
- weeks: at least `min_weeks` common weeks, or fewer where the format or the offer itself is shorter. A week is
  common if on at least three of its weekdays (Monday to Friday) both periods run and neither side has a holiday;
- region, kind, mode: each side's wishes, where it has any. Countries and regions wanted are read together.

An institution without an offer is judged by its typical hours and what is known of it; what is not known counts as
half.
"""

from exchanges.matching.partners.facts import Candidate, Id, InstitutionFacts, OfferFacts
from exchanges.matching.partners.features import closeness
from exchanges.matching.partners.flow import pair_up
from exchanges.matching.partners.missed import near_misses
from exchanges.matching.partners.pairings import propose_pairings
from exchanges.matching.partners.pool import Pool
from exchanges.matching.partners.ranking import rank
from exchanges.matching.partners.results import Feature, Gate, Match, NearMiss, Pairing, PairingPlan
from exchanges.matching.partners.topics import words_of
from exchanges.matching.partners.weights import DEFAULT_WEIGHTS, FEATURES, FORMAT_MIN_WEEKS, GATES, UNKNOWN, Weights

__all__ = [
    "DEFAULT_WEIGHTS",
    "FEATURES",
    "FORMAT_MIN_WEEKS",
    "GATES",
    "UNKNOWN",
    "Candidate",
    "Feature",
    "Gate",
    "Id",
    "InstitutionFacts",
    "Match",
    "NearMiss",
    "OfferFacts",
    "Pairing",
    "PairingPlan",
    "Pool",
    "Weights",
    "closeness",
    "near_misses",
    "pair_up",
    "propose_pairings",
    "rank",
    "words_of",
]
