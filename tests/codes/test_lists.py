"""Lists of codes from files: read by a job, previewed, stored as a whole; twice the same changes nothing."""

import datetime as dt
from unittest.mock import patch

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from codes import imports, services
from codes.models import (
    CodeCounter,
    CodeList,
    ListKind,
    ListStatus,
    ListVerdict,
    MarketApproval,
    ProductionAreaCode,
)
from codes.services import Act, ListFacts
from codes.services.lists import DEFAULT_STATUSES, read_list, store_list
from core.errors import NotAllowed, RuleViolated, WrongState
from office.models import Job
from office.services import run_job
from tests.factories.cooperatives import make_cooperative
from tests.factories.places import make_unit
from tests.geofiles.office_files import ruled_pdf, workbook

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 1)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def csv_file(*rows, name="danh-sach.csv"):
    return ContentFile("\n".join(rows).encode(), name)


@pytest.fixture
def read(commune, officer, china):
    """Upload a file and read it; returns the list as it is previewed."""

    def start(file, **fields):
        facts = {"kind": ListKind.MARKET, "decided_on": DAY, "document_number": "GACC-12", "market": china} | fields
        code_list = services.start_list(commune, file, ListFacts(**facts), by=officer)
        run_job(code_list.job_id)
        code_list.refresh_from_db()
        return code_list

    return start


def store(code_list, officer):
    job = run_job(services.commit_list(code_list, by=officer).pk)
    code_list.refresh_from_db()
    return job


def verdicts(code_list):
    return {row.row: (row.verdict, [finding["code"] for finding in row.findings]) for row in code_list.rows.all()}


# --- What columns and words mean -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        (("STT", "Mã số vùng trồng", "Trạng thái"), {"Mã số vùng trồng": "code", "Trạng thái": "status"}),
        (("No.", "PUC code", "Status"), {"PUC code": "code", "Status": "status"}),
        (("序号", "果园注册登记编号", "状态"), {"果园注册登记编号": "code", "状态": "status"}),
        (("A", "B"), {"B": "code"}),
        (("A", "Ghi chú"), {"Ghi chú": "code"}),
    ],
)
def test_headings_are_guessed(headings, found):
    rows = [tuple("VN-DTOR-0017" if index == 1 else "x" for index in range(len(headings)))]

    assert imports.guess_columns(headings, rows, ListKind.MARKET) == found


def test_headings_of_old_lists_are_guessed():
    headings = ("Mã số", "Tên vùng trồng", "Đơn vị", "Cây trồng", "Xã", "Diện tích (ha)", "Ngày cấp", "Thị trường")

    assert list(imports.guess_columns(headings, [], ListKind.OLD_CODES).values()) == [
        "code", "area_name", "holder", "crop", "commune", "area_ha", "issued_on", "market",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Approved", "approved"), ("NOT approved", "rejected"), ("chấp thuận", "approved"), ("批准", "approved"),
        ("不批准", "rejected"), ("暂停进口", "on_hold"), ("Tạm đình chỉ", "on_hold"), ("撤销", "withdrawn"),
        ("Thu hồi", "withdrawn"), ("Không chấp thuận", "rejected"), ("", ""), (" - ", ""), ("inactive", None),
        ("chờ", None), ("Removed from the list", "withdrawn"),
        ("Chưa phê duyệt", None), ("chua phe duyet", None), ("Không còn hiệu lực", None), ("Chờ chấp thuận", None),
        ("Ngừng hoạt động", None), ("not valid", None), ("pending, not yet registered", None), ("不通过", None),
        ("未恢复", None), ("Đã chấp thuận cho xuất khẩu", "approved"), ("Chưa đạt", "rejected"), ("未通过", "rejected"),
    ],
)  # fmt: skip
def test_words_of_status(word, status):
    assert imports.approval_status(word) == status


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019-03-04", dt.date(2019, 3, 4)), ("2019-03-04T00:00:00", dt.date(2019, 3, 4)),
        ("4/3/2019", dt.date(2019, 3, 4)), ("04.03.2019", dt.date(2019, 3, 4)), ("31/02/2019", None), ("2019", None),
        ("", None),
    ],
)  # fmt: skip
def test_dates(text, day):
    assert imports.read_date(text) == day


@pytest.mark.parametrize(
    ("text", "ha"), [("12,5", 12.5), ("12.50 ha", 12.5), ("7", 7.0), ("0", None), ("-1", None), ("1.234,5", None)]
)
def test_hectares(text, ha):
    assert imports.read_hectares(text) == ha


