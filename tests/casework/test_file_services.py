"""The file of a request by its services: versions and differences, documents, marks, who stands too near."""

import datetime as dt

import pytest
from django.db import Error, transaction

from casework import services
from casework.differences import differences, versions_to_compare
from casework.marks import marks_of
from casework.models import RequestVersion
from casework.permissions import can_decide_request, can_examine_request, can_read_documents
from casework.requirements import requirements_of
from codes.models import Reason, RequiredDocument
from codes.services import change_area
from core.errors import NotAllowed, RuleViolated, WrongState
from office.services.documents import FileTooLarge
from tests.casework.papers import PNG, XLSM, a_pdf
from tests.factories.cooperatives import make_membership
from tests.factories.office import make_upload
from tests.people import make_officer, make_user
from tests.shapes import square_east_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def returned(code_request, officer, **marks):
    return services.return_request(code_request, reason="Thiếu", by=officer, **marks)


def make_reason(use="return", **fields):
    fields = {"slug": "thieu", "text_vi": "Thiếu giấy tờ", "canned_text": "Đề nghị bổ sung giấy tờ.",
              "valid_from": dt.date(2020, 1, 1)} | fields  # fmt: skip
    return Reason.objects.create(use=use, **fields)


# --- Versions and differences


def test_each_handing_in_is_a_version_without_persons(request_in_review, clerk, officer):
    returned(request_in_review, officer)
    services.update_request(request_in_review, contact_person="Nguyễn Văn Kín", expected_output_t=40, by=clerk)

    services.resubmit_request(request_in_review, by=clerk)

    first, second = request_in_review.versions.order_by("number")
    assert (first.number, second.number, second.by) == (1, 2, clerk)
    assert second.form["contact_person"] == "given"
    assert "Kín" not in str(second.form)
    assert len(second.plots) == 3
    assert second.boundary.equals(request_in_review.area.boundary)
    request_in_review.refresh_from_db()
    assert request_in_review.version == 2


def test_versions_are_append_only(submitted_request):
    with pytest.raises(Error), transaction.atomic():
        RequestVersion.objects.update(number=9)


def test_a_refused_handing_in_is_no_version(request_factory, clerk):
    code_request = request_factory(has_declared=False)

    with pytest.raises(RuleViolated):
        services.submit_request(code_request, by=clerk)

    assert not code_request.versions.exists()


def test_the_same_diary_for_other_plots_covers_those_too(draft_request, clerk):
    one, other, *_rest = draft_request.area.plots.order_by("ref")
    facts = {"kind": "diary", "season": "Vụ 2026", "by": clerk}
    first = services.add_document(draft_request, file=a_pdf(), plots=[one], **facts)

    again = services.add_document(draft_request, file=a_pdf(), plots=[other], **facts)

    assert again == first
    assert set(first.plots.all()) == {one, other}


def test_differences_name_fields_plots_documents_and_ground(
    request_in_review, area, plot_factory, clerk, officer, usa, china
):
    gone = area.plots.order_by("ref").first()
    kept = list(area.plots.exclude(pk=gone.pk).order_by("ref"))
    east = max(area.plots.all(), key=lambda plot: plot.boundary.extent[2])
    new = plot_factory(ref="MOI-1", boundary=square_east_of(east.boundary), grower=east.grower)
    returned(request_in_review, officer)
    change_area(area, name=area.name, plots=[*kept, new], by=clerk)
    services.update_request(request_in_review, expected_output_t=40, markets=[china, usa], by=clerk)
    services.add_document(request_in_review, kind="map", file=a_pdf("so-do.pdf"), by=clerk)
    services.resubmit_request(request_in_review, by=clerk)

    found = differences(*request_in_review.versions.order_by("number"))

    changed = {one.name: (one.old, one.new) for one in found.fields}
    assert changed["markets"] == ("Trung Quốc", "Trung Quốc, Hoa Kỳ")
    assert changed["expected_output_t"] == ("–", "40")
    plots = {(one.kind, one.ref): one.difference_m2 for one in found.plots}
    assert set(plots) == {("added", "MOI-1"), ("removed", gone.ref)}
    assert plots["added", "MOI-1"] == pytest.approx(10_000, rel=0.01)
    assert plots["removed", gone.ref] == pytest.approx(-10_000, rel=0.01)
    assert [(one.kind, one.title) for one in found.documents] == [("added", "so-do.pdf")]
    ground = {one.kind: one.area_m2 for one in found.ground}
    assert ground["added"] == pytest.approx(10_000, rel=0.01)
    assert ground["removed"] == pytest.approx(10_000, rel=0.01)
    assert not found.is_empty


