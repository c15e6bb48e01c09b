"""History for auditors: every act on a code with actor, time, reason and document, on a page and as CSV."""

import csv
import datetime as dt
import io
import uuid

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from casework import services
from casework.audit import HEADER, KINDS, acts, acts_of, acts_within
from casework.models import EligibilityOverride, Inspection, MisuseCase, MisuseEvent, Opinion, OpinionVerdict
from casework.workflow import available_transitions
from codes.models import CodeCertificate, Reason
from codes.models import CodeEvent as Event
from core.errors import NotAllowed
from core.tables import csv_lines, safe_cell
from office.models import Document
from tests.factories.codes import make_scheme
from tests.people import make_officer

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def auditor(province):
    return make_officer(province, Role.AUDITOR, username="auditor", full_name="Thanh Tra Viên")


@pytest.fixture
def story(request_in_review, officer, china):
    """A code with a request, an override, a visit, an opinion, a certificate, a market's word and a misuse case."""
    approved = services.approve_request(request_in_review, by=officer, document_number="12/QĐ-SNN")
    code = approved.codes.get()
    reason = Reason.objects.create(use="suspend", slug="du-luong", text_vi="Dư lượng", valid_from=dt.date(2020, 1, 1))
    shared = {"code": code, "effective_on": TODAY(), "by": officer}
    Event.objects.create(
        transition="suspend", old_status="active", new_status="suspended", reason_code=reason,
        reason="=HYPERLINK(1)", document_number="13/QĐ", **shared,
    )  # fmt: skip
    Event.objects.create(transition="approve", market=china, old_status="dossier_sent", new_status="approved", **shared)
    EligibilityOverride.objects.create(
        code_request=approved, rule="minimum_area", version=1, reason="Đã xác minh", by=officer
    )
    Inspection.objects.create(
        code=code, inspector=officer, visited_on=TODAY(), position=Point(105.123456, 10.654321), result="pass",
        report="Nội dung biên bản kín",
    )  # fmt: skip
    Opinion.objects.create(
        code_request=approved, office="Phòng Tài nguyên", email="phong@example.test", question="Đất có tranh chấp?",
        token_digest=uuid.uuid4().hex, due_on=TODAY(), asked_by=officer, verdict=OpinionVerdict.AGREE,
        answer="Không", answered_at=timezone.now(),
    )  # fmt: skip
    document = Document.objects.create(name="giay.pdf", size=1, sha256="0" * 64)
    CodeCertificate.objects.create(
        code=code, version=1, document=document, made_by=officer, signed_document=document, signed_at=timezone.now(),
        uploaded_by=officer,
    )  # fmt: skip
    case = MisuseCase.objects.create(
        code=code, code_text=code.code, commune=code.commune, source="public", description="Thấy hàng lạ"
    )
    MisuseEvent.objects.create(case=case, transition="verify", old_status="open", new_status="verified", by=officer)
    return code


def found(rows):
    return {(act.kind, act.file != "", str(act.title)) for act in acts(rows)}


def test_every_act_on_a_code_is_there(story, officer):
    rows = acts(acts_of(story))

    assert {str(act.kind) for act in rows} == {str(title) for title in KINDS.values()}
    assert [act.at for act in rows] == sorted((act.at for act in rows), reverse=True)
    suspended = next(act for act in rows if str(act.title) == "Tạm đình chỉ mã số")
    assert (suspended.reason_code, suspended.reason, suspended.document_number) == (
        "du-luong",
        "=HYPERLINK(1)",
        "13/QĐ",
    )
    assert (str(suspended.old), str(suspended.new), suspended.by) == ("Đang hiệu lực", "Tạm đình chỉ", str(officer))
    assert suspended.effective_on == TODAY()
    assert {act.code for act in rows} == {story.code}
    steps = [str(act.title) for act in rows if act.file]
    assert {"Lập hồ sơ", "Đã nộp hồ sơ", "Cán bộ đã nhận thẩm định", "Đã duyệt và cấp mã"} <= set(steps)


