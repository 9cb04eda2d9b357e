"""Who did what, when and why: a row for every change of state, written in the change's own transaction."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class JournalQuerySet(models.QuerySet):
    def about(self, subject):
        """The history of one object, oldest first."""
        return (
            self.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)
            .select_related("actor")
            .order_by("at", "pk")
        )


class JournalEntry(models.Model):
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text=_("Empty when the platform acted by itself."),
    )
    verb = models.CharField(max_length=60, help_text=_("noun.verb, such as offer.publish"))
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    subject_name = models.CharField(max_length=200)
    institution = models.ForeignKey("institutions.Institution", models.SET_NULL, null=True, related_name="+")
    note = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    objects = JournalQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "at"], name="journal_subject"),
            models.Index(fields=["-at", "-id"], name="journal_recent"),
            models.Index(fields=["verb", "-at"], name="journal_verb"),
            models.Index(fields=["institution", "-at"], name="journal_institution"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_name}"
