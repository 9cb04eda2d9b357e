"""What learners ask for in an intake: ranked exchanges, and marks for reserved places, given with consent."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchanges.enums import Mark
from exchanges.models.intake import MOST_CHOICES, Intake, IntakeExchange
from institutions.models import Institution


class ChoiceListQuerySet(models.QuerySet):
    def submitted(self):
        return self.filter(submitted_at__isnull=False)


class ChoiceList(models.Model):
    """A learner's choices in an intake.

    What counts are the `choices`, as they were submitted last. The draft is the learner's working copy (ids of the
    intake's exchanges, best first); saving it changes nothing that was submitted. Its key is the learner's number in
    the lottery of the intake.
    """

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="choice_lists")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="choice_lists")
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+")
    draft = models.JSONField(null=True, help_text=_("Empty where nothing was changed since it was submitted."))
    submitted_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ChoiceListQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["intake", "learner"], name="choice_list_once")]
        indexes = [
            models.Index(
                fields=["intake", "id"], condition=Q(submitted_at__isnull=False), name="choice_list_submitted"
            ),
            models.Index(fields=["intake", "institution"], name="choice_list_institution"),
        ]

    def __str__(self) -> str:
        return f"{self.learner} in {self.intake}"


class Choice(models.Model):
    """One submitted choice; rank 1 is the first."""

    choice_list = models.ForeignKey(ChoiceList, models.CASCADE, related_name="choices", db_index=False)
    entry = models.ForeignKey(IntakeExchange, models.CASCADE, related_name="choices")
    rank = models.PositiveSmallIntegerField(_("rank"))

    class Meta:
        ordering = ["choice_list", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["choice_list", "rank"], name="choice_rank_once"),
            models.UniqueConstraint(fields=["choice_list", "entry"], name="choice_exchange_once"),
            models.CheckConstraint(condition=Q(rank__gte=1, rank__lte=MOST_CHOICES), name="choice_rank_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.entry_id}"


class ReserveMark(models.Model):
    """A learner's own word, with consent, that a reserved place is meant for her.

    Sensitive: read by the allocation only, shown to nobody but herself, and deleted when the consent is withdrawn or
    the intake is over.
    """

    choice_list = models.ForeignKey(ChoiceList, models.CASCADE, related_name="marks", db_index=False)
    mark = models.CharField(max_length=20, choices=Mark)
    consented_at = models.DateTimeField()

    class Meta:
        ordering = ["mark"]
        constraints = [models.UniqueConstraint(fields=["choice_list", "mark"], name="reserve_mark_once")]

    def __str__(self) -> str:
        return f"mark of list {self.choice_list_id}"
