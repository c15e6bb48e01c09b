"""Which addresses of shops are taken, and which host they belong to (F8)."""

import pytest

from core.errors import RuleViolated
from products.addresses import clean_address, is_plain_host, is_within, longest_match


@pytest.mark.parametrize(
    ("case", "typed", "kept"),
    [
        ("plain", "https://buudien.vn/xoai", "https://buudien.vn/xoai"),
        ("no path", "https://buudien.vn", "https://buudien.vn/"),
        ("capitals in the host", "HTTPS://BuuDien.VN/Xoai", "https://buudien.vn/Xoai"),
        ("query", "https://shopee.vn/xoai-i.1.2?sp_atk=7", "https://shopee.vn/xoai-i.1.2?sp_atk=7"),
        ("fragment", "https://shopee.vn/xoai#gia", "https://shopee.vn/xoai"),
        ("blanks around", "  https://shopee.vn/x ", "https://shopee.vn/x"),
        ("letters with marks in the path", "https://tiki.vn/xoài", "https://tiki.vn/xo%C3%A0i"),
    ],
)
def test_address_is_kept_in_one_form(case, typed, kept):
    assert clean_address(typed) == kept


@pytest.mark.parametrize(
    ("case", "typed", "code"),
    [
        ("plain http", "http://buudien.vn/", "not_https"),
        ("no scheme", "buudien.vn/xoai", "not_https"),
        ("script", "javascript:alert(1)", "not_https"),
        ("data", "data:text/html,x", "not_https"),
        ("user name", "https://buudien.vn@evil.example/", "bad_address"),
        ("user name and password", "https://a:b@buudien.vn/", "bad_address"),
        ("port", "https://buudien.vn:8443/", "bad_address"),
        ("own port", "https://buudien.vn:443/", "bad_address"),
        ("bad port", "https://buudien.vn:x/", "bad_address"),
        ("IPv4", "https://127.0.0.1/", "bad_address"),
        ("IPv4 as one number", "https://2130706433/", "bad_address"),
        ("IPv6", "https://[::1]/", "bad_address"),
        ("one label", "https://localhost/", "bad_address"),
        ("trailing dot", "https://buudien.vn./", "bad_address"),
        ("letter that looks alike", "https://buud\u0456en.vn/", "bad_address"),
        ("full-width letters", "https://ｂuudien.vn/", "bad_address"),
        ("punycode", "https://xn--buuden-7we.vn/", "bad_address"),
        ("punycode below", "https://xn--a-x.buudien.vn/", "bad_address"),
        ("backslash", "https://evil.example\\.buudien.vn/", "bad_address"),
        ("encoded host", "https://evil.example%2f.buudien.vn/", "bad_address"),
        ("blank inside", "https://buudien.vn/ x", "bad_address"),
        ("line break", "https://buudien.vn/\r\nX: y", "bad_address"),
        ("zero width sign", "https://buudien\u200b.vn/", "bad_address"),
        ("right-to-left sign", "https://buudien.vn/\u202egpj", "bad_address"),
        ("no host", "https:///xoai", "bad_address"),
        ("redirect in the query", "https://shopee.vn/go?to=https://evil.example/", "leads_elsewhere"),
        ("encoded redirect", "https://shopee.vn/go?to=https%3A%2F%2Fevil.example", "leads_elsewhere"),
        ("twice encoded", "https://shopee.vn/go?to=https%253A%252F%252Fevil.example", "leads_elsewhere"),
        ("no scheme within", "https://shopee.vn/go?to=//evil.example", "leads_elsewhere"),
        ("in the path", "https://shopee.vn//evil.example", "leads_elsewhere"),
        ("too long", "https://shopee.vn/" + "x" * 500, "address_too_long"),
    ],
)
def test_address_that_is_refused(case, typed, code):
    with pytest.raises(RuleViolated) as refused:
        clean_address(typed)

    assert refused.value.code == code
    assert [(finding.code, finding.pointer) for finding in refused.value.findings] == [(code, "/url")]


@pytest.mark.parametrize(
    ("host", "listed", "within"),
    [
        ("buudien.vn", "buudien.vn", True),
        ("nongsan.buudien.vn", "buudien.vn", True),
        ("a.b.buudien.vn", "buudien.vn", True),
        ("evilbuudien.vn", "buudien.vn", False),
        ("buudien.vn.evil.example", "buudien.vn", False),
        ("buudien.vn", "nongsan.buudien.vn", False),
    ],
)
def test_host_lies_on_the_listed_one_or_below(host, listed, within):
    assert is_within(host, listed) is within


def test_the_most_exact_host_decides():
    assert longest_match("nongsan.buudien.vn", ["buudien.vn", "nongsan.buudien.vn"]) == "nongsan.buudien.vn"
    assert longest_match("shop.buudien.vn", ["buudien.vn", "nongsan.buudien.vn"]) == "buudien.vn"
    assert longest_match("evil.example", ["buudien.vn"]) is None


@pytest.mark.parametrize(
    ("host", "is_plain"),
    [("buudien.vn", True), ("a-b.vn", True), ("-a.vn", False), ("a..vn", False), ("1.2.3.4", False), ("vn", False)],
)
def test_plain_host(host, is_plain):
    assert is_plain_host(host) is is_plain
