"""The 54 abstract tests of OGC API Features as far as they concern us, written from the standards' own annexes.

34 core, 2 geojson, 2 html, 6 oas30 (OGC 17-069r4, Annex A) and 10 crs (OGC 18-058r1, Annex A). Each is a function that
raises `Failed`; `run` walks them over every collection of a service and returns one line for each.
"""

from tests.exchange.ogc_checker.base import Failed, Service
from tests.exchange.ogc_checker.core import CORE
from tests.exchange.ogc_checker.crs import CRS
from tests.exchange.ogc_checker.encodings import GEOJSON, HTML
from tests.exchange.ogc_checker.oas30 import OAS30

TESTS = {**CORE, **GEOJSON, **HTML, **OAS30, **CRS}


def run(service: Service) -> dict[str, str]:
    """Return what went wrong with each abstract test, "" where it holds."""
    results = {}
    for name, test in TESTS.items():
        try:
            test(service)
        except Failed as failure:
            results[name] = str(failure)
        else:
            results[name] = ""
    return results


__all__ = ["TESTS", "Failed", "Service", "run"]
