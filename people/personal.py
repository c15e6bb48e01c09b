"""How the columns of this app may leave (see `core.personal`): by no layer at all."""

from core.personal import Columns

COLUMNS: dict[str, Columns] = {
    "Person": Columns(
        restricted=("id", "created_at"),
        personal=(
            "full_name", "search_key", "birth_year", "sex", "phone_encrypted", "phone_digest", "id_number_encrypted",
            "id_number_digest", "id_number_last3", "address",
        ),
    ),
    "Consent": Columns(
        restricted=("id", "purpose", "fields", "text_version", "channel", "given_at", "withdrawn_at"),
        personal=("person", "evidence", "document", "recorded_by", "withdrawn_by"),
    ),
    "ConsentCode": Columns(
        restricted=("id", "purposes", "fields", "attempts", "sent_at", "expires_at", "used_at"),
        personal=("person", "code_digest", "sent_by"),
    ),
    "NumberRead": Columns(restricted=("id", "what", "read_at"), personal=("person", "purpose", "context", "read_by")),
}  # fmt: skip
