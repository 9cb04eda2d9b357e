"""Partnerships: drafting, signing by each party, final approval, and their end."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from institutions.actions import partnerships as actions
from institutions.enums import PartnershipStatus as Status
from institutions.enums import Role
from institutions.errors import Refused
from institutions.interop.mail import lead_of, subject_of
from institutions.models import JournalEntry, Notice, Partnership
from institutions.tasks import expire_partnerships
from tests.factories.institution import InstitutionFactory
from tests.factories.membership import MembershipFactory
from tests.factories.partnership import PartnershipFactory
from tests.factories.user import UserFactory

TODAY = dt.date.today()
YEAR = dt.timedelta(days=365)


def kinds(user):
    return set(Notice.objects.inbox(user).values_list("kind", flat=True))


def verbs(partnership):
    return list(JournalEntry.objects.about(partnership).values_list("verb", flat=True))


def text(*institutions, **changes):
    return {
        "institutions": institutions,
        "title": "Water in cities",
        "fields": ["07"],
        "valid_from": TODAY,
        "valid_until": TODAY + YEAR,
        "places": {},
        "recognition_terms": "5 ECTS each.",
        **changes,
    }


@pytest.fixture
def draft(asha, pune, lisbon):
    places = {(pune.pk, lisbon.pk): 10, (lisbon.pk, pune.pk): 12}
    return actions.draft_partnership(actor=asha, **text(pune, lisbon, places=places))


@pytest.fixture
def signing(draft, asha, ines, ishaan):
    return actions.start_signing(actor=asha, partnership=draft)


@pytest.fixture
def submitted(signing, ines, ishaan, pune, lisbon, root):
    actions.sign(actor=ishaan, partnership=signing, institution=pune, version=1)
    return actions.sign(actor=ines, partnership=signing, institution=lisbon, version=1)


@pytest.fixture
def active(submitted, root):
    return actions.approve(actor=root, partnership=submitted)


# Drafting ------------------------------------------------------------------------------------------------------------


def test_a_draft_has_its_parties_and_places_in_each_direction(draft, pune, lisbon, asha):
    assert draft.status == Status.DRAFT
    assert {party.institution for party in draft.parties.all()} == {pune, lisbon}
    assert {(row.sending.slug, row.receiving.slug): row.per_year for row in draft.places.all()} == {
        ("pune", "lisbon"): 10,
        ("lisbon", "pune"): 12,
    }
    assert verbs(draft) == ["partnership.draft"]


def test_the_other_side_hears_of_the_draft(asha, bruno, ines, pune, lisbon, chie):
    actions.draft_partnership(actor=asha, **text(pune, lisbon))
    assert kinds(bruno) == kinds(ines) == {"partnership_drafted"}
    assert not kinds(asha) | kinds(chie)


def test_the_platform_may_draft_by_itself(pune, lisbon, tokyo):
    network = actions.draft_partnership(actor=None, **text(pune, lisbon, tokyo))
    assert network.is_network
    assert network.places.count() == 6


def test_only_coordinators_and_admins_of_a_party_draft(chie, emil, farah, root, pune, lisbon):
    for actor in (chie, emil, farah, root):
        with pytest.raises(Refused) as refused:
            actions.draft_partnership(actor=actor, **text(pune, lisbon))
        assert refused.value.field == "institutions"
    assert not Partnership.objects.exists()


def test_what_makes_no_partnership_is_refused(asha, pune, lisbon, tokyo):
    pending = InstitutionFactory(status="pending")
    bad = [
        (text(pune), "institutions"),
        (text(pune, pune), "institutions"),
        (text(pune, pending), "institutions"),
        (text(pune, *InstitutionFactory.create_batch(12)), "institutions"),
        (text(pune, lisbon, title=" "), "title"),
        (text(pune, lisbon, title="x" * 201), "title"),
        (text(pune, lisbon, valid_until=TODAY - YEAR), "valid_until"),
        (text(pune, lisbon, valid_until=TODAY + 11 * YEAR), "valid_until"),
        (text(pune, lisbon, fields=["99x"]), "fields"),
        (text(pune, lisbon, places={(pune.pk, tokyo.pk): 5}), "places"),
        (text(pune, lisbon, places={(pune.pk, pune.pk): 5}), "places"),
        (text(pune, lisbon, places={(pune.pk, lisbon.pk): -1}), "places"),
        (text(pune, lisbon, places={(pune.pk, lisbon.pk): 10_001}), "places"),
    ]
    for given, field in bad:
        with pytest.raises(Refused) as refused:
            actions.draft_partnership(actor=asha, **given)
        assert refused.value.field == field
    assert not Partnership.objects.exists()


def test_an_edit_makes_a_new_version_and_says_what_changed(draft, bruno, pune, lisbon):
    edited = actions.edit_partnership(actor=bruno, partnership=draft, **text(pune, lisbon, title="Rivers", fields=[]))
    assert (edited.version, edited.title, edited.fields) == (2, "Rivers", [])
    changes = JournalEntry.objects.latest("pk").data["changes"]
    assert changes["title"] == ["Water in cities", "Rivers"]
    assert set(changes) == {"title", "fields", "places"}


def test_an_edit_that_changes_nothing_makes_no_version(draft, asha, pune, lisbon):
    same = {(pune.pk, lisbon.pk): 10, (lisbon.pk, pune.pk): 12}
    edited = actions.edit_partnership(actor=asha, partnership=draft, **text(lisbon, pune, places=same))
    assert edited.version == 1
    assert verbs(draft) == ["partnership.draft"]


def test_an_edit_of_an_old_version_overwrites_nothing(draft, asha, bruno, pune, lisbon):
    actions.edit_partnership(actor=bruno, partnership=draft, version=1, **text(pune, lisbon, title="Rivers"))
    with pytest.raises(Refused, match="Somebody else"):
        actions.edit_partnership(actor=asha, partnership=draft, version=1, **text(pune, lisbon, title="Lakes"))
    assert Partnership.objects.get().title == "Rivers"


def test_nobody_edits_themselves_out_or_from_outside(draft, asha, chie, emil, root, pune, lisbon, tokyo):
    with pytest.raises(Refused, match="Your own"):
        actions.edit_partnership(actor=asha, partnership=draft, **text(lisbon, tokyo))
    for actor in (chie, emil, root):
        with pytest.raises(Refused):
            actions.edit_partnership(actor=actor, partnership=draft, **text(pune, lisbon, tokyo, title="Mine"))


@pytest.mark.parametrize("status", [s for s in Status if s not in Status.editable()])
def test_only_drafts_and_returned_ones_change(status, asha, pune, lisbon):
    partnership = PartnershipFactory(institutions=[pune, lisbon], status=status)
    with pytest.raises(Refused, match="Only a draft"):
        actions.edit_partnership(actor=asha, partnership=partnership, **text(pune, lisbon))


# Signing -------------------------------------------------------------------------------------------------------------


def test_the_admins_are_asked_to_sign(signing, ines, ishaan, bruno):
    assert signing.status == Status.SIGNING
    assert "partnership_to_sign" in kinds(ines) & kinds(ishaan)
    assert "partnership_to_sign" not in kinds(bruno)


def test_with_the_last_signature_it_is_submitted(signing, ines, ishaan, asha, bruno, root, pune, lisbon):
    actions.sign(actor=ishaan, partnership=signing, institution=pune, version=1)
    assert Partnership.objects.get().status == Status.SIGNING
    actions.sign(actor=ishaan, partnership=signing, institution=pune, version=1)  # twice changes nothing
    partnership = actions.sign(actor=ines, partnership=signing, institution=lisbon, version=1)
    assert partnership.status == Status.SUBMITTED
    assert partnership.submitted_at
    assert verbs(signing)[-3:] == ["partnership.sign", "partnership.sign", "partnership.submit"]
    assert "partnership_signed" in kinds(asha) & kinds(bruno)
    assert kinds(root) == {"partnership_submitted"}


def test_each_admin_signs_for_their_own_institution_only(
    signing, ines, ishaan, asha, bruno, emil, chie, root, pune, lisbon, tokyo
):
    MembershipFactory(user=chie, institution=tokyo, role=Role.ADMIN)
    for actor, institution in (
        (ines, pune),
        (ishaan, lisbon),
        (asha, pune),
        (bruno, lisbon),
        (emil, lisbon),
        (chie, lisbon),
        (chie, tokyo),
        (root, pune),
    ):
        with pytest.raises(Refused, match="Only an admin of the institution"):
            actions.sign(actor=actor, partnership=signing, institution=institution, version=1)
    assert not signing.parties.exclude(signed_version=None).exists()


def test_an_admin_of_both_signs_for_each(signing, ines, pune, lisbon):
    MembershipFactory(user=ines, institution=pune, role=Role.ADMIN)
    actions.sign(actor=ines, partnership=signing, institution=lisbon, version=1)
    assert signing.parties.filter(signed_version=None).get().institution == pune


def test_a_signature_counts_for_the_version_that_was_read(signing, asha, ines, ishaan, bruno, pune, lisbon):
    actions.sign(actor=ishaan, partnership=signing, institution=pune, version=1)
    actions.reopen(actor=bruno, partnership=signing, note="Places are too few.")
    assert not signing.parties.exclude(signed_version=None).exists()
    actions.edit_partnership(actor=bruno, partnership=signing, **text(pune, lisbon, title="Rivers"))
    actions.start_signing(actor=bruno, partnership=signing)
    with pytest.raises(Refused, match="has changed"):
        actions.sign(actor=ines, partnership=signing, institution=lisbon, version=1)
    actions.sign(actor=ines, partnership=signing, institution=lisbon, version=2)
    assert Partnership.objects.get().status == Status.SIGNING


@pytest.mark.parametrize("status", [s for s in Status if s != Status.SIGNING])
def test_there_is_nothing_to_sign_in_other_states(status, ines, pune, lisbon):
    partnership = PartnershipFactory(institutions=[pune, lisbon], status=status)
    with pytest.raises(Refused, match="nothing to sign"):
        actions.sign(actor=ines, partnership=partnership, institution=lisbon, version=1)


def test_signing_does_not_start_with_a_suspended_party_or_when_it_is_over(draft, asha, lisbon):
    lisbon.status = "suspended"
    lisbon.save()
    with pytest.raises(Refused, match="isn't a verified institution"):
        actions.start_signing(actor=asha, partnership=draft)
    lisbon.status = "verified"
    lisbon.save()
    with time_machine.travel(dt.datetime.now(dt.UTC) + 2 * YEAR), pytest.raises(Refused, match="ended already"):
        actions.start_signing(actor=asha, partnership=draft)


# Final approval ------------------------------------------------------------------------------------------------------


def test_approval_puts_it_into_force(active, asha, ines, pune, lisbon, tokyo):
    assert list(Partnership.objects.in_force(TODAY).covering([pune.pk, lisbon.pk])) == [active]
    assert not Partnership.objects.in_force(TODAY).covering([pune.pk, tokyo.pk]).exists()
    assert "partnership_approved" in kinds(asha) & kinds(ines)


def test_sent_back_changed_and_signed_anew(submitted, root, asha, ines, ishaan, pune, lisbon):
    with pytest.raises(Refused):
        actions.send_back(actor=root, partnership=submitted, note="")
    actions.send_back(actor=root, partnership=submitted, note="Name the transcript deadline.")
    assert "partnership_returned" in kinds(asha) & kinds(ines)
    actions.edit_partnership(
        actor=asha, partnership=submitted, **text(pune, lisbon, recognition_terms="Transcripts in 5 weeks.")
    )
    actions.start_signing(actor=asha, partnership=submitted)
    actions.sign(actor=ishaan, partnership=submitted, institution=pune, version=2)
    actions.sign(actor=ines, partnership=submitted, institution=lisbon, version=2)
    with pytest.raises(Refused, match="new version"):
        actions.approve(actor=root, partnership=submitted, version=1)
    assert actions.approve(actor=root, partnership=submitted, version=2).status == Status.ACTIVE


def test_sent_back_and_unchanged_is_signed_anew_too(submitted, root, asha):
    actions.send_back(actor=root, partnership=submitted, note="Really?")
    actions.start_signing(actor=asha, partnership=submitted)
    assert Partnership.objects.get().status == Status.SIGNING
    assert not submitted.parties.exclude(signed_version=None).exists()


def test_declined_for_good(submitted, root, asha):
    with pytest.raises(Refused):
        actions.decline(actor=root, partnership=submitted, note="")
    actions.decline(actor=root, partnership=submitted, note="Not an exchange.")
    assert "partnership_declined" in kinds(asha)
    with pytest.raises(Refused):
        actions.start_signing(actor=asha, partnership=submitted)


@pytest.mark.parametrize("move", [actions.approve, actions.send_back, actions.decline])
def test_only_platform_admins_give_the_final_approval(move, submitted, ines, asha, chie):
    for actor in (ines, asha, chie):
        with pytest.raises(Refused, match="Only a platform admin"):
            move(actor=actor, partnership=submitted, note="Me.")


@pytest.mark.parametrize("move", [actions.approve, actions.send_back, actions.decline])
def test_what_is_not_submitted_is_not_decided(move, signing, root):
    with pytest.raises(Refused, match="isn't possible"):
        move(actor=root, partnership=signing, note="Now.")


def test_no_approval_with_a_suspended_party_or_after_its_end(submitted, root, pune):
    pune.status = "suspended"
    pune.save()
    with pytest.raises(Refused, match="isn't a verified"):
        actions.approve(actor=root, partnership=submitted)
    pune.status = "verified"
    pune.save()
    with time_machine.travel(dt.datetime.now(dt.UTC) + 2 * YEAR), pytest.raises(Refused, match="validity is over"):
        actions.approve(actor=root, partnership=submitted)


# In force, and its end -----------------------------------------------------------------------------------------------


def test_suspended_and_resumed(active, root, ines, bruno):
    for actor in (ines, bruno):
        with pytest.raises(Refused):
            actions.suspend(actor=actor, partnership=active, note="Me.")
    with pytest.raises(Refused):
        actions.suspend(actor=root, partnership=active, note="")
    actions.suspend(actor=root, partnership=active, note="Complaints.")
    assert not Partnership.objects.in_force(TODAY).exists()
    assert "partnership_suspended" in kinds(ines) & kinds(bruno)
    with pytest.raises(Refused):
        actions.resume(actor=ines, partnership=active)
    actions.resume(actor=root, partnership=active)
    assert Partnership.objects.in_force(TODAY).exists()


def test_an_admin_of_a_party_or_a_platform_admin_ends_it(active, ines, root, bruno, emil, chie):
    for actor in (bruno, emil, chie):
        with pytest.raises(Refused, match="Only an admin of a party"):
            actions.end(actor=actor, partnership=active, note="Me.")
    with pytest.raises(Refused):
        actions.end(actor=ines, partnership=active, note=" ")
    actions.end(actor=ines, partnership=active, note="Programme closed.")
    assert "partnership_ended" in kinds(bruno)
    with pytest.raises(Refused):
        actions.end(actor=root, partnership=active, note="Again.")


def test_a_coordinator_discards_a_draft(draft, asha, chie):
    with pytest.raises(Refused):
        actions.end(actor=chie, partnership=draft, note="Me.")
    assert actions.end(actor=asha, partnership=draft, note="By mistake.").status == Status.ENDED


@pytest.mark.embedded
def test_the_last_day_counts_in_full_everywhere(pune, asha, bruno):
    honolulu = InstitutionFactory(zone="Pacific/Honolulu", country="US")
    end = dt.date(2027, 3, 31)
    partnership = PartnershipFactory(institutions=[pune, honolulu], valid_until=end, valid_from=dt.date(2026, 9, 1))
    with time_machine.travel(dt.datetime(2027, 4, 1, 9, 59, tzinfo=dt.UTC)):  # 23:59 on the 31st in Honolulu
        expire_partnerships()
        assert Partnership.objects.get().status == Status.ACTIVE
    with time_machine.travel(dt.datetime(2027, 4, 1, 10, 1, tzinfo=dt.UTC)):
        expire_partnerships()
        expire_partnerships()
    assert Partnership.objects.get().status == Status.EXPIRED
    assert verbs(partnership) == ["partnership.expire"]
    assert kinds(asha) == {"partnership_expired"}
    assert not kinds(bruno)
    entry = JournalEntry.objects.get()
    assert entry.actor is None


def test_the_parties_are_reminded_once_within_thirty_days(asha, pune, lisbon):
    partnership = PartnershipFactory(institutions=[pune, lisbon], valid_until=TODAY + dt.timedelta(days=31))
    expire_partnerships()
    assert not kinds(asha)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=2)):
        expire_partnerships()
        expire_partnerships()
    assert kinds(asha) == {"partnership_expiring"}
    assert verbs(partnership) == ["partnership.remind_of_end"]


def test_a_mail_of_every_moment_can_be_read(active, asha, ines, bruno, root, mailbox):
    actions.suspend(actor=root, partnership=active, note="Wait.")
    actions.resume(actor=root, partnership=active)
    actions.end(actor=root, partnership=active, note="Over.")
    for notice in Notice.objects.select_related("recipient"):
        assert subject_of(notice)
        assert "Universidade de Lisboa" in lead_of(notice)


# Pages ---------------------------------------------------------------------------------------------------------------


def typed(*institutions, **changes):
    return {
        "title": "Water in cities",
        "institutions": [one.pk for one in institutions],
        "fields_of_study": ["07"],
        "valid_from": TODAY.isoformat(),
        "valid_until": (TODAY + YEAR).isoformat(),
        "places_each": "8",
        "recognition_terms": "5 ECTS each.",
        "find": "",
        **changes,
    }


def test_drafting_in_the_browser(sign_in, asha, pune, lisbon):
    browser = sign_in(asha)
    page = browser.get("/partnerships/new/").content.decode()
    assert "Savitribai Phule Pune University" in page
    assert "Universidade de Lisboa" not in page
    found = browser.post("/partnerships/new/", typed(pune, find="lisboa", search="1")).content.decode()
    assert "Universidade de Lisboa" in found
    assert "Water in cities" in found
    assert not Partnership.objects.exists()
    answer = browser.post("/partnerships/new/", typed(pune, lisbon, **{f"places_{pune.pk}_{lisbon.pk}": "3"}))
    partnership = Partnership.objects.get()
    assert answer.url == partnership.get_absolute_url()
    assert {(row.sending.slug, row.per_year) for row in partnership.places.all()} == {("pune", 3), ("lisbon", 8)}


def test_the_search_answers_while_typing(sign_in, asha, lisbon, pune):
    pending = InstitutionFactory(name="Lisboa Secreta", status="pending")
    page = sign_in(asha).get(f"/partnerships/parties/?find=lisboa&institutions={pune.pk}").content.decode()
    assert "Universidade de Lisboa" in page
    assert pending.name not in page


BAD = [
    ({"title": ""}, "title", "required"),
    ({"title": "x" * 201}, "title", "at most 200"),
    ({"title": "NUL\0"}, "title", "cannot be shown"),
    ({"valid_until": "2001-01-01"}, "valid_until", "end after it starts"),
    ({"valid_from": "yesterday"}, "valid_from", "valid date"),
    ({"valid_from": "0001-01-01"}, "valid_from", "greater than"),
    ({"fields_of_study": ["zz"]}, "fields_of_study", "valid choice"),
    ({"institutions": ["1e9"]}, "institutions", "valid|list"),
    ({"institutions": [str(10**30)]}, "institutions", "valid|list"),
    ({"institutions": []}, "institutions", "required"),
    ({"places_each": "-1"}, "places_each", "greater than"),
    ({"places_each": "many"}, "places_each", "whole number"),
    ({"recognition_terms": "x" * 8001}, "recognition_terms", "at most 8000"),
    ({"find": "\0"}, "find", "cannot be shown"),
]


@pytest.mark.parametrize(("changes", "field", "says"), BAD)
def test_bad_input_is_said_at_its_field_and_writes_nothing(sign_in, asha, pune, lisbon, changes, field, says):
    kept = "title" if field != "title" else "recognition_terms"
    answer = sign_in(asha).post("/partnerships/new/", typed(pune, lisbon, **{kept: "Kept <i>so</i>", **changes}))
    assert re.search(says, str(answer.context["form"].errors[field]))
    assert "Kept &lt;i&gt;so" in answer.content.decode()
    assert not Partnership.objects.exists()


def test_foreign_and_unverified_institutions_are_refused(sign_in, asha, pune, lisbon, tokyo):
    browser = sign_in(asha)
    answer = browser.post("/partnerships/new/", typed(lisbon, tokyo))
    assert "You need to be" in str(answer.context["form"].errors["institutions"])
    pending = InstitutionFactory(status="pending", name="Secret College")
    answer = browser.post("/partnerships/new/", typed(pune, pending))
    assert answer.context["form"].errors["institutions"]
    assert "Secret College" not in answer.content.decode()
    assert not Partnership.objects.exists()


def test_learners_and_platform_admins_do_not_draft(sign_in, emil, root, client):
    for user in (emil, root):
        assert sign_in(user).get("/partnerships/new/").status_code == 404
    assert client.get("/partnerships/new/").url.startswith("/accounts/login/")


@pytest.mark.embedded
def test_from_the_draft_to_the_signatures_in_the_browser(sign_in, draft, asha, ines, ishaan, root):
    url = draft.get_absolute_url()
    sign_in(asha).post(f"{url}start/")
    for user, slug in ((ines, "lisbon"), (ishaan, "pune")):
        page = sign_in(user).get(url).content.decode()
        assert f"{url}sign/{slug}/" in page
        sign_in(user).post(f"{url}sign/{slug}/", {"version": "1"})
    draft.refresh_from_db()
    assert draft.status == Status.SUBMITTED
    page = sign_in(asha).get(url).content.decode()
    assert "Ines Moreira" in page
    assert "signed for Universidade de Lisboa" in page


def test_an_edit_starts_from_the_text_and_shows_what_changed(sign_in, draft, bruno, pune, lisbon):
    browser, url = sign_in(bruno), draft.get_absolute_url()
    page = browser.get(f"{url}edit/").content.decode()
    assert 'value="Water in cities"' in page
    assert f'name="places_{pune.pk}_{lisbon.pk}" value="10"' in page
    browser.post(f"{url}edit/", typed(pune, lisbon, title="Rivers", version="1"))
    page = browser.get(url).content.decode()
    assert "What version 2 changed" in page
    answer = browser.post(f"{url}edit/", typed(pune, lisbon, title="Lakes", version="1"))
    assert "Somebody else" in answer.content.decode()
    assert 'value="Lakes"' in answer.content.decode()


def test_a_copy_starts_from_an_old_text(sign_in, active, asha, chie, pune, lisbon):
    page = sign_in(asha).get(f"/partnerships/new/?from={active.pk}").content.decode()
    assert 'value="Water in cities"' in page
    assert f'name="places_{pune.pk}_{lisbon.pk}" value="10"' in page
    assert sign_in(chie).get(f"/partnerships/new/?from={active.pk}").status_code == 404


MOVES = ["", "edit/", "start/", "sign/lisbon/", "reopen/", "end/", "suspend/", "resume/"]


@pytest.mark.parametrize("name", ["chie", "emil", "farah", "dina"])
@pytest.mark.parametrize("status", ["draft", "signing", "submitted", "active"])
def test_others_see_and_do_nothing(request, sign_in, name, status, pune, lisbon):
    partnership = PartnershipFactory(institutions=[pune, lisbon], status=status, title="Secret talks")
    browser = sign_in(request.getfixturevalue(name))
    assert "Secret talks" not in browser.get("/partnerships/").content.decode()
    for move in MOVES:
        url = f"{partnership.get_absolute_url()}{move}"
        assert browser.get(url).status_code in (404, 405)
        assert browser.post(url, {"note": "Me.", "version": "1"}).status_code in (404, 405)
    fresh = Partnership.objects.get()
    assert fresh.status == status


def test_parties_and_platform_admins_keep_to_their_own_moves(sign_in, active, submitted, ines, bruno, root):
    url = active.get_absolute_url()
    for user in (ines, bruno):
        for move in ("suspend/", "resume/"):
            assert sign_in(user).post(f"{url}{move}", {"note": "Me."}).status_code == 404
    browser = sign_in(root)
    assert browser.get(url).status_code == 200
    for move in ("edit/", "start/", "sign/lisbon/", "reopen/"):
        assert browser.post(f"{url}{move}", {"note": "Me.", "version": "1"}).status_code == 404


def test_nobody_signs_for_the_other_side_in_the_browser(sign_in, signing, ines, bruno):
    url = signing.get_absolute_url()
    assert sign_in(ines).post(f"{url}sign/pune/", {"version": "1"}).status_code == 404
    assert sign_in(ines).post(f"{url}sign/tokyo/", {"version": "1"}).status_code == 404
    assert sign_in(bruno).post(f"{url}sign/lisbon/", {"version": "1"}).status_code == 404
    for version in ("", "x", "2", "²", "9" * 40):
        page = sign_in(ines).post(f"{url}sign/lisbon/", {"version": version}, follow=True).content.decode()
        assert "has changed since" in page
    assert not signing.parties.exclude(signed_version=None).exists()


def test_ending_and_suspending_ask_for_the_reason(sign_in, active, ines, root):
    url = active.get_absolute_url()
    assert "required" in sign_in(ines).post(f"{url}end/", {"note": ""}).content.decode()
    sign_in(root).post(f"{url}suspend/", {"note": "Complaints."})
    active.refresh_from_db()
    assert active.status == Status.SUSPENDED
    assert "Complaints." in sign_in(ines).get(url).content.decode()
    sign_in(root).post(f"{url}resume/", {"note": ""})
    sign_in(ines).post(f"{url}end/", {"note": "Closed."})
    active.refresh_from_db()
    assert active.status == Status.ENDED


def test_unknown_numbers_are_not_there(sign_in, asha):
    for pk in (0, 10**9, 10**30):
        assert sign_in(asha).get(f"/partnerships/{pk}/").status_code == 404
    assert sign_in(asha).get(f"/partnerships/new/?from={10**30}&with=%00").status_code == 404


def test_the_list_filters_by_state_and_words(sign_in, asha, pune, lisbon, tokyo):
    PartnershipFactory(institutions=[pune, lisbon], title="Water", status="active")
    PartnershipFactory(institutions=[pune, tokyo], title="Fire", status="draft")
    browser = sign_in(asha)
    for query, titles in (
        ("", ["Fire", "Water"]),
        ("status=draft", ["Fire"]),
        ("q=lisboa", ["Water"]),
        ("q=fire", ["Fire"]),
        ("status=nonsense&q=%00", ["Fire", "Water"]),
    ):
        rows = browser.get(f"/partnerships/?{query}").context["page"].object_list
        assert [row.title for row in rows] == titles


def test_queries_do_not_grow_with_the_rows(sign_in, asha, pune, lisbon):
    PartnershipFactory(institutions=[pune, lisbon])
    browser = sign_in(asha)
    with CaptureQueriesContext(connection) as few:
        browser.get("/partnerships/")
    for _ in range(30):
        PartnershipFactory(institutions=[pune, InstitutionFactory(), InstitutionFactory()])
    with CaptureQueriesContext(connection) as many:
        browser.get("/partnerships/")
    assert len(few) == len(many) <= 8


def test_the_page_of_a_network_asks_as_often_as_that_of_two(sign_in, asha, pune, lisbon):
    two = PartnershipFactory(institutions=[pune, lisbon])
    many = PartnershipFactory(institutions=[pune, *InstitutionFactory.create_batch(10)])
    for n in range(10):
        JournalEntry.objects.create(
            verb="partnership.edit",
            subject_type="institutions.partnership",
            subject_id=many.pk,
            subject_name="x",
            actor=UserFactory(),
            data={"changes": {"title": ["a", str(n)]}},
        )
    browser = sign_in(asha)
    with CaptureQueriesContext(connection) as few_queries:
        browser.get(two.get_absolute_url())
    with CaptureQueriesContext(connection) as many_queries:
        browser.get(many.get_absolute_url())
    assert len(few_queries) == len(many_queries)
