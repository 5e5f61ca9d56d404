"""Pages' files under addresses that change with their content."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

Manifest: Any = ManifestStaticFilesStorage
INSIDE_SCRIPTS = Manifest._js_module_import_aggregation_patterns[1]


class Statics(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """What a script imports has such an address as well: else a browser would go on with an old one.

    Only scripts of our own are looked into: those of libraries have imports in comments, of files that are not there.
    """

    patterns = (*Manifest.patterns, ("js/*.js", INSIDE_SCRIPTS))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """Return the address of a file; a page names dozens, and each is found once in the life of a process."""
        if force or settings.DEBUG:
            return str(super().url(name, force))
        if name not in self._addresses:
            self._addresses[name] = str(super().url(name))
        return self._addresses[name]
