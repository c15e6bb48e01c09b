"""Vietnamese text: one stored form (NFC), one search form."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.db.models import CharField, Func, Value
from django.utils.translation import gettext_lazy as _

# Controls, bidirectional overrides, zero-width signs, fillers and tags: invisible, and a way to make one name look like
# another. Variation selectors stay: emoji are written with them.
_UNWANTED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_BLANKS = re.compile(r"[ \t\u00a0]+")


def clean_text(value: str) -> str:
    """Return `value` in NFC with blanks collapsed at the ends and inside; raise ValidationError for hidden signs."""
    found = _UNWANTED.search(value)
    if found:
        raise ValidationError(
            _("Văn bản chứa ký tự ẩn không được phép (U+%(point)s)."),
            code="hidden_character",
            params={"point": f"{ord(found.group()):04X}"},
        )
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", value)).strip()


def clean_line(value: str) -> str:
    """Return one line of clean text; a line break inside is refused (it would forge mail headers and log lines)."""
    cleaned = clean_text(value)
    if len(cleaned.splitlines()) > 1:
        raise ValidationError(_("Chỉ được ghi một dòng."), code="line_break")
    return cleaned


def clean_lines(value: str) -> str:
    """Return several lines of clean text, joined by line feeds."""
    return "\n".join(clean_text(line) for line in value.splitlines())


def fold(value: str) -> str:
    """Return the search form: lower case, no diacritics, đ as d, blanks collapsed. `fold("Cao Lãnh") == "cao lanh"`."""
    decomposed = unicodedata.normalize("NFD", value.casefold().replace("đ", "d"))
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return _BLANKS.sub(" ", plain).strip()


_VOWELS = re.compile(r"[aeiouy]")


def fold_telex(value: str) -> str:
    """Return the search form of words typed in telex on a keyboard without it: "Nguyeenx Ddawngj" is "nguyen dang".

    After its first vowel no Vietnamese syllable has s, f, r, x, j or w, nor (but in rare words) the same of a, e, o
    twice; so these are marks. Words without marks stay as `fold` leaves them.
    """
    return " ".join(_without_marks(word) for word in fold(value).split(" "))


def _without_marks(word: str) -> str:
    vowel = _VOWELS.search(word)
    if vowel is None or not word.isalpha():
        return word
    head, tail = word[: vowel.start()].replace("dd", "d"), re.sub(r"[sfrxjw]", "", word[vowel.start() :])
    return head + re.sub(r"([aeo])([a-z]*?)\1", r"\1\2", tail)


class Fold(Func):
    """The same search form in SQL: `lower(unaccent(...))`; PostgreSQL's stock rules map đ, ơ, ư."""

    template = "lower(unaccent(normalize(%(expressions)s, NFC)))"
    output_field = CharField()

    def __init__(self, expression: object) -> None:
        super().__init__(Value(expression) if isinstance(expression, str) and " " in expression else expression)


def like_pattern(value: str) -> str:
    """Return an escaped LIKE pattern 'contains `value`' in search form; `%` and `_` in it are literal."""
    folded = fold(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{folded}%"
