"""The trainer's addresses: its API, and its metrics for whoever has the token."""

from __future__ import annotations

from django.urls import path

from config.metrics.show import metrics
from trainer import urls
from trainer.urls import handler400 as handler400
from trainer.urls import handler500 as handler500

urlpatterns = [path("metrics", metrics, name="metrics"), *urls.urlpatterns]
