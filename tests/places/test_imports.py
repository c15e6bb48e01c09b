"""Lists of units and of succession from files."""

import gzip
import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from places.imports import UnitEdition, UnitRow, import_successions, import_units, read_units
from places.models import AdministrativeUnit, SuccessionKind, UnitPiece, UnitSuccession
from places.sql import successions
from tests.shapes import bowtie, middle_of, square, square_east_of

OLD, NEW, LATER = date(2025, 3, 12), date(2025, 7, 1), date(2026, 9, 1)

PROVINCES = "code,name,unit_type,area_km2\n82,Đồng Tháp,Tỉnh,5938.64\n"
COMMUNES = (
    "code,province_code,name,name_en,unit_type,area_km2\n"
    "29869,82,Cao Lãnh,Cao Lanh,Phường,73.3\n"
    "29884,82,Mỹ Ngãi,My Ngai,Phường,49.0\n"
)
OLD_PROVINCES = "code,name,full_name\n87,Đồng Tháp,Tỉnh Đồng Tháp\n89,An Giang,Tỉnh An Giang\n"
OLD_COMMUNES = (
    "code,province_code,name,full_name\n"
    "29881,87,Mỹ Ngãi,Phường Mỹ Ngãi\n"
    "29884,87,Mỹ Tân,Xã Mỹ Tân\n"
    "29869,87,1,Phường 1\n"
    "30622,89,Mỹ Tân,Xã Mỹ Tân\n"
)
MAPPING = (
    "old_province_code,old_ward_code,old_ward_name,new_ward_code,new_ward_name,kind\n"
    "87,29881,Phường Mỹ Ngãi,29884,Phường Mỹ Ngãi,full\n"
    "87,29884,Xã Mỹ Tân,29884,Phường Mỹ Ngãi,full\n"
    "87,29869,Phường 1,29869,Phường Cao Lãnh,full\n"
    "89,30622,Xã Mỹ Tân,29884,Phường Mỹ Ngãi,partial\n"
    "87,29999,Xã Không Có,29884,Phường Mỹ Ngãi,full\n"
)


@pytest.fixture
def folder(tmp_path):
    """An empty folder; `_put` writes lists into it."""
    return tmp_path


def _put(folder, name, text):
    path = folder / name
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def _geojson(*features):
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": properties, "geometry": json.loads(shape.geojson)}
                for properties, shape in features
            ],
        }
    )


def _load(path, *options, on="2025-07-01"):
    out = StringIO()
    call_command("import_admin_units", str(path), "--on", on, *options, stdout=out)
    return out.getvalue()


def _state():
    return list(AdministrativeUnit.objects.order_by("pk").values()), list(
        UnitSuccession.objects.order_by("pk").values()
    )


@pytest.fixture
def old_lists(db, folder):
    """The lists of before July 2025, loaded as no longer in force since then."""
    old = folder / "old"
    old.mkdir()
    _put(old, "provinces.csv", OLD_PROVINCES)
    _put(old, "wards.csv.gz", OLD_COMMUNES)
    _load(old, "--until", "2025-07-01", on="2025-03-12")
    return old


@pytest.fixture
def new_lists(db, folder):
    """The lists since July 2025, loaded."""
    new = folder / "new"
    new.mkdir()
    _put(new, "provinces.csv", PROVINCES)
    _put(new, "wards.csv", COMMUNES)
    _load(new, "--legal-ref", "QĐ 19/2025/QĐ-TTg", "--source", "test list")
    return new


def test_list_creates_units_with_tree_dates_and_sources(new_lists):
    unit = AdministrativeUnit.objects.select_related("parent").get(code="29869")

    assert (str(unit), unit.name_en, str(unit.parent)) == ("Phường Cao Lãnh", "Cao Lanh", "Tỉnh Đồng Tháp")
    assert (unit.valid_from, unit.valid_to, unit.official_area_km2) == (NEW, None, 73.3)
    assert (unit.legal_ref, unit.source) == ("QĐ 19/2025/QĐ-TTg", "test list")
    assert unit.search_key == "phuong cao lanh"


def test_same_list_twice_changes_nothing(new_lists):
    before = _state()

    report = _load(new_lists, "--legal-ref", "QĐ 19/2025/QĐ-TTg", "--source", "test list")

    assert "0 created, 0 updated, 0 ended, 3 unchanged" in report
    assert _state() == before


