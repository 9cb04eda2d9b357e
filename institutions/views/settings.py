"""A person's own settings, and the time zone of a visitor."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.authtoken.models import Token

from institutions import isced, places
from institutions.actions import learners, tokens
from institutions.forms.learners import LearnerProfileForm
from institutions.forms.settings import MoveForm, SettingsForm
from institutions.models import LearnerProfile, User
from institutions.views.middleware import ZONE_COOKIE, zone_named

YEAR = 365 * 24 * 3600


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings_profile(request: HttpRequest) -> HttpResponse:
    # A copy: a refused form must not change the name and zone that the page itself shows.
    form = SettingsForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if form.is_valid():
        changes = dict(form.cleaned_data)
        moves = changes["zone"] != request.user.zone and learners.has_hours(request.user)
        zone = changes.pop("zone") if moves else ""
        user = learners.change_settings(actor=request.user, **changes)
        with override(user.language):
            messages.success(request, _("Your settings are saved."))
        return redirect(_ask_about(zone) if moves else "settings_profile")
    return render(request, "institutions/settings_profile.html", {"form": form, "nav_active": "settings_profile"})


def _ask_about(zone: str, back: str = "") -> str:
    """Where a person who has hours is asked what becomes of them in another zone."""
    return reverse("settings_move") + "?" + urlencode({"zone": zone, **({"next": back} if back else {})})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings_move(request: HttpRequest) -> HttpResponse:
    """Another zone: keep the hours on one's own clock, or the instants? Both are shown first."""
    asked = request.POST if request.method == "POST" else request.GET
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        initial={"zone": request.GET.get("zone"), "keep": MoveForm.LOCAL},
    )
    back = _ours(request, asked.get("next", ""), reverse("settings_profile"))
    if form.is_valid():
        keep_instants = form.cleaned_data["keep"] == MoveForm.INSTANTS
        learners.move_to(actor=request.user, zone=form.cleaned_data["zone"], keep_instants=keep_instants)
        messages.success(request, _("Your time zone is changed."))
        return HttpResponseRedirect(back)
    zone = zone_named(asked.get("zone"))
    if zone.key != asked.get("zone") or zone.key == request.user.zone:
        return HttpResponseRedirect(back)
    context = {
        "form": form,
        "zone": zone.key,
        "next": back,
        "now": timezone.now(),
        "local": learners.kept_local(request.user),
        "instants": learners.kept_instants(request.user, zone.key),
        "humane": request.user.humane_hours,
        "nav_active": "settings_profile",
    }
    return render(request, "institutions/settings_move.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings_hours(request: HttpRequest) -> HttpResponse:
    profile = LearnerProfile.objects.filter(user=request.user).first() or LearnerProfile(user=request.user)
    form = LearnerProfileForm(
        request.POST or None,
        instance=profile,
        field_choices=isced.grouped_choices(),
        language_choices=places.languages(),
    )
    if form.is_valid():
        names = ("hours", "languages", "field", "level", "esi")
        learners.change_learner_profile(actor=request.user, **{name: form.cleaned_data[name] for name in names})
        messages.success(request, _("Saved. Groups will be formed around these hours."))
        return redirect("settings_hours")
    context = {
        "form": form,
        "beyond": profile.hours - request.user.limit_hours,  # type: ignore[operator]  # the field is a text
        "nav_active": "settings_hours",
    }
    return render(request, "institutions/settings_hours.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def settings_api(request: HttpRequest) -> HttpResponse:
    """Make or revoke one's API key; a new key is shown once, on the page that answers."""
    key = ""
    if request.method == "POST" and "revoke" in request.POST:
        tokens.revoke_token(actor=request.user)
        messages.success(request, _("The key no longer works."))
        return redirect("settings_api")
    if request.method == "POST":
        key = tokens.make_token(actor=request.user)
    token = Token.objects.filter(user=request.user).first()
    context = {"key": key, "token": token, "nav_active": "settings_api"}
    return render(request, "institutions/settings_api.html", context)


@require_POST
def zone_choose(request: HttpRequest) -> HttpResponse:
    """Keep a visitor's time zone in a cookie; a signed-in person's is a setting."""
    target = _ours(request, request.POST.get("next", ""), "/")
    response = HttpResponseRedirect(target)
    name = request.POST.get("zone", "").strip().replace(" ", "_")
    zone = zone_named(name)
    if zone.key != name:
        messages.error(request, _("There is no time zone of that name. Try Europe/Lisbon or Asia/Kolkata."))
    elif request.user.is_authenticated and zone.key != request.user.zone and learners.has_hours(request.user):
        return redirect(_ask_about(zone.key, target))
    elif request.user.is_authenticated:
        learners.change_settings(actor=request.user, zone=zone.key)
    else:
        response.set_cookie(ZONE_COOKIE, zone.key, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


def _ours(request: HttpRequest, target: str, otherwise: str) -> str:
    """An address of this site that a form names, from its root on."""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe and target.startswith("/") else otherwise
