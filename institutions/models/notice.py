"""The outbox and the inbox: one row per recipient, channel and cause; and how people want to be reached."""

import datetime as dt

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from institutions.enums import Channel, Delivery, NoticeGroup, NoticeStatus


class NoticeQuerySet(models.QuerySet):
    def inbox(self, user):
        return self.filter(recipient=user, channel=Channel.INBOX)

    def unread(self):
        return self.filter(read_at__isnull=True)

    def mails(self):
        return self.filter(channel=Channel.EMAIL)

    def due(self, now):
        """Mails whose time has come and that no worker holds, those that wait longest first."""
        return self.mails().filter(status=NoticeStatus.QUEUED, due_at__lte=now).order_by("due_at", "pk")

    def abandoned(self, now):
        """Mails whose worker died: its lease is over."""
        return self.mails().filter(status=NoticeStatus.SENDING, lease_until__lt=now)

    def stray(self):
        """Mails gathered for a digest that has gone without them."""
        return (
            self.mails()
            .filter(status=NoticeStatus.GATHERED)
            .exclude(digest__status__in=(NoticeStatus.QUEUED, NoticeStatus.SENDING))
        )

    def lost(self):
        """Mails that bounced or were given up, the newest first."""
        return self.mails().filter(status__in=NoticeStatus.lost()).order_by("-created_at", "-pk")

    def note_sent(self, pk, claimed_by, now):
        """Write that the worker which holds a mail has sent it; answers whether it still held it.

        In plain SQL, for it is written once for each mail, and building the statement cost more than running it.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self.model._meta.db_table} SET status = %s, sent_at = %s, lease_until = NULL, last_error = %s"  # noqa: S608
                " WHERE id = %s AND status = %s AND claimed_by = %s",
                [
                    *(NoticeStatus.SENT.value, connection.ops.adapt_datetimefield_value(now), ""),
                    *(pk, NoticeStatus.SENDING.value, claimed_by),
                ],
            )
            return cursor.rowcount == 1

    def by_kind(self):
        """How many there are of each kind: (kind, number)."""
        return self.order_by().values_list("kind").annotate(number=models.Count("pk"))

    def figures(self, now):
        """The state of the outbox: how many mails wait, are due, are being sent, are lost, and the oldest due."""
        waiting = self.mails().filter(status=NoticeStatus.QUEUED).order_by()
        counted = waiting.aggregate(
            waiting=models.Count("pk"),
            due=models.Count("pk", filter=Q(due_at__lte=now)),
            oldest_due=models.Min("due_at", filter=Q(due_at__lte=now)),
        )
        lost = dict(self.lost().order_by().values_list("status").annotate(number=models.Count("pk")))
        sending = self.mails().filter(status=NoticeStatus.SENDING).order_by().count()
        return counted | {"sending": sending} | {str(state): lost.get(state, 0) for state in NoticeStatus.lost()}

    def addressed_to(self, text: str):
        """To people whose name or address holds the text."""
        return self.filter(Q(recipient__name__icontains=text) | Q(recipient__email__icontains=text))

    def written_since(self, day: dt.date):
        """Written on that day of the reader's or later."""
        return self.filter(created_at__gte=dt.datetime.combine(day, dt.time(), timezone.get_current_timezone()))


class Notice(models.Model):
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=6, choices=Channel)
    key = models.CharField(max_length=200, help_text=_("What it is about; the same cause is told once."))
    context = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    urgent = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=NoticeStatus, default=NoticeStatus.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    digest = models.ForeignKey(
        "self", models.CASCADE, null=True, related_name="parts", db_index=False, help_text=_("The mail that tells it.")
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "channel", "key"], name="notice_once"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(channel="email", status="queued"), name="notice_queue"),
            models.Index(fields=["lease_until"], condition=Q(channel="email", status="sending"), name="notice_held"),
            models.Index(
                fields=["-created_at", "-id"],
                condition=Q(channel="email", status__in=["bounced", "dead"]),
                name="notice_lost",
            ),
            models.Index(fields=["digest"], condition=Q(digest__isnull=False), name="notice_digest"),
            models.Index(fields=["id"], condition=Q(channel="email", status="gathered"), name="notice_gathered"),
            models.Index(fields=["recipient", "-created_at"], condition=Q(channel="inbox"), name="notice_inbox"),
            models.Index(
                fields=["recipient"], condition=Q(channel="inbox", read_at__isnull=True), name="notice_unread"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient_id}"


class NoticeAttempt(models.Model):
    """A try at a mail that failed; the one that succeeds is the notice's `sent_at`."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=NoticeStatus, help_text=_("What became of the mail then."))
    error = models.CharField(max_length=300)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.notice_id}: {self.error}"


class NoticePreference(models.Model):
    """What a person chose about one group; without a row, the inbox and mail at once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preferences")
    group = models.CharField(max_length=16, choices=NoticeGroup)
    inbox = models.BooleanField(_("in the app"), default=True)
    email = models.CharField(_("by e-mail"), max_length=8, choices=Delivery, default=Delivery.AT_ONCE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "group"], name="notice_preference_once")]

    def __str__(self) -> str:
        return f"{self.group}: {self.email}"
