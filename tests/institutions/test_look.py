"""What holds for every template and style sheet: a strict policy, both reading directions, enough contrast."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

ROOT = Path(settings.BASE_DIR)
PAGES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "email" not in path.parts)
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_pages_keep_the_content_security_policy(path):
    text = re.sub(r"{#.*?#}|{% comment.*?endcomment %}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"\sstyle\s*=|<style\b", text), "no inline style"
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text), "no inline handlers"
    assert not re.search(r"<script(?![^>]*\b(src=|type=\"application/json\"))", text), "no inline script"
    assert not re.search(r"(src|<link[^>]*href)=\"(https?:)?//", text), "nothing from elsewhere"


@pytest.mark.parametrize("path", SHEETS, ids=name)
def test_style_sheets_read_in_both_directions(path):
    text = path.read_text()
    assert not re.search(
        r"(margin|padding|border)-(left|right|top|bottom)\b|(?<=[\s;{])(left|right|top|bottom)\s*:", text
    )
    assert not re.search(r"text-align:\s*(left|right)|float:\s*(left|right)", text)


def palette(dark: bool) -> dict[str, str]:
    light, _, night = (ROOT / "static/css/tokens.css").read_text().partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", night)) if dark else found


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "brand", "sun", "bad") for ground in ("paper", "surface", "sunken")),
    *((tone, f"{tone}-wash") for tone in ("brand", "sun", "good", "warn", "bad")),
    *((f"on-{sky}", ground) for sky in ("night", "edge", "day") for ground in (sky, f"pill-{sky}")),
    ("on-brand", "brand"), ("on-brand", "brand-strong"), ("on-bad", "bad"),
]  # fmt: skip


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(ink, ground, dark):
    colours = palette(dark)
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_edges_of_controls_and_the_sky_can_be_told_apart(dark):
    colours = palette(dark)
    assert contrast(colours["control"], colours["surface"]) >= 3
    assert contrast(colours["control"], colours["paper"]) >= 3
    assert luminance(colours["night"]) < luminance(colours["edge"]) < luminance(colours["day"])
    if dark:
        assert luminance(colours["day"]) > luminance(colours["surface"])


@pytest.mark.django_db
class TestErrorPages:
    def test_not_found(self, client):
        answer = client.get("/there-is-no-such-page/")
        assert answer.status_code == 404
        assert b"There is nothing here" in answer.content

    def test_a_form_that_stood_open_too_long(self):
        answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "x"})
        assert answer.status_code == 403
        assert b"nothing was changed" in answer.content

    @pytest.mark.parametrize("page", ["400.html", "403.html", "500.html"])
    def test_pages_that_need_nothing_from_the_request(self, page):
        assert "vmobility" in render_to_string(page)


@pytest.mark.django_db
class TestSigningIn:
    @pytest.mark.parametrize("page", ["account_login", "account_signup", "account_reset_password", "style"])
    def test_pages_of_visitors(self, client, page):
        answer = client.get(reverse(page))
        assert answer.status_code == 200
        assert answer.content.count(b"<h1") == 1
        assert b"Skip to content" in answer.content

    def test_a_refused_sign_in_keeps_the_address_and_says_why(self, client):
        answer = client.post(reverse("account_login"), {"login": "bruno@ulisboa.example", "password": "wrong"})
        assert b"There is a problem" in answer.content
        assert b'value="bruno@ulisboa.example"' in answer.content

    @pytest.mark.parametrize("kind", ["email_confirmation", "email_confirmation_signup", "password_reset_key"])
    def test_mails_have_a_text_and_a_button(self, kind):
        link = "https://vmobility.example/go/"
        context = {"activate_url": link, "password_reset_url": link, "request": RequestFactory().get("/")}
        assert link in render_to_string(f"account/email/{kind}_message.txt", context)
        assert f'href="{link}"' in render_to_string(f"account/email/{kind}_message.html", context)
