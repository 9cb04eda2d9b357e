"""The open catalogue: search and facets against plain SQL and plain Python, freshness, the pages, hostile addresses."""

import datetime as dt
import random
import re
from urllib.parse import quote

import numpy as np
import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from exchanges import search
from exchanges.actions.catalogue import mark_all_changed, mark_changed
from exchanges.catalogue.cards import exchange_cards, offer_cards
from exchanges.catalogue.facets import FACETS, credit_range, term_of
from exchanges.catalogue.picture import EXCHANGES, OFFERS, Picture
from exchanges.catalogue.queries import MOST_VALUES, Answer, Asked, Viewer
from exchanges.enums import ExchangeStatus, Format, Mode, OfferStatus
from exchanges.models import CatalogueState, Exchange, Offer
from institutions import isced
from institutions.enums import InstitutionStatus
from institutions.hours import WeekHours, monday_of, utc_starts
from tests.factories.exchange import exchange_of
from tests.factories.institution import InstitutionFactory
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db

LISBON = Viewer("Europe/Lisbon")
COUNTRIES = [("PT", "Europe/Lisbon"), ("IN", "Asia/Kolkata"), ("NZ", "Pacific/Auckland"), ("NP", "Asia/Kathmandu")]
WORDS = ["água", "rivers", "Réseau", "solar", "studio", "trade", "B2", "Zürich", "naïve", "health"]


def ask(address="", viewer=LISBON, catalogue=OFFERS):
    return Answer(catalogue, Asked.of(QueryDict(address)), viewer)


def random_offer(choose, institution, **fields):
    starts = dt.date.today() + dt.timedelta(days=choose.randint(20, 420))
    return OfferFactory(
        institution=institution,
        title=" ".join(choose.sample(WORDS, 2)),
        summary=" ".join(choose.sample(WORDS, 3)),
        description="",
        outcomes="",
        format=choose.choice(Format.values),
        mode=choose.choice(Mode.values),
        field=choose.choice(["07", "0731", "0732", "0913", "0231", "092"]),
        level=choose.choice([3, 4, 6, 7]),
        ects=choose.choice([None, 1, "2.5", 3, 5, 6]),
        starts=starts,
        hours=WeekHours.daily(
            f"{choose.randint(0, 12):02d}:00", f"{choose.randint(13, 24):02d}:00", [choose.randint(0, 6)]
        ),
        session_minutes=choose.choice([30, 60, 90]),
        languages=choose.sample([("en", "B2"), ("pt", "B1"), ("ar", "A2")], choose.choice([1, 2])),
        **fields,
    )


@pytest.fixture
def world(db):
    """Forty offers of four hosts, some of which are not in the catalogue."""
    choose = random.Random(11)
    hosts = [InstitutionFactory(country=country, zone=zone) for country, zone in COUNTRIES]
    for n in range(40):
        status = OfferStatus.PUBLISHED if n % 8 else choose.choice([OfferStatus.DRAFT, OfferStatus.CLOSED])
        random_offer(choose, choose.choice(hosts), status=status)
    return hosts


# An oracle in plain Python -------------------------------------------------------------------------------------------


def facts(offer):
    """An offer's facet values, told apart from the picture's own way of reading them."""
    return {
        "format": {offer.format},
        "mode": {offer.mode},
        "field": {code for code in isced.FIELDS if offer.field.startswith(code)},
        "level": {str(offer.level)},
        "country": {offer.institution.country},
        "language": {spoken.tag for spoken in offer.languages.all()},
        "term": {f"{offer.starts.year}-{'08' if offer.starts.month > 7 else '01'}"},
        "credits": {
            "none" if not offer.ects else "small" if offer.ects < 3 else "medium" if offer.ects <= 5 else "large"
        },
    }


def suits(offer, viewer):
    monday = monday_of(offer.starts)
    day = WeekHours.daily(f"{viewer.day_start:%H:%M}", f"{viewer.day_end:%H:%M}")
    theirs = utc_starts(offer.hours, offer.zone, monday, offer.session_minutes)
    return bool(theirs & utc_starts(day, viewer.zone, monday, offer.session_minutes))


def has_words(offer, query):
    words = search.asked(query)
    text = search.words(f"{offer.title} {offer.summary} {offer.institution.name} {offer.institution.city}")
    text += search.words(isced.name(offer.field))
    return all(word in text for word in words[:-1]) and any(one.startswith(words[-1]) for one in text)


