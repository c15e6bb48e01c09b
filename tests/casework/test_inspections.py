"""Visits: planned, recorded once, with a checklist, photos without EXIF, corners as a proposal; pages and API."""

import base64
import datetime as dt
import io
import uuid

import pytest
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from casework import services
from casework.checklists import checklist_of
from casework.corners import boundary_of, read_corners
from casework.models import Inspection, InspectionPhoto, PlannedVisit
from casework.services.inspections import MAX_PHOTOS, Seen
from codes.models import ChecklistItem
from core.errors import NotAllowed, RuleViolated, WrongState
from office import photos
from office.models import Notice

pytestmark = pytest.mark.django_db
JSON = "application/json"
CORNERS = [(10.45, 105.6), (10.45, 105.61), (10.46, 105.6)]
POSITION = Point(105.601234, 10.451234, srid=4326)


def today():
    return timezone.localdate()


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def make_item(scheme, slug, **fields):
    fields = {"text_vi": f"Mục {slug}", "valid_from": dt.date(2020, 1, 1)} | fields
    return ChecklistItem.objects.create(scheme=scheme, slug=slug, **fields)


def picture(width=60, height=40, kind="JPEG", **options):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "green").save(file, kind, **options)
    return file.getvalue()


def photo_with_position():
    exif = Image.Exif()
    exif[0x010F] = "CANARYPHONE"  # Make
    exif.get_ifd(0x8825)[1] = "N"  # GPSLatitudeRef
    return picture(exif=exif.tobytes(), comment=b"CANARYCOMMENT")


def codes_of(error):
    return [finding.code for finding in error.value.findings]


@pytest.fixture
def request_to_visit(request_in_review, officer):
    return services.schedule_inspection(request_in_review, by=officer)


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def record(subject, by, **fields):
    fields = {"visited_on": today(), "result": "pass", "report": "Đã xem vườn"} | fields
    return services.record_inspection(subject, by=by, **fields)


# --- Planning -------------------------------------------------------------------------------------------------


def test_scheduling_plans_a_visit_and_tells_the_cooperative_the_day(request_in_review, clerk, officer):
    day = today() + dt.timedelta(3)

    services.schedule_inspection(request_in_review, planned_on=day, note="Mang sổ", inspector=officer, by=officer)

    visit = PlannedVisit.objects.get()
    assert (visit.planned_on, visit.inspector, visit.note, visit.purpose) == (day, officer, "Mang sổ", "request")
    assert f"{day:%d/%m/%Y}" in Notice.objects.filter(user=clerk).latest("pk").text


def test_without_a_day_the_scheme_says_until_when(request_in_review, officer):
    services.schedule_inspection(request_in_review, by=officer)

    assert PlannedVisit.objects.get().planned_on > today()


def test_a_past_day_or_a_stranger_plans_nothing(request_in_review, officer, foreign_officer):
    yesterday = today() - dt.timedelta(1)

    with pytest.raises(RuleViolated) as caught:
        services.schedule_inspection(request_in_review, planned_on=yesterday, inspector=foreign_officer, by=officer)

    assert codes_of(caught) == ["visit_in_past", "inspector_not_allowed"]
    assert PlannedVisit.objects.count() == 0


@pytest.mark.parametrize(("purpose", "is_told"), [("monitoring", True), ("restoration", True), ("misuse", False)])
def test_a_visit_to_a_code_is_told_unless_it_looks_into_misuse(code_factory, clerk, officer, purpose, is_told):
    code = code_factory()

    services.plan_visit(code, planned_on=today(), purpose=purpose, by=officer)
    services.plan_visit(code, planned_on=today(), purpose=purpose, by=officer)

    assert PlannedVisit.objects.count() == 1
    assert Notice.objects.filter(user=clerk, kind="visit_planned").exists() is is_told


def test_a_request_is_visited_again_only_while_its_inspection_is_due(request_in_review, officer):
    with pytest.raises(WrongState):
        services.plan_visit(request_in_review, planned_on=today(), by=officer)
    services.schedule_inspection(request_in_review, by=officer)

    visit = services.plan_visit(request_in_review, planned_on=today(), by=officer)

    assert visit.purpose == "request"


def test_a_code_is_not_visited_for_a_request(code_factory, officer):
    with pytest.raises(RuleViolated) as caught:
        services.plan_visit(code_factory(), planned_on=today(), purpose="request", by=officer)

    assert caught.value.code == "purpose_not_for_codes"


