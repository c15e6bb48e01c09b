"""How the columns of this app may leave (see `core.personal`): payloads, files and messages may name anybody."""

from core.personal import NO_PERSONS, Columns

COLUMNS: dict[str, Columns] = {
    "Document": Columns(restricted=("id", "size", "sha256", "uploaded_at"), personal=("file", "name", "uploaded_by")),
    "Job": Columns(
        restricted=(
            "id", "kind", "status", "progress", "error_code", "attempt", "heartbeat_at", "created_at", "finished_at",
        ),
        personal=("payload", "step", "result", "error", "created_by"),
    ),
    "OutboxMessage": Columns(
        restricted=("id", "receiver", "created_at", "due_at", "delivered_at", "attempts"),
        personal=("payload", "last_error"),
    ),
    "Notice": Columns(
        restricted=("id", "kind", "created_at", "read_at"), personal=("user", "text", "text_en", "url", "once_key")
    ),
    "Message": Columns(
        restricted=("id", "channel", "status", "attempts", "created_at", "due_at", "claimed_at", "sent_at"),
        personal=("notice", "error", "provider_id"),
    ),
    "MessagePreference": Columns(
        restricted=("id", "language", "by_mail", "by_sms", "by_zalo", "updated_at"), personal=("user",)
    ),
    "IdempotencyKey": Columns(
        restricted=("id", "purpose", "body_sha256", "status", "created_at"), personal=("key", "user", "answer")
    ),
    "Schedule": NO_PERSONS,
}  # fmt: skip
