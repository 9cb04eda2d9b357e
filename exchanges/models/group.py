"""Mixed working teams."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exchanges.enums import GroupStatus
from exchanges.models.enrolment import Enrolment
from exchanges.models.exchange import Exchange


class GroupQuerySet(models.QuerySet):
    def confirmed(self):
        return self.filter(status=GroupStatus.CONFIRMED)

    def visible_to(self, user):
        """All of the exchanges one coordinates, and one's own once it is confirmed."""
        if not user.is_authenticated:
            return self.none()
        mine = Enrolment.objects.placed().filter(learner=user, group__isnull=False).values("group")
        return self.filter(
            models.Q(exchange__in=Exchange.objects.coordinated_by(user))
            | models.Q(pk__in=mine, status=GroupStatus.CONFIRMED)
        )

    def with_members(self):
        """With those who hold a place in it, as `shown_members`."""
        members = Enrolment.objects.placed().select_related("learner", "part__institution").order_by("learner__name")
        return self.prefetch_related(models.Prefetch("members", members, to_attr="shown_members"))


class Group(models.Model):
    """A team of an exchange's learners. Its members are the enrolments that point to it."""

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="groups")
    run = models.ForeignKey("exchanges.Run", models.SET_NULL, null=True, related_name="groups")
    number = models.PositiveSmallIntegerField(_("number"))
    status = models.CharField(max_length=10, choices=GroupStatus, default=GroupStatus.PROPOSED)
    locked = models.BooleanField(default=False, help_text=_("Stays as it is, whoever else moves."))
    language = models.CharField(_("language"), max_length=12, blank=True)
    score = models.FloatField(null=True)
    reasons = models.JSONField(default=list)
    shared_starts = models.JSONField(
        default=list, help_text=_("Weekly starts in the governing zone: [weekday, minute].")
    )

    objects = GroupQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["exchange", "number"], name="group_number_once")]

    def __str__(self) -> str:
        return str(_("Group %(number)s") % {"number": self.number})

    def get_absolute_url(self) -> str:
        return reverse("group_detail", args=[self.pk])
