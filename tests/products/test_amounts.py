"""Quantities as people say them."""

import pytest
from django.utils.translation import override

from products.amounts import amount


@pytest.mark.parametrize(
    ("tonnes", "vietnamese", "english"),
    [
        (2.5, "2,5 tấn", "2.5"),
        (20, "20 tấn", "20"),
        (1200.25, "1.200,25 tấn", "1,200.25"),
        (0.35, "350 kg", "350 kg"),
        (0.0015, "1,5 kg", "1.5 kg"),
        (1, "1 tấn", "1"),
    ],
)
def test_amounts(tonnes, vietnamese, english):
    with override("vi"):
        assert amount(tonnes) == vietnamese
    with override("en"):
        assert amount(tonnes).startswith(english)