def test_dry_run_reports_and_keeps_nothing(db, folder):
    _put(folder, "provinces.csv", PROVINCES)

    report = _load(folder, "--dry-run")

    assert "1 created" in report
    assert not AdministrativeUnit.objects.exists()


def test_code_keeps_its_leading_zeros(db, folder):
    path = _put(folder, "provinces.csv", "code,name,unit_type\n01,Hà Nội,Thành phố\n")

    _load(path)

    assert AdministrativeUnit.objects.get().code == "01"


def test_names_are_stored_in_nfc_without_stray_blanks(db, folder):
    path = _put(folder, "provinces.csv", "code,name,unit_type\n82,  \u0110o\u0302\u0300ng  Tha\u0301p ,Ti\u0309nh\n")

    _load(path)

    assert str(AdministrativeUnit.objects.get()) == "Tỉnh Đồng Tháp"


@pytest.mark.parametrize("order", ["old first", "new first"])
def test_old_and_new_lists_come_in_any_order(db, folder, order):
    _put(folder, "p.csv", PROVINCES + "91,An Giang,Tỉnh,9888.91\n")
    _put(folder, "c.csv", COMMUNES)
    old = folder / "old"
    old.mkdir()
    _put(old, "p.csv", OLD_PROVINCES)
    _put(old, "c.csv", OLD_COMMUNES)
    steps = [
        lambda: _load(old, "--until", "2025-07-01", on="2025-03-12"),
        lambda: _load(folder),
    ]

    for step in steps if order == "old first" else reversed(steps):
        step()

    my_tan, my_ngai = AdministrativeUnit.objects.with_code("29884").order_by("valid_from")
    assert (str(my_tan), my_tan.valid_to) == ("Xã Mỹ Tân", NEW)
    assert (str(my_ngai), my_ngai.valid_to) == ("Phường Mỹ Ngãi", None)


def test_open_ended_unit_ends_when_its_code_gets_another_name(db, folder):
    _put(folder, "p.csv", OLD_PROVINCES)
    _put(folder, "c.csv", OLD_COMMUNES)
    _load(folder, on="2025-03-12")
    path = _put(folder / "..", f"{folder.name}_new.csv", "code,name,unit_type\n29884,Mỹ Ngãi,Phường\n")

    report = _load(path)

    assert "1 created, 0 updated, 1 ended" in report
    assert list(
        AdministrativeUnit.objects.with_code("29884").order_by("valid_from").values_list("name_vi", "valid_to")
    ) == [("Mỹ Tân", NEW), ("Mỹ Ngãi", None)]


def test_other_name_on_the_same_day_is_listed_and_not_applied(new_lists, folder):
    path = _put(folder, "other.csv", "code,name,unit_type\n29884,Cửa Nam,Phường\n")

    report = _load(path)

    assert "29884: Phường Mỹ Ngãi here, Phường Cửa Nam in the list" in report
    assert AdministrativeUnit.objects.get(code="29884").name_vi == "Mỹ Ngãi"


def test_tone_placement_is_no_other_name(db, folder):
    _load(_put(folder, "a.csv", "code,name,unit_type\n56,Khánh Hòa,Tỉnh\n"))

    report = _load(_put(folder, "b.csv", "code,name,unit_type\n56,Khánh Hoà,Tỉnh\n"))

    assert "0 created, 1 updated" in report
    assert AdministrativeUnit.objects.get().name_vi == "Khánh Hoà"


def test_rows_that_cannot_be_used_are_listed_and_the_rest_goes_in(new_lists, folder):
    path = _put(
        folder,
        "odd.csv",
        "code,province_code,name,unit_type\n"
        "29888,82,Mỹ Trà,Phường\n"
        "2988X,82,Sai Mã,Xã\n"
        "29889,82,,Xã\n"
        "29891,77,Mồ Côi,Xã\n"
        "29892,82,Ẩn\u200b Ký Tự,Xã\n",
    )

    report = _load(path)

    assert "1 created" in report
    assert "odd.csv row 2 (2988X): code_unreadable" in report
    assert "odd.csv row 3 (29889): name_missing" in report
    assert "(29891): parent_unknown" in report
    assert "odd.csv row 5 (29892): hidden_character" in report


