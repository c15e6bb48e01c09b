"""Numbers and angles as people type them."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofiles.angles import angle_of, coordinate_of, dms, number_of

HERE = 10 + 27 / 60 + 36.5 / 3600


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1156800.12", 1_156_800.12),
        ("1156800,12", 1_156_800.12),
        ("1.156.800,12", 1_156_800.12),
        ("1,156,800.12", 1_156_800.12),
        ("1 156 800,12", 1_156_800.12),
        ("1\u00a0156\u00a0800,12 m", 1_156_800.12),
        ("1'156'800.12", 1_156_800.12),
        ("25.300", 25.3),
        ("-3,5", -3.5),
        (" 7 ", 7.0),
        (569000, 569_000.0),
        (569000.25, 569_000.25),
    ],
)
def test_numbers(text, value):
    assert number_of(text) == value


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "12O0", "nan", "inf", "1e999", "1,15,80", True, None, math.inf])
def test_what_is_no_number(text):
    assert number_of(text) is None


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("10°27'36.5\"N", "lat"), ("10°27’36,5”B", "lat"), ("N10°27'36.5\"", "lat"), ("B 10 27 36,5", "lat"),
        ("10º27′36.5″ Bắc", "lat"), ("10°27'36.5''N", "lat"), ("10d27m36.5s N", "lat"),
        ("10 độ 27 phút 36,5 giây", None), ("10 27 36.5", None), ("10:27:36.5", None), ("10-27-36.5", None),
        ("10°27.60833333333333'", None),
        ("10.460138888888889 N", "lat"), ("10,460138888888889°", None), ("E10°27'36.5\"", "lon"),
        ("10°27'36.5\"Đ", "lon"), ("10°27'36.5\" đông", "lon"),
    ],
)  # fmt: skip
def test_angles(text, axis):
    found = angle_of(text)

    assert found.value == pytest.approx(HERE, abs=1e-12)
    assert found.axis == axis


@pytest.mark.parametrize(
    "text", ["10°75'0\"", "10°27'61\"", "190°", "N10°E", "10.5°27'", "10-27", "10", "°", "N", "10°27'36.5\"X", 10.5]
)
def test_what_is_no_angle(text):
    assert angle_of(text) is None


def test_west_and_south_are_negative():
    assert angle_of("2°20'T").value == pytest.approx(-2 - 1 / 3)
    assert angle_of("S10°").value == -10


def test_one_group_of_digits_is_thousands_where_degrees_cannot_be_meant():
    assert coordinate_of("569.000").value == 569_000
    assert coordinate_of("105.632").value == 105.632


@given(value=st.floats(0, 179.99), axis=st.sampled_from(["lat", "lon"]), comma=st.booleans())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_shown_angles_are_read_back(value, axis, comma):
    text = dms(value, axis, decimals=4)

    found = angle_of(text.replace(".", ",") if comma else text)

    assert found.axis == axis
    assert abs(found.value - value) <= 0.5e-4 / 3600 + 1e-12
