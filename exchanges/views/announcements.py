"""Announcements: writing one, the list, and how far one has got."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchanges.access import access_announcement, access_announcements
from exchanges.actions import announcements
from exchanges.forms.announcements import AnnouncementForm
from exchanges.forms.fields import add_refusal
from exchanges.models import Announcement
from institutions.errors import Refused

PER_PAGE = 20


@login_required
@require_safe
def announcement_list(request: HttpRequest) -> HttpResponse:
    found = access_announcements(request.user).for_list()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "nav_active": "announcement_list"}
    return render(request, "exchanges/announcement_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def announcement_new(request: HttpRequest) -> HttpResponse:
    """Write one; it is shown with the number of people before it goes out."""
    access_announcements(request.user)
    exchanges, institutions, everybody = announcements.audiences_of(request.user)
    initial = {"audience": request.GET.get("to", "")}
    form = AnnouncementForm(
        request.POST or None, initial=initial, exchanges=exchanges, institutions=institutions, everybody=everybody
    )
    context = {"form": form, "nav_active": "announcement_list", "crumbs": _crumbs(_("New announcement"))}
    if form.is_valid():
        said = {"title": form.cleaned_data["title"], "text": form.cleaned_data["text"], **form.target()}
        if "send" in request.POST:
            try:
                made = announcements.announce(actor=request.user, **said)
            except Refused as refused:
                add_refusal(form, refused)
            else:
                messages.success(request, _("It is on its way."))
                return redirect("announcement_detail", made.pk)
        elif "change" not in request.POST:
            draft = Announcement(author=request.user, **said)
            context |= {"draft": draft, "count": draft.people().count()}
    return render(request, "exchanges/announcement_new.html", context)


@login_required
@require_safe
def announcement_detail(request: HttpRequest, pk: int) -> HttpResponse:
    announcement = access_announcement(request.user, pk)
    context = {"announcement": announcement, "crumbs": _crumbs(announcement.title), "label": _label(announcement)}
    return render(request, "exchanges/announcement_detail.html", context)


@login_required
@require_safe
def announcement_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that is asked for again while it is on its way."""
    announcement = access_announcement(request.user, pk)
    context = {"announcement": announcement, "label": _label(announcement)}
    return render(request, "exchanges/_announcement_progress.html", context)


@login_required
@require_POST
def announcement_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        stopped = announcements.cancel(actor=request.user, announcement=access_announcement(request.user, pk))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        said = ngettext("Stopped. %(n)s person was told.", "Stopped. %(n)s people were told.", stopped.told)
        messages.success(request, said % {"n": stopped.told})
    return redirect("announcement_detail", pk)


def _label(announcement: Announcement) -> str:
    return _("People told") if announcement.told else _("Waiting for a worker")


def _crumbs(last: str) -> list[tuple[str, str]]:
    return [(_("Announcements"), reverse("announcement_list")), (last, "")]
