"""All settings, read from the environment; docs/settings.md lists them for operators."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext

from config import env, logs, storage
from config.people import *  # noqa: F403
from config.shield import *  # noqa: F403
from trainer.bases import BASES

django_stubs_ext.monkeypatch()

ROOT = Path(__file__).resolve().parent.parent
DATA = env.folder("TUNEDECK_DATA", ROOT / "var")
HOST = env.text("TUNEDECK_HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, least=1, most=65535)
TRAINER_PORT = env.number("TRAINER_PORT", 8001, least=1, most=65535)
SAMPLE = env.flag("TUNEDECK_SAMPLE", True)
OWNER_EMAIL = env.text("TUNEDECK_OWNER_EMAIL")
OWNER_PASSWORD = env.text("TUNEDECK_OWNER_PASSWORD")
# Where the dashboard finds the trainer; another machine's address when they are apart.
TRAINER_ADDRESS = env.text("TUNEDECK_TRAINER_ADDRESS", f"http://127.0.0.1:{TRAINER_PORT}/v1").rstrip("/")
# How the current generation's result files come: "plain", or "base64" as the original sends them.
TRAINER_RESULTS = env.one_of("TUNEDECK_TRAINER_RESULTS", "plain", "base64")
TRAINER_STORAGE_BYTES = env.number("TUNEDECK_TRAINER_STORAGE_MB", 102_400, least=1) * 2**20
# How many jobs `manage.py run` trains at once, each on a processor of its own.
TRAINER_JOBS = env.number("TUNEDECK_TRAINER_JOBS", 1, least=1, most=256)
# The bases that are shut down, each with its day.
TRAINER_RETIRED = env.dates("TUNEDECK_TRAINER_RETIRED", BASES)
# What one key may ask for in a minute; 0 is no limit.
TRAINER_REQUESTS_PER_MINUTE = env.number("TUNEDECK_TRAINER_REQUESTS_PER_MINUTE", 0)
TRAINER_TOKENS_PER_MINUTE = env.number("TUNEDECK_TRAINER_TOKENS_PER_MINUTE", 0)
# After so many seconds without a sign of life a provider's answer counts as lost.
# Where the clients of trackers are installed, and how long one fine-tune may take to be sent.
TRACKER_PYTHON = env.text("TUNEDECK_TRACKER_PYTHON", sys.executable)
TRACKER_SECONDS = env.number("TUNEDECK_TRACKER_SECONDS", 3600, least=1, most=86_400)
# So many days a model that is to be deleted can be taken back, before it is deleted at its provider.
DELETION_HOLD_DAYS = env.number("TUNEDECK_DELETION_HOLD_DAYS", 7, most=365)
PROVIDER_SECONDS = env.number("TUNEDECK_PROVIDER_SECONDS", 60, least=1, most=3600)
# Whether addresses of private networks must not be called; the trainer's own is excepted.
FORBID_PRIVATE_ADDRESSES = env.flag("TUNEDECK_FORBID_PRIVATE_ADDRESSES", False)
# So many seconds something that was sent without an answer may take to appear in the provider's lists.
PROVIDER_DOUBT_SECONDS = env.number("TUNEDECK_PROVIDER_DOUBT_SECONDS", 30, least=1, most=3600)
# So many questions of evaluations are out at one connection at a time.
EVALUATION_CONCURRENCY = env.number("TUNEDECK_EVALUATION_CONCURRENCY", 16, least=1, most=256)
TRAINER_KEY = env.secret("TUNEDECK_TRAINER_KEY", DATA / "trainer.key")

os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(ROOT / "encodings"))

SECRET_KEY = env.secret("TUNEDECK_SECRET_KEY", DATA / "django.key")
# The first key encrypts, all of them decrypt: prepend a new one to rotate.
FIELD_KEYS = env.items("TUNEDECK_FIELD_KEYS") or [env.secret("TUNEDECK_FIELD_KEY", DATA / "fields.key")]
DEBUG = env.flag("TUNEDECK_DEBUG", False)
SITE_ADDRESS = env.text("TUNEDECK_ADDRESS", f"http://{HOST}:{PORT}").rstrip("/")
HTTPS = SITE_ADDRESS.startswith("https://")
ALLOWED_HOSTS = env.items("TUNEDECK_ALLOWED_HOSTS", f"127.0.0.1,localhost,[::1],{HOST}")
CSRF_TRUSTED_ORIGINS = [SITE_ADDRESS]

INSTALLED_APPS = [
    "config",
    "forgetting",
    "handover",
    "playground",
    "evaluations",
    "finetunes",
    "datasets",
    "notifications",
    "connections",
    "teams",
    "work",
    "trainer",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "config.tracing.traced",
    "config.middleware.shielded",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "teams.sessions.SignedIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.vary_on_htmx",
    "config.middleware.speak_htmx",
    "config.middleware.understood",
    "config.away.DatabaseAway",
    "config.bounds.bounded",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "template_partials.templatetags.partials",
                "teams.templatetags.looks",
                "teams.templatetags.constants",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "notifications.context.bell",
            ],
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL", DATA / "tunedeck.sqlite3")}
# How many pages one web process makes at a time; more of them only take the processor from each other.
WEB_AT_ONCE = env.number("TUNEDECK_WEB_AT_ONCE", 3, least=1, most=64)
# How many connections to PostgreSQL one web process shares among its threads; 0 opens one for each request.
DATABASE_POOL = env.number("TUNEDECK_DATABASE_POOL", 8, most=1000)
# Whether PostgreSQL remembers, for these, how to answer what is asked again and again.
DATABASE_PREPARE = env.flag("TUNEDECK_DATABASE_PREPARE", True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if env.text("EMAIL_HOST")
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("TUNEDECK_FROM_EMAIL", "tunedeck@localhost")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
LOCALE_PATHS = [ROOT / "locale"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
# An image has the pages' files collected when it is built; elsewhere every start collects them into the data folder.
STATIC_BUILT = env.text("TUNEDECK_STATIC")
STATIC_ROOT = Path(STATIC_BUILT) if STATIC_BUILT else DATA / "static"
MEDIA_ROOT = DATA / "files"
STORAGES = storage.storages(DATA)
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS, DATA_UPLOAD_MAX_NUMBER_FILES = 1000, 4
FILE_UPLOAD_TEMP_DIR = str(DATA)
# So long the playground's history keeps a question; 0 is for good.
HISTORY_DAYS = env.number("TUNEDECK_HISTORY_DAYS", 90, most=36_500)
# No organization may keep longer what it need not keep; 0 leaves it to its owners.
RETENTION_MAX_DAYS = env.number("TUNEDECK_RETENTION_MAX_DAYS", 0, most=36_500)
# So long an archive of an organization can be downloaded.
EXPORT_DAYS = env.number("TUNEDECK_EXPORT_DAYS", 3, least=1, most=365)
UPLOAD_MAX_BYTES = env.number("TUNEDECK_UPLOAD_MAX_MB", 1024, least=1) * 2**20
# A sheet to evaluate with is looked into while its sender waits.
EVALUATION_MAX_BYTES = env.number("TUNEDECK_EVALUATION_MAX_MB", 64, least=1) * 2**20

# How many proxies of ours a request passes: what came from before them is not believed.
PROXIES = 0
if env.flag("TUNEDECK_BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    PROXIES = env.number("TUNEDECK_PROXIES", 1, least=1, most=10)

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "files://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "dashboard"
CELERY_TASK_ROUTES = {"trainer.tasks.train": {"queue": "training"}}
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CONSUMER = "config.reconnect:Consumer"
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_TRANSPORT_OPTIONS = env.transport(CELERY_BROKER_URL, DATA)
# A message is only a ring: one that cannot be sent at once is left to the next ring.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.0, "interval_step": 0.2, "interval_max": 0.2}
# A ring that nobody heard within two seconds is stale: the next one says the same.
CELERY_BEAT_SCHEDULE = {
    f"{app}.ring": {"task": f"{app}.tasks.ring", "schedule": 1.0, "options": {"expires": 2.0}}
    for app in ("datasets", "evaluations", "finetunes", "handover", "notifications", "playground", "trainer")
} | {
    name: {"task": task, "schedule": 600.0, "options": {"expires": 600.0}}
    for name, task in (
        ("finetunes.remind", "finetunes.tasks.remind"),
        ("forgetting.ring", "forgetting.tasks.ring"),
        ("teams.audit", "teams.tasks.keep_audit"),
    )
}
CELERY_BEAT_SCHEDULER = "config.clock:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA / "beat")

# Who reads /metrics must show this; without it there is no such page.
METRICS_TOKEN = env.text("TUNEDECK_METRICS_TOKEN")
METRICS_PROCESS = "web"
_passwords = (EMAIL_HOST_PASSWORD, str(DATABASES["default"].get("PASSWORD", "")), urlsplit(CELERY_BROKER_URL).password or "")
LOGGING = logs.configuration((SECRET_KEY, TRAINER_KEY, METRICS_TOKEN, OWNER_PASSWORD, *FIELD_KEYS, *_passwords))