@pytest.mark.parametrize(
    ("text", "codes"),
    [("Trung Quốc, Mỹ", ["CHN", "USA"]), ("CHN", ["CHN"]), ("中国", ["CHN"]), ("", []), ("Sao Hỏa", None)],
)
def test_markets(china, usa, text, codes):
    assert imports.market_codes(text, imports.known_markets()) == codes


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("VN-XXOR-0017", ("XX", 17)), ("VNTGOR0095", ("TG", 95)), ("VN-XXOR-0000", None), ("XOAI-17", None),
        ("VN-XXPH-0017", None),
    ],
)  # fmt: skip
def test_serials_by_the_pattern(old_scheme, code, found):
    assert imports.serial_in(code, old_scheme, {}) == found


def test_serials_of_a_pattern_with_many_parts(new_scheme):
    assert imports.serial_in("99-PUC-XOAI01-000017-CHN", new_scheme, {}) == ("99/XOAI/CHN", 17)


def test_a_scope_that_the_code_does_not_print_comes_from_what_is_known(scheme_factory):
    scheme = scheme_factory(slug="x", pattern="A-{serial}", counter_scope=["commune"], fixed_parts={})

    assert imports.serial_in("A-7", scheme, {"commune": "99001"}) == ("99001", 7)
    assert imports.serial_in("A-7", scheme, {}) is None


def test_repeated_parts_of_a_pattern_agree(scheme_factory):
    scheme = scheme_factory(slug="x", pattern="{letters}-{letters}-{serial}", counter_scope=["letters"], fixed_parts={})

    assert imports.serial_in("AB-AB-7", scheme, {}) == ("AB", 7)
    assert imports.serial_in("AB-CD-7", scheme, {}) is None


# --- An importing country's list -------------------------------------------------------------------------------


@pytest.fixture
def codes(code_factory, china):
    return [code_factory() for _number in range(4)]


def test_a_list_is_matched_judged_and_stored(read, codes, officer):
    code_list = read(
        csv_file(
            "STT,Mã số,Trạng thái",
            f"1,{codes[0].code},Approved",
            f"2,{codes[1].code.replace('-', ' ').lower()},暂停",
            "3,VN-XXOR-OOO3,chấp thuận",  # O for 0
            "4,VN-XXOR-0999,Approved",
            f"5,{codes[3].code},Removed",
            "6,,Approved",
        )
    )
    assert (code_list.status, code_list.summary["format"]) == (ListStatus.PREVIEWED, "csv")
    assert verdicts(code_list) == {
        2: ("change", []),
        3: ("change", []),
        4: ("change", ["spelled_otherwise"]),
        5: ("unmatched", ["unmatched", "nearest"]),
        6: ("refused", ["no_path"]),
        7: ("refused", ["no_code"]),
    }
    assert not MarketApproval.objects.exclude(status="not_submitted").exists()

    job = store(code_list, officer)

    assert (job.status, code_list.status) == ("done", "committed")
    assert [code.approvals.get().status for code in codes] == ["approved", "on_hold", "approved", "not_submitted"]
    event = codes[1].events.last()
    assert (event.transition, event.document_number, event.effective_on) == ("hold", "GACC-12", DAY)
    assert event.details == {"list": str(code_list.pk)}
    assert [one.transition for one in codes[1].events.all()] == ["issue", "send_dossier", "approve", "hold"]
    assert codes[0].approvals.get().decided_on == DAY


@pytest.mark.parametrize("make", ["workbook", "pdf"])
def test_other_formats(read, codes, make):
    rows = [["STT", "Mã số", "Trạng thái"], ["1", codes[0].code, "Approved"], ["2", codes[1].code, "Approved"]]
    content = workbook(rows) if make == "workbook" else ruled_pdf(rows)

    assert read(ContentFile(content, f"a.{make}")).summary["counts"]["change"] == 2


def test_the_same_list_twice_changes_nothing(read, codes, officer):
    rows = ("Mã số,Trạng thái", f"{codes[0].code},Approved")
    store(read(csv_file(*rows)), officer)

    again = read(csv_file(*rows))

    assert again.summary["counts"] == {"change": 0, "same": 1, "unmatched": 0, "refused": 0}
    with pytest.raises(RuleViolated):
        services.commit_list(again, by=officer)


