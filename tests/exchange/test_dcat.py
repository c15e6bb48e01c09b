"""The catalogue as other catalogues read it: RDF that keeps to DCAT-AP, and says what is true."""

from pathlib import Path

import pytest
import rdflib
from django.conf import settings
from django.utils import timezone
from pyshacl import validate
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF

from exchange.catalogue import CATALOGUE
from exchange.models import ExportFormat, Snapshot
from maps.services import note_changes

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),  # rdflib's own parser
    pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning"),
]

SHAPES = Path(__file__).with_name("dcat_shapes.ttl")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
VCARD = rdflib.Namespace("http://www.w3.org/2006/vcard/ns#")
HOME = f"{settings.PUBLIC_URL}/data/"


@pytest.fixture
def snapshot():
    return Snapshot.objects.create(
        layer="areas",
        format=ExportFormat.GPKG,
        made_on="2026-11-20",
        written_at=timezone.now(),
        path="areas/2026-11-20.gpkg",
        size=4096,
        sha256="ab" * 32,
        row_count=3,
    )


def graph_of(client):
    answer = client.get("/data/catalogue.jsonld")
    assert answer.status_code == 200
    return rdflib.Graph().parse(data=answer.content, format="json-ld")


def faults_of(graph):
    conforms, _report, text = validate(graph, shacl_graph=rdflib.Graph().parse(SHAPES), inference="none")
    return "" if conforms else text


def test_harvesters_get_what_dcat_ap_asks_for(client, snapshot, settings):
    settings.DATA_CONTACT_EMAIL = "du-lieu@vung-trong.test"
    note_changes(["areas"])

    graph = graph_of(client)

    assert faults_of(graph) == ""
    assert {str(mail) for mail in graph.objects(None, VCARD.hasEmail)} == {"mailto:du-lieu@vung-trong.test"}


@pytest.mark.parametrize(
    "missing",
    [DCTERMS.title, DCTERMS.publisher, DCAT.accessURL, DCAT.endpointURL, FOAF.name],
    ids=["title", "publisher", "access-url", "endpoint-url", "name"],
)
def test_shapes_see_what_is_missing(client, missing):
    graph = graph_of(client)
    graph.remove((None, missing, None))

    assert faults_of(graph)


def test_public_layers_are_datasets_and_no_others(client):
    graph = graph_of(client)

    datasets = set(graph.subjects(RDF.type, DCAT.Dataset))
    assert datasets == {rdflib.URIRef(f"{HOME}{entry.name}/") for entry in CATALOGUE if not entry.is_personal}
    assert set(graph.objects(rdflib.URIRef(HOME), DCAT.dataset)) == datasets
    assert "plots" not in {str(name) for name in graph.objects(None, DCTERMS.identifier)}


def test_titles_come_in_both_languages(client):
    titles = set(graph_of(client).objects(rdflib.URIRef(f"{HOME}codes/"), DCTERMS.title))

    assert rdflib.Literal("Mã số vùng trồng", lang="vi") in titles


def test_every_download_can_be_downloaded(client, area, code):
    graph = graph_of(client)
    areas = rdflib.URIRef(f"{HOME}areas/")

    addresses = [
        str(address)
        for file in graph.objects(areas, DCAT.distribution)
        for address in graph.objects(file, DCAT.downloadURL)
    ]
    assert {address.rpartition(".")[2] for address in addresses} == {"geojson", "geojsonl", "csv", "kml"}
    for address in addresses:
        assert client.head(address.removeprefix(settings.PUBLIC_URL)).status_code == 200, address


def test_newest_snapshot_is_a_distribution_with_size_and_checksum(client, snapshot):
    Snapshot.objects.create(
        layer="areas", format=ExportFormat.GPKG, made_on="2026-11-19", written_at=timezone.now(), path="old", size=1,
        sha256="cd" * 32, row_count=1,
    )  # fmt: skip

    graph = graph_of(client)

    file = rdflib.URIRef(f"{HOME}areas/#latest-gpkg")
    assert str(graph.value(file, DCAT.downloadURL)) == f"{HOME}areas/latest.gpkg"
    assert graph.value(file, DCAT.byteSize).toPython() == 4096
    checksum = graph.value(file, SPDX.checksum)
    assert str(graph.value(checksum, SPDX.checksumValue)).lower() == "ab" * 32


def test_last_change_is_that_of_the_data(client):
    before = graph_of(client).value(rdflib.URIRef(f"{HOME}units/"), DCTERMS.modified)
    note_changes(["units"])

    after = graph_of(client).value(rdflib.URIRef(f"{HOME}units/"), DCTERMS.modified)

    assert before is None
    assert abs((timezone.now() - after.toPython()).total_seconds()) < 60


def test_document_is_the_same_for_everybody_and_says_its_type(client, planner):
    nobody = client.get("/data/catalogue.jsonld")
    client.force_login(planner)

    somebody = client.get("/data/catalogue.jsonld")

    assert nobody.content == somebody.content
    assert nobody["Content-Type"] == "application/ld+json"
    assert nobody["Cache-Control"] == "public, max-age=300"


def test_pages_lead_to_it(client, commune):
    for page in ("/data/", "/data/units/"):
        assert b'type="application/ld+json"' in client.get(page).content