def test_acts_on_another_code_are_not_there(story, code_factory):
    other = code_factory()

    assert {act.code for act in acts(acts_of(other))} == {other.code}
    assert all(str(act.title) == "Cấp mã số" for act in acts(acts_of(other)))


def test_an_act_of_the_clock_names_the_system(code):
    Event.objects.create(code=code, transition="suspend", new_status="suspended", effective_on=TODAY(), by=None)

    assert str(acts(acts_of(code))[0].by) == "Hệ thống"


def test_who_has_no_full_name_is_named_by_account(code_factory, commune):
    code = code_factory(by=make_officer(commune, full_name="", username="khong-ten"))

    assert acts(acts_of(code))[0].by == "khong-ten"


def test_history_costs_one_query(story, django_assert_num_queries):
    with django_assert_num_queries(1):
        acts(acts_of(story))


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("officer", 200), ("auditor", 200), ("foreign_officer", 404), ("planner", 404), ("clerk", 404),
        ("outsider", 404),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/desk/codes/{pk}/history/", "/desk/codes/{pk}/history.csv"])
def test_who_reads_the_history_of_a_code(request, person, status, path, story):
    client = signed_in(request.getfixturevalue(person))

    assert client.get(path.format(pk=story.pk)).status_code == status


@pytest.mark.parametrize("path", ["/desk/audit/", "/desk/audit.csv"])
def test_who_reads_the_log(path, officer, auditor, clerk, planner):
    for person, status in ((officer, 200), (auditor, 200), (clerk, 404), (planner, 404)):
        assert signed_in(person).get(path).status_code == status
    assert Client().get(path).status_code == 302


def test_page_shows_neither_position_nor_minutes(story, auditor):
    page = signed_in(auditor).get(f"/desk/codes/{story.pk}/history/").content.decode()

    assert story.code in page
    assert "Kiểm tra thực địa" in page
    for hidden in ("105.12", "10.65", "biên bản kín", "Thấy hàng lạ"):
        assert hidden not in page


def test_page_says_whether_four_eyes_are_asked_for(story, auditor):
    path = f"/desk/codes/{story.pk}/history/"
    assert "không bắt buộc" in signed_in(auditor).get(path).content.decode()

    story.scheme.needs_four_eyes = True
    story.scheme.save()

    assert "người duyệt khác người thẩm định" in signed_in(auditor).get(path).content.decode()


def test_an_auditor_changes_nothing(code_factory, area_factory, auditor, submitted_request):
    code = code_factory(area=area_factory(lat=10.47))
    client = signed_in(auditor)

    take_up = client.post(f"/requests/{submitted_request.pk}/steps/take_up/")
    revoke = client.post(
        f"/desk/codes/{code.pk}/steps/revoke/",
        {"revoke-reason": "x", "revoke-document_number": "1", "revoke-effective_on": "2026-01-01",
         "revoke-public_note": "x"},
    )  # fmt: skip
    api = client.post(f"/api/v1/requests/{submitted_request.pk}/take-up/", "{}", content_type="application/json")

    submitted_request.refresh_from_db()
    code.refresh_from_db()
    assert (submitted_request.status, code.status) == ("submitted", "active")
    assert (take_up.status_code, revoke.status_code, api.status_code) == (302, 302, 403)
    assert client.get(f"/desk/{submitted_request.pk}/").status_code == 200
    assert client.get(f"/desk/codes/{code.pk}/").status_code == 200
    assert client.get("/admin/").status_code == 302


def test_csv_is_the_same_as_the_page_and_no_cell_is_a_formula(story, officer):
    answer = signed_in(officer).get(f"/desk/codes/{story.pk}/history.csv")

    body = b"".join(answer.streaming_content)
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert body.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="lich-su-{story.code}.csv"'
    assert lines[0] == [str(title) for title in HEADER]
    assert len(lines) - 1 == len(acts(acts_of(story)))
    assert {cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@"))} == set()
    assert any("'=HYPERLINK(1)" in line for line in lines)


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"), ("+84", "'+84"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"), ("  =1", "'  =1"), ("12/QĐ", "12/QĐ"), ("", ""), (5, 5), ("\n=1", "'\n=1"),
        ("\uff1d1+1", "'\uff1d1+1"), ("\uff0b84", "'\uff0b84"), ("\u00a0=1", "'\u00a0=1"),
    ],
)  # fmt: skip
def test_cells_are_no_formulas(cell, safe):
    assert safe_cell(cell) == safe


