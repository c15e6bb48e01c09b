"""What the columns of a list of members mean, and what is right or wrong with one row. Knows no database."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import RuleViolated
from core.text import clean_line
from geofiles.lists import plain
from people.models import Purpose, Sex
from people.numbers import clean_id_number, clean_phone

GREEN, AMBER, RED, INFO = "green", "amber", "red", "info"
ADD, UPDATE, SKIP = "add", "update", "skip"
MAX_ROWS = 5_000
FORMULA = ("=", "+", "-", "@")

# our field -> (title, headings that mean it: lower case, no diacritics), the surest first
FIELDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "number": (
        gettext_lazy("Số thành viên"),
        ("so thanh vien", "ma thanh vien", "so tv", "ma tv", "ma ho", "so ho", "ma nong ho", "member number",
         "member no"),
    ),
    "full_name": (
        gettext_lazy("Họ và tên"),
        ("ho va ten", "ho ten", "ten thanh vien", "ten nong ho", "ho va ten chu ho", "ten chu ho", "chu ho", "nong ho",
         "thanh vien", "ho ten thanh vien", "full name", "name", "ten"),
    ),
    "birth_year": (
        gettext_lazy("Năm sinh"),
        ("nam sinh", "ngay sinh", "ngay thang nam sinh", "birth year", "year of birth", "date of birth"),
    ),
    "sex": (gettext_lazy("Giới tính"), ("gioi tinh", "phai", "nam nu", "sex", "gender")),
    "phone": (
        gettext_lazy("Điện thoại"),
        ("dien thoai", "so dien thoai", "sdt", "so dt", "dt", "dien thoai di dong", "di dong", "phone", "mobile"),
    ),
    "id_number": (
        gettext_lazy("Số giấy tờ (căn cước, CMND)"),
        ("so giay to can cuoc cmnd", "so cccd", "cccd", "so can cuoc", "can cuoc", "so can cuoc cong dan", "cmnd",
         "so cmnd", "cmnd cccd", "so cmnd cccd", "cccd cmnd", "so dinh danh", "so dinh danh ca nhan", "so giay to",
         "id number"),
    ),
    "hamlet": (
        gettext_lazy("Ấp, khóm"),
        ("ap khom", "ap", "khom", "khom ap", "to dan pho", "thon", "thon ap", "hamlet", "village"),
    ),
    "address": (gettext_lazy("Địa chỉ"), ("dia chi", "noi o", "cho o", "thuong tru", "address")),
    "declared_area": (
        gettext_lazy("Diện tích kê khai (ha)"),
        ("dien tich ke khai ha", "dien tich ha", "dien tich", "dt ha", "ha", "dien tich ke khai", "tong dien tich",
         "declared area ha", "area ha", "area"),
    ),
    "joined_on": (
        gettext_lazy("Ngày vào"),
        ("ngay vao", "ngay gia nhap", "ngay tham gia", "ngay vao htx", "joined on", "joined"),
    ),
    Purpose.DIRECTORY: (
        gettext_lazy("Đồng ý: danh bạ"),
        ("dong y danh ba", "danh ba", "dong y vao danh ba", "consent directory"),
    ),
    Purpose.PUBLIC_NAME: (
        gettext_lazy("Đồng ý: công khai họ tên"),
        ("dong y cong khai ho ten", "cong khai ho ten", "cong khai ten", "consent public name"),
    ),
    Purpose.PUBLIC_OUTLINE: (
        gettext_lazy("Đồng ý: công khai ranh giới"),
        ("dong y cong khai ranh gioi", "cong khai ranh gioi", "cong khai ranh", "consent public outline"),
    ),
    Purpose.BUYER_CONTACT: (
        gettext_lazy("Đồng ý: người mua liên hệ"),
        ("dong y nguoi mua lien he", "nguoi mua lien he", "consent buyer contact"),
    ),
    Purpose.MESSAGES: (
        gettext_lazy("Đồng ý: nhận tin nhắn"),
        ("dong y nhan tin nhan", "nhan tin nhan", "tin nhan", "consent messages"),
    ),
    "evidence": (
        gettext_lazy("Bằng chứng đồng ý"),
        ("bang chung dong y", "bang chung", "phieu dong y", "so phieu dong y", "consent evidence", "evidence"),
    ),
}  # fmt: skip
CONSENTS = (
    Purpose.DIRECTORY, Purpose.PUBLIC_NAME, Purpose.PUBLIC_OUTLINE, Purpose.BUYER_CONTACT, Purpose.MESSAGES,
)  # fmt: skip
KNOWN_HEADINGS = tuple(name for _title, names in FIELDS.values() for name in names)

FINDINGS: dict[str, Any] = {
    "name_missing": gettext_lazy("Thiếu họ và tên."),
    "too_long": gettext_lazy("%(field)s dài quá %(limit)s ký tự."),
    "hidden_character": gettext_lazy("%(field)s có ký tự ẩn không được phép."),
    "formula": gettext_lazy("%(field)s bắt đầu như một công thức của bảng tính. Hãy ghi lại thành chữ."),
    "birth_year_invalid": gettext_lazy("Năm sinh phải là năm từ 1900 đến nay, hoặc ngày sinh dạng 31/12/1970."),
    "sex_unknown": gettext_lazy("Không hiểu giới tính: hãy ghi nam hoặc nữ. Ô này được để trống."),
    "phone_invalid": gettext_lazy("Số điện thoại phải có 10 hoặc 11 chữ số, bắt đầu bằng 0 hoặc +84."),
    "id_number_invalid": gettext_lazy(
        "Số giấy tờ phải có 12 chữ số (căn cước) hoặc 9 chữ số (CMND cũ); bảng tính có thể đã bỏ số 0 ở đầu."
    ),
    "area_invalid": gettext_lazy("Diện tích phải là số héc-ta từ 0 đến 10.000, ví dụ 0,85."),
    "area_large": gettext_lazy("Diện tích trên 50 ha: có phải cột này ghi bằng mét vuông hoặc công không?"),
    "date_invalid": gettext_lazy("%(field)s phải là ngày dạng 31/12/2025, không sau hôm nay."),
    "consent_unknown": gettext_lazy("%(field)s: hãy ghi x, có, không, hoặc ngày đồng ý. Ô này không được tính."),
    "consent_no_evidence": gettext_lazy(
        "Có đồng ý nhưng thiếu bằng chứng: hãy ghi ở cột bằng chứng, hoặc ghi một bằng chứng chung cho cả tệp."
    ),
    "in_file_number": gettext_lazy("Trùng số thành viên với dòng %(other)s."),
    "in_file_id_number": gettext_lazy("Trùng số giấy tờ với dòng %(other)s."),
    "in_file_person": gettext_lazy("Có thể cùng một người với dòng %(other)s."),
    "in_file_phone": gettext_lazy("Trùng số điện thoại với dòng %(other)s (người trong nhà?)."),
    "same_member": gettext_lazy("Cùng thành viên số %(member)s với dòng %(other)s."),
    "two_members": gettext_lazy("Số thành viên là của một người, số giấy tờ là của thành viên số %(member)s."),
    "by_number": gettext_lazy("Sửa thành viên số %(member)s."),
    "by_id_number": gettext_lazy("Trùng số giấy tờ với thành viên số %(member)s."),
    "by_phone_and_name": gettext_lazy("Trùng tên và số điện thoại với thành viên số %(member)s."),
    "by_name": gettext_lazy("Trùng tên, năm sinh, ấp khóm với thành viên số %(member)s."),
    "by_phone": gettext_lazy("Trùng số điện thoại với thành viên số %(member)s, tên khác (người trong nhà?)."),
    "several_members": gettext_lazy("Có thể là một trong nhiều thành viên: %(members)s. Hãy ghi số thành viên."),
    "name_differs": gettext_lazy("Tên khác với tên đang lưu của thành viên số %(member)s."),
    "number_differs": gettext_lazy("Người này đang mang số thành viên %(member)s; số trong tệp không được dùng."),
    "former_member": gettext_lazy("Đã ra khỏi đơn vị; nếu sửa thì được nhận lại."),
    "known_elsewhere": gettext_lazy(
        "Số giấy tờ đã có trong hệ thống. Nếu vẫn thêm, người này được lưu không kèm số giấy tờ."
    ),
}


def finding_text(finding: Mapping[str, Any]) -> str:
    """Return a finding as a sentence; it never holds a number or a name of a person."""
    told = {name: value for name, value in finding.items() if name not in ("code", "severity")}
    if "field" in told:
        told["field"] = str(FIELDS[told["field"]][0])
    return str(FINDINGS[finding["code"]]) % told


def guess_columns(headings: Sequence[str]) -> dict[str, str]:
    """Return our field -> heading for headings that say what they hold; each heading once."""
    forms = {heading: plain(heading) for heading in headings}
    guessed: dict[str, str] = {}
    for test in (str.__eq__, _begins):
        for field, (_title, names) in FIELDS.items():
            if field in guessed:
                continue
            free = [heading for heading in headings if heading not in guessed.values()]
            fits = (heading for name in names for heading in free if test(forms[heading], name))
            found = next(fits, None)
            if found is not None:
                guessed[field] = found
    return guessed


def _begins(form: str, name: str) -> bool:
    """`so dien thoai lien he` says `so dien thoai`; one short word says nothing."""
    return len(name) > 5 and form.startswith(f"{name} ")


_TONES = {"\u0300": "1", "\u0301": "2", "\u0303": "3", "\u0309": "4", "\u0323": "5"}


def name_key(text: str) -> str:
    """Return a name as it is compared: letter case, blanks and the place of the tone mark do not count.

    Hoà and Hòa are one name, Thuý and Thúy too; Hoa and Hóa are two: other diacritics stay.
    """
    composed = unicodedata.normalize("NFC", text.casefold())
    return " ".join(_syllable_key(word) for word in re.findall(r"[^\W_]+", composed))


def _syllable_key(word: str) -> str:
    signs = unicodedata.normalize("NFD", word)
    tone = "".join(_TONES.get(sign, "") for sign in signs)
    return unicodedata.normalize("NFC", "".join(sign for sign in signs if sign not in _TONES)) + tone


def hamlet_key(text: str) -> str:
    """Return a hamlet as it is compared: `Ấp 3` is `3`."""
    words = name_key(text).split()
    kinds = {name_key(word) for word in ("ấp", "khóm", "thôn", "tổ")}
    return " ".join(words[1:] if len(words) > 1 and words[0] in kinds else words)


# --- One row ---------------------------------------------------------------------------------------------------------


def read_row(cells: Mapping[str, str], *, evidence: str = "") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return (values, findings) of a row: our field -> JSON value for the cells that say something.

    `evidence` is that of the whole file, for rows without their own. `values["consents"]` is purpose -> day (ISO).
    """
    findings: list[dict[str, Any]] = []
    values: dict[str, Any] = {}
    for field, text in cells.items():
        text = _unquoted(text)
        if not text or field in CONSENTS:
            continue
        if text.startswith(FORMULA) and not (field == "phone" and text.startswith("+")) and text.strip("-"):
            findings.append({"code": "formula", "severity": RED, "field": field})
        elif text.strip("-"):
            value, found = _READERS[field](field, text)
            findings += found
            if value not in (None, ""):
                values[field] = value
    if not values.get("full_name") and not any(finding.get("field") == "full_name" for finding in findings):
        findings.append({"code": "name_missing", "severity": RED})
    consents, found = _consents(cells)
    findings += found
    if consents:
        values["consents"] = consents
        values["evidence"] = values.get("evidence") or evidence
        if not values["evidence"]:
            findings.append({"code": "consent_no_evidence", "severity": RED})
    else:
        values.pop("evidence", None)
    return values, findings


