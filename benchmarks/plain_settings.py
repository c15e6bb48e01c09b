"""Settings of the peer "drf-gis": the same Django, database and models, without anything of ours around the view."""

from geoapp.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.plain_urls"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
# No sign-in (it wants its middleware) and no administration (it imports the sign-in's).
_LEFT_OUT = ("allauth", "django.contrib.admin")
INSTALLED_APPS = [name for name in INSTALLED_APPS if not name.startswith(_LEFT_OUT)]  # noqa: F405
# A deep page counts a million rows off; the application role's 5 s would end it on a busy machine.
DATABASES["default"]["OPTIONS"] = {"options": "-c statement_timeout=120000"}  # noqa: F405
