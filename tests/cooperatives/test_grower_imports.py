"""Lists of members: read, matched, chosen, stored as a whole, forgotten."""

import datetime as dt
import json
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cooperatives import services
from cooperatives.models import Grower, GrowerImport, Membership
from cooperatives.services.grower_imports import SameList, clean_imports, content_of
from core.errors import NotAllowed, RuleViolated, WrongState
from geofiles import lists as text_lists
from office.models import Document, Job, Notice
from office.services import run_job
from people.models import Consent, Person
from people.services import build_person
from tests.cooperatives.lists import HEADINGS, csv_list, many, row, tcvn3_workbook, xlsx_list

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def read(cooperative, file, by, **options):
    started = services.start_grower_import(cooperative, file, by=by, **options)
    run_job(started.job_id)
    return GrowerImport.objects.select_related("job", "cooperative").get(pk=started.pk)


def commit(found, by):
    job = run_job(services.commit_grower_import(found, by=by).pk)
    found.refresh_from_db()
    return job


def told(found):
    """Return row -> (verdict, action, codes)."""
    return {
        one["row"]: (one["verdict"], one["action"], [finding["code"] for finding in one["findings"]])
        for one in content_of(found)["rows"]
    }


def member_of(cooperative, grower_factory, **fields):
    own = {name: fields.pop(name) for name in ("number", "hamlet", "left_on") if name in fields}
    person = build_person(fields.pop("name"), **fields)
    person.save()
    return grower_factory(cooperative=cooperative, person=person, **own)


# --- Reading and storing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [xlsx_list, csv_list], ids=["xlsx", "csv"])
def test_list_is_read_and_stored(cooperative, clerk, build):
    rows = [
        row(number="12", name="Nguyễn Văn An", year="1970", sex="nam", phone="0912 345 678", id="012345678901",
            hamlet="Ấp 3", area="0,85", joined="15/03/2024", directory="x", outline="20/11/2025", evidence="Tủ 3"),
        row(name="Trần Thị Bé"),
    ]  # fmt: skip

    found = read(cooperative, build(rows), clerk)
    assert told(found) == {2: ("green", "add", []), 3: ("green", "add", [])}
    assert not Grower.objects.exists()
    job = commit(found, clerk)

    an, be = Grower.objects.select_related("person").order_by("pk")
    assert job.result == {"stored": {"added": 2, "updated": 0, "consents": 2}}
    assert (an.number, an.hamlet, str(an.declared_area_ha), an.joined_on) == (
        "12",
        "Ấp 3",
        "0.85",
        dt.date(2024, 3, 15),
    )
    assert (an.person.phone, an.person.id_number, an.person.birth_year) == ("0912345678", "012345678901", 1970)
    assert (be.number, be.person.full_name) == ("013", "Trần Thị Bé")
    assert {(consent.purpose, consent.evidence, consent.channel) for consent in Consent.objects.all()} == {
        ("directory", "Tủ 3", "paper"), ("public_outline", "Tủ 3", "paper")
    }  # fmt: skip


def test_file_and_rows_are_gone_when_it_is_over(cooperative, clerk, django_capture_on_commit_callbacks):
    found = read(cooperative, xlsx_list([row(name="An")]), clerk)
    path = Path(found.document.file.path)
    assert path.exists()

    with django_capture_on_commit_callbacks(execute=True):
        commit(found, clerk)

    assert (found.document, bytes(found.rows_encrypted)) == (None, b"")
    assert not Document.objects.exists()
    assert not path.exists()


def test_nothing_of_a_person_stands_outside_the_encrypted_rows(cooperative, clerk):
    found = read(
        cooperative, xlsx_list([row(name="Zjwân Qux", phone="0912345678", id="012345678901", hamlet="Ấp Wz")]), clerk
    )
    commit(found, clerk)

    jobs = json.dumps([[job.payload, job.result, job.step, job.error] for job in Job.objects.all()])
    notices = " ".join(f"{notice.text} {notice.text_en} {notice.url}" for notice in Notice.objects.all())
    kept = json.dumps([found.summary, found.columns, found.error])
    for secret in ("Zjw", "Qux", "0912345678", "012345678901", "Wz"):
        assert secret not in jobs + notices + kept
    assert len(Notice.objects.filter(user=clerk)) == 1


