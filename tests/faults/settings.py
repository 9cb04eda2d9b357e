"""Settings of the stage: the real ones, with plain static files and no limits on how often one may ask."""

from vmobility.settings import *  # noqa: F403
from vmobility.settings import REST_FRAMEWORK

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ALLOWED_HOSTS = ["*"]
ACCOUNT_RATE_LIMITS = False
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {"anon": None, "user": None, "sign_in": None}
LOGGING = {"version": 1, "disable_existing_loggers": False}
