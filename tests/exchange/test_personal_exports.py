"""Growers' names and phones beside plots: role, units, consent and purpose decide; each file is written down."""

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.roles import Role
from cooperatives.models import DirectoryExport
from core.errors import NotAllowed, RuleViolated
from exchange.catalogue import entry
from exchange.exports.personal import PersonalField, fields_for
from exchange.models import Export
from exchange.selection import Selection
from exchange.services.exports import order_export, shape_from
from geofiles.lists import sheets_of
from geofiles.sandbox import read_file
from office.models import JobStatus
from office.services import run_job
from people.models import NumberRead
from people.services import give_consent, withdraw_consent
from tests.factories.cooperatives import make_grower
from tests.factories.farms import make_plot
from tests.factories.people import make_person
from tests.people import make_officer

pytestmark = pytest.mark.django_db
writes = pytest.mark.django_db(transaction=True)
NAME, PHONE = PersonalField.NAME, PersonalField.PHONE
PURPOSE = "Mời họp tổng kết vụ"


@pytest.fixture(autouse=True)
def house(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)


@pytest.fixture
def province_officer(province):
    return make_officer(province, Role.OFFICER, username="province-officer")


def grower_of(cooperative, name, *, opened=None, phone="0900000001"):
    person = make_person(full_name=name, phone=phone)
    grower = make_grower(cooperative, person=person)
    if opened is not None:
        give_consent(person, "directory", text_version="1", channel="paper", evidence="Tủ 1", fields=opened)
    return grower


@pytest.fixture
def stock(cooperative, neighbour, mango):
    """Plots of growers who opened all, the name only, nothing; one without a grower."""
    open_all = grower_of(cooperative, "Lan Mở Hết", opened=["name", "phone"], phone="0900000111")
    name_only = grower_of(cooperative, "Mai Chỉ Tên", opened=["name"], phone="0900000222")
    closed = grower_of(cooperative, "Cúc Không Mở", phone="0900000333")
    for ref, grower in (("A", open_all), ("B", name_only), ("C", closed), ("D", None)):
        make_plot(cooperative, mango, grower=grower, ref=ref)
    return {"all": open_all, "name": name_only, "closed": closed}


def order(user, *, personal=(NAME,), purpose=PURPOSE, format="xlsx", **query):
    selection = Selection.read(entry("plots"), user, query)
    shape = shape_from(selection, format=format, personal_fields=personal, purpose=purpose)
    return order_export(selection, shape, by=user)


def rows_of(export):
    job = run_job(export.job_id)
    assert job.status == JobStatus.DONE, job.error
    export.refresh_from_db()
    if not export.row_count:
        return {}
    head, *rows = sheets_of(Path(export.document.file.path))[1][0][1]
    return {row[head.index("ref")]: dict(zip(head, row, strict=False)) for row in rows}


@writes
def test_only_what_each_grower_opened_goes_out(province_officer, stock):
    rows = rows_of(order(province_officer, personal=(NAME, PHONE)))

    shown = {ref: (row.get("grower_name") or "", row.get("grower_phone") or "") for ref, row in rows.items()}
    assert shown == {
        "A": ("Lan Mở Hết", "0900000111"),
        "B": ("Mai Chỉ Tên", ""),
        "C": ("", ""),
        "D": ("", ""),
    }
    assert all("grower" not in row for row in rows.values())


@writes
def test_file_is_written_down_with_whom_it_held(province_officer, stock):
    rows_of(order(province_officer, personal=(NAME, PHONE), q="A"))
    export = order(province_officer, personal=(NAME, PHONE))
    rows_of(export)

    record = DirectoryExport.objects.filter(has_phones=True).first()
    assert (record.exported_by, record.purpose, record.suffix) == (province_officer, PURPOSE, "xlsx")
    assert set(record.growers) == {stock["all"].pk, stock["name"].pk}
    assert DirectoryExport.objects.order_by("pk").first().filters == {"q": "*"}
    reads = NumberRead.objects.filter(read_by=province_officer, purpose=PURPOSE)
    assert {read.person for read in reads} == {stock["all"].person}
    assert (export.has_personal, export.purpose) == (True, PURPOSE)


