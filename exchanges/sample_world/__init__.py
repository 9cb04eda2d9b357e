"""The sample world: real institutions, plausible offers, and people who don't exist.

`institutions.py`, `people.py`, `offers.py` and `stories.py` are plain facts; `build.py` writes them to the database,
with dates relative to today, the same on every day; `scale.py` multiplies the offers for load tests.
"""
