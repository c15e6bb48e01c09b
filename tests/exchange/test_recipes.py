"""The recipes of docs/api.md that can run here, run from the document's own text in the order in which they stand."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Sum
from rest_framework.authtoken.models import Token

from codes.layers import AREAS
from exchange.ogc.collections import collections_for

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "api.md"
RECIPE = re.compile(r"^<!-- run: (\w+) -->\n```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"


def recipes():
    found = RECIPE.findall(DOCUMENT.read_text())
    return {name: (language, text) for name, language, text in found}


def run(recipe, folder, *, url, token):
    """Return what the recipe prints; `sh -eu` and Python end with an error at the first thing that fails."""
    language, text = recipe
    assert ADDRESS in text or language == "python"
    text = text.replace(ADDRESS, url)
    command = ["sh", "-eu", "-c", text] if language == "sh" else [sys.executable, "-W", "ignore", "-c", text]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "TOKEN": token}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


@pytest.mark.django_db(transaction=True)
def test_recipes_do_what_they_say(
    live_server, tmp_path, planner, mango, area, code, product_factory, offer_factory, plot_factory
):
    product = product_factory(area=area, crop=mango)
    offer_factory(product=product)
    product_factory(kind="processed")
    plot_factory(ref="T-9")
    token = Token.objects.create(user=planner).key
    plots = planner_rows(planner)

    said = {name: run(recipe, tmp_path, url=live_server.url, token=token) for name, recipe in recipes().items()}

    assert list(said) == ["curl", "gdal", "geopandas", "owslib", "duckdb"]
    assert int(said["curl"]) == plots
    assert said["gdal"] == f"Feature Count: {plots}"
    hectares, read = said["geopandas"].splitlines()
    assert ast.literal_eval(hectares) == hectares_by_commune()
    assert read == f"{plots} OGC:CRS84"
    names, matched = said["owslib"].splitlines()
    assert ast.literal_eval(names) == [found.layer.name for found in collections_for(AnonymousUser())]
    assert matched == "1"
    assert ast.literal_eval(said["duckdb"]) == [(product.commune.name_vi, 1, 12)]


def planner_rows(planner):
    plots = next(found.layer for found in collections_for(planner) if found.layer.name == "plots")
    return plots.rows(planner).count()


def hectares_by_commune():
    rows = AREAS.rows(AnonymousUser()).values_list("commune__name_vi").annotate(total=Sum("area_m2")).order_by()
    return {name: round(total / 10_000, 2) for name, total in rows}


def test_what_is_not_run_is_said():
    text = DOCUMENT.read_text()
    section = text[text.index("## Recipes") : text.index("## OGC API Tiles")]

    blocks = re.findall(r"^```(?:sh|python)$", section, re.MULTILINE)

    assert "QGIS and R are not" in section
    assert len(blocks) == len(recipes())
