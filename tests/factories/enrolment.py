"""Enrolments, made the way learners make them: `enrolled(exchange, lisbon)` answers a new learner's enrolment."""

from exchanges.actions.enrolments import enrol
from exchanges.models import Enrolment, Exchange
from institutions.enums import Role
from institutions.models import Institution
from tests.factories.membership import MembershipFactory
from tests.factories.user import UserFactory


def learner_of(institution: Institution, **kwargs):
    user = UserFactory(zone=institution.zone, **kwargs)
    MembershipFactory(user=user, institution=institution, role=Role.LEARNER)
    return user


def enrolled(exchange: Exchange, institution: Institution, **kwargs) -> Enrolment:
    return enrol(actor=learner_of(institution, **kwargs), exchange=exchange)
