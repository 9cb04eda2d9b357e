"""The one row that tells every process whether its picture of the catalogue is still true."""

import time

from django.db import models


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
    def begin(cls) -> tuple[int, int]:
        """The number and the rebuilt number of a database in which nothing was ever catalogued."""
        now = time.time_ns() // 1000
        state, _ = cls.objects.get_or_create(pk=1, defaults={"number": now, "rebuilt": now})
        return state.number, state.rebuilt
