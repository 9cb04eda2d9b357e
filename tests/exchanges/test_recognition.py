"""Completing exchanges, and certificates that anyone can check."""

import datetime as dt
from io import BytesIO

import pytest
import time_machine
from django.utils import timezone
from pypdf import PdfReader

from exchanges.actions import recognition
from exchanges.actions.attendance import note_attendance
from exchanges.enums import ActivityStatus, EnrolmentStatus, ExchangeStatus, Format, Presence
from exchanges.interop.certificate import certificate_pdf, credits_of, words_of
from exchanges.models import Certificate
from institutions.errors import Refused
from institutions.models import JournalEntry, Notice
from tests.factories.activity import session_at
from tests.factories.certificate import certificate_for
from tests.factories.exchange import exchange_of
from tests.factories.group import group_of, placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def running(pune, lisbon, emil, farah):
    """It began four weeks ago and has two weeks to go; Emil and Farah are a group."""
    today = dt.date.today()
    exchange = exchange_of(
        lisbon,
        pune,
        status=ExchangeStatus.RUNNING,
        starts=today - dt.timedelta(weeks=4),
        ends=today + dt.timedelta(weeks=2),
        places=50,
    )
    group_of(exchange, [placed(exchange, lisbon, emil), placed(exchange, pune, farah)])
    return exchange


def held(exchange, bruno, days, **presence):
    """A session some days ago, with who was there."""
    session = session_at(exchange, timezone.now() - dt.timedelta(days=days))
    found = {each.learner.name.split()[0].lower(): each.pk for each in session.members().select_related("learner")}
    note_attendance(
        actor=bruno,
        activity=session,
        presences={pk: Presence(presence.get(name, "absent")) for name, pk in found.items()},
    )
    return session


@pytest.fixture
def attended(running, bruno):
    """Emil was at three of four, Farah at one."""
    held(running, bruno, 25, emil="present", farah="present")
    held(running, bruno, 18, emil="present", farah="excused")
    held(running, bruno, 11, emil="present")
    held(running, bruno, 4, farah="absent")
    return running


def mine(exchange, learner):
    return exchange.enrolments.get(learner=learner)


# Completing ----------------------------------------------------------------------------------------------------------


def test_who_was_there_often_enough_gets_a_certificate(attended, bruno, asha, emil, farah):
    (certificate,) = recognition.complete_exchange(actor=bruno, exchange=attended, decisions={})
    attended.refresh_from_db()
    assert attended.status == ExchangeStatus.COMPLETED
    assert attended.completed_at
    assert certificate.enrolment == mine(attended, emil)
    assert mine(attended, emil).status == EnrolmentStatus.COMPLETED
    assert mine(attended, farah).status == EnrolmentStatus.PLACED
    facts = certificate.facts
    assert facts["learner"] == "Emil Duarte"
    assert facts["institution"] == "Universidade de Lisboa"
    assert facts["institutions"] == ["Universidade de Lisboa", "Savitribai Phule Pune University"]
    assert (facts["sessions_attended"], facts["sessions_held"], facts["hours_attended"]) == (3, 4, 3.0)
    assert (facts["live_hours"], facts["independent_hours"]) == (9, 45)
    assert facts["outcomes"] == ["Compare two river basins", "Work in a mixed team"]
    assert "ects" not in facts
    assert Notice.objects.filter(recipient=emil, kind="certificate_issued").exists()
    assert {notice.recipient for notice in Notice.objects.filter(kind="exchange_completed")} >= {farah, asha, bruno}
    assert JournalEntry.objects.about(certificate).get().verb == "certificate.issue"


def test_completing_twice_gives_the_same_answer(attended, bruno):
    first = recognition.complete_exchange(actor=bruno, exchange=attended, decisions={})
    assert recognition.complete_exchange(actor=bruno, exchange=attended, decisions={}) == first
    assert Certificate.objects.count() == 1


