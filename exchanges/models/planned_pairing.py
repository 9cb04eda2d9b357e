"""What a run for all open offers proposes: who would go together so that the whole fits best."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from exchanges.enums import OfferStatus, PairingStatus
from exchanges.models.pairing import Pairing
from exchanges.models.run import Run, Suggestion
from institutions.enums import InstitutionStatus


def _spoken(own: str, theirs: str) -> Exists:
    """Did one side's offer invite the other side's institution."""
    said = (PairingStatus.PROPOSED, PairingStatus.ACCEPTED, PairingStatus.DECLINED)
    pairings = Pairing.objects.filter(
        status__in=said, offer=OuterRef(own), partner_institution=OuterRef(f"{theirs}__institution")
    )
    return Exists(pairings)


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

    def of_offers(self, offers):
        """Those in which one of the offers is on either side."""
        return self.filter(Q(first__in=offers) | Q(second__in=offers))

    def of_latest_plan(self):
        """Those of the last plan that was worked out."""
        return self.filter(run__in=Run.objects.finished_plans()[:1].values("pk"))

    def unspoken(self):
        """Those between whose two sides there is no proposal yet, whichever side made it."""
        return self.exclude(_spoken("first", "second")).exclude(_spoken("second", "first"))


class PlannedPairing(models.Model):
    """Two offers of a run's plan; a hint to both sides' coordinators until one of them proposes."""

    run = models.ForeignKey("exchanges.Run", models.CASCADE, related_name="planned_pairings")
    first = models.ForeignKey("exchanges.Offer", models.CASCADE, related_name="+")
    second = models.ForeignKey("exchanges.Offer", models.CASCADE, related_name="+")
    score = models.FloatField()
    reasons = models.JSONField(
        default=dict, help_text=_("Of each side (first, second): the reasons as it sees them, and starts on its clock.")
    )

    objects = PlannedPairingQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "first", "second"], name="planned_pairing_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="planned_pairing_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first} + {self.second}"

    def as_suggestion_for(self, offer) -> Suggestion:
        """The other offer as a suggestion for one of the two, with the reasons as that side sees them (not saved)."""
        is_first = offer.pk == self.first_id
        seen = self.reasons.get("first" if is_first else "second", {})
        partner = self.second if is_first else self.first
        return Suggestion(
            offer=offer,
            partner_offer=partner,
            partner_institution=partner.institution,
            rank=0,
            score=self.score,
            reasons=seen.get("reasons", []),
            shared_starts=seen.get("starts", []),
        )
