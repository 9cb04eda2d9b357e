"""What groups and places need to know of a person: field, level, languages and weekly hours."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from institutions.models.fields import WeekHoursField


class LearnerProfile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="learner_profile")
    field = models.CharField(_("field of study"), max_length=4, blank=True, help_text=_("ISCED-F code"))
    level = models.PositiveSmallIntegerField(
        _("EQF level"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(8)]
    )
    languages = models.JSONField(_("languages"), default=dict, blank=True, help_text=_("BCP 47 tag to CEFR level"))
    hours = WeekHoursField(_("hours you can meet"), help_text=_("Local half-hours, in your own time zone."))
    esi = models.CharField(_("European Student Identifier"), max_length=255, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(level__isnull=True) | models.Q(level__range=(1, 8)), name="learner_level_is_eqf"
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)
