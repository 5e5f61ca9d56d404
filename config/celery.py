"""The Celery application: `celery -A config.celery worker`."""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery
from django.conf import settings

from config.pulse import PulseStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tunedeck")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

for name in ("data_folder_in", "control_folder"):
    if folder := settings.CELERY_BROKER_TRANSPORT_OPTIONS.get(name):
        Path(folder).mkdir(parents=True, exist_ok=True)

app.steps["worker"].add(PulseStep)
