"""The pages of django-allauth that Tunedeck has, each with a template of its own; addresses are changed at /settings/."""

from __future__ import annotations

from allauth.account.urls import urlpatterns as account
from allauth.mfa.base import views as step
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as keys
from django.urls import include, path
from django.views.decorators.cache import never_cache

from teams.views import second_step, single_sign_on

ACCOUNT = {
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
"""Codes and confirmations by mail are not in use."""

second_step_urls = [
    path("", second_step.overview, name="mfa_index"),
    path("authenticate/", step.authenticate, name="mfa_authenticate"),
    path("confirm/", step.reauthenticate, name="mfa_reauthenticate"),
    path("confirm/key/", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("app/add/", never_cache(app.activate_totp), name="mfa_activate_totp"),
    path("app/remove/", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("codes/", never_cache(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("codes/make/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("keys/", second_step.overview, name="mfa_list_webauthn"),
    path("keys/add/", never_cache(keys.add_webauthn), name="mfa_add_webauthn"),
    path("keys/sign-in/", keys.login_webauthn, name="mfa_login_webauthn"),
    path("keys/<int:pk>/remove/", keys.remove_webauthn, name="mfa_remove_webauthn"),
    path("keys/<int:pk>/rename/", keys.edit_webauthn, name="mfa_edit_webauthn"),
]

# The addresses that the library leads to by these names; the provider is always the one.
ONE = {"provider_id": "sso"}
single_sign_on_urls = [
    path("", single_sign_on.start, ONE, name="openid_connect_login"),
    path("back/", single_sign_on.back, ONE, name="openid_connect_callback"),
    path("cancelled/", single_sign_on.cancelled, name="socialaccount_login_cancelled"),
    path("signup/", single_sign_on.nowhere, name="socialaccount_signup"),
]

urlpatterns = [
    *(pattern for pattern in account if pattern.name in ACCOUNT),
    path("second-step/", include(second_step_urls)),
    path("sso/", include(single_sign_on_urls)),
]
