"""From a CQL2 value to conditions of the ORM, on declared queryables only.

Values are parameters of the query; names are looked up among the queryables, never put into SQL. Unknown stays unknown,
as in SQL and CQL2: a row without a value matches neither a comparison nor its negation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, ExpressionWrapper, F, FloatField, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull, LessThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from core.filters import SHOWN_VALUE, Like
from core.layers import Layer
from exchange.ogc import temporal_operators
from exchange.ogc.cql import refusal
from exchange.ogc.crs import CRS84, Crs
from exchange.ogc.literals import Literal, read_literal, read_shape
from exchange.ogc.queryables import Kind, Queryable, queryables_of

PREFIX = "filter_"
MAX_WILDCARDS = 8
MAX_PATTERN = 200
_SCALARS = frozenset({Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.DAY, Kind.MOMENT})
_SPATIAL = ("intersects", "equals", "disjoint", "touches", "within", "overlaps", "crosses", "contains")
_ARRAY: Mapping[str, tuple[str, ...]] = {
    "a_contains": ("contains",),
    "a_containedBy": ("contained_by",),
    "a_overlaps": ("overlap",),
    "a_equals": ("contains", "contained_by"),  # as sets: neither order nor repetition counts
}


class _Unaccent(Func):
    """Text without marks on its letters, whatever its Unicode form."""

    template = "unaccent(normalize(%(expressions)s, NFC))"
    output_field = TextField()


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a comparison: an expression, or a literal that takes its type from the other side."""

    kind: Kind | None
    expression: Any = None
    literal: Literal | None = None
    is_integer: bool = False

    @property
    def is_property(self) -> bool:
        return self.literal is None