@writes
def test_geopackage_holds_them_too(officer, stock, tmp_path):
    export = order(officer, format="gpkg")
    run_job(export.job_id)
    export.refresh_from_db()

    path = tmp_path / "made.gpkg"
    path.write_bytes(Path(export.document.file.path).read_bytes())
    batch = read_file(path)
    assert dict(zip(batch.column("ref"), batch.column("grower_name"), strict=True))["A"] == "Lan Mở Hết"
    assert "grower" not in batch.columns
    assert all(shape is not None for shape in batch.geometries)


@writes
def test_withdrawn_consent_counts_until_the_file_is_made(officer, stock):
    export = order(officer)
    withdraw_consent(stock["all"].person, "directory")

    assert not rows_of(export)["A"].get("grower_name")


@writes
def test_file_is_held_back_when_somebody_in_it_withdraws(officer, stock):
    export = order(officer)
    rows_of(export)
    client = Client()
    client.force_login(officer)
    address = f"/data/exports/{export.pk}/file"
    withdraw_consent(stock["closed"].person, "directory")  # who is not in the file has no say in it

    first = client.get(address)
    withdraw_consent(stock["name"].person, "directory")
    second = client.get(address)

    assert (first.status_code, second.status_code) == (200, 404)
    first.close()
    assert "không còn quyền" in client.get(f"/data/exports/{export.pk}/").content.decode()


@writes
def test_post_that_ended_makes_no_file(officer, stock):
    export = order(officer)
    officer.posts.all().delete()

    job = run_job(export.job_id)

    assert (job.status, job.error_code) == (JobStatus.FAILED, "not_allowed")
    assert not DirectoryExport.objects.exists()


@writes
def test_officer_of_another_commune_finds_nobody(foreign_officer, stock):
    assert rows_of(order(foreign_officer)) == {}
    assert DirectoryExport.objects.get().growers == []


def test_who_may_ask_for_what(officer, province_officer, planner, clerk, administrator, anonymous, stock):
    assert fields_for("plots", officer) == [NAME]
    assert fields_for("plots", province_officer) == [NAME, PHONE]
    for user in (planner, clerk, administrator, anonymous):
        assert fields_for("plots", user) == []
    assert fields_for("areas", province_officer) == []


def test_phones_by_a_commune_officer_and_names_by_a_planner_are_refused(officer, planner, stock):
    for user, personal in ((officer, (NAME, PHONE)), (planner, (NAME,))):
        with pytest.raises(NotAllowed):
            order(user, personal=personal)


@pytest.mark.parametrize("purpose", ["", "   ", "abc"])
def test_without_purpose_nothing_is_ordered(purpose, officer, stock):
    with pytest.raises(RuleViolated) as refused:
        order(officer, purpose=purpose)

    assert refused.value.code == "purpose_missing"


@pytest.mark.parametrize("format", ["geojson", "csv", "pmtiles", "parquet", "shp"])
def test_only_tables_and_geopackage_hold_persons(format, officer, stock):
    with pytest.raises(RuleViolated) as refused:
        order(officer, format=format)

    assert refused.value.code == "format_not_for_personal"


def test_database_keeps_no_personal_order_without_purpose_or_person(officer, stock):
    for fields in ({"purpose": ""}, {"purpose": PURPOSE, "requested_by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Export.objects.create(layer="plots", format="xlsx", has_personal=True, **{"requested_by": officer} | fields)


def test_personal_fields_are_no_fields_of_the_layer(officer, stock):
    client = Client()
    client.force_login(officer)

    for address in (
        "/data/plots.csv?fields=grower_name",
        "/data/plots.geojson?fields=grower",
        "/data/plots.csv?personal=grower_name",
    ):
        assert client.get(address).status_code == 400


def test_panel_offers_them_and_asks_for_the_purpose(officer, stock):
    client = Client()
    client.force_login(officer)

    page = client.get("/data/plots/export/").content.decode()
    answer = client.post(
        "/data/plots/export/", {"format": "xlsx", "how": "now", "personal": ["grower_name"], "purpose": ""}
    )

    assert "grower_name" in page
    assert "grower_phone" not in page
    assert answer.status_code == 422
    assert not Export.objects.exists()
    sent = {"format": "xlsx", "how": "now", "personal": ["grower_name"], "purpose": PURPOSE}
    assert client.post("/data/plots/export/", sent).status_code == 302
    assert Export.objects.get().personal == ["grower_name"]
