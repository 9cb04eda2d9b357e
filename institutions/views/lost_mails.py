"""The operator's page: mails that did not arrive, what became of each try, and sending them again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from institutions.access import access_lost_mail, access_lost_mails
from institutions.actions import outbox
from institutions.errors import Refused
from institutions.forms.notices import LostMailFilterForm
from institutions.interop.mail import message_id, shown
from institutions.models import Notice

PER_PAGE = 20


@login_required
@require_safe
def mail_lost(request: HttpRequest) -> HttpResponse:
    """Mails that bounced or were given up, for platform admins."""
    form = LostMailFilterForm(request.GET)
    found = form.filtered(access_lost_mails(request.user))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": page,
        "form": form,
        "filtered": form.is_filtered(),
        "query": query.urlencode(),
        "figures": Notice.objects.figures(timezone.now()),
        "crumbs": None,
    }
    return render(request, "institutions/mail_lost.html", context)


@login_required
@require_safe
def mail_lost_detail(request: HttpRequest, pk: int) -> HttpResponse:
    notice = access_lost_mail(request.user, pk)
    with translation.override(notice.recipient.language):
        title, lead = shown(notice)
    context = {
        "mail": notice,
        "subject": title,
        "lead": lead,
        "tries": notice.tries.all()[:50],
        "message_id": message_id(notice),
        "parts": notice.parts.count() if notice.kind == "digest" else 0,
        "crumbs": [(_("Mails that did not arrive"), reverse("mail_lost")), (title, "")],
    }
    return render(request, "institutions/mail_lost_detail.html", context)


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


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mail_all_again(request: HttpRequest) -> HttpResponse:
    """Send all that a filter leaves once more, after asking."""
    form = LostMailFilterForm(QueryDict(request.META.get("QUERY_STRING", "")))
    found = form.filtered(access_lost_mails(request.user))
    if request.method == "POST":
        count = outbox.send_all_again(actor=request.user, found=found)
        said = ngettext("%(n)s mail is on its way again.", "%(n)s mails are on their way again.", count)
        messages.success(request, said % {"n": count})
        return redirect("mail_lost")
    count = found.count()
    asked = ngettext("Send %(n)s mail again?", "Send %(n)s mails again?", count) % {"n": count}
    context = {
        "title": asked,
        "text": _("Each is tried anew, as often as the first time."),
        "submit": _("Send again"),
        "cancel_url": reverse("mail_lost"),
    }
    return render(request, "institutions/confirm.html", context)