def test_a_planned_visit_is_cancelled_until_it_is_made(code_factory, officer):
    code = code_factory()
    first = services.plan_visit(code, planned_on=today(), by=officer)
    services.cancel_visit(first, by=officer)
    cancelled_at = services.cancel_visit(first, by=officer).cancelled_at
    second = services.plan_visit(code, planned_on=today(), by=officer)
    record(code, officer)

    with pytest.raises(WrongState) as caught:
        services.cancel_visit(second, by=officer)

    assert cancelled_at is not None
    assert caught.value.code == "visit_made"


def test_a_recorded_visit_is_the_one_that_was_planned_for_its_purpose(code_factory, officer):
    code = code_factory()
    other = services.plan_visit(code, planned_on=today(), purpose="misuse", by=officer)
    planned = services.plan_visit(code, planned_on=today() + dt.timedelta(1), by=officer)

    inspection = record(code, officer, purpose="monitoring")

    planned.refresh_from_db()
    other.refresh_from_db()
    assert (planned.inspection, other.inspection) == (inspection, None)


# --- Who may (E7) ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "may"),
    [("officer", True), ("foreign_officer", False), ("planner", False), ("clerk", False), ("outsider", False)],
)
def test_who_may_visit(request, code_factory, request_to_visit, person, may):
    code, user = code_factory(), request.getfixturevalue(person)

    for subject in (code, request_to_visit):
        if may:
            assert record(subject, user).inspector == user
        else:
            with pytest.raises(NotAllowed):
                record(subject, user)
    if not may:
        with pytest.raises(NotAllowed):
            services.plan_visit(code, planned_on=today(), by=user)


@pytest.mark.parametrize(
    ("person", "status"),
    [("officer", 200), ("foreign_officer", 404), ("planner", 403), ("clerk", 404), ("outsider", 404)],
)
def test_who_sees_the_page(request, code_factory, request_to_visit, person, status):
    user, path = request.getfixturevalue(person), reverse("casework:inspection-new")

    assert as_user(user).get(path, {"request": request_to_visit.pk}).status_code == status
    assert as_user(user).get(path, {"code": code_factory().code}).status_code == status


def test_an_officer_of_another_commune_records_nothing_by_api(request_to_visit, foreign_officer):
    answer = send(foreign_officer, body_for(request_to_visit))

    assert answer.status_code == 404
    assert Inspection.objects.count() == 0


# --- Checklist ------------------------------------------------------------------------------------------------


def test_the_narrower_line_of_the_checklist_holds(request_factory, old_scheme, mango, china, usa, crop_factory):
    make_item(old_scheme, "tuoi-cay", text_vi="Tuổi cây", position=2)
    make_item(old_scheme, "so", text_vi="Sổ chung", position=1)
    make_item(old_scheme, "so", text_vi="Sổ cho xoài", crop=mango, position=1)
    make_item(old_scheme, "so", text_vi="Sổ cho Trung Quốc", market=china, position=1)
    make_item(old_scheme, "bay", text_vi="Bẫy cho Mỹ", market=usa)
    make_item(old_scheme, "cu", text_vi="Mục cũ", valid_to=dt.date(2021, 1, 1))

    lines = checklist_of(request_factory(), today())

    assert [line.text_vi for line in lines] == ["Sổ cho Trung Quốc", "Tuổi cây"]


def test_the_checklist_of_a_code_follows_its_approvals(code_factory, old_scheme, usa):
    make_item(old_scheme, "bay", market=usa)

    assert checklist_of(code_factory(), today()) == []


@pytest.mark.parametrize(
    ("kind", "answer", "code"),
    [
        ("yes_no", True, None),
        ("yes_no", "yes", "answer_wrong_kind"),
        ("yes_no", None, "answer_missing"),
        ("number", 3.5, None),
        ("number", True, "answer_wrong_kind"),
        ("number", float("inf"), "answer_wrong_kind"),
        ("text", "Bọ trĩ", None),
        ("text", "x" * 501, "answer_wrong_kind"),
        ("text", 5, "answer_wrong_kind"),
    ],
)
def test_answers_are_of_their_kind(request_to_visit, old_scheme, officer, kind, answer, code):
    make_item(old_scheme, "muc", answer_kind=kind, unit="cây")
    seen = Seen(answers=[{"item": "muc", "answer": answer, "note": "xem\nkỹ"}])

    if code is None:
        kept = record(request_to_visit, officer, seen=seen).answers
        assert [(line["item"], line["text"], line["answer"], line["note"]) for line in kept] == [
            ("muc", "Mục muc", answer, "xem kỹ")
        ]
    else:
        with pytest.raises(RuleViolated) as caught:
            record(request_to_visit, officer, seen=seen)
        assert codes_of(caught) == [code]