def test_rows_without_a_word_take_the_status_that_was_chosen(read, codes):
    code_list = read(csv_file("Mã số,Tên", f"{codes[0].code},a"), default_status="rejected")

    assert code_list.rows.get().wanted_status == "rejected"


def test_what_is_refused(read, codes, code_factory, officer, usa, new_scheme, scheme_factory, china, area_factory):
    services.revoke_code(codes[0], Act("Lý do", "1", DAY, "Ghi chú"), by=officer)
    bound = code_factory(scheme=new_scheme, markets=[usa])
    home = scheme_factory(slug="noi-dia", is_domestic=True, pattern="ND-{serial}", counter_scope=["province"])
    domestic = code_factory(scheme=home, markets=[])
    code_list = read(
        csv_file(
            "Mã số,Trạng thái",
            f"{codes[0].code},Approved",
            f"{bound.code},Approved",
            f"{domestic.code},Approved",
            f"{codes[1].code},lạ lùng",
            f"{codes[2].code},Approved",
            f"{codes[2].code},Suspended",
            f"{codes[3].code},Approved",
            f"{codes[3].code},Approved",
        )
    )

    assert verdicts(code_list) == {
        2: ("refused", ["code_over"]),
        3: ("refused", ["other_market"]),
        4: ("refused", ["domestic"]),
        5: ("refused", ["unknown_status"]),
        6: ("refused", ["contradicts"]),
        7: ("refused", ["contradicts"]),
        8: ("change", []),
        9: ("same", ["repeated"]),
    }
    texts = [imports.finding_text(finding) for row in code_list.rows.all() for finding in row.findings]
    assert "Không hiểu trạng thái “lạ lùng”." in texts
    assert all("%(" not in text for text in texts)


def test_a_code_without_a_row_for_the_market_gets_one(read, code_factory, usa, officer):
    code = code_factory(markets=[usa])

    store(read(csv_file("Mã số,Trạng thái", f"{code.code},Approved")), officer)

    assert code.approvals.get(market="CHN").status == "approved"
    assert code.approvals.get(market="USA").status == "not_submitted"


def test_codes_of_other_offices_are_refused(
    read, code_factory, area_factory, officer, province, foreign_officer, china
):
    code = code_factory()
    unit = type(province).objects.get(code="99002")
    facts = ListFacts(kind="market", decided_on=DAY, document_number="1", market=china)
    code_list = services.start_list(unit, csv_file("Mã,Tên", f"{code.code},x"), facts, by=foreign_officer)
    run_job(code_list.job_id)

    assert verdicts(code_list) == {2: ("refused", ["other_unit"])}


def test_what_changed_since_the_preview_stops_it_all(read, codes, officer):
    code_list = read(csv_file("Mã số,Trạng thái", *(f"{code.code},Approved" for code in codes)))
    services.revoke_code(codes[3], Act("Lý do", "1", DAY, "Ghi chú"), by=officer)

    job = store(code_list, officer)

    assert (job.status, job.error_code, code_list.status) == ("failed", "changed_since_preview", "previewed")
    assert not MarketApproval.objects.filter(status="approved").exists()


def test_a_row_that_takes_anothers_place_stops_it_all(read, codes, officer):
    approve = ("send_dossier", "approve")
    for step in approve:
        services.move_market_approval(codes[1].approvals.get(), step, Act("Lý do", step, DAY), by=officer)
    code_list = read(csv_file("Mã số,Trạng thái", *(f"{code.code},Approved" for code in codes[:2])))
    assert [row.verdict for row in code_list.rows.all()] == ["change", "same"]
    for step in approve:
        services.move_market_approval(codes[0].approvals.get(), step, Act("Lý do", step, DAY), by=officer)
    services.move_market_approval(codes[1].approvals.get(), "hold", Act("Lý do", "hold", DAY), by=officer)

    job = store(code_list, officer)

    assert (job.status, job.error_code) == ("failed", "changed_since_preview")
    assert codes[1].approvals.get().status == "on_hold"


def test_holders_are_told_what_the_list_says(read, codes, officer, clerk):
    before = codes[0].approvals.get().updated_at

    store(read(csv_file("Mã số,Trạng thái", f"{codes[0].code},暂停")), officer)

    (notice,) = clerk.notices.filter(kind="codes.market")
    assert codes[0].code in notice.text
    assert "tạm dừng" in notice.text
    assert codes[0].approvals.get().updated_at > before