def test_ground_is_compared_by_one_statement(request_in_review, clerk, officer, django_assert_num_queries):
    returned(request_in_review, officer)
    services.resubmit_request(request_in_review, by=clerk)
    old, new = request_in_review.versions.defer("boundary").order_by("number")

    with django_assert_num_queries(1):
        found = differences(old, new)

    assert found.is_empty


def test_a_plot_that_changed_crop_variety_or_size_is_named(submitted_request):
    old = submitted_request.versions.get()
    new = RequestVersion(pk=old.pk, plots=[dict(plot) for plot in old.plots], form=old.form, documents=[])
    new.plots[0] |= {"crop_name": "Nhãn", "area_m2": new.plots[0]["area_m2"] - 120, "version": 2}

    (change,) = differences(old, new).plots

    assert (change.kind, round(change.difference_m2)) == ("changed", -120)
    assert "→ Nhãn" in change.note


@pytest.mark.parametrize(
    ("old", "new", "numbers"),
    [(None, None, (2, 3)), ("1", "3", (1, 3)), ("1", None, (1, 3)), (None, "2", (1, 2)), ("9", "x", (2, 3))],
)
def test_which_versions_are_compared(old, new, numbers):
    versions = [RequestVersion(number=number) for number in (1, 2, 3)]

    pair = versions_to_compare(versions, old, new)

    assert tuple(version.number for version in pair) == numbers
    assert versions_to_compare(versions[:1], old, new) is None


# --- Documents


def test_a_diary_names_season_and_plots(draft_request, area, clerk):
    plot = area.plots.first()

    some = services.add_document(
        draft_request, kind="diary", file=a_pdf(), season="Vụ thuận 2026", plots=[plot], by=clerk
    )
    all_plots = services.add_document(draft_request, kind="diary", file=a_pdf(), season="Vụ nghịch 2026", by=clerk)

    assert list(some.plots.all()) == [plot]
    assert all_plots.plots.count() == 3


def test_the_same_file_twice_is_one_document(draft_request, clerk):
    first = services.add_document(draft_request, kind="map", file=a_pdf(), by=clerk)

    assert services.add_document(draft_request, kind="map", file=a_pdf(), by=clerk) == first


