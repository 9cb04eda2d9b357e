"""What a run for all open offers proposes: who would go together so that the whole fits best."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from exchanges.enums import OfferStatus
from institutions.enums import InstitutionStatus


class PlannedPairingQuerySet(models.QuerySet):
    def in_force(self):
        """Those whose two offers are still published, by institutions that still take part."""
        return self.filter(
            first__status=OfferStatus.PUBLISHED,
            second__status=OfferStatus.PUBLISHED,
            first__institution__status=InstitutionStatus.VERIFIED,
            second__institution__status=InstitutionStatus.VERIFIED,
        )

    def with_sides(self):
        return self.select_related("first__institution", "second__institution")

    def of_offer(self, offer):
        return self.filter(Q(first=offer) | Q(second=offer))


class PlannedPairing(models.Model):
    """Two offers of a run's plan; a hint to both sides' coordinators until one of them proposes."""

    run = models.ForeignKey("exchanges.Run", models.CASCADE, related_name="planned_pairings")
    first = models.ForeignKey("exchanges.Offer", models.CASCADE, related_name="+")
    second = models.ForeignKey("exchanges.Offer", models.CASCADE, related_name="+")
    score = models.FloatField()
    reasons = models.JSONField(default=list, help_text=_("Features as the first offer's side sees them."))

    objects = PlannedPairingQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "first", "second"], name="planned_pairing_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="planned_pairing_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first} + {self.second}"