def expected(params, viewer):
    """(ids, counts of each facet without its own choice) by looking at every offer."""
    offers = list(Offer.objects.filter(status="published").select_related("institution").prefetch_related("languages"))

    def fits(offer, but=None):
        for facet in FACETS:
            chosen = params.getlist(facet.name)
            chosen = {v for v in chosen if not any(o != v and o.startswith(v) for o in chosen)}
            if chosen and facet.name != but and not chosen & facts(offer)[facet.name]:
                return False
        if params.get("suits") and but != "suits" and not suits(offer, viewer):
            return False
        return not params.get("q") or has_words(offer, params["q"])

    counts = {}
    for facet in FACETS:
        for offer in offers:
            if fits(offer, facet.name):
                for value in facts(offer)[facet.name]:
                    counts[facet.name, value] = counts.get((facet.name, value), 0) + 1
    suiting = sum(fits(offer, "suits") and suits(offer, viewer) for offer in offers)
    return {offer.pk for offer in offers if fits(offer)}, counts, suiting


def random_address(choose):
    parts = []
    if choose.random() < 0.4:
        parts.append(
            "q=" + "+".join(w[: choose.randint(2, 9)] if n else w for n, w in enumerate(choose.sample(WORDS, 2)))
        )
    values = {
        "format": Format.values,
        "mode": Mode.values,
        "field": ["07", "09", "0731", "023", "092"],
        "level": ["3", "6", "7"],
        "country": ["PT", "IN", "NP"],
        "language": ["en", "pt", "xx"],
        "term": [term_of(dt.date.today() + dt.timedelta(days=200))],
        "credits": ["none", "small", "medium", "large"],
    }
    for name in choose.sample(sorted(values), choose.choice([0, 1, 2])):
        parts += [
            f"{name}={value}" for value in choose.sample(values[name], min(choose.choice([1, 2]), len(values[name])))
        ]
    if choose.random() < 0.3:
        parts.append("suits=1")
    return "&".join(parts)


def agrees(address, viewer):
    answer = ask(address, viewer)
    ids, counts, suiting = expected(QueryDict(address), viewer)
    assert set(answer[:]) == ids, address
    assert answer.total == len(answer) == len(ids)
    assert answer.suiting == suiting, address
    found = {(facet.name, value): n for facet in FACETS for value, n in answer.counts(facet.name).items()}
    assert found == counts, address


@pytest.mark.embedded
def test_search_and_counts_agree_with_looking_at_every_offer(world):
    choose = random.Random(3)
    viewers = [LISBON, Viewer("Pacific/Auckland"), Viewer("Asia/Kathmandu", dt.time(6), dt.time(23))]
    for _ in range(60):
        agrees(random_address(choose), choose.choice(viewers))


def test_counts_agree_with_sql(world):
    answer = ask("country=PT&country=IN")
    host = Offer.objects.published().filter(institution__country__in=["PT", "IN"])
    for value, count in answer.counts("format").items():
        assert host.filter(format=value).count() == count
    for value, count in answer.counts("language").items():
        assert host.filter(languages__tag=value).count() == count
    for value, count in answer.counts("country").items():
        assert Offer.objects.published().filter(institution__country=value).count() == count


@pytest.mark.embedded
def test_a_picture_that_was_corrected_is_the_one_made_anew(world):
    choose = random.Random(5)
    for turn in range(6):
        ask()
        published = list(Offer.objects.published())
        gone, changed = choose.sample(published, 2)
        Offer.objects.filter(pk=gone.pk).update(status=OfferStatus.CLOSED)
        Offer.objects.filter(pk=changed.pk).update(
            format=choose.choice(Format.values), starts=dt.date(2030, 9, 1), ends=dt.date(2030, 12, 1)
        )
        changed.languages.all().delete()
        mark_changed([gone.pk, changed.pk])
        for _ in range(turn * 4):  # past the room that a picture keeps free
            random_offer(choose, world[0])
        before = OFFERS.picture
        agrees(random_address(choose), LISBON)
        assert OFFERS.picture is not before
        anew = Picture.of(OFFERS._rows(OFFERS.visible(Offer.objects.all())), 1)
        for name, matrix in anew.matrices.items():
            ours = OFFERS.picture.matrices[name]
            for value in set(matrix.rows) | set(ours.rows):
                mine = {int(pk) for pk in OFFERS.picture.ids[flags(ours, value)]}
                assert mine == {int(pk) for pk in anew.ids[flags(matrix, value)]}, (name, value)