@dataclass(slots=True)
class _Translator:
    layer: Layer
    crs: Crs
    queryables: Mapping[str, Queryable]
    used: dict[str, Any] = field(default_factory=dict)

    def condition(self, node: Any) -> Any:
        """Return `node` as a conditional expression."""
        if isinstance(node, bool):
            return _wrapped(Value(node, BooleanField()))
        if not isinstance(node, dict):
            raise _misplaced()
        if "property" in node:
            side = self.side(node)
            if side.kind != Kind.BOOLEAN:
                raise _misplaced()
            return _wrapped(side.expression)
        operator, args = _operation(node)
        reader = self.readers().get(operator)
        if reader is None:
            detail = _("Bộ lọc không có phép “%(operator)s”.") % {"operator": operator[:SHOWN_VALUE]}
            raise refusal("unsupported_operator", detail)
        return reader(operator, args)

    def readers(self) -> dict[str, Callable[[str, list[Any]], Any]]:
        return {
            "and": self.joined,
            "or": self.joined,
            "not": self.negated,
            **dict.fromkeys(_COMPARISONS, self.compared),
            "like": self.like,
            "between": self.between,
            "in": self.among,
            "isNull": self.is_null,
            **dict.fromkeys((f"s_{name}" for name in _SPATIAL), self.spatial),
            **dict.fromkeys(_ARRAY, self.array),
            **dict.fromkeys(temporal_operators.OPERATORS, self.temporal),
        }

    # --- logic ---------------------------------------------------------------------------------------------------

    def joined(self, operator: str, args: list[Any]) -> Any:
        if len(args) < 2:
            raise _misplaced()
        result = Q(self.condition(args[0]))
        for arg in args[1:]:
            result = result & Q(self.condition(arg)) if operator == "and" else result | Q(self.condition(arg))
        return _wrapped(result)

    def negated(self, operator: str, args: list[Any]) -> Any:
        (arg,) = _exactly(1, args)
        return _wrapped(~Q(self.condition(arg)))

    # --- comparisons ---------------------------------------------------------------------------------------------

    def compared(self, operator: str, args: list[Any]) -> Any:
        left, right = self.sides(args)
        if (left.kind or right.kind) == Kind.BOOLEAN and operator not in ("=", "<>"):
            raise _mismatch()
        return _COMPARISONS[operator](left.expression, right.expression)

    def between(self, operator: str, args: list[Any]) -> Any:
        value, low, high = _exactly(3, args)
        over, under = self.compared(">=", [value, low]), self.compared("<=", [value, high])
        return _wrapped(Q(over) & Q(under))

    def among(self, operator: str, args: list[Any]) -> Any:
        value, choices = _exactly(2, args)
        if not isinstance(choices, list) or not choices:
            raise _misplaced()
        result = Q()
        for choice in choices:
            result |= Q(self.compared("=", [value, choice]))
        return _wrapped(result)

    def like(self, operator: str, args: list[Any]) -> Any:
        value, pattern = _exactly(2, args)
        left, right = self.sides([value, pattern])
        if left.kind != Kind.TEXT or not left.is_property or right.is_property:
            raise _mismatch()
        text = right.literal.value if right.literal else ""
        _refuse_pattern(text)
        return Like(left.expression, right.expression)

    def is_null(self, operator: str, args: list[Any]) -> Any:
        (arg,) = _exactly(1, args)
        if isinstance(arg, dict) and arg.get("property") == self.shape_name():
            return IsNull(F(self.layer.geometry or ""), True)
        side = self.side(arg)
        if not side.is_property:
            raise _misplaced()
        return IsNull(side.expression, True)

    def shape_name(self) -> str | None:
        return next((name for name, found in self.queryables.items() if found.kind == Kind.SHAPE), None)

    def sides(self, args: list[Any]) -> tuple[_Side, _Side]:
        """Return both sides as expressions of one kind; at least one of them is a property."""
        left, right = (self.side(arg) for arg in _exactly(2, args))
        if not (left.is_property or right.is_property):
            raise refusal("invalid", _("Mỗi phép so sánh phải có một trường của lớp."))
        kind = left.kind if left.is_property else right.kind
        if kind not in _SCALARS or kind is None:
            raise _mismatch()
        left, right = _typed(left, kind), _typed(right, kind)
        if left.kind != right.kind:
            raise _mismatch()
        return left, right

    def side(self, node: Any) -> _Side:
        if isinstance(node, dict) and "property" in node:
            found = self.queryable(node["property"])
            return _Side(found.kind, self.column(found), is_integer=found.is_integer)
        if isinstance(node, dict) and node.get("op") in _TEXT_FUNCTIONS:
            operator, args = _operation(node)
            (arg,) = _exactly(1, args)
            inner = self.side(arg)
            typed = inner if inner.is_property else _typed(inner, Kind.TEXT)
            if typed.kind != Kind.TEXT:
                raise _mismatch()
            return _Side(Kind.TEXT, _TEXT_FUNCTIONS[operator](typed.expression), inner.literal)
        return _Side(None, literal=read_literal(node))

    def queryable(self, name: Any) -> Queryable:
        found = self.queryables.get(name) if isinstance(name, str) else None
        if found is None:
            detail = _("Lớp này không có trường “%(name)s” để lọc. Các trường: %(known)s.") % {
                "name": str(name)[:SHOWN_VALUE],
                "known": ", ".join(self.queryables),
            }
            raise refusal("unknown_queryable", detail)
        return found

    def column(self, found: Queryable) -> Any:
        if found.kind == Kind.SHAPE:
            return F(self.layer.geometry or "")
        # Lists of small integers and of integers do not compare, and neither holds whatever number is asked for.
        is_list = found.kind == Kind.NUMBERS
        self.used[PREFIX + found.name] = Cast(found.source, ArrayField(FloatField())) if is_list else found.source
        return F(PREFIX + found.name)

    # --- space, time, lists --------------------------------------------------------------------------------------

    def spatial(self, operator: str, args: list[Any]) -> Any:
        first, second = _exactly(2, args)
        name = operator.removeprefix("s_")
        if not _is_property(first):  # contains and within change places with their sides
            first, second = second, first
            name = {"contains": "within", "within": "contains"}.get(name, name)
        if not _is_property(first) or self.queryable(first["property"]).kind != Kind.SHAPE:
            raise _mismatch()
        if _is_property(second):
            raise refusal("unsupported_operator", _("Hãy so sánh hình của lớp với một hình cho sẵn."))
        shape = read_shape(second, self.crs)
        return _wrapped(Q(**{f"{self.layer.geometry}__{name}": shape}))

    def array(self, operator: str, args: list[Any]) -> Any:
        first, second = _exactly(2, args)
        if not _is_property(first) or not isinstance(second, list):
            raise _mismatch()
        found = self.queryable(first["property"])
        if found.kind not in (Kind.TEXTS, Kind.NUMBERS):
            raise _mismatch()
        of = Kind.TEXT if found.kind == Kind.TEXTS else Kind.NUMBER
        values = [read_literal(value).as_kind(of, is_integer=found.is_integer) for value in second]
        self.column(found)
        result = Q()
        for lookup in _ARRAY[operator]:
            result &= Q(**{f"{PREFIX}{found.name}__{lookup}": values})
        return _wrapped(result)

    def temporal(self, operator: str, args: list[Any]) -> Any:
        first, second = _exactly(2, args)
        properties = [name for node in (first, second) for name in temporal_operators.names_in(node)]
        kinds = {self.queryable(name).kind for name in properties}
        if kinds not in ({Kind.DAY}, {Kind.MOMENT}):
            raise _mismatch()
        (kind,) = kinds

        def column(name: Any) -> Any:
            return self.column(self.queryable(name))

        spans = [temporal_operators.span(node, kind, column) for node in (first, second)]
        return _wrapped(temporal_operators.OPERATORS[operator](*spans))


