"""A province as Hive-partitioned GeoParquet, and analysed on two dask workers: whole, and the same as by PostGIS."""

import csv
import hashlib
import io
import json
from datetime import date

import duckdb
import pyarrow.parquet as pq
import pytest
import shapely
from distributed import SubprocessCluster
from django.core.management import CommandError, call_command
from django.http import QueryDict

from accounts.models import User
from accounts.roles import Role
from exchange.analysis import AnalysisRequest, figures
from exchange.catalogue import entry
from exchange.exports.partitioned import write_partitioned
from exchange.selection import Selection
from farms.models import PlotSeason
from geofiles import scale
from places.models import UnitLevel
from places.services import rebuild_pieces
from tests.factories.cooperatives import make_certificate, make_cooperative, make_grower
from tests.factories.crops import make_crop
from tests.factories.farms import make_plot
from tests.factories.places import REFORM, make_succession, make_unit
from tests.people import make_officer
from tests.shapes import rectangle, square

pytestmark = pytest.mark.django_db
OLD = {"valid_from": date(2004, 1, 1), "valid_to": REFORM}
WEST, EAST = 105.50, 105.60


@pytest.fixture(scope="module")
def province(django_db_setup, django_db_blocker):
    """Stored for good, since exports read on a connection of their own: two communes of today, three of before."""
    with django_db_blocker.unblock():
        try:
            yield _fill()
        finally:
            call_command("flush", "--no-input", verbosity=0)


def _fill():
    top = make_unit(level=UnitLevel.PROVINCE, code="98", name_vi="Thử Lớn")
    west = make_unit(code="00123", parent=top, boundary=rectangle(WEST, 10.4, width_m=10_900, height_m=8_000))
    east = make_unit(code="98002", parent=top, boundary=rectangle(EAST, 10.4, width_m=10_900, height_m=8_000))
    districts = [make_unit(level=UnitLevel.DISTRICT, code=f"98{number}", parent=top, **OLD) for number in (1, 2)]
    for district, left in zip(districts, (WEST, WEST + 0.05), strict=True):
        district.boundary = rectangle(left, 10.4, width_m=5_000, height_m=8_000)
        district.save()
    rebuild_pieces([district.pk for district in districts])
    for code, parent, heir in (("98101", 0, west), ("98102", 1, west), ("98103", 1, east)):
        make_succession(make_unit(code=code, parent=districts[parent], **OLD), heir)
    cooperatives = [make_cooperative(west), make_cooperative(east)]
    planner = make_officer(top, Role.PLANNER, username="planner-of-all")
    mango, rice = make_crop(slug="xoai"), make_crop(slug="lua")
    make_certificate(cooperatives[0], crop=mango)
    growers = [make_grower(cooperatives[number % 2]) for number in range(3)]
    for number in range(24):
        cooperative, is_west = cooperatives[number % 2], number % 2 == 0
        plot = make_plot(
            cooperative, (mango, rice)[number % 3 == 0], ref=f"P{number}", commune=west if is_west else east,
            grower=None if number % 7 == 0 else growers[(number % 2 and 1) or number % 4], expected_yield_t=number / 7,
            boundary=square((WEST if is_west else EAST) + 0.004 * number, 10.42, side_m=60 + number),
        )  # fmt: skip
        if number % 5 == 0:
            PlotSeason.objects.create(
                plot=plot, year=2026, season="winter_spring", crop=plot.crop, harvested_t=number, recorded_by=planner
            )
    make_plot(cooperatives[0], mango, ref="far", commune=west, boundary=square(107.0, 11.0, side_m=50))
    return planner


# --- Parts -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(province, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "plots"
    with django_db_blocker.unblock():
        call_command("export_partitions", "plots", str(folder), user=province.username, stdout=io.StringIO())
    return folder