def flags(matrix, value):
    if value not in matrix.rows:
        return np.zeros(matrix.words.shape[-1] * 64, bool)
    return np.unpackbits(matrix.words[matrix.rows[value]].view(np.uint8)).view(bool)


# Search --------------------------------------------------------------------------------------------------------------


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("gestao", True),
        ("GESTÃO da águ", True),
        ("agua gestao", True),
        ("estao", False),
        ("gestao fogo", False),
        ("porto", True),
        ("portugal", True),
        ("architecture", True),
        ("%", False),
        ("_", False),
        ("' OR 1=1 --", False),
        ("gestao & !agua | :*", True),
        ("水資源", True),
        ("水資", True),
        ("a" * 5000, False),
    ],
)
def test_search(query, found):
    OfferFactory(title="Gestão da água 水資源", summary="", institution__name="Escola", institution__city="Porto")
    OfferFactory(title="Solar lamps", summary="", institution__country="KE", field="0713", institution__city="Kisumu")
    assert ask("q=" + quote(query)).total == found


@pytest.mark.embedded
def test_title_matches_come_first():
    in_text = OfferFactory(title="Two coasts", summary="With a boat on the river", starts=dt.date(2031, 1, 5))
    in_title = OfferFactory(title="A river", summary="", starts=dt.date(2031, 2, 5))
    assert ask("q=river")[:] == [in_title.pk, in_text.pk]
    assert ask("q=river&sort=starts")[:] == [in_text.pk, in_title.pk]


def test_searching_for_a_word_that_every_offer_has_uses_the_index():
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only")
    OfferFactory.create_batch(3)
    with CaptureQueriesContext(connection) as queries:
        assert len(Offer.objects.ids_of_each([("water", True)])[0][0]) == 3
    assert "SET LOCAL enable_seqscan = off" in [query["sql"] for query in queries]
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)


# Sorting, terms, credits ---------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_sorts():
    today = dt.date.today()
    late = OfferFactory(starts=today + dt.timedelta(days=200), weeks=4)
    long = OfferFactory(starts=today + dt.timedelta(days=100), weeks=40)
    soon = OfferFactory(starts=today + dt.timedelta(days=100), weeks=4)
    assert ask()[:] == [long.pk, soon.pk, late.pk]
    assert ask("sort=newest")[:] == [soon.pk, long.pk, late.pk]
    assert ask("sort=ends")[:] == [soon.pk, late.pk, long.pk]
    assert ask("sort=match")[:] == ask("sort=nonsense")[:] == ask()[:]


@pytest.mark.parametrize(
    ("day", "term"),
    [("2026-08-01", "2026-08"), ("2026-12-31", "2026-08"), ("2027-01-01", "2027-01"), ("2027-07-31", "2027-01")],
)
def test_terms(day, term):
    assert term_of(dt.date.fromisoformat(day)) == term


@pytest.mark.parametrize(
    ("ects", "value"), [(None, "none"), (0, "none"), (2.5, "small"), (3, "medium"), (5, "medium"), (5.5, "large")]
)
def test_credits(ects, value):
    assert credit_range(ects) == value


def test_a_narrower_field_narrows():
    OfferFactory(field="0731")
    OfferFactory(field="0732")
    assert ask("field=07").total == 2
    assert ask("field=07&field=0731").total == 1
    shelf = next(shelf for shelf in ask("field=07").shelves if shelf.name == "field")
    assert [(option.value, option.count, option.inside) for option in shelf.options] == [
        ("07", 2, False),
        ("0731", 1, True),
        ("0732", 1, True),
    ]


# Freshness -----------------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_what_is_published_is_there_at_once_and_what_is_closed_gone(client):
    first = OfferFactory(title="First light")
    assert "First light" in client.get(reverse("offer_list")).text
    OfferFactory(title="Second wind")
    page = client.get(reverse("offer_list")).text
    assert "First light" in page
    assert "Second wind" in page
    Offer.objects.filter(pk=first.pk).update(status=OfferStatus.CLOSED)
    mark_changed([first.pk])
    assert "First light" not in client.get(reverse("offer_list")).text


def test_rows_written_in_bulk_are_found_once_everything_is_said_to_have_changed():
    offer = OfferFactory()
    ask()
    Offer.objects.filter(pk=offer.pk).update(format=Format.STAFF)
    mark_all_changed()
    assert ask("format=staff").total == 1


def test_an_older_number_makes_a_picture_anew():
    """As after a database was restored."""
    offer = OfferFactory()
    ask()
    Offer.objects.filter(pk=offer.pk).update(format=Format.STAFF)
    CatalogueState.objects.update(number=5, rebuilt=5)
    assert ask("format=staff").total == 1


