"""Own-made bad files: one builder per failure, named by the row of the catalogue of bad inputs (docs/testing.md).

Each takes a folder and the address of a listener that must never be called, and returns the file to upload.
"""

import io
import json
import sqlite3
import stat
import struct
import zipfile
from contextlib import closing
from pathlib import Path

import pyproj

from geofiles import writers
from tests.geofiles import builders
from tests.geofiles import format_builders as made

ENTITY_BOMB = (
    "<!DOCTYPE kml [<!ENTITY a 'xoai'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]>"
)


def text(name, content):
    return lambda folder, url: _write(folder / name, content.replace("{url}", url).encode())


def raw(name, content):
    return lambda folder, url: _write(folder / name, content)


def zipped(entries, name="x.zip"):
    def build(folder, url):
        filled = {entry: data.replace(b"{url}", url.encode()) for entry, data in entries.items()}
        return builders.zip_of(folder / name, filled)

    return build


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


# --- archives ---


def special_entry(kind):
    def build(folder, url):
        with zipfile.ZipFile(folder / "x.zip", "w") as archive:
            info = zipfile.ZipInfo("plots.shp")
            info.external_attr = (kind | 0o666) << 16
            archive.writestr(info, "/etc/passwd")
        return folder / "x.zip"

    return build


def promised_size(size, packed):
    """A small member whose directory promises ``size`` bytes from ``packed``."""

    def build(folder, url):
        path = builders.zip_of(folder / "x.zip", {"plots.shp": b"0123456789" * 10})
        data = bytearray(path.read_bytes())
        at = data.index(b"PK\x01\x02")
        data[at + 20 : at + 28] = struct.pack("<II", packed, size)
        return _write(path, bytes(data))

    return build


def overlapping(folder, url):
    """Many names for one member: a small archive that inflates to a gigabyte."""
    member = io.BytesIO()
    with zipfile.ZipFile(member, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plots.shp", bytes(range(256)) * 4_000)
    data = member.getvalue()
    at = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = data[at:end]
    entries = b"".join(entry.replace(b"plots.shp", b"p%04d.shp" % number) for number in range(900))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 900, 900, len(entries), at, 0)
    return _write(folder / "x.zip", data[:at] + entries + tail)


def encrypted(folder, url):
    path = builders.zip_of(folder / "x.zip", {"plots.shp": b"x"})
    data = bytearray(path.read_bytes())
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + flag] |= 1
    return _write(path, bytes(data))


def polyglot(folder, url):
    path = builders.zip_of(folder / "x.zip", {"plots.shp": b"x"})
    return _write(path, path.read_bytes() + b"<html><script>alert(1)</script></html>")


# --- shapefiles ---


def shapefile(change=lambda parts: None, *, name="plots", **options):
    def build(folder, url):
        parts = builders.shapefile_parts(folder, **options)
        change(parts)
        return builders.zip_of(folder / "x.zip", {f"{name}{suffix}": data for suffix, data in parts.items()})

    return build


def without(part):
    return shapefile(lambda parts: parts.pop(part), crs="EPSG:5897")


def huge_dbf(parts):
    parts[".dbf"] = parts[".dbf"][:4] + struct.pack("<I", 2**31) + parts[".dbf"][8:]


def huge_shp(parts):
    parts[".shp"] = parts[".shp"][:24] + struct.pack(">i", 2**31 - 1) + parts[".shp"][28:]


def wild_shx(parts):
    parts[".shx"] = parts[".shx"][:100] + struct.pack(">ii", 2**30, 2**30) * 2


def wild_record(parts):
    """A record that promises 2^28 points."""
    body = bytearray(parts[".shp"])
    body[108 + 40 : 108 + 44] = struct.pack("<i", 2**28)
    parts[".shp"] = bytes(body)


def hanoi_1972(parts):
    parts[".prj"] = pyproj.CRS.from_epsg(2044).to_wkt("WKT1_ESRI").encode()


def nonsense_prj(parts):
    parts[".prj"] = b'PROJCS["?",GEOGCS["??"]]'


# --- GeoPackage ---


def geopackage(*statements, wal=False):
    def build(folder, url):
        path = writers.write(builders.plots_batch(layer="plots"), folder / "x.gpkg", "gpkg")
        with closing(sqlite3.connect(path)) as database:
            if wal:
                database.execute("PRAGMA journal_mode = WAL")
            for statement in statements:
                database.execute(statement.replace("{url}", url))
            database.commit()
        for sidecar in ("x.gpkg-wal", "x.gpkg-shm"):
            (folder / sidecar).unlink(missing_ok=True)
        return path

    return build


