"""Matching runs: requested by an action, claimed by a worker, kept with all that explains and repeats them."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exchanges.enums import OfferStatus, RunKind, RunStatus
from exchanges.models.exchange import Exchange
from exchanges.models.intake import Intake
from exchanges.models.offer import Offer
from institutions.enums import InstitutionStatus


class RunQuerySet(models.QuerySet):
    def due(self, now):
        """Requested (and not pausing after a failure), or claimed by a worker that died."""
        pausing = Q(status=RunStatus.REQUESTED, lease_until__gte=now)
        dead = Q(status=RunStatus.CLAIMED, lease_until__lt=now)
        return self.filter(Q(status=RunStatus.REQUESTED) | dead).exclude(pausing)

    def at_work(self):
        return self.filter(status__in=RunStatus.at_work())

    def coordinated_by(self, user):
        """Those about what the person coordinates."""
        return self.filter(
            Q(offer__in=Offer.objects.coordinated_by(user))
            | Q(exchange__in=Exchange.objects.coordinated_by(user))
            | Q(intake__in=Intake.objects.managed_by(user))
        )

    def visible_to(self, user):
        """Those about what the person coordinates; platform admins see all."""
        if not user.is_authenticated:
            return self.none()
        return self if user.is_platform_admin else self.coordinated_by(user)

    def finished_plans(self):
        """Pairings of all open offers that were worked out, the latest first."""
        return self.filter(kind=RunKind.PAIRINGS, status=RunStatus.FINISHED).order_by("-pk")

    def for_list(self):
        """With all that a row of a list shows, newest first."""
        return self.select_related("offer", "exchange", "intake", "requested_by").order_by("-pk")


class Run(models.Model):
    """One piece of an engine's work about one subject: an offer, an exchange, an intake, or everything (none)."""

    kind = models.CharField(max_length=10, choices=RunKind)
    offer = models.ForeignKey("exchanges.Offer", models.CASCADE, null=True, related_name="runs")
    exchange = models.ForeignKey("exchanges.Exchange", models.CASCADE, null=True, related_name="runs")
    intake = models.ForeignKey("exchanges.Intake", models.CASCADE, null=True, related_name="runs")
    status = models.CharField(max_length=10, choices=RunStatus, default=RunStatus.REQUESTED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    repeats = models.ForeignKey(
        "self", models.CASCADE, null=True, related_name="repetitions", help_text=_("The run that this one checks.")
    )
    claimed_by = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True, help_text=_("When the last attempt began."))
    attempts = models.PositiveSmallIntegerField(default=0)
    progress = models.PositiveSmallIntegerField(default=0, help_text=_("Percent"))
    finished_at = models.DateTimeField(null=True)
    seed = models.BigIntegerField(default=0)
    snapshot = models.JSONField(
        default=dict,
        help_text=_("What the engine was given: {file: what `manage.py match` takes, shared: {key: ids of records}}."),
    )
    figures = models.JSONField(default=dict)
    outcome = models.JSONField(null=True, help_text=_("What a repetition must find again, as a list of plain rows."))
    versions = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(offer__isnull=True, exchange__isnull=True)
                | Q(offer__isnull=True, intake__isnull=True)
                | Q(exchange__isnull=True, intake__isnull=True),
                name="run_has_one_subject_at_most",
            ),
            models.UniqueConstraint(
                fields=["kind", "offer"],
                condition=Q(status="requested", repeats__isnull=True),
                name="run_offer_requested_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "exchange"],
                condition=Q(status="requested", repeats__isnull=True),
                name="run_exchange_requested_once",
            ),
            models.UniqueConstraint(
                fields=["repeats"], condition=Q(status="requested"), name="run_repetition_requested_once"
            ),
            models.UniqueConstraint(
                fields=["kind", "intake"],
                condition=Q(status="requested", repeats__isnull=True),
                name="run_intake_requested_once",
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(status="requested", kind="pairings", repeats__isnull=True),
                name="run_pairings_requested_once",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(status__in=["requested", "claimed"]), name="run_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} run {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("run_detail", args=[self.pk])

    @property
    def subject(self) -> models.Model | None:
        return self.offer or self.exchange or self.intake

    @property
    def is_at_work(self) -> bool:
        return self.status in RunStatus.at_work()

    @property
    def took(self) -> timedelta | None:
        """How long the last attempt took, once it is over."""
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None


class RunRecord(models.Model):
    """One record of what engines were given, kept once however many runs it was given to.

    `digest` is the SHA-256 of the record as canonical JSON.
    """

    digest = models.CharField(max_length=64, unique=True)
    record = models.JSONField()

    def __str__(self) -> str:
        return self.digest


class SuggestionQuerySet(models.QuerySet):
    def in_force(self):
        """Those whose partner still takes part: its offer published, its institution verified."""
        return self.filter(
            Q(partner_offer__isnull=True) | Q(partner_offer__status=OfferStatus.PUBLISHED),
            partner_institution__status=InstitutionStatus.VERIFIED,
        )

    def with_partners(self):
        """With all that a card shows, best first."""
        return self.select_related("partner_offer", "partner_institution").order_by("near_miss", "rank")


class Suggestion(models.Model):
    """A partner that a run found for an offer, with the reasons: another offer, or an institution without one."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="suggestions")
    offer = models.ForeignKey("exchanges.Offer", models.CASCADE, related_name="suggestions")
    partner_offer = models.ForeignKey("exchanges.Offer", models.CASCADE, null=True, related_name="+")
    partner_institution = models.ForeignKey("institutions.Institution", models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField()
    score = models.FloatField()
    reasons = models.JSONField(default=list, help_text=_("Features with their share and the facts behind the words."))
    shared_starts = models.JSONField(default=list, help_text=_("Weekly starts in the offer's zone: [weekday, minute]."))
    near_miss = models.BooleanField(default=False)
    dismissed_at = models.DateTimeField(null=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        ordering = ["near_miss", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "partner_offer"], name="suggestion_offer_once"),
            models.UniqueConstraint(
                fields=["offer", "partner_institution"],
                condition=Q(partner_offer__isnull=True),
                name="suggestion_institution_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer} + {self.partner_offer or self.partner_institution}"
