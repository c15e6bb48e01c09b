"""What columns mean, and one row: no database."""

import pytest

from cooperatives.grower_lists import FIELDS, FINDINGS, finding_text, guess_columns, hamlet_key, name_key, read_row

GOOD = {"full_name": "Nguyễn Văn An"}


def codes(cells, **options):
    return [finding["code"] for finding in read_row(GOOD | cells, **options)[1]]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hoà", "Hòa"), ("Nguyễn Thuý  Hằng", "nguyễn thúy hằng"), ("Khoẻ", "Khỏe"), ("Lê Thị Hoà", "LÊ THỊ HÒA")],
)
def test_place_of_the_tone_mark_does_not_count(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Hoa", "Hóa"), ("Hòa", "Hóa"), ("Đạt", "Dạt"), ("Tân", "Tấn"), ("Thu", "Thư")]
)
def test_other_diacritics_make_other_names(one, other):
    assert name_key(one) != name_key(other)


def test_hamlet_is_compared_without_its_kind():
    assert hamlet_key("Ấp 3") == hamlet_key("ấp  3") == hamlet_key("3")
    assert hamlet_key("Khóm Mỹ Hoà") == hamlet_key("Mỹ Hòa")
    assert hamlet_key("Ấp") == name_key("Ấp")


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("HỌ VÀ TÊN", "full_name"), ("Họ tên chủ hộ", "full_name"), ("SĐT", "phone"), ("Số CMND/CCCD", "id_number"),
        ("Ấp/khóm", "hamlet"), ("Diện tích (ha)", "declared_area"), ("Năm sinh", "birth_year"), ("Mã hộ", "number"),
        ("Số điện thoại liên hệ", "phone"), ("Ghi chú", None),
    ],
)  # fmt: skip
def test_headings_are_guessed(heading, field):
    found = guess_columns([heading])

    assert list(found) == ([field] if field else [])


def test_titles_of_the_template_are_known():
    titles = [str(title) for title, _names in FIELDS.values()]

    assert guess_columns(titles) == {str(field): str(title) for field, (title, _names) in FIELDS.items()}


def test_each_heading_is_used_once():
    guessed = guess_columns(["Tên", "Họ và tên", "Tên"])

    assert guessed == {"full_name": "Họ và tên"}


@pytest.mark.parametrize(
    ("cells", "field", "value"),
    [
        ({"birth_year": "1970-05-31"}, "birth_year", 1970), ({"birth_year": "2/9/1965"}, "birth_year", 1965),
        ({"sex": "Nữ"}, "sex", "f"), ({"phone": "+84 912 345 678"}, "phone", "0912345678"),
        ({"phone": "'+84912345678"}, "phone", "0912345678"),
        ({"id_number": "012 345 678 901"}, "id_number", "012345678901"),
        ({"declared_area": "1.234,5 ha"}, "declared_area", "1234.50"),
        ({"declared_area": "0.85"}, "declared_area", "0.85"),
        ({"joined_on": "15/3/2024"}, "joined_on", "2024-03-15"), ({"hamlet": "-"}, "hamlet", None),
    ],
)  # fmt: skip
def test_cells_are_read(cells, field, value):
    values, _findings = read_row(GOOD | cells)

    assert values.get(field) == value


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"full_name": ""}, "name_missing"), ({"full_name": "=cmd|' /C calc'!A0"}, "formula"),
        ({"hamlet": "@SUM(A1)"}, "formula"), ({"full_name": "A" * 121}, "too_long"),
        ({"full_name": "An\u202eB"}, "hidden_character"), ({"birth_year": "70"}, "birth_year_invalid"),
        ({"birth_year": "2999"}, "birth_year_invalid"), ({"sex": "?"}, "sex_unknown"),
        ({"phone": "12"}, "phone_invalid"),
        ({"id_number": "12345678901"}, "id_number_invalid"), ({"declared_area": "nhiều"}, "area_invalid"),
        ({"declared_area": "NaN"}, "area_invalid"), ({"declared_area": "850"}, "area_large"),
        ({"joined_on": "31/02/2024"}, "date_invalid"), ({"joined_on": "01/01/2999"}, "date_invalid"),
        ({"directory": "chắc là có"}, "consent_unknown"), ({"directory": "x"}, "consent_no_evidence"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(cells, code):
    assert code in codes(cells)


def test_consents_carry_a_day_and_evidence():
    values, findings = read_row(
        GOOD | {"directory": "x", "messages": "20/11/2025", "public_name": "không"}, evidence="Họp 5/3"
    )

    assert findings == []
    assert set(values["consents"]) == {"directory", "messages"}
    assert values["consents"]["messages"] == "2025-11-20"
    assert values["evidence"] == "Họp 5/3"


@pytest.mark.parametrize("code", sorted(FINDINGS))
def test_every_finding_is_a_sentence(code):
    told = finding_text(
        {"code": code, "severity": "red", "field": "phone", "limit": 1, "other": 2, "member": "3", "members": "4"}
    )

    assert told.endswith((".", "?"))
    assert "%" not in told
