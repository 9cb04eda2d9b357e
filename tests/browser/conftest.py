"""Chromium, a live server, and people at their browsers.

Django's live server answers in threads of this process; a Celery worker is a process of its own (`live_worker`).
Every page that a test opens must load without an error or a broken Content-Security-Policy in the console.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

# Playwright's own event loop runs in this thread; Django must not take that for asynchronous code of ours.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = os.environ.get("VMOBILITY_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine (bin/test says so loudly)"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Desk:
    """A person at a browser: `desk = at_desk(asha)`, then `desk.page`; without a person, a visitor's."""

    def __init__(self, context: BrowserContext, base_url: str):
        self.context, self.base_url = context, base_url
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message) -> None:
        # A 404 or 422 that a test asks for is logged as an error too; it is no fault of the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def sign_in(self, person) -> None:
        client = Client()
        client.force_login(person)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.base_url}])

    def open(self, path: str) -> Page:
        answer = self.page.goto(self.base_url + path)
        assert answer is not None and answer.status == 200, f"{path}: {answer and answer.status}"
        return self.page

    def press(self, name: str) -> None:
        """Press the button or follow the link of that name."""
        found = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name))
        found.first.click()
        self.page.wait_for_load_state()

    def text(self) -> str:
        return self.page.locator("main").inner_text()


@pytest.fixture
def at_desk(chromium, live_server, transactional_db):
    """`at_desk(person, javascript=False, dark=True, width=390, zone="Asia/Tokyo")` answers a `Desk`."""
    desks: list[Desk] = []

    def open_desk(person=None, *, javascript=True, dark=False, width=1280, zone="UTC") -> Desk:
        context = chromium.new_context(
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": 900},
            timezone_id=person.zone if person is not None else zone,
            locale="en-GB",
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        desk = Desk(context, live_server.url)
        if person is not None:
            desk.sign_in(person)
        desks.append(desk)
        return desk

    yield open_desk
    complaints = [complaint for desk in desks for complaint in desk.complaints]
    for desk in desks:
        desk.context.close()
    assert complaints == []


@pytest.fixture
def accessible():
    """`accessible(page)` fails when axe finds something serious or critical; `minor=True`: anything at all."""
    axe = Axe()

    def check(page: Page, *, minor: bool = False) -> None:
        found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [
            f"{rule['id']}: {rule['help']}: {[node['target'] for node in rule['nodes']][:3]}"
            for rule in found
            if minor or rule["impact"] in ("serious", "critical")
        ]
        assert serious == [], f"{page.url}: {serious}"

    return check
