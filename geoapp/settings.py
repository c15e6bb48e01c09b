"""All settings, by environment; every name that a deployment may set is listed in docs/operations.md.

The environment comes from the process, else from the file that `ops/` writes (`var/env`).
"""

import os
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from geoapp import libraries
from geoapp.origins import embed_origins

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
_env_file = Path(os.environ.get("VUNGTRONG_ENV", BASE_DIR / "var" / "env"))
if _env_file.is_file():
    env.read_env(_env_file)

libraries.point_at_wheel_data()
GDAL_LIBRARY_PATH = libraries.gdal_library_path()
GEOS_LIBRARY_PATH = libraries.geos_library_path()

# --- Where the service stands -------------------------------------------------------------------------------
STATE_DIR = Path(env("STATE_DIR", default=str(BASE_DIR / "var")))
PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
IS_HTTPS = PUBLIC_URL.startswith("https://")
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)  # shows the DEMO banner; set only where demo data was put in
SECRET_KEY = env("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
PERSONAL_DATA_KEYS_FILE = env("PERSONAL_DATA_KEYS_FILE", default="")  # see core/keyfile.py
PERSONAL_DATA_KEYS = env.list("PERSONAL_DATA_KEYS", default=[])  # of older installations: Fernet keys, newest first
SEAL_KEYS = env.list("SEAL_KEYS", default=[])  # of QR codes, newest first (codes/certificates/seal.py)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
PROVINCE_CODE = env("PROVINCE_CODE", default="82")  # the province this installation serves; decides the first map view

# --- Database -----------------------------------------------------------------------------------------------
# Two roles: the app role may read and write rows, the owner role may change tables (migrations only).
_database_url = "DATABASE_OWNER_URL" if env("DATABASE_ROLE", default="app") == "owner" else "DATABASE_URL"
DATABASES = {
    "default": env.db_url(_database_url, default=env("DATABASE_URL", default="postgis:///vungtrong"))
    | {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        # Through PgBouncer in transaction mode a cursor on the server would outlive its connection.
        "DISABLE_SERVER_SIDE_CURSORS": env.bool("DATABASE_POOLED", default=False),
        "TEST": {
            "NAME": env("TEST_DB_NAME", default="test_vungtrong"),
            "TEMPLATE": env("TEST_DB_TEMPLATE", default="template_vungtrong"),
        },
    }
}
# A copy that follows by streaming replication (core/replicas.py); without a user in its address, ours is taken, so that
# web and worker keep their own limits there.
if _replica_url := env("DATABASE_REPLICA_URL", default=""):
    _replica = env.db_url_config(_replica_url)
    _as_whom = _replica if _replica.get("USER") else DATABASES["default"]
    DATABASES["replica"] = {
        **DATABASES["default"],
        **{name: _replica.get(name, "") for name in ("NAME", "HOST", "PORT")},
        **{name: _as_whom[name] for name in ("USER", "PASSWORD")},
        "OPTIONS": {**DATABASES["default"].get("OPTIONS", {}), **_replica.get("OPTIONS", {}), "connect_timeout": 2},
        "TEST": {"MIRROR": "default"},
    }
DATABASE_ROUTERS = ["core.replicas.ReplicaRouter"]
REPLICA_MAX_LAG_SECONDS = env.int("REPLICA_MAX_LAG_SECONDS", default=10)
# What may be some seconds old. Never: who somebody is, what they may do, jobs and what was just asked for.
REPLICA_APPS = {
    "places", "crops", "landuse", "people", "cooperatives", "farms", "codes", "casework", "products", "maps",
}  # fmt: skip
REPLICA_NEVER = {"cooperatives.Membership"}
REPLICA_PATHS = ("/tiles/", "/maps/", "/ogc/", "/data/", "/api/v1/analysis/", "/embed/")
DATABASE_APP_ROLE = env.db_url("DATABASE_URL", default="postgis:///vungtrong")["USER"]  # see grant_app_role
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Apps, in the order of the one-way graph (left imports right) --------------------------------------------
INSTALLED_APPS = [
    "demo",
    "exchange",
    "maps",
    "products",
    "casework",
    "codes",
    "farms",
    "cooperatives",
    "landuse",
    "crops",
    "people",
    "office",
    "accounts",
    "places",
    "core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "geoapp.apps.StaticFilesConfig",
    "django.contrib.postgres",
    "django.contrib.gis",
    "django.forms",  # its widget templates, for the renderer that also finds ours
    "pgtrigger",
    "pghistory",
    "django_tasks",
    "django_tasks_db",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "rest_framework.authtoken",
    "rest_framework_gis",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "core.middleware.RequestIdMiddleware",
    "core.middleware.PageGZipMiddleware",
    "core.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.kept.KeptUserMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.PrivateByDefaultMiddleware",
    "office.middleware.OfflineCopyMiddleware",
    "core.middleware.HistoryContextMiddleware",
    "core.replica_middleware.ReplicaMiddleware",
]
ROOT_URLCONF = "geoapp.urls"
WSGI_APPLICATION = "geoapp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "core.context.site",
                "geoapp.navigation.navigation",
            ],
        },
    }
]