def test_what_need_not_be_answered_may_stay_open(request_to_visit, old_scheme, officer):
    make_item(old_scheme, "muc", is_required=False)

    assert record(request_to_visit, officer).answers[0]["answer"] is None


@pytest.mark.parametrize(("result", "is_taken"), [("pass", False), ("minor", False), ("major", True)])
def test_a_critical_line_not_met_makes_the_result_major(request_to_visit, old_scheme, officer, result, is_taken):
    make_item(old_scheme, "thuoc-cam", is_critical=True)
    seen = Seen(answers=[{"item": "thuoc-cam", "answer": False}])

    if is_taken:
        assert record(request_to_visit, officer, result=result, seen=seen).result == "major"
    else:
        with pytest.raises(RuleViolated) as caught:
            record(request_to_visit, officer, result=result, seen=seen)
        assert codes_of(caught) == ["critical_item_not_met"]


def test_all_that_is_wrong_is_told_at_once(request_to_visit, officer):
    seen = Seen(
        answers=[{"item": "la"}],
        corners=[(10.45, 105.6)],
        samples=[{"number": str(n)} for n in range(21)],
        recorded_at=timezone.now(),
    )

    with pytest.raises(RuleViolated) as caught:
        record(request_to_visit, officer, visited_on=today() - dt.timedelta(90), report=" ", seen=seen)

    assert codes_of(caught) == [
        "inspection_too_old", "reason_missing", "too_many_samples", "item_unknown", "corners_too_few",
    ]  # fmt: skip


# --- Exactly once ---------------------------------------------------------------------------------------------


def test_the_same_client_id_is_the_same_visit_whatever_happened_since(request_to_visit, officer):
    key = uuid.uuid4()
    first = record(request_to_visit, officer, client_id=key)
    services.approve_request(request_to_visit, by=officer)

    second = record(request_to_visit, officer, client_id=key)

    assert (second, Inspection.objects.count()) == (first, 1)
    assert request_to_visit.events.filter(transition="record_inspection").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"report": "Đã xem lại, có lỗi"},
        {"result": "major"},
        {"visited_on": timezone.localdate() - dt.timedelta(1)},
        {"seen": Seen(samples=[{"number": "M1"}], answers=[{"item": "so", "answer": True}])},
        {"seen": Seen(corners=CORNERS, answers=[{"item": "so", "answer": True}])},
        {"seen": Seen(answers=[{"item": "so", "answer": False}])},
    ],
    ids=["report", "result", "day", "samples", "corners", "answer"],
)
def test_a_correction_of_what_has_arrived_is_not_taken_for_a_repeat(request_to_visit, old_scheme, officer, change):
    """The answer was lost on the way and the officer corrected the unsent entry: it must not vanish in silence."""
    make_item(old_scheme, "so")
    as_sent = {"client_id": uuid.uuid4(), "seen": Seen(answers=[{"item": "so", "answer": True}])}
    first = record(request_to_visit, officer, **as_sent)
    assert record(request_to_visit, officer, **as_sent) == first

    with pytest.raises(WrongState) as caught:
        record(request_to_visit, officer, **as_sent | change)

    assert (caught.value.code, Inspection.objects.count()) == ("visit_recorded_differently", 1)


def test_a_line_that_the_checklist_got_meanwhile_does_not_make_a_repeat_another_visit(
    request_to_visit, old_scheme, officer
):
    make_item(old_scheme, "so")
    as_sent = {"client_id": uuid.uuid4(), "seen": Seen(answers=[{"item": "so", "answer": True}])}
    first = record(request_to_visit, officer, **as_sent)
    make_item(old_scheme, "moi", is_required=False)

    assert record(request_to_visit, officer, **as_sent) == first


