"""What a CSV file holds, as W3C's "Metadata Vocabulary for Tabular Data" says it: its readers need no comment lines."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from exchange.catalogue.entries import BOOLEAN, DATE, INTEGER, LICENCE, LICENCE_URL, MOMENT, NUMBER
from exchange.exports.texts import shape_columns
from exchange.selection import Selection
from exchange.stream_sql import LIST_SEPARATOR

_DATATYPES = {NUMBER: "number", INTEGER: "integer", BOOLEAN: "boolean", DATE: "date", MOMENT: "datetime"}


def csv_metadata(selection: Selection, row_count: int) -> dict[str, Any]:
    """Return the document that stands beside the CSV file of `selection`, which holds `row_count` rows now."""
    head = selection.head(row_count)
    address = reverse("exchange:stream", args=[selection.layer.name, "csv"])
    query = selection.address()
    document: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "vi"}],
        "url": f"{settings.PUBLIC_URL}{address}{'?' if query else ''}{query}",
        "dialect": {"encoding": "utf-8", "header": True},
        "dc:title": head["title"],
        "dc:source": head["source"],
        "dc:publisher": head["steward"],
        "dc:license": LICENCE_URL if head["licence"] == LICENCE else head["licence"],
        "dc:date": head["written_at"],
        "notes": [head],
        "tableSchema": {"primaryKey": "id", "columns": _columns(selection)},
    }
    return document


def _columns(selection: Selection) -> list[dict[str, Any]]:
    infos = {info.name: info for info in selection.entry.fields()}
    columns: list[dict[str, Any]] = [{"name": "id", "titles": "id", "required": True}]
    for name in selection.fields:
        column: dict[str, Any] = {"name": name, "titles": name}
        if info := infos.get(name):
            column["dc:description"] = (
                f"{info.meaning.text} ({info.meaning.unit})" if info.meaning.unit else str(info.meaning.text)
            )
            column["datatype"] = _DATATYPES.get(info.type, "string")
            if info.is_list:
                column["separator"] = LIST_SEPARATOR
        columns.append(column)
    shapes = shape_columns(selection)
    kind = "string" if shapes == ["wkt"] else "number"
    return columns + [
        {"name": name, "titles": name, "datatype": kind, "dc:description": selection.system.uri} for name in shapes
    ]