def test_columns_can_be_put_right(read, codes, officer):
    code_list = read(csv_file("Mã,Ghi chú", f"x1,{codes[0].code}"))
    services.answer_list(code_list, {"Ghi chú": "code"}, by=officer)
    code_list.refresh_from_db()
    run_job(code_list.job_id)

    assert verdicts(code_list) == {2: ("change", [])}


@pytest.mark.parametrize(
    "columns", [{"Mã": "code", "Tên": "code"}, {"Không có": "code"}, {"Mã": "holder"}, {"Mã": "status"}, {}]
)
def test_columns_that_make_no_sense(read, codes, officer, columns):
    code_list = read(csv_file("Mã,Tên", f"{codes[0].code},x"))

    with pytest.raises(RuleViolated):
        services.answer_list(code_list, columns, by=officer)


def test_a_list_without_codes_asks_for_the_column(read, officer):
    code_list = read(csv_file("Tên,Nơi", "a,b"))

    assert code_list.summary["missing"] == ["code"]
    with pytest.raises(RuleViolated):
        services.commit_list(code_list, by=officer)


def test_a_file_that_cannot_be_read_says_why(read):
    code_list = read(ContentFile(b"\x7fELF\x00", "a.xlsx"))

    assert (code_list.status, code_list.error_code) == (ListStatus.FAILED, "unsupported_format")
    assert "XLSX" in code_list.error


@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("too_many_features", {"limit": 5}), ("too_complex", {"reason": "cpu"}), ("too_complex", {"reason": "pages"}),
        ("unreadable_file", {"reason": "encrypted"}), ("unreadable_file", {}), ("unsafe_archive", {"reason": "ratio"}),
    ],
)  # fmt: skip
def test_texts_of_file_errors(code, params):
    assert imports.file_error_text(code, params).endswith(".")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"decided_on": dt.date(2999, 1, 1)}, "/decided_on"),
        ({"document_number": " "}, "/document_number"),
        ({"market": None}, "/market"),
        ({"kind": "old_codes"}, "/scheme"),
        ({"default_status": "dossier_sent"}, "/default_status"),
    ],
)
def test_facts_that_are_missing(read, change, pointer):
    with pytest.raises(RuleViolated) as caught:
        read(csv_file("a,b", "c,d"), **change)

    assert caught.value.findings[0].pointer == pointer
    assert "dossier_sent" not in DEFAULT_STATUSES


@pytest.mark.parametrize("person", ["clerk", "planner", "foreign_officer"])
def test_who_may_not_bring_in_lists(request, commune, china, codes, read, person):
    user = request.getfixturevalue(person)
    facts = ListFacts(kind="market", decided_on=DAY, document_number="1", market=china)
    code_list = read(csv_file("Mã,Tên", f"{codes[0].code},x"))

    with pytest.raises(NotAllowed):
        services.start_list(commune, csv_file("a,b"), facts, by=user)
    for act in (services.commit_list, services.cancel_list):
        with pytest.raises(NotAllowed):
            act(code_list, by=user)
    with pytest.raises(NotAllowed):
        services.answer_list(code_list, {}, by=user)


def test_a_list_given_up(read, codes, officer):
    code_list = read(csv_file("Mã,Tên", f"{codes[0].code},x"))
    services.cancel_list(code_list, by=officer)

    with pytest.raises(WrongState):
        services.cancel_list(code_list, by=officer)
    with pytest.raises(WrongState):
        services.commit_list(code_list, by=officer)
    for work in (read_list, store_list):
        assert work(Job(payload={"list": str(code_list.pk)}, created_by=officer)) == {}


def test_given_up_while_it_was_read(commune, officer, china, codes):
    facts = ListFacts(kind="market", decided_on=DAY, document_number="1", market=china)
    code_list = services.start_list(commune, csv_file("Mã,Tên", "a,b"), facts, by=officer)
    with pytest.raises(WrongState):
        services.cancel_list(code_list, by=officer)

    def give_up(job, percent, step=""):
        CodeList.objects.update(status=ListStatus.CANCELLED)

    with patch("codes.services.lists.tell_progress", give_up):
        run_job(code_list.job_id)

    assert not code_list.rows.exists()


# --- Old codes -------------------------------------------------------------------------------------------------

OLD = "Mã số,Tên vùng trồng,Đơn vị,Cây trồng,Giống,Xã,Diện tích (ha),Ngày cấp,Hiệu lực đến,Thị trường,Trạng thái"