def test_a_state_read_before_a_change_does_not_put_the_picture_back():
    """As when a change comes between a page's reading of the state and its look at the picture."""
    OfferFactory()
    before = CatalogueState.read()
    OfferFactory()
    assert ask().total == 2
    picture = OFFERS.picture
    assert OFFERS.at(before) is picture


def test_nothing_of_a_suspended_institution_is_shown(client, pune, lisbon):
    OfferFactory(institution=pune, title="Rivers of Pune")
    OfferFactory(institution=lisbon, title="Tides of Lisbon")
    ask()
    pune.status = InstitutionStatus.SUSPENDED
    pune.save()
    page = client.get(reverse("offer_list")).text
    assert "Rivers of Pune" not in page
    assert "Tides of Lisbon" in page
    assert ask().counts("country") == {"PT": 1}


# Pages ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "count"),
    [
        # The state, the offers of the page, their languages.
        ("", 3),
        ("?format=coil&country=PT", 3),
        # And for words that nobody asked for yet: a savepoint (outside a test, a transaction), settings, the words.
        ("?q=water", 8),
        ("?q=water+in+cities&suits=1&level=6", 8),
    ],
)
@pytest.mark.parametrize("rows", [1, 30])
def test_query_counts(client, lisbon, rows, address, count, django_assert_num_queries):
    if connection.vendor != "postgresql" and "q=" in address:
        count -= 2
    OfferFactory.create_batch(rows, institution=lisbon, title="Water in cities")
    ask()
    with django_assert_num_queries(count):
        assert client.get(reverse("offer_list") + address).context["answer"].total == rows


@pytest.mark.parametrize("rows", [1, 30])
def test_query_counts_of_exchanges(client, pune, lisbon, rows, django_assert_num_queries):
    for _ in range(rows):
        exchange_of(pune, lisbon)
    ask(catalogue=EXCHANGES)
    with django_assert_num_queries(4):
        assert len(client.get(reverse("exchange_list")).context["page"]) == min(rows, 20)


def test_query_counts_signed_in(sign_in, asha, django_assert_num_queries):
    OfferFactory.create_batch(30)
    ask()
    client = sign_in(asha)
    client.get(reverse("offer_list"))
    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("offer_list"))
    assert len(queries) <= 10
    assert reverse("offer_new") in page.text


@pytest.mark.embedded
def test_drafts_closed_and_expired_offers_are_not_listed(client):
    for status in OfferStatus.values:
        OfferFactory(status=status, title=f"It is {status}")
    page = client.get(reverse("offer_list")).text
    assert re.findall("It is [a-z]+", page) == ["It is published"]


def test_card(client, pune):
    OfferFactory(
        institution=pune,
        title="Rivers <b>&</b> cities",
        languages=[("pt", "B1"), ("en", "C1")],
        ects="2.5",
        hours=WeekHours.daily("13:30", "17:00", [1]),
        partners_wanted=2,
    )
    client.cookies["zone"] = "Asia/Tokyo"
    text = client.get(reverse("offer_list")).text
    assert "Rivers &lt;b&gt;&amp;&lt;/b&gt; cities" in text
    assert "<b>&</b>" not in text
    for words in (
        "Savitribai Phule Pune University, India",
        "Portuguese B1",
        "English C1",
        "2.5 ECTS",
        "2 partners wanted",
    ):
        assert words in text
    assert "Live 17:00 to 20:30 Tokyo" in text


def test_pagination_keeps_the_filters(client, lisbon):
    OfferFactory.create_batch(45, institution=lisbon)
    page = client.get(reverse("offer_list"), {"format": "coil", "page": 2})
    assert len(page.context["page"]) == 20
    assert "?format=coil&amp;page=3" in page.text
    assert len(client.get(reverse("offer_list"), {"page": 3}).context["page"]) == 5


def test_an_address_is_spelled_one_way():
    many = QueryDict("&".join(f"country={n}" for n in range(900)))
    assert len(Asked.of(many).values("country")) == MOST_VALUES
    asked = Asked.of(QueryDict("sort=starts&level=6&format=coil&format=coil&q=+water++now&suits=1&unknown=1"))
    assert asked.address == "?q=water+now&format=coil&level=6&suits=1&sort=starts"
    assert Asked.of(QueryDict(asked.address[1:])) == asked
    assert asked.without("format").without("q").address == "?level=6&suits=1"