@pytest.mark.parametrize("step", ["return_request", "reject_request", "withdraw_request"])
def test_what_is_no_longer_inspected_leaves_no_visit_in_the_list(request_to_visit, officer, clerk, step):
    options = {"by": clerk} if step == "withdraw_request" else {"by": officer, "reason": "Thiếu giấy tờ"}
    assert PlannedVisit.objects.open().count() == 1

    getattr(services, step)(request_to_visit, **options)

    assert not PlannedVisit.objects.open().exists()


def test_a_client_id_belongs_to_one_visit_of_one_officer(code_factory, request_to_visit, officer, officer_factory):
    key, colleague = uuid.uuid4(), officer_factory(request_to_visit.commune)
    record(request_to_visit, officer, client_id=key)

    for subject, user in ((code_factory(), officer), (request_to_visit, colleague)):
        with pytest.raises(WrongState) as caught:
            record(subject, user, client_id=key)
        assert caught.value.code == "client_id_taken"
    assert Inspection.objects.count() == 1


def test_a_visit_to_a_revoked_code_is_no_monitoring(code_factory, officer):
    code = code_factory()
    type(code).objects.filter(pk=code.pk).update(status="revoked")

    with pytest.raises(WrongState):
        record(code, officer)

    assert record(code, officer, purpose="misuse").purpose == "misuse"


def test_the_holder_reads_the_outcome_of_a_visit(code_factory, clerk, officer):
    record(code_factory(), officer, result="minor")

    assert "Lỗi nhỏ" in Notice.objects.get(user=clerk, kind="visit_recorded").text


# --- Corners --------------------------------------------------------------------------------------------------


def test_corners_are_a_proposal_and_change_nothing(request_to_visit, officer):
    before = request_to_visit.area.boundary
    corners = [(10.45, 105.60), (10.45, 105.601), (10.451, 105.601)]

    inspection = record(request_to_visit, officer, seen=Seen(corners=corners))

    assert inspection.proposed_boundary.valid
    assert inspection.proposed_boundary.extent == (105.60, 10.45, 105.601, 10.451)
    request_to_visit.area.refresh_from_db()
    assert request_to_visit.area.boundary == before


def test_corners_in_vn2000_land_where_they_are(request_to_visit):
    near = request_to_visit.area.boundary
    # 105.6 E, 10.45 N in EPSG:9210, as X (north) and Y (east), made by the pinned pipeline of geofiles.crs.
    from geofiles.crs import points_from_wgs84

    easts, norths = points_from_wgs84([105.60, 105.601, 105.601], [10.45, 10.45, 10.451], "EPSG:9210")

    found = boundary_of(list(zip(norths, easts, strict=True)), "EPSG:9210", near=near)

    assert found.extent == pytest.approx((105.60, 10.45, 105.601, 10.451), abs=1e-8)


