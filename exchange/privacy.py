"""Holds every layer against the schema flag (`core.personal`): no layer reaches a personal column.

`manage.py check` and the tests ask `leaks()`; a layer that shows, sorts, keys or filters by a column that it must not
reach stops both. What a layer may reach is decided as nobody sees it: rows that one's own rights add have conditions
of their own (`visible_to`), which are tested by role.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import FieldError
from django.db.models import Model, QuerySet

import accounts.personal
import casework.personal
import codes.personal
import cooperatives.personal
import core.personal
import crops.personal
import exchange.personal
import farms.personal
import landuse.personal
import maps.personal
import office.personal
import people.personal
import places.personal
import products.personal
from casework.layers import REQUESTS, VIOLATIONS, WATCHED_CODES
from core.filters import TextSearchFilter
from core.layers import Layer, as_expression
from core.personal import UNKNOWN, Column, Columns, Flag, Reached, columns_asked, reached_by
from exchange.catalogue import CATALOGUE
from landuse.layers import LAND_USE_LAYERS
from maps.layers import MAP_LAYERS, MapLayer
from maps.sources import Shapes

CLASSED_BY: tuple[ModuleType, ...] = (
    core.personal,
    places.personal,
    accounts.personal,
    office.personal,
    people.personal,
    crops.personal,
    landuse.personal,
    cooperatives.personal,
    farms.personal,
    codes.personal,
    casework.personal,
    products.personal,
    maps.personal,
    exchange.personal,
)
BESIDES = (LAND_USE_LAYERS, REQUESTS, WATCHED_CODES, VIOLATIONS)  # layers with an address outside the catalogue
NOBODY = AnonymousUser()
PROBE = "privacy_probe"
# Who they are about is a person; and words in the names of columns that do not stand for things.
PERSONS = {
    "accounts.User", "people.Person", "people.Consent", "cooperatives.Grower", "office.Document", "products.Enquiry",
}  # fmt: skip
TELLING = {"phone", "email", "zalo", "person", "grower", "contact", "encrypted", "digest", "signer", "representative"}


@dataclass(frozen=True, slots=True)
class Leak:
    """A layer reaches a column that it may not: `where` names the field, filter, key or geometry that does."""

    layer: str
    where: str
    column: str
    flag: Flag

    def __str__(self) -> str:
        return f"layer {self.layer}: {self.where} reaches the {self.flag.value} column {self.column}"


@cache
def registry() -> dict[str, Columns]:
    """Return the classed columns of every model by its label, such as "farms.Plot"."""
    found: dict[str, Columns] = {}
    for module in CLASSED_BY:
        app = module.__name__.partition(".")[0]
        found |= {f"{app}.{name}": columns for name, columns in module.COLUMNS.items()}
    return found


def columns_of(model: type[Model]) -> Columns:
    """Return how the columns of `model` are classed; a history's as those of the model that it remembers."""
    tracked = getattr(model, "pgh_tracked_model", model)
    return registry().get(tracked._meta.label, UNKNOWN)


def layers() -> list[Layer]:
    """Return every layer that has an address: in the catalogue, on the map, in the API alone."""
    found = [entry.layer for entry in CATALOGUE] + [drawn.layer for drawn in MAP_LAYERS] + list(BESIDES)
    return list({layer.name: layer for layer in found}.values())


def leaks() -> list[Leak]:
    """Return what any layer or tile reaches that it may not; no query is sent."""
    found = [leak for layer in layers() for leak in leaks_of(layer)]
    return found + [leak for drawn in MAP_LAYERS for leak in leaks_of_tiles(drawn)]


def leaks_of(layer: Layer) -> list[Leak]:
    """Return what the fields, geometry, key, order and filters of `layer` reach that they may not."""
    rows = layer.rows(NOBODY)
    named: list[tuple[str, Any]] = [(f"field {name}", source) for name, source in layer.fields.items()]
    for role in ("geometry", "mercator", "key", "order"):
        path = getattr(layer, role)
        if path:
            named.append((role, path.removeprefix("-")))
    found = [leak for where, source in named for leak in _leaks(layer, rows, where, source)]
    if layer.lasting is not None:  # its condition, how many growers, only takes away from what `geometry` shows
        found += _leaks(layer, rows, "lasting", layer.lasting, with_conditions=False)
    for where, source in _filtered_by(layer):
        # A name that is no column belongs to the filter itself (`method`, a class of its own): nothing is compared.
        with suppress(FieldError):
            found += _leaks(layer, rows, where, source)
    return found


