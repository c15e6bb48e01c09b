"""The schema flag: how each column of a model may leave the house, and which columns a layer's query reaches.

Every app classes its columns in `<app>/personal.py`; `exchange.privacy` holds the layers against them. What is not
classed counts as personal. Law 91/2025/QH15 Art. 2 (data that identifies a person or helps to); docs/domain.md §5.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from django.db.models import Case, Exists, Model, Subquery, Value, When
from django.db.models.expressions import Col, RawSQL, Star
from django.db.models.sql import Query
from django.db.models.sql.where import ExtraWhere

Column = tuple[type[Model] | None, str]  # (None, text): SQL that cannot be followed


class Flag(Enum):
    """How a column may leave.

    OPEN        tells of no person: in any layer
    GUARDED     tells of a single household in some rows: in public layers only where a condition asks its guard
    RESTRICTED  a single household's land, or inner notes: in layers for those with the right
    PERSONAL    who somebody is, how to reach him or her, what an account did, free text: in no layer
    """

    OPEN = "open"
    GUARDED = "guarded"
    RESTRICTED = "restricted"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one model by their flag; each concrete field stands in exactly one place.

    guarded        column -> the column of the same model that the condition which shows it must ask
    holds_persons  False: the model tells of no person and all of its columns are open, those to come too
    """

    open: tuple[str, ...] = ()
    guarded: Mapping[str, str] = field(default_factory=dict)
    restricted: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    holds_persons: bool = True

    def flag_of(self, name: str) -> Flag:
        """Return the flag of the column called `name`: personal when nobody has classed it."""
        if not self.holds_persons or name in self.open:
            return Flag.OPEN
        if name in self.guarded:
            return Flag.GUARDED
        return Flag.RESTRICTED if name in self.restricted else Flag.PERSONAL

    def named(self) -> list[str]:
        """Return every column that is classed, as often as it is."""
        return [*self.open, *self.guarded, *self.restricted, *self.personal]


NO_PERSONS = Columns(holds_persons=False)
UNKNOWN = Columns()


@dataclass(frozen=True, slots=True)
class Reached:
    """A column that a query reads for an answer, and the columns that the conditions around it ask.

    `is_condition`: it is not shown itself, it decides what is.
    """

    column: Column
    asked: frozenset[Column]
    is_condition: bool = False


def reached_by(expression: Any, asked: frozenset[Column] = frozenset()) -> Iterator[Reached]:
    """Yield every column whose value decides what a resolved `expression` gives.

    Follows joins, annotations, subqueries and conditions. What cannot be followed (raw SQL) comes as a column of no
    model. `asked`: columns of conditions under which the expression is read at all.
    """
    if isinstance(expression, Col):
        yield Reached((expression.target.model, expression.target.name), asked)
    elif isinstance(expression, RawSQL | Star | ExtraWhere):
        yield Reached((None, str(getattr(expression, "sql", expression))), asked)
    elif isinstance(expression, Case):
        yield from _of_case(expression, asked)
    elif isinstance(expression, Exists):
        yield from (replace(reached, is_condition=True) for reached in reached_by(expression.query.where, asked))
    elif isinstance(expression, Subquery):
        yield from selected_by(expression.query, asked)
    elif isinstance(expression, Query):
        yield from selected_by(expression, asked)
    else:
        yield from _of_parts(expression, asked)


def selected_by(query: Query, asked: frozenset[Column] = frozenset()) -> Iterator[Reached]:
    """Yield the columns that `query` selects; its own conditions count as asked."""
    asked = asked | columns_asked(query)
    for chosen in (*query.select, *query.annotation_select.values()):
        yield from reached_by(chosen, asked)
    if query.default_cols:
        for concrete in query.get_meta().concrete_fields:
            yield Reached((query.model, concrete.name), asked)


def columns_asked(query: Query) -> frozenset[Column]:
    """Return the columns that the conditions of `query` ask, those of its subqueries too."""
    return frozenset(_asked_in(query.where))


def _asked_in(condition: Any) -> Iterator[Column]:
    if isinstance(condition, Col):
        yield condition.target.model, condition.target.name
    elif isinstance(condition, Query):
        yield from _asked_in(condition.where)
    elif isinstance(condition, Subquery):
        yield from _asked_in(condition.query.where)
    else:
        for part in _parts(condition):
            yield from _asked_in(part)


def _of_case(case: Case, asked: frozenset[Column]) -> Iterator[Reached]:
    # What stands last is shown where none of the conditions holds: each of them is asked for all results.
    whens = [part for part in case.cases if isinstance(part, When)]
    inside = asked | {column for when in whens for column in _asked_in(when.condition)}
    for when in whens:
        yield from (replace(reached, is_condition=True) for reached in reached_by(when.condition, inside))
        yield from reached_by(when.result, inside)
    yield from reached_by(case.default, inside)


def _of_parts(expression: Any, asked: frozenset[Column]) -> Iterator[Reached]:
    for part in _parts(expression):
        yield from reached_by(part, asked)


def _parts(expression: Any) -> list[Any]:
    if expression is None or isinstance(expression, Value | str | bytes | int | float):
        return []
    if hasattr(expression, "children"):  # a WHERE node
        return list(expression.children)
    parts = list(expression.get_source_expressions()) if hasattr(expression, "get_source_expressions") else []
    rhs = getattr(expression, "rhs", None)  # a lookup against a query
    if isinstance(rhs, Query) and rhs not in parts:
        parts.append(rhs)
    return parts


COLUMNS: dict[str, Columns] = {
    "RequestCount": Columns(restricted=("scope", "window_start", "hits"), personal=("caller",)),
}
