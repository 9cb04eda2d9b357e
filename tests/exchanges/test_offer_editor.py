"""The offer editor: drafts that are never lost, publishing, visible history, closing and expiring."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exchanges.actions import offers
from exchanges.enums import Format, Mode, OfferStatus
from exchanges.models import CatalogueState, Offer, Run
from institutions.enums import Role
from institutions.errors import Refused
from institutions.models import JournalEntry, Notice
from tests.factories.exchange import ExchangeFactory
from tests.factories.membership import MembershipFactory
from tests.factories.offers import OfferFactory
from tests.factories.pairing import PairingFactory
from vmobility.celery import app

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def day(ahead: int) -> str:
    return (dt.date.today() + dt.timedelta(days=ahead)).isoformat()


def typed(step: str, **changes):
    """What a coordinator would send for a step of a COIL module; `changes` replace or (None) take away."""
    data = {
        "what": {
            "title": "Two rivers, one studio",
            "summary": "Mixed teams compare two rivers.",
            "description": "We **meet** and compare.",
            "outcomes": "Compare two basins\nWork in a mixed team",
            "context": "learning",
            "field": "0731",
            "level": "6",
        },
        "when": {
            "starts": day(60),
            "ends": day(60 + 41),
            "weeks": "",
            "zone": "Asia/Kolkata",
            "hours": ["20", "21", "68", "69"],
            "hours_week": "14:00-18:00",
            "session_minutes": "90",
            "live_hours": "9",
            "independent_hours": "45",
            "ects": "2",
        },
        "who": {
            "language_0": "en",
            "cefr_0": "B2",
            "own_places": "25",
            "partner_places": "20",
            "group_size_min": "3",
            "group_size_max": "6",
            "partners_wanted": "1",
            "wanted_countries": "Portugal, Brazil",
            "wanted_regions": ["019"],
            "wanted_subregions": ["039"],
            "wanted_kinds": ["hei"],
        },
        "how": {
            "mode": "virtual",
            "resource_0_title": "River atlas",
            "resource_0_url": "https://example.org/atlas",
            "resource_0_kind": "oer",
            "resource_0_licence": "CC-BY-4.0",
            "bandwidth": "medium",
            "captions": "on",
            "reply_by": day(30),
        },
    }[step]
    return {name: value for name, value in {**data, **changes}.items() if value is not None}


def save(client, offer, step, tab="one", revision=None, **changes):
    offer.refresh_from_db()
    data = typed(step, **changes) | {"tab": tab, "revision": offer.revision if revision is None else revision}
    answer = client.post(f"/offers/{offer.pk}/edit/{step}/", data)
    offer.refresh_from_db()
    return answer


def text_of(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def draft(asha, pune):
    return offers.create_offer(actor=asha, institution=pune, format=Format.COIL)


@pytest.fixture
def her(sign_in, asha):
    return sign_in(asha)


@pytest.fixture
def complete(draft, her):
    for step in ("what", "when", "who", "how"):
        assert save(her, draft, step).status_code == 302
    return draft


# From nothing to the catalogue ---------------------------------------------------------------------------------------


def test_an_offer_is_drafted_in_steps_and_published(asha, her, pune):
    answer = her.post("/offers/new/", {"format": "coil"})
    offer = Offer.objects.get()
    assert answer.url == f"/offers/{offer.pk}/edit/what/"
    assert (offer.status, offer.institution, offer.zone, offer.country) == ("draft", pune, "Asia/Kolkata", "IN")
    for step, following in (("what", "when"), ("when", "who"), ("who", "how"), ("how", "review")):
        assert her.get(f"/offers/{offer.pk}/edit/{step}/").status_code == 200
        assert save(her, offer, step).url == f"/offers/{offer.pk}/edit/{following}/"
    assert offer.weeks == 6
    assert offer.hours.to_hex() != "0" * 84
    assert offer.wanted_countries == ["PT", "BR"]
    assert offer.wanted_regions == ["019", "039"]
    assert [(row.tag, row.cefr) for row in offer.languages.all()] == [("en", "B2")]
    assert offer.resources.get().url == "https://example.org/atlas"
    review = her.get(f"/offers/{offer.pk}/edit/review/")
    assert "Everything is there" in text_of(review)
    number = CatalogueState.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    assert her.post(f"/offers/{offer.pk}/publish/").url == offer.get_absolute_url()
    offer.refresh_from_db()
    assert (offer.status, offer.published_at is not None) == ("published", True)
    assert "rivers" in offer.search_text
    assert offer.catalogued > number
    assert Run.objects.get().offer == offer
    assert list(JournalEntry.objects.about(offer).values_list("verb", flat=True)) == ["offer.create", "offer.publish"]


def test_who_coordinates_several_institutions_chooses_one(asha, her, pune, lisbon, tokyo):
    MembershipFactory(user=asha, institution=lisbon, role=Role.COORDINATOR)
    assert "Universidade de Lisboa" in text_of(her.get("/offers/new/"))
    answer = her.post("/offers/new/", {"format": "coil", "institution": tokyo.pk})
    assert answer.status_code == 200
    assert not Offer.objects.exists()
    her.post("/offers/new/", {"format": "tandem", "institution": lisbon.pk})
    assert Offer.objects.get().institution == lisbon


@pytest.mark.parametrize("format", Format.values)
def test_each_format_asks_only_for_what_it_needs(her, asha, pune, format):
    offer = offers.create_offer(actor=asha, institution=pune, format=format)
    pages = {step: text_of(her.get(f"/offers/{offer.pk}/edit/{step}/")) for step in ("what", "when", "who", "how")}
    assert ('name="ects"' in pages["when"]) is (format not in ("vet", "staff"))
    assert ('name="level"' in pages["what"]) is (format != "staff")
    assert ('name="group_size_max"' in pages["who"]) is (format not in ("course", "tandem"))
    assert ('name="mode"' in pages["how"]) is (format != "bip")
    assert ("guardian" in pages["who"]) is (format == "vet")


def test_only_coordinators_of_the_institution_reach_the_editor(draft, sign_in, client, bruno, ishaan, farah, root):
    paths = [f"/offers/{draft.pk}/edit/", *(f"/offers/{draft.pk}/edit/{step}/" for step in ("when", "review"))]
    paths += [f"/offers/{draft.pk}/{move}/" for move in ("close", "reopen", "discard", "history")]
    for person in (bruno, ishaan, farah, root):
        browser = sign_in(person)
        assert {browser.get(path).status_code for path in paths} == {404}
        assert browser.post(f"/offers/{draft.pk}/edit/what/autosave/", typed("what")).status_code == 404
        assert browser.post(f"/offers/{draft.pk}/publish/").status_code == 404
        assert browser.post(f"/offers/{draft.pk}/duplicate/").status_code == 404
    assert client.get(paths[0]).url.startswith("/accounts/login/")
    assert sign_in(farah).get("/offers/new/").status_code == 404
    assert sign_in(farah).get("/my/offers/").status_code == 404


@pytest.mark.parametrize("path", ["/offers/999999/edit/", "/offers/99999999999999999999999/edit/what/"])
def test_unknown_offers_and_steps_are_not_found(her, draft, path):
    assert her.get(path).status_code == 404
    assert her.get(f"/offers/{draft.pk}/edit/nowhere/").status_code == 404


# Bad input -----------------------------------------------------------------------------------------------------------

BAD = [
    ("what", {"title": ""}, "title", "required"),
    ("what", {"title": "x" * 141}, "title", "140"),
    ("what", {"title": "Two\nlines"}, "title", "one line"),
    ("what", {"summary": "a\x00b"}, "summary", "cannot be shown"),
    ("what", {"summary": "x" * 281}, "summary", "280"),
    ("what", {"description": "bell \x07"}, "description", "cannot be shown"),
    ("what", {"description": ""}, "description", "required"),
    ("what", {"description": "x" * 20001}, "description", "20000"),
    ("what", {"field": "9999"}, "field", "valid choice"),
    ("what", {"context": "<b>"}, "context", "valid choice"),
    ("what", {"level": "9"}, "level", "valid choice"),
    ("when", {"starts": ""}, "starts", "required"),
    ("when", {"starts": "yesterday"}, "starts", "valid date"),
    ("when", {"starts": "0001-01-01"}, "starts", "2000"),
    ("when", {"ends": day(20)}, "ends", "end before it starts"),
    ("when", {"weeks": "20"}, "weeks", "weeks"),
    ("when", {"weeks": "9" * 30}, "weeks", "60"),
    ("when", {"zone": "Mars/Olympus"}, "zone", "from the list"),
    ("when", {"hours": ["999"]}, "hours", "from the grid"),
    ("when", {"hours_week": "late"}, "hours", "9:00-12:00"),
    ("when", {"hours": ["20"], "hours_week": None}, "hours", "long enough"),
    ("when", {"session_minutes": "0"}, "session_minutes", "15"),
    ("when", {"live_hours": "-1"}, "live_hours", "0"),
    ("when", {"ects": "1e400"}, "ects", ""),
    ("when", {"ects": "NaN"}, "ects", "number"),
    ("who", {"language_0": ""}, "language_0", "required"),
    ("who", {"language_0": "xx-klingon"}, "language_0", "valid choice"),
    ("who", {"language_1": "en"}, "language_1", "twice"),
    ("who", {"group_size_max": ""}, "group_size_max", "required"),
    ("who", {"cefr_0": "Z9"}, "cefr_0", "valid choice"),
    ("who", {"own_places": "0"}, "own_places", "At least one"),
    ("who", {"partner_places": "99999999999"}, "partner_places", "10000"),
    ("who", {"group_size_min": "6", "group_size_max": "3"}, "group_size_max", "smaller"),
    ("who", {"group_size_max": "40"}, "group_size_max", "3 to 6"),
    ("who", {"partners_wanted": "0"}, "partners_wanted", "1"),
    ("who", {"wanted_countries": "Portugal, Atlantis"}, "wanted_countries", "Atlantis"),
    ("who", {"wanted_countries": "<script>alert(1)</script>"}, "wanted_countries", "not a country"),
    ("who", {"wanted_regions": ["XXX"]}, "wanted_regions", "valid choice"),
    ("who", {"wanted_kinds": ["castle"]}, "wanted_kinds", "valid choice"),
    ("how", {"mode": ""}, "mode", "required"),
    ("how", {"mode": "astral"}, "mode", "valid choice"),
    ("how", {"mode": "blended"}, "physical_place", "place and its dates"),
    ("how", {"physical_place": "Pune"}, "physical_place", "no physical part"),
    (
        "how",
        {"mode": "blended", "physical_place": "Pune", "physical_starts": day(70), "physical_ends": day(65)},
        "physical_ends",
        "end before it starts",
    ),
    ("how", {"resource_0_url": "javascript:alert(1)"}, "resource_0_url", "https://"),
    ("how", {"resource_0_url": "http://localhost/x"}, "resource_0_url", "network"),
    ("how", {"resource_0_licence": "mine"}, "resource_0_licence", "valid choice"),
    ("how", {"resource_0_licence": ""}, "resource_0_licence", "licence"),
    ("how", {"resource_1_title": "Only a title"}, "resource_1_url", "link"),
    ("how", {"access_notes": "x" * 501}, "access_notes", "500"),
    ("how", {"reply_by": "31/31/2031"}, "reply_by", "valid date"),
    ("how", {"bandwidth": "carrier pigeon"}, "bandwidth", "valid choice"),
]


@pytest.mark.parametrize(
    ("step", "changes", "field", "said"), BAD, ids=[f"{b[0]}-{b[2]}-{n}" for n, b in enumerate(BAD)]
)
def test_bad_input_is_told_at_the_field_and_writes_no_column(draft, her, step, changes, field, said):
    before = offers.content_of(draft)
    answer = save(her, draft, step, **changes)
    assert answer.status_code == 200
    form = answer.context["form"]
    assert field in form.errors, form.errors
    assert said in " ".join(form.errors[field])
    assert offers.content_of(draft) == before
    assert "<script>alert(1)" not in text_of(answer)
    if step == "what" and "title" not in changes:  # what was typed stays in the page and in the draft
        assert "Two rivers, one studio" in text_of(answer)
    kept = offers.typed_of(draft, step)
    for name, value in ((name, value) for name, value in changes.items() if value is not None):
        expected = value if isinstance(value, list) else [offers.storable(value)]
        assert kept[name] == expected
    assert "\x00" not in str(kept)


def test_more_than_can_be_kept_is_refused_and_stays_in_the_page(draft, her):
    answer = save(her, draft, "what", description="long " * 13_000)
    assert "more text than can be kept" in text_of(answer)
    assert "long long" in text_of(answer)
    assert offers.typed_of(draft, "what") is None
    answer = her.post(f"/offers/{draft.pk}/edit/what/autosave/", typed("what", description="long " * 13_000))
    assert answer.status_code == 413


def test_fields_of_other_people_are_not_taken(draft, her, lisbon):
    save(her, draft, "what", institution=str(lisbon.pk), status="published", format="tandem", revision="0")
    assert (draft.institution.slug, draft.status, draft.format) == ("pune", "draft", "coil")


def test_html_is_text_and_markdown_is_sanitised(draft, her):
    answer = save(her, draft, "what", description="<img src=x onerror=alert(1)> **bold**", then="preview")
    assert "<strong>bold</strong>" in text_of(answer)
    assert "<img src=x" not in text_of(answer)
    assert "error-summary" not in text_of(answer)


# Drafts are never lost -----------------------------------------------------------------------------------------------


def test_a_draft_keeps_what_was_typed_valid_or_not(draft, her):
    answer = her.post(f"/offers/{draft.pk}/edit/when/autosave/", {"starts": "soon", "hours_0": "9-12", "tab": "a"})
    assert answer.json() == {"saved": True}
    page = text_of(her.get(f"/offers/{draft.pk}/edit/when/"))
    assert 'value="soon"' in page
    assert 'value="9-12"' in page
    assert "error-summary" not in page
    assert "kept, but not taken over" in page
    draft.refresh_from_db()
    assert draft.starts is None


def test_later_keeps_a_half_finished_step_without_complaint(draft, her):
    answer = save(her, draft, "what", title="Only a title", summary="", then="later")
    assert answer.url == "/my/offers/"
    assert "Only a title" in text_of(her.get("/my/offers/"))
    assert 'value="Only a title"' in text_of(her.get(f"/offers/{draft.pk}/edit/what/"))


def test_what_was_typed_can_be_thrown_away(complete, her):
    assert save(her, complete, "what", title="").status_code == 200
    assert "Go back to what was saved" in text_of(her.get(f"/offers/{complete.pk}/edit/what/"))
    save(her, complete, "what", title="", then="forget")
    assert offers.unfinished_steps(complete) == []
    assert 'value="Two rivers, one studio"' in text_of(her.get(f"/offers/{complete.pk}/edit/what/"))


def test_a_stale_page_overwrites_nothing_and_shows_both(draft, her):
    opened = draft.revision
    save(her, draft, "what", tab="first", title="From the first tab")
    answer = save(her, draft, "what", tab="second", revision=opened, title="From the second tab")
    assert draft.title == "From the first tab"
    page = text_of(answer)
    assert "another tab or by a colleague" in page
    assert "From the first tab" in page
    assert 'value="From the second tab"' in page
    assert offers.typed_of(draft, "what") is None
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    save(her, draft, "what", tab="second", revision=revision, title="From the second tab")
    assert draft.title == "From the second tab"


def test_a_stale_autosave_is_refused_and_another_step_is_not_stale(draft, her):
    opened = draft.revision
    save(her, draft, "what", tab="first")
    late = typed("what", title="Late") | {"tab": "second", "revision": opened}
    assert her.post(f"/offers/{draft.pk}/edit/what/autosave/", late).status_code == 409
    assert save(her, draft, "who", tab="second", revision=opened).status_code == 302
    assert draft.title == "Two rivers, one studio"


def test_the_same_tab_goes_on_after_its_own_autosaves(draft, her):
    opened = draft.revision
    for title in ("T", "Tw", "Two"):
        data = typed("what", title=title) | {"tab": "one", "revision": opened}
        assert her.post(f"/offers/{draft.pk}/edit/what/autosave/", data).status_code == 200
    assert save(her, draft, "what", revision=opened).status_code == 302


# Publishing ----------------------------------------------------------------------------------------------------------


def test_review_names_everything_that_is_missing_with_a_link(draft, her):
    save(her, draft, "what")
    page = text_of(her.get(f"/offers/{draft.pk}/edit/review/"))
    for anchor in ("when/#id_starts", "when/#id_hours_group", "who/#id_language_0", "who/#id_own_places"):
        assert f"/offers/{draft.pk}/edit/{anchor}" in page
    assert "id_title" not in page
    her.post(f"/offers/{draft.pk}/publish/")
    draft.refresh_from_db()
    assert draft.status == OfferStatus.DRAFT


def test_what_was_typed_but_not_saved_keeps_an_offer_from_being_published(complete, her, asha):
    save(her, complete, "what", title="")
    with pytest.raises(Refused, match="not saved yet"):
        offers.publish_offer(actor=asha, offer=complete)


def _dates_passed(offer):
    offer.starts, offer.ends = dt.date.today() - dt.timedelta(days=42), dt.date.today()
    offer.reply_by = None


def _reply_passed(offer):
    offer.reply_by = dt.date.today() - dt.timedelta(days=2)


def _no_hours(offer):
    offer.hours = type(offer.hours)()


@pytest.mark.parametrize(
    ("spoil", "field"), [(_dates_passed, "starts"), (_reply_passed, "reply_by"), (_no_hours, "hours")]
)
def test_publishing_checks_what_only_the_moment_tells(complete, asha, spoil, field):
    spoil(complete)
    complete.save()
    with pytest.raises(Refused) as refusal:
        offers.publish_offer(actor=asha, offer=complete)
    assert refusal.value.field == field


def test_without_live_hours_an_offer_says_that_it_can_be_followed_in_ones_own_time(complete, asha):
    _no_hours(complete)
    complete.asynchronous = True
    complete.save()
    assert offers.publish_offer(actor=asha, offer=complete).status == OfferStatus.PUBLISHED


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ects": 2}, "ects"),
        ({"partners_wanted": 1}, "partners_wanted"),
        ({"own_places": 3, "partner_places": 3}, "partner_places"),
        ({"physical_place": ""}, "physical_place"),
        ({"physical_days": 3}, "physical_ends"),
        ({"physical_days": 31}, "physical_ends"),
    ],
)
def test_a_blended_intensive_programme_keeps_the_rules_of_its_call(asha, pune, changes, field):
    starts = dt.date.today() + dt.timedelta(days=60)
    days = changes.pop("physical_days", 6)
    facts = {
        "format": Format.BIP,
        "mode": Mode.BLENDED,
        "ects": 3,
        "partners_wanted": 2,
        "own_places": 10,
        "partner_places": 10,
        "physical_place": "Pune",
        "physical_starts": starts,
        "physical_ends": starts + dt.timedelta(days=days - 1),
    }
    offer = OfferFactory(institution=pune, starts=starts, status="draft", **facts | changes)
    assert list(offers.missing_before_publishing(offer)) == [field]


# After publishing ----------------------------------------------------------------------------------------------------


@pytest.fixture
def published(complete, asha):
    return offers.publish_offer(actor=asha, offer=complete)


def test_a_change_of_a_published_offer_is_public_with_its_history(published, her, client, asha):
    Run.objects.all().delete()
    number = published.catalogued
    save(her, published, "what", title="Three rivers")
    save(her, published, "who", wanted_countries="Portugal", language_1="pt", cefr_1="A2")
    save(her, published, "how", resource_0_title="Atlas of rivers")
    assert published.title == "Three rivers"
    assert "three" in published.search_text
    assert published.catalogued > number
    assert Run.objects.filter(offer=published).count() == 1
    first, second, _third = published.revisions.order_by("number")
    assert first.changes == {"title": ["Two rivers, one studio", "Three rivers"]}
    assert (first.actor, first.number, second.number) == (asha, 1, 2)
    page = text_of(client.get(f"/offers/{published.pk}/history/"))
    for words in (
        "Title",
        "Two rivers, one studio",
        "Three rivers",
        "Countries wanted",
        "Brazil",
        "Portuguese A2",
        "Atlas of rivers (CC-BY-4.0)",
    ):
        assert words in page
    assert asha.get_full_name() not in page
    assert f"/offers/{published.pk}/history/" in text_of(client.get(published.get_absolute_url()))


def test_saving_without_a_change_leaves_no_history(published, her):
    for step in ("what", "when", "who", "how"):
        assert save(her, published, step).status_code == 302
    assert not published.revisions.exists()


def test_a_published_offer_takes_only_what_is_in_order(published, her):
    assert save(her, published, "what", summary="").status_code == 200
    assert published.summary == "Mixed teams compare two rivers."
    assert offers.typed_of(published, "what")["summary"] == [""]


@pytest.mark.parametrize(
    ("step", "changes", "field"),
    [("when", {"starts": day(-1), "ends": day(40)}, "starts"), ("how", {"reply_by": day(-2)}, "reply_by")],
)
def test_a_published_offer_does_not_move_into_the_past(published, her, step, changes, field):
    answer = save(her, published, step, **changes)
    assert field in answer.context["form"].errors
    assert published.starts.isoformat() == day(60)
    assert published.reply_by.isoformat() == day(30)


def test_terms_are_locked_once_learners_enrol(published, her):
    ExchangeFactory(offer=published, status="enrolling")
    answer = save(her, published, "when", session_minutes="60")
    assert "can&#x27;t be changed any more" in text_of(answer)
    assert published.session_minutes == 90
    assert save(her, published, "what", title="A better title").status_code == 302
    assert published.title == "A better title"


def test_closing_withdraws_what_waits_and_reopening_checks_again(published, her, asha, bruno, lisbon):
    pairing = PairingFactory(offer=published, partner_institution=lisbon)
    assert "withdrawn" in text_of(her.get(f"/offers/{published.pk}/close/"))
    assert her.post(f"/offers/{published.pk}/close/", {"reason": "We are full"}).url == "/my/offers/"
    published.refresh_from_db()
    pairing.refresh_from_db()
    assert (published.status, pairing.status) == ("closed", "withdrawn")
    assert Run.objects.get(offer=published).status == "cancelled"
    first = published.published_at
    her.post(f"/offers/{published.pk}/reopen/")
    published.refresh_from_db()
    assert (published.status, published.published_at) == ("published", first)
    with pytest.raises(Refused):
        offers.publish_offer(actor=asha, offer=published)


def test_a_duplicate_is_a_new_draft(published, her):
    her.post(f"/offers/{published.pk}/duplicate/")
    copy = Offer.objects.exclude(pk=published.pk).get()
    assert (copy.status, copy.title, copy.published_at, copy.reply_by) == ("draft", published.title, None, None)
    assert offers.content_of(copy) == offers.content_of(published) | {"reply_by": None}


def test_a_draft_is_discarded_after_asking_and_a_published_offer_is_not(draft, her, asha):
    assert her.get(f"/offers/{draft.pk}/discard/").status_code == 200
    her.post(f"/offers/{draft.pk}/discard/")
    assert not Offer.objects.exists()
    offer = OfferFactory(institution=asha.memberships.get().institution)
    her.post(f"/offers/{offer.pk}/discard/")
    assert Offer.objects.filter(pk=offer.pk).exists()


def test_actions_refuse_strangers(published, bruno):
    for act in (offers.publish_offer, offers.close_offer, offers.duplicate_offer, offers.discard_offer):
        with pytest.raises(Refused, match="Only coordinators"):
            act(actor=bruno, offer=published)


# By itself -----------------------------------------------------------------------------------------------------------


def test_an_offer_expires_after_the_day_for_replies_on_its_own_clock(published, asha, sign_in):
    # Pune's day ends at 18:30 UTC.
    end = dt.datetime.combine(published.reply_by, dt.time(18, 29), tzinfo=dt.UTC)
    assert offers.expire_overdue(now=end) == 0
    assert offers.expire_overdue(now=end + dt.timedelta(minutes=2)) == 1
    assert offers.expire_overdue(now=end + dt.timedelta(hours=2)) == 0
    published.refresh_from_db()
    assert published.status == OfferStatus.EXPIRED
    assert Notice.objects.inbox(asha).get().kind == "offer_expired"
    page = text_of(sign_in(asha).get("/inbox/"))
    assert "Your offer has expired: Two rivers" in page
    assert "no longer in the catalogue" in page


def test_an_offer_expires_when_its_start_has_come_without_an_exchange(pune):
    today = timezone.now().date()
    alone = OfferFactory(institution=pune, starts=today - dt.timedelta(days=1), reply_by=None)
    joined = OfferFactory(institution=pune, starts=today - dt.timedelta(days=1), reply_by=None)
    ExchangeFactory(offer=joined)
    offers.expire_overdue()
    alone.refresh_from_db()
    joined.refresh_from_db()
    assert (alone.status, joined.status) == ("expired", "published")


def test_a_reminder_comes_once_in_the_last_week(published, asha, sign_in):
    published.published_at -= dt.timedelta(days=30)
    published.save()
    near = timezone.now() + dt.timedelta(days=25)
    for _repeat in range(2):
        offers.remind_expiring(now=near)
    assert [notice.kind for notice in Notice.objects.inbox(asha)] == ["offer_expiring"]
    assert "the end of the day in Kolkata" in text_of(sign_in(asha).get("/inbox/"))


def test_the_sweep_is_the_task_that_beat_wakes(pune):
    app.loader.import_default_modules()
    offer = OfferFactory(institution=pune, reply_by=dt.date.today() - dt.timedelta(days=3))
    app.tasks["exchanges.sweep_offers"].apply().get()
    offer.refresh_from_db()
    assert offer.status == OfferStatus.EXPIRED


# My offers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["drafts", "published", "ended"])
def test_my_offers_takes_as_many_queries_for_one_as_for_many(her, asha, pune, tokyo, state):
    status = {"drafts": "draft", "published": "published", "ended": "closed"}[state]
    OfferFactory(institution=tokyo, status=status, title="Not hers")
    assert "Not hers" not in text_of(her.get(f"/my/offers/?list={state}"))
    OfferFactory(institution=pune, status=status)
    with CaptureQueriesContext(connection) as one:
        her.get(f"/my/offers/?list={state}")
    OfferFactory.create_batch(22, institution=pune, status=status)
    with CaptureQueriesContext(connection) as many:
        page = her.get(f"/my/offers/?list={state}")
    assert len(many) == len(one)
    assert len(page.context["page_obj"].object_list) == 20
    assert "page=2" in text_of(page)