@pytest.mark.parametrize(
    ("present", "of", "takes_part"), [(0, 0, False), (0, 2, False), (1, 2, True), (1, 3, False), (2, 3, True)]
)
def test_the_rule_is_one_session_at_least_and_half_of_all(running, bruno, emil, present, of, takes_part):
    for n in range(of):
        held(running, bruno, 20 - n, emil="present" if n < present else "absent")
    found = next(each for each in recognition.participation_in(running) if each.enrolment.learner == emil)
    assert (found.present, found.held, found.took_part) == (present, of, takes_part)


def test_sessions_of_other_groups_do_not_count(running, bruno, emil, lisbon):
    other = group_of(running, [lisbon])
    session = session_at(running, timezone.now() - dt.timedelta(days=3), group=other)
    note_attendance(
        actor=bruno,
        activity=session,
        presences=dict.fromkeys(session.members().values_list("pk", flat=True), Presence.PRESENT),
    )
    held(running, bruno, 2, emil="present")
    found = next(each for each in recognition.participation_in(running) if each.enrolment.learner == emil)
    assert (found.present, found.held) == (1, 1)


def test_coordinators_may_decide_otherwise_and_say_why(attended, bruno, emil, farah):
    hers, his = mine(attended, farah), mine(attended, emil)
    with pytest.raises(Refused) as refusal:
        recognition.complete_exchange(actor=bruno, exchange=attended, decisions={hers.pk: (True, "")})
    assert refusal.value.field == f"reason_{hers.pk}"
    attended.refresh_from_db()
    assert attended.status == ExchangeStatus.RUNNING  # nothing was written
    decisions = {hers.pk: (True, "She was ill, and did the work."), his.pk: (False, "He left in week 2.")}
    (certificate,) = recognition.complete_exchange(actor=bruno, exchange=attended, decisions=decisions)
    assert certificate.enrolment == hers
    assert JournalEntry.objects.about(certificate).get().note == "She was ill, and did the work."
    assert JournalEntry.objects.about(his).get(verb="enrolment.not_completed").note == "He left in week 2."


def test_it_says_what_is_missing(running, bruno, sign_in):
    assert "No session was held yet" in recognition.missing_before_completion(running)[0]
    session = session_at(running, timezone.now() - dt.timedelta(days=1), title="Second meeting")
    held(running, bruno, 3, emil="present")
    session_at(running, timezone.now() + dt.timedelta(days=1))
    missing = " ".join(recognition.missing_before_completion(running))
    assert "Second meeting" in missing
    assert "1 session is still to come" in missing
    with pytest.raises(Refused):
        recognition.complete_exchange(actor=bruno, exchange=running, decisions={})
    page = sign_in(bruno).get(f"/exchanges/{running.pk}/complete/").content.decode()
    assert "Second meeting" in page
    assert "Complete the exchange" not in page
    assert session.status == ActivityStatus.CONFIRMED


def test_after_the_end_date_it_may_be_completed(running, bruno):
    with time_machine.travel(timezone.now() + dt.timedelta(weeks=3)):
        assert recognition.missing_before_completion(running) == []
        assert recognition.complete_exchange(actor=bruno, exchange=running, decisions={}) == []


def test_the_page_completes_with_decisions(attended, bruno, emil, farah, sign_in):
    hers, his = mine(attended, farah).pk, mine(attended, emil).pk
    browser, address = sign_in(bruno), f"/exchanges/{attended.pk}/complete/"
    page = browser.get(address).content.decode()
    assert "3 of 4" in page
    data = {f"took_part_{his}": "on", f"took_part_{hers}": "on", f"reason_{hers}": "", f"reason_{his}": ""}
    page = browser.post(address, data).content.decode()
    assert "error-summary" in page
    assert page.count(" checked") == 2
    for bad in ("nul\0", "x" * 301):
        assert "error-summary" in browser.post(address, data | {f"reason_{hers}": bad}).content.decode()
    assert not Certificate.objects.exists()
    page = browser.post(address, data | {f"reason_{hers}": "She was ill."}, follow=True).content.decode()
    assert "2 certificates are issued" in page
    assert Certificate.objects.count() == 2


