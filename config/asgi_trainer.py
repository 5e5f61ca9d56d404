"""The trainer's ASGI application."""

from __future__ import annotations

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_trainer"
django.setup(set_prefix=False)

from config import reporting  # noqa: E402 — needs the applications
from trainer.api.receiving import most  # noqa: E402
from trainer.api.server import Server  # noqa: E402
from trainer.shelf import shelf  # noqa: E402
from work.bounds import Bounds  # noqa: E402

application = Bounds(Server(), most)
shelf.warm()
reporting.start("trainer")
