"""Planning, opening and closing enrolment, cancelling; and the pages of an exchange."""

import csv
import datetime as dt
import io

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from exchanges.actions import exchanges
from exchanges.actions.enrolments import enrol
from exchanges.enums import ExchangeStatus, RunKind
from exchanges.models import Enrolment, Exchange, Run
from exchanges.tasks import sweep_exchanges
from institutions.enums import PartnershipStatus
from institutions.errors import Refused
from institutions.interop.mail import render
from institutions.models import JournalEntry, Notice, Partnership
from tests.factories.enrolment import enrolled
from tests.factories.exchange import ExchangeFactory, exchange_of
from tests.factories.partnership import PartnershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(pune, lisbon):
    return ExchangeFactory(host=pune, institutions=[pune, lisbon], title="Two rivers", covered=True)


@pytest.fixture
def exchange(pune, lisbon):
    return exchange_of(pune, lisbon, title="Two rivers", places=2)


def told(kind):
    """Who has been told of it by mail; the mail can be written."""
    notices = Notice.objects.filter(kind=kind, channel="email").select_related("recipient")
    assert all(render(notice).body for notice in notices)
    return {notice.recipient.get_short_name() for notice in notices}


# Opening and closing -------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_enrolment_opens_under_an_active_partnership(asha, bruno, planned):
    exchange = exchanges.open_enrolment(actor=bruno, exchange=planned)
    assert exchange.status == ExchangeStatus.ENROLLING
    assert exchange.enrol_opens <= timezone.now()
    assert told("enrolment_opened") == {"Asha", "Bruno"}
    assert JournalEntry.objects.about(exchange).get().verb == "exchange.open_enrolment"


@pytest.mark.parametrize("status", [s for s in PartnershipStatus if s != PartnershipStatus.ACTIVE])
def test_not_under_a_partnership_in_any_other_state(asha, planned, status):
    Partnership.objects.update(status=status)
    with pytest.raises(Refused, match="artnership"):
        exchanges.open_enrolment(actor=asha, exchange=planned)
    planned.refresh_from_db()
    assert planned.status == ExchangeStatus.PLANNED


@pytest.mark.parametrize("gap", ["starts later", "ends sooner", "another field", "one institution less"])
def test_not_under_a_partnership_that_does_not_cover_it(asha, planned, tokyo, gap):
    if gap == "starts later":
        Partnership.objects.update(valid_from=planned.starts + dt.timedelta(days=1))
    elif gap == "ends sooner":
        Partnership.objects.update(valid_until=planned.ends - dt.timedelta(days=1))
    elif gap == "another field":
        Partnership.objects.update(fields=["0511"])
    else:
        planned.parts.create(institution=tokyo, role="partner", places=5)
    with pytest.raises(Refused, match="No active partnership"):
        exchanges.open_enrolment(actor=asha, exchange=planned)


def test_the_field_may_lie_in_a_broader_one_of_the_partnership(asha, planned):
    Partnership.objects.update(fields=["05", "07"])
    assert exchanges.open_enrolment(actor=asha, exchange=planned).status == ExchangeStatus.ENROLLING


def test_not_without_a_closing_time_or_places(asha, planned):
    planned.enrol_closes = None
    planned.save()
    planned.parts.update(places=0)
    assert set(exchanges.missing_before_enrolment(planned)) == {"window", "places"}
    with pytest.raises(Refused):
        exchanges.open_enrolment(actor=asha, exchange=planned)


@pytest.mark.parametrize("who", ["chie", "emil", "ines", "root"])
def test_only_coordinators_of_the_sides_open_it(request, planned, who):
    with pytest.raises(Refused, match="Only coordinators"):
        exchanges.open_enrolment(actor=request.getfixturevalue(who), exchange=planned)


