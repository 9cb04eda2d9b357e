"""The API against its own schema: whatever is sent, no 5xx, and every answer is one that the schema names."""

import json

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import reverse
from hypothesis import HealthCheck, settings
from rest_framework.authtoken.models import Token
from schemathesis.checks import not_a_server_error

from tests.factories.exchange import exchange_of
from tests.factories.partnership import PartnershipFactory
from vmobility.wsgi import application

JSON = "application/vnd.oai.openapi+json"
schema = schemathesis.openapi.from_wsgi("/api/schema/", application, headers={"Accept": JSON})


@pytest.fixture
def one_connection():
    """Keep the test's connection, with its transaction, over the requests, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def world(one_connection, pune, lisbon, asha, emil):
    """Something to find behind the numbers that the fuzzer tries."""
    exchange_of(pune, lisbon)
    PartnershipFactory(institutions=[pune, lisbon], status="draft")
    return Token.objects.create(user=asha).key


@schema.parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@pytest.mark.django_db
def test_nothing_that_is_sent_breaks_the_api(world, case):
    case.call_and_validate(headers={"Authorization": f"Token {world}"}, checks=[not_a_server_error])


@pytest.mark.embedded
def test_the_schema_is_openapi_3_1_and_can_be_read(client, db):
    document = json.loads(client.get(reverse("api_schema"), headers={"accept": JSON}).content)
    assert document["openapi"].startswith("3.1")
    assert {"/api/v1/institutions/", "/api/v1/exchanges/", "/api/v1/partnerships/"} <= set(document["paths"])
    assert client.get(reverse("api_docs")).status_code == 200