@pytest.mark.parametrize(
    ("name", "corners", "system", "code"),
    [
        ("two", [(10.45, 105.6), (10.46, 105.6)], "EPSG:4326", "corners_too_few"),
        ("many", [(10.45, 105.6)] * 201, "EPSG:4326", "corners_too_many"),
        ("axes", [(105.6, 10.45), (105.6, 10.46), (105.7, 10.46)], "EPSG:4326", "corners_outside"),
        ("bowtie", [(10.45, 105.6), (10.46, 105.61), (10.45, 105.61), (10.46, 105.6)], "EPSG:4326", "corners_crossing"),
        ("line", [(10.45, 105.6), (10.46, 105.6), (10.47, 105.6)], "EPSG:4326", "corners_crossing"),
        ("far", [(21.0, 105.8), (21.0, 105.81), (21.01, 105.81)], "EPSG:4326", "corners_far"),
        ("system", [(1, 1), (1, 2), (2, 2)], "EPSG:3857", "corners_system"),
        ("nowhere", [(1e30, 1e30), (1e30, 2e30), (2e30, 2e30)], "EPSG:9210", "corners_outside"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_corners_are_refused(area, name, corners, system, code):
    with pytest.raises(RuleViolated) as caught:
        boundary_of(corners, system, near=area.boundary)

    assert codes_of(caught) == [code]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("10.45; 105.6\n\n10,46; 105,61", [(10.45, 105.6), (10.46, 105.61)]),
        ("10.45, 105.6", [(10.45, 105.6)]),
        ("10.45 105.6", [(10.45, 105.6)]),
        ("1155432.12; 593212.3", [(1155432.12, 593212.3)]),
        ("", []),
    ],
)
def test_corners_are_read_as_people_write_them(text, pairs):
    assert read_corners(text) == pairs


@pytest.mark.parametrize("text", ["10.45", "abc", "1; 2; 3"])
def test_a_line_that_is_no_corner_is_named(text):
    with pytest.raises(RuleViolated) as caught:
        read_corners(f"10.45; 105.6\n{text}")

    assert "2" in str(caught.value.findings[0].message)


# --- Photos and signature -------------------------------------------------------------------------------------


def test_a_photo_is_kept_without_exif(request_to_visit, officer, media):
    raw = photo_with_position()
    assert b"CANARYPHONE" in raw and b"Exif" in raw and b"CANARYCOMMENT" in raw

    photo = services.add_photo(record(request_to_visit, officer), image=raw, by=officer)

    with photo.document.file.open() as file:
        stored = file.read()
    assert stored[:3] == b"\xff\xd8\xff"
    assert not any(word in stored for word in (b"CANARY", b"Exif", b"GPS"))
    assert dict(Image.open(io.BytesIO(stored)).getexif()) == {}


def test_a_photo_is_turned_upright_and_made_smaller():
    exif = Image.Exif()
    exif[0x0112] = 6  # taken upright with a phone: pixels lie on their side
    raw = picture(3000, 2000, exif=exif.tobytes())

    found = Image.open(io.BytesIO(photos.clean_photo(raw)))

    assert (found.width, found.height) == (1365, 2048)


def test_the_same_photo_is_kept_once(request_to_visit, code_factory, officer, media):
    inspection, key = record(request_to_visit, officer), uuid.uuid4()
    first = services.add_photo(inspection, image=picture(), client_id=key, by=officer)

    assert services.add_photo(inspection, image=picture(), client_id=key, by=officer) == first
    with pytest.raises(WrongState):
        services.add_photo(record(code_factory(), officer), image=picture(), client_id=key, by=officer)
    assert InspectionPhoto.objects.count() == 1


def test_the_role_of_the_service_adds_photos(request_to_visit, officer, media, settings):
    inspection = record(request_to_visit, officer)
    call_command("grant_app_role", stdout=io.StringIO())

    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {settings.DATABASE_APP_ROLE}")
        photo = services.add_photo(inspection, image=picture(), by=officer)
        cursor.execute("RESET ROLE")

    assert list(inspection.photos.all()) == [photo]


def test_photos_have_a_limit(request_to_visit, officer, media):
    inspection = record(request_to_visit, officer)
    for _number in range(MAX_PHOTOS):
        services.add_photo(inspection, image=picture(8, 8), by=officer)

    with pytest.raises(RuleViolated) as caught:
        services.add_photo(inspection, image=picture(8, 8), by=officer)

    assert caught.value.code == "too_many_photos"


def test_only_the_inspector_adds_photos(request_to_visit, officer, officer_factory):
    inspection, colleague = record(request_to_visit, officer), officer_factory(request_to_visit.commune)

    with pytest.raises(NotAllowed):
        services.add_photo(inspection, image=picture(), by=colleague)


def flood(width, height):
    """A PNG whose header promises more pixels than we ever decode."""
    raw = bytearray(picture(1, 1, "PNG"))
    raw[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    import zlib

    raw[29:33] = zlib.crc32(bytes(raw[12:29])).to_bytes(4, "big")
    return bytes(raw)


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("text", b"<svg onload=alert(1)>", "photo_unreadable"),
        ("empty", b"", "photo_unreadable"),
        ("cut", picture()[:80], "photo_unreadable"),
        ("gif", picture(kind="GIF"), "photo_unreadable"),
        ("flood", flood(9_000, 9_000), "photo_too_large"),
        ("big flood", flood(60_000, 60_000), "photo_too_large"),
        ("bytes", b"\xff" * (9 * 1024 * 1024 + 1), "photo_too_large"),
    ],
    ids=["text", "empty", "cut", "gif", "flood", "big flood", "bytes"],
)
def test_what_is_no_photo_is_refused(name, raw, code):
    with pytest.raises(RuleViolated) as caught:
        photos.clean_photo(raw)

    assert caught.value.code == code


