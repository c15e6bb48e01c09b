"""Template tags of the page shell: what the map modules need to know, and the strip of harvest months."""

import json
from collections.abc import Iterable
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.basemaps import external_basemaps, uses_archives

register = template.Library()

MODULES = {
    "maplibre-gl": "vendor/maplibre-gl/dist/maplibre-gl.mjs",
    "leaflet": "vendor/leaflet/dist/leaflet.js",
    "terra-draw": "vendor/terra-draw/dist/terra-draw.module.js",
    "terra-draw-maplibre-gl-adapter": (
        "vendor/terra-draw-maplibre-gl-adapter/dist/terra-draw-maplibre-gl-adapter.module.js"
    ),
}


ARCHIVE_MODULES = {"pmtiles": "vendor/pmtiles/dist/esm/index.js", "fflate": "vendor/fflate/esm/browser.js"}


@register.simple_tag(takes_context=True)
def import_map(context: Context) -> SafeString:
    """Return the import map: bare names of the library modules to their (hashed) addresses."""
    modules = MODULES | (ARCHIVE_MODULES if uses_archives() else {})
    body = json.dumps({"imports": {name: static(path) for name, path in modules.items()}})
    nonce = context.get("csp_nonce", "")
    # Addresses come from our own allow-list; nothing of a visitor's is in it.
    return mark_safe(f'<script type="importmap" nonce="{nonce}">{body}</script>')  # noqa: S308


@register.simple_tag
def map_settings() -> SafeString:
    """Return the JSON element `map-settings` that `static/js/map/open.js` takes as `settings`."""
    return json_script(
        {
            "worker_url": static("vendor/maplibre-gl/dist/maplibre-gl-worker.mjs"),
            "leaflet_css": static("vendor/leaflet/dist/leaflet.css"),
            "land_url": static("geo/land.json"),
            "inset_url": static("img/east-sea.svg"),
            "layers_url": _layers_url(),
            "bounds": list(settings.MAP_BOUNDS),
            "basemaps": external_basemaps(),
            "texts": _texts(),
            "locale": _control_texts(),
        },
        "map-settings",
    )


def _layers_url() -> str | None:
    try:
        return reverse("maps:layers")
    except NoReverseMatch:  # a page of its own frame needs no list of layers
        return None


def _texts() -> dict[str, str]:
    return {
        "legend": _("Chú giải"),
        "basemap": _("Nền bản đồ"),
        "own_basemap": _("Nền đơn giản"),
        "open": _("Xem chi tiết"),
        "loading": _("Đang tải…"),
        "details_failed": _("Chưa tải được chi tiết. Hãy kiểm tra kết nối rồi bấm lại vào đối tượng."),
        "east_sea": _("Biển Đông với quần đảo Hoàng Sa và quần đảo Trường Sa của Việt Nam"),
        "schematic": _("Ranh giới xã là sơ đồ, chưa phải ranh giới chính thức."),
        "in_view": _("Đang thấy {n} đối tượng"),
        "layers": _("Các lớp bản đồ"),
        "layer_on": _("Đã bật lớp {name}"),
        "layer_off": _("Đã tắt lớp {name}"),
        "basemap_on": _("Nền bản đồ: {name}"),
        "basemap_failed": _("Không tải được nền bản đồ “{name}”. Các lớp và nền đơn giản vẫn hiển thị."),
        "light_map": _("Bản đồ nhẹ (ít dữ liệu)"),
        "light_on": _("Đang dùng bản đồ nhẹ."),
        "light_why_data": _("Đang dùng bản đồ nhẹ vì trình duyệt bật tiết kiệm dữ liệu."),
        "light_why_device": _("Đang dùng bản đồ nhẹ vì thiết bị không hỗ trợ WebGL 2."),
        "pick_help": _("Nhấn Enter để xem đối tượng ở giữa bản đồ, Esc để đóng."),
        "nothing_here": _("Không có đối tượng nào ở giữa bản đồ."),
        "to_list": _("Xem trong danh sách"),
        "cut_off": _("Chỉ vẽ {n} đối tượng trong khung nhìn. Hãy phóng to hoặc lọc bớt để thấy đủ."),
        "too_many": _("Chỉ vẽ {n} đối tượng đầu tiên. Hãy phóng to để thấy đủ."),
        "partly_loaded": _("Một phần bản đồ chưa tải được. Danh sách bên cạnh vẫn đầy đủ."),
        "no_map": _("Chưa mở được bản đồ. Danh sách trên trang vẫn dùng được; hãy thử tải lại trang."),
        "list_failed": _("Chưa tải được danh sách. Hãy thử lại."),
    }


def _control_texts() -> dict[str, str]:
    return {
        "Map.Title": _("Bản đồ: dùng phím mũi tên để di chuyển, + và − để phóng to, thu nhỏ, Enter để xem chi tiết"),
        "NavigationControl.ZoomIn": _("Phóng to"),
        "NavigationControl.ZoomOut": _("Thu nhỏ"),
        "NavigationControl.ResetBearing": _("Quay về hướng bắc"),
        "GeolocateControl.FindMyLocation": _("Tìm vị trí của tôi"),
        "GeolocateControl.LocationNotAvailable": _("Không xác định được vị trí"),
        "AttributionControl.ToggleAttribution": _("Nguồn dữ liệu"),
        "Popup.Close": _("Đóng"),
        "Marker.Title": _("Dấu trên bản đồ"),
        "ScaleControl.Meters": "m",
        "ScaleControl.Kilometers": "km",
        "CooperativeGesturesHandler.WindowsHelpText": _("Giữ Ctrl và cuộn chuột để phóng to bản đồ"),
        "CooperativeGesturesHandler.MacHelpText": _("Giữ ⌘ và cuộn để phóng to bản đồ"),
        "CooperativeGesturesHandler.MobileHelpText": _("Dùng hai ngón tay để di chuyển bản đồ"),
    }


@register.inclusion_tag("includes/months.html")
def month_strip(months: Iterable[int]) -> dict[str, Any]:
    """Draw twelve cells with those of `months` (1-12) filled, and one sentence that says the same."""
    chosen = set(months)
    if len(chosen) == 12:
        text = _("Thu hoạch quanh năm")
    elif chosen:
        text = _("Tháng thu hoạch: %(months)s") % {"months": ", ".join(str(month) for month in sorted(chosen))}
    else:
        text = _("Chưa khai tháng thu hoạch")
    return {"cells": [{"number": month, "is_on": month in chosen} for month in range(1, 13)], "text": text}
