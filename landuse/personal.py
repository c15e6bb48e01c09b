"""How the columns of this app may leave (see `core.personal`): parcels of a survey or plan name no owner."""

from core.personal import NO_PERSONS, Columns

COLUMNS: dict[str, Columns] = {
    "ClassScheme": NO_PERSONS,
    "LandUseClass": NO_PERSONS,
    "LandUseLayer": Columns(
        open=(
            "id", "slug", "kind", "name", "scheme", "unit", "source", "legal_document", "decision_number", "as_of",
            "valid_to", "is_public", "note", "revision",
        ),
        restricted=("document",),
    ),
    "LandUseParcel": NO_PERSONS,
    "UseRule": NO_PERSONS,
    "LayerComparison": NO_PERSONS,
    "LayerUpload": Columns(
        restricted=("id", "status", "job", "layer", "created_at"),
        personal=("document", "about", "legal_file", "options", "summary", "error", "created_by"),
    ),
}  # fmt: skip
