"""Who stands on the demonstration stage. Every name is invented, no number can be dialled or belongs to anybody.

Phone numbers start with 000 and id numbers with province code 000: neither is ever assigned in Viet Nam. Codes are those
of a province that does not exist: letters XX, number 99.
"""

from dataclasses import dataclass

FAMILY_NAMES = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Huỳnh",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Trương",
)
MIDDLE_NAMES = ("Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thanh", "Hoàng", "Quốc", "Kim", "Đức", "Mỹ", "Công", "Tấn")
GIVEN_NAMES = (
    "An", "Bình", "Cúc", "Dũng", "Đào", "Giang", "Hạnh", "Hiền", "Hòa", "Hương", "Khánh", "Lan", "Liễu", "Lộc", "Mai", "Nam",
    "Nga", "Nghĩa", "Nhung", "Phúc", "Phượng", "Quang", "Sáu", "Sen", "Sơn", "Tâm", "Thảo", "Thắng", "Tuyết", "Út", "Vân",
    "Xuân", "Yến",
)  # fmt: skip
HAMLETS = ("Ấp 1", "Ấp 2", "Ấp 3", "Ấp 4", "Khóm Đông", "Khóm Tây", "Ấp Tân Lợi", "Ấp Hòa Bình")


@dataclass(frozen=True, slots=True)
class CooperativeRole:
    """One invented holder: seat (commune code), what it grows block by block, when it sells and what else it makes."""

    slug: str
    name: str
    kind: str
    commune_code: str
    crops: tuple[tuple[str, str], ...]  # (crop short code, variety) of its blocks, repeated in turn
    story: str
    other_product: tuple[str, str, str] | None = None  # (kind, Vietnamese name, English name)