@pytest.mark.embedded
def test_the_window_opens_and_closes_by_itself_once(asha, bruno, planned):
    planned.enrol_opens = timezone.now() + dt.timedelta(days=1)
    planned.save()
    sweep_exchanges()
    assert Exchange.objects.get().status == ExchangeStatus.PLANNED
    with time_machine.travel(planned.enrol_opens + dt.timedelta(minutes=1)):
        sweep_exchanges()
        sweep_exchanges()
        assert Exchange.objects.get().status == ExchangeStatus.ENROLLING
    with time_machine.travel(planned.enrol_closes + dt.timedelta(minutes=1)):
        sweep_exchanges()
        sweep_exchanges()
    assert Exchange.objects.get().status == ExchangeStatus.GROUPING
    assert Run.objects.get().kind == RunKind.GROUPS
    assert told("enrolment_closed") == {"Asha", "Bruno"}
    verbs = [entry.verb for entry in JournalEntry.objects.about(planned)]
    assert verbs == ["exchange.open_enrolment", "exchange.close_enrolment"]
    assert all(entry.actor is None for entry in JournalEntry.objects.about(planned))


def test_what_keeps_the_window_from_opening_is_told_once(asha, planned):
    Partnership.objects.update(status=PartnershipStatus.SIGNING)
    planned.enrol_opens = timezone.now() - dt.timedelta(minutes=1)
    planned.save()
    sweep_exchanges()
    sweep_exchanges()
    assert Exchange.objects.get().status == ExchangeStatus.PLANNED
    assert Notice.objects.filter(kind="enrolment_not_opened", recipient=asha, channel="email").count() == 1
    assert told("enrolment_not_opened") == {"Asha"}


def test_what_is_missing_is_said_in_the_coordinators_language(asha, planned):
    asha.language = "pt"
    asha.save()
    Partnership.objects.update(status=PartnershipStatus.SIGNING)
    planned.enrol_opens = timezone.now() - dt.timedelta(minutes=1)
    planned.save()
    sweep_exchanges()
    notice = Notice.objects.get(kind="enrolment_not_opened", recipient=asha, channel="email")
    assert "ainda não está em vigor: em assinatura" in notice.context["reason"]


def test_closing_early_asks_for_groups_and_opening_again_calls_that_off(asha, exchange):
    exchanges.close_enrolment(actor=asha, exchange=exchange)
    exchange.refresh_from_db()
    assert exchange.status == ExchangeStatus.GROUPING
    assert exchange.enrol_closes <= timezone.now()
    with pytest.raises(Refused, match="has passed"):
        exchanges.open_enrolment(actor=asha, exchange=exchange)
    later = timezone.now() + dt.timedelta(days=3)
    exchanges.edit_exchange(actor=asha, exchange=exchange, changes={"enrol_closes": later})
    exchanges.open_enrolment(actor=asha, exchange=exchange)
    assert Run.objects.get().status == "cancelled"


def test_cancelling_tells_everyone_why(asha, bruno, emil, exchange, chie):
    enrol(actor=emil, exchange=exchange)
    with pytest.raises(Refused):
        exchanges.cancel_exchange(actor=asha, exchange=exchange, reason="")
    exchanges.cancel_exchange(actor=asha, exchange=exchange, reason="The river is dry.")
    assert told("exchange_cancelled") == {"Asha", "Bruno", "Emil"}
    with pytest.raises(Refused):
        exchanges.cancel_exchange(actor=asha, exchange=exchange, reason="Again")


# Changing ------------------------------------------------------------------------------------------------------------


def test_places_never_fall_below_those_held(asha, exchange, lisbon):
    enrolled(exchange, lisbon)
    enrolled(exchange, lisbon)
    with pytest.raises(Refused) as refusal:
        exchanges.edit_exchange(actor=asha, exchange=exchange, changes={}, places={lisbon.pk: 1})
    assert refusal.value.field == f"places_{lisbon.pk}"
    assert exchange.parts.get(institution=lisbon).places == 2


def test_dates_that_no_partnership_covers_are_refused_while_learners_enrol(asha, exchange):
    with pytest.raises(Refused) as refusal:
        exchanges.edit_exchange(actor=asha, exchange=exchange, changes={"ends": exchange.ends + dt.timedelta(days=400)})
    assert refusal.value.field == "ends"


def test_new_dates_are_told_and_in_the_journal(asha, bruno, emil, exchange):
    enrol(actor=emil, exchange=exchange)
    starts = exchange.starts + dt.timedelta(days=1)
    exchanges.edit_exchange(actor=asha, exchange=exchange, changes={"starts": starts})
    assert told("exchange_dates_changed") == {"Asha", "Bruno", "Emil"}
    entry = JournalEntry.objects.get(verb="exchange.edit")
    assert entry.data["changes"]["starts"] == [str(starts - dt.timedelta(days=1)), str(starts)]


