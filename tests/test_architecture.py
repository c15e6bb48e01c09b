"""What the linter of imports cannot see: relations between models, sizes, names, addresses of foreign hosts."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

ROOT = Path(settings.BASE_DIR)
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
GRAPH = next(contract["layers"] for contract in CONTRACTS["contracts"] if contract["type"] == "layers")
# place in the row, counted from the left; siblings share one
PLACE = {name.strip(): place for place, names in enumerate(GRAPH) for name in names.split("|")}
RULES = ("models", "querysets", "services", "workflow", "permissions", "eligibility", "numbering", "expressions")
MAX_LINES = 400
# Inner workings that no page shows by their own name.
NAMELESS = {
    "codes.AreaPlot",
    "codes.CodeCounter",
    "core.RequestCount",
    "maps.DensityCell",
    "maps.LayerChange",
    "office.IdempotencyKey",
    "office.OutboxMessage",
    "office.Schedule",
}


def sources(*, tests=False):
    """Return our modules, without migrations."""
    folders = [*CONTRACTS["root_packages"], *(["tests"] if tests else [])]
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def our_models():
    """Return the models of our apps, without those that pghistory makes for their history."""
    own = [model for model in apps.get_models() if model._meta.app_label in PLACE]
    return [model for model in own if not hasattr(model, "pgh_tracked_model")]


def imported_names(path):
    """Yield (full name, whether it is imported when the module is loaded) of all imports of a module."""
    tree = ast.parse(path.read_text())
    at_top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, id(node) in at_top) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield f"{node.module}", id(node) in at_top


def test_every_app_has_a_place_in_the_row():
    installed = {config.label for config in apps.get_app_configs() if Path(config.path).parent == ROOT}

    assert installed <= set(PLACE)


def test_relations_point_down_the_row():
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in PLACE
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and isinstance(field.related_model, type)
        if field.related_model._meta.app_label in PLACE
        if PLACE[field.related_model._meta.app_label] < PLACE[model._meta.app_label]
        or (
            PLACE[field.related_model._meta.app_label] == PLACE[model._meta.app_label]
            and field.related_model._meta.app_label != model._meta.app_label
        )
    ]

    assert upward == []


def test_contracts_of_imports_hold():
    lint = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which("lint-imports")
    assert lint, "import-linter is a development dependency; run make setup"

    answer = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stdout


def test_rules_know_nothing_of_the_api_framework():
    guilty = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        if path.stem in RULES or any(part in RULES for part in path.relative_to(ROOT).parts[:-1])
        for name, _at_top in imported_names(path)
        if name.split(".")[0] in ("rest_framework", "rest_framework_gis", "drf_spectacular")
    ]

    assert guilty == []


def test_geographic_libraries_are_imported_only_in_geofiles():
    heavy = {"geopandas", "pandas", "pyogrio", "shapely", "pyproj", "folium"}

    guilty = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        if path.relative_to(ROOT).parts[0] != "geofiles"
        for name, _at_top in imported_names(path)
        if name.split(".")[0] in heavy
    ]

    assert guilty == []


def test_models_do_not_override_save_and_nobody_uses_signals():
    assert [model._meta.label for model in our_models() if "save" in vars(model)] == []
    guilty = [
        f"{path.relative_to(ROOT)}"
        for path in sources()
        for name, _at_top in imported_names(path)
        if name in ("django.db.models.signals", "django.dispatch")
    ]
    assert guilty == []


def test_modules_stay_small():
    long = {
        str(path.relative_to(ROOT)): length
        for path in sources()
        if (length := len(path.read_text().splitlines())) > MAX_LINES
    }

    # geofiles/crs.py holds the official parameters of VN-2000 beside the code that reads them.
    assert set(long) <= {"geofiles/crs.py"}, long


def test_models_have_names_for_people_in_the_catalogues():
    lazy = type(gettext_lazy(""))

    nameless = [
        model._meta.label
        for model in our_models()
        if not (isinstance(model._meta.verbose_name, lazy) and isinstance(model._meta.verbose_name_plural, lazy))
    ]

    assert set(nameless) <= NAMELESS, nameless


def test_every_model_says_what_it_is():
    silent = [model._meta.label for model in our_models() if not ast_docstring(model)]

    assert silent == []


def ast_docstring(model):
    own = vars(model).get("__doc__") or ""
    return own and not own.startswith(f"{model.__name__}(")  # Django writes a list of fields where there is none


def test_public_fields_of_a_model_are_those_of_its_layer():
    """What the public may read of a model is one tuple beside it; a layer of the model shows exactly that."""
    from maps.layers import MAP_LAYERS

    layers = {layer.layer.name: layer.layer for layer in MAP_LAYERS}
    for name, label in {
        "areas": "codes.ProductionArea",
        "codes": "codes.ProductionAreaCode",
        "products": "products.Product",
    }.items():
        assert set(layers[name].fields) == set(apps.get_model(label).PUBLIC_FIELDS), name


def test_no_lock_file_names_an_index():
    for name in ("requirements.lock", "requirements-dev.lock", "package-lock.json"):
        text = (ROOT / name).read_text()
        assert "--index-url" not in text
        assert '"resolved"' not in text


@pytest.mark.parametrize("folder", ["templates", "static/js", "static/css"])
def test_pages_load_nothing_from_foreign_hosts(folder):
    """Only namespaces (w3.org) and links for people may name another host; nothing is fetched from one."""
    loads = re.compile(r"""(?:src|srcset|@import|url\(|import\(|fetch\(|from)\s*[=(]?\s*["']?(?:https?:)?//""", re.I)

    guilty = [
        f"{path.relative_to(ROOT)}: {line.strip()[:100]}"
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".html", ".js", ".mjs", ".css")
        for line in path.read_text().splitlines()
        if loads.search(line)
    ]

    assert guilty == []


def test_models_are_counted():
    """The tests above look at something."""
    assert len(our_models()) > 25
    assert any(isinstance(field, models.ForeignKey) for model in our_models() for field in model._meta.get_fields())
