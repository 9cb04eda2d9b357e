"""The languages that can be chosen have all their texts, and what people get is in the language they chose."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation

from institutions import places
from institutions.actions.notices import notify
from institutions.actions.outbox import send_due_notices
from institutions.models import User
from institutions.templatetags.vmobility import day_text
from tests.factories.user import UserFactory

LOCALE = settings.LOCALE_PATHS[0]
TRANSLATED = [language for language, _ in settings.LANGUAGES if language != "en"]


def catalogue(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def forms(text: str | Iterable[str]) -> tuple[str, ...]:
    """A text, or its singular and its plural."""
    return (text,) if isinstance(text, str) else tuple(text)


def texts(message: Message) -> list[tuple[str, str]]:
    """Each translated text with the one it stands for; a plural form other than the first stands for the plural."""
    ids = forms(message.id)
    return [(ids[min(n, len(ids) - 1)], string) for n, string in enumerate(forms(message.string))]


def pieces(text: str) -> Counter[str]:
    """What a translation has to keep: placeholders, tags and entities."""
    return Counter(re.findall(r"%\(\w+\)[a-z]|%%|%[sd]|</?\w[^>]*>|&\w+;", text))


@pytest.fixture(params=TRANSLATED)
def messages(request) -> Catalog:
    with catalogue(request.param).open("rb") as file:
        return read_po(file)


def test_the_languages_to_choose_are_those_with_a_catalogue():
    assert sorted(TRANSLATED) == sorted(folder.name for folder in LOCALE.iterdir())
    assert [language for language, _ in User._meta.get_field("language").choices] == ["en", *TRANSLATED]


def test_every_text_is_translated(messages):
    assert len(messages) > 1000
    missing = [m.id for m in messages if m.id and (m.fuzzy or not all(forms(m.string)))]
    assert not missing


def test_translations_keep_placeholders_and_tags(messages):
    for message in messages:
        if not message.id:
            continue
        for source, translated in texts(message):
            kept, wanted = pieces(translated), pieces(source)
            if kept != wanted:
                wanted = pieces(forms(message.id)[-1])  # "one notice" may be said with its number
            assert kept == wanted, (source, translated)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_written_one(language, tmp_path):
    with catalogue(language).open("rb") as file:
        written = read_po(file)
    with (tmp_path / "django.mo").open("wb") as file:
        write_mo(file, written)
    compiled = []
    for path in (tmp_path / "django.mo", catalogue(language).with_suffix(".mo")):
        with path.open("rb") as file:
            compiled.append({forms(m.id): forms(m.string) for m in read_mo(file) if m.id})
    assert compiled[0] == compiled[1], "run bin/messages"


@pytest.mark.django_db
@pytest.mark.embedded
def test_a_notice_speaks_its_recipients_language_and_zone(client):
    rui = UserFactory(name="Rui Nunes", language="pt", zone="Europe/Lisbon")
    emil = UserFactory(name="Emil Berg", language="en", zone="Asia/Kolkata")
    notify(
        recipients=[rui, emil],
        kind="session_planned",
        key="activity:1:planned",
        url="/desk/",
        urgent=True,
        activity="Water",
        exchange="Water in cities",
        starts_at="2026-11-24T14:00:00+00:00",
        minutes=90,
        zone="Europe/Lisbon",
        all_starts=["2026-11-24T14:00:00+00:00"],
    )
    send_due_notices(now=timezone.now() + dt.timedelta(seconds=1))
    portuguese, english = sorted(mail.outbox, key=lambda each: each.to != [rui.email])
    assert portuguese.subject.startswith("Sessão em direto Ter, 24 nov")
    assert "“Water” de “Water in cities” está marcada: Ter, 24 nov" in portuguese.body
    assert "14:00 (Europe/Lisbon), 90 minutos." in portuguese.body
    assert "Abrir na vmobility" in portuguese.alternatives[0].content and "is settled" not in portuguese.body
    assert "is settled: Tue 24 Nov" in english.body and "19:30 (Asia/Kolkata)" in english.body

    client.force_login(rui)
    inbox = client.get(reverse("notice_list"))
    assert inbox["Content-Language"] == "pt"
    assert "Caixa de entrada" in inbox.text and "Sessão em direto" in inbox.text


@pytest.mark.django_db
@pytest.mark.embedded
def test_a_visitors_browser_chooses_the_language(client):
    page = client.get(reverse("offer_list"), headers={"accept-language": "pt-PT,pt;q=0.9,en;q=0.5"})
    assert page["Content-Language"] == "pt" and '<html lang="pt"' in page.text
    assert "Ofertas que procuram parceiros" in page.text and "Ainda não há ofertas abertas" in page.text
    page = client.get(reverse("account_login"), headers={"accept-language": "pt"})
    assert "Entrar" in page.text and "Palavra-passe" in page.text
    page = client.get(reverse("offer_list"), headers={"accept-language": "mi,fi;q=0.5"})
    assert page["Content-Language"] == "en" and "Offers that look for partners" in page.text


def test_dates_countries_and_cities_are_european_portuguese():
    with translation.override("pt"):
        assert day_text(dt.date(2001, 11, 6)) == "Ter, 6 nov 2001"
        assert places.country_name("KE") == "Quénia"  # in Brazil: Quênia
        assert places.language_name("cs") == "checo"
        assert places.zone_city("Europe/Lisbon") == "Lisboa"
        assert places.zone_city("America/Argentina/Buenos_Aires") == "Buenos Aires"
    with translation.override("en"):
        assert places.zone_city("Asia/Kolkata") == "Kolkata"
