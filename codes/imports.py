"""What lists of codes mean: columns by their headings, words of status, markets, dates, serials of old codes.

Headings and words are those of Vietnamese, English and Chinese lists (China's customs publish in Chinese).
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from string import Formatter
from typing import Any

from django.utils.translation import gettext_lazy as _

from codes.models import ApprovalStatus, CodeScheme, CodeStatus, ListKind, Market
from core.text import fold

COLUMNS: dict[str, Any] = {
    "code": _("Mã số"),
    "status": _("Trạng thái"),
    "area_name": _("Tên vùng trồng"),
    "holder": _("Đơn vị giữ mã"),
    "crop": _("Cây trồng"),
    "variety": _("Giống"),
    "commune": _("Phường, xã"),
    "area_ha": _("Diện tích (ha)"),
    "issued_on": _("Ngày cấp"),
    "valid_until": _("Hiệu lực đến hết"),
    "market": _("Thị trường"),
}
USED: dict[str, tuple[str, ...]] = {ListKind.MARKET: ("code", "status"), ListKind.OLD_CODES: tuple(COLUMNS)}
NEEDED: dict[str, tuple[str, ...]] = {
    ListKind.MARKET: ("code",),
    ListKind.OLD_CODES: ("code", "crop", "commune", "issued_on"),
}
# Folded beginnings of headings, the surest first.
HEADINGS: dict[str, tuple[str, ...]] = {
    "code": (
        "ma so vung trong", "ma vung trong", "ma so puc", "ma puc", "ma so vuon", "puc code", "orchard code",
        "orchard registration", "registration code", "registration number", "registration no", "ma so", "puc",
        "果园注册登记", "果园注册", "注册登记", "注册号", "注册编号", "果园编号", "code", "编号", "代码", "ma",
    ),
    "status": ("trang thai", "tinh trang", "ket qua", "status", "result", "状态", "结果"),
    "area_name": ("ten vung trong", "ten vuon", "vung trong", "name of orchard", "orchard name", "果园名称", "orchard"),
    "holder": (
        "don vi", "ten to chuc", "to chuc", "ten don vi", "chu so huu", "chu vung", "nguoi dai dien", "co quan",
        "holder", "owner", "company", "cooperative", "企业", "所有者",
    ),
    "crop": (
        "cay trong", "loai cay", "loai qua", "san pham", "nong san", "crop", "commodity", "product", "fruit", "产品",
        "水果",
    ),
    "variety": ("giong", "variety", "cultivar", "品种"),
    "commune": (
        "phuong, xa", "phuong xa", "xa, phuong", "xa phuong", "xa/phuong", "phuong/xa", "xa", "dia chi", "commune",
        "ward", "address", "地址",
    ),
    "area_ha": ("dien tich", "area", "hectare", "面积"),
    "issued_on": (
        "ngay cap", "ngay phe duyet", "date of issue", "issue", "issued", "approval date", "批准日期", "注册日期",
    ),
    "valid_until": ("hieu luc den", "co hieu luc den", "het han", "ngay het han", "valid until", "expiry", "有效期"),
    "market": ("thi truong", "nuoc nhap khau", "nuoc", "market", "destination", "importing country", "country", "国家"),
}  # fmt: skip
STATUS_WORDS: dict[str, tuple[str, ...]] = {
    ApprovalStatus.APPROVED: (
        "approved", "approve", "active", "valid", "registered", "accepted", "resumed", "reinstated", "chap thuan",
        "da chap thuan", "dong y", "phe duyet", "dang hieu luc", "con hieu luc", "hoat dong", "phuc hoi", "dat",
        "批准", "有效", "通过", "恢复", "已注册",
    ),
    ApprovalStatus.ON_HOLD: (
        "suspended", "suspend", "on hold", "hold", "tam dung", "tam dinh chi", "dinh chi", "tam ngung", "暂停", "整改",
    ),
    ApprovalStatus.WITHDRAWN: (
        "removed", "withdrawn", "delisted", "cancelled", "canceled", "revoked", "deleted", "thu hoi", "da rut", "rut",
        "loai bo", "loai khoi", "xoa", "huy", "取消", "撤销", "注销", "删除",
    ),
    ApprovalStatus.REJECTED: (
        "rejected", "refused", "denied", "failed", "not approved", "not accepted", "tu choi", "khong chap thuan",
        "khong dong y", "khong dat", "chua dat", "拒绝", "不予", "不合格", "未通过", "不批准", "未批准",
    ),
}  # fmt: skip
# Around a known phrase they turn its meaning: "chưa phê duyệt", "no longer valid", "不通过".
_TURNING = frozenset({"khong", "chua", "ngung", "het", "not", "no", "non", "never", "pending", "awaiting", "under"})
_TURNING_SIGNS = re.compile("[不未无非待]")
# What the state of an old list says of the code itself.
CODE_STATES: dict[str, str] = {
    "": CodeStatus.ACTIVE,
    ApprovalStatus.APPROVED: CodeStatus.ACTIVE,
    ApprovalStatus.ON_HOLD: CodeStatus.SUSPENDED,
    ApprovalStatus.WITHDRAWN: CodeStatus.REVOKED,
}
MARKET_WORDS = {
    "trung quoc": "CHN", "china": "CHN", "中国": "CHN", "my": "USA", "hoa ky": "USA", "united states": "USA",
    "nhat": "JPN", "nhat ban": "JPN", "han quoc": "KOR", "uc": "AUS", "new zealand": "NZL", "eu": "EUR", "cn": "CHN",
    "us": "USA", "jp": "JPN", "kr": "KOR", "au": "AUS", "nz": "NZL", "noi dia": "VNM", "viet nam": "VNM",
}  # fmt: skip
_CODE_LIKE = re.compile(r"[A-Za-z0-9]{2,6}[-. ]?[A-Za-z]{2,8}[-. ]?[A-Za-z0-9-]*\d{2,}")
_DASHES = re.compile("[\u2010-\u2015\u2212\u00ad_]")
_PARTS = {
    "letters": r"[A-Z]{1,4}", "province": r"\d{2}", "commune": r"\d{3,5}", "crop": r"[A-Z]{2,12}?",
    "market": r"[A-Z]{3}", "year": r"\d{4}", "serial": r"\d{1,9}",
}  # fmt: skip


def guess_columns(headings: Sequence[str], rows: Iterable[Sequence[str]], kind: str) -> dict[str, str]:
    """Return heading -> meaning for the columns that a list of this kind uses; each meaning once.

    Without a heading for the code, the column whose cells look most like codes is taken.
    """
    found: dict[str, str] = {}
    for meaning in USED[kind]:
        heading = _best_heading([name for name in headings if name not in found], HEADINGS[meaning])
        if heading:
            found[heading] = meaning
    if "code" not in found.values():
        sample = [row for row, _n in zip(rows, range(200), strict=False)]
        hits = [sum(1 for row in sample if _CODE_LIKE.fullmatch(row[at].strip())) for at in range(len(headings))]
        if any(hits):
            found[headings[hits.index(max(hits))]] = "code"
    return found


def _best_heading(headings: list[str], words: Sequence[str]) -> str | None:
    folded = {name: fold(name) for name in headings}
    for test in (str.__eq__, str.startswith):
        for word in words:
            for name, text in folded.items():
                if test(text, word) and (len(word) > 2 or text == word):
                    return name
    return None


def approval_status(text: str) -> str | None:
    """Return what a word of a list says: an ApprovalStatus, "" for no word, None for one that is not known.

    The longest known phrase wins: "not approved" is not "approved". With another "not" or "not yet" beside it nobody
    knows what is meant: a person has to look.
    """
    words = " ".join(re.findall(r"[^\W_]+", fold(text)))
    if not words:
        return ""
    found = [
        (len(phrase), status, phrase)
        for status, phrases in STATUS_WORDS.items()
        for phrase in phrases
        if (phrase in words if not phrase.isascii() else f" {phrase} " in f" {words} ")
    ]
    if not found:
        return None
    _length, status, phrase = max(found)
    around = words.replace(phrase, " ", 1)
    # Without its tone mark the word for "awaiting" is the one for "for".
    awaits = "chờ" in unicodedata.normalize("NFC", text).casefold().split()
    is_turned = awaits or _TURNING_SIGNS.search(around) or not _TURNING.isdisjoint(around.split())
    return None if is_turned else status


def market_codes(text: str, known: Mapping[str, str]) -> list[str] | None:
    """Return the codes of the markets that a cell names, None when one is not known. `known`: folded name -> code."""
    found = []
    for part in re.split(r"[,;/+\n]| và | and ", text):
        word = fold(part)
        if not word:
            continue
        code = known.get(word) or MARKET_WORDS.get(word)
        if code not in known.values():
            return None
        found.append(str(code))
    return sorted(set(found))


def known_markets() -> dict[str, str]:
    """Return folded names and codes of all markets -> code."""
    names: dict[str, str] = {}
    for market in Market.objects.all():
        names |= {fold(name): market.code for name in (market.code, market.name_vi, market.name_en)}
    return names


def read_date(text: str) -> dt.date | None:
    """Return the day that a cell names (ISO, d/m/y, d-m-y, d.m.y), or None."""
    text = text.strip()
    for pattern, order in (
        (r"(\d{4})-(\d{1,2})-(\d{1,2})(T.*)?", (1, 2, 3)),
        (r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", (3, 2, 1)),
    ):
        match = re.fullmatch(pattern, text)
        if match:
            try:
                return dt.date(*(int(match[part]) for part in order))
            except ValueError:
                return None
    return None


def read_hectares(text: str) -> float | None:
    """Return hectares (decimal comma or point, "12,5 ha"), None for what is no such number."""
    match = re.fullmatch(r"(\d{1,6})(?:[.,](\d{1,6}))?\s*(ha)?", text.strip(), re.IGNORECASE)
    if not match:
        return None
    value = float(f"{match[1]}.{match[2] or 0}")
    return value if 0 < value <= 100_000 else None


def as_printed(text: str) -> str:
    """Return an old code as it is kept: upper case, plain dashes, no blanks; otherwise the string that was given."""
    return "".join(_DASHES.sub("-", text).upper().split())


def serial_in(code: str, scheme: CodeScheme, known: Mapping[str, str]) -> tuple[str, int] | None:
    """Return (scope, serial) of a code by the scheme's pattern, dashes left out or not; None outside the pattern.

    Parts that the pattern prints are read from the code (letters of another province count for themselves); parts
    of the scope that it does not print come from `known`, then from what the scheme fixes.
    """
    match = re.fullmatch(_regex(scheme.pattern), code)
    if match is None or int(match["serial"]) == 0:
        return None
    parts = {**known, **{name: str(text) for name, text in scheme.fixed_parts.items()}, **match.groupdict()}
    if not set(scheme.counter_scope) <= parts.keys():
        return None
    return "/".join(parts[name] for name in scheme.counter_scope), int(match["serial"])


def _regex(pattern: str) -> str:
    text, seen = "", set()
    for literal, name, _format, _conversion in Formatter().parse(pattern):
        text += re.escape(literal.upper()).replace(r"\-", "-?")
        if name:
            text += f"(?P={name})" if name in seen else f"(?P<{name}>{_PARTS.get(name, '[A-Z0-9]+?')})"
            seen.add(name)
    return text


FINDINGS: dict[str, Any] = {
    "no_code": _("Dòng không có mã số."),
    "unmatched": _("Không có mã số này trong hệ thống."),
    "nearest": _("Gần giống nhất: %(text)s."),
    "other_unit": _("Mã số nằm ngoài địa bàn của bạn."),
    "code_over": _("Mã số đã thu hồi hoặc đã thay thế: không còn ghi nhận thị trường."),
    "other_market": _("Mã số này chỉ cấp cho thị trường %(market)s."),
    "domestic": _("Mã số nội địa không có trạng thái ở nước nhập khẩu."),
    "unknown_status": _("Không hiểu trạng thái “%(text)s”."),
    "no_path": _("Không thể chuyển từ “%(now)s” sang “%(wanted)s”."),
    "contradicts": _("Tệp có hai trạng thái khác nhau cho mã này."),
    "repeated": _("Mã này đã có ở dòng trên."),
    "spelled_otherwise": _("Trong hệ thống viết là %(text)s."),
    "code_characters": _("Mã chỉ gồm chữ cái không dấu, chữ số và gạch nối, dài 2 đến 60 ký tự."),
    "unknown_crop": _("Không có cây trồng “%(text)s” trong danh mục."),
    "unknown_commune": _("Không tìm thấy phường, xã “%(text)s” trong địa bàn."),
    "unknown_market": _("Không hiểu thị trường “%(text)s”."),
    "one_market": _("Chế độ này cấp mỗi mã cho đúng một thị trường: hãy ghi một thị trường."),
    "bad_date": _("Không hiểu ngày “%(text)s”."),
    "future_date": _("Ngày cấp sau hôm nay."),
    "dates": _("Ngày hết hạn trước ngày cấp."),
    "bad_area": _("Không hiểu diện tích “%(text)s”."),
    "code_known": _("Mã này đã có trong hệ thống với thông tin khác."),
    "serial_taken": _("Số thứ tự này đã cấp cho mã %(text)s."),
    "unknown_holder": _("Đơn vị chưa có trong hệ thống: chỉ lưu tên."),
    "outside_pattern": _("Mã không theo mẫu của chế độ: không đẩy bộ đếm."),
}


def finding_text(finding: Mapping[str, Any]) -> str:
    """Return a finding of a row in the reader's language."""
    text = str(FINDINGS.get(finding["code"], finding["code"]))
    facts = dict(finding)
    for name in ("now", "wanted"):
        if facts.get(name) in ApprovalStatus.values:
            facts[name] = ApprovalStatus(facts[name]).label
    return text % facts if "%(" in text else text


FILE_ERRORS: dict[str, Any] = {
    "encrypted": _("Tệp có mật khẩu. Hãy bỏ mật khẩu rồi tải lại."),
    "no_table": _("Không tìm thấy bảng trong tệp."),
    "pages": _("Tệp PDF quá dài. Hãy chia nhỏ tệp."),
    "damaged": _("Tệp bị hỏng, không đọc được."),
}


def file_error_text(code: str, params: Mapping[str, Any]) -> str:
    """Return why a file could not be read and what to do."""
    if code == "unsupported_format":
        return str(_("Chỉ đọc được tệp XLSX, XLS, ODS, CSV hoặc PDF."))
    if code == "too_many_features":
        return str(
            _("Tệp có quá nhiều dòng (tối đa %(limit)s). Hãy chia nhỏ tệp.") % {"limit": params.get("limit", "?")}
        )
    if code in ("too_complex", "unsafe_archive") and params.get("reason") != "pages":
        return str(_("Tệp quá lớn hoặc không an toàn để đọc. Hãy lưu lại thành tệp CSV rồi tải lên."))
    return str(FILE_ERRORS.get(str(params.get("reason")), FILE_ERRORS["damaged"]))
