"""Matching runs: the list, one run with all that explains it, and what one may do about it."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exchanges import run_words
from exchanges.access import access_run, access_runs
from exchanges.actions import carry_out, runs
from exchanges.enums import RunKind, RunStatus
from exchanges.forms.runs import RunFilterForm
from exchanges.models import Run
from institutions.errors import Refused

PER_PAGE = 50


@login_required
@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """The runs about what the person coordinates, newest first; all of them for platform admins."""
    form = RunFilterForm(request.GET)
    found = form.filtered(access_runs(request.user).for_list())
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page, "filtered": form.is_filtered(), "nav_active": "run_list"}
    return render(request, "exchanges/run_list.html", context)


@login_required
@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    run = access_run(request.user, pk)
    tone, verdict = run_words.verdict(run)
    given = run.repeats or run
    return render(
        request,
        "exchanges/run_detail.html",
        {
            "run": run,
            "label": run_words.at_work(run),
            "results": run_words.results(run),
            "result_page": run_words.result_page(run) if _may_open_result(request, run) else "",
            "took": run_words.duration(run.took.total_seconds()) if run.took else "",
            "tone": tone,
            "verdict": verdict,
            "versions": sorted(run.versions.items()),
            "changed": run_words.changed_versions(run),
            "has_input": bool(given.snapshot.get("file")),
            "confidential": runs.has_confidential(given),
            "command": f"manage.py match {carry_out.engine_of(run)} {_file_name(given)} --output out.json"
            f" --seed {given.seed} --explain",
            "repeatable": run.status == RunStatus.FINISHED and run.outcome is not None and run.kind != RunKind.REPEAT,
            "repetitions": run.repetitions.select_related("requested_by")[:10],
            "nav_active": "run_list",
            "crumbs": [(_("Runs"), reverse("run_list"))],
        },
    )


def _may_open_result(request: HttpRequest, run: Run) -> bool:
    """Pages of results are the coordinators'; a platform admin may look at the run alone."""
    if run.kind in (RunKind.REPEAT, RunKind.PAIRINGS):
        return True
    return Run.objects.coordinated_by(request.user).filter(pk=run.pk).exists()


@login_required
@require_safe
def run_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, for the page that waits for it; once it is over, the page is shown again."""
    run = access_run(request.user, pk)
    response = render(request, "exchanges/_run_work.html", {"run": run, "label": run_words.at_work(run)})
    if not run.is_at_work:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_safe
def run_input(request: HttpRequest, pk: int) -> HttpResponse:
    """What the engine was given, as a file for `manage.py match`."""
    run = access_run(request.user, pk)
    given = run.repeats or run
    text = json.dumps(runs.public_input_of(given), ensure_ascii=False, indent=1)
    return HttpResponse(
        text,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{_file_name(given)}"'},
    )


def _file_name(run: Run) -> str:
    return f"{carry_out.engine_of(run)}-{run.pk}.json"


@login_required
@require_POST
def run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = access_run(request.user, pk)
    if runs.cancel(actor=request.user, run=run):
        messages.success(request, _("Stopped. Nothing of this run is kept; what was there before stays."))
    else:
        messages.info(request, _("It was over already."))
    return _back(request, run)


def _back(request: HttpRequest, run: Run) -> HttpResponse:
    """To the page where the button was pressed."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None) or not target.startswith("/"):
        target = run.get_absolute_url()
    return redirect(target)


@login_required
@require_POST
def run_again(request: HttpRequest, pk: int) -> HttpResponse:
    return _ask_for_another(request, pk, carry_out.ask_again)


@login_required
@require_POST
def run_repeat(request: HttpRequest, pk: int) -> HttpResponse:
    return _ask_for_another(request, pk, runs.repeat)


def _ask_for_another(request: HttpRequest, pk: int, act) -> HttpResponse:
    run = access_run(request.user, pk)
    try:
        run = act(actor=request.user, run=run)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(run.get_absolute_url())