def test_csv_quotes_what_needs_it():
    text = "".join(csv_lines(["a"], [['x"y\nz', None]]))

    assert text == '\ufeffa\r\n"x""y\nz",\r\n'


def log(client, **params):
    answer = client.get("/desk/audit.csv", params)
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body)))


def test_the_log_of_a_period_has_filters(story, officer, code_factory):
    other = code_factory()
    client = signed_in(officer)

    everything = log(client)
    of_code = log(client, code=story.code.lower())
    of_kind = log(client, kind="market")

    assert {story.code, other.code} <= {row["Mã số"] for row in everything}
    assert {row["Mã số"] for row in of_code} == {story.code}
    assert [row["Thị trường"] for row in of_kind] == ["CHN"]
    assert log(client, first="2020-01-01", last="2020-02-01") == []
    assert len(acts(acts_within(officer, first=TODAY(), last=TODAY()))) == len(everything)


def test_days_are_those_of_viet_nam(code, officer, monkeypatch):
    just_before_midnight = dt.datetime(2026, 12, 31, 16, 59, 59, tzinfo=dt.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: just_before_midnight)
    Event.objects.create(code=code, transition="suspend", new_status="suspended", effective_on=TODAY(), by=officer)
    last_day, first_day = dt.date(2026, 12, 31), dt.date(2027, 1, 1)

    assert any(
        str(act.title) == "Tạm đình chỉ mã số" for act in acts(acts_within(officer, first=last_day, last=last_day))
    )
    assert acts(acts_within(officer, first=first_day, last=first_day)) == []


def test_the_log_holds_only_the_readers_units(story, foreign_officer):
    assert log(signed_in(foreign_officer)) == []


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"first": "2026-02-30"}, "Từ ngày"),
        ({"first": "2026-03-01", "last": "2026-02-01"}, "Ngày đầu phải trước"),
        ({"first": "2020-01-01", "last": "2026-01-01"}, "366"),
        ({"kind": "moi-thu"}, "Loại"),
        ({"code": "VN-KHONG-CO"}, "Không có mã số này"),
    ],
)
@pytest.mark.parametrize("path", ["/desk/audit/", "/desk/audit.csv"])
def test_bad_filters_are_named(params, named, path, officer):
    answer = signed_in(officer).get(path, params)

    assert answer.status_code == 400
    assert named in answer.content.decode()


def test_the_page_of_the_log_goes_on_by_pages(story, officer, monkeypatch):
    monkeypatch.setattr("casework.views.audit.PAGE_SIZE", 3)

    page = signed_in(officer).get("/desk/audit/", {"code": story.code, "page": "2"})

    assert len(page.context["acts"]) == 3
    assert f"code={story.code}" in page.content.decode()


def test_four_eyes_are_asked_for_by_the_scheme(request_factory, officer, province):
    code_request = request_factory(scheme=make_scheme(needs_four_eyes=True), submitted=True)
    code_request = services.take_up_request(code_request, by=officer)
    second = make_officer(province)

    code_request.assigned_to = second  # handing the file over does not make the examiner a second person
    code_request.save()
    with pytest.raises(NotAllowed, match="người duyệt khác") as caught:
        services.approve_request(code_request, by=officer)
    assert "approve" not in {step.name for step in available_transitions(code_request, officer)}
    assert "approve" in {step.name for step in available_transitions(code_request, second)}
    services.approve_request(code_request, by=second)

    assert caught.value.code == "four_eyes"
    done = [act for act in acts(acts_of(code_request.codes.get())) if act.file]
    assert {str(act.title): act.by for act in done}["Đã duyệt và cấp mã"] == str(second)
    assert {str(act.title): act.by for act in done}["Cán bộ đã nhận thẩm định"] == str(officer)
