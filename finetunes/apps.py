from __future__ import annotations

from django.apps import AppConfig


class FinetunesConfig(AppConfig):
    name = "finetunes"
