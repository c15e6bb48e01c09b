"""The place where the journey happens: two communes, three cooperatives, everybody with an account."""

from dataclasses import dataclass
from datetime import date

from django.contrib.gis.geos import MultiPolygon

from accounts.models import User
from accounts.roles import Role
from codes.models import CodeScheme
from cooperatives.models import Cooperative, MemberRole
from crops.models import Crop
from landuse.models import LandUseLayer
from places.models import AdministrativeUnit, UnitLevel
from tests.factories.codes import make_market, make_scheme
from tests.factories.cooperatives import make_certificate, make_cooperative, make_grower, make_membership
from tests.factories.crops import make_crop, make_variety
from tests.factories.farms import make_plot
from tests.factories.landuse import make_land_use_layer, make_parcel
from tests.factories.people import make_person
from tests.factories.places import commune_outline, make_unit
from tests.factories.products import make_offer, make_product
from tests.people import make_officer, make_user
from tests.shapes import middle_of, rectangle, square, square_east_of, square_north_of

PASSWORD = "con thuyền chở xoài"  # of accounts that live as long as a test
GROUND = square(105.63, 10.45)  # the first of the cooperative's plots
GROWERS = ("Trần Thị Ánh Tuyết", "Lê Văn Đậu", "Phạm Thị Mượt")
SEAT_CONTACTS = ("0000 111 222", "htx.rach.chanh@example.test", "thu.ky@example.test")


@dataclass(frozen=True, slots=True)
class Place:
    """Everybody and everything that is there before the clerk signs in."""

    commune: AdministrativeUnit
    cooperative: Cooperative
    neighbour: Cooperative
    mango: Crop
    old_scheme: CodeScheme
    new_scheme: CodeScheme
    land_use: LandUseLayer
    clerk: User
    neighbour_clerk: User
    officer: User
    colleague: User
    foreign_officer: User
    planner: User
    administrator: User
    outsider: User


def neighbours_overlapping_ground() -> MultiPolygon:
    """Return the ground that the neighbour draws later: 20 m deep into the first plot."""
    west, south, _east, _north = GROUND.extent
    reach = square_east_of(GROUND).extent[0] - west
    return square(west - 0.8 * reach, south)


def make_place() -> Place:
    """Create it all; the market has three products of others, each with its own month and commune."""
    province = make_unit(level=UnitLevel.PROVINCE, code="99", name_vi="Thử Nghiệm")
    commune = make_unit(
        parent=province, code="99001", unit_type="Phường", name_vi="Cao Lãnh Thử", boundary=commune_outline()
    )
    east = commune.boundary.extent[2]
    far = make_unit(
        parent=province,
        code="99002",
        name_vi="Bình Hàng Thử",
        boundary=rectangle(east, 10.38, width_m=9_000, height_m=18_000),
    )
    mango = make_crop(slug="xoai", short_code="XOAI", name_vi="Xoài", name_en="Mango", colour="#f0ac2b")
    longan = make_crop(slug="nhan", short_code="NHAN", name_vi="Nhãn", name_en="Longan", colour="#8a5a2b")
    make_variety(mango, slug="xoai-cat-chu", name_vi="Cát Chu")
    for code in ("CHN", "USA", "VNM"):
        make_market(code)

    cooperative = _cooperative(commune, "htx-rach-chanh", "Hợp tác xã xoài Rạch Chanh", 105.66)
    cooperative.story = "Ba hộ trồng xoài ven rạch, bao trái từng quả, ghi nhật ký từng thửa."
    cooperative.phone, cooperative.email = SEAT_CONTACTS[:2]
    cooperative.save()
    for number, name in enumerate(GROWERS, start=1):
        make_grower(cooperative, number=f"{number:04d}", person=make_person(full_name=name))
    make_certificate(cooperative, number="VG-0007")
    neighbour = _cooperative(commune, "htx-lang-gieng", "Hợp tác xã Láng Giềng", 105.62)
    distant = _cooperative(far, "htx-binh-hang", "Hợp tác xã Bình Hàng", east + 0.01)

    neighbour_clerk = _worker(neighbour, "chi.hai", "Nguyễn Thị Hai")
    make_plot(neighbour, mango, ref="LG-1", boundary=square_north_of(GROUND), grower=make_grower(neighbour))
    _sell(neighbour, neighbour_clerk, mango, "Xoài Hòa Lộc", [5])
    distant_clerk = _worker(distant, "anh.tu", "Võ Văn Tư")
    _sell(distant, distant_clerk, longan, "Nhãn Châu Thành", [5, 6])
    _sell(distant, distant_clerk, mango, "Xoài keo", [9])

    land_use = make_land_use_layer(commune, slug="hien-trang-2026", name="Hiện trạng 2026")
    make_parcel(land_use, "LUC", boundary=square(105.600, 10.45, side_m=900))
    make_parcel(land_use, "CLN", boundary=square(105.610, 10.45, side_m=900))
    make_parcel(land_use, "ODT", boundary=square(105.620, 10.45, side_m=300))
    return Place(
        commune=commune,
        cooperative=cooperative,
        neighbour=neighbour,
        mango=mango,
        old_scheme=make_scheme(slug="kieu-cu", name="Xuất khẩu kiểu cũ"),
        new_scheme=make_scheme(
            slug="kieu-2026",
            name="Nghị định 38/2026",
            pattern="{province}-PUC-{crop}01-{serial}-{market}",
            serial_width=6,
            counter_scope=["province", "crop", "market"],
            fixed_parts={},
            is_market_bound=True,
            validity_months=12,
            valid_from=date(2026, 8, 1),
        ),
        land_use=land_use,
        clerk=_worker(cooperative, "co.ba", "Cô Ba Thư Ký", email=SEAT_CONTACTS[2]),
        neighbour_clerk=neighbour_clerk,
        officer=_officer(commune, "can.bo", "Đỗ Cán Bộ"),
        colleague=_officer(commune, "dong.nghiep", "Bùi Đồng Nghiệp"),
        foreign_officer=_officer(far, "can.bo.xa.khac", "Hồ Xã Khác"),
        planner=_officer(province, "quy.hoach", "Phan Quy Hoạch", role=Role.PLANNER),
        administrator=_officer(
            province, "quan.tri", "Quản Trị", role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True
        ),
        outsider=_account(make_user(username="nguoi.ngoai", full_name="Người Ngoài")),
    )


def _cooperative(commune: AdministrativeUnit, slug: str, name: str, lon: float) -> Cooperative:
    seat = middle_of(square(lon, 10.44))
    return make_cooperative(commune, slug=slug, name=name, short_name=name.replace("Hợp tác xã", "HTX"), location=seat)


def _sell(cooperative: Cooperative, by: User, crop: Crop, name: str, months: list[int]) -> None:
    make_offer(make_product(cooperative, by=by, name_vi=name, crop=crop), by=by, months=months)


def _account(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def _worker(cooperative: Cooperative, username: str, full_name: str, **fields: str) -> User:
    user = _account(make_user(username=username, full_name=full_name, **fields))
    make_membership(cooperative, user, MemberRole.CLERK)
    return user


def _officer(unit: AdministrativeUnit, username: str, full_name: str, role: str = Role.OFFICER, **fields: bool) -> User:
    return _account(make_officer(unit, role, username=username, full_name=full_name, **fields))
