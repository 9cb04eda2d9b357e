"""Calendar feeds: a person's private addresses, and what a calendar program reads there."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from exchanges.access import access_exchange_to_follow, access_feed, access_own_feed
from exchanges.actions import feeds
from exchanges.interop.ics import feed_file
from exchanges.models import CalendarFeed

PER_PAGE = 20


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def feed_list(request: HttpRequest) -> HttpResponse:
    """One's addresses; a POST makes the one for all sessions."""
    if request.method == "POST":
        feeds.make_feed(actor=request.user)
        messages.success(request, _("Your address is ready. Copy it into your calendar program."))
        return redirect("feed_list")
    page = Paginator(CalendarFeed.objects.of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"feed": feed, "address": feeds.address_of(feed)} for feed in page]
    for row in rows:
        row["webcal"] = "webcal://" + row["address"].split("://", 1)[1]
    everything = any(row["feed"].exchange_id is None for row in rows)
    context = {"rows": rows, "page_obj": page, "everything": everything, "nav_active": "feed_list"}
    return render(request, "exchanges/feed_list.html", context)


@login_required
@require_POST
def feed_of_exchange(request: HttpRequest, pk: int) -> HttpResponse:
    """An address for one exchange's sessions."""
    exchange = access_exchange_to_follow(request.user, pk)
    feed = feeds.make_feed(actor=request.user, exchange=exchange)
    messages.success(request, _("The address is ready. Copy it into your calendar program."))
    return redirect(f"{reverse('feed_list')}#feed-{feed.pk}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def feed_renew(request: HttpRequest, pk: int) -> HttpResponse:
    feed = access_own_feed(request.user, pk)
    return _ask_once(
        request,
        lambda: feeds.renew_feed(actor=request.user, feed=feed),
        title=_("A new address for “%(feed)s”?") % {"feed": feed},
        text=_("The address you have now stops working at once. Calendars that follow it need the new one."),
        submit=_("Make a new address"),
        done=_("A new address is ready. The one before no longer works."),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def feed_end(request: HttpRequest, pk: int) -> HttpResponse:
    feed = access_own_feed(request.user, pk)
    return _ask_once(
        request,
        lambda: feeds.end_feed(actor=request.user, feed=feed),
        title=_("End the address for “%(feed)s”?") % {"feed": feed},
        text=_("It stops working at once. Calendars that follow it show nothing new; you can make another any time."),
        submit=_("End it"),
        done=_("The address no longer works."),
    )


def _ask_once(request: HttpRequest, act: Callable[[], object], *, done: str, **words: str) -> HttpResponse:
    if request.method == "POST":
        act()
        messages.success(request, done)
        return redirect("feed_list")
    asked = {"cancel_url": reverse("feed_list"), "danger": True, "nav_active": "feed_list", **words}
    return render(request, "exchanges/feed_ask.html", asked)


@require_http_methods(["GET", "HEAD"])
def feed_ics(request: HttpRequest, signed: str) -> HttpResponse:
    """The sessions, for a calendar program that knows the address; it signs in by nothing else."""
    feed = access_feed(signed)
    feeds.note_reading(feed)
    now = timezone.now()
    with translation.override(feed.owner.language):
        name = f"vmobility · {feed}"
        body = feed_file(name, feeds.entries_of(feed, now), now=now)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="vmobility.ics"'
    response["Cache-Control"] = "private, max-age=300"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
