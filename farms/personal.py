"""How the columns of this app may leave (see `core.personal`): a plot is the land of one household."""

from core.personal import Columns

COLUMNS: dict[str, Columns] = {
    "Plot": Columns(
        restricted=(
            "id", "cooperative", "ref", "crop", "variety", "commune", "status", "boundary", "boundary_3857", "area_m2",
            "kept_area_m2", "declared_area_m2", "planted_year", "tree_count", "harvest_months", "irrigation",
            "expected_yield_t", "land_sheet", "land_parcel", "parcel_code", "provisional_parcel_code",
            "determination", "determined_on", "source", "capture_id", "created_at", "updated_at", "version",
        ),
        personal=("grower", "note", "created_by"),
    ),
    "PlotPhoto": Columns(
        restricted=("id", "client_id", "plot", "taken_at", "created_at"),
        personal=("document", "caption", "created_by"),
    ),
    "PlotSuccession": Columns(restricted=("id", "old", "new", "kind", "created_at"), personal=("created_by",)),
    "PlotSeason": Columns(
        restricted=("id", "plot", "year", "season", "crop", "variety", "harvested_t", "recorded_at"),
        personal=("note", "recorded_by"),
    ),
    "PlotImport": Columns(
        restricted=(
            "id", "cooperative", "kind", "job", "status", "error_code", "created_at", "committed_at", "undone_at",
        ),
        personal=("document", "options", "summary", "error", "created_by"),
    ),
    "PlotImportRow": Columns(
        restricted=(
            "id", "plot_import", "row", "ref", "crop", "variety", "commune", "boundary", "before_repair", "verdict",
            "action", "target", "expected_version", "plot",
        ),
        personal=("grower", "original", "attributes", "findings"),
    ),
    "ColumnMapping": Columns(
        restricted=("id", "cooperative", "headings_digest", "used_at"), personal=("headings", "options")
    ),
    "OverlapCase": Columns(
        restricted=(
            "id", "first", "second", "shared", "shared_m2", "status", "decision", "opened_at", "decided_at",
        ),
        personal=("reason", "decided_by"),
    ),
}  # fmt: skip
