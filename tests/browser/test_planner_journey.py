"""Hectares of coded mango by commune, by the boundaries of today and of 30/06/2025, and on into GDAL, as QGIS reads us.

Every figure is followed to its list; the list's own OGC address is read with a token and must add up to the figure.
GDAL runs in a process of its own: it holds Python's lock while it waits for the server, which is a thread here.
"""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect
from rest_framework.authtoken.models import Token

from farms.models import Plot
from places.models import UnitLevel
from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.factories.places import REFORM, make_succession
from tests.shapes import rectangle, square, square_east_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "xoai-cat-chu-2026"
MEASURE = "Diện tích thửa có mã còn hiệu lực (ha)"
BEFORE = "2025-06-30"
OLD = {"valid_from": REFORM.replace(year=2020), "valid_to": REFORM}
READ = """
import json, sys
import pyogrio
asked = json.load(sys.stdin)
pyogrio.set_gdal_config_options({"GDAL_HTTP_USERPWD": "gdal:" + asked["token"]})
read = []
for address in asked["addresses"]:
    frame = pyogrio.read_dataframe("OAPIF:" + address, layer="plots", PAGE_SIZE="2")
    shapes = int(frame.geometry.notna().sum())
    hectares, crops = float(frame["legal_area_ha"].sum()), sorted(set(frame["crop"]))
    read.append({"hectares": hectares, "shapes": shapes, "crops": crops})
print(json.dumps(read))
"""


@pytest.fixture
def coded_land(province, commune, unit_factory, officer_factory, area_factory, code_factory, plot_factory, longan):
    """Coded mango in two communes of today, 3 ha in each, which lay in three communes and two districts before;
    beside it mango without a code and longan with one, which are not asked for."""
    east = unit_factory(parent=province, code="99003", boundary=square_east_of(commune.boundary))
    west_edge, south = commune.boundary.extent[:2]
    lower = rectangle(west_edge, south, width_m=45_000, height_m=9_000)
    upper = rectangle(west_edge, lower.extent[3], width_m=45_000, height_m=9_500)
    for code, shape in (("981", lower), ("982", upper)):
        district = unit_factory(level=UnitLevel.DISTRICT, code=code, boundary=shape, **OLD)
        former = unit_factory(code=f"{code}01", parent=district, boundary=shape, **OLD)
        make_succession(former, commune)
    code_factory(area=area_factory(lat=10.42))
    beyond = area_factory(lon=105.80, lat=10.52)
    code_factory(area=beyond, by=officer_factory(east))
    Plot.objects.filter(area_plots__area=beyond).update(commune=east)
    code_factory(area=area_factory(crop=longan, lat=10.50))
    plot_factory(ref="no-code", boundary=square(105.70, 10.42, side_m=200))


def test_hectares_of_coded_mango_by_old_and_new_boundaries_into_gdal(page: Page, live_server, planner, coded_land):
    planner.set_password(PASSWORD)
    planner.save()
    token = Token.objects.create(user=planner).key
    page.goto("/accounts/login/")
    page.get_by_label("Tên đăng nhập").fill(planner.username)
    page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("link", name="Dữ liệu", exact=True).first.click()
    page.get_by_role("link", name="Phân tích theo đơn vị hành chính").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Phân tích theo địa bàn")

    today = ask(page, level="commune", on="")
    former = ask(page, level="commune", on=BEFORE)
    districts = ask(page, level="district", on=BEFORE)

    assert set(today) == {"99001", "99003"}
    assert set(former) == {"98101", "98201"}
    assert set(districts) == {"981", "982"}
    figures = [*today.values(), *former.values(), *districts.values()]
    read = read_by_gdal([address for _hectares, address in figures], live_server.url, token)
    assert [one["hectares"] for one in read] == pytest.approx([hectares for hectares, _address in figures])
    assert [one["shapes"] for one in read] == [3] * 6
    assert all(one["crops"] == ["Xoài"] for one in read)


def ask(page: Page, *, level: str, on: str) -> dict[str, tuple[float, str]]:
    """Fill in the form; return of each unit its hectares and the OGC address on the list behind them.

    Each list has the number of its figure, and the figures add up to the total.
    """
    page.get_by_label("Chỉ tiêu").select_option(label=MEASURE)
    page.get_by_label("Theo cấp").select_option(level)
    page.get_by_label("Địa giới vào ngày").fill(on)
    page.get_by_label("Cây trồng").select_option(label="Xoài")
    page.get_by_role("button", name="Tính").click()
    page.wait_for_url(lambda url: f"level={level}&on={on}&" in url)
    screenshot(page, f"planner-journey-{level}-{on or 'today'}")
    total = figure(page)
    rows = page.locator("#analysis-table tbody tr").all()
    links = [(row.get_attribute("id").removeprefix("unit-"), row.locator("td.number a")) for row in rows]
    shown = [(code, link.inner_text(), link.get_attribute("href")) for code, link in links]
    found = {}
    for code, text, address in shown:
        page.goto(address)
        hectares = figure(page)
        assert f"{hectares:.2f}".replace(".", ",") == text
        counted = int(page.locator(".count-line > data").first.get_attribute("value"))
        assert page.locator("table.data-table tbody tr").count() == counted
        ogc = page.get_by_role("link", name="OGC API (QGIS)")
        found[code] = hectares, ogc.get_attribute("href")
    assert_no_axe_violations(page)
    assert sum(hectares for hectares, _address in found.values()) == pytest.approx(total)
    page.get_by_role("link", name="Về bảng phân tích").click()
    return found


def figure(page: Page) -> float:
    return float(page.locator("data.figure-big").get_attribute("value"))


def read_by_gdal(paths, root, token):
    asked = {"addresses": [root + path for path in paths], "token": token}
    command = [sys.executable, "-W", "ignore", "-c", READ]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)
