"""The page shell: languages, DEMO banner, error pages, forms, map settings; no database is asked."""

import json
import re
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.forms.widgets import BaseGeometryWidget
from django.contrib.gis.geos import GEOSGeometry
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import translation

from core.admin import GeoModelAdmin
from core.basemaps import basemap_origins, external_basemaps
from core.templatetags.site import month_strip
from core.widgets import GeometryWidget, MonthsStrip, MonthStrip
from places.models import AdministrativeUnit

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
PRINTED = {"certificate.html", "plate_sheet.html"}  # become PDF files; no browser sees them
ERROR_PAGES = ["400", "403", "404", "413", "500", "503"]
BASEMAP = {
    "id": "x",
    "name": "X",
    "url": "https://tiles.example.org/{z}/{x}/{y}.png",
    "attribution": "X",
    "max_zoom": 18,
}


class PlotForm(forms.Form):
    name = forms.CharField(label="Tên thửa", help_text="Như trên giấy.")
    area = forms.DecimalField(label="Diện tích", required=False)
    agree = forms.BooleanField(label="Tôi cam đoan")


@pytest.mark.parametrize(("language", "other"), [("vi", "English"), ("en", "Tiếng Việt")])
def test_base_says_its_language_and_offers_the_other(language, other):
    with translation.override(language):
        page = render_to_string("base.html")

    assert f'<html lang="{language}"' in page
    assert other in page
    assert 'href="#main"' in page
    viewport = re.search(r'name="viewport" content="([^"]*)"', page)[1]
    assert "maximum-scale" not in viewport
    assert "user-scalable" not in viewport


@pytest.mark.parametrize("template", ["base.html", "base_plain.html"])
def test_demo_banner_stands_only_where_demo_data_is(template):
    with_demo = render_to_string(template, {"is_demo": True})
    without = render_to_string(template, {"is_demo": False})

    assert "<strong>DEMO</strong>" in with_demo
    assert "DEMO" not in without


def test_navigation_marks_the_page_being_shown():
    entries = [{"title": "Bản đồ", "url": "/", "is_current": True}, {"title": "Đất", "url": "/d/", "is_current": False}]

    page = render_to_string("base.html", {"navigation": entries})

    assert re.search(r'<a href="/"\s+aria-current="page"\s*>Bản đồ</a>', page)
    assert page.count('aria-current="page"') == 1


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_error_page_needs_no_context_and_says_what_to_do(name):
    with translation.override("vi"):
        page = render_to_string(f"{name}.html")

    heading = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)[1].strip()
    assert heading
    assert heading != "Có lỗi"
    assert name in page
    assert '<a class="button" href="/">' in page


def test_error_page_shows_the_given_detail_and_request_id_escaped():
    page = render_to_string("404.html", {"title": "Lạc đường", "detail": "<b>x</b>", "request_id": "abc123"})

    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "abc123" in page


@pytest.mark.parametrize(
    "path",
    [path for path in TEMPLATES if path.name not in PRINTED],
    ids=lambda path: path.relative_to(settings.BASE_DIR / "templates").as_posix(),
)
def test_no_template_breaks_the_content_security_policy(path):
    text = path.read_text()

    assert not re.search(r"""\sstyle=["']""", text)
    assert not re.search(r"""\son[a-z]+=["']""", text)
    assert "<style" not in text
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or "nonce=" in script
    assert not re.search(r"""(src|href)=["'](https?:)?//""", text)


def test_form_binds_help_and_errors_to_the_control():
    form = PlotForm({"name": "", "area": "x"})

    page = str(form)

    described = re.search(r'<input[^>]*name="name"[^>]*aria-describedby="([^"]*)"', page)[1].split()
    assert described == ["id_name_helptext", "id_name_error"]
    for identifier in described:
        assert f'id="{identifier}"' in page
    assert '<label for="id_name">' in page
    assert 'aria-invalid="true"' in page
    assert 'role="alert"' in page
    assert page.count("id_agree") >= 2


def test_month_strip_says_in_words_what_it_shows():
    with translation.override("vi"):
        some, all_year, none = month_strip([4, 3]), month_strip(range(1, 13)), month_strip([])

    assert some["text"] == "Tháng thu hoạch: 3, 4"
    assert [cell["number"] for cell in some["cells"] if cell["is_on"]] == [3, 4]
    assert all_year["text"] == "Thu hoạch quanh năm"
    assert none["text"] == "Chưa khai tháng thu hoạch"