def test_outlines_replace_schematic_ones_and_draw_the_province(db, folder):
    west, east = square(105.60, 10.40, 1000), square_east_of(square(105.60, 10.40, 1000))
    import_units(
        [
            UnitRow(1, "82", "province", "Tỉnh", "Đồng Tháp"),
            UnitRow(2, "29869", "commune", "Phường", "Cao Lãnh", parent_code="82", shape=bytes(east.wkb)),
            UnitRow(3, "29884", "commune", "Phường", "Mỹ Ngãi", parent_code="82", shape=bytes(west.wkb)),
        ],
        UnitEdition(on=NEW, source="drawn", is_schematic=True),
    )
    assert AdministrativeUnit.objects.get(code="82").is_schematic
    path = _put(
        folder,
        "official.geojson",
        _geojson(
            ({"code": "29869", "name": "Cao Lãnh", "fullName": "Phường Cao Lãnh"}, west),
            ({"code": "29884", "name": "Mỹ Ngãi", "fullName": "Phường Mỹ Ngãi"}, east),
        ),
    )

    report = _load(path)

    cao_lanh, province = (AdministrativeUnit.objects.get(code=code) for code in ("29869", "82"))
    assert "2 updated" in report
    assert (cao_lanh.is_schematic, province.is_schematic) == (False, False)
    assert cao_lanh.boundary.equals(west)
    assert province.boundary.equals(west.union(east))
    assert list(AdministrativeUnit.objects.communes().containing(middle_of(west))) == [cao_lanh]
    assert UnitPiece.objects.filter(unit=cao_lanh).count() == 1


def test_schematic_outline_never_replaces_an_official_one(db, folder):
    official = square(105.60, 10.40, 1000)
    row = UnitRow(1, "82", "province", "Tỉnh", "Đồng Tháp", shape=bytes(official.wkb))
    import_units([row], UnitEdition(on=NEW))

    drawn = UnitRow(1, "82", "province", "Tỉnh", "Đồng Tháp", shape=bytes(square(106.0, 10.4).wkb))
    summary = import_units([drawn], UnitEdition(on=NEW, is_schematic=True))

    unit = AdministrativeUnit.objects.get()
    assert summary.unchanged == 1
    assert (unit.boundary.equals(official), unit.is_schematic) == (True, False)


def test_outline_that_crosses_itself_is_repaired_and_counted(db):
    row = UnitRow(1, "82", "province", "Tỉnh", "Đồng Tháp", shape=bytes(bowtie(105.6, 10.4).wkb))

    summary = import_units([row], UnitEdition(on=NEW))

    assert summary.repaired == 1
    assert AdministrativeUnit.objects.get().boundary.valid


def test_outline_abroad_is_listed_and_not_applied(db):
    row = UnitRow(7, "82", "province", "Tỉnh", "Đồng Tháp", shape=bytes(square(10.0, 50.0).wkb))

    summary = import_units([row], UnitEdition(on=NEW))

    assert [(problem.row, problem.reason) for problem in summary.problems] == [(7, "outside_country")]
    assert not AdministrativeUnit.objects.exists()


def test_folder_merges_its_files_and_takes_the_most_detailed_outline(folder):
    plain = square(105.60, 10.40, 1000)
    detailed = type(plain)(plain.centroid.buffer(0.01), srid=4326)
    _put(
        folder,
        "a_full.geojson",
        _geojson(({"code": "29869", "name": "Cao Lãnh", "fullName": "Phường Cao Lãnh"}, detailed)),
    )
    _put(
        folder,
        "b_plain.geojson",
        _geojson(({"code": "29869", "name": "Cao Lãnh", "fullName": "Phường Cao Lãnh"}, plain)),
    )
    _put(folder, "c_table.csv", COMMUNES)
    _put(folder, "notes.csv", "colour\nred\n")

    files = read_units(folder)

    cao_lanh = next(row for row in files.units if row.code == "29869")
    assert (len(files.units), cao_lanh.parent_code, cao_lanh.area_km2) == (2, "82", 73.3)
    assert cao_lanh.vertices == detailed.num_coords
    assert files.left_out == ["notes.csv"]


def test_mapping_joins_old_units_to_new_ones(old_lists, new_lists, folder):
    mapping = _put(folder, "mapping.csv", MAPPING)

    report = _load(new_lists, "--mapping", str(mapping))

    my_ngai = AdministrativeUnit.objects.current().get(code="29884")
    found = {
        (item.predecessor.code, str(item.predecessor)): item.kind
        for item in UnitSuccession.objects.filter(successor=my_ngai).select_related("predecessor")
    }
    assert found == {
        ("29881", "Phường Mỹ Ngãi"): SuccessionKind.MERGE,
        ("29884", "Xã Mỹ Tân"): SuccessionKind.MERGE,
    }
    assert "Successions: 5 read, 3 created" in report


