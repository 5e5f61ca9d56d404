"""How people come in: passwords, the second step, lock-out, sessions. docs/signing-in.md says what each is for."""

from __future__ import annotations

from config import env, single_sign_on

HTTPS = env.text("TUNEDECK_ADDRESS").startswith("https://")

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

PASSWORD_LENGTH = env.number("TUNEDECK_PASSWORD_LENGTH", 10, least=8, most=64)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

ACCOUNT_ADAPTER = "teams.entrance.Entrance"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

MFA_ADAPTER = "teams.second_step.SecondStep"
MFA_FORMS = {"authenticate": "teams.second_step.CodeForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# The address is the login: whoever is in has it, and there is no second one to add.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Tunedeck"
# The code before and the code after count too: clocks differ, and people type slowly.
MFA_TOTP_TOLERANCE = 1
# Browsers themselves allow keys without TLS only on this very machine.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS

# So many wrong passwords or codes close an account for a while, and ten times as many an address of the network.
SIGN_IN_TRIES = env.number("TUNEDECK_SIGN_IN_TRIES", 5, least=1, most=1000)
SIGN_IN_LOCK_MINUTES = env.number("TUNEDECK_SIGN_IN_LOCK_MINUTES", 15, least=1, most=1440)
ACCOUNT_RATE_LIMITS = {
    "login_failed": f"{SIGN_IN_TRIES * 10}/{SIGN_IN_LOCK_MINUTES}m/ip,{SIGN_IN_TRIES}/{SIGN_IN_LOCK_MINUTES}m/key"
}

# A session ends after so long without a person's doing, and after so long in any case.
SESSION_IDLE_HOURS = env.number("TUNEDECK_SESSION_IDLE_HOURS", 168, least=1, most=8760)
SESSION_HOURS = env.number("TUNEDECK_SESSION_HOURS", 720, least=1, most=8760)
SESSION_ENGINE = "teams.session_store"
SESSION_COOKIE_AGE = SESSION_HOURS * 3600

# What the web processes must know of each other, such as failed tries, is in the database when there may be several;
# what each may find out by itself is kept near.
NEAR = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "near"}
SHARED = {
    "BACKEND": "django.core.cache.backends.db.DatabaseCache",
    "LOCATION": "remembered",
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}
CACHES = {"default": SHARED if env.text("DATABASE_URL").startswith("postgres") else NEAR | {"LOCATION": ""}, "near": NEAR}

SINGLE_SIGN_ON = single_sign_on.read()
SOCIALACCOUNT_ADAPTER = "teams.single_sign_on.Provider"
SOCIALACCOUNT_PROVIDERS = single_sign_on.providers(SINGLE_SIGN_ON)
# Who has the address for sure, as the provider says, is the person who has it here.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_STORE_TOKENS = False
# A form that leads away would have to be let through the content security policy, for a host that is not known yet.
SOCIALACCOUNT_LOGIN_ON_GET = True
