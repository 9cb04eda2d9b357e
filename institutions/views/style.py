"""The catalogue of the look: every piece of the pages with real content, for those who build them."""

import datetime as dt

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from institutions import ribbon
from institutions.enums import Kind, PartnershipStatus
from institutions.forms.hours import HoursField
from institutions.forms.zones import ZoneField
from institutions.hours import WeekHours

LONG = "Universidade Federal de Ciências da Saúde, Interculturalidade e Desenvolvimento do Vale do Jequitinhonha"
TEXT = """Mixed teams compare the **Mula-Mutha** and the *Tagus*, then design one intervention for each.

# Weeks 1 and 2
- introduce your river
- agree how the team works, see [the open reader](https://example.org/reader)

> "We had never looked at our river before." A learner in 2025

| Week | Together |
|------|----------|
| 3    | one shared dataset, two readings |
"""


class SampleForm(forms.Form):
    """One field of every kind."""

    title = forms.CharField(label=_("Title"), max_length=120, help_text=_("What you would say in one breath."))
    email = forms.EmailField(label=_("E-mail address"))
    summary = forms.CharField(label=_("Summary"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    kind = forms.ChoiceField(label=_("Kind of institution"), choices=Kind.choices, widget=forms.RadioSelect)
    languages = forms.MultipleChoiceField(
        label=_("Languages you teach in"),
        choices=[("en", "English"), ("pt", "Portuguese"), ("mr", "Marathi"), ("ja", "Japanese")],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "across"}),
        help_text=_("Those in which a learner can follow everything."),
    )
    zone = ZoneField(label=_("Time zone"))
    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=500)
    starts_on = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    reply_by = forms.TimeField(label=_("Reply by"), widget=forms.TimeInput(attrs={"type": "time"}), required=False)
    outline = forms.FileField(label=_("Course outline"), required=False)
    agree = forms.BooleanField(
        label=_("I may sign for my institution"), help_text=_("Your name stands on the agreement.")
    )


class SampleHoursForm(forms.Form):
    hours = HoursField(label=_("Hours you can meet live"), help_text=_("On your own clock."))


def _refused() -> SampleForm:
    sent = {"title": "Water in cities", "email": "bruno@", "places": "0", "kind": "hei", "zone": "Europe/Lisbon"}
    return SampleForm(sent, auto_id="bad_%s")


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """The pieces; `?dir=rtl` shows them as a reader of Arabic would see them."""
    if not (settings.DEBUG or settings.EMBEDDED):
        raise Http404
    if request.GET.get("dir") == "rtl":
        with translation.override("ar"):
            return _page(request)
    return _page(request)


def _page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate()
    viewer = ribbon.Place(getattr(request, "zone", None) or "Europe/Lisbon")
    cities = [
        ribbon.Place(zone)
        for zone in ("Europe/Lisbon", "Asia/Kolkata", "Africa/Nairobi", "America/Sao_Paulo", "Pacific/Auckland")
    ]
    lisbon = ribbon.Place("Europe/Lisbon").tz
    tuesday = today + dt.timedelta(days=(1 - today.weekday()) % 7)
    nine = dt.datetime.combine(tuesday, dt.time(9), lisbon)
    series = [
        dt.datetime.combine(
            dt.date(2026, 10, 13) + dt.timedelta(weeks=n), dt.time(13, 30), ribbon.Place("Asia/Kolkata").tz
        )
        for n in range(6)
    ]
    hours = WeekHours.daily("13:30", "15:30", range(4)) | WeekHours.daily("18:00", "20:00", (1, 3))
    far = [
        ribbon.Place("Pacific/Auckland", "Te Herenga Waka, Wellington"),
        ribbon.Place("Asia/Kathmandu"),
        ribbon.Place("Pacific/Honolulu"),
    ]
    messages.success(request, _("Your offer is published."))
    messages.warning(request, _("Two of five institutions have not signed yet."))
    return render(
        request,
        "institutions/style.html",
        {
            "now": now,
            "soon": now + dt.timedelta(hours=3, minutes=55),
            "later": now + dt.timedelta(days=9),
            "before": now - dt.timedelta(days=1, hours=2),
            "today": today,
            "until": today + dt.timedelta(days=46),
            "long": LONG,
            "text": TEXT,
            "crumbs": [(_("Offers"), "/offers/"), (_("Water in cities"), "/offers/1/"), (_("Partners"), "")],
            "ribbon": ribbon.for_slots(viewer, cities, [ribbon.Slot(nine, 90)]),
            "notes": ribbon.clock_notes(cities[:3], series),
            "week_ribbon": ribbon.for_week(
                viewer, [ribbon.Place("Asia/Kolkata", "Pune")], hours, "Asia/Kolkata", today
            ),
            "far_ribbon": ribbon.for_slots(
                viewer,
                far,
                [ribbon.Slot(nine + dt.timedelta(minutes=minutes), 60) for minutes in (-480, -60, 60, 660)],
            ),
            "hours": hours,
            "hours_zone": "Asia/Kolkata",
            "states": list(PartnershipStatus),
            "form": SampleForm(initial={"zone": "Asia/Kolkata"}),
            "bad_form": _refused(),
            "hours_form": SampleHoursForm(initial={"hours": hours}),
            "steps": [
                {"label": _("Basics"), "url": "?step=1", "state": "done"},
                {"label": _("People"), "url": "?step=2", "state": "done"},
                {"label": _("Time"), "url": "?step=3", "state": "current"},
                {"label": _("Recognition"), "url": "", "state": "todo"},
                {"label": _("Check and publish"), "url": "", "state": "todo"},
            ],
            "tabs": [
                {"label": _("Overview"), "url": "?", "current": True},
                {"label": _("Enrolments"), "url": "?tab=2", "count": 38},
                {"label": _("Groups"), "url": "?tab=3", "count": 12},
                {"label": _("Sessions"), "url": "?tab=4"},
                {"label": _("History"), "url": "?tab=5"},
            ],
            "reasons": [
                {
                    "label": _("Shared live hours"),
                    "share": 0.86,
                    "text": _("5 starts in every week, clock changes counted"),
                },
                {"label": _("Field and topic"), "share": 0.92, "text": _("same field, close topics")},
                {"label": _("Weeks in common"), "share": 0.78, "text": _("9 of 10, one holiday")},
                {"label": _("Language"), "share": 1.0, "text": _("both teach in English, B2 or better")},
            ],
            "history": [
                {"actor": "Ines Carvalho", "text": _("signed version 2"), "at": now, "note": ""},
                {
                    "actor": "Ishaan Kulkarni",
                    "text": _("sent it back"),
                    "at": now - dt.timedelta(days=2),
                    "note": _("Please name the transcript deadline."),
                },
                {
                    "actor": "",
                    "text": _("Drafted when the pairing was accepted"),
                    "at": now - dt.timedelta(days=5),
                    "note": "",
                },
            ],
            "notices": [
                {
                    "title": _("Pune accepted your invitation"),
                    "body": _("Next: sign the partnership."),
                    "created_at": now,
                    "read_at": None,
                    "url": "/",
                },
                {
                    "title": _("Your place is confirmed"),
                    "body": "",
                    "created_at": now - dt.timedelta(days=3),
                    "read_at": now,
                    "url": "/",
                },
            ],
            "page": Paginator(range(400), 20).get_page(request.GET.get("page", 7)),
        },
    )
