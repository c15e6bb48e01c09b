"""The list of crops that files name by code: what `crop:code_list` of a fiboa file points to."""

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core.tables import BYTE_ORDER_MARK, csv_lines
from crops.models import Crop

# The first three are what fiboa's crop extension 0.2 asks of a code list.
COLUMNS = {
    "original_code": "slug",
    "original_name": "name_vi",
    "translated_name": "name_en",
    "short_code": "short_code",
    "wca_code": "wca_code",
    "cpc_code": "cpc_code",
    "hcat_code": "hcat_code",
}


@require_safe
@cache_control(public=True, max_age=3600)
def code_list(request: HttpRequest) -> HttpResponse:
    """All crops as CSV, with the codes of FAO WCA 2020, CPC 2.1 and HCAT3 where we know them. For programs: no mark."""
    rows = Crop.objects.order_by("slug").values_list(*(F(path) for path in COLUMNS.values()))
    text = "".join(csv_lines(list(COLUMNS), rows)).removeprefix(BYTE_ORDER_MARK)
    return HttpResponse(text, content_type="text/csv; charset=utf-8; header=present")