FORM_RENDERER = "core.forms.FormRenderer"

# --- Sign-in ------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_PREVENT_ENUMERATION = True
# Wrong passwords: few for one user from one address, more for one address, behind which a whole office may sit (F1).
ACCOUNT_RATE_LIMITS = {"login_failed": "60/m/ip,5/5m/key", "signup": "20/h/ip"}
# Whether people may make an account themselves; without one nobody can register a cooperative or accept an invitation.
SIGNUP_OPEN = env.bool("SIGNUP_OPEN", default=True)
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.NameForm"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# Who holds a post, and staff, must have a second factor; a demonstration is exempt. Only tests switch it off
# (core.W004).
OFFICERS_NEED_MFA = env.bool("OFFICERS_NEED_MFA", default=not DEMO)
# A session older than this (seconds) gives its password again before it issues or revokes a code.
ACCOUNT_REAUTHENTICATION_TIMEOUT = env.int("REAUTHENTICATION_SECONDS", default=900)

# --- Cookies and headers ------------------------------------------------------------------------------------
_prefix = "__Host-" if IS_HTTPS else ""  # browsers accept the prefix only together with Secure
SESSION_COOKIE_NAME = f"{_prefix}sid"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = f"{_prefix}csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.views.csrf_failure"
LANGUAGE_COOKIE_NAME = f"{_prefix}lang"
LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 86400
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 86400 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_SSL_REDIRECT = IS_HTTPS
X_FRAME_OPTIONS = "DENY"
EMBED_ORIGINS = embed_origins(env.list("EMBED_ORIGINS", default=[]))  # who may frame /embed/; nobody unless named
if IS_HTTPS:  # only then is there a proxy of ours in front
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Limits (gunicorn's own lie above these, so that the app answers with a problem document) ----------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
UPLOAD_MAX_BYTES = 50 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
API_MAX_BODY_BYTES = 10 * 1024 * 1024
API_MAX_QUERY_LENGTH = 4_000

# --- Row history: who and where from, for requests that write; reads stay free of it (and of the session) ------
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
ACTING_FOR = "cooperatives.services.helped_cooperatives"  # (user) -> ids of the holders for whom the user is a helper

# --- Languages and time -------------------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Tiếng Việt")), ("en", _("Tiếng Anh"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
FORMAT_MODULE_PATH = ["geoapp.formats"]

# --- Static files: our own under static/, libraries from node_modules by an allow-list ----------------------
STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "core.staticfiles.NpmFinder",
]
NODE_MODULES = Path(env("NODE_MODULES", default=str(BASE_DIR / "node_modules")))
NPM_STATIC = {
    "maplibre-gl": ["dist/maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs", "dist/maplibre-gl.css"],
    "leaflet": ["dist/leaflet.js", "dist/leaflet.js.map", "dist/leaflet.css", "dist/images/*.png"],
    "terra-draw": ["dist/terra-draw.module.js", "dist/terra-draw.module.js.map"],
    "terra-draw-maplibre-gl-adapter": [
        "dist/terra-draw-maplibre-gl-adapter.module.js",
        "dist/terra-draw-maplibre-gl-adapter.module.js.map",
    ],
    # Loaded only where a PMTiles basemap is configured (core/basemaps.py).
    "pmtiles": ["dist/esm/index.js", "dist/esm/index.js.map"],
    "fflate": ["esm/browser.js"],
    "@picocss/pico": ["css/pico.min.css"],
    "@fontsource/be-vietnam-pro": [
        "files/be-vietnam-pro-latin-400-normal.woff2",
        "files/be-vietnam-pro-latin-ext-400-normal.woff2",
        "files/be-vietnam-pro-vietnamese-400-normal.woff2",
    ],
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "core.staticfiles.ManifestStorage"},
}
MEDIA_ROOT = STATE_DIR / "files"  # never served by address: views hand files out after asking for the right
WHITENOISE_USE_FINDERS = False

