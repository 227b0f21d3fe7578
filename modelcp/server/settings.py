"""The server's settings, each read from the environment; what is wrong there fails loudly at start.

Every variable may also be given as a file: `MODELCP_SECRET_KEY_FILE=/run/secrets/key`.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import environs
from django.core.exceptions import ImproperlyConfigured

from modelcp.home import home, secret
from modelcp.server.databases import database
from registry.rules.addresses import parse_allowed
from registry.rules.errors import Refusal

env = environs.FileAwareEnv()

HOME = home()
DEBUG = env.bool("MODELCP_DEBUG", False)
SECRET_KEY = env.str("MODELCP_SECRET_KEY", None) or secret("secret_key")
LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"]  # this machine's own, which embedded mode also uses
ALLOWED_HOSTS = [*LOCAL_NAMES, *env.list("MODELCP_ALLOWED_HOSTS", ["testserver"])]
CSRF_TRUSTED_ORIGINS: list[str] = env.list("MODELCP_TRUSTED_ORIGINS", [])
HTTPS = env.bool("MODELCP_HTTPS", False)  # behind a proxy that speaks TLS

DATABASES = {
    "default": database(env.str("MODELCP_DATABASE_URL", None) or f"sqlite:///{HOME / 'modelcp.sqlite3'}")
}
STATEMENT_TIMEOUT = env.float("MODELCP_STATEMENT_TIMEOUT", 30.0)  # seconds, of what serves from PostgreSQL
if not (STATEMENT_TIMEOUT == 0 or 0.001 <= STATEMENT_TIMEOUT <= 86_400):
    raise ImproperlyConfigured("MODELCP_STATEMENT_TIMEOUT takes seconds, at most 86400; 0 for no limit")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where the artifacts' bytes are that came over HTTP or from an embedded run.
ARTIFACT_DIR = Path(env.str("MODELCP_ARTIFACT_DIR", None) or HOME / "artifacts")
MAX_UPLOAD_BYTES = env.int("MODELCP_MAX_UPLOAD_BYTES", 0)  # 0: no limit
METRICS_PUBLIC = env.bool("MODELCP_METRICS_PUBLIC", False)

# Webhooks wait in the database, each in a queue of its own. They go to public addresses, and to these.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
try:
    WEBHOOK_ALLOW = parse_allowed(env.list("MODELCP_WEBHOOK_ALLOW", []))
except Refusal as refusal:
    raise ImproperlyConfigured(
        "MODELCP_WEBHOOK_ALLOW takes networks such as 10.0.0.0/8, addresses and names of hosts, by commas"
    ) from refusal

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_tasks",
    "django_tasks_db",
    "registry",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "registry.pages.middleware.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "registry.pages.middleware.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

# What a program's request passes, which has a token and neither cookies nor forms.
PROGRAM_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "registry.pages.middleware.PolicyMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "modelcp.server.urls"
WSGI_APPLICATION = "modelcp.server.wsgi.application"

# In a checkout the templates and static files stand at the top; in a wheel inside the app.
_PACKAGE = Path(__file__).resolve().parents[2] / "registry"
_TOP = _PACKAGE if (_PACKAGE / "templates").is_dir() else _PACKAGE.parent
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_TOP / "templates"],
        "APP_DIRS": _TOP is not _PACKAGE,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "registry.pages.context.shell",
            ],
        },
    }
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [_TOP / "static"]
STATIC_ROOT = Path(env.str("MODELCP_STATIC_ROOT", None) or HOME / "static")
with suppress(OSError):  # whitenoise warns of a missing folder, also in a training that serves nothing
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
# One year for files whose name carries their digest; collected by `modelcp up` into the home.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": env.str("MODELCP_STATIC_STORAGE", "django.contrib.staticfiles.storage.StaticFilesStorage")
    },
}
WHITENOISE_USE_FINDERS = not env.str("MODELCP_STATIC_STORAGE", "")  # else they were collected
WHITENOISE_AUTOREFRESH = DEBUG

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "registry.pages.access.Sessions"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_CALLABLE = "registry.pages.access.locked_out"

LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "overview"

SESSION_COOKIE_NAME = "modelcp_session"
SESSION_COOKIE_SECURE = HTTPS
CSRF_USE_SESSIONS = True  # no second cookie, none that a script can read, none set anew by every page
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_FAILURE_VIEW = "registry.pages.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024  # a JSON body; contents are streamed past this
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
APPEND_SLASH = True

USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["registry.api.auth.Access"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "registry.api.codec.Negotiation",
    "DEFAULT_RENDERER_CLASSES": ["registry.api.codec.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["registry.api.codec.OrjsonParser"],
    "EXCEPTION_HANDLER": "registry.api.errors.handle",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "modelcp",
    "DESCRIPTION": "The model control plane's API.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"axes": {"level": "ERROR"}, "django.request": {"level": "ERROR"}},
}
SILENCED_SYSTEM_CHECKS = ["axes.W006"]
