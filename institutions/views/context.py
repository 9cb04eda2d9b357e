"""What the top bar shows of the person."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from institutions.models import Notice


def person(request: HttpRequest) -> dict[str, object]:
    """`unread_notices`: how many, counted only when a page shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"unread_notices": 0}
    return {"unread_notices": SimpleLazyObject(lambda: Notice.objects.inbox(user).unread().count())}
