"""What people type by mistake or on purpose, into every form and every address: answered, never a 5xx, and not kept.

The forms are found on the pages themselves, so a new one on a page of `PAGES` is tried without being named here.
"""

from html.parser import HTMLParser
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from tests.scene import MAIL_NAME
from tests.test_access_matrix import browser, mail, scene, tried  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

# Who looks, and where; `{name}` stands for the number (or slug) of an object of the scene.
PAGES = [
    *[("visitor", page) for page in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/verify/")],
    *[
        ("emil", page)
        for page in (
            "/settings/",
            "/settings/hours/",
            "/settings/notices/",
            "/accounts/email/",
            "/accounts/password/change/",
        )
    ],
    *[("emil", page) for page in ("/settings/away/", "/settings/away/{absence}/", "/settings/busy/")],
    ("emil", "/settings/zone/?zone=Asia/Tokyo"),
    *[("bruno", f"/institutions/lisbon/calendar/{page}") for page in ("new/", "file/", "{period}/")],
    *[("emil", page) for page in ("/exchanges/{enrolling}/join/", "/institutions/pune/join/")],
    *[("ines", page) for page in ("/institutions/register/", "/institutions/lisbon/edit/", "/memberships/queue/")],
    *[("ines", page) for page in ("/memberships/{membership}/end/", "/partnerships/new/")],
    *[("ines", page) for page in ("/partnerships/{partnership}/", "/partnerships/{partnership}/reopen/")],
    *[("ines", page) for page in ("/partnerships/{partnership}/end/", "/partnerships/{editable}/edit/")],
    *[("root", page) for page in ("/approvals/", "/institutions/lisbon/suspend/", "/partnerships/{active}/suspend/")],
    *[("bruno", f"/offers/{{draft}}/edit/{step}/") for step in ("what", "when", "who", "how", "review")],
    *[("bruno", page) for page in ("/offers/new/", "/offers/{offer}/close/", "/offers/{offer}/partners/")],
    *[("bruno", page) for page in ("/pairings/new/?institution=tokyo", "/pairings/{invitation}/accept/")],
    *[("bruno", page) for page in ("/pairings/{invitation}/decline/", "/pairings/{pairing}/withdraw/")],
    *[("bruno", page) for page in ("/exchanges/{planned}/edit/", "/exchanges/{planned}/cancel/")],
    *[("bruno", page) for page in ("/exchanges/{grouping}/groups/", "/exchanges/{running}/sessions/new/")],
    *[("bruno", page) for page in ("/exchanges/{running}/groups/changes/", "/exchanges/{running}/groups/ties/")],
    ("emil", "/exchanges/{grouping}/wishes/"),
    *[("bruno", f"/intakes/{page}") for page in ("new/", "{intake_draft}/edit/", "{intake_draft}/exchanges/")],
    *[("bruno", f"/intakes/{page}") for page in ("{intake_open}/reopen/", "{intake_open}/cancel/")],
    *[("bruno", f"/intakes/{page}") for page in ("{intake_review}/review/", "{intake_review}/publish/")],
    *[("emil", f"/intakes/{page}") for page in ("{intake_open}/choices/", "{intake_published}/result/")],
    *[("bruno", page) for page in ("/exchanges/{running}/sessions/new/?kind=task", "/activities/{session}/edit/")],
    *[("bruno", page) for page in ("/activities/{session}/cancel/", "/activities/{past}/attendance/")],
    *[("bruno", page) for page in ("/exchanges/{running}/complete/", "/enrolments/{late}/certificate/")],
    *[("bruno", page) for page in ("/exchanges/{running}/plans/new/", "/plans/{plan}/take/?turn=1-10:00")],
    *[("bruno", page) for page in ("/activities/{weekly}/edit/", "/activities/{weekly}/cancel/")],
    *[
        ("bruno", page)
        for page in ("/exchanges/{running}/polls/new/", "/polls/{poll}/decide/", "/polls/{poll}/cancel/")
    ],
    ("emil", "/polls/{poll}/"),
    *[("root", page) for page in ("/matching/weights/", "/matching/?page=-1")],
    ("bruno", "/verify/aaaaaaaaaaaaaaaaaaaa/revoke/"),
    ("bruno", "/announcements/new/"),
]

# No field of any form takes these; whatever is typed beside them stays.
IMPOSSIBLE = {
    "too long": "kept " + "x" * 100_000,
    "NUL": "kept\0me",
    "control characters": "kept\x07\x1b[31m\x08",
}
# Some fields take some of these.
ODD = {
    "nothing": "",
    "blank": "   \t  ",
    "HTML": "<script>evil()</script><img src=x onerror=evil()>",
    "script link": "javascript:evil()",
    "data link": "data:text/html;base64,PHNjcmlwdD4=",
    "link of another kind": "ftp://host.example/\r\nSet-Cookie: a=b",
    "link to us": "http://127.0.0.1:8000/desk/",
    "beyond 64 bits": "9" * 30,
    "endless digits": "9" * 5000,
    "below zero": "-1",
    "fraction": "1e400",
    "not a number": "NaN",
    "other digits": "²",
    "the first day": "0001-01-01",
    "the last day": "9999-12-31",
    "no such day": "2026-02-30",
    "a skipped time": "02:30",
    "right to left": "\u202eevil\u2066",
    "unknown choice": "no-such-choice",
    "template": "{{ 7|add:7 }}{% load x %}%s%(x)s",
    "formula": "=HYPERLINK(1)",
    "a space that isn't one": "\u00a0\u200b",
}
# Numbers and dates at the ends of what can be computed with, each alone in a form that is otherwise in order.
BOUNDED = (
    "starts",
    "ends",
    "valid",
    "wall",
    "reply",
    "opens",
    "closes",
    "minutes",
    "weeks",
    "version",
    "places",
    "size",
    "first",
)
BOUNDS = ["0001-01-01", "9999-12-31", "9" * 30]
SURROGATE = b"%ED%A0%80"  # as bytes: half of a character in UTF-8 that no decoder takes


class Forms(HTMLParser):
    """The forms of a page: (method, action, {name: [values]}, names of the fields one types into)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict, list]] = []
        self.open, self.select, self.area = None, "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.open = (attrs.get("method", "get").lower(), attrs.get("action", ""), {}, [])
            self.found.append(self.open)
        if self.open is None:
            return
        _method, _action, values, typed = self.open
        name = attrs.get("name")
        if tag == "input" and name:
            kind = attrs.get("type", "text")
            if kind in ("checkbox", "radio"):
                values.setdefault(name, [])
                if "checked" in attrs:
                    values[name].append(attrs.get("value", "on"))
            elif kind != "submit":
                values[name] = [attrs.get("value", "")]
                typed += [name] if kind not in ("hidden", "file") else []
        elif tag == "textarea" and name:
            values[name], self.area = [""], name
            typed.append(name)
        elif tag == "select" and name:
            values[name], self.select = [], name
        elif tag == "option" and self.select and "selected" in attrs:
            values[self.select] = [attrs.get("value", "")]

    def handle_data(self, data):
        if self.area:
            self.open[2][self.area][0] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""


def named(scene, page: str) -> str:  # noqa: F811
    return page.format(**{name: getattr(one, "pk", 0) for name, one in vars(scene).items()})


def forms_on(client: Client, page: str) -> list[tuple[str, str, dict, list]]:
    answer = client.get(page)
    assert answer.status_code == 200, page
    found = []
    for method, action, values, typed in Forms(answer.content.decode()).found:
        address = action or page
        if method == "post" and address not in ("/zone/", "/accounts/logout/"):
            found.append((address, values, typed))
    return found


def sent(client: Client, address: str, body: bytes):
    """What a POST of this body answers and writes; it all is taken back."""
    return tried(client, "post", address, data=body, content_type="application/x-www-form-urlencoded")


def keeps_drafts(address: str) -> bool:
    """The offer's editor keeps what is typed, whatever it is, apart from the offer."""
    return "/edit/" in address and address.startswith("/offers/")


@pytest.mark.parametrize(("person", "page"), PAGES)
def test_forms(person, page, scene):  # noqa: F811
    page = named(scene, page)
    forms = forms_on(browser(scene, person), page)
    for address, values, typed in forms:
        for what, value in IMPOSSIBLE.items():
            body = urlencode({**values, **dict.fromkeys(typed, value)}, doseq=True).encode()
            answer, text, written = sent(browser(scene, person), address, body)
            assert answer.status_code < 500, (what, address)
            if typed:
                assert not written or keeps_drafts(address), (what, address, written)
                if answer.status_code == 200 and "password" not in " ".join(typed):
                    assert b"kept" in text, (what, address)
                    assert b"error" in text, (what, address)
        for what in zip(list(ODD)[::2], list(ODD)[1::2], strict=True):
            odd = {name: ODD[what[number % 2]] for number, name in enumerate(typed or values)}
            body = urlencode({**values, **odd}, doseq=True).encode()
            answer, text, _written = sent(browser(scene, person), address, body)
            assert answer.status_code < 500, (what, address)
            assert b"<script>evil" not in text
            assert b'href="javascript:' not in text.lower()
        alone = [name for name in values if any(word in name for word in BOUNDED)]
        bodies = [urlencode({**values, name: value}, doseq=True).encode() for name in alone for value in BOUNDS]
        bodies += [urlencode({name: ["999999999", "\u0661", "<b>"] * 2 for name in values}, doseq=True).encode()]
        bodies += [b"&".join(quote(name).encode() + b"=" + SURROGATE for name in values)]
        for body in bodies:
            assert sent(browser(scene, person), address, body)[0].status_code < 500, (address, body[:300])


LISTS = [
    *[("visitor", page) for page in ("/", "/offers/", "/exchanges/", "/institutions/", "/verify/")],
    *[("visitor", page) for page in ("/api/v1/institutions/", "/api/v1/offers/", "/api/v1/exchanges/", "/mailbox/")],
    *[("visitor", page) for page in ("/institutions/zone/", "/offers/{offer}/history/", "/api/docs/")],
    *[("bruno", page) for page in ("/offers/", "/inbox/", "/my/offers/", "/pairings/", "/pairings/new/")],
    *[
        ("bruno", page)
        for page in ("/exchanges/{running}/learners/", "/exchanges/{grouping}/groups/", "/partnerships/")
    ],
    *[("bruno", page) for page in ("/exchanges/{running}/sessions/", "/activities/{session}/edit/", "/memberships/")],
    *[("bruno", page) for page in ("/exchanges/{running}/sessions/new/", "/offers/{offer}/partners/", "/desk/")],
    *[
        ("bruno", page)
        for page in ("/api/v1/enrolments/", "/api/v1/notices/", "/api/v1/partnerships/", "/partnerships/parties/")
    ],
    *[("ines", page) for page in ("/institutions/lisbon/members/", "/memberships/queue/", "/partnerships/new/")],
    *[("root", page) for page in ("/approvals/", "/journal/", "/journal/csv/", "/mail/lost/", "/institutions/")],
    *[("root", page) for page in ("/mail/lost/again/", "/mail/lost/{lost}/", "/announcements/", "/announcements/new/")],
    *[("bruno", page) for page in ("/runs/", "/runs/{run}/", "/api/v1/runs/", "/api/v1/groups/")],
    *[
        ("bruno", page)
        for page in ("/intakes/", "/intakes/{intake_draft}/exchanges/", "/intakes/{intake_review}/review/")
    ],
    *[("bruno", page) for page in ("/intakes/{intake_published}/places/", "/api/v1/intakes/")],
    *[("emil", page) for page in ("/intakes/{intake_open}/", "/intakes/{intake_open}/choices/")],
    ("bruno", "/plans/{plan}/"),
    ("emil", "/exchanges/{running}/polls/"),
    ("bruno", "/exchanges/{running}/plans/new/"),
    ("emil", "/recognition/"),
    *[("bruno", page) for page in ("/institutions/lisbon/calendar/", "/exchanges/{running}/hours/")],
    ("emil", "/groups/{group}/hours/"),
    *[("emil", page) for page in ("/settings/away/", "/settings/busy/", "/settings/zone/", "/settings/hours/")],
    ("emil", "/institutions/pune/join/"),
]
ASKED = [
    *("q", "country", "kind", "status", "format", "field", "level", "language", "mode", "term", "credits", "sort"),
    *("suits", "list", "show", "page_size", "isced_field", "institution", "exchange", "starts_from", "starts_until"),
    *("since", "until", "actor", "verb", "subject", "before", "from", "with", "find", "institutions", "to", "slot"),
    *("about", "state", "error", "kind", "offer", "code", "dir", "role", "next", "week"),
    *("kind", "offer", "intake", "code", "dir", "role", "next", "week"),
]
PAGE_NUMBERS = ["-1", "0", "1" + "0" * 30, "9" * 5000, "abc", "\0", "\u0662", "1.5", ""]
VALUES = ["\0", "9" * 5000, "-1E+1000000000", "1e400", "NaN", "\u00b2", "9999-12-31", "0001-01-01", "2026-13-40"]
VALUES += [
    "<script>evil()</script>",
    "%s%(x)s{{7}}",
    "\u202e",
    "' OR 1=1 --",
    "(" * 300 + "a*" * 300,
    "a|&!:*",
    "x" * 3000,
]
VALUES += [
    "0001-01-01T00:00:00+00:00,1",
    "9999-12-31T23:59:59-14:00,9",
    "2026-08",
    "99999-01",
    "offer 99999999999999999999",
]


@pytest.mark.parametrize(("person", "page"), LISTS)
def test_lists(person, page, scene, mail):  # noqa: F811
    page, client = named(scene, page), browser(scene, person)
    queries = [urlencode({"page": number}) for number in PAGE_NUMBERS]
    for turn in range(0, len(VALUES), 3):
        asked = {name: VALUES[(number + turn) % len(VALUES)] for number, name in enumerate(ASKED)}
        queries.append(urlencode({**asked, "page": "2"}))
    queries += [
        "&".join(f"{name}={SURROGATE.decode()}" for name in (*ASKED, "page")),
        "&&==&%&=%zz",
        "q=" + "&q=a" * 900,
    ]
    for query in queries:
        answer, text, written = tried(client, "get", f"{page}?{query}")
        assert answer.status_code < 500, query[:200]
        assert not written
        assert answer["Content-Type"] != "text/html; charset=utf-8" or b"<script>evil" not in text


HEADERS = [
    {"HTTP_ACCEPT_LANGUAGE": value}
    for value in ("x" * 5000, "../../etc", "de;q=nan, \xff", "*;q=0,,;;==", "en-" + "a-" * 500, "pt\x00")
]
HEADERS += [
    {"HTTP_COOKIE": f"zone={value}"} for value in ("../../etc/passwd", "/dev/zero", "%00", "Europe", "x" * 4000)
]
HEADERS += [
    {"HTTP_COOKIE": value} for value in ("sessionid=../../x", "sessionid=\x00", "messages=evil", "csrftoken=<b>", "=;=")
]
HEADERS += [{"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "javascript:evil()"}, {"HTTP_X_FORWARDED_FOR": "'"}]
HEADERS += [
    {"HTTP_AUTHORIZATION": value} for value in ("Token", "Token \xff", "Token a b", "Basic ===", "Token " + "a" * 9000)
]


@pytest.mark.parametrize("headers", HEADERS)
def test_headers(headers, scene):  # noqa: F811
    for page in ("/", "/offers/", "/desk/", "/api/v1/offers/"):
        assert tried(Client(raise_request_exception=False), "get", page, **headers)[0].status_code < 500


@pytest.mark.parametrize("path", ["/%00", "/offers/%00/", "/%ED%A0%80/", "/static/..%2f..%2fmanage.py", "/offers/1e3/",
                                  "/verify/..%2f/", "/mailbox/..%2f..%2fvmobility.sqlite3/", "/institutions/%2e%2e/",
                                  "/" + "a/" * 2000, f"/mailbox/{MAIL_NAME}%00/"])  # fmt: skip
def test_paths(path, scene):  # noqa: F811
    assert tried(Client(raise_request_exception=False), "get", path)[0].status_code in (301, 404)


BODIES = [
    b"", b"[]", b"null", b'"text"', b"[" * 100_000, b'{"a":' * 50_000, b"{\xff}", b'{"name": NaN}', b"1" * 5000,
    b'{"name": "\\ud800", "kind": "\\ud800", "institution": "\\ud800", "note": "\\ud800", "places": {"\\ud800": 1}}',
    b'{"name": "\\u0000", "institution": "\\u0000", "note": "\\u0000", "reason": "\\u0000", "title": "\\u0000"}',
    b'{"name": {}, "institution": [], "institutions": {"a": 1}, "places": [1], "version": 1e400, "starts": 5}',
    b'{"institution": 99999999999999999999, "version": 9999999999999999999, "starts": "9999-12-31"}',
    b'{"enrol_opens": "0001-01-01T00:00:00+14:00", "enrol_closes": "9999-12-31T23:59:59-14:00", "places": {"x": 1}}',
    b'{"status": "published", "is_platform_admin": true, "id": 1, "created_by": 1, "learner": 1, "number": 1}',
]  # fmt: skip
WRITES = [
    ("bruno", "post", "/api/v1/activities/"),
    ("bruno", "patch", "/api/v1/activities/{session}/"),
    ("bruno", "post", "/api/v1/activities/{session}/cancel/"),
    ("bruno", "patch", "/api/v1/exchanges/{planned}/"),
    ("bruno", "post", "/api/v1/exchanges/{planned}/cancel/"),
    ("bruno", "post", "/api/v1/offers/"),
    ("bruno", "patch", "/api/v1/offers/{draft}/"),
    ("bruno", "post", "/api/v1/partnerships/"),
    ("bruno", "patch", "/api/v1/partnerships/{editable}/"),
    ("ines", "post", "/api/v1/partnerships/{partnership}/sign/"),
    ("ines", "patch", "/api/v1/institutions/lisbon/"),
    ("ines", "post", "/api/v1/institutions/"),
    ("emil", "post", "/api/v1/exchanges/{enrolling}/join/"),
    ("emil", "patch", "/api/v1/notice-settings/"),
    ("root", "post", "/api/v1/partnerships/{submitted}/send-back/"),
]


@pytest.mark.parametrize(("person", "method", "path"), WRITES)
def test_api(person, method, path, scene):  # noqa: F811
    for body in BODIES:
        answer, text, _written = tried(
            browser(scene, person), method, named(scene, path), data=body, content_type="application/json"
        )
        assert answer.status_code < 500, body[:200]
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json", text[:300]
    huge = b'{"title": "' + b"x" * 3_000_000 + b'"}'
    answer, _text, written = tried(
        browser(scene, person), method, named(scene, path), data=huge, content_type="application/json"
    )
    assert (answer.status_code, written) == (413, [])