# Pages ---------------------------------------------------------------------------------------------------------------


def form_data(exchange, **changes):
    data = {
        "title": exchange.title,
        "summary": exchange.summary,
        "starts": exchange.starts,
        "ends": exchange.ends,
        "zone": exchange.zone,
        "closes_on": exchange.enrol_closes.astimezone(exchange.tz).date(),
        "closes_at": "12:00",
        "group_size_min": 3,
        "group_size_max": 6,
        "session_minutes": 60,
        "language": "en",
        **{f"places_{part.institution_id}": part.places for part in exchange.parts.all()},
    }
    return {**data, **changes}


def test_the_coordinators_settle_it_in_the_exchanges_zone(sign_in, bruno, planned):
    browser = sign_in(bruno)
    url = reverse("exchange_edit", args=[planned.pk])
    assert browser.get(url).status_code == 200
    day = timezone.now().date() + dt.timedelta(days=5)
    answer = browser.post(url, form_data(planned, opens_on=day, opens_at="09:30", title="Three rivers"))
    assert answer.status_code == 302
    planned.refresh_from_db()
    assert planned.title == "Three rivers"
    assert planned.enrol_opens == dt.datetime.combine(day, dt.time(4, 0), dt.UTC)  # 9:30 in Kolkata


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 141),
        ("title", "a\x00b"),
        ("title", "a\x1bb"),
        ("title", "two\nlines"),
        ("ends", "2020-01-01"),
        ("starts", "0000-00-00"),
        ("zone", "Asia/Tokyo"),
        ("closes_at", ""),
        ("closes_on", "2020-02-30"),
        ("closes_on", "9999-01-01"),
        ("group_size_min", "1"),
        ("group_size_max", "2"),
        ("group_size_max", "99999999999999999999"),
        ("session_minutes", "-5"),
        ("language", "xx"),
        ("places", "-1"),
        ("places", "1e3"),
        ("places", "99999999999"),
    ],
)
def test_bad_input_is_answered_at_the_field_and_writes_nothing(sign_in, asha, planned, pune, field, value):
    field = f"places_{pune.pk}" if field == "places" else field
    before = Exchange.objects.values().get()
    page = sign_in(asha).post(reverse("exchange_edit", args=[planned.pk]), form_data(planned, **{field: value}))
    assert page.status_code == 200
    assert page.context["form"].errors
    assert page.context["form"].errors.keys() <= {field, "closes_on", "ends"}
    assert Exchange.objects.values().get() == before


def test_opening_in_the_browser_says_what_is_missing(sign_in, asha, planned):
    url = reverse("exchange_open", args=[planned.pk])
    Partnership.objects.update(status=PartnershipStatus.SIGNING)
    browser = sign_in(asha)
    assert "is not in force yet: being signed" in browser.get(url).content.decode()
    browser.post(url)
    assert Exchange.objects.get().status == ExchangeStatus.PLANNED
    Partnership.objects.update(status=PartnershipStatus.ACTIVE)
    assert browser.post(url).url == planned.get_absolute_url()
    assert Exchange.objects.get().status == ExchangeStatus.ENROLLING


COORDINATORS_PAGES = (
    "exchange_edit",
    "exchange_open",
    "exchange_close",
    "exchange_cancel",
    "enrolment_list",
    "enrolment_csv",
)


@pytest.mark.parametrize("who", ["chie", "emil", "farah", "ines", "dina", "root"])
def test_pages_of_the_coordinators_are_404_for_everybody_else(sign_in, request, emil, exchange, who):
    enrol(actor=emil, exchange=exchange)
    browser = sign_in(request.getfixturevalue(who))
    for name in COORDINATORS_PAGES:
        assert browser.get(reverse(name, args=[exchange.pk])).status_code == 404
        assert browser.get(reverse(name, args=[10**25])).status_code == 404
        if name not in ("enrolment_list", "enrolment_csv"):
            assert browser.post(reverse(name, args=[exchange.pk]), {"reason": "x"}).status_code == 404
    exchange.refresh_from_db()
    assert exchange.status == ExchangeStatus.ENROLLING