def test_a_document_taken_out_stays_on_record(draft_request, clerk):
    document = services.add_document(draft_request, kind="map", file=a_pdf(), by=clerk)

    services.remove_document(document, by=clerk)
    again = services.remove_document(document, by=clerk)

    document.refresh_from_db()
    assert (document.removed_by, document.removed_at) == (clerk, again.removed_at)
    assert draft_request.documents.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "diary", "file": a_pdf()}, "season_missing"),
        ({"kind": "song", "file": a_pdf()}, "unknown_kind"),
        ({"kind": "map", "file": make_upload("a.exe", b"MZ\x90\0")}, "unknown_file_type"),
        ({"kind": "map", "file": make_upload("a.pdf", PNG)}, "unknown_file_type"),
        ({"kind": "map", "file": make_upload("a.xlsx", XLSM)}, "unknown_file_type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_documents_are_refused_by_name(draft_request, clerk, fields, code):
    with pytest.raises(RuleViolated) as caught:
        services.add_document(draft_request, by=clerk, **fields)

    assert code in {finding.code for finding in caught.value.findings}
    assert not draft_request.documents.exists()


def test_an_empty_file_is_refused(draft_request, clerk):
    with pytest.raises(RuleViolated) as caught:
        services.add_document(draft_request, kind="map", file=a_pdf(content=b""), by=clerk)

    assert caught.value.code == "empty_file"


def test_a_large_file_is_refused_with_the_limit(draft_request, clerk):
    with pytest.raises(FileTooLarge) as caught:
        services.add_document(draft_request, kind="map", file=a_pdf(content=b"%PDF-" + b"0" * 20 * 1024**2), by=clerk)

    assert "20" in str(caught.value.detail)


def test_a_foreign_plot_is_refused(draft_request, plot_factory, neighbour, clerk):
    with pytest.raises(RuleViolated) as caught:
        services.add_document(
            draft_request, kind="diary", file=a_pdf(), season="2026", by=clerk,
            plots=[plot_factory(cooperative=neighbour)],
        )  # fmt: skip

    assert caught.value.findings[0].code == "unknown_plot"


def test_a_hundred_documents_are_enough(draft_request, clerk, monkeypatch):
    monkeypatch.setattr("casework.services.documents.MAX_DOCUMENTS", 1)
    services.add_document(draft_request, kind="map", file=a_pdf(), by=clerk)

    with pytest.raises(RuleViolated) as caught:
        services.add_document(draft_request, kind="other", file=a_pdf(), by=clerk)

    assert caught.value.code == "too_many_documents"


def test_documents_are_frozen_at_the_office(draft_request, clerk, officer):
    document = services.add_document(draft_request, kind="map", file=a_pdf(), by=clerk)
    services.submit_request(draft_request, by=clerk)

    with pytest.raises(WrongState):
        services.add_document(draft_request, kind="other", file=a_pdf(), by=clerk)
    with pytest.raises(WrongState):
        services.remove_document(document, by=clerk)
    services.take_up_request(draft_request, by=officer)
    returned(draft_request, officer)
    services.remove_document(document, by=clerk)


@pytest.mark.parametrize("person", ["viewer", "officer", "neighbour_clerk", "outsider"])
def test_only_the_cooperative_changes_documents(request, draft_request, clerk, person):
    document = services.add_document(draft_request, kind="map", file=a_pdf(), by=clerk)
    user = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        services.add_document(draft_request, kind="other", file=a_pdf(), by=user)
    with pytest.raises(NotAllowed):
        services.remove_document(document, by=user)


@pytest.mark.parametrize(
    ("person", "may"),
    [("clerk", True), ("viewer", True), ("officer", True), ("planner", False), ("foreign_officer", False),
     ("neighbour_clerk", False), ("outsider", False), ("anonymous", False)],
)  # fmt: skip
def test_both_sides_open_documents(request, submitted_request, person, may):
    assert can_read_documents(request.getfixturevalue(person), submitted_request) is may


def test_requirements_say_what_is_missing(draft_request, clerk, old_scheme, usa):
    shared = {"scheme": old_scheme, "legal_ref": "Thử", "valid_from": dt.date(2020, 1, 1)}
    RequiredDocument.objects.create(kind="map", severity="warn", **shared)
    RequiredDocument.objects.create(kind="map", severity="fail", **shared)
    RequiredDocument.objects.create(kind="process", **shared)
    RequiredDocument.objects.create(kind="training", market=usa, **shared)
    RequiredDocument.objects.create(kind="land_paper", **shared | {"valid_to": dt.date(2021, 1, 1)})
    services.add_document(draft_request, kind="map", file=a_pdf(), by=clerk)

    found = requirements_of(draft_request, dt.date(2026, 9, 1))

    assert [(one.kind, one.is_must, one.is_there) for one in found] == [
        ("map", True, True), ("process", False, False),
    ]  # fmt: skip


# --- Marks and canned texts


def test_a_return_marks_fields_and_plots_until_a_day(request_in_review, officer, area):
    plot = area.plots.order_by("ref").first()

    services.return_request(
        request_in_review, reason="Sửa ranh", fields=["markets", "area"], plots=[plot.pk], by=officer
    )

    marks = marks_of(request_in_review)
    request_in_review.refresh_from_db()
    assert (marks.fields, marks.plots, marks.refs) == (("markets", "area"), {plot.pk}, (plot.ref,))
    assert (marks.reason, marks.due_on) == ("Sửa ranh", request_in_review.due_on)
    assert len(marks.field_labels) == 2


def test_never_returned_has_no_marks(request_in_review):
    assert marks_of(request_in_review) is None


@pytest.mark.parametrize(
    ("marks", "code"),
    [({"fields": ["status"]}, "unknown_field"), ({"plots": [10**9]}, "unknown_plot"),
     ({"reason_code": "khong-co"}, "unknown_reason")],
)  # fmt: skip
def test_strange_marks_are_refused(request_in_review, officer, marks, code):
    with pytest.raises(RuleViolated) as caught:
        returned(request_in_review, officer, **marks)

    assert caught.value.findings[0].code == code
    request_in_review.refresh_from_db()
    assert request_in_review.status == "in_review"


@pytest.mark.parametrize(("own", "kept"), [("", "Đề nghị bổ sung giấy tờ."), ("Lời riêng", "Lời riêng")])
def test_the_canned_text_stands_in_for_none(request_in_review, officer, own, kept):
    make_reason()

    done = services.return_request(request_in_review, reason=own, reason_code="thieu", by=officer)

    assert done.return_reason == kept
    assert done.events.last().details["reason_code"] == "thieu"


def test_the_schemes_own_reason_goes_before_the_general_one(request_in_review, officer, old_scheme):
    make_reason("reject", scheme=old_scheme, canned_text="Của chế độ")
    make_reason("reject")

    services.reject_request(request_in_review, reason_code="thieu", by=officer)

    assert request_in_review.events.last().note == "Của chế độ"


def test_a_reason_of_another_use_or_time_is_none(request_in_review, officer):
    make_reason("suspend")
    make_reason(valid_to=dt.date(2021, 1, 1))

    with pytest.raises(RuleViolated):
        returned(request_in_review, officer, reason_code="thieu")


# --- E8: nobody decides who stands on the asking side, also by a second account


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"phone": "+84 912 345 678"}, {"phone": "0912.345.678"}),
        ({"email": "Toi@Example.test"}, {"email": "toi@example.test"}),
    ],
    ids=["E8 phone", "E8 mail"],
)
def test_a_second_account_of_an_applicant_decides_nothing(submitted_request, commune, clerk, mine, theirs):
    type(clerk).objects.filter(pk=clerk.pk).update(**theirs)
    second = make_officer(commune, **mine)

    assert not can_examine_request(second, submitted_request)
    assert not can_decide_request(second, submitted_request)
    with pytest.raises(NotAllowed):
        services.take_up_request(submitted_request, by=second)


