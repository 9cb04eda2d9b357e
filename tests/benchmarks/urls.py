"""The platform's addresses and the page that the catalogue is measured against."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from institutions.models import Institution
from vmobility.urls import urlpatterns as platform


def trivial(request: HttpRequest) -> HttpResponse:
    """One trivial query, no template."""
    name = Institution.objects.values_list("name", flat=True).filter(pk=1).first()
    return HttpResponse(f"<!doctype html><title>{name}</title>")


urlpatterns = [path("bench/trivial/", trivial), *platform]
