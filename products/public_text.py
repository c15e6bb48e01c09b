"""Texts that one side of a relay reads of the other carry no way around it: no number, mail address or web address.

They are refused, not masked: a masked text says something else than its writer wrote, and a guess that takes a tonnage
for a number would do so in silence. It is a help, not a proof (a number can be spelled out); an office can hide a post.
"""

import datetime as dt
import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolated
from products.services.findings import finding

_DATE = re.compile(r"\b(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})\b")
_MAIL = re.compile(r"[\w.+-]+\s*(?:@|\(at\)|\[at\])\s*[\w-]+(?:\.[\w-]+)+")
_WEB = re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|vn|net|org|info|me|io|asia|shop|link)\b(?!\w)")
# 0 or +84 and 8 to 10 more digits, however they are parted; nine digits and more in one go; +country.
_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)(?:[ .\-()]{0,2}\d){8,10}(?!\d)|\d{9,}|\+\d(?:[ .\-()]{0,2}\d){7,}")


def has_contact(text: str) -> bool:
    """Whether the text carries a phone number, a mail address or a web address."""
    plain = "".join(_digit(sign) for sign in unicodedata.normalize("NFKC", text)).lower()
    if _MAIL.search(plain) or _WEB.search(plain):
        return True
    return bool(_PHONE.search(_DATE.sub(lambda found: " / " if _is_day(found) else found.group(), plain)))


def refuse_contacts(text: str, field: str) -> None:
    """Raise RuleViolated, pointing at `field`, for a text with a way around the relay."""
    if has_contact(text):
        detail = _(
            "Xin đừng ghi số điện thoại, địa chỉ thư hay trang mạng ở đây: lời của hai bên được chuyển qua hệ thống,"
            " không bên nào lộ liên hệ."
        )
        raise RuleViolated(findings=[finding("contact_in_text", field, detail)])


def _digit(sign: str) -> str:
    value = unicodedata.decimal(sign, None)
    return sign if value is None else str(value)


def _is_day(found: re.Match[str]) -> bool:
    day, month, year = (int(part) for part in found.groups())
    try:
        dt.date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        return False
    return 1990 <= (year if year > 99 else 2000 + year) <= 2100