def test_rows_are_kept_encrypted(cooperative, clerk):
    found = read(cooperative, xlsx_list([row(name="Zjwan", phone="0912345678")]), clerk)

    raw = bytes(found.rows_encrypted)
    assert raw
    assert b"Zjwan" not in raw
    assert b"0912345678" not in raw
    assert content_of(found)["rows"][0]["values"]["phone"] == "0912345678"


def test_thousand_members_cost_as_many_queries_as_ten(cooperative, neighbour, clerk, monkeypatch):
    def count(holder, size):
        Membership.objects.get_or_create(cooperative=holder, user=clerk, defaults={"role": "clerk"})
        rows = many(1_000)[:size] if holder == cooperative else [
            [*cells[:4], f"08{n:08d}", f"06{n:010d}", *cells[6:]] for n, cells in enumerate(many(size))
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as reading:
            found = read(holder, xlsx_list(rows), clerk)
        with CaptureQueriesContext(connection) as storing:
            job = commit(found, clerk)
        assert job.result["stored"]["added"] == size
        return len(reading), len(storing)

    few, lot = count(neighbour, 10), count(cooperative, 1_000)

    assert lot[0] <= few[0] + 2
    assert lot[1] <= few[1] + 2
    assert Consent.objects.count() == 1_010


@pytest.mark.parametrize("encoding", ["TCVN3", "VNI", "CP1258"])
def test_old_letters_in_csv_are_read(cooperative, clerk, encoding):
    rows = [row(name="Nguyễn Thị Hồng Đào", hamlet="Khóm Mỹ Thạnh", evidence="Tủ số 3")] * 3
    rows = [[str(n + 1), *cells[1:]] for n, cells in enumerate(rows)]

    found = read(cooperative, csv_list(rows, encoding=encoding), clerk)

    values = content_of(found)["rows"][0]["values"]
    assert (values["full_name"], values["hamlet"]) == ("Nguyễn Thị Hồng Đào", "Khóm Mỹ Thạnh")


def test_old_letters_in_a_workbook_are_read(cooperative, clerk):
    found = read(cooperative, tcvn3_workbook([row(name="Nguyễn Thị Hồng Đào", hamlet="Khóm Mỹ Thạnh")]), clerk)

    assert content_of(found)["rows"][0]["values"]["full_name"] == "Nguyễn Thị Hồng Đào"
    assert "full_name" in found.columns


def test_doubtful_letters_ask_and_the_answer_is_taken(cooperative, clerk):
    words = ["Ngx\u00f6\u00fdz", "Qw\u00e8\u00ebt", "Zj\u00f4\u00f8k"]
    found = read(cooperative, csv_list([[word] for word in words], ["Ho va ten"], encoding="CP1252"), clerk)
    assert found.summary["is_encoding_doubtful"]

    services.answer_grower_import(found, encoding="VNI", by=clerk)
    found.refresh_from_db()
    run_job(found.job_id)

    found.refresh_from_db()
    names = [one["values"].get("full_name") for one in content_of(found)["rows"]]
    assert not found.summary["is_encoding_doubtful"]
    assert names != words


# --- Who is it -----------------------------------------------------------------------------------------------------


def test_members_are_recognised_by_every_way(cooperative, clerk, grower_factory):
    member_of(cooperative, grower_factory, number="1", name="Lê An")
    member_of(cooperative, grower_factory, number="2", name="Lê Bình", id_number="012345678901")
    member_of(cooperative, grower_factory, number="3", name="Lê Hoà", phone="0912345678")
    member_of(cooperative, grower_factory, number="4", name="Lê Dũng", birth_year=1970, hamlet="Ấp 3")
    rows = [
        row(number="1", name="Lê An"), row(name="Ai đó", id="012345678901"), row(name="Lê Hòa", phone="+84912345678"),
        row(name="LÊ DŨNG", year="1970", hamlet="3"), row(name="Lê Vợ", phone="0912345678"),
        row(name="Lê Dũng", year="1990"), row(name="Lê Hóa"),
    ]  # fmt: skip

    found = told(read(cooperative, xlsx_list(rows), clerk))

    assert found[2] == ("green", "update", ["by_number"])
    assert found[3] == ("amber", "skip", ["by_id_number", "name_differs"])
    assert found[4] == ("amber", "update", ["by_phone_and_name"])
    assert found[5] == ("amber", "update", ["by_name"])
    assert found[6][:2] == ("amber", "add")
    assert "by_phone" in found[6][2]
    assert found[7] == ("green", "add", [])
    assert found[8] == ("green", "add", [])


def test_doubles_in_the_file_are_named_with_their_row(cooperative, clerk):
    rows = [
        row(number="5", name="An", id="012345678901", phone="0912345678"), row(number="5", name="Bình"),
        row(name="Cúc", id="012345678901"), row(name="Chồng Của An", phone="0912345678"),
        row(name="Dũng", year="1970", hamlet="Ấp 1"), row(name="dũng", year="1970", hamlet="Ấp 1"),
        row(name="Dũng", year="1980", hamlet="Ấp 1"),
    ]  # fmt: skip

    found = read(cooperative, xlsx_list(rows), clerk)

    assert told(found) == {
        2: ("green", "add", []),
        3: ("red", "skip", ["in_file_number"]),
        4: ("red", "skip", ["in_file_id_number"]),
        5: ("amber", "add", ["in_file_phone"]),
        6: ("green", "add", []),
        7: ("amber", "skip", ["in_file_person"]),
        8: ("green", "add", []),
    }
    assert content_of(found)["rows"][1]["findings"][0]["other"] == 2


def test_a_person_of_another_cooperative_is_not_told(client, cooperative, neighbour, clerk, grower_factory):
    member_of(neighbour, grower_factory, number="77", name="Người Nơi Khác", id_number="012345678901")
    found = read(cooperative, xlsx_list([row(name="Lê An", id="012345678901")]), clerk)

    assert told(found) == {2: ("amber", "skip", ["known_elsewhere"])}
    client.force_login(clerk)
    page = client.get(reverse("cooperatives:grower-import", args=[found.pk])).content.decode()
    assert "đã có trong hệ thống" in page
    assert "Nơi Khác" not in page
    assert "Láng Giềng" not in page
    services.choose_rows(found, {2: "add"}, by=clerk)
    commit(found, clerk)

    added = Grower.objects.get(cooperative=cooperative)
    assert (added.person.full_name, added.person.id_number) == ("Lê An", "")


def test_phone_and_name_elsewhere_are_nobodys_business(cooperative, neighbour, clerk, grower_factory):
    member_of(neighbour, grower_factory, name="Lê An", phone="0912345678", birth_year=1970, hamlet="Ấp 3")
    rows = [row(name="Lê An", phone="0912345678", year="1970", hamlet="Ấp 3")]

    assert told(read(cooperative, xlsx_list(rows), clerk)) == {2: ("green", "add", [])}


def test_number_of_one_and_identity_of_another_member_is_refused(cooperative, clerk, grower_factory):
    member_of(cooperative, grower_factory, number="1", name="Lê An")
    member_of(cooperative, grower_factory, number="2", name="Lê Bình", id_number="012345678901")

    found = told(read(cooperative, xlsx_list([row(number="1", name="Lê An", id="012345678901")]), clerk))

    assert found[2][0] == "red"
    assert "two_members" in found[2][2]


def test_update_changes_what_is_filled_in_and_keeps_the_rest(cooperative, clerk, grower_factory):
    member = member_of(
        cooperative,
        grower_factory,
        number="1",
        name="Lê An",
        phone="0912345678",
        id_number="012345678901",
        hamlet="Ấp 3",
    )
    found = read(cooperative, xlsx_list([row(number="1", name="Lê An", phone="0987654321", year="1970")]), clerk)

    commit(found, clerk)

    member.refresh_from_db()
    person = member.person
    assert (person.phone, person.id_number, person.birth_year) == ("0987654321", "012345678901", 1970)
    assert member.hamlet == "Ấp 3"
    assert Person.objects.count() == 1


def test_former_member_comes_back_by_an_update(cooperative, clerk, grower_factory):
    gone = member_of(cooperative, grower_factory, number="1", name="Lê An", left_on=dt.date(2026, 1, 1))

    found = read(cooperative, xlsx_list([row(number="1", name="Lê An")]), clerk)
    assert told(found)[2] == ("amber", "update", ["by_number", "former_member"])
    commit(found, clerk)

    gone.refresh_from_db()
    assert gone.left_on is None


def test_a_number_under_another_name_writes_nobody_over_unasked(cooperative, clerk, grower_factory):
    member = member_of(cooperative, grower_factory, number="1", name="Lê Hoà", id_number="012345678901")
    rows = [row(number="1", name="Trần Bình"), row(name="Ai Đó", id="012345678901"), row(name="Mới")]
    found = read(cooperative, xlsx_list(rows), clerk)

    assert told(found)[2] == ("amber", "skip", ["by_number", "name_differs"])
    assert told(found)[3][:2] == ("amber", "skip") or told(found)[3][0] == "red"  # the same member as row 2
    commit(found, clerk)

    member.person.refresh_from_db()
    assert member.person.full_name == "Lê Hoà"
    assert Grower.objects.count() == 2


def test_where_a_person_was_erased_nobody_else_is_written(cooperative, owner, clerk, grower_factory):
    member = member_of(cooperative, grower_factory, number="1", name="Lê An", phone="0912345678")
    services.leave(member, on=timezone.localdate(), by=owner)
    services.erase_grower(member, by=owner)

    found = read(cooperative, xlsx_list([row(number="1", name="Lê An", phone="0912345678")]), clerk)

    assert told(found)[2][:2] == ("amber", "skip")
    with pytest.raises(RuleViolated):
        services.choose_rows(found, {2: "update"}, by=clerk)


def test_matching_goes_on_while_keys_are_exchanged(cooperative, clerk, grower_factory, settings, tmp_path):
    from core import keyfile
    from people import rotation

    path = tmp_path / "keys"
    keyfile.write(path, keyfile.KeyRing((keyfile.new_key(),), (keyfile.new_key(),)))
    settings.PERSONAL_DATA_KEYS_FILE, settings.PERSONAL_DATA_KEYS = str(path), []
    member_of(cooperative, grower_factory, number="2", name="Lê Bình", id_number="012345678901")
    rotation.add_keys(str(path))

    found = told(read(cooperative, xlsx_list([row(name="Lê Bình", id="012345678901")]), clerk))

    assert found[2] == ("green", "update", ["by_id_number"])


# --- Choosing, races, rights ---------------------------------------------------------------------------------------


def test_only_what_a_row_offers_can_be_chosen(cooperative, clerk):
    found = read(cooperative, xlsx_list([row(name="An"), row(hamlet="Ấp 3")]), clerk)

    for row_number, action in ((2, "update"), (3, "add")):
        with pytest.raises(RuleViolated) as refused:
            services.choose_rows(found, {row_number: action}, by=clerk)
        assert refused.value.code == "choice"
    services.choose_rows(found, {2: "skip"}, by=clerk)
    with pytest.raises(RuleViolated) as nothing:
        services.commit_grower_import(found, by=clerk)
    assert nothing.value.code == "nothing_to_store"


def test_change_since_the_preview_stores_nothing(cooperative, clerk, grower_factory):
    found = read(cooperative, xlsx_list([row(number="1", name="An"), row(name="Bình")]), clerk)
    grower_factory(number="1")

    job = commit(found, clerk)

    assert (job.status, job.error_code) == ("failed", "changed_since_preview")
    assert found.status == "previewed"
    assert Grower.objects.count() == 1


def test_two_commits_store_once(cooperative, clerk):
    found = read(cooperative, xlsx_list([row(name="An")]), clerk)
    first = services.commit_grower_import(found, by=clerk)

    with pytest.raises(WrongState):
        services.commit_grower_import(found, by=clerk)
    run_job(first.pk)
    Job.objects.filter(pk=first.pk).update(status="queued", finished_at=None)
    again = run_job(first.pk)

    assert again.result == {}
    assert Grower.objects.count() == 1


def test_same_identity_number_stored_meanwhile_is_told(cooperative, clerk, monkeypatch):
    found = read(cooperative, xlsx_list([row(name="An", id="012345678901")]), clerk)
    real = Person.objects.bulk_create

    def somebody_was_first(persons, **options):
        build_person("Khác", id_number="012345678901").save()
        return real(persons, **options)

    monkeypatch.setattr(Person.objects, "bulk_create", somebody_was_first)
    job = commit(found, clerk)

    assert (job.status, job.error_code) == ("failed", "changed_since_preview")
    assert "012345678901" not in job.error
    assert not Grower.objects.exists()


def test_same_file_twice_is_told(cooperative, neighbour, clerk):
    rows = [row(name="An")]
    first = read(cooperative, xlsx_list(rows), clerk)

    with pytest.raises(SameList) as told_again:
        services.start_grower_import(cooperative, xlsx_list(rows, name="khac.xlsx"), by=clerk)
    assert told_again.value.findings[0].extra["import"] == str(first.pk)
    services.cancel_grower_import(first, by=clerk)

    assert services.start_grower_import(cooperative, xlsx_list(rows), by=clerk).pk != first.pk


@pytest.mark.parametrize("person", ["viewer", "neighbour_clerk", "officer", "outsider"])
def test_only_those_who_enter_data_bring_lists(request, cooperative, person):
    with pytest.raises(NotAllowed):
        services.start_grower_import(cooperative, xlsx_list([row(name="An")]), by=request.getfixturevalue(person))

    assert not Document.objects.exists()


def test_clerk_who_lost_the_role_stores_nothing(cooperative, clerk):
    found = read(cooperative, xlsx_list([row(name="An")]), clerk)
    started = services.commit_grower_import(found, by=clerk)
    Membership.objects.filter(user=clerk).delete()

    job = run_job(started.pk)

    assert (job.status, job.error_code) == ("failed", "not_allowed")
    assert not Grower.objects.exists()


def test_cancel_removes_all_at_once(cooperative, clerk, django_capture_on_commit_callbacks):
    found = read(cooperative, xlsx_list([row(name="An")]), clerk)
    path = Path(found.document.file.path)

    with django_capture_on_commit_callbacks(execute=True):
        services.cancel_grower_import(found, by=clerk)

    found.refresh_from_db()
    assert (found.status, bytes(found.rows_encrypted), found.document) == ("cancelled", b"", None)
    assert not path.exists()


def test_after_a_week_nothing_is_left(cooperative, clerk):
    waiting = read(cooperative, xlsx_list([row(name="An")]), clerk)
    stored = read(cooperative, xlsx_list([row(name="Bình"), row(hamlet="Ấp 3")]), clerk)
    commit(stored, clerk)
    young = read(cooperative, xlsx_list([row(name="Cúc")]), clerk)
    assert bytes(stored.rows_encrypted)
    old = timezone.now() - dt.timedelta(days=8)
    GrowerImport.objects.filter(pk__in=[waiting.pk, stored.pk]).update(created_at=old)

    result = clean_imports()

    for found in (waiting, stored, young):
        found.refresh_from_db()
    assert result == {"imports": 2}
    assert (waiting.status, stored.status, young.status) == ("cancelled", "committed", "previewed")
    assert [bytes(found.rows_encrypted) for found in (waiting, stored)] == [b"", b""]
    assert bytes(young.rows_encrypted)


# --- Bad files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [
        (lambda: csv_list([]), "unreadable_file", "không có dòng nào"),
        (lambda: ContentFile(b"%PDF-1.4\n%%EOF", name="x.pdf"), "unreadable_file", "hỏng"),
        (lambda: ContentFile(b"PK\x03\x04broken", name="x.xlsx"), "unreadable_file", "hỏng"),
        (lambda: ContentFile(b"\x89PNG\r\n\x00\x00", name="x.xlsx"), "unsupported_format", "XLSX, XLS, ODS"),
        (lambda: csv_list(many(2) * 2_600), "too_many_features", "5000"),
    ],
    ids=["empty", "pdf", "broken", "picture", "too-many"],
)
def test_files_that_cannot_be_read_say_why(cooperative, clerk, file, code, words):
    found = read(cooperative, file(), clerk)

    assert (found.status, found.error_code) == ("failed", code)
    assert words in found.error
    assert found.document is None


