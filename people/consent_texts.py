"""What a person agrees to, word for word, per purpose; a changed text gets a new version and old consents keep theirs.

Law 91/2025/QH15: consent is per purpose, informed, recorded and can be withdrawn; silence is no consent.
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from people.models import PURPOSE_FIELDS, ConsentField, Purpose

TEXT_VERSION = "2026-2"
CONSENT_TEXTS: dict[str, Any] = {
    Purpose.DIRECTORY: _(
        "Tôi đồng ý có tên trong danh bạ nông hộ mà cán bộ nông nghiệp của địa phương tra cứu khi làm mã số "
        "vùng trồng, cùng những thông tin tôi chọn: ấp khóm, số điện thoại, cây trồng và diện tích."
    ),
    Purpose.PUBLIC_NAME: _(
        "Tôi đồng ý công khai họ tên của tôi trên trang công khai của đơn vị, và ấp khóm nếu tôi chọn."
    ),
    Purpose.PUBLIC_OUTLINE: _("Tôi đồng ý công khai ranh giới vùng trồng có thửa của tôi trên bản đồ."),
    Purpose.BUYER_CONTACT: _(
        "Tôi đồng ý để người mua liên hệ với tôi qua đơn vị; nếu tôi chọn thêm số điện thoại thì số được công khai "
        "cạnh họ tên đã công khai của tôi."
    ),
    Purpose.MESSAGES: _("Tôi đồng ý nhận tin nhắn của đơn vị và cơ quan nông nghiệp về thửa và vùng trồng của tôi."),
}
# What was agreed to under earlier versions, where the words differ.
EARLIER_TEXTS: dict[str, dict[str, Any]] = {
    "2026-1": {
        Purpose.DIRECTORY: _(
            "Tôi đồng ý cho đơn vị lưu họ tên, năm sinh, ấp khóm và số điện thoại của tôi trong danh bạ nông hộ, "
            "để đơn vị và cơ quan nông nghiệp dùng khi làm mã số vùng trồng."
        ),
        Purpose.PUBLIC_NAME: _("Tôi đồng ý công khai họ tên của tôi cùng với vùng trồng mà tôi canh tác."),
        Purpose.BUYER_CONTACT: _("Tôi đồng ý để người mua liên hệ trực tiếp với tôi qua đơn vị."),
    },
}
EXPLANATION = _("Sự đồng ý là tự nguyện, theo từng mục đích, và được rút lại bất cứ lúc nào; rút lại có hiệu lực ngay.")


def text_of(purpose: str, version: str) -> str:
    """Return the words that were agreed to; of an unknown version (papers of other origin) those of today."""
    return str(EARLIER_TEXTS.get(version, {}).get(purpose) or CONSENT_TEXTS[purpose])


def fields_of(purpose: str, chosen: Iterable[str]) -> list[str]:
    """Return what a consent for `purpose` opens when the person chose these fields: those it may open, and its name."""
    wanted = set(chosen)
    allowed = PURPOSE_FIELDS[purpose]
    return [str(field) for field in allowed if field in wanted or field == ConsentField.NAME]


def choices_of_fields() -> list[tuple[str, str]]:
    """Return ("purpose:field", label) of everything that is asked besides the purposes themselves."""
    return [
        (f"{purpose.value}:{field}", f"{purpose.label}: {ConsentField(field).label}")
        for purpose in Purpose
        for field in PURPOSE_FIELDS[purpose]
        if field != ConsentField.NAME
    ]


def chosen_fields(values: Iterable[str]) -> dict[str, list[str]]:
    """Return purpose -> fields from the values of `choices_of_fields`; what is none of them is passed over."""
    known = dict(choices_of_fields())
    chosen: dict[str, list[str]] = {}
    for value in values:
        if value in known:
            purpose, _colon, field = value.partition(":")
            chosen.setdefault(purpose, []).append(field)
    return chosen
