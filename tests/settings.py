"""Settings under test: the real ones, with a throwaway folder, quick passwords and plain static files.

`DATABASE_URL` and `REDIS_URL` choose the parts, as everywhere; with neither set, the tests run on the embedded default.
The test database and the keys in Redis carry this run's number, and that of the process where pytest-xdist runs
several, so that runs side by side don't meet.
"""

import atexit
import os
import shutil
import sys
import tempfile

run = os.environ.setdefault("VMOBILITY_TEST_RUN", str(os.getpid()))
if "VMOBILITY_VAR" not in os.environ and "pytest" in sys.modules:  # mypy reads these settings as well
    os.environ["VMOBILITY_VAR"] = tempfile.mkdtemp(prefix=f"vmobility-test-{run}-")
    owner = os.getpid()

    @atexit.register
    def remove_folder() -> None:
        if os.getpid() == owner:  # and not in a forked child
            shutil.rmtree(os.environ["VMOBILITY_VAR"], ignore_errors=True)


worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if worker:
    run = f"{run}-{worker}"
    if os.path.basename(os.environ["VMOBILITY_VAR"]) != worker:  # a worker's own children have it already
        os.environ["VMOBILITY_VAR"] = os.path.join(os.environ["VMOBILITY_VAR"], worker)
        os.makedirs(os.environ["VMOBILITY_VAR"], exist_ok=True)


os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "t" * 50)
os.environ.setdefault("VMOBILITY_EMBEDDED", "1")  # the mailbox page is tested too
os.environ.pop("EMAIL_URL", None)

from vmobility.settings import *  # noqa: E402, F403
from vmobility.settings import CACHES, DATABASES, REDIS_URL, REST_FRAMEWORK, VAR_DIR  # noqa: E402

# A live worker (tests/conftest.py) is another process: it is told the test database's own name.
if test_database := os.environ.get("VMOBILITY_TEST_DATABASE"):
    DATABASES["default"]["NAME"] = test_database
elif DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file and not memory, so that threads and other processes see it too.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    # pytest-django adds the number of a pytest-xdist process by itself.
    DATABASES["default"]["TEST"] = {"NAME": f"test_vmobility_{os.environ['VMOBILITY_TEST_RUN']}"}
    DATABASES["default"]["CONN_MAX_AGE"] = 0

if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"vmobility-test-{run}:"  # noqa: F405
CACHES["default"]["KEY_PREFIX"] = f"vmobility-test-{run}"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
ALLOWED_HOSTS = ["*"]
ACCOUNT_RATE_LIMITS = False
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {"anon": None, "user": None, "sign_in": None}
LOGGING = {"version": 1, "disable_existing_loggers": False}
TEMPLATES[0]["DIRS"].append(BASE_DIR / "tests" / "templates")  # type: ignore[attr-defined]  # noqa: F405
