"""What may be published of a misuse case: the decision, never a person (Law 91/2025/QH15; product.md F1).

The text is an officer's own; before it leaves it is searched for everybody whom the case could be about.
"""

import re
from collections.abc import Iterator

from django.db.models import CharField, F, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from accounts.models import User
from casework.models import MisuseCase
from core.errors import Finding, RuleViolated
from core.text import Fold, fold
from people.models import Person

_NOT_WORD = re.compile(r"[^a-z0-9]+")
# Nine digits and more, whatever stands between: phone numbers (10), identity numbers (9 or 12). Dates with / are fine.
_LONG_NUMBER = re.compile(r"(?<![0-9])\+?[0-9](?:[ .()-]{0,2}[0-9]){8,14}(?![0-9])")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
SHOWN_NAMES = 5


def ensure_names_nobody(text: str, case: MisuseCase) -> None:
    """Raise RuleViolated("names_a_person") where `text` holds a known person's name, a mail address or a long number.

    Names: growers of the code's holder, its representative, a household that is the holder, and all accounts; those of
    two words and more, since a single word ("Tám") is also an ordinary one.
    """
    findings = [
        Finding("names_a_person", _("Nội dung công bố nêu tên cá nhân: “%(name)s”.") % {"name": name}, "/public_text")
        for name in _names_in(text, case)
    ]
    without_codes = text.replace(case.code.code, "") if case.code else text
    if _LONG_NUMBER.search(without_codes):
        detail = _("Nội dung công bố có dãy số giống số điện thoại hoặc số giấy tờ. Hãy bỏ dãy số đó.")
        findings.append(Finding("names_a_number", detail, "/public_text"))
    if _MAIL.search(text):
        findings.append(
            Finding("names_a_mail", _("Nội dung công bố có địa chỉ thư điện tử. Hãy bỏ đi."), "/public_text")
        )
    if findings:
        raise RuleViolated("names_a_person", _("Không công bố được: nội dung nêu cá nhân."), findings=findings)


def _names_in(text: str, case: MisuseCase) -> list[str]:
    said = _words(text)
    own = [name for name in _names_of_holder(case) if " " in name and f" {_words(name).strip()} " in said]
    padded = Value(said, output_field=CharField())
    persons = User.objects.exclude(full_name="").annotate(key=Fold(F("full_name")), said=padded, name=F("full_name"))
    found = [*own, *_matching(persons)]
    if case.code is not None and case.code.holder_id is not None:
        growers = Person.objects.filter(memberships__cooperative=case.code.holder_id)
        found += _matching(growers.annotate(key=F("search_key"), said=padded, name=F("full_name")))
    return list(dict.fromkeys(found))[:SHOWN_NAMES]


def _matching(rows: object) -> list[str]:
    """Names whose search form (`key`) stands in `said` as whole words."""
    blank = Value(" ")
    keyed = rows.filter(key__contains=" ").annotate(padded=Concat(blank, F("key"), blank))  # type: ignore[attr-defined]
    return list(keyed.filter(said__contains=F("padded")).values_list("name", flat=True).distinct()[:SHOWN_NAMES])


def _names_of_holder(case: MisuseCase) -> Iterator[str]:
    holder = case.code.holder if case.code else None
    if holder is None:
        return
    yield holder.representative
    if not holder.is_organisation:  # a household's name is a person's
        yield from (holder.name, holder.short_name)


def _words(text: str) -> str:
    return f" {_NOT_WORD.sub(' ', fold(text)).strip()} "