@pytest.fixture
def read_old(read, old_scheme):
    def start(*rows, **fields):
        return read(csv_file(OLD, *rows), kind="old_codes", market=None, **{"scheme": old_scheme} | fields)

    return start


def test_old_codes_keep_their_string_and_move_the_counter(
    read_old, officer, commune, cooperative, mango, china, code_factory
):
    name = commune.name_vi
    code_list = read_old(
        f'vn-xxor-0040,Vùng A,{cooperative.name},Xoài,Cát Chu,{name},"12,5",04/03/2019,,Trung Quốc,Approved',
        f"VNTGOR0095,Vùng B,HTX ở xa,Xoài cát,,{commune.code},7,2018-01-02,2030-01-01,,",
        f"MANGO-7,Vùng C,,Mango,,{commune.full_name},,2017-05-05,,,Tạm đình chỉ",
    )
    assert verdicts(code_list) == {
        2: ("change", []),
        3: ("change", ["unknown_holder"]),
        4: ("change", ["outside_pattern"]),
    }

    store(code_list, officer)

    first, second, third = ProductionAreaCode.objects.filter(is_imported=True).order_by("pk")
    assert (first.code, first.scope, first.serial, first.holder) == ("VN-XXOR-0040", "XX", 40, cooperative)
    assert (first.declared_area_m2, first.variety_name, first.status) == (125_000, "Cát Chu", "active")
    assert (first.approvals.get().status, first.approvals.get().market_id) == ("approved", "CHN")
    assert (second.code, second.scope, second.serial, second.holder) == ("VNTGOR0095", "TG", 95, None)
    assert (second.holder_name, second.valid_until) == ("HTX ở xa", dt.date(2030, 1, 1))
    assert (third.code, third.serial, third.status) == ("MANGO-7", None, "suspended")
    assert (first.events.get().transition, first.events.get().details["as_written"]) == ("import", "vn-xxor-0040")
    assert dict(CodeCounter.objects.values_list("scope", "last")) == {"XX": 40, "TG": 95}
    assert code_factory().code == "VN-XXOR-0041"


def test_old_codes_are_for_the_level_that_decides(read_old, scheme_factory, province, commune, mango, officer_factory):
    """A list of old codes brings codes in force: who may not issue them may not bring them in."""
    scheme = scheme_factory(slug="tinh", deciding_level="province")
    facts = ListFacts(kind="old_codes", decided_on=DAY, document_number="1", scheme=scheme)
    head = officer_factory(province, "officer")

    with pytest.raises(NotAllowed):
        read_old(f"VN-XXOR-0040,A,,Xoài,,{commune.name_vi},1,2019-01-01,,,", scheme=scheme)

    assert services.start_list(commune, csv_file(OLD), facts, by=head).scheme == scheme


def test_schemes_of_another_province_are_refused(read_old, scheme_factory):
    elsewhere = scheme_factory(slug="noi-khac", province=make_unit(level="province", code="88", name_vi="Nơi Khác"))

    with pytest.raises(RuleViolated) as caught:
        read_old("VN-XXOR-0040", scheme=elsewhere)

    assert [finding.pointer for finding in caught.value.findings] == ["/scheme"]


def test_a_name_in_another_province_is_no_holder(read_old, officer, commune, mango):
    there = make_unit(parent=make_unit(level="province", code="88", name_vi="Nơi Khác"), code="88001")
    make_cooperative(there, name="HTX Trùng Tên", tax_number="1400000001")

    code_list = read_old(
        f"VN-XXOR-0040,A,HTX Trùng Tên,Xoài,,{commune.name_vi},1,2019-01-01,,,",
        f"VN-XXOR-0041,B,1400000001,Xoài,,{commune.name_vi},1,2019-01-01,,,",
    )

    assert verdicts(code_list) == {2: ("change", ["unknown_holder"]), 3: ("change", [])}


def test_the_counter_never_goes_back(read_old, officer, commune, mango, code_factory):
    last = [code_factory() for _number in range(5)][-1]

    store(read_old(f"VN-XXOR-0999,A,,Xoài,,{commune.name_vi},1,2019-01-01,,,"), officer)
    store(read_old(f"VN-XXOR-0500,A,,Xoài,,{commune.name_vi},1,2019-01-01,,,"), officer)

    assert last.serial == 5
    assert code_factory().serial == 1000


