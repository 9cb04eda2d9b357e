"""Every address of the platform, tried by everybody: a visitor, a stranger from elsewhere (Chie), a learner (Emil), a
coordinator (Bruno), an institution admin (Ines) and a platform admin (Root).

`MATRIX` says what each gets, for every pattern of the resolver; one that isn't in it fails the test. What it can't say
holds everywhere: no 5xx, no GET that writes, nothing unescaped, no secret, no form without CSRF, nothing a shared cache
may keep of what was made for a person.
"""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from exchanges.actions.feeds import address_of
from institutions.enums import InstitutionStatus, MembershipStatus, NoticeGroup
from institutions.interop.stop_links import stop_path
from tests.scene import JOIN_SECRET, MAIL_NAME, UNESCAPED, build_scene, write_mail

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

PEOPLE = ("visitor", "chie", "emil", "bruno", "ines", "root")
UNKNOWN = 2**62 + 1  # a number that a database holds, but no row has
BEYOND = 10**30  # one that no database holds

# For each pattern: the object of the scene whose number (or slug) stands in it; what a GET and an empty POST answer to
# visitor, Chie, Emil, Bruno, Ines and Root. One code stands for all six. A visitor's 302 leads to signing in.
MATRIX = {
    "style/": (None, 200, 405),
    "settings/": (None, "302 200 200 200 200 200", "302 200 200 200 200 200"),
    "settings/zone/": (None, 302, 302),
    "settings/away/": (None, "302 200 200 200 200 200", "302 200 200 200 200 200"),
    "settings/away/put-back/": (None, "302 405 405 405 405 405", 302),
    "settings/away/<int:pk>/": ("absence", "302 404 200 404 404 404", "302 404 200 404 404 404"),
    "settings/away/<int:pk>/remove/": ("absence", "302 405 405 405 405 405", "302 404 302 404 404 404"),
    "settings/busy/": (None, "302 200 200 200 200 200", "302 200 200 200 200 200"),
    "settings/busy/state/": (None, "302 200 200 200 200 200", "302 405 405 405 405 405"),
    "settings/busy/<int:pk>/remove/": ("busy", "302 404 200 404 404 404", "302 404 302 404 404 404"),
    "settings/busy/<int:pk>/read/": ("busy", "302 405 405 405 405 405", "302 404 302 404 404 404"),
    "settings/hours/": (None, "302 200 200 200 200 200", "302 200 200 200 200 200"),
    "settings/calendar/": (None, "302 200 200 200 200 200", 302),
    "exchanges/<int:pk>/calendar/": ("running", "302 405 405 405 405 405", "302 404 302 302 404 404"),
    "calendar/<int:pk>/renew/": ("feed", "302 404 200 404 404 404", "302 404 302 404 404 404"),
    "calendar/<int:pk>/end/": ("feed", "302 404 200 404 404 404", "302 404 302 404 404 404"),
    "calendar/<str:signed>.ics": ("feed", 200, 405),
    "settings/api/": (None, "302 200 200 200 200 200", "302 200 200 200 200 200"),
    "settings/notices/": (None, "302 200 200 200 200 200", "302 200 200 200 200 200"),
    "zone/": (None, 405, 302),
    "inbox/": (None, "302 200 200 200 200 200", "302 405 405 405 405 405"),
    "inbox/read/": (None, "302 405 405 405 405 405", 302),
    "inbox/<int:pk>/": ("notice", "302 404 404 302 404 404", "302 404 404 302 404 404"),
    "inbox/<int:pk>/mark/": ("notice", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "mail/stop/<str:token>/": (None, 200, 200),
    "mail/lost/again/": (None, "302 404 404 404 404 200", "302 404 404 404 404 302"),
    "mail/lost/<int:pk>/": ("lost", "302 404 404 404 404 200", "302 405 405 405 405 405"),
    "mail/lost/": (None, "302 404 404 404 404 200", "302 405 405 405 405 405"),
    "mail/lost/<int:pk>/again/": ("lost", "302 405 405 405 405 405", "302 404 404 404 404 302"),
    "institutions/": (None, 200, 405),
    "institutions/register/": (None, "302 200 200 200 200 200", "302 200 200 200 200 200"),
    "institutions/zone/": (None, 200, 405),
    "institutions/<slug:slug>/": ("lisbon", 200, 405),
    "institutions/<slug:slug>/edit/": ("lisbon", "302 404 404 404 200 404", "302 404 404 404 200 404"),
    "institutions/<slug:slug>/domains/": ("lisbon", "302 405 405 405 405 405", "302 404 404 404 404 302"),
    "institutions/<slug:slug>/suspend/": ("lisbon", "302 404 404 404 404 200", "302 404 404 404 404 200"),
    "institutions/<slug:slug>/restore/": ("lisbon", "302 404 404 404 404 200", "302 404 404 404 404 200"),
    "institutions/<slug:slug>/join/": ("lisbon", "302 200 200 200 200 200", "302 200 200 200 200 200"),
    "institutions/<slug:slug>/members/": ("lisbon", "302 404 404 404 200 200", "302 405 405 405 405 405"),
    "institutions/<slug:slug>/calendar/": ("lisbon", 200, 405),
    "institutions/<slug:slug>/calendar/new/": ("lisbon", "302 404 404 200 200 404", "302 404 404 200 200 404"),
    "institutions/<slug:slug>/calendar/file/": ("lisbon", "302 404 404 200 200 404", "302 404 404 200 200 404"),
    "institutions/<slug:slug>/calendar/file/check/": ("lisbon", "302 404 404 302 302 404", "302 404 404 302 302 404"),
    "institutions/<slug:slug>/calendar/put-back/": ("lisbon", "302 405 405 405 405 405", "302 404 404 302 302 404"),
    "institutions/<slug:slug>/calendar/<int:pk>/": ("period", "302 404 404 200 200 404", "302 404 404 200 200 404"),
    "institutions/<slug:slug>/calendar/<int:pk>/remove/": (
        "period",
        "302 405 405 405 405 405",
        "302 404 404 302 302 404",
    ),
    "memberships/": (None, "302 200 200 200 200 200", "302 405 405 405 405 405"),
    "memberships/queue/": (None, "302 404 404 404 200 404", "302 405 405 405 405 405"),
    "memberships/<int:pk>/decide/": ("request", "302 405 405 405 405 405", "302 404 404 404 200 404"),
    "memberships/<int:pk>/end/": ("membership", "302 404 404 404 200 404", "302 404 404 404 200 404"),
    "memberships/<int:pk>/leave/": ("membership", "302 404 200 404 404 404", "302 404 302 404 404 404"),
    "memberships/<int:pk>/withdraw/": ("request", "302 404 404 404 404 404", "302 404 404 404 404 404"),
    "partnerships/": (None, "302 200 200 200 200 200", "302 405 405 405 405 405"),
    "partnerships/new/": (None, "302 200 404 200 200 404", "302 200 404 200 200 404"),
    "partnerships/parties/": (None, "302 200 200 200 200 200", "302 405 405 405 405 405"),
    "partnerships/<int:pk>/": ("partnership", "302 404 404 200 200 200", "302 405 405 405 405 405"),
    "partnerships/<int:pk>/edit/": ("partnership", "302 404 404 302 302 404", "302 404 404 200 200 404"),
    "partnerships/<int:pk>/start/": ("partnership", "302 405 405 405 405 405", "302 404 404 302 302 404"),
    "partnerships/<int:pk>/sign/<slug:slug>/": ("partnership", "302 405 405 405 405 405", "302 404 404 404 302 404"),
    "partnerships/<int:pk>/reopen/": ("partnership", "302 404 404 200 200 404", "302 404 404 200 200 404"),
    "partnerships/<int:pk>/suspend/": ("active", "302 404 404 404 404 200", "302 404 404 404 404 200"),
    "partnerships/<int:pk>/resume/": ("active", "302 404 404 404 404 200", "302 404 404 404 404 200"),
    "partnerships/<int:pk>/end/": ("partnership", "302 404 404 200 200 200", "302 404 404 200 200 200"),
    "approvals/": (None, "302 404 404 404 404 200", "302 405 405 405 405 405"),
    "approvals/institutions/<slug:slug>/": ("pending", "302 405 405 405 405 405", "302 404 404 404 404 200"),
    "approvals/partnerships/<int:pk>/": ("submitted", "302 405 405 405 405 405", "302 404 404 404 404 200"),
    "journal/": (None, "302 404 404 404 404 200", "302 405 405 405 405 405"),
    "journal/csv/": (None, "302 404 404 404 404 200", "302 405 405 405 405 405"),
    "desk/": (None, "302 200 200 200 200 200", "302 405 405 405 405 405"),
    "offers/": (None, 200, 405),
    "": (None, 200, 405),
    "my/offers/": (None, "302 200 404 200 404 404", "302 405 405 405 405 405"),
    "offers/new/": (None, "302 200 404 200 404 404", "302 200 404 200 404 404"),
    "offers/<int:pk>/edit/": ("draft", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "offers/<int:pk>/edit/<slug:step>/": ("draft", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "offers/<int:pk>/edit/<slug:step>/autosave/": ("draft", "302 405 405 405 405 405", "302 404 404 200 404 404"),
    "offers/<int:pk>/publish/": ("draft", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "offers/<int:pk>/close/": ("offer", "302 404 404 200 404 404", "302 404 404 302 404 404"),
    "offers/<int:pk>/reopen/": ("offer", "302 404 404 200 404 404", "302 404 404 302 404 404"),
    "offers/<int:pk>/duplicate/": ("offer", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "offers/<int:pk>/discard/": ("draft", "302 404 404 200 404 404", "302 404 404 302 404 404"),
    "offers/<int:pk>/history/": ("offer", 200, 405),
    "exchanges/": (None, 200, 405),
    "offers/<int:pk>/": ("offer", 200, 405),
    "offers/<int:pk>/partners/": ("offer", "302 404 404 200 404 404", "302 405 405 405 405 405"),
    "offers/<int:pk>/partners/run/": ("offer", "302 404 404 200 404 404", "302 405 405 405 405 405"),
    "offers/<int:pk>/partners/again/": ("offer", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "suggestions/<int:pk>/dismiss/": ("suggestion", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "suggestions/<int:pk>/restore/": ("suggestion", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "matching/": (None, "302 404 404 404 404 200", "302 405 405 405 405 405"),
    "matching/run/": (None, "302 405 405 405 405 405", "302 404 404 404 404 302"),
    "matching/weights/": (None, "302 404 404 404 404 200", "302 404 404 404 404 200"),
    "matching/weights/reset/": (None, "302 404 404 404 404 200", "302 404 404 404 404 302"),
    "pairings/": (None, "302 200 404 200 404 404", "302 405 405 405 405 405"),
    "pairings/new/": (None, "302 404 404 404 404 404", "302 404 404 404 404 404"),
    "pairings/<int:pk>/": ("pairing", "302 404 404 200 404 404", "302 405 405 405 405 405"),
    "pairings/<int:pk>/accept/": ("invitation", "302 404 404 200 404 404", "302 404 404 302 404 404"),
    "pairings/<int:pk>/decline/": ("invitation", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "pairings/<int:pk>/withdraw/": ("pairing", "302 404 404 200 404 404", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/": ("planned", "404 404 404 200 404 200", 405),
    "exchanges/<int:pk>/edit/": ("planned", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "exchanges/<int:pk>/open/": ("planned", "302 404 404 200 404 404", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/close/": ("planned", "302 404 404 200 404 404", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/cancel/": ("planned", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "exchanges/<int:pk>/join/": ("enrolling", "302 200 200 200 200 200", "302 200 302 200 200 200"),
    "exchanges/<int:pk>/leave/": ("enrolling", "302 404 404 404 404 404", "302 404 404 404 404 404"),
    "exchanges/<int:pk>/learners/": ("running", "302 404 404 200 404 404", "302 405 405 405 405 405"),
    "exchanges/<int:pk>/learners.csv": ("running", "302 404 404 200 404 404", "302 405 405 405 405 405"),
    "intakes/": (None, 200, 405),
    "intakes/new/": (None, "302 200 404 200 404 200", "302 200 404 200 404 200"),
    "intakes/<int:pk>/": ("intake_published", 200, 405),
    "intakes/<int:pk>/edit/": ("intake_draft", "302 404 404 200 404 200", "302 404 404 200 404 200"),
    "intakes/<int:pk>/exchanges/": ("intake_draft", "302 404 404 200 404 200", "302 404 404 302 404 302"),
    "intakes/<int:pk>/exchanges/<int:entry_pk>/": (
        "intake_draft",
        "302 404 404 200 404 200",
        "302 404 404 200 404 200",
    ),
    "intakes/<int:pk>/open/": ("intake_draft", "302 404 404 200 404 200", "302 404 404 302 404 302"),
    "intakes/<int:pk>/close/": ("intake_open", "302 404 404 200 404 200", "302 404 404 302 404 302"),
    "intakes/<int:pk>/reopen/": ("intake_open", "302 404 404 200 404 200", "302 404 404 200 404 200"),
    "intakes/<int:pk>/cancel/": ("intake_open", "302 404 404 200 404 200", "302 404 404 200 404 200"),
    "intakes/<int:pk>/finish/": ("intake_published", "302 404 404 200 404 200", "302 404 404 302 404 302"),
    "intakes/<int:pk>/choices/": ("intake_open", "302 200 200 200 200 200", "302 200 302 200 200 200"),
    "intakes/<int:pk>/choices/reserved/": ("intake_open", "302 200 200 200 200 200", "302 200 302 200 200 200"),
    "intakes/<int:pk>/choices/withdraw/": ("intake_open", "302 200 200 200 200 200", 302),
    "intakes/<int:pk>/result/": ("intake_published", "302 404 200 404 404 404", "302 405 405 405 405 405"),
    "intakes/<int:pk>/result/confirm/": ("intake_published", "302 404 302 404 404 404", "302 404 302 404 404 404"),
    "intakes/<int:pk>/result/decline/": ("intake_published", "302 404 200 404 404 404", "302 404 302 404 404 404"),
    "intakes/<int:pk>/review/": ("intake_review", "302 404 404 200 404 200", "302 405 405 405 405 405"),
    "intakes/<int:pk>/review/run/": ("intake_review", "302 404 404 200 404 200", "302 405 405 405 405 405"),
    "intakes/<int:pk>/review/again/": ("intake_review", "302 405 405 405 405 405", "302 404 404 302 404 302"),
    "intakes/<int:pk>/review/<int:entry_pk>/": (
        "intake_review",
        "302 405 405 405 405 405",
        "302 404 404 302 404 302",
    ),
    "intakes/<int:pk>/publish/": ("intake_review", "302 404 404 200 404 200", "302 404 404 302 404 302"),
    "intakes/<int:pk>/places/": ("intake_published", "302 404 404 200 404 200", "302 405 405 405 405 405"),
    "intakes/<int:pk>/places.csv": ("intake_published", "302 404 404 200 404 200", "302 405 405 405 405 405"),
    "exchanges/<int:pk>/groups/": ("grouping", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "exchanges/<int:pk>/groups/run/": ("grouping", "302 404 404 200 404 404", "302 405 405 405 405 405"),
    "exchanges/<int:pk>/groups/again/": ("grouping", "302 404 404 200 404 404", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/groups/preview/": ("grouping", "302 404 404 404 404 404", "302 405 405 405 405 405"),
    "exchanges/<int:pk>/groups/redo/": ("grouping", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/groups/proposal/": ("grouping", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/groups/<int:number>/lock/": (
        "grouping",
        "302 405 405 405 405 405",
        "302 404 404 404 404 404",
    ),
    "exchanges/<int:pk>/groups/undo/": ("grouping", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/groups/confirm/": ("grouping", "302 404 404 200 404 404", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/groups/<int:number>/dissolve/": (
        "grouping",
        "302 405 405 405 405 405",
        "302 404 404 404 404 404",
    ),
    "exchanges/<int:pk>/groups/changes/": ("running", "302 404 404 200 404 404", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/groups/ties/": ("running", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "ties/<int:pk>/end/": ("tie", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/wishes/": ("grouping", "302 404 200 404 404 404", "302 404 302 404 404 404"),
    "exchanges/<int:pk>/hours/": ("running", "302 404 404 200 404 404", "302 405 405 405 405 405"),
    "groups/<int:pk>/hours/": ("group", "302 404 200 200 404 404", "302 405 405 405 405 405"),
    "groups/<int:pk>/": ("group", "302 404 200 200 404 404", "302 405 405 405 405 405"),
    "exchanges/<int:pk>/sessions/": ("running", "302 404 200 200 404 404", "302 405 405 405 405 405"),
    "exchanges/<int:pk>/sessions/new/": ("running", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "exchanges/<int:pk>/sessions/confirm/": ("running", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "exchanges/<int:pk>/plans/new/": ("running", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "plans/<int:pk>/": ("plan", "302 404 404 200 404 404", "302 405 405 405 405 405"),
    "plans/<int:pk>/run/": ("plan", "302 404 404 200 404 404", "302 405 405 405 405 405"),
    "plans/<int:pk>/again/": ("plan", "302 405 405 405 405 405", "302 404 404 302 404 404"),
    "plans/<int:pk>/take/": ("plan", "302 404 404 404 404 404", "302 404 404 404 404 404"),
    "exchanges/<int:pk>/polls/": ("running", "302 404 200 200 404 404", "302 405 405 405 405 405"),
    "exchanges/<int:pk>/polls/new/": ("running", "302 404 200 200 404 404", "302 404 200 200 404 404"),
    "polls/<int:pk>/": ("poll", "302 404 200 200 404 404", "302 404 200 200 404 404"),
    "polls/<int:pk>/decide/": ("poll", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "polls/<int:pk>/cancel/": ("poll", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "activities/<int:pk>/edit/": ("session", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "activities/<int:pk>/cancel/": ("session", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "activities/<int:pk>/join/": ("session", "302 404 200 200 404 404", "302 405 405 405 405 405"),
    "activities/<int:pk>/attendance/": ("past", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "activities/<int:pk>.ics": ("session", "302 404 200 200 404 404", "302 405 405 405 405 405"),
    "runs/": (None, "302 200 404 200 404 200", "302 405 405 405 405 405"),
    "runs/<int:pk>/": ("run", "302 404 404 200 404 200", "302 405 405 405 405 405"),
    "runs/<int:pk>/progress/": ("run", "302 404 404 200 404 200", "302 405 405 405 405 405"),
    "runs/<int:pk>/input.json": ("run", "302 404 404 200 404 200", "302 405 405 405 405 405"),
    "runs/<int:pk>/cancel/": ("run", "302 405 405 405 405 405", "302 404 404 302 404 302"),
    "runs/<int:pk>/again/": ("run", "302 405 405 405 405 405", "302 404 404 302 404 302"),
    "runs/<int:pk>/repeat/": ("run", "302 405 405 405 405 405", "302 404 404 302 404 302"),
    "exchanges/<int:pk>/complete/": ("running", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "enrolments/<int:pk>/certificate/": ("late", "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "announcements/": (None, "302 200 404 200 200 200", "302 405 405 405 405 405"),
    "announcements/new/": (None, "302 200 404 200 200 200", "302 200 404 200 200 200"),
    "announcements/<int:pk>/": ("announcement", "302 404 404 200 404 200", "302 405 405 405 405 405"),
    "announcements/<int:pk>/progress/": ("announcement", "302 404 404 200 404 200", "302 405 405 405 405 405"),
    "announcements/<int:pk>/cancel/": ("announcement", "302 405 405 405 405 405", "302 404 404 302 404 302"),
    "recognition/": (None, "302 200 200 200 200 200", "302 405 405 405 405 405"),
    "verify/": (None, 200, 405),
    "verify/<str:code>/": (None, 200, 405),
    "verify/<str:code>/certificate.pdf": (None, 200, 405),
    "verify/<str:code>/revoke/": (None, "302 404 404 200 404 404", "302 404 404 200 404 404"),
    "accounts/login/": (None, "200 302 302 302 302 302", "200 302 302 302 302 302"),
    "accounts/logout/": (None, "302 200 200 200 200 200", 302),
    "accounts/inactive/": (None, 200, 405),
    "accounts/signup/": (None, "200 302 302 302 302 302", "200 302 302 302 302 302"),
    "accounts/reauthenticate/": (None, "302 200 200 200 200 200", "302 200 200 200 200 200"),
    "accounts/email/": (None, "302 200 200 200 200 200", 302),
    "accounts/confirm-email/": (None, 200, 405),
    "accounts/password/change/": (None, "302 200 200 200 200 200", "302 200 200 200 200 200"),
    "accounts/password/set/": (None, 302, 302),
    "accounts/password/reset/": (None, 200, 200),
    "accounts/login/code/confirm/": (None, 302, 302),
    "accounts/^confirm-email/(?P<key>[-:\\w]+)/$": (None, 200, 404),
    "accounts/password/reset/key/done/": (None, 200, 405),
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": (None, 200, 200),
    "accounts/password/reset/done/": (None, 200, 405),
    "accounts/2fa/": (None, "302 200 200 200 200 200", "302 405 405 405 405 405"),
    "accounts/2fa/authenticate/": (None, 302, 302),
    "accounts/2fa/reauthenticate/": (None, 302, 302),
    "accounts/2fa/totp/activate/": (None, 302, 302),
    "accounts/2fa/totp/deactivate/": (None, "302 404 404 404 404 404", "302 404 404 404 404 404"),
    "accounts/2fa/recovery-codes/": (None, "302 404 404 404 404 404", "302 405 405 405 405 405"),
    "accounts/2fa/recovery-codes/generate/": (None, 302, 302),
    "accounts/2fa/recovery-codes/download/": (None, "302 404 404 404 404 404", "302 404 404 404 404 404"),
    "api/v1/institutions/": (None, 200, "401 400 400 400 400 400"),
    "api/v1/institutions/<slug:slug>/": ("lisbon", 200, "401 405 405 405 405 405"),
    "api/v1/partnerships/": (None, "401 200 200 200 200 200", "401 400 400 400 400 400"),
    "api/v1/partnerships/<int:pk>/": ("partnership", "401 404 404 200 200 200", "401 405 405 405 405 405"),
    "api/v1/partnerships/<int:pk>/approve/": ("submitted", "401 405 405 405 405 405", "401 404 404 404 404 200"),
    "api/v1/partnerships/<int:pk>/decline/": ("submitted", "401 405 405 405 405 405", "401 404 404 404 404 400"),
    "api/v1/partnerships/<int:pk>/end/": ("partnership", "401 405 405 405 405 405", "401 404 404 400 400 400"),
    "api/v1/partnerships/<int:pk>/send-back/": ("submitted", "401 405 405 405 405 405", "401 404 404 404 404 400"),
    "api/v1/partnerships/<int:pk>/sign/": ("partnership", "401 405 405 405 405 405", "401 404 404 400 400 404"),
    "api/v1/partnerships/<int:pk>/start-signing/": (
        "partnership",
        "401 405 405 405 405 405",
        "401 404 404 400 400 404",
    ),
    "api/v1/offers/": (None, 200, "401 400 400 400 400 400"),
    "api/v1/offers/<int:pk>/": ("draft", "404 404 404 200 404 404", "401 405 405 405 405 405"),
    "api/v1/offers/<int:pk>/close/": ("offer", 405, "401 404 404 200 404 404"),
    "api/v1/offers/<int:pk>/publish/": ("draft", 405, "401 404 404 200 404 404"),
    "api/v1/exchanges/": (None, 200, "401 405 405 405 405 405"),
    "api/v1/exchanges/<int:pk>/": ("planned", "404 404 404 200 404 200", "401 405 405 405 405 405"),
    "api/v1/exchanges/<int:pk>/cancel/": ("planned", 405, "401 404 404 400 404 404"),
    "api/v1/exchanges/<int:pk>/close-enrolment/": ("planned", 405, "401 404 404 400 404 404"),
    "api/v1/exchanges/<int:pk>/join/": ("enrolling", 405, "401 400 201 400 400 400"),
    "api/v1/exchanges/<int:pk>/open-enrolment/": ("planned", 405, "401 404 404 200 404 404"),
    "api/v1/intakes/": (None, 200, "401 405 405 405 405 405"),
    "api/v1/intakes/<int:pk>/": ("intake_draft", "404 404 404 200 404 200", "401 405 405 405 405 405"),
    "api/v1/intakes/<int:pk>/choices/": ("intake_open", "401 404 200 404 404 404", "401 405 405 405 405 405"),
    "api/v1/intakes/<int:pk>/placement/": ("intake_published", "401 404 200 404 404 404", "401 405 405 405 405 405"),
    "api/v1/intakes/<int:pk>/confirm/": ("intake_published", "401 405 405 405 405 405", "401 404 200 404 404 404"),
    "api/v1/intakes/<int:pk>/decline/": ("intake_published", "401 405 405 405 405 405", "401 404 200 404 404 404"),
    "api/v1/activities/": (None, "401 200 200 200 200 200", "401 400 400 400 400 400"),
    "api/v1/activities/<int:pk>/": ("session", "401 404 200 200 404 404", "401 405 405 405 405 405"),
    "api/v1/activities/<int:pk>/cancel/": ("session", "401 405 405 405 405 405", "401 404 404 400 404 404"),
    "api/v1/enrolments/": (None, "401 200 200 200 200 200", "401 405 405 405 405 405"),
    "api/v1/enrolments/<int:pk>/": ("late", "401 404 404 200 404 404", "401 405 405 405 405 405"),
    "api/v1/enrolments/<int:pk>/withdraw/": ("late", "401 405 405 405 405 405", "401 404 404 404 404 404"),
    "api/v1/groups/": (None, "401 200 200 200 200 200", "401 405 405 405 405 405"),
    "api/v1/groups/<int:pk>/": ("group", "401 404 200 200 404 404", "401 405 405 405 405 405"),
    "api/v1/runs/": (None, "401 200 200 200 200 200", "401 405 405 405 405 405"),
    "api/v1/runs/<int:pk>/": ("run", "401 404 404 200 404 200", "401 405 405 405 405 405"),
    "api/v1/runs/<int:pk>/cancel/": ("run", "401 405 405 405 405 405", "401 404 404 200 404 200"),
    "api/v1/notices/": (None, "401 200 200 200 200 200", "401 405 405 405 405 405"),
    "api/v1/notices/<int:pk>/read/": ("notice", "401 405 405 405 405 405", "401 404 404 200 404 404"),
    "api/v1/notices/<int:pk>/unread/": ("notice", "401 405 405 405 405 405", "401 404 404 200 404 404"),
    "api/v1/notice-settings/": (None, "401 200 200 200 200 200", "401 405 405 405 405 405"),
    "api/schema/": (None, 200, 405),
    "api/docs/": (None, 200, 405),
    "healthz": (None, 503, 405),
    "mailbox/": (None, 200, 405),
    "mailbox/<str:name>/": (None, 200, 405),
}

# A GET that is meant to write: opening a notice marks it as read.
WRITES_ON_GET = {"calendar/<str:signed>.ics", "inbox/<int:pk>/"}
# A POST that needs neither a session nor a CSRF token: the signature in the address is the right to it (RFC 8058).
SIGNED = {"mail/stop/<str:token>/"}
# Where the form of a coordinator holds the link that others are only led to.
KNOWS_THE_LINK = {("activities/<int:pk>/edit/", "bruno")}
# Where anybody may see the address of somebody: the mailbox of the embedded mode, which shows all mail to all.
OPEN_MAIL = {"mailbox/", "mailbox/<str:name>/"}


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, route)
        else:
            yield route, each


ROUTES = dict(patterns(get_resolver()))


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker):
    """Built once: every request below happens in a savepoint that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = build_scene()
        made.sessions = {}
        for person in PEOPLE[1:]:
            client = Client()
            client.force_login(getattr(made, person))
            made.sessions[person] = client.cookies[settings.SESSION_COOKIE_NAME].value
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def mail(mailbox):
    write_mail()


def browser(scene, person: str, **kwargs) -> Client:
    client = Client(raise_request_exception=False, **kwargs)
    if person != "visitor":
        client.cookies[settings.SESSION_COOKIE_NAME] = scene.sessions[person]
    return client


def address(route: str, scene, subject: str | None, number: int | None = None, word: str | None = None) -> str:
    """The route with the subject's number and slug in it, or with others."""
    found = getattr(scene, subject) if subject else None
    words = {
        "pk": number or getattr(found, "pk", 0),
        "slug": word or getattr(found, "slug", "lisbon"),
        "step": word or "what",
        "number": number or 1,
        "entry_pk": number or getattr(found, "entry_pk", 0),
        "code": word or scene.certificate.code,
        "signed": word or address_of(scene.feed).rsplit("/", 1)[1].removesuffix(".ics"),
        "name": word or MAIL_NAME,
        "token": word or stop_path(scene.emil.pk, NoticeGroup.SESSIONS).split("/")[-2],
        "key": "none",
        "uidb36": "1",
    }
    plain = re.sub(r"\(\?P<(\w+)>.*?\)(?=[/-])|<(?:\w+:)?(\w+)>", lambda m: str(words[m[1] or m[2]]), route)
    return "/" + plain.replace("^", "").replace("$", "")


def tried(client: Client, method: str, path: str, **sent):
    """The answer, and what was written on the way; none of it stays."""
    if method == "post" and path.startswith("/api/"):
        sent = {"data": {}, "content_type": "application/json", **sent}
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        answer = getattr(client, method)(path, **sent)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    said = [query["sql"] for query in queries if re.match(r"\s*(INSERT|UPDATE|DELETE)", query["sql"] or "")]
    return answer, body, [sql for sql in said if "django_session" not in sql]


def six(codes: int | str) -> list[int]:
    listed = [int(code) for code in str(codes).split()]
    return listed * 6 if len(listed) == 1 else listed


def test_every_address_is_in_the_matrix():
    assert set(ROUTES) == set(MATRIX)


@pytest.mark.parametrize("route", MATRIX)
def test_get(route, scene, mail):
    subject, expected, _post = MATRIX[route]
    got = []
    for person in PEOPLE:
        answer, body, written = tried(browser(scene, person), "get", address(route, scene, subject))
        got.append(answer.status_code)
        assert not written or route in WRITES_ON_GET, f"{person}'s GET wrote {written}"
        if answer.get("Content-Type", "").startswith("text/html"):
            assert not [evil for evil in UNESCAPED if evil in body], person
        assert JOIN_SECRET.encode() not in body or (route, person) in KNOWS_THE_LINK, person
        if person in ("visitor", "chie") and route not in OPEN_MAIL:
            assert b"emil@lisbon.example" not in body, "an address that is none of theirs"
        assert "Content-Security-Policy" in answer, person
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        if person == "visitor" and answer.status_code == 302 and not route.startswith("accounts/"):
            assert answer["Location"].startswith("/accounts/login/")
        if person != "visitor":
            kept = answer.get("Cache-Control", "")
            assert "private" in kept or "no-store" in kept, f"{person}: Cache-Control {kept!r}"
        assert "Cookie" in answer.get("Vary", "")
    assert got == six(expected)


@pytest.mark.parametrize("route", MATRIX)
def test_empty_post(route, scene, mail):
    subject, _get, expected = MATRIX[route]
    path = address(route, scene, subject)
    assert [tried(browser(scene, person), "post", path)[0].status_code for person in PEOPLE] == six(expected)


NUMBERED = [route for route in MATRIX if re.search(r"<int:\w+>|<\w+:(slug|code|name|token)>", route)]


@pytest.mark.parametrize("route", NUMBERED)
def test_what_is_unknown_is_not_found(route, scene, mail):
    """And no other answer would tell a forbidden object from one that doesn't exist."""
    subject, _get, _post = MATRIX[route]
    others = [("get", UNKNOWN, "no-such"), ("post", UNKNOWN, "no-such"), ("get", BEYOND, "x" * 300)]
    others += [("post", BEYOND, "%C3%A9%C4%B0%00%ED%B0%80"), ("get", int("9" * 4000), "%00")]
    for person in ("visitor", "chie", "bruno", "ines", "root"):
        for method, number, word in others:
            path = address(route, scene, subject, number, word)
            code = tried(browser(scene, person), method, path)[0].status_code
            allowed = {404, 405} | ({302, 401} if person == "visitor" else set())
            assert code in allowed, f"{person}: {method} {path[:80]}"


@pytest.mark.parametrize("route", MATRIX)
def test_no_post_without_its_token(route, scene, mail):
    subject, _get, expected = MATRIX[route]
    for person, otherwise in zip(PEOPLE, six(expected), strict=True):
        client = browser(scene, person, enforce_csrf_checks=True)
        answer, _body, written = tried(client, "post", address(route, scene, subject))
        if route in SIGNED:
            assert answer.status_code == 200, person
            continue
        assert not written
        if route.startswith("api/v1/"):
            assert answer.status_code in (401, 403, 404, 405), person
        else:
            assert answer.status_code == 403 or otherwise == 405, person


# What Bruno may open because of his role in Lisbon.
BY_ROLE = [
    route for route, (_s, get, _p) in MATRIX.items() if six(get)[1:4] == [404, 404, 200] and "verify" not in route
]


@pytest.mark.parametrize("why", ["suspended", "ended", "inactive"])
def test_rights_end_at_once(why, scene):
    """With the institution's suspension, the end of the role, or the account."""
    assert len(BY_ROLE) > 20
    with transaction.atomic():
        if why == "suspended":
            type(scene.lisbon).objects.filter(pk=scene.lisbon.pk).update(status=InstitutionStatus.SUSPENDED)
        elif why == "ended":
            scene.bruno.memberships.update(status=MembershipStatus.ENDED)
        else:
            type(scene.bruno).objects.filter(pk=scene.bruno.pk).update(is_active=False)
        for route in BY_ROLE:
            answer, _body, _written = tried(browser(scene, "bruno"), "get", address(route, scene, MATRIX[route][0]))
            assert answer.status_code in (404, 302, 401), route
        transaction.set_rollback(True)


def test_no_form_makes_a_platform_admin(scene):
    """Nobody becomes one, or signs in as another, by what a form carries."""
    more = {"is_platform_admin": "on", "is_superuser": "on", "is_active": "on", "email": "root2@vmobility.example"}
    client = browser(scene, "emil")
    with transaction.atomic():
        client.post("/settings/", {"name": "Emil", "language": "en", "zone": "UTC", "day_start": "08:00",
                                   "day_end": "21:00", **more})  # fmt: skip
        scene.emil.refresh_from_db()
        assert scene.emil.name == "Emil"
        assert not (scene.emil.is_platform_admin or scene.emil.is_superuser)
        assert scene.emil.email == "emil@lisbon.example"
        transaction.set_rollback(True)
    scene.emil.refresh_from_db()
