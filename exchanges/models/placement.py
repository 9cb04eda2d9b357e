"""What an intake gave each learner, why, and what became of it."""

import io
import json
from collections.abc import Iterable
from typing import Any

from django.db import connections, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchanges.enums import IntakeStatus, PlacementStatus
from exchanges.models.choice import ChoiceList
from exchanges.models.intake import Intake, IntakeExchange

NOTHING = "\\N"  # as COPY spells it


class PlacementQuerySet(models.QuerySet):
    def published(self):
        """Those that learners may see."""
        return self.filter(intake__status__in=IntakeStatus.with_result())

    def holding(self):
        """Those that take a place."""
        return self.filter(status__in=PlacementStatus.holding())

    def waiting(self):
        return self.filter(status=PlacementStatus.WAITING)

    def overdue(self, now):
        """Offered, published, and not confirmed in time."""
        return self.published().filter(status=PlacementStatus.OFFERED, confirm_by__lte=now)

    def store(self, intake: int, run: int | None, rows: Iterable[tuple[Any, ...]]) -> None:
        """Many new results of an intake's run, each (choice_list, entry, rank, status, reason as JSON, lottery).

        PostgreSQL copies them in, which takes a fraction of the time of bulk_create; elsewhere it is bulk_create. Call
        it in a transaction.
        """
        connection = connections[self.db]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                columns = ("intake_id", "run_id", "choice_list_id", "entry_id", "rank", "status", "reason", "lottery")
                cursor.cursor.copy_expert(
                    f"COPY {connection.ops.quote_name(self.model._meta.db_table)} ({', '.join(columns)}) FROM STDIN",
                    Lines(intake, run, rows),
                )
            return
        fresh: list[Any] = [
            Placement(
                intake_id=intake,
                run_id=run,
                choice_list_id=number,
                entry_id=entry,
                rank=rank,
                status=status,
                reason=json.loads(reason),
                lottery=lottery,
            )
            for number, entry, rank, status, reason, lottery in rows
        ]
        self.bulk_create(fresh, batch_size=1000)


class Lines(io.TextIOBase):
    """Rows as COPY reads them: tabs between values, and nothing said where there is none."""

    def __init__(self, intake: int, run: int | None, rows: Iterable[tuple[Any, ...]]) -> None:
        self.begin, self.rows, self.left = f"{intake}\t{run or NOTHING}", iter(rows), ""

    def read(self, size: int | None = -1) -> str:
        parts, length = [self.left], len(self.left)
        for number, entry, rank, status, reason, lottery in self.rows:
            placed = f"{NOTHING}\t{NOTHING}" if entry is None else f"{entry}\t{rank}"
            told = reason.replace("\\", "\\\\")
            line = f"{self.begin}\t{number}\t{placed}\t{status}\t{told}\t{lottery}\n"
            parts.append(line)
            length += len(line)
            if size is not None and 0 <= size <= length:
                break
        text = "".join(parts)
        cut = len(text) if size is None or size < 0 else size
        self.left = text[cut:]
        return text[:cut]


class Placement(models.Model):
    """A learner's result, seen by her once the intake is published.

    `reason` is the engine's: {"code", "facts"}. Only a place that is offered or was ever given has an exchange and a
    rank. `confirm_by` is set when the learner is told.
    """

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="placements", db_index=False)
    run = models.ForeignKey("exchanges.Run", models.SET_NULL, null=True, related_name="placements", db_index=False)
    choice_list = models.OneToOneField(ChoiceList, models.CASCADE, related_name="placement")
    entry = models.ForeignKey(IntakeExchange, models.RESTRICT, null=True, related_name="placements", db_index=False)
    rank = models.PositiveSmallIntegerField(_("rank"), null=True)
    status = models.CharField(_("status"), max_length=10, choices=PlacementStatus)
    reason = models.JSONField(default=dict)
    lottery = models.CharField(
        max_length=64, help_text=_("The learner's number in the lottery; the smaller goes first.")
    )
    confirm_by = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True, help_text=_("When it was confirmed, declined, or lapsed."))

    objects = PlacementQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(entry__isnull=True, rank__isnull=True) | Q(entry__isnull=False, rank__gte=1),
                name="placement_rank_with_exchange",
            ),
            models.CheckConstraint(
                condition=Q(entry__isnull=False) | ~Q(status__in=["offered", "confirmed", "lapsed", "withdrawn"]),
                name="placement_held_has_exchange",
            ),
            models.CheckConstraint(
                condition=Q(entry__isnull=True) | ~Q(status__in=["waiting", "no_place"]),
                name="placement_waiting_has_none",
            ),
        ]
        indexes = [
            models.Index(fields=["intake", "status", "lottery"], name="placement_queue"),
            models.Index(fields=["entry", "status"], name="placement_entry_status"),
            models.Index(fields=["confirm_by"], condition=Q(status="offered"), name="placement_to_confirm"),
        ]

    def __str__(self) -> str:
        return f"{self.choice_list_id}: {self.status}"
