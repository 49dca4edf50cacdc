"""All settings, from the environment only. Secrets may also come from files: SECRET_KEY_FILE names one for SECRET_KEY."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from environs import Env

from network.services import addresses

django_stubs_ext.monkeypatch()
BASE_DIR = Path(__file__).resolve().parent.parent
env = Env(expand_vars=False)


def secret(name: str, default: str) -> str:
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else str(env.str(name, default))


DEBUG = env.bool("DEBUG", False)
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
INSECURE_KEY = "insecure-key-of-a-machine-that-only-serves-itself"
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
TRACKING_URL = env.str("TRACKING_URL", "http://127.0.0.1:8001").rstrip("/")
LOCAL = urlsplit(SITE_URL).hostname in {"127.0.0.1", "localhost"}
SECRET_KEY = secret("SECRET_KEY", INSECURE_KEY if LOCAL else "")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
CLICK_KEYS = secret("CLICK_KEYS", "")  # "2:newsecret,1:oldsecret"; the first signs, all verify; empty: from SECRET_KEY
CUSTOMER_KEY = secret("CUSTOMER_KEY", "")  # what customers are told apart by; empty: from the oldest SECRET_KEY
REQUIRE_STAFF_MFA = env.bool("REQUIRE_STAFF_MFA", not LOCAL)
GEOIP_PATH = env.str("GEOIP_PATH", "")
DATACENTRE_PATH = env.str("DATACENTRE_PATH", "")  # one CIDR per line, "!" before those that are allowed all the same
HIDDEN_PATH = env.str("HIDDEN_PATH", "")  # as DATACENTRE_PATH: addresses of VPNs, proxies and Tor
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", [])
STREAM = env.str("STREAM", "events")
STREAM_SHARDS = max(1, env.int("STREAM_SHARDS", 2))  # so many ingest processes work side by side; the edge's, too
ALLOW_PRIVATE_DESTINATIONS = False  # outgoing postbacks go to public addresses only; tests have their receivers here
OUTGOING_PORTS: list[int] = env.list("OUTGOING_PORTS", [80, 443], subcast=int)
# "host:port" that may be called although the address is private or the port another one; here: the demo's receiver
PRIVATE_DESTINATIONS: list[str] = env.list("PRIVATE_DESTINATIONS", [urlsplit(TRACKING_URL).netloc] if LOCAL else [])
SPOOL_DIR = Path(env.str("SPOOL_DIR", str(VAR_DIR / "spool")))

database_url, redis_url = addresses(VAR_DIR)
DATABASE_URL = secret("DATABASE_URL", database_url)
REDIS_URL = secret("REDIS_URL", redis_url)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [urlsplit(SITE_URL).hostname or "localhost", "localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
USE_X_FORWARDED_HOST = False
SECURE = SITE_URL.startswith("https://")
if SECURE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SILENCED_SYSTEM_CHECKS = ["security.W021"]  # the browsers' preload list is the operator's own decision
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:", TRACKING_URL],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [TRACKING_URL],  # banner tags, shown as they will look
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}

INSTALLED_APPS = [
    "network",
    "advertisers",
    "publishers",
    "tracking",
    "payouts",
    "reporting",
    "network.apps.SupportAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "ninja",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "network.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "network.middleware.ActingOrganization",
    "network.middleware.DomainErrors",
    "network.middleware.NulCharacters",
]
ROOT_URLCONF = "network.urls"
WSGI_APPLICATION = "network.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "network.context.shell",
            ],
            "builtins": ["network.templatetags.format", "django.templatetags.i18n"],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

DATABASES: dict[str, Any] = {
    # A connection is tried before it is used, so that a restart of the database fails no request after it.
    "default": {
        **dj_database_url.parse(DATABASE_URL, conn_max_age=0, conn_health_checks=True),
        "ATOMIC_REQUESTS": False,
    }
}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),  # what the address itself says, such as sslmode
    # The pool doubles its pause after each failed attempt, up to minutes: it shall give up early, and begin anew with
    # the next request, so that the product is back a few seconds after its database.
    "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", 8), "timeout": 10, "reconnect_timeout": 5},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES: dict[str, Any] = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600

AUTH_USER_MODEL = "network.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "network.passwords.Length", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "reporting:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "network:front"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_ADAPTER = "network.accounts.Adapter"
ACCOUNT_FORMS = {"signup": "network.accounts.SignupForm"}
MFA_FORMS = {
    "authenticate": "network.code_forms.Authenticate",
    "reauthenticate": "network.code_forms.Reauthenticate",
    "activate_totp": "network.code_forms.ActivateTotp",
}
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {
    "login": "100/h/ip",
    "login_failed": "100/h/ip,5/15m/key",
    "signup": "20/h/ip",
    "reset_password": "20/h/ip,5/15m/key",
    "reset_password_from_key": "20/h/ip",
    "reauthenticate": "5/15m/user",
    "change_password": "5/15m/user",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Peyvand"

EMAIL_URL = secret("EMAIL_URL", "")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Peyvand <no-reply@peyvand.example>")
MAILERS: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": str(VAR_DIR / "mail")},
    }
}
if EMAIL_URL:
    parts = urlsplit(EMAIL_URL)
    MAILERS["default"] = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or 587,
            "username": parts.username or "",
            "password": parts.password or "",
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
        },
    }

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fa", _("Persian"))]
LOCALE_PATHS = [BASE_DIR / "locale" / app for app in INSTALLED_APPS[:6]]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "payouts.tasks.send_postbacks": {"queue": "postbacks"},
    "payouts.tasks.*": {"queue": "money"},
    "tracking.tasks.work_on_files": {"queue": "files"},
    "network.tasks.send_mail": {"queue": "mail"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True  # they are delivered again anyway

DJANGO_STRUCTLOG_CELERY_ENABLED = False
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOG_FORMAT = env.str("LOG_FORMAT", "text" if LOCAL else "json")
LOGGING_CONFIG = "network.logs.configure"
LOGGING = {"level": LOG_LEVEL, "format": LOG_FORMAT}
FORMS_URLFIELD_ASSUME_HTTPS = True
