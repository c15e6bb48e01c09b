"""How the columns of this app may leave (see `core.personal`): a holder may be a single household."""

from core.personal import Columns

COLUMNS: dict[str, Columns] = {
    "Cooperative": Columns(
        open=(
            "id", "kind", "status", "commune", "has_public_contact", "founded_on", "created_at", "updated_at",
        ),
        guarded=dict.fromkeys(("slug", "name", "short_name", "search_key", "location", "story"), "kind"),
        restricted=("tax_number", "submitted_at", "decided_at"),
        personal=(
            "address", "representative", "representative_position", "phone", "email", "zalo", "proof",
            "return_reason", "decided_by",
        ),
    ),
    "Cooperative_main_crops": Columns(open=("id", "cooperative", "crop")),
    "RegistrationEvent": Columns(
        restricted=("id", "cooperative", "step", "new_status", "at"), personal=("note", "by")
    ),
    "Membership": Columns(restricted=("id", "cooperative", "role", "created_at"), personal=("user",)),
    "Invitation": Columns(
        restricted=("id", "cooperative", "role", "created_at", "expires_at", "accepted_at", "cancelled_at"),
        personal=("email", "token_digest", "invited_by", "accepted_by"),
    ),
    "Certificate": Columns(
        open=(
            "id", "cooperative", "kind", "number", "crop", "issuer", "stars", "area_ha", "issued_on", "valid_until",
            "check_status", "checked_at", "ended_on",
        ),
        personal=("checked_by", "document"),
    ),
    "CertificateEvent": Columns(
        restricted=("id", "certificate", "step", "at"), personal=("note", "document", "by")
    ),
    "Grower": Columns(
        restricted=("id", "cooperative", "declared_area_ha", "joined_on", "left_on", "added_at", "erased_at"),
        personal=("person", "number", "hamlet", "added_by", "erased_by"),
    ),
    "DirectoryExport": Columns(
        restricted=("id", "exported_at", "suffix", "has_phones", "row_count", "communes"),
        personal=("exported_by", "purpose", "filters", "growers"),
    ),
    "GrowerImport": Columns(
        restricted=(
            "id", "cooperative", "job", "status", "error_code", "created_at", "committed_at", "file_sha256",
        ),
        personal=("document", "file_name", "columns", "rows_encrypted", "summary", "error", "created_by"),
    ),
    "PackingHouse": Columns(
        open=("id", "name", "search_key", "operator", "operator_name", "commune", "is_active", "created_at",
              "updated_at"),
        restricted=("address", "location"),
        personal=("contact_name", "phone"),
    ),
}  # fmt: skip