def leaks_of_tiles(drawn: MapLayer) -> list[Leak]:
    """Return what the shapes of a map layer reach beyond its fields; sums of three and more are tested on tiles."""
    found: list[Leak] = []
    for source in drawn.sources:
        if isinstance(source, Shapes):
            rows = source.narrow(drawn.layer.rows(NOBODY))
            extra = {f"tile {source.name} {name}": value for name, value in source.extra.items()}
            places = {
                f"tile {source.name} {role}": path
                for role in ("geometry", "mercator")
                if (path := getattr(source, role))
            }
            for where, value in (extra | places).items():
                found += _leaks(drawn.layer, rows, where, value)
    return found


def _filtered_by(layer: Layer) -> Iterator[tuple[str, Any]]:
    """The columns that filters compare: who can ask often finds out what they hold (halving boxes, guessing names)."""
    for name, item in layer.filterset.base_filters.items():
        if isinstance(item, TextSearchFilter):
            yield from ((f"filter {name}", column) for column in item.columns)
        elif item.method is None and item.field_name:
            yield f"filter {name}", item.field_name


def _leaks(
    layer: Layer, rows: QuerySet[Any], where: str, source: Any, *, with_conditions: bool = True
) -> Iterator[Leak]:
    made = rows.annotate(**{PROBE: as_expression(source)}).query
    asked = columns_asked(made)
    for reached in reached_by(made.annotations[PROBE], asked):
        if reached.is_condition and not with_conditions:
            continue
        flag = _flag_of(reached)
        if flag is Flag.PERSONAL or (layer.is_public and flag in (Flag.GUARDED, Flag.RESTRICTED)):
            yield Leak(layer.name, where, _label(reached.column), flag)


def _flag_of(reached: Reached) -> Flag:
    model, name = reached.column
    if model is None:
        return Flag.PERSONAL
    columns = columns_of(model)
    flag = columns.flag_of(name)
    if reached.is_condition and name in columns.guarded.values():
        return Flag.OPEN
    if flag is Flag.GUARDED and (model, columns.guarded[name]) in reached.asked:
        return Flag.OPEN
    return flag


def _label(column: Column) -> str:
    model, name = column
    return f"{model._meta.label}.{name}" if model is not None else name


def unclassed() -> list[str]:
    """Return what `<app>/personal.py` says wrongly of the models that there are: forgotten, twice, unknown."""
    said = dict(registry())
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label
        is_ours = (settings.BASE_DIR / model._meta.app_label).is_dir() and not hasattr(model, "pgh_tracked_model")
        if not is_ours:
            continue
        columns = said.pop(label, None)
        if columns is None:
            wrong.append(f"{label} is not in {model._meta.app_label}/personal.py")
            continue
        wrong += [f"{label}.{name} {why}" for name, why in _mistakes(model, columns)]
    return wrong + [f"{label} is classed, but there is no such model" for label in said]


def _mistakes(model: type[Model], columns: Columns) -> Iterator[tuple[str, str]]:
    fields = {field.name: field for field in model._meta.concrete_fields}
    if not columns.holds_persons:
        for name, field in fields.items():
            if _is_person(field) or any(word in name.split("_") for word in TELLING):
                yield name, "tells of persons: class the columns of this model one by one"
        return
    named = columns.named()
    for name in fields:
        if named.count(name) != 1:
            yield name, f"is classed {named.count(name)} times"
        if _is_person(fields[name]) and columns.flag_of(name) in (Flag.OPEN, Flag.GUARDED):
            yield name, "leads to a person and is open"
    for name in sorted({*named, *columns.guarded.values()} - set(fields)):
        yield name, "is classed, but there is no such column"


def _is_person(field: Any) -> bool:
    return field.related_model is not None and field.related_model._meta.label in PERSONS