@pytest.mark.parametrize(
    "contact", [{"phone": "0912345678"}, {"email": "htx@example.test"}], ids=["E8 coop phone", "E8 coop mail"]
)
def test_whose_contact_the_cooperative_names_decides_nothing(submitted_request, commune, contact):
    holder = submitted_request.cooperative
    type(holder).objects.filter(pk=holder.pk).update(**contact)
    submitted_request.cooperative.refresh_from_db()

    assert not can_decide_request(make_officer(commune, **contact), submitted_request)


def test_e8_who_left_the_cooperative_after_handing_in_decides_nothing(draft_request, commune, cooperative):
    turncoat = make_officer(commune)
    membership = make_membership(cooperative, turncoat)
    services.submit_request(draft_request, by=turncoat)
    membership.delete()

    assert not can_decide_request(turncoat, draft_request)


def test_e8_a_viewer_of_the_cooperative_decides_nothing(submitted_request, officer, cooperative):
    make_membership(cooperative, officer, "viewer")

    assert not can_decide_request(officer, submitted_request)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [({"phone": "0912345678"}, {"phone": "0987654321"}), ({}, {}), ({"phone": "123"}, {"phone": "123"}),
     ({"email": "a@example.test"}, {"email": "b@example.test"})],
)  # fmt: skip
def test_other_contacts_and_none_are_no_hindrance(submitted_request, commune, clerk, mine, theirs):
    type(clerk).objects.filter(pk=clerk.pk).update(**theirs)
    make_user(**mine)  # the same contact on an account that has nothing to do with the request

    assert can_decide_request(make_officer(commune, **mine), submitted_request)


# --- E1, E2, E9


@pytest.mark.parametrize("step", ["return", "reject"])
def test_e1_a_double_click_on_a_step_with_reason_is_one(request_in_review, officer, step):
    take = getattr(services, f"{step}_request")
    take(request_in_review, reason="Lý do", by=officer)
    count = request_in_review.events.count()

    take(request_in_review, reason="Lý do", by=officer)

    assert request_in_review.events.count() == count


def test_e2_the_slower_officer_reads_name_and_time(request_in_review, officer, officer_factory, commune):
    colleague = officer_factory(commune)
    services.reject_request(request_in_review, reason="Sai", by=officer)

    with pytest.raises(WrongState) as caught:
        services.approve_request(request_in_review, by=colleague)

    assert officer.full_name in str(caught.value.detail)
    assert f"{dt.date.today():%d/%m/%Y}" in str(caught.value.detail) or ":" in str(caught.value.detail)
    assert caught.value.findings[0].extra == {"actions": []}


def test_e9_a_wrong_step_lists_the_steps_of_this_person(request_in_review, commune, clerk):
    colleague = make_officer(commune)

    with pytest.raises(WrongState) as of_officer:
        services.take_up_request(request_in_review, by=colleague)
    with pytest.raises(WrongState) as of_clerk:
        services.submit_request(request_in_review, by=clerk)

    assert of_clerk.value.findings[0].extra == {"actions": ["withdraw"]}
    assert "return" in of_officer.value.findings[0].extra["actions"]
