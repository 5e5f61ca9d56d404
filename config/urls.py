"""The dashboard's addresses."""

from __future__ import annotations

from django.urls import include, path

from config import errors
from config.health import healthz, live, ready
from config.metrics.show import metrics
from finetunes.views import home

handler400, handler403, handler404, handler500 = errors.malformed, errors.refused, errors.missing, errors.broken

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("healthz/live", live, name="live"),
    path("healthz/ready", ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("datasets/", include("datasets.urls")),
    path("finetunes/", include("finetunes.urls")),
    path("models/", include("finetunes.models_urls")),
    path("playground/", include("playground.urls")),
    path("evaluations/", include("evaluations.urls")),
    path("connections/", include("connections.urls")),
    path("notifications/", include("notifications.urls")),
    path("accounts/", include("teams.sign_in_urls")),
    path("", include("forgetting.urls")),
    path("team/export/", include("handover.urls")),
    path("", include("teams.urls")),
]
