"""System checks for traps that only show when it is too late."""

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.contrib.gis.gdal import gdal_version
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from core.basemaps import mistakes

GDAL_FLOOR = (3, 9)


@register()
def check_gdal_version(**kwargs: Any) -> list[CheckMessage]:
    """GDAL before 3.9 lets hostile input make network calls (Django's gis.W001 as an error)."""
    raw = gdal_version()
    version = raw.decode() if isinstance(raw, bytes) else str(raw)
    if tuple(int(part) for part in version.split(".")[:2]) < GDAL_FLOOR:
        return [Error(f"GDAL {version} is too old; 3.9 or newer comes with the pyogrio wheel", id="core.E002")]
    return []


@register()
def check_database_driver(**kwargs: Any) -> list[CheckMessage]:
    """With psycopg 3 installed Django silently prefers it, and COPY and memoryview handling differ."""
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    if is_psycopg3 or find_spec("psycopg") is not None:
        return [Error("psycopg 3 is installed; this service runs on psycopg2 only", id="core.E003")]
    return []


@register()
def check_basemaps(**kwargs: Any) -> list[CheckMessage]:
    """A slip in the setting would stop every page's map, or let a host into the policy that nobody meant."""
    return [
        Error(f"MAP_EXTERNAL_BASEMAPS: {wrong}", id="core.E004") for wrong in mistakes(settings.MAP_EXTERNAL_BASEMAPS)
    ]


@register()
def check_fence(**kwargs: Any) -> list[CheckMessage]:
    """Files of strangers are read in a process that cannot reach the network: one wall of three must stand."""
    from geofiles.confined import network_walls

    if network_walls():
        return []
    return [
        Warning(
            "processes that read uploaded files are not cut off from the network",
            hint="install bubblewrap, or run on Linux where seccomp filters or user namespaces are allowed",
            id="core.W005",
        )
    ]


@register(Tags.security, deploy=True)
def check_second_factor(**kwargs: Any) -> list[CheckMessage]:
    """Outside a demonstration, officers and staff sign in with a second factor."""
    if settings.OFFICERS_NEED_MFA or settings.DEMO:
        return []
    return [Warning("OFFICERS_NEED_MFA is off: officers may act with a password alone", id="core.W004")]
