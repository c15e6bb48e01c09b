"""Files of the exchange for the canary: exports that a visitor ordered and snapshots, made for real, then read."""

from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict

from exchange.catalogue import CATALOGUE, entry
from exchange.models import ExportFormat
from exchange.selection import Selection
from exchange.services.exports import Shape, order_export
from exchange.services.snapshots import make_snapshot
from office.services import run_job

NAMES = ("products", "offers", "areas", "codes", "cooperatives", "products-by-commune")
DAY = date(2026, 11, 1)


def make_files():
    """Make, for layers that come near persons, a snapshot as GeoJSON and a visitor's GeoPackage; return the exports."""
    made = []
    for name in NAMES:
        make_snapshot(entry(name), ExportFormat.GEOJSON, DAY)
        selection = Selection.read(entry(name), AnonymousUser(), QueryDict())
        export = order_export(selection, Shape(ExportFormat.GPKG), by=AnonymousUser())
        assert run_job(export.job_id).status == "done"
        made.append(export)
    return made


def paths(exports):
    """Return addresses by route."""
    names = [found.layer.name for found in CATALOGUE]
    return {
        **{
            f"data/exports/<uuid:pk>/{word}": [f"data/exports/{export.pk}/{word}" for export in exports]
            for word in ("", "file", "cancel/")
        },
        "api/v1/exports/<uuid:pk>/": [f"api/v1/exports/{export.pk}/" for export in exports],
        **{
            f"data/<slug:name>/{word}": [f"data/{name}/{word}" for name in names]
            for word in ("export/", "snapshots/", "SHA256SUMS")
        },
        "data/<slug:name>/latest.<slug:suffix>": [f"data/{name}/latest.geojson" for name in names],
        "data/^(?P<name>[a-z-]{1,40})/(?P<day>\\d{4}-\\d{2}-\\d{2})\\.(?P<suffix>[a-z]{1,10})$": [
            f"data/{name}/{DAY}.geojson" for name in names
        ],
    }
