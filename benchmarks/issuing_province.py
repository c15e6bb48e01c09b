"""Fills an empty database with officers and requests that wait for their approval; prints tokens and keys as JSON.

`python -m benchmarks.issuing_province OFFICERS REQUESTS MARKETS`: every officer gets a holder of its own with so many
areas of one plot (1 ha, 200 m apart), each with a request in review for so many markets: 0 under the old scheme (one
code a request), else under that of 2026 (one code a market). One request per officer goes through the services; its
rows are then copied by SQL to fresh ground. `python -m benchmarks.issuing_province --plain` prints what the peers
need: keys and columns; `--hold` for how long the counters are locked.
"""

import datetime as dt
import json
import os
import statistics
import sys
import time
from collections.abc import Iterable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoapp.settings")
django.setup()

from django.contrib.gis.geos import MultiPolygon, Polygon  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import Model  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

from accounts.models import OfficerPost, User  # noqa: E402
from accounts.roles import Role  # noqa: E402
from casework.models import CodeRequest  # noqa: E402
from casework.services import draft_request, submit_request, take_up_request  # noqa: E402
from codes.models import AreaPlot, CodeScheme, Market, ProductionArea, ProductionAreaCode  # noqa: E402
from codes.services import form_area, issue_codes  # noqa: E402
from cooperatives.models import Cooperative, CooperativeStatus, MemberRole, Membership  # noqa: E402
from crops.models import Crop  # noqa: E402
from farms.models import Plot  # noqa: E402
from farms.services import add_plot  # noqa: E402
from places.models import AdministrativeUnit  # noqa: E402

SIDE, PITCH, PER_ROW = 0.0009, 0.002, 40  # degrees: a hectare, every 200 m
COPIES_FROM = 1_000_000  # keys of the copies: the same for plot, area and request
BLOCK = 10_000  # keys of one officer
OLD, NEW = "xuat-khau-or", "nd-38-2026"


def fill(officers: int, requests: int, markets: int) -> dict[str, Any]:
    """Make everything; return `{"tokens": [...], "requests": [[...], ...]}`, one list of keys per officer."""
    communes = AdministrativeUnit.objects.filter(level="commune", valid_to=None, boundary__isnull=False)
    communes = list(communes.select_related("parent").order_by("pk")[:officers])
    scheme = CodeScheme.objects.get(slug=NEW if markets else OLD)
    scheme.serial_width, scheme.is_confirmed = 6, True
    scheme.fixed_parts = {} if markets else {"letters": "XX"}
    scheme.save()
    chosen = Market.objects.exclude(code="VNM")[: markets or 1]
    tokens, keys = [], []
    with transaction.atomic():
        for number in range(officers):
            officer, first = _story(number, communes[number % len(communes)], scheme, chosen)
            tokens.append(Token.objects.create(user=officer).key)
            keys.append([first.pk, *_copies(first, number, requests - 1)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"tokens": tokens, "requests": keys}


def plain() -> dict[str, Any]:
    """Return what the bare view and pgbench write with: keys, and the columns of a code to copy."""
    source = ProductionAreaCode.objects.order_by("pk")[0]
    changed = {"code": "'BENCH-' || counter.last", "scope": "'PGBENCH'", "serial": "counter.last"}
    fields = ProductionAreaCode._meta.local_concrete_fields
    columns = [field.column for field in fields if not field.generated and not field.primary_key]
    return {
        "area": source.area_id,
        "scheme": source.scheme_id,
        "source": source.pk,
        "request": CodeRequest.objects.order_by("pk")[0].pk,
        "columns": ", ".join(columns),
        "values": ", ".join(changed.get(column, f"source.{column}") for column in columns),
    }


def hold(turns: int = 200) -> dict[str, Any]:
    """Return for how long the counters are locked: ms from the statement that takes the numbers to the commit's end."""
    request = CodeRequest.objects.select_related("area", "scheme").order_by("pk")[0]
    markets, officer = list(request.markets.all()), request.assigned_to
    assert officer is not None
    times = []
    for _turn in range(turns):
        started: list[float] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any, since: list[float] = started) -> Any:
            if "codes_codecounter" in sql:
                since.append(time.perf_counter())
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            issue_codes(request.area, request.scheme, markets, by=officer)
        times.append((time.perf_counter() - started[0]) * 1000)
    return {"median": statistics.median(times), "p95": statistics.quantiles(times, n=20)[-1]}


