"""The setting of basemaps: what it may say, which hosts it lets in, which library it loads."""

import pytest

from core.basemaps import KEYS, basemap_origins, external_basemaps, mistakes
from core.checks import check_basemaps
from core.templatetags.site import import_map

RASTER = {"id": "anh", "name": "Ảnh", "url": "https://a.example.org/{z}/{x}/{y}.jpg"}
STYLE = {
    "id": "duong", "name": "Đường", "kind": "style", "url": "https://b.example.org/style.json",
    "hosts": ["https://tiles.example.org"],
}  # fmt: skip
OWN = {"id": "nen", "name": "Nền", "kind": "pmtiles", "file": "tinh.pmtiles"}
REMOTE = {"id": "xa", "name": "Xa", "kind": "pmtiles", "url": "https://c.example.org/x.pmtiles"}


def test_each_kind_becomes_what_the_page_needs(settings):
    settings.MAP_EXTERNAL_BASEMAPS = [RASTER, STYLE, OWN, REMOTE]

    found = external_basemaps()

    assert [set(one) for one in found] == [set(KEYS)] * 4
    assert [(one["kind"], one["url"]) for one in found] == [
        ("raster", RASTER["url"]),
        ("style", STYLE["url"]),
        ("pmtiles", "/tiles/archive/nen.pmtiles"),
        ("pmtiles", REMOTE["url"]),
    ]


def test_only_named_hosts_enter_the_policy(settings):
    settings.MAP_EXTERNAL_BASEMAPS = [RASTER, STYLE, OWN, REMOTE]

    assert basemap_origins() == [
        "https://a.example.org", "https://b.example.org", "https://c.example.org", "https://tiles.example.org",
    ]  # fmt: skip


def test_the_library_of_archives_is_named_only_where_one_is_configured(settings):
    settings.MAP_EXTERNAL_BASEMAPS = [RASTER]
    without = import_map({})
    settings.MAP_EXTERNAL_BASEMAPS = [RASTER, OWN]

    assert "pmtiles" not in without
    assert "pmtiles" in import_map({}) and "fflate" in import_map({})


def test_good_entries_have_no_mistakes():
    assert mistakes([RASTER, STYLE, OWN, REMOTE]) == []


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"id": "x"}, "JSON list"),
        ([RASTER, RASTER], "twice"),
        ([{**RASTER, "id": "A b"}], "id must"),
        ([{**RASTER, "name": ""}], "name is missing"),
        ([{**RASTER, "kind": "wms"}], "kind must"),
        ([{**RASTER, "url": "http://a.example.org/{z}/{x}/{y}"}], "https://"),
        ([{**RASTER, "url": "https://a.example.org/tiles"}], "{z}"),
        ([{**OWN, "file": "../x.pmtiles"}], "plain name"),
        ([{**STYLE, "hosts": ["tiles.example.org"]}], "hosts must"),
    ],
    ids=["no-list", "twice", "id", "name", "kind", "http", "no-place", "path", "host"],
)
def test_mistakes_are_told(settings, entries, said):
    settings.MAP_EXTERNAL_BASEMAPS = entries

    assert any(said in one for one in mistakes(entries))
    assert {error.id for error in check_basemaps()} == {"core.E004"}