def test_empty_file_is_refused_at_once(cooperative, clerk):
    with pytest.raises(RuleViolated):
        services.start_grower_import(cooperative, ContentFile(b"", name="x.csv"), by=clerk)


def test_headings_of_ones_own_ask_for_columns(client, cooperative, clerk):
    found = read(cooperative, csv_list([["An", "0912345678"]], headings=["Cột A", "Cột B"]), clerk)
    client.force_login(clerk)
    assert found.summary["missing"] == ["full_name"]
    assert "Chưa biết cột nào là" in client.get(reverse("cooperatives:grower-import", args=[found.pk])).content.decode()
    url = reverse("cooperatives:grower-import-columns", args=[found.pk])

    twice = client.post(url, {"column_full_name": "Cột A", "column_phone": "Cột A"})
    none = client.post(url, {"column_phone": "Cột B"})
    client.post(url, {"column_full_name": "Cột A", "column_phone": "Cột B"})
    found.refresh_from_db()
    run_job(found.job_id)

    assert (twice.status_code, none.status_code) == (422, 422)
    assert content_of(found)["rows"] == []
    found.refresh_from_db()
    assert content_of(found)["rows"][0]["values"] == {"full_name": "An", "phone": "0912345678"}


def test_evidence_of_the_whole_file_can_be_given_later(cooperative, clerk):
    found = read(cooperative, xlsx_list([row(name="An", directory="x")]), clerk)
    assert told(found)[2] == ("red", "skip", ["consent_no_evidence"])

    services.answer_grower_import(found, evidence="Họp ngày 5/3, tủ 2", by=clerk)
    found.refresh_from_db()
    run_job(found.job_id)
    found.refresh_from_db()
    commit(found, clerk)

    assert Consent.objects.get().evidence == "Họp ngày 5/3, tủ 2"