def test_a_signature_is_kept_in_black_on_white(request_to_visit, officer, media):
    drawn = io.BytesIO()
    Image.new("RGBA", (64, 24), (0, 0, 0, 0)).save(drawn, "PNG")

    inspection = record(request_to_visit, officer, seen=Seen(signature=drawn.getvalue(), signer_name="Bà Sáu"))

    with inspection.signature.file.open() as file, Image.open(file) as kept:
        found = (kept.format, kept.mode, kept.getpixel((3, 3)))
    assert found == ("PNG", "L", 255)


# --- API ------------------------------------------------------------------------------------------------------


def body_for(subject, **fields):
    about = {"code": subject.code} if hasattr(subject, "serial") else {"request": subject.pk}
    base = {"client_id": str(uuid.uuid4()), "visited_on": str(today()), "result": "pass", "report": "Đã xem"}
    return base | about | fields


def send(user, body):
    return as_user(user).post("/api/v1/inspections/", body, content_type=JSON)


def send_photo(user, visit, **fields):
    data = {"client_id": str(uuid.uuid4()), "photo": SimpleUploadedFile("a.jpg", picture())} | fields
    return as_user(user).post(f"/api/v1/inspections/{visit}/photos/", data)


def test_a_phone_sends_everything_once(request_to_visit, old_scheme, officer, media):
    make_item(old_scheme, "so")
    signature = "data:image/png;base64," + base64.b64encode(picture(kind="PNG")).decode()
    body = body_for(
        request_to_visit,
        answers=[{"item": "so", "answer": True, "note": "đủ"}],
        samples=[{"number": "M1", "what": "lá"}, {"number": " "}],
        position={"type": "Point", "coordinates": [105.6, 10.45]},
        accuracy_m=4.5,
        corners_text="10.45; 105.60\n10.45; 105.601\n10.451; 105.601",
        corner_system="EPSG:4326",
        signer_name="Ông Tư",
        signature=signature,
        recorded_at=timezone.now().isoformat(),
    )

    first, second = send(officer, body), send(officer, body)

    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (201, first.json())
    assert "position" not in first.content.decode()
    inspection = Inspection.objects.get()
    assert inspection.answers[0]["answer"] is True
    assert inspection.samples == [{"number": "M1", "what": "lá", "for_test": ""}]
    assert (inspection.accuracy_m, inspection.signer_name) == (4.5, "Ông Tư")
    assert inspection.proposed_boundary is not None and inspection.signature is not None
    key = str(uuid.uuid4())
    twice = [send_photo(officer, body["client_id"], client_id=key).status_code for _time in range(2)]
    assert (twice, InspectionPhoto.objects.count()) == ([201, 201], 1)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"client_id": "x"}, 422, None),
        ({"code": "VN-XXOR-0001"}, 400, "one_subject"),
        ({"result": "fine"}, 422, None),
        ({"signature": "data:image/png;base64,***"}, 400, "signature_unreadable"),
        ({"corners_text": "x"}, 422, "corners_unreadable"),
        ({"answers": [{"item": "la", "answer": 1}]}, 422, "item_unknown"),
        ({"position": {"type": "Point", "coordinates": [0, 0, 0, 0]}}, None, None),
        ({"status": "approved"}, None, None),
    ],
)
def test_bad_input_stores_nothing_and_says_why(request_to_visit, officer, change, status, code):
    answer = send(officer, body_for(request_to_visit) | change)

    assert answer.status_code in ({status} if status else {400, 422})
    assert Inspection.objects.count() == 0
    problem = answer.json()
    assert problem["errors"]
    if code:
        assert code in {problem["code"], *(error["code"] for error in problem["errors"])}


