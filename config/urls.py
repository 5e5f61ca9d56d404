"""The dashboard's addresses."""

from __future__ import annotations

from allauth.account.urls import urlpatterns as account_patterns
from django.urls import include, path

from config import errors
from config.health import healthz
from config.metrics.show import metrics
from finetunes.views import home

SIGN_IN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}
"""The pages of allauth that Tunedeck has; addresses are changed at /settings/, codes and confirmations are not in use."""

handler400, handler403, handler404, handler500 = errors.malformed, errors.refused, errors.missing, errors.broken

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("datasets/", include("datasets.urls")),
    path("finetunes/", include("finetunes.urls")),
    path("models/", include("finetunes.models_urls")),
    path("playground/", include("playground.urls")),
    path("evaluations/", include("evaluations.urls")),
    path("connections/", include("connections.urls")),
    path("notifications/", include("notifications.urls")),
    path("accounts/", include([pattern for pattern in account_patterns if pattern.name in SIGN_IN])),
    path("team/export/", include("handover.urls")),
    path("", include("teams.urls")),
]