# --- Pages ---------------------------------------------------------------------------------------------------------


def test_template_can_be_filled_in_and_sent_back(client, cooperative, clerk, tmp_path):
    client.force_login(clerk)

    answer = client.get(reverse("cooperatives:grower-template"))

    path = tmp_path / "mau.xlsx"
    path.write_bytes(answer.content)
    assert text_lists.read_list(path).headings[:2] == ("Số thành viên", "Họ và tên")
    found = read(cooperative, ContentFile(answer.content, name="mau.xlsx"), clerk)
    assert told(found) == {2: ("green", "add", []), 3: ("green", "add", [])}


def test_walk_through_the_pages(client, cooperative, clerk):
    client.force_login(clerk)
    file = xlsx_list([row(name="An", phone="0912345678", id="012345678901"), row(name="", phone="0900000000")])

    sent = client.post(
        reverse("cooperatives:grower-import-new"), {"file": file, "cooperative": cooperative.slug, "evidence": ""}
    )
    assert sent.status_code == 302
    waiting = client.get(sent.url).content.decode()
    found = GrowerImport.objects.get()
    run_job(found.job_id)
    preview = client.get(sent.url).content.decode()
    only_red = client.get(sent.url, {"verdict": "red"}).content.decode()
    left = client.get(reverse("cooperatives:grower-import-left-csv", args=[found.pk])).content.decode()
    stored = client.post(
        reverse("cooperatives:grower-import-rows", args=[found.pk]), {"do": "commit", "row-2": "add", "row-x": "add"}
    )
    found.refresh_from_db()
    run_job(found.job_id)
    report = client.get(sent.url).content.decode()

    assert "Đang chờ đến lượt" in waiting
    assert "•••• 678" in preview
    assert "0912345678" not in preview
    assert "012345678901" not in preview
    assert "Thiếu họ và tên" in only_red
    assert "Thiếu họ và tên" in left
    assert "0900000000" in left
    assert stored.status_code == 302
    assert "Đã thêm 1 thành viên" in report


