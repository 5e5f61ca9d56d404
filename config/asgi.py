"""The dashboard's ASGI application."""

from __future__ import annotations

import os
import resource

from django.core.asgi import get_asgi_application

from config import reporting
from config.database import share_connections
from work.bounds import Bounds

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
OPEN_FILES = 65_536


def allow_connections() -> None:
    """Raise the limit of open files as far as it may be: every page that is looked at holds a connection."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


allow_connections()
pages = get_asgi_application()

from config import bounds  # noqa: E402 (it asks who somebody is, for which all applications must be there)

application = Bounds(pages, bounds.most, bounds.may)
share_connections()
reporting.start("web")
