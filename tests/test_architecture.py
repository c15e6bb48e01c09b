"""Foreign keys written as text are invisible to import-linter: every relation must point down the row of apps too."""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings


def ranks() -> dict[str, int]:
    """App -> place in the row of pyproject.toml, counted from the right; siblings share a place."""
    text = (Path(settings.BASE_DIR) / "pyproject.toml").read_text(encoding="utf-8")
    contract = tomllib.loads(text)["tool"]["importlinter"]["contracts"][0]
    row = [[name.strip() for name in place.split("|")] for place in contract["layers"]]
    return {name: place for place, names in enumerate(reversed(row)) for name in names}


RANKS = ranks()
RELATIONS = [
    (model, field)
    for model in apps.get_models()
    if model._meta.app_label in RANKS
    for field in model._meta.get_fields()
    if field.is_relation and not field.auto_created and field.related_model is not None
    # Django's and the libraries' own tables have no place in the row.
    if field.related_model._meta.app_label in RANKS
]


@pytest.mark.parametrize(
    ("model", "field"), RELATIONS, ids=[f"{model.__name__}.{field.name}" for model, field in RELATIONS]
)
def test_relation_points_down_the_row(model, field):
    own, target = model._meta.app_label, field.related_model._meta.app_label

    assert target == own or RANKS[target] < RANKS[own], f"{own} may not refer to {target}"


def test_every_installed_app_of_ours_has_a_place_in_the_row():
    folders = {path.parent.name for path in Path(settings.BASE_DIR).glob("*/apps.py")}

    assert folders <= set(RANKS)
    assert len(RELATIONS) > 50
