"""VN-2000 to the millimetre, recognition of systems, candidates."""

import json

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofiles import crs
from geofiles.errors import CoordinatesOutOfRange, CrsInDoubt, UnsupportedCrs

# Official pipeline; name, system, east, north, longitude, latitude.
OFFICIAL = [
    ("Cao Lanh", "EPSG:5897", 569000.0, 1156800.0, 105.632082746, 10.459996858),
    ("My Xuong", "EPSG:5897", 577000.0, 1151500.0, 105.705048802, 10.411926598),
    ("My Tho", "EPSG:9210", 567000.0, 1146000.0, 106.363621316, 10.362384184),
    ("Sa Dec", "EPSG:5897", 582700.0, 1138300.0, 105.756819129, 10.292468063),
]
# The other way: longitude, latitude, system, east, north.
OFFICIAL_BACK = [
    (105.6333, 10.4603, "EPSG:5897", 569133.194, 1156833.796),
    (105.6333, 10.4603, "EPSG:9210", 487029.187, 1156767.052),
    (105.6333, 10.4603, "EPSG:3405", 569112.452, 1156486.712),
    (106.36, 10.36, "EPSG:5897", 648744.795, 1145989.078),
    (106.36, 10.36, "EPSG:9210", 566603.933, 1145735.536),
]
GEOD = pyproj.Geod(ellps="WGS84")


def metres_between(lon_a, lat_a, lon_b, lat_b):
    return float(GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2])


@pytest.mark.parametrize(("name", "system", "east", "north", "longitude", "latitude"), OFFICIAL)
def test_control_points_to_a_millimetre(name, system, east, north, longitude, latitude):
    lon, lat = crs.points_to_wgs84([east], [north], system)

    # Nine decimals of a degree are 0.1 mm.
    assert metres_between(lon[0], lat[0], longitude, latitude) < 0.001, name


@pytest.mark.parametrize(("name", "system", "east", "north", "longitude", "latitude"), OFFICIAL)
def test_the_library_default_would_fail_that_test(name, system, east, north, longitude, latitude):
    default = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)

    lon, lat = default.transform(east, north)

    assert metres_between(lon, lat, longitude, latitude) > 0.5


@pytest.mark.parametrize(("longitude", "latitude", "system", "east", "north"), OFFICIAL_BACK)
def test_control_points_from_wgs84(longitude, latitude, system, east, north):
    xs, ys = crs.points_from_wgs84([longitude], [latitude], system)

    assert xs[0] == pytest.approx(east, abs=0.001)
    assert ys[0] == pytest.approx(north, abs=0.001)


def test_published_vector_on_another_meridian():
    lon, lat = crs.points_to_wgs84([568262.924], [1255172.51], "EPSG:9217")

    assert (round(lat[0], 6), round(lon[0], 6)) == (11.349358, 108.877201)


@given(
    system=st.sampled_from([*crs.ZONES, crs.VN2000_GEOGRAPHIC]),
    longitude=st.floats(102.2, 109.5),
    latitude=st.floats(8.2, 23.3),
)
@settings(max_examples=200, deadline=None)
def test_there_and_back_within_a_hundredth_of_a_millimetre(system, longitude, latitude):
    lon, lat = crs.points_to_wgs84(*crs.points_from_wgs84([longitude], [latitude], system), system)

    assert metres_between(lon[0], lat[0], longitude, latitude) < 0.00001


def test_whole_arrays_keep_none_and_holes():
    shapes = np.array([shapely.box(569000, 1156800, 569100, 1156900), None, shapely.Point()], dtype=object)

    moved = crs.to_wgs84(shapes, "EPSG:5897")

    assert moved[1] is None
    assert moved[2].is_empty
    assert shapely.get_num_coordinates(moved[0]) == 5
    assert moved[0].bounds[0] == pytest.approx(105.632, abs=0.001)


def test_every_zone_of_the_table_is_what_the_registry_says():
    for zone in crs.ZONES.values():
        operation = pyproj.CRS.from_user_input(zone.crs).coordinate_operation
        values = {parameter.name: parameter.value for parameter in operation.params}

        assert values["Longitude of natural origin"] == zone.meridian
        assert values["Scale factor at natural origin"] == zone.scale


@pytest.mark.parametrize("system", [*crs.ZONES, crs.VN2000_GEOGRAPHIC, crs.WGS84, "EPSG:32648"])
@pytest.mark.parametrize("flavour", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_wkt_is_recognised(system, flavour):
    wkt = pyproj.CRS.from_user_input(system).to_wkt(flavour)

    assert crs.identify_wkt(wkt) == system


def test_wkt_without_any_name_is_recognised_by_its_parameters():
    wkt = (
        'PROJCS["Hệ tọa độ Tiền Giang",GEOGCS["VN-2000",DATUM["Vietnam_2000",'
        'SPHEROID["WGS_1984",6378137.0,298.257223563],'
        "TOWGS84[-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278]],"
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
        'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",105.75],'
        'PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )

    assert crs.identify_wkt(wkt) == "EPSG:9210"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"Central_Meridian",105.0', '"Central_Meridian",105.1', "unknown_meridian"),
        ('"D_Vietnam_2000"', '"D_WGS_1984"', "vn2000_zone_on_wgs84"),
    ],
)
def test_wkt_that_is_nearly_vn2000_is_asked_about(old, new, reason):
    wkt = crs.wkt_for_prj("EPSG:5897").replace(old, new)
    if "wgs84" in reason:
        wkt = wkt.replace("GCS_VN_2000", "GCS_WGS_1984")

    with pytest.raises(CrsInDoubt) as caught:
        crs.identify_wkt(wkt)

    assert caught.value.params["reason"] == reason