def test_downloads_hold_no_formula_and_can_be_sent_again(client, cooperative, clerk, tmp_path):
    found = read(cooperative, csv_list([row(name="=cmd|x", phone="+84912345678"), row(name="An")]), clerk)
    client.force_login(clerk)

    text = client.get(reverse("cooperatives:grower-import-left-csv", args=[found.pk])).content.decode()
    book = client.get(reverse("cooperatives:grower-import-left-xlsx", args=[found.pk])).content

    assert "'=cmd|x" in text
    assert "'+84912345678" in text
    corrected = ContentFile(text.replace("'=cmd|x", "Lê Bình").encode(), name="sua.csv")
    again = read(cooperative, corrected, clerk)
    assert content_of(again)["rows"][0]["values"] == {"full_name": "Lê Bình", "phone": "0912345678"}
    path = tmp_path / "left.xlsx"
    path.write_bytes(book)
    assert text_lists.read_list(path).rows[0][1][4] == "=cmd|x"


def test_an_old_list_sent_again_gives_no_withdrawn_consent_back(cooperative, owner, clerk, grower_factory):
    cells = {"number": "1", "name": "Lê An", "evidence": "Tủ 3"}
    commit(read(cooperative, xlsx_list([row(**cells, outline="20/11/2025", directory="20/11/2025")]), clerk), clerk)
    member = Grower.objects.get()
    services.withdraw_consents(member, ["public_outline"], by=owner)

    old = row(**cells, outline="20/11/2025", directory="20/11/2025")
    commit(read(cooperative, xlsx_list([old, row(name="Trần Bình")]), clerk), clerk)

    live = Consent.objects.live().filter(person=member.person)
    assert [consent.purpose for consent in live] == ["directory"]
    Consent.objects.filter(purpose="public_outline").update(withdrawn_at=timezone.now() - dt.timedelta(days=3))
    anew = row(**cells, outline=f"{timezone.localdate():%d/%m/%Y}")
    commit(read(cooperative, xlsx_list([anew]), clerk), clerk)
    assert live.filter(purpose="public_outline").count() == 1


