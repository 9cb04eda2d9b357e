"""The fields of study, under the name by which this app knows them; they live in `institutions.isced`."""

from institutions.isced import (
    CLOSENESS,
    CONTAINS,
    FIELDS,
    choices,
    closeness,
    codes,
    grouped_choices,
    is_field,
    name,
    parents,
)

__all__ = [
    "CLOSENESS",
    "CONTAINS",
    "FIELDS",
    "choices",
    "closeness",
    "codes",
    "grouped_choices",
    "is_field",
    "name",
    "parents",
]