# --- Background work and cache ------------------------------------------------------------------------------
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
CACHES = {
    "default": {  # shared by all processes: rate limits count in it
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
# EMAIL_URL becomes EMAIL_BACKEND, EMAIL_HOST and so on; without one, mail is written to files.
_mail = env.email_url("EMAIL_URL", default="filemail://")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = STATE_DIR / "mail"
EMAIL_HOST = _mail["EMAIL_HOST"] or "localhost"
EMAIL_PORT = _mail["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20  # seconds; the worker does other things too
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="vung-trong@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
DATA_CONTACT_EMAIL = env("DATA_CONTACT_EMAIL", default="")  # answers questions about the open data; in the catalogue
# channel=dotted path of a class with send(address, subject, text) (office/senders.py); without one: no such channel.
MESSAGE_SENDERS = env.dict(
    "MESSAGE_SENDERS", default={"sms": "office.senders.FileSender", "zalo": "office.senders.FileSender"}
)
MESSAGES_DIR = STATE_DIR / "messages"  # where FileSender writes

# --- API ----------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.api.authentication.TokenAuthentication",
        "core.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],  # public views say so themselves
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.problems.exception_handler",
    "COERCE_DECIMAL_TO_STRING": False,  # numbers, as PostgreSQL writes them
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Vùng Trồng",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        "EnquiryStatusEnum": "products.models.EnquiryStatus",
        "JobStatusEnum": "office.models.JobStatus",
    },
}
ENQUIRY_CODES_PER_ADDRESS = env.int("ENQUIRY_CODES_PER_ADDRESS", default=100)  # one-time codes in 24 hours
EXPORT_STREAMS = env.int("EXPORT_STREAMS", default=2)  # files sent at once as they are written; more are jobs
THROTTLE_RATES = {  # per minute; counted per user, else per address
    "verify": env.int("THROTTLE_VERIFY", default=30),
    "verify_file": env.int("THROTTLE_VERIFY_FILE", default=10),
    "enquiry": env.int("THROTTLE_ENQUIRY", default=5),
    "enquiry_code": env.int("THROTTLE_ENQUIRY_CODE", default=20),
    "opinion": env.int("THROTTLE_OPINION", default=30),
    "join": env.int("THROTTLE_JOIN", default=10),
    "directory": env.int("THROTTLE_DIRECTORY", default=60),
    "invite": env.int("THROTTLE_INVITE", default=20),
    "tiles": env.int("THROTTLE_TILES", default=3_000),
    "takeaway": env.int("THROTTLE_TAKEAWAY", default=10),
    "ogc": env.int("THROTTLE_OGC", default=1_500),  # QGIS and GDAL walk a whole layer in pages
    "api": env.int("THROTTLE_API", default=600),
    "guess": env.int("THROTTLE_GUESS", default=60),  # wrong access tokens of an address, as wrong passwords (F1)
}

# Whether buyers may post what they look for; off: it comes near an intermediary platform in law (docs/domain.md §6.4).
DEMAND_POSTS = env.bool("DEMAND_POSTS", default=False)

# --- Rules of the house: tolerances with their sources in docs/domain.md -------------------------------------
COUNTRY_BOX = (102.0, 6.5, 118.0, 23.6)  # west, south, east, north in EPSG:4326; wide enough for both archipelagos
PLOT_MAX_VERTICES = 5_000
OVERLAP_MIN_M2 = 50
OVERLAP_MIN_SHARE = 0.01
IMPORT_MAX_FEATURES = env.int("IMPORT_MAX_FEATURES", default=50_000)  # by page and API; the command has its own
IMPORT_FILES_A_DAY = env.int("IMPORT_FILES_A_DAY", default=100)  # of one user
IMPORT_BYTES_A_DAY = env.int("IMPORT_BYTES_A_DAY", default=1024**3)
CAPTURE_MAX_ERROR_M = 15  # mean GPS error of a walked boundary

# --- Files taken out, and snapshots of public layers (exchange/services) --------------------------------------
EXPORT_KEEP_DAYS = env.int("EXPORT_KEEP_DAYS", default=7)
SNAPSHOT_DIR = Path(env("SNAPSHOT_DIR", default=str(MEDIA_ROOT / "snapshots")))
SNAPSHOT_KEEP_DAYS = env.int("SNAPSHOT_KEEP_DAYS", default=30)

# --- Shops: whether a job asks listed pages once a week if they still open; off, since it calls out of the house ---
LISTING_CHECK = env.bool("LISTING_CHECK", default=False)

# --- Maps ----------------------------------------------------------------------------------------------------
MAP_BOUNDS = tuple(env.list("MAP_BOUNDS", cast=float, default=[104.9, 9.9, 106.9, 10.98]))  # first view, EPSG:4326
MAP_EXTERNAL_BASEMAPS = env.json("MAP_EXTERNAL_BASEMAPS", default=[])  # see docs/frontend.md; none unless named
MAP_ATTRIBUTION = env("MAP_ATTRIBUTION", default="")  # text in the corner of every map
TILE_SLOTS = env.int("TILE_SLOTS", default=3)  # tiles that one process makes at a time; more wait, then get 503
TILE_CACHE_MB = env.int("TILE_CACHE_MB", default=32)  # memory of one process for tiles that are the same for all

# --- Which receiver hears what, who may do what: written out in geoapp/wiring.py ------------------------------
CHANGE_RECEIVERS = "geoapp.wiring.RECEIVERS"
ROLE_GRANTS = "geoapp.wiring.ROLE_GRANTS"
JOB_HANDLERS = "geoapp.wiring.JOB_HANDLERS"
TICKS = "geoapp.wiring.TICKS"
JOB_REPORTS = "geoapp.wiring.JOB_REPORTS"
ENCRYPTED_FIELDS = "geoapp.wiring.ENCRYPTED_FIELDS"
REFERENCE_LOADERS = "geoapp.wiring.REFERENCE_LOADERS"
OUTBOX_RECEIVERS = "geoapp.wiring.OUTBOX_RECEIVERS"
OFFLINE_PAGES = "geoapp.wiring.OFFLINE_PAGES"
# Public pages that the browser of a visitor (never of a signed-in user) keeps as last seen (office/middleware.py).
OFFLINE_VIEWS = ("home", "maps:seasons", "maps:land-use", "maps:code-map", "products:producer")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"hide_tokens": {"()": "core.logs.HideTokens"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["hide_tokens"]}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
}

SILENCED_SYSTEM_CHECKS: list[str] = []
