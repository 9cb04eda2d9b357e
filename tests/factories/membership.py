"""Roles in institutions: active unless the status says otherwise."""

import factory

from institutions.enums import MembershipStatus, Role
from institutions.models import Membership
from tests.factories.institution import InstitutionFactory
from tests.factories.user import UserFactory


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    institution = factory.SubFactory(InstitutionFactory)
    role = Role.LEARNER
    status = MembershipStatus.ACTIVE