def test_every_row_lies_in_the_part_of_its_commune(written, province):
    rows = duckdb.sql(
        f"SELECT commune, commune_code, count(*), sum(area_ha)"
        f" FROM read_parquet('{written}/*/*.parquet', hive_partitioning = true, hive_types = {{'commune': VARCHAR}})"
        f" GROUP BY ALL ORDER BY 1"
    ).fetchall()
    stored = list(entry("plots").layer.rows(province).values_list("commune__code", "area_m2"))

    assert [(row[0], row[2]) for row in rows] == [("00123", 13), ("98002", 12)]
    assert [row[0] for row in rows] == [row[1] for row in rows]
    assert len(stored) == 25
    for code, _code, _count, hectares in rows:
        assert hectares == pytest.approx(sum(m2 for of, m2 in stored if of == code) / 10_000)


def test_parts_are_geoparquet_and_the_manifest_names_them(written):
    manifest = json.loads((written / "_manifest.json").read_text())
    part = written / "commune=00123" / "part-0.parquet"
    geo = json.loads(pq.read_metadata(part).metadata[b"geo"])
    shapes = shapely.from_wkb(pq.ParquetFile(part).read(columns=["geometry"])["geometry"].to_pylist())

    assert {entry["path"]: entry["rows"] for entry in manifest["parts"]} == {
        "commune=00123/part-0.parquet": 13,
        "commune=98002/part-0.parquet": 12,
    }
    assert [entry["sha256"] for entry in manifest["parts"]] == [
        hashlib.sha256((written / entry["path"]).read_bytes()).hexdigest() for entry in manifest["parts"]
    ]
    assert (manifest["row_count"], manifest["partitioned_by"]) == ("25", "commune")
    assert manifest["licence"].startswith("internal use only")
    assert geo["columns"]["geometry"]["geometry_types"] == ["MultiPolygon"]
    assert geo["columns"]["geometry"]["bbox"] == pytest.approx(shapely.total_bounds(shapes).tolist())


def test_folder_that_is_there_is_left_alone(written, province):
    before = sorted(written.rglob("*"))

    with pytest.raises(CommandError, match="exists"):
        call_command("export_partitions", "plots", str(written), user=province.username)

    assert sorted(written.rglob("*")) == before


