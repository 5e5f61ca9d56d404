"""Settings of the test suite: a throw-away data folder, quick passwords, mail in memory."""

from __future__ import annotations

import os
import tempfile

os.environ["TUNEDECK_DATA"] = tempfile.mkdtemp(prefix="tunedeck-tests-")
os.environ.pop("TUNEDECK_ADDRESS", None)

from config.settings import *  # noqa: F403

ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {name: NEAR | {"LOCATION": name} for name in ("default", "near")}  # noqa: F405
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATABASE_POOL = 0  # tests fork, and count the connections of their own threads
LOGGING = {"version": 1, "disable_existing_loggers": False}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / "tests.sqlite3")}  # noqa: F405
