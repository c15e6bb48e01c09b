"""Numbers of codes: the pattern of a scheme, serials without gaps, and reading what people type."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from string import Formatter

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from codes import sql
from codes.expressions import CONFUSABLE, Twin, WithoutDashes
from codes.models import CodeScheme, Market, ProductionArea, ProductionAreaCode
from core.errors import RuleViolated
from places.models import AdministrativeUnit

MAX_TYPED_LENGTH = 80
MAX_SUGGESTIONS = 5
_NOT_PLAIN = re.compile(r"[^A-Z0-9]")
_CONFUSABLE = str.maketrans(CONFUSABLE)


def parts_for(
    scheme: CodeScheme, area: ProductionArea, *, market: Market | None, province: AdministrativeUnit, issued_on: dt.date
) -> dict[str, str]:
    """Return the text of every part of the scheme's pattern but the serial; what the scheme fixes wins.

    Raises RuleViolated("scheme_part_missing") when the pattern needs a part that neither is fixed nor can be known.
    """
    known = {
        "province": province.code,
        "commune": area.commune.code,
        "crop": area.crop.short_code,
        "year": f"{issued_on.year}",
        **({"market": market.code} if market else {}),
        **{name: str(text) for name, text in scheme.fixed_parts.items()},
    }
    missing = sorted((_names(scheme.pattern) | set(scheme.counter_scope)) - {"serial"} - known.keys())
    if missing:
        raise RuleViolated(
            "scheme_part_missing",
            _("Chế độ “%(scheme)s” chưa có phần %(parts)s của mẫu mã số. Quản trị viên cần nhập vào “phần cố định”.")
            % {"scheme": scheme.name, "parts": ", ".join(missing)},
        )
    return known


def _names(pattern: str) -> set[str]:
    return {name for _text, name, _format, _conversion in Formatter().parse(pattern) if name}


def canonical(scheme: CodeScheme, parts: dict[str, str], serial: int) -> str:
    """Return the code as it is printed; raise RuleViolated("serials_used_up") beyond the scheme's width."""
    digits = f"{serial:0{scheme.serial_width}d}"
    if len(digits) > scheme.serial_width:
        raise RuleViolated("serials_used_up", _("Chế độ này đã hết số trong phạm vi đếm."))
    return scheme.pattern.format_map(parts | {"serial": digits}).upper()


def scope_of(scheme: CodeScheme, parts: dict[str, str]) -> str:
    """Return the name of the counter: the parts within which serials count from 1."""
    return "/".join(parts[name] for name in scheme.counter_scope)


def take_serials(scheme: CodeScheme, scopes: Iterable[str]) -> list[int]:
    """Take the next serial for each of `scopes`, in their order, and keep the counters locked until the commit.

    Call it last, inside the transaction that stores the codes: others who issue in a scope wait from here on, and
    a rollback gives the numbers back, so that there is no gap.
    """
    wanted = list(scopes)
    amounts = Counter(wanted)
    names = sorted(amounts)
    with connection.cursor() as cursor:
        cursor.execute(sql.TAKE_SERIALS, [scheme.pk, names, [amounts[name] for name in names]])
        following = {scope: last - amounts[scope] + 1 for scope, last in cursor.fetchall()}
    serials = []
    for scope in wanted:
        serials.append(following[scope])
        following[scope] += 1
    return serials


# --- Reading ---------------------------------------------------------------------------------------------------


def squeeze(typed: str) -> str:
    """Return what counts of a typed code: letters and digits, upper case. `squeeze("vn xxor.0017") == "VNXXOR0017"`."""
    return _NOT_PLAIN.sub("", typed[:MAX_TYPED_LENGTH].upper())


def find_code(typed: str) -> ProductionAreaCode | None:
    """Return the code that `typed` means whatever its case, spaces, dots and dashes.

    Where nothing matches, signs that look alike (O and 0, I, L and 1) count as the same, if that leaves one code.
    """
    plain = squeeze(typed)
    if not plain:
        return None
    codes = ProductionAreaCode.objects.select_related("scheme", "market", "commune", "holder", "area", "crop")
    found = codes.annotate(plain=WithoutDashes(F("code"))).filter(plain=plain).first()
    if found is not None:
        return found
    alike = list(codes.annotate(twin=Twin(F("code"))).filter(twin=plain.translate(_CONFUSABLE))[:2])
    return alike[0] if len(alike) == 1 else None


def suggestions(typed: str) -> list[str]:
    """Return up to five codes that are spelled most like `typed`."""
    plain = squeeze(typed)
    if len(plain) < 4:
        return []
    rows: QuerySet = (
        ProductionAreaCode.objects.filter(code__trigram_similar=typed[:MAX_TYPED_LENGTH].upper())
        .annotate(likeness=TrigramSimilarity("code", typed[:MAX_TYPED_LENGTH].upper()))
        .order_by("-likeness", "code")
    )
    return list(rows.values_list("code", flat=True)[:MAX_SUGGESTIONS])