def narrowed(layer: Layer, rows: QuerySet[Any], node: Any, crs: Crs = CRS84) -> QuerySet[Any]:
    """Return `rows` of `layer` that match the CQL2 value `node`; `crs`: of the shapes in it.

    Raises BadInput naming `filter` for unknown properties, operators, and values of another sort.
    """
    translator = _Translator(layer, crs, queryables_of(layer))
    condition = translator.condition(node)
    return rows.annotate(**translator.used).filter(condition)


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": Exact,
    "<>": lambda left, right: _wrapped(~Q(Exact(left, right))),
    "<": LessThan,
    ">": GreaterThan,
    "<=": LessThanOrEqual,
    ">=": GreaterThanOrEqual,
}
_TEXT_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {"casei": Lower, "accenti": _Unaccent}


def _wrapped(condition: Any) -> Any:
    """Keep Django from writing more than was asked into a negation (it adds `IS NOT NULL` to that of a bare lookup)."""
    return ExpressionWrapper(condition, output_field=BooleanField())


def _typed(side: _Side, kind: Kind) -> _Side:
    """Return a literal side as an expression of `kind`; a text function around a literal has its expression."""
    if side.is_property or side.expression is not None:
        return side
    assert side.literal is not None  # noqa: S101  (a side is one or the other)
    return _Side(kind, side.literal.expression(kind), side.literal)


def _is_property(node: Any) -> bool:
    return isinstance(node, dict) and "property" in node


def _operation(node: dict[str, Any]) -> tuple[str, list[Any]]:
    operator, args = node.get("op"), node.get("args")
    if not isinstance(operator, str) or not isinstance(args, list) or set(node) != {"op", "args"}:
        raise _misplaced()
    return operator if operator in _SPELLED else _SPELLINGS.get(operator.lower(), operator), args


_SPELLED = frozenset({*_ARRAY, *temporal_operators.OPERATORS, "isNull"})
_SPELLINGS = {name.lower(): name for name in _SPELLED}  # the parser of the text form writes `a_containedby`


def _exactly(number: int, args: list[Any]) -> list[Any]:
    if len(args) != number:
        raise _misplaced()
    return args


def _refuse_pattern(text: Any) -> None:
    if not isinstance(text, str) or len(text) > MAX_PATTERN or text.count("%") > MAX_WILDCARDS:
        detail = _("Mẫu LIKE chỉ được dài %(length)d ký tự và có %(wildcards)d dấu %%.")
        raise refusal("filter_too_complex", detail % {"length": MAX_PATTERN, "wildcards": MAX_WILDCARDS})
    if (len(text) - len(text.rstrip("\\"))) % 2:
        raise refusal("invalid", _("Mẫu LIKE không được kết thúc bằng dấu \\."))


def _misplaced() -> Any:
    return refusal("invalid", _("Bộ lọc CQL2 viết chưa đúng."))


def _mismatch() -> Any:
    return refusal("type_mismatch", _("Bộ lọc so sánh những giá trị khác loại, hoặc phép không hợp với trường."))