@pytest.mark.parametrize("system", ["EPSG:4147", "EPSG:2044"])
def test_hanoi_1972_is_named_and_refused(system):
    for text in (system, pyproj.CRS.from_user_input(system).to_wkt("WKT1_ESRI")):
        with pytest.raises(UnsupportedCrs) as caught:
            crs.normalise(text)

        assert caught.value.params["reason"] == "hanoi_1972"


@pytest.mark.parametrize("text", ["http://127.0.0.1/crs", "/etc/passwd", "EPSG:999999", "+proj=tmerc", ""])
def test_text_that_is_no_crs_is_refused(text):
    with pytest.raises(UnsupportedCrs):
        crs.normalise(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
        ("urn:ogc:def:crs:EPSG::5897", "EPSG:5897"),
        ("epsg:9210", "EPSG:9210"),
        ("WGS 84", "EPSG:4326"),
    ],
)
def test_names_are_normalised(text, expected):
    assert crs.normalise(text) == expected


CAO_LANH = (105.60, 10.40, 105.72, 10.52)


def test_candidates_prefer_the_zone_that_falls_in_the_commune():
    in_commune = crs.rank_candidates([(569000, 1156800), (569200, 1156900)], near=CAO_LANH)

    assert (in_commune[0].crs, in_commune[0].swapped) == ("EPSG:5897", False)
    assert in_commune[0].inside == 1


def test_candidates_put_the_cadastral_zone_before_utm_some_hundred_metres_away():
    east, north = crs.points_from_wgs84([105.75], [10.40], "EPSG:5897")

    found = crs.rank_candidates([(east[0], north[0])], near=CAO_LANH)

    assert found[0].crs == "EPSG:5897"
    assert "EPSG:32648" in {candidate.crs for candidate in found}


def test_candidates_tell_the_two_axes_of_dong_thap_apart():
    east, north = crs.points_from_wgs84([105.65], [10.45], "EPSG:9210")

    found = crs.rank_candidates([(east[0], north[0])], near=CAO_LANH)

    assert found[0].crs == "EPSG:9210"


def test_candidates_see_swapped_axes():
    metres = crs.rank_candidates([(1156800, 569000)], near=CAO_LANH)
    degrees = crs.rank_candidates([(10.46, 105.63)])

    assert (metres[0].crs, metres[0].swapped) == ("EPSG:5897", True)
    assert (degrees[0].crs, degrees[0].swapped) == ("EPSG:4326", True)
    assert crs.split_choice(degrees[0].as_dict()["id"]) == ("EPSG:4326", True)


def test_no_candidate_for_numbers_outside_the_country():
    assert crs.rank_candidates([(2.35, 48.85)]) == ()
    assert crs.rank_candidates([]) == ()


def test_coordinates_without_a_place_are_refused():
    with pytest.raises(CoordinatesOutOfRange):
        crs.to_wgs84([shapely.Point(569000, 1156800)], "EPSG:4326")


def test_network_of_proj_is_off():
    crs.points_to_wgs84([569000], [1156800], "EPSG:5897")

    assert not pyproj.network.is_network_enabled()


ZONES_OF_PROVINCES = [zone for zone in crs.ZONES.values() if zone.scale == crs.CADASTRAL_SCALE]


def test_there_are_eighteen_cadastral_meridians():
    assert len({zone.meridian for zone in ZONES_OF_PROVINCES}) == 18


@pytest.mark.parametrize("zone", ZONES_OF_PROVINCES, ids=lambda zone: zone.crs)
@pytest.mark.parametrize("latitude", [8.7, 10.46, 16.0, 23.1])
def test_every_meridian_by_the_official_shift_and_not_by_the_default(zone, latitude):
    """The same point by the seven parameters in plain arithmetic; the registry's choice must not pass for it."""
    east, north = crs.points_from_wgs84([zone.meridian + 0.7], [latitude], zone.crs)
    lon, lat = crs.points_to_wgs84(east, north, zone.crs)

    assert metres_between(lon[0], lat[0], zone.meridian + 0.7, latitude) < 0.001
    expected = by_hand(east[0], north[0], zone.meridian)
    assert metres_between(lon[0], lat[0], *expected) < 0.001