def test_api_asks_for_a_user_and_a_token_of_ours(request_to_visit, officer):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(officer)

    assert Client().post("/api/v1/inspections/", body_for(request_to_visit), content_type=JSON).status_code == 401
    assert strict.post("/api/v1/inspections/", body_for(request_to_visit), content_type=JSON).status_code == 403
    token = strict.get(reverse("office:outbox-session")).json()["csrf_token"]
    answer = strict.post(
        "/api/v1/inspections/", body_for(request_to_visit), content_type=JSON, headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 201


def test_photos_of_others_are_not_taken(request_to_visit, officer, foreign_officer, officer_factory):
    inspection = record(request_to_visit, officer)
    colleague = officer_factory(request_to_visit.commune)

    assert send_photo(foreign_officer, inspection.client_id).status_code == 404
    assert send_photo(colleague, inspection.client_id).status_code == 403
    assert send_photo(officer, inspection.client_id, client_id="x").status_code == 422


def test_a_code_is_visited_by_api(code_factory, officer):
    code = code_factory()

    assert send(officer, body_for(code, purpose="monitoring")).status_code == 201
    assert Inspection.objects.get().code == code


# --- Pages ----------------------------------------------------------------------------------------------------


def page_data(**fields):
    base = {"client_id": str(uuid.uuid4()), "visited_on": str(today()), "result": "pass", "report": "Đã xem vườn"}
    return base | fields


def test_the_page_posts_without_script_once(request_to_visit, old_scheme, officer, media):
    make_item(old_scheme, "so")
    make_item(old_scheme, "tuoi", answer_kind="number", is_required=False)
    path = f"{reverse('casework:inspection-new')}?request={request_to_visit.pk}"
    data = page_data(
        **{"item-so": "yes", "note-so": "đủ", "lat": "10.4512", "lon": "105.6012", "sample-0-number": "M1"},
        photos=[SimpleUploadedFile("a.jpg", picture()), SimpleUploadedFile("b.jpg", b"x")],
    )

    answer = as_user(officer).post(path, data, follow=True)
    data["photos"] = [SimpleUploadedFile("a.jpg", picture())]
    as_user(officer).post(path, data)

    inspection = Inspection.objects.get()
    assert inspection.position.coords == (105.6012, 10.4512)
    assert inspection.photos.count() == 1
    text = answer.content.decode()
    assert "b.jpg: Không đọc được ảnh" in text
    assert "Mục so" in text and "M1" in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"item-so": ""}, "Trường này"),
        ({"lat": "10.45"}, "cả kinh độ và vĩ độ"),
        ({"corners": "10"}, "Dòng 1"),
        ({"item-so": "no"}, "phải là lỗi lớn"),
        ({"report": ""}, "Trường này"),
    ],
)
def test_the_page_says_what_is_missing_and_keeps_what_was_typed(request_to_visit, old_scheme, officer, change, message):
    make_item(old_scheme, "so", is_critical=True)
    path = f"{reverse('casework:inspection-new')}?request={request_to_visit.pk}"

    answer = as_user(officer).post(path, page_data(**{"item-so": "yes", "note-so": "ghi chú cũ"} | change))

    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert "ghi chú cũ" in answer.content.decode()
    assert Inspection.objects.count() == 0


def test_the_page_without_a_subject_leads_to_the_list(officer):
    answer = as_user(officer).get(reverse("casework:inspection-new"))

    assert answer.url == reverse("casework:visit-list")


@pytest.mark.parametrize("params", [{"request": "x"}, {"request": "9" * 30}, {"code": "KHONG-CO"}, {"code": "١"}])
def test_the_page_of_nothing_is_not_found(officer, params):
    assert as_user(officer).get(reverse("casework:inspection-new"), params).status_code == 404


@pytest.fixture
def made(request_to_visit, officer, media):
    inspection = record(
        request_to_visit, officer, position=POSITION, accuracy_m=5,
        seen=Seen(signature=picture(kind="PNG"), signer_name="Ông Tư", corners=CORNERS),
    )  # fmt: skip
    photo = services.add_photo(inspection, image=picture(), by=officer)
    return inspection, photo


def paths_of(made):
    inspection, photo = made
    return [
        reverse("casework:inspection", args=[inspection.pk]),
        reverse("casework:inspection-minutes", args=[inspection.pk]),
        reverse("casework:inspection-photo", args=[inspection.pk, photo.pk]),
        reverse("casework:inspection-photo", args=[inspection.pk, 0]),
    ]


def test_officers_of_the_place_read_a_visit(made, officer):
    detail, minutes, photo, signature = (as_user(officer).get(path) for path in paths_of(made))

    assert "10,451234, 105,601234" in detail.content.decode() or "10.451234, 105.601234" in detail.content.decode()
    assert "Biên bản kiểm tra" in minutes.content.decode() and "Ông Tư" in minutes.content.decode()
    photo.close()
    signature.close()
    assert (photo["Content-Type"], signature["Content-Type"]) == ("image/jpeg", "image/png")
    assert photo["X-Content-Type-Options"] == "nosniff" and "sandbox" in photo["Content-Security-Policy"]


@pytest.mark.parametrize("person", ["foreign_officer", "clerk", "outsider"])
def test_nobody_else_reads_it(request, made, person):
    user = request.getfixturevalue(person)

    assert {as_user(user).get(path).status_code for path in paths_of(made)} == {404}


