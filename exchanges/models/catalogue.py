"""The one row that tells every process whether its picture of the catalogue is still true."""

import time
from functools import cache
from typing import NamedTuple

from django.db import connection, models

from institutions.enums import InstitutionStatus
from institutions.models import Institution


class CatalogueState(models.Model):
    """`number` grows with every change of what the catalogue shows; an offer keeps the number of its last change.

    The row is locked from the change to the end of its transaction, so numbers become visible in their order and a
    reader that has seen n finds every later change among the offers with a greater number. Numbers are microseconds
    since 1970 where the clock allows, so that a restored or emptied database does not repeat them. A picture older
    than `rebuilt` has to be made anew.
    """

    number = models.BigIntegerField()
    rebuilt = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="catalogue_state_is_one_row")]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def read(cls) -> "Reading":
        """How things stand, in one query: it is asked for every page of the catalogue."""
        with connection.cursor() as cursor:
            cursor.execute(*_reading_sql())
            row = cursor.fetchone()
        if row is None:
            now = time.time_ns() // 1000
            cls.objects.get_or_create(pk=1, defaults={"number": now, "rebuilt": now})
            return cls.read()
        number, rebuilt, suspended = row
        return Reading(number, rebuilt, frozenset(map(int, suspended.split(","))) if suspended else frozenset())


class Reading(NamedTuple):
    """The state's numbers, and the institutions (ids) whose offers nobody may see for now."""

    number: int
    rebuilt: int
    suspended: frozenset[int]


@cache
def _reading_sql() -> tuple[str, tuple]:
    joined = "string_agg(id::text, ',')" if connection.vendor == "postgresql" else "group_concat(id)"
    suspended = Institution.objects.filter(status=InstitutionStatus.SUSPENDED).order_by().values_list("id")
    sql, params = suspended.query.sql_with_params()
    state = CatalogueState._meta.db_table
    return (
        f"SELECT number, rebuilt, (SELECT {joined} FROM ({sql}) AS found) FROM {state} WHERE id = 1",  # noqa: S608
        params,
    )
