"""How the columns of this app may leave (see `core.personal`): outlines of few growers are guarded."""

from core.personal import NO_PERSONS, Columns

COLUMNS: dict[str, Columns] = {
    "ProductionArea": Columns(
        open=(
            "id", "name", "search_key", "cooperative", "crop", "variety", "commune", "area_m2", "is_outline_public",
            "public_location", "public_shape", "public_shape_3857", "is_active", "version", "created_at",
            "updated_at",
        ),
        guarded={"boundary": "is_outline_public", "boundary_3857": "is_outline_public"},
        restricted=("grower_count", "expected_output_t"),
        personal=("created_by",),
    ),
    "AreaPlot": Columns(restricted=("id", "area", "plot")),
    "Market": NO_PERSONS,
    "CodeScheme": NO_PERSONS,
    "SchemeRule": NO_PERSONS,
    "StepDeadline": NO_PERSONS,
    "ChecklistItem": NO_PERSONS,
    "RequiredDocument": NO_PERSONS,
    "Reason": NO_PERSONS,
    "CodeCounter": NO_PERSONS,
    "ProductionAreaCode_superseded_by": NO_PERSONS,
    "ProductionAreaCode": Columns(
        open=(
            "id", "code", "scheme", "market", "scope", "serial", "is_imported", "status", "issued_on", "valid_until",
            "area", "area_version", "area_name", "crop", "crop_name", "variety_name", "holder", "commune",
            "commune_name", "province_name", "area_m2", "declared_area_m2", "created_at", "updated_at",
        ),
        guarded={"boundary": "grower_count"},
        restricted=("holder_name", "grower_count"),
    ),
    "MarketApproval": NO_PERSONS,
    "CodeEvent": Columns(
        open=(
            "id", "code", "transition", "market", "old_status", "new_status", "reason_code", "document_number",
            "effective_on", "public_note", "at",
        ),
        personal=("reason", "details", "by"),
    ),
    "CodeCertificate": Columns(
        restricted=("id", "code", "version", "content_sha256", "made_at", "signed_at"),
        personal=("document", "made_by", "signed_document", "signature", "uploaded_by"),
    ),
    "PackingHouseCode": NO_PERSONS,
    "PackingLink": Columns(
        restricted=("id", "code", "packing_code", "status", "asked_at", "decided_at", "ended_on"),
        personal=("note", "asked_by", "decided_by"),
    ),
    "Lot": Columns(
        restricted=(
            "id", "code", "packing_code", "lot_number", "shipped_on", "weight_kg", "market", "declared_for",
            "declared_at", "answer", "answered_at", "cancelled_at",
        ),
        personal=("note", "declared_by", "answered_by", "cancelled_by", "cancel_reason"),
    ),
    "CodeList": Columns(
        restricted=(
            "id", "kind", "market", "scheme", "unit", "document_number", "decided_on", "status", "error_code",
            "created_at", "committed_at", "job",
        ),
        personal=("document", "columns", "summary", "error", "created_by"),
    ),
    "CodeListRow": Columns(
        restricted=("id", "code_list", "row", "code", "wanted_status", "verdict"),
        personal=("code_text", "values", "findings"),
    ),
}  # fmt: skip
