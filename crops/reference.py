"""Crops and varieties of the Mekong delta with their international codes.

Codes: FAO World Programme for the Census of Agriculture 2020 and CPC 2.1 as listed in docs/domain.md; HCAT3 where it
knows the crop (it has no mango). An administrator's later edits are never overwritten.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.text import slugify

from core.seeding import add_missing
from core.text import fold
from crops.models import Crop, CropGroup, Variety, YieldNorm


@dataclass(frozen=True, slots=True)
class CropSeed:
    """One crop as shipped; `months` are usual harvest months, `varieties` Vietnamese names."""

    short_code: str
    name_vi: str
    name_en: str
    group: str
    colour: str
    months: tuple[int, ...]
    wca: str = ""
    cpc: str = ""
    hcat: str = ""
    is_perennial: bool = True
    varieties: tuple[str, ...] = ()


CROPS = (
    CropSeed("XOAI", "Xoài", "Mango", CropGroup.FRUIT, "#e8a317", (3, 4, 5, 6), "315", "01316.01", "3303010000",
             varieties=("Cát Chu", "Cát Hòa Lộc", "Đài Loan", "Tượng da xanh")),
    CropSeed("NHAN", "Nhãn", "Longan", CropGroup.FRUIT, "#b5713c", (6, 7, 8), "319", "01319", "3303010000",
             varieties=("Edor", "Xuồng cơm vàng")),
    CropSeed("SAURIENG", "Sầu riêng", "Durian", CropGroup.FRUIT, "#6b8e23", (5, 6, 7), "319", "01319", "3303010000",
             varieties=("Ri6", "Monthong")),
    CropSeed("THANHLONG", "Thanh long", "Dragon fruit", CropGroup.FRUIT, "#d6336c", (5, 6, 7, 8, 9, 10), "319", "01319",
             "3303010000", varieties=("Ruột đỏ", "Ruột trắng")),
    CropSeed("BUOI", "Bưởi", "Pomelo", CropGroup.FRUIT, "#9acd32", (8, 9, 10, 11, 12), "321", "01321", "3303040000",
             varieties=("Da xanh", "Năm Roi")),
    CropSeed("CAM", "Cam", "Orange", CropGroup.FRUIT, "#f76707", (9, 10, 11, 12), "323", "01323", "3303040000",
             varieties=("Xoàn", "Sành")),
    CropSeed("QUYT", "Quýt", "Mandarin", CropGroup.FRUIT, "#fd7e14", (11, 12, 1), "324", "01324", "3303040000",
             varieties=("Hồng Lai Vung", "Đường")),
    CropSeed("CHANH", "Chanh", "Lime", CropGroup.FRUIT, "#a9c63a", (1, 2, 3, 10, 11, 12), "322", "01322", "3303040000",
             varieties=("Không hạt",)),
    CropSeed("OI", "Ổi", "Guava", CropGroup.FRUIT, "#74b816", (1, 4, 7, 10), "319", "01316.02", "3303010000"),
    CropSeed("MIT", "Mít", "Jackfruit", CropGroup.FRUIT, "#c9a227", (1, 2, 6, 7, 12), "319", "01319", "3303010000",
             varieties=("Thái", "Ruột đỏ Indo")),
    CropSeed("CHOMCHOM", "Chôm chôm", "Rambutan", CropGroup.FRUIT, "#c92a2a", (5, 6, 7), "319", "01319", "3303010000"),
    CropSeed("MANGCAU", "Mãng cầu", "Soursop", CropGroup.FRUIT, "#5c940d", (3, 4, 8, 9), "319", "01319", "3303010000"),
    CropSeed("VUSUA", "Vú sữa", "Star apple", CropGroup.FRUIT, "#ae3ec9", (1, 2, 3, 12), "319", "01319", "3303010000",
             varieties=("Lò Rèn",)),
    CropSeed("KHOM", "Khóm", "Pineapple", CropGroup.FRUIT, "#d9a404", (3, 4, 5, 6), "317", "01318", "3303010000"),
    CropSeed("DUA", "Dừa", "Coconut", CropGroup.INDUSTRIAL, "#2b8a3e", tuple(range(1, 13)), "441", "0146"),
    CropSeed("LUA", "Lúa", "Rice", CropGroup.RICE, "#f2d06b", (2, 3, 7, 8, 11), "13", "0113", "3301010700", False,
             ("OM 5451", "Đài Thơm 8", "IR 4625 (nếp)")),
    CropSeed("SEN", "Sen", "Lotus", CropGroup.FLOWER, "#f06595", (4, 5, 6, 7, 8, 9), "951", "0196", "", False,
             ("Sen lấy hạt", "Sen lấy ngó")),
    CropSeed("BAP", "Bắp", "Maize", CropGroup.VEGETABLE, "#e9c46a", (2, 6, 10), "12", "0112", "", False),
    CropSeed("KHOAILANG", "Khoai lang", "Sweet potato", CropGroup.VEGETABLE, "#9c36b5", (3, 7, 11), "52", "01591",
             is_perennial=False),
    CropSeed("OT", "Ớt", "Chili", CropGroup.VEGETABLE, "#e03131", (1, 2, 3, 4, 12), "6211", "01652", "", False),
    CropSeed("DUAHAU", "Dưa hấu", "Watermelon", CropGroup.VEGETABLE, "#37b24d", (1, 2, 6, 7), "224", "01221",
             "3301070000",
             False),
    CropSeed("HOAKIENG", "Hoa kiểng", "Ornamentals", CropGroup.FLOWER, "#be4bdb", (1, 2, 12), "951", "0196", "", False),
)  # fmt: skip


# Highest plausible yields (t/ha/year) that a source names; others are unknown and not guessed (docs/domain.md §1.7).
YIELD_NORMS = {"XOAI": 25.0, "SAURIENG": 30.0}
YIELD_SOURCE = "Ví dụ trong tin về kiểm soát mã số vùng trồng (nguồn thứ cấp, độ tin cậy thấp): cơ quan xác nhận lại"
YIELD_SINCE = dt.date(2024, 1, 1)


@transaction.atomic
def load() -> str:
    """Add the crops and varieties that are missing; return a line for the report."""
    Crop.objects.bulk_create(
        [
            Crop(
                slug=slugify(fold(seed.name_vi)),
                short_code=seed.short_code,
                name_vi=seed.name_vi,
                name_en=seed.name_en,
                search_key=fold(f"{seed.name_vi} {seed.name_en}"),
                group=seed.group,
                colour=seed.colour,
                wca_code=seed.wca,
                cpc_code=seed.cpc,
                hcat_code=seed.hcat,
                is_perennial=seed.is_perennial,
                usual_months=list(seed.months),
            )
            for seed in CROPS
        ],
        ignore_conflicts=True,
    )
    crops = {crop.short_code: crop for crop in Crop.objects.all()}
    Variety.objects.bulk_create(
        [
            Variety(
                crop=crops[seed.short_code],
                slug=slugify(f"{fold(seed.name_vi)} {fold(name)}"),
                name_vi=name,
                name_en=name,
            )
            for seed in CROPS
            for name in seed.varieties
        ],
        ignore_conflicts=True,
    )
    norms = add_missing(
        YieldNorm,
        ("crop_id", "variety_id", "province_id"),
        (
            {"crop": crops[code], "tonnes_per_ha": tonnes, "legal_ref": YIELD_SOURCE, "valid_from": YIELD_SINCE}
            for code, tonnes in YIELD_NORMS.items()
        ),
    )
    return f"crops: {Crop.objects.count()} crops, {Variety.objects.count()} varieties, {norms} yield norms added"
