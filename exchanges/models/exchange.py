"""Exchanges: the running programme that a pairing turns into, and the institutions' places in it."""

from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exchanges.enums import EnrolmentStatus, ExchangeRole, ExchangeStatus
from institutions.enums import PartnershipStatus, Role
from institutions.models import Institution, Membership, Partnership


class ExchangeQuerySet(models.QuerySet):
    def public(self):
        return self.filter(status__in=ExchangeStatus.public())

    def of(self, institutions):
        return self.filter(pk__in=ExchangeInstitution.objects.filter(institution__in=institutions).values("exchange"))

    def coordinated_by(self, user):
        """Those in which an institution that the person coordinates takes part."""
        return self.of(Membership.objects.active().of(user, Role.COORDINATOR).values("institution"))

    def visible_to(self, user):
        """Public ones, and whatever the person coordinates or takes part in; platform admins see all."""
        if not user.is_authenticated:
            return self.public()
        if user.is_platform_admin:
            return self
        coordinated = ExchangeInstitution.objects.filter(
            institution__in=Membership.objects.active().of(user, Role.COORDINATOR).values("institution")
        )
        return self.filter(
            Q(status__in=ExchangeStatus.public())
            | Q(pk__in=coordinated.values("exchange"))
            | Q(pk__in=user.enrolments.values("exchange"))
        )

    def followed_by(self, user):
        """Those whose sessions concern the person: she takes part, took part to the end, or coordinates."""
        seats = user.enrolments.filter(status__in=(EnrolmentStatus.PLACED, EnrolmentStatus.COMPLETED))
        return self.coordinated_by(user) | self.filter(pk__in=seats.values("exchange"))

    def taking_directly(self):
        """Without those whose places a running intake gives."""
        return self.exclude(entries__active=True)

    def with_parts(self):
        """With the offer, and the institutions with their places."""
        return self.select_related("offer__institution").prefetch_related("parts__institution")


class Exchange(models.Model):
    """One run of an offer with its partners. Format, field, level, languages and resources are the offer's."""

    offer = models.OneToOneField("exchanges.Offer", models.PROTECT, related_name="exchange")
    title = models.CharField(_("title"), max_length=140)
    summary = models.CharField(_("summary"), max_length=280, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=ExchangeStatus, default=ExchangeStatus.PLANNED)
    institutions = models.ManyToManyField(Institution, through="ExchangeInstitution", related_name="exchanges")
    zone = models.CharField(
        _("governing time zone"), max_length=64, help_text=_("Sessions keep this zone's wall time.")
    )
    starts = models.DateField(_("starts"))
    ends = models.DateField(_("ends"))
    enrol_opens = models.DateTimeField(_("enrolment opens"), null=True, blank=True)
    enrol_closes = models.DateTimeField(_("enrolment closes"), null=True, blank=True)
    group_size_min = models.PositiveSmallIntegerField(_("smallest group"), default=3)
    group_size_max = models.PositiveSmallIntegerField(_("largest group"), default=6)
    session_minutes = models.PositiveSmallIntegerField(_("length of a live session"), default=60)
    language = models.CharField(_("working language"), max_length=12, default="en", help_text=_("BCP 47 tag"))
    queue_number = models.PositiveBigIntegerField(default=0, help_text=_("The last number drawn by an enrolment."))
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True)

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        ordering = ["starts", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="exchange_dates_in_order"),
            models.CheckConstraint(
                condition=Q(enrol_closes__gt=F("enrol_opens")), name="exchange_enrolment_window_in_order"
            ),
            models.CheckConstraint(
                condition=Q(group_size_min__gte=2, group_size_max__gte=F("group_size_min")),
                name="exchange_group_sizes_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "starts"], name="exchange_status_starts"),
            models.Index(fields=["status", "enrol_closes"], name="exchange_status_closes"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("exchange_detail", args=[self.pk])

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def covering_partnership(self) -> Partnership | None:
        """An active partnership of all the institutions, over the exchange's dates and its field, if there is one."""
        covering = Partnership.objects.in_force(self.starts, self.ends).covering(self._institution_ids())
        return next((found for found in covering.order_by("pk") if self._has_field(found)), None)

    def pending_partnership(self) -> Partnership | None:
        """The newest partnership of all the institutions that may yet be in force: being agreed, or suspended."""
        waiting = Partnership.objects.covering(self._institution_ids()).exclude(
            status__in=(PartnershipStatus.ACTIVE, *PartnershipStatus.over())
        )
        return waiting.order_by("-created_at", "-pk").first()

    def _institution_ids(self) -> list[int]:
        return [part.institution_id for part in self.parts.all()]

    def _has_field(self, partnership: Partnership) -> bool:
        return not partnership.fields or any(self.offer.field.startswith(code) for code in partnership.fields)


class ExchangeInstitution(models.Model):
    """An institution's part in an exchange: its role, its places and how many of them are held."""

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="parts")
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="exchange_parts")
    role = models.CharField(_("role"), max_length=12, choices=ExchangeRole)
    places = models.PositiveIntegerField(_("places"))
    held = models.PositiveIntegerField(_("places held"), default=0)

    class Meta:
        ordering = ["role", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["exchange", "institution"], name="exchange_institution_once"),
            models.CheckConstraint(condition=Q(held__lte=F("places")), name="exchange_places_never_exceeded"),
        ]

    def __str__(self) -> str:
        return f"{self.institution} in {self.exchange}"

    @property
    def free(self) -> int:
        return self.places - self.held
