"""Roles: asking, deciding, leaving, and who may see whom."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from institutions.actions import memberships as actions
from institutions.enums import MembershipStatus, Role
from institutions.errors import Refused
from institutions.models import InstitutionDomain, JournalEntry, Membership, Notice
from tests.factories.institution import InstitutionFactory
from tests.factories.membership import MembershipFactory
from tests.factories.user import UserFactory


@pytest.fixture
def noor(db):
    """Somebody new, with a private address."""
    return UserFactory(name="Noor Haddad", email="noor@mail.example")


@pytest.fixture
def request_of_noor(noor, lisbon):
    return actions.ask_to_join(actor=noor, institution=lisbon, role=Role.COORDINATOR, message="I teach here.")


def kinds(user):
    return set(Notice.objects.inbox(user).values_list("kind", flat=True))


# Actions -------------------------------------------------------------------------------------------------------------


def test_asking_gives_no_role_and_tells_the_admins(noor, ines, bruno, lisbon, request_of_noor):
    assert not Membership.objects.active().of(noor).exists()
    assert kinds(ines) == {"membership_requested"}
    assert not kinds(bruno)


def test_an_address_on_a_verified_domain_only_puts_the_request_on_top(lisbon, request_of_noor):
    olga = UserFactory(email="olga@student.lisbon.example")
    membership = actions.ask_to_join(actor=olga, institution=lisbon, role=Role.ADMIN)
    assert membership.status == MembershipStatus.REQUESTED
    assert list(Membership.objects.requested()) == [membership, request_of_noor]
    assert not Membership.objects.active().of(olga).exists()


def test_only_confirmed_addresses_and_verified_domains_count(lisbon):
    liar = UserFactory(email="liar@lisbon.example", verified=False)
    assert not actions.has_address_at(liar, lisbon)
    EmailAddress.objects.create(user=liar, email="liar@notlisbon.example", verified=True)
    assert not actions.has_address_at(liar, lisbon)
    InstitutionDomain.objects.create(institution=lisbon, domain="notlisbon.example", verified=False)
    assert not actions.has_address_at(liar, lisbon)
    EmailAddress.objects.create(user=liar, email="liar@LISBON.example", verified=True)
    assert actions.has_address_at(liar, lisbon)


def test_a_role_is_asked_for_once(noor, lisbon, request_of_noor, ines):
    with pytest.raises(Refused, match="already"):
        actions.ask_to_join(actor=noor, institution=lisbon, role=Role.COORDINATOR)
    actions.admit(actor=ines, membership=request_of_noor)
    with pytest.raises(Refused, match="already hold"):
        actions.ask_to_join(actor=noor, institution=lisbon, role=Role.COORDINATOR)
    actions.ask_to_join(actor=noor, institution=lisbon, role=Role.LEARNER)


@pytest.mark.parametrize("status", ["pending", "declined", "suspended"])
def test_nobody_joins_what_is_not_in_service(noor, status):
    with pytest.raises(Refused, match="isn't open"):
        actions.ask_to_join(actor=noor, institution=InstitutionFactory(status=status), role=Role.LEARNER)


def test_admission_gives_the_role_and_is_told_and_written_down(noor, ines, lisbon, request_of_noor):
    actions.admit(actor=ines, membership=request_of_noor, note="Welcome.")
    assert Membership.objects.active().of(noor, Role.COORDINATOR).get().institution == lisbon
    assert kinds(noor) == {"membership_admitted"}
    entry = JournalEntry.objects.latest("pk")
    assert (entry.actor, entry.verb, entry.note, entry.institution) == (ines, "membership.admit", "Welcome.", lisbon)


def test_several_roles_in_several_institutions(noor, ines, ishaan, lisbon, pune):
    for institution, admin in ((lisbon, ines), (pune, ishaan)):
        for role in Role:
            actions.admit(actor=admin, membership=actions.ask_to_join(actor=noor, institution=institution, role=role))
    assert Membership.objects.active().of(noor).count() == 6


def test_declining_needs_a_reason(noor, ines, request_of_noor):
    with pytest.raises(Refused) as refused:
        actions.decline(actor=ines, membership=request_of_noor, note="")
    assert refused.value.field == "note"
    actions.decline(actor=ines, membership=request_of_noor, note="Not known here.")
    assert kinds(noor) == {"membership_declined"}
    with pytest.raises(Refused, match="decided meanwhile"):
        actions.admit(actor=ines, membership=request_of_noor)


@pytest.mark.parametrize("name", ["asha", "ishaan", "bruno", "emil", "chie", "root", "noor"])
def test_others_do_not_decide(request, ines, name, request_of_noor, lisbon):
    """Lisbon has an admin, so that not even a platform admin decides for it."""
    actor = request.getfixturevalue(name)
    for move in (actions.admit, actions.decline, actions.end):
        with pytest.raises(Refused, match="Only the institution's admins"):
            move(actor=actor, membership=request_of_noor, note="Me.")
    request_of_noor.refresh_from_db()
    assert request_of_noor.status == MembershipStatus.REQUESTED


def test_a_platform_admin_decides_where_there_is_no_admin(root, noor, request_of_noor):
    assert kinds(root) == {"membership_requested"}
    actions.admit(actor=root, membership=request_of_noor)
    assert Membership.objects.active().of(noor).exists()


def test_an_admin_of_a_suspended_institution_decides_nothing(ines, lisbon, request_of_noor):
    lisbon.status = "suspended"
    lisbon.save()
    with pytest.raises(Refused):
        actions.admit(actor=ines, membership=request_of_noor)


def test_a_request_can_be_withdrawn_by_its_owner_only(noor, emil, request_of_noor):
    with pytest.raises(Refused):
        actions.withdraw(actor=emil, membership=request_of_noor)
    actions.withdraw(actor=noor, membership=request_of_noor)
    assert not Membership.objects.requested().exists()
    with pytest.raises(Refused):
        actions.withdraw(actor=noor, membership=request_of_noor)


def test_a_role_ends_with_a_reason_and_the_person_is_told(ines, bruno):
    membership = bruno.memberships.get()
    with pytest.raises(Refused):
        actions.end(actor=ines, membership=membership, note="")
    actions.end(actor=ines, membership=membership, note="Moved to Porto.")
    assert not Membership.objects.active().of(bruno).exists()
    assert kinds(bruno) == {"membership_ended"}


def test_the_last_admin_stays_until_there_is_another(ines, lisbon):
    own = ines.memberships.get()
    for move in (
        lambda: actions.leave(actor=ines, membership=own),
        lambda: actions.end(actor=ines, membership=own, note="Tired."),
    ):
        with pytest.raises(Refused, match="without an admin"):
            move()
    closed = MembershipFactory(institution=lisbon, role=Role.ADMIN, user=UserFactory(is_active=False))
    assert closed.status == MembershipStatus.ACTIVE
    with pytest.raises(Refused, match="without an admin"):
        actions.leave(actor=ines, membership=own)
    MembershipFactory(institution=lisbon, role=Role.ADMIN)
    actions.leave(actor=ines, membership=own)
    assert not Membership.objects.active().of(ines).exists()


# Pages ---------------------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_joining_and_admitting_in_the_browser(sign_in, noor, ines, lisbon):
    browser = sign_in(noor)
    assert browser.get("/institutions/lisbon/join/").status_code == 200
    answer = browser.post("/institutions/lisbon/join/", {"role": "learner", "message": "Hello"})
    assert answer.url == "/memberships/"
    assert "Universidade de Lisboa" in browser.get("/memberships/").content.decode()
    admin = sign_in(ines)
    page = admin.get("/memberships/queue/").content.decode()
    assert "Noor Haddad" in page
    assert "Hello" in page
    pk = noor.memberships.get().pk
    answer = admin.post(f"/memberships/{pk}/decide/", {"decision": "admit", "note": "", "next": "/memberships/queue/"})
    assert answer.url == "/memberships/queue/"
    assert Membership.objects.active().of(noor).exists()


def test_a_refused_decision_keeps_what_was_typed(sign_in, noor, ines, request_of_noor):
    url = f"/memberships/{request_of_noor.pk}/decide/"
    page = sign_in(ines).post(url, {"decision": "decline", "note": " "}).content.decode()
    assert "Say why" in page
    page = sign_in(ines).post(url, {"decision": "", "note": "A thought."}).content.decode()
    assert "A thought." in page
    request_of_noor.refresh_from_db()
    assert request_of_noor.status == MembershipStatus.REQUESTED


def test_with_htmx_only_the_card_comes_back(sign_in, ines, request_of_noor):
    url = f"/memberships/{request_of_noor.pk}/decide/"
    headers = {"HX-Request": "true"}
    refused = sign_in(ines).post(url, {"decision": "decline", "note": ""}, headers=headers).content.decode()
    assert refused.startswith('<article class="card" id="membership-')
    assert "Say why" in refused
    done = sign_in(ines).post(url, {"decision": "admit", "note": ""}, headers=headers).content.decode()
    assert "Decided." in done
    assert "<form" not in done


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_back_stays_on_this_site(sign_in, ines, request_of_noor, next_url):
    answer = sign_in(ines).post(
        f"/memberships/{request_of_noor.pk}/decide/", {"decision": "admit", "note": "", "next": next_url}
    )
    assert answer.url == "/memberships/queue/"


@pytest.mark.parametrize("name", ["asha", "ishaan", "bruno", "emil", "chie", "noor"])
def test_what_others_may_not_see_is_not_there(request, sign_in, ines, name, request_of_noor, lisbon):
    browser = sign_in(request.getfixturevalue(name))
    pk = request_of_noor.pk
    assert browser.get("/institutions/lisbon/members/").status_code == 404
    assert browser.post(f"/memberships/{pk}/decide/", {"decision": "admit"}).status_code == 404
    assert browser.get(f"/memberships/{pk}/end/").status_code == 404
    if name != "noor":
        assert browser.post(f"/memberships/{pk}/withdraw/").status_code == 404
        assert browser.post(f"/memberships/{pk}/leave/").status_code == 404
    if name != "ishaan":
        assert browser.get("/memberships/queue/").status_code == 404
    else:
        assert "Noor" not in browser.get("/memberships/queue/").content.decode()


def test_unknown_numbers_are_not_there(sign_in, ines):
    for pk in (0, 999_999, 10**30):
        assert sign_in(ines).post(f"/memberships/{pk}/decide/").status_code == 404


def test_signing_in_comes_first(client, lisbon):
    for url in ("/memberships/", "/memberships/queue/", "/institutions/lisbon/join/", "/institutions/lisbon/members/"):
        assert client.get(url).url.startswith("/accounts/login/")


BAD = [
    ({"role": ""}, "role", "required"),
    ({"role": "emperor"}, "role", "not one of"),
    ({"message": "x" * 1001}, "message", "at most 1000"),
    ({"message": "NUL\0"}, "message", "cannot be shown"),
]


@pytest.mark.parametrize(("changes", "field", "says"), BAD)
def test_a_bad_request_is_said_at_its_field(sign_in, noor, lisbon, changes, field, says):
    typed = {"role": "learner", "message": "Kept <b>as typed</b>", **changes}
    answer = sign_in(noor).post("/institutions/lisbon/join/", typed)
    assert says in answer.context["form"].errors[field][0]
    assert not Membership.objects.exists()
    if field != "message":
        assert "Kept &lt;b&gt;as typed" in answer.content.decode()


def test_withdrawing_and_leaving_ask_once(sign_in, noor, emil, request_of_noor):
    browser = sign_in(noor)
    url = f"/memberships/{request_of_noor.pk}/withdraw/"
    assert "Withdraw your request" in browser.get(url).content.decode()
    assert Membership.objects.requested().exists()
    browser.post(url)
    assert not Membership.objects.requested().exists()
    role = emil.memberships.get()
    browser = sign_in(emil)
    assert "Give up your role" in browser.get(f"/memberships/{role.pk}/leave/").content.decode()
    browser.post(f"/memberships/{role.pk}/leave/")
    assert not Membership.objects.active().of(emil).exists()


def test_the_last_admin_is_told_why_not(sign_in, ines):
    answer = sign_in(ines).post(f"/memberships/{ines.memberships.get().pk}/leave/", follow=True)
    assert "without an admin" in answer.content.decode()


def test_ending_a_role_in_the_browser(sign_in, ines, bruno):
    url = f"/memberships/{bruno.memberships.get().pk}/end/"
    assert "required" in sign_in(ines).post(url, {"note": ""}).content.decode()
    sign_in(ines).post(url, {"note": "Moved."})
    assert not Membership.objects.active().of(bruno).exists()


def test_members_are_found_by_name_role_and_state(sign_in, ines, emil, bruno, root, lisbon, request_of_noor):
    browser = sign_in(ines)
    everyone = browser.get("/institutions/lisbon/members/").content.decode()
    assert all(name in everyone for name in ("Emil Duarte", "Bruno Carvalho", "Noor Haddad"))
    for query, name in (("q=emil", "Emil"), ("role=coordinator&status=active", "Bruno"), ("status=requested", "Noor")):
        rows = browser.get(f"/institutions/lisbon/members/?{query}").context["page"].object_list
        assert [row.user.name.split()[0] for row in rows] == [name]
    assert browser.get("/institutions/lisbon/members/?q=%00&role=emperor&page=x").status_code == 200
    assert sign_in(root).get("/institutions/lisbon/members/").status_code == 200


@pytest.mark.parametrize("url", ["/institutions/lisbon/members/", "/memberships/queue/", "/memberships/"])
def test_queries_do_not_grow_with_the_rows(sign_in, ines, lisbon, url):
    MembershipFactory(institution=lisbon, status="requested")
    MembershipFactory(user=ines, status="ended")
    browser = sign_in(ines)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    MembershipFactory.create_batch(15, institution=lisbon)
    MembershipFactory.create_batch(15, institution=lisbon, status="requested")
    MembershipFactory.create_batch(15, user=ines, status="ended")
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(few) == len(many)


def at_once(*moves):
    """Run the moves in threads that start together; what each answered or raised."""
    barrier = threading.Barrier(len(moves))

    def run(move):
        try:
            barrier.wait()
            return move()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(moves)) as threads:
        return list(threads.map(run, moves))


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_two_admins_who_leave_at_once_do_not_both_leave(lisbon):
    roles = MembershipFactory.create_batch(2, institution=lisbon, role=Role.ADMIN)
    answers = at_once(*(partial(actions.leave, actor=role.user, membership=role) for role in roles))
    assert sum(isinstance(answer, Refused) for answer in answers) == 1
    assert Membership.objects.active().filter(institution=lisbon, role=Role.ADMIN).count() == 1


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_asking_from_two_windows_at_once_asks_once(noor, lisbon):
    ask = partial(actions.ask_to_join, actor=noor, institution=lisbon, role=Role.LEARNER)
    answers = at_once(ask, ask, ask)
    assert sum(isinstance(answer, Membership) for answer in answers) == 1
    assert sum(isinstance(answer, Refused) for answer in answers) == 2
