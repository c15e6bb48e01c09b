"""The comparisons of moments and periods of CQL2 (OGC 21-065r2 §7.6), as conditions on two spans.

A moment is a span that ends where it begins. An open end (`..`) is PostgreSQL's infinity.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import DateField, DateTimeField, Q, Value
from django.db.models.functions import Cast
from django.db.models.lookups import Exact, GreaterThan, LessThan
from django.utils.translation import gettext_lazy as _

from exchange.ogc.cql import refusal
from exchange.ogc.literals import read_literal
from exchange.ogc.queryables import Kind

OPEN = ".."


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end`, both expressions of one kind."""

    start: Any
    end: Any


def names_in(node: Any) -> Iterator[Any]:
    """Yield the properties that a moment or period names."""
    ends = node["interval"] if isinstance(node, dict) and isinstance(node.get("interval"), list) else [node]
    for end in ends:
        if isinstance(end, dict) and "property" in end:
            yield end["property"]


def span(node: Any, kind: Kind, column: Callable[[Any], Any]) -> Span:
    """Return `node` as a span; raises BadInput for what is neither a moment nor a period of `kind`."""
    if isinstance(node, dict) and set(node) == {"interval"}:
        ends = node["interval"]
        if not isinstance(ends, list) or len(ends) != 2:
            raise refusal("invalid", _("Khoảng thời gian cần đúng hai đầu."))
        start, end = (_end(value, kind, column, infinity) for value, infinity in zip(ends, _INFINITIES, strict=True))
        return Span(start, end)
    moment = _end(node, kind, column, None)
    return Span(moment, moment)


_INFINITIES = ("-infinity", "infinity")


def _end(node: Any, kind: Kind, column: Callable[[Any], Any], infinity: str | None) -> Any:
    if isinstance(node, dict) and "property" in node:
        return column(node["property"])
    if node == OPEN and infinity is not None:
        return Cast(Value(infinity), DateField() if kind == Kind.DAY else DateTimeField())
    return read_literal(node).expression(kind)


def _before(left: Any, right: Any) -> Q:
    return Q(LessThan(left, right))


def _same(left: Any, right: Any) -> Q:
    return Q(Exact(left, right))


def _meets_in_time(a: Span, b: Span) -> Q:
    return ~Q(GreaterThan(a.start, b.end)) & ~Q(LessThan(a.end, b.start))


# Allen's relations, each as the standard writes it; a and b are the first and the second argument.
OPERATORS: Mapping[str, Callable[[Span, Span], Q]] = {
    "t_after": lambda a, b: _before(b.end, a.start),
    "t_before": lambda a, b: _before(a.end, b.start),
    "t_contains": lambda a, b: _before(a.start, b.start) & _before(b.end, a.end),
    "t_disjoint": lambda a, b: _before(a.end, b.start) | _before(b.end, a.start),
    "t_during": lambda a, b: _before(b.start, a.start) & _before(a.end, b.end),
    "t_equals": lambda a, b: _same(a.start, b.start) & _same(a.end, b.end),
    "t_finishedBy": lambda a, b: _before(a.start, b.start) & _same(a.end, b.end),
    "t_finishes": lambda a, b: _before(b.start, a.start) & _same(a.end, b.end),
    "t_intersects": _meets_in_time,
    "t_meets": lambda a, b: _same(a.end, b.start),
    "t_metBy": lambda a, b: _same(a.start, b.end),
    "t_overlappedBy": lambda a, b: _before(b.start, a.start) & _before(a.start, b.end) & _before(b.end, a.end),
    "t_overlaps": lambda a, b: _before(a.start, b.start) & _before(b.start, a.end) & _before(a.end, b.end),
    "t_startedBy": lambda a, b: _same(a.start, b.start) & _before(b.end, a.end),
    "t_starts": lambda a, b: _same(a.start, b.start) & _before(a.end, b.end),
}
