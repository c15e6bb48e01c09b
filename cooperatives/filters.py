"""Filters of cooperatives: the same behind page, list, API, tile and export."""

import django_filters
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative, HolderKind
from core.filters import BboxFilter, StrictFilterSet, TextSearchFilter
from places.filters import UnitFilter


class CooperativeFilters(StrictFilterSet):
    """`kind`, `commune` (unit code, with units below), `q` (name), `bbox`.

    For rows of the layer `cooperatives`: `q` and `bbox` look at what it shows, so that nobody finds a household's
    name or seat by asking often.
    """

    kind = django_filters.ChoiceFilter(choices=HolderKind.choices, label=_("Loại hình"), empty_label=_("Tất cả"))
    commune = UnitFilter(field_name="commune", label=_("Phường, xã"))
    q = TextSearchFilter(folded=("shown_search_key",), label=_("Tìm theo tên"))
    bbox = BboxFilter(field_name="seat")

    class Meta:
        model = Cooperative
        fields: list[str] = []