COOPERATIVES = (
    CooperativeRole("demo-xoai-song-xanh", "HTX Xoài Sông Xanh", "cooperative", "29869",
                    (("XOAI", "Cát Chu"), ("XOAI", "Cát Hòa Lộc")),
                    "Vườn xoài dọc bờ sông, bao trái từng quả, thu hoạch rải vụ quanh năm.",
                    ("processed", "Xoài sấy dẻo", "Soft dried mango")),
    CooperativeRole("demo-xoai-nang-vang", "HTX Xoài Nắng Vàng", "cooperative", "30076",
                    (("XOAI", "Cát Chu"), ("XOAI", "Tượng da xanh")),
                    "Các hộ trồng xoài cùng ghi nhật ký và bán chung cho nhà đóng gói."),
    CooperativeRole("demo-xoai-cu-lao", "HTX Xoài Cù Lao", "cooperative", "30112",
                    (("XOAI", "Cát Hòa Lộc"), ("NHAN", "Edor")),
                    "Đất phù sa cù lao, xoài và nhãn xen vụ."),
    CooperativeRole("demo-nhan-doi-bo", "HTX Nhãn Đôi Bờ", "cooperative", "30259", (("NHAN", "Edor"), ("NHAN", "Xuồng cơm vàng")),
                    "Nhãn đạt tiêu chuẩn xuất khẩu, có nhà sơ chế riêng."),
    CooperativeRole("demo-sen-dong-gio", "HTX Sen Đồng Gió", "cooperative", "30037", (("SEN", "Sen lấy hạt"), ("LUA", "Đài Thơm 8")),
                    "Cánh đồng sen và lúa một vụ mùa nước nổi.", ("processed", "Trà tim sen", "Lotus heart tea")),
    CooperativeRole("demo-quyt-hong-phu-sa", "HTX Quýt Hồng Phù Sa", "cooperative", "30226",
                    (("QUYT", "Hồng Lai Vung"), ("BUOI", "Năm Roi")),
                    "Quýt hồng chín vào dịp Tết, trồng trên líp cao ven rạch."),
    CooperativeRole("demo-sau-rieng-tien-giang-xanh", "HTX Sầu Riêng Vườn Xanh", "cooperative", "28516",
                    (("SAURIENG", "Ri6"), ("SAURIENG", "Monthong")),
                    "Sầu riêng hạt lép, theo dõi mặn từng tuần để giữ vườn."),
    CooperativeRole("demo-thanh-long-rang-dong", "HTX Thanh Long Rạng Đông", "cooperative", "28627",
                    (("THANHLONG", "Ruột đỏ"), ("THANHLONG", "Ruột trắng")),
                    "Thanh long ruột đỏ xông đèn, bán quanh năm."),
    CooperativeRole("demo-buoi-da-xanh-vam", "HTX Bưởi Da Xanh Vàm Rạch", "cooperative", "28360",
                    (("BUOI", "Da xanh"), ("MIT", "Thái")),
                    "Bưởi da xanh và mít Thái trên đất giồng."),
    CooperativeRole("demo-lua-canh-dong-lon", "HTX Lúa Cánh Đồng Lớn", "cooperative", "30010",
                    (("LUA", "OM 5451"), ("LUA", "Đài Thơm 8")),
                    "Cánh đồng lúa liền thửa, một quy trình, một giống.",
                    ("aquaculture", "Cá lóc nuôi ruộng", "Snakehead fish from rice fields")),
    CooperativeRole("demo-hoa-kieng-ben-nuoc", "Tổ hợp tác Hoa Kiểng Bến Nước", "group", "29905",
                    (("HOAKIENG", ""), ("CHANH", "Không hạt")),
                    "Hoa Tết trồng giàn trên mặt nước.", ("forestry", "Giống cây tràm", "Melaleuca seedlings")),
    CooperativeRole("demo-rau-mau-giong-cat", "HTX Rau Màu Giồng Cát", "cooperative", "28747",
                    (("DUAHAU", ""), ("OT", "")),
                    "Rau màu trên đất giồng ven biển.", ("livestock", "Vịt chạy đồng", "Free-range duck")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccountRole:
    """A demo account: `cooperative` slug and member role, or office role and unit code."""

    username: str
    full_name: str
    member_role: str = ""
    cooperative: str = ""
    office_role: str = ""
    unit_code: str = ""
    title: str = ""
    is_staff: bool = False


ACCOUNTS = (
    AccountRole("demo-htx", "Trần Thị Mười (demo)", "clerk", "demo-xoai-song-xanh"),
    AccountRole("demo-htx2", "Lê Văn Chín (demo)", "clerk", "demo-xoai-nang-vang"),
    AccountRole("demo-hotro", "Tổ công nghệ số cộng đồng (demo)"),
    AccountRole("demo-canbo", "Võ Thị Thu Hà (demo)", office_role="officer", unit_code="29869", title="Công chức nông nghiệp phường"),
    AccountRole("demo-canbo2", "Đặng Hữu Lợi (demo)", office_role="officer", unit_code="82", title="Chuyên viên Chi cục"),
    AccountRole("demo-quyhoach", "Bùi Ngọc Lan (demo)", office_role="planner", unit_code="82", title="Chuyên viên quy hoạch"),
    AccountRole("demo-thanhtra", "Hồ Văn Sáu (demo)", office_role="auditor", unit_code="82", title="Thanh tra"),
    AccountRole("demo-quantri", "Quản trị viên (demo)", office_role="administrator", unit_code="82", is_staff=True),
)  # fmt: skip


def person_name(number: int) -> tuple[str, str]:
    """Return (full name, sex) of the invented person `number`; the same number gives the same name."""
    middle = MIDDLE_NAMES[number * 7 % len(MIDDLE_NAMES)]
    family = FAMILY_NAMES[number * 5 % len(FAMILY_NAMES)]
    given = GIVEN_NAMES[number * 11 % len(GIVEN_NAMES)]
    return f"{family} {middle} {given}", "f" if middle in ("Thị", "Ngọc", "Kim", "Mỹ") else "m"


def phone_number(number: int) -> str:
    """Return a number that nobody can be given."""
    return f"000{number:07d}"


def id_number(number: int) -> str:
    """Return a 12-digit id number with a province code that does not exist."""
    return f"000{number:09d}"
