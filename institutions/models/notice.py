"""The outbox and the inbox: one row per recipient, channel and cause."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from institutions.enums import Channel, NoticeStatus


class NoticeQuerySet(models.QuerySet):
    def inbox(self, user):
        return self.filter(recipient=user, channel=Channel.INBOX)

    def unread(self):
        return self.filter(read_at__isnull=True)

    def due(self, now):
        """Mails whose time has come and that no worker holds."""
        return self.filter(channel=Channel.EMAIL).filter(
            Q(status=NoticeStatus.QUEUED, due_at__lte=now) | Q(status=NoticeStatus.SENDING, lease_until__lt=now)
        )


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

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "channel", "key"], name="notice_once"),
        ]
        indexes = [
            models.Index(fields=["status", "due_at"], condition=Q(channel="email"), name="notice_outbox"),
            models.Index(fields=["recipient", "-created_at"], condition=Q(channel="inbox"), name="notice_inbox"),
            models.Index(
                fields=["recipient"], condition=Q(channel="inbox", read_at__isnull=True), name="notice_unread"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient_id}"
