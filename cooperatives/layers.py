"""The layer `cooperatives`: organisations with their seat. Nothing of persons: no representative, phone or mail."""

from typing import Any

from django.db.models import Case, F, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from cooperatives.filters import CooperativeFilters
from cooperatives.models import Cooperative, HolderKind
from core.layers import Layer

_IS_HOUSEHOLD = {"kind": HolderKind.HOUSEHOLD}


def _cooperatives(user: Any) -> QuerySet[Cooperative]:
    """Those the user may see; a single household has neither name nor point, and no filter finds it by either."""
    return Cooperative.objects.visible_to(user).annotate(
        seat=Case(When(**_IS_HOUSEHOLD, then=Value(None)), default=F("location")),
        shown_name=Case(When(**_IS_HOUSEHOLD, then=Value(None)), default=F("name")),
        shown_search_key=Case(When(**_IS_HOUSEHOLD, then=Value(None)), default=F("search_key")),
    )


COOPERATIVES = Layer(
    name="cooperatives",
    title=_("Hợp tác xã"),
    rows=_cooperatives,
    filterset=CooperativeFilters,
    fields={
        "slug": "slug",
        "kind": "kind",
        "name": "shown_name",
        "commune": "commune__name_vi",
        "commune_code": "commune__code",
        "story": "story",
    },
    geometry="seat",
    unit="commune",
    tile_fields=("slug", "kind", "name", "commune"),
    is_public=True,
)