def test_whole_numbers_come_back_to_who_brought_them_only(client, cooperative, clerk, owner, helper):
    found = read(cooperative, xlsx_list([row(name="", phone="0912345678", id="012345678901")]), helper)
    address = reverse("cooperatives:grower-import-left-csv", args=[found.pk])
    seen = {}

    for person in (clerk, owner, helper):
        client.force_login(person)
        page = client.get(reverse("cooperatives:grower-import", args=[found.pk])).content.decode()
        answer = client.get(address)
        seen[person] = (address in page, b"012345678901" in answer.content)

    assert seen == {clerk: (False, False), owner: (False, False), helper: (True, True)}


def test_rows_to_look_at_are_left_out_by_one_press(client, cooperative, clerk):
    found = read(cooperative, xlsx_list([row(name="An"), row(name="An"), row(name="Bình", area="90")]), clerk)
    client.force_login(clerk)

    client.post(reverse("cooperatives:grower-import-rows", args=[found.pk]), {"all": "skip"})

    found.refresh_from_db()
    assert found.summary["actions"] == {"add": 1, "update": 0, "skip": 2}


@pytest.mark.parametrize("person", ["viewer", "neighbour_clerk", "officer", "outsider"])
def test_pages_of_a_list_are_not_found_by_others(request, client, cooperative, clerk, person):
    found = read(cooperative, xlsx_list([row(name="An")]), clerk)
    client.force_login(request.getfixturevalue(person))

    gets = [
        client.get(reverse(f"cooperatives:grower-import{name}", args=[found.pk]))
        for name in ("", "-left-csv", "-left-xlsx")
    ]
    posts = [
        client.post(reverse(f"cooperatives:grower-import-{name}", args=[found.pk]))
        for name in ("rows", "columns", "cancel")
    ]

    assert {answer.status_code for answer in gets + posts} == {404}


