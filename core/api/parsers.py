"""JSON read strictly: what two readers could understand differently is refused, with a pointer to it."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from core.api.problems import json_pointer
from core.errors import BadInput, Finding, RuleViolated

MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1
MAX_FINDINGS = 20
MAX_NUMBER_LENGTH = 400  # a double written out in full has at most 309 digits before the point

# Possessive, and an unterminated string runs to the end: linear whatever the input.
_STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = re.compile(r"[^\[\]{}]+")


@dataclass(frozen=True, slots=True)
class _Refused:
    """Stands in the parsed value for something that JSON readers disagree on."""

    code: str
    detail: Any


class StrictJSONParser(BaseParser):
    """`application/json` in UTF-8.

    400 with a JSON pointer for: an empty body, bad UTF-8, a byte order mark, cut or trailing data, more than 32
    levels, `NaN` and `Infinity`, duplicate keys, integers beyond 64 bits. 422 for numbers that overflow (`1e999`).
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        charset = re.search(r'charset="?([^";\s]+)', media_type or "", re.IGNORECASE)
        if charset and charset.group(1).lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(media_type or "")
        return parse_json(stream.read())


class StrictGeoJSONParser(StrictJSONParser):
    """`application/geo+json` (RFC 7946), read like `application/json`."""

    media_type = "application/geo+json"


def parse_json(body: bytes) -> Any:
    """Return the value of `body`; raise BadInput (or RuleViolated for overflowing numbers) as the parser says."""
    if not body.strip():
        _refuse("empty_body", _("Nội dung gửi lên trống."))
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or b"\x00" in body[:4]:
        _refuse("encoding", _("JSON phải ở dạng UTF-8, không có dấu thứ tự byte (BOM)."))
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse("encoding", _("JSON không phải UTF-8 ở byte thứ %(place)s.") % {"place": error.start})
    if is_too_deep(text):
        _refuse("nesting", _("JSON lồng nhau quá sâu (tối đa %(depth)s tầng).") % {"depth": MAX_DEPTH})
    return _read(text)


def is_too_deep(text: str) -> bool:
    """Return whether brackets outside strings nest deeper than MAX_DEPTH; safe and linear for hostile text."""
    brackets = _NOT_BRACKETS.sub("", _STRINGS.sub("", text))
    for _level in range(MAX_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace("[]", "").replace("{}", "")
    # What is left is deeper, or does not pair up; the latter is a syntax error as long as it is short.
    return len(brackets) > MAX_DEPTH or "[]" in brackets or "{}" in brackets


def _read(text: str) -> Any:
    reader = _Reader()
    try:
        value = json.loads(
            text,
            object_pairs_hook=reader.object,
            parse_int=reader.integer,
            parse_float=reader.float,
            parse_constant=reader.constant,
        )
    except json.JSONDecodeError as error:
        _refuse(
            "syntax",
            _("JSON sai cú pháp ở dòng %(line)s, cột %(column)s.") % {"line": error.lineno, "column": error.colno},
        )
    except RecursionError:
        _refuse("nesting", _("JSON lồng nhau quá sâu (tối đa %(depth)s tầng).") % {"depth": MAX_DEPTH})
    if reader.refused:
        _raise_findings(list(_findings(value, ())) or [Finding(item.code, item.detail) for item in reader.refused])
    return value


class _Reader:
    """Hooks for json.loads that put a `_Refused` in the place of what is refused, so that its pointer can be told."""

    def __init__(self) -> None:
        self.refused: list[_Refused] = []

    def _refuse(self, code: str, detail: Any) -> _Refused:
        self.refused.append(_Refused(code, detail))
        return self.refused[-1]

    def object(self, pairs: list[tuple[str, Any]]) -> Any:
        value = dict(pairs)
        if len(value) == len(pairs):
            return value
        return self._refuse("duplicate_key", _("Một khóa JSON xuất hiện hai lần."))

    def integer(self, digits: str) -> Any:
        if len(digits) > 20 or not -MAX_INTEGER - 1 <= int(digits) <= MAX_INTEGER:
            return self._refuse("number_too_large", _("Số nguyên quá lớn."))
        return int(digits)

    def float(self, digits: str) -> Any:
        value = float(digits) if len(digits) <= MAX_NUMBER_LENGTH else math.inf
        if math.isinf(value):
            return self._refuse("number_out_of_range", _("Số vượt quá phạm vi biểu diễn."))
        return value

    def constant(self, name: str) -> Any:
        return self._refuse("not_a_number", _("NaN và Infinity không có trong JSON."))


def _findings(value: Any, path: tuple[str, ...]) -> Iterator[Finding]:
    """Yield where the refused values stand; only ever walks input that is refused, at most MAX_DEPTH deep."""
    if isinstance(value, _Refused):
        yield Finding(value.code, value.detail, pointer=json_pointer(path))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _findings(inner, (*path, key[:100]))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _findings(inner, (*path, str(index)))


def _raise_findings(findings: list[Finding]) -> NoReturn:
    kind = RuleViolated if all(item.code == "number_out_of_range" for item in findings) else BadInput
    raise kind("malformed_json", findings=findings[:MAX_FINDINGS])


def _refuse(code: str, detail: Any) -> NoReturn:
    raise BadInput("malformed_json", findings=[Finding(code, detail)])
