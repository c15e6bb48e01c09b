"""Phone and identity numbers of persons, and buyers' contacts: one written form each, and how they are looked up.

Phones: mobile numbers have 10 digits and fixed ones 11 (the numbering plan of Circular 22/2014/TT-BTTTT and its later
changes), both with a leading 0 that +84 stands for. Identity: 9 digits of the former card (CMND), 12 of the personal
identification number (Law 26/2023/QH15 on identification).
"""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import crypto
from core.errors import RuleViolated

_COUNTRY = re.compile(r"^(?:\+|00)84|^84(?=\d{9,10}$)")
_PHONE = re.compile(r"0\d{9,10}")
_ID_NUMBER = re.compile(r"\d{9}|\d{12}")
_GOOGLE = ("gmail.com", "googlemail.com")
_BETWEEN = re.compile(r"[\s.()\-\u2010-\u2015']+")


def phone_digits(text: str) -> str:
    """Return a phone number as stored: digits, 0 for +84. What is no phone number comes back as its digits only.

    Spreadsheets take the leading 0 away: nine digits that begin as Vietnamese numbers do get it back.
    """
    squeezed = _BETWEEN.sub("", text)
    national = _COUNTRY.sub("0", squeezed, count=1)
    digits = "".join(sign for sign in national if sign.isdigit())
    if digits.startswith("00") and _COUNTRY.match(squeezed):  # +84 (0)912...
        digits = digits[1:]
    return f"0{digits}" if re.fullmatch(r"[35789]\d{8}", digits) else digits


def contact_key(contact: str) -> str:
    """Return a contact as limits count it: one text for all spellings of a mail address that reach one mailbox.

    What follows "+" is dropped (RFC 5233, subaddresses), at Google also dots; a phone number stays as it is. It is for
    counting only: at some hosts such addresses are two people's, so nothing is sent to this text or proved by it.
    """
    local, at, host = contact.rpartition("@")
    if not at:
        return contact
    local = local.partition("+")[0] or local
    return f"{local.replace('.', '')}@gmail.com" if host in _GOOGLE else f"{local}@{host}"


def clean_phone(text: str) -> str:
    """Return a phone number as stored. Raises RuleViolated("phone_invalid")."""
    digits = phone_digits(text)
    if text.strip() and not _PHONE.fullmatch(digits):
        raise RuleViolated("phone_invalid", _("Số điện thoại phải có 10 hoặc 11 chữ số, bắt đầu bằng 0 hoặc +84."))
    return digits


def id_digits(text: str) -> str:
    """Return an identity number as stored: its digits."""
    return "".join(sign for sign in text if sign.isdigit())


def clean_id_number(text: str) -> str:
    """Return an identity number as stored. Raises RuleViolated("id_number_invalid")."""
    squeezed = _BETWEEN.sub("", text)
    if squeezed and not _ID_NUMBER.fullmatch(squeezed):
        detail: Any = _("Số giấy tờ phải có 12 chữ số (căn cước) hoặc 9 chữ số (CMND cũ).")
        if len(squeezed) in (8, 11) and squeezed.isdigit():
            detail = _("Số giấy tờ thiếu một chữ số: bảng tính có thể đã bỏ số 0 ở đầu. Hãy ghi đủ 12 hoặc 9 chữ số.")
        raise RuleViolated("id_number_invalid", detail)
    return squeezed


def phone_digests(phone: str) -> list[str]:
    """Return the digests under which a phone may be stored: by every key, and as older versions wrote it (84...)."""
    digits = phone_digits(phone)
    spellings = [digits, f"84{digits[1:]}"] if digits.startswith("0") else [digits]
    return [found for spelling in spellings if spelling for found in crypto.digests(spelling, "phone")]


def id_number_digests(id_number: str) -> list[str]:
    """Return the digests under which an identity number may be stored: by every key."""
    return crypto.digests(id_digits(id_number), "id_number")