def _unquoted(text: str) -> str:
    """Without the apostrophe that our own downloads put before what looks like a formula."""
    return text[1:].strip() if text.startswith("'") and text[1:2] in FORMULA else text.strip()


Read = tuple[Any, list[dict[str, Any]]]
_LENGTHS = {"number": 20, "full_name": 120, "hamlet": 80, "address": 200, "evidence": 200}


def _line(field: str, text: str) -> Read:
    try:
        cleaned = clean_line(text)
    except ValidationError:
        return None, [{"code": "hidden_character", "severity": RED, "field": field}]
    if len(cleaned) > _LENGTHS[field]:
        return None, [{"code": "too_long", "severity": RED, "field": field, "limit": _LENGTHS[field]}]
    return cleaned, []


def _year(field: str, text: str) -> Read:
    day = _day(text)
    year = day.year if day else int(text) if re.fullmatch(r"\d{4}", text) else 0
    if 1900 <= year <= localdate().year:
        return year, []
    return None, [{"code": "birth_year_invalid", "severity": RED}]


_SEXES = {"nam": Sex.MALE, "m": Sex.MALE, "male": Sex.MALE, "nu": Sex.FEMALE, "f": Sex.FEMALE, "female": Sex.FEMALE}


def _sex(field: str, text: str) -> Read:
    found = _SEXES.get(plain(text))
    return (found.value, []) if found else (None, [{"code": "sex_unknown", "severity": AMBER}])