VIEW_ONLY = (
    "CREATE VIEW sly AS SELECT * FROM plots",
    "UPDATE gpkg_contents SET table_name = 'sly', identifier = 'sly'",
    "UPDATE gpkg_geometry_columns SET table_name = 'sly'",
)
VIRTUAL = (
    "CREATE VIRTUAL TABLE sly USING fts4(geofiles_geometry, ten)",
    "UPDATE gpkg_contents SET table_name = 'sly', identifier = 'sly'",
    "UPDATE gpkg_geometry_columns SET table_name = 'sly'",
)
NO_GEOMETRY = ("DELETE FROM gpkg_geometry_columns", "UPDATE gpkg_contents SET data_type = 'attributes'")
ADDRESS_AS_SYSTEM = ("UPDATE gpkg_spatial_ref_sys SET organization = 'x', definition = '{url}' WHERE srs_id = 4326",)

# --- text formats ---

VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/{url}</SrcDataSource></OGRVRTLayer>'
    "</OGRVRTDataSource>"
)
GDALG = '{"type": "gdal_streamed_alg", "command_line": "gdal vector read /vsicurl/{url} ! write"}'
GML = '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xsi:schemaLocation="{url}"/>'
WFS = (
    '<w:WFS_Capabilities xmlns:w="http://www.opengis.net/wfs" version="2.0.0"><Get href="{url}"/></w:WFS_Capabilities>'
)
WFS_URL = "<OGRWFSDataSource><URL>{url}</URL></OGRWFSDataSource>"
OAPIF = '{"links": [{"href": "{url}", "rel": "data", "type": "application/json"}], "collections": []}'
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}"/></svg>'
ESRI = (
    '{"geometryType":"esriGeometryPolygon","exceededTransferLimit":true,'
    '"features":[{"attributes":{},"geometry":{"rings":[]}}]}'
)
LINK = {"type": "link", "properties": {"href": "{url}", "type": "ogcwkt"}}
NAMED = {"type": "name", "properties": {"name": "{url}"}}
REMOTE_KML = (
    "<NetworkLink><Link><href>{url}</href></Link></NetworkLink>"
    '<Style id="s"><IconStyle><Icon><href>{url}</href></Icon></IconStyle></Style>'
    "<GroundOverlay><Icon><href>{url}</href></Icon></GroundOverlay>"
    '<gx:Tour xmlns:gx="http://www.google.com/kml/ext/2.2"><gx:Playlist/></gx:Tour>'
    '<Schema schemaUrl="{url}" id="x"/>'
) + builders.PLACEMARK.replace("<Placemark>", "<Placemark><styleUrl>{url}#s</styleUrl>")
GPX_LINKS = made.gpx(
    '<metadata><link href="{url}"/></metadata><trk><link href="{url}"/>' + made.trkseg(made.CORNERS) + "</trk>"
)
XREF = made.dxf(
    made.polyline(made.CORNERS),
    head=made.groups(
        (0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1015"), (0, "ENDSEC"),
        (0, "SECTION"), (2, "BLOCKS"), (0, "BLOCK"), (8, "0"), (2, "XREF"), (70, "4"), (10, "0"), (20, "0"),
        (3, "XREF"), (1, "{url}"), (0, "ENDBLK"), (0, "ENDSEC"),
    ),
)  # fmt: skip
CSV_REMOTE = 'ten,wkt\nx,/vsicurl/{url}\ny,=WEBSERVICE("{url}")\n'


def mapinfo_link(folder, url):
    head = f'!table\n!version 300\nDefinition Table\n  File "{url}"\n  Type NATIVE Charset "Neutral"\n'
    return builders.zip_of(
        folder / "x.zip",
        {f"m{part}": data for part, data in (made.tab_parts(folder) | {".tab": head.encode()}).items()},
    )


def parquet_link(folder, url):
    return made.parquet(folder / "x.parquet", crs={"type": "link", "href": url, "$schema": url})


def workbook_with_links(folder, url):
    """A workbook whose only sheet is fed by an external link, a web query and a remote picture."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'

    def relation(number, kind, target, mode=""):
        return f'<Relationship Id="r{number}" Type="{office}/{kind}" Target="{target}"{mode}/>'

    external = ' TargetMode="External"'
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in ("ten", "wkt"))
    ring = "POLYGON((105.63 10.45,105.631 10.45,105.631 10.451,105.63 10.45))"
    row = f'<c t="str"><f>WEBSERVICE("{url}")</f><v>x</v></c><c t="inlineStr"><is><t>{ring}</t></is></c>'
    entries = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f"<Relationships {package}>{relation(1, 'officeDocument', 'xl/workbook.xml')}</Relationships>",
        "xl/workbook.xml": f'<workbook {space} xmlns:r="{office}"><sheets><sheet name="Thửa" sheetId="1" r:id="r1"/>'
        '</sheets><externalReferences><externalReference r:id="r2"/></externalReferences></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships {package}>{relation(1, 'worksheet', 'worksheets/sheet1.xml')}"
        f"{relation(2, 'externalLink', url, external)}</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet {space}><sheetData><row r="1">{head}</row><row r="2">{row}</row>'
        "</sheetData></worksheet>",
        "xl/worksheets/_rels/sheet1.xml.rels": f"<Relationships {package}>"
        f"{relation(1, 'image', url, external)}</Relationships>",
    }
    return builders.zip_of(folder / "x.xlsx", {name: data.encode() for name, data in entries.items()})


SHAPE_PARTS = (".shp", ".shx", ".dbf")

# id -> (builder, codes of the refusal; empty where the file is read and only nobody may be called)
CASES = {
    "D1 parent": (zipped({"../../evil.shp": b"x"}), {"unsafe_archive"}),
    "D1 absolute": (zipped({"/etc/evil.shp": b"x"}), {"unsafe_archive"}),
    "D1 drive": (zipped({"C:/evil.shp": b"x"}), {"unsafe_archive"}),
    "D1 backslash": (zipped({"..\\evil.shp": b"x"}), {"unsafe_archive"}),
    "D2 link": (special_entry(stat.S_IFLNK), {"unsafe_archive"}),
    "D2 device": (special_entry(stat.S_IFCHR), {"unsafe_archive"}),
    "D2 pipe": (special_entry(stat.S_IFIFO), {"unsafe_archive"}),
    "D3 ratio": (zipped({"plots.shp": bytes(20_000_000)}), {"unsafe_archive"}),
    "D3 nested": (zipped({"plots.shp": b"x", "in.zip": b"PK\x03\x04"}), {"unsafe_archive"}),
    "D3 entries": (zipped({f"{number}.shp": b"" for number in range(10_000)}), {"unsafe_archive"}),
    "D3 total": (promised_size(210 * 1024**2, 3 * 1024**2), {"unsafe_archive"}),
    "D3 overlapping": (overlapping, {"unsafe_archive"}),
    "D3 encrypted": (encrypted, {"unsafe_archive"}),
    "D4 no shx": (without(".shx"), {"missing_part"}),
    "D4 no dbf": (without(".dbf"), {"missing_part"}),
    "D4 no shp": (without(".shp"), {"missing_part"}),
    "D4 no prj": (without(".prj"), {"crs_in_doubt"}),
    "D4 two layers": (
        lambda folder, url: builders.zip_of(
            folder / "x.zip",
            {f"{n}{part}": data for n in "ab" for part, data in builders.shapefile_parts(folder).items()},
        ),
        {"layer_in_doubt"},
    ),
    "D5 unknown prj": (shapefile(nonsense_prj), {"crs_in_doubt"}),
    "D5 Hanoi 1972": (shapefile(hanoi_1972), {"unsupported_crs"}),
    "D7 dbf records": (shapefile(huge_dbf), {"unreadable_file"}),
    "D7 shp length": (shapefile(huge_shp), {"unreadable_file"}),
    "D7 shx offsets": (shapefile(wild_shx), {"unreadable_file"}),
    "D7 points": (shapefile(wild_record), {"unreadable_file", "read"}),
    "D8 vrt as geojson": (text("x.geojson", VRT), {"unsupported_format"}),
    "D8 vrt as kml": (text("x.kml", VRT), {"unsupported_format"}),
    "D8 vrt in zip": (zipped({"x.geojson": VRT.encode(), "x.vrt": VRT.encode()}), {"unsupported_format"}),
    "D8 vrt as gpx": (text("x.gpx", VRT), {"unsupported_format"}),
    "D8 gdalg": (text("x.geojson", GDALG), {"unsupported_format"}),
    "D8 gml as kml": (text("x.kml", GML), {"unsupported_format"}),
    "D8 wfs capabilities as kml": (text("x.kml", WFS), {"unsupported_format"}),
    "D8 wfs address as kml": (text("x.kml", WFS_URL), {"unsupported_format"}),
    "D8 oapif as geojson": (text("x.geojson", OAPIF), {"unsupported_format"}),
    "D8 tab elsewhere": (mapinfo_link, {"unsupported_format"}),
    "D8 address in csv": (text("x.csv", CSV_REMOTE), {"geometry_in_doubt", "unreadable_file", "read"}),
    "D8 workbook links": (workbook_with_links, {"crs_in_doubt"}),
    "D8 drawing xref": (text("x.dxf", XREF), {"crs_in_doubt"}),
    "D8 parquet crs": (parquet_link, {"crs_in_doubt"}),
    "D9 crs link": (text("x.geojson", builders.geojson(crs=LINK)), {"read"}),
    "D9 crs link escaped": (text("x.geojson", builders.geojson(crs=LINK).replace('"crs"', '"\\u0063rs"')), {"read"}),
    "D9 crs link in a sequence": (
        text("x.ndjson", (json.dumps(json.loads(builders.geojson())["features"][0] | {"crs": LINK}) + "\n") * 2),
        {"read"},
    ),
    "D9 crs name is an address": (text("x.geojson", builders.geojson(crs=NAMED)), {"crs_in_doubt"}),
    "D10 external entity": (
        text("x.kml", builders.kml(builders.PLACEMARK, '<!DOCTYPE k [<!ENTITY x SYSTEM "{url}">]>')),
        {"unreadable_file"},
    ),
    "D10 entity bomb": (text("x.kml", builders.kml("<name>&c;</name>", ENTITY_BOMB)), {"unreadable_file"}),
    "D10 entity bomb in gpx": (
        text("x.gpx", ENTITY_BOMB.replace("kml", "gpx") + made.gpx("<wpt lon='1' lat='1'><name>&c;</name></wpt>")),
        {"unreadable_file"},
    ),
    "D10 20,000 folders": (
        text("x.kml", builders.kml("<Folder>" * 20_000 + "</Folder>" * 20_000)), {"unreadable_file"},
    ),
    "D11 network link, icon, overlay": (text("x.kml", builders.kml(REMOTE_KML)), {"read"}),
    "D11 links of a gpx": (text("x.gpx", GPX_LINKS), {"read"}),
    "D12 view": (geopackage(*VIEW_ONLY), {"unreadable_file"}),
    "D12 virtual table": (geopackage(*VIRTUAL), {"unreadable_file"}),
    "D12 no geometry": (geopackage(*NO_GEOMETRY), {"unreadable_file"}),
    "D12 address as system": (geopackage(*ADDRESS_AS_SYSTEM), {"crs_in_doubt"}),
    "D12 write-ahead log": (geopackage(wal=True), {"read"}),
    "D12 nonsense": (raw("x.gpkg", b"SQLite format 3\x00" + bytes(50)), {"unreadable_file"}),
    "D13 EsriJSON": (text("x.geojson", ESRI), {"unsupported_format"}),
    "D13 TopoJSON": (text("x.geojson", '{"type":"Topology","objects":{}}'), {"unsupported_format"}),
    "D13 CSV as GeoJSON": (text("x.geojson", "a,b\n1,2\n"), {"unsupported_format"}),
    "D13 GeoJSON as CSV": (text("x.csv", builders.geojson()), {"unsupported_format"}),
    "D15 no bytes": (raw("x.gpkg", b""), {"unreadable_file"}),
    "D15 no features": (text("x.geojson", '{"type":"FeatureCollection","features":[]}'), {"unreadable_file"}),
    "D15 wrong extension": (text("x.zip", builders.geojson()), {"unsupported_format"}),
    "D15 unknown extension": (text("x.html", "<html></html>"), {"unsupported_format"}),
    "D15 zip and page": (polyglot, {"unreadable_file"}),
    "D15 svg": (text("x.kml", SVG), {"unsupported_format"}),
    "D15 zip without a map": (zipped({"readme.md": b"x"}), {"unsupported_format"}),
}  # fmt: skip
