"""A matching run in words: what it is about, what came of it, and with what it was worked out."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exchanges.actions.runs import versions
from exchanges.enums import ExchangeStatus, RunKind
from exchanges.models import Run

Figures = dict[str, Any]

AT_WORK = {
    RunKind.PARTNERS: gettext_lazy("Looking for partners"),
    RunKind.GROUPS: gettext_lazy("Forming the groups"),
    RunKind.LATE: gettext_lazy("Looking for groups for those without one"),
    RunKind.REGROUP: gettext_lazy("Working out what would have to move"),
    RunKind.PAIRINGS: gettext_lazy("Pairing all open offers"),
    RunKind.SEATS: gettext_lazy("Giving the places"),
    RunKind.SLOTS: gettext_lazy("Working out the hours"),
    RunKind.REPEAT: gettext_lazy("Repeating the run"),
}


def at_work(run: Run) -> str:
    """What its worker is doing."""
    return str(AT_WORK.get(RunKind(run.kind), _("Working")))


def result_page(run: Run) -> str:
    """Where the result is used."""
    if run.repeats_id:
        return reverse("run_detail", args=[run.repeats_id])
    if run.kind == RunKind.PAIRINGS:
        return reverse("pairing_plan")
    if run.kind == RunKind.SLOTS and run.exchange_id:
        return reverse("exchange_sessions", args=[run.exchange_id])
    if run.offer_id:
        return reverse("suggestion_list", args=[run.offer_id])
    if run.exchange_id and run.kind in (RunKind.LATE, RunKind.REGROUP):
        return reverse("group_changes", args=[run.exchange_id])
    if run.exchange_id:
        return reverse("exchange_groups", args=[run.exchange_id])
    return run.intake.get_absolute_url() if run.intake else ""


def results(run: Run) -> list[tuple[str, str]]:
    """What came of it: label and value, those that are known."""
    rows = _RESULTS.get(RunKind(run.kind), _any)(run.figures)
    return [(label, text) for label, text in rows if text]


def verdict(run: Run) -> tuple[str, str]:
    """For a repetition: tone and sentence; empty for any other run, and while it is at work."""
    if run.kind != RunKind.REPEAT or "same" not in run.figures:
        return "", ""
    if run.figures["same"]:
        return "good", _("The repetition found exactly what the run had found.")
    text = ngettext(
        "The repetition differs in %s row of the result.", "The repetition differs in %s rows of the result.",
        run.figures["differing"],
    ) % run.figures["differing"]  # fmt: skip
    original = run.repeats
    changed = changed_versions(original) if original else []
    if changed:
        text += " " + _("Since then these have changed: %s.") % ", ".join(changed)
    return "warn", text


def changed_versions(run: Run) -> list[str]:
    """What the platform works with now, where that is not what the run worked with: "numpy 2.1 (then 2.0)"."""
    now = versions()
    return [
        _("%(name)s %(now)s (then %(then)s)") % {"name": name, "now": now[name], "then": then}
        for name, then in run.versions.items()
        if name in now and now[name] != then
    ]


def duration(seconds: float) -> str:
    if seconds < 1:
        return _("less than a second")
    if seconds < 90:
        return ngettext("%s second", "%s seconds", round(seconds)) % round(seconds)
    return ngettext("%s minute", "%s minutes", round(seconds / 60)) % round(seconds / 60)


# Figures -------------------------------------------------------------------------------------------------------------


def _number(figures: Figures, name: str) -> str:
    value = figures.get(name)
    return "" if value is None else number_format(value, use_l10n=True)


def _fit(figures: Figures, name: str) -> str:
    value = figures.get(name)
    return "" if value is None else _("%s of 100") % round(value * 100)


def _partners(figures: Figures) -> list[tuple[str, str]]:
    return [
        (_("Offers compared"), _number(figures, "offers")),
        (_("Institutions without an offer compared"), _number(figures, "institutions")),
        (_("Partners suggested"), _number(figures, "suggested")),
    ]


def _pairings(figures: Figures) -> list[tuple[str, str]]:
    total, bound = figures.get("total"), figures.get("bound")
    return [
        (_("Offers compared"), _number(figures, "offers")),
        (_("Pairs that fit"), _number(figures, "pairs")),
        (_("Pairings proposed"), _number(figures, "pairings")),
        (_("Total fit"), "" if total is None else number_format(total, decimal_pos=1, use_l10n=True)),
        (_("Reached of what no plan can exceed"), _("%s %%") % f"{100 * total / bound:.1f}" if total and bound else ""),
    ]


def _groups(figures: Figures) -> list[tuple[str, str]]:
    if "skipped" in figures:
        state = ExchangeStatus(figures["skipped"]).label
        return [(_("Nothing was done"), _("The exchange was: %s.") % state)]
    return [
        (_("People"), _number(figures, "people")),
        (_("Groups"), _number(figures, "groups")),
        (_("People without a group"), _number(figures, "unplaced")),
        (_("Groups that break a rule"), _number(figures, "broken")),
        (_("Groups of one institution"), _number(figures, "one_institution")),
        (_("Wishes to be together that were left"), _number(figures, "together_dropped")),
        (_("Fit of the worst group"), _fit(figures, "worst")),
        (_("Mean fit"), _fit(figures, "mean")),
        (_("First sessions proposed"), _number(figures, "sessions")),
        (_("Kinds of weeks (clock changes)"), _number(figures, "week_patterns")),
    ]


def _changes(figures: Figures) -> list[tuple[str, str]]:
    decided = {"applied": _("The changes were applied."), "discarded": _("The changes were discarded.")}
    return [
        (_("People"), _number(figures, "people")),
        (_("Groups"), _number(figures, "groups")),
        (_("People who would get a group"), _number(figures, "placed")),
        (_("People who would change their group"), _number(figures, "moved")),
        (_("People without a group"), _number(figures, "unplaced")),
        (_("Decision"), decided.get(figures.get("decided", ""), _("None yet"))),
    ]


def _repeat(figures: Figures) -> list[tuple[str, str]]:
    return [
        (_("Rows of the result compared"), _number(figures, "rows")),
        (_("Rows that differ"), _number(figures, "differing")),
    ]


def _any(figures: Figures) -> list[tuple[str, str]]:
    """Of kinds that have no words of their own: the numbers under their names."""
    return [
        (name.replace("_", " "), number_format(value, use_l10n=True))
        for name, value in figures.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]


_RESULTS: dict[RunKind, Callable[[Figures], list[tuple[str, str]]]] = {
    RunKind.PARTNERS: _partners,
    RunKind.PAIRINGS: _pairings,
    RunKind.GROUPS: _groups,
    RunKind.LATE: _changes,
    RunKind.REGROUP: _changes,
    RunKind.REPEAT: _repeat,
}
