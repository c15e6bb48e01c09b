"""Files of the formats that the house only reads, made for the tests."""

import json
import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pyogrio
import shapely

from geofiles import gdal
from tests.geofiles import builders

CORNERS = [(105.63, 10.45), (105.631, 10.45), (105.631, 10.451), (105.63, 10.451)]


def table(*, shapes=builders.PLOTS, names=builders.NAMES):
    wkb = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    return pa.table({"ten": names, "so": range(1, len(names) + 1), "wkb": wkb})


def by_gdal(path: Path, driver: str, *, crs="EPSG:4326", **options) -> Path:
    gdal.prepare()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.write_arrow(
            table(), str(path), driver=driver, geometry_name="wkb", geometry_type="Polygon", crs=crs, **options
        )
    return path


def flatgeobuf(path: Path, *, crs="EPSG:4326") -> Path:
    return by_gdal(path, "FlatGeobuf", crs=crs)


def tab_parts(folder: Path, *, crs="EPSG:4326", encode=None, charset=b"Neutral") -> dict[str, bytes]:
    """Suffix to bytes of a native MapInfo table; ``encode`` turns the names into the bytes of another code page."""
    home = folder / "tab"
    home.mkdir()
    by_gdal(home / "m.tab", "MapInfo File", crs=crs)
    parts = {path.suffix: path.read_bytes() for path in home.iterdir()}
    for name in builders.NAMES if encode else ():
        utf8 = name.encode()
        parts[".dat"] = parts[".dat"].replace(utf8, encode(name).ljust(len(utf8), b"\x00"))
    parts[".tab"] = parts[".tab"].replace(b"Neutral", charset)
    return parts


def mif_parts(*, names=builders.NAMES, encode=str.encode, charset="Neutral", coordsys="Earth Projection 1, 104"):
    """Suffix to bytes of an interchange set."""
    regions = []
    for shape in builders.PLOTS:
        points = [f"{x} {y}" for x, y in shape.exterior.coords]
        regions.append("\n".join([f"Region 1\n  {len(points)}", *points, "    Pen (1,2,0)"]))
    head = f'Version 300\nCharset "{charset}"\nDelimiter ","\nCoordSys {coordsys}\n'
    text = head + "Columns 2\n  ten Char(60)\n  so Integer\nData\n\n" + "\n".join(regions) + "\n"
    rows = b"".join(b'"' + encode(name) + f'",{at}\n'.encode() for at, name in enumerate(names, start=1))
    return {".mif": text.encode(), ".mid": rows}


def dxf(*entities: str, head: str = "") -> str:
    return f"{head}  0\nSECTION\n  2\nENTITIES\n{''.join(entities)}  0\nENDSEC\n  0\nEOF\n"


def groups(*pairs) -> str:
    """DXF group codes and their values."""
    return "".join(f"{code:3}\n{value}\n" for code, value in pairs)


def polyline(points, *, closed=True, layer="THUA") -> str:
    corners = "".join(f" 10\n{x}\n 20\n{y}\n" for x, y in points)
    return f"  0\nLWPOLYLINE\n  8\n{layer}\n 90\n{len(points)}\n 70\n{int(closed)}\n{corners}"


def hatch(points, *, layer="TO_MAU") -> str:
    """A filled area bounded by a polyline of its own."""
    corners = groups(*(pair for x, y in points for pair in ((10, x), (20, y))))
    head = groups(
        (0, "HATCH"), (8, layer), (10, 0), (20, 0), (30, 0), (210, 0), (220, 0), (230, 1), (2, "SOLID"), (70, 1),
        (71, 0), (91, 1), (92, 2), (72, 0), (73, 1), (93, len(points)),
    )  # fmt: skip
    return head + corners + groups((97, 0), (75, 0), (76, 1), (98, 0))


def label(x, y, text, *, layer="SO_THUA") -> str:
    return f"  0\nTEXT\n  8\n{layer}\n 10\n{x}\n 20\n{y}\n 40\n2.5\n  1\n{text}\n"


def gpx(body: str) -> str:
    return f'<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">{body}</gpx>'


def trkseg(points) -> str:
    inner = "".join(
        f'<trkpt lon="{x}" lat="{y}"><ele>{2 + at}</ele><time>2026-11-22T01:00:{at:02d}Z</time></trkpt>'
        for at, (x, y) in enumerate(points)
    )
    return f"<trkseg>{inner}</trkseg>"


def waypoint(x, y, name="", kind="") -> str:
    told = (f"<name>{name}</name>" if name else "") + (f"<type>{kind}</type>" if kind else "")
    return f'<wpt lon="{x}" lat="{y}">{told}</wpt>'


def parquet(path: Path, *, column=None, crs="absent", primary="geometry", extra=None, encoding="WKB", geo=True) -> Path:
    """GeoParquet; ``crs`` "absent" leaves the member out; ``extra`` are more columns."""
    shapes = column if column is not None else pa.array(shapely.to_wkb(builders.PLOTS).tolist(), pa.binary())
    columns = {"ten": builders.NAMES, **(extra or {}), "geometry": shapes}
    about = {"encoding": encoding, "geometry_types": ["Polygon"]}
    if crs != "absent":
        about["crs"] = crs
    if extra and "bbox" in extra:
        about["covering"] = {"bbox": {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}}
    described = {"version": "1.1.0", "primary_column": primary, "columns": {"geometry": about}}
    made = pa.table(columns)
    if geo:
        made = made.replace_schema_metadata({"geo": json.dumps(described)})
    pa.parquet.write_table(made, path)
    return path
