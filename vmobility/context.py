"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """`MAILBOX`: the mailbox page exists; `SITE_URL`: where people reach us."""
    return {"MAILBOX": settings.MAILBOX, "SITE_URL": settings.SITE_URL}
