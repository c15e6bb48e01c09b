"""The take-away map: alone in one file, harmless whatever the names are."""

import html
import json
import re
import shutil
from html.parser import HTMLParser

import folium
import pytest

from geofiles import htmlmap
from geofiles.errors import GeoFileError, MapTooLarge, UnsafeMap
from geofiles.htmlmap import build

ATTACKS = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "${alert(3)}",
    "`+alert(4)+`",
    '\\"};alert(5);//',
    "{{ 7*7 }}{% raw %}",
    "<!--<script>",
    "' onmouseover='alert(6)",
    "<svg/onload=alert(7)>",
    "javascript:alert(8)",
    "\u2028alert(9)\u2029//",
    "]]><script>alert(10)</script>",
    "<a href=javascript:alert(11)>x</a>",
    "</title><script>alert(12)</script>",
    "&lt;img src=x onerror=alert(13)&gt;",
    "constructor.constructor('alert(14)')()",
    "__proto__[polluted]",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(15)>",
    "url(http://127.0.0.1/x) @import 'http://127.0.0.1/y' src=http://127.0.0.1/z",
]

pytestmark = pytest.mark.skipif(
    not (build.VENDOR_ROOT / "leaflet").exists(), reason="front-end packages are not installed: npm ci"
)


def collection(*properties):
    ring = [[105.63, 10.45], [105.64, 10.45], [105.64, 10.46], [105.63, 10.45]]
    features = [
        {"type": "Feature", "properties": dict(found), "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for found in properties
    ]
    return {"type": "FeatureCollection", "features": features}


def layer(*properties, name="Sản phẩm", **options):
    return htmlmap.MapLayer(
        name,
        collection(*(properties or [{"ten": "Xoài Cát Chu", "loai": "mango", "sdt": "0900000000"}])),
        color_by="loai",
        colors={"mango": ("#e8a33d", "Xoài")},
        popup=[("ten", "Tên"), ("loai", "Loại")],
        search_by="ten",
        **options,
    )


def page(*layers, **options):
    return htmlmap.build_map(**{"title": "Bản đồ sản phẩm", "layers": layers or [layer()], **options})


class Elements(HTMLParser):
    """Start tags and the content of JSON blocks."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.blocks, self._block = [], {}, None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        given = dict(attrs)
        self._block = given.get("id") if given.get("type") == "application/json" else None

    def handle_data(self, data):
        if self._block:
            self.blocks[self._block] = self.blocks.get(self._block, "") + data

    def handle_endtag(self, tag):
        self._block = None


def test_nothing_is_loaded_from_elsewhere():
    text = page(layer(), layer(name="Ranh giới"), source="Sở Nông nghiệp")

    assert htmlmap.external_references(text) == []
    assert "asset:" not in text
    assert not [tag for tag, given in Elements(text).tags if "src" in given]
    assert "cdn.jsdelivr" not in text


def test_the_scan_sees_each_kind_of_reference():
    bad = (
        '<script src="http://h/a.js"></script><img src="//h/b.png"><link href="c.css" rel="stylesheet">'
        "<style>@import 'd.css'; p { background: url(https://h/e.png) }</style><p style='background:url(f.png)'>"
        "<script>x.innerHTML = '<img src=\"http://h/g.png\">'</script><form action='http://h/i'></form>"
        "<meta http-equiv=refresh content='0;url=http://h'><iframe src=j.html></iframe>"
    )

    found = htmlmap.external_references(bad)

    assert len(found) == 10
    assert htmlmap.external_references('<a href="https://example.org">x</a><style>p{fill:url(#a)}</style>') == []


def test_a_library_that_loads_something_makes_no_map(tmp_path):
    shutil.copytree(build.VENDOR_ROOT / "leaflet-search", tmp_path / "leaflet-search")
    (tmp_path / "leaflet/dist").mkdir(parents=True)
    (tmp_path / "leaflet/LICENSE").write_text("x")
    (tmp_path / "leaflet/dist/leaflet.css").write_text("")
    (tmp_path / "leaflet/dist/leaflet.js").write_text("document.body.innerHTML = '<img src=\"https://h/x.png\">'")

    with pytest.raises(UnsafeMap) as caught:
        page(vendor_root=tmp_path)

    assert caught.value.params["references"] == ["https://h/x.png"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text_everywhere(attack):
    plain = Elements(page())
    hostile = layer({"ten": attack, "loai": attack}, name=attack)
    hostile = type(hostile)(
        attack, hostile.features, color_by="loai", colors={attack: ("#112233", attack)},
        popup=[("ten", attack), ("loai", attack)], search_by="ten",
    )  # fmt: skip

    text = page(hostile, title=attack, subtitle=attack, source=attack, as_of=attack, licences=[attack])

    found = Elements(text)
    assert [tag for tag, _ in found.tags if tag != "p"] == [tag for tag, _ in plain.tags if tag != "p"]
    assert not [given for _, given in found.tags if any(name.startswith("on") for name in given)]
    assert json.loads(found.blocks["map-data-0"])["features"][0]["properties"]["ten"] == attack
    assert json.loads(found.blocks["map-config"])["layers"][0]["labels"] == {attack: attack}
    assert f"<title>{html.escape(attack)}</title>" in text
    assert "49" not in text.partition("<title>")[2].partition("</title>")[0]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_of_ours_is_in_a_script(attack):
    text = page(layer(name=attack), layer(), title=attack, source=attack)

    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) >= 4
    assert not [script for script in scripts if attack in script or html.escape(attack) in script]


def test_texts_labels_and_structure():
    text = page(subtitle="Cao Lãnh", source="Sở Nông nghiệp", as_of="01/08/2026", licences=["CC BY 4.0"], demo=True)

    assert '<html lang="vi">' in text
    assert "<title>Bản đồ sản phẩm</title>" in text
    assert text.count('name="viewport"') == 1
    assert "user-scalable" not in text
    for wanted in (
        "Quần đảo Hoàng Sa (Việt Nam)", "Quần đảo Trường Sa (Việt Nam)", "Biển Đông", "DEMO", "Chú giải",
        "Nguồn: Sở Nông nghiệp", "Số liệu đến: 01/08/2026", "CC BY 4.0", "BSD 2-Clause License", "Stefano Cudini",
        "<h3>folium</h3>", "<h3>branca</h3>", "Permission is hereby granted",
        "L.control.scale", "Content-Security-Policy",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert text.count("takeaway.seaLabel(") == 3
    assert "DEMO" not in page()


def test_map_opens_on_what_it_is_about_and_on_the_ground_where_that_is_nothing():
    import shapely

    def with_box(*corners, **options):
        feature = {
            "type": "Feature",
            "properties": {},
            "geometry": json.loads(shapely.to_geojson(shapely.box(*corners))),
        }
        return htmlmap.MapLayer("Đất", {"type": "FeatureCollection", "features": [feature]}, **options)

    ground, parcels = with_box(105, 10, 106, 11, is_ground=True), with_box(105.5, 10.5, 105.6, 10.6)

    assert "[[10.5, 105.5], [10.6, 105.6]]" in page(ground, parcels)
    assert "[[10.0, 105.0], [11.0, 106.0]]" in page(
        ground, htmlmap.MapLayer("Đất", {"type": "FeatureCollection", "features": []})
    )


def test_legend_names_the_values_without_a_colour_of_their_own():
    assert "</span>Khác</li>" in page(layer({"ten": "Mít", "loai": "jackfruit"}))
    assert "</span>Khác</li>" not in page()
    assert "</span>Riêng</li>" in page(legend=[("#112233", "Riêng")])


def test_sea_labels_are_there_without_any_layer():
    text = htmlmap.build_map(title="Trống", layers=[])

    assert "Quần đảo Trường Sa (Việt Nam)" in text
    assert htmlmap.external_references(text) == []


def test_only_shown_properties_leave():
    assert "0900000000" not in page()


def test_geojson_text_and_mapping_give_the_same():
    given = layer()
    as_text = type(given)(given.name, json.dumps(given.features), popup=given.popup)
    as_mapping = type(given)(given.name, given.features, popup=given.popup)

    blocks = [Elements(page(found)).blocks for found in (as_text, as_mapping)]

    assert blocks[0] == blocks[1]


def test_size_limit_names_both_numbers():
    with pytest.raises(MapTooLarge) as caught:
        page(max_bytes=10_000)

    assert caught.value.params["limit"] == 10_000
    assert caught.value.params["size"] > 150_000


def test_two_thousand_plots_fit_in_the_limit():
    many = layer(*({"ten": f"Thửa {number}", "loai": "mango"} for number in range(2_000)))

    assert len(page(many).encode()) < htmlmap.DEFAULT_MAX_BYTES


def test_too_many_features_and_bad_colours_are_refused():
    with pytest.raises(GeoFileError) as too_many:
        page(layer(*([{"ten": "x"}] * 20_001)))
    with pytest.raises(GeoFileError) as colour:
        page(htmlmap.MapLayer("x", collection(), default_color="red;background:url(//h)"))

    assert too_many.value.code == "too_many_features"
    assert colour.value.code == "bad_colour"


def test_missing_packages_are_named(tmp_path):
    with pytest.raises(GeoFileError) as caught:
        page(vendor_root=tmp_path)

    assert caught.value.code == "vendor_missing"


def test_foliums_own_lists_are_left_alone():
    before = list(folium.Map.default_js)

    page()

    assert folium.Map.default_js == before
    assert all(link.startswith("https://") for _, link in folium.Map.default_js)
