"""Regimes are edited in the administration with their dated rows, and what was changed by whom stays visible."""

import datetime as dt

import pytest
from django.forms import model_to_dict
from django.test import Client

from casework.models import CalendarOverride, RoutingRule
from codes.admin import CodeSchemeAdmin
from codes.models import CodeScheme, Reason, SchemeRule
from core.admin import ReadOnly
from core.row_history import history_of
from crops.models import YieldNorm
from tests.factories.codes import make_rule, make_scheme

pytestmark = pytest.mark.django_db
INLINES = ("rules", "deadlines", "checklist", "required_documents", "reasons")


@pytest.fixture
def desk(administrator):
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def scheme():
    return make_scheme(slug="che-do", name="Chế độ thử", needs_four_eyes=False)


def form_of(client, scheme, **changes):
    """Return the posted fields of the scheme's page as they are, with `changes`."""
    page = client.get(f"/admin/codes/codescheme/{scheme.pk}/change/")
    data = {}
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        data |= {f"{inline.formset.prefix}-{name}": inline.formset.management_form[name].value()
                 for name in inline.formset.management_form.fields}  # fmt: skip
        forms += inline.formset.forms
    for form in forms:
        for field in form:
            value = field.value()
            if isinstance(value, dt.date):
                value = f"{value:%d/%m/%Y}"
            if value not in (None, False):
                data[field.html_name] = value
    return data | changes


def save(client, scheme, **changes):
    return client.post(f"/admin/codes/codescheme/{scheme.pk}/change/", form_of(client, scheme, **changes))


def test_every_dated_row_of_a_regime_is_on_its_page(desk, scheme):
    page = desk.get(f"/admin/codes/codescheme/{scheme.pk}/change/")

    prefixes = {inline.formset.prefix for inline in page.context["inline_admin_formsets"]}
    assert prefixes == set(INLINES)
    assert {"receiving_level", "deciding_level", "certificate_text", "needs_four_eyes", "province"} <= set(
        page.context["adminform"].form.fields
    )


def test_a_new_decree_is_a_matter_of_rows(desk, scheme):
    answer = save(
        desk, scheme, needs_four_eyes="on", deciding_level="province",
        **{
            "rules-TOTAL_FORMS": "1", "rules-0-kind": "minimum_area", "rules-0-threshold": "7.5",
            "rules-0-severity": "fail", "rules-0-legal_ref": "Nghị định mới", "rules-0-valid_from": "01/01/2027",
            "rules-0-scheme": scheme.pk,
        },
    )  # fmt: skip

    scheme.refresh_from_db()
    rule = scheme.rules.get()
    assert answer.status_code == 302
    assert (scheme.needs_four_eyes, scheme.deciding_level) == (True, "province")
    assert (rule.threshold, rule.severity, rule.valid_from) == (7.5, "fail", dt.date(2027, 1, 1))


def test_history_shows_who_changed_what_of_the_regime_and_its_rows(desk, scheme, administrator):
    rule = make_rule(scheme, kind="minimum_area", threshold=10)
    save(desk, scheme, name="Tên mới", **{"rules-0-threshold": "8"})
    SchemeRule.objects.filter(pk=rule.pk).delete()

    page = desk.get(f"/admin/codes/codescheme/{scheme.pk}/history/").content.decode()
    entries = history_of(scheme, CodeSchemeAdmin.history_of_rows)

    renamed = next(entry for entry in entries if str(entry.deed) == "Sửa" and entry.row == "Tên mới")
    changed = next(entry for entry in entries if str(entry.deed) == "Sửa" and str(entry.model) == "quy tắc của chế độ")
    assert (renamed.by, changed.by) == (administrator, administrator)
    assert [(str(one.field), one.old, one.new) for one in renamed.changes] == [("tên chế độ", "Chế độ thử", "Tên mới")]
    assert [(one.old, one.new) for one in changed.changes] == [("10.0", "8.0")]
    gone = next(entry for entry in entries if str(entry.deed) == "Xóa")
    assert gone.changes == []
    for text in ("Chế độ thử", "Tên mới", "10.0", "8.0", "Xóa", str(administrator)):
        assert text in page


