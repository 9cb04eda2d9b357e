"""How partners are ranked on this platform: for its admins to look at, change and put back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exchanges.access import access_matching_settings
from exchanges.actions.weights import change_weights, reset_weights
from exchanges.forms.fields import add_refusal, posted
from exchanges.forms.weights import WeightsForm
from exchanges.models import RankingWeights
from institutions.errors import Refused


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def weights_edit(request: HttpRequest) -> HttpResponse:
    access_matching_settings(request.user)
    weights = RankingWeights.current()
    form = WeightsForm(posted(request), weights=weights)
    if form.is_valid():
        try:
            change_weights(actor=request.user, points=form.points)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. Whoever looks for partners from now on is ranked by this."))
            return redirect("weights_edit")
    crumbs = [(_("Pairings for all"), reverse("pairing_plan"))]
    context = {"form": form, "weights": weights, "nav_active": "run_list", "crumbs": crumbs}
    return render(request, "exchanges/weights_edit.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def weights_reset(request: HttpRequest) -> HttpResponse:
    """Asks once: what was set by hand is gone afterwards."""
    access_matching_settings(request.user)
    if request.method == "POST":
        reset_weights(actor=request.user)
        messages.success(request, _("The usual weights hold again."))
        return redirect("weights_edit")
    context = {"nav_active": "run_list", "crumbs": [(_("How partners are ranked"), reverse("weights_edit"))]}
    return render(request, "exchanges/weights_reset.html", context)
