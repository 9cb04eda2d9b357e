"""Announcements: one text to everyone in an exchange, an institution or the platform, told by a worker in chunks."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from exchanges.enums import AnnouncementStatus
from exchanges.models.enrolment import Enrolment
from exchanges.models.exchange import Exchange
from institutions.enums import MembershipStatus, Role
from institutions.models import Institution, Membership, User


class AnnouncementQuerySet(models.QuerySet):
    def due(self, now):
        """Those that wait for a worker, or whose worker died."""
        dead = Q(status=AnnouncementStatus.SENDING, lease_until__lt=now)
        return self.filter(Q(status=AnnouncementStatus.WAITING) | dead)

    def visible_to(self, user):
        """To exchanges and institutions that the person coordinates; platform admins see all."""
        if user.is_platform_admin:
            return self
        sides = Membership.objects.active().of(user, Role.COORDINATOR, Role.ADMIN).values("institution")
        return self.filter(Q(exchange__in=Exchange.objects.coordinated_by(user)) | Q(institution__in=sides))

    def for_list(self):
        return self.select_related("author", "exchange", "institution")


class Announcement(models.Model):
    """To the learners with a place in `exchange`, the members of `institution`, or, with neither, to everybody.

    `last` is the number of the last person told; a worker goes on from there.
    """

    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    exchange = models.ForeignKey(Exchange, models.CASCADE, null=True, blank=True, related_name="announcements")
    institution = models.ForeignKey(Institution, models.CASCADE, null=True, blank=True, related_name="announcements")
    title = models.CharField(_("title"), max_length=140)
    text = models.TextField(_("text"), max_length=4000)
    status = models.CharField(max_length=10, choices=AnnouncementStatus, default=AnnouncementStatus.WAITING)
    total = models.PositiveIntegerField(default=0)
    told = models.PositiveIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    claimed_by = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(exchange__isnull=True) | Q(institution__isnull=True), name="announcement_has_one_audience"
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(status__in=["waiting", "sending"]), name="announcement_due"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """What its notices are about."""
        return f"announcement:{self.pk}"

    @property
    def audience(self) -> str:
        """Whom it is for, in the language that is active."""
        return str(self.exchange or self.institution or _now("vmobility"))

    @property
    def is_at_work(self) -> bool:
        return self.status in (AnnouncementStatus.WAITING, AnnouncementStatus.SENDING)

    def people(self):
        """Whom it is for, in an order that stays."""
        people = User.objects.filter(is_active=True).order_by("pk")
        if self.exchange_id:
            placed = Enrolment.objects.placed().filter(exchange=self.exchange_id)
            return people.filter(pk__in=placed.values("learner"))
        if self.institution_id:
            members = Membership.objects.filter(institution=self.institution_id, status=MembershipStatus.ACTIVE)
            return people.filter(pk__in=members.values("user"))
        return people
