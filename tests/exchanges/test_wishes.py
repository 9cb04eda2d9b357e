"""Who should be in a group with whom: mutual wishes, coordinators' ties, and what is said in confidence."""

import json

import pytest

from exchanges.actions import board, confidences, runs, wishes
from exchanges.actions.people import participants_of
from exchanges.enums import ExchangeStatus, TieKind
from exchanges.models import Confidence, Tie, Wish
from institutions.errors import Refused
from institutions.models import JournalEntry
from tests.exchanges.test_runs import group_run
from tests.factories.exchange import exchange_of
from tests.factories.group import placed

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def exchange(pune, lisbon):
    exchange = exchange_of(lisbon, pune, status=ExchangeStatus.GROUPING, group_size_min=2, group_size_max=3)
    for _ in range(3):
        placed(exchange, lisbon)
        placed(exchange, pune)
    return exchange


@pytest.fixture
def emils(exchange, lisbon, emil):
    return placed(exchange, lisbon, emil)


@pytest.fixture
def farahs(exchange, pune, farah):
    return placed(exchange, pune, farah)


def person(enrolment):
    return next(p.person for p in participants_of(enrolment.exchange) if p.person.id == enrolment.pk)


def wish(enrolment, *emails, **told):
    wishes.state_wishes(actor=enrolment.learner, enrolment=enrolment, emails=emails, **told)


def test_a_wish_counts_once_the_other_has_it_too(exchange, emils, farahs):
    wish(emils, "Farah@pune.example ", "nobody@else.example")
    assert person(emils).together == person(farahs).together == ()
    assert wishes.one_sided(exchange) == [(emils, farahs)]
    wish(farahs, "emil@lisbon.example")
    assert (person(emils).together, person(farahs).together) == ((farahs.pk,), (emils.pk,))
    assert wishes.one_sided(exchange) == []
    wish(farahs)
    assert person(emils).together == ()
    assert Wish.objects.count() == 2


def test_a_coordinator_ties_and_unties_and_that_goes_before_wishes(exchange, emils, farahs, bruno):
    wish(emils, "farah@pune.example")
    wish(farahs, "emil@lisbon.example")
    tie = wishes.tie(
        actor=bruno, exchange=exchange, kind=TieKind.APART, people=[farahs.pk, emils.pk], reason="A quarrel"
    )
    assert (person(emils).together, person(emils).apart, person(farahs).apart) == ((), (farahs.pk,), (emils.pk,))
    assert "quarrel" not in json.dumps(list(JournalEntry.objects.values_list("data", "note")))
    again = wishes.tie(actor=bruno, exchange=exchange, kind=TieKind.TOGETHER, people=[emils.pk, farahs.pk])
    assert again.pk == tie.pk
    assert (person(emils).together, person(emils).apart) == ((farahs.pk,), ())
    wishes.untie(actor=bruno, tie=again)
    assert not Tie.objects.exists()


def test_ties_are_kept_when_groups_are_formed(exchange, emils, farahs, asha):
    others = list(exchange.enrolments.exclude(pk__in=[emils.pk, farahs.pk]))
    for other in others[:4]:
        wishes.tie(actor=asha, exchange=exchange, kind=TieKind.APART, people=[emils.pk, other.pk])
    wishes.tie(actor=asha, exchange=exchange, kind=TieKind.TOGETHER, people=[emils.pk, farahs.pk])
    group_run(exchange)
    emils.refresh_from_db()
    mates = set(emils.group.members.values_list("pk", flat=True))
    assert farahs.pk in mates
    assert not mates & {other.pk for other in others[:4]}


def test_what_is_said_in_confidence_needs_consent_counts_and_is_told_to_nobody(exchange, emils, farahs, bruno):
    with pytest.raises(Refused):
        wish(emils, not_alone=["woman"])
    wish(emils, not_alone=["woman"], traits=["carer", "no-such"], consent=True)
    wish(farahs, traits=["woman"], consent=True)
    told = Confidence.objects.get(enrolment=emils)
    assert (told.traits, told.not_alone) == (["woman", "carer"], ["woman"])
    run = group_run(exchange)
    emils.refresh_from_db()
    farahs.refresh_from_db()
    assert emils.group == farahs.group  # so that she is not the only one
    assert "woman" in json.dumps(runs.input_of(run))
    board.move(actor=bruno, exchange=exchange, enrolments=[farahs.pk], to=board.NEW)
    shown = json.dumps([list(exchange.groups.values("reasons")), run.figures, runs.public_input_of(run)])
    assert "woman" not in shown
    assert "alone" not in shown
    assert "woman" not in json.dumps(list(JournalEntry.objects.values_list("data", "note")))
    wish(emils)
    run.refresh_from_db()
    given = {each["id"]: each for each in runs.input_of(run)["people"]}
    assert "marks" not in given[emils.pk]
    assert "marks" in given[farahs.pk]
    confidences.forget_all(exchange)
    assert "woman" not in json.dumps(runs.input_of(type(run).objects.get(pk=run.pk)))
    assert not Confidence.objects.exists()


def test_what_is_no_longer_ticked_is_gone_from_runs(exchange, emils):
    wish(emils, not_alone=["woman"], traits=["carer"], consent=True)
    run = group_run(exchange)
    wish(emils, traits=["carer"], consent=True)
    run.refresh_from_db()
    assert "woman" not in json.dumps(runs.input_of(run))
    assert Confidence.objects.get(enrolment=emils).traits == ["carer"]


def test_what_a_run_kept_of_somebody_who_took_it_back_is_gone_when_the_exchange_is_over(exchange, emils):
    wish(emils, not_alone=["woman"], consent=True)
    run = group_run(exchange)
    Confidence.objects.all().delete()  # as by a version that did not reach a run which was just being given its input
    confidences.forget_all(exchange)
    run.refresh_from_db()
    assert "woman" not in json.dumps(runs.input_of(run))


@pytest.mark.parametrize(
    "emails", [["emil@lisbon.example"], ["a@x.example", "b@x.example", "c@x.example", "d@x.example"]]
)
def test_wishes_that_make_no_sense_are_refused(emils, emails):
    with pytest.raises(Refused):
        wish(emils, *emails)


def test_wishes_end_when_the_groups_are_published(exchange, emils, farahs, bruno):
    with pytest.raises(Refused):
        wishes.state_wishes(actor=farahs.learner, enrolment=emils, emails=[])
    group_run(exchange)
    board.confirm_groups(actor=bruno, exchange=exchange)
    assert not wishes.may_wish(emils)
    with pytest.raises(Refused):
        wish(emils, "farah@pune.example")


def test_only_coordinators_tie_and_only_people_of_the_exchange(
    exchange, emils, farahs, bruno, chie, root, lisbon, pune
):
    stranger = placed(exchange_of(lisbon, farahs.part.institution), lisbon)
    for who, people in (
        (chie, [emils.pk, farahs.pk]),
        (root, [emils.pk, farahs.pk]),
        (bruno, [emils.pk, emils.pk]),
        (bruno, [emils.pk, stranger.pk]),
    ):
        with pytest.raises(Refused):
            wishes.tie(actor=who, exchange=exchange, kind=TieKind.APART, people=people)
    made = wishes.tie(actor=bruno, exchange=exchange, kind=TieKind.APART, people=[emils.pk, farahs.pk])
    with pytest.raises(Refused):
        wishes.untie(actor=chie, tie=made)
