"""The wizard's pages: each step, who may see them, what they say of bad files, the file of refused rows and back."""

import csv
import io
import json
import zipfile

import pytest
from django.urls import reverse

from cooperatives.models import CooperativeStatus
from farms import imports, services
from farms.models import ColumnMapping, ImportStatus, Plot, PlotImport
from farms.services import mappings
from geofiles import features, writers
from office.models import Document, JobStatus, Notice
from tests.factories.office import make_upload
from tests.shapes import bowtie, square, square_east_of

pytestmark = pytest.mark.django_db
GROUND = square(105.63, 10.45)
NEW = "/coop/imports/new/"


def geojson(*rows, crs=None):
    """Return GeoJSON bytes of (geometry, properties)."""
    shapes = [
        {"type": "Feature", "properties": properties, "geometry": json.loads(shape.geojson) if shape else None}
        for shape, properties in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": shapes}).encode()


def in_metres(*shapes, crs="EPSG:5897"):
    """Return shapefile parts without .prj, with coordinates of a VN-2000 zone."""
    import shapely

    from geofiles import crs as systems

    return systems.from_wgs84([shapely.from_wkt(shape.wkt) for shape in shapes], crs)


def shapefile(tmp_path, shapes, columns, *, encoding="UTF-8", drop=(".prj",)):
    """Return a zipped shapefile as bytes, without the parts whose names end as `drop` says."""
    batch = features.make_batch(list(shapes), columns, crs="EPSG:5897")
    made = writers.write(batch, tmp_path / "thua.zip", "shapefile", encoding=encoding)
    left = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(left, "w") as target:
        for name in source.namelist():
            if not name.endswith(drop):
                target.writestr(name, source.read(name))
    return left.getvalue()


def content_of(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def upload(client, media, clerk, cooperative, mango, work_off):
    """Return upload(name, content): the clerk sends a file by the form, the job reads it; the import."""
    client.force_login(clerk)

    def send(name, content, **form):
        sent = client.post(NEW, {"file": make_upload(name, content), "cooperative": cooperative.slug} | form)
        assert sent.status_code == 302, sent.content.decode()
        work_off()
        return PlotImport.objects.order_by("created_at").last()

    return send


def url(name, plot_import, *args):
    return reverse(f"farms:import-{name}", args=[plot_import.pk, *args])


def confirm_columns(client, plot_import, **changes):
    """Send the form of the columns as it stands, with `changes`."""
    plot_import.refresh_from_db()
    return client.post(url("columns", plot_import), (plot_import.options.get("columns") or {}) | changes)


def test_clerk_walks_the_wizard(client, upload, clerk, cooperative, work_off):
    rows = [(GROUND, {"ma": "A1", "cay": "xoai"}), (square(107.5, 12.5), {"ma": "=A2", "cay": "xoai"})]

    plot_import = upload("thua.geojson", geojson(*rows))
    columns = client.get(client.get(plot_import.get_absolute_url())["Location"])
    confirm_columns(client, plot_import)
    preview = client.get(plot_import.get_absolute_url()).content.decode()
    refused = content_of(client.get(url("refused", plot_import, "csv"))).decode()
    client.post(url("commit", plot_import))
    storing = client.get(plot_import.get_absolute_url()).content.decode()
    work_off()
    report = client.get(plot_import.get_absolute_url()).content.decode()

    assert "Giá trị mẫu" in columns.content.decode()
    assert "Ghi các thửa đạt (1)" in preview
    assert "'=A2" in refused
    assert "hx-get" in storing
    assert "Đã ghi 1 thửa" in report
    assert Notice.objects.filter(user=clerk, kind="farms.import_read").exists()


def test_upload_page_lists_earlier_imports(client, upload, clerk):
    plot_import = upload("đợt 1.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})))

    page = client.get(NEW).content.decode()

    assert all(text in page for text in ("đợt 1.geojson", "Chờ xác nhận", "1 đạt", clerk.full_name))
    assert plot_import.get_absolute_url() in page


def test_earlier_imports_come_by_pages(client, upload, monkeypatch):
    monkeypatch.setattr("farms.views.imports.EARLIER", 1)
    upload("một.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})))
    upload("hai.geojson", geojson((GROUND, {"ma": "A2", "cay": "xoai"})))

    first = client.get(NEW)
    second = client.get(first.context["next_url"])

    names = [[item.document.name for item in page.context["earlier"]] for page in (first, second)]
    assert names == [["hai.geojson"], ["một.geojson"]]
    assert client.get(f"{NEW}?before=hôm qua").status_code == 400


def test_same_file_leads_to_the_first_import(client, upload):
    content = geojson((GROUND, {"ma": "A1", "cay": "xoai"}))
    first = upload("thua.geojson", content)

    again = client.post(NEW, {"file": make_upload("tên khác.geojson", content)}, follow=True)

    assert again.redirect_chain[0][0] == first.get_absolute_url()
    assert "đã được tải lên" in again.content.decode()
    assert PlotImport.objects.count() == 1


@pytest.mark.parametrize("who", ["viewer", "outsider", "neighbour_clerk"])
def test_pages_belong_to_those_who_enter_data(client, request, upload, cooperative, who):
    plot_import = upload("thua.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})))
    client.force_login(request.getfixturevalue(who))

    pages = ["detail", "columns", "reading", "file"]
    got = {client.get(url(name, plot_import)).status_code for name in pages}
    got |= {client.get(url("refused", plot_import, suffix)).status_code for suffix in ("csv", "xlsx")}
    acts = ("answer", "columns", "commit", "undo", "cancel")
    sent = {client.post(url(name, plot_import)).status_code for name in acts}

    assert (got, sent) == ({404}, {404})
    assert client.get(f"{NEW}?cooperative={cooperative.slug}").status_code in (403, 404)


def test_pages_need_a_sign_in(client, upload):
    plot_import = upload("thua.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})))
    client.logout()

    assert client.get(plot_import.get_absolute_url())["Location"].startswith("/accounts/login/")


def test_unverified_cooperative_may_bring_its_plots(client, upload, cooperative, work_off):
    cooperative.status = CooperativeStatus.PENDING
    cooperative.save(update_fields=["status"])
    plot_import = upload("thua.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})))
    confirm_columns(client, plot_import)

    client.post(url("commit", plot_import))
    work_off()

    assert Plot.objects.get().ref == "A1"


# --- What is in doubt --------------------------------------------------------------------------------------------


def test_coordinates_in_doubt_are_chosen_on_a_map(client, upload, tmp_path, commune, work_off):
    shapes = in_metres(GROUND)
    plot_import = upload("thua.zip", shapefile(tmp_path, shapes, {"so_thua": ["A1"], "cay": ["xoai"]}))

    page = client.get(plot_import.get_absolute_url())
    first = page.context["candidates"][0]
    client.post(url("answer", plot_import), {"answer": first["choice"].data["value"]})
    work_off()

    assert (first["crs"], first["is_own"], first["commune"]) == ("EPSG:5897", True, commune)
    assert len({shape["properties"]["colour"] for shape in page.context["frame"]["features"]["features"]}) > 1
    assert "HN-72" in page.content.decode()
    assert ".prj" in page.context["why"]
    assert plot_import.rows.get().boundary.centroid.distance(GROUND.centroid) < 1e-6


def test_answer_that_is_no_candidate_is_refused(client, upload, tmp_path):
    plot_import = upload("thua.zip", shapefile(tmp_path, in_metres(GROUND), {"so_thua": ["A1"], "cay": ["xoai"]}))

    answer = client.post(url("answer", plot_import), {"answer": "EPSG:3857"})

    plot_import.refresh_from_db()
    assert (answer.status_code, plot_import.status) == (422, ImportStatus.NEEDS_ANSWER)


def test_old_hanoi_coordinates_are_named_and_refused(client, upload, tmp_path):
    wkt = (
        'PROJCS["Hanoi 1972 / Gauss-Kruger zone 18",GEOGCS["Hanoi 1972",DATUM["Hanoi_1972",SPHEROID["Krassowsky 1940",'
        '6378245,298.3]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
        'PARAMETER["central_meridian",105],PARAMETER["false_easting",18500000],UNIT["metre",1]]'
    )
    content = shapefile(tmp_path, in_metres(GROUND), {"so_thua": ["A1"]})
    with_prj = io.BytesIO(content)
    with zipfile.ZipFile(with_prj, "a") as archive:
        archive.writestr("thua.prj", wkt)

    plot_import = upload("thua.zip", with_prj.getvalue())

    page = client.get(plot_import.get_absolute_url()).content.decode()
    assert plot_import.status == ImportStatus.FAILED
    assert "HN-72" in page
    assert "VN-2000" in page


def test_layer_in_doubt_is_asked(client, upload, tmp_path, work_off):
    import shapely

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for name in ("nha", "thua"):
            batch = features.make_batch([shapely.from_wkt(GROUND.wkt)], {"so_thua": [name], "cay": ["xoai"]})
            with zipfile.ZipFile(writers.write(batch, tmp_path / f"{name}.zip", "shapefile")) as source:
                for part in source.namelist():
                    target.writestr(part, source.read(part))
    plot_import = upload("hai lop.zip", made.getvalue())

    page = client.get(plot_import.get_absolute_url())
    wanted = next(value for value, _label in page.context["form"].fields["answer"].choices if "thua" in value)
    client.post(url("answer", plot_import), {"answer": wanted})
    work_off()

    assert plot_import.rows.get().ref == "thua"


def test_old_encoding_is_read_and_can_be_changed(client, upload, tmp_path, work_off):
    import shapely

    shape = shapely.from_wkt(GROUND.wkt)
    batch = features.make_batch([shape], {"so_thua": ["A1"], "chu_ho": ["Nguyễn Thị Đượm"], "cay": ["Xoài"]})
    made = writers.write(batch, tmp_path / "abc.zip", "shapefile", encoding="TCVN3")
    plot_import = upload("abc.zip", made.read_bytes())
    if plot_import.status == ImportStatus.NEEDS_ANSWER:
        client.post(url("answer", plot_import), {"answer": "TCVN3"})
        work_off()
        plot_import.refresh_from_db()

    columns = client.get(url("columns", plot_import))
    reading = client.get(url("reading", plot_import))

    assert plot_import.summary["encoding"] == "TCVN3"
    assert "Nguyễn Thị Đượm" in columns.content.decode()
    shown = dict(reading.context["form"].fields["encoding"].choices)
    assert len(shown) > 1
    assert "Nguyễn Thị Đượm" in shown["TCVN3"]
    assert not any("Nguyễn Thị Đượm" in label for name, label in shown.items() if name != "TCVN3")


def test_columns_that_make_the_plots_are_asked(client, upload, work_off):
    """Two columns hold outlines: the old survey and the new one."""
    old, new = square(105.6, 10.42).wkt, GROUND.wkt
    plot_import = upload("do.csv", f'Thửa,Cây,Đo cũ,Đo mới\nA1,xoai,"{old}","{new}"\n'.encode())
    page = client.get(plot_import.get_absolute_url())
    form = page.context["form"]
    bad = client.post(url("answer", plot_import), {"answer": "own"})

    client.post(url("answer", plot_import), {"answer": "own", "wkt": "Đo mới"})
    work_off()
    client.post(url("answer", plot_import), {"answer": "EPSG:4326"})  # outlines as text do not say their system
    work_off()

    labels = [label for _value, label in form.fields["answer"].choices]
    assert ["Đo cũ" in labels[0], "Đo mới" in labels[1], len(labels)] == [True, True, 3]
    assert (bad.status_code, sorted(bad.context["form"].errors)) == (422, ["x", "y"])
    plot_import.refresh_from_db()
    assert plot_import.status == ImportStatus.PREVIEWED, plot_import.error
    assert plot_import.rows.get().boundary.equals_exact(GROUND, 1e-9)


def test_candidate_for_the_columns_is_taken(client, upload, work_off):
    old, new = square(105.6, 10.42).wkt, GROUND.wkt
    plot_import = upload("do.csv", f'Thửa,Cây,Đo cũ,Đo mới\nA1,xoai,"{old}","{new}"\n'.encode())

    client.post(url("answer", plot_import), {"answer": "1"})
    work_off()
    client.post(url("answer", plot_import), {"answer": "EPSG:4326"})
    work_off()

    plot_import.refresh_from_db()
    assert plot_import.status == ImportStatus.PREVIEWED, plot_import.error
    assert plot_import.rows.get().boundary.equals_exact(GROUND, 1e-9)


# --- Columns -----------------------------------------------------------------------------------------------------


def test_columns_are_guessed_with_samples_and_can_be_changed(client, upload, work_off):
    plot_import = upload("thua.geojson", geojson((GROUND, {"ma": "x", "lo": "A1", "cay": "xoai"})))
    page = client.get(url("columns", plot_import))

    confirm_columns(client, plot_import, ref="lo")
    work_off()

    fields = page.context["fields"] + page.context["more_fields"]
    guessed = {item["field"].name: item["samples"] for item in fields if item["samples"]}
    assert guessed == {"ref": ["x"], "crop": ["xoai"]}
    assert plot_import.rows.get().ref == "A1"
    assert client.get(plot_import.get_absolute_url()).status_code == 200


def test_one_column_can_not_mean_two_things(client, upload):
    plot_import = upload("thua.geojson", geojson((GROUND, {"ma": "x", "cay": "xoai"})))

    answer = confirm_columns(client, plot_import, variety="cay")

    assert answer.status_code == 422
    assert "variety" in answer.context["form"].errors


def test_mapping_is_kept_on_commit_and_used_for_the_next_file(client, upload, work_off, cooperative):
    first = upload("một.geojson", geojson((GROUND, {"ma": "x", "Lô đất": "A1", "cay": "xoai"})))
    confirm_columns(client, first, ref="Lô đất")
    work_off()
    client.post(url("commit", first))
    work_off()

    second = upload("hai.geojson", geojson((square_east_of(GROUND), {"ma": "y", "cay": "xoai", "LO DAT": "A2"})))

    page = client.get(second.get_absolute_url())
    assert ColumnMapping.objects.get().cooperative == cooperative
    assert second.rows.get().ref == "A2"
    assert "cách đọc cột của lần trước" in page.content.decode()


def test_headings_are_the_same_whatever_their_order_and_spelling():
    digests = {
        mappings.headings_digest(headings)
        for headings in (["Số thửa", "Cây"], ["CAY", "so_thua"], ["cay", "SO THUA", *imports.OWN_HEADINGS.values()])
    }

    assert len(digests) == 1
    assert mappings.headings_digest(["Số thửa"]) not in digests


# --- Preview -----------------------------------------------------------------------------------------------------


def test_preview_filters_and_pages(client, upload, monkeypatch):
    monkeypatch.setattr("farms.views.import_rows.PAGE_ROWS", 2)
    rows = [(square(105.6 + number / 100, 10.42), {"ma": f"A{number}", "cay": "xoai"}) for number in range(3)]
    plot_import = upload("thua.geojson", geojson(*rows, (GROUND, {"ma": "B", "cay": "cỏ lạ"})))
    confirm_columns(client, plot_import)
    address = plot_import.get_absolute_url()

    first = client.get(address)
    second = client.get(address + first.context["next_url"])
    red = client.get(address, {"verdict": "red"})

    def refs(page):
        return [item["row"].ref for item in page.context["rows"]]

    assert (refs(first), refs(second), refs(red)) == (["A0", "A1"], ["A2", "B"], ["B"])
    assert [item["count"] for item in first.context["verdict_filters"]] == [4, 3, 1]
    assert client.get(address, {"after": "x"}).status_code == 400


def test_map_draws_the_worst_first_and_says_what_it_leaves_out(client, upload, monkeypatch):
    monkeypatch.setattr("farms.views.import_rows.MAP_SHAPES", 1)
    monkeypatch.setattr("farms.views.import_rows.PAGE_ROWS", 1)
    rows = [(square(105.6 + number / 100, 10.42), {"ma": f"A{number}", "cay": "xoai"}) for number in range(3)]
    plot_import = upload("thua.geojson", geojson(*rows, (GROUND, {"ma": "B", "cay": "cỏ lạ"})))
    confirm_columns(client, plot_import)

    page = client.get(plot_import.get_absolute_url())

    drawn = [shape["properties"].get("row") for shape in page.context["frame"]["features"]["features"]]
    assert (drawn, page.context["undrawn"]) == ([4, 1], 3)


def test_preview_costs_the_same_for_one_and_for_many(client, upload, django_assert_max_num_queries):
    rows = [(square(105.55 + n / 500, 10.4, 50), {"ma": f"A{n}", "cay": "xoai"}) for n in range(60)]
    plot_import = upload("thua.geojson", geojson(*rows))
    confirm_columns(client, plot_import)

    with django_assert_max_num_queries(22):
        page = client.get(plot_import.get_absolute_url())

    assert len(page.context["rows"]) == 50


def test_bad_page_of_a_stranger_file_is_escaped(client, upload):
    plot_import = upload("<b>x.geojson", geojson((GROUND, {"ma": "<script>1</script>", "cay": "xoai"})))
    columns = client.get(url("columns", plot_import)).content.decode()
    confirm_columns(client, plot_import)

    page = client.get(plot_import.get_absolute_url()).content.decode()

    assert "<script>1" not in page
    assert "<script>1" not in columns


def test_progress_page_can_be_left_by_cancelling(client, media, clerk, cooperative, mango):
    client.force_login(clerk)
    sent = client.post(NEW, {"file": make_upload("t.geojson", geojson((GROUND, {"ma": "A1"})))})

    page = client.get(sent["Location"])
    part = client.get(sent["Location"], headers={"HX-Request": "true"})
    cancelled = client.post(f"{sent['Location']}cancel/", follow=True)

    assert f"{sent['Location']}cancel/" in page.content.decode()
    assert b"<html" not in part.content
    assert "Đã bỏ lần nhập" in cancelled.content.decode()
    assert PlotImport.objects.get().status == ImportStatus.CANCELLED


# --- Bad files (D14, D15, D16, D19) ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "name", "content", "said"),
    [
        ("no features", "a.geojson", b'{"type": "FeatureCollection", "features": []}', "không có đối tượng"),
        ("wrong extension", "a.geojson", b"\x89PNG\r\n\x1a\n", "Chưa đọc được loại tệp này"),
        ("nothing known", "a.doc", b"xin chao", "Chưa đọc được loại tệp này"),
        ("page in a zip", "a.zip", b"<html></html>PK\x03\x04", ""),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value and value.isascii() else "-",
)
def test_useless_file_says_why(client, upload, case, name, content, said):
    plot_import = upload(name, content)

    page = client.get(plot_import.get_absolute_url()).content.decode()

    assert plot_import.status == ImportStatus.FAILED
    assert said in page
    assert "Chưa có thửa nào được ghi" in page


def test_empty_file_is_refused_at_once(client, media, clerk, cooperative):
    client.force_login(clerk)

    answer = client.post(NEW, {"file": make_upload("a.geojson", b"")})

    assert answer.status_code == 422
    assert not PlotImport.objects.exists()


@pytest.mark.parametrize(
    ("case", "name"),
    [
        ("path", "../../etc/passwd.geojson"),
        ("line break", "a\r\nSet-Cookie: x=1.geojson"),
        ("right to left", "a\u202egpj.geojson"),
        ("long NFD", "o\u0302\u0301" * 60 + ".geojson"),
    ],
)
def test_names_of_files_are_made_safe(client, upload, media, case, name):
    plot_import = upload(name, geojson((GROUND, {"ma": "A1", "cay": "xoai"})))

    answer = client.get(url("file", plot_import))
    content = content_of(answer)

    document = Document.objects.get()
    assert content.startswith(b'{"type"')
    assert "attachment" in answer["Content-Disposition"]
    assert not any(sign in answer["Content-Disposition"] for sign in ("\r", "\n", "..", "\u202e"))
    assert document.pk.hex in document.file.path
    assert str(media) in document.file.path


def test_one_bad_row_is_told_and_the_others_are_stored(client, upload, work_off):
    """D14, in small: the row, its number and the reason; the soak of the engine has the ten thousand."""
    rows = [(square(105.55 + n / 500, 10.4, 50), {"ma": f"A{n}", "cay": "xoai"}) for n in range(20)]
    rows[7] = (bowtie(105.63, 10.45), {"ma": "HỎNG", "cay": "xoai"})
    plot_import = upload("thua.geojson", geojson(*rows))
    confirm_columns(client, plot_import)

    client.post(url("commit", plot_import))
    work_off()

    report = client.get(plot_import.get_absolute_url(), {"verdict": "red"})
    [bad] = report.context["rows"]
    assert (bad["row"].row, bad["row"].ref) == (8, "HỎNG")
    assert "tự cắt" in bad["findings"][0]["text"]
    assert Plot.objects.count() == 19


# --- The refused rows and back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["xlsx", "csv", "geojson", "gpkg"])
def test_corrected_file_is_taken_as_it_is(client, upload, work_off, suffix):
    rows = [
        (GROUND, {"Lô đất": "A1", "ma": "m1", "cay": "xoai"}),
        (square_east_of(GROUND), {"Lô đất": "A2", "ma": "m2", "cay": "cỏ lạ"}),
    ]
    first = upload("thua.geojson", geojson(*rows))
    confirm_columns(client, first, ref="Lô đất")
    work_off()
    client.post(url("commit", first))
    work_off()
    refused = content_of(client.get(url("refused", first, suffix)))

    second = upload(f"sua.{suffix}", refused, crop="xoai")

    assert second.status == ImportStatus.PREVIEWED, second.error
    row = second.rows.get()
    assert second.options["columns"] == {"ref": "Lô đất", "crop": "cay"}
    assert (row.ref, row.verdict) == ("A2", "green")
    assert row.boundary.equals_exact(square_east_of(GROUND), 1e-8)


def test_refused_file_has_the_reason_beside_each_row(client, upload):
    shape = bowtie(105.63, 10.45)
    plot_import = upload("thua.geojson", geojson((shape, {"ma": "A1", "cay": "xoai"})))

    text = content_of(client.get(url("refused", plot_import, "csv"))).decode("utf-8-sig")

    [row] = csv.DictReader(io.StringIO(text))
    assert "tự cắt" in row["Lý do chưa đạt"]
    assert (row["Dòng trong tệp gốc"], row["ma"], row["cay"]) == ("1", "A1", "xoai")
    assert row["WKT (WGS 84)"].startswith(("POLYGON", "MULTIPOLYGON"))  # the shape to be corrected


def test_crooked_shape_comes_back_to_be_corrected(client, upload, work_off):
    first = upload("thua.geojson", geojson((bowtie(105.63, 10.45), {"ma": "A1", "cay": "xoai"})))
    refused = json.loads(content_of(client.get(url("refused", first, "geojson"))))
    refused["features"][0]["geometry"] = json.loads(GROUND.geojson)

    second = upload("sua.geojson", json.dumps(refused).encode())

    assert (second.rows.get().ref, second.rows.get().verdict) == ("A1", "green")


def test_preview_tells_what_an_update_changes(client, upload, plot, longan):
    rows = [
        (square_east_of(plot.boundary), {"ma": plot.ref, "cay": "nhan"}),
        (GROUND, {"ma": "MỚI", "cay": "xoai"}),
    ]
    plot_import = upload("thua.geojson", geojson(*rows))
    confirm_columns(client, plot_import)

    page = client.get(plot_import.get_absolute_url())
    updates = client.get(plot_import.get_absolute_url(), {"action": "update"})

    [changed] = updates.context["rows"]
    assert changed["row"].ref == plot.ref
    assert [change["title"] for change in changed["changes"]] == ["Cây trồng", "Ranh giới"]
    assert changed["plot"] == plot.pk
    assert page.context["has_targets"]


def test_preview_tells_what_an_update_writes(client, upload, plot):
    row = {"ma": plot.ref, "cay": "xoai", "nam trong": "2001", "so cay": "rất nhiều", "ghi chu": "Bờ kênh"}
    plot_import = upload("thua.geojson", geojson((plot.boundary, row)))
    confirm_columns(client, plot_import)

    page = client.get(plot_import.get_absolute_url())

    [changed] = page.context["rows"]
    assert [(change["title"], change["after"]) for change in changed["changes"]] == [
        ("Năm trồng", "2001"),
        ("Ghi chú", "Bờ kênh"),
    ]


def test_undo_takes_the_plots_back(client, upload, work_off):
    plot_import = upload("thua.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})))
    confirm_columns(client, plot_import)
    client.post(url("commit", plot_import))
    work_off()

    client.post(url("undo", plot_import))
    work_off()

    plot_import.refresh_from_db()
    page = client.get(plot_import.get_absolute_url()).content.decode()
    assert plot_import.status == ImportStatus.UNDONE
    assert not Plot.objects.current().exists()
    assert "đã được hoàn tác" in page


def test_undo_says_what_prevents_it(client, upload, work_off, clerk):
    plot_import = upload("thua.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})))
    confirm_columns(client, plot_import)
    client.post(url("commit", plot_import))
    work_off()
    services.change_plot(Plot.objects.get(), by=clerk, tree_count=5)

    answer = client.post(url("undo", plot_import))

    assert answer.status_code in (409, 422)
    assert "A1" in answer.content.decode()
    assert Plot.objects.current().count() == 1


def test_language_of_an_answer_to_a_form_leads_back_to_its_page(client, upload, work_off, clerk):
    plot_import = upload("thua.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})))
    confirm_columns(client, plot_import)
    client.post(url("commit", plot_import))
    work_off()
    services.change_plot(Plot.objects.get(), by=clerk, tree_count=5)
    report = f"http://testserver{plot_import.get_absolute_url()}"

    answer = client.post(url("undo", plot_import), headers={"Referer": report}).content.decode()
    page = client.get(plot_import.get_absolute_url(), {"verdict": "green"}).content.decode()

    assert f'value="{report}"' in answer
    assert f'value="{plot_import.get_absolute_url()}?verdict=green"' in page


def test_job_that_failed_is_told_on_the_preview(client, upload, clerk, cooperative, mango, work_off):
    plot_import = upload("thua.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})))
    confirm_columns(client, plot_import)
    client.post(url("commit", plot_import))
    services.add_plot(cooperative, GROUND, by=clerk, ref="X", crop=mango)
    work_off()

    page = client.get(plot_import.get_absolute_url())

    assert page.context["failed_job"].status == JobStatus.FAILED
    assert "thay đổi từ lúc xem trước" in page.content.decode()
