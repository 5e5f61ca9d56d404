"""The dashboard's addresses."""

from __future__ import annotations

from django.urls import include, path

from config.health import healthz
from finetunes.views import home

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("datasets/", include("datasets.urls")),
    path("finetunes/", include("finetunes.urls")),
    path("models/", include("finetunes.models_urls")),
    path("playground/", include("playground.urls")),
    path("connections/", include("connections.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("teams.urls")),
]