def test_homonym_of_another_province_is_listed_and_not_applied(old_lists, new_lists, folder):
    mapping = _put(folder, "mapping.csv", MAPPING)

    report = _load(new_lists, "--mapping", str(mapping))

    assert "30622 → 29884" in report.split("Suspect")[1].split("Rows not applied")[0]
    assert not UnitSuccession.objects.filter(predecessor__code="30622").exists()


def test_code_that_nobody_has_is_listed(old_lists, new_lists, folder):
    mapping = _put(folder, "mapping.csv", MAPPING)

    report = _load(new_lists, "--mapping", str(mapping))

    assert "(29999 → 29884): old_unit_unknown" in report


def test_mapping_twice_changes_nothing(old_lists, new_lists, folder):
    mapping = _put(folder, "mapping.csv", MAPPING)
    _load(new_lists, "--mapping", str(mapping), "--source", "test list")
    before = _state()

    report = _load(new_lists, "--mapping", str(mapping), "--source", "test list")

    assert "0 created, 0 updated, 3 unchanged" in report
    assert _state() == before


def test_old_province_leads_to_the_new_one(old_lists, new_lists, folder):
    _load(new_lists, "--mapping", str(_put(folder, "mapping.csv", MAPPING)))
    old = AdministrativeUnit.objects.get(code="87")

    found = AdministrativeUnit.objects.current_successors_of(old)

    assert [unit.code for unit in found] == ["82"]


def test_open_ended_predecessor_ends_with_the_mapping(db, folder, new_lists):
    _put(folder, "old.csv", "code,name,unit_type\n29881,Mỹ Ngãi,Phường\n")
    _load(folder / "old.csv", on="2025-03-12")
    mapping = _put(folder, "m.csv", "old_code,new_code\n29881,29884\n")

    report = _load(mapping)

    assert "1 old units ended" in report
    assert AdministrativeUnit.objects.get(code="29881").valid_to == NEW


@pytest.mark.parametrize(
    ("case", "name", "text", "message"),
    [
        ("no unit columns", "x.csv", "colour\nred\n", "no list of units found"),
        ("not gzip", "x.csv.gz", None, "not_gzip"),
        ("uneven", "x.csv", "code,name\n82\n", "uneven_row"),
        ("empty", "x.csv", "code,name\n", "no_features"),
        ("missing", "none.csv", "", "no such file"),
    ],
)
def test_file_that_cannot_be_read_is_refused_by_name(db, folder, case, name, text, message):
    path = folder / name
    if text is None:
        path.write_bytes(b"plain text")
    elif case != "missing":
        _put(folder, name, text)

    with pytest.raises(CommandError, match=message):
        _load(path)


def test_list_that_ends_before_it_begins_is_refused(db, folder):
    with pytest.raises(CommandError, match="--until must be later"):
        _load(_put(folder, "p.csv", PROVINCES), "--until", "2025-06-30")


@pytest.mark.django_db
def test_joins_of_a_succession_do_not_hang_on_what_the_planner_knows(folder):
    on_the_eve, on_the_day = _put(folder, "eve.csv", OLD_COMMUNES), _put(folder, "day.csv", COMMUNES)
    import_units(read_units(_put(folder, "old.csv", OLD_PROVINCES)).units, UnitEdition(on=OLD, until=NEW))
    import_units(read_units(on_the_eve).units, UnitEdition(on=OLD, until=NEW))
    import_units(read_units(_put(folder, "new.csv", PROVINCES)).units, UnitEdition(on=NEW))
    import_units(read_units(on_the_day).units, UnitEdition(on=NEW))
    plans = []

    def look(execute, statement, params, many, context):
        if statement in (successions.APPLY, successions.APPLY_ABOVE):
            execute(f"EXPLAIN {statement}", params, many, context)
            plans.append(" ".join(line for (line,) in context["cursor"].fetchall()))
        return execute(statement, params, many, context)

    with connection.execute_wrapper(look):
        summary = import_successions(read_units(_put(folder, "mapping.csv", MAPPING)).successions, UnitEdition(on=NEW))
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_nestloop")
        after = cursor.fetchone()[0]

    assert (summary.created, summary.above) == (3, 1)
    assert len(plans) == 2 and not any("Nested Loop" in plan for plan in plans)
    assert after == "on"
