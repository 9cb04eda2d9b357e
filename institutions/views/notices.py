"""The inbox, and the operator's page of mails that did not arrive."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from institutions.access import access_lost_mail, access_lost_mails, access_notice
from institutions.actions import notices, outbox
from institutions.errors import Refused
from institutions.interop.mail import lead_of, subject_of
from institutions.models import Notice

PER_PAGE = 20


@login_required
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    found = Notice.objects.inbox(request.user).select_related("recipient")
    only_unread = request.GET.get("show") == "unread"
    if only_unread:
        found = found.unread()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    for notice in page:
        notice.title, notice.body = subject_of(notice), lead_of(notice)
    tabs = [
        {"label": _("All"), "url": "?", "current": not only_unread},
        {"label": _("Unread"), "url": "?show=unread", "current": only_unread},
    ]
    return render(request, "institutions/notice_list.html", {"page": page, "tabs": tabs, "only_unread": only_unread})


@login_required
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark as read and go to what the notice is about."""
    notice = access_notice(request.user, pk)
    notices.read(actor=request.user, notice=notice)
    return redirect(notice.url if notice.url.startswith("/") else "notice_list")


@login_required
@require_POST
def notice_read_all(request: HttpRequest) -> HttpResponse:
    count = notices.read_all(actor=request.user)
    messages.success(
        request, ngettext("One notice marked as read.", "%(n)s notices marked as read.", count) % {"n": count}
    )
    return redirect("notice_list")


@login_required
@require_safe
def mail_lost(request: HttpRequest) -> HttpResponse:
    """Mails that bounced or were given up, for the platform admin."""
    page = Paginator(access_lost_mails(request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "institutions/mail_lost.html", {"page": page})


@login_required
@require_POST
def mail_send_again(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        outbox.send_again(actor=request.user, notice=access_lost_mail(request.user, pk))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The mail is on its way again."))
    return redirect("mail_lost")
