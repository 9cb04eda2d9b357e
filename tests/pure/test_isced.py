"""ISCED-F 2013: complete, consistent, and near fields count as near."""

import pytest
from django.utils import translation

from institutions import isced


def test_the_classification_is_whole():
    assert len(isced.codes(2)) == 11
    assert len([code for code in isced.codes(3) if not code.endswith("8")]) == 29
    assert len([code for code in isced.codes(4) if not code.endswith("88")]) == 80
    assert list(isced.FIELDS) == sorted(isced.FIELDS)


def test_every_field_has_its_parents():
    for code in isced.FIELDS:
        assert all(isced.is_field(parent) for parent in isced.parents(code))
    assert isced.parents("0913") == ("09", "091")
    assert isced.parents("09") == ()


def test_names_and_choices():
    with translation.override("en"):
        assert isced.name("0913") == "Nursing and midwifery"
        assert isced.name("9999") == "9999"
        assert ("0913", "0913 Nursing and midwifery") in list(isced.choices(4))
        groups = dict(isced.grouped_choices())
        assert ("0421", "0421 Law") in groups["Business, administration and law"]
        assert sum(len(fields) for fields in groups.values()) == len(isced.codes(4))


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("0913", "0913", 1.0),
        ("0913", "091", 0.85),
        ("0913", "0912", 0.7),
        ("0913", "09", 0.4),
        ("0913", "0923", 0.4),
        ("0913", "1013", 0.0),
        ("0111", "1011", 0.0),
        ("", "0111", 0.0),
    ],
)
def test_closeness(a, b, near):
    assert isced.closeness(a, b) == isced.closeness(b, a) == near