def _story(
    number: int, commune: AdministrativeUnit, scheme: CodeScheme, markets: Iterable[Market]
) -> tuple[User, CodeRequest]:
    """A holder with one hectare in the middle of `commune`, its clerk, an officer, and a request in review."""
    clerk = User.objects.create(username=f"clerk{number}")
    officer = User.objects.create(username=f"officer{number}")
    OfficerPost.objects.create(
        user=officer, role=Role.OFFICER, unit=commune.parent or commune, valid_from=dt.date(2020, 1, 1)
    )
    holder = Cooperative.objects.create(
        slug=f"holder-{number}", name=f"Holder {number}", search_key=f"holder {number}", commune=commune,
        status=CooperativeStatus.VERIFIED,
    )  # fmt: skip
    Membership.objects.create(cooperative=holder, user=clerk, role=MemberRole.CLERK)
    crop = Crop.objects.get(slug="xoai")
    west, south = commune.boundary.point_on_surface.coords
    ring = ((west, south), (west + SIDE, south), (west + SIDE, south + SIDE), (west, south + SIDE), (west, south))
    plot = add_plot(holder, MultiPolygon(Polygon(ring), srid=4326), ref="1", crop=crop, by=clerk)
    area = form_area(holder, name="Area 0", crop=crop, plots=[plot], by=clerk)
    request = draft_request(area, scheme=scheme, markets=markets, by=clerk, has_declared=True)
    submit_request(request, by=clerk)
    return officer, take_up_request(request, by=officer)


def _copies(first: CodeRequest, number: int, count: int) -> list[int]:
    """Copy plot, area and request `count` times to fresh ground, far from everybody else's; return the keys."""
    start = COPIES_FROM + number * BLOCK
    west, south = first.area.boundary.extent[:2]
    dx, dy = 108 + number % 8 * 0.15 - west, 12 + number // 8 * 0.09 - south
    moved = f"ST_Translate(source.boundary, {dx} + mod(g, {PER_ROW}) * {PITCH}, {dy} + g / {PER_ROW} * {PITCH})"
    key = f"{start} + g"
    (plot,) = first.area.plots.all()
    _copy(Plot, plot.pk, count, {"id": key, "ref": "(g + 1)::text", "boundary": moved})
    _copy(ProductionArea, first.area_id, count, {
        "id": key, "name": "'Area ' || g", "search_key": "'area ' || g", "boundary": moved,
    })  # fmt: skip
    _copy(AreaPlot, AreaPlot.objects.get(area=first.area_id).pk, count, {"id": key, "area_id": key, "plot_id": key})
    receipt = "md5(random()::text || g)"
    _copy(CodeRequest, first.pk, count, {"id": key, "receipt": receipt, "area_id": key})
    markets = CodeRequest.markets.through
    for turn, row in enumerate(markets.objects.filter(coderequest=first.pk)):
        _copy(markets, row.pk, count, {"id": f"{key} + {turn} * 10 * {COPIES_FROM}", "coderequest_id": key})
    return [start + turn for turn in range(1, count + 1)]


def _copy(model: type[Model], source: int, count: int, changed: dict[str, str]) -> None:
    """Copy one row `count` times; `changed`: column -> SQL over `source` and the number `g` from 1."""
    columns = [field.column for field in model._meta.local_concrete_fields if not field.generated]
    values = [changed.get(column, f'source."{column}"') for column in columns]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(f'{chr(34)}{name}{chr(34)}' for name in columns)}) "
            f"SELECT {', '.join(values)} FROM {table} AS source CROSS JOIN generate_series(1, %s) AS g "
            "WHERE source.id = %s",
            [count, source],
        )


if __name__ == "__main__":
    works = {"--plain": plain, "--hold": hold}
    json.dump(works[sys.argv[1]]() if sys.argv[1] in works else fill(*map(int, sys.argv[1:4])), sys.stdout)
