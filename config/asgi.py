"""The dashboard's ASGI application."""

from __future__ import annotations

import os
import resource

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config import bounds, reporting  # noqa: E402 — needs the applications
from config.database import share_connections  # noqa: E402
from work.bounds import Bounds  # noqa: E402
from work.serving import OneThread, settle  # noqa: E402

OPEN_FILES = 65_536
THREADS = 64


def allow_connections() -> None:
    """Raise the limit of open files as far as it may be: every page that is looked at holds a connection."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


allow_connections()
application = Bounds(OneThread(THREADS, settings.WEB_AT_ONCE), bounds.most, bounds.may)
share_connections()
reporting.start("web")
settle()
