"""Every address of the platform, by owner."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from vmobility import mailbox
from vmobility.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("institutions.urls")),
    path("", include("exchanges.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("vmobility.api")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api_schema", template_name="api/docs.html"),
        name="api_docs",
    ),
    path("healthz", healthz, name="healthz"),
]

if settings.MAILBOX:
    urlpatterns += [
        path("mailbox/", mailbox.mail_list, name="mailbox"),
        path("mailbox/<str:name>/", mailbox.mail_detail, name="mailbox_mail"),
    ]
