"""The public layers as a DCAT-AP 3 catalogue in JSON-LD, for harvesters such as CKAN's.

DCAT-AP 3.0 (SEMIC): properties that are mandatory or recommended for Catalogue, Dataset, Distribution, Data Service
and Agent; themes, formats and frequencies by the EU's authority tables. Checked in the tests with rdflib and SHACL
shapes of our own. Personal layers are not in it at all.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from exchange.catalogue import links
from exchange.catalogue.entries import CATALOGUE, LICENCE_URL, Entry
from exchange.exports.formats import FORMATS
from exchange.models import ExportFormat, Snapshot
from maps.views.tiles import first_view

TITLE = _("Dữ liệu vùng trồng và nông sản")
DESCRIPTION = _("Các lớp dữ liệu mở về sản phẩm, vùng trồng, mã số vùng trồng, sử dụng đất và đơn vị hành chính.")
PUBLISHER = _("Cơ quan nông nghiệp của tỉnh")
AUTHORITY = "http://publications.europa.eu/resource/authority"
IANA = "https://www.iana.org/assignments/media-types"
# EU authority table of file types; formats that it does not know have a media type alone.
FILE_TYPES = {
    ExportFormat.GEOJSON: "GEOJSON",
    ExportFormat.CSV: "CSV",
    ExportFormat.KML: "KML",
    ExportFormat.GPKG: "GPKG",
    ExportFormat.PARQUET: "PARQUET",
    ExportFormat.XLSX: "XLSX",
    ExportFormat.SHP: "SHP",
}
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dcatap": "http://data.europa.eu/r5r/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "gsp": "http://www.opengis.net/ont/geosparql#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
Node = dict[str, Any]


def catalogue_document() -> Node:
    """Return the catalogue with its datasets, their distributions and the services, as one JSON-LD document."""
    shown = [entry for entry in CATALOGUE if entry.layer.is_public and entry.may_export(AnonymousUser())]
    changed = {entry.name: entry.last_change() for entry in shown}
    place = _place()
    snapshots = _newest_snapshots()
    node: Node = {
        "@context": CONTEXT,
        "@id": _url("/data/"),
        "@type": "dcat:Catalog",
        "dct:title": _words(TITLE),
        "dct:description": _words(DESCRIPTION),
        "dct:publisher": _agent(PUBLISHER),
        "dct:language": [_id(f"{AUTHORITY}/language/{code}") for code in ("VIE", "ENG")],
        "dct:license": _licence(),
        "dct:spatial": place,
        "dcat:themeTaxonomy": {"@id": f"{AUTHORITY}/data-theme", "@type": "skos:ConceptScheme"},
        "foaf:homepage": {"@id": _url("/data/"), "@type": "foaf:Document"},
        "dcat:dataset": [_dataset(entry, changed[entry.name], place, snapshots.get(entry.name, [])) for entry in shown],
        "dcat:service": _services(shown),
    }
    newest = max((moment for moment in changed.values() if moment is not None), default=None)
    return node | _modified(newest)


def _dataset(entry: Entry, changed: dt.datetime | None, place: Node, snapshots: Iterable[Snapshot]) -> Node:
    page = _url(links.page_of(entry))
    return {
        "@id": page,
        "@type": "dcat:Dataset",
        "dct:identifier": entry.name,
        "dct:title": _words(entry.layer.title),
        "dct:description": _words(entry.description),
        "dct:publisher": _agent(entry.steward),
        "dcat:contactPoint": _contact(entry.steward),
        "dcat:keyword": [word for keyword in entry.keywords for word in _words(keyword)],
        "dcat:theme": {"@id": f"{AUTHORITY}/data-theme/{entry.theme}", "@type": "skos:Concept"},
        "dct:accessRights": {"@id": f"{AUTHORITY}/access-right/PUBLIC", "@type": "dct:RightsStatement"},
        "dct:accrualPeriodicity": {"@id": f"{AUTHORITY}/frequency/{entry.frequency}", "@type": "dct:Frequency"},
        "dct:spatial": place,
        "dct:language": _id(f"{AUTHORITY}/language/VIE"),
        "dcat:landingPage": {"@id": page, "@type": "foaf:Document"},
        "dcat:distribution": [
            *(_file(entry, format) for format, spec in FORMATS.items() if spec.is_streamed),
            *(_snapshot(entry, snapshot) for snapshot in snapshots),
            *_service_distributions(entry),
        ],
        **_modified(changed),
    }


def _file(entry: Entry, format: ExportFormat) -> Node:
    spec = FORMATS[format]
    address = _url(f"/data/{entry.name}.{spec.suffix}")
    return {
        **_distribution(entry, format, f"{_url(links.page_of(entry))}#{format.value}"),
        "dct:title": _words(format.label),
        "dcat:downloadURL": _id(address),
    }


def _snapshot(entry: Entry, snapshot: Snapshot) -> Node:
    format = ExportFormat(snapshot.format)
    address = _url(links.latest_of(entry, format))
    node = _distribution(entry, format, f"{_url(links.page_of(entry))}#latest-{format.value}")
    return {
        **node,
        "dct:title": _words(_("Bản chụp hằng đêm: %(format)s"), format=format.label),
        "dcat:downloadURL": _id(address),
        "dcat:byteSize": {"@value": str(snapshot.size), "@type": "xsd:nonNegativeInteger"},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": _id("http://spdx.org/rdf/terms#checksumAlgorithm_sha256"),
            "spdx:checksumValue": {"@value": snapshot.sha256, "@type": "xsd:hexBinary"},
        },
        **_modified(snapshot.written_at),
    }


def _distribution(entry: Entry, format: ExportFormat, address: str) -> Node:
    media_type = FORMATS[format].content_type.partition(";")[0]
    node: Node = {
        "@id": address,
        "@type": "dcat:Distribution",
        "dct:description": _words(entry.description),
        "dcat:accessURL": _id(_url(links.page_of(entry))),
        "dcat:mediaType": {"@id": f"{IANA}/{media_type}", "@type": "dct:MediaType"},
        "dct:license": _licence(),
        "dcatap:availability": {"@id": f"{AUTHORITY}/planned-availability/AVAILABLE", "@type": "skos:Concept"},
    }
    if format in FILE_TYPES:
        file_type = f"{AUTHORITY}/file-type/{FILE_TYPES[format]}"
        node["dct:format"] = {"@id": file_type, "@type": "dct:MediaTypeOrExtent"}
    return node


def _service_distributions(entry: Entry) -> list[Node]:
    """The layer by the two services: its collection of OGC API Features, its list in our own API."""
    page = _url(links.page_of(entry))
    addresses = (
        ("ogc", "/ogc/", links.collection_of(entry), _("OGC API Features")),
        ("api", "/api/v1/", links.api_of(entry), _("API (GeoJSON, từng trang)")),
    )
    return [
        {
            **_distribution(entry, ExportFormat.GEOJSON, f"{page}#{name}"),
            "dct:title": _words(title),
            "dcat:accessURL": _id(_url(address)),
            "dcat:accessService": _id(_url(service)),
        }
        for name, service, address, title in addresses
        if address
    ]


def _services(shown: list[Entry]) -> list[Node]:
    served = [_id(_url(links.page_of(entry))) for entry in shown if entry.layer.geometry]
    return [
        {
            "@id": _url("/ogc/"),
            "@type": "dcat:DataService",
            "dct:title": _words(_("OGC API Features và Tiles")),
            "dcat:endpointURL": _id(_url("/ogc/")),
            "dcat:endpointDescription": _id(_url("/ogc/api")),
            "dct:conformsTo": {
                "@id": "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
                "@type": "dct:Standard",
            },
            "dct:license": _licence(),
            "dcat:servesDataset": served,
        },
        {
            "@id": _url("/api/v1/"),
            "@type": "dcat:DataService",
            "dct:title": _words(_("API của Vùng Trồng")),
            "dcat:endpointURL": _id(_url("/api/v1/")),
            "dcat:endpointDescription": _id(_url("/api/schema/")),
            "dct:license": _licence(),
            "dcat:servesDataset": [_id(_url(links.page_of(entry))) for entry in shown],
        },
    ]


def _newest_snapshots() -> dict[str, list[Snapshot]]:
    found: dict[str, list[Snapshot]] = {}
    for snapshot in Snapshot.objects.newest().order_by("layer", "format"):
        found.setdefault(snapshot.layer, []).append(snapshot)
    return found


def _place() -> Node:
    west, south, east, north = first_view()
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    box = ", ".join(f"{lon} {lat}" for lon, lat in corners)
    return {
        "@id": _url("/data/#place"),
        "@type": "dct:Location",
        "dcat:bbox": {"@value": f"POLYGON(({box}))", "@type": "gsp:wktLiteral"},
    }


def _agent(name: Any) -> Node:
    return {"@type": "foaf:Agent", "foaf:name": _words(name), "foaf:homepage": _id(f"{settings.PUBLIC_URL}/")}


def _contact(name: Any) -> Node:
    node: Node = {"@type": "vcard:Organization", "vcard:fn": _in("vi", name), "vcard:hasURL": _id(_url("/data/"))}
    if settings.DATA_CONTACT_EMAIL:
        node["vcard:hasEmail"] = _id(f"mailto:{settings.DATA_CONTACT_EMAIL}")
    return node


def _licence() -> Node:
    return {"@id": LICENCE_URL, "@type": "dct:LicenseDocument"}


def _modified(moment: dt.datetime | None) -> Node:
    if moment is None:
        return {}
    return {"dct:modified": {"@value": localtime(moment).isoformat(timespec="seconds"), "@type": "xsd:dateTime"}}


def _words(text: Any, **values: Any) -> list[Node]:
    """Return a text in every language of the installation, each marked; the second only where it is another text."""
    found: list[Node] = []
    for language, _name in settings.LANGUAGES:
        said = _in(language, text, **values)
        if said not in [node["@value"] for node in found]:
            found.append({"@value": said, "@language": language})
    return found


def _in(language: str, text: Any, **values: Any) -> str:
    with override(language):
        said = str(text)
        return said % {name: str(value) for name, value in values.items()} if values else said


def _url(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def _id(address: str) -> Node:
    return {"@id": address}
