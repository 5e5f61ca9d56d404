from __future__ import annotations

from django.apps import AppConfig


class PlaygroundConfig(AppConfig):
    name = "playground"

    def ready(self) -> None:
        from finetunes.rests import register
        from playground import rests

        register(rests.presets)
        register(rests.rounds)
