"""Tests need no collected static files: the folder is an empty one, and names stay unhashed."""

import pytest
from django.conf import settings


@pytest.fixture(scope="session", autouse=True)
def static_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Serve from an empty folder; a fresh clone has no `var/static` yet."""
    settings.STATIC_ROOT = tmp_path_factory.mktemp("static")
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