# --- API -----------------------------------------------------------------------------------------------------------


def test_api_brings_a_list_in(client, cooperative, clerk):
    client.force_login(clerk)
    url = "/api/v1/growers/imports/"
    sent = client.post(
        url, {"file": xlsx_list([row(name="An", phone="0912345678"), row(name="An")]), "cooperative": cooperative.slug},
        headers={"Idempotency-Key": "a1b2c3d4e5f6"},
    )  # fmt: skip
    again = client.post(
        url, {"file": xlsx_list([row(name="An", phone="0912345678"), row(name="An")]), "cooperative": cooperative.slug},
        headers={"Idempotency-Key": "a1b2c3d4e5f6"},
    )  # fmt: skip
    found = GrowerImport.objects.get()
    run_job(found.job_id)

    seen = client.get(sent["Location"])
    committed = client.post(f"{sent['Location']}commit/", {"actions": {"3": "add"}}, content_type="application/json")
    found.refresh_from_db()
    run_job(found.job_id)
    done = client.get(sent["Location"]).json()

    assert (sent.status_code, again.status_code, committed.status_code) == (202, 202, 202)
    assert again.json()["id"] == sent.json()["id"]
    assert [(one["row"], one["verdict"], one["action"]) for one in seen.json()["rows"]] == [
        (2, "green", "add"), (3, "amber", "skip")
    ]  # fmt: skip
    assert "0912345678" not in seen.content.decode()
    assert done["stored"]["added"] == 2


