"""Enrolments: places held and the queue for them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from exchanges.enums import EnrolmentStatus
from exchanges.models.exchange import Exchange, ExchangeInstitution


class EnrolmentQuerySet(models.QuerySet):
    def placed(self):
        return self.filter(status__in=(EnrolmentStatus.PLACED, EnrolmentStatus.COMPLETED))

    def waiting(self):
        return self.filter(status=EnrolmentStatus.WAITING).order_by("number")

    def current(self):
        return self.filter(status__in=(EnrolmentStatus.PLACED, EnrolmentStatus.WAITING, EnrolmentStatus.COMPLETED))

    def visible_to(self, user):
        """One's own, and those of the exchanges one coordinates."""
        return self.filter(models.Q(learner=user) | models.Q(exchange__in=Exchange.objects.coordinated_by(user)))

    def for_list(self):
        """With all that a row of the coordinators' list shows."""
        return self.select_related("learner", "part__institution", "group").order_by("number")

    def count_by_status(self) -> dict[str, int]:
        return dict(self.order_by().values_list("status").annotate(models.Count("pk")))

    def waiting_by_part(self) -> dict[int, int]:
        """How many wait for a place of each part (id)."""
        waiting = self.filter(status=EnrolmentStatus.WAITING).order_by()
        return dict(waiting.values_list("part").annotate(models.Count("pk")))


class Enrolment(models.Model):
    """A learner's request for, and hold on, a place."""

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="enrolments")
    part = models.ForeignKey(ExchangeInstitution, models.PROTECT, related_name="enrolments")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="enrolments")
    status = models.CharField(_("status"), max_length=10, choices=EnrolmentStatus)
    number = models.PositiveBigIntegerField(help_text=_("Drawn from the exchange when it was taken; orders the queue."))
    group = models.ForeignKey("exchanges.Group", models.SET_NULL, null=True, blank=True, related_name="members")
    proposed_number = models.PositiveSmallIntegerField(
        null=True, help_text=_("Number of the group in which the last forming put her.")
    )
    taken_at = models.DateTimeField(auto_now_add=True)
    placed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    unplaced_reason = models.CharField(max_length=500, blank=True, help_text=_("Why no group could be found."))

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["exchange", "learner"], name="enrolment_once"),
            models.UniqueConstraint(fields=["exchange", "number"], name="enrolment_number_once"),
        ]
        indexes = [
            models.Index(fields=["part", "status", "number"], name="enrolment_queue"),
            models.Index(fields=["learner", "status"], name="enrolment_learner"),
        ]

    def __str__(self) -> str:
        return f"{self.learner} in {self.exchange}"
