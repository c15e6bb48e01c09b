"""How the columns of this app may leave (see `core.personal`): buyers and their wishes never do."""

from core.personal import NO_PERSONS, Columns

COLUMNS: dict[str, Columns] = {
    "Product": NO_PERSONS,
    "Offer": NO_PERSONS,
    "SavedSearch": Columns(
        restricted=("id", "is_mailed", "mailed_at", "created_at"), personal=("user", "name", "query", "seen")
    ),
    "Demand": Columns(
        restricted=("id", "crop", "months", "quantity_t", "market", "status", "expires_on", "hidden_at", "created_at"),
        personal=("user", "buyer_name", "message", "hidden_reason", "hidden_by"),
    ),
    "DemandReply": Columns(restricted=("id", "demand", "cooperative", "product", "at"), personal=("text", "by")),
    "Enquiry": Columns(
        restricted=(
            "id", "cooperative", "product", "status", "contact_kind", "quantity_t", "wanted_months", "delivery_from",
            "delivery_to", "market", "language", "consented_at", "created_at", "confirmed_at", "sent_at", "reminded",
            "read_at", "answered_at", "closed_at", "expired_at", "waiting_since", "close_reason",
            "contact_shared_at", "cooperative_contact_at", "spam_at", "link_sent_at",
        ),
        personal=("token", "buyer_name", "contact_encrypted", "contact_digest", "quality", "message"),
    ),
    "ContactCode": Columns(
        restricted=("id", "attempts", "sent_at", "expires_at", "used_at"),
        personal=("enquiry", "code_digest", "address_digest"),
    ),
    "EnquiryMessage": Columns(
        restricted=("id", "author", "product", "offer", "at"), personal=("enquiry", "by", "text")
    ),
    "AnswerTemplate": Columns(restricted=("id", "cooperative", "updated_at"), personal=("title", "text")),
    "ShopHost": NO_PERSONS,
    "Listing": NO_PERSONS,
    "ListingClick": Columns(restricted=("id", "listing", "day", "count")),
    "ProducerPhoto": Columns(
        open=("id", "cooperative", "product", "width", "height", "caption", "position", "is_shown", "created_at"),
        personal=("document", "small"),
    ),
}  # fmt: skip