def _number_by(clean: Callable[[str], str]) -> Callable[[str, str], Read]:
    def read(field: str, text: str) -> Read:
        try:
            return clean(text), []
        except RuleViolated as error:
            return None, [{"code": error.code, "severity": RED}]

    return read


def _area(field: str, text: str) -> Read:
    squeezed = re.sub(r"\s|ha$", "", text.casefold())
    if "," in squeezed:  # 1.234,56 as Vietnamese write it; 0,85
        squeezed = squeezed.replace(".", "").replace(",", ".")
    try:
        area = Decimal(squeezed)
    except InvalidOperation:
        return None, [{"code": "area_invalid", "severity": RED}]
    if not area.is_finite() or not 0 <= area <= 10_000:
        return None, [{"code": "area_invalid", "severity": RED}]
    large = [{"code": "area_large", "severity": AMBER}] if area > 50 else []
    return str(area.quantize(Decimal("0.01"))), large


def _date(field: str, text: str) -> Read:
    day = _day(text)
    if day is None or day > localdate():
        return None, [{"code": "date_invalid", "severity": RED, "field": field}]
    return day.isoformat(), []


def _day(text: str) -> dt.date | None:
    found = re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", text) or re.fullmatch(
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})", text[:10]
    )
    if found is None:
        return None
    parts = found.groupdict()
    day, month, year = (parts["d"], parts["m"], parts["y"]) if parts else found.groups()
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


