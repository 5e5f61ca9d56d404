"""The trainer's API process: the same database and data folder, another URL root, no sessions and no pages."""

from __future__ import annotations

from config.settings import *  # noqa: F403

ROOT_URLCONF = "config.urls_trainer"
ASGI_APPLICATION = "config.asgi_trainer.application"
MIDDLEWARE = ["config.tracing.traced", "django.middleware.security.SecurityMiddleware"]
APPEND_SLASH = False
# Clients expect an answer in the API's own shape: neither a page with a traceback nor a redirect.
DEBUG = False
SECURE_SSL_REDIRECT = False
# Clients call the service by whatever name the machine has; a key, not a host name, opens it.
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["trainer", "work"]
TEMPLATES = []
METRICS_PROCESS = "trainer"
# Requests come close together; what is left open between them is checked before it is used again.
DATABASES = {"default": {**DATABASES["default"], "CONN_MAX_AGE": 60}}  # noqa: F405
