"""Pages' files under addresses that change with their content."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

Manifest: Any = ManifestStaticFilesStorage
INSIDE_SCRIPTS = Manifest._js_module_import_aggregation_patterns[1]


class Statics(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """What a script imports has such an address as well: else a browser would go on with an old one.

    Only scripts of our own are looked into: those of libraries have imports in comments, of files that are not there.
    """

    patterns = (*Manifest.patterns, ("js/*.js", INSIDE_SCRIPTS))
