"""Every address of the platform, by owner."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from vmobility import mailbox
from vmobility.health import healthz
from vmobility.schema import api_docs

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("institutions.urls")),
    path("", include("exchanges.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("vmobility.api")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/docs/", api_docs, name="api_docs"),
    path("healthz", healthz, name="healthz"),
]

if settings.MAILBOX:
    urlpatterns += [
        path("mailbox/", mailbox.mail_list, name="mailbox"),
        path("mailbox/<str:name>/", mailbox.mail_detail, name="mailbox_mail"),
    ]
