"""Django's own apps where their defaults do not suit the house."""

from django.contrib.staticfiles import apps


class StaticFilesConfig(apps.StaticFilesConfig):
    """Leaves out htmx's extensions: no page uses them, and a comment in one reads like an import of a missing file."""

    ignore_patterns = [*apps.StaticFilesConfig.ignore_patterns, "django_htmx/ext/*"]