def test_a_certificate_may_come_late_with_a_reason(attended, bruno, farah, chie, sign_in):
    recognition.complete_exchange(actor=bruno, exchange=attended, decisions={})
    address = f"/enrolments/{mine(attended, farah).pk}/certificate/"
    assert sign_in(chie).get(address).status_code == 404
    assert sign_in(farah).get(address).status_code == 404
    assert "error-summary" in sign_in(bruno).post(address, {"reason": ""}).content.decode()
    assert sign_in(bruno).post(address, {"reason": "Noted wrongly."}).status_code == 302
    assert Certificate.objects.filter(enrolment__learner=farah).exists()
    assert sign_in(bruno).get(address).status_code == 404


def test_recognition_is_for_the_coordinators(attended, asha, chie, emil, ines, root, sign_in, client):
    address = f"/exchanges/{attended.pk}/complete/"
    assert sign_in(asha).get(address).status_code == 200
    for other in (chie, emil, ines, root):
        assert sign_in(other).get(address).status_code == 404
        assert sign_in(other).post(address).status_code == 404
        with pytest.raises(Refused):
            recognition.complete_exchange(actor=other, exchange=attended, decisions={})
    assert client.get(address).status_code == 302


# Checking ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(attended, emil):
    return certificate_for(mine(attended, emil))


def test_anyone_with_the_address_can_check_it(certificate, client):
    response = client.get(certificate.get_absolute_url())
    page = response.content.decode()
    assert response.status_code == 200
    assert response["X-Robots-Tag"] == "noindex"
    for text in ("This certificate is valid", "Emil Duarte", "Universidade de Lisboa", "3 of 4", "awards no credits"):
        assert text in page
    assert "emil@lisbon.example" not in page
    assert "ECTS" not in page


def test_the_code_is_found_as_people_type_it(certificate, client):
    code = certificate.code
    spaced = " ".join(code[n : n + 4] for n in range(0, 20, 4)).upper()
    for typed in (code, spaced, code.replace(code[4:6], f"-{code[4:6]}", 1)):
        response = client.get("/verify/", {"code": typed})
        assert response.status_code == 302
        assert response["Location"] == certificate.get_absolute_url()


@pytest.mark.parametrize(
    "code", ["0" * 20, "x", "nul\0", "9" * 59, "é" * 20, "<script>alert(1)</script>", "' OR 1=1 --"]
)
def test_an_unknown_code_is_404_with_a_form(certificate, client, code):
    from urllib.parse import quote

    for address in (f"/verify/?code={quote(code)}", f"/verify/{quote(code, safe='')}/"):
        response = client.get(address)
        if response.status_code == 200:  # refused by the form
            assert "error-summary" in response.content.decode()
            continue
        assert response.status_code == 404
        assert "<script>alert" not in response.content.decode()
    assert client.get("/verify/" + "0" * 20 + "/").status_code == 404
    assert 'name="code"' in client.get("/verify/" + "0" * 20 + "/").content.decode()
    assert client.get("/verify/").status_code == 200


def test_a_revoked_certificate_says_so_and_why(certificate, bruno, chie, emil, sign_in, client):
    address = f"/verify/{certificate.code}/revoke/"
    for other in (chie, emil):
        assert sign_in(other).get(address).status_code == 404
    with pytest.raises(Refused):
        recognition.revoke_certificate(actor=chie, certificate=certificate, reason="Mine.")
    browser = sign_in(bruno)
    assert "error-summary" in browser.post(address, {"reason": ""}).content.decode()
    assert browser.post(address, {"reason": "Issued to the wrong person."}).status_code == 302
    page = client.get(certificate.get_absolute_url()).content.decode()
    assert "was revoked" in page
    assert "Issued to the wrong person." in page
    assert "is valid" not in page
    assert client.get(f"/verify/{certificate.code}/certificate.pdf").status_code == 302
    assert Notice.objects.filter(recipient=emil, kind="certificate_revoked").exists()
    certificate.refresh_from_db()
    assert recognition.revoke_certificate(
        actor=bruno, certificate=certificate, reason="Again."
    ).revoked_reason.startswith("Issued")


def test_my_recognition_lists_what_is_mine(certificate, emil, farah, sign_in, client):
    assert certificate.facts["exchange"] in sign_in(emil).get("/recognition/").content.decode()
    assert certificate.facts["exchange"] not in sign_in(farah).get("/recognition/").content.decode()
    assert client.get("/recognition/").status_code == 302