@pytest.mark.embedded
@pytest.mark.parametrize(
    "address",
    [
        "?page=0", "?page=-3", "?page=99999999999999999999999", "?page=abc", "?sort=%00", "?q=%00", "?q=%ff%fe",
        "?q=" + "x" * 3000, "?field=<script>alert(1)</script>", "?level=7%00", "?level=" + "9" * 400,
        "?language=en'--", "?suits=yes", "?country=" + "&country=".join(["PT"] * 900), "?term=9999-99",
        "?credits=none&credits=javascript:alert(1)", "?q=%E2%80%AE%D9%80", "?format=&mode=&q=",
    ],
)  # fmt: skip
def test_hostile_addresses_have_an_answer(client, address):
    OfferFactory()
    for name in ("offer_list", "exchange_list"):
        answer = client.get(reverse(name) + address)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_the_usual_order_has_no_value_so_that_words_turn_it_into_the_best_match():
    assert [(value, chosen) for value, _words, chosen in ask().asked.sorts] == [
        ("", True),
        ("newest", False),
        ("ends", False),
    ]
    assert [value for value, _words, chosen in ask("q=water&sort=starts").asked.sorts if chosen] == ["starts"]
    assert ask("q=water&sort=").asked.sort == "match"


def test_nothing_found_says_which_filter_to_drop(client):
    OfferFactory.create_batch(3, format=Format.COIL)
    OfferFactory(format=Format.STAFF, languages=[("pt", "B1")])
    page = client.get(reverse("offer_list"), {"format": "coil", "language": "pt"}).text
    assert "Without the filter “Language” there are 3." in page
    assert 'href="?format=coil"' in page
    assert "Show all" in client.get(reverse("offer_list"), {"q": "zebra"}).text or "Drop that" in page
    assert (
        "Without the words you typed there is 1."
        in client.get(reverse("offer_list"), {"q": "zebra", "format": "staff"}).text
    )


def test_an_empty_catalogue(client):
    assert "No open offers yet" in client.get(reverse("offer_list")).text
    assert "No exchange is open for joining" in client.get(reverse("exchange_list")).text


def test_htmx_swaps_results_and_facets(client):
    OfferFactory()
    sent = {"q": "", "format": "coil", "sort": ""}
    answer = client.get(reverse("offer_list"), sent, headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert answer["HX-Push-Url"] == "/offers/?format=coil"
    assert '<p id="found" hx-swap-oob="innerHTML">1 open offer</p>' in answer.text
    assert 'id="results"' in answer.text
    assert 'id="facets" hx-swap-oob="true"' in answer.text
    restored = client.get(reverse("offer_list"), headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in restored.text


def test_the_kept_front_page_holds_no_one_elses_token():
    OfferFactory()
    tokens = []
    for _ in range(2):
        client = Client(enforce_csrf_checks=True)
        page = client.get(reverse("offer_list"))
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
        tokens.append(token)
        answer = client.post(
            reverse("zone_choose"), {"zone": "Asia/Tokyo", "next": "/offers/", "csrfmiddlewaretoken": token}
        )
        assert answer.status_code == 302
    assert tokens[0] != tokens[1]


def test_the_kept_front_page_is_each_zones_and_languages_own(client):
    OfferFactory()
    assert "clock in UTC" in client.get(reverse("offer_list")).text
    client.cookies["zone"] = "Asia/Kathmandu"
    assert "clock in Kathmandu" in client.get(reverse("offer_list")).text


# Open exchanges ------------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_exchanges_that_learners_can_join(client, pune, lisbon):
    shown = exchange_of(pune, lisbon, title="Open to all of us")
    for status in set(ExchangeStatus.values) - {ExchangeStatus.ENROLLING}:
        exchange_of(pune, lisbon, title=f"It is {status}", status=status)
    page = client.get(reverse("exchange_list"))
    assert "Open to all of us" in page.text
    assert "It is" not in page.text
    assert page.context["answer"].total == 1
    assert "Universidade de Lisboa" in page.text
    Exchange.objects.filter(pk=shown.pk).update(status=ExchangeStatus.GROUPING)
    mark_changed([shown.offer_id])
    assert client.get(reverse("exchange_list")).context["answer"].total == 0


def test_cards_of_rows_that_are_no_longer_there():
    offer = OfferFactory(status=OfferStatus.CLOSED)
    assert offer_cards([offer.pk, 0, 99999999]) == []
    assert exchange_cards([offer.pk]) == []
