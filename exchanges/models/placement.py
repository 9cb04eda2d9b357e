"""What an intake gave each learner, why, and what became of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchanges.enums import IntakeStatus, PlacementStatus
from exchanges.models.choice import ChoiceList
from exchanges.models.intake import Intake, IntakeExchange


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
