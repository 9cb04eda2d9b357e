"""The real settings, and the page to measure against."""

from vmobility.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.urls"
