"""Programs that people have read every collection completely, each feature once: GDAL of Debian and of pyogrio's wheel,
geopandas, OWSLib. QGIS does in `make soak ARGS=qgis`. Pages are small, so that every client has to go on to the next.

GDAL runs in processes of its own: it holds Python's lock while it waits for the server, which is a thread here.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter

import pytest
from owslib.ogcapi.features import Features
from rest_framework.authtoken.models import Token

from exchange.ogc.collections import collections_for

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = 3
GEOPANDAS = """
import json, sys
import geopandas, pyogrio
asked = json.load(sys.stdin)
pyogrio.set_gdal_config_options({"GDAL_HTTP_USERPWD": "gdal:" + asked["token"]})
found = {}
for name in asked["names"]:
    frame = geopandas.read_file(asked["root"], layer=name, fid_as_index=True, PAGE_SIZE=str(asked["page"]))
    ids = frame["id"].tolist() if "id" in frame.columns else frame.index.tolist()
    shapes = int(frame.geometry.notna().sum()) if "geometry" in frame.columns else 0
    found[name] = {"ids": [str(one) for one in ids], "shapes": shapes, "columns": sorted(frame.columns)}
print(json.dumps(found))
"""


@pytest.fixture
def stock(product_factory, offer_factory, area, code_factory, plot_factory, parcel_factory, unit_factory, neighbour):
    """Some of everything, more than a page of most."""
    for number in range(4):
        offer_factory(product=product_factory(area=area if number == 0 else None))
        plot_factory(ref=f"T-{number}", cooperative=neighbour)
        parcel_factory()
    code_factory()


@pytest.fixture
def wanted(stock, planner):
    """Name of the collection -> keys of the rows that the planner may see, asked of the layers themselves."""
    return {
        found.layer.name: Counter(str(key) for key in found.layer.rows(planner).values_list(found.layer.key, flat=True))
        for found in collections_for(planner)
    }


@pytest.fixture
def token(planner):
    return Token.objects.create(user=planner).key


def test_every_client_reads_every_collection(wanted, token, live_server):
    """One test: emptying the tables after each would cost more than the reading."""
    root = f"{live_server.url}/ogc"

    by_ogrinfo = read_by_ogrinfo(root, token)
    by_geopandas = read_by_geopandas(root, token, sorted(wanted))
    by_owslib = read_by_owslib(root, token)

    assert {"areas", "codes", "cooperatives", "land-use", "plots", "products", "units"} <= set(wanted)
    assert max(sum(keys.values()) for keys in wanted.values()) > 2 * PAGE
    assert by_owslib == wanted
    assert {name: Counter(one["ids"]) for name, one in by_geopandas.items()} == wanted
    assert by_ogrinfo == wanted
    assert by_geopandas["plots"]["shapes"] == sum(wanted["plots"].values())
    assert {"ref", "crop", "area_ha", "geometry"} <= set(by_geopandas["plots"]["columns"])


def read_by_ogrinfo(root, token):
    """Debian's GDAL, which signs in with the token as password."""
    program = shutil.which("ogrinfo")
    assert program, "ogrinfo is not installed: apt-get install gdal-bin"
    login = ["--config", "GDAL_HTTP_USERPWD", f"gdal:{token}"]
    command = [program, "-ro", "-al", "-q", f"OAPIF:{root}", "-oo", f"PAGE_SIZE={PAGE}", *login]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stderr == ""
    parts = re.split(r"^Layer name: (\S+)$", done.stdout, flags=re.MULTILINE)[1:]
    return {name: _keys_of(text) for name, text in zip(parts[::2], parts[1::2], strict=True)}


def _keys_of(text):
    """The features' ids: a property where they are texts, else GDAL's own numbers."""
    texts = re.findall(r"^  id \(String\) = (.+)$", text, re.MULTILINE)
    return Counter(texts or re.findall(r"^OGRFeature\(\S+\):(\d+)$", text, re.MULTILINE))


def read_by_geopandas(root, token, names):
    """The GDAL of pyogrio's wheel, into frames."""
    asked = {"root": f"OAPIF:{root}", "token": token, "names": names, "page": PAGE}
    command = [sys.executable, "-W", "ignore", "-c", GEOPANDAS]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def read_by_owslib(root, token):
    """OWSLib by offset, as its users do."""
    service = Features(f"{root}/", headers={"Authorization": f"Token {token}"})
    assert any(one.endswith("ogcapi-features-1/1.0/conf/core") for one in service.conformance()["conformsTo"])
    read = {}
    for name in service.feature_collections():
        found, page = Counter(), {"numberMatched": 1}
        while sum(found.values()) < page["numberMatched"]:
            page = service.collection_items(name, limit=PAGE, offset=sum(found.values()))
            assert page["features"] or page["numberMatched"] == 0, name
            found.update(str(feature["id"]) for feature in page["features"])
        read[name] = found
    return read
