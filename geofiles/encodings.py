"""Text of old Vietnamese files: TCVN3 (ABC), VNI-Windows, Windows-1258, UTF-8 read as Latin-1; always out as
NFC.

GDAL reads a DBF without ``.cpg`` as ISO-8859-1 and loses letters with code page 1258, so readers take the
bytes and decode them here. Which encoding it is, is told by how many of the accented words become
well-formed Vietnamese syllables: onset + rime of the closed list that Vietnamese spelling has, one tone
mark, ordinary case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from geofiles.errors import EncodingInDoubt

UTF8, TCVN3, VNI, CP1258, CP1252, DOUBLE_UTF8 = "UTF-8", "TCVN3", "VNI", "CP1258", "CP1252", "UTF-8-TWICE"
ENCODINGS = (UTF8, TCVN3, VNI, CP1258, CP1252, DOUBLE_UTF8)

_GRAVE, _ACUTE, _TILDE, _HOOK, _DOT = "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"
_TONES = frozenset((_GRAVE, _ACUTE, _TILDE, _HOOK, _DOT))

# TCVN 5712:1993, set VN3 ("ABC" fonts). Toned letters exist once; capitals are the same code in a capital
# font.
_TCVN3 = dict(
    zip(
        bytes.fromhex(
            "a1a2a3a4a5a6a7" "a8a9aaabacadae" "b5b6b7b8b9" "bbbcbdbec6" "c7c8c9cacb" "cccecfd0d1" "d2d3d4d5d6"
            "d7d8dcddde" "dfe1e2e3e4" "e5e6e7e8e9" "eaebecedee" "eff1f2f3f4" "f5f6f7f8f9" "fafbfcfdfe"
        ),
        "ĂÂÊÔƠƯĐ" "ăâêôơưđ" "àảãáạ" "ằẳẵắặ" "ầẩẫấậ" "èẻẽéẹ" "ềểễếệ"
        "ìỉĩíị" "òỏõóọ" "ồổỗốộ" "ờởỡớợ" "ùủũúụ" "ừửữứự" "ỳỷỹýỵ",
        strict=True,
    )
)  # fmt: skip

# VNI-Windows: a letter is one byte, or a vowel followed by a byte for its marks.
_VNI_SINGLE = {
    "ñ": "đ", "Ñ": "Đ", "ô": "ơ", "Ô": "Ơ", "ö": "ư", "Ö": "Ư",
    "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ",
    "Í": "Í", "Ì": "Ì", "Æ": "Ỉ", "Ó": "Ĩ", "Ò": "Ị", "Î": "Ỵ",
}  # fmt: skip
_CIRCUMFLEX, _BREVE = "\u0302", "\u0306"
_VNI_MARKS = {
    "ù": _ACUTE, "ø": _GRAVE, "û": _HOOK, "õ": _TILDE, "ï": _DOT,
    "â": _CIRCUMFLEX, "á": _CIRCUMFLEX + _ACUTE, "à": _CIRCUMFLEX + _GRAVE, "å": _CIRCUMFLEX + _HOOK,
    "ã": _CIRCUMFLEX + _TILDE, "ä": _CIRCUMFLEX + _DOT,
    "ê": _BREVE, "é": _BREVE + _ACUTE, "è": _BREVE + _GRAVE, "ú": _BREVE + _HOOK,
    "ü": _BREVE + _TILDE, "ë": _BREVE + _DOT,
}  # fmt: skip
_VNI_PAIRS = {
    vowel + (mark.upper() if vowel.isupper() else mark): unicodedata.normalize(
        "NFC", _VNI_SINGLE.get(vowel, vowel) + combining
    )
    for vowels, marks in (("aA", "ùøûõïâáàåãäêéèúüë"), ("eoEO", "ùøûõïâáàåãä"), ("uyôöUYÔÖ", "ùøûõï"))
    for vowel in vowels
    for mark, combining in _VNI_MARKS.items()
    if mark in marks
}
_VNI_PATTERN = re.compile("|".join([*map(re.escape, _VNI_PAIRS), "[" + "".join(_VNI_SINGLE) + "]"]))

_ONSET = "(?:ngh|ng|nh|kh|gh|gi|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?"
_RIME = "|".join(
    f"{nucleus}(?:{codas})"
    for nucleus, codas in {
        "a": "|c|ch|i|m|n|ng|nh|o|p|t|u|y",
        "ă": "c|m|n|ng|p|t",
        "â": "c|m|n|ng|p|t|u|y",
        "e": "|c|m|n|ng|o|p|t",
        "ê": "|ch|m|n|nh|p|t|u",
        "i": "|a|ch|m|n|nh|p|t|u",
        "[iy]ê": "c|m|n|ng|p|t|u",
        "y": "|t|nh|p|u|ch",
        "o": "|c|i|m|n|ng|p|t|ong|oc",
        "oa": "|c|ch|i|m|n|ng|nh|o|p|t|y",
        "oă": "c|m|n|ng|t",
        "oe": "|m|n|o|t",
        "ô": "|c|i|m|n|ng|p|t",
        "ơ": "|i|m|n|p|t",
        "u": "|a|c|i|m|n|ng|p|t",
        "uâ": "n|ng|t|y",
        "uê": "|ch|n|nh",
        "uô": "c|i|m|n|ng|t",
        "uơ": "",
        "uy": "|a|ch|n|nh|p|t|u",
        "uyê": "n|t",
        "ư": "|a|c|i|m|n|ng|t|u",
        "ươ": "c|i|m|n|ng|p|t|u",
    }.items()
)
_SYLLABLE = re.compile(f"{_ONSET}(?:{_RIME})")
_WORD = re.compile(r"[^\s\x00-@\[-`{-\x7f–—…“”‘’]+")

_CLEAR, _MARGIN = 0.75, 0.2
_SAMPLE_VALUES = 500
_MIXED_VALUES = 3  # so many values that only an old encoding makes Vietnamese are no accident


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the text: encoding, share of accented words that are Vietnamese, three samples."""

    encoding: str
    score: float
    samples: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form for an EncodingInDoubt error."""
        return {"encoding": self.encoding, "score": round(self.score, 2), "samples": list(self.samples)}


@dataclass(frozen=True, slots=True)
class Decision:
    """The encoding to use; ``detected``: inferred, not declared or self-evident."""

    encoding: str
    detected: bool


def normalise_name(encoding: str) -> str | None:
    """Our name for what a ``.cpg`` or a user writes (``65001``, ``ANSI 1252``, ``ABC``), or None."""
    key = re.sub(r"[^a-z0-9]", "", encoding.lower())
    names = {
        UTF8: ("utf8", "65001", "cp65001"),
        TCVN3: ("tcvn3", "abc", "tcvn", "tcvn5712", "tcvnabc"),
        VNI: ("vni", "vniwindows", "vniwin"),
        CP1258: ("1258", "cp1258", "windows1258", "ansi1258"),
        CP1252: ("1252", "cp1252", "windows1252", "ansi1252", "iso88591", "latin1", "88591"),
        DOUBLE_UTF8: ("utf8twice",),
    }
    return next((name for name, aliases in names.items() if key in aliases), None)


def decode_bytes(raw: bytes, encoding: str) -> str:
    """Bytes of a field as NFC text; what the encoding has no letter for becomes U+FFFD.

    Old encodings are also found inside UTF-8 files (a tool took the bytes for Latin-1 and saved): handled
    alike.
    """
    if encoding == UTF8:
        # Writers cut DBF fields at 254 bytes, often inside a letter: drop the broken end, mark what is
        # broken inside.
        return _nfc(re.sub("\ufffd$", "", raw.decode("utf-8", errors="replace")))
    try:
        return decode_text(raw.decode("utf-8"), encoding)
    except UnicodeDecodeError:
        return _nfc(_DECODERS[encoding](raw))


def decode_text(text: str, encoding: str) -> str:
    """Text whose letters are bytes taken for Latin-1, decoded; text that is not so stays, as NFC.

    Also stays what is Vietnamese as it stands and would not be, decoded: files mix both.
    """
    if encoding in (UTF8, CP1252) or text.isascii():
        return _nfc(text)
    raw = _as_bytes(text)
    if raw is None:
        return _nfc(text)
    decoded = _nfc(_DECODERS[encoding](raw))
    # In a file of both kinds "Cao Lãnh" is right as it stands, though each of its letters could be an old byte.
    return _nfc(text) if _is_vietnamese(text) and not _is_vietnamese(decoded) else decoded


def decode_latin(text: str, encoding: str) -> str:
    """Text in which each letter stands for one undecoded byte (a DBF read as ISO-8859-1), decoded to NFC."""
    return text if text.isascii() else decode_bytes(text.encode("latin-1", errors="replace"), encoding)


def encode(text: str, encoding: str) -> bytes:
    """The reverse, for samples and tests; UnicodeEncodeError for a letter that the encoding lacks.

    TCVN3 writes toned capitals as the small letter, as its fonts do.
    """
    text = _nfc(text)
    if encoding == TCVN3:
        table = {letter: code for code, letter in _TCVN3.items()}
        return bytes(_tcvn3_code(letter, table) for letter in text)
    if encoding == VNI:
        table_vni = {letter: code for code, letter in (_VNI_SINGLE | _VNI_PAIRS).items()}
        return "".join(table_vni.get(letter, letter) for letter in text).encode("latin-1")
    if encoding == CP1258:
        return b"".join(_cp1258_bytes(letter) for letter in text)
    if encoding == DOUBLE_UTF8:
        return text.encode().decode("latin-1").encode()
    return text.encode({UTF8: "utf-8", CP1252: "cp1252"}[encoding])


def vietnamese_score(texts: Iterable[str]) -> float | None:
    """Share (0-1) of the words outside ASCII that are Vietnamese syllables; None without such words."""
    words = [word for text in texts for word in _WORD.findall(text) if not word.isascii()]
    if not words:
        return None
    return sum(map(_is_syllable, words)) / len(words)


def rank(values: Sequence[bytes | str]) -> tuple[Reading, ...]:
    """Every reading of these raw field values that differs from the others, best first."""
    different: dict[tuple[str, ...], Reading] = {}
    for texts, reading in _readings(values).values():
        different.setdefault(texts, reading)
    return tuple(sorted(different.values(), key=lambda reading: -reading.score))


def decide(values: Sequence[bytes | str], *, declared: str | None = None) -> Decision:
    """The encoding of raw field values (``bytes`` of a DBF, or ``str`` of a format that is Unicode).

    ``declared`` is what the file says. It is believed unless the text contradicts it. Raises EncodingInDoubt
    with samples per candidate when bytes are not UTF-8 and no reading stands out, and (``reason="mixed"``) when most
    of a file is one kind of text and some of it another.
    """
    raw = [value for value in values if value and not value.isascii()]
    if not raw:
        return Decision(UTF8, detected=False)
    ranked = rank(raw)
    best, rival = ranked[0], ranked[1].score if len(ranked) > 1 else 0.0
    if best.encoding != UTF8 and best.score >= _CLEAR and best.score - rival >= _MARGIN:
        return Decision(best.encoding, detected=best.encoding != declared)
    if best.encoding != UTF8 and best.score >= _CLEAR and (mixed := _improved(raw, best.encoding)):
        shown = [_sampled(reading, raw, mixed) for reading in ranked[:4]]
        raise EncodingInDoubt(declared=declared, reason="mixed", candidates=shown)
    if not any(map(_breaks_in_utf8, raw)):
        return Decision(UTF8, detected=declared not in (None, UTF8))
    if declared in ENCODINGS and declared != UTF8:
        stated = _readings(raw)[declared][1]
        if stated.score >= best.score - _MARGIN:
            return Decision(stated.encoding, detected=False)
    candidates = [reading.as_dict() for reading in ranked if reading.encoding != UTF8]
    raise EncodingInDoubt(declared=declared, candidates=candidates[:4])


# --- inside ---


def _readings(values: Sequence[bytes | str]) -> dict[str, tuple[tuple[str, ...], Reading]]:
    distinct = [value for value in dict.fromkeys(values) if not value.isascii()][:_SAMPLE_VALUES]
    readings = {}
    for encoding in ENCODINGS:
        texts = tuple(_decode(value, encoding) for value in distinct)
        broken = sum("\ufffd" in text for text in texts) / max(len(texts), 1)
        score = (vietnamese_score(texts) or 0.0) - broken
        readings[encoding] = (texts, Reading(encoding, score, texts[:3]))
    return readings


def _breaks_in_utf8(value: bytes | str) -> bool:
    """Whether reading it as UTF-8 loses something; a U+FFFD that was written there is what it is."""
    mark = "\ufffd"
    written = value.count(mark) if isinstance(value, str) else value.count(mark.encode())
    return _decode(value, UTF8).count(mark) > written


def _improved(values: Sequence[bytes | str], encoding: str) -> list[int]:
    """Positions of values that only this encoding makes Vietnamese, none when they are too few to mean anything."""
    found = [
        at
        for at, value in enumerate(values[:_SAMPLE_VALUES])
        if not _is_vietnamese(_decode(value, UTF8)) and _is_vietnamese(_decode(value, encoding))
    ]
    return found if len(found) >= _MIXED_VALUES else []


def _sampled(reading: Reading, values: Sequence[bytes | str], at: Sequence[int]) -> dict[str, Any]:
    """The reading with the values that are in question as its samples."""
    samples = [_decode(values[position], reading.encoding) for position in at[:3]]
    return {**reading.as_dict(), "samples": samples}


def _is_vietnamese(text: str) -> bool:
    """Whether all accented words are Vietnamese syllables, one at least."""
    return vietnamese_score([text]) == 1.0


def _nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _decode(value: bytes | str, encoding: str) -> str:
    return decode_bytes(value, encoding) if isinstance(value, bytes) else decode_text(value, encoding)


def _as_bytes(text: str) -> bytes | None:
    """The bytes that a Latin-1 or Windows-1252 reader would have turned into this text, or None."""
    codes = bytearray()
    for character in text:
        if ord(character) < 256:
            codes.append(ord(character))
            continue
        try:
            codes += character.encode("cp1252")
        except UnicodeEncodeError:
            return None
    return bytes(codes)


def _from_tcvn3(raw: bytes) -> str:
    text = "".join(chr(code) if code < 128 else _TCVN3.get(code, "\ufffd") for code in raw)
    # A capital font ('.VnTimeH') shows small toned letters as capitals: restore them in a text of capitals.
    ascii_letters = [chr(code) for code in raw if code < 128 and chr(code).isalpha()]
    capitals = all(map(str.isupper, ascii_letters)) and any(map(_is_capitals, text.split()))
    return text.upper() if capitals else text


def _is_capitals(word: str) -> bool:
    """Whether a word without small ASCII letters is written in capitals: ``THị``, ``ấT``, ``AN``.

    A first capital alone (``Mỹ``) and an abbreviation (``HTX``) say nothing.
    """
    if word.isascii():
        return len(word) > 1 and _SYLLABLE.fullmatch(word.lower()) is not None
    return any("A" <= letter <= "Z" and before.isalpha() for before, letter in pairwise(word))


def _from_vni(raw: bytes) -> str:
    pairs = _VNI_SINGLE | _VNI_PAIRS
    return _VNI_PATTERN.sub(lambda match: pairs[match[0]], raw.decode("latin-1"))


_DECODERS: dict[str, Callable[[bytes], str]] = {
    UTF8: lambda raw: raw.decode("utf-8", errors="replace"),
    TCVN3: _from_tcvn3,
    VNI: _from_vni,
    CP1258: lambda raw: raw.decode("cp1258", errors="replace"),
    CP1252: lambda raw: raw.decode("cp1252", errors="replace"),
    DOUBLE_UTF8: lambda raw: raw.decode("utf-8", errors="replace"),
}


def _tcvn3_code(letter: str, table: dict[str, int]) -> int:
    if ord(letter) < 128:
        return ord(letter)
    code = table.get(letter, table.get(letter.lower()))
    if code is None:
        raise UnicodeEncodeError("TCVN3", letter, 0, 1, "no such letter")
    return code


def _cp1258_bytes(letter: str) -> bytes:
    try:
        return letter.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(part for part in parts if part in _TONES)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        if not tones:
            raise
        return base.encode("cp1258") + tones.encode("cp1258")


def _is_syllable(word: str) -> bool:
    if not (word.islower() or word.isupper() or (word[0].isupper() and (len(word) == 1 or word[1:].islower()))):
        return False
    parts = unicodedata.normalize("NFD", word.lower())
    if sum(part in _TONES for part in parts) > 1:
        return False
    toneless = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
    return _SYLLABLE.fullmatch(toneless) is not None
