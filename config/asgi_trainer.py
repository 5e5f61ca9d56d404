"""The trainer's ASGI application."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_trainer"
application = get_asgi_application()

from trainer.shelf import shelf  # noqa: E402 — needs the applications

shelf.warm()
