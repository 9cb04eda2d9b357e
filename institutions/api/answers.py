"""How the API answers: lists in pages, errors as problem details."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelError
from django.http import Http404
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from institutions.errors import Refused

PROBLEM = "application/problem+json"


class TooLong(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("That is too much at a time.")
    default_code = "too_long"


class Pages(PageNumberPagination):
    """`?page=2&page_size=50`; at most 100 on a page."""

    page_size_query_param = "page_size"
    max_page_size = 100


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error as an RFC 9457 problem detail; `errors` names the fields, as a form would."""
    facts = error.facts if isinstance(error, Refused) else {}
    if isinstance(error, Refused):
        field = error.field or api_settings.NON_FIELD_ERRORS_KEY
        error = exceptions.ValidationError({field: [force_str(error.message)]}, code="refused")
    elif isinstance(error, ModelError):
        error = exceptions.ValidationError(as_serializer_error(error))
    elif isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        # What may not be seen and what doesn't exist answer alike.
        error = exceptions.NotFound() if context["request"].method == "GET" else exceptions.PermissionDenied()
    elif isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, RequestDataTooBig):
        error = TooLong()

    response = exception_handler(error, context)
    if response is None:
        return None  # a fault of ours: Django answers 500 and logs it

    status = HTTPStatus(response.status_code)
    problem: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": status.value}
    if isinstance(error, exceptions.ValidationError):
        problem["detail"] = _("Some of what was sent can't be accepted.")
        details = error.detail
        problem["errors"] = details if isinstance(details, dict) else {api_settings.NON_FIELD_ERRORS_KEY: details}
    elif isinstance(error, exceptions.APIException):
        problem["detail"] = force_str(error.detail)
    response.data = problem | facts
    response.content_type = PROBLEM
    return response
