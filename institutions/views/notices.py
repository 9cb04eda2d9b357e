"""The inbox."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from institutions.access import access_notice
from institutions.actions import notices
from institutions.enums import NoticeGroup
from institutions.interop.mail import shown
from institutions.models import Notice
from institutions.notice_kinds import KINDS, kinds_of

PER_PAGE = 20


@login_required
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """Newest first; `?show=unread` and `?about=<group>` narrow it."""
    mine = Notice.objects.inbox(request.user)
    only_unread = request.GET.get("show") == "unread"
    about = _group(request.GET.get("about", ""))
    unread_by_group = _unread_by_group(mine)
    found = mine.unread() if only_unread else mine
    if about:
        found = found.filter(kind__in=kinds_of(about))
    page = Paginator(found.select_related("recipient"), PER_PAGE).get_page(request.GET.get("page"))
    for notice in page:
        notice.title, notice.body = shown(notice)
        kind = KINDS.get(notice.kind)
        notice.about = kind.group.label if kind else ""
    context = {
        "page": page,
        "only_unread": only_unread,
        "about": about,
        "tabs": [
            {"label": _("All"), "url": _address(about=about), "current": not only_unread},
            {
                "label": _("Unread"),
                "url": _address(about=about, show="unread"),
                "current": only_unread,
                "count": unread_by_group.get(about, 0) if about else sum(unread_by_group.values()),
            },
        ],
        "groups": [(group, unread_by_group.get(group, 0)) for group in NoticeGroup],
        "unread_notices": sum(unread_by_group.values()),  # the top bar need not count again
        "has_unread": bool(unread_by_group.get(about, 0) if about else unread_by_group),
    }
    return render(request, "institutions/notice_list.html", context)


def _group(name: str) -> str:
    return name if name in NoticeGroup.values else ""


def _unread_by_group(mine) -> dict[str, int]:
    counts: dict[str, int] = {}
    for kind, number in mine.unread().by_kind():
        group = KINDS[kind].group if kind in KINDS else ""
        counts[group] = counts.get(group, 0) + number
    return counts


def _address(**asked: str) -> str:
    said = "&".join(f"{name}={value}" for name, value in asked.items() if value)
    return f"?{said}"


@login_required
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark as read and go to what the notice is about."""
    notice = access_notice(request.user, pk)
    notices.read(actor=request.user, notice=notice)
    return redirect(notice.url if notice.url.startswith("/") else "notice_list")


@login_required
@require_POST
def notice_mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Turn read into unread and back, and stay on the list."""
    notice = access_notice(request.user, pk)
    if "unread" in request.POST:
        notices.unread(actor=request.user, notice=notice)
    else:
        notices.read(actor=request.user, notice=notice)
    return redirect(_back(request))


@login_required
@require_POST
def notice_read_all(request: HttpRequest) -> HttpResponse:
    about = _group(request.POST.get("about", ""))
    count = notices.read_all(actor=request.user, kinds=kinds_of(about) if about else None)
    messages.success(
        request, ngettext("One notice marked as read.", "%(n)s notices marked as read.", count) % {"n": count}
    )
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page of the inbox on which the button was."""
    target = request.POST.get("next", "")
    inbox = reverse("notice_list")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.isprintable()
    return target if safe and (target == inbox or target.startswith(f"{inbox}?")) else inbox
