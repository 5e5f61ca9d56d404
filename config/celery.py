"""The Celery application: `celery -A config.celery worker`."""

from __future__ import annotations

import os

from celery import Celery

from config import errands, pool
from config import file_transport as file_transport  # registers files://
from config.pulse import PulseStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

pool.install()
errands.install()
app = Celery("tunedeck", task_cls="config.left:Task")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(PulseStep)
