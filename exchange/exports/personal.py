"""Columns about persons beside a layer's own: only plots, only for officers with a purpose, only what growers opened.

The names come by the directory's rules (docs/domain.md §6): growers in the officer's units who agreed to stand in it.
A plot of somebody else has empty cells. Numbers are encrypted in the database, so these columns join the table as
Arrow arrays.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cooperatives.services.person_exports import TakenOut
from exchange.exports.files import Changed
from exchange.models import ExportFormat
from exchange.permissions import can_export_names, can_export_numbers
from exchange.selection import Selection
from farms.layers import PLOTS
from geofiles.copied import with_looked_up

FORMATS = (ExportFormat.XLSX, ExportFormat.GPKG)
GROWER = "grower"  # what the rows are joined by; it stays out of the file


class PersonalField(TextChoices):
    NAME = "grower_name", _("Họ tên người canh tác")
    PHONE = "grower_phone", _("Điện thoại người canh tác")


def fields_for(layer_name: str, user: Any) -> list[PersonalField]:
    """Return the personal columns of the layer that the user may ask for; mostly none."""
    if layer_name != PLOTS.name or not can_export_names(user):
        return []
    return [PersonalField.NAME, PersonalField.PHONE] if can_export_numbers(user) else [PersonalField.NAME]


def with_growers(selection: Selection) -> Selection:
    """Return the selection with the column that its rows are joined to persons by."""
    return replace(selection, extra={**selection.extra, GROWER: "grower_id"})


def joined(fields: list[str], persons: TakenOut) -> Changed:
    """Return what gives batches of `with_growers` the personal columns and takes the key out."""
    values: dict[str, Mapping[int, str]] = {
        name: persons.names if name == PersonalField.NAME else persons.phones for name in fields
    }

    def change(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            yield with_looked_up(batch, GROWER, values)

    return change