def test_api_lists_members_without_numbers(client, cooperative, clerk, officer, neighbour_clerk, grower_factory):
    member_of(cooperative, grower_factory, number="7", name="Lê An", phone="0912345678", id_number="012345678901")
    client.force_login(clerk)

    answer = client.get("/api/v1/growers/", {"cooperative": cooperative.slug})

    [found] = answer.json()["growers"]
    assert (found["number"], found["full_name"], found["plots"]) == ("7", "Lê An", 0)
    assert not {"phone", "id_number", "id_number_last3"} & set(found)
    assert "345678" not in answer.content.decode()
    client.force_login(officer)  # nobody agreed to stand in the directory
    assert client.get("/api/v1/growers/").json()["count"] == 0
    client.force_login(neighbour_clerk)
    assert client.get("/api/v1/growers/").json()["count"] == 0
    client.logout()
    assert client.get("/api/v1/growers/").status_code == 401


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "page=-1", "left=maybe", "q=An"])
def test_api_refuses_odd_parameters(client, clerk, query):
    client.force_login(clerk)

    assert client.get(f"/api/v1/growers/?{query}").status_code == 400


def test_api_hides_lists_of_others(client, cooperative, clerk, neighbour_clerk):
    found = read(cooperative, xlsx_list([row(name="An")]), clerk)
    client.force_login(neighbour_clerk)
    url = f"/api/v1/growers/imports/{found.pk}/"

    answers = [client.get(url), client.delete(url), client.post(f"{url}commit/", {}, content_type="application/json")]

    assert {answer.status_code for answer in answers} == {404}


def test_headings_of_the_builders_are_all_known():
    from cooperatives.grower_lists import guess_columns

    assert set(guess_columns(HEADINGS).values()) == set(HEADINGS)