def test_a_photo_that_is_not_there(made, request_to_visit, officer):
    inspection = record(request_to_visit, officer, report="Lần hai")

    for number in (0, made[1].pk):
        path = reverse("casework:inspection-photo", args=[inspection.pk, number])
        assert as_user(officer).get(path).status_code == 404


def test_the_cooperative_reads_the_result_but_no_position(made, request_to_visit, clerk):
    page = as_user(clerk).get(request_to_visit.get_absolute_url()).content.decode()
    feature = as_user(clerk).get(f"/api/v1/requests/{request_to_visit.pk}/").content.decode()

    assert "105.601234" not in page + feature
    assert "105,601234" not in page


def test_the_map_to_take_along_has_numbers_and_no_persons(request_to_visit, code_factory, officer, plot_factory):
    from tests.shapes import square

    neighbour = plot_factory(ref="LANG-GIENG-7", boundary=square(105.605, 10.4505, side_m=60))
    path = reverse("casework:inspection-map")

    for params in ({"request": request_to_visit.pk}, {"code": code_factory().code}):
        answer = as_user(officer).get(path, params)
        text = answer.content.decode()
        assert answer["Content-Disposition"].startswith("attachment")
        assert all(plot.ref in text for plot in request_to_visit.area.plots.all())
        assert neighbour.ref in text
        assert not any(plot.grower.person.full_name in text for plot in request_to_visit.area.plots.all())


def test_a_code_without_ground_has_no_map(officer, code_factory):
    code = code_factory()
    code.boundary = None
    from casework.visit_maps import visit_map

    with pytest.raises(RuleViolated) as caught:
        visit_map(code)

    assert caught.value.code == "no_outline"


def test_the_list_shows_plans_and_cancels_visits(code_factory, request_to_visit, officer, planner, clerk):
    code, path = code_factory(), reverse("casework:visit-list")
    data = {"code": code.code, "purpose": "monitoring", "planned_on": str(today()), "note": "Mang thước"}

    page = as_user(officer).post(path, data, follow=True).content.decode()

    assert code.code in page and "Mang thước" in page and str(request_to_visit) in page
    assert "Hẹn kiểm tra một mã số" not in as_user(planner).get(path).content.decode()
    assert as_user(clerk).get(path).status_code == 404
    visit = PlannedVisit.objects.get(code=code)
    cancel = reverse("casework:visit-cancel", args=[visit.pk])
    assert as_user(planner).post(cancel).status_code == 302  # shown as a message, nothing done
    visit.refresh_from_db()
    assert visit.cancelled_at is None
    assert code.code not in as_user(officer).post(cancel, follow=True).content.decode().split("<form")[0]
    visit.refresh_from_db()
    assert visit.cancelled_at is not None


def test_a_visit_in_the_past_is_not_planned_by_page(code_factory, officer):
    data = {"code": code_factory().code, "purpose": "monitoring", "planned_on": "2020-01-01"}

    answer = as_user(officer).post(reverse("casework:visit-list"), data)

    assert answer.status_code == 422
    assert "không được trước hôm nay" in answer.content.decode()


def test_inspections_are_never_changed(request_to_visit, officer):
    from django.db.utils import InternalError, ProgrammingError

    inspection = record(request_to_visit, officer)

    with pytest.raises((InternalError, ProgrammingError)):
        Inspection.objects.filter(pk=inspection.pk).update(result="major")


def test_of_two_phones_with_one_id_the_slower_is_refused(request_to_visit, code_factory, officer, monkeypatch):
    """Both ask before either has stored: the database decides."""
    from casework.services import inspections

    key = uuid.uuid4()
    record(code_factory(), officer, client_id=key)
    monkeypatch.setattr(inspections, "_sent_before", lambda *_given: None)

    with pytest.raises(WrongState) as caught:
        record(request_to_visit, officer, client_id=key)

    assert (caught.value.code, Inspection.objects.count()) == ("client_id_taken", 1)


def test_another_constraint_is_not_taken_for_a_repeat(request_to_visit, officer):
    from django.db import IntegrityError

    from casework.services import inspections

    with pytest.raises(IntegrityError):
        inspections._stored(Inspection(inspector=officer, visited_on=today(), result="pass", report="Không về gì"))
