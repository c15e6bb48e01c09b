"""Bulk update by the API: many stored plots changed by one GeoJSON FeatureCollection, all of them or none."""

import json
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative
from core.errors import BadInput, Finding, RuleViolated
from core.permissions import require
from farms.import_sql import PLOT_ID
from farms.models import ImportKind, ImportStatus, PlotImport, RowAction, Verdict
from farms.permissions import can_add_plot, can_commit_import
from farms.services.imports.reading import Abandoned, read_file
from farms.services.imports.starting import UPDATE, refuse_above_quota
from farms.services.imports.storing import store_rows
from farms.services.imports.timing import Steps
from geofiles import sandbox
from office.models import Job
from office.services import start_job, store_upload

# member of `properties` in the API -> field of farms.imports.FIELDS
PROPERTIES = {
    "crop": "crop",
    "variety": "variety",
    "grower": "grower",
    "declared_area_ha": "declared_area",
    "planted_year": "planted_year",
    "tree_count": "tree_count",
    "harvest_months": "harvest_months",
    "irrigation": "irrigation",
    "expected_yield_t": "expected_yield_t",
    "note": "note",
    "land_sheet": "land_sheet",
    "land_parcel": "land_parcel",
    "parcel_code": "parcel_code",
    "determination": "determination",
    "determined_on": "determined_on",
}


@transaction.atomic
def start_update(
    cooperative: Cooperative, features: bytes, *, by: Any, versions: dict[int, int], with_amber: bool = True
) -> PlotImport:
    """Queue the change of stored plots; the job checks every row as a file's, and stores all of them or none.

    `features`: GeoJSON FeatureCollection in WGS 84; each feature's `id` is the plot's, its `properties` (see
    PROPERTIES) hold what changes, a null or absent geometry leaves the boundary, an empty value leaves what is on
    record. `versions`: plot id -> the version that the sender read; another one is a red row (`version_stale`). With
    `with_amber` doubtful rows are stored as well. Raises NotAllowed, BadInput, RuleViolated("unknown_field"),
    ImportQuotaExceeded.
    """
    require(can_add_plot(by, cooperative))
    try:
        content = json.dumps(_as_file(features), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:  # half of a pair of code units is no character
        raise BadInput("not_unicode") from error
    refuse_above_quota(by, len(content))
    plot_import = PlotImport.objects.create(
        cooperative=cooperative,
        kind=ImportKind.UPDATE,
        document=store_upload(ContentFile(content, name="cap-nhat.geojson"), by=by),
        options={
            "columns": {field: name for name, field in PROPERTIES.items() if f'"{name}"'.encode() in content},
            "existing": UPDATE,
            "crs": "EPSG:4326",
            "versions": {str(plot): version for plot, version in versions.items()},
            "with_amber": with_amber,
        },
        created_by=by,
    )
    plot_import.job = start_job("farms.update_plots", {"import": str(plot_import.pk)}, by=by)
    plot_import.save(update_fields=["job"])
    return plot_import


def _as_file(features: bytes) -> dict[str, Any]:
    """The collection with our own id among the properties, where a file's reader keeps it."""
    try:
        collection = json.loads(features)
        rows = [dict(feature) for feature in collection["features"]]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("not_a_collection", _("Cần một FeatureCollection.")) from error
    faults = []
    for place, feature in enumerate(rows):
        properties = feature.get("properties") or {}
        for name in sorted(set(properties) - set(PROPERTIES)):
            detail = _("Không có trường này, hoặc không đổi được hàng loạt.")
            faults.append(Finding("unknown_field", detail, f"/features/{place}/properties/{name[:100]}"))
        feature["properties"] = {**properties, PLOT_ID: feature.get("id")}
        feature.setdefault("geometry", None)
    if faults:
        raise RuleViolated("unknown_field", faults[0].message, findings=faults[:20])
    return {"type": "FeatureCollection", "features": rows}


def update_plots(job: Job) -> dict[str, Any]:
    """Job: check every row; where none stands in the way, change the plots, else leave the report of what does."""
    plot_import = PlotImport.objects.select_related("document", "cooperative__commune", "created_by").get(
        pk=job.payload["import"]
    )
    steps = Steps(job)
    try:
        if plot_import.status == ImportStatus.READING:
            read_file(plot_import, steps, max_features=settings.IMPORT_MAX_FEATURES, limits=sandbox.DEFAULT_LIMITS)
            plot_import.refresh_from_db()
        if plot_import.status != ImportStatus.PREVIEWED:
            return {"error_code": plot_import.error_code}
        with_amber = bool(plot_import.options["with_amber"])
        blocking = [Verdict.RED] if with_amber else [Verdict.RED, Verdict.AMBER]
        if plot_import.rows.filter(verdict__in=blocking).exists():
            refused = plot_import.summary["counts"]
            raise RuleViolated("rows_refused", _("Có dòng không đạt nên chưa có gì được ghi."), findings=_told(refused))
        if not plot_import.rows.exclude(action=RowAction.SAME).exists():
            return {"stored": 0, "updated": 0, "in_conflict": 0}
        require(can_commit_import(job.created_by, plot_import))
        return store_rows(plot_import, Steps(job), by=job.created_by, with_amber=with_amber)
    except Abandoned:
        return {}


def _told(counts: dict[str, int]) -> list[Finding]:
    detail = _("%(red)s dòng không nhận, %(amber)s dòng cần xem lại.") % {
        "red": counts["red"],
        "amber": counts["amber"],
    }
    return [Finding("rows_refused", detail, extra={"counts": counts})]