_READERS: dict[str, Callable[[str, str], Read]] = {
    **dict.fromkeys(_LENGTHS, _line),
    "birth_year": _year,
    "sex": _sex,
    "phone": _number_by(clean_phone),
    "id_number": _number_by(clean_id_number),
    "declared_area": _area,
    "joined_on": _date,
}
_YES = {"x", "co", "dong y", "yes", "y", "1", "v", "✓", "✔", "da dong y"}
_NO = {"", "khong", "no", "n", "0", "chua", "o", "khong dong y"}


def _consents(cells: Mapping[str, str]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    given: dict[str, str] = {}
    findings: list[dict[str, Any]] = []
    for purpose in CONSENTS:
        text = cells.get(purpose, "").strip()
        word = text if text in _YES else plain(text)
        day = _day(text)
        if day is not None and day <= localdate():
            given[purpose.value] = day.isoformat()
        elif day is not None:
            findings.append({"code": "date_invalid", "severity": RED, "field": purpose.value})
        elif word in _YES:
            given[purpose.value] = localdate().isoformat()
        elif word not in _NO:
            findings.append({"code": "consent_unknown", "severity": AMBER, "field": purpose.value})
    return given, findings


def file_error_text(code: str, params: Mapping[str, Any]) -> str:
    """Return why a list could not be read and what to do."""
    reason = str(params.get("reason"))
    if code == "unsupported_format":
        return _("Chỉ đọc được danh sách XLSX, XLS, ODS hoặc CSV. Hãy lưu lại thành một trong các dạng này.")
    if code == "too_many_features":
        return _("Danh sách có quá %(limit)s dòng. Hãy chia nhỏ tệp.") % {"limit": params.get("limit", MAX_ROWS)}
    if code in ("too_complex", "unsafe_archive"):
        return _("Tệp quá lớn hoặc không an toàn để đọc. Hãy lưu lại thành tệp CSV rồi tải lên.")
    if reason == "encrypted":
        return _("Tệp có mật khẩu. Hãy bỏ mật khẩu rồi tải lên.")
    if reason == "no_table":
        return _("Tệp không có dòng nào dưới dòng tiêu đề. Hãy điền vào mẫu rồi tải lên.")
    return _("Tệp bị hỏng hoặc không đúng dạng. Hãy mở và lưu lại bằng chương trình bảng tính rồi tải lên.")