@pytest.mark.parametrize("code", [9207, 9208, 5897, 9209, 9210, 5899, 5898])
def test_the_default_of_the_library_fails_on_every_meridian_used_in_the_delta(code):
    """Where a zone's area of use meets the offshore blocks' box PROJ takes the operation made for those blocks."""
    here = crs.points_from_wgs84([105.632], [10.46], f"EPSG:{code}")
    default = pyproj.Transformer.from_crs(f"EPSG:{code}", "EPSG:4326", always_xy=True)

    lon, lat = default.transform(here[0][0], here[1][0])

    assert metres_between(lon, lat, 105.632, 10.46) > 0.5


def by_hand(east, north, meridian):
    """Longitude and latitude by Decision 05/2007: projection by its own formula, shift by matrix arithmetic."""
    lon, lat = pyproj.Proj(proj="tmerc", lon_0=meridian, k=0.9999, x_0=500_000, ellps="WGS84")(
        east, north, inverse=True
    )
    a, e2 = 6_378_137.0, 0.0066943799901413165
    phi, lam = np.radians([lat, lon])
    n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    x = np.array([n * np.cos(phi) * np.cos(lam), n * np.cos(phi) * np.sin(lam), n * (1 - e2) * np.sin(phi)])
    rx, ry, rz = np.radians(np.array([-0.00928836, 0.01975479, -0.00427372]) / 3600)
    turned = np.array([[1, rz, -ry], [-rz, 1, rx], [ry, -rx, 1]]) @ x  # coordinate frame
    x, y, z = np.array([-191.90441429, -39.30318279, -111.45032835]) + (1 + 0.252906278e-6) * turned
    p, phi = np.hypot(x, y), np.arctan2(z, np.hypot(x, y) * (1 - e2))
    for _turn in range(10):
        n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
        phi = np.arctan2(z + e2 * n * np.sin(phi), p)
    return float(np.degrees(np.arctan2(y, x))), float(np.degrees(phi))


def test_candidates_carry_outlines_bounds_and_are_json():
    shape = shapely.box(569000, 1156800, 569100, 1156900)

    first = crs.rank_candidates(shapely.get_coordinates(shape), near=CAO_LANH, shapes=[shape, None])[0].as_dict()

    assert first["sample"][0]["type"] == "Polygon"
    assert first["bounds"][0] == pytest.approx(105.632, abs=0.001)
    assert (first["is_refused"], first["inside"]) == (False, 1.0)
    json.dumps(first)


def test_candidates_show_at_most_thirty_outlines():
    shapes = [shapely.box(569000 + n, 1156800, 569000.5 + n, 1156801) for n in range(1000)]

    [first, *_] = crs.rank_candidates(shapely.get_coordinates(shapes), near=CAO_LANH, shapes=shapes)

    assert 20 <= len(first.sample) <= 30


@pytest.mark.parametrize("swapped", [False, True])
def test_hanoi_1972_is_named_among_candidates_and_refused(swapped):
    # Zone 18 writes its number before the easting; nothing else here has eight digits.
    points = [(18_569_000, 1_156_800), (18_569_100, 1_156_900)]
    found = crs.rank_candidates([point[::-1] for point in points] if swapped else points, near=CAO_LANH)

    assert [(one.crs, one.swapped, one.is_refused, one.reason) for one in found] == [
        ("EPSG:2044", swapped, True, "hanoi_1972")
    ]
    with pytest.raises(UnsupportedCrs):
        crs.split_choice(found[0].as_dict()["id"])


def test_candidates_of_utm_both_zones():
    for utm, longitude in (("EPSG:32648", 105.7), ("EPSG:32649", 108.9)):
        east, north = crs.points_from_wgs84([longitude], [12.0], utm)

        found = crs.rank_candidates([(east[0], north[0])], near=(longitude, 12.0), limit=50)

        assert utm in {candidate.crs for candidate in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hệ tọa độ VN-2000, kinh tuyến trục 105°00', múi chiếu 3°", "EPSG:5897"),
        ("VN2000 KTT 105°45' múi 3 độ", "EPSG:9210"),
        ("vn_2000 kinh tuyến trục 105,75", "EPSG:9210"),
        ("VN-2000; kinh tuyến trục 108o15'", "EPSG:9217"),
        ("VN-2000 kinh tuyến trục 105 múi chiếu 6", "EPSG:3405"),
        ("VN-2000 UTM múi 48N", "EPSG:3405"),
        ("WGS 84", "EPSG:4326"),
        ("WGS84 UTM zone 49N", "EPSG:32649"),
        ("EPSG:9210", "EPSG:9210"),
        ("VN-2000", None),
        ("VN-2000, kinh tuyến trục 105°10'", None),
        ("Danh sách thửa năm 2000", None),
    ],
)
def test_systems_in_words(text, expected):
    assert crs.from_words(text) == expected


@pytest.mark.parametrize("text", ["Hệ tọa độ HN-72", "Hà Nội 1972", "HN72, kinh tuyến 105"])
def test_hanoi_1972_in_words_is_refused(text):
    with pytest.raises(UnsupportedCrs):
        crs.from_words(text)
