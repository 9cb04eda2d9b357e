"""Who should be in a group with whom: learners' wishes, coordinators' ties, and what learners say in confidence."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from exchanges.enums import TieKind
from exchanges.models.enrolment import Enrolment
from exchanges.models.exchange import Exchange
from institutions.models import Institution

MOST_WISHES = 3


class Wish(models.Model):
    """A learner would like to be in a group with somebody, whom she names by e-mail address.

    It counts once the other has named her too, or when a coordinator has tied the two: nobody is put beside somebody
    whom they may want to avoid because that person asked for it. Whether the address belongs to somebody who takes
    part is not told.
    """

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="wishes", db_index=False)
    email = models.EmailField(_("e-mail address"))
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["enrolment", "email"], name="wish_once")]

    def __str__(self) -> str:
        return f"wish of enrolment {self.enrolment_id}"


class Tie(models.Model):
    """Two learners whom a coordinator keeps together or apart. The reason is for the coordinators of her side only."""

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="ties")
    kind = models.CharField(max_length=10, choices=TieKind)
    first = models.ForeignKey(Enrolment, models.CASCADE, related_name="+")
    second = models.ForeignKey(Enrolment, models.CASCADE, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="tie_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="tie_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {self.kind} {self.second_id}"


class Confidence(models.Model):
    """What a learner says in confidence: kinds of people that she is of, and of which she doesn't want to be a group's
    only one.

    Sensitive: given with consent, read when groups are formed, shown to nobody but herself, and deleted when she takes
    it back or the exchange is over.
    """

    enrolment = models.OneToOneField(Enrolment, models.CASCADE, related_name="confidence")
    traits = models.JSONField(default=list)
    not_alone = models.JSONField(default=list, help_text=_("Those of the traits that matter to her."))
    consented_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"confidence of enrolment {self.enrolment_id}"