def test_a_stranger_sees_a_public_exchange_and_no_names(client, asha, emil, exchange):
    enrol(actor=emil, exchange=exchange)
    page = client.get(exchange.get_absolute_url()).content.decode()
    assert "Two rivers" in page
    for secret in ("Emil", "Asha", emil.email, "What happened"):
        assert secret not in page


@pytest.mark.parametrize("status", [ExchangeStatus.PLANNED, ExchangeStatus.CANCELLED])
def test_what_is_not_public_is_404_for_strangers(client, sign_in, asha, chie, emil, pune, lisbon, status):
    exchange = exchange_of(pune, lisbon)
    enrol(actor=emil, exchange=exchange)
    Exchange.objects.update(status=status)
    assert client.get(exchange.get_absolute_url()).status_code == 404
    assert sign_in(chie).get(exchange.get_absolute_url()).status_code == 404
    assert sign_in(asha).get(exchange.get_absolute_url()).status_code == 200
    assert sign_in(emil).get(exchange.get_absolute_url()).status_code == 200


def test_joining_and_leaving_in_the_browser(sign_in, emil, lisbon, exchange):
    browser = sign_in(emil)
    assert reverse("enrolment_new", args=[exchange.pk]) in browser.get(exchange.get_absolute_url()).content.decode()
    assert browser.post(reverse("enrolment_new", args=[exchange.pk])).url == exchange.get_absolute_url()
    assert "You have a place." in browser.get(exchange.get_absolute_url()).content.decode()
    assert "Give up your place?" in browser.get(reverse("enrolment_withdraw", args=[exchange.pk])).content.decode()
    browser.post(reverse("enrolment_withdraw", args=[exchange.pk]))
    assert Enrolment.objects.get().status == "withdrawn"


def test_the_waiting_list_says_ones_position(sign_in, emil, lisbon, exchange):
    for _ in range(3):
        enrolled(exchange, lisbon)
    browser = sign_in(emil)
    page = browser.post(reverse("enrolment_new", args=[exchange.pk]), follow=True).content.decode()
    assert "You are number 2 on the waiting list." in page


def test_outsiders_are_told_who_can_join(sign_in, dina, exchange):
    browser = sign_in(dina)
    page = browser.post(reverse("enrolment_new", args=[exchange.pk])).content.decode()
    assert "Only learners of the participating institutions can join" in page
    assert not Enrolment.objects.exists()
    assert browser.post(reverse("enrolment_withdraw", args=[exchange.pk])).status_code == 404


def test_a_paused_enrolment_says_so(sign_in, client, emil, exchange):
    Partnership.objects.update(status=PartnershipStatus.SUSPENDED)
    assert "Enrolment is paused" in client.get(exchange.get_absolute_url()).content.decode()
    page = sign_in(emil).post(reverse("enrolment_new", args=[exchange.pk])).content.decode()
    assert "Enrolment is paused" in page
    assert not Enrolment.objects.exists()


def test_the_csv_is_safe_to_open(sign_in, asha, emil, exchange):
    emil.name = '=HYPERLINK("x")'
    emil.save()
    enrol(actor=emil, exchange=exchange)
    answer = sign_in(asha).get(reverse("enrolment_csv", args=[exchange.pk]))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 2
    assert rows[1][1] == '\'=HYPERLINK("x")'
    assert rows[1][2] == emil.email


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(("name", "queries"), [("exchange_detail", 15), ("enrolment_list", 13), ("enrolment_csv", 6)])
def test_pages_take_as_many_queries_for_one_as_for_thirty(
    sign_in, asha, lisbon, pune, django_assert_num_queries, count, name, queries
):
    exchange = exchange_of(pune, lisbon, places=100)
    for _ in range(count):
        enrolled(exchange, lisbon)
    browser = sign_in(asha)
    with django_assert_num_queries(queries):
        browser.get(reverse(name, args=[exchange.pk]))


def test_a_partnership_of_more_institutions_covers_two_of_them(asha, pune, lisbon, tokyo):
    exchange = ExchangeFactory(host=pune, institutions=[pune, lisbon])
    network = PartnershipFactory(institutions=[pune, tokyo, lisbon])
    assert exchange.covering_partnership() == network