def test_half_a_data_set_is_never_seen(province, tmp_path, monkeypatch):
    def fails(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr("geofiles.partitions.hashlib.file_digest", fails)
    with pytest.raises(OSError, match="disk full"):
        write_partitioned(Selection.read(entry("plots"), province, QueryDict()), tmp_path / "plots")

    assert list(tmp_path.iterdir()) == []


def test_layer_with_a_commune_of_its_own_keeps_it_under_another_name(province, tmp_path):
    call_command("export_partitions", "cooperatives", str(tmp_path / "all"), stdout=io.StringIO())
    part = tmp_path / "all" / "commune=00123" / "part-0.parquet"

    row = pq.ParquetFile(part).read().to_pylist()[0]

    assert (row["commune_name"][:3], row["commune_code"]) == ("Thử", "00123")
    assert "commune" not in row


@pytest.mark.parametrize(
    ("case", "layer", "query", "told"),
    [
        ("restricted layer", "plots", "", "no layer plots that a visitor may take out"),
        ("no such layer", "nothing", "", "no layer nothing"),
        ("unknown filter", "cooperatives", "colour=red", "colour: "),
        ("unknown field", "cooperatives", "fields=colour", "fields: .*colour"),
    ],
)
def test_what_cannot_be_taken_out_is_refused_by_name(case, layer, query, told, tmp_path):
    with pytest.raises(CommandError, match=told):
        call_command("export_partitions", layer, str(tmp_path / "out"), query=query)

    assert not (tmp_path / "out").exists()


# --- Workers ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client():
    """Scheduler and workers are programs of their own, as on several machines."""
    with (
        SubprocessCluster(
            n_workers=2, worker_kwargs={"nthreads": 1}, scheduler_kwargs={"dashboard": False}, silence_logs=False
        ) as programs,
        scale.cluster(0, programs.scheduler_address) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        yield client


def test_without_a_scheduler_workers_of_our_own_are_started():
    with scale.cluster(1) as client:
        assert client.submit(sum, [1, 2]).result(timeout=30) == 3


QUESTIONS = [
    ("hectares today", "measure=ha"),
    ("hectares by commune on the map", "measure=ha&on=2024-05-01&level=district"),
    ("hectares by what the decisions say", "measure=ha&on=2024-05-01&level=district&by=succession"),
    ("plots by former commune", "measure=plots&on=2024-05-01&by=succession"),
    ("one crop", "measure=ha&crop=xoai&on=2024-05-01&level=district"),
    ("growers counted once", "measure=growers&on=2024-05-01&level=district"),
    ("growers by commune", "measure=growers"),
    ("tonnes expected", "measure=expected_t&level=province"),
    ("tonnes of a season", "measure=harvested_t&season=2026-winter_spring"),
    ("share certified", "measure=share_certified&on=2024-05-01&level=district"),
    ("nothing found", "measure=ha&month=5"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("case", "query"), QUESTIONS, ids=[case for case, _query in QUESTIONS])
def test_two_workers_find_what_postgis_finds(case, query, client, province):
    from exchange.analysis.dask_engine import figures_by_dask

    request = AnalysisRequest.read(User.objects.get(pk=province.pk), QueryDict(query))

    by_dask, by_postgis = figures_by_dask(request, client), figures(request)

    assert len(client.scheduler_info()["workers"]) == 2
    assert _plain(by_dask) == _plain(by_postgis)
    assert (by_postgis.total.rows > 0) is (case != "nothing found")


def _plain(found):
    """All numbers of an analysis; sums in another order differ in the last digits."""
    figures = [*found.rows, found.total, *([found.not_attributable] if found.not_attributable else [])]
    return {
        figure.code or f"none {number}": (
            figure.rows, *(None if value is None else round(value, 9) for value in
            (figure.value, figure.part, figure.whole)),
        )
        for number, figure in enumerate(figures)
    }  # fmt: skip


def test_command_prints_the_same_table_by_both_engines(province, client, tmp_path):
    tables = []
    for options in ({}, {"engine": "dask", "scheduler": client.scheduler.address, "keep": tmp_path / "kept"}):
        out = io.StringIO()
        call_command("analyse", "measure=plots", user=province.username, stdout=out, stderr=io.StringIO(), **options)
        tables.append(list(csv.DictReader(io.StringIO(out.getvalue()))))

    assert tables[0] == tables[1]
    assert [(row["code"], row["rows"]) for row in tables[0]] == [("00123", "13"), ("98002", "12"), ("", "25")]
    assert sorted(path.name for path in (tmp_path / "kept" / "part").glob("commune=*")) == [
        "commune=00123", "commune=98002",
    ]  # fmt: skip


def test_parts_name_no_grower(province, client, tmp_path):
    from exchange.analysis.dask_engine import figures_by_dask

    request = AnalysisRequest.read(User.objects.get(pk=province.pk), QueryDict("measure=growers"))
    figures_by_dask(request, client, folder=tmp_path / "kept")
    (part, *_others) = (tmp_path / "kept").glob("part/*/*.parquet")
    things = {row["fact_thing"] for row in pq.ParquetFile(part).read(columns=["fact_thing"]).to_pylist()}

    assert None in things
    assert {len(thing) for thing in things - {None}} == {32}


@pytest.mark.parametrize(
    ("case", "query", "options", "told"),
    [
        ("unknown measure", "measure=happiness", {}, "measure: "),
        ("folder there already", "measure=plots", {"engine": "dask", "keep": "."}, "exists"),
    ],
)
def test_senseless_question_is_refused_by_name(case, query, options, told, province, client, tmp_path):
    options = {**options, "keep": tmp_path, "scheduler": client.scheduler.address} if "keep" in options else options
    (tmp_path / "part").mkdir()

    with pytest.raises(CommandError, match=told):
        call_command("analyse", query, user=province.username, **options)
