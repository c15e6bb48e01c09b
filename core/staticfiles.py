"""Static files: our own, and libraries from node_modules by an allow-list at /static/vendor/<package>/."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

PREFIX = "vendor"


class NpmFinder(BaseFinder):
    """Serves the files that `settings.NPM_STATIC` names, out of `settings.NODE_MODULES`."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        root = Path(settings.NODE_MODULES)
        self.storage = FileSystemStorage(location=str(root))
        self.storage.prefix = PREFIX  # type: ignore[attr-defined]
        self.files = {
            path.relative_to(root).as_posix(): path
            for package, patterns in settings.NPM_STATIC.items()
            for pattern in patterns
            for path in sorted((root / package).glob(pattern))
        }

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return [
            Error(f"front-end package {name} is not installed; run: make setup", id="core.E001")
            for name in settings.NPM_STATIC
            if not (Path(settings.NODE_MODULES) / name).is_dir()
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        hit = self.files.get(path.removeprefix(f"{PREFIX}/")) if path.startswith(f"{PREFIX}/") else None
        if find_all or kwargs.get("all"):
            return [str(hit)] if hit else []
        return str(hit) if hit else None

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        return ((relative, self.storage) for relative in self.files)


class ManifestStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed names; imports between our own ES modules are rewritten too (biome keeps the semicolons)."""

    support_js_module_import_aggregation = True
