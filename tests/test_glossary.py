"""Every model and every stored choice of the code is explained in docs/domain.md."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Choices

GLOSSARY = (Path(settings.BASE_DIR) / "docs" / "domain.md").read_text(encoding="utf-8")


def own_models() -> list[type]:
    return [
        model
        for model in apps.get_models()
        if (Path(settings.BASE_DIR) / model._meta.app_label).is_dir()
        and not model.__name__.endswith("History")
        and not model._meta.auto_created
    ]


def own_choices() -> list[type[Choices]]:
    """The choice classes that the modules of our models define or import, each once."""
    found = {}
    for model in own_models():
        package = __import__(model.__module__, fromlist=["*"])
        for value in vars(package).values():
            if isinstance(value, type) and issubclass(value, Choices) and value.choices:
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model.__name__)
def test_model_is_in_the_glossary(model):
    assert f"`{model.__name__}`" in GLOSSARY


@pytest.mark.parametrize("choices", own_choices(), ids=lambda choices: choices.__name__)
def test_choices_are_in_the_glossary(choices):
    lines = [line for line in GLOSSARY.splitlines() if f"`{choices.__name__}`" in line]

    missing = [value for value in choices.values if value and not any(f"`{value}`" in line for line in lines)]

    assert lines, f"{choices.__name__} is not in docs/domain.md"
    assert missing == []