@pytest.mark.parametrize("count", [1, 20])
def test_my_recognition_asks_the_database_as_often_for_many_as_for_one(
    pune, lisbon, emil, sign_in, count, django_assert_num_queries
):
    for _ in range(count):
        exchange = exchange_of(lisbon, pune, covered=False)
        certificate_for(placed(exchange, lisbon, emil))
    browser = sign_in(emil)
    browser.get("/recognition/")
    with django_assert_num_queries(5):
        browser.get("/recognition/")


@pytest.mark.parametrize("count", [1, 30])
def test_completing_page_asks_the_database_as_often_for_thirty_as_for_one(
    running, lisbon, bruno, sign_in, count, django_assert_num_queries
):
    for _ in range(count):
        placed(running, lisbon)
    browser = sign_in(bruno)
    browser.get(f"/exchanges/{running.pk}/complete/")
    with django_assert_num_queries(14):
        browser.get(f"/exchanges/{running.pk}/complete/")


# The PDF -------------------------------------------------------------------------------------------------------------

WHEN = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def pdf_of(facts):
    return certificate_pdf(facts, code="0" * 20, verify_url="https://vmobility.example/verify/x/", issued_at=WHEN)


def test_the_pdf_is_one_that_readers_open_and_names_the_learner(certificate, client):
    response = client.get(f"/verify/{certificate.code}/certificate.pdf")
    assert response["Content-Type"] == "application/pdf"
    reader = PdfReader(BytesIO(response.content))
    assert len(reader.pages) == 1
    text = reader.pages[0].extract_text()
    for words in ("Emil Duarte", certificate.facts["exchange"], "3 of 4", "awards no credits", certificate.code[:4]):
        assert words in text
    assert "Emil Duarte" in reader.metadata.title
    assert reader.pages[0].mediabox.width == pytest.approx(595.28, abs=0.1)


def test_what_people_typed_is_never_markup(certificate):
    facts = certificate.facts | {
        "learner": "Zoë #sys.inputs [*x*] $y$ \\ `z` @a",
        "exchange": '#read("/etc/passwd") <b>',
        "outcomes": ['#image("x")', "= Heading"],
    }
    text = PdfReader(BytesIO(pdf_of(facts))).pages[0].extract_text()
    assert "#sys.inputs [*x*] $y$" in text
    assert '#read("/etc/passwd")' in text
    assert "= Heading" in text


def test_names_in_other_scripts_are_drawn(certificate):
    assert pdf_of(certificate.facts | {"learner": "फराह शेख"}) != pdf_of(certificate.facts | {"learner": "محمد"})


def test_long_texts_and_old_facts_still_make_a_pdf(certificate):
    long = dict.fromkeys(("learner", "institution", "exchange"), "Universidade Federal do Vale " * 7)
    assert pdf_of(certificate.facts | long | {"outcomes": ["x" * 400] * 30})[:5] == b"%PDF-"
    names = ("learner", "institution", "exchange", "institutions", "starts", "ends")
    assert pdf_of({name: certificate.facts[name] for name in names})[:5] == b"%PDF-"


def test_the_same_facts_give_the_same_bytes(certificate):
    assert pdf_of(certificate.facts) == pdf_of(certificate.facts)


@pytest.mark.parametrize(
    ("format", "words"),
    [
        (Format.COIL, "home institution"),
        (Format.TANDEM, "home institution"),
        (Format.COURSE_PLACES, "awarded by Universidade de Lisboa"),
        (Format.BIP, "awarded by Universidade de Lisboa"),
        (Format.VET, "awards no credits."),
        (Format.STAFF, "awards no credits."),
    ],
)
def test_credits_are_never_claimed_and_their_path_is_named(attended, emil, format, words):
    attended.offer.format = format
    found = next(each for each in recognition.participation_in(attended) if each.enrolment.learner == emil)
    facts = recognition.facts_of(attended, found)
    assert credits_of(facts).startswith("This certificate awards no credits")
    assert words in credits_of(facts)
    assert "ECTS" not in str(words_of(facts))