def test_the_same_old_list_twice_changes_nothing(read_old, officer, commune, mango):
    row = f"VN-XXOR-0040,A,,Xoài,,{commune.name_vi},1,2019-01-01,,,"
    store(read_old(row), officer)

    again = read_old(row)

    assert again.summary["counts"] == {"change": 0, "same": 1, "unmatched": 0, "refused": 0}


def test_old_rows_that_are_refused(read_old, commune, mango, longan, code, officer):
    place = commune.name_vi
    code_list = read_old(
        f",A,,Xoài,,{place},1,2019-01-01,,,",
        f"Vườn số 7,A,,Xoài,,{place},1,2019-01-01,,,",
        f"VN-XXOR-0100,A,,Sầu riêng lạ,,{place},1,2019-01-01,,,",
        "VN-XXOR-0101,A,,Xoài,,Xã Không Có,1,2019-01-01,,,",
        f"VN-XXOR-0102,A,,Xoài,,{place},một,2019-01-01,,,",
        f"VN-XXOR-0103,A,,Xoài,,{place},1,hôm qua,,,",
        f"VN-XXOR-0104,A,,Xoài,,{place},1,2999-01-01,,,",
        f"VN-XXOR-0105,A,,Xoài,,{place},1,2019-01-01,2018-01-01,,",
        f"VN-XXOR-0106,A,,Xoài,,{place},1,2019-01-01,x,,",
        f"VN-XXOR-0107,A,,Xoài,,{place},1,2019-01-01,,Sao Hỏa,",
        f"VN-XXOR-0108,A,,Xoài,,{place},1,2019-01-01,,,lạ",
        f"VN-XXOR-0109,A,,Xoài,,{place},1,2019-01-01,,,",
        f"VNXXOR0109,A,,Xoài,,{place},1,2019-01-01,,,",
        f"VN-XXOR-109,A,,Xoài,,{place},1,2019-01-01,,,",
        f"{code.code},A,,Nhãn,,{place},1,2019-01-01,,,",
        f"VN-XXOR-1,A,,Xoài,,{place},1,2019-01-01,,,",
    )

    assert [codes for _verdict, codes in verdicts(code_list).values()] == [
        ["no_code"], ["code_characters"], ["unknown_crop"], ["unknown_commune"], ["bad_area"], ["bad_date"],
        ["future_date"], ["dates"], ["bad_date"], ["unknown_market"], ["unknown_status"], [], ["repeated"],
        ["serial_taken"], ["code_known"], ["serial_taken"],
    ]  # fmt: skip
    assert code_list.summary["counts"]["change"] == 1


def test_a_scheme_bound_to_a_market_needs_exactly_one(read_old, commune, mango, new_scheme, china, usa, officer):
    place = commune.name_vi
    code_list = read_old(
        f"99-PUC-XOAI01-000007-CHN,A,,Xoài,,{place},1,2026-09-01,,CHN,",
        f"99-PUC-XOAI01-000008-CHN,A,,Xoài,,{place},1,2026-09-01,,,",
        scheme=new_scheme,
    )
    assert verdicts(code_list) == {2: ("change", []), 3: ("refused", ["one_market"])}

    store(code_list, officer)

    stored = ProductionAreaCode.objects.get()
    assert (stored.market_id, stored.scope, stored.serial) == ("CHN", "99/XOAI/CHN", 7)
    assert stored.approvals.get().status == "not_submitted"


def test_old_names_of_communes(read_old, province, officer, commune, mango):
    from places.models import UnitSuccession

    old = make_unit(
        parent=province,
        code="98765",
        unit_type="Xã",
        name_vi="Tân Thạnh Cũ",
        valid_from=dt.date(2004, 1, 1),
        valid_to=dt.date(2025, 7, 1),
    )
    UnitSuccession.objects.create(predecessor=old, successor=commune, kind="merge", on=dt.date(2025, 7, 1))

    store(read_old("VN-XXOR-0040,A,,Xoài,,Xã Tân Thạnh Cũ,1,2019-01-01,,,"), officer)

    stored = ProductionAreaCode.objects.get()
    assert (stored.commune, stored.commune_name) == (commune, "Xã Tân Thạnh Cũ")
    assert commune.full_name in Client().get(f"/v/{stored.code}/").content.decode()


