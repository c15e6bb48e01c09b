"""Finds the GDAL, GEOS and PROJ that the pyogrio and shapely wheels bring.

Debian 12's GDAL 3.6 makes network calls for hostile input (see docs/adr/0003); the wheels' GDAL is newer than
the 3.9 that Django asks for. Nothing is imported here: the wheels' folders are found by name only.
"""

import os
from importlib.util import find_spec
from pathlib import Path


class LibraryMissing(RuntimeError):
    """A wheel that should bring a native library is not installed or has another layout."""


def _package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise LibraryMissing(f"the Python package {name} is not installed; run: make setup")
    return Path(spec.origin).parent


def _one(folder: Path, pattern: str) -> str:
    found = sorted(folder.glob(pattern))
    if not found:
        raise LibraryMissing(f"no {pattern} in {folder}; reinstall the Python packages: make setup")
    return str(found[-1])


def gdal_library_path() -> str:
    """Path of libgdal inside the pyogrio wheel."""
    return _one(_package_folder("pyogrio").parent / "pyogrio.libs", "libgdal*.so*")


def geos_library_path() -> str:
    """Path of libgeos_c inside the shapely wheel."""
    return _one(_package_folder("shapely").parent / "shapely.libs", "libgeos_c*.so*")


def point_at_wheel_data() -> None:
    """Set PROJ_DATA and GDAL_DATA to the files that match the wheel's libraries; keep both off the network."""
    pyogrio = _package_folder("pyogrio")
    os.environ["GDAL_DATA"] = str(pyogrio / "gdal_data")
    os.environ["PROJ_DATA"] = str(pyogrio / "proj_data")
    os.environ["PROJ_NETWORK"] = "OFF"
    os.environ["CPL_VSIL_CURL_ALLOWED_EXTENSIONS"] = ".none"
