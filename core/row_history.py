"""What the row history says: who changed which field of a row, and of the rows that belong to it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext_lazy as _

DEEDS = {"insert": _("Thêm"), "update": _("Sửa"), "delete": _("Xóa")}
OWN_FIELDS = ("pgh_id", "pgh_created_at", "pgh_label", "pgh_obj", "pgh_context")


@dataclass(frozen=True, slots=True)
class Change:
    """A field with what it held before and after; a row that was added or taken out has only one of them."""

    field: Any
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One insert, update or delete: when, by whom (None: a command or the system), which row, what changed."""

    at: dt.datetime
    by: Any
    deed: Any
    model: Any
    row: str
    changes: list[Change]


def history_of(row: models.Model, related: Iterable[tuple[type[models.Model], str]] = ()) -> list[Entry]:
    """Return the history of `row` and of the rows of `related` (model, name of its key to `row`), newest first.

    By one query for each model and one for the names; the first entry of a row shows all that it began with.
    """
    events = list(_events(type(row)).filter(pgh_obj_id=row.pk))
    for model, key in related:
        events += _events(model).filter(**{f"{key}_id": row.pk})
    people = _people(events)
    entries: list[Entry] = []
    before: dict[Any, Any] = {}
    for event in sorted(events, key=lambda event: (event.pgh_created_at, event.pgh_id)):
        row_key = (type(event), event.pgh_obj_id)
        entries.append(_entry(event, before.get(row_key), people))
        before[row_key] = event
    return entries[::-1]


def _events(model: type[models.Model]) -> Any:
    history = model.history.rel.related_model  # type: ignore[attr-defined]
    return history._default_manager.select_related("pgh_context").order_by("pgh_id")


def _user_of(event: Any) -> Any:
    return event.pgh_context.metadata.get("user") if event.pgh_context else None


def _people(events: list[Any]) -> dict[Any, Any]:
    wanted = {_user_of(event) for event in events} - {None}
    return get_user_model().objects.in_bulk(list(wanted))


def _entry(event: Any, before: Any, people: dict[Any, Any]) -> Entry:
    fields = [field for field in event._meta.concrete_fields if field.name not in (*OWN_FIELDS, "id")]
    is_gone = event.pgh_label == "delete"
    old = {} if before is None else _values(before, fields)
    new = {} if is_gone else _values(event, fields)
    changes = [
        Change(field.verbose_name, old.get(field.name, ""), new.get(field.name, ""))
        for field in fields
        if old.get(field.name, "") != new.get(field.name, "") and not is_gone
    ]
    return Entry(
        at=event.pgh_created_at,
        by=people.get(_user_of(event)),
        deed=DEEDS.get(event.pgh_label, event.pgh_label),
        model=event.pgh_tracked_model._meta.verbose_name,
        row=_name(event),
        changes=changes,
    )


def _values(event: Any, fields: list[models.Field]) -> dict[str, str]:
    """Return the fields as text; a choice by its label, a reference by its key, nothing as nothing."""
    shown = {}
    for field in fields:
        value = getattr(event, field.attname)
        if field.choices and value:
            value = dict(field.flatchoices).get(value, value)
        shown[field.name] = "" if value is None else str(value)
    return shown


def _name(event: Any) -> str:
    """Return what the row was called at that time, by the model's own wording, as far as its fields go."""
    model = event.pgh_tracked_model
    names = {field.attname for field in model._meta.concrete_fields}
    known = {field.attname: getattr(event, field.attname) for field in event._meta.concrete_fields}
    return str(model(**{name: value for name, value in known.items() if name in names}))
