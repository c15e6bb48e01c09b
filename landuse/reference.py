"""The two editions of the land-use code list, with map colours of our own choice.

Codes and names after docs/domain.md §4.5: Annex II of Circular 08/2024/TT-BTNMT (in force since 1 August 2024) and the
list before it, Circular 27/2018/TT-BTNMT. Kept side by side: a certificate or a map speaks the language of its day.
Colours are near those that Vietnamese land-use maps are read by (rice yellow, perennial brown, water blue, housing
red), chosen so that neighbouring classes differ in lightness as well.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from landuse.models import ClassScheme, GroundUse, LandUseClass, UseRule, Verdict
from office.reference import DAY, add_schedules

SINCE_2024 = "tt-08-2024"
UNTIL_2024 = "tt-27-2018"


@dataclass(frozen=True, slots=True)
class _Class:
    code: str
    name_vi: str
    name_en: str
    colour: str
    is_agricultural: bool = False
    replaces: str = ""


CLASSES_2024 = (
    _Class("LUC", "Đất chuyên trồng lúa", "Land for rice only", "#f7e463", True, "LUC"),
    _Class("LUK", "Đất trồng lúa còn lại", "Other rice land", "#fbf0a0", True, "LUK, LUN"),
    _Class("HNK", "Đất trồng cây hằng năm khác", "Other annual crops", "#e6d27a", True, "BHK, NHK"),
    _Class("CLN", "Đất trồng cây lâu năm", "Perennial crops", "#c9a063", True, "CLN"),
    _Class("RDD", "Đất rừng đặc dụng", "Special-use forest", "#2f7a4d", True, "RDD"),
    _Class("RPH", "Đất rừng phòng hộ", "Protection forest", "#5aa469", True, "RPH"),
    _Class("RSX", "Đất rừng sản xuất", "Production forest", "#8fc48a", True, "RSX"),
    _Class("NTS", "Đất nuôi trồng thủy sản", "Aquaculture", "#8fd0dc", True, "NTS"),
    _Class("CNT", "Đất chăn nuôi tập trung", "Concentrated livestock", "#d8a7b8", True),
    _Class("LMU", "Đất làm muối", "Salt pans", "#d9dff0", True, "LMU"),
    _Class("NKH", "Đất nông nghiệp khác", "Other agricultural land", "#e3ecb4", True, "NKH"),
    _Class("ONT", "Đất ở tại nông thôn", "Rural housing", "#f2a99a", False, "ONT"),
    _Class("ODT", "Đất ở tại đô thị", "Urban housing", "#dd6f62", False, "ODT"),
    _Class("TMD", "Đất thương mại, dịch vụ", "Trade and services", "#c76bb0", False, "TMD"),
    _Class("SKC", "Đất cơ sở sản xuất phi nông nghiệp", "Non-agricultural production", "#a58bc9", False, "SKC"),
    _Class("DGT", "Đất công trình giao thông", "Transport", "#b9b4aa", False, "DGT"),
    _Class("DTL", "Đất công trình thủy lợi", "Irrigation works", "#5f9fd0", False, "DTL"),
    _Class("SON", "Đất có mặt nước dạng sông, ngòi, kênh, rạch, suối", "Rivers and canals", "#3f8fb3", False, "SON"),
    _Class("MNC", "Đất có mặt nước chuyên dùng", "Other surface water", "#a9d3ea", False, "MNC"),
    _Class("BCS", "Đất bằng chưa sử dụng", "Unused flat land", "#eeeae0", False, "BCS"),
)

CLASSES_2018 = (
    _Class("LUC", "Đất chuyên trồng lúa nước", "Land for wet rice only", "#f7e463", True),
    _Class("LUK", "Đất trồng lúa nước còn lại", "Other wet rice land", "#fbf0a0", True),
    _Class("LUN", "Đất trồng lúa nương", "Upland rice", "#f3e9b8", True),
    _Class("BHK", "Đất bằng trồng cây hằng năm khác", "Other annual crops, flat land", "#e6d27a", True),
    _Class("NHK", "Đất nương rẫy trồng cây hằng năm khác", "Other annual crops, hill land", "#d8c58c", True),
    _Class("CLN", "Đất trồng cây lâu năm", "Perennial crops", "#c9a063", True),
    _Class("RDD", "Đất rừng đặc dụng", "Special-use forest", "#2f7a4d", True),
    _Class("RPH", "Đất rừng phòng hộ", "Protection forest", "#5aa469", True),
    _Class("RSX", "Đất rừng sản xuất", "Production forest", "#8fc48a", True),
    _Class("NTS", "Đất nuôi trồng thủy sản", "Aquaculture", "#8fd0dc", True),
    _Class("LMU", "Đất làm muối", "Salt pans", "#d9dff0", True),
    _Class("NKH", "Đất nông nghiệp khác", "Other agricultural land", "#e3ecb4", True),
    _Class("ONT", "Đất ở tại nông thôn", "Rural housing", "#f2a99a"),
    _Class("ODT", "Đất ở tại đô thị", "Urban housing", "#dd6f62"),
    _Class("TMD", "Đất thương mại, dịch vụ", "Trade and services", "#c76bb0"),
    _Class("SKC", "Đất cơ sở sản xuất phi nông nghiệp", "Non-agricultural production", "#a58bc9"),
    _Class("DGT", "Đất giao thông", "Transport", "#b9b4aa"),
    _Class("DTL", "Đất thủy lợi", "Irrigation", "#5f9fd0"),
    _Class("SON", "Đất sông, ngòi, kênh, rạch, suối", "Rivers and canals", "#3f8fb3"),
    _Class("MNC", "Đất có mặt nước chuyên dùng", "Other surface water", "#a9d3ea"),
    _Class("BCS", "Đất bằng chưa sử dụng", "Unused flat land", "#eeeae0"),
)

SCHEMES = (
    (
        SINCE_2024,
        "Bộ mã loại đất theo Thông tư 08/2024/TT-BTNMT",
        "Thông tư 08/2024/TT-BTNMT, Phụ lục II; sửa đổi bởi Thông tư 23/2025/TT-BNNMT",
        dt.date(2024, 8, 1),
        None,
        CLASSES_2024,
    ),
    (
        UNTIL_2024,
        "Bộ mã loại đất theo Thông tư 27/2018/TT-BTNMT",
        "Thông tư 27/2018/TT-BTNMT",
        dt.date(2019, 3, 1),
        dt.date(2024, 8, 1),
        CLASSES_2018,
    ),
)

_RICE_LAND = "Luật Đất đai 31/2024/QH15, Điều 182; Nghị định 112/2024/NĐ-CP về đất trồng lúa"
_PURPOSE = "Luật Đất đai 31/2024/QH15, Điều 31: sử dụng đất đúng mục đích"
_ALL = tuple(GroundUse)

# Which crops on which class ask for a second look. Deliberately few: gardens on housing land, intercropping in planted
# forest, crops on land kept for trade until it is built on and crops on canal banks are common and may be lawful, so
# nothing is said of ONT, ODT, RSX, RPH, TMD, SKC and DTL. Rice on other farm land is no conflict either. An
# administrator adds what the province's own rules ask for.
RULES: tuple[tuple[frozenset[str], tuple[GroundUse, ...], Verdict, str], ...] = (
    (frozenset({"LUC", "LUK", "LUN"}), (GroundUse.PERENNIAL,), Verdict.NEEDS_PROCEDURE, _RICE_LAND),
    (frozenset({"RDD", "SON", "DGT"}), _ALL, Verdict.NOT_FOR_CROPS, _PURPOSE),
)


@transaction.atomic
def load() -> str:
    """Put in the editions, classes and the clock that are missing; return a line for the log. Changed rows stay."""
    add_schedules({"landuse.clean_uploads": DAY})
    made = 0
    for code, name, legal_ref, valid_from, valid_to, classes in SCHEMES:
        scheme, _created = ClassScheme.objects.get_or_create(
            code=code,
            defaults={"name": name, "legal_ref": legal_ref, "valid_from": valid_from, "valid_to": valid_to},
        )
        known = set(scheme.classes.values_list("code", flat=True))
        missing = [
            LandUseClass(
                scheme=scheme,
                code=item.code,
                name_vi=item.name_vi,
                name_en=item.name_en,
                colour=item.colour,
                is_agricultural=item.is_agricultural,
                replaces=item.replaces,
            )
            for item in classes
            if item.code not in known
        ]
        made += len(LandUseClass.objects.bulk_create(missing))
    return f"landuse: {made} land-use classes, {_load_rules()} rules"


def _load_rules() -> int:
    """Put in the rules once, into an empty table: what an administrator took out must not come back."""
    if UseRule.objects.exists():
        return 0
    classes = {
        (item.scheme.code, item.code): item
        for item in LandUseClass.objects.filter(scheme__code__in=(SINCE_2024, UNTIL_2024)).select_related("scheme")
    }
    rules = [
        UseRule(land_use_class=item, use=use, verdict=verdict, legal_ref=legal_ref)
        for codes, uses, verdict, legal_ref in RULES
        for (_scheme, code), item in classes.items()
        if code in codes
        for use in uses
    ]
    return len(UseRule.objects.bulk_create(rules))
