"""One description of a layer, shared by page, list, API, tile and export.

Each app writes its layers out in `<app>/layers.py`; `maps`, `exchange` and the API views take them from there. What a
layer does not name in `fields` leaves the house nowhere.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.expressions import BaseExpression, Combinable

from core.filters import StrictFilterSet

Source = str | Combinable | BaseExpression

KEY = "layer_key"
PROPERTY_PREFIX = "property_"
LASTING = "lasting_shape"


@dataclass(frozen=True, slots=True)
class Layer:
    """What may be read of one kind of thing, by whom, in which shape.

    name        stands in addresses and file names: "areas" -> /api/v1/areas/, /tiles/areas/...
    title       Vietnamese msgid (lazy)
    rows        rows(user) -> queryset with only what this user (or AnonymousUser) may see
    filterset   reads the query parameters of page, list, API, tile and export alike
    fields      property name -> field path or ORM expression; the only properties that leave
    geometry    field or annotation of `rows` in EPSG:4326 as it may be shown (an outline or a point); None: no shape
    mercator    stored EPSG:3857 twin of `geometry` for tiles, where there is one
    lasting     shape for files that stay and go round (snapshots), where `geometry` may rest on a consent that can be
                withdrawn: without any that does; None: `geometry` rests on none
    tile_fields the properties that go into tiles, a subset of `fields`
    key         unique column: feature id and last part of the address of a feature
    order       keyset order: the key, or a not-null column ("-issued_on") with the key to break ties
    unit        path from a row to the administrative unit it belongs to; "": known by its place only
    is_public   anonymous users may read it (what they see, `rows` decides)
    rights_key  rights_key(user) -> all that `rows(user)` depends on besides the data and the day, None where there is
                no telling; with one, tiles and pages keep the SQL of a user's rows instead of building it anew
    """

    name: str
    title: Any
    rows: Callable[[Any], QuerySet[Any]]
    filterset: type[StrictFilterSet]
    fields: Mapping[str, Source]
    geometry: str | None = None
    mercator: str | None = None
    lasting: BaseExpression | None = None
    tile_fields: tuple[str, ...] = ()
    key: str = "id"
    order: str = ""
    unit: str = ""
    is_public: bool = False
    rights_key: Callable[[Any], Hashable] | None = None

    def __post_init__(self) -> None:
        unknown = set(self.tile_fields) - set(self.fields)
        if unknown:
            raise ValueError(f"layer {self.name}: tile_fields not among fields: {sorted(unknown)}")

    def filtered(self, user: Any, params: Mapping[str, Any], *, besides: Collection[str] = ()) -> QuerySet[Any]:
        """Return the rows `user` may see that match `params`; raise BadInput naming each bad parameter.

        `besides`: parameters that belong to the caller (`limit`, `cursor`, `page` ...).
        """
        return self.filterset.checked(params, self.rows(user), besides=besides)

    def of_files_that_stay(self) -> "Layer":
        """Return the layer with the shapes that may go into files which nobody can call back."""
        if self.lasting is None:
            return self
        return replace(
            self,
            rows=lambda user: self.rows(user).annotate(**{LASTING: self.lasting}),
            geometry=LASTING,
            mercator=None,
            lasting=None,
        )

    def one(self, user: Any, key: Any) -> QuerySet[Any]:
        """Return the row with this key as a queryset, empty when `user` may not see it or the key makes no sense."""
        rows = self.rows(user)
        try:
            return rows.filter(**{self.key: key})
        except (TypeError, ValueError):
            return rows.none()

    def columns(self, names: Collection[str] | None = None) -> dict[str, Any]:
        """Return `names` (default: all properties) as annotations, prefixed so that they cannot meet a model field."""
        chosen = self.fields if names is None else names
        return {PROPERTY_PREFIX + name: as_expression(self.fields[name]) for name in chosen}


def as_expression(source: Source) -> Any:
    """Return a field path as F(), an expression as it is."""
    return F(source) if isinstance(source, str) else source
