"""The language and the time zone of whoever asks."""

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from institutions import manners

ZONE_COOKIE = "zone"
UTC = ZoneInfo("UTC")


@cache
def zone_names() -> frozenset[str]:
    """All names that a cookie may hold; checked first, because ZoneInfo reads files by name."""
    return frozenset(available_timezones())


def zone_named(name: str | None) -> ZoneInfo:
    """The IANA zone of this name, or UTC where there is none."""
    return ZoneInfo(name) if name in zone_names() else UTC


class LanguageAndZoneMiddleware:
    """Activate the signed-in person's language, zone and manners, or those of a visitor's browser and `zone` cookie.

    `request.zone` is the ZoneInfo in which the page shows its times.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            language, zone = user.language, zone_named(user.zone)
            custom = manners.manners_of(zone.key, user.clock_style, user.week_start)
        else:
            language = translation.get_language_from_request(request)
            zone = zone_named(request.COOKIES.get(ZONE_COOKIE))
            custom = manners.manners_of(zone.key)
        request.zone = zone  # type: ignore[attr-defined]
        request.LANGUAGE_CODE = language
        with translation.override(language), timezone.override(zone), manners.override(custom):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        if user.is_authenticated:
            # Made for this person: a cache on the way keeps none of it, whatever it makes of Vary.
            response.headers.setdefault("Cache-Control", "private")
        return response
