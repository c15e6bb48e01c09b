"""What the reader did with a file on its own, said to a clerk: nothing is changed silently."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geofiles import crs

MAX_NAMED = 10  # cells or plots told one by one

_TEXTS: dict[str, Any] = {
    "axes_swapped": gettext_lazy("Đã đổi chỗ X và Y như bạn chọn."),
    "cells_unreadable": gettext_lazy("Có {count} ô không đọc được tọa độ: {named}"),
    "columns_dropped": gettext_lazy("Không giữ các cột không phải chữ hay số: {named}."),
    "columns_turned": gettext_lazy("Hai cột tọa độ được hiểu là X = Bắc, Y = Đông, theo cách ghi của ngành đo đạc."),
    "crs_from_words": gettext_lazy("Hệ tọa độ lấy theo lời ghi trên bảng: {system}."),
    "crs_member_ignored": gettext_lazy("Tệp trỏ tới hệ tọa độ ở nơi khác; phần đó được bỏ qua, tọa độ hiểu là WGS 84."),
    "drawing_left_out": gettext_lazy("Đã bỏ qua {entities} nét vẽ không khép kín của bản vẽ."),
    "encoding_detected": gettext_lazy("Chữ trong tệp được nhận ra là {encoding} và đổi sang Unicode. Hãy xem lại tên."),
    "network_links_ignored": gettext_lazy("Tệp có liên kết tới dữ liệu trên mạng; phần đó không được tải."),
    "plots_without_shape": gettext_lazy("Có {count} thửa chưa dựng được hình: {named}"),
    "taken_for_wgs84": gettext_lazy("Vĩ độ và kinh độ trong bảng được hiểu là WGS 84."),
    "track_closed": gettext_lazy("{features} đường đi có điểm đầu và cuối gần nhau đã được khép kín thành thửa."),
    "values_differ_in_plot": gettext_lazy(
        "Các dòng của cùng một thửa ghi khác nhau ở cột {named}; lấy giá trị đầu tiên."
    ),
}  # fmt: skip

_SHAPE_REASONS: dict[str, Any] = {
    "no_corners": gettext_lazy("không có góc nào"),
    "too_few_corners": gettext_lazy("chưa đủ 3 góc"),
    "cells_unreadable": gettext_lazy("có ô không đọc được"),
}


class _Lenient(dict):
    def __missing__(self, key: str) -> str:
        return "?"


def notice_lines(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each `{"code", "params"}` that we have one for, in the reader's language, each once."""
    lines: dict[str, None] = {}
    for notice in told:
        params = dict(notice.get("params") or {})
        if text := _TEXTS.get(str(notice.get("code"))):
            words = _Lenient(params, named=_named(params), system=_system(params))
            lines[str(text).format_map(words)] = None
    return list(lines)


def _named(params: Mapping[str, Any]) -> str:
    if cells := params.get("cells"):
        return _listed(cells, int(params.get("count") or 0), _cell)
    if plots := params.get("plots"):
        return _listed(plots, int(params.get("count") or 0), _plot)
    return ", ".join(str(name) for name in params.get("names") or params.get("columns") or ())


def _listed(items: Sequence[Mapping[str, Any]], count: int, say: Callable[[Mapping[str, Any]], str]) -> str:
    words = [say(item) for item in items[:MAX_NAMED]]
    return "; ".join([*words, "…"]) if count > len(words) else "; ".join(words) + "."


def _cell(cell: Mapping[str, Any]) -> str:
    return _("dòng %(row)s, cột %(column)s: “%(value)s”") % {
        "row": cell.get("row"), "column": cell.get("column"), "value": cell.get("value"),
    }  # fmt: skip


def _plot(plot: Mapping[str, Any]) -> str:
    reason = _SHAPE_REASONS.get(str(plot.get("reason")), plot.get("reason"))
    return _("thửa %(plot)s (từ dòng %(row)s): %(reason)s") % {
        "plot": plot.get("plot"), "row": plot.get("row"), "reason": reason,
    }  # fmt: skip


def _system(params: Mapping[str, Any]) -> str:
    return crs.name_of(str(params["crs"])) if params.get("crs") else "?"
