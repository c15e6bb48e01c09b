"""How the columns of this app may leave (see `core.personal`): of files only what the office has published."""

from core.personal import NO_PERSONS, Columns

COLUMNS: dict[str, Columns] = {
    "CodeRequest_markets": Columns(restricted=("id", "coderequest", "market")),
    "CodeRequest_codes": Columns(restricted=("id", "coderequest", "productionareacode")),
    "CodeRequest": Columns(
        restricted=(
            "id", "receipt", "area", "cooperative", "commune", "scheme", "status", "expected_output_t", "has_declared",
            "version", "return_reason", "created_at", "updated_at", "submitted_on", "due_on", "decided_at",
        ),
        personal=("contact_person", "note", "assigned_to", "created_by"),
    ),
    "RequestEvent": Columns(
        restricted=("id", "code_request", "transition", "old_status", "new_status", "at"),
        personal=("note", "findings", "details", "by"),
    ),
    "RequestVersion": Columns(
        restricted=("id", "code_request", "number", "area_version", "boundary", "at"),
        personal=("form", "plots", "documents", "by"),
    ),
    "RequestDocument_plots": Columns(restricted=("id", "requestdocument", "plot")),
    "RequestDocument": Columns(
        restricted=("id", "code_request", "kind", "season", "added_at", "removed_at"),
        personal=("document", "title", "added_by", "removed_by"),
    ),
    "Opinion": Columns(
        restricted=("id", "code_request", "due_on", "asked_at", "revoked_at", "verdict", "answered_at"),
        personal=("office", "email", "question", "token_digest", "asked_by", "revoked_by", "answer"),
    ),
    "OpinionVisit": Columns(restricted=("id", "opinion", "at"), personal=("address",)),
    "EligibilityOverride": Columns(
        restricted=("id", "code_request", "rule", "version", "reason_code", "at"),
        personal=("finding", "reason", "by"),
    ),
    "Inspection": Columns(
        restricted=(
            "id", "client_id", "purpose", "code_request", "code", "visited_on", "accuracy_m", "proposed_boundary",
            "result", "recorded_at", "created_at",
        ),
        personal=("inspector", "position", "answers", "samples", "report", "signer_name", "signature"),
    ),
    "InspectionPhoto": Columns(
        restricted=("id", "client_id", "inspection", "created_at"), personal=("document", "caption")
    ),
    "PlannedVisit": Columns(
        restricted=(
            "id", "purpose", "code_request", "code", "planned_on", "planned_at", "inspection", "cancelled_at",
        ),
        personal=("inspector", "note", "planned_by"),
    ),
    "CodeAlert": Columns(
        restricted=("id", "code", "rule", "verdict", "opened_at", "seen_at", "closed_at"),
        personal=("finding", "dismissed_by", "dismiss_reason"),
    ),
    "MisuseCase_evidence": Columns(restricted=("id", "misusecase"), personal=("document",)),
    "MisuseCase": Columns(
        open=("id", "code", "commune", "decision_number", "decided_on", "public_text", "published_at"),
        restricted=(
            "receipt", "lot", "packing_code", "source", "status", "created_at", "reply_due_on", "replied_at",
            "closed_at",
        ),
        personal=(
            "code_text", "shipment", "description", "reporter_contact_encrypted", "assigned_to", "created_by",
            "reply_text",
        ),
    ),
    "MisuseEvent": Columns(
        restricted=("id", "case", "transition", "old_status", "new_status", "at"), personal=("note", "by")
    ),
    "RoutingRule": Columns(restricted=("id", "unit", "crop", "valid_from", "valid_to"), personal=("officer",)),
    "CalendarOverride": NO_PERSONS,
}  # fmt: skip