@pytest.mark.parametrize(("widget", "kind", "value"), [(MonthStrip, "radio", "5"), (MonthsStrip, "checkbox", ["5"])])
def test_month_picker_is_made_of_labelled_controls(widget, kind, value):
    choices = [(str(month), str(month)) for month in range(1, 13)]

    page = widget(choices=choices).render("month", value, {"id": "id_month"})

    assert len(re.findall(rf'<input type="{kind}" name="month"', page)) == 12
    assert len(re.findall(r"<label[^>]* for=", page)) == 12
    assert len(re.findall(r"<input[^>]*checked", page)) == 1


def test_map_scripts_carry_nonce_worker_and_texts():
    page = Template('{% include "includes/map_scripts.html" %}').render(Context({"csp_nonce": "n0nce"}))

    imports = json.loads(re.search(r'<script type="importmap" nonce="n0nce">(.*?)</script>', page)[1])["imports"]
    found = json.loads(re.search(r'<script id="map-settings"[^>]*>(.*?)</script>', page)[1])
    assert imports["maplibre-gl"].endswith(".mjs")
    assert found["worker_url"].endswith("maplibre-gl-worker.mjs")
    assert found["basemaps"] == []
    assert found["texts"]["legend"]


def test_external_basemaps_are_the_only_foreign_hosts_of_the_policy(settings, client):
    before = client.get("/healthz")["Content-Security-Policy"]
    settings.MAP_EXTERNAL_BASEMAPS = [{**BASEMAP, "secret": "not for the page"}]

    after = client.get("/healthz")["Content-Security-Policy"]

    assert "http" not in before
    assert "img-src 'self' data: blob: https://tiles.example.org;" in after
    assert "connect-src 'self' https://tiles.example.org;" in after
    assert basemap_origins() == ["https://tiles.example.org"]
    assert external_basemaps() == [{**BASEMAP, "kind": "raster"}]


def test_geometry_widget_shows_a_shape_and_never_takes_one():
    shape = GEOSGeometry("POLYGON((105.6 10.4, 105.61 10.4, 105.61 10.41, 105.6 10.41, 105.6 10.4))", srid=4326)
    widget = GeometryWidget()

    page = widget.render("boundary", shape, {"id": "id_boundary"})

    frame = json.loads(re.search(r'<script id="frame-id_boundary"[^>]*>(.*?)</script>', page)[1])
    west, south, east, north = frame["bounds"]
    assert west < 105.6 < 105.61 < east
    assert south < 10.4 < 10.41 < north
    assert frame["features"]["features"][0]["geometry"]["type"] == "Polygon"
    assert widget.value_omitted_from_data({"boundary": "POINT(0 0)"}, {}, "boundary")


@pytest.mark.parametrize("value", [None, "", "nonsense", "POINT EMPTY"])
def test_geometry_widget_without_a_shape_says_so(value):
    with translation.override("vi"):
        page = GeometryWidget().render("boundary", value, {"id": "id_boundary"})

    assert "Chưa có hình trên bản đồ." in page
    assert "data-map" not in page


def test_admin_draws_geometry_with_our_widget_read_only(rf):
    model_admin = GeoModelAdmin(AdministrativeUnit, admin.site)
    names = [field.name for field in AdministrativeUnit._meta.fields if isinstance(field, GeometryField)]

    fields = [
        model_admin.formfield_for_dbfield(AdministrativeUnit._meta.get_field(name), rf.get("/admin/")) for name in names
    ]

    assert names
    for field in fields:
        assert isinstance(field.widget, GeometryWidget)
        assert field.disabled


def test_no_admin_page_uses_a_widget_from_a_foreign_host(rf):
    for model, model_admin in admin.site._registry.items():
        for field in model._meta.get_fields():
            if isinstance(field, GeometryField) and field.editable:
                form_field = model_admin.formfield_for_dbfield(field, rf.get("/admin/"))

                assert not isinstance(form_field.widget, BaseGeometryWidget), f"{model.__name__}.{field.name}"


def test_admin_shows_a_read_only_shape_as_a_map(rf, monkeypatch):
    model_admin = GeoModelAdmin(AdministrativeUnit, admin.site)
    monkeypatch.setattr(model_admin, "has_change_permission", lambda request, obj=None: False)
    monkeypatch.setattr(model_admin, "fields", ["name", ("boundary", "centre")])
    unit = AdministrativeUnit(boundary=GEOSGeometry("MULTIPOLYGON(((105 10, 106 10, 106 11, 105 10)))", srid=4326))

    [(_title, options)] = model_admin.get_fieldsets(rf.get("/admin/"), unit)

    name, (boundary, _centre) = options["fields"]
    assert name == "name"
    assert "data-map" in boundary(unit)
    assert "MULTIPOLYGON" not in boundary(unit)