def test_history_of_another_regime_is_not_mixed_in(desk, scheme):
    other = make_scheme(name="Chế độ khác")
    make_rule(other, kind="evidence", legal_ref="Văn bản của chế độ khác")

    page = desk.get(f"/admin/codes/codescheme/{scheme.pk}/history/").content.decode()

    assert "Văn bản của chế độ khác" not in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("pattern", "VN-{serial", "ngoặc nhọn"),
        ("pattern", "VN-{huyen}-{serial}", "Mẫu chỉ dùng các phần"),
        ("pattern", "VN-{serial!r}", "Mẫu chỉ dùng các phần"),
        ("pattern", "VN-{serial:>9}", "Mẫu chỉ dùng các phần"),
        ("pattern", "VN-{}-{serial}", "Mẫu chỉ dùng các phần"),
        ("counter_scope", '["commune"]', "thiếu commune"),
        ("counter_scope", '["serial"]', "Viết danh sách"),
        ("counter_scope", '"letters"', "Viết danh sách"),
        ("fixed_parts", '{"letters": "ĐT"}', "Viết dạng"),
        ("fixed_parts", '["DT"]', "Viết dạng"),
        ("fixed_parts", '{"serial": "1"}', "Viết dạng"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused(field, value, said, desk, scheme):
    answer = save(desk, scheme, **{field: value})

    assert answer.status_code == 200
    assert said in answer.content.decode()
    before = model_to_dict(scheme)
    scheme.refresh_from_db()
    assert model_to_dict(scheme) == before


def test_calendar_routing_reasons_and_yields_are_edited_there(desk, mango, commune, officer):
    desk.post(
        "/admin/casework/calendaroverride/add/",
        {"day": "02/01/2027", "is_working_day": "on", "name": "Làm bù", "legal_ref": "Công văn 1"},
    )
    desk.post(
        "/admin/casework/routingrule/add/",
        {"unit": commune.pk, "crop": mango.pk, "officer": officer.pk, "valid_from": "01/01/2027"},
    )
    desk.post(
        "/admin/codes/reason/add/",
        {"use": "return", "slug": "ly-do", "text_vi": "Lý do", "canned_text": "Lời văn", "valid_from": "01/01/2027"},
    )
    desk.post(
        "/admin/crops/yieldnorm/add/",
        {"crop": mango.pk, "tonnes_per_ha": "22", "legal_ref": "Sở", "valid_from": "01/01/2027"},
    )

    assert CalendarOverride.objects.get().is_working_day
    assert RoutingRule.objects.get().officer == officer
    assert Reason.objects.get().canned_text == "Lời văn"
    assert YieldNorm.objects.get().tonnes_per_ha == 22
    for path, row in (
        ("casework/calendaroverride", CalendarOverride), ("casework/routingrule", RoutingRule),
        ("codes/reason", Reason), ("crops/yieldnorm", YieldNorm),
    ):  # fmt: skip
        page = desk.get(f"/admin/{path}/{row.objects.get().pk}/history/").content.decode()
        assert "Thêm" in page, path
        assert "Quản trị" in page, path


def test_history_is_closed_to_others(scheme, officer):
    client = Client()
    client.force_login(officer)

    assert client.get(f"/admin/codes/codescheme/{scheme.pk}/history/").status_code == 302


def test_staff_without_the_right_do_not_read_the_history(scheme, outsider):
    outsider.is_staff = True
    outsider.save()
    client = Client()
    client.force_login(outsider)

    assert client.get(f"/admin/codes/codescheme/{scheme.pk}/history/").status_code == 403


def test_counters_and_codes_are_shown_only(desk, code):
    assert CodeScheme.objects.filter(codes=code).exists()
    for path in ("codecounter", "productionareacode"):
        assert desk.get(f"/admin/codes/{path}/add/").status_code == 403
        assert desk.get(f"/admin/codes/{path}/").status_code == 200
    assert desk.post(f"/admin/codes/productionareacode/{code.pk}/delete/", {"post": "yes"}).status_code == 403


def test_there_is_one_read_only_mixin():
    from django.contrib import admin

    shown_only = [one for one in admin.site._registry.values() if isinstance(one, ReadOnly)]

    assert len(shown_only) >= 10
    for one in shown_only:
        assert not one.has_add_permission(None)
        assert not one.has_change_permission(None)
        assert not one.has_delete_permission(None)
