"""Old Vietnamese encodings: real pairs, detection, doubt."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofiles import encodings
from geofiles.errors import EncodingInDoubt

# Pairs published with an R package for such text (see docs): what a Latin-1 reader shows, and the name.
REAL_TCVN3 = [("Qu¶ng TrÞ", "Quảng Trị"), ("An §«n", "An Đôn"), ("Thõa Thiªn HuÕ", "Thừa Thiên Huế")]
NAMES = [
    "Cao Lãnh", "Mỹ Ngãi", "Đồng Tháp", "Phường Mỹ Trà", "Hợp tác xã Xoài Mỹ Xương", "Nguyễn Văn Hưởng",
    "Thửa đất số 12", "Lúa Đông Xuân", "Sầu riêng", "Bưởi da xanh", "Huyện Tháp Mười", "Xã Bình Hàng Trung",
]  # fmt: skip
VIETNAMESE = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ"
OLD = [encodings.TCVN3, encodings.VNI, encodings.CP1258, encodings.DOUBLE_UTF8]


@pytest.mark.parametrize(("shown", "name"), REAL_TCVN3)
def test_real_tcvn3_pairs(shown, name):
    assert encodings.decode_bytes(shown.encode("latin-1"), encodings.TCVN3) == name
    assert encodings.decode_text(shown, encodings.TCVN3) == name
    assert encodings.decode_bytes(shown.encode("utf-8"), encodings.TCVN3) == name
    assert encodings.encode(name, encodings.TCVN3) == shown.encode("latin-1")


def test_known_vni_and_1258_spellings():
    assert encodings.decode_bytes("Cao Laõnh, Ñoàng Thaùp".encode("latin-1"), encodings.VNI) == "Cao Lãnh, Đồng Tháp"
    assert encodings.decode_bytes("NGUYEÃN VAÊN HÖÔÛNG".encode("latin-1"), encodings.VNI) == "NGUYỄN VĂN HƯỞNG"
    assert encodings.decode_bytes(b"Ph\xfd\xf5\xccng", encodings.CP1258) == "Phường"


def test_capital_fonts_of_tcvn3():
    assert encodings.decode_text("CAO L·NH", encodings.TCVN3) == "CAO LÃNH"
    assert encodings.decode_text("Mü Tµ", encodings.TCVN3) == "Mỹ Tà"


@given(st.text(alphabet=VIETNAMESE + "bcghn ", max_size=40), st.sampled_from(OLD))
def test_there_and_back(text, encoding):
    # VNI is ambiguous letter by letter only where a vowel meets a letter that is a mark; real words never do.
    words = [letter + "n" for letter in text]

    for word in words:
        back = encodings.decode_bytes(encodings.encode(word, encoding), encoding)
        assert back == unicodedata.normalize("NFC", word)


@pytest.mark.parametrize("encoding", [*OLD, encodings.UTF8])
def test_each_encoding_is_detected(encoding):
    raw = [encodings.encode(name, encoding) for name in NAMES]

    assert encodings.decide(raw).encoding == encoding


@pytest.mark.parametrize("encoding", [encodings.TCVN3, encodings.VNI])
def test_old_text_inside_unicode_is_detected(encoding):
    texts = [encodings.encode(name, encoding).decode("latin-1") for name in NAMES]

    decision = encodings.decide(texts)

    assert decision.encoding == encoding
    assert decision.detected
    assert [encodings.decode_text(text, encoding) for text in texts] == NAMES


@pytest.mark.parametrize("declared", [encodings.CP1252, encodings.CP1258, encodings.TCVN3])
def test_wrong_declaration_over_utf8_is_not_believed(declared):
    assert encodings.decide([name.encode() for name in NAMES], declared=declared).encoding == encodings.UTF8


def test_wrong_declaration_of_utf8_is_not_believed():
    raw = [encodings.encode(name, encodings.TCVN3) for name in NAMES]

    assert encodings.decide(raw, declared=encodings.UTF8).encoding == encodings.TCVN3


def test_declared_code_page_is_believed_for_foreign_text():
    raw = ["Crédit agricole".encode("cp1252"), "Île de Ré".encode("cp1252")]

    assert encodings.decide(raw, declared=encodings.CP1252).encoding == encodings.CP1252


def test_doubt_shows_samples_of_each_candidate():
    raw = [bytes([0xE1, 0xD0])]

    with pytest.raises(EncodingInDoubt) as caught:
        encodings.decide(raw)

    candidates = caught.value.params["candidates"]
    assert len(candidates) >= 2
    assert all(candidate["samples"] for candidate in candidates)


def test_plain_ascii_needs_no_decision():
    assert encodings.decide([b"Xoai", b"Nhan"]) == encodings.Decision(encodings.UTF8, detected=False)
    assert encodings.decide([]) == encodings.Decision(encodings.UTF8, detected=False)


def test_unicode_of_another_language_is_left_alone():
    assert encodings.decide(["Île de Ré", "Straße", "東京都"]).encoding == encodings.UTF8


def test_nfd_becomes_nfc():
    decomposed = unicodedata.normalize("NFD", "Đồng Tháp")

    assert encodings.decode_text(decomposed, encodings.UTF8) == "Đồng Tháp"
    assert encodings.decode_bytes(decomposed.encode(), encodings.UTF8) == "Đồng Tháp"


def test_field_cut_inside_a_letter():
    raw = ("a" * 253 + "ồ").encode()[:254]

    assert encodings.decode_bytes(raw, encodings.UTF8) == "a" * 253


@pytest.mark.parametrize("encoding", OLD)
def test_mixed_text_keeps_what_is_right_as_it_stands(encoding):
    written = "utf-8" if encoding == encodings.DOUBLE_UTF8 else "latin-1"
    old = [encodings.encode(name, encoding).decode(written) for name in NAMES]
    mixed = [*NAMES[:4], *old[4:]]

    decision = encodings.decide(mixed)

    assert decision.encoding == encoding
    assert [encodings.decode_text(text, decision.encoding) for text in mixed] == NAMES


@pytest.mark.parametrize("encoding", OLD)
def test_mixed_bytes_of_two_kinds(encoding):
    raw = [name.encode() if at < 4 else encodings.encode(name, encoding) for at, name in enumerate(NAMES)]

    assert encodings.decide(raw).encoding == encoding
    assert [encodings.decode_bytes(value, encoding) for value in raw] == NAMES


def test_a_few_old_values_among_many_new_ones_are_asked_about():
    new = [f"{name} {second}" for name in NAMES for second in ("Đông Xuân", "Mỹ Tho", "Hòa An")]
    old = [
        encodings.encode(name, encodings.TCVN3).decode("latin-1") for name in ("Quảng Trị", "An Đôn", "Thừa Thiên Huế")
    ]

    with pytest.raises(EncodingInDoubt) as caught:
        encodings.decide([*new, *old])

    params = caught.value.params
    samples = {candidate["encoding"]: candidate["samples"] for candidate in params["candidates"]}
    assert params["reason"] == "mixed"
    assert samples[encodings.TCVN3] == ["Quảng Trị", "An Đôn", "Thừa Thiên Huế"]
    assert samples[encodings.UTF8] == ["Qu¶ng TrÞ", "An §«n", "Thõa Thiªn HuÕ"]


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
def test_forms_of_unicode_are_stored_as_one(form):
    texts = [unicodedata.normalize(form, name) for name in NAMES]

    decision = encodings.decide(texts)

    assert [encodings.decode_text(text, decision.encoding) for text in texts] == NAMES


def test_mojibake_through_windows_1252_is_undone():
    # Bytes without a letter in Windows-1252 survive as C1 controls: the last of "ờ" is 9D.
    seen = [name.encode().decode("cp1252", errors="surrogateescape") for name in NAMES]
    seen = ["".join(chr(ord(sign) - 0xDC00) if ord(sign) >= 0xDC80 else sign for sign in text) for text in seen]

    decision = encodings.decide(seen)

    assert decision.encoding == encodings.DOUBLE_UTF8
    assert [encodings.decode_text(text, decision.encoding) for text in seen] == NAMES


@pytest.mark.parametrize(
    ("shown", "name"),
    [("HUYÖN TH¸P M¦êI", "HUYỆN THÁP MƯỜI"), ("X· Mü H¦¥NG", "XÃ MỸ HƯƠNG"), ("TP CAO L·NH", "TP CAO LÃNH")],
)
def test_capital_fonts_keep_small_toned_letters(shown, name):
    """`.VnTimeH` draws the codes of small letters as capitals."""
    assert encodings.decode_text(shown, encodings.TCVN3) == name
