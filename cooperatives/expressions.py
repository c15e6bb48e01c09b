"""Expressions that other apps use to show a holder."""

from django.db.models import Case, F, Value, When

from cooperatives.models import HolderKind


def public_holder_name(cooperative: str) -> Case:
    """Return the organisation's name; null for a single household, whose name never leaves.

    `cooperative`: path to the cooperative from the row.
    """
    is_household = {f"{cooperative}__kind": HolderKind.HOUSEHOLD}
    return Case(When(**is_household, then=Value(None)), default=F(f"{cooperative}__name"))
