"""How the columns of this app may leave (see `core.personal`): accounts are persons."""

from core.personal import Columns

COLUMNS: dict[str, Columns] = {
    "User": Columns(
        restricted=("id", "is_superuser", "is_staff", "is_active", "must_use_mfa"),
        personal=(
            "password", "last_login", "username", "first_name", "last_name", "email", "date_joined", "full_name",
            "phone",
        ),
    ),
    "User_groups": Columns(restricted=("id", "group"), personal=("user",)),
    "User_user_permissions": Columns(restricted=("id", "permission"), personal=("user",)),
    "OfficerPost": Columns(restricted=("id", "role", "unit", "valid_from", "valid_to"), personal=("user", "title")),
}  # fmt: skip
