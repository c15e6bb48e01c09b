"""How the columns of this app may leave (see `core.personal`): who took what out is for auditors."""

from core.personal import NO_PERSONS, Columns

COLUMNS: dict[str, Columns] = {
    "Export": Columns(
        restricted=(
            "id", "layer", "format", "profile", "columns", "crs", "has_personal", "personal", "record", "language",
            "requested_at", "job", "row_count", "written_at", "expires_at",
        ),
        personal=("query", "purpose", "requested_by", "document"),
    ),
    "Snapshot": NO_PERSONS,
}  # fmt: skip
