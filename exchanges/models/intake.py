"""Intakes: exchanges whose places are given together, by ranked choices, quotas and a published lottery."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exchanges.enums import IntakeStatus, RunStatus
from exchanges.models.exchange import Exchange, ExchangeInstitution
from institutions.enums import Role
from institutions.models import Institution, Membership, Partnership

MOST_CHOICES = 10


class IntakeQuerySet(models.QuerySet):
    def public(self):
        return self.filter(status__in=IntakeStatus.public())

    def managed_by(self, user):
        """Those that the person runs: all for platform admins, those of their institution for coordinators."""
        if not user.is_authenticated:
            return self.none()
        if user.is_platform_admin:
            return self
        return self.filter(institution__in=Membership.objects.active().of(user, Role.COORDINATOR).values("institution"))

    def visible_to(self, user):
        """Public ones for everybody; drafts and cancelled ones for those who run them or asked for a place."""
        if not user.is_authenticated:
            return self.public()
        if user.is_platform_admin:
            return self
        coordinated = Membership.objects.active().of(user, Role.COORDINATOR).values("institution")
        asked = user.choice_lists.values("intake")
        return self.filter(
            Q(status__in=IntakeStatus.public())
            | Q(institution__in=coordinated)
            | Q(status=IntakeStatus.CANCELLED, pk__in=asked)
        )

    def of(self, institutions):
        """Those in whose exchanges one of the institutions takes part."""
        parts = ExchangeInstitution.objects.filter(institution__in=institutions)
        entries = IntakeExchange.objects.filter(exchange__in=parts.values("exchange"))
        return self.filter(pk__in=entries.values("intake"))

    def running(self):
        return self.filter(status__in=IntakeStatus.running())


class Intake(models.Model):
    """One exchange, or the catalogue of an alliance for a term, whose places are given together.

    It belongs to the institution that coordinates it, or to the platform alone. The seed of the lottery is drawn when
    it opens and shown from then on, so that nobody can draw again until the result suits.
    """

    title = models.CharField(_("title"), max_length=140)
    summary = models.TextField(_("what learners should know"), max_length=2000, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=IntakeStatus, default=IntakeStatus.DRAFT)
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, related_name="intakes", help_text=_("Empty: run by the platform.")
    )
    partnership = models.ForeignKey(Partnership, models.PROTECT, null=True, related_name="intakes")
    exchanges = models.ManyToManyField(Exchange, through="IntakeExchange", related_name="intakes")
    zone = models.CharField(_("governing time zone"), max_length=64)
    opens = models.DateTimeField(_("opens"), null=True, blank=True)
    closes = models.DateTimeField(_("closes"))
    max_choices = models.PositiveSmallIntegerField(
        _("choices per learner"), default=5, validators=[MinValueValidator(1), MaxValueValidator(MOST_CHOICES)]
    )
    confirm_days = models.PositiveSmallIntegerField(
        _("days to confirm"), default=7, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    seed = models.BigIntegerField(null=True, help_text=_("Of the lottery; drawn when the intake opens."))
    tolerance = models.PositiveSmallIntegerField(
        _("tolerance of the balance"),
        null=True,
        blank=True,
        help_text=_("By how many hosted and sent learners of an institution may differ. Empty: no balance."),
    )
    balanced = models.BooleanField(default=False, help_text=_("Whether places are given by the balance."))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    confirm_by = models.DateTimeField(null=True, help_text=_("Of the places that were published at first."))
    closing_reminded_at = models.DateTimeField(null=True)
    cancel_reason = models.TextField(max_length=2000, blank=True)
    news = models.CharField(max_length=40, blank=True, help_text=_("What people are being told of, batch by batch."))
    news_cursor = models.BigIntegerField(default=0, help_text=_("The last person who was told."))

    objects = IntakeQuerySet.as_manager()

    class Meta:
        ordering = ["-closes", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="intake_window_in_order"),
            models.CheckConstraint(
                condition=Q(max_choices__gte=1, max_choices__lte=MOST_CHOICES), name="intake_choices_in_range"
            ),
            models.CheckConstraint(condition=Q(confirm_days__gte=1, confirm_days__lte=60), name="intake_confirm_days"),
            models.CheckConstraint(
                condition=Q(seed__isnull=False) | Q(status__in=["draft", "cancelled"]), name="intake_open_has_seed"
            ),
            models.CheckConstraint(
                condition=Q(balanced=False) | Q(tolerance__isnull=False), name="intake_balance_has_tolerance"
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=False, confirm_by__isnull=False)
                | ~Q(status__in=["published", "done"]),
                name="intake_published_has_deadline",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "closes"], name="intake_status_closes"),
            models.Index(fields=["institution", "status"], name="intake_institution_status"),
            models.Index(fields=["id"], condition=~Q(news=""), name="intake_news"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("intake_detail", args=[self.pk])

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def last_run(self):
        """The run whose result is in force or under review, without what it was given."""
        finished = self.runs.filter(status=RunStatus.FINISHED, repeats__isnull=True).defer("snapshot", "outcome")
        return finished.order_by("-finished_at", "-pk").first()

    @property
    def has_result(self) -> bool:
        return self.status in IntakeStatus.with_result()


class IntakeExchange(models.Model):
    """An exchange in an intake, and the rules for its places.

    Each institution's places in the exchange are a quota by themselves; `capacity` and the further quotas only narrow
    that. Reserved places go first to learners with the mark, and to anybody where nobody with the mark needs them.
    """

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="entries")
    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="entries")
    capacity = models.PositiveIntegerField(
        _("places at most"), null=True, blank=True, help_text=_("Empty: as many as its institutions have together.")
    )
    minimum = models.PositiveIntegerField(_("minimum"), default=0)
    never_abroad = models.PositiveIntegerField(_("reserved: never been abroad"), default=0)
    fewer_opportunities = models.PositiveIntegerField(_("reserved: fewer opportunities"), default=0)
    closed = models.BooleanField(default=False, help_text=_("Takes nobody: it missed its minimum."))
    active = models.BooleanField(default=False, help_text=_("The intake runs: no direct enrolments."))

    class Meta:
        ordering = ["exchange__title", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["intake", "exchange"], name="intake_exchange_once"),
            models.UniqueConstraint(
                fields=["exchange"], condition=Q(active=True), name="intake_exchange_in_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return str(self.exchange)

    @property
    def reserves(self) -> dict[str, int]:
        """Reserved places by mark, where there are any."""
        reserves = {"never_abroad": self.never_abroad, "fewer_opportunities": self.fewer_opportunities}
        return {mark: places for mark, places in reserves.items() if places}


class IntakeQuota(models.Model):
    """No more than so many learners of an institution, or of a country, in one exchange of an intake."""

    entry = models.ForeignKey(IntakeExchange, models.CASCADE, related_name="quotas")
    institution = models.ForeignKey(Institution, models.CASCADE, null=True, related_name="+")
    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("ISO 3166 code"))
    places = models.PositiveIntegerField(_("places at most"))

    class Meta:
        ordering = ["country", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(institution__isnull=False, country="") | (Q(institution__isnull=True) & ~Q(country="")),
                name="intake_quota_of_one_kind",
            ),
            models.UniqueConstraint(fields=["entry", "institution"], name="intake_quota_institution_once"),
            models.UniqueConstraint(
                fields=["entry", "country"], condition=~Q(country=""), name="intake_quota_country_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution or self.country}: {self.places}"


class PriorityLine(models.Model):
    """Learners who come before everybody else in an exchange of an intake, and why. Line 1 comes first.

    Within a line the lottery decides.
    """

    entry = models.ForeignKey(IntakeExchange, models.CASCADE, related_name="priority_lines")
    number = models.PositiveSmallIntegerField(_("line"))
    label = models.CharField(_("why they come first"), max_length=140)
    learners = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["entry", "number"], name="priority_line_number_once")]

    def __str__(self) -> str:
        return self.label
