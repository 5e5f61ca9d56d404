from __future__ import annotations

from django.apps import AppConfig
from django.utils import formats


class TeamsConfig(AppConfig):
    name = "teams"

    def ready(self) -> None:
        from teams import looks

        formats.get_format = looks.with_signs(formats.get_format)