def test_two_lists_at_once(read_old, officer, commune, mango):
    first = read_old(f"VN-XXOR-0040,A,,Xoài,,{commune.name_vi},1,2019-01-01,,,")
    second = read_old(f"VN-XXOR-0040,B,,Xoài,,{commune.name_vi},1,2019-01-01,,,")
    store(first, officer)

    job = store(second, officer)

    assert job.error_code == "changed_since_preview"
    assert ProductionAreaCode.objects.get().area_name == "A"


def test_a_code_written_elsewhere_meanwhile(read_old, officer, commune, mango):
    first = read_old(f"VN-XXOR-0040,A,,Xoài,,{commune.name_vi},1,2019-01-01,,,")
    second = read_old(f"VN-XXOR-0040,B,,Xoài,,{commune.name_vi},1,2019-01-01,,,")
    store(first, officer)

    with patch("codes.services.lists.judge_list", return_value=second.summary["counts"]):
        job = store(second, officer)

    assert job.error_code == "changed_since_preview"
    assert CodeCounter.objects.get().last == 40


# --- Pages -----------------------------------------------------------------------------------------------------


def test_the_whole_way_by_pages(codes, officer, commune, china):
    client = as_user(officer)
    assert client.get("/desk/codes/lists/").status_code == 200
    form = {
        "kind": "market",
        "unit": commune.pk,
        "market": "CHN",
        "document_number": "GACC-1",
        "decided_on": f"{DAY}",
        "default_status": "approved",
        "file": csv_file("Mã số,Trạng thái", f"{codes[0].code},Approved", "=1+1,lạ"),
    }
    answer = client.post("/desk/codes/lists/", form)
    code_list = CodeList.objects.get()
    assert answer["Location"] == f"/desk/codes/lists/{code_list.pk}/"
    page = answer["Location"]
    assert "list-progress" in client.get(page).content.decode()
    assert client.get(page, headers={"HX-Request": "true"}).status_code == 200
    run_job(code_list.job_id)
    assert client.get(page, headers={"HX-Request": "true"})["HX-Refresh"] == "true"

    preview = client.get(page).content.decode()
    only = client.get(f"{page}?verdict=unmatched").content.decode()
    left = client.get(f"{page}left.csv").content.decode()
    client.post(f"{page}commit/")
    code_list.refresh_from_db()
    run_job(code_list.job_id)
    done = client.get(page).content.decode()

    assert codes[0].code in preview
    assert f">{codes[0].code}</a>" in preview
    assert f">{codes[0].code}</a>" not in only
    assert "'=1+1" in left
    assert "Đã ghi 1 mã số" in done
    assert codes[0].approvals.get().status == "approved"


def test_columns_and_cancel_by_pages(codes, officer, read):
    code_list = read(csv_file("Mã,Ghi chú", f"x1,{codes[0].code}"))
    client, page = as_user(officer), f"/desk/codes/lists/{code_list.pk}/"

    wrong = client.post(f"{page}columns/", {"column0": "nothing"})
    client.post(f"{page}columns/", {"column0": "", "column1": "code"})
    code_list.refresh_from_db()
    run_job(code_list.job_id)
    changed = verdicts(code_list)
    cancelled = client.post(f"{page}cancel/")

    assert wrong.status_code in (302, 422)
    assert changed == {2: (ListVerdict.CHANGE, [])}
    assert cancelled["Location"] == "/desk/codes/lists/"


def test_bad_uploads_stay_on_the_form(officer, commune):
    client = as_user(officer)
    form = {
        "kind": "market",
        "unit": commune.pk,
        "document_number": "1",
        "decided_on": f"{DAY}",
        "default_status": "approved",
    }

    no_market = client.post("/desk/codes/lists/", form | {"file": csv_file("a,b")})
    no_file = client.post("/desk/codes/lists/", form | {"market": "CHN"})

    assert (no_market.status_code, no_file.status_code) == (422, 422)
    assert "Hãy chọn thị trường" in no_market.content.decode()


@pytest.mark.parametrize("person", ["clerk", "planner", "foreign_officer"])
def test_pages_are_not_there_for_others(request, read, codes, person):
    client = as_user(request.getfixturevalue(person))
    code_list = read(csv_file("Mã,Tên", f"{codes[0].code},x"))

    assert client.get(f"/desk/codes/lists/{code_list.pk}/").status_code == 404
    assert client.get(f"/desk/codes/lists/{code_list.pk}/left.csv").status_code == 404
