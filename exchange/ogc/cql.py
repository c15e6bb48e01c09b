"""CQL2 (OGC 21-065r2) read within limits: text by the parser `cql2`, JSON by our own strict reader.

The parser is native code and its work doubles with every level of brackets (1.1 s for 16 levels, 7 ms for 8, measured),
so what nests deep or is long never reaches it: it is refused by a look at its brackets and words.
"""

import re
from collections.abc import Iterator
from typing import Any

import cql2
from django.utils.translation import gettext_lazy as _

from core.api.parsers import parse_json
from core.errors import BadInput, RuleViolated
from core.problems import parameter_finding

MAX_LENGTH = 4_000
MAX_LEVELS = 8  # of brackets in text
MAX_TERMS = 50  # comparisons
MAX_WORDS_OF_LOGIC = 60  # and, or, not
MAX_JSON_LEVELS = 24  # an operation is two levels, a multipolygon four more
MAX_NODES = 3_000  # values of a JSON filter, coordinates counted
TEXT, JSON = "cql2-text", "cql2-json"

_QUOTED = re.compile(r"'(?:[^']|'')*+'?|\"[^\"]*+\"?")
_NUMBER = re.compile(r"(?<![A-Za-z_0-9])\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
_TERM = re.compile(r"<>|<=|>=|[=<>]|\b(?:LIKE|BETWEEN|IN|IS|[AST]_[A-Z]+)\b", re.IGNORECASE)
_LOGIC = re.compile(r"\b(?:AND|OR|NOT)\b", re.IGNORECASE)
_ARITHMETIC = re.compile(r"[+*/^%]|-\s*-|[A-Za-z_)\]]\s*-|\bDIV\b", re.IGNORECASE)
_COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">=", "like", "between", "in", "isNull"})
_FUNCTIONS = ("s_", "t_", "a_")


def read_cql(text: str, language: str) -> Any:
    """Return the filter as a CQL2 JSON value. Raises BadInput naming `filter` for what is too large or unreadable."""
    if len(text) > MAX_LENGTH:
        raise refusal("filter_too_complex", _("Bộ lọc quá dài (tối đa %(most)d ký tự).") % {"most": MAX_LENGTH})
    if any(sign < " " and sign not in "\t\r\n" for sign in text):
        raise refusal("invalid", _("Bộ lọc chứa ký tự điều khiển."))
    value = _from_json(text) if language == JSON else _from_text(text)
    _refuse_large(value)
    return value


def refusal(code: str, detail: Any, parameter: str = "filter") -> BadInput:
    """Return the error about the filter."""
    return BadInput(findings=[parameter_finding(parameter, code, detail)])


def _from_text(text: str) -> Any:
    bare = _QUOTED.sub("q", text)
    _refuse_deep(bare)
    if len(_TERM.findall(bare)) > MAX_TERMS or len(_LOGIC.findall(bare)) > MAX_WORDS_OF_LOGIC:
        raise _too_many()
    if _ARITHMETIC.search(_NUMBER.sub("0", bare)):
        raise refusal("unsupported_operator", _("Bộ lọc không tính toán (+ - * /); hãy so sánh trực tiếp với số."))
    try:
        return cql2.parse_text(text).to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError, TypeError, RuntimeError) as error:
        raise _unreadable(str(error)) from error


def _refuse_deep(bare: str) -> None:
    level = 0
    for sign in bare:
        if sign in "([":
            level += 1
            if level > MAX_LEVELS:
                raise _too_deep()
        elif sign in ")]":
            level -= 1
            if level < 0:
                break
    if level != 0:
        raise refusal("invalid", _("Bộ lọc có ngoặc mở và đóng không khớp."))


def _unreadable(said: str) -> BadInput:
    """Say where the parser stopped: its message begins with ` --> line:column`."""
    place = re.search(r"--> \d+:(\d+)", said)
    if place is None:
        return refusal("invalid", _("Không đọc được bộ lọc CQL2."))
    return refusal("invalid", _("Không đọc được bộ lọc CQL2 từ ký tự thứ %(place)s.") % {"place": place[1]})


def _from_json(text: str) -> Any:
    level = 0
    for sign in re.sub(r'"(?:[^"\\]++|\\.)*+"?', "", text):
        level += (sign in "[{") - (sign in "]}")
        if level > MAX_JSON_LEVELS:
            raise _too_deep()
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"))
    except (BadInput, RuleViolated) as error:
        raise refusal("invalid", _("Bộ lọc không phải là JSON đúng.")) from error


def _refuse_large(value: Any) -> None:
    """Count what was read, whichever way it came."""
    terms = logic = 0
    for nodes, node in enumerate(_nodes(value), start=1):
        operator = node.get("op") if isinstance(node, dict) else None
        if isinstance(operator, str):
            terms += operator in _COMPARISONS or operator.startswith(_FUNCTIONS)
            logic += operator in ("and", "or", "not")
        if terms > MAX_TERMS or logic > MAX_WORDS_OF_LOGIC or nodes > MAX_NODES:
            raise _too_many()


def _nodes(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _too_deep() -> BadInput:
    return refusal(
        "filter_too_complex", _("Bộ lọc lồng nhau quá sâu (tối đa %(most)d tầng ngoặc).") % {"most": MAX_LEVELS}
    )


def _too_many() -> BadInput:
    return refusal("filter_too_complex", _("Bộ lọc có quá nhiều điều kiện (tối đa %(most)d).") % {"most": MAX_TERMS})
