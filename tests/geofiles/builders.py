"""Files made for the tests: good ones, and one bad one per failure."""

import json
import socket
import stat
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path

import shapely

from geofiles import features, writers

PLOTS = [shapely.box(105.63, 10.45, 105.631, 10.451), shapely.box(105.64, 10.46, 105.642, 10.461)]
NAMES = ["Xoài Cát Chu Cao Lãnh", "Nhãn Mỹ Ngãi"]


def plots_batch(**options):
    return features.make_batch(PLOTS, {"ten": NAMES, "dien_tich": [1.25, None], "so": [1, 2]}, **options)


def shapefile_parts(folder: Path, **options) -> dict[str, bytes]:
    """Suffix to bytes of a written shapefile."""
    target = folder / "made.zip"
    writers.write(plots_batch(), target, "shapefile", **options)
    with zipfile.ZipFile(target) as archive:
        parts = {Path(name).suffix: archive.read(name) for name in archive.namelist()}
    target.unlink()
    return parts


def zip_of(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def zip_with_link(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("plots.shp")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return path


def geojson(**members) -> str:
    geometry = {
        "type": "Polygon",
        "coordinates": [[[105.63, 10.45], [105.631, 10.45], [105.631, 10.451], [105.63, 10.45]]],
    }
    feature = {"type": "Feature", "properties": {"ten": "Xoài"}, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature], **members})


def kml(body: str, head: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>D</name>{body}</Document></kml>"
    )


PLACEMARK = (
    "<Placemark><name>Thửa 1</name><description><![CDATA[<b>Xoài</b><script>alert(1)</script>]]></description>"
    '<ExtendedData><Data name="giong"><value>Cát Chu</value></Data></ExtendedData><Polygon><outerBoundaryIs>'
    "<LinearRing><coordinates>105.63,10.45,0 105.64,10.45,0 105.64,10.46,0 105.63,10.45,0</coordinates>"
    "</LinearRing></outerBoundaryIs></Polygon></Placemark>"
)


class Listener:
    """Address of a loopback server and the number of connections it saw."""

    def __init__(self, server: socket.socket):
        self.server = server
        self.port = server.getsockname()[1]
        self._callers: list[int] = []
        self._changed = threading.Condition()

    def url(self, path: str = "x") -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    @property
    def connections(self) -> int:
        """How many others have called: counted by a call of our own, behind which none can still be waiting."""
        with socket.create_connection(("127.0.0.1", self.port)) as own, self._changed:
            me = own.getsockname()[1]
            assert self._changed.wait_for(lambda: me in self._callers, 30)
            self._callers.remove(me)
            return len(self._callers)

    def serve(self):
        while True:
            try:
                connection, (_host, caller) = self.server.accept()
            except OSError:
                return
            connection.close()
            with self._changed:
                self._callers.append(caller)
                self._changed.notify_all()


@contextmanager
def listening():
    server = socket.create_server(("127.0.0.1", 0))
    listener = Listener(server)
    thread = threading.Thread(target=listener.serve, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(2)
