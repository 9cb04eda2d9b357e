"""Every page of the sample world: no serious axe finding, nothing cut off, light and dark, phone and desktop."""

import pytest
from django.core.management import call_command

from institutions.models import User

PUBLIC = ["/", "/offers/", "/exchanges/", "/institutions/", "/accounts/login/", "/accounts/signup/", "/verify/"]
LOOKS = [(1280, False), (390, True)]


@pytest.fixture
def world(transactional_db):
    call_command("load_sample_world", verbosity=0)


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_public_pages(world, at_desk, accessible, width, dark):
    desk = at_desk(width=width, dark=dark)
    for path in PUBLIC:
        page = desk.open(path)
        accessible(page)
        assert not cut_off(page), path


@pytest.mark.parametrize(("width", "dark"), LOOKS)
@pytest.mark.parametrize(
    ("email", "paths"),
    [
        ("bruno@lisbon.example", ["/desk/", "/pairings/", "/partnerships/", "/my/offers/", "/inbox/", "/settings/"]),
        ("emil@lisbon.example", ["/desk/", "/settings/hours/", "/settings/api/", "/my/recognition/"]),
        ("ines@lisbon.example", ["/desk/", "/partnerships/"]),
        ("root@vmobility.example", ["/desk/", "/approvals/", "/journal/", "/mail/lost/"]),
    ],
)
def test_pages_of(world, at_desk, accessible, email, paths, width, dark):
    desk = at_desk(User.objects.get(email=email), width=width, dark=dark)
    for path in paths:
        page = desk.open(path)
        accessible(page)
        assert not cut_off(page), path


def cut_off(page) -> bool:
    """Whether the page scrolls sideways."""
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
