"""How one wants to be reached: the settings page, and the link at the end of a mail that stops mails like it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from institutions.access import access_stop_link
from institutions.actions import preferences
from institutions.enums import Delivery, NoticeGroup
from institutions.forms.notices import PreferencesForm
from institutions.models import User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings_notices(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, user=request.user, chosen=preferences.choices_by_group(request.user))
    if form.is_valid():
        said = form.cleaned_data
        preferences.change_preferences(
            actor=request.user, groups=form.groups(), digest_at=said["digest_at"], digest_day=said["digest_day"]
        )
        messages.success(request, _("Saved. It holds for what happens from now on."))
        return redirect("settings_notices")
    return render(request, "institutions/settings_notices.html", {"form": form, "nav_active": "settings_notices"})


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mail_stop(request: HttpRequest, token: str) -> HttpResponse:
    """A GET asks, for mail scanners follow links; a POST stops, from the page or by a mail program (RFC 8058).

    The signature in the address is the right to do it: no cookie counts, so no other site can borrow one.
    """
    user, what = access_stop_link(token)
    with override(user.language):
        context = {"what": _name_of(what), "is_digest": what in Delivery.digests(), "whose": _veiled(user)}
        if request.method == "POST" and "undo" in request.POST:
            preferences.resume_mails(actor=user, before=_said_before(request))
            context["state"] = "resumed"
        elif request.method == "POST":
            context["before"] = preferences.stop_mails(actor=user, what=what)
            context["state"] = "stopped"
        return render(request, "institutions/mail_stop.html", context)


def _said_before(request: HttpRequest) -> dict[str, str]:
    pairs = (text.partition(":") for text in request.POST.getlist("before"))
    return {group: email for group, _colon, email in pairs}


def _name_of(what: str) -> str:
    if what in Delivery.digests():
        return _("the daily digest") if what == Delivery.DAILY else _("the weekly digest")
    return str(NoticeGroup(what).label)


def _veiled(user: User) -> str:
    """The address, enough of it to know it by: whoever holds a forwarded mail learns no more."""
    name, _at, host = user.email.rpartition("@")
    return f"{name[:1]}…@{host}"
