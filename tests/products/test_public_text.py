"""Ways around the relay are refused; tonnes, prices and dates are not taken for them."""

import pytest

from core.errors import RuleViolated
from products.public_text import has_contact, refuse_contacts


@pytest.mark.parametrize(
    "text",
    [
        "Gọi 0912345678",
        "gọi 0912 345 678 nhé",
        "0912.345.678",
        "091-234-5678",
        "(0277) 3851 234",
        "+84 912 345 678",
        "+84(0)912345678",
        "84912345678",
        "+1 212 555 0100",
        "zalo 912345678",
        "số ０９１２３４５６７８",
        "٠٩١٢٣٤٥٦٧٨",
        "mua.hang@vuabay.vn",
        "mua.hang (at) vuabay.vn",
        "MUA.HANG @ VUABAY.COM",
        "xem https://vuabay.example",
        "www.vuabay.example",
        "zalo.me/0912",
        "vuabay.vn",
    ],
)
def test_contact_is_found(text):
    assert has_contact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Cần 20.000 kg xoài, 5 tấn mỗi tuần",
        "Giá 25.000 - 30.000 đồng/kg",
        "Giao từ 01/05/2026 đến 30/06/2026",
        "Giao 01.05.2026 30.06.2026",
        "Giao 1-5-26, 15-5-26",
        "Tổng 150.000.000 đồng",
        "VN-DTOR-0017, VietGAP, loại 1: 300-400 g/trái",
        "Container 40 feet, 24 tấn, 2-8 độ C, 85-90 % ẩm",
        "Xoài Cát Chu. Vn xuất khẩu",
        "",
    ],
)
def test_what_is_no_contact_passes(text):
    assert not has_contact(text)


def test_refusal_points_at_the_field():
    with pytest.raises(RuleViolated) as caught:
        refuse_contacts("Gọi 0912345678", "message")

    assert [(finding.code, finding.pointer) for finding in caught.value.findings] == [("contact_in_text", "/message")]
